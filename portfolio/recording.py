"""Putting a record that is matched by its key: made when new, changed where it differs, left alone where a person changed it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlmodel import Session, SQLModel, select

from core import audit
from core.audit import Actor
from portfolio.citations import Citation, supplied_values

Table = TypeVar("Table", bound=SQLModel)


@dataclass(frozen=True)
class Difference:
    """A field that a person changed and that therefore keeps the person's value, not the incoming one."""

    subject: str
    key: str
    field: str
    kept: Any
    incoming: Any
    supplied_by: str


@dataclass
class Tally:
    """What a load did."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    differences: list[Difference] = field(default_factory=list)


def put_record(
    session: Session,
    table: type[Table],
    match: dict[str, Any],
    values: dict[str, Any],
    *,
    subject: str,
    key: str,
    tally: Tally,
    by: Actor,
    facts: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> Table:
    """The row that the match finds, brought to the values; a new one when there is none.

    A field with a supplied value (a person's) keeps it, and the difference is tallied.
    """
    row = session.exec(select(table).filter_by(**match)).first()
    if row is None:
        row = table(**match, **values)
        session.add(row)
        session.flush()
        audit.record(session, "create", subject, _id(row), after=facts({**match, **values}), by=by)
        tally.created += 1
        return row
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    owned = supplied_values(session, subject, _id(row)) if different else {}
    for name in sorted(different.keys() & owned.keys()):
        tally.differences.append(
            Difference(subject, key, name, getattr(row, name), different.pop(name), owned[name].supplied_by)
        )
    if not different:
        tally.unchanged += 1
        return row
    before = {name: getattr(row, name) for name in different}
    for name, value in different.items():
        setattr(row, name, value)
    if hasattr(row, "row_version"):
        row.row_version += 1
    session.add(row)
    session.flush()
    audit.record(session, "edit", subject, _id(row), before=before, after=different, by=by)
    tally.changed += 1
    return row


def _id(row: Any) -> int:
    assert isinstance(row.id, int)
    return row.id


@dataclass(frozen=True)
class NewCitation:
    """Lines of a plan's text: for the whole record, or for one field of it."""

    first_line: int
    last_line: int
    table_label: str | None = None
    section: str | None = None
    field: str = ""
    role: str = "main"


def cite(session: Session, subject: str, subject_id: int, plan_id: int, citations: list[NewCitation]) -> None:
    """Makes these the citations of a record; rows that are already so stay untouched."""
    wanted: list[dict[str, Any]] = [
        {
            "table_label": new.table_label,
            "section": new.section,
            "first_line": new.first_line,
            "last_line": new.last_line,
            "field": new.field,
            "role": new.role,
        }
        for new in citations
    ]
    held = session.exec(select(Citation).where(Citation.subject == subject, Citation.subject_id == subject_id)).all()
    spare = list(held)
    for facts in wanted:
        same = next((row for row in spare if all(getattr(row, name) == value for name, value in facts.items())), None)
        if same is not None:
            spare.remove(same)
        else:
            session.add(Citation(subject=subject, subject_id=subject_id, plan_id=plan_id, **facts))
    for row in spare:
        session.delete(row)
