"""Milestones as of a quarter, in either edition: the states of many projects at once, and which projects began and ended.

Plans are dated rows. Of the accepted reports the newest actual or withdrawal decides, and the newest forecast: 按发布时 among
those posted by the quarter. 按更正后 among all that are accepted by now, and only then it is asked whether the day lies in the
quarter: a day that was corrected or withdrawn later therefore corrects every quarter since. A forecast counts from the quarter
in which it was made.
"""

from collections.abc import Callable, Collection, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, or_, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.database import batches, select_columns
from core.errors import N_, Invalid
from core.units import MICRO
from milestones.milestones import ACTUAL, FORECAST, WITHDRAWN, Milestone, MilestonePlan, MilestoneReport
from milestones.schedule import BEFORE_DONE, BEGUN, DONE, MilestoneState, shared_weights
from portfolio.dated import in_force
from portfolio.facts import APPROVED, AS_CORRECTED, AS_ISSUED, EDITIONS, counted

Projects = Collection[int] | Select[Any] | None  # ids, a query for ids, or None: every project

EVER = 999_994  # a quarter after all others: as of it stands what is accepted and planned by now
_BATCH = 500  # ids that one statement names


def milestones_of(
    session: Session, project_ids: Projects, quarter: int, edition: str = AS_CORRECTED
) -> dict[int, list[MilestoneState]]:
    """The milestones of projects and parts in their order, by project id; one without milestones is not in it.

    One query, whatever it is limited to, or one for each 500 ids.
    """
    found: dict[int, list[MilestoneState]] = {}
    for limit in _limits(project_ids):
        rows = session.execute(_states_query(quarter, edition, limit)).all()
        found |= {id_: _weighed(list(own)) for id_, own in groupby(rows, key=lambda row: row[1])}
    return found


def _limits(project_ids: Projects) -> list[Any]:
    if project_ids is None or isinstance(project_ids, Select):
        return [project_ids]
    return list(batches(project_ids, _BATCH))


def _states_query(quarter: int, edition: str, project_ids: Any) -> Select[Any]:
    dates = milestone_dates(quarter, edition, project_ids)
    names = ("milestone_id", "project_id", "kind", "name", "position", "first_planned_on", "planned_on", "forecast_on")
    columns = [dates.c[name] for name in (*names, "actual_on", "actual_id", "forecast_id", "weight_micro")]
    return select_columns(*columns).order_by(dates.c.project_id, dates.c.position, dates.c.milestone_id)


def _weighed(rows: Sequence[Any]) -> list[MilestoneState]:
    """The states of one project, each with what it weighs among them."""
    weights = _weights(tuple(row[11] for row in rows))
    return [
        MilestoneState(
            id_, project_id, kind, name, position, weight, first, planned, forecast, actual, actual_id, forecast_id
        )
        for (
            id_,
            project_id,
            kind,
            name,
            position,
            first,
            planned,
            forecast,
            actual,
            actual_id,
            forecast_id,
            _,
        ), weight in zip(rows, weights, strict=True)
    ]


@lru_cache(maxsize=4096)
def _weights(micro: tuple[int | None, ...]) -> tuple[Fraction, ...]:
    # Most projects share few patterns of weights, and exact fractions take their time.
    return tuple(shared_weights([None if one is None else Fraction(one, MICRO) for one in micro]))


def milestone_dates(quarter: int, edition: str = AS_CORRECTED, project_ids: Any = None) -> Subquery:
    """One row per milestone that belongs to its project in the quarter, with its days and the reports that they come from.

    `project_ids` are ids, a query for ids, or None.
    """
    milestone, plan, first = Milestone, MilestonePlan, aliased(MilestonePlan)
    kept = _of_projects(project_ids)
    actual, forecast = _holding(quarter, edition, kept), _forecasts(quarter, edition, kept)
    oldest = select_columns(col(first.milestone_id).label("milestone_id"), func.min(first.id).label("id")).where(
        col(first.planned_on).is_not(None), col(first.effective_from) <= quarter
    )
    if kept is not None:
        oldest = oldest.where(col(first.milestone_id).in_(kept))
    of_first = oldest.group_by(col(first.milestone_id)).subquery("oldest")
    printed = aliased(MilestonePlan)
    query = (
        select_columns(
            col(milestone.id).label("milestone_id"),
            *(getattr(milestone, name) for name in ("project_id", "kind", "name", "position")),
            col(printed.planned_on).label("first_planned_on"),
            *(getattr(plan, name) for name in ("planned_on", "weight_micro")),
            forecast.c.met_on.label("forecast_on"),
            forecast.c.id.label("forecast_id"),
            actual.c.met_on.label("actual_on"),
            actual.c.id.label("actual_id"),
        )
        .join(plan, and_(col(plan.milestone_id) == col(milestone.id), in_force(plan, quarter)))
        .outerjoin(of_first, of_first.c.milestone_id == col(milestone.id))
        .outerjoin(printed, col(printed.id) == of_first.c.id)
        .outerjoin(actual, actual.c.milestone_id == col(milestone.id))
        .outerjoin(forecast, forecast.c.milestone_id == col(milestone.id))
        .where(col(plan.dropped).is_(False))
    )
    if kept is not None:
        query = query.where(col(milestone.project_id).in_(project_ids))
    return query.subquery("dates")


