"""What must hold of any works: the second path agrees, programmes add up to the plan, order and reversal change nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from core.calendar import next_quarter
from core.database import Database
from milestones.works import WorkEntry
from portfolio.access import OPERATOR_READER
from portfolio.facts import AS_ISSUED, EDITIONS
from portfolio.projects import Project
from reports.coverage import programme_coverage
from reports.indicators import IndicatorFigures, indicator_figures
from reports.rollup import Scope
from reports.self_check_works import work_mismatches
from tests.databases import on_sqlite, plant
from tests.reports.indicator_samples import (
    FOREST,
    forest_cover,
    put_indicator,
    put_overlap,
    put_quantity,
    put_rule,
    put_target,
    put_work,
)
from tests.reports.money_samples import later
from tests.samples import find_small_plan, make_small_plan

SEEDS = st.integers(0, 2**32 - 1)
QUARTERS = st.sampled_from([20221, 20224, 20232, 20243, 20254])
EDITION = st.sampled_from(sorted(EDITIONS))
a_few = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
OTHER = "封山育林面积"


planted = on_sqlite(plant)


@contextmanager
def random_works(database: Database, seed: int) -> Iterator[tuple[Session, list[Project], Random]]:
    """The small plan with random works in two measures of a lagged rule and of a plain one, gone again at the end."""
    dice = Random(seed)
    with database.writing() as session:
        small = find_small_plan(session)
        shelter = forest_cover(session, small)
        put_overlap(session, small.plan, shelter, small.forest)
        area = put_indicator(session, small.plan, "2", name="造林面积", unit="公顷", change=True)
        put_target(session, area, value="500")
        factors = {FOREST: 1, OTHER: Fraction(dice.randint(1, 9), 10)}
        put_rule(session, area, factors, formula="total", tier=dice.choice(("claimed", "surviving")), lag_years=1)
        projects = [small.forest, shelter, small.sewage, *small.parts]
        for _ in range(dice.randint(0, 5)):
            amount = f"{dice.randint(1, 10**9)}.{dice.randint(0, 999_999):06d}"
            where = dice.choice([*projects, small.water])
            put_quantity(
                session, where, amount, dice.choice(("亩", "公顷", "万亩")), measure=dice.choice((FOREST, OTHER))
            )
        for _ in range(dice.randint(0, 15)):
            put_anything(session, projects, dice)
        yield session, projects, dice
        session.rollback()


def put_anything(session: Session, projects: list[Project], dice: Random, posted_after: int = 0) -> WorkEntry:
    quarter = dice.choice(range(2022, 2026)) * 10 + dice.randint(1, 4)
    posted = max(later(quarter, dice.choice((0, 0, 1, 4))), next_quarter(posted_after) if posted_after else 0)
    amount = f"{dice.randint(0, 10**6)}.{dice.randint(0, 999_999):06d}"
    tier = dice.choice(("claimed", "verified", "surviving", "lost"))
    measure = dice.choice((FOREST, OTHER))
    row = put_work(
        session, dice.choice(projects), tier, amount, dice.choice(("亩", "公顷", "万亩")), quarter,
        measure=measure, posted=posted, state=dice.choice(("approved",) * 5 + ("draft", "rejected")),
    )  # fmt: skip
    if tier == "surviving" and row.state == "approved" and dice.random() < 0.5:
        project = next(one for one in projects if one.id == row.project_id)
        then = later(quarter, dice.choice((0, 1, 4, 5)))
        posted = max(posted, then)
        put_work(session, project, "lost", "0.5", row.unit, then, measure=measure, posted=posted, based_on=row)
    return row


def figures(session: Session, scope: Scope) -> list[IndicatorFigures]:
    return indicator_figures(session, OPERATOR_READER, scope)


@a_few
@given(seed=SEEDS, quarter=QUARTERS)
def test_every_figure_comes_out_the_same_on_the_second_path(planted: Database, seed: int, quarter: int) -> None:
    with random_works(planted, seed) as (session, _, _):
        assert work_mismatches(session, quarter) == []


@a_few
@given(seed=SEEDS, quarter=QUARTERS, edition=EDITION)
def test_programmes_and_projects_add_up_to_the_plan(planted: Database, seed: int, quarter: int, edition: str) -> None:
    with random_works(planted, seed) as (session, _, _):
        scope = Scope(quarter, edition=edition)
        found = indicator_figures(session, OPERATOR_READER, scope, with_contributions=True)
        rows = programme_coverage(session, OPERATOR_READER, scope, found)
        for one in found:
            carried = [part for row in rows for part in row.carried if part.indicator_id == one.indicator_id]
            assert sum((part.planned for part in carried), Fraction(0)) == (one.coverage.planned or 0)
            verified = [part.verified for part in carried if part.verified is not None]
            assert sum(verified, Fraction(0)) == (one.coverage.verified or 0)
            assert (not verified) == (one.coverage.verified is None)
            assert one.rule is not None
            counted = [one.rule.effect(row.terms.measure_id, row.counted, row.unit) for row in one.contributions]
            assert sum((effect for effect in counted if effect is not None), Fraction(0)) == (one.own.counted or 0)


@a_few
@given(seed=SEEDS, quarter=QUARTERS, edition=EDITION)
def test_a_reversal_returns_every_figure_to_what_it_was(
    planted: Database, seed: int, quarter: int, edition: str
) -> None:
    with random_works(planted, seed) as (session, projects, dice):
        scope = Scope(quarter, edition=edition)
        before = figures(session, scope)
        project = dice.choice(projects)
        row = put_work(session, project, "claimed", "12.5", "亩", quarter)
        back = put_work(session, project, "claimed", "-12.5", "亩", quarter, reverses=row)
        assert back.quantity_micro == -12_500_000
        assert figures(session, scope) == before


@a_few
@given(seed=SEEDS, quarter=st.sampled_from([20221, 20224, 20232, 20243]))
def test_what_was_issued_never_changes_when_later_works_arrive(planted: Database, seed: int, quarter: int) -> None:
    with random_works(planted, seed) as (session, projects, dice):
        scope = Scope(quarter, edition=AS_ISSUED)
        before = figures(session, scope)
        for _ in range(8):
            put_anything(session, projects, dice, posted_after=quarter)
        assert figures(session, scope) == before


def test_both_databases_give_the_same_figures(sqlite_database: Database, postgresql_database: Database) -> None:
    answers = []
    for database in (sqlite_database, postgresql_database):
        with database.writing() as session:
            make_small_plan(session)
        with random_works(database, 7) as (session, _, _):
            answers.append(
                [
                    indicator_figures(session, OPERATOR_READER, Scope(20243, edition=edition), with_contributions=True)
                    for edition in EDITIONS
                ]
            )
    assert [[one.coverage for one in some] for some in answers[0]] == [
        [one.coverage for one in some] for some in answers[1]
    ]
    assert [[(one.rolled_up, one.own, one.contributions) for one in some] for some in answers[0]] == [
        [(one.rolled_up, one.own, one.contributions) for one in some] for some in answers[1]
    ]
