"""Workbooks that somebody wrote by hand to reach further, or to unpack to more, than they seem to."""

import copy
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from budgets.importing.files import BrokenFile, TooManyRows, TooWide, UnpacksTooFar
from budgets.importing.reading import open_sheets, open_table, sheet_names
from tests.budgets.importing.samples import a_row, a_workbook
from tests.budgets.importing.test_importing_files import LOCKED, SHEET, rewritten
from tests.libreoffice import Office

Opened = Callable[[Path], object]


@pytest.mark.parametrize("opened", [open_table, open_sheets])
@pytest.mark.parametrize(
    "cell",
    [
        '<c r="XFD400000"><v>1</v></c>',
        '<c r="xfd400000"><v>1</v></c>',
        "<c r='XFD400000'><v>1</v></c>",
        '<c\nr="XFD400000"><v>1</v></c>',
        '<c r = "XFD400000"><v>1</v></c>',
        '<c s="0" r="XFD400000"><v>1</v></c>',
        '<x:c r="XFD400000"><v>1</v></x:c>',
        '<c r="A99999999"><v>1</v></c>',
        '<c r="AAAAA9000"><v>1</v></c>',
        '<row r="2000"/>' * 2_000 + "<c><v>1</v></c>" * 16_000,
    ],
)
def test_a_cell_far_out_is_found_however_it_is_written(tmp_path: Path, cell: str, opened: Opened) -> None:
    far = f'<row r="400000">{cell}</row></sheetData>'.encode()
    path = a_workbook(tmp_path / "a.xlsx", [a_row()])
    rewritten(path, SHEET, lambda content: content.replace(b"</sheetData>", far))
    with pytest.raises((TooWide, TooManyRows)):
        opened(path)


@pytest.mark.parametrize("opened", [open_table, open_sheets, sheet_names])
@pytest.mark.parametrize(
    "count",
    [
        'uniqueCount="99999999999"',
        "uniqueCount='99999999999'",
        'uniqueCount\n =\t"99999999999"',
        'uniqueCount="&#57;9999999999"',
        'uniqueCount="99999999999999999999999999"',
        'a=">" uniqueCount="99999999999"',
        'uniqueCount="4000000"',
    ],
)
def test_a_table_that_says_it_has_more_texts_than_fit_is_refused(tmp_path: Path, count: str, opened: Opened) -> None:
    """The library takes memory for as many before it reads the first: a file of 5 kB would end the process."""
    path = a_workbook(tmp_path / "a.xlsx", [a_row()])
    opened(path)
    rewritten(path, "xl/sharedStrings.xml", lambda content: re.sub(rb'uniqueCount="\d+"', count.encode(), content))
    with pytest.raises(BrokenFile):
        opened(path)


def dimensions(*said: int) -> Callable[[bytearray], None]:
    def write(content: bytearray) -> None:
        place = bytes(content).index(b"\x00\x02\x0e\x00")
        content[place + 4 : place + 16] = struct.pack("<IIHH", *said)

    return write


OLD_EXTENTS = {
    "rows": dimensions(0, 2**31, 0, 200),
    "columns": dimensions(0, 65_000, 0, 60_000),
    "rows that end before they begin": dimensions(9, 3, 0, 5),
}


@pytest.fixture(scope="module")
def old_workbook(tmp_path_factory: pytest.TempPathFactory, office_program: Office) -> bytes:
    folder = tmp_path_factory.mktemp("old")
    path: Path = office_program.saved_as("xls", a_workbook(folder / "a.xlsx", [a_row()]), folder)
    return path.read_bytes()


@pytest.mark.office
@pytest.mark.parametrize("extent", OLD_EXTENTS)
def test_an_old_workbook_that_reaches_further_than_one_can_is_refused(
    tmp_path: Path, old_workbook: bytes, extent: str
) -> None:
    path, content = tmp_path / "a.xls", bytearray(old_workbook)
    path.write_bytes(content)
    OLD_EXTENTS[extent](content)
    for opened in (open_table, open_sheets, sheet_names):
        opened(path)
    path.write_bytes(content)
    for opened in (open_table, open_sheets, sheet_names):
        with pytest.raises(BrokenFile):
            opened(path)


@pytest.mark.parametrize("part", [SHEET, "xl/styles.xml", "docProps/core.xml"])
def test_every_part_of_a_workbook_is_counted_when_all_sheets_are_read(tmp_path: Path, part: str) -> None:
    path = rewritten(a_workbook(tmp_path / "a.xlsx", [a_row()]), part, lambda content: content + b" " * 4_000_000)
    content = bytearray(path.read_bytes())
    place = content.rfind(part.encode()) - 46
    content[place + 24 : place + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(bytes(content))
    with pytest.raises((UnpacksTooFar, BrokenFile)):
        open_sheets(path)


@pytest.mark.parametrize("name", [SHEET, "xl/sharedStrings.xml"])
def test_two_entries_of_one_sheet_are_both_counted(tmp_path: Path, name: str) -> None:
    """A second entry of the list, of the same name or not, that begins where the sheet begins and lies about its size."""
    path = a_workbook(tmp_path / "a.xlsx", [a_row()])
    with zipfile.ZipFile(path, "a") as archive:
        sheet = archive.getinfo(SHEET)
        again = copy.copy(sheet)
        again.filename, again.file_size = name, sheet.file_size + 1
        archive.filelist.insert(0, again)
        archive._didModify = True  # type: ignore[attr-defined]
    with pytest.raises(BrokenFile):
        open_sheets(path)


@pytest.mark.parametrize("part", [SHEET, "docProps/core.xml"])
def test_a_part_that_is_not_what_its_sum_says_is_broken(tmp_path: Path, part: str) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [a_row()])
    content = bytearray(path.read_bytes())
    content[content.rfind(part.encode()) - 46 + 16] ^= 1  # one bit of the sum in its entry in the list at the end
    path.write_bytes(bytes(content))
    with pytest.raises(BrokenFile):
        open_sheets(path)


@pytest.mark.parametrize("opened", [open_table, open_sheets, sheet_names])
@pytest.mark.parametrize("length", [661, 722, 5_663, 6_151, 6_212])
def test_an_old_workbook_that_was_cut_off_is_broken(tmp_path: Path, length: int, opened: Opened) -> None:
    """The library panics at each of these, which in Python is no Exception: it would end the thread that does the jobs."""
    path = tmp_path / "a.xls"
    path.write_bytes((LOCKED / "locked.xls").read_bytes()[:length])
    with pytest.raises(BrokenFile):
        opened(path)


@pytest.mark.parametrize("opened", [open_table, open_sheets])
@pytest.mark.parametrize("place", ["AAAAAAAAAA2", "A1B", "5", "A9999999999999"])
def test_a_cell_whose_name_is_none_is_broken(tmp_path: Path, place: str, opened: Opened) -> None:
    """The library counted the first of these to a place for which it asked 693 GB, and ended the process."""
    path = a_workbook(tmp_path / "a.xlsx", [a_row()])
    far = f'<row r="9"><c r="{place}"><v>1</v></c></row></sheetData>'.encode()
    rewritten(path, SHEET, lambda content: content.replace(b"</sheetData>", far))
    with pytest.raises(BrokenFile):
        opened(path)


def test_a_row_whose_number_is_none_is_broken(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [a_row()])
    wrong = '<row r="²"><c r="A3" t="e"><v>#REF!</v></c></row></sheetData>'.encode()
    rewritten(path, SHEET, lambda content: content.replace(b"</sheetData>", wrong))
    with pytest.raises(BrokenFile):
        open_sheets(path)
