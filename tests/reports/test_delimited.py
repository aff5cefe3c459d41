"""CSV of lists, and the project list as a workbook: streamed, exact, and harmless in a spreadsheet."""

import csv
import json
from collections.abc import Callable
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from core.database import Database
from portfolio.access import OPERATOR_READER
from portfolio.editing import change_state
from portfolio.listing import set_money
from portfolio.plans import find_plan
from portfolio.project_list import ProjectFilter, every_row
from portfolio.project_totals import totals_of
from portfolio.projects import MONEY_COLUMNS
from reports.delimited import MARK, harmless, list_as_csv, project_list_as_csv
from reports.exports import KINDS, exported
from reports.workbook import write_project_list
from tests.samples import SOMEBODY, WAN, find_small_plan, identity, make_project

Q = 20244


def listed(database: Database, code: str) -> list[Any]:
    with database.reading() as session:
        plan = find_plan(session, code)
        assert plan is not None
        chosen = ProjectFilter(plan_id=identity(plan))
        return list(every_row(session, OPERATOR_READER, chosen, sort="order", descending=False))


def read(chunks: Any) -> list[dict[str, str]]:
    text = "".join(chunks)
    assert text.startswith(MARK)
    return list(csv.DictReader(StringIO(text.removeprefix(MARK), newline="")))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", ["xiaoyi", "tunliu", "jinzhong"])
def test_a_list_as_csv_holds_every_row_and_field(plans: Database, kind: str, code: str) -> None:
    with plans.reading() as session:
        rows = exported(session, OPERATOR_READER, kind, code, Q)
    found = read(list_as_csv(rows))
    assert len(found) == len(rows) > 0
    assert {name for name in rows[0] if name != "source"} <= found[0].keys()
    assert all(None not in line and None not in line.values() for line in found)


def test_a_project_keeps_its_money_its_parts_and_its_lines(plans: Database) -> None:
    with plans.reading() as session:
        rows = exported(session, OPERATOR_READER, "projects", "xiaoyi", Q)
    found = {line["code"]: line for line in read(list_as_csv(rows))}
    assert sum(int(line["estimate_fen"]) for line in found.values()) == 514_303_000_000
    package = found["xiaoyi-10"]
    assert [part["estimate_fen"] for part in json.loads(package["parts"])] == [10**11, 8 * 10**10, 7 * 10**10]
    assert (package["source_file"], package["source_table"]) == ("xiaoyi.txt", "表9-7")
    assert (package["source_first_line"], package["source_last_line"]) == ("914", "920")


def test_an_empty_list_is_an_empty_file() -> None:
    assert "".join(list_as_csv([])) == MARK


def test_the_list_is_told_in_chunks_and_not_at_once() -> None:
    taken: list[int] = []

    def rows() -> Any:
        for number in range(10_000):
            taken.append(number)
            yield {"a": number}

    chunks = list_as_csv(rows())
    next(iter(chunks))
    assert len(taken) < 1_000
    assert len(list(chunks)) > 10


def test_the_project_list_has_exact_amounts_in_the_unit_of_its_header(plans: Database) -> None:
    rows = listed(plans, "xiaoyi")
    in_yi = read(project_list_as_csv(rows, unit="亿元"))
    assert [line["总投资（亿元）"] for line in in_yi][9] == "25"
    assert [line["项目编号"] for line in in_yi] == [f"xiaoyi-{number:02d}" for number in range(1, 37)]
    assert {line["规划"] for line in in_yi} == {"xiaoyi"}
    named = read(project_list_as_csv(rows, plans={rows[0].plan_id: "孝义"}))
    assert {line["规划"] for line in named} == {"孝义"}


def test_what_is_not_known_is_an_empty_cell(plans: Database) -> None:
    found = read(project_list_as_csv(listed(plans, "tunliu")))
    assert {line["总投资（万元）"] for line in found} == {""}


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1+1", "＠A1"])
def test_a_text_that_would_be_calculated_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-5.2", "+3", "0", "湿地", "a=b", "", "25", "'=1"])
def test_numbers_and_plain_texts_are_left_alone(text: str) -> None:
    assert harmless(text) == text


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_whatever_is_written_no_cell_begins_like_a_formula_and_every_text_comes_back(texts: list[str]) -> None:
    row = {f"c{number}": text for number, text in enumerate(texts)}
    lines = list(csv.reader(StringIO("".join(list_as_csv([row])).removeprefix(MARK), newline="")))
    assert len(lines) == 2
    for cell, text in zip(lines[1], texts, strict=True):
        assert cell.removeprefix("'") == text.removeprefix("'")
        number = cell.lstrip("+-").replace(".", "", 1).isdigit()
        assert number or not cell.lstrip().startswith(("=", "+", "-", "@"))


# ---- the project list as a workbook


def workbook(rows: Any, **options: Any) -> bytes:
    target = BytesIO()
    write_project_list(rows, target, **options)
    return target.getvalue()


