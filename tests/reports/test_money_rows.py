"""口径: what a figure counts and what it leaves out, each row with its reason; and how an address names a group."""

from datetime import date

import pytest
from sqlmodel import Session

from budgets.rates import group_rate
from core.calendar import NotAPeriod
from core.database import Database
from core.errors import Invalid
from portfolio.access import OPERATOR_READER
from portfolio.editing import archive_project, change_state
from portfolio.facts import AS_ISSUED
from reports.money import money_rollup
from reports.money_groups import Group, group_from_text
from reports.money_rows import LeftOutSum, projects_behind, rows_behind, sum_behind, sums_left_out
from reports.rollup import Scope, UnknownDimension, UnknownLevel
from tests.budgets.line_samples import make_sources
from tests.reports.money_samples import put_entry, put_line
from tests.samples import SOMEBODY, WAN, find_small_plan

SCOPE = Scope(20242)
EVERYTHING = Group()


@pytest.fixture
def booked(stored: Database) -> Database:
    """One row for each reason not to count, and two that do."""
    with stored.writing() as session:
        county = make_sources(session)["county"]
        small = find_small_plan(session)
        put_entry(session, small.forest, "paid", 100, 20241, source=county, document="支付1号")
        put_entry(session, small.forest, "paid", -30, 20242, source=county, posted=20243)
        put_entry(session, small.forest, "paid", 1, 20243, source=county)
        put_entry(session, small.forest, "paid", 2, 20241, source=county, state="draft")
        put_entry(session, small.forest, "paid", 4, 20241, source=county, state="submitted")
        put_entry(session, small.forest, "paid", 8, 20241, source=county, state="rejected")
        put_entry(session, small.parts[0], "paid", 16, 20241, source=county)
        put_entry(session, small.sewage, "paid", 32, 20241, source=county)
        put_line(session, small.forest, 2024, county, 500, 20241, carried=200)
        put_line(session, small.forest, 2024, county, 450, 20242, carried=200)
        put_line(session, small.forest, 2024, county, 900, 20242, carried=200, state="submitted")
        ended = {"since_on": date(2024, 5, 20), "document": "文", "reason": None}
        change_state(session, small.water, "ended", **ended, by=SOMEBODY)  # type: ignore[arg-type]
        archive_project(session, small.sewage, reason="重复", expected_version=small.sewage.row_version, by=SOMEBODY)
    return stored


def outside(session: Session, scope: Scope, group: Group = EVERYTHING, figure: str = "paid_fen") -> list[LeftOutSum]:
    return sums_left_out(session, OPERATOR_READER, scope, group, figure)


def test_every_row_that_does_not_count_says_why(booked: Database) -> None:
    with booked.reading() as session:
        assert sum_behind(session, OPERATOR_READER, SCOPE, EVERYTHING, "paid_fen") == (2, 70)
        assert outside(session, SCOPE) == [
            LeftOutSum("rejected", 1, 8),
            LeftOutSum("waiting", 2, 6),
            LeftOutSum("archived", 1, 32),
            LeftOutSum("ended", 1, 16),
            LeftOutSum("other_period", 1, 1),
        ]
        rows = rows_behind(session, OPERATOR_READER, SCOPE, EVERYTHING, "paid_fen", left_out=True).rows
    assert [(row.reason, row.fen) for row in rows if row.project == "qingshan-02-1"] == [("ended", 16)]


def test_a_row_tells_what_stands_in_the_ledger(booked: Database) -> None:
    with booked.reading() as session:
        first = rows_behind(session, OPERATOR_READER, SCOPE, EVERYTHING, "paid_fen").rows[0]
    assert (first.project, first.project_name, first.source) == ("qingshan-01", "天然林保护工程项目", "县级财政")
    assert (first.occurred_on, first.document, first.fen) == (date(2024, 2, 15), "支付1号", 100)
    assert (first.state, first.posted_period, first.recorded_by, first.reason) == ("approved", 20241, "记账员", None)


