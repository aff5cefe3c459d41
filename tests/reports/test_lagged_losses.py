"""With a lag only what is gained waits: what is lost of what counts already is lost at once. By hand, on both databases."""

from collections.abc import Iterator
from fractions import Fraction

import pytest
from sqlmodel import Session

from core.database import Database
from milestones.works import WorkEntry
from portfolio.facts import AS_ISSUED
from reports.rollup import Scope
from reports.self_check_works import work_mismatches
from tests.reports.indicator_samples import forest_cover, one_indicator, put_work
from tests.samples import SmallPlan, make_small_plan

START, TERRITORY = Fraction("314.4785"), Fraction("945.8")


@pytest.fixture
def grown(database: Database) -> Iterator[tuple[Session, SmallPlan, WorkEntry]]:
    """What was found alive counts two years later: 1,500 亩 (1 km²) from 2024 on, 3,000 亩 from 2026 on; and it burns."""
    with database.writing() as session:
        small = make_small_plan(session)
        forest_cover(session, small, tier="surviving", lag_years=2)
        old = put_work(session, small.forest, "surviving", "1500", "亩", 20221)
        young = put_work(session, small.forest, "surviving", "3000", "亩", 20241)
        burnt = put_work(session, small.forest, "lost", "10", "公顷", 20243, based_on=old)  # 150 亩
        put_work(session, small.forest, "lost", "300", "亩", 20243, based_on=young)
        yield session, small, burnt
        session.rollback()


def counted(session: Session, quarter: int, **edition: str) -> Fraction | None:
    """What the roll-up adds, in km²."""
    value = one_indicator(session, Scope(quarter, **edition)).rolled_up  # type: ignore[arg-type]
    return None if value is None else value * TERRITORY / 100 - START


def test_a_loss_lowers_the_roll_up_in_the_quarter_in_which_it_happens(
    grown: tuple[Session, SmallPlan, WorkEntry],
) -> None:
    session, _, _ = grown
    found = {quarter: counted(session, quarter) for quarter in (20234, 20241, 20242, 20243, 20254, 20261)}
    assert found == {
        20234: None,  # nothing counts before the lag is over, which is not 0
        20241: 1,
        20242: 1,
        20243: Fraction("0.9"),  # the young trees that burnt do not count yet, so that nothing is taken off for them
        20254: Fraction("0.9"),
        20261: Fraction("2.7"),
    }
    assert all(work_mismatches(session, quarter) == [] for quarter in found)


def test_a_loss_that_is_taken_back_counts_again_at_once(grown: tuple[Session, SmallPlan, WorkEntry]) -> None:
    session, small, burnt = grown
    base = session.get_one(WorkEntry, burnt.based_on_id)
    put_work(
        session, small.forest, "lost", "-10", "公顷", 20243, posted=20251, based_on=base, reverses=burnt
    )  # fmt: skip
    assert counted(session, 20244) == 1
    assert [counted(session, quarter, edition=AS_ISSUED) for quarter in (20244, 20251)] == [Fraction("0.9"), 1]
    assert work_mismatches(session, 20244) == []


def test_a_tier_before_the_check_loses_nothing(database: Database) -> None:
    with database.writing() as session:
        small = make_small_plan(session)
        forest_cover(session, small, tier="verified", lag_years=1)
        alive = put_work(session, small.forest, "surviving", "1500", "亩", 20231)
        put_work(session, small.forest, "lost", "150", "亩", 20243, based_on=alive)
        assert counted(session, 20244) == 1
        session.rollback()
