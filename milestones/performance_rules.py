"""A performance target as a person gives it: what it may be, checked field by field."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from core.calendar import quarter_name
from core.errors import N_, Broken, Invalid, Missing, SeveralBroken
from core.text import checked_text, matching_key, needed_text
from core.units import MICRO, UnknownUnit, micro_from_text, unit_name
from milestones.performance import SECOND_LEVELS
from milestones.performance_reading import targets_in
from milestones.performance_score import DOWN, FULL_MARKS, UP
from milestones.quantity_values import plain_number
from portfolio.plans import Plan
from portfolio.projects import Project
from portfolio.values import Basis, check_basis

LABELS = {
    "level": N_("指标类型"),
    "name": N_("三级指标"),
    "operator": N_("关系"),
    "value": N_("指标值"),
    "unit": N_("计量单位"),
    "value_text": N_("定性目标"),
    "better": N_("方向"),
    "weight": N_("分值"),
    "goal": N_("年度总体目标"),
}
DIRECTIONS = {UP: N_("越高越好"), DOWN: N_("越低越好")}
OPERATORS = {"≥": UP, ">": UP, "=": None, "≤": DOWN, "<": DOWN}  # which way each of them says is better
_LIMITS = {"name": 200, "value_text": 400, "unit": 40}
GOAL_LIMIT = 2000


class DuplicateIndicator(Broken):
    status = 409
    sentence = N_("本项目的同一类下已有指标“%(found)s”。")


class BeforeThePlanBegins(Broken):
    sentence = N_("生效季度填写的是 %(found)s，早于规划的第一个季度 %(first)s。")


@dataclass(frozen=True)
class NewPerformance:
    """A target as a person gives it; numbers as typed. With a text and no value it is a qualitative one."""

    level: str
    name: str
    weight: str
    operator: str | None = None
    value: str | None = None
    unit: str | None = None
    better: str | None = None
    value_text: str | None = None


def problems_of_basis(session: Session, project: Project, basis: Basis) -> list[Broken]:
    problems: list[Broken] = []
    try:
        check_basis(basis, "document", "reason")
    except SeveralBroken as several:
        problems += several.problems
    first = session.get_one(Plan, project.plan_id).start
    if basis.from_quarter < first:
        said = {"found": quarter_name(basis.from_quarter), "first": quarter_name(first)}
        problems.append(BeforeThePlanBegins(field="from_quarter", **said))
    return problems


def checked_target(
    session: Session, project: Project, new: NewPerformance, basis: Basis, *, instead_of: str | None = None
) -> dict[str, Any]:
    """The target as it is kept.

    Errors: SeveralBroken with one problem for each field that cannot be accepted.
    """
    problems = problems_of_basis(session, project, basis)
    kept: dict[str, Any] = {"level": new.level, "dropped": False, "operator": None, "value_micro": None}
    qualitative = not (new.value or "").strip()
    for name, limit in _LIMITS.items():
        needed = name == "name" or (name == "value_text" and qualitative)
        try:
            check = needed_text if needed else checked_text
            kept[name] = check(getattr(new, name), field=name, label=LABELS[name], limit=limit)
        except Broken as problem:
            problems.append(problem)
    if new.level not in SECOND_LEVELS:
        expected = tuple(name for _, name in SECOND_LEVELS.values())
        problems.append(Invalid(field="level", label=LABELS["level"], found=new.level, expected=expected))
    kept["weight_micro"] = _weight(new.weight, problems)
    kept["better"] = UP
    if not qualitative:
        _check_value(new, kept, problems)
    elif (new.unit or "").strip() or (new.operator or "").strip():
        kept["unit"] = None
    if not problems and _twin(session, project, kept, basis.from_quarter, instead_of):
        problems.append(DuplicateIndicator(field="name", found=kept["name"]))
    if problems:
        raise SeveralBroken(problems)
    return kept


def _weight(text: str, problems: list[Broken]) -> int:
    try:
        micro = micro_from_text(plain_number(text, field="weight", label=LABELS["weight"]))
    except Broken as problem:
        problems.append(problem)
        return 0
    if not 0 < micro <= FULL_MARKS * MICRO:
        problems.append(
            Invalid(field="weight", label=LABELS["weight"], found=text, expected=N_("大于 0、不超过 100 的分值"))
        )
    return micro


def _check_value(new: NewPerformance, kept: dict[str, Any], problems: list[Broken]) -> None:
    try:
        kept["value_micro"] = micro_from_text(plain_number(new.value or "", field="value", label=LABELS["value"]))
    except Broken as problem:
        problems.append(problem)
    kept["operator"] = new.operator
    if new.operator not in OPERATORS:
        expected = tuple(OPERATORS)
        problems.append(
            Invalid(field="operator", label=LABELS["operator"], found=new.operator or "", expected=expected)
        )
        return
    says = OPERATORS[new.operator]
    kept["better"] = says or new.better or UP
    if new.better and new.better != kept["better"]:
        expected_way, found = DIRECTIONS[kept["better"]], DIRECTIONS.get(new.better, new.better)
        problems.append(Invalid(field="better", label=LABELS["better"], found=found, expected=expected_way))
    if not (new.unit or "").strip():
        problems.append(Missing(field="unit", label=LABELS["unit"]))
    elif kept.get("unit"):
        # 分 or 元/吨 stay as they are typed: what a performance target is measured in is never converted nor added.
        with suppress(UnknownUnit):
            kept["unit"] = unit_name(kept["unit"])


def _twin(session: Session, project: Project, kept: dict[str, Any], quarter: int, except_key: str | None) -> bool:
    """Whether another target of the project bears the same name at the same place."""
    key = matching_key(kept["name"])
    return any(
        row.level == kept["level"] and row.key != except_key and matching_key(row.name) == key
        for row in targets_in(session, project.id or 0, quarter)
    )
