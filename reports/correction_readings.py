"""Official readings among the corrections of a report: what a later document said of an earlier quarter."""

from collections.abc import Collection
from typing import Any

from sqlmodel import Session, col

from core.calendar import day_of, quarter_before, quarter_name
from core.database import select_columns
from core.language import translate
from milestones.indicator_math import GRADE_NAMES, VERDICTS, Measured
from milestones.indicators import Indicator
from milestones.readings import OfficialReading
from portfolio.corrections import Correction, CorrectionFact
from portfolio.facts import AS_ISSUED, counted
from portfolio.plans import Plan
from reports.correction_rows import READING, CorrectionRow
from reports.indicator_records import official_readings
from reports.indicator_terms import fraction
from reports.money_movement import movement_windows
from reports.quarterly_scope import Asked
from reports.rollup import Scope

_SAID = ("document", "correction_reason", "approved_by", "recorded_at", "recorded_by")


def reading_corrections(session: Session, asked: Asked, indicator_ids: Collection[int]) -> tuple[CorrectionRow, ...]:
    """Late readings of these indicators, in the order of the plans; of several of one quarter one after the other."""
    reading, scope = OfficialReading, asked.scope
    late = movement_windows(reading, scope.edition, asked.first)[1]
    names = ("id", "indicator_id", "quarter", "value_micro", "grade", "judgement", "posted_period", "withdraws_id")
    columns = [getattr(reading, name) for name in (*names, *_SAID)]
    query = (
        select_columns(*columns, Plan.code, Indicator.no, Indicator.name, Indicator.unit)
        .add_columns(col(Correction.number), col(Correction.reason), col(Correction.decided_by))
        .join(Indicator, col(Indicator.id) == reading.indicator_id)
        .join(Plan, col(Plan.id) == Indicator.plan_id)
        .outerjoin(
            CorrectionFact,
            (col(CorrectionFact.subject) == "official_reading") & (col(CorrectionFact.subject_id) == reading.id),
        )
        .outerjoin(Correction, col(Correction.id) == CorrectionFact.correction_id)
        .where(
            counted(reading, scope.quarter, scope.edition),
            late,
            col(Indicator.plan_id).in_(scope.plan_ids or ()),
        )
        .order_by(col(Plan.code), col(Indicator.position), col(reading.quarter), col(reading.id))
    )
    kept = set(indicator_ids)
    rows = [row for row in session.execute(query) if row.indicator_id in kept]
    if not rows:
        return ()
    before = Scope(quarter_before(asked.first), None, AS_ISSUED)
    issued = official_readings(session, before, {row.indicator_id for row in rows})
    standing = {(id_, one.quarter): one.measured for id_, found in issued.items() for one in found}
    found = []
    for number, row in enumerate(rows, start=1):
        key = (row.indicator_id, row.quarter)
        now = None if row.withdraws_id is not None else Measured(fraction(row.value_micro), row.grade, row.judgement)
        found.append(_row(row, number, standing.pop(key, None), now))
        if now is not None:
            standing[key] = now
    return tuple(found)


def _row(row: Any, number: int, was: Measured | None, now: Measured | None) -> CorrectionRow:
    """The row of one reading; a withdrawal leaves nothing where it stood."""
    before, after = None if was is None else said(was), None if now is None else said(now)
    numbers = [one.value for one in (was, now) if one is not None and one.value is not None]
    change = numbers[1] - numbers[0] if len(numbers) == 2 else None
    return CorrectionRow(
        key=f"{READING}/{row.code}/{row.no}/{quarter_name(row.quarter)}/{number}",
        kind=READING,
        what=None,
        label=row.name,
        code=None,
        name=None,
        unit=row.unit,
        before=before,
        after=after,
        change=change,
        occurred_quarter=row.quarter,
        posted_period=row.posted_period,
        document=row.document,
        reason=row.correction_reason or row.reason,
        approved_by=row.decided_by or row.approved_by,
        number=row[-3],
        recorded_on=day_of(row.recorded_at),
        recorded_by=row.recorded_by,
    )


def said(measured: Measured) -> Any:
    """What a reading says: its number, or the grade or judgement in Chinese."""
    if measured.value is not None:
        return measured.value
    if measured.grade is not None:
        return GRADE_NAMES[measured.grade]
    return translate(VERDICTS[measured.judgement or ""], "zh") if measured.judgement else None
