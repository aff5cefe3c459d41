"""What the quarterly workbook says, read back by openpyxl."""

from datetime import date
from io import BytesIO

import pytest
from openpyxl import load_workbook

from budgets.estimates import set_estimate
from core.database import Database
from core.money import UNITS
from portfolio.editing import change_state
from reports.workbook_cells import TooManyDigits, amount_in_cell
from tests.reports.reading_workbooks import (
    SHEETS,
    cells,
    column_of,
    fen,
    opened,
    parts_of,
    project_rows,
    report_of,
    written,
)
from tests.samples import SOMEBODY, a_basis, find_small_plan, make_project


def test_the_sheets_stand_in_order(plans: Database) -> None:
    assert opened(written(report_of(plans, "xiaoyi"))).sheetnames == SHEETS


@pytest.mark.parametrize("unit", UNITS)
def test_the_amounts_are_those_of_the_rollup_to_the_fen(plans: Database, unit: str) -> None:
    report = report_of(plans, "xiaoyi")
    sheet = opened(written(report, unit=unit))["项目调度表"]
    rows = list(project_rows(sheet))
    expected = [(row.number, row.name, row.estimate_fen) for row in report.rows]
    assert [(row[0], row[1], fen(row[2], unit)) for row in rows if isinstance(row[0], int)] == expected
    parts = [fen(row[2], unit) for row in rows if isinstance(row[0], str)]
    assert parts == [100_000 * 10**6, 80_000 * 10**6, 70_000 * 10**6]
    amount = column_of(sheet, "总投资")
    sums = {row[0].value: row[amount - 1].value for row in sheet.iter_rows(min_row=5) if isinstance(row[0].value, str)}
    for group in report.groups:
        subtotal = next(value for text, value in sums.items() if text.startswith(f"小计　{group.name}："))
        assert fen(subtotal, unit) == group.figures.estimate_fen
    assert fen(sums["合计：36 个项目、38 个子项"], unit) == report.overview.total.estimate_fen


def test_subtotals_and_total_are_live_formulas(plans: Database) -> None:
    sheet = opened(written(report_of(plans, "xiaoyi")), values=False)["项目调度表"]
    for title in ("总投资", "本年计划", "本季完成", "支付资金"):
        place = column_of(sheet, title)
        formulas = [row[place - 1].value for row in sheet.iter_rows(min_row=5) if row[place - 1].data_type == "f"]
        assert len(formulas) == 7, title
        assert all("SUMIF(" in formula for formula in formulas)


def test_parts_stand_indented_below_their_package_and_are_no_numbers_to_be_added(plans: Database) -> None:
    sheet = opened(written(report_of(plans, "xiaoyi")))["项目调度表"]
    name = column_of(sheet, "项目名称")
    parts = [row for row in sheet.iter_rows(min_row=5) if str(row[0].value).startswith("10.")]
    assert len(parts) == 3
    assert all(row[name - 1].alignment.indent > 0 and row[0].data_type == "s" for row in parts)


def test_the_schedule_has_the_columns_of_the_domain_page_in_their_order(plans: Database) -> None:
    sheet = opened(written(report_of(plans, "xiaoyi")))["项目调度表"]
    upper, lower = ([cell.value for cell in row] for row in sheet.iter_rows(min_row=3, max_row=4))
    titles = [low or up for up, low in zip(upper, lower, strict=True)]
    assert titles == [
        *("序号", "规划类别", "项目名称", "牵头部门", "建设主体", "建设地点", "项目状态", "起", "止", "总投资", "资金来源"),
        *("本年计划", "本季完成", "本年累计", "年度投资完成率", "开工以来累计", "投资完成率"),
        *("下达资金", "到位资金", "到位率", "支付资金", "支付率"),
        *("指标（单位）", "总任务", "本年任务", "本季", "累计", "核实", "形象进度", "应完", "已完", "亮灯", "原因"),
        *("存在问题", "需协调事项", "下一步计划", "填报人", "审核人", "单位负责人"),
    ]  # fmt: skip


def test_the_overview_holds_the_figures_and_native_charts_that_say_their_finding(plans: Database) -> None:
    report = report_of(plans, "xiaoyi")
    book = load_workbook(BytesIO(written(report)), data_only=True)
    sheet = book["总览"]
    found = {row[0]: row[1] for row in sheet.iter_rows(values_only=True) if row[0]}
    assert (found["项目数"], found["子项数"], found["总投资"]) == (36, 38, 514_303)
    shares = {row[0]: row[5] for row in sheet.iter_rows(values_only=True) if isinstance(row[5], float)}
    assert round(shares["流域生态治理修复"], 3) == 0.507
    titles = "".join(text for name, text in parts_of(written(report)).items() if name.startswith("xl/charts/"))
    assert "水环境综合治理及再生水循环利用项目一项占总投资的 48.6%" in titles
    assert "投资完成率" in titles


