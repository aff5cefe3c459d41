"""Taking a state or an archiving back, as a correction does: what was issued stays, from then on it holds no more."""

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from core import audit
from core.audit import Actor
from core.errors import N_, Broken
from portfolio import listing
from portfolio.periods import earliest_unclosed
from portfolio.project_changes import FormerArchiving
from portfolio.projects import Project, ProjectProgramme, ProjectState


class NotArchived(Broken):
    status = 409
    sentence = N_("“%(project)s”没有归档，不用恢复。")


class PackageArchived(Broken):
    status = 409
    sentence = N_("“%(project)s”的打包项目已归档，请先恢复打包项目。")


class NameTaken(Broken):
    status = 409
    sentence = N_("“%(project)s”归档以后，另有同名的项目 %(code)s；请先改名，再恢复。")


def withdraw_state(session: Session, row: ProjectState, posted: int, *, reason: str, by: Actor) -> None:
    """A reported state holds no more from a quarter on; the caller derives the list anew and keeps the project."""
    row.withdrawn_period = posted
    session.add(row)
    session.flush()
    before = {"state": row.state, "since_on": row.since_on, "document": row.document}
    audit.record(session, "withdraw-state", "project", row.project_id, before=before, reason=reason, by=by)


def restore_project(session: Session, project: Project, *, reason: str, by: Actor) -> None:
    """Takes an archived project or part back into lists and sums; as issued, the quarters closed meanwhile stay without it.

    The caller derives estimates and sums of money anew.

    Errors: NotArchived, PackageArchived, NameTaken.
    """
    assert project.id is not None
    open_from = earliest_unclosed(session, project.plan_id, lock=True)
    session.refresh(project, with_for_update=True)
    must_be_restorable(session, project)
    assert project.archived_at is not None
    was_from = project.archived_period or 0
    if was_from < open_from:
        session.add(
            FormerArchiving(
                project_id=project.id,
                from_quarter=was_from,
                until_quarter=open_from,
                archived_at=project.archived_at,
                archived_reason=project.archived_reason,
                restored_by=by.name,
            )
        )
    project.archived_at = project.archived_reason = project.archived_period = None
    project.row_version += 1
    session.add(project)
    session.flush()
    audit.record(session, "restore", "project", project.id, reason=reason, by=by)
    listing.refresh(session, [project.parent_id or project.id])


def must_be_restorable(session: Session, project: Project) -> None:
    """Errors: NotArchived, PackageArchived, NameTaken."""
    if project.archived_at is None:
        raise NotArchived(project=project.name)
    if project.parent_id is not None and session.get_one(Project, project.parent_id).archived_at is not None:
        raise PackageArchived(project=project.name)
    taken = session.exec(_named_alike(project)).first()
    if taken is not None:
        raise NameTaken(project=project.name, code=taken)


def _named_alike(project: Project) -> SelectOfScalar[str]:
    """The codes of other projects of that name under the same heading, or of other parts of the same package."""
    query = select(Project.code).where(
        Project.plan_id == project.plan_id,
        Project.name == project.name,
        Project.id != project.id,
        col(Project.archived_at).is_(None),
    )
    if project.parent_id is not None:
        return query.where(Project.parent_id == project.parent_id)
    own = select(ProjectProgramme.programme_id).where(
        ProjectProgramme.project_id == project.id, col(ProjectProgramme.effective_until).is_(None)
    )
    query = query.where(col(Project.parent_id).is_(None))
    return query.join(ProjectProgramme, col(ProjectProgramme.project_id) == Project.id).where(
        col(ProjectProgramme.programme_id).in_(own), col(ProjectProgramme.effective_until).is_(None)
    )
