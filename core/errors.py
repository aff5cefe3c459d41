"""A broken rule is a named error with its status and a sentence for the person, in both languages.

The sentence is written in Chinese, marked with N_ so that the catalogues hold its English, and filled in only when it is shown.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar


def N_(text: str) -> str:  # noqa: N802 (gettext's own name for "mark, translate later")
    """Marks a sentence for the message catalogues without translating it yet."""
    return text


class Broken(Exception):
    """A rule that was broken: what a person did or sent cannot be accepted, and nothing was written.

    `field` names the form field or file place that it concerns; `facts` fill the sentence.
    """

    status: ClassVar[int] = 422
    sentence: ClassVar[str] = N_("无法处理这个请求。")

    def __init__(self, *, field: str | None = None, **facts: Any) -> None:
        self.field = field
        self.facts = facts
        super().__init__(self.text(lambda text: text))

    @property
    def code(self) -> str:
        """The stable name that scripts may rely on."""
        return type(self).__name__

    def text(self, translate: Callable[[str], str]) -> str:
        """The sentence in the reader's language."""
        return translate(self.sentence) % {name: _in_words(value, translate) for name, value in self.facts.items()}


def _in_words(value: Any, translate: Callable[[str], str]) -> Any:
    """A fact in the reader's language; several words of one fact stand as a list."""
    if isinstance(value, tuple):
        return translate(N_("、")).join(translate(word) for word in value)
    return translate(value) if isinstance(value, str) else value


class NotThere(Broken):
    """Missing and forbidden look the same."""

    status = 404
    sentence = N_("没有找到您要的内容，或者您无权查看。")


class SignInNeeded(Broken):
    status = 401
    sentence = N_("请先登录。")


class Invalid(Broken):
    """One field holds something that cannot be accepted."""

    sentence = N_("“%(label)s”填写的是 %(found)s，应为%(expected)s。")

    def __init__(self, *, field: str, label: str, found: str, expected: str | tuple[str, ...]) -> None:
        super().__init__(field=field, label=label, found=_short(found), expected=expected)


class Missing(Broken):
    sentence = N_("“%(label)s”不能为空。")


class TooLong(Broken):
    sentence = N_("“%(label)s”有 %(found)s 个字，最多 %(limit)s 个字。")


class SeveralBroken(Broken):
    """Several fields at once, so that a form shows every error together."""

    sentence = N_("有 %(count)s 处需要改正。")

    def __init__(self, problems: list[Broken]) -> None:
        self.problems = problems
        super().__init__(count=len(problems))


class ManyBroken(SeveralBroken):
    """Several records at once of which some cannot be accepted: what is wrong with each, by its place in what was handed over."""

    sentence = N_("有 %(count)s 条需要改正。")

    def __init__(self, by_place: Mapping[int, Broken]) -> None:
        self.by_place = dict(by_place)
        super().__init__(list(by_place.values()))


class Stale(Broken):
    """Somebody else saved the record in between."""

    status = 409
    sentence = N_("您打开页面之后，%(who)s 已经修改了这条记录。请对照下面两个版本后再保存。")

    def __init__(self, *, who: str = "") -> None:
        super().__init__(who=who or N_("别人"))


def _short(found: str, limit: int = 60) -> str:
    found = found.strip()
    return f"“{found[:limit]}…”" if len(found) > limit else f"“{found}”"
