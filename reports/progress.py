"""The progress of many projects as of a quarter, gathered in a fixed number of grouped queries.

The one definition of works, money and time completion and of started and finished, for pages, lamps, command and API. Ended
(终止) projects and parts leave it. The arithmetic stands in progress_math.py.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import Select, or_
from sqlmodel import Session, col

from budgets.rates import Rate, group_rate
from budgets.sources import fiscal_ids
from core.calendar import quarter_of
from core.database import select_columns
from core.units import MICRO, converted
from milestones.milestone_reading import milestones_of
from milestones.quantities import Measure
from milestones.schedule import MilestoneState, day_as_of, finished_on, started_on
from portfolio.access import Reader
from portfolio.projects import Project
from reports.progress_math import MeasureProgress, ProjectProgress, measure_weights, milestones_done, planned_end
from reports.progress_queries import Queries, limited, queries
from reports.reported_states import STARTED
from reports.rollup import Scope

ENDED, FINISHED = "ended", ("finished", "accepted")


@dataclass
class _Leaf:
    """What is recorded of a project or part itself, while it is read. Units: fen, millionths."""

    id: int
    top_id: int
    code: str
    name: str
    plan_id: int
    first_year: int | None
    last_year: int | None
    estimate_fen: int | None
    there: bool  # a part that was added later is no leaf yet; what was recorded of it counts
    states: list[tuple[str, date]] = field(default_factory=list)
    stages: dict[str, int] = field(default_factory=dict)
    fiscal_paid_fen: int = 0
    budget_fen: int | None = None
    works: list[tuple[int, str, int | None, int | None]] = field(default_factory=list)
    planned: list[tuple[int, str, int | None, int]] = field(default_factory=list)
    weights: dict[int, Fraction] = field(default_factory=dict)
    milestones: list[MilestoneState] = field(default_factory=list)
    changes: list[int] = field(default_factory=list)

    @property
    def state(self) -> str | None:
        return self.states[-1][0] if self.states else None

    @property
    def silent(self) -> bool:
        told = any(one.met or one.forecast_on for one in self.milestones)
        return not (self.states or self.stages or self.works or told)

    @property
    def finished(self) -> bool:
        return self.state in FINISHED or finished_on(self.milestones) is not None

    @property
    def started(self) -> bool:
        """By a reported state that the newest one does not take back, by its milestones, or because something was done."""
        begun = self.state != "not_started" and any(state in STARTED for state, _ in self.states)
        done = any(amount for _, _, *amounts in self.works for amount in amounts) or self.stages.get("work_done", 0) > 0
        return begun or done or started_on(self.milestones) is not None


def project_progress(
    session: Session, reader: Reader, scope: Scope, project_ids: Collection[int] | None = None
) -> dict[int, ProjectProgress]:
    """The progress of top-level projects by id, of all in the scope or of those named; those that do not count are left out.

    Errors: Invalid for an edition that there is not.
    """
    on = day_as_of(scope.quarter)
    own, parts = _gathered(session, reader, scope, project_ids)
    measures = _measures(session, [*own.values(), *(part for found in parts.values() for part in found)])
    return {id_: _progress(top, parts.get(id_, []), measures, on) for id_, top in own.items()}


def _gathered(
    session: Session, reader: Reader, scope: Scope, project_ids: Collection[int] | None
) -> tuple[dict[int, _Leaf], dict[int, list[_Leaf]]]:
    """The counted top-level projects by id, and their counted parts by the id of the package."""
    seen = reader.plans_for("view")
    asked = queries(scope, seen, tuple(fiscal_ids(session)), project_ids is not None)
    given = {} if project_ids is None else {"ids": sorted(set(project_ids))}
    leaves = {row[0]: _Leaf(*row) for row in session.execute(asked.leaves, given)}
    _fill(session, leaves, asked, given)
    kept = _concrete(scope, seen, project_ids)
    for id_, states in milestones_of(session, kept, scope.quarter, scope.edition).items():
        if id_ in leaves:
            leaves[id_].milestones = states
    own = {leaf.id: leaf for leaf in leaves.values() if leaf.id == leaf.top_id and leaf.state != ENDED}
    parts: dict[int, list[_Leaf]] = defaultdict(list)
    for leaf in leaves.values():
        if leaf.id != leaf.top_id and leaf.top_id in own and leaf.state != ENDED:
            parts[leaf.top_id].append(leaf)
    return own, parts


def _concrete(scope: Scope, seen: frozenset[int] | None, project_ids: Collection[int] | None) -> Select[Any] | None:
    """The same limit as in the kept queries, for a reading that builds its own."""
    query = limited(scope, seen, to_ids=False)
    if project_ids is None:
        return query
    ids = sorted(set(project_ids))
    query = select_columns(Project.id) if query is None else query
    return query.where(or_(col(Project.id).in_(ids), col(Project.parent_id).in_(ids)))


def _fill(session: Session, leaves: Mapping[int, _Leaf], asked: Queries, given: Mapping[str, Any]) -> None:
    def rows(query: Select[Any]) -> Iterable[tuple[_Leaf, Any]]:
        return ((leaves[row[0]], row[1:]) for row in session.execute(query, given) if row[0] in leaves)

    for leaf, (state, since) in rows(asked.states):
        leaf.states.append((state, since))
    for leaf, (stage, fen, fiscal, quarter) in rows(asked.ledger):
        leaf.stages[stage] = int(fen)
        leaf.fiscal_paid_fen += int(fiscal)
        leaf.changes.append(quarter)
    for leaf, (fen,) in rows(asked.budget):
        leaf.budget_fen = int(fen)
    for leaf, (measure, unit, claimed, verified) in rows(asked.works):
        leaf.works.append((measure, unit, claimed, verified))
    for leaf, (quarter,) in rows(asked.changes):
        leaf.changes.append(quarter)
    for leaf, (measure, unit, planned, timeless) in rows(asked.planned):
        leaf.planned.append((measure, unit, planned, timeless))
    for leaf, (measure, weight) in rows(asked.weights):
        leaf.weights[measure] = Fraction(int(weight), MICRO)


def _measures(session: Session, leaves: Iterable[_Leaf]) -> dict[int, str]:
    ids = {row[0] for leaf in leaves for row in (*leaf.planned, *leaf.works)}
    query = select_columns(Measure.id, Measure.name)
    return dict(session.execute(query.where(col(Measure.id).in_(ids))).all()) if ids else {}


def _progress(top: _Leaf, parts: Sequence[_Leaf], names: Mapping[int, str], on: date) -> ProjectProgress:
    every, parts = (top, *parts), [part for part in parts if part.there]
    milestones = tuple(top.milestones) or tuple(one for part in parts for one in part.milestones)
    starts = [one.planned_on for one in milestones if one.kind == "start" and one.planned_on is not None]
    changes = [quarter for leaf in every for quarter in leaf.changes]
    changes += [quarter_of(one.actual_on) for leaf in every for one in leaf.milestones if one.actual_on is not None]
    finished = top.finished or (bool(parts) and all(part.finished for part in parts))
    first, last = _years(top, parts)
    return ProjectProgress(
        project_id=top.id,
        code=top.code,
        name=top.name,
        plan_id=top.plan_id,
        on=on,
        first_year=first,
        last_year=last,
        state=top.state,
        state_since=top.states[-1][1] if top.states else None,
        measures=_measure_lines(every, names),
        milestones=milestones,
        milestones_done=milestones_done(top.milestones, [part.milestones for part in parts]),
        money=_money(top, every),
        paid_fen=sum(leaf.stages.get("paid", 0) for leaf in every),
        execution=group_rate(Rate(leaf.fiscal_paid_fen, leaf.budget_fen) for leaf in every),
        started=finished or any(leaf.started for leaf in every),
        finished=finished,
        finished_on=_finished_on(top, parts) if finished else None,
        planned_start=min(starts, default=None),
        planned_end=planned_end(milestones, last),
        last_change=max(changes, default=None),
        silent=all(leaf.silent for leaf in every),
    )


def _years(top: _Leaf, parts: Sequence[_Leaf]) -> tuple[int | None, int | None]:
    """The years of the project, else those that its parts span where all of them are known."""
    firsts, lasts = [part.first_year for part in parts], [part.last_year for part in parts]
    first = min((year for year in firsts if year is not None), default=None) if None not in firsts else None
    last = max((year for year in lasts if year is not None), default=None) if None not in lasts else None
    return top.first_year or first, top.last_year or last


def _money(top: _Leaf, every: Sequence[_Leaf]) -> Rate:
    """投资完成率, as reports/money.py has it: by the project's own estimate, else by those of its parts that have one."""
    if top.estimate_fen is None:
        return group_rate(Rate(leaf.stages.get("work_done", 0), leaf.estimate_fen) for leaf in every)
    return Rate(sum(leaf.stages.get("work_done", 0) for leaf in every), top.estimate_fen)


