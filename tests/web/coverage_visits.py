"""Visits to coverage, scenario and links: the small plan as 孝义 with its shelterbelt, and a city's plan above it."""

from fastapi import FastAPI
from sqlmodel import Session, select

from core.database import Database
from milestones.indicator_rules import Overlap
from portfolio.contradictions import Contradiction
from tests.databases import plant
from tests.reports.indicator_samples import (
    FOREST,
    forest_cover,
    put_commitment,
    put_indicator,
    put_overlap,
    put_quantity,
    put_rule,
    put_target,
    put_work,
)
from tests.samples import CITY, find_small_plan, identity, make_plan, make_programme
from web.app import create_app

AS_OF = "as_of=2024Q4"
COVERAGE, SCENARIO = f"/coverage?plan=qingshan&{AS_OF}", f"/scenario?plan=qingshan&{AS_OF}"
FIGURE, LINKS = f"/coverage/qingshan/1?{AS_OF}", "/plans/city/links"
SHELTER = "qingshan-04"


def with_coverage(database: Database) -> None:
    """The worked example, one indicator that cannot be computed, one that is met, works that wait, and a plan above."""
    plant(database)
    with database.writing() as session:
        small = find_small_plan(session)
        shelter = forest_cover(session, small)
        put_overlap(session, small.plan, shelter, small.forest)
        dispute = Contradiction(
            plan_id=identity(small.plan), key="x17", position=1, field="quantity", summary="重复", summary_en="twice"
        )
        session.add(dispute)
        session.flush()
        session.exec(select(Overlap)).one().contradiction_id = dispute.id
        put_commitment(session, small.plan, "全市营造林任务", "0.5", "万亩", carriers=(small.forest,))
        put_quantity(session, small.forest, "2", "万亩", measure="退化林修复面积")
        put_work(session, small.forest, "verified", "1500", "亩", 20233)
        put_work(session, small.forest, "claimed", "700", "亩", 20241, state="submitted")
        index = put_indicator(session, small.plan, "2", name="生态质量指数", unit=None, nature="约束性")
        put_target(session, index, "delegated", printed="完成上级下达指标")
        clean = put_indicator(session, small.plan, "3", name="黑臭水体比例", baseline="0", direction="down")
        put_target(session, clean, operator="≤", value="0")
        _city(session)


def _city(session: Session) -> None:
    plan = make_plan(session, "city", jurisdiction=CITY)
    make_programme(session, plan, "green", "国土绿化")
    area = put_indicator(session, plan, name="营造林面积", unit="亩", change=True)
    put_target(session, area, value="6000")
    put_rule(session, area, {FOREST: 1}, formula="total")


def covered_app(database: Database) -> FastAPI:
    return create_app(database)
