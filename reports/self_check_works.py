"""The self-check of works and indicators: sums and roll-ups again, from rows streamed into fractions, not by the same queries."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from core.units import MICRO, converted
from milestones.indicator_rules import Overlap, ProgrammeLink, RuleMeasure
from milestones.indicators import Indicator
from milestones.quantities import Measure, Quantity
from milestones.works import LOST, REVERSAL, WorkEntry
from portfolio.access import OPERATOR_READER
from portfolio.facts import APPROVED, AS_ISSUED, EDITIONS
from portfolio.plans import Plan, Programme
from portfolio.projects import Project
from portfolio.years import former_years
from reports.indicators import indicator_figures
from reports.rollup import Scope
from reports.self_check_overlaps import twice_by_cuts
from reports.self_check_reading import LiveProject, Mismatch, holding, live_projects, stream
from reports.self_check_support import formula_unit, is_computable, stored, support_mismatches, value_again
from reports.works import works_rollup

_BY = ("plan", "plan,programme", "plan,project")
_FIGURES = ("planned", "claimed", "verified", "surviving", "lost")

Cells = dict[str, Fraction]  # sums by figure; a figure that is not there was never reported


@dataclass(frozen=True)
class _Entry:
    """A quantity that counts. `stands` is 1, of a reversal -1; `lowers`: a loss after a survival check.

    `quarter` is when it began to count; of a loss when what it lowers did, so that with a lag it is lost at once.
    """

    tier: str
    quarter: int
    quantity: Fraction
    stands: int
    lowers: bool


@dataclass
class _Works:
    """What counts of every project and part, by measure, in the base unit of the measure's dimension."""

    units: dict[int, str] = field(default_factory=dict)
    entries: dict[int, dict[int, list[_Entry]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    planned: dict[int, dict[int, Fraction]] = field(default_factory=lambda: defaultdict(dict))

    def cells(self, leaf: int, measure: int, until: int = 10**6) -> Cells:
        """The sums of one project or part of one measure, of what had happened by the end of a quarter."""
        entries = [one for one in self.entries.get(leaf, {}).get(measure, ()) if one.quarter <= until]
        found: Cells = {}
        for tier in {one.tier for one in entries}:
            of_tier = [one for one in entries if one.tier == tier]
            if sum(one.stands for one in of_tier) > 0:  # what was reversed does not stand
                found[tier] = sum((one.quantity for one in of_tier), Fraction(0))
        if "surviving" in found:
            found["surviving"] -= sum((one.quantity for one in entries if one.lowers), Fraction(0))
        if measure in self.planned.get(leaf, {}):
            found["planned"] = self.planned[leaf][measure]
        return found

    def measures(self, leaf: int) -> set[int]:
        return {*self.entries.get(leaf, {}), *self.planned.get(leaf, {})}


def work_mismatches(session: Session, quarter: int) -> list[Mismatch]:
    """Where the roll-up of works or of an indicator, in either edition, is not what the rows come to."""
    codes = {row.id: row.code for row in stream(session, Project)}
    names = {row.id: row.name for row in stream(session, Measure)}
    found: list[Mismatch] = []
    for edition in EDITIONS:
        scope = Scope(quarter, edition=edition)
        projects, works = live_projects(session, quarter, edition), _read(session, scope)
        for by in _BY:
            again = _added_up(projects, works, codes, by)
            for row in works_rollup(session, OPERATOR_READER, scope, by.split(",")):
                wanted = again.pop((*row.keys, row.measure_id), {})
                unit = works.units.get(row.measure_id, row.unit)
                shown = {name: value for name in _FIGURES if (value := getattr(row, name)) is not None}
                shown = {name: converted(value, row.unit, unit) for name, value in shown.items()}
                if shown != wanted:
                    what = f"works {edition} by {by} {row.keys} {row.measure}"
                    found.append(Mismatch(what, shown, wanted, row.keys[0]))
            for key, wanted in again.items():
                if wanted:
                    what = f"works {edition} by {by} {key[:-1]} {names[key[-1]]}"
                    found.append(Mismatch(what, None, wanted, key[0]))
        found += _indicator_mismatches(session, scope, projects, works)
    return found


def _read(session: Session, scope: Scope) -> _Works:
    """Entries and planned quantities that count, judged one by one."""
    works, issued = _Works(), scope.edition == AS_ISSUED
    packages = {row.id: row for row in stream(session, Project)}
    quantities: dict[int, list[Any]] = defaultdict(list)
    for row in holding(session, Quantity, scope.quarter):
        works.units.setdefault(row.measure_id, row.unit)
        if row.operator not in ("≤", "<"):
            quantities[row.project_id].append(row)
    years_then = former_years(session, scope.quarter)
    own = {(leaf, row.measure_id) for leaf, rows in quantities.items() for row in rows}
    for leaf, rows in quantities.items():
        project = packages[leaf]
        if project.since_quarter is not None and project.since_quarter > scope.quarter:
            continue  # a part that was added later: nothing was planned of it yet
        above = packages.get(project.parent_id)
        for row in rows:
            if above is not None and (above.id, row.measure_id) in own:
                continue  # the package counts its own quantity of this measure
            years = _years(project, above, years_then) if row.per == "year" else 1
            if years is not None:
                amount = converted(Fraction(row.value_micro * years, MICRO), row.unit, works.units[row.measure_id])
                sums = works.planned[leaf]
                sums[row.measure_id] = sums.get(row.measure_id, Fraction(0)) + amount
    happened = {row.id: row.occurred_quarter for row in stream(session, WorkEntry)}
    for row in stream(session, WorkEntry):
        counts = row.state == APPROVED and (row.posted_period if issued else row.occurred_quarter) <= scope.quarter
        if not counts or row.quantity_micro is None:
            continue
        unit = works.units.setdefault(row.measure_id, row.unit)
        amount = converted(Fraction(row.quantity_micro, MICRO), row.unit, unit)
        lowers = row.tier == LOST and row.based_on_id is not None
        quarter = happened[row.based_on_id] if lowers else row.occurred_quarter
        entry = _Entry(row.tier, quarter, amount, -1 if row.kind == REVERSAL else 1, lowers)
        works.entries[row.project_id][row.measure_id].append(entry)
    return works


def _years(project: Project, above: Project | None, then: dict[int, tuple[int | None, int | None]]) -> int | None:
    first, last = then.get(project.id or 0, (project.first_year, project.last_year))
    if above is not None:
        package = then.get(above.id or 0, (above.first_year, above.last_year))
        first, last = package[0] if first is None else first, package[1] if last is None else last
    return None if first is None or last is None else last - first + 1


def _added_up(
    projects: dict[int, LiveProject], works: _Works, codes: dict[int | None, str], by: str
) -> dict[tuple[Any, ...], Cells]:
    found: dict[tuple[Any, ...], Cells] = defaultdict(dict)
    for project in projects.values():
        keys = {"plan": project.plan, "programme": project.programme, "project": codes[project.id]}
        for leaf in project.everything:
            for measure in works.measures(leaf):
                cells = found[(*(keys[name] for name in by.split(",")), measure)]
                for name, value in works.cells(leaf, measure).items():
                    cells[name] = cells.get(name, Fraction(0)) + value
    return found


# ---- indicators


@dataclass(frozen=True)
class _Leaf:
    """A project or part that counts in a plan: its own id and that of its package."""

    id: int
    ids: frozenset[int]


def _indicator_mismatches(
    session: Session, scope: Scope, projects: dict[int, LiveProject], works: _Works
) -> Iterator[Mismatch]:
    leaves, rows = _leaves_by_plan(session, scope, projects), stored(session, scope)
    overlaps = list(holding(session, Overlap, scope.quarter))
    kept = {row.id: row for row in stream(session, Indicator)}
    for shown in indicator_figures(session, OPERATOR_READER, scope):
        rule, indicator = rows.rules.get(shown.indicator_id), kept[shown.indicator_id]
        sums: dict[str, Fraction | None] = {}
        if rule is not None and is_computable(rows, rule, indicator):
            unit = formula_unit(rule, indicator.unit) or ""
            sums = _effects(leaves[shown.plan_id], rows.measures[rule.id or 0], works, overlaps, unit, scope)
            low = None if sums["inside"] is None else (sums["planned"] or 0) - sums["inside"]
            again = {
                # Where nothing counts nothing is said: the baseline is no roll-up.
                "rolled_up": None if sums["counted"] is None else value_again(rule, indicator, sums["counted"]),
                "if_all_finished": value_again(rule, indicator, sums["planned"]),
                "if_all_finished_low": None if low is None else value_again(rule, indicator, low),
            }
            for name, value in again.items():
                if getattr(shown, name) != value:
                    what = f"indicator {scope.edition} {shown.key} {name}"
                    yield Mismatch(what, getattr(shown, name), value, shown.plan_id)
        yield from support_mismatches(rows, indicator, shown, sums, scope.edition)


def _leaves_by_plan(session: Session, scope: Scope, projects: dict[int, LiveProject]) -> dict[int, set[_Leaf]]:
    """The leaves of every plan: its own, and those of lower plans that support it by a link, each once."""
    plans = {row.code: row.id for row in stream(session, Plan)}
    own: dict[int, int] = {}
    every: dict[int, _Leaf] = {}
    for project in projects.values():
        for leaf in project.everything:
            every[leaf] = _Leaf(leaf, frozenset({leaf, project.id}))
            own[leaf] = plans[project.plan]
    found: dict[int, set[_Leaf]] = defaultdict(set)
    for one in every.values():
        found[own[one.id]].add(one)
    headings = {row.id: row.plan_id for row in stream(session, Programme)}
    stands_in = {row.id: row.plan_id for row in stream(session, Project)}
    for link in holding(session, ProgrammeLink, scope.quarter):
        higher = headings[link.programme_id]
        if stands_in[link.project_id] != higher:
            found[higher] |= {leaf for leaf in every.values() if link.project_id in leaf.ids}
    return found


def _effects(
    leaves: set[_Leaf],
    measures: Iterable[RuleMeasure],
    works: _Works,
    overlaps: Iterable[Overlap],
    unit: str,
    scope: Scope,
) -> dict[str, Fraction | None]:
    tiers = ("planned", "claimed", "verified", "surviving")
    sums: dict[str, Fraction | None] = dict.fromkeys((*tiers, "counted", "inside"))

    def add(name: str, quantity: Fraction | None, of: RuleMeasure) -> None:
        if quantity is not None:
            factor = Fraction(of.factor_numerator, of.factor_denominator)
            effect = converted(quantity, works.units[of.measure_id], unit) * factor
            sums[name] = (sums[name] or Fraction(0)) + effect

    for of in measures:
        for leaf in leaves:
            now = works.cells(leaf.id, of.measure_id)
            then = works.cells(leaf.id, of.measure_id, scope.quarter - 10 * of.lag_years)
            for name, quantity in ({name: now.get(name) for name in tiers} | {"counted": then.get(of.tier)}).items():
                add(name, quantity, of)
        add("inside", _counted_twice(leaves, of.measure_id, works, overlaps), of)
    return sums


def _counted_twice(leaves: set[_Leaf], measure_id: int, works: _Works, overlaps: Iterable[Overlap]) -> Fraction | None:
    """What of a measure other projects that count, too, may already hold."""
    sizes = {leaf.id: works.planned.get(leaf.id, {}).get(measure_id, Fraction(0)) for leaf in leaves}
    pairs = {
        (leaf.id, other.id)
        for one in overlaps
        if one.measure_id == measure_id
        for leaf in leaves
        if one.inner_project_id in leaf.ids
        for other in leaves
        if one.outer_project_id in other.ids
    }
    return twice_by_cuts(sizes, pairs)