def _finished_on(top: _Leaf, parts: Sequence[_Leaf]) -> date | None:
    """Since when: the day of the milestone, else that of the first report of it; of a package of its last part."""
    day = finished_on(top.milestones)
    if day is None and top.state in FINISHED:
        day = next(since for state, since in top.states if state in FINISHED)
    if day is not None or not parts:
        return day
    days = [_finished_on(part, ()) for part in parts]
    return max((one for one in days if one is not None), default=None)


def _measure_lines(leaves: Sequence[_Leaf], names: Mapping[int, str]) -> tuple[MeasureProgress, ...]:
    """The measures of a project with their sums in the unit of the plan, else in the one that was reported."""
    units: dict[int, str] = {}
    sums: dict[tuple[int, str], int | Fraction] = {}  # of a measure and a name, in millionths
    timeless: dict[int, int] = defaultdict(int)

    def add(measure: int, unit: str, name: str, micro: int | None) -> None:
        own = units.setdefault(measure, unit)
        if micro is not None:
            amount = int(micro) if unit == own else converted(int(micro), unit, own)
            sums[measure, name] = sums.get((measure, name), 0) + amount

    def sum_of(measure: int, name: str) -> Fraction | None:
        found = sums.get((measure, name))
        return None if found is None else Fraction(found, MICRO)

    for leaf in leaves:
        for measure, unit, planned, unknown in leaf.planned:
            add(measure, unit, "planned", planned)
            timeless[measure] += int(unknown or 0)
    for leaf in leaves:
        for measure, unit, claimed, verified in leaf.works:
            add(measure, unit, "claimed", claimed)
            add(measure, unit, "verified", verified)
    weights = measure_weights(
        {measure: leaf.weights.get(measure) for measure, _, planned, _ in leaf.planned if planned} for leaf in leaves
    )
    return tuple(
        MeasureProgress(
            *(measure, names[measure], unit),
            planned=sum_of(measure, "planned"),
            claimed=sum_of(measure, "claimed"),
            verified=sum_of(measure, "verified"),
            weight=weights.get(measure),
            timeless=timeless[measure],
        )
        for measure, unit in sorted(units.items())
    )
