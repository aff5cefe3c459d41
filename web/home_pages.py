"""工作台: what waits for the person on top, then a section for each of the person's roles, the first one first."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import func
from sqlmodel import Session, col, select

from budgets.entries import STAGES
from core.audit_seals import chain
from core.audit_verifying import last_verification
from core.calendar import current_quarter, today
from milestones.support import SUPPORT_VERDICTS
from portfolio.access import Reader
from portfolio.corrections import CORRECTION_STATES
from portfolio.delegations import delegations_of
from portfolio.periods import CLOSED, ISSUED, PERIOD_STATES, ReportingPeriod
from portfolio.projects import PlanListing
from reports.home import HomeFigures, answerable
from reports.home_audit import approvals, newest_corrections, newest_editions
from reports.home_finance import FinanceHome, waiting_stages
from reports.home_orders import orders_of
from reports.home_owner import own_projects, own_returns, said_of
from reports.period_rules import found_in, periods_of
from reports.period_waiting import FACT_KINDS
from reports.return_board import STEPS, return_board
from reports.return_counts import quarters_of
from reports.rollup import Scope
from reports.todo import FILL, MEND, OVERDUE, pressing, todo_list
from web.approving import approvable
from web.choices import Choices
from web.coverage_pages import TIERS
from web.coverage_shown import sheet_finding, target_bar, works_in_words
from web.deps import Chosen, Reading, SignedIn
from web.pages import page
from web.period_choice import own_departments
from web.period_shown import SHAPES
from web.plan_choice import PlanChoice, plan_choice
from web.progress_shown import LAMPS_AT_ONCE, shown_progress
from web.todo_shown import shown_todos
from web.told import told

router = APIRouter()
SECTIONS = {"owner": "owner", "head": "owner", "office": "office", "leader": "leader", "finance": "finance"} | {
    "auditor": "auditor",
    "admin": "admin",
}
CHANGES = 12  # lamps that changed which the page names; the list of projects has all


@dataclass(frozen=True)
class Home:
    """What every section is made from. `at` keeps the quarter of the figures in every address."""

    session: Session
    reader: Reader
    choices: Choices
    chosen: PlanChoice
    scope: Scope
    at: Choices
    figures: HomeFigures
    too_many: bool


@router.get("/")
def get_home(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan.strip())
    quarter = choices.as_of or _at_work(session, chosen)
    scope = Scope(quarter, None if chosen.plan_id is None else frozenset({chosen.plan_id}), choices.edition)
    home = Home(
        session,
        reader,
        choices,
        chosen,
        scope,
        replace(choices, as_of=quarter),
        HomeFigures(session, reader, scope),
        _projects(session, chosen) > LAMPS_AT_ONCE,
    )
    names = list(dict.fromkeys(SECTIONS[reach.role] for reach in reader.reaches if reach.role in SECTIONS))
    on = today()
    # The section of a department says this itself, with its button.
    said = (FILL, MEND) if "owner" in names else ()
    if "leader" in names:  # whose screen lists the overdue orders, and is to be read without scrolling
        said = (*said, OVERDUE)
    todos = [one for one in todo_list(session, reader, on=on) if one.kind not in said]
    return page(
        request,
        "home/home.html",
        chosen=chosen,
        quarter=quarter,
        at=home.at,
        sections=[(name, _SECTIONS[name](home)) for name in names],
        todos=shown_todos(todos, choices, on),
        delegations=delegations_of(session, reader.own.id or 0, on=on),
        late=pressing(todos, on),
        on=on,
        steps=STEPS,
        states=PERIOD_STATES,
        shapes=SHAPES,
        verdicts=SUPPORT_VERDICTS,
        tiers=TIERS,
        works=works_in_words,
    )


def _at_work(session: Session, chosen: PlanChoice) -> int:
    """The quarter whose figures are shown: the newest one that is open for returns, else the last one that has begun."""
    plans = [chosen.plan] if chosen.plan is not None else list(chosen.plans)
    opened = session.exec(
        select(func.max(ReportingPeriod.last_quarter)).where(
            ReportingPeriod.kind == "quarter",
            col(ReportingPeriod.opened_at).is_not(None),
            col(ReportingPeriod.state).not_in((CLOSED, ISSUED)),
            col(ReportingPeriod.plan_id).in_([plan.id for plan in plans]),
        )
    ).one()
    last = max((plan.last_year * 10 + 4 for plan in plans), default=current_quarter())
    return opened or min(current_quarter(), last)


def _projects(session: Session, chosen: PlanChoice) -> int:
    """How many projects the figures would be about, from the list that is kept."""
    ids = [chosen.plan_id] if chosen.plan_id is not None else [plan.id for plan in chosen.plans]
    query = select(func.sum(PlanListing.projects)).where(col(PlanListing.plan_id).in_(ids))
    return int(session.exec(query).one() or 0)


def _plan_ids(home: Home) -> list[int]:
    plans = home.chosen.plans if home.chosen.plan is None else (home.chosen.plan,)
    return [plan.id or 0 for plan in plans]


def _owner(home: Home) -> dict[str, Any]:
    departments = own_departments(home.reader)
    returns = own_returns(home.session, home.reader, departments)
    projects, total = own_projects(home.session, home.reader, home.scope, departments, _plan_ids(home))
    language = home.choices.language
    return {
        "returns": returns,
        "said": said_of(home.session, returns),
        "projects": [(one, shown_progress(one.lamp, language)) for one in projects],
        "total": total,
        "departments": departments,
    }


def _office(home: Home) -> dict[str, Any]:
    one = home.chosen.plan or (home.chosen.plans[0] if len(home.chosen.plans) == 1 else None)
    board = None
    if one is not None:
        rows = periods_of(home.session, one.id or 0)
        name = f"{home.scope.quarter // 10}Q{home.scope.quarter % 10}"
        if any(row.name == name for row in rows):
            board = return_board(home.session, found_in(rows, name))
    found = {} if one is not None else quarters_of(home.session, home.reader.plans_for("view"), home.scope.quarter)
    changed = [] if home.too_many else home.figures.changed
    return {
        "plan": one,
        "board": board,
        "plans": [(plan, found.get(plan.id or 0)) for plan in home.chosen.plans] if one is None else [],
        "changed": [(change, shown_progress(change.lamp, home.choices.language)) for change in changed[:CHANGES]],
        "more": max(0, len(changed) - CHANGES),
        "before": home.figures.before.quarter,
        "too_many": home.too_many,
    }


def _leader(home: Home) -> dict[str, Any]:
    if home.too_many:
        return {"too_many": True}
    figures, language = home.figures, home.choices.language
    worst = figures.worst
    now, before = figures.money_now, figures.money_before
    bars = [bar for line in figures.covered if (bar := target_bar(line)) is not None]
    ids = [one.progress.project_id for one in worst]
    return {
        "too_many": False,
        "before": figures.before.quarter,
        "done": (now.work_done_fen, before.work_done_fen),
        "paid": (now.paid_fen, before.paid_fen),
        "rates": now.rates,
        "binding": (figures.binding_now, figures.binding_before),
        "reds": figures.reds,
        "finding": told(sheet_finding(figures.coverage), language),
        "bars": bars,
        "worst": [(one, shown_progress(one, language)) for one in worst],
        "answerable": answerable(home.session, ids, home.scope.quarter) if ids else {},
        "orders": [one for one in orders_of(home.session, home.reader) if one.late(today())][:5],
    }


def _finance(home: Home) -> dict[str, Any]:
    mine = {stage for stage, _ in approvable(home.reader)}
    return {
        "money": None if home.too_many else FinanceHome(home.session, home.reader, home.scope),
        "waiting": waiting_stages(home.session, home.reader.plans_for("approve_money"), mine),
        "stages": STAGES,
        "too_many": home.too_many,
    }


def _auditor(home: Home) -> dict[str, Any]:
    return {
        "editions": newest_editions(home.session, home.reader, home.scope),
        "corrections": newest_corrections(home.session, home.reader, home.scope),
        "correction_states": CORRECTION_STATES,
        "approvals": approvals(home.session, home.reader, home.scope),
        "kinds": FACT_KINDS,
        "chain": chain(home.session),
        "last": last_verification(home.session),
    }


def _admin(_home: Home) -> dict[str, Any]:
    return {}


_SECTIONS: dict[str, Callable[[Home], dict[str, Any]]] = {
    "owner": _owner,
    "office": _office,
    "leader": _leader,
    "finance": _finance,
    "auditor": _auditor,
    "admin": _admin,
}
