"""What the reader has chosen to see: language, money unit, and the quarter and edition as of which the figures stand.

The quarter and its edition stay in the address, so that a link shows the next reader the same figures. Language and unit are
habits: they are taken from the address when it names them, and then kept in cookies.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from fastapi import Request, Response

from core.calendar import NotAPeriod, current_quarter, period_from_text, quarter_name
from core.errors import N_, Broken, Invalid
from core.language import LANGUAGES, Language
from core.money import UNITS
from core.settings import settings
from portfolio.facts import AS_CORRECTED, EDITIONS
from web.cookies import cookie_of, keep_cookie

LANGUAGE_COOKIE, UNIT_COOKIE = "qingshan_lang", "qingshan_unit"
PAGE_PLACE = "after"  # the query parameter that keyset pages keep their place in; another view starts at its first page
_UNIT_CODES = {"亿元": "yi", "万元": "wan", "元": "yuan"}  # a cookie holds ASCII
_YEARS_BACK = 8  # a five-year plan, its assessment and what came before it; the address takes any quarter
# Browsers read a path of ours that begins with two of these as another host, so that no link of a page may.
_LEADS_AWAY = "/\\" + "".join(chr(code) for code in range(0x21))
_COOKIE_SECONDS = 365 * 24 * 3600


class NotAQuarter(Broken):
    sentence = N_("“%(found)s”不是季度。应写作 2024Q4 这样的形式，季度只有 Q1 至 Q4。")


@dataclass(frozen=True)
class Choices:
    """The choices in force on one page, with the address they were made at.

    `as_of` is a quarter number, None for 当前; `edition` tells whether figures of a past quarter stand as they were issued or as
    they were corrected since; `given` names the choices that the address itself made.
    """

    language: Language
    unit: str
    as_of: int | None
    path: str
    query: tuple[tuple[str, str], ...] = ()
    given: frozenset[str] = frozenset()
    edition: str = AS_CORRECTED

    @property
    def quarter(self) -> int:
        """The quarter as of which figures are asked for."""
        return current_quarter() if self.as_of is None else self.as_of

    @property
    def looks_back(self) -> bool:
        """Whether another quarter than the current one was chosen; a later one shows what was already decided for it."""
        return self.as_of is not None and self.as_of != current_quarter()

    def url(self, path: str, **changes: Any) -> str:
        """An address of ours that keeps the quarter; None leaves a parameter out."""
        parts = urlsplit(path)
        query = parse_qsl(parts.query, keep_blank_values=True)
        if self.as_of is not None and not any(name == "as_of" for name, _ in query):
            query.append(("as_of", quarter_name(self.as_of)))
        if self.edition != AS_CORRECTED and not any(name == "edition" for name, _ in query):
            query.append(("edition", self.edition))
        return _address(parts.path, query, changes)

    def here(self, /, **changes: Any) -> str:
        """This same page with some of its parameters changed; it starts at its first page again."""
        query = [(name, value) for name, value in self.query if name not in (PAGE_PLACE, "lang", "unit")]
        return _address(quote(self.path), query, changes)

    def others(self, *names: str) -> list[tuple[str, str]]:
        """The parameters of this page except these, which a form on it carries along as hidden fields."""
        return [(name, value) for name, value in self.query if name not in (*names, PAGE_PLACE, "lang", "unit")]

    def quarters(self) -> list[int]:
        """The quarters that the picker offers, newest first."""
        last = current_quarter()
        offered = [
            year * 10 + number
            for year in range(last // 10, last // 10 - _YEARS_BACK, -1)
            for number in (4, 3, 2, 1)
            if year * 10 + number <= last
        ]
        if self.as_of is not None and self.as_of not in offered:
            offered = sorted([*offered, self.as_of], reverse=True)
        return offered


def _address(path: str, query: list[tuple[str, str]], changes: Mapping[str, Any]) -> str:
    kept = [(name, value) for name, value in query if name not in changes]
    for name, value in changes.items():
        values = value if isinstance(value, list | tuple) else [value]
        kept += [(name, str(one)) for one in values if one is not None]
    return f"{path}?{urlencode(kept)}" if kept else path


async def read_choices(request: Request) -> Choices:
    """What a route depends on: the same, without a trip to a thread.

    Errors: those of find_choices.
    """
    return find_choices(request)


def find_choices(request: Request) -> Choices:
    """The choices of this request.

    Errors: NotAQuarter, Invalid when the address names a quarter, language or unit that there is not.
    """
    if not hasattr(request.state, "choices"):
        request.state.choices = _read(request, strict=True)
    return request.state.choices


def forgiving_choices(request: Request) -> Choices:
    """The same, with defaults for what the address gets wrong: for pages that say what went wrong."""
    if not hasattr(request.state, "choices"):
        request.state.choices = _read(request, strict=False)
    return request.state.choices


def _read(request: Request, *, strict: bool) -> Choices:
    address = request.query_params
    problems: list[Broken] = []
    language = address.get("lang")
    if language is not None and language not in LANGUAGES:
        problems.append(Invalid(field="lang", label=N_("语言"), found=language, expected=LANGUAGES))
        language = None
    unit = address.get("unit")
    if unit is not None and unit not in UNITS:
        problems.append(Invalid(field="unit", label=N_("金额单位"), found=unit, expected=UNITS))
        unit = None
    edition = address.get("edition") or AS_CORRECTED
    if edition not in EDITIONS:
        problems.append(
            Invalid(field="edition", label=N_("数据口径"), found=edition, expected=tuple(EDITIONS.values()))
        )
        edition = AS_CORRECTED
    as_of = None
    try:
        as_of = _quarter(address.get("as_of", ""))
    except NotAQuarter as problem:
        problems.append(problem)
    if strict and problems:
        raise problems[0]
    return Choices(
        language=_language(language, cookie_of(request, LANGUAGE_COOKIE)),
        unit=unit or _unit_from_code(cookie_of(request, UNIT_COOKIE)),
        as_of=as_of,
        path="/" + request.scope["path"].lstrip(_LEADS_AWAY),
        query=tuple(address.multi_items()),
        given=frozenset(name for name, value in (("lang", language), ("unit", unit)) if value is not None),
        edition=edition,
    )


def _quarter(text: str) -> int | None:
    if not text.strip():
        return None
    wrong = NotAQuarter(field="as_of", found=text.strip()[:20])
    try:
        period = period_from_text(text)
    except NotAPeriod as error:
        raise wrong from error
    if period.kind != "quarter":
        raise wrong
    return period.last_quarter


def _language(*wanted: str | None) -> Language:
    return next((known for one in wanted for known in get_args(Language) if known == one), settings().language)


def _unit_from_code(code: str | None) -> str:
    return next((unit for unit, known in _UNIT_CODES.items() if known == code), settings().money_unit)


def keep_choices(response: Response, choices: Choices) -> None:
    """Puts the language and unit that the address named into the reader's cookies."""
    for name, cookie, value in (
        ("lang", LANGUAGE_COOKIE, choices.language),
        ("unit", UNIT_COOKIE, _UNIT_CODES[choices.unit]),
    ):
        if name in choices.given:
            keep_cookie(response, cookie, value, _COOKIE_SECONDS)
