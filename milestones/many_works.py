"""Many reports of works at once, handed over for acceptance: the rules of work_reports.py in a few statements."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import now, quarter_of
from core.errors import Broken, ManyBroken
from core.inserting import insert_for_ids
from milestones.quantities import Measure
from milestones.work_context import reported_in
from milestones.work_reports import SUBJECT, facts, standing_of
from milestones.work_rules import checked_work
from milestones.works import CLAIMED, NewWork, WorkEntry
from portfolio.facts import SUBMITTED
from portfolio.leaves import unfit_leaves
from portfolio.projects import Project
from portfolio.reviewing import keep_places

_TABLE = WorkEntry.__table__  # type: ignore[attr-defined]


def record_works(
    session: Session,
    works: Sequence[tuple[Project, NewWork]],
    *,
    submitted_by: Actor,
    reason: str | None = None,
    by: Actor,
) -> list[int]:
    """New reports of leaf projects, submitted; their ids in the same order. No two are of one project, measure and quarter.

    Errors: ManyBroken with what is wrong by place (Archived, NotALeaf, SeveralBroken); nothing is written then.
    """
    if not works:
        return []
    keep_places(session, {place: standing_of(project) for place, (project, _) in enumerate(works)})
    checked = _checked(session, works)
    at = now()
    reported = {"recorded_at": at, "recorded_by_id": by.id, "recorded_by": by.name, "state": SUBMITTED}
    submitted = {"submitted_at": at, "submitted_by_id": submitted_by.id, "submitted_by": submitted_by.name}
    rows = [row | reported | submitted | {"own_department": False, "row_version": 1} for row in checked]
    ids = insert_for_ids(session, _TABLE, rows)
    lines = [
        audit.as_row("record", SUBJECT, id_, after=facts(WorkEntry(**row)), reason=reason, by=by)
        for id_, row in zip(ids, rows, strict=True)
    ]
    audit.record_all(session, lines)
    return ids


def _checked(session: Session, works: Sequence[tuple[Project, NewWork]]) -> list[dict[str, Any]]:
    """The columns of each row.

    Errors: ManyBroken.
    """
    # Read at once: the rules look each of them up.
    held = session.exec(select(Measure).where(col(Measure.id).in_({new.measure_id for _, new in works}))).all()
    ids = {project.id or 0 for project, _ in works}
    unfit = unfit_leaves(session, ids)
    reported = reported_in(session, ids, {quarter_of(new.occurred_on) for _, new in works})
    problems: dict[int, Broken] = {}
    rows: list[dict[str, Any]] = []
    days: set[tuple[Any, ...]] = set()
    for place, (project, new) in enumerate(works):
        try:
            if project.id in unfit:
                raise unfit[project.id]
            alone = (project.id, new.measure_id, quarter_of(new.occurred_on)) not in reported
            day = (project.plan_id, new.occurred_on, new.correction_reason)
            kept = checked_work(session, project, new, CLAIMED, alone=alone, day_fits=day in days)
            rows.append({"project_id": project.id, **kept})
            days.add(day)
        except Broken as problem:
            problems[place] = problem
    del held  # until here, so that the session keeps them
    if problems:
        raise ManyBroken(problems)
    return rows
