"""The workbook of a quarter in which something happened: its cells are the canonical data, and stay when recalculated."""

from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from core.calendar import quarter_name
from core.database import Database
from milestones.quantities import Measure
from milestones.works import CLAIMED
from reports.quarterly_data import canonical_record
from reports.quarterly_scope import PROGRAMME, ReportScope, jurisdiction_scope
from tests.databases import on_sqlite, plant
from tests.reports.progress_samples import put_work
from tests.reports.quarter_samples import plant_quarter
from tests.reports.reading_workbooks import YEARLY_SHEETS, cells, column_of, fen, opened, report_of, written
from tests.samples import COUNTY, find_small_plan


def _plant_all(database: Database) -> None:
    with database.writing() as session:
        plant_quarter(session)


quarter = on_sqlite(plant, _plant_all)


def rows_of(sheet: Worksheet) -> list[tuple[Any, ...]]:
    return [row for row in sheet.iter_rows(min_row=5, values_only=True) if isinstance(row[0], int)]


@pytest.mark.parametrize("unit", ["万元", "元"])
def test_the_schedule_is_what_the_canonical_data_say(quarter: Database, unit: str) -> None:
    report = report_of(quarter, "qingshan")
    record, sheet = canonical_record(report), opened(written(report, unit=unit))["项目调度表"]

    def shown(row: tuple[Any, ...], title: str) -> Any:
        return row[column_of(sheet, title) - 1]

    amounts: dict[str, Callable[[dict[str, Any]], int | None]] = {
        "总投资": lambda one: one["estimate_fen"],
        "本年计划": lambda one: one["money"]["year_plan_fen"],
        "本季完成": lambda one: one["money"]["work_done_this_period_fen"],
        "本年累计": lambda one: one["money"]["work_done_this_year_fen"],
        "开工以来累计": lambda one: one["money"]["work_done_fen"],
        "下达资金": lambda one: one["money"]["appropriated_fen"],
        "到位资金": lambda one: one["money"]["received_fen"],
        "支付资金": lambda one: one["money"]["paid_fen"],
    }
    rows = rows_of(sheet)
    assert len(rows) == len(record["projects"]) == 3
    for row, one in zip(rows, record["projects"], strict=True):
        assert (shown(row, "序号"), shown(row, "项目名称")) == (one["number"], one["name"])
        for title, of in amounts.items():
            found, expected = shown(row, title), of(one)
            assert (None if found in (None, "未填报") else fen(found, unit)) == expected, (one["code"], title)
        for title, name in (("年度投资完成率", "annual_completion"), ("投资完成率", "investment_completion"),
                            ("到位率", "receipt"), ("支付率", "payment")):  # fmt: skip
            top, below = one["money"]["rates"][name]
            expected_rate = None if not below or top is None else Fraction(top, below)
            found = shown(row, title)
            assert (
                (found == "—") if expected_rate is None else abs(Fraction(found) - expected_rate) < Fraction(1, 10**9)
            )
        assert (shown(row, "应完") or 0, shown(row, "已完") or 0) == (
            one["milestones"]["due"],
            one["milestones"]["met"],
        )
        assert shown(row, "原因") == one["lamp"]["reason"]
    works = [shown(rows[0], title) for title in ("总任务", "本年任务", "本季", "累计", "核实")]
    assert works == [0.5, "—", 0.07, 0.3, 0.15]


def test_the_other_sheets_are_what_the_canonical_data_say(quarter: Database) -> None:
    report = report_of(quarter, "qingshan")
    record, book = canonical_record(report), opened(written(report, unit="元"))
    moved = {
        row[0]: row[4:8]
        for row in book["上期更正"].iter_rows(values_only=True)
        if row[0] in ("年度投资计划", "下达", "到位", "合同", "完成投资", "支付")
    }
    for one, found in zip(record["money"]["movements"], moved.values(), strict=True):
        names = ("opening", "corrections", "flow", "closing")
        assert [fen(value, "元") for value in found] == [one[name] for name in names]
    listed = [row for row in book["上期更正"].iter_rows(min_row=12, values_only=True) if isinstance(row[0], int)]
    assert [row[9] for row in listed] == [one["occurred_quarter"] for one in record["corrections"]]
    assert listed[0][6:9] == tuple(record["corrections"][0][name] / 100 for name in ("before", "after", "change"))
    assert datetime(2022, 10, 8) in [row[7] for row in listed]
    by_source = {
        (row[0], row[1]): row[10]
        for row in book["资金执行"].iter_rows(min_row=6, values_only=True)
        if isinstance(row[1], int) and row[1] > 2000
    }
    for one in record["money"]["by_source_year"]:
        name = one["source"] or "不分来源"
        assert fen(by_source[name, one["year"]], "元") == one["paid_fen"]
    indicator = next(row for row in book["指标完成"].iter_rows(values_only=True) if row[2] == "森林覆盖率")
    assert (indicator[10], indicator[11], indicator[17]) == (35.2, quarter_name(20234), "达成")
    milestone = [row for row in book["里程碑与预警"].iter_rows(values_only=True) if row[4] == "主体完工"]
    assert [(row[1], row[10]) for row in milestone] == [("qingshan-01", "逾期未完成")]


