"""The list of projects: pages that join without a seam, filters, Chinese search, and totals of the whole list."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import Session, select

from budgets.estimates import set_estimate
from core.database import Database
from core.text import sorting_key
from portfolio.access import OPERATOR_READER
from portfolio.departments import add_department
from portfolio.editing import archive_project
from portfolio.listing import set_money
from portfolio.project_list import SORTS, Cursor, ProjectFilter, every_row, page_of
from portfolio.project_totals import ListTotals, totals_of
from portfolio.projects import MONEY_COLUMNS, ProjectListing
from reports.self_check import mismatches, rebuild
from tests.samples import (
    SOMEBODY,
    WAN,
    a_basis,
    make_plan,
    make_programme,
    make_project,
    make_small_plan,
)

EVERYTHING = ProjectFilter()
NAMES = [
    "曹村造林",
    "白沟治理",
    "安泽湿地",
    "文峪河治理",
    "孝河湿地",
    "曹村造林",
    "张庄水库",
    "碛口绿化",
    "B区造林",
    "a区造林",
    "12号沟治理",
]


def _many(session: Session, code: str = "many") -> None:
    """A plan of 22 projects whose columns hold repeated values and gaps."""
    plan = make_plan(session, code)
    programmes = [
        make_programme(session, plan, f"p{n}", name, position=n) for n, name in enumerate(("造林", "水利", "矿山"))
    ]
    leads = [add_department(session, plan.jurisdiction_code, f"{code}{name}", by=SOMEBODY) for name in ("曹局", "白局")]
    for number in range(22):
        make_project(
            session,
            plan,
            f"{code}-{number:02d}",
            f"{NAMES[number % 11]}{'二期' if number > 10 else ''}",
            programmes[number % 3],
            estimate_wan=None if number % 4 == 0 else 100 * (number % 5 + 1),
            years=(None, None) if number % 7 == 0 else (2021 + number % 3, 2024 + number % 2),
            lead=None if number % 3 == 0 else leads[number % 2],
        )


@pytest.fixture
def many(database: Database) -> Database:
    with database.writing() as session:
        _many(session)
    return database


def _pages(session: Session, sort: str, descending: bool, size: int) -> Iterator[list[Any]]:
    after: Cursor | None = None
    while True:
        page = page_of(session, OPERATOR_READER, EVERYTHING, sort=sort, descending=descending, after=after, size=size)
        yield list(page.rows)
        if page.following is None:
            return
        assert len(page.rows) == size
        after = page.following


@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
@pytest.mark.parametrize("sort", sorted(SORTS))
def test_pages_join_to_the_whole_list_in_order(many: Database, sort: str, descending: bool) -> None:
    with many.writing() as session:
        ids = session.exec(select(ProjectListing.project_id)).all()
        set_money(session, {id_: dict.fromkeys(MONEY_COLUMNS, id_ * 7 % 5 * WAN) for id_ in ids})
    with many.reading() as session:
        whole = page_of(session, OPERATOR_READER, EVERYTHING, sort=sort, descending=descending, size=100)
        assert whole.following is None
        ids = [row.project_id for row in whole.rows]
        assert len(set(ids)) == 22
        for size in (1, 5, 11, 21, 22, 23):
            joined = [row.project_id for page in _pages(session, sort, descending, size) for row in page]
            assert joined == ids, f"pages of {size}"
        keys = [getattr(row, SORTS[sort]) for row in whole.rows]
    known = [key for key in keys if key is not None]
    assert known == sorted(known, reverse=descending)
    assert keys == known + [None] * (len(keys) - len(known))  # rows without a value come last either way
    assert sort in ("order", "name", "programme", "appropriated", "work_done", "paid") or None in keys
    assert len(set(known)) < len(known) or sort in ("order", "name")


def test_the_same_list_comes_from_both_databases(many: Database) -> None:
    with many.reading() as session:
        names = [row.name for row in page_of(session, OPERATOR_READER, EVERYTHING, sort="name", size=100).rows]
    assert names == sorted(names, key=sorting_key)
    first = [name for name in names if "二期" not in name]
    assert first == [
        "12号沟治理",
        "a区造林",
        "B区造林",
        "安泽湿地",
        "白沟治理",
        "曹村造林",
        "曹村造林",
        "文峪河治理",
        "孝河湿地",
        "张庄水库",
        "碛口绿化",
    ]


def test_an_export_has_every_row_once(many: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portfolio.listing._BATCH", 4)
    with many.reading() as session:
        rows = list(every_row(session, OPERATOR_READER, EVERYTHING, sort="estimate", descending=True))
        page = page_of(session, OPERATOR_READER, EVERYTHING, sort="estimate", descending=True, size=100)
    assert [row.project_id for row in rows] == [row.project_id for row in page.rows]


def test_a_list_without_rows_is_one_empty_page(database: Database) -> None:
    with database.reading() as session:
        for sort in SORTS:
            page = page_of(session, OPERATOR_READER, EVERYTHING, sort=sort)
            assert (list(page.rows), page.following) == ([], None)
        assert totals_of(session, OPERATOR_READER, EVERYTHING) == ListTotals(0, 0, None)


def test_a_place_between_pages_that_no_row_has_any_more_still_works(many: Database) -> None:
    with many.reading() as session:
        gone = Cursor(350 * WAN, 10**6)
        rows = page_of(session, OPERATOR_READER, EVERYTHING, sort="estimate", after=gone, size=100).rows
        assert {row.estimate_fen for row in rows} == {400 * WAN, 500 * WAN, None}


# ---- totals


def test_totals_are_those_of_the_whole_filtered_list(many: Database) -> None:
    with many.reading() as session:
        for chosen in (
            EVERYTHING,
            ProjectFilter(text="造林"),
            ProjectFilter(year=2024),
            ProjectFilter(has_estimate=False),
        ):
            rows = list(every_row(session, OPERATOR_READER, chosen, sort="order", descending=False))
            known = [row.estimate_fen for row in rows if row.estimate_fen is not None]
            expected = ListTotals(len(rows), len(rows) - len(known), sum(known) if known else None)
            assert totals_of(session, OPERATOR_READER, chosen) == expected
            assert rows


def test_sums_beyond_32_bits_and_beyond_floats_stay_exact(many: Database) -> None:
    with many.writing() as session:
        plan = make_plan(session, "rich")
        programme = make_programme(session, plan, "p", "造林")
        for number, wan in enumerate((9_007_199_254, 7, 1)):
            make_project(session, plan, f"rich-{number}", f"第{number}项", programme, estimate_wan=wan)
        chosen = ProjectFilter(plan_id=plan.id)
    with many.reading() as session:
        assert totals_of(session, OPERATOR_READER, chosen).estimate_fen == 9_007_199_262 * WAN


def test_a_rebuilt_list_is_the_list_that_was_kept(many: Database) -> None:
    with many.writing() as session:
        small = make_small_plan(session)
        set_estimate(session, small.sewage, 5 * WAN, a_basis(), by=SOMEBODY)
        archive_project(session, small.forest, reason="重复", expected_version=1, by=SOMEBODY)
        assert mismatches(session) == []
        before = [tuple(row) for row in every_row(session, OPERATOR_READER, EVERYTHING, sort="order", descending=False)]
        rebuild(session)
        after = [tuple(row) for row in every_row(session, OPERATOR_READER, EVERYTHING, sort="order", descending=False)]
        assert before == after
        assert mismatches(session) == []


def test_the_programmes_of_a_project_are_its_whole_path(stored: Database) -> None:
    with stored.reading() as session:
        rows = {row.code: row for row in page_of(session, OPERATOR_READER, EVERYTHING).rows}
    water, forest = rows["qingshan-02"], rows["qingshan-01"]
    assert (water.programme, water.package, water.parts) == ("国土绿化工程", "水源涵养工程", 2)
    assert (forest.programme, forest.package, forest.parts) == ("国土绿化工程", None, 0)
