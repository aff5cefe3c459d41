"""What was reached of the performance targets of a project in a year. The newest row counts; those before it are kept.

Who answers for the project records it (action `record`): its department, the office or finance. A year without a row is 未填报.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.calendar import first_quarter, today
from core.errors import N_, Broken, Invalid, Missing, SeveralBroken, Stale
from core.text import checked_text, needed_text
from core.units import MICRO, micro_from_text, text_from_micro
from milestones.performance import REACHED, PerformanceResult, PerformanceTarget
from milestones.performance_reading import targets_in
from milestones.performance_score import BANDS, is_in_band, qualitative_score, value_score
from milestones.quantity_values import plain_number
from portfolio.editing import claim
from portfolio.plans import Plan
from portfolio.projects import Project

LABELS = {
    "value": N_("实际完成值"),
    "reached": N_("完成情况"),
    "percent": N_("得分比例"),
    "document": N_("佐证材料"),
    "why": N_("偏差原因分析及改进措施"),
}
_LIMITS = {"document": 200, "why": 1000}
_LAST_QUARTER = 3  # from the first quarter of a year to its last


class OutsideItsBand(Broken):
    sentence = N_("“%(reached)s”的得分比例填写的是 %(found)s%%，应为%(expected)s。")


class NothingToTakeBack(Broken):
    status = 409
    sentence = N_("这项指标本年度没有填报，没有可以撤销的。")


class YearOutside(Broken):
    sentence = N_("自评年度填写的是 %(found)s，应为 %(first)s—%(last)s。")


class NoSuchIndicator(Broken):
    status = 409
    sentence = N_("这项指标在 %(year)s 年没有生效，不能填报。")


@dataclass(frozen=True)
class NewResult:
    """What was reached, as typed: a number, or for a qualitative target what was reached and its percent of the weight."""

    value: str | None = None
    reached: str | None = None
    percent: str | None = None
    document: str | None = None
    why: str | None = None


def last_quarter_of(year: int) -> int:
    """The quarter whose targets hold for the self-evaluation of a year."""
    return first_quarter(year) + _LAST_QUARTER


def record_result(
    session: Session, project: Project, key: str, year: int, new: NewResult, *, after: int | None = None, by: Actor
) -> PerformanceResult:
    """What was reached in a year; it takes the place of what was recorded before. `after`: the row that the form showed.

    Errors: Archived, Stale, YearOutside, NoSuchIndicator; SeveralBroken with every field that cannot be accepted.
    """
    target, held = _held(session, project, key, year, after)
    kept: dict[str, Any] = {"value_micro": None, "reached": None, "percent_micro": None}
    problems: list[Broken] = []
    for name, limit in _LIMITS.items():
        try:
            kept[name] = checked_text(getattr(new, name), field=name, label=LABELS[name], limit=limit)
        except Broken as problem:
            problems.append(problem)
    try:
        kept |= _judged(new) if target.value_micro is None else {"value_micro": _number(new.value or "")}
    except Broken as problem:
        problems.append(problem)
    if problems:
        raise SeveralBroken(problems)
    return _added(session, project, target, year, kept, held, "record-performance", None, by)


def take_back_result(
    session: Session, project: Project, key: str, year: int, *, reason: str, after: int | None = None, by: Actor
) -> PerformanceResult:
    """Makes a year 未填报 again; what was recorded stays in the history.

    Errors: Archived, Stale, Missing, TooLong, NothingToTakeBack.
    """
    why = needed_text(reason, field="reason", label=N_("原因"), limit=1000)
    target, held = _held(session, project, key, year, after)
    if held is None or not is_reported(held):
        raise NothingToTakeBack
    empty: dict[str, Any] = dict.fromkeys(("value_micro", "reached", "percent_micro", "document"))
    return _added(session, project, target, year, empty | {"why": None}, held, "take-back-performance", why, by)


def results_in(session: Session, project_id: int, year: int) -> dict[str, PerformanceResult]:
    """The result of each target that counts for a year, by its key; what was taken back is not in it."""
    rows = session.exec(
        select(PerformanceResult)
        .where(PerformanceResult.project_id == project_id, PerformanceResult.year == year)
        .order_by(col(PerformanceResult.id))
    )
    return {key: row for key, row in {row.key: row for row in rows}.items() if is_reported(row)}


def is_reported(row: PerformanceResult) -> bool:
    """Whether a row says anything; one that takes another back does not."""
    return row.value_micro is not None or row.percent_micro is not None


def score_of(target: PerformanceTarget, result: PerformanceResult | None) -> Fraction | None:
    """The points of a target; None while nothing is reported, or when it became another kind of target since."""
    weight = Fraction(target.weight_micro, MICRO)
    if result is None:
        return None
    if target.value_micro is None:
        return (
            None if result.percent_micro is None else qualitative_score(Fraction(result.percent_micro, MICRO), weight)
        )
    if result.value_micro is None:
        return None
    return value_score(
        Fraction(result.value_micro, MICRO), Fraction(target.value_micro, MICRO), weight, better=target.better
    )


def _held(
    session: Session, project: Project, key: str, year: int, after: int | None
) -> tuple[PerformanceTarget, PerformanceResult | None]:
    """Errors: Archived, Stale, YearOutside, NoSuchIndicator."""
    claim(session, project, expected_version=None)
    first, last = session.get_one(Plan, project.plan_id).first_year, today().year
    if not first <= year <= last:
        raise YearOutside(field="year", found=str(year), first=str(first), last=str(last))
    assert project.id is not None
    target = next((row for row in targets_in(session, project.id, last_quarter_of(year)) if row.key == key), None)
    if target is None:
        raise NoSuchIndicator(year=str(year))
    newest = session.exec(
        select(PerformanceResult)
        .where(PerformanceResult.project_id == project.id, PerformanceResult.key == key, PerformanceResult.year == year)
        .order_by(col(PerformanceResult.id).desc())
    ).first()
    shown = newest.id if newest is not None and is_reported(newest) else 0
    if after is not None and after != shown:
        raise Stale(who="" if newest is None else newest.recorded_by)
    return target, newest


def _added(
    session: Session,
    project: Project,
    target: PerformanceTarget,
    year: int,
    kept: Mapping[str, Any],
    held: PerformanceResult | None,
    action: str,
    reason: str | None,
    by: Actor,
) -> PerformanceResult:
    assert project.id is not None
    row = PerformanceResult(
        project_id=project.id, key=target.key, year=year, recorded_by_id=by.id, recorded_by=by.name, **kept
    )
    session.add(row)
    session.flush()
    before = {} if held is None else {"result": _in_words(held)}
    named = f"{target.name}（{year}）"
    after = {"indicator": named, "result": _in_words(row), "evidence": row.document, "why": row.why}
    audit.record(session, action, "project", project.id, before=before, after=after, reason=reason, by=by)
    return row


def _in_words(row: PerformanceResult) -> str | None:
    """A result on one line, as the audit trail keeps it; None for one that takes another back."""
    if row.value_micro is not None:
        return text_from_micro(row.value_micro)
    return (
        None if row.percent_micro is None else f"{REACHED[row.reached or 'not']} {text_from_micro(row.percent_micro)}%"
    )


def _number(text: str) -> int:
    """A result, which may lie below zero.

    Errors: Missing, NotAQuantity.
    """
    typed = text.strip()
    below = typed.startswith(("-", "－"))
    micro = micro_from_text(plain_number(typed[1:] if below else typed, field="value", label=LABELS["value"]))
    return -micro if below else micro


def _judged(new: NewResult) -> dict[str, Any]:
    """Errors: Missing, Invalid, NotAQuantity, OutsideItsBand."""
    if not new.reached:
        raise Missing(field="reached", label=LABELS["reached"])
    if new.reached not in REACHED:
        expected = tuple(REACHED.values())
        raise Invalid(field="reached", label=LABELS["reached"], found=new.reached, expected=expected)
    typed = (new.percent or "").strip().rstrip("%％")
    micro = micro_from_text(plain_number(typed, field="percent", label=LABELS["percent"]))
    if not is_in_band(new.reached, Fraction(micro, MICRO)):
        expected_band, found = band_text(new.reached), text_from_micro(micro)
        raise OutsideItsBand(field="percent", reached=REACHED[new.reached], found=found, expected=expected_band)
    return {"reached": new.reached, "percent_micro": micro}


def band_text(reached: str) -> str:
    """The percents that may be given, as they are written: 80%—100%."""
    low, high, closed = BANDS[reached]
    return f"{low}%—{high}%" if closed else f"≥ {low}%, < {high}%"
