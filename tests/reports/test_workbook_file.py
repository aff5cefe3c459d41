"""What kind of file the quarterly workbook is: stable bytes, live formulas that LibreOffice agrees with, print, words."""

import hashlib
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest

from core.database import Database
from core.messages import collected
from reports.findings import Words, words_in
from reports.quarterly import QuarterlyReport
from reports.workbook import write_quarterly, write_quarterly_in
from tests.reports.reading_workbooks import (
    cells,
    column_of,
    opened,
    parts_of,
    report_of,
    written,
)
from tests.samples import find_small_plan, make_project


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
        a4 = sheet.title in ("封面与说明", "总览", "矛盾", "口径说明")
        assert sheet.page_setup.paperSize == (9 if a4 else 8)
        assert "填报人" in sheet.oddFooter.left.text
        assert "审核人" in sheet.oddFooter.left.text
        assert sheet.oddFooter.right.text is not None
        assert "第 &P 页" in sheet.oddFooter.right.text
    projects = book["项目调度表"]
    assert projects.page_setup.orientation == "landscape"
    assert projects.sheet_properties.pageSetUpPr.fitToPage
    assert projects.print_title_rows == "$3:$4"
    assert (projects.page_setup.fitToWidth, projects.page_setup.fitToHeight) == (2, 0)
    assert projects.print_title_cols == "$A:$C"
    assert projects.freeze_panes == "D5"
    assert "H3:I3" in [str(merged) for merged in projects.merged_cells.ranges]


def test_a_name_that_looks_like_a_formula_stays_a_text(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        for number, name in enumerate(["=1+1", "+2", "-3", "@SUM(A1)", '=HYPERLINK("http://a")']):
            project = make_project(session, small.plan, f"q-{number}", name, small.cleaning)
            project.place = name
    content = written(report_of(stored, "qingshan"))
    sheet = opened(content, values=False)["项目调度表"]
    columns = [column_of(sheet, title) - 1 for title in ("项目名称", "建设地点")]
    found = [row[place] for row in sheet.iter_rows(min_row=5) for place in columns]
    dangerous = [cell for cell in found if str(cell.value).startswith(("=", "+", "-", "@"))]
    assert len(dangerous) == 10
    assert {cell.data_type for cell in dangerous} == {"s"}
    assert {cell.quotePrefix for cell in dangerous} == {True}
    formulas = re.findall(r"<f>.*?</f>", "".join(parts_of(content).values()))
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
