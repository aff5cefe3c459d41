"""Recording a meeting of the leading group (领导小组会议) with its items, and changing the record. The caller asks the gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import today
from core.errors import N_, Broken, Invalid, Missing, NotThere, SeveralBroken, Stale
from core.text import checked_text, needed_text
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.editions import Edition
from reports.orders import Meeting, MeetingItem, SupervisionOrder

SUBJECT = "meeting"  # of the audit trail
LABELS = {
    "held_on": N_("会议日期"),
    "title": N_("会议名称"),
    "place": N_("地点"),
    "chair": N_("主持人"),
    "present": N_("出席人员"),
    "document": N_("会议纪要文号"),
    "edition_id": N_("会上的报告"),
    "edition": N_("会上的报告"),  # by its number, as the audit trail has it
    "item_title": N_("议题"),
    "decision": N_("议定事项"),
    "project_id": N_("项目"),
    "items": N_("议题"),
}
_LIMITS = {"place": 200, "chair": 120, "present": 2000, "document": 200}
MOST_ITEMS = 40


class MeetingToCome(Broken):
    sentence = N_("会议日期填写的是 %(found)s，晚于今天（%(today)s）；会后再记录。")


class ItemHasOrders(Broken):
    status = 409
    sentence = N_("议题“%(title)s”已经发出督办，不能删去。")


@dataclass(frozen=True)
class NewItem:
    """An item as it is typed; `id` is that of one that is recorded already."""

    title: str
    decision: str | None = None
    project_id: int | None = None
    id: int | None = None


@dataclass(frozen=True)
class NewMeeting:
    """What is recorded of a meeting; `edition_id` is the report that lay before it."""

    held_on: date
    title: str
    items: Sequence[NewItem] = ()
    place: str | None = None
    chair: str | None = None
    present: str | None = None
    document: str | None = None
    edition_id: int | None = None


def record_meeting(session: Session, plan: Plan, new: NewMeeting, *, by: Actor) -> Meeting:
    """A meeting with its items.

    Errors: SeveralBroken with every field that cannot be accepted; NotThere.
    """
    assert plan.id is not None
    kept = _checked(session, plan, new)
    row = Meeting(plan_id=plan.id, recorded_by=by.name, **kept)
    session.add(row)
    session.flush()
    _put_items(session, plan, row, new.items)
    audit.record(session, "record-meeting", SUBJECT, row.id or 0, after=facts(session, row), by=by)
    return row


def change_meeting(
    session: Session, plan: Plan, row: Meeting, new: NewMeeting, *, expected_version: int, by: Actor
) -> Meeting:
    """Brings the record of a meeting to new values. An item out of which an order came stays.

    Errors: Stale; SeveralBroken, ItemHasOrders, NotThere.
    """
    session.refresh(row, with_for_update=True)
    if row.row_version != expected_version:
        raise Stale(who=row.recorded_by)
    before = facts(session, row)
    for name, value in _checked(session, plan, new).items():
        setattr(row, name, value)
    row.row_version += 1
    session.add(row)
    _put_items(session, plan, row, new.items)
    audit.record(session, "edit", SUBJECT, row.id or 0, before=before, after=facts(session, row), by=by)
    return row


def items_of(session: Session, meeting_id: int) -> Sequence[MeetingItem]:
    """The items of a meeting in their order."""
    query = select(MeetingItem).where(MeetingItem.meeting_id == meeting_id)
    return session.exec(query.order_by(col(MeetingItem.position))).all()


def facts(session: Session, row: Meeting) -> dict[str, Any]:
    """A meeting as the audit trail keeps it."""
    kept = {name: getattr(row, name) for name in ("held_on", "title", *_LIMITS)}
    kept["edition"] = None if row.edition_id is None else session.get_one(Edition, row.edition_id).number
    items = [f"{one.title}：{one.decision}" if one.decision else one.title for one in items_of(session, row.id or 0)]
    return kept | {"items": "；".join(items)}


def _checked(session: Session, plan: Plan, new: NewMeeting) -> dict[str, Any]:
    """Errors: SeveralBroken, NotThere."""
    problems: list[Broken] = []
    kept: dict[str, Any] = {"held_on": new.held_on, "edition_id": new.edition_id}
    if new.held_on > today():
        problems.append(MeetingToCome(field="held_on", found=new.held_on.isoformat(), today=today().isoformat()))
    for name, limit in {"title": 200, **_LIMITS}.items():
        check = needed_text if name == "title" else checked_text
        try:
            kept[name] = check(getattr(new, name), field=name, label=LABELS[name], limit=limit)
        except Broken as problem:
            problems.append(problem)
    if new.edition_id is not None:
        edition = session.get(Edition, new.edition_id)
        if edition is None or edition.plan_id != plan.id:
            found, expected = str(new.edition_id), N_("本规划已发布的一份报告")
            problems.append(Invalid(field="edition_id", label=LABELS["edition_id"], found=found, expected=expected))
    if not new.items:
        problems.append(Missing(field="items", label=LABELS["items"]))
    if problems:
        raise SeveralBroken(problems)
    return kept


def _put_items(session: Session, plan: Plan, row: Meeting, items: Sequence[NewItem]) -> None:
    """Brings the items to these, in their order.

    Errors: SeveralBroken by the place of the item (`item_title-2`), ItemHasOrders, NotThere.
    """
    assert row.id is not None
    held = {one.id: one for one in items_of(session, row.id)}
    kept = {one.id for one in items if one.id is not None}
    if not kept <= held.keys():
        raise NotThere
    for gone in [one for id_, one in held.items() if id_ not in kept]:
        if session.exec(select(SupervisionOrder.id).where(SupervisionOrder.meeting_item_id == gone.id)).first():
            raise ItemHasOrders(field="items", title=gone.title)
        session.delete(gone)
    # Places are unique: what stays leaves its place before anything takes it.
    for number, one in enumerate(kept, start=1):
        held[one].position = -number
    session.flush()
    problems: list[Broken] = []
    for place, item in enumerate(items, start=1):
        try:
            values = _item(session, plan, item, place)
        except Broken as problem:
            problems.append(problem)
            continue
        stored = held.get(item.id) or MeetingItem(meeting_id=row.id, position=place, title="")
        for name, value in (values | {"position": place}).items():
            setattr(stored, name, value)
        session.add(stored)
    if problems:
        raise SeveralBroken(problems)
    session.flush()


def _item(session: Session, plan: Plan, item: NewItem, place: int) -> dict[str, Any]:
    """Errors: Missing, TooLong; NotThere for a project of another plan."""
    title = needed_text(item.title, field=f"item_title-{place}", label=LABELS["item_title"], limit=200)
    decision = checked_text(item.decision, field=f"decision-{place}", label=LABELS["decision"], limit=4000)
    if item.project_id is not None:
        project = session.get(Project, item.project_id)
        if project is None or project.plan_id != plan.id:
            raise NotThere
    return {"title": title, "decision": decision, "project_id": item.project_id}
