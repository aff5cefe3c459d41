"""Giving an order (督办单) to a department, answering it, returning the answer, ending it. The caller asks the gate.

An order keeps the lamp of its project, and why, as they were when it was given: what is asked for stays understandable.
"""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import current_quarter, day_of, now, quarter_name, today
from core.errors import N_, Broken, Invalid, NotThere
from core.language import translate
from core.text import needed_text
from portfolio.access import OPERATOR_READER
from portfolio.departments import Department
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.correction_facts import next_number
from reports.lamp_reading import project_lamps
from reports.orders import ANSWERED, CLOSED, OPEN, ORDER_STATES, Meeting, MeetingItem, OrderAnswer, SupervisionOrder
from reports.rollup import Scope

SUBJECT = "supervision_order"  # of the audit trail
LABELS = {
    "number": N_("编号"),
    "title": N_("督办事项"),
    "asked": N_("督办要求"),
    "department_id": N_("承办部门"),
    "due_on": N_("办结期限"),
    "project_id": N_("项目"),
    "text": N_("办理情况"),
    "outcome": N_("销号意见"),
    "reason": N_("退回原因"),
    "state": N_("状态"),
    "closed_on": N_("销号日期"),
    "issued_on": N_("发出日期"),
}
USUAL_DAYS = 15  # what an order leaves a department unless somebody says otherwise
_LONGEST = 2000


class DueInThePast(Broken):
    sentence = N_("办结期限填写的是 %(found)s，应不早于今天（%(today)s）。")


class NotWaiting(Broken):
    """An order that is in another state than what somebody does with it needs."""

    status = 409
    sentence = N_("第 %(number)s 号督办的状态是“%(state)s”，不能%(act)s。")


class NotAnswered(Broken):
    """Ending an order that waits for its answer is asked about first."""

    status = 409
    sentence = N_(
        "第 %(number)s 号督办还没有答复。确实不等答复就销号的，请勾选“没有答复也销号”，并在销号意见里写明原因。"
    )


class OwnAnswer(Broken):
    status = 403
    sentence = N_("第 %(number)s 号督办由您本人答复，须由他人销号或退回。")


@dataclass(frozen=True)
class NewOrder:
    """What is asked, of whom, by when; from a project (its lamp is kept) or an item of a meeting, or neither."""

    title: str
    asked: str
    department_id: int | None
    due_on: date
    project_id: int | None = None
    meeting_item_id: int | None = None


def usual_due() -> date:
    """The day by which an order is to be done unless somebody says another."""
    return today() + timedelta(days=USUAL_DAYS)


def issue_order(session: Session, plan: Plan, new: NewOrder, *, by: Actor) -> SupervisionOrder:
    """An order that waits for its department.

    Errors: NotThere for a project or item of another plan; Invalid for a department of another place; Missing, TooLong,
    DueInThePast.
    """
    assert plan.id is not None
    title = needed_text(new.title, field="title", label=LABELS["title"], limit=200)
    asked = needed_text(new.asked, field="asked", label=LABELS["asked"], limit=_LONGEST)
    department = session.get(Department, new.department_id or 0)
    # Of another place there is none: its name would stand on the order.
    if department is None or department.id is None or department.jurisdiction_code != plan.jurisdiction_code:
        found, expected = str(new.department_id or ""), N_("列表中的一个部门")
        raise Invalid(field="department_id", label=LABELS["department_id"], found=found, expected=expected)
    if new.due_on < today():
        raise DueInThePast(field="due_on", found=new.due_on.isoformat(), today=today().isoformat())
    _must_be_of(session, plan, new)
    row = SupervisionOrder(
        plan_id=plan.id,
        number=next_number(session, SupervisionOrder, plan.id),
        meeting_item_id=new.meeting_item_id,
        project_id=new.project_id,
        department_id=department.id,
        title=title,
        asked=asked,
        lamp=None if new.project_id is None else _lamp(session, plan.id, new.project_id),
        issued_on=today(),
        due_on=new.due_on,
        issued_by_id=by.id,
        issued_by=by.name,
    )
    session.add(row)
    session.flush()
    after = {name: getattr(row, name) for name in ("number", "title", "asked", "project_id", "due_on", "state")}
    _note(session, "issue-order", row, after=after | {"department_id": department.id}, by=by)
    return row


def _must_be_of(session: Session, plan: Plan, new: NewOrder) -> None:
    """Errors: NotThere."""
    if new.project_id is not None:
        project = session.get(Project, new.project_id)
        if project is None or project.plan_id != plan.id:
            raise NotThere
    if new.meeting_item_id is not None:
        query = select(Meeting.plan_id).join(MeetingItem, col(MeetingItem.meeting_id) == Meeting.id)
        if session.exec(query.where(MeetingItem.id == new.meeting_item_id)).first() != plan.id:
            raise NotThere


