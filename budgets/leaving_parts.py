"""Parts that leave the counts of their package: archived, or ended (终止). What remains must add up to the package."""

from collections.abc import Mapping
from datetime import date

from sqlmodel import Session

from budgets.archiving import archive_project
from budgets.estimates import refresh_listing
from budgets.packages import NewAmount, check_parts_since, claim_amounts, put_amounts
from budgets.totals import make_totals_anew
from core.audit import Actor
from core.calendar import current_quarter
from portfolio.editing import change_state
from portfolio.plans import Plan
from portfolio.projects import Project, ProjectState
from portfolio.values import Basis


def archive_part(
    session: Session,
    part: Project,
    amounts: Mapping[int, NewAmount],
    *,
    reason: str,
    document: str | None,
    expected_version: int,
    by: Actor,
) -> None:
    """Takes a part out of its package, with the estimates of what remains revised from the present quarter on.

    Errors: MoneyStands, AlreadyArchived, Stale, Missing, TooLong, NotPositive; SeveralBroken when estimates change without a
    document; PartsDoNotAddUp.
    """
    package = _package_of(session, part)
    claim_amounts(session, amounts)
    archive_project(session, part, reason=reason, expected_version=expected_version, by=by)
    quarter = current_quarter()
    _brought_together(session, package, amounts, Basis(quarter, document, reason), by)


def change_part_state(
    session: Session,
    part: Project,
    state: str,
    amounts: Mapping[int, NewAmount],
    *,
    since_on: date,
    document: str,
    reason: str | None,
    by: Actor,
) -> ProjectState:
    """Records a reported state of a part, with the estimates of its package revised from the quarter on in which it is posted.

    Errors: those of change_state; Stale, NotPositive; SeveralBroken when estimates change without a reason; PartsDoNotAddUp.
    """
    package = _package_of(session, part)
    claim_amounts(session, amounts)
    row = change_state(session, part, state, since_on=since_on, document=document, reason=reason, by=by)
    plan = session.get_one(Plan, part.plan_id)
    quarter = max(row.posted_period, plan.start)
    _brought_together(session, package, amounts, Basis(quarter, document, reason), by)
    return row


def _package_of(session: Session, part: Project) -> Project:
    assert part.parent_id is not None
    return session.get_one(Project, part.parent_id)


def _brought_together(
    session: Session, package: Project, amounts: Mapping[int, NewAmount], basis: Basis, by: Actor
) -> None:
    assert package.id is not None
    put_amounts(session, amounts, basis, by=by)
    check_parts_since(session, package, basis.from_quarter)
    refresh_listing(session, [package.id])
    make_totals_anew(session, [package.id])
