"""Approving and sending back entries of the ledger, one or thousands at a time.

An approved entry is posted: it counts from then on, in its own quarter or, when that is closed, in the earliest one that is not.
A reversal is never posted before what it reverses, also when a quarter was opened again in between.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from budgets.balances import Flows, Key, approved_flows, falls_below_zero
from budgets.entries import (
    APPROVED,
    APPROVED_BY_FINANCE,
    REJECTED,
    REVERSAL,
    STAGES,
    STATES,
    SUBMITTED,
    LedgerEntry,
)
from budgets.locking import lock_projects, must_still_take
from budgets.totals import add_to_totals
from core import audit
from core.audit import Actor
from core.calendar import current_quarter, now, quarter_name
from core.database import batches, select_columns
from core.errors import N_, Broken, NotThere
from core.text import needed_text
from portfolio.corrections import LEDGER_ENTRY, must_stand_in_no_correction
from portfolio.dated import in_force
from portfolio.periods import earliest_unclosed, keep_quarters
from portfolio.projects import Project, ProjectBody

_BATCH = 500
_CHANGED = ("id", "project_id", "stage", "source_id", "kind", "amount_fen", "occurred_quarter", "state")
_PEOPLE = ("recorded_by_id", "recorded_by", "submitted_by_id", "submitted_by")
_ENTRY = LedgerEntry.__table__  # type: ignore[attr-defined]
_ASKED = col(LedgerEntry.id).in_(bindparam("ids", expanding=True))
_PROJECTS = (
    select_columns(Project.id, Project.plan_id)
    .join(LedgerEntry, col(LedgerEntry.project_id) == col(Project.id))
    .where(_ASKED)
    .distinct()
)
_TO_LOCK = (
    select_columns(*(getattr(LedgerEntry, name) for name in (*_CHANGED, *_PEOPLE)), Project.plan_id, Project.parent_id)
    .join(Project, col(Project.id) == col(LedgerEntry.project_id))
    .where(_ASKED)
    .order_by(col(LedgerEntry.id))
    .with_for_update(of=LedgerEntry)
)
_REVERSED = aliased(LedgerEntry)
_POSTED = (
    select_columns(LedgerEntry.id, _REVERSED.posted_period)
    .join(_REVERSED, col(_REVERSED.id) == col(LedgerEntry.reverses_id))
    .where(_ASKED)
)
_CHANGE = update(_ENTRY).where(_ENTRY.c.id == bindparam("entry_id"))


class NotSubmitted(Broken):
    status = 409
    sentence = N_("第 %(id)s 号记账的状态是“%(state)s”，不是待审核，没有处理。")


class OwnEntry(Broken):
    status = 403
    sentence = N_("第 %(id)s 号记账由您本人填写或提交，须由他人审核。")


class NotYourStage(Broken):
    status = 403
    sentence = N_("“%(stage)s”由%(who)s审核。")


class WouldFallBelowZero(Broken):
    status = 409
    sentence = N_(
        "第 %(id)s 号记账审核后，截至 %(quarter)s 的累计%(stage)s会小于零，没有处理。"
        "请先核对同一项目、同一来源的收回、退回、核减和冲销。"
    )


@dataclass(frozen=True)
class Approver:
    """Who approves: the stages that the role reaches, and the departments of the person, whose own projects are marked."""

    actor: Actor
    stages: frozenset[str] = frozenset(STAGES)
    department_ids: frozenset[int] = frozenset()


def approve_entries(session: Session, ids: Collection[int], *, by: Approver) -> int:
    """Approves submitted entries, all of them or none; how many comes back.

    Errors: NotThere, NotSubmitted, OwnEntry, NotYourStage, InCorrection; OfArchived, OfPackage; WouldFallBelowZero.
    """
    projects = _projects_of(session, ids)
    # The quarters are kept as they are: an entry is never posted into one that is being closed.
    open_from = {plan: earliest_unclosed(session, plan, lock=True) for plan in sorted(set(projects.values()))}
    lock_projects(session, projects)
    rows = list(_locked(session, ids))
    _must_be_submitted(rows, by)
    must_stand_in_no_correction(session, LEDGER_ENTRY, ids)
    undoing = {row["id"] for row in rows if row["kind"] == REVERSAL}
    must_still_take(session, {row["id"]: row["project_id"] for row in rows}, undoing=undoing)
    _must_stay_above_zero(session, rows)
    not_before = _posted_originals(session, undoing)
    at = now()
    led = led_by(session, by.department_ids, {row["project_id"] for row in rows} | {row["parent_id"] for row in rows})
    changes = [
        {
            "entry_id": row["id"],
            "state": APPROVED,
            "approved_at": at,
            "approved_by_id": by.actor.id,
            "approved_by": by.actor.name,
            "own_department": row["project_id"] in led or row["parent_id"] in led,
            "posted_period": max(row["occurred_quarter"], open_from[row["plan_id"]], not_before.get(row["id"], 0)),
        }
        for row in rows
    ]
    _write(session, "approve", changes, by.actor, before={"state": SUBMITTED})
    changed = [(row["project_id"], row["parent_id"], row["stage"], row["amount_fen"]) for row in rows]
    add_to_totals(session, changed)
    return len(rows)


def reject_entries(session: Session, ids: Collection[int], *, reason: str, by: Approver) -> int:
    """Sends submitted entries back, with the reason; they count nowhere and stay as they are.

    Errors: NotThere, NotSubmitted, NotYourStage, InCorrection, Missing, TooLong.
    """
    why = needed_text(reason, field="reason", label=N_("退回原因"), limit=1000)
    projects = _projects_of(session, ids)
    keep_quarters(session, set(projects.values()))
    lock_projects(session, projects)
    rows = list(_locked(session, ids))
    _must_be_submitted(rows, by, own=True)
    must_stand_in_no_correction(session, LEDGER_ENTRY, ids)
    at = now()
    changes = [
        {
            "entry_id": row["id"],
            "state": REJECTED,
            "rejected_at": at,
            "rejected_by": by.actor.name,
            "rejected_reason": why,
            "ordinal": -row["id"],  # its place among equals is free again
        }
        for row in rows
    ]
    _write(session, "reject", changes, by.actor, before={"state": SUBMITTED}, reason=why)
    return len(rows)


def _locked(session: Session, ids: Collection[int]) -> Iterator[dict[str, Any]]:
    """The entries in the order of their ids, kept from anybody else until the transaction ends.

    Errors: NotThere when one of them is missing.
    """
    for batch in batches(ids, _BATCH):
        found = session.execute(_TO_LOCK, {"ids": batch}).all()
        if len(found) != len(batch):
            raise NotThere
        yield from (dict(row._mapping) for row in found)


def _projects_of(session: Session, ids: Collection[int]) -> dict[int, int]:
    """The projects of the entries, each with its plan: neither ever changes, so that they can be kept before the entries."""
    found: dict[int, int] = {}
    for batch in batches(ids, _BATCH):
        found.update((project_id, plan_id) for project_id, plan_id in session.execute(_PROJECTS, {"ids": batch}))
    return found


def _posted_originals(session: Session, reversals: Collection[int]) -> dict[int, int]:
    """The quarter in which what each of the reversals undoes was posted, by the id of the reversal."""
    found: dict[int, int] = {}
    for batch in batches(reversals, _BATCH):
        found.update((id_, quarter) for id_, quarter in session.execute(_POSTED, {"ids": batch}))
    return found


def _must_stay_above_zero(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Of two reductions that were each within what was there, the second may no longer be; so may be a reversal.

    Errors: WouldFallBelowZero.
    """
    lowered: dict[Key, int] = {}
    for row in rows:
        if row["amount_fen"] < 0:
            lowered.setdefault((row["project_id"], row["stage"], row["source_id"]), row["id"])
    if not lowered:
        return
    before = approved_flows(session, {key[0] for key in lowered})
    after: dict[Key, Flows] = {key: dict(before.get(key, {})) for key in lowered}
    for row in rows:
        flows = after.get((row["project_id"], row["stage"], row["source_id"]))
        if flows is not None:
            flows[row["occurred_quarter"]] = flows.get(row["occurred_quarter"], 0) + row["amount_fen"]
    for key, id_ in lowered.items():
        quarter = falls_below_zero(before.get(key, {}), after[key])
        if quarter is not None:
            raise WouldFallBelowZero(id=id_, quarter=quarter_name(quarter), stage=STAGES[key[1]])


