"""Orders and meetings: who is asked what by when, answers and returns, the end; what a report prints of them."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select, update

from core.audit import Actor, history
from core.calendar import current_quarter, last_day, now, quarter_before, today
from core.database import Database
from core.errors import Broken, Invalid, Missing, NotThere, SeveralBroken, Stale
from portfolio.departments import add_department
from reports.meetings import ItemHasOrders, MeetingToCome, NewItem, NewMeeting, change_meeting, items_of, record_meeting
from reports.order_list import waiting_by_department
from reports.order_rows import OrderRow, orders_for
from reports.ordering import (
    DueInThePast,
    NewOrder,
    NotAnswered,
    NotWaiting,
    OwnAnswer,
    answer_order,
    close_order,
    issue_order,
    lamp_kept,
    return_answer,
)
from reports.orders import ANSWERED, CLOSED, OPEN, Meeting, OrderAnswer, SupervisionOrder
from tests.budgets.importing.samples import kept_files
from tests.reports.edition_samples import closed
from tests.reports.edition_samples import issued as issue
from tests.reports.period_samples import opened
from tests.samples import CITY, find_small_plan, make_small_plan
from tests.together import at_once

__all__ = ["kept_files"]

LEADER, OFFICE, OWNER = Actor(None, "组长"), Actor(None, "办公室"), Actor(None, "填报员")


def an_order(session: Session, **more: Any) -> NewOrder:
    small = find_small_plan(session)
    return replace(
        NewOrder(
            "加快天然林保护",
            "月底前完成主体工程",
            small.forestry.id,
            today() + timedelta(days=10),
            project_id=small.forest.id,
        ),
        **more,
    )


def issued(session: Session, by: Actor = LEADER, **more: Any) -> SupervisionOrder:
    return issue_order(session, find_small_plan(session).plan, an_order(session, **more), by=by)


def only(session: Session) -> SupervisionOrder:
    return session.exec(select(SupervisionOrder)).one()


def printed(session: Session, quarter: int | None = None) -> list[OrderRow]:
    return list(orders_for(session, find_small_plan(session).plan, quarter or current_quarter()))


def test_an_order_goes_to_its_department_back_and_to_its_end(stored: Database) -> None:
    with stored.writing() as session:
        row = issued(session)
        assert (row.number, row.state, row.issued_on) == (1, OPEN, today())
        answer_order(session, row, text="已安排", by=OWNER)
        with pytest.raises(OwnAnswer):
            return_answer(session, row, reason="不够", by=OWNER)
        returned = return_answer(session, row, reason="没有时间表", by=OFFICE)
        assert (row.state, returned.returned_by) == (OPEN, "办公室")
        answer_order(session, row, text="已完成，附验收单", by=OWNER)
        assert row.state == ANSWERED
        with pytest.raises(OwnAnswer):
            close_order(session, row, outcome="完成", by=OWNER)
        close_order(session, row, outcome="已按期完成", by=OFFICE)
        assert (row.state, row.closed_on, row.outcome) == (CLOSED, today(), "已按期完成")
        assert [line.action for line in history(session, "supervision_order", row.id or 0)] == [
            *("close-order", "answer-order", "return-answer", "answer-order", "issue-order")
        ]
        for act in (
            lambda: answer_order(session, row, text="再报", by=OWNER),
            lambda: return_answer(session, row, reason="再议", by=OFFICE),
            lambda: close_order(session, row, outcome="再销", by=OFFICE),
        ):
            with pytest.raises(NotWaiting):
                act()


def test_an_order_keeps_the_lamp_of_its_project_and_why(stored: Database) -> None:
    with stored.writing() as session:
        kept = lamp_kept(issued(session))
        assert kept is not None
        assert kept["colour"] in ("red", "yellow", "green", "blue", "grey")
        assert kept["reasons"]
        assert lamp_kept(issued(session, project_id=None)) is None
        part = find_small_plan(session).parts[0]
        assert lamp_kept(issued(session, project_id=part.id)) is not None  # that of its package


def test_an_order_says_what_whom_and_until_when(stored: Database) -> None:
    with stored.writing() as session:
        make_small_plan(session, "other")
        foreign = find_small_plan(session, "other").forest.id
        elsewhere = add_department(session, CITY, "市林业局", by=LEADER).id
        for wrong, error in (
            ({"title": " "}, Missing),
            ({"asked": ""}, Missing),
            ({"department_id": 999}, Invalid),
            ({"department_id": elsewhere}, Invalid),
            ({"due_on": today() - timedelta(days=1)}, DueInThePast),
            ({"project_id": foreign}, NotThere),
            ({"meeting_item_id": 999}, NotThere),
        ):
            with pytest.raises(error):
                issued(session, **wrong)
        row = issued(session)
        for text in ("", " ", "长" * 2001):
            with pytest.raises(Broken):
                answer_order(session, row, text=text, by=OWNER)
        assert row.state == OPEN


def test_an_order_that_nobody_answered_is_ended_only_when_that_is_meant(stored: Database) -> None:
    with stored.writing() as session:
        row = issued(session)
        for said in (lambda: None, lambda: answer_order(session, row, text="敷衍", by=OWNER)):
            if said() is not None:
                return_answer(session, row, reason="不实", by=OFFICE)  # an answer that was returned is none
            with pytest.raises(NotAnswered):
                close_order(session, row, outcome="项目已终止", by=OFFICE)
            assert row.state == OPEN
        close_order(session, row, outcome="项目已终止", unanswered=True, by=OFFICE)
        assert (row.state, row.outcome) == (CLOSED, "项目已终止")


def test_two_who_end_an_order_at_once_end_it_once(stored: Database) -> None:
    with stored.writing() as session:
        answer_order(session, issued(session), text="已完成", by=OWNER)

    def end(by: Actor) -> str:
        try:
            with stored.writing() as session:
                return close_order(session, only(session), outcome=f"{by.name}同意", by=by).outcome or ""
        except NotWaiting:
            return "late"

    outcomes = sorted(at_once(lambda: end(OFFICE), lambda: end(LEADER)))
    assert "late" in outcomes
    with stored.reading() as session:
        assert only(session).outcome in outcomes


def test_numbers_of_a_plan_follow_one_another_also_at_once(stored: Database) -> None:
    def give() -> int:
        with stored.writing() as session:
            return issued(session).number

    assert sorted(at_once(give, give, give)) == [1, 2, 3]


def test_a_report_prints_what_was_open_or_ended_in_its_quarter(stored: Database) -> None:
    with stored.writing() as session:
        row, ended = issued(session), issued(session, title="已办结")
        answer_order(session, row, text="正在办", by=OWNER)
        close_order(session, ended, outcome="已办结", unanswered=True, by=OFFICE)
        (first, second) = printed(session)
        assert (first.state, first.answer, first.overdue, first.department) == (
            ANSWERED,
            "正在办",
            False,
            "qingshan林业局",
        )
        assert (second.state, second.outcome, second.closed_on) == (CLOSED, "已办结", today())
        assert printed(session, quarter_before(current_quarter())) == []
        # Had they been given the quarter before: as of its end nobody had answered, and the first was late by then.
        before = quarter_before(current_quarter())
        day = last_day(before)
        given = {"issued_on": day - timedelta(days=30), "due_on": day - timedelta(days=1)}
        session.execute(update(SupervisionOrder).values(**given))
        session.expire_all()
        then = printed(session, before)
        assert [(one.state, one.answer, one.overdue, one.outcome) for one in then] == [(OPEN, None, True, None)] * 2
        assert [(one.state, one.overdue) for one in printed(session)] == [(ANSWERED, True), (CLOSED, False)]


def test_who_answered_in_time_is_not_printed_as_late(stored: Database) -> None:
    with stored.writing() as session:
        timely, late, silent = (issued(session, title=title) for title in ("按时", "迟答", "未答"))
        for row in (timely, late):
            answer_order(session, row, text="已完成", by=OWNER)
        ago = now() - timedelta(days=5)
        given = {"issued_on": today() - timedelta(days=9), "due_on": today() - timedelta(days=3)}
        session.execute(update(SupervisionOrder).values(**given))
        session.execute(update(OrderAnswer).where(col(OrderAnswer.order_id) == timely.id).values(answered_at=ago))
        session.expire_all()
        rows = {one.title: (one.state, one.overdue) for one in printed(session)}
        assert rows == {"按时": (ANSWERED, False), "迟答": (ANSWERED, True), "未答": (OPEN, True)}
        asked = waiting_by_department(session, silent.plan_id, [silent.department_id])
        assert asked == {silent.department_id: (1, 1)}


def test_an_answer_that_was_returned_is_not_printed(stored: Database) -> None:
    with stored.writing() as session:
        row = issued(session)
        answer_order(session, row, text="敷衍", by=OWNER)
        return_answer(session, row, reason="不实", by=OFFICE)
        assert [(one.state, one.answer) for one in printed(session)] == [(OPEN, None)]
        assert len(session.exec(select(OrderAnswer)).all()) == 1


@pytest.mark.usefixtures("kept_files")
def test_the_next_report_prints_an_order_given_after_its_quarter(sqlite_stored: Database) -> None:
    with sqlite_stored.writing() as session:
        closed(session, "2024Q4")
        first = issued(session)
        assert [one.number for one in printed(session, 20244)] == [first.number]
        assert printed(session, 20243) == []  # closed along with it, and not the next report
        issue(session, "2024Q4")
        second = issued(session)
        assert [one.number for one in printed(session, 20244)] == [first.number]  # as its edition says
        opened(session, "2025Q1")
        close_order(session, first, outcome="已办结", unanswered=True, by=OFFICE)
        assert [(one.number, one.state) for one in printed(session, 20251)] == [(1, CLOSED), (second.number, OPEN)]
        assert [one.state for one in printed(session, 20244)] == [OPEN]
        assert printed(session, 20252) == []


# ---- meetings


def a_meeting(session: Session, **more: Any) -> NewMeeting:
    small = find_small_plan(session)
    items = (NewItem("天然林保护", "加快进度", small.forest.id), NewItem("再生水", None))
    return replace(NewMeeting(today(), "领导小组第3次会议", items, "会议室", "组长", "各成员单位"), **more)


def held(session: Session, **more: Any) -> Meeting:
    return record_meeting(session, find_small_plan(session).plan, a_meeting(session, **more), by=OFFICE)


def test_a_meeting_holds_its_items_and_orders_come_out_of_them(stored: Database) -> None:
    with stored.writing() as session:
        row = held(session)
        first, second = items_of(session, row.id or 0)
        order = issued(session, meeting_item_id=first.id)
        assert [one.meeting for one in printed(session)] == ["领导小组第3次会议"]
        plan = find_small_plan(session).plan
        swapped = a_meeting(
            session,
            items=(
                NewItem("新议题"),
                NewItem("再生水", "按期通水", None, second.id),
                NewItem("天然林", None, None, first.id),
            ),
        )
        change_meeting(session, plan, row, swapped, expected_version=1, by=OFFICE)
        assert [(one.position, one.title) for one in items_of(session, row.id or 0)] == [
            *((1, "新议题"), (2, "再生水"), (3, "天然林"))
        ]
        with pytest.raises(ItemHasOrders):
            change_meeting(session, plan, row, a_meeting(session), expected_version=2, by=OFFICE)
        with pytest.raises(Stale):
            change_meeting(session, plan, row, swapped, expected_version=1, by=OFFICE)
        assert order.meeting_item_id == first.id


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"held_on": date(2999, 1, 1)}, "held_on"),
        ({"edition_id": 999}, "edition_id"),
        ({"items": ()}, "items"),
        ({"items": (NewItem("议题"), NewItem(" ", "没有题目"))}, "item_title-2"),
    ],
)
def test_a_meeting_that_cannot_be_is_refused_at_its_field(stored: Database, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(SeveralBroken) as raised, stored.writing() as session:
        held(session, **wrong)
    assert [one.field for one in raised.value.problems] == [field]
    assert field != "held_on" or isinstance(raised.value.problems[0], MeetingToCome)
