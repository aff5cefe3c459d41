"""Orders and meetings as people read them: lists with their filters, one order with its thread, one meeting with its items."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from core.calendar import day_of, period_from_text, today
from core.database import select_columns
from core.errors import N_, NotThere
from core.files import StoredFile
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.edition_reading import ListedEdition
from reports.edition_titles import report_name
from reports.editions import Edition
from reports.findings import Words
from reports.meetings import items_of
from reports.ordering import lamp_kept
from reports.orders import CLOSED, OPEN, Meeting, MeetingItem, OrderAnswer, SupervisionOrder

PAGE = 50
_NUMBERED = N_("第 %(number)s 号")


@dataclass(frozen=True)
class OrderLine:
    """An order as a list shows it."""

    row: SupervisionOrder
    plan: Plan
    department: str
    project_code: str | None
    project: str | None
    meeting_id: int | None
    meeting: str | None

    @property
    def overdue(self) -> bool:
        """Whether its day has passed while nobody answered."""
        return self.row.state == OPEN and self.row.due_on < today()

    @property
    def days(self) -> int:
        """Days that are left, below zero when it is late."""
        return (self.row.due_on - today()).days

    @property
    def lamp(self) -> dict[str, Any] | None:
        return lamp_kept(self.row)


@dataclass(frozen=True)
class OrderFilter:
    """What the list is narrowed to; None means not narrowed. `own` are departments whose orders alone are shown."""

    plan_id: int | None = None
    state: str | None = None
    department_id: int | None = None
    project_id: int | None = None
    overdue: bool = False
    item_ids: frozenset[int] | None = None


@dataclass(frozen=True)
class Answered:
    """One answer of the thread, with the file that came with it."""

    row: OrderAnswer
    file: StoredFile | None


@dataclass(frozen=True)
class MeetingSheet:
    """A meeting with its items, each with its project and the orders that came of it, and the edition that lay before it."""

    row: Meeting
    plan: Plan
    items: tuple[tuple[MeetingItem, Project | None, tuple[OrderLine, ...]], ...]
    edition: ListedEdition | None


def orders(
    session: Session, reader: Reader, chosen: OrderFilter, *, after: int = 0, size: int = PAGE
) -> tuple[list[OrderLine], int | None]:
    """One page of the orders that the reader sees, what is not ended first, by its day; how many to pass over for the next."""
    order = SupervisionOrder
    ended = col(order.state) == CLOSED
    query = _lines(reader, chosen).order_by(ended, col(order.due_on), col(order.id)).offset(after).limit(size + 1)
    lines: list[OrderLine] = [OrderLine(*row) for row in session.execute(query).all()]
    return lines[:size], after + size if len(lines) > size else None


def order_counts(session: Session, reader: Reader, chosen: OrderFilter) -> Counter[str]:
    """How many orders of the filter are in each state, and how many are overdue."""
    query = _lines(reader, chosen).with_only_columns(SupervisionOrder.state, SupervisionOrder.due_on)
    found: Counter[str] = Counter()
    for state, due_on in session.execute(query):
        found[state] += 1
        found["overdue"] += state == OPEN and due_on < today()
    return found


def find_order(session: Session, reader: Reader, id_: int) -> OrderLine:
    """Errors: NotThere, also for who may not see its plan."""
    row = session.execute(_lines(reader, OrderFilter()).where(col(SupervisionOrder.id) == id_)).first()
    if row is None:
        raise NotThere
    return OrderLine(*row)


def answers_of(session: Session, order_id: int) -> list[Answered]:
    """The thread of an order, oldest first."""
    query = (
        select(OrderAnswer, StoredFile)
        .outerjoin(StoredFile, col(StoredFile.id) == OrderAnswer.file_id)
        .where(OrderAnswer.order_id == order_id)
        .order_by(col(OrderAnswer.id))
    )
    return [Answered(row, file) for row, file in session.exec(query)]


def waiting_by_department(
    session: Session, plan_id: int, department_ids: Collection[int]
) -> dict[int, tuple[int, int]]:
    """How many orders of a plan wait for each of these departments' answers, and how many of them are late."""
    order = SupervisionOrder
    query = select_columns(order.department_id, order.due_on).where(
        col(order.plan_id) == plan_id, col(order.state) == OPEN, col(order.department_id).in_(department_ids)
    )
    found: dict[int, tuple[int, int]] = {}
    for department_id, due_on in session.execute(query):
        waiting, late = found.get(department_id, (0, 0))
        found[department_id] = (waiting + 1, late + (due_on < today()))
    return found


