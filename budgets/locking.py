"""Keeping projects while money is written, in the one order that everybody takes: the quarters of the plan, then the projects
(packages and single ones before parts, each by number), then entries or lines, then the derived list.

Of two people who write at once, in whatever order they name things, one goes first: they never wait for each other.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import BindParameter, bindparam, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from budgets.entry_rules import NotALeaf
from core.database import select_columns
from core.errors import N_
from portfolio import leaves
from portfolio.projects import Project

# The queries are put together once: every posting asks them, and putting them together takes longer than asking.
_ASKED: BindParameter[Any] = bindparam("ids", expanding=True)
_PART = aliased(Project)

_PACKAGES = select_columns(_PART.parent_id).where(col(_PART.id).in_(_ASKED), col(_PART.parent_id).is_not(None))
_TO_LOCK = (
    select_columns(Project.id)
    .where(or_(col(Project.id).in_(_ASKED), col(Project.id).in_(_PACKAGES)))
    .order_by(col(Project.parent_id).is_not(None), col(Project.id))
    .with_for_update()
)


class OfArchived(leaves.OfArchived):
    sentence = N_("第 %(id)s 号所属的项目“%(project)s”已归档，不能审核；请退回。")


class OfPackage(leaves.OfPackage):
    sentence = N_("第 %(id)s 号所属的项目“%(project)s”已分成子项目，资金要记到子项目；请退回后重报。")


def lock_projects(session: Session, project_ids: Collection[int]) -> None:
    """Whoever writes money of one of these projects, or of their packages, waits until the transaction ends."""
    session.execute(_TO_LOCK, {"ids": sorted(set(project_ids))}).all()


def claim_leaf(session: Session, project: Project) -> None:
    """Keeps a project that takes new money, and its package, until the transaction ends.

    Errors: Archived; NotALeaf for a package, whose money stands on its parts.
    """
    leaves.claim_leaf(session, project, not_a_leaf=NotALeaf)


def must_still_take(session: Session, projects: Mapping[int, int], *, undoing: Collection[int] = ()) -> None:
    """What is submitted is approved only where it counts: `projects` are those of entries or lines, by their ids.

    What only undoes (`undoing`) is approved of a package too: the money stood there before the project had parts.

    Errors: OfArchived, OfPackage.
    """
    leaves.must_still_take(session, projects, following=undoing, of_archived=OfArchived, of_package=OfPackage)
