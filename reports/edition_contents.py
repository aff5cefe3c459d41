"""What an edition says, read out of its canonical data, ready to be shown and printed.

The page of an edition and its Word file read it here, so that both show what was issued and nothing that came after.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from budgets.rates import RATES, Rate, percent_text
from core.errors import N_
from core.money import formatted
from core.units import rounded_text
from milestones.milestones import MILESTONE_KINDS
from milestones.works import TIERS
from portfolio.project_changes import KINDS as CHANGES
from reports.correction_rows import ARCHIVING, STATE, YEARS
from reports.correction_rows import KINDS as CORRECTED
from reports.findings import Words
from reports.lamp_words import COLOURS, RED
from reports.money_figures import FIGURES
from reports.orders import ORDER_STATES

NOT_KNOWN = "—"
SHAPES = {"red": "●", "yellow": "▲", "green": "■", "blue": "◆", "grey": "○"}


@dataclass(frozen=True)
class TotalRow:
    """A headline number, as printed, beside that of the period before."""

    name: str
    unit: str
    value: str | None
    before: str | None
    change: str | None


@dataclass(frozen=True)
class LampRow:
    """How many projects have a lamp. `lamp` is its shape and word, `colour` its key."""

    lamp: str
    count: int
    colour: str


@dataclass(frozen=True)
class RedRow:
    """A project with a red lamp, and what would turn it green."""

    code: str
    name: str
    department: str | None
    reason: str | None
    turns_green_by: str | None


@dataclass(frozen=True)
class IndicatorRow:
    """An indicator with its values, as printed."""

    name: str
    unit: str | None
    baseline: str | None
    target: str | None
    official: str | None
    rolled_up: str | None
    support: str | None


@dataclass(frozen=True)
class CorrectionRow:
    """A correction of an earlier quarter."""

    number: str
    quarter: str
    title: str
    effect: str | None
    reason: str | None


@dataclass(frozen=True)
class OrderRow:
    """An order of the leading group and where it stands."""

    number: str
    title: str
    department: str | None
    due_on: str | None
    state: str | None


@dataclass(frozen=True)
class EditionContents:
    """An edition in short."""

    title: str
    plan: str
    jurisdiction: str
    period: str
    as_of: str
    narrative: tuple[str, ...]
    totals: tuple[TotalRow, ...]
    lamps: tuple[LampRow, ...]
    red: tuple[RedRow, ...]
    indicators: tuple[IndicatorRow, ...]
    corrections: tuple[CorrectionRow, ...]
    orders: tuple[OrderRow, ...]
    notes: tuple[str, ...]
    said_in: str = "zh"  # the language of its sentences


# The headline numbers, in the order in which they are read; what a report of less than a plan lacks is left out.
_COUNTS = ("projects", "started")
_AMOUNTS = (
    *("estimate_fen", "budget_fen", "appropriated_fen", "received_fen", "contracted_fen", "work_done_fen", "paid_fen"),
    *("done_this_year_fen", "year_plan_fen"),
)
_NAMES = {
    "started": N_("已开工项目"),
    "done_this_year_fen": N_("本年完成投资（有本年计划的）"),
    "year_plan_fen": N_("本年投资计划"),
}
_RATES = ("investment_completion", "annual_completion", "receipt", "payment", "budget_execution")


def contents_of(data: Mapping[str, Any], unit: str, words: Words) -> EditionContents:
    """What the data says, in a money unit and a language; texts of the plan are Chinese in any.

    Sentences are as they were written at the issue, in the language if the edition has them in it, else in Chinese.
    """
    cover = data["cover"]
    english = data.get("english") if words.language == "en" else None
    said = {**cover, **data, **(english or {})}
    red = [row for row in data["projects"] if (row["lamp"] or {}).get("colour") == RED]
    return EditionContents(
        title=words.say(cover["title"]),
        plan=cover["plan_title"] or cover["short_title"],
        jurisdiction=cover["jurisdiction"],
        period=said["period_name"],
        as_of=cover["as_of_on"],
        narrative=tuple(said["narrative"]),
        totals=tuple(_totals(data, unit, words)),
        lamps=tuple(
            LampRow(f"{SHAPES[colour]} {words.say(name)}", data["lamps"][colour], colour)
            for colour, name in COLOURS.items()
            if data["lamps"].get(colour)
        ),
        red=tuple(_red(row, (english or {}).get("lamps", {})) for row in red),
        indicators=tuple(_indicator(row, words) for row in data["indicators"]),
        corrections=tuple(_correction(row, unit, words) for row in data["corrections"]),
        orders=tuple(_order(row, words) for row in data["orders"]),
        notes=tuple(said["notes"]),
        said_in="zh" if english is None else "en",
    )


def _totals(data: Mapping[str, Any], unit: str, words: Words) -> Iterator[TotalRow]:
    headlines = {row["key"]: (row["value"], row["before"]) for row in data["headlines"]}
    for name in (*_COUNTS, *_AMOUNTS):
        now, before = headlines.get(name, (None, None))
        label = words.say(_NAMES[name] if name in _NAMES else FIGURES[name].name)
        change = None if now is None or before is None else now - before
        if name in _COUNTS:
            printed = [None if value is None else f"{value:,}" for value in (now, before)]
            yield TotalRow(
                label, words.say(N_("个")), printed[0], printed[1], _signed(None if change is None else f"{change:,}")
            )
        else:
            amounts = [formatted(value, unit) for value in (now, before, change)]
            yield TotalRow(label, words.money_unit(unit), amounts[0], amounts[1], _signed(amounts[2]))
    rates, earlier = data["figures"]["rates"], data["money"]["before"]["rates"]
    for name in _RATES:
        one, other = Rate(*rates[name]), Rate(*earlier[name])
        points = None if one.value is None or other.value is None else percent_text(one.value - other.value)
        texts = [None if rate.value is None else percent_text(rate.value) for rate in (one, other)]
        yield TotalRow(words.say(RATES[name].name), "%", texts[0], texts[1], _signed(points))


def _signed(text: str | None) -> str | None:
    """A change with its sign; no change has none."""
    return text if text is None or text.startswith("-") or not text.strip("0.,") else f"+{text}"


def _red(row: Mapping[str, Any], english: Mapping[str, Any]) -> RedRow:
    lamp = english.get(row["code"], row["lamp"])
    return RedRow(row["code"], row["name"], row["lead"], lamp["reason"], lamp["turns_green_by"])


def _indicator(row: Mapping[str, Any], words: Words) -> IndicatorRow:
    support, official = _fraction(row["coverage"]["support"]), _number(row["official"])
    return IndicatorRow(
        name=row["name"],
        unit=row["unit"],
        baseline=row["baseline"],
        target=row["target"],
        official=None if official is None else words.say(official),  # a judgement is a word
        rolled_up=_number(row["rolled_up"]),
        support=None if support is None else f"{percent_text(support)}%",
    )


def _correction(row: Mapping[str, Any], unit: str, words: Words) -> CorrectionRow:
    money = row["kind"] == "money"
    about = row["what"] or ""
    what = FIGURES[about].name if about in FIGURES else TIERS.get(about) or MILESTONE_KINDS.get(about)
    in_words = row["kind"] in (STATE, ARCHIVING, YEARS)
    if in_words:
        what = CHANGES.get(about, CORRECTED[row["kind"]])
    parts = [row["name"], row["label"], None if what is None else words.say(what)]
    before, after = (
        formatted(value, unit)
        if money and value is not None
        else words.say(value)
        if in_words and value is not None
        else _number(value)
        for value in (row["before"], row["after"])
    )
    measured = words.money_unit(unit) if money else row["unit"]
    return CorrectionRow(
        number=NOT_KNOWN if row["number"] is None else str(row["number"]),
        quarter=row["occurred_quarter"],
        title=" ".join(part for part in parts if part),
        effect=f"{before or NOT_KNOWN} → {after or NOT_KNOWN}" + (f" {measured}" if measured else ""),
        reason=row["reason"],
    )


def _order(row: Mapping[str, Any], words: Words) -> OrderRow:
    state = words.say(ORDER_STATES[row["state"]])
    late = words.say(N_("（已逾期）")) if row["overdue"] else ""
    colon = words.say(N_("："))
    return OrderRow(
        number=str(row["number"]),
        title=" ".join(part for part in dict.fromkeys((row["project"], row["title"])) if part),
        department=row["department"],
        due_on=row["due_on"],
        state=f"{state}{late}"
        + (f"{colon}{row['outcome'] or row['answer']}" if row["outcome"] or row["answer"] else ""),
    )


def _fraction(value: Any) -> Fraction | None:
    return None if value is None else Fraction(*value)


def _number(value: Any) -> str | None:
    """A value of the data as printed: an exact pair with at most four decimals, a text as it stands."""
    if not isinstance(value, list):
        return None if value is None else str(value)
    if len(value) != 2 or not all(isinstance(one, int) for one in value):
        return "–".join(_number(one) or NOT_KNOWN for one in value)
    text = rounded_text(Fraction(*value))
    return text.rstrip("0").rstrip(".") if "." in text else text
