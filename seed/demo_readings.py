"""Made-up official readings of indicators, and a target that the superior sets, all labelled 演示; written as people write them.

No number here is a fact: each reading names a document that says that it is made up.
"""

from dataclasses import dataclass
from datetime import date

from sqlmodel import select

from milestones.indicators import Indicator
from milestones.reading_reports import accept_readings, record_reading, send_back_readings
from milestones.reading_rules import NewReading
from milestones.readings import OfficialReading
from milestones.target_revising import NewTarget, TargetBasis, revise_target
from portfolio.reviewing import Reviewer
from seed.demo_desk import Desk

_FIRST = 2021
# By indicator of the plan, at the end of each year from 2021 on: forest cover, soil, air, water, land, sewage, energy.
_VALUES: dict[str, tuple[str, ...]] = {
    "xiaoyi-i02": ("33.27", "33.36", "33.52", "33.66", "33.79"),
    "xiaoyi-i03": ("62.1", "62.6", "63.4", "64.1", "64.9"),
    "xiaoyi-i04": ("46.2", "46.9", "47.1", "48.0", "48.4"),
    "xiaoyi-i05": ("57.8", "60.3", "63.0", "66.2", "68.5"),
    "xiaoyi-i06": ("57", "52", "49", "45", "43"),
    "xiaoyi-i07": ("100", "100", "100", "100", "100"),
    "xiaoyi-i08": ("0", "0", "0", "0", "0"),
    "xiaoyi-i09": ("91.5", "92.8", "93.6", "94.9", "95.3"),
    "xiaoyi-i11": ("12.5", "18.3", "26.8", "35.7", "44.2"),
    "xiaoyi-i12": ("2.1", "4.6", "6.8", "8.9", "10.4"),
    "xiaoyi-i13": ("2.4", "4.9", "7.0", "9.3", "11.1"),
    "xiaoyi-i20": ("88.6", "87.9", "86.4", "85.8", "85.1"),
    "xiaoyi-i21": ("14.2", "14.9", "15.3", "15.1", "15.8"),
    "xiaoyi-i23": ("8460", "8390", "8412", "8305", "8260"),
}
_JUDGED: dict[str, tuple[str, ...]] = {"xiaoyi-i10": ("met", "met", "met", "met", "met")}
_AGENCY = "演示·主管部门"
_SET_BY_SUPERIOR = "xiaoyi-i05"  # its target is delegated until the superior sets it in 2023
_TYPED_WRONG = "xiaoyi-i06"  # whose reading of 2024 is put right by a correction
_WRONG, _WRONG_YEAR = "54", 2024
_SET_IN = 20232  # the quarter in which the superior sets the target
_SENT_BACK = "xiaoyi-i23"


@dataclass(frozen=True)
class _Reading:
    """A reading and what becomes of it."""

    indicator: str
    new: NewReading
    fate: str = "approved"


def write_readings(desk: Desk, quarter: int) -> OfficialReading | None:
    """Records the readings of a quarter and has them accepted; in its quarter the superior sets the target.

    The one that was typed wrong comes back, for a correction.
    """
    found = [one for one in _readings() if one.new.quarter == quarter]
    if not found and quarter != _SET_IN:
        return None
    rows = {row.key: row for row in desk.session.exec(select(Indicator).where(Indicator.plan_id == desk.plan_id))}
    if quarter == _SET_IN:
        _set_target(desk, rows)
    accepted: list[int] = []
    rejected: list[int] = []
    wrong: OfficialReading | None = None
    for one in found:
        if one.indicator not in rows:
            continue
        row = record_reading(desk.session, rows[one.indicator], one.new, submit=one.fate != "draft", by=desk.head)
        if one.fate in ("approved", "rejected"):
            (accepted if one.fate == "approved" else rejected).append(row.id or 0)
        wrong = row if one.new.value == _WRONG and one.indicator == _TYPED_WRONG else wrong
    accept_readings(desk.session, accepted, by=Reviewer(desk.office))
    if rejected:
        reason = "与公报数不一致，请核对后重报（演示）"
        send_back_readings(desk.session, rejected, reason=reason, by=Reviewer(desk.office))
    return wrong


def _readings() -> list[_Reading]:
    found = []
    for key, values in _VALUES.items():
        for number, value in enumerate(values):
            year = _FIRST + number
            if key == _TYPED_WRONG and year == _WRONG_YEAR:
                found.append(_Reading(key, _new(year, value=_WRONG)))
                continue
            if key == _SENT_BACK and year == 2023:
                found.append(_Reading(key, _new(year, value="841.2"), "rejected"))
            found.append(_Reading(key, _new(year, value=value), _fate(key, year)))
    for key, judgements in _JUDGED.items():
        found += [_Reading(key, _new(_FIRST + n, judgement=judgement)) for n, judgement in enumerate(judgements)]
    return found


def typed_right() -> NewReading:
    """What should have stood instead of the reading that was typed wrong."""
    return _new(_WRONG_YEAR, value=_VALUES[_TYPED_WRONG][_WRONG_YEAR - _FIRST])


def _fate(key: str, year: int) -> str:
    """Of the newest readings one still waits, and one is a draft."""
    if year < 2025:
        return "approved"
    return {"xiaoyi-i21": "submitted", "xiaoyi-i12": "draft"}.get(key, "approved")


def _new(year: int, *, value: str | None = None, judgement: str | None = None, note: str | None = None) -> NewReading:
    return NewReading(
        quarter=year * 10 + 4,
        occurred_on=date(year + 1, 2, 10),
        document=f"演示：{year}年度监测公报（虚构，不是真实文件）",
        value=value,
        judgement=judgement,
        agency=_AGENCY,
        note=note,
    )


def _set_target(desk: Desk, rows: dict[str, Indicator]) -> None:
    """The superior sets a number where the plan's table only delegates: it holds from 2023 on, and the old text stays."""
    row = rows.get(_SET_BY_SUPERIOR)
    if row is None:
        return
    basis = TargetBasis(
        from_quarter=_SET_IN,
        document="演示：关于下达生态环境约束性指标的通知〔2023〕6号（虚构）",
        reason="上级下达分解指标（演示）",
        approver="演示·上级主管部门",
    )
    new = NewTarget(kind="number", printed="≥ 68%（演示）", operator="≥", value="68", target_year=2025)
    revise_target(desk.session, row, new, basis, expected_version=row.row_version, by=desk.office)
