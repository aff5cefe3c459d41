"""A part that was added later is no leaf of the quarters before, on every way to the counts; money dated before still counts."""

import pytest

from budgets.estimates import set_estimate
from budgets.packages import NewAmount, NewPart, add_parts
from core.database import Database
from portfolio.access import OPERATOR_READER
from portfolio.project_list import ProjectFilter, page_of
from portfolio.projects import Project
from reports.money import money_rollup
from reports.past_listing import listing_at
from reports.project_sheet import project_sheet
from reports.rollup import Scope, estimate_rollup
from reports.self_check import mismatches
from reports.self_check_money import money_mismatches
from tests.budgets.line_samples import make_sources
from tests.reports.money_samples import put_entry, put_line
from tests.samples import SOMEBODY, WAN, a_basis, find_small_plan, identity

BEFORE, SINCE = 20234, 20241


@pytest.fixture
def divided(stored: Database) -> dict[str, int]:
    """The sewage project, which has no estimate, is divided in 2024Q1; the package gets a third part without an estimate."""
    with stored.writing() as session:
        small, basis = find_small_plan(session), a_basis(SINCE)
        new = [NewPart(1, "一期", 300 * WAN), NewPart(2, "二期", None)]
        first, second = add_parts(
            session, small.sewage, new, {}, basis, expected_version=small.sewage.row_version, by=SOMEBODY
        )
        add_parts(
            session,
            small.water,
            [NewPart(1, "泵站", None)],
            {identity(small.water): NewAmount("estimate", 25_000 * WAN, small.water.row_version)},
            basis,
            expected_version=small.water.row_version,
            by=SOMEBODY,
        )
        put_entry(session, first, "work_done", 20 * WAN, 20233)  # what was moved to it from before it was there
        put_line(session, first, 2023, make_sources(session)["county"], 50 * WAN, 20231)
        return {"first": identity(first), "second": identity(second)}


def test_a_later_part_is_a_leaf_from_its_quarter_on(stored: Database, divided: dict[str, int]) -> None:
    with stored.reading() as session:
        for quarter, sewage, water in ((BEFORE, (1, 1), (2, 0)), (SINCE, (2, 1), (3, 0)), (20254, (2, 1), (3, 0))):
            scope = Scope(quarter)
            for rows in (
                estimate_rollup(session, OPERATOR_READER, scope, ("project",)),
                money_rollup(session, OPERATOR_READER, scope, ("project",)),
            ):
                found = {row.keys[0]: (row.leaves, row.without_estimate) for row in rows}
                assert found == {"qingshan-01": (1, 0), "qingshan-02": water, "qingshan-03": sewage}, quarter


def test_what_was_recorded_of_it_before_counts_and_is_left_out_of_no_rate_twice(
    stored: Database, divided: dict[str, int]
) -> None:
    with stored.reading() as session:
        scope = Scope(BEFORE)
        of_sewage = next(
            row for row in money_rollup(session, OPERATOR_READER, scope, ("project",)) if row.keys == ("qingshan-03",)
        )
    assert (of_sewage.work_done_fen, of_sewage.budget_fen, of_sewage.leaves) == (20 * WAN, 50 * WAN, 1)
    assert of_sewage.without_year_plan == 1, "the project itself, which was still undivided"


@pytest.mark.parametrize("quarter", [20224, BEFORE, SINCE])
def test_the_second_path_comes_to_the_same(stored: Database, divided: dict[str, int], quarter: int) -> None:
    with stored.reading() as session:
        assert money_mismatches(session, quarter) == []
        assert [one for one in mismatches(session) if "project list" not in one.what] == []


def test_the_list_and_the_page_of_a_past_quarter_count_the_parts_of_then(
    stored: Database, divided: dict[str, int]
) -> None:
    with stored.reading() as session:
        for quarter, parts in ((BEFORE, [0, 2, 0]), (SINCE, [0, 3, 2])):
            source = listing_at(session, OPERATOR_READER, quarter, sort="order")
            rows = page_of(session, OPERATOR_READER, ProjectFilter(), source=source).rows
            assert [row.parts for row in rows] == parts
        sheet = project_sheet(session, OPERATOR_READER, "qingshan-02", BEFORE)
        assert [(part.later, part.counts) for part in sheet.parts] == [(False, True), (False, True), (True, False)]


def test_an_estimate_for_an_earlier_quarter_says_that_the_part_was_there(
    stored: Database, divided: dict[str, int]
) -> None:
    with stored.writing() as session:
        part = session.get_one(Project, divided["second"])
        set_estimate(session, part, 5 * WAN, a_basis(20232), by=SOMEBODY)
        assert part.since_quarter == 20232
    with stored.reading() as session:
        rows = estimate_rollup(session, OPERATOR_READER, Scope(BEFORE), ("project",))
        assert [(row.leaves, row.estimate_fen) for row in rows if row.keys == ("qingshan-03",)] == [(1, 5 * WAN)]
