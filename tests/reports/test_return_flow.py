"""Moves of a return: each state x move x role, who may not act twice, and two people at once."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlmodel import Session, select

from core.database import Database
from core.errors import Missing, NotThere
from core.people import Person
from portfolio.access import Reader, reader_of
from portfolio.periods import OPEN, RETURNS_IN, UNDER_REVIEW, ReportingPeriod
from portfolio.reviewing import Reviewer
from reports.period_flow import close_period
from reports.return_cells import CellChange, cells_of, put_cells
from reports.return_fields import CellKey
from reports.return_flow import (
    NewNote,
    accept_return,
    add_note,
    approve_return,
    send_back_return,
    settle_note,
    submit_return,
    take_back_return,
)
from reports.return_notes import AlreadySettled, notes_of
from reports.return_rules import (
    ACCEPT,
    APPROVE,
    FILL,
    MOVES,
    SEND_BACK,
    SUBMIT,
    TAKE_BACK,
    AlreadyDone,
    NothingReported,
    NotInReturn,
    NotInThisState,
    OwnReturn,
    PeriodShut,
    ProgressReported,
    ReturnNotOpen,
    moves_of,
    must_move,
)
from reports.returns import ACCEPTED, APPROVED, DRAFT, RETURN_STATES, SENT_BACK, SUBMITTED, DepartmentReturn, ReturnFact
from tests.budgets.ledger_together import first_then, writing
from tests.reports.return_samples import PERIOD, Desk, accepted, approved, make_desk, put
from tests.samples import SOMEBODY, find_small_plan, make_person


@pytest.fixture
def desk(stored: Database) -> Iterator[Desk]:
    with stored.writing() as session:
        yield make_desk(session, find_small_plan(session))
        session.rollback()


def brought_to(desk: Desk, state: str) -> DepartmentReturn:
    """The return of forestry with one cell, in a state."""
    row, people = desk.forestry, desk.people
    desk.put({desk.money("work_done"): "100"})
    if state in (SUBMITTED, APPROVED, ACCEPTED):
        submit_return(desk.session, row, by=people.owner)
    if state in (APPROVED, ACCEPTED):
        approve_return(desk.session, row, by=people.head)
    if state == ACCEPTED:
        accept_return(desk.session, row, by=people.office)
    if state == SENT_BACK:
        submit_return(desk.session, row, by=people.owner)
        send_back_return(desk.session, row, reason="请核对", by=people.head)
    assert row.state == state
    return row


def other_people(desk: Desk, role: str) -> Reader:
    """Somebody with that role who had no part in the return yet."""
    of = desk.small.forestry if role in ("owner", "head") else None
    found = desk.session.exec(select(Person).where(Person.username == f"other-{role}")).first()
    return reader_of(desk.session, found or make_person(desk.session, f"other-{role}", role, department=of))


def act(desk: Desk, move: str, reader: Reader) -> None:
    """What a page does: the gate first, then the move."""
    row, by = desk.forestry, reader.actor
    must_move(reader, row, move)
    doing: dict[str, Callable[[], Any]] = {
        FILL: lambda: desk.put({desk.money("contracted"): "7"}),
        SUBMIT: lambda: submit_return(desk.session, row, by=by),
        TAKE_BACK: lambda: take_back_return(desk.session, row, by=by),
        APPROVE: lambda: approve_return(desk.session, row, by=by),
        ACCEPT: lambda: accept_return(desk.session, row, by=Reviewer(by)),
        SEND_BACK: lambda: send_back_return(desk.session, row, reason="请核对", by=by),
    }
    doing[move]()


# What works, by state: move -> (the roles that may, the state that follows).
_WRITERS = {"owner", "head", "office"}
EXPECTED: dict[str, dict[str, tuple[set[str], str]]] = {
    DRAFT: {FILL: (_WRITERS, DRAFT), SUBMIT: (_WRITERS, SUBMITTED)},
    SUBMITTED: {TAKE_BACK: (_WRITERS, DRAFT), APPROVE: ({"head"}, APPROVED), SEND_BACK: ({"head"}, SENT_BACK)},
    APPROVED: {ACCEPT: ({"office"}, ACCEPTED), SEND_BACK: ({"office"}, SENT_BACK)},
    ACCEPTED: {},
    SENT_BACK: {FILL: (_WRITERS, SENT_BACK), SUBMIT: (_WRITERS, SUBMITTED)},
}


@pytest.mark.parametrize("role", ["owner", "head", "office", "leader", "finance", "auditor", "admin"])
@pytest.mark.parametrize("state", list(RETURN_STATES))
def test_each_move_works_only_from_its_states_and_for_its_roles(desk: Desk, state: str, role: str) -> None:
    row = brought_to(desk, state)
    reader = other_people(desk, role)
    may = {move for move, (roles, _) in EXPECTED[state].items() if role in roles}
    assert moves_of(reader, row) == may
    for move in MOVES:
        trial = desk.session.begin_nested()
        if move in may:
            act(desk, move, reader)
            assert row.state == EXPECTED[state][move][1]
        else:
            with pytest.raises((NotThere, NotInThisState, AlreadyDone, ReturnNotOpen)):
                act(desk, move, reader)
        trial.rollback()
        desk.session.refresh(row)


@pytest.mark.parametrize("role", ["owner", "head"])
def test_people_of_another_department_have_no_part_in_it(desk: Desk, role: str) -> None:
    person = make_person(desk.session, "water", role, department=desk.small.water_office)
    reader = reader_of(desk.session, person)
    for state in (DRAFT, SUBMITTED):
        desk.forestry.state = state
        assert moves_of(reader, desk.forestry) == frozenset()
        for move in MOVES:
            with pytest.raises(NotThere):
                must_move(reader, desk.forestry, move)


def test_nobody_approves_what_they_handed_in_nor_accepts_what_passed_their_hands(desk: Desk) -> None:
    session, people = desk.session, desk.people
    put_cells(session, desk.forestry, [CellChange(desk.money("work_done"), "100")], by=people.head)
    submit_return(session, desk.forestry, by=people.head)
    with pytest.raises(OwnReturn):
        approve_return(session, desk.forestry, by=people.head)
    approve_return(session, desk.forestry, by=people.owner)
    for by in (people.owner, people.head):
        with pytest.raises(OwnReturn):
            accept_return(session, desk.forestry, by=Reviewer(by))
    assert accept_return(session, desk.forestry, by=people.office)


def test_a_return_without_a_cell_says_why_nothing_happened(desk: Desk) -> None:
    with pytest.raises(NothingReported):
        submit_return(desk.session, desk.forestry, no_progress_reason="  ", by=desk.people.owner)
    assert accepted(desk, no_progress_reason="冬季停工", answerable="王局长") == []
    assert desk.forestry.no_progress_reason == "冬季停工"
    assert desk.forestry.answerable == "王局长"


def test_no_progress_and_progress_exclude_each_other(desk: Desk) -> None:
    desk.put({desk.money("work_done"): "0", CellKey(desk.forest_id, "text.problems"): "冬季停工"})
    submit_return(desk.session, desk.forestry, no_progress_reason="冬季停工", by=desk.people.owner)
    take_back_return(desk.session, desk.forestry, by=desk.people.owner)
    desk.put({desk.money("work_done"): "1"})
    with pytest.raises(ProgressReported):
        submit_return(desk.session, desk.forestry, no_progress_reason="冬季停工", by=desk.people.owner)


def test_sending_back_names_the_fields_and_keeps_the_cells(desk: Desk) -> None:
    session, key = desk.session, desk.money("work_done")
    desk.put({key: "100"})
    approved(desk)
    cells = cells_of(session, desk.forestry.id or 0)
    office = desk.people.office.actor
    with pytest.raises(Missing):
        send_back_return(session, desk.forestry, by=office)
    with pytest.raises(NotInReturn):
        send_back_return(session, desk.forestry, notes=[NewNote("？", desk.small.water.id)], by=office)
    assert desk.forestry.state == APPROVED
    send_back_return(
        session,
        desk.forestry,
        notes=[NewNote("与合同不符", *key), NewNote("缺形象进度", desk.forest_id, "text.progress")],
        by=office,
    )
    assert cells_of(session, desk.forestry.id or 0) == cells
    first, second = notes_of(session, desk.forestry.id or 0)
    assert (first.field, first.sends_back, first.round, first.text) == ("money.work_done", True, 1, "与合同不符")
    assert second.field == "text.progress"
    settle_note(session, first, by=desk.people.owner)
    assert first.settled_by == desk.people.owner.name
    with pytest.raises(AlreadySettled):
        settle_note(session, first, by=desk.people.owner)
    comment = add_note(session, desk.forestry, NewNote("知道了"), by=desk.people.owner)
    assert not comment.sends_back


def period_state(desk: Desk) -> str:
    row = desk.session.exec(select(ReportingPeriod).where(ReportingPeriod.name == str(PERIOD))).one()
    desk.session.refresh(row)
    return row.state


def test_the_quarter_moves_with_its_returns(desk: Desk) -> None:
    approved(desk, no_progress_reason="冬季停工")
    assert period_state(desk) == OPEN
    approved(desk, desk.water, no_progress_reason="冬季停工")
    others = [row for row in desk.returns.values() if row.id not in (desk.forestry.id, desk.water.id)]
    for row in others:
        approved(desk, row, no_progress_reason="冬季停工")
    assert period_state(desk) == RETURNS_IN
    send_back_return(desk.session, desk.water, reason="请核对", by=desk.people.office.actor)
    assert period_state(desk) == OPEN
    approved(desk, desk.water, no_progress_reason="冬季停工")
    accept_return(desk.session, desk.forestry, by=desk.people.office)
    assert period_state(desk) == UNDER_REVIEW


def test_a_closed_quarter_moves_no_return(desk: Desk) -> None:
    desk.put({desk.money("work_done"): "100"})
    approved(desk)
    close_period(desk.session, desk.small.plan, PERIOD, reason="到期", by=desk.people.office.actor)
    desk.session.refresh(desk.forestry)
    assert desk.forestry.state == SENT_BACK
    for move in (
        lambda: submit_return(desk.session, desk.forestry, by=desk.people.owner),
        lambda: accept_return(desk.session, desk.forestry, by=desk.people.office),
    ):
        with pytest.raises(PeriodShut):
            move()


def test_of_two_people_who_accept_at_once_one_is_told_that_it_is_done(stored: Database) -> None:
    with stored.writing() as session:
        desk = make_desk(session, find_small_plan(session))
        desk.put({desk.money("work_done"): "100", desk.works: "5000000|亩"})
        approved(desk)
        id_, people = desk.forestry.id, desk.people

    def accepting(name: str, hold: float = 0) -> Callable[[], Any]:
        by = Reviewer(people.office.actor if name == "office" else SOMEBODY)

        def work(session: Session, _small: Any) -> int:
            return len(accept_return(session, session.get_one(DepartmentReturn, id_), by=by))

        return writing(stored, work, hold=hold)

    first, second = first_then(accepting("office", hold=0.4), accepting("somebody"))
    assert first == 2
    assert isinstance(second, AlreadyDone)
    with stored.reading() as session:
        assert len(session.exec(select(ReturnFact)).all()) == 2
        assert session.get_one(DepartmentReturn, id_).accepted_by == people.office.actor.name


def test_a_cell_written_while_the_return_is_handed_in_is_refused(stored: Database) -> None:
    with stored.writing() as session:
        desk = make_desk(session, find_small_plan(session))
        desk.put({desk.money("work_done"): "100"})
        id_, people, key = desk.forestry.id, desk.people, desk.money("contracted")

    def submitting(session: Session, _small: Any) -> None:
        submit_return(session, session.get_one(DepartmentReturn, id_), by=people.owner)

    def filling(session: Session, small: Any) -> None:
        row = session.get_one(DepartmentReturn, id_)
        there = Desk(session, small, people, {row.department_id: row}, desk.milestone)
        put(there, row, {key: "1"})

    first, second = first_then(writing(stored, submitting, hold=0.4), writing(stored, filling))
    assert first is None
    assert isinstance(second, ReturnNotOpen)
