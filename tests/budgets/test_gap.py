"""What is secured and what is still missing, as of any quarter, in both editions."""

from datetime import date

import pytest
from sqlmodel import select

from budgets.gap import Funding, funding_of, secured_amounts, summed, unit
from budgets.line_editing import put_line
from budgets.line_reading import WiderPlan, plan_lines, waiting_lines, wider_plans
from core.database import Database
from core.errors import Invalid
from portfolio.editing import change_state
from portfolio.facts import AS_ISSUED
from portfolio.periods import CLOSED, ReportingPeriod
from portfolio.projects import Project
from tests.budgets.line_samples import WAN, a_line, approved, keyed
from tests.samples import SOMEBODY, find_small_plan, identity

__all__ = ["keyed"]  # a fixture

NOW = 20254


def test_without_lines_nothing_is_secured_and_without_an_estimate_there_is_no_gap(
    stored: Database, keyed: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        forest, sewage, water = (identity(one) for one in (small.forest, small.sewage, small.water))
        found = funding_of(session, [forest, sewage, water], NOW)
        assert found[forest] == Funding(9_000 * WAN, 0, 9_000 * WAN, 0)
        assert found[sewage] == Funding(None, 0, None, None)
        assert found[water].gap_fen == 25_000 * WAN


def test_year_lines_count_once_across_years_and_pending_money_never(stored: Database, keyed: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        forest = identity(small.forest)
        approved(session, small.forest, keyed["county"], 3_000)
        approved(session, small.forest, keyed["county"], 2_500, 2023, carried_fen=500 * WAN)
        approved(session, small.forest, keyed["own"], 100, 20231)  # a quarter plan is part of its year
        approved(session, small.forest, keyed["pending"], 1_000)
        put_line(
            session, small.forest, a_line(keyed["own"], 900), submit=True, by=SOMEBODY
        )  # waits, so it counts nowhere
        assert secured_amounts(session, NOW) == {forest: 5_000 * WAN}
        assert funding_of(session, [forest], NOW)[forest] == Funding(9_000 * WAN, 5_000 * WAN, 4_000 * WAN, 0)


def test_a_total_plan_stands_before_the_years_also_when_all_of_it_is_pending(
    stored: Database, keyed: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        forest, sewage = identity(small.forest), identity(small.sewage)
        approved(session, small.forest, keyed["county"], 3_000)
        approved(session, small.forest, keyed["own"], 9_500, 0)
        approved(session, small.sewage, keyed["county"], 70)
        approved(session, small.sewage, keyed["pending"], 70, 0)
        assert secured_amounts(session, NOW, [forest, sewage]) == {forest: 9_500 * WAN, sewage: 0}
        found = funding_of(session, [forest], NOW)[forest]
        assert (found.gap_fen, found.excess_fen) == (0, 500 * WAN)


def test_a_package_with_its_own_estimate_is_one_unit(stored: Database, keyed: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        water, plant, pipes = identity(small.water), identity(small.parts[0]), identity(small.parts[1])
        approved(session, small.parts[0], keyed["own"], 12_000)  # 2000 more than the part is estimated at
        approved(session, small.parts[1], keyed["own"], 5_000)
        found = funding_of(session, [water, plant, pipes], NOW)
        assert found[water] == Funding(25_000 * WAN, 17_000 * WAN, 8_000 * WAN, 0)
        assert (found[plant].gap_fen, found[plant].excess_fen) == (0, 2_000 * WAN)
        assert found[pipes].gap_fen == 10_000 * WAN
        both = summed([found[plant], found[pipes]])
        assert (both.gap_fen, both.excess_fen) == (10_000 * WAN, 2_000 * WAN)  # one's excess covers no other's gap


def test_an_ended_part_takes_its_secured_money_out_of_the_package(stored: Database, keyed: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        approved(session, small.parts[0], keyed["own"], 4_000)
        approved(session, small.parts[1], keyed["own"], 5_000)
        change_state(
            session, small.parts[0], "ended", since_on=date(2023, 5, 1), document="x", reason=None, by=SOMEBODY
        )
        water = identity(small.water)
        assert funding_of(session, [water], 20231)[water].secured_fen == 9_000 * WAN
        assert funding_of(session, [water], 20232)[water].secured_fen == 5_000 * WAN


def test_as_of_a_quarter_an_adjustment_counts_from_its_day_or_from_when_it_was_posted(
    stored: Database, keyed: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        forest = identity(small.forest)
        approved(session, small.forest, keyed["county"], 3_000)
        for name in ("2022Q1", "2022Q2", "2022Q3"):
            period = session.exec(
                select(ReportingPeriod).where(ReportingPeriod.plan_id == small.plan.id, ReportingPeriod.name == name)
            ).one()
            period.state = CLOSED
            session.add(period)
        session.flush()
        approved(session, small.forest, keyed["county"], 2_000, occurred_on=date(2022, 5, 1), reason="压减")
        for quarter, corrected, issued in (
            (20214, None, None),
            (20221, 3_000, 3_000),
            (20222, 2_000, 3_000),
            (20224, 2_000, 2_000),
        ):
            for edition, expected in (("as-corrected", corrected), (AS_ISSUED, issued)):
                found = secured_amounts(session, quarter, [forest], edition=edition)
                assert found == ({} if expected is None else {forest: expected * WAN}), (quarter, edition)
                (line,) = plan_lines(session, [forest], quarter, edition=edition)
                assert line.amount_fen == (None if expected is None else expected * WAN), (quarter, edition)
                assert line.original_fen == (None if expected is None else 3_000 * WAN)
        (line,) = plan_lines(session, [forest], NOW)
        assert (line.adjusted_fen, len(line.versions), line.open) == (-1_000 * WAN, 2, None)
        with pytest.raises(Invalid):
            secured_amounts(session, NOW, edition="as-guessed")


def test_the_gap_of_one_unit_is_never_below_zero() -> None:
    assert unit(10, 12) == Funding(10, 12, 0, 2)
    assert unit(None, 12) == Funding(None, 12, None, None)
    assert summed([]) == Funding(None, 0, None, None)
    assert summed([unit(None, 5), unit(10, 2)]) == Funding(10, 7, 8, 0)


def test_a_narrower_plan_that_comes_to_more_than_the_wider_one_is_told(stored: Database, keyed: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        county, own = keyed["county"], keyed["own"]
        for covers, source, wan, carried in (
            (0, county, 4_000, 0),
            (2022, county, 3_000, 0),
            (2023, county, 1_500, 500),  # 4000 across the years: the 500 count once
            (2022, own, 100, 0),
            (20221, own, 60, 0),
            (20222, own, 60, 0),
            (20231, county, 10, 0),
        ):
            approved(session, small.forest, source, wan, covers, carried_fen=carried * WAN)
        found = wider_plans(plan_lines(session, [identity(small.forest)], NOW))
        assert found == [
            WiderPlan(0, None, 4_100 * WAN, 4_000 * WAN),
            WiderPlan(2022, own, 120 * WAN, 100 * WAN),
        ]


def test_waiting_lines_stand_with_the_version_that_they_would_replace(stored: Database, keyed: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        approved(session, small.parts[0], keyed["own"], 3_000)
        put_line(session, small.parts[0], a_line(keyed["own"], 3_400, reason="追加"), submit=True, by=SOMEBODY)
        put_line(session, small.forest, a_line(keyed["own"], 70), by=SOMEBODY)
        put_line(session, small.forest, a_line(keyed["county"], 80), submit=True, by=SOMEBODY)
        everywhere = Project.plan_id == small.plan.id
        first, second = waiting_lines(session, everywhere, limit=10)  # type: ignore[arg-type]
        assert (first.package and first.package.code, first.change_fen) == ("qingshan-02", 400 * WAN)
        assert (second.before, second.package, second.change_fen) == (None, None, 80 * WAN)
        assert waiting_lines(session, everywhere, after=first.line.id, limit=10) == [second]  # type: ignore[arg-type]
        assert waiting_lines(session, Project.plan_id == -1, limit=10) == []  # type: ignore[arg-type]
