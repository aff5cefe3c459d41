"""What the reading library does not tell of an .xlsx sheet: error values, formulas that were never calculated, its extent.

The library gives an empty text for all three of a blank cell, #REF! and a formula without a value. Taking the last two for
blanks would lose money, so the sheet's own XML is looked through once, in pieces.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

from budgets.importing.files import (
    MOST_CELLS,
    MOST_ROWS,
    PIECE,
    BrokenFile,
    check_area,
    check_part,
    is_table_of_texts,
    opened_archive,
    pieces_of,
    unpacks_too_far,
)
from budgets.importing.findings import column_number

_LINE = re.compile("[0-9]{1,9}")
UNCALCULATED = ""  # what a formula without a value is noted as; an error is noted as it is printed
MOST_BAD_CELLS = 100_000
_LONGEST_ROW = 16 * PIECE

_TAG = rb"<(?:\w+:)?%s\b([^>]*)>"
_SHEET = re.compile(_TAG % b"sheet")
_RELATION = re.compile(_TAG % b"Relationship")
_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
# Any cell but a plain one of the first 26 columns and 99,999 lines, `<c r="B7"`: most sheets hold none. One search for it takes
# a quarter of the time of counting the kinds of cells.
_UNUSUAL = re.compile(rb'<c(?! r="[A-Z][0-9]{1,5}")(?=[\s/>])')
_PLAIN_ROWS, _PLAIN_COLUMNS = 99_999, 26
_PREFIXED = re.compile(rb":[cf][\s/>]")
_CELL_BEGINS = re.compile(rb"<(?:\w+:)?c(?=[\s/>])")
_NAMED = re.compile(rb'<c(?: |\s[^>]*?\s)r="([A-Z]{1,3})([0-9]{1,7})"')
_ERROR = re.compile(rb"""t=["']e["']""")
_FORMULA = re.compile(rb"<f[\s/>]")
_REFERENCE = re.compile(
    rb"([A-Z]{1,8})([0-9]{1,12})"
)  # further than any sheet reaches: the library goes there all the same
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|t)\b[^>]*>([^<]+)")
_ROW_BEGINS = re.compile(rb"<(?:\w+:)?row[ >]")


@dataclass
class SheetMarks:
    """Cells (line and column from 0) that hold an error or a formula without a value, and merged ranges where known."""

    bad: dict[tuple[int, int], str] = field(default_factory=dict)
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)

    def note(self, line: int, column: int, printed: str) -> None:
        """Errors: UnpacksTooFar where nearly every cell is broken: no person reads such a list."""
        if len(self.bad) >= MOST_BAD_CELLS:
            raise unpacks_too_far()
        self.bad[line, column] = printed


def marks_of(path: Path, sheet: str) -> SheetMarks:
    """What stands in a sheet beside its values.

    Errors: BrokenFile, UnpacksTooFar, TooManyRows, TooWide.
    """
    with opened_archive(path) as archive:
        return _marks(archive, _part_of(archive, _targets(archive), sheet))


def checked_marks(path: Path) -> dict[str, SheetMarks]:
    """The same of every sheet of the file. Each part of it, whatever it is, is unpacked and counted on the way, once.

    Errors: Locked, BrokenFile, UnpacksTooFar, TooManyRows, TooWide.
    """
    with opened_archive(path) as archive:
        parts = {sheet: archive.getinfo(place) for sheet, place in _targets(archive).items()}
        # Parts are told apart as entries of the list: two may have one name, or claim to begin at one place.
        sheets = set(parts.values())
        for part in archive.infolist():
            if part not in sheets or is_table_of_texts(part):
                check_part(archive, part)
        return {sheet: _marks(archive, part) for sheet, part in parts.items()}


def _marks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> SheetMarks:
    glance = _Glance()
    marks = SheetMarks()
    for block in _blocks(archive, part):
        glance.at(block)
        if _is_suspicious(block):
            _note_bad_cells(cells_of([block], suspicious_only=True), marks)
    if glance.unnamed or glance.is_too_much:
        marks = SheetMarks()
        _note_bad_cells(cells_of(_blocks(archive, part)), marks, check_extent=True)
    return marks


def _is_suspicious(block: bytes) -> bool:
    """Whether an error or a formula may stand in some rows."""
    return bool(_ERROR.search(block) or _FORMULA.search(block)) or _is_prefixed(block)


def _is_prefixed(block: bytes) -> bool:
    """Whether cells or formulas may be written with a prefix, `<x:c>`.

    A single rare character is found fastest. Before the first row stand addresses that have it, but little else.
    """
    rows = block.find(b"<row")
    if rows < 0 or _PREFIXED.search(block, 0, rows):
        return _PREFIXED.search(block) is not None
    return block.find(b":", rows) >= 0 and _PREFIXED.search(block, rows) is not None


def sheets_with_values(path: Path) -> set[str]:
    """The sheets that hold any value at all.

    Errors: BrokenFile, UnpacksTooFar.
    """
    with opened_archive(path) as archive:
        found = set()
        for name, part in _targets(archive).items():
            pieces = pieces_of(archive, archive.getinfo(part))
            if any(b"<v" in piece or b":v>" in piece or b"<is>" in piece or b"<f" in piece for piece in pieces):
                found.add(name)
    return found


