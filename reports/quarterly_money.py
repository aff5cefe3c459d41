"""The money of the report, all of it from the one roll-up: the whole, by source and year, by group, and how it moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session, col

from budgets.sources import FundingSource
from core.calendar import quarter_before
from core.database import select_columns
from core.text import sorting_key
from portfolio.access import Reader
from reports.money_figures import STAGE_COLUMNS, MoneyFigures
from reports.money_movement import BUDGET, Movement
from reports.quarterly_money_rows import MoneyRows
from reports.quarterly_scope import Asked
from reports.reported_money import ReportedMoney, reported_money

MOVED = (BUDGET, *STAGE_COLUMNS.values())


@dataclass(frozen=True)
class ReportMoney:
    """Money as of the end of the period. `before` is the whole as of the end of the period before, in the same edition.

    `this_year` is what happened in the year of the period, None where nothing did and nothing was planned; `years` are the same
    for every year that has any. `movements` has every figure, in their order. Groups come by name, the unknown one last.
    `sources` are the English names of the funding sources by their Chinese ones, in their order.
    """

    whole: MoneyFigures
    before: MoneyFigures
    this_year: MoneyFigures | None
    years: tuple[MoneyFigures, ...]
    by_source_year: tuple[MoneyFigures, ...]
    by_department: tuple[MoneyFigures, ...]
    by_programme: tuple[MoneyFigures, ...]
    movements: tuple[Movement, ...]
    sources: Mapping[str, str]


@dataclass(frozen=True)
class ProjectMoney:
    """The money of one project: as of the end, in each year (by year), how each figure moved, and from which sources.

    `reported` tells a 0 that was reported from what nobody reported; who shows a sum of the ledger asks for it below.
    """

    whole: MoneyFigures
    years: Mapping[int, MoneyFigures]
    moved: Mapping[str, Movement]
    sources: tuple[str, ...]
    reported: ReportedMoney = field(default_factory=ReportedMoney)

    def so_far(self, figure: str) -> int | None:
        """A sum of the ledger up to the end of the period; None where nobody reported any of it. Units: fen."""
        return self.reported.so_far(figure, getattr(self.whole, figure))

    def in_year(self, year: int, figure: str) -> int | None:
        """The same of a year."""
        found = self.years.get(year)
        return self.reported.of_year(year, figure, None if found is None else getattr(found, figure))

    def in_period(self, figure: str) -> int | None:
        """The same of the period alone, without corrections of earlier ones."""
        found = self.moved.get(figure)
        return self.reported.of_period(figure, None if found is None else found.flow_fen)


def report_money(session: Session, reader: Reader, asked: Asked, rows: MoneyRows) -> ReportMoney:
    """The money of everything in the scope. The whole is a roll-up of its own, which the rows must add up to."""
    years = rows.by_year()
    sources = funding_sources(session)
    return ReportMoney(
        whole=whole_of(asked.money(session, reader)),
        before=whole_of(asked.earlier(quarter_before(asked.first)).money(session, reader)),
        this_year=next((one for one in years if one.keys[0] == asked.period.year), None),
        years=years,
        by_source_year=_by_source(asked.money(session, reader, "source", "year"), tuple(sources)),
        by_department=_named(rows.by("department")),
        by_programme=_named(rows.by("programme")),
        movements=_movements(rows.moved),
        sources=sources,
    )


def whole_of(found: Sequence[MoneyFigures]) -> MoneyFigures:
    """The one group of everything; zero projects where there is nothing."""
    if found:
        return found[0]
    zero = dict.fromkeys(
        (*STAGE_COLUMNS.values(), "projects", "leaves", "without_estimate", "started", "unreported"), 0
    )
    return MoneyFigures((), **zero)


def _by_source(groups: Sequence[MoneyFigures], order: Sequence[str]) -> tuple[MoneyFigures, ...]:
    places = {name: place for place, name in enumerate(order)}
    last = len(places)
    return tuple(sorted(groups, key=lambda one: (places.get(str(one.keys[0]), last), one.keys[1] or 0)))


def _named(groups: Sequence[MoneyFigures]) -> tuple[MoneyFigures, ...]:
    return tuple(sorted(groups, key=lambda one: (one.keys[0] is None, sorting_key(str(one.keys[0] or "")))))


def _movements(moved: Sequence[Movement]) -> tuple[Movement, ...]:
    """Every figure of all projects together, those without any row as well: all of 0."""
    found: dict[str, list[Movement]] = {figure: [] for figure in MOVED}
    for one in moved:
        found[one.figure].append(one)
    return tuple(
        Movement(
            *((), figure),
            opening_fen=sum(one.opening_fen for one in of_figure),
            corrections_fen=sum(one.corrections_fen for one in of_figure),
            flow_fen=sum(one.flow_fen for one in of_figure),
            closing_fen=sum(one.closing_fen for one in of_figure),
        )
        for figure, of_figure in found.items()
    )


def funding_sources(session: Session) -> dict[str, str]:
    """The English names of the funding sources by their Chinese ones, in the order in which people read them."""
    query = select_columns(FundingSource.name, FundingSource.name_en)
    rows = session.execute(query.order_by(col(FundingSource.position), col(FundingSource.id)))
    return dict(rows.all())


def project_money(
    session: Session, reader: Reader, asked: Asked, rows: MoneyRows, order: Sequence[str]
) -> dict[str, ProjectMoney]:
    """The money of every counted project by its code. `order` is that of the funding sources."""
    years: dict[str, dict[int, MoneyFigures]] = {}
    for one in rows.years:
        years.setdefault(str(one.keys[0]), {})[int(one.keys[1] or 0)] = one
    moved: dict[str, dict[str, Movement]] = {}
    for row in rows.moved:
        moved.setdefault(str(row.keys[0]), {})[row.figure] = row
    places = {name: place for place, name in enumerate(order)}
    reported = reported_money(session, reader, asked)
    return {
        code: ProjectMoney(
            one,
            years.get(code, {}),
            moved.get(code, {}),
            tuple(sorted(rows.sources.get(code, ()), key=lambda name: places.get(name, len(places)))),
            reported.get(code, ReportedMoney()),
        )
        for one in rows.projects
        if (code := str(one.keys[0]))
    }
