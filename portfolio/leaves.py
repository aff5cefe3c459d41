"""Leaves: the projects and parts on which facts stand. What is recorded of a package is recorded of its parts."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.database import batches, select_columns
from core.errors import N_, Broken
from portfolio.editing import Archived, claim
from portfolio.projects import Project

_ASKED: BindParameter[Any] = bindparam("ids", expanding=True)
_PACKAGE, _PART, _BELOW = aliased(Project), aliased(Project), aliased(Project)
# The inner query is answered by an index alone; in one with the outer, SQLite would go through all projects.
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


class NotALeaf(Broken):
    sentence = N_("“%(found)s”是打包项目，要填报到它的子项目：%(parts)s。")


class OfArchived(Broken):
    status = 409
    sentence = N_("第 %(id)s 号所属的项目“%(project)s”已归档，不能计入；请退回。")


class OfPackage(Broken):
    status = 409
    sentence = N_("第 %(id)s 号所属的项目“%(project)s”已分成子项目，要填报到子项目；请退回后重报。")


def claim_project(session: Session, project: Project) -> None:
    """Keeps a project, and its package, until the transaction ends.

    Errors: Archived, also when its package is: what is recorded of it would count nowhere.
    """
    claim(session, project, expected_version=None)
    if project.parent_id is not None:
        archived = select_columns(Project.archived_at).where(col(Project.id) == project.parent_id)
        if session.scalars(archived).one() is not None:
            raise Archived


def claim_leaf(session: Session, project: Project, *, not_a_leaf: type[NotALeaf] = NotALeaf) -> None:
    """The same of a project of which something new is recorded.

    Errors: Archived; `not_a_leaf` for a package, whose facts stand on its parts.
    """
    claim_project(session, project)
    parts = session.scalars(_NAMES_OF_PARTS, {"ids": [project.id]}).all()
    if parts:
        raise not_a_leaf(field="project", found=project.name, parts=tuple(parts))


def unfit_leaves(session: Session, project_ids: Collection[int]) -> dict[int, Broken]:
    """What forbids recording something new of each of these projects, many at once: Archived, or NotALeaf for a package."""
    found: dict[int, Broken] = {}
    for ids in batches(project_ids):
        for id_, name, archived in session.execute(_UNFIT, {"ids": ids}).all():
            if archived:
                found[id_] = Archived()
            else:
                parts = session.scalars(_NAMES_OF_PARTS, {"ids": [id_]}).all()
                found[id_] = NotALeaf(field="project", found=name, parts=tuple(parts))
    return found


def must_still_take(
    session: Session,
    projects: Mapping[int, int],
    *,
    following: Collection[int] = (),
    of_archived: type[OfArchived] = OfArchived,
    of_package: type[OfPackage] = OfPackage,
) -> None:
    """What is submitted is accepted only where it counts: `projects` are those of the facts, by the ids of the facts.

    What follows (`following`) from a fact that stands on a project already is accepted of it also when it has parts by now.

    Errors: `of_archived`, `of_package`.
    """
    found = session.execute(_UNFIT, {"ids": sorted(set(projects.values()))})
    unfit = {id_: (name, archived) for id_, name, archived in found}
    for id_, project_id in sorted(projects.items()):
        name, archived = unfit.get(project_id, ("", False))
        if archived:
            raise of_archived(id=id_, project=name)
        if name and id_ not in following:
            raise of_package(id=id_, project=name)
