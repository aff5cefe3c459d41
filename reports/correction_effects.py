"""What a correction moves: figures of its projects, of the plan and of indicators, as corrected, before and after.

The figures are those of the roll-ups themselves, read twice in one transaction: what is shown is what approving does.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from sqlmodel import Session, col, select

from budgets.entries import LedgerEntry
from budgets.rates import RATES
from core.calendar import current_quarter, next_quarter
from milestones.milestone_reading import milestones_of
from milestones.milestones import Milestone, MilestoneReport
from milestones.works import WorkEntry
from portfolio.access import OPERATOR_READER
from portfolio.corrections import LEDGER_ENTRY, MILESTONE_REPORT, OFFICIAL_READING, PROJECT_CHANGE, WORK_ENTRY
from portfolio.periods import is_closed
from portfolio.plans import Plan
from portfolio.project_changes import ProjectChange
from portfolio.projects import Project
from portfolio.states import states_in
from reports.correction_readings import said
from reports.group_progress import whole_progress
from reports.indicators import indicator_figures
from reports.lamp_reading import lamp_counts, project_lamps
from reports.money import money_rollup
from reports.money_figures import STAGE_COLUMNS, MoneyFigures
from reports.rollup import Scope, whole
from reports.works import WorkFigures, works_of_projects, works_rollup

PROJECT, PLAN, INDICATOR = "project", "plan", "indicator"
FEN, RATIO, DAY, LAMP, STATE, COUNT = "fen", "ratio", "day", "lamp", "state", "count"
ARCHIVED = "archived"  # the state of a project that counts nowhere
_RATES = tuple(name for name in RATES if name != "start")
_TIERS = ("claimed", "verified", "surviving", "lost")
Value = int | Fraction | str | None


class Figure(NamedTuple):
    """A figure as of a quarter: of a project, the plan or an indicator.

    `unit` is fen, ratio, day, lamp, state, count, or that of `label`.
    """

    quarter: int
    level: str
    code: str
    name: str
    figure: str
    label: str | None
    unit: str | None


@dataclass(frozen=True)
class Effect:
    """A figure that moves. Units: those of the figure; None: nothing stood there."""

    figure: Figure
    before: Value
    after: Value

    @property
    def change(self) -> int | Fraction | None:
        """After less before, where both are numbers; nothing counts as 0 for sums."""
        if isinstance(self.before, str) or isinstance(self.after, str) or self.figure.unit in (DAY, LAMP, STATE):
            return None
        if self.before is None or self.after is None:
            return None
        return self.after - self.before


@dataclass(frozen=True)
class Watched:
    """What is looked at: quarters, leaves and their top-level projects, measures, milestones, the projects whose state or place
    changes, and whether indicators may move.
    """

    plan: Plan
    quarters: tuple[int, ...]
    projects: Mapping[int, tuple[int, ...]]  # top-level ids, each with its leaves
    names: Mapping[int, tuple[str, str]]
    measures: frozenset[int]
    milestones: frozenset[int]
    placed: frozenset[int]
    money: bool
    indicators: bool


def watched(session: Session, plan: Plan, quarter: int, facts: Collection[tuple[str, int]]) -> Watched:
    """What the facts of a correction may move."""
    ids = {subject: [id_ for kind, id_ in facts if kind == subject] for subject, _ in facts}
    entries = _rows(session, LedgerEntry, ids.get(LEDGER_ENTRY, ()))
    works = _rows(session, WorkEntry, ids.get(WORK_ENTRY, ()))
    reports = _rows(session, MilestoneReport, ids.get(MILESTONE_REPORT, ()))
    milestones = {row.milestone_id for row in reports}
    changes = _rows(session, ProjectChange, ids.get(PROJECT_CHANGE, ()))
    leaves = {row.project_id for row in (*entries, *works, *changes)}
    leaves |= set(session.exec(select(Milestone.project_id).where(col(Milestone.id).in_(milestones))))
    rows = session.exec(select(Project).where(col(Project.id).in_(leaves))).all()
    tops = {row.parent_id or row.id or 0 for row in rows}
    family = session.exec(select(Project).where(col(Project.id).in_(tops) | col(Project.parent_id).in_(tops))).all()
    members: dict[int, list[int]] = {id_: [] for id_ in sorted(tops)}
    for row in family:
        members[row.parent_id or row.id or 0].append(row.id or 0)
    quarters = {quarter} | {row.occurred_quarter for row in (*entries, *works) if row.occurred_quarter > quarter}
    if changes:  # a state holds in every quarter after it: every one that was closed is shown
        last = max(quarters)
        while is_closed(session, plan.id or 0, next_quarter(last)):
            last = next_quarter(last)
            quarters.add(last)
    return Watched(
        plan,
        tuple(sorted(one for one in quarters if one <= current_quarter())),
        {top: tuple(sorted(found)) for top, found in members.items()},
        {row.id or 0: (row.code, row.name) for row in family},
        frozenset(row.measure_id for row in works),
        frozenset(milestones),
        frozenset(row.project_id for row in changes),
        bool(entries or changes),
        bool(works or changes or ids.get(OFFICIAL_READING)),
    )


def _rows(session: Session, table: Any, ids: Collection[int]) -> Sequence[Any]:
    return session.exec(select(table).where(col(table.id).in_(ids))).all() if ids else ()


def figures_of(session: Session, asked: Watched) -> dict[Figure, Value]:
    """Everything that may move, as it is now, in the order in which it is shown."""
    found: dict[Figure, Value] = {}
    for quarter in asked.quarters:
        scope = Scope(quarter, frozenset({asked.plan.id or 0}))
        for made_by in (_states, _money, _works, _milestones, _lamps, _indicators):
            found |= dict(made_by(session, asked, scope))
    return found


def effects_between(before: Mapping[Figure, Value], after: Mapping[Figure, Value]) -> tuple[Effect, ...]:
    """The figures that differ."""
    order = dict.fromkeys((*before, *after))
    rows = (Effect(one, before.get(one), after.get(one)) for one in order)
    return tuple(row for row in rows if row.before != row.after)


def _states(session: Session, asked: Watched, scope: Scope) -> Iterator[tuple[Figure, Value]]:
    """The state of each project that is changed, and how many projects of the plan count, are finished and have each lamp."""
    if not asked.placed:
        return
    held = states_in(session, asked.placed, scope.quarter)
    gone = set(session.exec(select(Project.id).where(col(Project.id).in_(asked.placed), _is_archived())))
    for id_ in sorted(asked.placed):
        said = ARCHIVED if id_ in gone else held[id_].state if id_ in held else None
        yield Figure(scope.quarter, PROJECT, *asked.names[id_], "state", None, STATE), said
    of = (scope.quarter, PLAN, asked.plan.code, asked.plan.short_title)
    counted = whole(session, OPERATOR_READER, scope)
    yield Figure(*of, "projects", None, COUNT), counted.projects
    yield Figure(*of, "leaves", None, COUNT), counted.leaves
    yield Figure(*of, "estimate_fen", None, FEN), counted.estimate_fen
    progress = whole_progress(session, OPERATOR_READER, scope)
    yield Figure(*of, "finished", None, COUNT), None if progress is None else progress.by_count.numerator
    for colour, count in lamp_counts(project_lamps(session, OPERATOR_READER, scope).values()).items():
        yield Figure(*of, f"lamp_{colour}", None, COUNT), count


def _is_archived() -> Any:
    return col(Project.archived_at).is_not(None)


def _money(session: Session, asked: Watched, scope: Scope) -> Iterator[tuple[Figure, Value]]:
    if not asked.money:
        return
    groups = {group.keys[0]: group for group in money_rollup(session, OPERATOR_READER, scope, ("project",))}
    for top in asked.projects:
        code, name = asked.names[top]
        if code in groups:
            yield from _of_money(groups[code], (scope.quarter, PROJECT, code, name))
    whole = money_rollup(session, OPERATOR_READER, scope, ())[0]
    yield from _of_money(whole, (scope.quarter, PLAN, asked.plan.code, asked.plan.short_title))


def _of_money(group: MoneyFigures, of: tuple[int, str, str, str]) -> Iterator[tuple[Figure, Value]]:
    for column in STAGE_COLUMNS.values():
        yield Figure(*of, column, None, FEN), getattr(group, column)
    for name in _RATES:
        yield Figure(*of, name, None, RATIO), group.rates[name].value


def _works(session: Session, asked: Watched, scope: Scope) -> Iterator[tuple[Figure, Value]]:
    if not asked.measures:
        return
    for top, members in asked.projects.items():
        for row in works_of_projects(session, scope, members, together=True):
            yield from _of_works(asked, row, (scope.quarter, PROJECT, *asked.names[top]))
    for row in works_rollup(session, OPERATOR_READER, scope, (), measure_ids=asked.measures):
        yield from _of_works(asked, row, (scope.quarter, PLAN, asked.plan.code, asked.plan.short_title))


def _of_works(asked: Watched, row: WorkFigures, of: tuple[int, str, str, str]) -> Iterator[tuple[Figure, Value]]:
    if row.measure_id not in asked.measures:
        return
    for tier in _TIERS:
        yield Figure(*of, tier, row.measure, row.unit), getattr(row, tier)
    yield Figure(*of, "completion", row.measure, RATIO), row.completion


def _milestones(session: Session, asked: Watched, scope: Scope) -> Iterator[tuple[Figure, Value]]:
    if not asked.milestones:
        return
    members = [id_ for ids in asked.projects.values() for id_ in ids]
    for project_id, states in milestones_of(session, members, scope.quarter).items():
        for state in states:
            if state.milestone_id in asked.milestones:
                day = None if state.actual_on is None else state.actual_on.isoformat()
                yield Figure(scope.quarter, PROJECT, *asked.names[project_id], "actual_on", state.name, DAY), day


def _lamps(session: Session, asked: Watched, scope: Scope) -> Iterator[tuple[Figure, Value]]:
    for top, lamp in project_lamps(session, OPERATOR_READER, scope, asked.projects.keys()).items():
        yield Figure(scope.quarter, PROJECT, *asked.names[top], "lamp", None, LAMP), lamp.colour


def _indicators(session: Session, asked: Watched, scope: Scope) -> Iterator[tuple[Figure, Value]]:
    if not asked.indicators:
        return
    for one in indicator_figures(session, OPERATOR_READER, scope):
        of = (scope.quarter, INDICATOR, one.no, one.name)
        measured = None if one.official is None else said(one.official.measured)
        yield Figure(*of, "official", None, one.unit), measured
        yield Figure(*of, "rolled_up", None, one.unit), one.rolled_up


# ---- as they are kept


def as_json(effects: Collection[Effect]) -> str:
    """The effects as text, exact: fractions as [numerator, denominator]."""
    rows = [one.figure._asdict() | {"before": _kept(one.before), "after": _kept(one.after)} for one in effects]
    return json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(text: str) -> tuple[Effect, ...]:
    """The same read back."""
    found = []
    for row in json.loads(text):
        before, after = _read(row.pop("before")), _read(row.pop("after"))
        found.append(Effect(Figure(**row), before, after))
    return tuple(found)


def _kept(value: Value) -> Any:
    return [value.numerator, value.denominator] if isinstance(value, Fraction) else value


def _read(value: Any) -> Value:
    return Fraction(*value) if isinstance(value, list) else value
