"""The quarterly workbook, read back by two other programs: openpyxl and LibreOffice."""

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from budgets.estimates import set_estimate
from core.calendar import period_from_text
from core.database import Database
from core.messages import collected
from core.money import FEN_PER, UNITS
from portfolio.access import OPERATOR_READER
from portfolio.editing import change_state
from portfolio.plans import find_plan
from reports.findings import Words, words_in
from reports.quarterly import QuarterlyReport, build
from reports.workbook import write_quarterly, write_quarterly_in
from reports.workbook_cells import TooManyDigits, amount_in_cell
from tests.samples import SOMEBODY, a_basis, find_small_plan, make_project

SHEETS = ["封面与说明", "总览", "项目调度表", "指标", "任务", "矛盾", "口径说明"]


def report_of(database: Database, code: str, period: str = "2024Q4") -> QuarterlyReport:
    with database.reading() as session:
        plan = find_plan(session, code)
        assert plan is not None
        return build(session, OPERATOR_READER, plan, period_from_text(period))


def written(report: QuarterlyReport, **options: Any) -> bytes:
    target = BytesIO()
    write_quarterly(report, target, **options)
    return target.getvalue()


def opened(content: bytes | Path, *, values: bool = True) -> Workbook:
    return load_workbook(BytesIO(content) if isinstance(content, bytes) else content, data_only=values)


def cells(book: Workbook) -> dict[tuple[str, str], Any]:
    """Every cell that holds something, by sheet and place."""
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value not in (None, "")
    }


def column_of(sheet: Worksheet, title: str) -> int:
    """The column under a header title, wherever it stands in the two header rows."""
    return next(cell.column for row in sheet.iter_rows(max_row=8) for cell in row if cell.value == title)


def project_rows(sheet: Worksheet) -> Iterator[tuple[Any, ...]]:
    """(number, name, amount, of which parts) of the rows below the header that have a number."""
    name, amount, parts = (column_of(sheet, title) for title in ("项目名称", "总投资", "其中：子项目"))
    for row in sheet.iter_rows(min_row=5, values_only=True):
        if isinstance(row[0], int) or (isinstance(row[0], str) and re.fullmatch(r"\d+\.\d+", row[0])):
            yield row[0], row[name - 1], row[amount - 1], row[parts - 1]


def fen(value: float, unit: str) -> Decimal:
    """What a cell holds, in fen: its shortest decimal is the amount exactly."""
    return Decimal(repr(value)) * FEN_PER[unit]


# ---- what it says


def test_the_sheets_stand_in_order(plans: Database) -> None:
    assert opened(written(report_of(plans, "xiaoyi"))).sheetnames == SHEETS


@pytest.mark.parametrize("unit", UNITS)
def test_the_amounts_are_those_of_the_rollup_to_the_fen(plans: Database, unit: str) -> None:
    report = report_of(plans, "xiaoyi")
    sheet = opened(written(report, unit=unit))["项目调度表"]
    rows = list(project_rows(sheet))
    expected = [(row.number, row.name, row.estimate_fen) for row in report.rows]
    assert [(row[0], row[1], fen(row[2], unit)) for row in rows if isinstance(row[0], int)] == expected
    parts = [fen(row[3], unit) for row in rows if isinstance(row[0], str)]
    assert parts == [100_000 * 10**6, 80_000 * 10**6, 70_000 * 10**6]
    amount = column_of(sheet, "总投资")
    sums = {row[0].value: row[amount - 1].value for row in sheet.iter_rows(min_row=5) if isinstance(row[0].value, str)}
    for group in report.groups:
        subtotal = next(value for text, value in sums.items() if text.startswith(f"小计　{group.name}："))
        assert fen(subtotal, unit) == group.figures.estimate_fen
    assert fen(sums["合计：36 个项目、38 个子项"], unit) == report.overview.total.estimate_fen


def test_subtotals_and_total_are_live_formulas(plans: Database) -> None:
    sheet = opened(written(report_of(plans, "xiaoyi")), values=False)["项目调度表"]
    amount = column_of(sheet, "总投资")
    formulas = [row[amount - 1].value for row in sheet.iter_rows(min_row=5) if row[amount - 1].data_type == "f"]
    assert len(formulas) == 7
    assert all("SUM(" in formula for formula in formulas)


