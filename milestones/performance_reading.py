"""The performance targets of a project and its shares of the hundred points, as they hold in a quarter."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sqlmodel import Session, col, select

from core.errors import N_
from core.units import MICRO, text_from_micro
from milestones.performance import LEVELS, SECOND_LEVELS, PerformanceFrame, PerformanceTarget
from milestones.performance_score import DEFAULT_WEIGHTS, EXECUTION
from portfolio.dated import find_in_force, in_force

SHARES = {EXECUTION: N_("预算执行率"), **LEVELS}


def shares_in(session: Session, project_id: int, quarter: int) -> tuple[dict[str, Fraction], PerformanceFrame | None]:
    """The points of the execution rate and of each level in a quarter, and the row that says so, where there is one."""
    row = find_in_force(session, PerformanceFrame, {"project_id": project_id}, quarter)
    if row is None:
        return {name: Fraction(share) for name, share in DEFAULT_WEIGHTS.items()}, None
    return {name: Fraction(getattr(row, f"{name}_micro"), MICRO) for name in SHARES}, row


def targets_in(session: Session, project_id: int, quarter: int) -> list[PerformanceTarget]:
    """The targets that hold in a quarter, in the order of the form."""
    rows = session.exec(
        select(PerformanceTarget)
        .where(PerformanceTarget.project_id == project_id, in_force(PerformanceTarget, quarter))
        .where(col(PerformanceTarget.dropped).is_(False))
    )
    order = list(SECOND_LEVELS)
    return sorted(rows, key=lambda row: (order.index(row.level), int(row.key[1:])))


def weights_by_level(targets: list[PerformanceTarget]) -> dict[str, Fraction]:
    """What the targets of each level weigh together, in points."""
    weights = dict.fromkeys(LEVELS, Fraction(0))
    for row in targets:
        weights[SECOND_LEVELS[row.level][0]] += Fraction(row.weight_micro, MICRO)
    return weights


def points_text(points: Fraction) -> str:
    """Points of whole millionths as they are written: 12.5."""
    return text_from_micro(int(points * MICRO))


def target_in_words(values: Mapping[str, Any]) -> str:
    """A target on one line, as the audit trail names it: 造林面积 ≥ 5000 亩，30 分."""
    if values["value_micro"] is None:
        wanted = values["value_text"]
    else:
        wanted = f"{values['operator']} {text_from_micro(values['value_micro'])} {values['unit']}"
    return f"{values['name']} {wanted}，{text_from_micro(values['weight_micro'])} 分"
