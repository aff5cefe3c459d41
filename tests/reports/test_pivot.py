"""The pivot: its cells and totals are those of the roll-up, what is not known stays empty, and it says why it does not add up."""

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlmodel import Session

from core.database import Database
from core.errors import Broken, Invalid
from core.money import fen_from_text
from portfolio.access import OPERATOR_READER, reader_of
from portfolio.editing import change_state
from reports.findings import words_in
from reports.money import money_rollup
from reports.money_figures import STAGE_COLUMNS, MoneyFigures
from reports.pivot import Pivot, PivotWish, SameDimension, TooManyColumns, pivot
from reports.pivot_csv import pivot_as_csv
from reports.pivot_notes import pivot_notes
from reports.rollup import DIMENSIONS, Scope, UnknownDimension
from reports.workbook_pivot import write_pivot
from tests.budgets.line_samples import make_sources
from tests.databases import on_both, plant
from tests.reports.money_samples import leaves_of_small_plan, put_anything, put_entry, put_line
from tests.reports.reading_workbooks import cells, fen, opened
from tests.samples import (
    SOMEBODY,
    WAN,
    find_small_plan,
    identity,
    make_person,
    make_programme,
    make_project,
    make_small_plan,
)

Q = 20244
WISHES = [
    PivotWish(),
    PivotWish(("department",), None, "gap_fen"),
    PivotWish(("programme",), "year", "budget_fen"),
    PivotWish(("source",), "quarter", "paid_fen"),
    PivotWish(("year", "source"), "stage"),
    PivotWish(("programme", "project"), "source", "received_fen"),
    PivotWish(("project", "year"), "programme", "budget_fen", level=2),
    PivotWish(("plan", "department"), "stage", level=2),
    PivotWish(("quarter",), "department", "work_done_fen"),
]


def book_at_random(database: Database) -> None:
    """A random ledger over the small plan: drafts, late entries, reductions, adjusted and carried-over lines."""
    dice = Random(20260101)
    with database.writing() as session:
        leaves = leaves_of_small_plan(session, make_sources(session))
        for _ in range(120):
            put_anything(session, leaves, dice)


busy = on_both(plant, book_at_random)


@pytest.fixture
def carried(stored: Database) -> Database:
    """The forest with 1000 万元 of 2023, of which 300 are carried over into the 1500 of 2024; the sewage project has no plan."""
    with stored.writing() as session:
        county = make_sources(session)["county"]
        small = find_small_plan(session)
        put_line(session, small.forest, 2023, county, 1_000 * WAN, 20231)
        put_line(session, small.forest, 2024, county, 1_500 * WAN, 20241, carried=300 * WAN)
        put_entry(session, small.forest, "paid", 33_333, 20231, source=county)
        put_entry(session, small.forest, "paid", 33_333, 20241, source=county)
        put_entry(session, small.sewage, "work_done", 50 * WAN, 20243)
    return stored


def table_of(database: Database, wish: PivotWish, scope: Scope = Scope(Q)) -> Pivot:
    with database.reading() as session:
        return pivot(session, OPERATOR_READER, scope, wish)


def rolled_up(session: Session, scope: Scope, by: tuple[str, ...], level: int) -> dict[Any, MoneyFigures]:
    return {row.keys: row for row in money_rollup(session, OPERATOR_READER, scope, by, level=level)}


def amount(figures: MoneyFigures | None, figure: str) -> int | None:
    if figures is None:
        return 0 if figure in STAGE_COLUMNS.values() else None
    return getattr(figures, figure)


@pytest.mark.parametrize("edition", ["as-corrected", "as-issued"])
@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: f"{'+'.join(wish.rows)} by {wish.columns}")
def test_every_cell_and_total_is_what_the_roll_up_says(busy: Database, wish: PivotWish, edition: str) -> None:
    scope = Scope(Q, edition=edition)
    with busy.reading() as session:
        table = pivot(session, OPERATOR_READER, scope, wish)
        assert table.lines
        assert len(table.rows) == len(rolled_up(session, scope, wish.rows, wish.level))
        for line in (table.total, *table.lines):
            kept = wish.rows[: len(line.keys)]
            alone = rolled_up(session, scope, kept, wish.level)[line.keys]
            assert line.figures == alone  # counts, both sides of every rate, what each leaves out
            assert line.across_fen == getattr(alone, wish.figure)
            if wish.across is None:
                assert line.cells == tuple(getattr(alone, column.figure) for column in table.columns)
                continue
            found = rolled_up(session, scope, (*kept, wish.across), wish.level)
            expected = tuple(amount(found.get((*line.keys, column.key)), wish.figure) for column in table.columns)
            assert line.cells == expected


