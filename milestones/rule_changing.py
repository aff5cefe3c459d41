"""What people change about a roll-up rule: formula, whole and start with their sources, measures with factor, tier and lag.

Factors, lags and wholes are stated assumptions: a change names the document and the reason, holds from a quarter on, and the
rule that held before stays in the history.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlmodel import Session, select

from core import audit
from core.audit import Actor
from core.calendar import quarter_name
from core.errors import N_, Broken, Invalid, Missing, SeveralBroken, Stale
from core.text import checked_text, matching_key, needed_text
from core.units import UnlikeUnits, dimension, micro_from_text, text_from_micro, unit_name
from milestones.indicator_rules import FORMULAS, NO_FORMULA, TOTAL, IndicatorRule
from milestones.indicators import Indicator
from milestones.quantities import Measure
from milestones.quantity_values import UnknownMeasure, plain_number
from milestones.rule_setting import RULE_FIELDS, HeldRule, MeasureShare, find_rule, put_rule, share_of
from milestones.target_revising import BeforeThePlan
from milestones.works import CLAIMED, SURVIVING, TIERS, VERIFIED
from portfolio.citations import mark_supplied
from portfolio.periods import keep_quarters, must_hold_from_open
from portfolio.plans import Plan
from portfolio.values import BASIS_LABELS, BASIS_LIMITS, Basis

RULE_TIERS = {tier: TIERS[tier] for tier in (CLAIMED, VERIFIED, SURVIVING)}
LABELS = {
    "formula": N_("公式"),
    "whole_name": N_("总体名称"),
    "whole": N_("总体数量"),
    "whole_unit": N_("总体单位"),
    "whole_source": N_("总体来源"),
    "start": N_("起点数量"),
    "start_unit": N_("起点单位"),
    "start_source": N_("起点来源"),
    "why_not": N_("不能推算的原因"),
    "assumption": N_("说明"),
    "measure": N_("工程量指标"),
    "factor": N_("系数"),
    "tier": N_("计入层级"),
    "lag_years": N_("滞后年数"),
    **BASIS_LABELS,
    "from_quarter": N_("生效季度"),
}
_LIMITS = {"whole_name": 80, "whole_source": 400, "start_source": 400, "why_not": 400, "assumption": 4000}
_ASSUMPTION_LIMIT, _LONGEST_LAG = 400, 30
_FACTOR = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?(/[1-9][0-9]{0,8})?")


class NotAFactor(Broken):
    sentence = N_("“系数”填写的是“%(found)s”，应为不等于 0 的数，可写作 0.85 或 2/3。")


class MeasureTwice(Broken):
    sentence = N_("工程量指标“%(found)s”写了两次，一个指标只写一行。")


class NoMeasures(Broken):
    sentence = N_("按这个公式推算，至少要有一个工程量指标。")


class NothingChanged(Broken):
    status = 409
    sentence = N_("规则与现在的完全一样，没有需要修改的。")


@dataclass(frozen=True)
class NewShare:
    """One measure of a rule as typed."""

    measure: str
    factor: str = "1"
    tier: str = VERIFIED
    lag_years: str = "0"
    assumption: str | None = None


@dataclass(frozen=True)
class NewRule:
    """A rule as typed. Numbers are plain decimals with their unit beside them."""

    formula: str
    shares: tuple[NewShare, ...] = ()
    whole_name: str | None = None
    whole: str | None = None
    whole_unit: str | None = None
    whole_source: str | None = None
    start: str | None = None
    start_unit: str | None = None
    start_source: str | None = None
    why_not: str | None = None
    assumption: str | None = None


def change_rule(
    session: Session, indicator: Indicator, new: NewRule, basis: Basis, *, expected_version: int, by: Actor
) -> IndicatorRule:
    """Makes a rule hold from a quarter on, until the next recorded change.

    Errors: Stale; SeveralBroken with every field that cannot be accepted; HoldsInClosedQuarter; NothingChanged.
    """
    assert indicator.id is not None
    keep_quarters(session, {indicator.plan_id})
    session.refresh(indicator, with_for_update=True)
    if indicator.row_version != expected_version:
        raise Stale(who=audit.last_actor(session, "indicator", indicator.id))
    held = find_rule(session, indicator.id, basis.from_quarter)
    values, shares = checked_rule(session, indicator, new, basis, held)
    must_hold_from_open(session, indicator.plan_id, basis.from_quarter)
    document, reason = (basis.document or "").strip(), (basis.reason or "").strip()
    row = put_rule(
        session,
        indicator.id,
        values,
        shares,
        from_quarter=basis.from_quarter,
        document=document,
        reason=reason,
        by=by,
    )
    if row is None:
        raise NothingChanged
    mark_supplied(session, "indicator", indicator.id, "rule", document=document, reason=reason, by=by)
    indicator.row_version += 1
    session.add(indicator)
    session.flush()
    before = {} if held is None else rule_facts(held)
    now_held = find_rule(session, indicator.id, basis.from_quarter)
    assert now_held is not None
    after = rule_facts(now_held) | {"from_quarter": quarter_name(basis.from_quarter), "document": document}
    audit.record(session, "change-rule", "indicator", indicator.id, before=before, after=after, reason=reason, by=by)
    return row


def checked_rule(
    session: Session, indicator: Indicator, new: NewRule, basis: Basis, held: HeldRule | None
) -> tuple[dict[str, Any], list[MeasureShare]]:
    """The rule as it is kept. English words stay as long as the Chinese ones they stand for.

    Errors: SeveralBroken with one problem for each field that cannot be accepted.
    """
    problems: list[Broken] = []
    values: dict[str, Any] = dict.fromkeys(RULE_FIELDS) | {"formula": new.formula}
    for name, limit in _LIMITS.items():
        try:
            values[name] = checked_text(getattr(new, name), field=name, label=LABELS[name], limit=limit)
        except Broken as problem:
            problems.append(problem)
    for name in ("whole", "start"):
        values |= _amount(new, name, problems)
    shares = _shares(session, new, held, problems)
    problems += _problems_of_formula(session, indicator, values, shares, typed=bool(new.shares))
    problems += _problems_of_basis(session, indicator, basis)
    for name in ("why_not", "assumption"):
        kept = held is not None and values[name] is not None and getattr(held.rule, name) == values[name]
        values[f"{name}_en"] = getattr(held.rule, f"{name}_en") if kept and held is not None else None
    if problems:
        raise SeveralBroken(problems)
    return values, shares


def _amount(new: NewRule, name: str, problems: list[Broken]) -> dict[str, Any]:
    """A whole or a start: number, unit and source stand together or not at all."""
    given = {part: (getattr(new, f"{name}{part}") or "").strip() for part in ("", "_unit", "_source")}
    if not given[""]:
        if given["_unit"] or given["_source"]:
            problems.append(Missing(field=name, label=LABELS[name]))
        return {f"{name}_source": None}
    missing = [f"{name}{part}" for part in ("_unit", "_source") if not given[part]]
    problems += [Missing(field=one, label=LABELS[one]) for one in missing]
    try:
        micro = micro_from_text(plain_number(given[""], field=name, label=LABELS[name]))
        if micro == 0 and name == "whole":
            raise Invalid(field=name, label=LABELS[name], found=given[""], expected=N_("大于 0 的数"))
        unit = unit_name(given["_unit"]) if given["_unit"] else None
    except Broken as problem:
        problem.field = problem.field if problem.field == name else f"{name}_unit"
        problems.append(problem)
        return {}
    return {f"{name}_micro": micro, f"{name}_unit": unit}


def _shares(session: Session, new: NewRule, held: HeldRule | None, problems: list[Broken]) -> list[MeasureShare]:
    known = {matching_key(one.name): one for one in session.exec(select(Measure))}
    english = {} if held is None else {row.measure_id: (row.assumption, row.assumption_en) for row, _ in held.measures}
    found: dict[int, MeasureShare] = {}
    for number, typed in enumerate(new.shares):
        try:
            measure = known.get(matching_key(typed.measure))
            if measure is None or measure.id is None:
                raise UnknownMeasure(field=f"measure-{number}", found=typed.measure.strip()[:40])
            if measure.id in found:
                raise MeasureTwice(field=f"measure-{number}", found=measure.name)
            found[measure.id] = _share(typed, number, measure.id, english.get(measure.id))
        except Broken as problem:
            problems.append(problem)
    return list(found.values())


def _share(typed: NewShare, number: int, measure_id: int, words: tuple[str | None, str | None] | None) -> MeasureShare:
    """Errors: NotAFactor, Invalid, TooLong."""
    factor = typed.factor.strip()
    if not _FACTOR.fullmatch(factor):
        raise NotAFactor(field=f"factor-{number}", found=factor[:40])
    above, _, below = factor.partition("/")
    exact = Fraction(above) / int(below or 1)
    if exact == 0 or max(abs(exact.numerator), exact.denominator) >= 2**31:
        raise NotAFactor(field=f"factor-{number}", found=factor[:40])
    if typed.tier not in RULE_TIERS:
        expected = tuple(RULE_TIERS.values())
        raise Invalid(field=f"tier-{number}", label=LABELS["tier"], found=typed.tier, expected=expected)
    lag = typed.lag_years.strip() or "0"
    if not (lag.isascii() and lag.isdigit() and int(lag) <= _LONGEST_LAG):
        expected_lag = f"0—{_LONGEST_LAG}"
        raise Invalid(field=f"lag-{number}", label=LABELS["lag_years"], found=lag[:10], expected=expected_lag)
    label = N_("假设")
    text = checked_text(typed.assumption, field=f"assumption-{number}", label=label, limit=_ASSUMPTION_LIMIT)
    english = words[1] if words is not None and text is not None and words[0] == text else None
    return MeasureShare(measure_id, exact, typed.tier, int(lag), text, english)


def _problems_of_formula(
    session: Session, indicator: Indicator, values: dict[str, Any], shares: list[MeasureShare], *, typed: bool
) -> list[Broken]:
    formula = values["formula"]
    if formula not in FORMULAS:
        return [Invalid(field="formula", label=LABELS["formula"], found=formula, expected=tuple(FORMULAS.values()))]
    if formula == NO_FORMULA:
        return [] if values["why_not"] else [Missing(field="why_not", label=LABELS["why_not"])]
    if not typed:
        return [NoMeasures(field="measure-0")]
    unit = indicator.unit if formula == TOTAL else values["whole_unit"] or values["start_unit"]
    if unit is None:
        return []
    units = [(unit, "whole_unit")] if formula == TOTAL else [(values["start_unit"], "start_unit")]
    problems: list[Broken] = [
        UnlikeUnits(field=field, one=other, other=unit)
        for other, field in units
        if other is not None and dimension(other) != dimension(unit)
    ]
    for number, share in enumerate(shares):
        measure = session.get_one(Measure, share.measure_id)
        if measure.dimension != dimension(unit):
            problems.append(UnlikeUnits(field=f"measure-{number}", one=measure.name, other=unit))
    return problems


def _problems_of_basis(session: Session, indicator: Indicator, basis: Basis) -> list[Broken]:
    problems: list[Broken] = []
    for name, label in BASIS_LABELS.items():
        try:
            needed_text(getattr(basis, name), field=name, label=label, limit=BASIS_LIMITS[name])
        except Broken as problem:
            problems.append(problem)
    first = session.get_one(Plan, indicator.plan_id).start
    if basis.from_quarter < first:
        found = quarter_name(basis.from_quarter)
        problems.append(BeforeThePlan(field="from_quarter", found=found, first=quarter_name(first)))
    return problems


def rule_facts(held: HeldRule) -> dict[str, Any]:
    """A rule as the audit trail keeps it."""
    amounts = {
        name: None
        if getattr(held.rule, f"{name}_micro") is None
        else f"{text_from_micro(getattr(held.rule, f'{name}_micro'))}{getattr(held.rule, f'{name}_unit')}"
        for name in ("whole", "start")
    }
    plain = ("formula", "whole_name", "whole_source", "start_source", "why_not", "assumption")
    return amounts | {name: getattr(held.rule, name) for name in plain} | {"measures": measures_in_words(held)}


def measures_in_words(held: HeldRule) -> str:
    """The measures of a rule on one line, as the audit trail names them."""
    return "；".join(
        f"{measure.name}×{share_of(row).factor}，{RULE_TIERS[row.tier]}，滞后{row.lag_years}年"
        for row, measure in held.measures
    )
