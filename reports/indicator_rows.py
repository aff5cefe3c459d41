"""Indicator figures as plain data: one shape for the command line, the API and CSV.

Every ratio and quantity is a text of four decimals, rounded half up, beside its exact pair `…_exact` [numerator, denominator].
What is not computable is null, and `why_not` says why. Baselines and targets are printed as the plan prints them.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from core.calendar import quarter_name
from core.errors import N_
from core.language import translate
from core.units import rounded_text
from milestones.indicator_math import GRADE_NAMES, VERDICTS
from milestones.indicator_rollup import Promise, RuleTerms
from milestones.why_not import told
from portfolio.access import Reader
from portfolio.plans import Plan
from reports.exports import indicators_of
from reports.indicator_parts import Contribution
from reports.indicator_records import Official
from reports.indicators import IndicatorFigures, indicator_figures
from reports.rollup import Scope

_HUNDRED = 100
HIDDEN = N_("另有下级规划的 %(n)s 个项目（您无权查看明细）")
# The columns of the table for people.
TABLE = (
    *("no", "name", "unit", "baseline", "target", "official", "rolled_up", "if_all_finished", "if_commitments_kept"),
    *("needed", "planned", "works_unit", "support_pct", "gap", "verdict", "why_not"),
)

_SERIES = ("rolled_up", "if_all_finished", "if_all_finished_low", "if_commitments_kept", "if_commitments_kept_low")


def indicator_rows(session: Session, reader: Reader, plan: Plan, scope: Scope) -> list[dict[str, Any]]:
    """Every indicator of a plan with its printed values and its figures, in the order of the plan."""
    assert plan.id is not None
    one_plan = Scope(scope.quarter, frozenset({plan.id}), scope.edition)
    figures = indicator_figures(session, reader, one_plan, with_contributions=True)
    listed = {row["no"]: row for row in indicators_of(session, plan, scope.quarter)}
    return [_row(one) | {name: value for name, value in listed[one.no].items() if name != "unit"} for one in figures]


def _row(one: IndicatorFigures) -> dict[str, Any]:
    covered = one.coverage
    row: dict[str, Any] = {"no": one.no, "name": one.name, "unit": one.unit}
    row |= dict.fromkeys(("baseline", "target", "target_kind", "reference_target"))  # filled from the list of the plan
    row |= _official(one.official)
    for name in _SERIES:
        row |= _pair(name, getattr(one, name))
    row["unreported"] = one.unreported
    for suffix, language in (("", "zh"), ("_en", "en")):
        reason = one.rolled_up_why_not
        row[f"rolled_up_why_not{suffix}"] = None if reason is None else reason.text(language)
    row |= _pair("needed", covered.needed) | _pair("planned", covered.planned)
    row |= {"works_unit": covered.unit}
    row |= _pair("support_pct", _percent(covered.support)) | _pair("support_pct_low", _percent(covered.support_low))
    row |= {"gap": _with_unit(covered.gap, covered.unit), "gap_low": _with_unit(covered.gap_low, covered.unit)}
    row |= {"over": _with_unit(covered.over, covered.unit)}
    row |= {"why_not": told(covered.why_not, "zh"), "why_not_en": told(covered.why_not, "en")}
    row |= {"verdict": covered.verdict, "by_body": covered.by_body}
    row |= {"timeless": one.own.timeless + one.supported.timeless}
    row |= _pair("planned_low", covered.planned_low)
    for name in ("claimed", "verified", "surviving"):
        row |= _pair(name, getattr(covered, name))
    unit = one.works_unit
    for name, effects in (("own", one.own), ("supported", one.supported)):
        row |= _pair(f"planned_{name}", None if unit is None else unit.quantity(effects.planned))
    row |= {
        "achieved": one.achieved.verdict,
        "achieved_why_not": None if one.achieved.why_not is None else one.achieved.why_not.text("zh"),
    }
    row |= _pair("achieved_pct", _percent(one.achieved.ratio))
    row |= _pair("rolled_up_achieved_pct", _percent(one.rolled_up_achieved.ratio))
    row |= {"rule": _rule(one.rule)}
    row |= {"contributions": [part for of in one.contributions for part in _parts(of, one.rule)]}
    row |= {"commitments": [_promise(promise) for promise in one.promises]}
    return row


def _pair(name: str, value: Fraction | None) -> dict[str, Any]:
    if value is None:
        return {name: None, f"{name}_exact": None}
    return {name: rounded_text(value), f"{name}_exact": [value.numerator, value.denominator]}


def _percent(ratio: Fraction | None) -> Fraction | None:
    return None if ratio is None else ratio * _HUNDRED


def _with_unit(value: Fraction | None, unit: str | None) -> dict[str, Any]:
    return _pair("value", value) | {"unit": None if value is None else unit}


def _official(reading: Official | None) -> dict[str, Any]:
    if reading is None:
        return _pair("official", None) | {"official_as_of": None, "official_document": None}
    found, source = reading.measured, {
        "official_as_of": quarter_name(reading.quarter),
        "official_document": reading.document,
    }  # fmt: skip
    if found.value is not None:
        return _pair("official", found.value) | source
    said = GRADE_NAMES[found.grade] if found.grade is not None else translate(VERDICTS[found.judgement or ""], "zh")
    return {"official": said, "official_exact": None} | source


def _rule(rule: RuleTerms | None) -> dict[str, Any] | None:
    """The formula as it was used, with what it stands on."""
    if rule is None:
        return None
    row: dict[str, Any] = {"formula": rule.formula, "unit": rule.unit, "whole_name": rule.whole_name}
    row |= _pair("whole", rule.whole) | {"whole_derived": rule.derived, "whole_source": rule.whole_source}
    row |= _pair("start", rule.start) | {"start_source": rule.start_source, "assumption": rule.assumption}
    row["measures"] = [
        {"measure": one.measure, "tier": one.tier, "lag_years": one.lag_years, "assumption": one.assumption}
        | _pair("factor", one.factor)
        for one in rule.measures
    ]
    return row


def _parts(one: Contribution, rule: RuleTerms | None) -> Iterable[dict[str, Any]]:
    """What one project adds: its planned quantity, and what the roll-up counts of it; each tier adds up to its figure."""
    for tier, quantity in (("planned", one.planned), (one.terms.tier, one.counted)):
        if quantity is None:
            continue
        effect = None if rule is None else rule.effect(one.terms.measure_id, quantity, one.unit)
        yield (
            {"project": one.project or None, "name": hidden_name(one) or one.name, "measure": one.measure, "tier": tier}
            | _pair("quantity", quantity)
            | {"unit": one.unit}
            | _pair("factor", one.terms.factor)
            | _pair("effect", effect)
            | {"effect_unit": None if rule is None else rule.unit}
            | {"supported": one.supported, "may_count_twice": tier == "planned" and one.inside is not None}
            | {"hidden_projects": one.hidden or None}
        )


def hidden_name(one: Contribution) -> str | None:
    """What stands for the projects of lower plans that the reader may not see."""
    return translate(HIDDEN, "zh") % {"n": one.hidden} if one.hidden else None


def _promise(one: Promise) -> dict[str, Any]:
    row = {"name": one.name, "measure": one.measure} | _pair("quantity", one.quantity)
    return (
        row
        | {"unit": one.unit, "years": one.years, "may_count_twice": one.inside is not None}
        | _pair("counted_twice", one.inside)
    )


def flat_rows(rows: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    """The rows for CSV: gaps as columns of their own, exact pairs as fractions such as 35/2."""
    for row in rows:
        flat: dict[str, Any] = {}
        for name, value in row.items():
            if name in ("gap", "gap_low", "over"):
                flat |= {f"{name}_{part}": _cell(part, cell) for part, cell in value.items()}
            else:
                flat[name] = _cell(name, value)
        yield flat


def _cell(name: str, value: Any) -> Any:
    return f"{value[0]}/{value[1]}" if name.endswith("_exact") and value is not None else value
