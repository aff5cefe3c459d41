"""Revising a target (domain page, section 7): with reason, approver and document, from a quarter on; the old text stays.

A delegated target is superseded when the superior sets it. The number that the body of the plan names (按正文值) then no longer
counts; it stays in the history with the printed text.
"""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import quarter_name
from core.errors import N_, Broken, Invalid, Missing, SeveralBroken, Stale
from core.text import checked_text, needed_text
from core.units import micro_from_text, text_from_micro
from milestones.indicator_math import GRADE_NAMES, grade_from_text
from milestones.indicators import TARGET_KINDS, Indicator, Target
from milestones.quantities import NotAQuantity
from milestones.quantity_values import plain_number
from milestones.reading_rules import bounds
from portfolio.citations import mark_supplied
from portfolio.dated import find_in_force, put_in_force
from portfolio.periods import keep_quarters, must_hold_from_open
from portfolio.plans import Plan
from portfolio.values import BASIS_LABELS, BASIS_LIMITS, EARLIEST_YEAR, LATEST_YEAR

NUMBER, RANGE, GRADE, DELEGATED = "number", "range", "grade", "delegated"
REVISABLE = {kind: name for kind, name in TARGET_KINDS.items() if kind != "none"}
TARGET_OPERATORS = ("≥", "≤", ">", "<", "=", "约")
FROM_QUARTER = N_("生效季度")
LABELS = {
    "kind": N_("目标类型"),
    "printed": N_("目标原文"),
    "operator": N_("关系"),
    "value": N_("目标值"),
    "high": N_("上限"),
    "strive": N_("力争"),
    "target_year": N_("目标年份"),
    "approver": N_("批准单位"),
    **BASIS_LABELS,
    "from_quarter": FROM_QUARTER,
}
_PRINTED_LIMIT, _APPROVER_LIMIT = 200, 120
_FIELDS = ("printed", "kind", "operator", "value_micro", "high_micro", "strive", "target_year", "approver")
_REFERENCE = ("reference_operator", "reference_micro", "reference_wording")


class RangeBackwards(Broken):
    sentence = N_("区间填写的是 %(low)s 至 %(high)s，下限应小于上限。")


class NoGradeNamed(Broken):
    sentence = N_("等级目标的原文应写明等级（%(expected)s），现在是“%(found)s”。")


class BeforeThePlan(Broken):
    sentence = N_("生效季度填写的是 %(found)s，早于规划的第一个季度 %(first)s。")


class NothingRevised(Broken):
    status = 409
    sentence = N_("目标与现在的完全一样，没有需要修改的。")


@dataclass(frozen=True)
class NewTarget:
    """A target as its document words it, and as it is read. Numbers are as typed, in the indicator's own unit."""

    kind: str
    printed: str
    operator: str | None = None
    value: str | None = None
    high: str | None = None
    strive: bool = False
    target_year: int | None = None


@dataclass(frozen=True)
class TargetBasis:
    """On what the change rests: from which quarter it holds, on which document, why, and who approved it."""

    from_quarter: int
    document: str | None
    reason: str | None
    approver: str | None


def revise_target(
    session: Session, indicator: Indicator, new: NewTarget, basis: TargetBasis, *, expected_version: int, by: Actor
) -> Target:
    """Makes a target hold from a quarter on, until the next recorded change; the row that says so.

    Errors: Stale; SeveralBroken with every field that cannot be accepted; HoldsInClosedQuarter; NothingRevised.
    """
    assert indicator.id is not None
    keep_quarters(session, {indicator.plan_id})
    session.refresh(indicator, with_for_update=True)
    if indicator.row_version != expected_version:
        raise Stale(who=audit.last_actor(session, "indicator", indicator.id))
    values = checked_target(session, indicator, new, basis)
    must_hold_from_open(session, indicator.plan_id, basis.from_quarter)
    held = find_in_force(session, Target, {"indicator_id": indicator.id}, basis.from_quarter)
    # What the body of the plan says stays the reference only while the superior has not set the target.
    delegated = held is not None and new.kind == DELEGATED and held.kind == DELEGATED
    values |= {name: getattr(held, name) if delegated else None for name in _REFERENCE}
    before = {} if held is None else _facts(held)
    document, reason = values.pop("document"), values.pop("reason")
    if held is not None and all(getattr(held, name) == values[name] for name in _FIELDS if name != "approver"):
        raise NothingRevised
    row = put_in_force(
        session,
        Target,
        {"indicator_id": indicator.id},
        values,
        from_quarter=basis.from_quarter,
        document=document,
        reason=reason,
        by=by,
    )
    assert row is not None
    mark_supplied(session, "indicator", indicator.id, "target", document=document, reason=reason, by=by)
    indicator.row_version += 1
    session.add(indicator)
    session.flush()
    after = _facts(row) | {"from_quarter": quarter_name(basis.from_quarter), "document": document}
    audit.record(session, "revise-target", "indicator", indicator.id, before=before, after=after, reason=reason, by=by)
    return row


