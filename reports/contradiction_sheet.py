"""Contradictions of every plan that the reader sees: the list, and one with all of its readings side by side."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, func, select

from core import audit
from core.audit import HistoryLine
from core.database import select_columns
from core.errors import N_, NotThere
from milestones.commitments import Commitment
from milestones.indicators import Indicator
from portfolio.access import Reader
from portfolio.citations import Citation, citations_of
from portfolio.contradictions import Contradiction, Reading
from portfolio.plans import Plan, Programme
from portfolio.projects import Project
from reports.narrowing import PAGE, holds, page_of_ids

# What two readings differ in.
FIELDS = {
    "baseline": N_("现状值"),
    "count": N_("个数"),
    "estimate": N_("投资"),
    "lead_department": N_("牵头部门"),
    "name": N_("名称"),
    "place": N_("地点"),
    "programme": N_("规划类别"),
    "quantity": N_("工程量"),
    "target": N_("目标"),
    "text": N_("表述"),
    "unit": N_("单位"),
    "years": N_("起止年限"),
}


@dataclass(frozen=True)
class ContradictionFilter:
    """What the list is narrowed to; None or empty means not narrowed."""

    text: str = ""
    plan_id: int | None = None
    field: str | None = None
    grave: bool = False
    undecided: bool = False


@dataclass(frozen=True)
class Subject:
    """The record that a contradiction is about: its kind, a key that its address is made of, and its name."""

    kind: str
    key: str
    name: str


@dataclass(frozen=True)
class ContradictionLine:
    """A contradiction of the list with what it is about and how many readings it has."""

    contradiction: Contradiction
    plan: Plan
    subject: Subject | None
    readings: int


@dataclass(frozen=True)
class ContradictionList:
    """One page of the list. `grave` and `undecided` count within everything that the other filters leave."""

    lines: tuple[ContradictionLine, ...]
    total: int
    grave: int
    undecided: int
    fields: dict[str, int]
    following: int | None


def contradiction_list(
    session: Session, reader: Reader, chosen: ContradictionFilter, *, after: int | None = None, size: int = PAGE
) -> ContradictionList:
    """One page of the contradictions, the grave ones first."""
    query = (
        select(Contradiction, Plan)
        .join(Plan, col(Plan.id) == Contradiction.plan_id)
        .where(reader.sees(Contradiction.plan_id))  # type: ignore[arg-type]
        .order_by(col(Contradiction.grave).desc(), col(Plan.id), col(Contradiction.position), col(Contradiction.id))
    )
    if chosen.plan_id is not None:
        query = query.where(Contradiction.plan_id == chosen.plan_id)
    rows = [
        (row, plan)
        for row, plan in session.exec(query)
        if holds(chosen.text, row.key, row.summary, row.summary_en, row.why, row.decision)
    ]
    fields: dict[str, int] = {}
    for row, _ in rows:
        fields[row.field] = fields.get(row.field, 0) + 1
    rows = [(row, plan) for row, plan in rows if chosen.field is None or row.field == chosen.field]
    found = {
        row.id or 0: (row, plan)
        for row, plan in rows
        if (row.grave or not chosen.grave) and (row.decided_at is None or not chosen.undecided)
    }
    page, following = page_of_ids(list(found), after, size)
    readings = dict(
        session.exec(
            select(Reading.contradiction_id, func.count())
            .where(col(Reading.contradiction_id).in_(page))
            .group_by(col(Reading.contradiction_id))
        ).all()
    )
    shown = [found[id_] for id_ in page]
    about = subjects(session, [row for row, _ in shown])
    return ContradictionList(
        lines=tuple(
            ContradictionLine(
                contradiction=row,
                plan=plan,
                subject=about.get((row.subject or "", row.subject_id or 0)),
                readings=readings.get(row.id or 0, 0),
            )
            for row, plan in shown
        ),
        total=len(found),
        grave=sum(row.grave for row, _ in rows),
        undecided=sum(row.decided_at is None for row, _ in rows),
        fields=fields,
        following=following,
    )


def subjects(session: Session, rows: list[Contradiction]) -> dict[tuple[str, int], Subject]:
    """The records that contradictions are about, in one query for each kind of record."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        if row.subject is not None and row.subject_id is not None:
            wanted.setdefault(row.subject, set()).add(row.subject_id)
    tables: dict[str, tuple[Any, Any, Any]] = {
        "project": (Project.id, Project.code, Project.name),
        "indicator": (Indicator.id, Indicator.no, Indicator.name),
        "commitment": (Commitment.id, Commitment.key, Commitment.name),
        "programme": (Programme.id, Programme.id, Programme.name),
    }
    found = {}
    for kind, ids in wanted.items():
        id_column, key_column, name_column = tables[kind]
        keyed = select_columns(id_column, key_column.label("key"), name_column.label("name"))
        for id_, key, name in session.execute(keyed.where(id_column.in_(ids))):
            found[kind, id_] = Subject(kind, str(key), name)
    return found


@dataclass(frozen=True)
class ReadingLine:
    """One side of a contradiction with the lines that it stands in."""

    reading: Reading
    citation: Citation | None


@dataclass(frozen=True)
class ContradictionSheet:
    """A contradiction with all of its readings, what it is about, and what was done about it."""

    contradiction: Contradiction
    plan: Plan
    subject: Subject | None
    readings: tuple[ReadingLine, ...]
    history: tuple[HistoryLine, ...]


def contradiction_sheet(session: Session, reader: Reader, contradiction_id: int) -> ContradictionSheet:
    """Errors: NotThere, also when the reader may not see the plan."""
    row = session.get(Contradiction, contradiction_id)
    if row is None or not reader.may("view", row.plan_id):
        raise NotThere
    readings = session.exec(
        select(Reading).where(Reading.contradiction_id == contradiction_id).order_by(col(Reading.position))
    ).all()
    cited = {
        one.field: one
        for one in citations_of(session, "contradiction", [contradiction_id])[contradiction_id]
        if one.role == "reading"
    }
    about = subjects(session, [row])
    history = audit.history(session, "contradiction", contradiction_id) if reader.may("history", row.plan_id) else []
    return ContradictionSheet(
        contradiction=row,
        plan=session.get_one(Plan, row.plan_id),
        subject=about.get((row.subject or "", row.subject_id or 0)),
        readings=tuple(ReadingLine(one, cited.get(str(one.position))) for one in readings),
        history=tuple(history),
    )
