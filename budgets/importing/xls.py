"""What the reading library does not tell of an old .xls sheet: which cells hold an error value.

An .xls file is a small file system (compound file) with one stream of records (BIFF). Only what names sheets and errors is
looked at.

Source: [MS-CFB] and [MS-XLS], the published descriptions of both formats.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from budgets.importing.files import BrokenFile, Locked, check_area
from budgets.importing.xlsx import SheetMarks

_END, _FREE = 0xFFFFFFFE, 0xFFFFFFFF
_SMALL_STREAM = 4096
_MOST_SECTORS = 1 << 20
_BOUND_SHEET, _FILE_PASS, _BOOL_ERROR, _FORMULA, _SEVERAL, _EOF = 0x85, 0x2F, 0x205, 0x06, 0xBD, 0x0A
_DIMENSIONS, _ROWS, _COLUMNS = 0x200, 65_536, 256  # how far a sheet reaches; how far one of this format can
_DIMENSION_SHAPES = {10: "<HHHH", 14: "<IIHH"}
_VALUES = frozenset({_BOOL_ERROR, _FORMULA, _SEVERAL, 0x203, 0x204, 0xFD, 0x27E, 0xD6})  # numbers, texts and the like
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_BOOK_NAMES = ("Workbook", "Book")


def marks_by_sheet(path: Path) -> dict[str, SheetMarks]:
    """The error cells of each sheet. The library takes in every sheet as it opens a file, so this comes first.

    Errors: Locked for an encrypted workbook of either kind; BrokenFile, UnpacksTooFar, TooManyRows, TooWide.
    """
    compound = _Compound(path.read_bytes())
    if "EncryptedPackage" in compound.streams:
        raise Locked
    name = next((name for name in _BOOK_NAMES if name in compound.streams), None)
    if name is None:
        raise BrokenFile
    book = compound.content(name)
    if any(kind == _FILE_PASS for kind, _, _ in _records(book, 0)):
        raise Locked
    found: dict[str, SheetMarks] = {}
    others = 0
    for sheet, start in _sheets(book):
        _check_extent(book, start)
        found[sheet], cells = _marks(book, start, others)
        others += cells
    return found


def _marks(book: bytes, start: int, others: int) -> tuple[SheetMarks, int]:
    """The error cells of a sheet, and the number of cells in the area that holds values."""
    marks = SheetMarks()
    rows = columns = 0
    for kind, place, length in _records(book, start):
        if kind not in _VALUES or length < 6 or place + length > len(book):
            continue
        line, column = struct.unpack_from("<HH", book, place)
        last = struct.unpack_from("<H", book, place + length - 2)[0] if kind == _SEVERAL else column
        if line >= rows or last >= columns:
            rows, columns = max(rows, line + 1), max(columns, last + 1)
            check_area(rows, columns, others)
        if kind == _BOOL_ERROR and length >= 8 and book[place + 7]:
            marks.note(line, column, _ERRORS.get(book[place + 6], "#N/A"))
        elif (
            kind == _FORMULA and length >= 14 and book[place + 12 : place + 14] == b"\xff\xff" and book[place + 6] == 2
        ):
            marks.note(line, column, _ERRORS.get(book[place + 8], "#N/A"))
    return marks, rows * columns


def _check_extent(book: bytes, start: int) -> None:
    """Looks at every record that says how far a sheet reaches: the library takes memory for as many cells.

    Errors: BrokenFile for one that no sheet of this format can reach.
    """
    for kind, place, length in _records(book, start, inner=True):
        if kind == _DIMENSIONS and length in _DIMENSION_SHAPES:
            record = book[place : place + length].ljust(length, b"\0")
            first_row, last_row, first, last = struct.unpack_from(_DIMENSION_SHAPES[length], record)
            if not (first_row <= last_row <= _ROWS and first <= last <= _COLUMNS):
                raise BrokenFile


def _records(book: bytes, start: int, *, inner: bool = False) -> Iterator[tuple[int, int, int]]:
    """Kind, place and length of each record of a part of the stream, to its end; `inner`: those of parts inside it too."""
    place, depth = start, 0
    while place + 4 <= len(book):
        kind, length = struct.unpack_from("<HH", book, place)
        if kind in (0x809, 0x409, 0x209, 0x009):  # a chart inside a sheet is a part of its own
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        elif depth == 1 or inner:
            yield kind, place + 4, length
        place += 4 + length


def _sheets(book: bytes) -> Iterator[tuple[str, int]]:
    for kind, place, length in _records(book, 0):
        if kind == _BOUND_SHEET and length >= 8:
            start, count, wide = struct.unpack_from("<I2xBB", book, place)
            text = book[place + 8 : place + 8 + (count * 2 if wide & 1 else count)]
            yield text.decode("utf-16-le" if wide & 1 else "latin-1", "replace"), start


class _Compound:
    """The streams of a compound file by name: (first sector, length)."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        try:
            self._read_header()
        except (struct.error, IndexError, ValueError) as error:
            raise BrokenFile from error

    def _read_header(self) -> None:
        header = struct.unpack_from("<HH", self._content, 30)
        self._size, self._mini_size = 1 << header[0], 1 << header[1]
        if self._size not in (512, 4096) or self._mini_size != 64:
            raise BrokenFile
        directory, _, self._cutoff, mini_start = struct.unpack_from("<IIII", self._content, 48)
        extra, _ = struct.unpack_from("<II", self._content, 68)
        tables = list(struct.unpack_from("<109I", self._content, 76))
        per_sector = self._size // 4
        while extra not in (_END, _FREE) and len(tables) < _MOST_SECTORS:
            more = struct.unpack(f"<{per_sector}I", self._sector(extra))
            tables += more[:-1]
            extra = more[-1]
        self._next: list[int] = []
        for table in tables:
            if table not in (_END, _FREE):
                self._next += struct.unpack(f"<{per_sector}I", self._sector(table))
        self.streams: dict[str, tuple[int, int]] = {}
        entries = self._chain(directory)
        root = (0, 0)
        for place in range(0, len(entries) - 127, 128):
            entry = entries[place : place + 128]
            name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le", "replace")
            stream = struct.unpack_from("<I", entry, 116)[0], struct.unpack_from("<I", entry, 120)[0]
            if entry[66] == 5:
                root = stream
            elif entry[66] == 2:
                self.streams[name] = stream
        self._mini = self._chain(root[0])[: root[1]] if root[1] else b""
        links = self._chain(mini_start) if mini_start not in (_END, _FREE) else b""
        self._next_mini = struct.unpack(f"<{len(links) // 4}I", links)

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        sector = self._content[start : start + self._size]
        return sector.ljust(self._size, b"\0") if sector else sector

    def _chain(self, number: int) -> bytes:
        found: list[bytes] = []
        while number < len(self._next) and len(found) <= len(self._next):
            found.append(self._sector(number))
            number = self._next[number]
        return b"".join(found)

    def content(self, name: str) -> bytes:
        """Errors: BrokenFile when the file ends before the stream does."""
        number, length = self.streams[name]
        if length >= max(self._cutoff, _SMALL_STREAM):
            content = self._chain(number)
        else:
            parts: list[bytes] = []
            while number < len(self._next_mini) and len(parts) <= len(self._next_mini):
                parts.append(self._mini[number * 64 : number * 64 + 64])
                number = self._next_mini[number]
            content = b"".join(parts)
        if len(content) < length:
            raise BrokenFile
        return content[:length]
