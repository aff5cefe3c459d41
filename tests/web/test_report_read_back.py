"""The report's workbook read back cell by cell: the figures of the projects and groups are exactly those of /api/v1."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from starlette.testclient import TestClient

from core.database import Database
from tests.databases import on_sqlite, plant
from tests.reports.quarter_samples import plant_quarter
from tests.reports.reading_workbooks import column_of, fen
from tests.web.visiting import visitor_with_role
from web.app import create_app

PERIOD, UNIT = "2024Q4", "元"
RATES = {
    "年度投资完成率": "annual_completion",
    "投资完成率": "investment_completion",
    "到位率": "receipt",
    "支付率": "payment",
}
GROUP_RATES = {
    "投资完成率": "investment_completion",
    "年度投资完成率": "annual_completion",
    "资金到位率": "receipt",
    "资金支付率": "payment",
    "预算执行率": "budget_execution",
}
AMOUNTS = {
    "总投资": "estimate_fen",
    "年度投资计划": "budget_fen",
    "下达": "appropriated_fen",
    "到位": "received_fen",
    "合同": "contracted_fen",
    "完成投资": "work_done_fen",
    "支付": "paid_fen",
}
# Columns of the project schedule, and where the data and the roll-up by project hold the same figure.
OF_PROJECT: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "总投资": lambda one: one["estimate_fen"],
    "本年计划": lambda one: one["money"]["year_plan_fen"],
    "本季完成": lambda one: one["money"]["work_done_this_period_fen"],
    "本年累计": lambda one: one["money"]["work_done_this_year_fen"],
    "开工以来累计": lambda one: one["money"]["work_done_fen"],
    "下达资金": lambda one: one["money"]["appropriated_fen"],
    "到位资金": lambda one: one["money"]["received_fen"],
    "支付资金": lambda one: one["money"]["paid_fen"],
}
IN_ROLLUP = {
    **{"总投资": "estimate_fen", "开工以来累计": "work_done_fen", "下达资金": "appropriated_fen"},
    **{"到位资金": "received_fen", "支付资金": "paid_fen"},
}


def _plant_all(database: Database) -> None:
    with database.writing() as session:
        plant_quarter(session)


quarter = on_sqlite(plant, _plant_all)


@pytest.fixture
def leader(quarter: Database) -> TestClient:
    return visitor_with_role(create_app(quarter), "leader")


def _json(client: TestClient, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.json()


def _workbook(client: TestClient, edition: str) -> Workbook:
    asked = {"plan": "qingshan", "period": PERIOD, "unit": UNIT, "edition": edition}
    answer = client.get("/reports/workbook", params=asked)
    assert answer.status_code == 200
    return load_workbook(BytesIO(answer.content), data_only=True)


def _rows(sheet: Worksheet) -> list[tuple[Any, ...]]:
    return list(sheet.iter_rows(min_row=5, values_only=True))


def _cell(sheet: Worksheet, row: tuple[Any, ...], title: str) -> Any:
    return row[column_of(sheet, title) - 1]


def _amount(value: Any) -> int | None:
    return None if value in (None, "", "未填报") else int(fen(value, UNIT))


def _same_rate(found: Any, exact: list[int | None]) -> bool:
    top, below = exact
    if top is None or not below:
        return found == "—"
    return abs(Fraction(found) - Fraction(top, below)) < Fraction(1, 10**9)


@pytest.mark.parametrize("edition", ["as-corrected", "as-issued"])
def test_every_figure_of_every_project_is_that_of_the_api(leader: TestClient, edition: str) -> None:
    sheet = _workbook(leader, edition)["项目调度表"]
    record = _json(leader, f"/api/v1/reports/qingshan/{PERIOD}?edition={edition}")
    asked = f"/api/v1/rollup?plan=qingshan&by=project&as_of={PERIOD}&edition={edition}"
    rolled = {row["project"]: row for row in _json(leader, asked)}
    numbered = [row for row in _rows(sheet) if isinstance(row[0], int)]
    assert len(numbered) == len(record["projects"]) == len(rolled) == 3
    for row, one in zip(numbered, record["projects"], strict=True):
        for title, of in OF_PROJECT.items():
            found = _amount(_cell(sheet, row, title))
            assert found == of(one), (one["code"], title)
            if title in IN_ROLLUP:
                assert (found or 0) == (rolled[one["code"]][IN_ROLLUP[title]] or 0), (one["code"], title)
        for title, name in RATES.items():
            found = _cell(sheet, row, title)
            assert _same_rate(found, one["money"]["rates"][name]), (one["code"], title)
            assert one["money"]["rates"][name] == rolled[one["code"]]["rates"][name]["exact"]
        assert _cell(sheet, row, "原因") == one["lamp"]["reason"]
        assert [_cell(sheet, row, title) or 0 for title in ("应完", "已完")] == [
            one["milestones"][name] for name in ("due", "met")
        ]
        for title, name in (("总任务", "planned"), ("本季", "flow"), ("累计", "claimed"), ("核实", "verified")):
            exact = one["works"][0][name] if one["works"] else None
            if exact is not None:
                assert Fraction(str(_cell(sheet, row, title))) == Fraction(*exact), (one["code"], title)


def test_subtotals_and_the_total_are_the_rollup_by_programme_and_the_whole(leader: TestClient) -> None:
    sheet = _workbook(leader, "as-corrected")["项目调度表"]
    by_programme = _json(leader, f"/api/v1/rollup?plan=qingshan&by=programme&as_of={PERIOD}")
    (whole,) = _json(leader, f"/api/v1/rollup?plan=qingshan&by=plan&as_of={PERIOD}")
    sums = {str(row[0]): row for row in _rows(sheet) if str(row[0]).startswith(("小计", "合计"))}
    assert len(sums) == len(by_programme) + 1 == 3
    for title, row in sums.items():
        same = whole if title.startswith("合计") else next(one for one in by_programme if one["programme"] in title)
        for column, name in IN_ROLLUP.items():
            assert (_amount(_cell(sheet, row, column)) or 0) == (same[name] or 0), (title, column)
        for column, name in RATES.items():
            assert _same_rate(_cell(sheet, row, column), same["rates"][name]["exact"]), (title, column)


def test_the_money_sheet_is_the_rollup_by_source_department_and_programme(leader: TestClient) -> None:
    sheet = _workbook(leader, "as-corrected")["资金执行"]
    rows = _rows(sheet)
    titles = [row[0] for row in rows]
    starts = [titles.index(one) for one in ("按资金来源和年度", "按牵头部门", "按规划类别")]
    parts = {
        name: rows[first + 1 : last]
        for name, first, last in zip(
            ("source,year", "department", "programme"), starts, [*starts[1:], None], strict=True
        )
    }
    for by, found in parts.items():
        unknown = "不分来源" if by == "source,year" else "规划未载明"
        for one in _json(leader, f"/api/v1/rollup?plan=qingshan&by={by}&as_of={PERIOD}"):
            first, *rest = (one[name] for name in by.split(","))
            row = next(row for row in found if row[0] == (first or unknown) and (not rest or row[1] == rest[0]))
            for column, name in AMOUNTS.items():
                assert (_amount(_cell(sheet, row, column)) or 0) == (one[name] or 0), (by, first, column)
            for column, name in GROUP_RATES.items() if by != "source,year" else ():
                assert _same_rate(_cell(sheet, row, column), one["rates"][name]["exact"]), (by, first, column)


def test_corrections_and_movements_are_those_of_the_data(leader: TestClient) -> None:
    sheet = _workbook(leader, "as-corrected")["上期更正"]
    record = _json(leader, f"/api/v1/reports/qingshan/{PERIOD}")
    rows = _rows(sheet)
    movements = [row for row in rows if row[0] in AMOUNTS]
    assert [[_amount(value) for value in row[4:8]] for row in movements] == [
        [one[name] for name in ("opening", "corrections", "flow", "closing")] for one in record["money"]["movements"]
    ]
    money = [row for row in rows if row[1] == "资金"]
    expected = [one for one in record["corrections"] if one["kind"] == "money"]
    assert [[_amount(value) for value in row[6:9]] for row in money] == [
        [one[name] for name in ("before", "after", "change")] for one in expected
    ]
    assert len(money) == 2
