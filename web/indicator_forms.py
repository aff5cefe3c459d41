"""Finding an indicator by its address, and what people type about it, read into values."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, select

from core.calendar import period_from_text, quarter_name
from core.errors import N_, Broken, Invalid, NotThere
from core.units import text_from_micro
from milestones.indicators import Indicator, Target
from milestones.reading_rules import GRADE, JUDGEMENT, LABELS, VALUE, NewReading
from milestones.readings import OfficialReading
from milestones.target_revising import FROM_QUARTER, NewTarget, TargetBasis
from milestones.target_revising import LABELS as TARGET_LABELS
from portfolio.access import Action, Reader
from portfolio.plans import Plan
from web.approving import departments_of
from web.forms import Typed, collecting, id_from_text, raise_any, typed_values
from web.project_filters import year_from_text
from web.project_forms import day_from, quarters_since

_TICKED = "1"


@dataclass(frozen=True)
class OpenIndicator:
    """An indicator that the reader may see, with its plan."""

    indicator: Indicator
    plan: Plan

    @property
    def id(self) -> int:
        assert self.indicator.id is not None
        return self.indicator.id

    @property
    def address(self) -> str:
        return f"/indicators/{self.plan.code}/{self.indicator.no}"


def open_indicator(session: Session, reader: Reader, code: str, no: str, action: Action | None = None) -> OpenIndicator:
    """The indicator of that plan and number.

    Errors: NotThere when there is none, or the reader may not see it or not do this.
    """
    row = session.exec(select(Indicator, Plan).join(Plan).where(Plan.code == code, Indicator.no == no)).first()
    if row is None:
        raise NotThere
    found = OpenIndicator(*row)
    plan_id = found.indicator.plan_id
    reader.must("view", plan_id)
    if action is not None:
        must(reader, action, plan_id)
    return found


def may(reader: Reader, action: Action, plan_id: int) -> bool:
    """Whether the reader may do this to an indicator of the plan.

    No department answers for an indicator, so that whoever reports for any department of the plan may report a reading.
    """
    return reader.may(action, plan_id, departments_of(reader))


def must(reader: Reader, action: Action, plan_id: int) -> None:
    """Errors: NotThere."""
    if not may(reader, action, plan_id):
        raise NotThere


# ---- a reading


def reading_from(typed: Typed) -> NewReading:
    """The reading that the form holds.

    Errors: SeveralBroken with every field that cannot be read.
    """
    problems: list[Broken] = []
    quarter, occurred_on = 0, None
    with collecting(problems):
        period = period_from_text(typed["quarter"], field="quarter")
        if period.kind not in ("quarter", "year"):
            found, expected = typed["quarter"], N_("季度（如 2024Q4）或年度（如 2024）")
            raise Invalid(field="quarter", label=LABELS["quarter"], found=found, expected=expected)
        quarter = period.last_quarter
    with collecting(problems):
        occurred_on = day_from(typed, "occurred_on", label=LABELS["occurred_on"])
    raise_any(problems)
    assert occurred_on is not None
    return NewReading(
        quarter=quarter,
        occurred_on=occurred_on,
        document=typed["document"],
        value=typed[VALUE].strip() or None,
        # 0 is no grade: what was sent and is no number is refused like any unknown one.
        grade=(id_from_text(typed[GRADE]) or 0) if typed[GRADE] else None,
        judgement=typed[JUDGEMENT] or None,
        agency=typed["agency"],
        note=typed["note"],
        correction_reason=typed["correction_reason"],
    )


def typed_reading(row: OfficialReading) -> Typed:
    """The form filled with a draft."""
    return typed_values(
        quarter=quarter_name(row.quarter),
        occurred_on=row.occurred_on.isoformat(),
        document=row.document,
        value=None if row.value_micro is None else text_from_micro(row.value_micro),
        grade=row.grade,
        judgement=row.judgement,
        agency=row.agency,
        note=row.note,
        correction_reason=row.correction_reason,
        row_version=row.row_version,
    )


# ---- a target


def target_from(typed: Typed, plan: Plan) -> tuple[NewTarget, TargetBasis]:
    """The target that the form holds, and on what it rests.

    Errors: SeveralBroken with every field that cannot be read.
    """
    problems: list[Broken] = []
    year, quarter = None, plan.start
    if typed["target_year"].strip():
        with collecting(problems):
            text = typed["target_year"].strip()
            year = year_from_text(text, field="target_year", label=TARGET_LABELS["target_year"])
    with collecting(problems):
        quarter = from_quarter(typed, plan)
    raise_any(problems)
    new = NewTarget(
        kind=typed["kind"],
        printed=typed["printed"],
        operator=typed["operator"].strip() or None,
        value=typed["value"].strip() or None,
        high=typed["high"].strip() or None,
        strive=typed["strive"] == _TICKED,
        target_year=year,
    )
    return new, TargetBasis(quarter, typed["document"], typed["reason"], typed["approver"])


def typed_target(row: Target | None, **more: Any) -> Typed:
    """The form filled with the target in force."""
    if row is None:
        return typed_values(kind="number", operator="≥", **more)
    return typed_values(
        kind="number" if row.kind in ("delegated", "none") else row.kind,
        printed=None if row.kind in ("delegated", "none") else row.printed,
        operator=row.operator or "≥",
        value=None if row.value_micro is None else text_from_micro(row.value_micro),
        high=None if row.high_micro is None else text_from_micro(row.high_micro),
        strive=_TICKED if row.strive else None,
        target_year=row.target_year,
        **more,
    )


# ---- what both rest on


def from_quarter(typed: Typed, plan: Plan) -> int:
    """The quarter from which a change holds: one of the plan's, up to the present one.

    Errors: NotAPeriod, Invalid.
    """
    known = quarters_since(plan.start)
    period = period_from_text(typed["from_quarter"], field="from_quarter")
    if period.kind != "quarter" or period.last_quarter not in known:
        expected = f"{quarter_name(known[-1])}—{quarter_name(known[0])}"
        raise Invalid(field="from_quarter", label=FROM_QUARTER, found=typed["from_quarter"], expected=expected)
    return period.last_quarter
