"""Works for tests, made through the real write functions by four people: one reports, one accepts, one verifies, one checks."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from sqlmodel import Session, select

from core.audit import Actor
from core.errors import Broken, SeveralBroken
from milestones.quantities import measure_named
from milestones.work_reports import accept_works, record_work
from milestones.work_verifying import record_loss, record_survival, reverse_work, verify_work
from milestones.works import NewWork, WorkEntry
from portfolio.access import OPERATOR_READER
from portfolio.facts import AS_CORRECTED
from portfolio.periods import ReportingPeriod
from portfolio.projects import Project
from portfolio.reviewing import Reviewer
from reports.rollup import Scope
from reports.works import WorkFigures, works_rollup

OWNER = Actor(None, "填报员")
OFFICE = Reviewer(Actor(None, "办公室"))
VERIFIER = Reviewer(Actor(None, "核实员"))
CHECKER = Reviewer(Actor(None, "检查员"))
FORESTS = "营造林面积"
DAY = date(2024, 5, 6)
LAST = 20254


def measure_id(session: Session, name: str = FORESTS, unit: str = "亩") -> int:
    return measure_named(session, name, unit).id or 0


def a_work(session: Session, quantity: str | None = "1000", unit: str = "亩", on: date = DAY, **more: Any) -> NewWork:
    return replace(NewWork(measure_id(session), quantity, unit, on), **more)


def accepted(session: Session, row: WorkEntry) -> WorkEntry:
    assert accept_works(session, [row.id or 0], by=OFFICE) == 1
    return row


def claimed(session: Session, project: Project, quantity: str | None = "1000", *what: Any, **more: Any) -> WorkEntry:
    """A report that was accepted."""
    new = a_work(session, quantity, *what, **more)
    return accepted(session, record_work(session, project, new, submit=True, by=OWNER))


def verified(session: Session, claim: WorkEntry, quantity: str = "1000", *what: Any, **more: Any) -> WorkEntry:
    return verify_work(session, claim, _upon(session, claim, quantity, *what, **more), by=VERIFIER)


def survived(session: Session, row: WorkEntry, quantity: str = "1000", *what: Any, **more: Any) -> WorkEntry:
    return record_survival(session, row, _upon(session, row, quantity, *what, **more), by=CHECKER)


def lost(session: Session, check: WorkEntry, quantity: str = "100", *what: Any, **more: Any) -> WorkEntry:
    """A loss after a survival check, accepted."""
    new = _upon(session, check, quantity, *what, **{"cause": "fire", **more})
    project = session.get_one(Project, check.project_id)
    return accepted(session, record_loss(session, project, new, based_on=check, submit=True, by=OWNER))


def undone(session: Session, row: WorkEntry) -> WorkEntry:
    """The reversal of a row, accepted."""
    return accepted(session, reverse_work(session, row, reason="填错", document=None, by=OWNER))


def _upon(
    session: Session, row: WorkEntry, quantity: str, unit: str = "亩", on: date | None = None, **more: Any
) -> Any:
    new = a_work(session, quantity, unit, on or row.occurred_on, **more)
    return replace(new, measure_id=row.measure_id)


def problems_in(broken: Broken) -> dict[str | None, Broken]:
    """What was refused, by field."""
    problems = broken.problems if isinstance(broken, SeveralBroken) else [broken]
    found = {problem.field: problem for problem in problems}
    assert len(found) == len(problems), "two problems of one field"
    return found


def only_problem(broken: Broken) -> Broken:
    (problem,) = problems_in(broken).values()
    return problem


def figures(
    session: Session, quarter: int = LAST, edition: str = AS_CORRECTED, by: tuple[str, ...] = ("project",)
) -> dict[Any, WorkFigures]:
    """The roll-up by its keys and the measure; of one key the key itself."""
    rows = works_rollup(session, OPERATOR_READER, Scope(quarter, edition=edition), by)
    return {(*row.keys, row.measure): row for row in rows}


def tiers(row: WorkFigures) -> tuple[Fraction | None, ...]:
    return row.claimed, row.verified, row.surviving, row.lost


def set_quarter(session: Session, plan_id: int, name: str, state: str) -> None:
    """Closes or opens a quarter, as the office will."""
    period = session.exec(
        select(ReportingPeriod).where(ReportingPeriod.plan_id == plan_id, ReportingPeriod.name == name)
    ).one()
    period.state = state
    session.add(period)
    session.flush()