def _attributes(text: bytes) -> dict[str, str]:
    return {
        name.decode("utf-8", "replace").rpartition(":")[2]: unescape((double or single).decode("utf-8", "replace"))
        for name, double, single in _ATTRIBUTE.findall(text)
    }


def _targets(archive: zipfile.ZipFile) -> dict[str, str]:
    """The parts of the sheets, by name."""
    names = {part.filename.lower(): part.filename for part in archive.infolist()}
    relations = names.get("xl/_rels/workbook.xml.rels")
    if relations is None:
        raise BrokenFile
    book = b"".join(pieces_of(archive, archive.getinfo("xl/workbook.xml")))
    links = b"".join(pieces_of(archive, archive.getinfo(relations)))
    if b"<!DOCTYPE" in book or b"<!DOCTYPE" in links:
        raise BrokenFile
    targets = {one.get("Id"): one.get("Target", "") for one in map(_attributes, _RELATION.findall(links))}
    found = {}
    for one in map(_attributes, _SHEET.findall(book)):
        target = targets.get(one.get("id"), "")
        place = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if place.lower() in names:
            found[one.get("name", "")] = names[place.lower()]
    return found


def _part_of(archive: zipfile.ZipFile, targets: Mapping[str, str], sheet: str) -> zipfile.ZipInfo:
    place = targets.get(sheet)
    if place is None:
        raise BrokenFile
    return archive.getinfo(place)


def _blocks(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The sheet in blocks of whole rows."""
    kept = b""
    for piece in pieces_of(archive, part):
        kept = kept + piece if kept else piece
        if len(piece) < PIECE:
            continue  # the last one, which need not be cut; the part is only sound when its end was read
        cut = max(kept.rfind(b"<row"), kept.rfind(b":row"))
        cut = kept.rfind(b"<", 0, cut + 1) if cut > 0 else cut
        if cut > 0:
            yield kept[:cut]
            kept = kept[cut:]
        if len(kept) > _LONGEST_ROW:
            raise unpacks_too_far()
    yield kept


class _Glance:
    """How far the cells may reach, from what is quick to see."""

    def __init__(self) -> None:
        self.rows, self.columns = _PLAIN_ROWS, _PLAIN_COLUMNS
        self.unnamed = False  # cells without a name, or written in an unusual way: then each is looked at

    def at(self, block: bytes) -> None:
        if _is_prefixed(block):
            self.unnamed = True
        if self.unnamed or not _UNUSUAL.search(block):
            return
        named = _NAMED.findall(block)
        self.unnamed = len(named) < len(_CELL_BEGINS.findall(block))
        if not self.unnamed and named:
            self.rows = max(self.rows, *(int(line) for line in {line for _, line in named}))
            self.columns = max(self.columns, *(column_number(one.decode()) + 1 for one in {one for one, _ in named}))

    @property
    def is_too_much(self) -> bool:
        return self.rows > MOST_ROWS or self.rows * self.columns > MOST_CELLS


def cells_of(blocks: Iterable[bytes], *, suspicious_only: bool = False) -> Iterator[tuple[int, int, bytes, bytes]]:
    """The cells of blocks of rows: line and column from 0, attributes, and what stands inside.

    With `suspicious_only` rows that say their number and hold neither an error nor a formula are passed over.

    Errors: BrokenFile for a cell whose name is none.
    """
    line = -1
    for block in blocks:
        starts = [match.start() for match in _ROW_BEGINS.finditer(block)]
        for number, start in enumerate(starts):
            end = starts[number + 1] if number + 1 < len(starts) else len(block)
            head = _ROW.match(block, start)
            named = _attributes(head[1]).get("r", "") if head else ""
            is_numbered = _LINE.fullmatch(named) is not None
            line = int(named) - 1 if is_numbered else line + 1
            if suspicious_only and is_numbered and not _is_suspicious(block[start:end]):
                continue
            column = -1
            for match in _CELL.finditer(block, start, end):
                place = _attributes(match[1]).get("r", "").upper().encode()
                reference = _REFERENCE.fullmatch(place)
                if reference:
                    line, column = int(reference[2]) - 1, column_number(reference[1].decode())
                elif place:
                    raise BrokenFile  # the library would count it to somewhere that memory does not reach
                else:
                    column += 1
                yield line, column, match[1], match[2] or b""


def _note_bad_cells(
    cells: Iterator[tuple[int, int, bytes, bytes]], marks: SheetMarks, *, check_extent: bool = False
) -> None:
    """Errors: TooManyRows, TooWide. Cells without a value do not count: a sheet that was only coloured is not large."""
    rows = columns = 0
    for line, column, attributes, inside in cells:
        kind = _attributes(attributes).get("t", "n")
        value = _VALUE.search(inside)
        if value:
            rows, columns = max(rows, line + 1), max(columns, column + 1)
        if kind == "e":
            marks.note(line, column, unescape(value[1].decode("utf-8", "replace")) if value else "#N/A")
        elif kind != "str" and value is None and (b"<f" in inside or b":f" in inside):
            marks.note(line, column, UNCALCULATED)
    if check_extent:
        check_area(rows, columns)