def test_parts_stand_indented_below_their_package_and_outside_of_its_column(plans: Database) -> None:
    sheet = opened(written(report_of(plans, "xiaoyi")))["项目调度表"]
    name, amount = column_of(sheet, "项目名称"), column_of(sheet, "总投资")
    parts = [row for row in sheet.iter_rows(min_row=5) if str(row[0].value).startswith("10.")]
    assert len(parts) == 3
    assert all(row[name - 1].alignment.indent > 0 and row[amount - 1].value is None for row in parts)


def test_the_overview_holds_the_figures_and_a_native_chart_that_says_its_finding(plans: Database) -> None:
    report = report_of(plans, "xiaoyi")
    book = load_workbook(BytesIO(written(report)), data_only=True)
    sheet = book["总览"]
    found = {row[0]: row[1] for row in sheet.iter_rows(values_only=True) if row[0]}
    assert (found["项目数"], found["子项数"], found["总投资"]) == (36, 38, 514_303)
    shares = {row[0]: row[5] for row in sheet.iter_rows(values_only=True) if isinstance(row[5], float)}
    assert round(shares["流域生态治理修复"], 3) == 0.507
    content = written(report)
    titles = [text for name, text in _parts(content).items() if name.startswith("xl/charts/")]
    assert len(titles) == 2
    assert "水环境综合治理及再生水循环利用项目一项占总投资的 48.6%" in titles[0]


def _parts(content: bytes) -> dict[str, str]:
    """The files inside a workbook, as text."""
    from zipfile import ZipFile

    with ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}


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
    assert total[-1] == f"{report.overview.total.leaves} 个子项规划未载明投资"
    assert "没有写明投资" in "".join(str(value) for (name, _), value in cells(book).items() if name == SHEETS[0])


def test_indicators_show_the_printed_target_its_kind_and_the_number_of_the_body(plans: Database) -> None:
    sheet = opened(written(report_of(plans, "xiaoyi")))["指标"]
    forest = next(row for row in sheet.iter_rows(values_only=True) if row[2] == "森林覆盖率")
    assert forest[6:8] == ("33.25", 33.25)
    assert forest[10:16] == ("完成市级下达指标", "待上级下达", None, None, None, 35)
    assert forest[16] == "未定量，待上级下达；按正文值 ≥35"


def test_contradictions_show_every_reading_grave_ones_first(plans: Database) -> None:
    report = report_of(plans, "xiaoyi")
    rows = list(opened(written(report))["矛盾"].iter_rows(min_row=4, values_only=True))
    graves = [row[1] for row in rows]
    assert graves == sorted(graves, key=lambda grave: grave != "严重")
    assert len(rows) == report.overview.total.contradictions
    assert all(row[5].startswith("1. ") and "\n2. " in row[5] for row in rows)


def test_a_draft_is_marked_on_the_cover(plans: Database) -> None:
    values = set(cells(opened(written(report_of(plans, "jinzhong")))).values())
    assert "（征求意见初稿）" in values


def test_demonstration_data_is_marked_on_every_sheet(plans: Database) -> None:
    report = report_of(plans, "tunliu")
    for sheet in opened(written(report, demo=True)).worksheets:
        assert sheet["A1"].value == "演示数据，不是真实数据"
        assert "演示数据" in str(sheet.oddHeader.center.text)
    assert "演示数据" not in "".join(_parts(written(report)).values())


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
        held = {name: amount for _, name, amount, _ in project_rows(sheet)}
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


# ---- what it is


def test_the_same_report_twice_gives_the_same_bytes_to_a_path_and_to_a_buffer(plans: Database, tmp_path: Path) -> None:
    report = report_of(plans, "xiaoyi")
    path = tmp_path / "report.xlsx"
    write_quarterly(report, path)
    again = written(report_of(plans, "xiaoyi"))
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(again).digest()
    assert written(report, unit="亿元") != again


@pytest.mark.office
@pytest.mark.parametrize(("code", "unit", "language"), [("xiaoyi", "亿元", "zh"), ("tunliu", "万元", "en")])
def test_recalculating_it_changes_no_cell(
    plans: Database, tmp_path: Path, office: Callable[[Path], Path], code: str, unit: str, language: str
) -> None:
    path = tmp_path / "report.xlsx"
    path.write_bytes(written(report_of(plans, code), unit=unit, language=language))
    before, after = cells(opened(path)), cells(opened(office(path)))
    assert {place: (value, after.get(place)) for place, value in before.items() if after.get(place) != value} == {}
    assert after.keys() == before.keys()