def test_the_project_list_as_a_workbook_adds_up(plans: Database) -> None:
    rows = listed(plans, "xiaoyi")
    content = workbook(iter(rows), filters_text="规划：孝义")
    assert content == workbook(iter(rows), filters_text="规划：孝义")
    sheet = load_workbook(BytesIO(content), data_only=True).worksheets[0]
    lines = list(sheet.iter_rows(values_only=True))
    assert lines[1][0] == "规划：孝义"
    assert lines[1][11] == "单位：万元"
    assert [line[2] for line in lines[3:-1]] == [row.code for row in rows]
    assert lines[-1][0] == "合计 36 个项目，其中 0 个规划未载明投资"
    assert {line[8] for line in lines[3:-1]} == {"未填报"}
    assert lines[-1][12] == 514_303
    formulas = load_workbook(BytesIO(content)).worksheets[0]
    assert formulas.cell(40, 13).value == '=ROUND(SUMIF(I4:I39,"<>终止",M4:M39),6)'
    assert formulas.max_column == 13


@pytest.fixture
def ended(stored: Database) -> Database:
    """The small plan with money at each of its projects, of which one is ended."""
    with stored.writing() as session:
        small = find_small_plan(session)
        document = {"since_on": date(2024, 9, 30), "document": "青政办〔2024〕7号", "reason": None}
        change_state(session, small.water, "ended", **document, by=SOMEBODY)  # type: ignore[arg-type]
        for wan, project in enumerate((small.forest, small.water, small.sewage), start=1):
            set_money(session, {identity(project): dict.fromkeys(MONEY_COLUMNS, wan * WAN)})
    return stored


def test_ended_projects_are_listed_and_leave_the_last_row_as_they_leave_the_page(ended: Database) -> None:
    with ended.reading() as session:
        totals = totals_of(session, OPERATOR_READER, ProjectFilter())
    content = workbook(listed(ended, "qingshan"), money=True)
    lines = list(load_workbook(BytesIO(content), data_only=True).worksheets[0].iter_rows(values_only=True))
    assert lines[2][12:] == ("总投资", "下达", "完成投资", "支付", "投资完成率")
    assert [line[8] for line in lines[3:-1]] == ["未填报", "终止", "未填报"]
    assert lines[-1][0] == "合计 2 个项目，其中 1 个规划未载明投资；另有 1 个已终止，不计入"
    assert list(lines[-1][12:16]) == [9_000, 4, 4, 4]
    assert [int(amount * WAN) for amount in (lines[-1][12], lines[-1][14], lines[-1][15])] == [
        totals.estimate_fen,
        totals.work_done_fen,
        totals.paid_fen,
    ]
    assert [line[16] for line in lines[3:-1]] == [round(1 / 9_000, 10), round(2 / 25_000, 10), "—"]


def test_a_list_of_ended_projects_alone_has_no_sum(ended: Database) -> None:
    rows = [row for row in listed(ended, "qingshan") if row.state == "ended"]
    lines = list(load_workbook(BytesIO(workbook(rows)), data_only=True).worksheets[0].iter_rows(values_only=True))
    assert lines[-1][0] == "合计 0 个项目，其中 0 个规划未载明投资；另有 1 个已终止，不计入"
    assert not lines[-1][12]


def test_the_csv_has_the_state_and_where_there_is_money_its_columns(ended: Database) -> None:
    rows = listed(ended, "qingshan")
    plain, found = read(project_list_as_csv(rows)), read(project_list_as_csv(rows, unit="元", money=True))
    assert [line["项目状态"] for line in plain] == ["未填报", "终止", "未填报"]
    assert "支付（万元）" not in plain[0]
    amounts = ("总投资（元）", "下达（元）", "完成投资（元）", "支付（元）", "投资完成率")
    assert [list(map(line.get, amounts)) for line in found] == [
        ["90000000", "10000", "10000", "10000", "0.01%"],
        ["250000000", "20000", "20000", "20000", "0.01%"],
        ["", "30000", "30000", "30000", "—"],
    ]


def test_a_project_list_without_rows_is_a_header(plans: Database) -> None:
    sheet = load_workbook(BytesIO(workbook([]))).worksheets[0]
    assert sheet.max_row == 3


def test_a_dangerous_name_stays_a_text_in_csv_and_workbook(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        make_project(session, small.plan, "qingshan-9", "=1+1", small.cleaning)
    rows = listed(stored, "qingshan")
    assert [line["项目名称"] for line in read(project_list_as_csv(rows))][-1] == "'=1+1"
    cell = load_workbook(BytesIO(workbook(rows))).worksheets[0].cell(3 + len(rows), 6)
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", True)


@pytest.mark.office
@pytest.mark.parametrize("language", ["zh", "en"])
def test_recalculating_the_list_changes_no_cell(
    ended: Database, tmp_path: Path, office: Callable[[Path], Path], language: str
) -> None:
    path = tmp_path / "list.xlsx"
    path.write_bytes(workbook(listed(ended, "qingshan"), unit="元", money=True, language=language))
    before, after = (load_workbook(one, data_only=True).worksheets[0] for one in (path, office(path)))
    for row in before.iter_rows():
        for cell in row:
            assert (after[cell.coordinate].value or None) == (cell.value or None), cell.coordinate
