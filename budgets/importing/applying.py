"""Takes staged rows into the ledger: all or nothing, in one short transaction of a few statements, whatever their number."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, literal
from sqlmodel import Session, col, func, select

from budgets.entries import SUBMITTED, LedgerEntry
from budgets.importing.known import held, highest, in_closed_quarters, is_new, sums_of, taken_back_too_much
from budgets.importing.staging import drop_rows
from budgets.importing.tables import ABANDONED, APPLIED, IMPORT_STATES, STAGED, ImportRow, LedgerImport
from budgets.locking import lock_projects
from budgets.sources import keep_sources, source_tree
from core import audit
from core.audit import Actor
from core.calendar import now
from core.database import select_columns
from core.errors import N_, Broken, NotThere
from portfolio.periods import corrected_before
from portfolio.projects import Project

_COPIED = (
    *("project_id", "stage", "kind", "source_id", "amount_fen", "occurred_on", "occurred_quarter", "document", "note"),
    *("correction_reason", "same_key", "import_id"),
)


class NotStaged(Broken):
    status = 409
    sentence = N_("这次导入的状态是“%(state)s”，不是待确认，没有处理。")


class StillBlocked(Broken):
    status = 409
    sentence = N_("文件还有 %(count)s 处必须改正，不能导入。")


class ChangedMeanwhile(Broken):
    status = 409
    sentence = N_("文件读取之后情况有了变化：%(what)s。请重新读取文件，再确认导入。")


def apply_import(
    session: Session, import_id: int, *, allowed: frozenset[int] | None = None, sha256: str, by: Actor
) -> LedgerImport:
    """Adds the new rows of a staged import to the ledger as submitted entries, with one audit row for all of them.

    Errors: NotStaged, StillBlocked; ChangedMeanwhile when a quarter was closed, a project archived or divided, a source
    retired or money taken back since the file was read; NotThere when the person may no longer record for a project.
    """
    row = _claimed(session, import_id)
    if row.blocking_count:
        raise StillBlocked(count=f"{row.blocking_count:,}")
    first_open = corrected_before(session, row.plan_id, lock=True)
    _lock_projects(session, row, allowed)
    _recheck(session, row, first_open)
    sums = sums_of(session, import_id)
    new = _insert(session, import_id, by)
    row.state, row.applied_at = APPLIED, now()
    row.new_count, row.known_count = new, row.row_count - new
    facts = {"file": row.file_name, "sha256": sha256, "rows": row.row_count, "new": new, "known": row.known_count}
    audit.record(session, "import", "ledger_import", import_id, after=facts | {"sums": _new_sums(sums)}, by=by)
    findings: dict[str, Any] = json.loads(row.findings or "{}")
    row.findings = json.dumps(findings | {"sums": sums}, ensure_ascii=False, separators=(",", ":"))
    session.add(row)
    drop_rows(session, import_id)
    session.flush()
    return row


def abandon_import(session: Session, import_id: int, *, by: Actor) -> None:
    """Gives a file up; what was staged of it goes.

    Errors: NotStaged when it was applied or given up already.
    """
    row = session.get(LedgerImport, import_id, with_for_update=True)
    if row is None:
        raise NotThere
    if row.state in (APPLIED, ABANDONED):
        raise NotStaged(state=IMPORT_STATES[row.state])
    row.state = ABANDONED
    session.add(row)
    drop_rows(session, import_id)
    audit.record(session, "abandon", "ledger_import", import_id, after={"file": row.file_name}, by=by)


def _claimed(session: Session, import_id: int) -> LedgerImport:
    """The import, kept from everybody else until the transaction ends."""
    row = session.get(LedgerImport, import_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotThere
    if row.state != STAGED:
        raise NotStaged(state=IMPORT_STATES[row.state])
    return row


def _insert(session: Session, import_id: int, by: Actor) -> int:
    """Adds the rows that the ledger does not hold; their number comes back."""
    at = now()
    values: Mapping[str, Any] = {
        "year": col(ImportRow.occurred_quarter) // 10,
        # Where one of several equals was sent back its place stays free: the next one goes behind the last.
        "ordinal": col(ImportRow.ordinal) - held() + highest(),
        "state": literal(SUBMITTED),
        "recorded_at": literal(at, LedgerEntry.__table__.c.recorded_at.type),  # type: ignore[attr-defined]
        "recorded_by_id": literal(by.id, LedgerEntry.__table__.c.recorded_by_id.type),  # type: ignore[attr-defined]
        "recorded_by": literal(by.name),
        "submitted_at": literal(at, LedgerEntry.__table__.c.submitted_at.type),  # type: ignore[attr-defined]
        "submitted_by_id": literal(by.id, LedgerEntry.__table__.c.submitted_by_id.type),  # type: ignore[attr-defined]
        "submitted_by": literal(by.name),
        "own_department": literal(False),
        "row_version": literal(1),
    }
    chosen = select_columns(*(getattr(ImportRow, name) for name in _COPIED), *values.values())
    chosen = chosen.where(*is_new(import_id)).order_by(col(ImportRow.number))
    session.execute(insert(LedgerEntry).from_select([*_COPIED, *values], chosen, include_defaults=False))
    return session.exec(select(func.count()).where(LedgerEntry.import_id == import_id)).one()


def _lock_projects(session: Session, row: LedgerImport, allowed: frozenset[int] | None) -> None:
    """Keeps the projects until the transaction ends, and checks that they still take the entries.

    Errors: ChangedMeanwhile, NotThere.
    """
    mine = select(ImportRow.project_id).where(ImportRow.import_id == row.id).distinct()
    ids = set(session.exec(mine))
    lock_projects(session, ids)
    found = session.execute(
        select_columns(Project.id).where(
            col(Project.id).in_(mine), col(Project.archived_at).is_(None), col(Project.plan_id) == row.plan_id
        )
    ).all()
    if len(found) != len(ids):
        raise ChangedMeanwhile(what=N_("有项目已归档"))
    parts = select(Project.id).where(col(Project.parent_id).in_(mine), col(Project.archived_at).is_(None)).limit(1)
    if session.exec(parts).first() is not None:
        raise ChangedMeanwhile(what=N_("有项目已分成子项目"))
    if allowed is not None and ids - allowed:
        raise NotThere


def _recheck(session: Session, row: LedgerImport, first_open: int) -> None:
    """Errors: ChangedMeanwhile."""
    assert row.id is not None
    if next(in_closed_quarters(session, row.id, first_open), None) is not None:
        raise ChangedMeanwhile(what=N_("有季度已关账，其中的记账需要更正理由"))
    if next(taken_back_too_much(session, row.id), None) is not None:
        raise ChangedMeanwhile(what=N_("收回、退回或核减超过了已审核的金额"))
    used = set(
        session.exec(
            select(ImportRow.source_id)
            .where(ImportRow.import_id == row.id, col(ImportRow.source_id).is_not(None))
            .distinct()
        )
    )
    keep_sources(session, {id_ for id_ in used if id_ is not None})
    if used - {node.id for node in source_tree(session) if node.takes_money}:
        raise ChangedMeanwhile(what=N_("有资金来源已停用或已细分"))


def _new_sums(sums: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"stage": one["stage"], "source_id": one["source_id"], "new": one["new"], "new_fen": one["new_fen"]}
        for one in sums
        if one["new"]
    ]