def test_what_the_plan_does_not_say_is_said_in_texts_and_left_empty_in_numbers(plans: Database) -> None:
    report = report_of(plans, "tunliu")
    book = opened(written(report))
    sheet = book["项目调度表"]
    amount, lead, first = (column_of(sheet, title) for title in ("总投资", "牵头部门", "起"))
    rows = [row for row in sheet.iter_rows(min_row=5, values_only=True) if isinstance(row[0], int)]
    assert len(rows) == len(report.rows)
    assert {row[amount - 1] for row in rows} == {None}
    assert {row[first - 1] for row in rows} == {None}
    assert {row[lead - 1] for row in rows} == {"规划未载明"}
    total = next(row for row in sheet.iter_rows(min_row=5, values_only=True) if str(row[0]).startswith("合计："))
    assert total[amount - 1] in (None, "")
    assert f"{report.overview.total.leaves} 个子项规划未载明投资" in total
    assert "没有写明投资" in "".join(str(value) for (name, _), value in cells(book).items() if name == SHEETS[0])


def test_indicators_show_the_printed_target_the_series_apart_and_the_number_of_the_body(plans: Database) -> None:
    sheet = opened(written(report_of(plans, "xiaoyi")))["指标完成"]
    forest = next(row for row in sheet.iter_rows(values_only=True) if row[2] == "森林覆盖率")
    found = {
        title: forest[column_of(sheet, title) - 1]
        for title in ("规划支撑值", "任务目标值", "需要", "规划安排", "缺口", "支撑度", "结论", "判定", "监测值")
        if title != "监测值"
    }
    assert forest[6] == "33.25"
    assert forest[8:10] == ("完成市级下达指标", "待上级下达")
    assert (found["规划支撑值"], found["缺口"], found["结论"], found["判定"]) == (
        33.8844,
        15_827.25,
        "不足",
        "不能判断",
    )
    assert round(found["支撑度"], 4) == 0.3625
    said = forest[column_of(sheet, "说明") - 1]
    assert "按正文值 ≥35" in said
    assert "支撑度 20.1%，缺口 19,827.25 亩" in said


def test_contradictions_show_every_reading_grave_ones_first(plans: Database) -> None:
    report = report_of(plans, "xiaoyi")
    rows = list(opened(written(report))["矛盾"].iter_rows(min_row=4, values_only=True))
    graves = [row[1] for row in rows]
    assert graves == sorted(graves, key=lambda grave: grave != "严重")
    assert len(rows) == report.overview.total.contradictions
    assert all(row[5].startswith("1. ") and "\n2. " in row[5] for row in rows)


def test_a_draft_is_marked_on_the_cover(plans: Database) -> None:
    values = set(cells(opened(written(report_of(plans, "jinzhong")))).values())
    assert "（征求意见稿）" in values


def test_demonstration_data_is_marked_on_every_sheet(plans: Database) -> None:
    report = report_of(plans, "tunliu")
    for sheet in opened(written(report, demo=True)).worksheets:
        band = [cell.value for cell in sheet[1] if cell.value]  # once for each page side by side
        assert set(band) == {"演示数据，不是真实数据"}
        assert "演示数据" in str(sheet.oddHeader.center.text)
    assert "演示数据" not in "".join(parts_of(written(report)).values())


def test_ended_projects_stand_below_the_total_and_outside_of_it(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        change_state(session, small.forest, "ended", since_on=date(2023, 4, 1), document="文", reason=None, by=SOMEBODY)
    sheet = opened(written(report_of(stored, "qingshan")))["项目调度表"]
    first = [row[0] for row in sheet.iter_rows(min_row=5, values_only=True)]
    amount = column_of(sheet, "总投资")
    total = next(place for place, text in enumerate(first) if str(text).startswith("合计："))
    assert first[total + 1] == "终止项目（不计入小计和合计）"
    assert sheet.cell(5 + total, amount).value == 25_000
    assert sheet.cell(5 + total + 2, amount).value == 9_000


def test_an_amount_of_some_fen_is_not_rounded_in_its_cell(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        set_estimate(session, small.sewage, 12_345_678_901, a_basis(20211), by=SOMEBODY)
    for unit in UNITS:
        sheet = opened(written(report_of(stored, "qingshan"), unit=unit))["项目调度表"]
        held = {name: amount for _, name, amount in project_rows(sheet)}
        assert fen(held["Ⅴ类水体消除工程（二期）"], unit) == 12_345_678_901
    texts = cells(opened(written(report_of(stored, "qingshan"), unit="亿元"))).values()
    assert not any("四舍五入，显示数" in str(text) for text in texts)


def test_rows_that_are_rounded_apart_from_their_total_say_so(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        for number in (7, 8):  # each is shown as 0.01 万元, both together as 0.01
            project = make_project(session, small.plan, f"q-{number}", f"零头{number}", small.cleaning)
            set_estimate(session, project, 7_000, a_basis(20211), by=SOMEBODY)
    texts = [str(value) for value in cells(opened(written(report_of(stored, "qingshan")))).values()]
    assert any("四舍五入，显示数之和与合计相差 -0.01" in text for text in texts)


def test_an_amount_with_more_digits_than_a_cell_keeps_is_refused() -> None:
    assert amount_in_cell(10**17, "万元") == 10**11
    assert amount_in_cell(999_999_999_999_999, "亿元") == 99_999.9999999999
    with pytest.raises(TooManyDigits):
        amount_in_cell(1_234_567_890_123_456, "元")
