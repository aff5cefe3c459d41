"""What closing sent back: it is told to who reported it and to the department, until somebody reports it again."""

from datetime import date

import pytest
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, select, text

from budgets.entries import REJECTED, LedgerEntry
from budgets.ledger import record_entry
from core.audit import Actor, AuditEntry
from core.database import Database
from core.errors import NotThere
from core.people import Person
from milestones.work_reports import record_work
from portfolio.access import reader_of
from reports.period_flow import close_period, reopen_period
from reports.period_sending_back import CLOSING_REASON
from reports.return_board import return_board
from reports.returns import ACCEPTED, ReturnFact
from reports.sent_back import sent_back, sent_back_of_returns
from reports.setting_aside import AlreadySetAside, find_sent_back, notes_of, set_aside
from reports.todo import BACK, MEND, todo_list
from tests.budgets.ledger_samples import an_entry
from tests.budgets.line_samples import make_sources
from tests.milestones.work_samples import a_work
from tests.reports.period_samples import OFFICE, Q2, Q3, move, opened, period, return_of
from tests.reports.test_period_closing import submit_one_of_each
from tests.samples import SOMEBODY, find_small_plan, make_person

REPORTER = Actor(None, "填报员")


def closed(session: Session, quarter: object = Q2) -> None:
    close_period(session, find_small_plan(session).plan, quarter, reason="会期已定", by=OFFICE)  # type: ignore[arg-type]


def todos(session: Session, person: Person) -> list[tuple[str, int, str | None]]:
    return [(one.kind, one.count, one.reason) for one in todo_list(session, reader_of(session, person))]


def test_everything_that_was_sent_back_is_listed_until_it_is_reported_again(stored: Database) -> None:
    with stored.writing() as session:
        submit_one_of_each(session)
        plan_id = find_small_plan(session).plan.id or 0
        assert sent_back(session, {plan_id}) == []
        closed(session)
        kinds = [one.kind for one in sent_back(session, {plan_id})]
        assert kinds == ["ledger", "lines", "works", "milestones", "readings"]
        assert [one.kind for one in sent_back(session, None)] == kinds
        assert sent_back(session, {plan_id + 1}) == []
        again = a_work(session, "90", on=date(2024, 5, 20), correction_reason="关账前没有审核")
        record_work(session, find_small_plan(session).forest, again, by=REPORTER)
        assert [one.kind for one in sent_back(session, {plan_id})] == ["ledger", "lines", "milestones", "readings"]


def test_the_department_and_nobody_else_is_told(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        own = make_person(session, "own", "owner", plan=small.plan, department=small.forestry)
        other = make_person(session, "other", "owner", plan=small.plan, department=small.water_office)
        record_work(session, small.forest, a_work(session, "100"), submit=True, by=REPORTER)
        closed(session)
        assert todos(session, own) == [(BACK, 1, CLOSING_REASON)]
        assert todos(session, other) == []


def test_who_recorded_it_is_told_too(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        other = make_person(session, "other", "owner", plan=small.plan, department=small.water_office)
        by = Actor(other.id, other.name)
        record_work(session, small.forest, a_work(session, "100"), submit=True, by=by)
        closed(session)
        assert todos(session, other) == [(BACK, 1, CLOSING_REASON)]


def test_the_next_closing_lets_go_of_what_nobody_reported_again(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        record_work(session, small.forest, a_work(session, "100"), submit=True, by=REPORTER)
        closed(session)
        assert len(sent_back(session, None)) == 1
        closed(session, Q3)
        assert sent_back(session, None) == []


def test_money_of_an_accepted_return_is_told_on_the_board(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        opened(session, "2024Q2")
        source = make_sources(session)["county"]
        entry = record_entry(session, small.forest, an_entry(source_id=source), submit=True, by=SOMEBODY)
        for name in ("林业局", "水利局"):
            move(session, name, ACCEPTED, "2024Q2")
        of = return_of(session, name="2024Q2")
        fact = {"subject": "ledger_entry", "subject_id": entry.id, "field": "money.paid", "key": "county"}
        session.add(ReturnFact(return_id=of.id, project_id=small.forest.id, **fact))
        session.flush()
        assert sent_back_of_returns(session, [of.id or 0]) == {}
        closed(session)
        assert session.get_one(LedgerEntry, entry.id).state == REJECTED
        board = return_board(session, period(session, "2024Q2"))
        assert {row.department: row.back for row in board.rows} == {"qingshan林业局": 1, "qingshan水利局": 0}
        again = an_entry(source_id=source, correction_reason="关账前没有审核")
        record_entry(session, small.forest, again, submit=True, by=SOMEBODY)
        assert sent_back_of_returns(session, [of.id or 0]) == {}


def test_reopening_leaves_what_was_sent_back_with_its_people(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        own = make_person(session, "own", "owner", plan=small.plan, department=small.forestry)
        opened(session, "2024Q2")
        record_work(session, small.forest, a_work(session, "100"), submit=True, by=REPORTER)
        closed(session)
        reopen_period(session, small.plan, Q2, reason="漏审", by=OFFICE)
        kinds = {kind: reason for kind, _, reason in todos(session, own)}
        assert kinds == {MEND: CLOSING_REASON, BACK: CLOSING_REASON}


def test_each_kind_is_set_aside_with_a_reason_and_stays_readable(stored: Database) -> None:
    with stored.writing() as session:
        submit_one_of_each(session)
        small = find_small_plan(session)
        person = make_person(session, "own", "owner", plan=small.plan, department=small.forestry)
        head = make_person(session, "head", "head", plan=small.plan, department=small.forestry)
        closed(session)
        mine = [one for one in sent_back(session, None) if one.department_id == small.forestry.id]
        assert {one.kind for one in mine} >= {"ledger", "lines", "works", "milestones"}
        for one in mine:
            found = find_sent_back(session, reader_of(session, head), one.kind, one.id)
            set_aside(session, reader_of(session, person), found, reason="不再需要")
        assert [one for one in sent_back(session, None) if one.department_id == small.forestry.id] == []
        assert todos(session, person) == []
        assert sent_back(session, None, aside=True) == mine
        assert {(one.reason, one.set_aside_by) for one in notes_of(session, mine)} == {("不再需要", person.actor.name)}
        trail = session.exec(select(AuditEntry).where(AuditEntry.action == "set-aside")).all()
        assert {(one.subject, one.reason) for one in trail} >= {("budget_line", "不再需要"), ("work_entry", "不再需要")}
        with pytest.raises(AlreadySetAside):
            set_aside(session, reader_of(session, head), mine[0], reason="又一次")
    with pytest.raises(DatabaseError), stored.writing() as session:
        session.execute(text("DELETE FROM set_aside"))


def test_who_does_not_answer_for_it_finds_nothing_to_set_aside(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        other = make_person(session, "other", "owner", plan=small.plan, department=small.water_office)
        finance = make_person(session, "money", "finance", plan=small.plan)
        row = record_work(session, small.forest, a_work(session, "100"), submit=True, by=REPORTER)
        closed(session)
        for person in (other, finance):
            with pytest.raises(NotThere):
                find_sent_back(session, reader_of(session, person), "works", row.id or 0)
