"""The marked copy of a file that somebody made by hand."""

from pathlib import Path

import pytest
from openpyxl import load_workbook

from budgets.importing.findings import BLOCKING, Problem
from reports.findings import words_in
from reports.workbook_marked import write_marked_copy
from tests.budgets.importing.samples import a_row, a_workbook
from tests.budgets.importing.test_importing_files import SHEET, rewritten


def test_a_cell_beyond_the_last_column_is_left_out_of_the_copy(tmp_path: Path) -> None:
    """One library reads it and cannot write it."""
    path = a_workbook(tmp_path / "a.xlsx", [a_row()])
    far = b'<row r="9"><c r="ZZZZ9"><v>1</v></c></row></sheetData>'
    rewritten(path, SHEET, lambda content: content.replace(b"</sheetData>", far))
    write_marked_copy(path, [], tmp_path / "copy.xlsx", words_in("zh"), hidden=frozenset())
    copied = load_workbook(tmp_path / "copy.xlsx")["台账"]
    assert (copied["A2"].value, copied.max_column) == ("qingshan-01", 7)


@pytest.mark.parametrize("sign", ["\x01", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_what_no_workbook_can_hold_is_left_out_of_what_is_said(tmp_path: Path, sign: str) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [a_row()])
    said = {"zh": f"写着{sign}很多", "en": f"it says {sign}much"}
    problem = Problem("台账", "E2", f"很{sign}多", {"zh": f"数{sign}字", "en": "a number"}, BLOCKING, said)
    write_marked_copy(path, [problem], tmp_path / "copy.xlsx", words_in("zh"), hidden=frozenset())
    book = load_workbook(tmp_path / "copy.xlsx")
    assert book["台账"]["E2"].comment.text == "写着很多"
    assert [cell.value for cell in book["问题清单"][2]][3:] == ["写着很多", "很多", "数字"]
