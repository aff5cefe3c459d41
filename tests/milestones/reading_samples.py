"""Readings for tests, made through the real write functions: one person reports, another accepts."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlmodel import Session, select

from core.audit import Actor
from core.errors import Broken, SeveralBroken
from milestones.indicators import Indicator
from milestones.reading_reports import accept_readings, record_reading
from milestones.reading_rules import NewReading
from milestones.readings import OfficialReading
from portfolio.reviewing import Reviewer
from tests.reports.indicator_samples import put_indicator, put_target
from tests.samples import find_small_plan

REPORTER = Actor(None, "监测填报员")
OFFICE = Reviewer(Actor(None, "办公室"))
BULLETIN = NewReading(20244, date(2025, 3, 10), "2024年生态环境状况公报", value="34.1", agency="市生态环境局")


def plant_indicators(session: Session) -> None:
    """A share, a change, a physical amount, a grade and words, each with its target, in the small plan."""
    plan = find_small_plan(session).plan
    cover = put_indicator(session, plan, "1", baseline="33.25")
    put_target(session, cover, "delegated", reference="35", printed="完成市级下达指标")
    put_target(session, put_indicator(session, plan, "2", name="排放降低", change=True), value="20")
    use = put_indicator(session, plan, "3", name="用水总量", unit="万立方米", direction="down")
    put_target(session, use, value="9000", operator="≤")
    put_target(session, put_indicator(session, plan, "4", name="断面水质", unit=None), "grade", printed="Ⅲ类")
    put_target(
        session, put_indicator(session, plan, "5", name="安全利用", unit=None), "qualitative", printed="有效保障"
    )
    damage = put_indicator(session, plan, "6", name="灾害控制率", unit="‰", direction="down")
    put_target(session, damage, value="0.5", operator="≤")


def indicator(session: Session, no: str = "1") -> Indicator:
    return session.exec(select(Indicator).where(Indicator.no == no)).one()


def reported(session: Session, no: str = "1", **changes: Any) -> OfficialReading:
    """A reading that was handed over; a value, grade or judgement given instead of the sample's."""
    return record_reading(session, indicator(session, no), a_reading(**changes), submit=True, by=REPORTER)


def accepted(session: Session, no: str = "1", **changes: Any) -> OfficialReading:
    row = reported(session, no, **changes)
    assert accept_readings(session, [row.id or 0], by=OFFICE) == 1
    session.refresh(row)
    return row


def a_reading(**changes: Any) -> NewReading:
    other = {"value": None} if {"grade", "judgement"} & changes.keys() else {}
    return replace(BULLETIN, **(other | changes))


def problems_of(error: Broken) -> list[Broken]:
    """What is wrong, one by one."""
    return error.problems if isinstance(error, SeveralBroken) else [error]