def departments_asked(session: Session, reader: Reader) -> list[tuple[int, str]]:
    """The departments of which any order that the reader sees asks something."""
    query = (
        select_columns(Department.id, Department.name, Department.name_sort)
        .join(SupervisionOrder, col(SupervisionOrder.department_id) == Department.id)
        .where(reader.sees(SupervisionOrder.plan_id))  # type: ignore[arg-type]
        .distinct()
        .order_by(col(Department.name_sort), col(Department.id))
    )
    return [(id_, name) for id_, name, _ in session.execute(query)]


def _lines(reader: Reader, chosen: OrderFilter) -> Any:
    order = SupervisionOrder
    asked: list[Any] = [reader.sees(order.plan_id)]  # type: ignore[arg-type]
    for name in ("plan_id", "state", "department_id", "project_id"):
        if (value := getattr(chosen, name)) is not None:
            asked.append(getattr(order, name) == value)
    if chosen.overdue:
        asked += [col(order.state) == OPEN, col(order.due_on) < today()]
    if chosen.item_ids is not None:
        asked.append(col(order.meeting_item_id).in_(chosen.item_ids))
    return (
        select_columns(order, Plan, Department.name, Project.code, Project.name, Meeting.id, Meeting.title)
        .join(Plan, col(Plan.id) == order.plan_id)
        .join(Department, col(Department.id) == order.department_id)
        .outerjoin(Project, col(Project.id) == order.project_id)
        .outerjoin(MeetingItem, col(MeetingItem.id) == order.meeting_item_id)
        .outerjoin(Meeting, col(Meeting.id) == MeetingItem.meeting_id)
        .where(*asked)
    )


# ---- meetings


def meetings(session: Session, reader: Reader, plan_id: int | None) -> Sequence[tuple[Meeting, Plan, int]]:
    """The meetings that the reader sees, newest first, each with how many orders came of it."""
    query = select(Meeting, Plan).join(Plan, col(Plan.id) == Meeting.plan_id).where(reader.sees(Meeting.plan_id))  # type: ignore[arg-type]
    if plan_id is not None:
        query = query.where(Meeting.plan_id == plan_id)
    rows = session.exec(query.order_by(col(Meeting.held_on).desc(), col(Meeting.id).desc())).all()
    given = (
        select_columns(MeetingItem.meeting_id)
        .join(SupervisionOrder, col(SupervisionOrder.meeting_item_id) == MeetingItem.id)
        .where(col(MeetingItem.meeting_id).in_([row.id for row, _ in rows]))
    )
    counts = Counter(session.scalars(given))
    return [(row, plan, counts[row.id]) for row, plan in rows]


def find_meeting(session: Session, reader: Reader, id_: int) -> Meeting:
    """Errors: NotThere, also for who may not see its plan."""
    row = session.get(Meeting, id_)
    if row is None or not reader.may("view", row.plan_id):
        raise NotThere
    return row


def meeting_sheet(session: Session, reader: Reader, row: Meeting) -> MeetingSheet:
    """Everything that the page of a meeting shows."""
    items = items_of(session, row.id or 0)
    wanted = OrderFilter(item_ids=frozenset(one.id or 0 for one in items))
    by_item: dict[int | None, list[OrderLine]] = defaultdict(list)
    for line in orders(session, reader, wanted, size=PAGE * 4)[0]:
        by_item[line.row.meeting_item_id].append(line)
    ids = [one.project_id for one in items if one.project_id is not None]
    projects = {one.id: one for one in session.exec(select(Project).where(col(Project.id).in_(ids)))}
    return MeetingSheet(
        row,
        session.get_one(Plan, row.plan_id),
        tuple((one, projects.get(one.project_id), tuple(by_item[one.id])) for one in items),
        None if row.edition_id is None else _listed_edition(session, row.edition_id),
    )


def _listed_edition(session: Session, id_: int) -> ListedEdition:
    edition = session.get_one(Edition, id_)
    return ListedEdition(
        edition, session.get_one(Plan, edition.plan_id), session.get_one(ReportingPeriod, edition.period_id)
    )


def editions_before(session: Session, plan_id: int, on: date, words: Words) -> list[tuple[int, str]]:
    """The editions of a plan that a meeting of that day may have had before it, newest first: id, and number and title."""
    query = (
        select(Edition, ReportingPeriod.name)
        .join(ReportingPeriod, col(ReportingPeriod.id) == Edition.period_id)
        .where(Edition.plan_id == plan_id)
        .order_by(col(Edition.number).desc())
    )
    return [
        (row.id or 0, f"{words.say(_NUMBERED, number=row.number)} {report_name(period_from_text(name), words)}")
        for row, name in session.exec(query)
        if day_of(row.issued_at) <= on
    ]
