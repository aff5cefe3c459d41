"""The files of an edition in an office program: the workbook recalculates to itself, the Word file prints as it should."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from core.database import Database
from tests.budgets.importing.samples import kept_files
from tests.budgets.ledger_samples import sources
from tests.reports.edition_samples import files_of, issue_first, source
from tests.reports.word_samples import texts_of

__all__ = ["kept_files", "source", "sources"]
pytestmark = pytest.mark.usefixtures("kept_files")


def values(workbook: Path) -> dict[str, list[tuple[object, ...]]]:
    book = openpyxl.load_workbook(workbook, data_only=True)
    return {sheet.title: [tuple(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


@pytest.mark.office
def test_recalculating_the_workbook_changes_no_cell(
    stored: Database, source: int, office: Callable[[Path], Path], tmp_path: Path
) -> None:
    if not stored.is_sqlite:
        return  # the bytes are the same on both
    number = issue_first(stored, source)
    made = tmp_path / "edition.xlsx"
    made.write_bytes(files_of(stored, number)["xlsx"])
    before, after = values(made), values(office(made))
    assert list(before) == list(after)
    for name, rows in before.items():
        for place, (one, other) in enumerate(zip(rows, after[name], strict=False), start=1):
            assert [_told(cell) for cell in one] == [_told(cell) for cell in other[: len(one)]], (name, place)


def _told(cell: object) -> object:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return round(float(cell), 6)
    return cell.date() if hasattr(cell, "hour") else cell or None


@pytest.mark.office
def test_the_word_file_prints_with_its_tables(
    stored: Database, source: int, office_pages: Callable[[Path], list[Path]], tmp_path: Path
) -> None:
    if not stored.is_sqlite:
        return
    number = issue_first(stored, source)
    made = tmp_path / "edition.docx"
    made.write_bytes(files_of(stored, number)["docx"])
    found = texts_of(made.read_bytes())
    assert not [text for text in found if "{" in text]
    assert "第 1 号 · 总第 1 期" in " ".join(found)
    assert "320.00" in found
    assert any(date(2024, 6, 30).isoformat() in text for text in found)
    assert 1 <= len(office_pages(made)) <= 6


def test_the_english_word_file_speaks_chinese_in_names_alone(stored: Database, source: int) -> None:
    number = issue_first(stored, source)
    found = texts_of(files_of(stored, number)["en.docx"])
    assert {"Quarterly report to the leading group", "Unit:\u00a0CNY\u00a010,000", "1. Main figures"} <= set(found)
    assert any(text.startswith("As of 2024 Q2, cumulative work done") for text in found)
    assert any("issue 1" in text for text in found)
    names = ("qingshan生态修复规划", "qingshan", "林业局", "水利局")
    said = [text for text in found if text not in names and re.search(r"[，。、：；（）]", text)]
    assert not said
