"""The lists of works: filters, pages, files, plots that two projects report, quarters and editions."""

import csv
import io
from datetime import date

import pytest
from sqlmodel import select

from core.database import Database
from milestones.work_list import PAGE
from portfolio.periods import CLOSED, ReportingPeriod
from tests.databases import on_both, on_sqlite, plant
from tests.samples import make_small_plan
from tests.web.reading_pages import rows_on
from tests.web.visiting import person_in, signed_in_visitor
from tests.web.work_visits import FOREST, PACKAGE, PART, SEWAGE, People, a_claim, a_verification, apart, measure, report

database, sqlite_database = on_both(plant), on_sqlite(plant)
pytestmark = pytest.mark.usefixtures("apart")
__all__ = ["apart"]


def numbers(page: object) -> list[str]:
    """The numbers of the entries that a list shows, in order."""
    return [row[-1] for row in rows_on(page) if row and row[0][:2] == "20"]  # type: ignore[arg-type]


def test_filters(database: Database) -> None:
    people = People(database)
    first = a_claim(database, "100", plot="12-3")
    a_verification(database, first, "90", on=date(2024, 8, 1))
    a_claim(database, "300", SEWAGE, on=date(2023, 5, 6))
    a_claim(database, "400", PART, plot="7", on=date(2023, 2, 1))
    people.owner.post(f"/projects/{FOREST}/works/new", data=report(database))
    get = people.office.get
    assert numbers(get("/works")) == ["2", "5", "1", "3", "4"]  # by date, newest first
    for query, expected in (
        ("plan=qingshan", ["2", "5", "1", "3", "4"]),
        (f"measure={measure(database)}", ["2", "5", "1", "3", "4"]),
        ("tier=verified", ["2"]),
        ("state=submitted", ["5"]),
        ("kind=not-applicable", []),
        ("in=2023Q2", ["3"]),
        ("plot=１２-3", ["1"]),
        ("project=再生水", ["4"]),
        (f"project={PACKAGE}", ["4"]),
        (f"project={FOREST}&tier=claimed&in=2024Q2", ["5", "1"]),
        ("as_of=2023Q2", ["3", "4"]),
        ("as_of=2024Q2", ["5", "1", "3", "4"]),
    ):
        assert numbers(get(f"/works?{query}")) == expected, query
    plan = get("/works?plan=qingshan").text
    assert "规划类别" in plan
    for name, found in (("programme", "1"), ("department", "1")):
        assert numbers(get(f"/works?plan=qingshan&{name}={found}")), name
    for wrong in ("tier=planted", "measure=999", "in=2024", "in=2024Q5", "state=done"):
        refused = get(f"/works?{wrong}")
        assert (refused.status_code, numbers(refused)) == (422, []), wrong


