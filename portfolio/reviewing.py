"""Handing over facts that people report, accepting them and sending them back: works, milestones and readings alike.

Money has approval rules of its own (budgets/approval.py). Everybody takes the same order: the quarters of the plan, then the
projects, then the rows, so that two people who work at once never wait for each other.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import update
from sqlmodel import Session, col

from core import audit
from core.audit import Actor
from core.calendar import current_quarter, now, quarter_name, quarter_of, today
from core.database import select_columns
from core.errors import N_, Broken, NotThere, Stale
from core.text import needed_text
from portfolio.corrections import must_stand_in_no_correction
from portfolio.dated import in_force
from portfolio.facts import APPROVED, DRAFT, REJECTED, STATES, SUBMITTED, Fact
from portfolio.periods import earliest_unclosed, is_closed
from portfolio.projects import Project, ProjectBody

FactRow = TypeVar("FactRow", bound=Fact)


class FactNotSubmitted(Broken):
    status = 409
    sentence = N_("第 %(id)s 号填报的状态是“%(state)s”，不是待接收，没有处理。")


class FactNotADraft(Broken):
    status = 409
    sentence = N_("这条填报%(state)s，不能再修改；如有错误请冲销或撤销后重报。")


class OnlyItsReporter(Broken):
    status = 403
    sentence = N_("草稿由填写人 %(who)s 修改或提交。")


class OwnReport(Broken):
    status = 403
    sentence = N_("第 %(id)s 号由您本人填写或提交，须由他人接收。")


class NotYetHappened(Broken):
    sentence = N_("日期填写的是 %(found)s，晚于今天（%(today)s）；还没有发生的不能填报。")


class QuarterClosed(Broken):
    status = 409
    sentence = N_(
        "日期 %(found)s 在已关账的季度 %(quarter)s 内。确需补报的，请填写更正理由，将记入 %(open)s 的上期更正。"
    )


@dataclass(frozen=True)
class Reviewer:
    """Who accepts: the person, and the departments of the person, whose own projects are marked."""

    actor: Actor
    department_ids: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Standing:
    """Where a fact stands: its plan, and its project with the package above it where it has one."""

    plan_id: int
    project_ids: tuple[int, ...] = ()


def check_day(session: Session, plan_id: int, new: Any) -> None:
    """That a day has come, and that a closed quarter takes it as a correction only; `new` has occurred_on and correction_reason.

    Errors: NotYetHappened, QuarterClosed.
    """
    if new.occurred_on > today():
        raise NotYetHappened(field="occurred_on", found=new.occurred_on.isoformat(), today=today().isoformat())
    quarter = quarter_of(new.occurred_on)
    if is_closed(session, plan_id, quarter) and not (new.correction_reason or "").strip():
        raise QuarterClosed(
            field="occurred_on",
            found=new.occurred_on.isoformat(),
            quarter=quarter_name(quarter),
            open=quarter_name(earliest_unclosed(session, plan_id)),
        )


def mark_submitted(row: Fact, by: Actor) -> None:
    """Fills the columns of a row that is handed over for review; whoever calls it adds the row and its audit entry."""
    row.state, row.submitted_at, row.submitted_by_id, row.submitted_by = SUBMITTED, now(), by.id, by.name


def must_be_own_draft(session: Session, row: Fact, expected_version: int | None, by: Actor) -> None:
    """Errors: FactNotADraft, OnlyItsReporter, Stale."""
    session.refresh(row, with_for_update=True)
    if row.state != DRAFT:
        raise FactNotADraft(state=STATES[row.state])
    if not by.did(row.recorded_by_id, row.recorded_by):
        raise OnlyItsReporter(who=row.recorded_by)
    if expected_version is not None and row.row_version != expected_version:
        raise Stale(who=row.recorded_by)


def submit_drafts(session: Session, rows: Sequence[FactRow], *, subject: str, by: Actor) -> None:
    """Hands drafts over: from now on only their state changes. What else must hold of them is checked by the caller.

    Errors: FactNotADraft, OnlyItsReporter.
    """
    for row in rows:
        must_be_own_draft(session, row, None, by)
        mark_submitted(row, by)
        row.row_version += 1
        session.add(row)
        _note(session, "submit", subject, row, {"state": DRAFT}, {"state": SUBMITTED}, None, by)
    session.flush()


def accept_facts(
    session: Session,
    table: type[FactRow],
    standings: Mapping[int, Standing],
    *,
    subject: str,
    not_before: Mapping[int, int] | None = None,
    by: Reviewer,
) -> int:
    """Accepts submitted rows, all of them or none; how many comes back. `standings` are those of the rows, by their ids.

    Each is posted in its own quarter or, when that is closed, in the earliest one that is not. `not_before` names the quarter,
    by id, before which a row is not posted even when one was opened again: what it undoes is posted there.

    Errors: NotThere, FactNotSubmitted, OwnReport, InCorrection.
    """
    open_from = keep_places(session, standings)
    rows = _submitted(session, table, standings)
    must_stand_in_no_correction(session, subject, standings)
    led = led_by(session, by.department_ids, {id_ for one in standings.values() for id_ in one.project_ids})
    changes = []
    for row in rows:
        mine = [
            by.actor.stands_behind(getattr(row, f"{act}_by_id"), getattr(row, f"{act}_by"))
            for act in ("recorded", "submitted")
        ]
        if any(mine):
            raise OwnReport(id=row.id)
        standing = standings[row.id]
        changes.append(
            {
                "id": row.id,
                "state": APPROVED,
                "approved_at": now(),
                "approved_by_id": by.actor.id,
                "approved_by": by.actor.name,
                "own_department": not led.isdisjoint(standing.project_ids),
                "posted_period": max(
                    row.occurred_quarter, open_from[standing.plan_id], (not_before or {}).get(row.id, 0)
                ),
            }
        )
    _write(session, table, subject, "approve", changes, None, by.actor)
    return len(changes)


def send_back_facts(
    session: Session,
    table: type[FactRow],
    standings: Mapping[int, Standing],
    *,
    subject: str,
    reason: str,
    by: Reviewer,
) -> int:
    """Sends submitted rows back, with the reason; they count nowhere and stay as they are.

    Errors: NotThere, FactNotSubmitted, InCorrection, Missing, TooLong.
    """
    why = needed_text(reason, field="reason", label=N_("退回原因"), limit=1000)
    keep_places(session, standings)
    must_stand_in_no_correction(session, subject, standings)
    at = now()
    changes = [
        {"id": row.id, "state": REJECTED, "rejected_at": at, "rejected_by": by.actor.name, "rejected_reason": why}
        for row in _submitted(session, table, standings)
    ]
    _write(session, table, subject, "reject", changes, why, by.actor)
    return len(changes)


def keep_places(session: Session, standings: Mapping[int, Standing]) -> dict[int, int]:
    """Keeps the quarters and the projects of these facts until the transaction ends; the first open quarter by plan."""
    plans = sorted({one.plan_id for one in standings.values()})
    open_from = {plan: earliest_unclosed(session, plan, lock=True) for plan in plans}
    ids = sorted({id_ for one in standings.values() for id_ in one.project_ids})
    # Packages before their parts, as whoever writes money takes them.
    order = (col(Project.parent_id).is_not(None), col(Project.id))
    session.execute(select_columns(Project.id).where(col(Project.id).in_(ids)).order_by(*order).with_for_update()).all()
    return open_from


def _submitted(session: Session, table: type[FactRow], ids: Collection[int]) -> Sequence[Any]:
    names = ("id", "state", "occurred_quarter", "recorded_by_id", "recorded_by", "submitted_by_id", "submitted_by")
    columns = [getattr(table, name) for name in names]
    query = select_columns(*columns).where(columns[0].in_(sorted(ids))).order_by(columns[0])
    rows = session.execute(query.with_for_update(of=table)).all()
    if len(rows) != len(ids):
        raise NotThere
    for row in rows:
        if row.state != SUBMITTED:
            raise FactNotSubmitted(id=row.id, state=STATES[row.state])
    return rows


def led_by(session: Session, departments: frozenset[int], projects: Collection[int]) -> set[int]:
    """Those of the projects that one of the departments leads today."""
    if not departments:
        return set()
    led = select_columns(ProjectBody.project_id).where(
        col(ProjectBody.project_id).in_(projects),
        col(ProjectBody.role) == "lead",
        col(ProjectBody.department_id).in_(departments),
        in_force(ProjectBody, current_quarter()),
    )
    return set(session.scalars(led))


def _write(
    session: Session,
    table: type[FactRow],
    subject: str,
    action: str,
    changes: list[dict[str, Any]],
    reason: str | None,
    by: Actor,
) -> None:
    """The changes and their audit rows, in one statement each."""
    if not changes:
        return
    session.execute(update(table), changes)
    kept = ("state", "posted_period", "own_department")
    before = {"state": SUBMITTED}
    rows = [
        audit.as_row(
            action,
            subject,
            change["id"],
            before=before,
            after={name: change[name] for name in kept if name in change},
            reason=reason,
            by=by,
        )
        for change in changes
    ]
    audit.record_all(session, rows)
    session.expire_all()


def _note(
    session: Session,
    action: str,
    subject: str,
    row: Any,
    before: dict[str, Any],
    after: dict[str, Any],
    reason: str | None,
    by: Actor,
) -> None:
    audit.record(session, action, subject, row.id, before=before, after=after, reason=reason, by=by)
