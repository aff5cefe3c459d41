"""Many new entries of the ledger at once, handed over for approval: the rules of ledger.py in a few statements.

For who brings what one person reported and another looked through, such as the return of a department.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, func
from sqlmodel import Session, col

from budgets.entries import SUBMITTED, LedgerEntry, NewEntry, same_key
from budgets.entry_rules import check_entry, stored
from budgets.locking import lock_projects
from budgets.sources import keep_sources
from core import audit
from core.audit import Actor
from core.calendar import now
from core.database import batches, select_columns
from core.errors import Broken, ManyBroken
from core.inserting import insert_for_ids
from core.money import LARGEST_FEN
from portfolio.leaves import unfit_leaves
from portfolio.periods import keep_quarters
from portfolio.projects import Project

_TABLE = LedgerEntry.__table__  # type: ignore[attr-defined]
_LAST_ORDINALS = (
    select_columns(LedgerEntry.same_key, func.max(LedgerEntry.ordinal))
    .where(col(LedgerEntry.same_key).in_(bindparam("keys", expanding=True)))
    .group_by(col(LedgerEntry.same_key))
)
_TOLD = ("project_id", "stage", "kind", "source_id", "amount_fen", "occurred_on", "document", "note", "state")


def record_entries(
    session: Session,
    entries: Sequence[tuple[Project, NewEntry]],
    *,
    submitted_by: Actor,
    reason: str | None = None,
    by: Actor,
) -> list[int]:
    """New entries of leaf projects, submitted; their ids in the same order. `by` reported them, `reason` is for the audit trail.

    Errors: ManyBroken with what is wrong by place (Archived, NotALeaf, SeveralBroken); nothing is written then.
    """
    if not entries:
        return []
    keep_quarters(session, {project.plan_id for project, _ in entries})
    lock_projects(session, {project.id or 0 for project, _ in entries})
    keep_sources(session, {new.source_id for _, new in entries if new.source_id is not None})
    _check(session, entries)
    at = now()
    reported = {"recorded_at": at, "recorded_by_id": by.id, "recorded_by": by.name, "state": SUBMITTED}
    submitted = {"submitted_at": at, "submitted_by_id": submitted_by.id, "submitted_by": submitted_by.name}
    unset = {"reverses_id": None, "import_id": None, "own_department": False, "row_version": 1}
    rows = [{"project_id": project.id, **stored(new), **reported, **submitted, **unset} for project, new in entries]
    _number(session, rows)
    ids = insert_for_ids(session, _TABLE, rows)
    lines = [
        audit.as_row(
            "record",
            "ledger_entry",
            id_,
            after={name: row[name] for name in _TOLD},
            reason=reason,
            by=by,
        )
        for id_, row in zip(ids, rows, strict=True)
    ]
    audit.record_all(session, lines)
    return ids


def _check(session: Session, entries: Sequence[tuple[Project, NewEntry]]) -> None:
    """Errors: ManyBroken."""
    unfit = unfit_leaves(session, {project.id or 0 for project, _ in entries})
    problems: dict[int, Broken] = {}
    known: dict[tuple[Any, ...], Broken | None] = {}
    for place, (project, new) in enumerate(entries):
        problem = unfit.get(project.id or 0)
        if problem is None:
            # Rules look at other entries for reductions only, and at the amount by itself: others alike are asked about once.
            in_range = 0 < new.amount_fen <= LARGEST_FEN
            one = new if new.reduction or not in_range else replace(new, amount_fen=1)
            alike = (project.plan_id, project.id if new.reduction else 0, one)
            if alike not in known:
                known[alike] = _problem(session, project, one)
            problem = known[alike]
        if problem is not None:
            problems[place] = problem
    if problems:
        raise ManyBroken(problems)


def _problem(session: Session, project: Project, new: NewEntry) -> Broken | None:
    try:
        check_entry(session, project, new)
    except Broken as problem:
        return problem
    return None


def _number(session: Session, rows: list[dict[str, Any]]) -> None:
    """Gives each row its key, and its ordinal among the entries that are equal to it."""
    for row in rows:
        facts = (row[name] for name in ("project_id", "stage", "source_id", "occurred_on", "amount_fen", "document"))
        row["same_key"] = same_key(*facts)
    last: dict[str, int] = {}
    for keys in batches(row["same_key"] for row in rows):
        last |= dict(session.execute(_LAST_ORDINALS, {"keys": keys}).all())
    for row in rows:
        row["ordinal"] = last[row["same_key"]] = max(last.get(row["same_key"], 0), 0) + 1
