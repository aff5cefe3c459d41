"""The cumulative curve: it ends where the roll-up stands, and spreads a plan as its quarter plans say."""

from random import Random

import pytest

from core.database import Database
from portfolio.access import OPERATOR_READER, reader_of
from reports.curve import Curve, curve
from reports.money import whole_money
from reports.rollup import Scope
from tests.budgets.line_samples import make_sources
from tests.reports.money_samples import leaves_of_small_plan, put_anything, put_entry, put_line
from tests.samples import WAN, find_small_plan, make_person, make_plan


def curve_of(database: Database, quarter: int = 20244, edition: str = "as-corrected") -> Curve:
    with database.reading() as session:
        return curve(session, OPERATOR_READER, Scope(quarter, edition=edition))


@pytest.mark.parametrize("edition", ["as-corrected", "as-issued"])
def test_it_ends_where_the_roll_up_stands(stored: Database, edition: str) -> None:
    dice = Random(11)
    with stored.writing() as session:
        leaves = leaves_of_small_plan(session, make_sources(session))
        for _ in range(80):
            put_anything(session, leaves, dice)
    scope = Scope(20254, edition=edition)
    with stored.reading() as session:
        whole = whole_money(session, OPERATOR_READER, scope)
        found = curve(session, OPERATOR_READER, scope)
    assert found.now is not None
    assert (found.now.work_done_fen, found.now.paid_fen) == (whole.work_done_fen, whole.paid_fen)
    assert found.points[-1].planned_fen == whole.budget_fen


def test_a_plan_is_spread_evenly_or_as_its_quarter_plans_say(stored: Database) -> None:
    with stored.writing() as session:
        sources = make_sources(session)
        forest = find_small_plan(session).forest
        put_line(session, forest, 2023, sources["county"], 1_000 * WAN, 20231)
        put_line(session, forest, 2024, sources["own"], 2_000 * WAN, 20241, carried=200 * WAN)
        for number, wan in ((1, 0), (2, 500), (3, 500), (4, 1_000)):
            put_line(session, forest, 20240 + number, sources["own"], wan * WAN, 20241)
    found = curve_of(stored)
    planned = [(point.planned_fen or 0) // WAN for point in found.points]
    # 250 a quarter; then 1,800 that are not carried over, by 0 : 500 : 500 : 1,000.
    assert planned == [250, 500, 750, 1_000, 1_000, 1_450, 1_900, 2_800]
    assert (found.by_quarters, found.evenly) == (1, 1)


def test_what_is_to_come_is_planned_and_not_done(stored: Database) -> None:
    with stored.writing() as session:
        county = make_sources(session)["county"]
        forest = find_small_plan(session).forest
        put_line(session, forest, 2024, county, 1_001, 20241)
        put_entry(session, forest, "work_done", 600, 20242)
        put_entry(session, forest, "paid", 400, 20243, source=county)
    found = curve_of(stored, 20242)
    assert [point.planned_fen for point in found.points] == [
        250,
        501,
        751,
        1_001,
    ]  # halves of a fen go up, the year is exact
    assert [point.work_done_fen for point in found.points] == [0, 600, None, None]
    assert [point.paid_fen for point in found.points] == [0, 0, None, None]


def test_without_a_plan_there_is_no_planned_line(stored: Database) -> None:
    with stored.writing() as session:
        put_entry(session, find_small_plan(session).sewage, "work_done", 5 * WAN, 20241)
    assert {point.planned_fen for point in curve_of(stored).points} == {None}


def test_without_money_there_is_no_curve(stored: Database) -> None:
    with stored.writing() as session:
        county = make_sources(session)["county"]
        put_entry(session, find_small_plan(session).forest, "paid", 400, 20243, source=county)
        reader = reader_of(session, make_person(session, "li", "finance", plan=make_plan(session, "elsewhere")))
        assert curve(session, reader, Scope(20244)).points == ()