def test_works_that_are_nought_unreported_or_not_applicable_are_three_things(quarter: Database) -> None:
    earlier = opened(written(report_of(quarter, "qingshan", "2022Q4")))["项目调度表"]
    row = rows_of(earlier)[0]
    assert [row[column_of(earlier, title) - 1] for title in ("本季", "累计", "核实")] == ["未填报"] * 3
    later = opened(written(report_of(quarter, "qingshan", "2024Q1")))["项目调度表"]
    row = rows_of(later)[0]
    assert [row[column_of(later, title) - 1] for title in ("本季", "累计", "核实")] == ["未填报", 0.2, 0.15]


def test_a_year_lists_indicators_commitments_and_projects_by_year(quarter: Database) -> None:
    book = opened(written(report_of(quarter, "qingshan", "2025FINAL")))
    assert book.sheetnames == YEARLY_SHEETS
    sheet = book["项目清单"]
    years = [cell.value for cell in next(sheet.iter_rows(min_row=3, max_row=3)) if str(cell.value).endswith(" 年")]
    assert years == ["2021 年", "2022 年", "2023 年", "2024 年", "2025 年"]
    place = next(cell.column for cell in sheet[3] if cell.value == "2024 年") - 1
    forest = rows_of(sheet)[0]
    assert forest[place : place + 4] == (3000, 2500, 1400, 400)
    only = opened(written(report_of(quarter, "qingshan", "2024")))["项目清单"]
    assert [cell.value for cell in only[3] if str(cell.value).endswith(" 年")] == ["2024 年"]


def test_every_measure_of_a_project_is_a_number_in_a_row_of_its_own(sqlite_stored: Database) -> None:
    with sqlite_stored.writing() as session:
        plant_quarter(session)
        session.add(second := Measure(name="退化草原修复", dimension="area"))
        session.flush()
        put_work(session, find_small_plan(session).forest, second, CLAIMED, 40, 20244)
    sheet = opened(written(report_of(sqlite_stored, "qingshan")))["项目调度表"]
    place = column_of(sheet, "指标（单位）") - 1
    rows = list(sheet.iter_rows(min_row=5, max_row=6, values_only=True))
    assert [row[0] for row in rows] == [1, None]
    assert rows[1][place] == "退化草原修复（亩）"
    assert [rows[1][column_of(sheet, title) - 1] for title in ("本季", "累计", "核实")] == [40, 40, "未填报"]
    total = next(row for row in sheet.iter_rows(min_row=5, values_only=True) if str(row[0]).startswith("合计"))
    assert total[column_of(sheet, "总投资") - 1] == 34000


@pytest.mark.office
@pytest.mark.parametrize(("period", "unit", "language"), [("2024Q4", "亿元", "zh"), ("2025FINAL", "元", "en")])
def test_recalculating_a_full_report_changes_no_cell(
    quarter: Database, tmp_path: Path, office: Callable[[Path], Path], period: str, unit: str, language: str
) -> None:
    path = tmp_path / "report.xlsx"
    path.write_bytes(written(report_of(quarter, "qingshan", period), unit=unit, language=language))
    before, after = cells(opened(path)), cells(opened(office(path)))
    assert {place: (value, after.get(place)) for place, value in before.items() if after.get(place) != value} == {}
    assert after.keys() == before.keys()


def test_narrower_and_wider_scopes_are_workbooks_too(quarter: Database) -> None:
    narrow = report_of(quarter, "", scope=ReportScope(PROGRAMME, "qingshan", "水源涵养工程"))
    sheet = opened(written(narrow))["项目调度表"]
    assert [row[2] for row in rows_of(sheet)] == ["再生水利用工程"]
    wide = report_of(quarter, "", scope=jurisdiction_scope(COUNTY))
    texts = [str(value) for value in cells(opened(written(wide))).values()]
    assert "青山县" in texts
