"""Why an indicator's figure is not there: a sentence in the reader's language. Pure.

What is not computable is never 0 and never left blank: it says why.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import N_
from core.language import translate


@dataclass(frozen=True)
class WhyNot:
    """A marked sentence and the facts that fill it; `english` is given where the words come with the data."""

    template: str
    facts: tuple[tuple[str, str], ...] = ()
    english: str | None = None

    def text(self, language: str) -> str:
        """The sentence in a language."""
        if self.english is not None and language == "en":
            return self.english
        said = translate(self.template, language)
        return said % dict(self.facts) if self.facts else said


def told(reasons: Iterable[WhyNot], language: str) -> str | None:
    """All reasons on one line, each once; None where there is none."""
    texts = dict.fromkeys(one.text(language).rstrip("。.") for one in reasons)
    return ("; " if language == "en" else "；").join(texts) or None


DELEGATED = WhyNot(N_("目标未定量：待上级下达"))
KEEP = WhyNot(N_("目标未定量：只要求保持"))
TREND = WhyNot(N_("目标未定量：只要求趋势"))
GRADE = WhyNot(N_("目标未定量：以等级表示"))
QUALITATIVE = WhyNot(N_("目标未定量：只有定性要求"))
NO_TARGET = WhyNot(N_("规划没有提出目标值"))
NO_RULE = WhyNot(N_("没有推算规则"))
NOT_BY_WORKS = WhyNot(N_("指标不由工程量推算"))
NO_BASELINE = WhyNot(N_("基线未载明"))
OTHER_UNIT = WhyNot(N_("基线与指标的计量单位不同"))
NO_UNIT = WhyNot(N_("指标没有计量单位"))
NO_WHOLE = WhyNot(N_("总体数量规划未载明且无来源"))
ALREADY_MET = WhyNot(N_("基线已达到目标，不计算支撑度"))
NOT_MORE = WhyNot(N_("基线与目标相等，而目标要求超过它，不计算支撑度"))
NOTHING_COUNTED = WhyNot(N_("尚无计入的工程量"))
A_LIMIT = WhyNot(N_("目标是变化量的上限，不由工程量支撑"))
NO_READING = WhyNot(N_("没有官方监测值"))
NO_EARLIER_READING = WhyNot(N_("没有上一次监测值，无法判断趋势"))
UNREAD = WhyNot(N_("监测值与目标的表示方式不同，无法判断"))
UNQUANTIFIED = {
    "delegated": DELEGATED,
    "keep": KEEP,
    "trend": TREND,
    "grade": GRADE,
    "qualitative": QUALITATIVE,
    "none": NO_TARGET,
}


def beyond(quantity: str, unit: str) -> WhyNot:
    """That more is planned than the target allows."""
    return WhyNot(N_("项目全部完成将超出目标 %(quantity)s %(unit)s"), (("quantity", quantity), ("unit", unit)))


def no_whole(name: str | None) -> WhyNot:
    """That the whole which the formula divides by is not known."""
    return NO_WHOLE if name is None else WhyNot(N_("%(whole)s规划未载明且无来源"), (("whole", name),))


def not_convertible(measure: str, unit: str, to: str | None) -> WhyNot:
    """That a measure's quantities are no part of what the formula counts."""
    facts = (("measure", measure), ("unit", unit), ("to", to or "—"))
    return WhyNot(N_("“%(measure)s”以%(unit)s计，不能换算为%(to)s"), facts)