@pytest.mark.office
def test_a_wrong_cached_value_would_be_found(plans: Database, tmp_path: Path, office: Callable[[Path], Path]) -> None:
    """The test above can fail: an office program does calculate the formulas anew."""
    content = _parts_changed(written(report_of(plans, "xiaoyi")), "</f><v>514303</v>", "</f><v>514304</v>")
    path = tmp_path / "report.xlsx"
    path.write_bytes(content)
    assert 514_304 in cells(opened(path)).values()
    assert 514_304 not in cells(opened(office(path))).values()


def _parts_changed(content: bytes, old: str, new: str) -> bytes:
    from zipfile import ZipFile

    target = BytesIO()
    with ZipFile(BytesIO(content)) as source, ZipFile(target, "w") as changed:
        for name in source.namelist():
            changed.writestr(name, source.read(name).replace(old.encode(), new.encode()))
    return target.getvalue()


def test_print_setup_is_that_of_a_report(plans: Database) -> None:
    book = opened(written(report_of(plans, "xiaoyi")))
    for sheet in book.worksheets:
        a3 = sheet.title == "项目调度表"
        assert sheet.page_setup.paperSize == (8 if a3 else 9)
        assert "填报人" in sheet.oddFooter.left.text
        assert "审核人" in sheet.oddFooter.left.text
        assert sheet.oddFooter.right.text is not None
        assert "第 &P 页" in sheet.oddFooter.right.text
    projects = book["项目调度表"]
    assert projects.page_setup.orientation == "landscape"
    assert projects.sheet_properties.pageSetUpPr.fitToPage
    assert projects.print_title_rows == "$3:$4"
    assert projects.freeze_panes == "E5"
    assert "B3:C3" in [str(merged) for merged in projects.merged_cells.ranges]


def test_a_name_that_looks_like_a_formula_stays_a_text(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        for number, name in enumerate(["=1+1", "+2", "-3", "@SUM(A1)", '=HYPERLINK("http://a")']):
            make_project(session, small.plan, f"q-{number}", name, small.cleaning, content=name)
    content = written(report_of(stored, "qingshan"))
    sheet = opened(content, values=False)["项目调度表"]
    name = column_of(sheet, "项目名称")
    found = [cell for row in sheet.iter_rows(min_row=5) for cell in row[name - 1 : name + 1]]
    dangerous = [cell for cell in found if str(cell.value).startswith(("=", "+", "-", "@"))]
    assert len(dangerous) == 10
    assert {cell.data_type for cell in dangerous} == {"s"}
    assert {cell.quotePrefix for cell in dangerous} == {True}
    formulas = re.findall(r"<f>.*?</f>", "".join(_parts(content).values()))
    assert formulas
    assert not any("HYPERLINK" in formula for formula in formulas)


# ---- its words


def test_every_text_of_it_is_translated_and_only_plan_data_is_not(plans: Database) -> None:
    """Written in a made-up language that marks each text, so that a text which nobody marked stands out."""
    report = report_of(plans, "xiaoyi")
    asked: set[str] = set()

    def marking(text: str) -> str:
        asked.add(text)
        return "".join(_marked(text))

    target = BytesIO()
    write_quarterly_in(Words("en", marking), report, target, unit="万元", demo=True)
    data = _texts_of(report)
    chinese = re.compile(r"[一-鿿]+")
    for (sheet, place), value in cells(opened(target.getvalue())).items():
        for run in chinese.findall(str(value)):
            assert run in data, f"{sheet}!{place}: {run!r} is neither translated nor plan data"
    catalogue = {message.id for message in collected() if message.id}
    assert {text for text in asked if chinese.search(text)} <= catalogue


def _marked(text: str) -> Iterator[str]:
    """The text with every Chinese character written as its code, its places for facts left whole."""
    for piece in re.split(r"(%\(\w+\)[0-9]*[sd]|%%)", text):
        yield piece if piece.startswith("%") else re.sub(r"[一-鿿]", lambda found: f"{ord(found[0]):x}", piece)


def _texts_of(report: QuarterlyReport) -> str:
    """Everything that the report took from the plan, as one text."""
    cover = report.cover
    names = (cover.plan_title, cover.short_title, cover.jurisdiction, report.overview.by_department)
    return repr((names, report.groups, report.indicators, report.commitments, report.contradictions))


def test_english_names_the_unit_and_keeps_the_plans_words(plans: Database) -> None:
    report = report_of(plans, "xiaoyi")
    texts = [str(value) for value in cells(opened(written(report, language="en"))).values()]
    assert any("CNY 10,000" in text for text in texts)
    assert "水环境综合治理及再生水循环利用项目" in texts
    assert words_in("en").money_unit("亿元") == "CNY 100 million"
