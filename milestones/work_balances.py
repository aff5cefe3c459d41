"""What is built upon a quantity of works: how much of a report is verified, of that is found alive, of that was lost since.

What is built upon a row never exceeds it: verified ≤ reported, alive ≤ verified, lost ≤ alive. Everybody who writes keeps the
project first (portfolio/leaves.py), so that of two people at once the second sees what the first wrote.
"""

from collections.abc import Collection
from fractions import Fraction

from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from core.database import select_columns
from core.errors import N_, Broken
from core.units import MICRO, converted
from milestones.works import ENTRY, KINDS, REVERSAL, TIERS, WorkEntry
from portfolio.facts import APPROVED, STATES, SUBMITTED


class NotToBuildUpon(Broken):
    status = 409
    sentence = N_("第 %(id)s 号是“%(found)s”，应为“%(expected)s”。")


class NotApprovedYet(Broken):
    status = 409
    sentence = N_("第 %(id)s 号的状态是“%(state)s”，接收之后才能继续。")


class Reversed(Broken):
    status = 409
    sentence = N_("第 %(id)s 号已由第 %(by)s 号冲销或正在冲销，不能继续。")


def quantity_of(row: WorkEntry) -> Fraction:
    """The quantity of a row in its own unit."""
    return Fraction(row.quantity_micro or 0, MICRO)


def taken_of(session: Session, first: WorkEntry, *, except_id: int | None = None) -> Fraction:
    """What is approved or submitted upon a row, less what was reversed of it, in the unit of the row."""
    entry = WorkEntry
    counting = or_(col(entry.state) == APPROVED, and_(col(entry.state) == SUBMITTED, col(entry.kind) == ENTRY))
    query = (
        select_columns(entry.unit, func.sum(entry.quantity_micro))
        .where(col(entry.based_on_id) == first.id, counting, col(entry.id) != (except_id or 0))
        .group_by(col(entry.unit))
    )
    rows = session.execute(query)
    return sum((converted(Fraction(int(micro), MICRO), unit, first.unit) for unit, micro in rows), Fraction(0))


def left_of(session: Session, first: WorkEntry, *, except_id: int | None = None) -> Fraction:
    """What may still be built upon a row, in its unit: of a report what is not verified, of a verification not checked."""
    return quantity_of(first) - taken_of(session, first, except_id=except_id)


def must_stand(session: Session, first: WorkEntry, tier: str) -> None:
    """That a row is an approved entry of that tier which nobody reversed or is about to.

    Errors: NotToBuildUpon, NotApprovedYet, Reversed.
    """
    if first.tier != tier or first.kind != ENTRY:
        found = TIERS[first.tier] if first.kind == ENTRY else KINDS[first.kind]
        raise NotToBuildUpon(field="based_on", id=first.id, found=found, expected=TIERS[tier])
    if first.state != APPROVED:
        raise NotApprovedYet(field="based_on", id=first.id, state=STATES[first.state])
    reversal = find_reversal(session, first)
    if reversal is not None:
        raise Reversed(field="based_on", id=first.id, by=reversal)


def find_reversal(session: Session, row: WorkEntry) -> int | None:
    """The reversal of a row that is approved or submitted."""
    query = select_columns(WorkEntry.id).where(
        col(WorkEntry.reverses_id) == row.id, col(WorkEntry.state).in_((APPROVED, SUBMITTED))
    )
    return session.scalars(query).first()


def find_built_upon(session: Session, row: WorkEntry, *, without: Collection[int] = ()) -> int | None:
    """An approved or submitted entry that names this row and is not reversed, nor among those `without`; the first one."""
    query = select_columns(WorkEntry.id).where(
        col(WorkEntry.based_on_id) == row.id,
        col(WorkEntry.kind) != REVERSAL,
        col(WorkEntry.state).in_((APPROVED, SUBMITTED)),
        col(WorkEntry.id).not_in(without),
        not_reversed(),
    )
    return session.scalars(query.order_by(col(WorkEntry.id)).limit(1)).first()


def not_reversed() -> ColumnElement[bool]:
    """The condition that a row of WorkEntry has no approved reversal."""
    reversal = aliased(WorkEntry)
    undone = select_columns(reversal.id).where(
        col(reversal.reverses_id) == col(WorkEntry.id), col(reversal.state) == APPROVED
    )
    return ~undone.exists()


def posted_from(session: Session, ids: Collection[int]) -> dict[int, int]:
    """The quarter before which nothing that is built upon these rows, or undoes them, may be posted, by their ids.

    That is where the row itself was posted, and where what was built upon it before was undone: a quarter that was closed and
    opened again would otherwise show, as issued, more verified than reported.
    """
    entry = WorkEntry
    own = select_columns(col(entry.id), entry.posted_period).where(col(entry.id).in_(sorted(ids)))
    undone = select_columns(col(entry.based_on_id), entry.posted_period).where(
        col(entry.based_on_id).in_(sorted(ids)), col(entry.kind) == REVERSAL, col(entry.state) == APPROVED
    )
    found: dict[int, int] = {}
    for id_, posted in (*session.execute(own), *session.execute(undone)):
        found[id_] = max(found.get(id_, 0), posted or 0)
    return found
