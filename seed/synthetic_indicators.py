"""Synthetic indicators for benchmarks: for each plan of synthetic.py some that works move, with rules, targets and readings."""

import random
from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import Session, col, select

from core.calendar import first_quarter
from core.database import select_columns
from core.units import MICRO
from milestones.commitments import Commitment
from milestones.indicator_rules import SHARE, TOTAL, IndicatorRule, RuleMeasure
from milestones.indicators import Indicator, Target
from milestones.quantities import Measure
from milestones.readings import OfficialReading
from portfolio.plans import Plan
from seed.synthetic_works import RECORDED, put

_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
_DATED = {"effective_from": first_quarter(2021), "recorded_at": _MOMENT}
# Per plan: key, name, unit, whether it is a change, formula, the whole of a share, and its measures: name, factor, tier, lag.
_Kind = tuple[str, str, str, bool, str, tuple[int, str] | None, tuple[tuple[str, tuple[int, int], str, int], ...]]
KINDS: tuple[_Kind, ...] = (
    ("forest", "森林覆盖率", "%", False, SHARE, (6000, "平方公里"), (("营造林面积", (1, 1), "verified", 0),)),
    ("soil", "水土流失治理度", "%", False, SHARE, (4000, "平方公里"), (("治理水土流失面积", (9, 10), "surviving", 1),)),
    ("planted", "营造林面积", "万亩", True, TOTAL, None, (("营造林面积", (1, 1), "verified", 0),)),
    ("wetland", "湿地和矿山修复面积", "公顷", True, TOTAL, None,
     (("湿地面积", (1, 1), "claimed", 0), ("矿山生态修复面积", (1, 2), "verified", 0))),
    ("pipes", "污水管网长度", "公里", False, TOTAL, None, (("污水管网长度", (1, 1), "verified", 0),)),
    ("villages", "农村污水治理率", "%", False, SHARE, (400, "个"), (("农村污水治理村数", (1, 1), "verified", 0),)),
)  # fmt: skip


def fill_indicators(session: Session, *, seed: int = 1) -> None:
    """Adds the indicators of every plan with a target, a rule, a reading for each year and a commitment."""
    chance = random.Random(f"{seed} indicators")  # noqa: S311 (a benchmark wants the same numbers again, not secrecy)
    plans = [id_ for id_ in session.exec(select(Plan.id).order_by(col(Plan.id))) if id_ is not None]
    names = {measure for *_, measures in KINDS for measure, *_ in measures}
    known = select_columns(Measure.name, Measure.id).where(col(Measure.name).in_(names))
    measures = dict(session.execute(known).all())
    rows: dict[type[Any], list[dict[str, Any]]] = {
        table: [] for table in (Indicator, Target, IndicatorRule, RuleMeasure, OfficialReading, Commitment)
    }
    number = 0
    for plan_id in plans:
        for position, kind in enumerate(KINDS, start=1):
            number += 1
            _add(rows, number, plan_id, position, kind, measures, chance)
    for table, facts in rows.items():
        put(session, table, iter(facts))


def _add(
    rows: dict[type[Any], list[dict[str, Any]]],
    id_: int,
    plan_id: int,
    position: int,
    kind: _Kind,
    measures: dict[str, int],
    chance: random.Random,
) -> None:
    key, name, unit, change, formula, whole, counted = kind
    baseline = None if change else chance.randint(20, 40) * MICRO
    goal = (baseline or 0) + chance.randint(1, 8) * MICRO
    rows[Indicator].append(
        {"id": id_, "plan_id": plan_id, "key": f"p{plan_id}-{key}", "no": str(position), "position": position}
        | {"category": "试验", "name": name, "printed_name": name, "unit": unit, "nature": "约束性", "direction": "up"}
        | {"change": change, "over_time": "last", "over_places": "ratio" if formula == SHARE else "sum"}
        | {"baseline_printed": "--" if baseline is None else str(baseline // MICRO), "baseline_micro": baseline}
        | {"baseline_year": 2020, "row_version": 1}
    )
    rows[Target].append(
        {"indicator_id": id_, "printed": f"≥{goal // MICRO}", "kind": "number", "operator": "≥", "value_micro": goal}
        | {"strive": False, "target_year": 2025}
        | _DATED
    )
    sized = {"whole_micro": None, "whole_unit": None} if whole is None else _whole(*whole)
    rows[IndicatorRule].append({"id": id_, "indicator_id": id_, "formula": formula} | sized | _DATED)
    for measure, (above, below), tier, lag in counted:
        rows[RuleMeasure].append(
            {"rule_id": id_, "measure_id": measures[measure], "factor_numerator": above, "factor_denominator": below}
            | {"tier": tier, "lag_years": lag}
        )
    for year in range(2021, 2026):
        quarter = year * 10 + 4
        rows[OfficialReading].append(
            RECORDED
            | {"indicator_id": id_, "quarter": quarter, "value_micro": (baseline or 0) + (year - 2020) * MICRO // 2}
            | {"occurred_on": date(year + 1, 1, 20), "occurred_quarter": quarter, "posted_period": quarter}
            | {"document": f"试验公报〔{year}〕"}
        )
    if key == "forest":
        rows[Commitment].append(
            {
                "plan_id": plan_id,
                "key": f"p{plan_id}-c1",
                "position": 1,
                "name": "营造林",
                "measure_id": measures["营造林面积"],
            }
            | {"value_micro": 3 * MICRO, "unit": "万亩", "operator": "≥", "strive": False, "wording": "营造林3万亩"}
            | {"row_version": 1}
        )


def _whole(size: int, unit: str) -> dict[str, Any]:
    return {"whole_micro": size * MICRO, "whole_unit": unit}
