"""Separation of duties with delegates, through the forms: for every kind of decision the same, in both directions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from httpx2 import Response
from sqlmodel import Session, col, select
from starlette.testclient import TestClient

from budgets.entries import LedgerEntry
from budgets.ledger import record_entry
from budgets.line_editing import put_line
from budgets.lines import BudgetLine
from budgets.sources import FundingSource
from core.audit import Actor, AuditEntry
from core.database import Database
from core.people import Person
from milestones.milestone_reports import report_milestone
from milestones.milestones import MilestoneReport
from milestones.reading_reports import record_reading
from milestones.readings import OfficialReading
from milestones.report_rules import NewMilestoneReport
from milestones.work_reports import accept_works, record_work
from milestones.works import WorkEntry
from portfolio.corrections import Correction
from portfolio.reviewing import Reviewer
from reports.ordering import answer_order
from reports.orders import SupervisionOrder
from reports.return_cells import CellChange, put_cells
from reports.return_fields import CellKey
from reports.return_flow import approve_return, submit_return
from reports.returns import DepartmentReturn
from tests.budgets.line_samples import a_line, make_sources
from tests.databases import on_both, plant
from tests.milestones.milestone_samples import make_milestones, milestone
from tests.milestones.reading_samples import a_reading, indicator, plant_indicators
from tests.milestones.work_samples import a_work
from tests.reports.correction_samples import an_entry, own_source, paid_instead, requested
from tests.reports.correction_samples import plant as plant_corrections
from tests.reports.return_samples import make_desk
from tests.reports.test_ordering import issued
from tests.samples import SOMEBODY, WAN, find_small_plan
from tests.web.delegation_visits import Pair
from tests.web.indicator_visits import DECIDE

database = on_both(plant)


@dataclass(frozen=True)
class Kind:
    """A kind of decision: how somebody leaves something to be decided, how a browser decides on it, and what then stands."""

    roles: tuple[str, ...]
    leave: Callable[[Session, Actor], int]
    decide: Callable[[TestClient, int], Response]
    decided: Callable[[Session, int], bool]
    before: Callable[[Session], object] = lambda session: None
    department: str | None = None


def state_is(table: type, wanted: str) -> Callable[[Session, int], bool]:
    return lambda session, id_: session.get_one(table, id_).state == wanted


# ---- how each is left


def a_payment(session: Session, by: Actor) -> int:
    project, new = find_small_plan(session).forest, an_entry(session, 320, stage="paid")
    return record_entry(session, project, new, submit=True, by=by).id or 0


def a_budget_line(session: Session, by: Actor) -> int:
    source = session.exec(select(FundingSource.id).where(FundingSource.key == "county")).one()
    return put_line(session, find_small_plan(session).forest, a_line(source or 0, 5), submit=True, by=by).id or 0


def a_claim(session: Session, by: Actor) -> int:
    return record_work(session, find_small_plan(session).forest, a_work(session), submit=True, by=by).id or 0


def an_accepted_claim(session: Session, by: Actor) -> int:
    id_ = a_claim(session, by)
    accept_works(session, [id_], by=Reviewer(SOMEBODY))
    return id_


def a_report(session: Session, by: Actor) -> int:
    new = NewMilestoneReport("actual", date(2024, 5, 6))
    return report_milestone(session, milestone(session, "start"), new, submit=True, by=by).id or 0


def a_value(session: Session, by: Actor) -> int:
    return record_reading(session, indicator(session), a_reading(), submit=True, by=by).id or 0


def a_correction(session: Session, by: Actor) -> int:
    return requested(session, paid_instead(session, 70), by=by).id or 0


def an_answer(session: Session, by: Actor) -> int:
    row = issued(session)
    answer_order(session, row, text="已整改", by=by)
    return row.id or 0


def a_return(session: Session, by: Actor) -> int:
    forestry = find_small_plan(session).forestry.id
    row = session.exec(select(DepartmentReturn).where(DepartmentReturn.department_id == forestry)).one()
    key = CellKey(find_small_plan(session).forest.id or 0, "money.work_done", "")
    put_cells(session, row, [CellChange(key, str(3 * WAN))], by=by)
    submit_return(session, row, by=by)
    return row.id or 0


def a_return_of_the_head(session: Session, by: Actor) -> int:
    """Filled by somebody, and approved by the head who is none of the three."""
    id_ = a_return(session, by)
    head = session.exec(select(Person).where(Person.username == "head")).one()
    approve_return(session, session.get_one(DepartmentReturn, id_), by=head.actor)
    return id_


# ---- how each is decided


def ticks(address: str, name: str = "entry") -> Callable[[TestClient, int], Response]:
    return lambda client, id_: client.post(address, data={name: [str(id_)], "act": "approve"})


def presses(address: str, **more: str) -> Callable[[TestClient, int], Response]:
    return lambda client, id_: client.post(address % id_, data=more)


def verified(session: Session, id_: int) -> bool:
    return session.exec(select(WorkEntry).where(WorkEntry.based_on_id == id_)).first() is not None


LOOK = {"quantity": "700", "unit": "亩", "occurred_on": "2024-08-06", "amount_kind": "quantity", "act": "submit"}
FORESTRY = "qingshan林业局"
KINDS = {
    "payment": Kind(("finance",), a_payment, ticks("/money/waiting"), state_is(LedgerEntry, "approved"), own_source),
    "budget": Kind(
        ("finance",), a_budget_line, ticks("/money/budgets", "line"), state_is(BudgetLine, "approved"), make_sources
    ),
    "works": Kind(("office",), a_claim, ticks("/works/waiting"), state_is(WorkEntry, "approved")),
    "one work": Kind(("office",), a_claim, presses("/works/%s/accept"), state_is(WorkEntry, "approved")),
    "verification": Kind(("office",), an_accepted_claim, presses("/works/%s/verify", **LOOK), verified),
    "milestone": Kind(
        ("office",),
        a_report,
        ticks("/milestones/waiting"),
        state_is(MilestoneReport, "approved"),
        make_milestones,
    ),
    "reading": Kind(
        ("office",), a_value, ticks(DECIDE, "reading"), state_is(OfficialReading, "approved"), plant_indicators
    ),
    "correction": Kind(
        ("finance", "office"),
        a_correction,
        presses("/corrections/%s/approve"),
        state_is(Correction, "approved"),
        plant_corrections,
    ),
    "order": Kind(
        ("office",), an_answer, presses("/orders/%s/close", outcome="已完成"), state_is(SupervisionOrder, "closed")
    ),
    "return": Kind(
        ("head",),
        a_return,
        presses("/returns/%s/approve"),
        state_is(DepartmentReturn, "approved"),
        lambda session: make_desk(session, find_small_plan(session)),
        FORESTRY,
    ),
    "accepted return": Kind(
        ("office",),
        a_return_of_the_head,
        presses("/returns/%s/accept"),
        state_is(DepartmentReturn, "accepted"),
        lambda session: make_desk(session, find_small_plan(session)),
    ),
}
# Of these there is one at a time, so that each case has a database of its own.
ONE_AT_A_TIME = ("budget", "milestone", "correction", "return", "accepted return")
CASES = [
    # Who left it, who decides, and whether they may.
    ("wang", "li_for_wang", False),
    ("li", "li_for_wang", False),
    ("li_for_wang", "wang", False),
    ("li_for_wang", "li", False),
    ("li_for_wang", "li_for_wang", False),
    ("wang", "li", True),
    ("zhao", "li_for_wang", True),
    ("li_for_wang", "zhao", True),
]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ONE_AT_A_TIME])
def test_delegate_and_absent_person_are_one(database: Database, kind: str) -> None:
    one = KINDS[kind]
    pair = Pair(database, one.roles, one.department)
    with database.writing() as session:
        one.before(session)
    for left_by, decided_by, allowed in CASES:
        decides(pair, one, getattr(pair, left_by), getattr(pair, decided_by), allowed)


@pytest.mark.parametrize(("left_by", "decided_by", "allowed"), CASES)
@pytest.mark.parametrize("kind", ONE_AT_A_TIME)
def test_delegate_and_absent_person_are_one_each_time(
    database: Database, kind: str, left_by: str, decided_by: str, allowed: bool
) -> None:
    one = KINDS[kind]
    pair = Pair(database, one.roles, one.department)
    with database.writing() as session:
        one.before(session)
    decides(pair, one, getattr(pair, left_by), getattr(pair, decided_by), allowed)


def decides(pair: Pair, kind: Kind, left_by: Actor, decided_by: Actor, allowed: bool) -> None:
    with pair.database.writing() as session:
        id_ = kind.leave(session, left_by)
        session.flush()
        last = session.exec(select(AuditEntry.id).order_by(col(AuditEntry.id).desc())).first() or 0
    answer = kind.decide(pair.as_whom(decided_by), id_)
    with pair.database.reading() as session:
        told = (left_by.name, decided_by.name, answer.status_code)
        assert kind.decided(session, id_) is allowed, told
        assert answer.status_code == (303 if allowed else 403), told
        rows = session.exec(select(AuditEntry).where(col(AuditEntry.id) > last, AuditEntry.subject != "person")).all()
        assert bool(rows) is allowed
        # What was left is written again in the name of who left it where a return becomes facts.
        hands = {(row.actor_id, row.actor, row.on_behalf_of_id) for row in rows}
        assert (decided_by.id, decided_by.name, decided_by.acts_for) in hands or not allowed
        assert {on for _, name, on in hands if name == pair.li_for_wang.name} <= {pair.wang.id}
