"""Findings: what a group of figures says in one sentence, filled in when it is shown, in the reader's language. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from core.errors import N_
from core.language import translate
from core.money import ENGLISH_UNIT

DOMINANT = Fraction(30, 100)  # domain page, section 6: the share from which one project hides all the others


@dataclass(frozen=True)
class Sentence:
    """A sentence to be shown: a marked text and the facts that fill it; facts that are sentences are translated too."""

    template: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def text(self, translate: Callable[[str], str]) -> str:
        """The sentence in the reader's language."""
        filled = {
            name: fact.text(translate) if isinstance(fact, Sentence) else fact for name, fact in self.facts.items()
        }
        return translate(self.template) % filled


@dataclass(frozen=True)
class Words:
    """The texts of a report in its language."""

    language: str
    translate: Callable[[str], str]

    def say(self, text: str, /, **facts: Any) -> str:
        said = self.translate(text)
        return said % facts if facts else said

    def sentence(self, sentence: Sentence) -> str:
        return sentence.text(self.translate)

    def bracketed(self, text: str, inside: str) -> str:
        """A text and what explains it, in the brackets of the language."""
        return self.say(N_("%(text)s（%(inside)s）"), text=text, inside=inside)

    def beside(self, *texts: str) -> str:
        """Texts side by side in one line."""
        return self.say(N_("　")).join(texts)

    def money_unit(self, unit: str) -> str:
        return unit if self.language == "zh" else ENGLISH_UNIT[unit]

    def day(self, day: date) -> str:
        return self.say(N_("%(year)s年%(month)s月%(day)s日"), year=day.year, month=day.month, day=day.day)


def listed(names: Iterable[str]) -> Sentence:
    """Names one after the other, with the comma of the reader's language between them."""
    facts: dict[str, Any] = {f"name{place}": name for place, name in enumerate(names)}
    return Sentence("%(comma)s".join(f"%({place})s" for place in facts), facts | {"comma": Sentence(N_("、"))})


def words_in(language: str) -> Words:
    """The words of the catalogue of a language."""
    return Words(language, lambda text: translate(text, language))


def percent(share: Fraction) -> str:
    """A share as it is printed, rounded half up to one decimal: Fraction(250000, 514303) is '48.6'."""
    exact = Decimal(share.numerator) * 100 / Decimal(share.denominator)
    return f"{exact.quantize(Decimal('0.1'), ROUND_HALF_UP)}"


@dataclass(frozen=True)
class Dominance:
    """A project that holds so much of the estimate that the totals speak mostly of it. Units: fen."""

    code: str
    name: str
    estimate_fen: int
    share: Fraction

    @property
    def finding(self) -> Sentence:
        facts = {"name": self.name, "share": percent(self.share)}
        return Sentence(N_("%(name)s一项占总投资的 %(share)s%%"), facts)


@dataclass(frozen=True)
class MoneyGroup:
    """One bar: a programme or a lead department (None: the plan names none). Units: fen; `share` is of the known estimate."""

    name: str | None
    projects: int
    leaves: int
    without_estimate: int
    estimate_fen: int | None
    share: Fraction | None


def programme_finding(groups: Iterable[MoneyGroup], projects: int, dominance: Dominance | None) -> Sentence:
    """What the bars by programme say: by money, or by count where no money is known."""
    named = [group for group in groups if group.name is not None]
    if not named:
        return Sentence(N_("没有项目"))
    first = named[0]
    if first.share is None:
        first = max(named, key=lambda group: group.projects)
        share = percent(Fraction(first.projects, projects))
        facts: dict[str, Any] = {"name": first.name, "projects": first.projects, "share": share}
        return Sentence(N_("规划未载明投资；%(name)s的项目最多，%(projects)s 个，占 %(share)s%%"), facts)
    facts = {"name": first.name, "share": percent(first.share)}
    if dominance is None:
        return Sentence(N_("%(name)s占总投资的 %(share)s%%"), facts)
    return Sentence(N_("%(name)s占总投资的 %(share)s%%；%(dominance)s"), facts | {"dominance": dominance.finding})


def department_finding(groups: Iterable[MoneyGroup], projects: int) -> Sentence:
    """What the bars by lead department say."""
    groups = list(groups)
    if not groups:
        return Sentence(N_("没有项目"))
    named = [group for group in groups if group.name is not None]
    if not named:
        return Sentence(N_("规划没有写明任何项目的牵头部门"))
    first = named[0]
    if first.share is None:
        first = max(named, key=lambda group: group.projects)
        facts: dict[str, Any] = {"name": first.name, "projects": first.projects, "of": projects}
        return Sentence(N_("%(name)s牵头 %(projects)s 个项目（共 %(of)s 个）"), facts)
    facts = {"name": first.name, "projects": first.projects, "share": percent(first.share)}
    return Sentence(N_("%(name)s牵头 %(projects)s 个项目，占总投资的 %(share)s%%"), facts)