def test_pages_by_key(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    for number in range(PAGE + 3):
        a_claim(sqlite_database, str(number + 1), on=date(2024, 5, 1 + number % 3))
    first = people.office.get("/works")
    assert "共 53 条" in first.text
    address = first.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = people.office.get(address)
    assert len(numbers(first)) == PAGE
    assert len(numbers(second)) == 3
    assert len({*numbers(first), *numbers(second)}) == PAGE + 3
    assert people.office.get("/works?after=nowhere").status_code == 422


def test_as_issued_shows_what_was_posted_by_then(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    a_claim(sqlite_database, "100", on=date(2024, 5, 6))
    with sqlite_database.writing() as session:
        for period in session.exec(select(ReportingPeriod).where(ReportingPeriod.last_quarter <= 20242)):
            period.state = CLOSED
            session.add(period)
    a_claim(sqlite_database, "200", on=date(2024, 5, 7), correction_reason="漏报")
    corrected, issued = "as_of=2024Q2", "as_of=2024Q2&edition=as-issued"
    assert numbers(people.office.get(f"/works?{corrected}")) == ["2", "1"]
    assert numbers(people.office.get(f"/works?{issued}")) == ["1"]
    project = f"/projects/{FOREST}/works"
    said = [
        next(row for row in rows_on(people.office.get(f"{project}?{query}")) if row and row[0] == "营造林面积")[3]
        for query in (corrected, issued, "as_of=2024Q1")
    ]
    assert said == ["300", "100", "未填报"]


def test_a_plot_in_two_projects_is_shown_with_both_links(database: Database) -> None:
    people = People(database)
    one = a_claim(database, "100", plot="12-3")
    two = a_claim(database, "50", SEWAGE, plot="１２－３")
    a_claim(database, "70", PART, plot="99")
    for address in ("/works", "/works?twins=1", "/works/plots"):
        page = people.office.get(address).text
        for id_ in (one, two):
            assert f'href="/works/{id_}"' in page, address
    assert numbers(people.office.get("/works?twins=1")) == [str(two), str(one)]
    assert "小班重复" in people.office.get("/works?twins=1").text
    assert f"第 {two} 号" in people.office.get(f"/works/{one}").text
    assert f"第 {one} 号" in people.office.get(f"/works/{two}").text


def test_who_sees_one_plan_sees_only_its_works_and_twins(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        plan = make_small_plan(session, "lushui").plan
        session.flush()
        session.expunge(plan)
    people = People(sqlite_database)
    one = a_claim(sqlite_database, "100", plot="12-3")
    two = a_claim(sqlite_database, "50", "lushui-03", plot="12-3")
    there = signed_in_visitor(people.app, person_in(sqlite_database, "there", "office", plan=plan))
    assert numbers(there.get("/works")) == [str(two)]
    for address in (f"/works/{one}", f"/projects/{FOREST}/works", "/works?plan=qingshan", f"/works/{one}/verify"):
        assert there.get(address).status_code == 404, address
    for address in ("/works", f"/works/{two}", "/works/plots", "/works.csv"):
        page = there.get(address)
        assert page.status_code == 200
        assert FOREST not in page.text, address
    assert FOREST in people.office.get(f"/works/{two}").text
    assert there.post("/works/waiting", data={"entry": str(one), "act": "approve"}).status_code == 404


def test_the_list_as_csv_follows_the_filters(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    first = a_claim(sqlite_database, "100.5", plot="=1+1", place="东坡")
    a_verification(sqlite_database, first, "90", on=date(2024, 8, 1))
    a_claim(sqlite_database, None, SEWAGE, on=date(2023, 5, 6), not_applicable=True)
    answer = people.office.get("/works.csv?plan=qingshan")
    assert "works-" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [(row["编号"], row["环节"], row["数量"], row["计量单位"]) for row in rows] == [
        ("2", "核实合格", "90", "亩"),
        ("1", "上报", "100.5", "亩"),
        ("3", "上报", "", "亩"),
    ]
    assert (rows[1]["小班号"], rows[1]["地点"], rows[0]["依据的编号"], rows[2]["类型"]) == (
        "'=1+1",
        "东坡",
        "1",
        "不适用",
    )
    few = csv.DictReader(io.StringIO(people.office.get("/works.csv?tier=verified").text))
    assert len(list(few)) == 1
    assert people.office.get("/works.csv?tier=nothing").status_code == 422


def test_the_page_of_a_project_tells_three_kinds_of_nothing_apart(sqlite_database: Database) -> None:
    people = People(sqlite_database)

    def row_of(code: str) -> list[str]:
        return next(
            row for row in rows_on(people.office.get(f"/projects/{code}/works")) if row and row[0] == "营造林面积"
        )

    assert row_of(FOREST)[1:9] == ["亩", "5,000", "未填报", "—", "—", "—", "—", "0.0%"]
    a_claim(sqlite_database, "0")
    assert row_of(FOREST)[3] == "0"
    a_claim(sqlite_database, None, SEWAGE, not_applicable=True)
    assert row_of(SEWAGE)[1:9] == ["亩", "规划未载明", "不适用", "—", "—", "—", "—", "—"]
    a_claim(sqlite_database, "40", PART)
    page = people.office.get(f"/projects/{PACKAGE}/works")
    assert row_of(PACKAGE)[3] == "40"
    assert page.text.count("再生水厂") > 1
    led = people.office.get(f"/projects/{PART}/works")
    assert led.headers["location"] == f"/projects/{PACKAGE}/works#{PART}"


def test_what_waits_is_counted_beside_the_bars(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    address = f"/projects/{FOREST}/works"
    people.owner.post(f"{address}/new", data=report(sqlite_database))
    people.owner.post(f"{address}/new", data=report(sqlite_database, act="draft"))
    page = people.owner.get(address).text
    assert "待接收 1 条" in page
    assert "草稿 1 条" in page
    assert "营造林面积" in page
    assert 'href="/works/waiting?plan=qingshan"' in people.office.get(address).text
    assert "/works/new" not in people.with_role("leader").get(address).text
    assert f'href="{address}"' in people.owner.get(f"/projects/{FOREST}").text  # the way there
