"""Files that are refused before anything is read of them, by their content and not by their name; and those that can be read."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from budgets.importing import files
from budgets.importing.files import (
    BrokenFile,
    EmptyFile,
    Locked,
    NotATable,
    TooManyRows,
    TooWide,
    UnpacksTooFar,
    kind_of,
)
from budgets.importing.reading import NoSuchSheet, SeveralSheets, open_table
from budgets.importing.texts import BrokenText, UnknownEncoding
from core.errors import Broken
from tests.budgets.importing.samples import a_csv, a_row, a_workbook
from tests.libreoffice import Office

LOCKED = Path(__file__).parent / "locked_files"  # saved with a password by office programs: nothing here can make one
SHEET = "xl/worksheets/sheet1.xml"


def rewritten(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """The same workbook with one of its parts changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, change(content) if name == part else content)
    return path


@pytest.mark.parametrize("name", ["locked.xlsx", "locked.xls", "locked.ods"])
def test_a_file_with_a_password_is_refused_as_such(name: str) -> None:
    with pytest.raises(Locked, match="密码"):
        open_table(LOCKED / name)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", EmptyFile),
        (b" \r\n \n", EmptyFile),
        (b"%PDF-1.7 ...", NotATable),
        (b"<html><table><tr><td>1</td></tr></table></html>", NotATable),
        (b"\x89PNG\r\n\x1a\n....", NotATable),
        (b"Rar!\x1a\x07\x00....", NotATable),
        (b"\x00\x01\x02\x03binary", NotATable),
        (b"PK\x03\x04 cut off", BrokenFile),
        (files.OLE_SIGN + b"\x00" * 600, BrokenFile),
    ],
)
def test_the_content_decides_and_not_the_name(tmp_path: Path, content: bytes, error: type[Broken]) -> None:
    path = tmp_path / "table.xlsx"
    path.write_bytes(content)
    with pytest.raises(error):
        open_table(path)