def _of_projects(project_ids: Any) -> Select[Any] | None:
    """The ids of the milestones of these projects."""
    return (
        None if project_ids is None else select_columns(Milestone.id).where(col(Milestone.project_id).in_(project_ids))
    )


def _holding(quarter: int, edition: str, milestone_ids: Select[Any] | None) -> Subquery:
    """The report (milestone_id, id, met_on) that says on which day a milestone was met; no row while it is not."""
    if edition not in EDITIONS:
        raise Invalid(field="edition", label=N_("数据口径"), found=edition, expected=tuple(EDITIONS))

    def known(report: Any) -> ColumnElement[bool]:
        accepted = and_(col(report.state) == APPROVED, col(report.kind).in_((ACTUAL, WITHDRAWN)))
        return and_(accepted, col(report.posted_period) <= quarter) if edition == AS_ISSUED else accepted

    holds = and_(col(MilestoneReport.kind) == ACTUAL, col(MilestoneReport.occurred_quarter) <= quarter)
    return _newest(known, holds, milestone_ids).subquery("actual")


def _forecasts(quarter: int, edition: str, milestone_ids: Select[Any] | None) -> Subquery:
    """The newest forecast of each milestone that has one."""

    def made(report: Any) -> ColumnElement[bool]:
        return and_(counted(report, quarter, edition), col(report.kind) == FORECAST)

    return _newest(made, true(), milestone_ids).subquery("forecast")


def _newest(
    known: Callable[[Any], ColumnElement[bool]], holds: ColumnElement[bool], milestone_ids: Select[Any] | None
) -> Select[Any]:
    """Of the reports that are known the one of each milestone that was accepted last, where that one holds."""
    report, later = MilestoneReport, aliased(MilestoneReport)
    after = or_(
        col(later.approved_at) > col(report.approved_at),
        and_(col(later.approved_at) == col(report.approved_at), col(later.id) > col(report.id)),
    )
    # Asked of the few reports of one milestone by an index: ranking all reports would sort them.
    replaced = (
        select_columns(later.id)
        .where(col(later.milestone_id) == col(report.milestone_id), known(later), after)
        .correlate(report)
        .exists()
    )
    query = select_columns(report.milestone_id, report.id, report.met_on).where(known(report), holds, ~replaced)
    return query if milestone_ids is None else query.where(col(report.milestone_id).in_(milestone_ids))


def started_by_milestones(quarter: int, edition: str = AS_CORRECTED, project_ids: Any = None) -> Select[Any]:
    """The ids of projects and parts that have begun by their milestones: the rule of schedule.started_on, for queries."""
    begun = or_(col(Milestone.kind).in_(BEGUN), col(Milestone.project_id).not_in(_having("start", quarter)))
    return _met(quarter, edition, project_ids).where(begun).distinct()


def finished_by_milestones(quarter: int, edition: str = AS_CORRECTED, project_ids: Any = None) -> Select[Any]:
    """The ids of projects and parts that are finished by their milestones: the rule of schedule.finished_on, for queries."""
    has_finish = col(Milestone.project_id).in_(_having("finish", quarter))
    later, plan = aliased(Milestone), aliased(MilestonePlan)
    behind = or_(
        col(later.position) > col(Milestone.position),
        and_(col(later.position) == col(Milestone.position), col(later.id) > col(Milestone.id)),
    )
    another = (
        select_columns(later.id)
        .join(
            plan, and_(col(plan.milestone_id) == col(later.id), in_force(plan, quarter), col(plan.dropped).is_(False))
        )
        .where(col(later.project_id) == col(Milestone.project_id), behind)
        .correlate(Milestone)
        .exists()
    )
    done = or_(
        and_(has_finish, col(Milestone.kind).in_(DONE)),
        and_(~has_finish, col(Milestone.kind).not_in(BEFORE_DONE), ~another),
    )
    return _met(quarter, edition, project_ids).where(done).distinct()


def _met(quarter: int, edition: str, project_ids: Any) -> Select[Any]:
    """The project of every milestone that belongs to it in the quarter and is met."""
    kept = _of_projects(project_ids)
    actual = _holding(quarter, edition, kept)
    plan = MilestonePlan
    return (
        select_columns(Milestone.project_id)
        .select_from(actual)
        .join(Milestone, col(Milestone.id) == actual.c.milestone_id)
        .join(plan, and_(col(plan.milestone_id) == col(Milestone.id), in_force(plan, quarter)))
        .where(col(plan.dropped).is_(False))
    )


def _having(kind: str, quarter: int) -> Select[Any]:
    """The projects that have a milestone of a kind in the quarter."""
    return (
        select_columns(Milestone.project_id)
        .join(
            MilestonePlan, and_(col(MilestonePlan.milestone_id) == col(Milestone.id), in_force(MilestonePlan, quarter))
        )
        .where(col(Milestone.kind) == kind, col(MilestonePlan.dropped).is_(False))
    )