def test_what_is_not_known_is_not_0(carried: Database) -> None:
    table = table_of(carried, PivotWish(("project",), "year", "budget_fen"))
    found = {line.keys[0]: (*line.cells, line.across_fen) for line in table.lines}
    assert found["qingshan-01"] == (1_000 * WAN, 1_500 * WAN, 2_200 * WAN)
    assert found["qingshan-03"] == (None, None, None)
    paid = table_of(carried, PivotWish(("project",), "year", "paid_fen"))
    assert {line.keys[0]: line.cells for line in paid.lines}["qingshan-03"] == (0, 0)  # a ledger without entries is 0


def test_carried_over_money_is_told_where_the_years_come_to_more_than_the_total(carried: Database) -> None:
    words = words_in("zh")
    for wish in (PivotWish(("programme",), "year", "budget_fen"), PivotWish(("year",), "stage")):
        table = table_of(carried, wish)
        (note,) = [one for one in pivot_notes(table, "万元", words) if "结转" in one]
        assert "300.00 万元" in note
    by_source = table_of(carried, PivotWish(("programme",), "source", "budget_fen"))
    assert not [one for one in pivot_notes(by_source, "万元", words) if "结转" in one]


def test_rounded_rows_that_do_not_add_up_show_their_residual(carried: Database) -> None:
    table = table_of(carried, PivotWish(("year",), None, "paid_fen"))
    words = words_in("zh")
    # 333.33 元 each: 0.03 + 0.03 万元 are printed beside 0.07.
    (note,) = [one for one in pivot_notes(table, "万元", words) if "四舍五入" in one]
    assert "支付 -0.01（万元）" in note
    assert pivot_notes(table, "元", words) == []


def test_one_thing_cannot_stand_twice(carried: Database) -> None:
    for wish in (PivotWish(("year",), "year"), PivotWish(("programme", "programme"))):
        with pytest.raises(SameDimension):
            table_of(carried, wish)
    wrong: list[tuple[PivotWish, type[Broken]]] = [
        (PivotWish(("weather",)), UnknownDimension),
        (PivotWish(("stage",), "year"), UnknownDimension),
        (PivotWish(("programme",), "project"), UnknownDimension),
        (PivotWish(("programme",), "year", "amount_fen"), Invalid),
        (PivotWish(("programme", "year", "source")), Invalid),
    ]
    for wish, error in wrong:
        with pytest.raises(error):
            table_of(carried, wish)


def test_a_table_that_would_be_too_wide_is_refused(carried: Database) -> None:
    with carried.writing() as session:
        plan = find_small_plan(session).plan
        for number in range(60):
            heading = make_programme(session, plan, f"more{number}", f"类别{number:02d}", position=9 + number)
            make_project(session, plan, f"qingshan-1{number:02d}", f"项目{number}", heading)
    with pytest.raises(TooManyColumns):
        table_of(carried, PivotWish(("plan",), "programme", "estimate_fen"))
    assert len(table_of(carried, PivotWish(("programme",), "year", "estimate_fen")).rows) == 62


def test_who_sees_one_plan_gets_its_sums_alone(carried: Database) -> None:
    with carried.writing() as session:
        other = make_small_plan(session, "lvshui")
        put_entry(session, other.forest, "work_done", 7 * WAN, 20243)
        person = make_person(session, "li", "finance", plan=other.plan)
        reader, plan_id = reader_of(session, person), identity(other.plan)
        table = pivot(session, reader, Scope(Q), PivotWish(("project",)))
        assert {line.keys[0] for line in table.lines} == {"lvshui-01", "lvshui-02", "lvshui-03"}
        assert table.total.figures.work_done_fen == 7 * WAN
        both = pivot(session, OPERATOR_READER, Scope(Q), PivotWish(("plan",)))
        assert both.total.figures.work_done_fen == 57 * WAN
        narrowed = pivot(session, OPERATOR_READER, Scope(Q, frozenset({plan_id})), PivotWish(("plan",)))
        assert narrowed.total.figures == table.total.figures


def test_an_ended_project_leaves_the_table(carried: Database) -> None:
    with carried.writing() as session:
        forest = find_small_plan(session).forest
        facts = {"since_on": date(2024, 2, 1), "document": "青发改〔2024〕9号", "reason": "不再实施"}
        change_state(session, forest, "ended", **facts, by=SOMEBODY)  # type: ignore[arg-type]
    table = table_of(carried, PivotWish(("project",)))
    assert {line.keys[0] for line in table.lines} == {"qingshan-02", "qingshan-03"}
    assert table.total.figures.paid_fen == 0


