"""What must be true of an official reading before it is kept, and how what was typed becomes a row."""

import unicodedata
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from core.calendar import current_quarter, quarter_name
from core.errors import N_, Broken, Invalid, Missing, SeveralBroken
from core.text import checked_text, needed_text
from core.units import MICRO, converted, dimension, micro_from_text, text_from_micro
from milestones.indicator_math import GRADE_NAMES
from milestones.indicators import Indicator, Target
from milestones.quantities import NotAQuantity
from milestones.quantity_values import plain_number
from milestones.readings import JUDGEMENTS, OfficialReading
from portfolio.dated import find_in_force
from portfolio.reviewing import check_day

VALUE, GRADE, JUDGEMENT = "value", "grade", "judgement"
READING_KINDS = {
    VALUE: N_("数值"),
    GRADE: N_("等级"),
    JUDGEMENT: N_("判断"),
}
LABELS = {
    "quarter": N_("所属期"),
    VALUE: N_("监测值"),
    GRADE: N_("等级"),
    JUDGEMENT: N_("判断"),
    "occurred_on": N_("来源文件日期"),
    "document": N_("来源文件"),
    "agency": N_("发布单位"),
    "note": N_("说明"),
    "correction_reason": N_("更正理由"),
}
_LIMITS = {"document": 200, "agency": 120, "note": 2000, "correction_reason": 1000}
EARLIEST_QUARTER = 19901
_PERCENT, _POINTS = "ratio", "points"  # dimensions of core/units.py


class WrongKindOfReading(Broken):
    sentence = N_("指标“%(indicator)s”的监测值应填%(expected)s，这里填写的是%(found)s。")


class OneOfThree(Broken):
    sentence = N_("监测值应填数值、等级、判断中的一种，现在填写了 %(count)s 种。")


class DocumentTooEarly(Broken):
    sentence = N_("来源文件日期 %(found)s 早于 %(quarter)s，不可能载有这一期的数。请核对所属期和日期。")


@dataclass(frozen=True)
class NewReading:
    """What an official source says of an indicator: a typed number, a grade or a judgement, for the end of a quarter.

    `occurred_on` is the day of the source document.
    """

    quarter: int
    occurred_on: date
    document: str | None
    value: str | None = None
    grade: int | None = None
    judgement: str | None = None
    agency: str | None = None
    note: str | None = None
    correction_reason: str | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """Which of number, grade and judgement it gives."""
        given = {VALUE: (self.value or "").strip(), GRADE: self.grade, JUDGEMENT: self.judgement}
        return tuple(kind for kind, what in given.items() if what not in (None, ""))


def reading_kinds(indicator: Indicator, target: Target | None) -> tuple[str, ...]:
    """The kinds of readings that an indicator takes: a grade where grades are wanted, a number where numbers are.

    What has no number to reach may also be judged in words; a target in words takes a number only where there is a unit for it.
    """
    kind = "none" if target is None else target.kind
    if kind == "grade":
        return (GRADE,)
    if kind in ("number", "range"):
        return (VALUE,)
    if kind == "qualitative":
        return (JUDGEMENT,) if indicator.unit is None else (VALUE, JUDGEMENT)
    return (VALUE,) if kind == "none" else (VALUE, JUDGEMENT)


def bounds(indicator: Indicator) -> tuple[Fraction | None, Fraction | None]:
    """The lowest and the highest value that there can be, in the indicator's unit: a share is between 0 and 100 %.

    A reduction may turn out an increase, so that the share of a change has neither; percentage points have neither.
    """
    kind = None if indicator.unit is None else dimension(indicator.unit)
    if kind == _POINTS or (kind == _PERCENT and indicator.change):
        return None, None
    if kind == _PERCENT and indicator.unit is not None:
        return Fraction(0), converted(100, "%", indicator.unit)
    return Fraction(0), None