def test_as_issued_what_was_posted_later_is_of_another_period(booked: Database) -> None:
    issued = Scope(20242, edition=AS_ISSUED)
    with booked.reading() as session:
        assert sum_behind(session, OPERATOR_READER, issued, EVERYTHING, "paid_fen") == (1, 100)
        found = {one.reason: (one.rows, one.fen) for one in outside(session, issued)}
    assert found["other_period"] == (2, -29)


def test_pages_follow_each_other_without_gaps(booked: Database) -> None:
    with booked.reading() as session:
        whole = rows_behind(session, OPERATOR_READER, SCOPE, EVERYTHING, "paid_fen", left_out=True)
        pages, after = [], None
        while True:
            page = rows_behind(
                session, OPERATOR_READER, SCOPE, EVERYTHING, "paid_fen", left_out=True, after=after, size=2
            )
            pages.append(page.rows)
            after = page.following
            if after is None:
                break
    assert whole.following is None
    assert [len(rows) for rows in pages] == [2, 2, 2]
    assert tuple(row for rows in pages for row in rows) == whole.rows


def test_behind_a_plan_stand_the_changes_of_its_versions(booked: Database) -> None:
    with booked.reading() as session:
        across = rows_behind(session, OPERATOR_READER, SCOPE, EVERYTHING, "budget_fen").rows
        of_year = rows_behind(session, OPERATOR_READER, SCOPE, Group({"year": 2024}), "budget_fen").rows
        waiting = outside(session, SCOPE, figure="budget_fen")
    assert [row.fen for row in across] == [300, -50]  # carried-over money was counted in the year before
    assert [row.fen for row in of_year] == [500, -50]
    assert waiting == [LeftOutSum("waiting", 1, 700)]


def test_a_group_narrows_the_rows(booked: Database) -> None:
    with booked.reading() as session:
        for keys, expected in (
            ({"programme": "国土绿化工程", "quarter": "2024Q1", "source": "县级财政"}, (1, 100)),
            ({"programme": "水环境治理工程"}, (0, None)),
            ({"department": None}, (0, None)),
            ({"plan": "qingshan", "year": 2024, "stage": "paid"}, (2, 70)),
            ({"source": None}, (0, None)),
            ({"project": "qingshan-01", "jurisdiction": "青山县", "first_year": 2022}, (2, 70)),
        ):
            assert sum_behind(session, OPERATOR_READER, SCOPE, Group(keys), "paid_fen") == expected, keys


def test_a_rate_opens_up_by_project_and_both_sides_add_up(booked: Database) -> None:
    with booked.writing() as session:
        put_entry(session, find_small_plan(session).forest, "work_done", 900 * WAN, 20241)
    with booked.reading() as session:
        for by in (("plan",), ("programme", "year"), ("department",)):
            for row in money_rollup(session, OPERATOR_READER, SCOPE, by):
                group = Group(dict(zip(by, row.keys, strict=True)))
                projects = projects_behind(session, OPERATOR_READER, SCOPE, group)
                assert all(one.keys[: len(by)] == row.keys for one in projects)
                for name, rate in row.rates.items():
                    assert group_rate(one.rates[name] for one in projects).value == rate.value


def test_an_address_names_a_group() -> None:
    group = group_from_text({"year": "2024", "source": "", "quarter": "2024q1", "plan": "xiaoyi"}, 2)
    assert group == Group({"year": 2024, "source": None, "quarter": "2024Q1", "plan": "xiaoyi"}, 2)


@pytest.mark.parametrize(
    ("texts", "level", "error"),
    [({"colour": "red"}, 1, UnknownDimension), ({"plan": "x"}, 4, UnknownLevel), ({"year": "24"}, 1, Invalid),
     ({"year": "２０２４"}, 1, Invalid), ({"quarter": "2024"}, 1, NotAPeriod), ({"quarter": "2024Q5"}, 1, NotAPeriod)],
)  # fmt: skip
def test_an_address_that_names_nothing_is_refused(texts: dict[str, str], level: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        group_from_text(texts, level)


def test_a_figure_without_rows_behind_it_is_refused(stored: Database) -> None:
    with stored.reading() as session, pytest.raises(Invalid):
        rows_behind(session, OPERATOR_READER, SCOPE, EVERYTHING, "gap_fen")
