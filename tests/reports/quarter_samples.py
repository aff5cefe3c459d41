"""A quarter of the small plan for tests of the report: money, works, milestones, a reading, and late facts of each."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlmodel import Session, select

from milestones.milestones import ACTUAL, MilestoneReport
from milestones.quantities import Measure
from milestones.readings import OfficialReading
from milestones.works import CLAIMED, VERIFIED
from tests.budgets.line_samples import make_sources
from tests.milestones.milestone_samples import make_milestones, milestone
from tests.reports.indicator_samples import put_indicator, put_target
from tests.reports.money_samples import put_entry, put_line
from tests.reports.progress_samples import put_state, put_work
from tests.samples import SmallPlan, find_small_plan

NOW = 20244
WAN = 1_000_000  # fen in 万元
_APPROVED = {"state": "approved", "approved_at": datetime(2026, 1, 5, tzinfo=UTC), "approved_by": "审核人"}


@dataclass(frozen=True)
class Quarter:
    """The small plan and the ids of two funding sources."""

    small: SmallPlan
    county: int
    own: int


def plant_quarter(session: Session) -> Quarter:
    """2024Q4 of the small plan.

    Forest (9000 万元 of 2022–2025): planned 3000 at first and 2500 in the end for 2024; work done 4000 before, 100 late (of
    2024Q2, posted in 2024Q4), 500 in the quarter. Works 2000 亩 claimed before, 300 late, 700 in the quarter, 1500 verified.
    The package's first part: 6000 done and 5000 paid. Nothing was ever reported of the third project.
    """
    sources = make_sources(session)
    small = find_small_plan(session)
    quarter = Quarter(small, sources["county"], sources["own"])
    _put_money(session, quarter)
    _put_works(session, small)
    _put_milestones(session)
    _put_reading(session, small)
    put_state(session, small.forest, "building", date(2022, 4, 1))
    session.flush()
    return quarter


def _put_money(session: Session, one: Quarter) -> None:
    forest, part = one.small.forest, one.small.parts[0]
    put_line(session, forest, 2024, one.county, 3000 * WAN, 20241)
    put_line(session, forest, 2024, one.county, 2500 * WAN, 20243)
    put_line(session, forest, 2023, one.county, 4000 * WAN, 20231)
    put_entry(session, forest, "work_done", 3200 * WAN, 20232)
    put_entry(session, forest, "work_done", 800 * WAN, 20243)
    put_entry(session, forest, "work_done", 500 * WAN, NOW)
    put_entry(session, forest, "work_done", 100 * WAN, 20242, posted=NOW, correction_reason="漏报的一期")
    for stage, fen, quarter in (
        ("appropriated", 5000, 20231), ("received", 4500, 20232), ("paid", 3000, 20233), ("paid", 400, NOW),
    ):  # fmt: skip
        put_entry(session, forest, stage, fen * WAN, quarter, source=one.county)
    put_entry(session, part, "work_done", 6000 * WAN, 20223)
    put_entry(session, part, "paid", 5000 * WAN, 20224, source=one.own)
    put_entry(session, part, "paid", -50 * WAN, 20243, source=one.own, posted=NOW, correction_reason="退款")


def _put_works(session: Session, small: SmallPlan) -> None:
    measure = session.exec(select(Measure).where(Measure.name == "营造林面积")).one()
    first = put_work(session, small.forest, measure, CLAIMED, 2000, 20233)
    put_work(session, small.forest, measure, CLAIMED, 300, 20242, posted=NOW)
    put_work(session, small.forest, measure, CLAIMED, 700, NOW)
    put_work(session, small.forest, measure, VERIFIED, 1500, 20234, based_on=first)


def _put_milestones(session: Session) -> None:
    """立项 met long ago, 开工 told late, 主体完工 overdue, 完工 still to come."""
    make_milestones(session)
    for kind, on, occurred, posted in (
        ("approval", date(2022, 3, 20), 20221, 20221),
        ("start", date(2022, 10, 8), 20224, NOW),
    ):
        session.add(
            MilestoneReport(
                milestone_id=milestone(session, kind).id,
                kind=ACTUAL,
                met_on=on,
                occurred_on=on,
                occurred_quarter=occurred,
                posted_period=posted,
                recorded_by="填报员",
                **_APPROVED,
            )
        )


def _put_reading(session: Session, small: SmallPlan) -> None:
    """The binding share of forest, measured for 2023 and read in 2024Q4."""
    cover = put_indicator(session, small.plan, "1", name="森林覆盖率", baseline="33.25", nature="约束性")
    put_target(session, cover, value="35", operator="≥")
    session.add(
        OfficialReading(
            indicator_id=cover.id,
            quarter=20234,
            value_micro=35_200_000,
            occurred_on=date(2024, 11, 1),
            occurred_quarter=20234,
            posted_period=NOW,
            document="2023年公报",
            recorded_by="填报员",
            **_APPROVED,
        )
    )