def _lamp(session: Session, plan_id: int, project_id: int) -> str | None:
    """The lamp of a project, of a part that of its package, with why and what would turn it green, as JSON."""
    project = session.get_one(Project, project_id)
    top, quarter = project.parent_id or project_id, current_quarter()
    scope = Scope(quarter, frozenset({plan_id}))
    lamp = project_lamps(session, OPERATOR_READER, scope, [top]).get(top)
    if lamp is None:
        return None

    def chinese(text: str) -> str:
        return translate(text, "zh")

    kept = {
        "colour": lamp.colour,
        "quarter": quarter_name(quarter),
        "rule": lamp.worst.name,
        "reasons": [one.text(chinese) for one in lamp.worst.reasons],
        "green_by": [one.text(chinese) for one in lamp.worst.turns_green_by],
    }
    return json.dumps(kept, ensure_ascii=False, sort_keys=True)


def lamp_kept(row: SupervisionOrder) -> dict[str, Any] | None:
    """The lamp that an order keeps: colour, quarter, rule, reasons, green_by, in Chinese as it was then."""
    return None if row.lamp is None else json.loads(row.lamp)


def answer_order(
    session: Session, row: SupervisionOrder, *, text: str, file_id: int | None = None, by: Actor
) -> OrderAnswer:
    """What the department answers; it waits for the office then.

    Errors: NotWaiting, Missing, TooLong.
    """
    said = needed_text(text, field="text", label=LABELS["text"], limit=_LONGEST)
    _keep(session, row, (OPEN,), N_("答复"))
    answer = OrderAnswer(order_id=row.id or 0, text=said, file_id=file_id, answered_by_id=by.id, answered_by=by.name)
    session.add(answer)
    _move(session, row, ANSWERED)
    _note(session, "answer-order", row, before={"state": OPEN}, after={"state": ANSWERED, "text": said}, by=by)
    return answer


def return_answer(session: Session, row: SupervisionOrder, *, reason: str, by: Actor) -> OrderAnswer:
    """Gives the newest answer back, because what was asked for is not done.

    Errors: NotWaiting, OwnAnswer, Missing, TooLong.
    """
    why = needed_text(reason, field="reason", label=LABELS["reason"], limit=1000)
    _keep(session, row, (ANSWERED,), N_("退回答复"))
    answer = newest_answer(session, row)
    assert answer is not None
    if by.stands_behind(answer.answered_by_id, answer.answered_by):
        raise OwnAnswer(number=row.number)
    answer.returned_at, answer.returned_by, answer.returned_reason = now(), by.name, why
    session.add(answer)
    _move(session, row, OPEN)
    _note(session, "return-answer", row, before={"state": ANSWERED}, after={"state": OPEN}, reason=why, by=by)
    return answer


def close_order(
    session: Session, row: SupervisionOrder, *, outcome: str, unanswered: bool = False, by: Actor
) -> SupervisionOrder:
    """Ends an order with how it came out; one that nobody answered only when `unanswered` says that this is meant.

    Errors: NotWaiting, NotAnswered, OwnAnswer, Missing, TooLong.
    """
    said = needed_text(outcome, field="outcome", label=LABELS["outcome"], limit=1000)
    before = _keep(session, row, (OPEN, ANSWERED), N_("销号"))
    if before == OPEN and not unanswered:
        raise NotAnswered(field="unanswered", number=row.number)
    answer = newest_answer(session, row)
    if before == ANSWERED and answer is not None and by.stands_behind(answer.answered_by_id, answer.answered_by):
        raise OwnAnswer(number=row.number)
    row.closed_at, row.closed_by, row.outcome = now(), by.name, said
    row.closed_on = day_of(row.closed_at)
    _move(session, row, CLOSED)
    after = {"state": CLOSED, "closed_on": row.closed_on, "outcome": said}
    _note(session, "close-order", row, before={"state": before}, after=after, by=by)
    return row


def newest_answer(session: Session, row: SupervisionOrder) -> OrderAnswer | None:
    """The answer that stands, unless it was returned."""
    query = select(OrderAnswer).where(OrderAnswer.order_id == row.id, col(OrderAnswer.returned_at).is_(None))
    return session.exec(query.order_by(col(OrderAnswer.id).desc())).first()


def _keep(session: Session, row: SupervisionOrder, states: tuple[str, ...], act: str) -> str:
    """Keeps the order until the transaction ends; its state.

    Errors: NotWaiting.
    """
    session.refresh(row, with_for_update=True)
    if row.state not in states:
        raise NotWaiting(number=row.number, state=ORDER_STATES[row.state], act=act)
    return row.state


def _move(session: Session, row: SupervisionOrder, state: str) -> None:
    row.state = state
    row.row_version += 1
    session.add(row)
    session.flush()


def _note(session: Session, action: str, row: SupervisionOrder, **what: Any) -> None:
    audit.record(session, action, SUBJECT, row.id or 0, **what)
