"""Rows of files: names, merged cells, totals, one column per stage, and what is left out. Every problem names its cell."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from budgets.importing.columns import Chosen
from core.database import Database
from portfolio.periods import ReportingPeriod
from tests.budgets.importing.samples import (
    FOREST,
    HEADERS,
    PLANT,
    SEWAGE,
    Formula,
    a_csv,
    a_row,
    a_workbook,
    read_file,
)
from tests.budgets.ledger_samples import sources
from tests.samples import find_small_plan

__all__ = ["sources"]
pytestmark = pytest.mark.usefixtures("sources")

WAN = 1_000_000
WIDE = (
    *("项目名称", "日期", "资金来源", "下达（万元）", "到位（万元）", "合同（万元）"),
    *("完成投资（万元）", "支付（万元）", "文号"),
)


# ---- names


def test_projects_are_named_by_code_or_name_or_both_when_they_agree(stored: Database, tmp_path: Path) -> None:
    headers = ("项目编号", "项目名称", *HEADERS[1:])
    rows = [
        [FOREST, "", *a_row()[1:]],
        ["", "天然林保护 工程项目", *a_row()[1:]],
        ["QINGSHAN-02-1", "再生水厂", *a_row()[1:]],
        [FOREST, "再生水厂", *a_row()[1:]],
    ]
    read = read_file(stored, a_workbook(tmp_path / "a.xlsx", rows, headers=headers))
    assert list(read.blocking) == ["B5"]
    assert "不一致" in read.blocking["B5"]["message"]
    assert len({row.project_id for row in read.staged[:2]}) == 1


@pytest.mark.parametrize(
    ("change", "cell", "expected"),
    [
        ({"code": "没有的项目"}, "A2", "编号或全名"),
        ({"code": "qingshan-02"}, "A2", "再生水厂、再生水管网"),
        ({"stage": "拨付"}, "B2", "下达、到位、合同、完成投资、支付"),
        ({"stage": ""}, "B2", "不能为空"),
        ({"source": "彩票"}, "C2", "县级财政、企业自筹"),
        ({"source": ""}, "C2", "不能为空"),
        ({"document": "长" * 201}, "F2", "200"),
        ({"stage": "下达", "document": ""}, "F2", "不能为空"),
    ],
)
def test_every_wrong_name_is_told_at_its_cell(
    stored: Database, tmp_path: Path, change: dict[str, Any], cell: str, expected: str
) -> None:
    read = read_file(stored, a_workbook(tmp_path / "a.xlsx", [a_row(**change)]))
    assert (list(read.blocking), read.staged) == ([cell], [])
    assert expected in read.blocking[cell]["expected"]


def test_a_project_of_another_department_is_refused(stored: Database, tmp_path: Path) -> None:
    with stored.reading() as session:
        small = find_small_plan(session)
        mine = frozenset({small.sewage.id or 0})
    path = a_workbook(tmp_path / "a.xlsx", [a_row(), a_row(code=SEWAGE)])
    read = read_file(stored, path, allowed=mine)
    assert "不由您所在的部门" in read.blocking["A2"]["message"]
    assert list(read.blocking) == ["A2"]


def test_several_wrong_cells_of_one_row_are_all_told(stored: Database, tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [a_row(stage="拨付", on="2024/2/30", amount="很多")])
    assert set(read_file(stored, path).blocking) == {"B2", "D2", "E2"}


def test_every_problem_is_counted_and_the_first_thousand_are_kept(stored: Database, tmp_path: Path) -> None:
    read = read_file(stored, a_csv(tmp_path / "a.csv", [a_row(amount="很多") for _ in range(1_200)]))
    assert (read.row.blocking_count, len(read.found["problems"])) == (1_200, 1_000)


def test_contracts_and_works_need_no_source(stored: Database, tmp_path: Path) -> None:
    rows = [a_row(stage="合同", source=""), a_row(stage="完成投资", source="")]
    read = read_file(stored, a_workbook(tmp_path / "a.xlsx", rows))
    assert [(row.stage, row.source_id) for row in read.staged] == [("contracted", None), ("work_done", None)]


# ---- one column per stage


def test_each_filled_cell_of_a_stage_column_is_one_entry(stored: Database, tmp_path: Path) -> None:
    rows = [
        ["天然林保护工程项目", date(2024, 3, 31), "县级财政", 100, 90.5, None, " ", "1,000", "财建1号"],
        ["天然林保护工程项目", date(2024, 4, 1), "县级财政", None, None, 0, None, None, ""],
    ]
    read = read_file(stored, a_workbook(tmp_path / "a.xlsx", rows, headers=WIDE))
    assert read.blocking == {}
    assert [(row.line, row.stage, row.amount_fen) for row in read.staged] == [
        (2, "appropriated", 100 * WAN),
        (2, "received", 90_500_000),
        (2, "paid", 1_000 * WAN),
    ]
    assert any("1 个金额单元格是 0" in note for note in read.notes)


def test_an_error_in_a_stage_column_is_not_taken_for_a_blank(stored: Database, tmp_path: Path) -> None:
    rows = [["再生水厂", date(2024, 3, 31), "县级财政", 100, Formula("=1/0", "#DIV/0!"), None, None, None, "财建1号"]]
    read = read_file(stored, a_workbook(tmp_path / "a.xlsx", rows, headers=WIDE))
    assert (list(read.blocking), read.staged) == (["E2"], [])


# ---- merged cells and totals


def test_a_merged_project_counts_for_its_rows_and_says_so(stored: Database, tmp_path: Path) -> None:
    rows = [a_row(code=""), a_row(code=""), a_row(code=SEWAGE)]
    read = read_file(stored, a_workbook(tmp_path / "a.xlsx", rows, merged={"A2:A3": FOREST}))
    assert read.blocking == {}
    assert len({row.project_id for row in read.staged}) == 2
    assert "已按合并范围" in read.warnings["A2:A3"]["message"]


@pytest.mark.parametrize("cells", ["D2:D3", "E2:E3", "A2:B2"])
def test_any_other_merged_cells_are_an_error_that_names_the_range(stored: Database, tmp_path: Path, cells: str) -> None:
    book = a_workbook(tmp_path / "a.xlsx", [a_row(), a_row()], merged={cells: "2024-03-31"})
    assert "取消合并" in read_file(stored, book).blocking[cells]["expected"]


def test_merged_titles_and_totals_do_no_harm(stored: Database, tmp_path: Path) -> None:
    rows = [a_row(), ["", "", "", "", 320, "", ""]]
    path = a_workbook(tmp_path / "a.xlsx", rows, above=[["", ""]], merged={"A1:G1": "资金台账", "A4:D4": "合计"})
    read = read_file(stored, path)
    assert (read.blocking, read.warnings, read.fen) == ({}, {}, [320 * WAN])


def test_a_two_line_header_is_read_as_one(stored: Database, tmp_path: Path) -> None:
    lines = [
        ["", "", "", "", ""],
        ["", "", "", "下达", "支付"],
        ["再生水厂", "2024-03-31", "县级财政", 1, 2, "财建1号"],
    ]
    merged = {"A2:A3": "项目名称", "B2:B3": "日期", "C2:C3": "资金来源", "D2:E2": "资金（万元）", "F2:F3": "文号"}
    path = a_workbook(tmp_path / "a.xlsx", lines[2:], headers=lines[1], above=[["台账"], lines[0]], merged=merged)
    read = read_file(stored, path)
    assert (read.blocking, read.fen) == ({}, [1 * WAN, 2 * WAN])


@pytest.mark.parametrize(("stated", "differs"), [(640, False), (641, True), ("六百四十", None)])
def test_a_total_row_is_left_out_and_compared(
    stored: Database, tmp_path: Path, stated: Any, differs: bool | None
) -> None:
    rows = [a_row(), a_row(), ["合 计", "", "", "", stated, "", ""]]
    read = read_file(stored, a_workbook(tmp_path / "a.xlsx", rows))
    assert len(read.staged) == 2
    assert any("第 4 行“合 计”是合计行" in note for note in read.notes)
    if differs is False:
        assert read.warnings == {}
    else:
        assert list(read.warnings) == ["E4"]
        assert ("640" in read.warnings["E4"]["expected"]) == bool(differs)


def test_subtotals_begin_anew_and_the_grand_total_holds_all(stored: Database, tmp_path: Path) -> None:
    def total(word: str, amount: int) -> list[Any]:
        return [word, "", "", "", amount, "", ""]

    rows = [a_row(amount=1), total("小计", 1), a_row(amount=2), a_row(amount=3), total("小计", 6), total("总计", 6)]
    read = read_file(stored, a_workbook(tmp_path / "a.xlsx", rows))
    assert list(read.warnings) == ["E6"], "5 and not 6 stand below the first subtotal"
    assert len(read.staged) == 3


def test_headings_repeated_headers_notes_and_the_example_are_left_out(stored: Database, tmp_path: Path) -> None:
    rows = [
        ["示例，不导入", "支付", "县级财政", "2024-01-01", 1, "", ""],
        ["一、国土绿化工程"],
        a_row(),
        list(HEADERS),
        [],
        a_row(),
        ["填报人：张三", "", "审核人：李四"],
        ["注：金额单位为万元"],
    ]
    read = read_file(stored, a_workbook(tmp_path / "a.xlsx", rows))
    assert (read.blocking, len(read.staged)) == ({}, 2)
    assert [note.split("行")[0] for note in read.notes] == ["第 2 ", "第 3 ", "第 5 ", "第 8 ", "第 9 "]


# ---- columns


def test_a_table_without_a_header_says_what_it_should_have(stored: Database, tmp_path: Path) -> None:
    read = read_file(stored, a_csv(tmp_path / "a.csv", []))
    assert "没有任何数据行" in read.blocking[None]["message"]
    path = a_workbook(tmp_path / "b.xlsx", [["甲", 1]], headers=["随便", "什么"])
    assert "没有找到表头" in read_file(stored, path).blocking[None]["message"]
    missing = a_workbook(tmp_path / "c.xlsx", [], headers=["项目编号", "环节", "金额（元）"])
    assert "“发生日期”" in read_file(stored, missing).blocking["1:1"]["message"]


def test_two_columns_that_could_both_be_the_amount_are_asked_about(stored: Database, tmp_path: Path) -> None:
    headers = (*HEADERS, "金额（元）")
    path = a_workbook(tmp_path / "a.xlsx", [[*a_row(), 5]], headers=headers)
    read = read_file(stored, path)
    assert "H“金额（元）”" in read.blocking["H1"]["message"]
    columns = {"A": "code", "B": "stage", "C": "source", "D": "occurred_on", "H": "amount"}
    chosen = read_file(stored, path, Chosen(columns=columns))
    assert (chosen.blocking, chosen.fen, chosen.staged[0].document) == ({}, [500], None)


def test_the_word_for_type_is_the_stage_or_the_kind(stored: Database, tmp_path: Path) -> None:
    as_stage = ("项目编号", "类型", *HEADERS[2:])
    assert read_file(stored, a_workbook(tmp_path / "a.xlsx", [a_row()], headers=as_stage)).staged[0].stage == "paid"
    both = a_workbook(tmp_path / "b.xlsx", [[*a_row(), "发生"]], headers=(*HEADERS, "类型"))
    assert read_file(stored, both).staged[0].kind == "entry"


def test_a_table_of_one_stage_may_be_told_so(stored: Database, tmp_path: Path) -> None:
    headers = ("项目编号", *HEADERS[2:])
    path = a_workbook(tmp_path / "a.xlsx", [[FOREST, *a_row()[2:]]], headers=headers)
    assert "“环节”" in read_file(stored, path).blocking["1:1"]["message"]
    assert read_file(stored, path, Chosen(stage="received")).staged[0].stage == "received"


# ---- what only the ledger and the quarters can tell


def test_a_closed_quarter_asks_for_a_reason(stored: Database, tmp_path: Path) -> None:
    with stored.writing() as session:
        plan = find_small_plan(session).plan
        query = select(ReportingPeriod).where(ReportingPeriod.plan_id == plan.id, ReportingPeriod.kind == "quarter")
        for period in session.exec(query):
            if period.last_quarter <= 20242:
                period.state = "closed"
                session.add(period)
    rows = [[*a_row(), ""], [*a_row(on=date(2024, 7, 1)), ""], [*a_row(), "补记漏报"]]
    read = read_file(stored, a_workbook(tmp_path / "a.xlsx", rows, headers=(*HEADERS, "更正理由")))
    assert list(read.blocking) == ["D2"]
    assert "2024Q2" in read.blocking["D2"]["message"]
    assert "2024Q3" in read.blocking["D2"]["expected"]


def test_more_cannot_be_taken_back_than_was_approved(stored: Database, tmp_path: Path) -> None:
    rows = [[*a_row(code=PLANT), "收回"]]
    read = read_file(stored, a_workbook(tmp_path / "a.xlsx", rows, headers=(*HEADERS, "类型")))
    assert "小于零" in read.blocking["E2"]["message"]
    assert read.staged[0].amount_fen == -320 * WAN
