"""Works of a return that are so much more than is planned or was reported that 万 may have been typed by mistake: asked about.

The same rule as for a single report (milestones/work_rules.py), for many cells in a few grouped queries.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, func
from sqlmodel import Session, col

from core.among import among
from core.calendar import current_quarter
from core.database import batches, select_columns
from core.errors import N_, Broken
from core.units import MICRO, converted
from milestones.work_balances import not_reversed
from milestones.work_rules import JUMP, JumpOfTenThousand, amount_text
from milestones.works import CLAIMED, ENTRY, NOT_APPLICABLE, WorkEntry
from portfolio.facts import APPROVED, SUBMITTED
from portfolio.projects import Project
from reports.return_fields import CellKey, work_of
from reports.return_records import added
from reports.return_scope import ReturnScope
from reports.rollup import Scope
from reports.work_queries import planned_sums

_PLANNED: str = N_("规划任务")
_REPORTED: str = N_("此前最大的一次上报")


class _Known(NamedTuple):
    """What is known of a measure of a project: what it is, and how much."""

    name: str
    micro: int
    unit: str


def jumps_of(session: Session, scope: ReturnScope, asked: Mapping[CellKey, str]) -> dict[CellKey, Broken]:
    """The question (JumpOfTenThousand) of each quantity that needs one; 不适用 and what nothing is known of need none."""
    quantities = {key: value for key, value in asked.items() if value != NOT_APPLICABLE}
    if not quantities:
        return {}
    ids = {key.project_id for key in quantities}
    packages = {id_: scope.projects[id_].parent_id for id_ in ids if id_ in scope.projects}
    known: dict[tuple[int, str], list[_Known]] = {}
    for batch in batches(ids):
        _add_reported(session, batch, known)
    for batch in batches(ids | {id_ for id_ in packages.values() if id_ is not None}):
        _add_planned(session, batch, known)
    found: dict[CellKey, Broken] = {}
    for key, value in quantities.items():
        against = known.get((key.project_id, key.key), [])
        package = packages.get(key.project_id)
        if package is not None:
            against = [*against, *known.get((package, key.key), ())]
        problem = _jump(*work_of(value), against)
        if problem is not None:
            problem.field = key.name
            found[key] = problem
    return found


def _jump(micro: int, unit: str, known: list[_Known]) -> Broken | None:
    """The question, when a quantity is a hundred times the largest that is known, or more."""
    largest: Fraction | int = 0
    of: _Known | None = None
    for one in known:
        size = one.micro if one.unit == unit else converted(one.micro, one.unit, unit)
        if size > largest:
            largest, of = size, one
    if of is None or micro < JUMP * largest:
        return None
    return JumpOfTenThousand(
        found=amount_text(Fraction(micro, MICRO), unit),
        known=of.name,
        reference=amount_text(Fraction(of.micro, MICRO), of.unit),
        times=int(micro / largest) if isinstance(largest, Fraction) else micro // largest,
    )


def _add_planned(session: Session, ids: list[int], known: dict[tuple[int, str], list[_Known]]) -> None:
    """The planned quantity of each measure; of several units as one sum."""
    parts: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for project_id, measure_id, unit, micro in session.execute(_planned(current_quarter()), {"ids": ids}):
        parts.setdefault((project_id, str(measure_id)), []).append((int(micro or 0), unit))
    for place, several in parts.items():
        micro, unit = several[0] if len(several) == 1 else work_of(added(several))
        known.setdefault(place, []).append(_Known(_PLANNED, micro, unit))


def _add_reported(session: Session, ids: list[int], known: dict[tuple[int, str], list[_Known]]) -> None:
    """The largest report of each measure in each unit."""
    for project_id, measure_id, unit, micro in session.execute(_reported(), {"ids": ids}):
        known.setdefault((project_id, str(measure_id)), []).append(_Known(_REPORTED, int(micro or 0), unit))


# To build these queries costs more than to run them for a small return.


@lru_cache(maxsize=8)
def _planned(quarter: int) -> Select[Any]:
    sums = planned_sums(Scope(quarter), select_columns(Project.id).where(among(Project.id, "ids")))
    return select_columns(sums.c.project_id, sums.c.measure_id, sums.c.unit, sums.c.planned)


@lru_cache(maxsize=1)
def _reported() -> Select[Any]:
    entry = WorkEntry
    keys = (col(entry.project_id), col(entry.measure_id), col(entry.unit))
    return (
        select_columns(*keys, func.max(entry.quantity_micro))
        .where(
            among(entry.project_id, "ids"),
            col(entry.tier) == CLAIMED,
            col(entry.kind) == ENTRY,
            col(entry.state).in_((APPROVED, SUBMITTED)),
            not_reversed(),
        )
        .group_by(*keys)
    )
