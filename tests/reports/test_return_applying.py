"""Accepting a return: what its cells say beyond the record becomes facts, by the rules of each; nothing is done by half."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlmodel import Session, col, select

from budgets.approval import Approver, approve_entries
from budgets.entries import APPROVED, SUBMITTED, LedgerEntry, NewEntry
from budgets.ledger import record_entry
from core.audit import AuditEntry
from core.database import Database
from core.errors import Broken
from milestones.milestones import MilestoneReport
from milestones.work_reports import accept_works, record_work
from milestones.works import NewWork, WorkEntry
from portfolio.projects import ProjectListing, ProjectState
from portfolio.reviewing import Reviewer
from reports.return_applying import apply_return, check_return
from reports.return_cells import values_of
from reports.return_diff import differences
from reports.return_effects import DayRecorded, MoneyBelowRecorded, RecordedNotApplicable
from reports.return_fields import CellKey
from reports.return_flow import accept_return, approve_return, send_back_return, submit_return
from reports.return_records import recorded
from reports.return_rules import SomeBroken
from reports.returns import ReturnFact
from reports.self_check import mismatches
from tests.reports.return_equality import same_value
from tests.reports.return_samples import LAST_DAY, QUARTER, WAN, Desk, accepted, approved, forests, make_desk, put
from tests.samples import SOMEBODY, find_small_plan, identity


@pytest.fixture
def desk(stored: Database) -> Iterator[Desk]:
    with stored.writing() as session:
        yield make_desk(session, find_small_plan(session))
        session.rollback()


def sources(session: Session) -> dict[str, int]:
    from budgets.sources import FundingSource

    return {row.key: row.id or 0 for row in session.exec(select(FundingSource))}


def pay(desk: Desk, wan: int, on: date, *, stage: str = "paid", approve: bool = False) -> int:
    """An entry of the forest that somebody recorded on the page of the ledger."""
    source = sources(desk.session)["county"] if stage == "paid" else None
    entry = record_entry(
        desk.session, desk.small.forest, NewEntry(stage, wan * WAN, on, source), submit=True, by=SOMEBODY
    )
    if approve:
        approve_entries(desk.session, [entry.id or 0], by=Approver(desk.people.finance))
    return entry.id or 0


def plant(desk: Desk, quantity: str, on: date) -> None:
    new = NewWork(forests(desk.session), quantity, "亩", on)
    row = record_work(desk.session, desk.small.forest, new, submit=True, by=SOMEBODY)
    accept_works(desk.session, [row.id or 0], by=desk.people.office)


def entries(desk: Desk, facts: list[ReturnFact]) -> dict[tuple[str, int | None], LedgerEntry]:
    ids = [fact.subject_id for fact in facts if fact.subject == "ledger_entry"]
    rows = desk.session.exec(select(LedgerEntry).where(col(LedgerEntry.id).in_(ids)))
    return {(row.stage, row.source_id): row for row in rows}


def held(desk: Desk) -> dict[CellKey, str]:
    return recorded(desk.session, identity(desk.small.plan), [desk.forest_id], QUARTER)


def problems(caught: pytest.ExceptionInfo[SomeBroken]) -> dict[CellKey, list[str]]:
    return {key: [one.code for one in several] for key, several in caught.value.by_key.items()}


def test_a_return_worked_out_by_hand(desk: Desk) -> None:
    # Last quarter 100 paid and 1000 亩; of this one 50 wait to be approved as paid, 30 are done, 500 亩 accepted.
    pay(desk, 100, date(2025, 8, 5), approve=True)
    plant(desk, "1000", date(2025, 8, 6))
    pay(desk, 50, date(2025, 10, 5))
    pay(desk, 30, date(2025, 10, 6), stage="work_done", approve=True)
    plant(desk, "500", date(2025, 10, 7))
    county = sources(desk.session)["county"]
    state, since_on, document = (CellKey(desk.forest_id, f"state.{name}") for name in ("state", "since_on", "document"))
    desk.put(
        {
            desk.money("paid", "county"): str(320 * WAN),
            desk.money("received", "county"): "0",
            desk.money("work_done"): str(400 * WAN),
            desk.money("contracted"): str(9000 * WAN),
            desk.works: "200000|万亩",
            desk.actual: "2025-11-20",
            state: "building",
            since_on: "2025-10-08",
            document: "青开工〔2025〕3号",
            CellKey(desk.forest_id, "text.progress"): "造林地整地完成",
        }
    )
    shown = {row.key: row for row in differences(desk.session, desk.forestry)}
    facts = accepted(desk)
    assert {fact.subject for fact in facts} == {"ledger_entry", "work_entry", "milestone_report", "project_state"}
    assert len(facts) == 6

    made = entries(desk, facts)
    paid = made["paid", county]
    assert (paid.amount_fen, paid.state, paid.occurred_on) == (270 * WAN, SUBMITTED, LAST_DAY)
    assert paid.recorded_by == desk.people.owner.name
    assert paid.submitted_by == desk.people.head.name
    assert paid.document == "2025Q4填报表（qingshan林业局）"
    done = made["work_done", None]
    assert (done.amount_fen, done.state, done.posted_period) == (370 * WAN, APPROVED, QUARTER)
    assert done.approved_by == desk.people.office.actor.name
    assert made["contracted", None].amount_fen == 9000 * WAN
    assert ("received", county) not in made

    (work,) = (desk.session.get_one(WorkEntry, one.subject_id) for one in facts if one.subject == "work_entry")
    assert (work.quantity_micro, work.unit, work.state) == (150_000, "万亩", APPROVED)
    (met,) = (
        desk.session.get_one(MilestoneReport, one.subject_id) for one in facts if one.subject == "milestone_report"
    )
    assert (met.met_on, met.kind, met.state, met.occurred_quarter) == (date(2025, 11, 20), "actual", APPROVED, QUARTER)
    (begun,) = (desk.session.get_one(ProjectState, one.subject_id) for one in facts if one.subject == "project_state")
    assert (begun.state, begun.since_on, begun.document) == ("building", date(2025, 10, 8), "青开工〔2025〕3号")
    listed = desk.session.get_one(ProjectListing, desk.forest_id)
    desk.session.refresh(listed)
    assert (listed.state, listed.work_done_fen, listed.paid_fen) == ("building", 400 * WAN, 100 * WAN)

    assert shown[desk.money("paid", "county")].last == str(100 * WAN)
    assert shown[desk.works].cumulative == "1000000000|亩"
    assert [flag.text(str) for flag in shown[desk.money("contracted")].flags] == []
    assert mismatches(desk.session) == []


def test_what_the_approver_saw_is_what_is_made_and_then_nothing_is_left_to_make(desk: Desk) -> None:
    desk.put({desk.money("paid", "own"): "12345", desk.works: "7000000|亩", desk.forecast: "2026-02-01"})
    shown = {row.key: row.effect for row in differences(desk.session, desk.forestry)}
    facts = accepted(desk)
    assert {fact.subject for fact in facts} == {effect.subject for effect in shown.values() if effect is not None}
    base = held(desk)
    for key, value in values_of(desk.session, desk.forestry.id or 0).items():
        assert same_value(key, base.get(key), value)
    assert apply_return(desk.session, desk.forestry, by=desk.people.office) == []


def test_only_what_waits_for_finance_waits(desk: Desk) -> None:
    desk.put(
        {
            desk.money(stage, source): "100"
            for stage, source in (
                ("appropriated", "county"),
                ("received", "county"),
                ("paid", "county"),
                ("contracted", ""),
                ("work_done", ""),
            )
        }
    )
    made = entries(desk, accepted(desk))
    assert {stage: row.state for (stage, _), row in made.items()} == {
        **dict.fromkeys(("appropriated", "received", "paid"), SUBMITTED),
        **dict.fromkeys(("contracted", "work_done"), APPROVED),
    }
    ids = [row.id or 0 for row in made.values() if row.state == SUBMITTED]
    assert approve_entries(desk.session, ids, by=Approver(desk.people.finance)) == 3


def test_zero_not_reported_and_not_applicable_are_three_things(desk: Desk) -> None:
    session, leaf = desk.session, identity(desk.small.parts[0])
    works = CellKey(leaf, "works", str(forests(session)))
    put(desk, desk.water, {works: "not-applicable", desk.money("paid", "county", leaf): "0"})
    desk.put({desk.works: "0|亩", desk.money("work_done"): "0"})
    (none,) = (fact for fact in accepted(desk, desk.water))
    (zero,) = (fact for fact in accepted(desk))
    assert session.get_one(WorkEntry, none.subject_id).kind == "not-applicable"
    assert session.get_one(WorkEntry, zero.subject_id).quantity_micro == 0
    cells = values_of(session, identity(desk.forestry)) | values_of(session, identity(desk.water))
    assert cells[desk.money("work_done")] == "0"
    assert cells[works] == "not-applicable"
    assert desk.money("paid", "county") not in cells


def test_what_was_recorded_meanwhile_is_taken_off_again(desk: Desk) -> None:
    key = desk.money("paid", "county")
    desk.put({key: str(300 * WAN)})
    approved(desk)
    pay(desk, 120, date(2025, 12, 1))
    (row,) = differences(desk.session, desk.forestry)
    assert row.effect is not None
    assert row.effect.value == str(180 * WAN)
    (fact,) = accept_return(desk.session, desk.forestry, by=desk.people.office)
    assert desk.session.get_one(LedgerEntry, fact.subject_id).amount_fen == 180 * WAN


def test_more_recorded_meanwhile_than_reported_refuses_the_whole_and_makes_nothing(desk: Desk) -> None:
    key = desk.money("paid", "county")
    desk.put({key: str(300 * WAN), desk.works: "9000000|亩", desk.actual: "2025-12-24"})
    approved(desk)
    pay(desk, 301, date(2025, 12, 1))
    before = len(desk.session.exec(select(AuditEntry.id)).all())
    with pytest.raises(SomeBroken) as caught:
        accept_return(desk.session, desk.forestry, by=desk.people.office)
    assert problems(caught) == {key: ["MoneyBelowRecorded"]}
    assert desk.session.exec(select(ReturnFact)).all() == []
    assert desk.session.exec(select(WorkEntry)).all() == []
    assert len(desk.session.exec(select(AuditEntry.id)).all()) == before


def test_every_problem_is_named_with_its_cell(desk: Desk) -> None:
    """One of each kind of fact goes wrong after the head approved."""
    paid, done = desk.money("paid", "county"), desk.money("work_done")
    desk.put({paid: "100", done: "200", desk.works: "5000000|亩", desk.actual: "2025-12-01"})
    approved(desk)
    pay(desk, 1, date(2025, 12, 1))
    pay(desk, 1, date(2025, 12, 1), stage="work_done")
    new = NewWork(forests(desk.session), None, "亩", date(2025, 12, 2), not_applicable=True)
    record_work(desk.session, desk.small.forest, new, submit=True, by=SOMEBODY)
    from milestones.milestone_reports import report_milestone
    from milestones.report_rules import NewMilestoneReport

    report_milestone(
        desk.session, desk.milestone, NewMilestoneReport("actual", date(2025, 11, 5)), submit=True, by=SOMEBODY
    )
    found = {key: [one.code for one in several] for key, several in check_return(desk.session, desk.forestry).items()}
    assert found == {
        paid: [MoneyBelowRecorded.__name__],
        done: [MoneyBelowRecorded.__name__],
        desk.works: [RecordedNotApplicable.__name__],
        desk.actual: [DayRecorded.__name__],
    }


def test_a_check_leaves_nothing_behind(desk: Desk) -> None:
    desk.put({desk.money("paid", "county"): "100", desk.works: "5000000|亩", desk.forecast: "2026-03-01"})
    submit_return(desk.session, desk.forestry, by=desk.people.owner)
    counts = [len(desk.session.exec(select(table.id)).all()) for table in (LedgerEntry, WorkEntry, AuditEntry)]
    assert check_return(desk.session, desk.forestry) == {}
    assert desk.forestry.state == "submitted"
    assert [len(desk.session.exec(select(table.id)).all()) for table in (LedgerEntry, WorkEntry, AuditEntry)] == counts


def test_a_return_sent_back_is_mended_and_makes_what_it_says_in_the_end(desk: Desk) -> None:
    key = desk.money("work_done")
    desk.put({key: str(500 * WAN)})
    approved(desk)
    send_back_return(desk.session, desk.forestry, reason="请核对", by=desk.people.office.actor)
    desk.put({key: str(50 * WAN)})
    submit_return(desk.session, desk.forestry, by=desk.people.owner)
    approve_return(desk.session, desk.forestry, by=desk.people.head)
    (fact,) = accept_return(desk.session, desk.forestry, by=desk.people.office)
    assert desk.session.get_one(LedgerEntry, fact.subject_id).amount_fen == 50 * WAN
    assert desk.forestry.round == 2


def test_the_audit_trail_says_who_reported_and_who_accepted(desk: Desk) -> None:
    desk.put({desk.money("work_done"): "100"})
    (fact,) = accepted(desk)
    query = select(AuditEntry).where(AuditEntry.subject == "ledger_entry", AuditEntry.subject_id == fact.subject_id)
    lines = {row.action: row for row in desk.session.exec(query)}
    assert lines["record"].actor == desk.people.owner.name
    assert lines["approve"].actor == desk.people.office.actor.name
    assert desk.people.office.actor.name in (lines["record"].reason or "")


def test_a_state_of_a_part_that_leaves_its_package_out_of_balance_is_refused(desk: Desk) -> None:
    leaf = identity(desk.small.parts[0])
    said = {"state": "ended", "since_on": "2025-12-01", "document": "青政发〔2025〕1号"}
    put(desk, desk.water, {CellKey(leaf, f"state.{name}"): value for name, value in said.items()})
    with pytest.raises(SomeBroken) as caught:
        submit_return(desk.session, desk.water, by=desk.people.owner)
    assert problems(caught) == {CellKey(leaf, "state.state"): ["PartsDoNotAddUp"]}


def test_acceptance_by_the_department_itself_is_marked(desk: Desk) -> None:
    desk.put({desk.money("work_done"): "100"})
    by = Reviewer(desk.people.office.actor, frozenset({identity(desk.small.forestry)}))
    (fact,) = accept_return(desk.session, approved(desk), by=by)
    assert desk.forestry.own_department
    assert desk.session.get_one(LedgerEntry, fact.subject_id).own_department


def test_a_refusal_says_the_cell_the_value_and_what_was_expected(desk: Desk) -> None:
    pay(desk, 5, date(2025, 12, 1))
    with pytest.raises(SomeBroken) as caught:
        desk.put({desk.money("paid", "county"): str(2 * WAN)})
    (problem,) = caught.value.problems
    assert isinstance(problem, Broken)
    assert problem.field == desk.money("paid", "county").name
    assert problem.text(str) == (
        "“本季支付资金”填写的是 2 万元，少于本季已记录的 5 万元。本季合计不能少于已记录的；多记的请先冲销。"
    )