def test_headings_stand_in_the_order_of_the_plan_and_the_unknown_last(carried: Database) -> None:
    table = table_of(carried, PivotWish(("programme", "department"), None, "estimate_fen"))
    assert [line.keys for line in table.groups] == [("国土绿化工程",), ("水环境治理工程",)]
    assert [line.keys[-1] for line in table.rows][-1] is None  # the sewage project has no lead department
    words = words_in("zh")
    assert table.names.label("department", None, words).text == "规划未载明"
    assert table.names.label("source", None, words).text == "不分来源"


def test_the_csv_holds_the_exact_amounts_with_the_total_first(carried: Database) -> None:
    table = table_of(carried, PivotWish(("programme", "project"), "year", "budget_fen"))
    text = "".join(pivot_as_csv(table, unit="万元")).removeprefix("\ufeff")
    head, total, *lines = csv.reader(io.StringIO(text))
    assert head == ["规划类别", "项目", "2023年（万元）", "2024年（万元）", "合计（万元）"]
    assert total == ["合计", "", "1000", "1500", "2200"]
    assert lines[0] == ["国土绿化工程", "小计", "1000", "1500", "2200"]
    assert lines[1] == ["国土绿化工程", "qingshan-01 天然林保护工程项目", "1000", "1500", "2200"]
    assert lines[-1][2:] == ["", "", ""]


def written(table: Pivot, tmp_path: Path, **options: Any) -> Path:
    path = tmp_path / "pivot.xlsx"
    write_pivot(table, path, plan="青山规划", **options)
    return path


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: f"{'+'.join(wish.rows)} by {wish.columns}")
def test_the_workbook_holds_every_amount_to_the_fen(busy: Database, tmp_path: Path, wish: PivotWish) -> None:
    table = table_of(busy, wish)
    book = opened(written(table, tmp_path, unit="元"))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    start = next(place for place, row in enumerate(rows) if row[0] == "单位：元" or "单位：元" in map(str, row)) + 2
    first = len(wish.rows)
    for line, row in zip((*table.lines, table.total), rows[start:], strict=False):
        amounts = (*line.cells, line.across_fen) if table.has_across else line.cells
        for value, expected in zip(row[first:], amounts, strict=False):
            assert (None if value in (None, "") else fen(value, "元")) == expected
    assert rows[start + len(table.lines)][0] == "合计"


@pytest.mark.office
@pytest.mark.parametrize(
    ("wish", "unit", "language"),
    [
        (PivotWish(), "万元", "zh"),
        (PivotWish(("programme", "project"), "year", "budget_fen"), "亿元", "zh"),
        (PivotWish(("source", "year"), "quarter", "paid_fen"), "元", "en"),
    ],
)
def test_recalculating_the_workbook_changes_no_cell(
    carried: Database, tmp_path: Path, office: Callable[[Path], Path], wish: PivotWish, unit: str, language: str
) -> None:
    path = written(table_of(carried, wish), tmp_path, unit=unit, language=language)
    before, after = cells(opened(path)), cells(opened(office(path)))
    assert {place: (value, after.get(place)) for place, value in before.items() if after.get(place) != value} == {}
    assert after.keys() == before.keys()


def test_the_totals_of_the_workbook_are_live_where_the_rows_come_to_them(carried: Database, tmp_path: Path) -> None:
    path = written(table_of(carried, PivotWish(("programme", "project"), "year", "budget_fen")), tmp_path)
    formulas, values = opened(path, values=False).worksheets[0], opened(path).worksheets[0]
    (total,) = [row for row in formulas.iter_rows() if row[0].value == "合计"]
    shown = {cell.column_letter: values[cell.coordinate].value for cell in total}
    assert all(str(cell.value).startswith("=") for cell in total[2:])
    assert fen(shown["E"], "万元") == fen_from_text("2200", "万元")
    rates = opened(path, values=False).worksheets[1]
    assert any(str(cell.value).startswith("=IF(OR(") for row in rates.iter_rows() for cell in row)
    # Across the years the carried-over money counts twice, so the last cell is the sum of its own column.
    assert "$B$" in str(total[-1].value)
    assert "C" not in str(total[-1].value)


def test_the_same_table_gives_the_same_bytes(carried: Database, tmp_path: Path) -> None:
    table = table_of(carried, PivotWish())
    assert written(table, tmp_path).read_bytes() == written(table, tmp_path).read_bytes()
    assert any("演示数据" in str(one) for one in cells(opened(written(table, tmp_path, demo=True))).values())


def test_every_dimension_of_projects_can_fall_away_by_adding_up() -> None:
    """What the margins rely on; a dimension of entries among them would count carried-over money twice."""
    assert not {"year", "quarter", "source", "stage"} & set(DIMENSIONS)
