"""Keeping projects while money is written, in the one order that everybody takes: the quarters of the plan, then the projects
(packages and single ones before parts, each by number), then entries or lines, then the derived list.

Of two people who write at once, in whatever order they name things, one goes first: they never wait for each other.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from budgets.entry_rules import must_be_leaf
from core.database import select_columns
from core.errors import N_, Broken
from portfolio.editing import Archived, claim
from portfolio.projects import Project


class OfArchived(Broken):
    status = 409
    sentence = N_("第 %(id)s 号所属的项目“%(project)s”已归档，不能审核；请退回。")


class OfPackage(Broken):
    status = 409
    sentence = N_("第 %(id)s 号所属的项目“%(project)s”已分成子项目，资金要记到子项目；请退回后重报。")


def lock_projects(session: Session, project_ids: Collection[int]) -> None:
    """Whoever writes money of one of these projects, or of their packages, waits until the transaction ends."""
    ids = sorted(set(project_ids))
    packages = select_columns(Project.parent_id).where(col(Project.id).in_(ids), col(Project.parent_id).is_not(None))
    query = select_columns(Project.id).where(or_(col(Project.id).in_(ids), col(Project.id).in_(packages)))
    session.execute(query.order_by(col(Project.parent_id).is_not(None), col(Project.id)).with_for_update()).all()


def claim_project(session: Session, project: Project) -> None:
    """Keeps one project, and its package, until the transaction ends.

    Errors: Archived, also when its package is: money of it would count nowhere.
    """
    claim(session, project, expected_version=None)
    if project.parent_id is not None:
        archived = select_columns(Project.archived_at).where(col(Project.id) == project.parent_id)
        if session.scalars(archived).one() is not None:
            raise Archived


def claim_leaf(session: Session, project: Project) -> None:
    """The same of a project that takes new money.

    Errors: Archived, NotALeaf.
    """
    claim_project(session, project)
    must_be_leaf(session, project)


def must_still_take(session: Session, projects: Mapping[int, int], *, undoing: Collection[int] = ()) -> None:
    """What is submitted is approved only where it counts: `projects` are those of entries or lines, by their ids.

    What only undoes (`undoing`) is approved of a package too: the money stood there before the project had parts.

    Errors: OfArchived, OfPackage.
    """
    ids = sorted(set(projects.values()))
    package, part = aliased(Project), aliased(Project)
    gone = or_(col(Project.archived_at).is_not(None), col(package.archived_at).is_not(None))
    divided = select_columns(part.id).where(col(part.parent_id) == col(Project.id), col(part.archived_at).is_(None))
    query = (
        select_columns(Project.id, Project.name, gone)
        .outerjoin(package, col(package.id) == col(Project.parent_id))
        .where(col(Project.id).in_(ids), or_(gone, divided.exists()))
    )
    unfit = {id_: (name, archived) for id_, name, archived in session.execute(query)}
    for id_, project_id in sorted(projects.items()):
        name, archived = unfit.get(project_id, ("", False))
        if archived:
            raise OfArchived(id=id_, project=name)
        if name and id_ not in undoing:
            raise OfPackage(id=id_, project=name)
