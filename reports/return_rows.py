"""What a department sees beside the cells of its return: its projects, their leaves, and what is known of each.

The figures of last quarter are the accepted ones, as corrected by now. Reading stands in return_row_gathering.py.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from sqlmodel import Session

from budgets.entries import NEEDS_SOURCE
from core.units import adds_up
from milestones.schedule import MilestoneState
from reports.lamps import ProjectLamp
from reports.return_fields import MONEY_FIELDS, SINCE_ON, STATE, STATE_DOCUMENT, WORKS, CellKey
from reports.return_row_gathering import Gathered, gathered
from reports.returns import DepartmentReturn

_SOURCED = frozenset(MONEY_FIELDS[stage] for stage in NEEDS_SOURCE)


@dataclass(frozen=True)
class HeldState:
    """A reported state of a project, with its day and document."""

    state: str
    since_on: str
    document: str


@dataclass(frozen=True)
class MoneyLine:
    """One stage of a leaf, of one source where the stage has sources. Units: fen.

    `planned_fen` is 本年计划 of the source, or of all of them, None without one; `recorded_fen` what is recorded of the quarter
    already, None where nothing is.
    """

    key: CellKey
    stage: str
    source: str | None
    planned_fen: int | None
    last_fen: int
    cumulative_fen: int
    recorded_fen: int | None


@dataclass(frozen=True)
class WorkLine:
    """One measure of a leaf. Figures are exact, in `unit`; `last` and `recorded` are values of cells (return_fields.py).

    `target` 总任务, `cumulative` 上报 and `verified` 核实 by the end of last quarter; None where nothing says so.
    """

    key: CellKey
    measure_id: int
    measure: str
    unit: str | None
    target: Fraction | None
    last: str | None
    cumulative: Fraction | None
    verified: Fraction | None
    recorded: str | None


@dataclass(frozen=True)
class LeafRow:
    """A leaf of a project of the return: a part, or the project itself where it has none."""

    id: int
    code: str
    name: str
    is_part: bool
    estimate_fen: int | None
    state: HeldState | None
    money: tuple[MoneyLine, ...]
    works: tuple[WorkLine, ...]
    milestones: tuple[MilestoneState, ...]


@dataclass(frozen=True)
class ReturnProjectRow:
    """A top-level project of a return. `milestones` are its own when it has parts; `filed`: the department files it by now.

    Units: fen; `planned_fen` is 本年计划 of all its leaves. `texts`: what was said last quarter, by field.
    """

    id: int
    code: str
    name: str
    programme: str | None
    first_year: int | None
    last_year: int | None
    filed: bool
    estimate_fen: int | None
    planned_fen: int | None
    lamp: ProjectLamp | None
    state: HeldState | None
    milestones: tuple[MilestoneState, ...]
    leaves: tuple[LeafRow, ...]
    texts: Mapping[str, str] = field(default_factory=dict)


def return_projects(session: Session, return_: DepartmentReturn) -> list[ReturnProjectRow]:
    """The projects of a return in the plan's order: those that the department files, and those that it has cells of.

    As many statements for one project as for a thousand.
    """
    read = gathered(session, return_)
    return [_project(id_, read) for id_ in read.tops]


def _project(id_: int, read: Gathered) -> ReturnProjectRow:
    facts = read.projects[id_]
    parts = read.parts.get(id_, [])
    leaves = tuple(_leaf(leaf, read, package=id_ if parts else None) for leaf in parts or [id_])
    planned = [line.planned_fen for leaf in leaves for line in leaf.money if line.stage == "work_done"]
    known = [fen for fen in planned if fen is not None]
    return ReturnProjectRow(
        id=id_,
        code=str(facts["code"]),
        name=str(facts["name"]),
        programme=read.programmes.get(id_),
        first_year=_year(facts["first_year"]),
        last_year=_year(facts["last_year"]),
        filed=id_ in read.scope.filed,
        estimate_fen=read.amounts.get(id_),
        planned_fen=sum(known) if known else None,
        lamp=read.lamps.get(id_),
        state=_state(id_, read),
        milestones=tuple(read.milestones.get(id_, ())) if parts else (),
        leaves=leaves,
        texts=read.texts.get(id_, {}),
    )


def _year(year: object) -> int | None:
    return None if year is None else int(str(year))


def _state(id_: int, read: Gathered) -> HeldState | None:
    held = [read.recorded.get(CellKey(id_, name)) for name in (STATE, SINCE_ON, STATE_DOCUMENT)]
    return None if held[0] is None else HeldState(*(text or "" for text in held))


def _leaf(id_: int, read: Gathered, *, package: int | None) -> LeafRow:
    facts = read.projects[id_]
    return LeafRow(
        id=id_,
        code=str(facts["code"]),
        name=str(facts["name"]),
        is_part=package is not None,
        estimate_fen=read.estimates.get(id_),
        state=_state(id_, read),
        money=tuple(_money(id_, read)),
        works=tuple(_works(id_, read, package)),
        milestones=tuple(read.milestones.get(id_, ())),
    )


def _money(id_: int, read: Gathered) -> Iterable[MoneyLine]:
    """Every stage, of each source that has a plan, money or a cell; sources in their order."""
    used = read.sources.get(id_, set())
    sources = [key for key in read.scope.sources if key in used]
    for stage, name in MONEY_FIELDS.items():
        for source in sources if name in _SOURCED else [""]:
            yield _money_line(CellKey(id_, name, source), stage, read)


def _money_line(key: CellKey, stage: str, read: Gathered) -> MoneyLine:
    plans = [fen for source, fen in read.planned.get(key.project_id, {}).items() if key.key in ("", source)]
    recorded = read.recorded.get(key)
    return MoneyLine(
        key=key,
        stage=stage,
        source=read.scope.sources[key.key].source.name if key.key else None,
        planned_fen=sum(plans) if plans else None,
        last_fen=int(read.last.get(key, 0)),
        cumulative_fen=int(read.money.get(key, 0)),
        recorded_fen=None if recorded is None else int(recorded),
    )


def _works(id_: int, read: Gathered, package: int | None) -> Iterable[WorkLine]:
    """Every measure that the leaf or its package is to deliver, or that was reported of it."""
    used = read.measures.get(id_, set()) | (set() if package is None else read.measures.get(package, set()))
    for measure_id in sorted(one for one in used if adds_up(read.scope.measures[one].dimension)):
        key = CellKey(id_, WORKS, str(measure_id))
        figures = read.works.get((id_, measure_id))
        of_package = None if package is None else read.works.get((package, measure_id))
        unit = figures or of_package
        yield WorkLine(
            key=key,
            measure_id=measure_id,
            measure=read.scope.measures[measure_id].name,
            unit=None if unit is None else unit.unit,
            target=None if figures is None else figures.planned,
            last=read.last.get(key),
            cumulative=None if figures is None else figures.claimed,
            verified=None if figures is None else figures.verified,
            recorded=read.recorded.get(key),
        )
