"""Corrections of states for tests: a plan with states reported in a quarter that is closed, and changes of them."""

from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from core.calendar import Period
from portfolio.access import OPERATOR_READER
from portfolio.corrections import PROJECT_CHANGE
from portfolio.editing import change_state
from portfolio.project_changes import RESTORED
from portfolio.projects import Project, ProjectState
from portfolio.reviewing import Reviewer
from reports.correction_changes import Change
from reports.correction_projects import NewPlace, NewState, accept_changes, ask_to_place, ask_to_withdraw
from reports.period_flow import close_period
from reports.quarterly import QuarterlyReport, build
from reports.quarterly_scope import plan_scope
from tests.reports.as_issued_samples import OFFICE, with_lamps
from tests.reports.correction_samples import OWNER, plan_of
from tests.samples import find_small_plan

SINCE = date(2024, 8, 1)
DOCUMENT = "停工令1号"


def plant_states(session: Session) -> None:
    """Building since 2022; in the third quarter, which is closed now, halted since 1 August 2024."""
    small = with_lamps(session, find_small_plan(session))
    report_state(session, small.forest, "building", date(2022, 4, 1), "开工报告")
    report_state(session, small.forest, "halted", SINCE, DOCUMENT)
    close(session)


def report_state(
    session: Session, project: Project, state: str, on: date, document: str, reason: str | None = None
) -> None:
    change_state(session, project, state, since_on=on, document=document, reason=reason, by=OWNER)


def close(session: Session, period: str = "Q3") -> None:
    close_period(session, plan_of(session), Period(2024, period), reason="测试", by=OFFICE)


def halted(session: Session) -> ProjectState:
    return session.exec(select(ProjectState).where(ProjectState.state == "halted")).one()


def instead(session: Session, state: str, on: date = SINCE, document: str | None = "复工令2号") -> Change:
    """The halt replaced by another state."""
    return Change(PROJECT_CHANGE, halted(session).id, NewState(state, on, document))


def placed(project: Project, kind: str) -> Change:
    """A project archived or restored."""
    return Change(PROJECT_CHANGE, None, NewPlace(kind), project.id)


def reported(project: Project, state: str, on: date, document: str | None = "补报文") -> Change:
    """A state that was forgotten."""
    return Change(PROJECT_CHANGE, None, NewState(state, on, document), project.id)


def the_report(session: Session, period: str = "Q4", edition: str = "as-issued") -> QuarterlyReport:
    year, name = (2024, period) if period.startswith("Q") else (int(period[:4]), period[4:])
    return build(session, OPERATOR_READER, plan_scope(plan_of(session)), Period(year, name), edition=edition)


def listed(report: QuarterlyReport) -> list[tuple[Any, ...]]:
    """The corrections of a report that are of no money and no works."""
    kinds = ("state", "archiving", "years")
    return [(one.kind, one.code, one.before, one.after) for one in report.corrections if one.kind in kinds]


def restored(session: Session, project: Project, quarter: int) -> None:
    """An archived project taken back, asked for by one person and accepted by another."""
    row = ask_to_place(session, project, NewPlace(RESTORED), quarter, reason="误归档", document=None, by=OWNER)
    accept_changes(session, [row.id or 0], by=Reviewer(OFFICE))


def taken_back(session: Session, project: Project) -> None:
    """The newest state of a project withdrawn, where it has one."""
    states = select(ProjectState).where(ProjectState.project_id == project.id)
    state = session.exec(states.order_by(col(ProjectState.id).desc())).first()
    if state is not None:
        row = ask_to_withdraw(session, state, reason="误报", document=None, by=OWNER)
        accept_changes(session, [row.id or 0], by=Reviewer(OFFICE))
