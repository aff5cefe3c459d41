"""The ledger as people read it: filters, and pages by key. What a list adds up to stands in ledger_sums.py."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, true, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from budgets.entries import APPROVED, REJECTED, LedgerEntry
from core.database import select_columns
from core.text import matching_key
from portfolio.access import Reader
from portfolio.corrections import LEDGER_ENTRY, requested_facts
from portfolio.dated import in_force
from portfolio.projects import Project, ProjectBody, ProjectProgramme

PAGE = 50
_EXPORTED = 500  # rows of an export held at once

_PACKAGE = aliased(Project)
_REVERSAL = aliased(LedgerEntry)
_TOP = func.coalesce(col(Project.parent_id), col(Project.id))


@dataclass(frozen=True)
class LedgerFilter:
    """What the list is narrowed to; None or empty means not narrowed.

    Units: `least_fen` and `most_fen` bound the amount without its sign; `until_quarter` bounds the business date, and
    `posted_until` the quarter in which an entry was posted. `quarter` is the one whose headings and departments hold.
    """

    quarter: int
    plan_id: int | None = None
    project_ids: frozenset[int] | None = None  # leaf projects
    project_text: str = ""
    programme_ids: frozenset[int] | None = None
    department_id: int | None = None
    stage: str | None = None
    state: str | None = None
    kind: str | None = None
    source_ids: frozenset[int] | None = None
    no_source: bool = False
    first_on: date | None = None
    last_on: date | None = None
    until_quarter: int | None = None
    posted_until: int | None = None
    text: str = ""  # in the document number or the note
    least_fen: int | None = None
    most_fen: int | None = None
    recorded_by: tuple[int | None, str] | None = None
    import_id: int | None = None
    # Only what waits for an approver of these: each stage with the plans in which (None: every plan). What stands in a
    # correction waits there.
    stages_in: frozenset[tuple[str, frozenset[int] | None]] | None = None


@dataclass(frozen=True)
class Cursor:
    """The place between two pages: the day and the id of the last row."""

    occurred_on: date
    id: int


@dataclass(frozen=True)
class LedgerPage:
    rows: Sequence[Any]
    following: Cursor | None


# What a row holds. `reversal_id` names the entry that reverses it, unless that was sent back.
COLUMNS: tuple[Any, ...] = (
    *(
        getattr(LedgerEntry, name)
        for name in (
            *("id", "project_id", "stage", "kind", "source_id", "amount_fen", "occurred_on", "document", "note"),
            *("correction_reason", "reverses_id", "import_id", "state", "recorded_at", "recorded_by_id", "recorded_by"),
            *("submitted_at", "submitted_by_id", "submitted_by", "approved_at", "approved_by", "own_department"),
            *("posted_period", "rejected_at", "rejected_by", "rejected_reason", "row_version"),
        )
    ),
    col(Project.plan_id),
    col(Project.code),
    col(Project.name),
    _TOP.label("top_id"),
    col(_PACKAGE.code).label("package_code"),
    col(_PACKAGE.name).label("package_name"),
    col(_REVERSAL.id).label("reversal_id"),
)


def ledger_page(
    session: Session,
    reader: Reader,
    chosen: LedgerFilter,
    *,
    descending: bool = True,
    after: Cursor | None = None,
    size: int = PAGE,
) -> LedgerPage:
    """One page of the entries that the reader sees, by business date."""
    query = listed_query(reader, chosen, descending=descending)
    if after is not None:
        place = tuple_(col(LedgerEntry.occurred_on), col(LedgerEntry.id))
        beyond = (after.occurred_on, after.id)
        query = query.where(place < beyond if descending else place > beyond)
    rows = session.execute(query.limit(size + 1)).all()
    following = Cursor(rows[size - 1].occurred_on, rows[size - 1].id) if len(rows) > size else None
    return LedgerPage(rows[:size], following)


def every_entry(
    session: Session, reader: Reader, chosen: LedgerFilter, *, descending: bool = False, limit: int | None = None
) -> Iterable[Any]:
    """All entries of the filtered list, as they come, for exports."""
    query = listed_query(reader, chosen, descending=descending).limit(limit)
    return session.execute(query, execution_options={"yield_per": _EXPORTED})


def find_row(session: Session, reader: Reader, id_: int) -> Any | None:
    """One entry as the list has it, when the reader sees it."""
    seen = true() if reader.plans_for("view") is None else reader.sees(Project.plan_id)  # type: ignore[arg-type]
    return session.execute(_joined(select_columns(*COLUMNS)).where(seen, col(LedgerEntry.id) == id_)).first()


def stages_of(session: Session, reader: Reader, ids: Collection[int]) -> list[Any]:
    """Stage, state and plan (`id`, `stage`, `state`, `plan_id`) of those of some entries that the reader sees."""
    wanted = sorted(set(ids))
    found: list[Any] = []
    for start in range(0, len(wanted), _EXPORTED):
        query = with_projects(
            select_columns(LedgerEntry.id, LedgerEntry.stage, LedgerEntry.state, col(Project.plan_id))
        )
        of_these = col(LedgerEntry.id).in_(wanted[start : start + _EXPORTED])
        found += session.execute(query.where(reader.sees(Project.plan_id), of_these)).all()  # type: ignore[arg-type]
    return found


# ---- the query


def with_projects(query: Select[Any]) -> Select[Any]:
    """Entries with their project, for sums: the database begins where it likes."""
    return query.select_from(LedgerEntry).join(Project, col(Project.id) == LedgerEntry.project_id)


def _joined(query: Select[Any]) -> Select[Any]:
    """Entries with their project, its package and what reverses them, entries first.

    Said like this, SQLite looks up the project of each entry. Otherwise it may begin with the projects, and then has to read
    and sort the whole ledger for one page of it.
    """
    of_entry: Any = func.coalesce(col(LedgerEntry.project_id), col(LedgerEntry.project_id))
    reversing = and_(col(_REVERSAL.reverses_id) == LedgerEntry.id, col(_REVERSAL.state) != REJECTED)
    with_project = query.select_from(LedgerEntry).join(Project, col(Project.id) == of_entry)
    return with_project.outerjoin(_PACKAGE, col(_PACKAGE.id) == Project.parent_id).outerjoin(_REVERSAL, reversing)


def listed_query(reader: Reader, chosen: LedgerFilter, *, descending: bool) -> Select[Any]:
    """The rows of a filtered list in their order."""
    query = _joined(select_columns(*COLUMNS)).where(*conditions(reader, chosen))
    day: Any = col(LedgerEntry.occurred_on)
    id_ = col(LedgerEntry.id)
    if _is_short(chosen):
        # A short list is found by an index of its own and then sorted. Said like this, SQLite cannot instead walk through
        # the whole ledger in the order of days to find the few that are asked for.
        day = func.coalesce(day, day)
    return query.order_by(day.desc(), id_.desc()) if descending else query.order_by(day, id_)


def _is_short(chosen: LedgerFilter) -> bool:
    """Whether the list is of few projects, or of what is not approved."""
    return (
        chosen.project_ids is not None
        or bool(chosen.project_text.strip())
        or chosen.import_id is not None
        or chosen.state not in (None, APPROVED)
    )


def conditions(reader: Reader, chosen: LedgerFilter) -> list[ColumnElement[bool]]:
    """What the gate and the filter ask of an entry and its project, in a query of `with_projects`."""
    entry = LedgerEntry
    asked: list[ColumnElement[bool]] = [reader.sees(Project.plan_id)]  # type: ignore[arg-type]
    equal = {
        col(Project.plan_id): chosen.plan_id,
        col(entry.stage): chosen.stage,
        col(entry.state): chosen.state,
        col(entry.kind): chosen.kind,
        col(entry.import_id): chosen.import_id,
    }
    asked += [column == wanted for column, wanted in equal.items() if wanted is not None]
    if chosen.state not in (None, APPROVED):
        asked.append(col(entry.state) != APPROVED)  # in the words of the partial index
    if chosen.no_source:
        asked.append(col(entry.source_id).is_(None))
    elif chosen.source_ids is not None:
        asked.append(col(entry.source_id).in_(chosen.source_ids))
    if chosen.first_on is not None:
        asked.append(col(entry.occurred_on) >= chosen.first_on)
    if chosen.last_on is not None:
        asked.append(col(entry.occurred_on) <= chosen.last_on)
    if chosen.until_quarter is not None:
        asked.append(col(entry.occurred_quarter) <= chosen.until_quarter)
    if chosen.posted_until is not None:
        asked.append(col(entry.posted_period) <= chosen.posted_until)
    if chosen.least_fen is not None:
        asked.append(func.abs(entry.amount_fen) >= chosen.least_fen)
    if chosen.most_fen is not None:
        asked.append(func.abs(entry.amount_fen) <= chosen.most_fen)
    if chosen.text.strip():
        asked += [_holds(word) for word in chosen.text.split()]
    if chosen.recorded_by is not None:
        person_id, name = chosen.recorded_by
        asked.append(and_(col(entry.recorded_by) == name, col(entry.recorded_by_id).is_not_distinct_from(person_id)))
    if chosen.stages_in is not None:
        asked.append(col(entry.id).not_in(requested_facts(LEDGER_ENTRY)))
        asked.append(or_(false(), *(_stage_in(stage, plans) for stage, plans in sorted(chosen.stages_in, key=str))))
    return asked + _of_projects(chosen)


def _stage_in(stage: str, plans: frozenset[int] | None) -> ColumnElement[bool]:
    of_stage = col(LedgerEntry.stage) == stage
    return of_stage if plans is None else and_(of_stage, col(Project.plan_id).in_(plans))


def _holds(word: str) -> ColumnElement[bool]:
    return or_(
        col(LedgerEntry.document).icontains(word, autoescape=True),
        col(LedgerEntry.note).icontains(word, autoescape=True),
    )


def _of_projects(chosen: LedgerFilter) -> list[ColumnElement[bool]]:
    entry = LedgerEntry
    asked: list[ColumnElement[bool]] = []
    if chosen.project_ids is not None:
        asked.append(col(entry.project_id).in_(chosen.project_ids))
    if chosen.project_text.strip():
        asked.append(col(LedgerEntry.project_id).in_(_named(chosen.project_text)))
    if chosen.programme_ids is not None:
        under = select_columns(ProjectProgramme.project_id).where(
            col(ProjectProgramme.programme_id).in_(chosen.programme_ids), in_force(ProjectProgramme, chosen.quarter)
        )
        asked.append(_TOP.in_(under))
    if chosen.department_id is not None:
        led = select_columns(ProjectBody.project_id).where(
            col(ProjectBody.department_id) == chosen.department_id,
            col(ProjectBody.role) == "lead",
            in_force(ProjectBody, chosen.quarter),
        )
        asked.append(_TOP.in_(led))
    return asked


def _named(text: str) -> Select[Any]:
    """The projects and parts whose code or name, or that of their package, holds the text."""
    key = matching_key(text)
    if not key:
        return select_columns(Project.id).where(false())
    leaf, package = aliased(Project), aliased(Project)

    def says(one: Any) -> ColumnElement[bool]:
        return or_(func.lower(one.code) == key, col(one.name_key).contains(key, autoescape=True))

    return (
        select_columns(leaf.id)
        .outerjoin(package, col(package.id) == leaf.parent_id)
        .where(or_(says(leaf), says(package)))
    )
