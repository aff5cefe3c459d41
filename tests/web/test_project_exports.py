"""The filtered list as CSV and XLSX: the same rows in the same order as the page, and nothing a spreadsheet would calculate."""

import csv
import json
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from core.database import Database
from tests.samples import make_plan, make_programme, make_project, make_small_plan
from tests.web.test_audit_pages import newest
from tests.web.visiting import visitor, visitor_with_role
from web.app import create_app


@pytest.mark.parametrize(
    ("address", "subject", "rows", "filters"),
    [
        ("/projects.csv?plan=qingshan&estimate=yes", "project_list", 2, {"plan": "qingshan", "estimate": "yes"}),
        ("/projects.xlsx?q=工程&lang=en&unit=元", "project_list", 3, {"q": "工程"}),
        ("/works.csv?tier=verified", "work_list", 0, {"tier": "verified"}),
        ("/money/pivot.csv?plan=qingshan&rows=programme", "pivot", None, {"plan": "qingshan", "rows": "programme"}),
        ("/money/pivot.xlsx?rows=year", "pivot", None, {"rows": "year"}),
        ("/plans/qingshan/carry-over.xlsx", "report", None, None),
        ("/projects/qingshan-01/performance.xlsx?year=2024", "report", None, None),
    ],
)
def test_who_takes_a_file_of_present_figures_along_stands_in_the_audit_trail(
    database: Database, address: str, subject: str, rows: int | None, filters: dict[str, str] | None
) -> None:
    client = office(database)
    before = newest(database).id
    answer = client.get(address)
    assert answer.status_code == 200
    said = newest(database)
    assert said.id != before
    assert (said.action, said.subject, said.actor) == ("export", subject, "甲the-office（the-office）")
    facts = json.loads(said.after or "")
    assert facts["format"] == address.partition("?")[0].rpartition(".")[2]
    assert facts.get("filters") == filters
    if rows is not None:
        assert facts["rows"] == rows
    if rows is not None and facts["format"] == "csv":
        assert len(read(answer.text)) - 1 == rows
    elif rows is not None:
        codes = [
            cell for line in load_workbook(BytesIO(answer.content)).active.iter_rows(values_only=True) for cell in line
        ]
        assert len([cell for cell in codes if str(cell).startswith("qingshan-")]) == rows
    assert client.get("/projects.csv?plan=nowhere").status_code == 422
    assert newest(database).id == said.id, "what is refused takes nothing along"


def office(database: Database) -> TestClient:
    with database.writing() as session:
        make_small_plan(session)
    return visitor_with_role(create_app(database), "office")


def read(text: str) -> list[list[str]]:
    return list(csv.reader(StringIO(text.removeprefix("\ufeff"))))


def test_the_csv_holds_the_filtered_list_in_its_order(database: Database):
    answer = office(database).get("/projects.csv?estimate=yes&sort=estimate&dir=desc&unit=亿元")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    rows = read(answer.text)
    assert [row[1] for row in rows] == ["项目编号", "qingshan-02", "qingshan-01"]
    assert [row[-1] for row in rows] == ["总投资（亿元）", "2.5", "0.9"]


def test_the_workbook_holds_the_filtered_list_and_says_what_it_was_narrowed_to(database: Database):
    answer = office(database).get("/projects.xlsx?q=工程&estimate=yes")
    assert answer.status_code == 200
    book = load_workbook(BytesIO(answer.content))
    cells = [cell for row in book.active.iter_rows(values_only=True) for cell in row]
    assert "qingshan-01" in cells
    assert "qingshan-02" in cells
    assert "qingshan-03" not in cells
    assert any(isinstance(cell, str) and "文字：工程；投资估算：有投资估算" in cell for cell in cells)


def test_every_page_of_a_long_list_is_exported(database: Database):
    with database.writing() as session:
        plan = make_plan(session)
        programme = make_programme(session, plan, "works", "治理工程")
        for number in range(55):
            make_project(session, plan, f"p-{number:03d}", f"第{number}号河治理", programme)
    client = visitor_with_role(create_app(database), "office")
    assert len(read(client.get("/projects.csv").text)) == 56
    sheet = load_workbook(BytesIO(client.get("/projects.xlsx").content)).active
    codes = {cell for row in sheet.iter_rows(values_only=True) for cell in row if str(cell).startswith("p-")}
    assert len(codes) == 55


def test_a_name_that_looks_like_a_formula_stays_text(sqlite_database: Database):
    with sqlite_database.writing() as session:
        plan = make_plan(session)
        make_project(session, plan, "p-1", "=1+1", make_programme(session, plan, "works", "治理工程"))
    client = visitor_with_role(create_app(sqlite_database), "office")
    assert read(client.get("/projects.csv").text)[1][4] == "'=1+1"
    sheet = load_workbook(BytesIO(client.get("/projects.xlsx").content)).active
    assert not any(cell.data_type == "f" and "1+1" in str(cell.value) for row in sheet.iter_rows() for cell in row)


def test_a_wrong_address_is_a_page_with_the_reason_and_a_stranger_signs_in(sqlite_database: Database):
    client = office(sqlite_database)
    for suffix in ("csv", "xlsx"):
        refused = client.get(f"/projects.{suffix}?year=never")
        assert refused.status_code == 422
        assert "“年份”填写的是 “never”" in refused.text
        stranger = visitor(client.app).get(f"/projects.{suffix}")  # type: ignore[arg-type]
        assert (stranger.status_code, stranger.headers["location"].split("?")[0]) == (303, "/sign-in")