def test_a_text_document_in_a_workbooks_clothes_is_named(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<w:document/>")
    with pytest.raises(NotATable, match="文字文档"):
        kind_of(path)


def test_a_workbook_is_read_whatever_its_name(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "table.csv", [a_row()])
    assert (kind_of(path), len(list(open_table(path).rows()))) == ("xlsx", 2)


@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_workbook_that_was_cut_off_is_broken(tmp_path: Path, kept: float) -> None:
    path = a_workbook(tmp_path / "table.xlsx", [a_row() for _ in range(50)])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(BrokenFile):
        open_table(path)


def test_a_sheet_whose_inside_is_broken_is_broken(tmp_path: Path) -> None:
    path = rewritten(a_workbook(tmp_path / "a.xlsx", [a_row()]), SHEET, lambda content: content[:-200])
    with pytest.raises(BrokenFile):
        list(open_table(path).rows())


# ---- small outside, large inside


def test_a_bomb_is_refused_by_the_sizes_that_it_states(tmp_path: Path) -> None:
    path = rewritten(a_workbook(tmp_path / "a.xlsx", [a_row()]), SHEET, lambda content: content + b" " * 30_000_000)
    assert path.stat().st_size < 100_000
    with pytest.raises(UnpacksTooFar):
        open_table(path)


def test_a_bomb_that_lies_about_its_size_is_refused_too(tmp_path: Path) -> None:
    path = rewritten(a_workbook(tmp_path / "a.xlsx", [a_row()]), SHEET, lambda content: content + b" " * 4_000_000)
    content = bytearray(path.read_bytes())
    place = content.rfind(SHEET.encode()) - 46  # its entry in the list at the end, whose sizes are believed
    stated = int.from_bytes(content[place + 24 : place + 28], "little")
    assert stated > 4_000_000
    content[place + 24 : place + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(bytes(content))
    with pytest.raises((UnpacksTooFar, BrokenFile)):
        open_table(path)


def test_all_parts_together_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [a_row()])
    monkeypatch.setattr(files, "MOST_UNPACKED_BYTES", 1000)
    with pytest.raises(UnpacksTooFar):
        open_table(path)


def test_two_cells_far_apart_do_not_fill_the_memory(tmp_path: Path) -> None:
    far = b'<row r="400000"><c r="XFD400000"><v>1</v></c></row></sheetData>'
    path = a_workbook(tmp_path / "a.xlsx", [a_row()])
    rewritten(path, SHEET, lambda content: content.replace(b"</sheetData>", far))
    with pytest.raises(TooWide, match="16,384"):
        open_table(path)


def test_a_sheet_that_was_only_coloured_far_out_is_read(tmp_path: Path) -> None:
    far = b'<row r="1000000"><c r="XFD1000000" s="1"/></row></sheetData>'
    path = a_workbook(tmp_path / "a.xlsx", [a_row()])
    rewritten(path, SHEET, lambda content: content.replace(b"</sheetData>", far))
    assert len(list(open_table(path).rows())) == 2


def test_more_rows_than_the_limit_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("项目编号,金额\n" + "a,1\n" * (files.MOST_ROWS + 1_001))
    with pytest.raises(TooManyRows, match="500,000"):
        for _row in open_table(path).rows():
            pass
    far = b'<row r="700000"><c r="A700000"><v>1</v></c></row></sheetData>'
    book = a_workbook(tmp_path / "a.xlsx", [a_row()])
    rewritten(book, SHEET, lambda content: content.replace(b"</sheetData>", far))
    with pytest.raises(TooManyRows):
        open_table(book)


# ---- sheets


def test_of_several_sheets_one_must_be_named(tmp_path: Path) -> None:
    path = a_workbook(tmp_path / "a.xlsx", [a_row()], sheets=("一月", "二月"))
    with pytest.raises(SeveralSheets, match="一月、二月"):
        open_table(path)
    assert open_table(path, "二月").sheet == "二月"
    with pytest.raises(NoSuchSheet, match="三月"):
        open_table(path, "三月")


def test_empty_and_hidden_sheets_are_not_asked_for(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("空表")
        book.add_worksheet("数据").write(0, 0, "项目编号")
        hidden = book.add_worksheet("选项")
        hidden.write(0, 0, "省级")
        hidden.hide()
    assert open_table(path).sheet == "数据"
    with pytest.raises(EmptyFile):
        open_table(path, "空表")


def test_cells_without_names_are_found_by_counting(tmp_path: Path) -> None:
    """Some programs leave the names of rows and cells away; an error among them is still found."""

    def unnamed(content: bytes) -> bytes:
        import re

        return (
            re.sub(rb' r="[A-Z]*[0-9]+"', b"", content)
            .replace(b"<v>320</v>", b"<v>#REF!</v>")
            .replace(b"<c><v>#REF!</v>", b'<c t="e"><v>#REF!</v>')
        )

    path = rewritten(a_workbook(tmp_path / "a.xlsx", [a_row()]), SHEET, unnamed)
    assert open_table(path).marks.bad == {(1, 4): "#REF!"}


# ---- texts


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("sign", [",", "\t", ";"])
def test_separated_text_is_read_in_the_usual_encodings(tmp_path: Path, encoding: str, sign: str) -> None:
    path = a_csv(tmp_path / "a.csv", [a_row(amount="1,234.5")], encoding=encoding, sign=sign)
    rows = list(open_table(path).rows())
    assert [line for line, _ in rows] == [1, 2]
    assert rows[0][1][:3] == ["项目编号", "环节", "资金来源"]
    assert rows[1][1][4] == "1,234.5"


def test_text_in_an_unknown_encoding_or_with_an_open_quote_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("项目,金额\n".encode() + b"\xff\xff\xfe\n")
    with pytest.raises(UnknownEncoding):
        list(open_table(path).rows())
    path.write_text('项目,金额\n"甲,1\n乙,2\n', encoding="utf-8")
    with pytest.raises(BrokenText):
        list(open_table(path).rows())


# ---- the same table in other kinds of workbook


@pytest.mark.office
@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_old_and_open_workbooks_say_the_same(office_program: Office, tmp_path: Path, kind: str) -> None:
    from tests.budgets.importing.samples import Formula

    rows = [a_row(), a_row(amount=Formula("=1/0", "#DIV/0!")), a_row(amount=Formula("=300+20", 320))]
    path = a_workbook(tmp_path / "a.xlsx", rows, merged={"A5:A6": "qingshan-03"})
    made = open_table(path)
    other = open_table(office_program.saved_as(kind, path, tmp_path / "out"))
    assert other.kind == kind
    assert other.marks.bad == made.marks.bad == {(2, 4): "#DIV/0!"}
    assert other.marks.merged == made.marks.merged == [((4, 0), (5, 0))]
    assert [(line, list(cells)) for line, cells in other.rows()] == [(line, list(cells)) for line, cells in made.rows()]


def test_a_bomb_of_repeated_cells_in_an_open_workbook_is_refused(tmp_path: Path) -> None:
    content = io.StringIO()
    content.write('<office:document-content xmlns:office="o" xmlns:table="t"><table:table table:name="表">')
    content.write('<table:table-row table:number-rows-repeated="900000"><table:table-cell office:value-type="float" ')
    content.write('office:value="1" table:number-columns-repeated="16000"/></table:table-row></table:table>')
    content.write("</office:document-content>")
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", content.getvalue())
    with pytest.raises(TooManyRows):
        open_table(path)