def checked_target(session: Session, indicator: Indicator, new: NewTarget, basis: TargetBasis) -> dict[str, Any]:
    """The target and its basis as they are kept; a change without document, reason or approver is refused.

    Errors: SeveralBroken with one problem for each field that cannot be accepted.
    """
    problems: list[Broken] = []
    kept: dict[str, Any] = {"kind": new.kind, "strive": new.strive, "target_year": new.target_year}
    kept |= {"operator": None, "value_micro": None, "high_micro": None}
    texts = {"printed": (new.printed, _PRINTED_LIMIT), "approver": (basis.approver, _APPROVER_LIMIT)}
    texts |= {name: (getattr(basis, name), BASIS_LIMITS[name]) for name in BASIS_LABELS}
    for name, (text, limit) in texts.items():
        try:
            kept[name] = needed_text(text, field=name, label=LABELS[name], limit=limit)
        except Broken as problem:
            problems.append(problem)
    for check_one in (_numbers, _grade):
        try:
            kept |= check_one(indicator, new)
        except SeveralBroken as several:
            problems += several.problems
        except Broken as problem:
            problems.append(problem)
    if new.kind not in REVISABLE:
        expected = tuple(REVISABLE.values())
        problems.append(Invalid(field="kind", label=LABELS["kind"], found=new.kind, expected=expected))
    if new.target_year is not None and not EARLIEST_YEAR <= new.target_year <= LATEST_YEAR:
        expected_years = f"{EARLIEST_YEAR}—{LATEST_YEAR}"
        found = str(new.target_year)
        problems.append(Invalid(field="target_year", label=LABELS["target_year"], found=found, expected=expected_years))
    first = session.get_one(Plan, indicator.plan_id).start
    if basis.from_quarter < first:
        found, start = quarter_name(basis.from_quarter), quarter_name(first)
        problems.append(BeforeThePlan(field="from_quarter", found=found, first=start))
    if problems:
        raise SeveralBroken(problems)
    return kept


def _numbers(indicator: Indicator, new: NewTarget) -> dict[str, Any]:
    """Errors: SeveralBroken."""
    if new.kind not in (NUMBER, RANGE):
        given = [name for name in ("value", "high", "operator") if (getattr(new, name) or "").strip()]
        if given:
            raise SeveralBroken(
                [
                    Invalid(field=one, label=LABELS[one], found=getattr(new, one), expected=N_("空，这种目标没有数值"))
                    for one in given
                ]
            )
        return {}
    problems: list[Broken] = []
    kept: dict[str, Any] = {}
    for name in ("value", "high") if new.kind == RANGE else ("value",):
        try:
            kept[f"{name}_micro"] = _number(indicator, getattr(new, name) or "", name)
        except Broken as problem:
            problems.append(problem)
    if new.kind == RANGE and not problems and kept["value_micro"] >= kept["high_micro"]:
        problems.append(RangeBackwards(field="high", low=(new.value or "").strip(), high=(new.high or "").strip()))
    if new.kind == NUMBER:
        operator = checked_text(new.operator, field="operator", label=LABELS["operator"], limit=4)
        if operator is None:
            problems.append(Missing(field="operator", label=LABELS["operator"]))
        elif operator not in TARGET_OPERATORS:
            found = new.operator or ""
            problems.append(Invalid(field="operator", label=LABELS["operator"], found=found, expected=TARGET_OPERATORS))
        kept["operator"] = operator
    if problems:
        raise SeveralBroken(problems)
    return kept


def _number(indicator: Indicator, text: str, field: str) -> int:
    """Errors: Missing, NotAQuantity; Invalid for what the indicator can never be."""
    typed = text.strip()
    below = typed.startswith(("-", "－"))
    if below and typed[1:].strip().startswith(("-", "－")):
        raise NotAQuantity(field=field, found=typed[:40])
    plain = plain_number(typed[1:] if below else typed, field=field, label=LABELS[field])
    micro = micro_from_text(plain) * (-1 if below else 1)
    low, high = bounds(indicator)
    if (low is not None and micro < low * 10**6) or (high is not None and micro > high * 10**6):
        unit = indicator.unit or ""
        expected = f"0—{high}{unit}" if high is not None else f"≥ 0{unit}"
        raise Invalid(field=field, label=LABELS[field], found=typed[:40], expected=expected)
    return micro


def _grade(indicator: Indicator, new: NewTarget) -> dict[str, Any]:
    """Errors: NoGradeNamed."""
    if new.kind == GRADE and new.printed.strip() and grade_from_text(new.printed) is None:
        expected = tuple(GRADE_NAMES.values())
        raise NoGradeNamed(field="printed", expected=expected, found=new.printed.strip()[:40])
    return {}


def target_history(session: Session, indicator_id: int) -> list[Target]:
    """Every target of an indicator that ever held, the newest first; what was replaced before it held comes after it."""
    rows = select(Target).where(Target.indicator_id == indicator_id)
    return list(session.exec(rows.order_by(col(Target.effective_from).desc(), col(Target.id).desc())))


def _facts(row: Target) -> dict[str, Any]:
    """A target as the audit trail keeps it; numbers as they are written."""
    plain = (
        "printed",
        "kind",
        "operator",
        "strive",
        "target_year",
        "approver",
        "reference_operator",
        "reference_wording",
    )
    numbers = {"value": row.value_micro, "high": row.high_micro, "reference": row.reference_micro}
    said = {name: None if micro is None else text_from_micro(micro) for name, micro in numbers.items()}
    return {name: getattr(row, name) for name in plain} | said
