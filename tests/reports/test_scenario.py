"""Scenarios: the same formulas on changed records; no change is no change; nothing is written."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from core.database import Database
from portfolio.access import OPERATOR_READER
from reports.indicators import IndicatorFigures, figures_from, indicator_figures
from reports.rollup import Scope
from reports.scenario import Copy, PlannedWork, Scenario, changed, compared, delivered_by
from reports.scenario_reading import scenario_copy
from reports.scenario_rows import scenario_rows
from tests.databases import on_sqlite, plant
from tests.reports.indicator_samples import FOREST, forest_cover, four, put_link, put_overlap, put_work
from tests.reports.test_indicator_properties import QUARTERS, SEEDS, a_few, random_works
from tests.samples import CITY, SmallPlan, find_small_plan, make_plan, make_programme

planted = on_sqlite(plant)
END = 20244


def copy_of(session: Session, small: SmallPlan, quarter: int = END) -> Copy:
    return scenario_copy(session, OPERATOR_READER, small.plan, quarter, "as-corrected")


def work(copy: Copy, code: str) -> PlannedWork:
    return next(one for one in copy.works if one.code == code)


def cover(figures: list[IndicatorFigures]) -> IndicatorFigures:
    return next(one for one in figures if one.name == "森林覆盖率")


def after(copy: Copy, scenario: Scenario) -> IndicatorFigures:
    return cover([one.after for one in compared(copy, scenario)])


@pytest.fixture
def example(working: tuple[Session, SmallPlan]) -> tuple[Session, SmallPlan, Copy]:
    """孝义: 5,000 亩 and 1,000 亩 a year in 2022–2025, of which the second may lie in the first."""
    session, small = working
    shelter = forest_cover(session, small)
    put_overlap(session, small.plan, shelter, small.forest)
    return session, small, copy_of(session, small)


SHELTER, FIRST = "qingshan-04", "qingshan-01"


@pytest.mark.parametrize(
    ("last", "planned", "low"),
    [
        (2023, 7000, 5000),  # two years less
        (2025, 9000, 5000),
        (2026, 9000, 5000),  # the year after the plan is not finished by then
    ],
)
def test_a_finish_year_moves_yearly_quantities(
    example: tuple[Session, SmallPlan, Copy], last: int, planned: int, low: int
) -> None:
    _, _, copy = example
    covered = after(copy, Scenario(finishes={work(copy, SHELTER).years_of: last})).coverage
    assert (covered.planned, covered.planned_low) == (planned, low)


def test_a_project_that_finishes_after_the_plan_supports_nothing(example: tuple[Session, SmallPlan, Copy]) -> None:
    _, _, copy = example
    late = after(copy, Scenario(finishes={work(copy, FIRST).years_of: 2026}))
    # Nothing is left in which the other project's works could lie, so that there is no low reading any more.
    assert (late.coverage.planned, late.coverage.planned_low) == (4000, None)
    assert four(late.if_all_finished) == "33.5319"


def test_a_target_and_a_factor_and_what_lives(example: tuple[Session, SmallPlan, Copy]) -> None:
    _, _, copy = example
    more = after(copy, Scenario(targets={work(copy, FIRST).quantity_id: Fraction(2)}))  # 万亩
    assert (more.coverage.planned, more.coverage.planned_low, more.coverage.verdict) == (24000, 20000, "short")
    enough = after(copy, Scenario(targets={work(copy, FIRST).quantity_id: Fraction("2.1")}))
    assert (enough.coverage.verdict, enough.coverage.gap) == ("enough", 0)
    measure, indicator = work(copy, FIRST).measure_id, cover(figures_from(copy.gathered)).indicator_id
    halved = after(copy, Scenario(factors={(indicator, measure): Fraction(1, 2)}))
    lives = after(copy, Scenario(survivals={measure: Fraction(1, 2)}))
    assert halved.coverage == lives.coverage
    assert (four(lives.if_all_finished), lives.coverage.planned) == ("33.5672", 9000)
    assert lives.coverage.needed == Fraction("49654.5")  # twice as much has to be planted
    none = after(copy, Scenario(survivals={measure: Fraction(0)}))
    assert (none.if_all_finished, none.coverage.verdict) == (Fraction("33.25"), "short")


def test_what_was_found_alive_is_not_assumed_to_die(working: tuple[Session, SmallPlan]) -> None:
    session, small = working
    forest_cover(session, small, tier="surviving")
    put_work(session, small.forest, "surviving", "1500", "亩", 20232)
    copy = copy_of(session, small)
    before = cover(figures_from(copy.gathered))
    found = after(copy, Scenario(survivals={work(copy, FIRST).measure_id: Fraction(1, 2)}))
    assert found.rolled_up == before.rolled_up
    assert found.if_all_finished != before.if_all_finished


def test_a_lag_counts_only_against_what_is_put_off() -> None:
    one = PlannedWork(
        1, "a", "甲", "a", frozenset({1}), 1, 1, FOREST, "亩", Fraction(100), False, 2022, 2023, ((1, False),)
    )
    yearly = replace(one, yearly=True)

    def given_by(of: PlannedWork, last: int, lag: int) -> Fraction | None:
        return delivered_by(of, Scenario(finishes={1: last}), 2025, lag)

    assert [given_by(one, last, 1) for last in (2022, 2023, 2024, 2025)] == [100, 100, 100, 0]
    assert [given_by(yearly, last, 1) for last in (2022, 2023, 2024, 2025)] == [100, 200, 300, 300]
    assert given_by(replace(yearly, last_year=2025), 2026, 1) == 400  # never less than what the plan itself says
    assert given_by(replace(yearly, first_year=None, last_year=None), 2024, 0) is None
    assert given_by(replace(yearly, last_year=None), 2024, 0) == 300


def test_the_higher_plan_that_a_project_supports_moves_too(working: tuple[Session, SmallPlan]) -> None:
    session, small = working
    forest_cover(session, small)
    city = make_plan(session, "city", jurisdiction=CITY)
    above = replace(small, plan=city, greening=make_programme(session, city, "green", "国土绿化"))
    from tests.reports.indicator_samples import put_indicator, put_rule, put_target

    area = put_indicator(session, city, name="营造林", unit="亩", change=True)
    put_target(session, area, value="6000")
    put_rule(session, area, {FOREST: 1}, formula="total")
    put_link(session, above.greening, small.forest)
    copy = copy_of(session, small)
    moved = compared(copy, Scenario(targets={work(copy, FIRST).quantity_id: Fraction("0.7")}))
    rows = scenario_rows(moved)
    assert [(row["plan"], row["before"]["verdict"], row["after"]["verdict"]) for row in rows] == [
        ("qingshan", "short", "short"),
        ("city", "short", "enough"),
    ]
    assert rows[1]["after"]["planned_exact"] == [7000, 1]


@a_few
@given(seed=SEEDS, quarter=QUARTERS)
def test_no_change_gives_the_same_figures(planted: Database, seed: int, quarter: int) -> None:
    with random_works(planted, seed) as (session, _, _):
        copy = copy_of(session, find_small_plan(session), quarter)
        expected = indicator_figures(session, OPERATOR_READER, Scope(quarter))
        assert figures_from(copy.gathered) == expected
        rules = copy.gathered.rules.items()
        same = Scenario(
            factors={(id_, one.measure_id): one.factor for id_, record in rules for one in record.measures},
            survivals={one.measure_id: Fraction(1) for _, record in rules for one in record.measures},
            targets={one.quantity_id: one.value for one in copy.works},
            finishes={one.years_of: one.last_year for one in copy.works if one.last_year is not None},
        )
        assert figures_from(changed(copy, same)) == expected
        assert not any(one.moves for one in compared(copy, same))


@a_few
@given(seed=SEEDS, percents=st.lists(st.integers(0, 100), min_size=2, max_size=2))
def test_the_more_lives_the_more_is_supported(planted: Database, seed: int, percents: list[int]) -> None:
    with random_works(planted, seed) as (session, _, _):
        copy = copy_of(session, find_small_plan(session))
        measures = {one.measure_id for one in copy.works}
        low, high = (
            after(copy, Scenario(survivals={id_: Fraction(share, 100) for id_ in measures})).if_all_finished
            for share in sorted(percents)
        )
        assert low is not None
        assert high is not None
        assert low <= high
