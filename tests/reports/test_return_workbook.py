"""The workbook of a return as it leaves the system: sheets, locks, lists, checks; unchanged it says nothing new."""

from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from core.database import Database
from core.language import LANGUAGES, translate
from core.signing import signing_secret
from core.text import matching_key
from reports.return_cells import values_of
from reports.return_form import COLUMNS, CONTROL, LISTS
from reports.return_form_rows import return_form
from reports.workbook_return import write_return_workbook
from tests.databases import on_both, on_sqlite, plant
from tests.reports.return_samples import WAN
from tests.reports.return_workbook_samples import (
    FOREST,
    MILESTONES,
    MONEY,
    PART,
    PROGRESS,
    WORKS,
    Form,
    looked_at,
    made,
    on_the_web,
    open_desk,
    return_of,
)

database = on_both(plant, open_desk)
sqlite = on_sqlite(plant, open_desk)


def test_a_workbook_has_its_sheets_and_hides_what_nobody_reads(database: Database, tmp_path: Path) -> None:
    book = load_workbook(made(database, tmp_path / "a.xlsx"))
    states = {sheet.title: sheet.sheet_state for sheet in book}
    assert list(states) == ["说明", PROGRESS, MONEY, WORKS, MILESTONES, LISTS, CONTROL]
    assert (states[LISTS], states[CONTROL]) == ("hidden", "veryHidden")
    for name in (PROGRESS, MONEY, WORKS, MILESTONES):
        assert book[name].column_dimensions["A"].hidden, name
        assert book[name].protection.sheet
        assert book[name].freeze_panes == f"D{Form(book).header(name) + 1}"
        assert book[name].print_title_rows
        assert "单位负责人" in (book[name].oddFooter.left.text or "")


def test_only_what_is_asked_is_unlocked(sqlite: Database, tmp_path: Path) -> None:
    form = Form(load_workbook(made(sqlite, tmp_path / "a.xlsx")))
    asked = {
        PROGRESS: ("形象进度", "本季状态"),
        MONEY: ("本季合计",),
        WORKS: ("本季合计", "计量单位", "不适用"),
        MILESTONES: ("预计完成日期", "实际完成日期"),
    }
    for name, titles in asked.items():
        row = form.row(name, FOREST)
        for title in ("项目编号", "项目名称", *titles):
            cell = form.sheet(name).cell(row, form.column(name, title))
            assert cell.protection.locked == (title not in titles), f"{name} {title}"


def test_a_part_has_a_state_and_no_texts(sqlite: Database, tmp_path: Path) -> None:
    form = Form(load_workbook(made(sqlite, tmp_path / "a.xlsx", "水利局")))
    assert not form.cell(PROGRESS, PART, "本季状态").protection.locked
    assert form.cell(PROGRESS, PART, "形象进度").protection.locked


def test_drop_downs_and_checks_speak_chinese(sqlite: Database, tmp_path: Path) -> None:
    book = load_workbook(made(sqlite, tmp_path / "a.xlsx"))
    form = Form(book)

    def check(name: str, title: str) -> object:
        where = form.sheet(name).cell(form.row(name, FOREST), form.column(name, title)).coordinate
        return next(one for one in form.sheet(name).data_validations.dataValidation if where in one.sqref)

    states = check(PROGRESS, "本季状态")
    assert states.type == "list"  # type: ignore[attr-defined]
    assert LISTS in states.formula1  # type: ignore[attr-defined]
    amount = check(MONEY, "本季合计")
    assert (amount.type, amount.operator) == ("decimal", "greaterThanOrEqual")  # type: ignore[attr-defined]
    assert "不小于零" in amount.error  # type: ignore[attr-defined]
    assert "整个季度" in amount.prompt  # type: ignore[attr-defined]
    assert check(MILESTONES, "实际完成日期").type == "date"  # type: ignore[attr-defined]
    lists = {column[0].value: [cell.value for cell in column[1:] if cell.value] for column in book[LISTS].columns}
    assert "在建" in lists["states"]
    assert lists["sources"] == ["县级财政", "企业自筹"]
    assert "万亩" in lists["units area"]


def test_what_stands_in_the_draft_is_filled_in(database: Database, tmp_path: Path) -> None:
    values = {
        ("money.paid", "own"): str(12 * WAN),
        ("text.progress", ""): "=完成整地",
        ("state.state", ""): "building",
        ("works", "1"): "500000|万亩",
    }
    on_the_web(database, values)
    path = made(database, tmp_path / "a.xlsx")
    form = Form(load_workbook(path))
    assert form.cell(MONEY, FOREST, "本季合计", 环节="支付", 资金来源="企业自筹").value == 12
    progress = form.cell(PROGRESS, FOREST, "形象进度")
    assert (progress.value, progress.data_type) == ("=完成整地", "s")
    assert form.cell(PROGRESS, FOREST, "本季状态").value == "在建"
    row = form.row(WORKS, FOREST)
    assert [form.sheet(WORKS).cell(row, form.column(WORKS, one)).value for one in ("本季合计", "计量单位")] == [
        0.5,
        "万亩",
    ]
    assert looked_at(database, path).changes == ()


def test_a_workbook_sent_back_as_it_is_changes_nothing(database: Database, tmp_path: Path) -> None:
    for language in LANGUAGES:
        path = made(database, tmp_path / f"{language}.xlsx", language=language, unit="元")
        found = looked_at(database, path)
        assert (found.changes, found.findings.problems, found.findings.notes) == ((), [], [])
        assert found.rows > 10


def test_the_same_form_gives_the_same_bytes(sqlite: Database) -> None:
    with sqlite.writing() as session:
        row, secret = return_of(session), signing_secret(session)
        cells = values_of(session, row.id or 0)
        files = []
        for token in ("one", "one", "two"):
            made_now = BytesIO()
            form = return_form(session, row, cells, token, unit="万元", language="zh")
            write_return_workbook(made_now, form, secret)
            files.append(made_now.getvalue())
    assert files[0] == files[1]
    assert files[0] != files[2]
    assert form.made_on == date(2025, 12, 31)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_columns_of_a_sheet_look_alike(language: str) -> None:
    for kind, columns in COLUMNS.items():
        titles = [matching_key(translate(one.title, language)) for one in columns]
        assert len(set(titles)) == len(titles), (kind, titles)
