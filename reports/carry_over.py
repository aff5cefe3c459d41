"""The carry-over list (结转清单): unfinished projects of a plan with what is left to do, to spend and to pay.

And the projects that a plan took over from earlier ones, which it shows apart: they count in the plan that they came from.

Source: domain page, section 9. Left to do = target − verified; left to spend = estimate − work_done; left to pay =
work_done − paid. What has no target or no estimate has nothing that could be left, which is not 0.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction

from sqlmodel import Session

from core.audit import Actor
from core.calendar import current_quarter, first_quarter
from core.errors import N_, Broken
from core.units import UnlikeUnits, converted
from milestones.schedule import MilestoneState
from portfolio.access import Reader
from portfolio.carrying import carried_from, carried_into, carry_over
from portfolio.carrying_over import CarryOver
from portfolio.facts import AS_CORRECTED
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.lamp_reading import project_lamps
from reports.lamps import ProjectLamp
from reports.money import money_rollup
from reports.money_figures import MoneyFigures
from reports.rollup import Scope

_LAST_QUARTER = 3


class AlreadyFinished(Broken):
    status = 409
    sentence = N_("这个项目已经完工，不在结转清单上，不能结转。")


@dataclass(frozen=True)
class WorkLeft:
    """What is left of a measure, as exact fractions of `unit`; not below zero. `left` is None without a target."""

    measure_id: int
    measure: str
    unit: str
    planned: Fraction | None
    verified: Fraction | None

    @property
    def left(self) -> Fraction | None:
        return None if self.planned is None else max(self.planned - (self.verified or Fraction(0)), Fraction(0))


@dataclass(frozen=True)
class CarryLine:
    """A project with what is left. Units: fen. `spend_fen` is None without an estimate; below zero it was exceeded.

    `pay_fen` below zero: more was paid than was done. `carried` are the plans that took it over, with their records.
    """

    lamp: ProjectLamp
    money: MoneyFigures
    origin: Plan
    carried: tuple[tuple[CarryOver, Plan], ...] = ()

    @property
    def code(self) -> str:
        return self.lamp.progress.code

    @property
    def works(self) -> tuple[WorkLeft, ...]:
        return tuple(
            WorkLeft(one.measure_id, one.measure, one.unit, one.planned, one.verified)
            for one in self.lamp.progress.measures
        )

    @property
    def spend_fen(self) -> int | None:
        """As 投资完成率 counts: parts without an estimate are left out of both."""
        if self.money.estimate_fen is None:
            return None
        return self.money.estimate_fen - (self.money.done_of_estimated_fen or 0)

    @property
    def pay_fen(self) -> int:
        return (self.money.work_done_fen or 0) - (self.money.paid_fen or 0)

    @property
    def unmet(self) -> tuple[MilestoneState, ...]:
        return tuple(one for one in self.lamp.progress.milestones if not one.met)


@dataclass(frozen=True)
class CarryTotals:
    """What is left of all the lines together. `without_estimate` lines have no part in `spend_fen`; None when all are such."""

    projects: int
    estimate_fen: int | None
    work_done_fen: int
    paid_fen: int
    spend_fen: int | None
    without_estimate: int
    pay_fen: int
    works: tuple[WorkLeft, ...]


@dataclass(frozen=True)
class CarryList:
    """The lines of a plan as of a quarter, in the order of its projects, and what they add up to."""

    plan: Plan
    quarter: int
    edition: str
    lines: tuple[CarryLine, ...]

    @property
    def totals(self) -> CarryTotals:
        return totals_of(self.lines)


def end_of(plan: Plan) -> int:
    """The quarter that the list of a plan is made of, unless another is asked for: its last, or the present one before that."""
    return min(first_quarter(plan.last_year) + _LAST_QUARTER, current_quarter())


def carry_over_list(
    session: Session, reader: Reader, plan: Plan, quarter: int, *, edition: str = AS_CORRECTED
) -> CarryList:
    """The unfinished live projects of a plan. Ended (终止), archived and finished ones are not in it.

    Errors: Invalid for an edition that there is not.
    """
    assert plan.id is not None
    taken = carried_from(session, plan.id)
    lines = _lines(session, reader, {plan.id: plan}, quarter, edition)
    return CarryList(
        plan,
        quarter,
        edition,
        tuple(
            CarryLine(line.lamp, line.money, line.origin, tuple(taken.get(line.lamp.progress.project_id, ())))
            for line in lines
            if not line.lamp.progress.finished
        ),
    )


def taken_over_list(
    session: Session, reader: Reader, plan: Plan, quarter: int, *, edition: str = AS_CORRECTED
) -> CarryList:
    """The projects that a plan took over by the quarter, finished or not, as far as the reader sees the plans they come from."""
    assert plan.id is not None
    held = {id_: pair for id_, pair in carried_into(session, plan.id).items() if pair[0].from_quarter <= quarter}
    plans = {origin.id: origin for _, origin in held.values() if origin.id is not None}
    lines = _lines(session, reader, plans, quarter, edition, set(held)) if held else []
    return CarryList(
        plan,
        quarter,
        edition,
        tuple(
            CarryLine(one.lamp, one.money, one.origin, ((held[one.lamp.progress.project_id][0], plan),))
            for one in lines
        ),
    )


def _lines(
    session: Session,
    reader: Reader,
    plans: dict[int, Plan],
    quarter: int,
    edition: str,
    project_ids: Collection[int] | None = None,
) -> list[CarryLine]:
    scope = Scope(quarter, frozenset(plans), edition)
    money = {str(row.keys[0]): row for row in money_rollup(session, reader, scope, ("project",))}
    lamps = project_lamps(session, reader, scope, project_ids)
    return [
        CarryLine(one, money.get(one.progress.code, MoneyFigures(())), plans[one.progress.plan_id])
        for one in lamps.values()
    ]


def totals_of(lines: Iterable[CarryLine]) -> CarryTotals:
    """The sums: known amounts only, works by measure in one unit each."""
    rows = list(lines)
    spend = [row.spend_fen for row in rows if row.spend_fen is not None]
    estimates = [row.money.estimate_fen for row in rows if row.money.estimate_fen is not None]
    works: dict[int, WorkLeft] = {}
    for one in (work for row in rows for work in row.works):
        works[one.measure_id] = _added(works.get(one.measure_id), one)
    return CarryTotals(
        projects=len(rows),
        estimate_fen=sum(estimates) if estimates else None,
        work_done_fen=sum(row.money.work_done_fen or 0 for row in rows),
        paid_fen=sum(row.money.paid_fen or 0 for row in rows),
        spend_fen=sum(spend) if spend else None,
        without_estimate=len(rows) - len(spend),
        pay_fen=sum(row.pay_fen for row in rows),
        works=tuple(sorted(works.values(), key=lambda work: work.measure)),
    )


def _added(held: "WorkLeft | None", one: WorkLeft) -> WorkLeft:
    """Two lines of a measure, in the unit of the first. What was done beyond a target does not lessen what another lacks."""
    planned = one.planned
    done = None if one.verified is None or planned is None else min(one.verified, planned)
    if held is None:
        return WorkLeft(one.measure_id, one.measure, one.unit, planned, done)
    try:
        more = [None if value is None else converted(value, one.unit, held.unit) for value in (planned, done)]
    except (
        UnlikeUnits
    ):  # a measure is kept in one dimension; what slipped through is left out rather than added wrongly
        return held
    sums = [_plus(value, add) for value, add in zip((held.planned, held.verified), more, strict=True)]
    return WorkLeft(held.measure_id, held.measure, held.unit, sums[0], sums[1])


def _plus(one: Fraction | None, other: Fraction | None) -> Fraction | None:
    return other if one is None else one + (other or Fraction(0))


def carry_unfinished(
    session: Session,
    reader: Reader,
    project: Project,
    to_plan: Plan,
    from_quarter: int,
    document: str | None,
    reason: str | None,
    *,
    by: Actor,
) -> CarryOver:
    """Records the decision, for a project that its milestones and states leave unfinished.

    Errors: AlreadyFinished, and those of portfolio/carrying.py.
    """
    assert project.id is not None
    scope = Scope(max(from_quarter, current_quarter()), frozenset({project.plan_id}))
    lamp = project_lamps(session, reader, scope, {project.id}).get(project.id)
    if lamp is not None and lamp.progress.finished:
        raise AlreadyFinished
    return carry_over(session, project, to_plan, from_quarter, document, reason, by=by)