def _must_be_submitted(rows: Sequence[dict[str, Any]], by: Approver, *, own: bool = False) -> None:
    for row in rows:
        if row["state"] != SUBMITTED:
            raise NotSubmitted(id=row["id"], state=STATES[row["state"]])
        if row["stage"] not in by.stages:
            who = N_("财政部门") if row["stage"] in APPROVED_BY_FINANCE else N_("领导小组办公室")
            raise NotYourStage(stage=STAGES[row["stage"]], who=who)
        mine = any(by.actor.stands_behind(row[f"{act}_by_id"], row[f"{act}_by"]) for act in ("recorded", "submitted"))
        if mine and not own:
            raise OwnEntry(id=row["id"])


def led_by(session: Session, departments: frozenset[int], projects: set[int | None]) -> set[int | None]:
    """Those of the projects that one of the departments leads today."""
    if not departments:
        return set()
    found: set[int | None] = set()
    for known in batches((id_ for id_ in projects if id_ is not None), _BATCH):
        led = select_columns(ProjectBody.project_id).where(
            col(ProjectBody.project_id).in_(known),
            col(ProjectBody.role) == "lead",
            col(ProjectBody.department_id).in_(departments),
            in_force(ProjectBody, current_quarter()),
        )
        found.update(session.scalars(led))
    return found


def _write(
    session: Session,
    action: str,
    changes: list[dict[str, Any]],
    by: Actor,
    *,
    before: dict[str, Any],
    reason: str | None = None,
) -> None:
    """The changes and their audit rows, in one statement each."""
    if not changes:
        return
    session.execute(_CHANGE, changes)
    kept = ("state", "posted_period", "own_department")
    audit.record_all(
        session,
        [
            audit.as_row(
                action,
                "ledger_entry",
                change["entry_id"],
                before=before,
                after={name: change[name] for name in kept if name in change},
                reason=reason,
                by=by,
            )
            for change in changes
        ],
    )
    session.expire_all()