def checked_reading(session: Session, indicator: Indicator, new: NewReading) -> dict[str, Any]:
    """The reading as it is kept.

    Errors: SeveralBroken with one problem for each field that cannot be accepted.
    """
    problems: list[Broken] = []
    kept: dict[str, Any] = {"quarter": new.quarter, "occurred_on": new.occurred_on, "occurred_quarter": new.quarter}
    for name, limit in _LIMITS.items():
        check = needed_text if name == "document" else checked_text
        try:
            kept[name] = check(getattr(new, name), field=name, label=LABELS[name], limit=limit)
        except Broken as problem:
            problems.append(problem)
    for check_one in (_measured, _period):
        try:
            kept |= check_one(session, indicator, new)
        except Broken as problem:
            problems.append(problem)
    if problems:
        raise SeveralBroken(problems)
    return kept


def _period(session: Session, indicator: Indicator, new: NewReading) -> dict[str, Any]:
    """Errors: Invalid for a quarter that is not over the horizon; NotYetHappened, QuarterClosed, DocumentTooEarly."""
    if not EARLIEST_QUARTER <= new.quarter <= current_quarter() or new.quarter % 10 not in (1, 2, 3, 4):
        expected = f"{quarter_name(EARLIEST_QUARTER)}—{quarter_name(current_quarter())}"
        found = quarter_name(new.quarter)
        raise Invalid(field="quarter", label=LABELS["quarter"], found=found, expected=expected)
    check_day(session, indicator.plan_id, new)
    if new.occurred_on < date(new.quarter // 10, new.quarter % 10 * 3 - 2, 1):
        found, quarter = new.occurred_on.isoformat(), quarter_name(new.quarter)
        raise DocumentTooEarly(field="occurred_on", found=found, quarter=quarter)
    return {}


def _measured(session: Session, indicator: Indicator, new: NewReading) -> dict[str, Any]:
    target = find_in_force(session, Target, {"indicator_id": indicator.id}, new.quarter)
    allowed = reading_kinds(indicator, target)
    if not new.kinds:
        raise Missing(field=allowed[0], label=LABELS[allowed[0]])
    if len(new.kinds) > 1:
        raise OneOfThree(field=new.kinds[0], count=len(new.kinds))
    kind = new.kinds[0]
    if kind not in allowed:
        expected = tuple(READING_KINDS[one] for one in allowed)
        raise WrongKindOfReading(field=kind, indicator=indicator.name, expected=expected, found=READING_KINDS[kind])
    kept: dict[str, Any] = {"value_micro": None, "grade": None, "judgement": None}
    if kind == VALUE:
        return kept | {"value_micro": _number(indicator, new.value or "")}
    if kind == GRADE:
        if new.grade not in GRADE_NAMES:
            expected = tuple(GRADE_NAMES.values())
            raise Invalid(field=GRADE, label=LABELS[GRADE], found=str(new.grade), expected=expected)
        return kept | {"grade": new.grade}
    if new.judgement not in JUDGEMENTS:
        expected = tuple(JUDGEMENTS.values())
        raise Invalid(field=JUDGEMENT, label=LABELS[JUDGEMENT], found=new.judgement or "", expected=expected)
    return kept | {"judgement": new.judgement}


def _number(indicator: Indicator, text: str) -> int:
    """Errors: NotAQuantity; Invalid for what no measurement can give."""
    typed = unicodedata.normalize("NFKC", text).strip()
    if indicator.unit is not None:
        typed = typed.removesuffix(indicator.unit).strip()
    below, rest = typed.startswith("-"), typed.removeprefix("-")
    if rest.startswith("-"):
        raise NotAQuantity(field=VALUE, found=typed[:40])
    micro = micro_from_text(plain_number(rest, field=VALUE, label=LABELS[VALUE])) * (-1 if below else 1)
    low, high = bounds(indicator)
    if (low is not None and micro < low * MICRO) or (high is not None and micro > high * MICRO):
        unit = indicator.unit or ""
        expected = f"0—{high}{unit}" if high is not None else f"≥ 0{unit}"
        raise Invalid(field=VALUE, label=LABELS[VALUE], found=typed[:40], expected=expected)
    return micro


def as_new(row: OfficialReading) -> NewReading:
    """A stored reading as a person would give it, for checking it again."""
    return NewReading(
        quarter=row.quarter,
        occurred_on=row.occurred_on,
        document=row.document,
        value=None if row.value_micro is None else text_from_micro(row.value_micro),
        grade=row.grade,
        judgement=row.judgement,
        agency=row.agency,
        note=row.note,
        correction_reason=row.correction_reason,
    )
