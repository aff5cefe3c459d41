"""Works of a return that are so much more than is planned or was reported that 万 may have been typed by mistake: asked about.

The same rule as for a single report (milestones/work_rules.py), for many cells in a few grouped queries.
"""

from collections.abc import Mapping
from fractions import Fraction

from sqlalchemy import func
from sqlmodel import Session, col

from core.calendar import current_quarter
from core.database import select_columns
from core.errors import N_, Broken
from core.units import MICRO, converted
from milestones.work_balances import not_reversed
from milestones.work_context import Known
from milestones.work_rules import JUMP, JumpOfTenThousand, amount_text
from milestones.works import CLAIMED, ENTRY, NOT_APPLICABLE, WorkEntry
from portfolio.facts import APPROVED, SUBMITTED
from portfolio.projects import Project
from reports.return_fields import CellKey, work_of
from reports.return_scope import batches
from reports.rollup import Scope
from reports.works import works_of_projects


def jumps_of(session: Session, asked: Mapping[CellKey, str]) -> dict[CellKey, Broken]:
    """The question (JumpOfTenThousand) of each quantity that needs one; 不适用 and what nothing is known of need none."""
    quantities = {key: value for key, value in asked.items() if value != NOT_APPLICABLE}
    if not quantities:
        return {}
    ids = {key.project_id for key in quantities}
    packages: dict[int, int] = {}
    known: dict[tuple[int, int], list[Known]] = {}
    for batch in batches(ids):
        query = select_columns(Project.id, Project.parent_id).where(
            col(Project.id).in_(batch), col(Project.parent_id).is_not(None)
        )
        packages |= dict(session.execute(query).all())
        _add_reported(session, batch, known)
    for batch in batches(ids | set(packages.values())):
        _add_planned(session, batch, known)
    found: dict[CellKey, Broken] = {}
    for key, value in quantities.items():
        micro, unit = work_of(value)
        places = [(place, int(key.key)) for place in (key.project_id, packages.get(key.project_id)) if place]
        problem = _jump(Fraction(micro, MICRO), unit, [one for place in places for one in known.get(place, ())])
        if problem is not None:
            problem.field = key.name
            found[key] = problem
    return found


def _jump(value: Fraction, unit: str, known: list[Known]) -> Broken | None:
    """The question, when a quantity is a hundred times the largest that is known, or more."""
    above_zero = [(converted(one.value, one.unit, unit), one) for one in known if one.value > 0]
    largest, one = max(above_zero, key=lambda pair: pair[0], default=(None, None))
    if largest is None or one is None or value < JUMP * largest:
        return None
    return JumpOfTenThousand(
        found=amount_text(value, unit),
        known=one.name,
        reference=amount_text(one.value, one.unit),
        times=int(value / largest),
    )


def _add_planned(session: Session, ids: list[int], known: dict[tuple[int, int], list[Known]]) -> None:
    for row in works_of_projects(session, Scope(current_quarter()), ids):
        if row.planned is not None:
            place = (row.ids[0], row.measure_id)
            known.setdefault(place, []).append(Known(N_("规划任务"), row.planned, row.unit))


def _add_reported(session: Session, ids: list[int], known: dict[tuple[int, int], list[Known]]) -> None:
    """The largest report of each measure in each unit."""
    entry = WorkEntry
    keys = (col(entry.project_id), col(entry.measure_id), col(entry.unit))
    query = (
        select_columns(*keys, func.max(entry.quantity_micro))
        .where(
            col(entry.project_id).in_(ids),
            col(entry.tier) == CLAIMED,
            col(entry.kind) == ENTRY,
            col(entry.state).in_((APPROVED, SUBMITTED)),
            not_reversed(),
        )
        .group_by(*keys)
    )
    for project_id, measure_id, unit, micro in session.execute(query):
        one = Known(N_("此前最大的一次上报"), Fraction(int(micro or 0), MICRO), unit)
        known.setdefault((project_id, measure_id), []).append(one)
