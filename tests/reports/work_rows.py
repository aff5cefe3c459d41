"""Works for tests of the roll-up: families of approved rows put straight into the table, as the write functions leave them."""

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from sqlmodel import Session

from core.calendar import quarter_of
from milestones.works import CLAIMED, ENTRY, LOST, NOT_APPLICABLE, REVERSAL, SURVIVING, VERIFIED, WorkEntry
from portfolio.projects import Project
from tests.milestones.work_samples import measure_id
from tests.reports.money_samples import APPROVED, day_in, later
from tests.samples import find_small_plan, identity

UNITS = {"营造林面积": ("亩", "万亩", "公顷"), "湿地面积": ("公顷", "平方公里"), "围栏": ("米", "公里")}


@dataclass(frozen=True)
class Row:
    """One row to be put: `above` is what is built upon it, `undone` the quarter in which its reversal is posted."""

    project_id: int
    measure_id: int
    unit: str
    tier: str
    micro: int | None
    quarter: int
    posted: int
    above: tuple["Row", ...] = ()
    undone: int | None = None


def leaves(session: Session) -> tuple[Project, ...]:
    small = find_small_plan(session)
    return (small.forest, small.sewage, *small.parts)


def a_family(session: Session, dice: Random, *, posted_after: int = 0) -> Row:
    """A report with what was verified, found alive and lost of it; seldom 不适用 or a loss before any check."""
    name = dice.choice(tuple(UNITS))
    quarter = dice.choice(range(2022, 2026)) * 10 + dice.randint(1, 4)
    micro = dice.choice((0, 1, 10**6, dice.randint(1, 10**12)))
    posted = max(later(quarter, dice.choice((0, 0, 1, 4))), later(posted_after, 1) if posted_after else 0)
    unit, where = dice.choice(UNITS[name]), identity(dice.choice(leaves(session)))
    row = Row(where, measure_id(session, name, UNITS[name][0]), unit, CLAIMED, micro, quarter, posted)
    if dice.random() < 0.15:
        return replace(row, micro=None) if dice.random() < 0.5 else replace(row, tier=LOST)
    return _with_above(row, dice)


def _with_above(row: Row, dice: Random) -> Row:
    tier = {CLAIMED: VERIFIED, VERIFIED: SURVIVING, SURVIVING: LOST}.get(row.tier)
    left, above = row.micro or 0, []
    for _ in range(dice.choice((0, 1, 1, 2)) if tier else 0):
        micro = dice.randint(0, left)
        left -= micro
        quarter = later(row.quarter, dice.choice((0, 1, 2)))
        posted = max(row.posted, later(quarter, dice.choice((0, 1))))
        above.append(_with_above(replace(row, tier=tier or "", micro=micro, quarter=quarter, posted=posted), dice))
    return replace(row, above=tuple(above))


def put_family(session: Session, row: Row, base: WorkEntry | None = None) -> list[WorkEntry]:
    """The rows of a family, the lower ones first."""
    kind = NOT_APPLICABLE if row.micro is None else ENTRY
    entry = _put(session, row, kind=kind, quantity_micro=row.micro, based_on_id=None if base is None else base.id)
    return [entry, *(put for above in row.above for put in put_family(session, above, entry))]


def put_reversal(session: Session, entry: WorkEntry, *, posted: int) -> WorkEntry:
    row = Row(
        entry.project_id, entry.measure_id, entry.unit, entry.tier, None, entry.occurred_quarter,
        max(posted, entry.posted_period or 0),
    )  # fmt: skip
    micro = None if entry.quantity_micro is None else -entry.quantity_micro
    undo = {"kind": REVERSAL, "reverses_id": entry.id, "based_on_id": entry.based_on_id}
    return _put(session, row, quantity_micro=micro, **undo)


def _put(session: Session, row: Row, **more: Any) -> WorkEntry:
    day = day_in(row.quarter)
    entry = WorkEntry(
        project_id=row.project_id,
        measure_id=row.measure_id,
        unit=row.unit,
        tier=row.tier,
        occurred_on=day,
        occurred_quarter=quarter_of(day),
        posted_period=row.posted,
        state="approved",
        recorded_by="填报员",
        **APPROVED,
        **more,
    )
    session.add(entry)
    session.flush()
    return entry
