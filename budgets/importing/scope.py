"""Which projects somebody may record entries for, asked once for a whole file."""

from sqlmodel import Session, col, select

from core.calendar import current_quarter
from portfolio.access import Reader
from portfolio.dated import in_force
from portfolio.projects import Project, ProjectBody


def recordable(session: Session, reader: Reader, plan_id: int) -> frozenset[int] | None:
    """The projects and parts of a plan that the reader may record for; None for all of them.

    Of a part its package's departments decide: who leads it and who files for it.

    Errors: NotThere for somebody who may not record in the plan at all.
    """
    reader.must("view", plan_id)
    if reader.may("record", plan_id):
        return None
    departments = {reach.department_id for reach in reader.reaches if reach.department_id is not None}
    mine = {one for one in departments if reader.may("record", plan_id, frozenset({one}))}
    if not mine:
        reader.must("record", plan_id)
    answering = (
        select(ProjectBody.project_id)
        .join(Project, col(Project.id) == ProjectBody.project_id)
        .where(
            Project.plan_id == plan_id,
            col(ProjectBody.role).in_(("lead", "reporting")),
            col(ProjectBody.department_id).in_(mine),
            in_force(ProjectBody, current_quarter()),
        )
    )
    found = session.exec(
        select(Project.id).where(col(Project.id).in_(answering) | col(Project.parent_id).in_(answering))
    )
    return frozenset(id_ for id_ in found if id_ is not None)
