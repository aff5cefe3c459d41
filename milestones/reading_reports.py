"""Official readings (监测值): recorded with their source document, handed over, accepted by somebody else, and read.

An accepted reading is never changed: a newer one of the same quarter holds instead, and both stay. One that should never have
been there is withdrawn (reading_withdrawing.py): then neither it nor its withdrawal is read.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, literal_column
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.database import select_columns
from core.errors import NotThere
from milestones.evidence import detach_all
from milestones.indicators import Indicator
from milestones.reading_rules import NewReading, as_new, checked_reading
from milestones.readings import READING, OfficialReading
from portfolio.corrections import requested_facts
from portfolio.facts import AS_CORRECTED, REJECTED, SUBMITTED, counted
from portfolio.periods import keep_quarters
from portfolio.reviewing import (
    Reviewer,
    Standing,
    accept_facts,
    keep_places,
    mark_submitted,
    must_be_own_draft,
    send_back_facts,
    submit_drafts,
)

SUBJECT = "official_reading"  # of the audit trail and of attachments
_FACTS = (
    *("indicator_id", "quarter", "value_micro", "grade", "judgement", "occurred_on", "document", "agency"),
    *("note", "correction_reason", "withdraws_id", "state"),
)


def record_reading(
    session: Session, indicator: Indicator, new: NewReading, *, submit: bool = False, by: Actor
) -> OfficialReading:
    """A reading of an indicator: a draft, or handed over at once.

    `occurred_quarter` is the quarter that it tells of, so that a later publication is part of what is known of that quarter now,
    while `posted_period` keeps it out of what was issued before.

    Errors: SeveralBroken with every field that cannot be accepted.
    """
    assert indicator.id is not None
    if submit:
        keep_quarters(session, {indicator.plan_id})
    kept = checked_reading(session, indicator, new)
    row = OfficialReading(indicator_id=indicator.id, recorded_by_id=by.id, recorded_by=by.name, **kept)
    if submit:
        mark_submitted(row, by)
    session.add(row)
    session.flush()
    _audit(session, "record-reading", row, after=facts(row), by=by)
    return row


def change_reading(
    session: Session, row: OfficialReading, new: NewReading, *, expected_version: int, by: Actor
) -> OfficialReading:
    """Brings one's own draft to new values.

    Errors: FactNotADraft, OnlyItsReporter, Stale; SeveralBroken.
    """
    must_be_own_draft(session, row, expected_version, by)
    kept = checked_reading(session, session.get_one(Indicator, row.indicator_id), new)
    before = facts(row)
    for name, value in kept.items():
        setattr(row, name, value)
    row.row_version += 1
    session.add(row)
    session.flush()
    _audit(session, "edit", row, before=before, after=facts(row), by=by)
    return row


def discard_reading(session: Session, row: OfficialReading, *, expected_version: int, by: Actor) -> None:
    """Removes one's own draft, which counted nowhere; the audit trail keeps what it said.

    Errors: FactNotADraft, OnlyItsReporter, Stale.
    """
    must_be_own_draft(session, row, expected_version, by)
    _audit(session, "discard", row, before=facts(row), by=by)
    detach_all(session, SUBJECT, row.id or 0, reason="草稿已放弃", by=by)
    session.delete(row)
    session.flush()


def submit_readings(session: Session, rows: Sequence[OfficialReading], *, by: Actor) -> None:
    """Hands drafts over: from now on only their state changes.

    Errors: FactNotADraft, OnlyItsReporter; SeveralBroken when what was typed no longer holds, such as the kind of the target.
    """
    keep_places(session, _standings(session, [row.id or 0 for row in rows]))
    for row in rows:
        checked_reading(session, session.get_one(Indicator, row.indicator_id), as_new(row))
    submit_drafts(session, rows, subject=SUBJECT, by=by)


def accept_readings(session: Session, ids: Collection[int], *, by: Reviewer) -> int:
    """Accepts submitted readings and withdrawals, all of them or none; how many comes back.

    Errors: NotThere, FactNotSubmitted, OwnReport.
    """
    standings = _standings(session, ids)
    keep_places(session, standings)
    # What takes a reading back is not posted before it, also when a quarter was opened again in between.
    not_before = _posted_originals(session, standings)
    return accept_facts(session, OfficialReading, standings, subject=SUBJECT, not_before=not_before, by=by)


def send_back_readings(session: Session, ids: Collection[int], *, reason: str, by: Reviewer) -> int:
    """Sends submitted readings back with the reason; how many comes back.

    Errors: NotThere, FactNotSubmitted, Missing, TooLong.
    """
    standings = _standings(session, ids)
    return send_back_facts(session, OfficialReading, standings, subject=SUBJECT, reason=reason, by=by)


def readings_in(
    session: Session, indicator_ids: Collection[int], quarter: int, edition: str = AS_CORRECTED
) -> dict[int, list[OfficialReading]]:
    """The readings that count as of a quarter, by indicator id and in the order of their quarters; of several the newest.

    Errors: Invalid for an edition that there is not.
    """
    found: dict[int, dict[int, OfficialReading]] = {}
    for row in session.exec(
        select(OfficialReading).where(*_counting(indicator_ids, quarter, edition)).order_by(*_ORDER)
    ):
        found.setdefault(row.indicator_id, {})[row.quarter] = row
    return {id_: list(by_quarter.values()) for id_, by_quarter in found.items()}


def reading_columns_in(
    session: Session, columns: Sequence[Any], indicator_ids: Collection[int], quarter: int, edition: str = AS_CORRECTED
) -> dict[int, list[Any]]:
    """The same, of each reading these columns only: objects of thousands of readings take most of the time of their indicators.

    Errors: Invalid for an edition that there is not.
    """
    query = select_columns(OfficialReading.indicator_id, OfficialReading.quarter, *columns)
    found: dict[int, dict[int, Any]] = {}
    for id_, of, *values in session.execute(query.where(*_counting(indicator_ids, quarter, edition)).order_by(*_ORDER)):
        found.setdefault(id_, {})[of] = values
    return {id_: list(by_quarter.values()) for id_, by_quarter in found.items()}


_ORDER = (col(OfficialReading.quarter), col(OfficialReading.id))


def _counting(indicator_ids: Collection[int], quarter: int, edition: str) -> list[ColumnElement[bool]]:
    """The conditions that a reading counts as of a quarter."""
    return [
        col(OfficialReading.indicator_id).in_(indicator_ids),
        counted(OfficialReading, quarter, edition),
        col(OfficialReading.quarter) <= quarter,
        col(OfficialReading.kind) == READING,
        col(OfficialReading.id).not_in(_withdrawn(quarter, edition)),
    ]


def _withdrawn(quarter: int, edition: str) -> Any:
    """The ids of the readings that are taken back as of a quarter."""
    row = aliased(OfficialReading, name="withdrawal")
    # Word for word the condition of the index, so that SQLite reads only the few rows in it.
    few: tuple[Any, ...] = (
        literal_column("withdrawal.withdraws_id IS NOT NULL"),
        literal_column("withdrawal.state <> 'rejected'"),
    )
    return select_columns(row.withdraws_id).where(*few, counted(row, quarter, edition))


def withdrawn_now(session: Session, ids: Collection[int]) -> dict[int, OfficialReading]:
    """The withdrawal of each of these readings that has one, waiting or accepted, by the id of what it takes back."""
    rows = select(OfficialReading).where(
        col(OfficialReading.withdraws_id).in_(ids), col(OfficialReading.state) != REJECTED
    )
    return {row.withdraws_id or 0: row for row in session.exec(rows)}


def _posted_originals(session: Session, ids: Collection[int]) -> dict[int, int]:
    """The quarter in which what each of the withdrawals takes back was posted, by the id of the withdrawal."""
    first = aliased(OfficialReading)
    query = (
        select_columns(OfficialReading.id, first.posted_period)
        .join(first, col(first.id) == col(OfficialReading.withdraws_id))
        .where(col(OfficialReading.id).in_(sorted(ids)))
    )
    return dict(session.execute(query).all())


def every_reading(session: Session, indicator_id: int) -> list[OfficialReading]:
    """All readings of one indicator in every state, the newest quarter first, for the page that shows them all."""
    rows = select(OfficialReading).where(OfficialReading.indicator_id == indicator_id)
    return list(session.exec(rows.order_by(col(OfficialReading.quarter).desc(), col(OfficialReading.id).desc())))


def waiting_readings(session: Session, plan_ids: frozenset[int] | None) -> list[tuple[OfficialReading, Indicator]]:
    """The readings of these plans (None: of all) that wait for somebody to accept them, the oldest first."""
    query = (
        select(OfficialReading, Indicator)
        .join(Indicator, col(Indicator.id) == OfficialReading.indicator_id)
        .where(OfficialReading.state == SUBMITTED)
        .where(col(OfficialReading.id).not_in(requested_facts(SUBJECT)))  # what stands in a correction waits there
        .order_by(col(OfficialReading.id))
    )
    if plan_ids is not None:
        query = query.where(col(Indicator.plan_id).in_(plan_ids))
    return list(session.exec(query).all())


def find_reading(session: Session, id_: int) -> OfficialReading:
    """Errors: NotThere."""
    row = session.get(OfficialReading, id_) if 0 < id_ < 2**63 else None
    if row is None:
        raise NotThere
    return row


def facts(row: OfficialReading) -> dict[str, Any]:
    """A reading as the audit trail keeps it."""
    return {name: getattr(row, name) for name in _FACTS if getattr(row, name) is not None}


def _standings(session: Session, ids: Collection[int]) -> dict[int, Standing]:
    """The plan that each reading stands in; readings have no project.

    Errors: NotThere.
    """
    rows = session.exec(
        select(OfficialReading.id, Indicator.plan_id)
        .join(Indicator, col(Indicator.id) == OfficialReading.indicator_id)
        .where(col(OfficialReading.id).in_(sorted(ids)))
    )
    found = {id_: Standing(plan_id) for id_, plan_id in rows if id_ is not None}
    if len(found) != len(set(ids)):
        raise NotThere
    return found


def _audit(session: Session, action: str, row: OfficialReading, **what: Any) -> None:
    assert row.id is not None
    audit.record(session, action, SUBJECT, row.id, **what)
