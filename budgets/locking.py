"""Keeping projects while money is written, in the one order that everybody takes: the quarters of the plan, then the projects
(packages and single ones before parts, each by number), then entries or lines, then the derived list.

Of two people who write at once, in whatever order they name things, one goes first: they never wait for each other.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from budgets.entry_rules import NotALeaf
from core.database import select_columns
from core.errors import N_, Broken
from portfolio.editing import Archived, claim
from portfolio.projects import Project

# The queries are put together once: every posting asks them, and putting them together takes longer than asking.
_ASKED: BindParameter[Any] = bindparam("ids", expanding=True)
_PACKAGE, _PART, _BELOW = aliased(Project), aliased(Project), aliased(Project)

_PACKAGES = select_columns(_PART.parent_id).where(col(_PART.id).in_(_ASKED), col(_PART.parent_id).is_not(None))
_TO_LOCK = (
    select_columns(Project.id)
    .where(or_(col(Project.id).in_(_ASKED), col(Project.id).in_(_PACKAGES)))
    .order_by(col(Project.parent_id).is_not(None), col(Project.id))
    .with_for_update()
)

# The parts that stand below the projects asked about. The inner query is answered by an index alone; in one with the outer,
# SQLite would go through all projects wherever few of them are parts.
_PARTS = and_(
    col(_PART.id).in_(select_columns(_BELOW.id).where(col(_BELOW.parent_id).in_(_ASKED))),
    col(_PART.archived_at).is_(None),
)
_NAMES_OF_PARTS = select_columns(_PART.name).where(_PARTS).order_by(col(_PART.position))
_GONE = or_(col(Project.archived_at).is_not(None), col(_PACKAGE.archived_at).is_not(None))
_UNFIT = (
    select_columns(Project.id, Project.name, _GONE)
    .outerjoin(_PACKAGE, col(_PACKAGE.id) == col(Project.parent_id))
    .where(col(Project.id).in_(_ASKED), or_(_GONE, col(Project.id).in_(select_columns(_PART.parent_id).where(_PARTS))))
)


class OfArchived(Broken):
    status = 409
    sentence = N_("第 %(id)s 号所属的项目“%(project)s”已归档，不能审核；请退回。")


class OfPackage(Broken):
    status = 409
    sentence = N_("第 %(id)s 号所属的项目“%(project)s”已分成子项目，资金要记到子项目；请退回后重报。")


def lock_projects(session: Session, project_ids: Collection[int]) -> None:
    """Whoever writes money of one of these projects, or of their packages, waits until the transaction ends."""
    session.execute(_TO_LOCK, {"ids": sorted(set(project_ids))}).all()


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

    Errors: Archived; NotALeaf for a package, whose money stands on its parts.
    """
    claim_project(session, project)
    parts = session.scalars(_NAMES_OF_PARTS, {"ids": [project.id]}).all()
    if parts:
        raise NotALeaf(field="project", found=project.name, parts=tuple(parts))


def must_still_take(session: Session, projects: Mapping[int, int], *, undoing: Collection[int] = ()) -> None:
    """What is submitted is approved only where it counts: `projects` are those of entries or lines, by their ids.

    What only undoes (`undoing`) is approved of a package too: the money stood there before the project had parts.

    Errors: OfArchived, OfPackage.
    """
    found = session.execute(_UNFIT, {"ids": sorted(set(projects.values()))})
    unfit = {id_: (name, archived) for id_, name, archived in found}
    for id_, project_id in sorted(projects.items()):
        name, archived = unfit.get(project_id, ("", False))
        if archived:
            raise OfArchived(id=id_, project=name)
        if name and id_ not in undoing:
            raise OfPackage(id=id_, project=name)
