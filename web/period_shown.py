"""Periods as pages show them: what they are called, their states as marks, the timeline of a plan, where facts are decided."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.calendar import today
from core.errors import N_
from core.language import Language, translate
from portfolio.periods import CLOSED, ISSUED, NOT_OPENED, OPEN, PERIOD_STATES, RETURNS_IN, UNDER_REVIEW, ReportingPeriod
from reports.period_rules import first_day
from reports.period_waiting import LEDGER, LINES, MILESTONES, READINGS, WORKS
from web.choices import Choices
from web.printed import quarter

KINDS = {"year": N_("%(year)s年度"), "mid-term": N_("%(year)s年中期评估"), "final": N_("%(year)s年末期考核")}
# A shape for each state, so that print and colour-blind readers lose nothing.
SHAPES = {NOT_OPENED: "○", OPEN: "◔", RETURNS_IN: "◑", UNDER_REVIEW: "◕", CLOSED: "●", ISSUED: "✓"}
# Where what was handed over of each kind is accepted or approved.
PLACES = {
    LEDGER: "/money/ledger?state=submitted",
    LINES: "/money/budgets",
    WORKS: "/works/waiting",
    MILESTONES: "/milestones/waiting",
    READINGS: "/indicators",
}


@dataclass(frozen=True)
class PeriodMark:
    """One period on the timeline: its address, how it is called there, and its state as shape and word."""

    href: str
    name: str
    shape: str
    state: str
    kind: str
    chosen: bool
    coming: bool


@dataclass(frozen=True)
class YearLine:
    """The periods of one year: its four quarters, and what ends with it."""

    year: int
    quarters: tuple[PeriodMark, ...]
    others: tuple[PeriodMark, ...]


def period_name(row: ReportingPeriod, language: Language) -> str:
    """2024年第4季度, 2024年度, 2023年中期评估."""
    if row.kind == "quarter":
        return quarter(row.last_quarter, language=language)
    return translate(KINDS[row.kind], language) % {"year": row.last_quarter // 10}


def timeline(
    rows: Sequence[ReportingPeriod], code: str, choices: Choices, chosen: ReportingPeriod | None
) -> list[YearLine]:
    """All periods of a plan, a line for each year."""
    on = today()
    found: dict[int, tuple[list[PeriodMark], list[PeriodMark]]] = {}
    for row in rows:
        quarters, others = found.setdefault(row.last_quarter // 10, ([], []))
        is_quarter = row.kind == "quarter"
        mark = PeriodMark(
            address(row, code, choices),
            f"Q{row.last_quarter % 10}" if is_quarter else period_name(row, choices.language),
            SHAPES[row.stage],
            PERIOD_STATES[row.stage],
            row.stage,
            chosen is not None and row.id == chosen.id,
            first_day(row.last_quarter) > on,
        )
        (quarters if is_quarter else others).append(mark)
    return [YearLine(year, tuple(quarters), tuple(others)) for year, (quarters, others) in sorted(found.items())]


def address(row: ReportingPeriod, code: str, choices: Choices) -> str:
    """The board of a period."""
    return choices.url("/quarter", plan=code, period=row.name)
