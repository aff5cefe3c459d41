"""The self-check of money: every figure and every rate again, from entries and lines streamed into whole numbers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from budgets.entries import APPROVED, STAGES, LedgerEntry
from budgets.lines import TOTAL, YEAR, BudgetLine
from budgets.sources import FundingSource
from core.database import select_columns
from portfolio.access import OPERATOR_READER
from portfolio.facts import AS_ISSUED, EDITIONS
from reports.money import money_rollup
from reports.money_figures import MoneyFigures
from reports.money_movement import movement
from reports.rollup import Scope
from reports.self_check_milestones import begun_by_milestones
from reports.self_check_reading import CHUNK, LiveProject, Mismatch, live_projects, stream

_OF_PROJECTS = ("plan", "plan,programme", "plan,department", "plan,last_year")
_OF_ENTRIES = ("plan,year", "plan,source")

Known = dict[str, int | None]  # sums by name; None: not known


@dataclass(frozen=True)
class _Line:
    """The newest version of a plan line that counts. The roll-up adds up what every version changed; here it stands whole."""

    version: int
    source_id: int
    span: str
    year: int | None
    amount_fen: int
    carried_fen: int


@dataclass
class _Books:
    """What counts of every leaf in one edition: entries by (year, source, stage), and the lines."""

    year: int
    fiscal: set[int | None]
    pending: set[int | None]
    names: dict[int | None, str]
    entries: dict[int, dict[tuple[int, int | None, str], int]] = field(default_factory=lambda: defaultdict(dict))
    lines: dict[int, dict[tuple[int, int], _Line]] = field(default_factory=lambda: defaultdict(dict))

    def of_years(self, leaf: int) -> list[_Line]:
        return [line for line in self.lines.get(leaf, {}).values() if line.span == YEAR]

    def budget(self, leaf: int, year: int, *, fiscal: bool = False) -> int | None:
        """The lines of a year as they stand, carried-over money included; None without any."""
        found = [
            line.amount_fen
            for line in self.of_years(leaf)
            if line.year == year and (not fiscal or line.source_id in self.fiscal)
        ]
        return sum(found) if found else None

    def secured(self, leaf: int) -> int:
        """Total lines where there are any, else year lines with what was carried over counted once; never what is pending."""
        total = [line for line in self.lines.get(leaf, {}).values() if line.span == TOTAL]
        return sum(
            line.amount_fen - (0 if total else line.carried_fen)
            for line in total or self.of_years(leaf)
            if line.source_id not in self.pending
        )


def money_mismatches(session: Session, quarter: int) -> list[Mismatch]:
    """Where the roll-up of money or the movement of the quarter, in either edition, is not what the facts come to."""
    found: list[Mismatch] = []
    for edition in EDITIONS:
        scope = Scope(quarter, edition=edition)
        projects, books = live_projects(session, quarter, edition), _books(session, scope)
        again = _recomputed(_with_begun(projects, begun_by_milestones(session, quarter, edition)), books)
        for name in (*_OF_PROJECTS, *_OF_ENTRIES):
            shown = {row.keys: row for row in money_rollup(session, OPERATOR_READER, scope, name.split(","))}
            for key in sorted(shown.keys() | again[name].keys(), key=str):
                differing = _differences(f"money {edition} by {name} {key}", shown.get(key), again[name].get(key))
                found += [replace(one, plan=key[0]) for one in differing]
        for row in movement(session, OPERATOR_READER, scope, ("plan",)):
            total = row.opening_fen + row.corrections_fen + row.flow_fen
            if total != row.closing_fen:
                what = f"movement {edition} of {row.figure} {row.keys}"
                found.append(Mismatch(what, row.closing_fen, total, row.keys[0]))
    return found


def _with_begun(projects: dict[int, LiveProject], begun: set[int]) -> dict[int, LiveProject]:
    """The projects, those that their milestones say have begun among the started ones."""
    return {
        id_: one if begun.isdisjoint({id_, *one.parts}) else replace(one, started=True, reported=True)
        for id_, one in projects.items()
    }


def _books(session: Session, scope: Scope) -> _Books:
    sources = list(stream(session, FundingSource))
    books = _Books(
        year=scope.quarter // 10,
        fiscal={row.id for row in sources if row.fiscal},
        pending={row.id for row in sources if row.pending},
        names={row.id: row.name for row in sources},
    )
    entry = (LedgerEntry.project_id, LedgerEntry.source_id, LedgerEntry.stage, LedgerEntry.amount_fen)
    for quarter, (leaf, source, stage, fen) in _counting(session, LedgerEntry, scope, entry):
        cells, cell = books.entries[leaf], (quarter // 10, source, stage)
        cells[cell] = cells.get(cell, 0) + fen
    line = (BudgetLine.source_id, BudgetLine.span, BudgetLine.year, BudgetLine.amount_fen, BudgetLine.carried_fen)
    wanted = (BudgetLine.project_id, BudgetLine.covers, BudgetLine.version, *line)
    for _, (leaf, covers, *facts) in _counting(session, BudgetLine, scope, wanted):
        lines, found = books.lines[leaf], _Line(*facts)
        place = (covers, found.source_id)
        if place not in lines or lines[place].version < found.version:
            lines[place] = found
    return books


def _counting(session: Session, table: Any, scope: Scope, columns: tuple[Any, ...]) -> Iterator[tuple[int, list[Any]]]:
    """The rows that count in an edition, judged in Python, each with the quarter in which it happened."""
    last, issued = scope.quarter, scope.edition == AS_ISSUED
    query = select_columns(table.state, table.occurred_quarter, table.posted_period, *columns)
    for state, occurred, posted, *facts in session.execute(query.execution_options(yield_per=CHUNK)):
        if state == APPROVED and (posted if issued else occurred) <= last:
            yield occurred, facts


def _recomputed(projects: dict[int, LiveProject], books: _Books) -> dict[str, dict[tuple[Any, ...], MoneyFigures]]:
    sums: dict[str, dict[tuple[Any, ...], Known]] = {name: defaultdict(dict) for name in (*_OF_PROJECTS, *_OF_ENTRIES)}
    for project in projects.values():
        totals = _of_project(project, books)
        for name in _OF_PROJECTS:
            _add(sums[name][tuple(getattr(project, dimension) for dimension in name.split(","))], totals)
        for leaf in project.everything:
            for year, cell in _of_years(leaf, books).items():
                _add(sums["plan,year"][project.plan, year], cell)
            for source, cell in _of_sources(leaf, books).items():
                key = None if source is None else books.names[source]
                _add(sums["plan,source"][project.plan, key], cell)
    return {name: {key: MoneyFigures(key, **cell) for key, cell in groups.items()} for name, groups in sums.items()}


def _add(into: Known, sums: Known) -> None:
    for name, value in sums.items():
        if value is not None:
            into[name] = (into.get(name) or 0) + value


def _of_project(project: LiveProject, books: _Books) -> Known:
    """Every figure of one project; its leaves are its parts, or itself."""
    everything = project.everything
    stages: Known = {f"{stage}_fen": sum(_stage(books, leaf, stage) for leaf in everything) for stage in STAGES}
    own = project.own_fen is not None
    units = [(project.own_fen, everything)] if own else [(fen, (leaf,)) for leaf, fen in project.parts.items()]
    costed = [(fen, leaves) for fen, leaves in units if fen is not None]
    gaps = [max(0, fen - sum(books.secured(leaf) for leaf in leaves)) for fen, leaves in costed]
    planned = [(leaf, books.budget(leaf, books.year)) for leaf in everything]
    budgets = [(leaf, books.budget(leaf, books.year, fiscal=True)) for leaf in everything]
    leaves = set(project.parts) or {project.id}
    lines = [line for leaf in everything for line in books.of_years(leaf)]
    return stages | {
        "projects": 1,
        "leaves": project.leaves,
        "without_estimate": project.missing,
        "estimate_fen": project.fen,
        "secured_fen": sum(books.secured(leaf) for leaf in everything),
        "gap_fen": sum(gaps) if gaps else None,
        "budget_fen": sum(line.amount_fen - line.carried_fen for line in lines) if lines else None,
        "started": int(project.started),
        "unreported": int(not project.reported),
        "done_of_estimated_fen": sum(_stage(books, leaf, "work_done") for _, some in costed for leaf in some),
        "done_this_year_fen": sum(_done(books, leaf, books.year) for leaf, fen in planned if fen is not None),
        "year_plan_fen": _known_sum(fen for _, fen in planned),
        "fiscal_paid_fen": sum(_fiscal(books, leaf, books.year) for leaf, fen in budgets if fen is not None),
        "fiscal_budget_fen": _known_sum(fen for _, fen in budgets),
        "without_year_plan": sum(fen is None for leaf, fen in planned if leaf in leaves),
        "without_fiscal_budget": sum(fen is None for leaf, fen in budgets if leaf in leaves),
    }


def _of_years(leaf: int, books: _Books) -> dict[int, Known]:
    flows: dict[int, Known] = defaultdict(_no_entries)
    for (year, _, stage), fen in books.entries.get(leaf, {}).items():
        _add(flows[year], {f"{stage}_fen": fen})
    for line in books.of_years(leaf):
        flows[line.year or 0]["budget_fen"] = None
    for year, flow in flows.items():
        planned, budget = books.budget(leaf, year), books.budget(leaf, year, fiscal=True)
        flow.update({"budget_fen": planned, "year_plan_fen": planned, "fiscal_budget_fen": budget})
        flow.update(_yearly(planned, budget, _done(books, leaf, year), _fiscal(books, leaf, year)))
    return flows


def _of_sources(leaf: int, books: _Books) -> dict[int | None, Known]:
    cells, lines = books.entries.get(leaf, {}), books.of_years(leaf)
    planned, budget = books.budget(leaf, books.year), books.budget(leaf, books.year, fiscal=True)
    found: dict[int | None, Known] = defaultdict(_no_entries)
    for (_, source, stage), fen in cells.items():
        _add(found[source], {f"{stage}_fen": fen})
    for line in lines:
        now = line.amount_fen if line.year == books.year else None
        once = line.amount_fen - line.carried_fen
        fiscal = now if line.source_id in books.fiscal else None
        _add(found[line.source_id], {"budget_fen": once, "year_plan_fen": now, "fiscal_budget_fen": fiscal})
    for source, sums in found.items():
        paid = cells.get((books.year, source, "paid"), 0) if source in books.fiscal else 0
        sums.update(_yearly(planned, budget, cells.get((books.year, source, "work_done"), 0), paid))
    return found


def _no_entries() -> Known:
    return {f"{stage}_fen": 0 for stage in STAGES}


def _yearly(planned: int | None, budget: int | None, done: int, paid: int) -> Known:
    """The numerators of the yearly rates, and what they leave out."""
    return {
        "done_this_year_fen": 0 if planned is None else done,
        "fiscal_paid_fen": 0 if budget is None else paid,
        "without_year_plan": int(planned is None and done != 0),
        "without_fiscal_budget": int(budget is None and paid != 0),
    }


def _stage(books: _Books, leaf: int, stage: str) -> int:
    return sum(fen for (_, _, of), fen in books.entries.get(leaf, {}).items() if of == stage)


def _done(books: _Books, leaf: int, year: int) -> int:
    cells = books.entries.get(leaf, {})
    return sum(fen for (of, _, stage), fen in cells.items() if (of, stage) == (year, "work_done"))


def _fiscal(books: _Books, leaf: int, year: int) -> int:
    cells = books.entries.get(leaf, {})
    return sum(
        fen for (of, source, stage), fen in cells.items() if (of, stage) == (year, "paid") and source in books.fiscal
    )


def _known_sum(numbers: Iterable[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _differences(what: str, shown: MoneyFigures | None, again: MoneyFigures | None) -> Iterator[Mismatch]:
    """Every number that differs, and every rate, whose text is checked against the fraction itself."""
    if shown is None or again is None:
        yield Mismatch(what, shown, again)
        return
    for one in fields(MoneyFigures):
        if getattr(shown, one.name) != getattr(again, one.name):
            yield Mismatch(f"{what} {one.name}", getattr(shown, one.name), getattr(again, one.name))
    for name, rate in shown.rates.items():
        text = _percent(*again.rates[name].exact)
        if rate.text != text:
            yield Mismatch(f"{what} {name}", rate.text, text)


def _percent(numerator: int | None, denominator: int | None) -> str:
    """A rate as it must be printed: to the nearest hundredth of a percent, halves away from zero."""
    if numerator is None or denominator is None or denominator == 0:
        return "—"
    hundredths = abs(Fraction(numerator, denominator)) * 10_000
    below = hundredths.numerator // hundredths.denominator
    nearest = below + (hundredths - below >= Fraction(1, 2))
    sign = "-" if nearest and (numerator < 0) != (denominator < 0) else ""
    return f"{sign}{nearest // 100}.{nearest % 100:02d}%"
