"""What the reading library does not tell of an .ods sheet: errors, formulas that were never calculated, merged cells, extent."""

import re
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from budgets.importing.files import (
    BrokenFile,
    check_area,
    opened_archive,
    pieces_of,
    unpacks_too_far,
)
from budgets.importing.xlsx import UNCALCULATED, SheetMarks

_CONTENT = "content.xml"
_LONGEST_TAG = 1 << 20
_TOKEN = re.compile(rb"<table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])([^>]*)>")
_ATTRIBUTE = re.compile(rb"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_PRINTED = re.compile(rb"<text:p[^>]*>([^<]*)")


def marks_by_sheet(path: Path) -> dict[str, SheetMarks]:
    """What stands in each sheet beside its values. The library takes in every sheet as it opens a file, so this comes first.

    Errors: BrokenFile, UnpacksTooFar, TooManyRows, TooWide.
    """
    found: dict[str, SheetMarks] = {}
    marks = SheetMarks()
    line = column = rows = columns = next_line = others = 0
    repeated = 1
    with opened_archive(path) as archive:
        if _CONTENT not in archive.namelist():
            raise BrokenFile
        for tag, attributes, after in _tags(archive):
            if tag == b"table":
                others += rows * columns
                marks = found[attributes.get("table:name", "")] = SheetMarks()
                line = column = rows = columns = next_line = 0
            elif tag == b"table-row":
                repeated = _count(attributes.get("table:number-rows-repeated"))
                line, next_line, column = next_line, next_line + repeated, 0
            else:
                wide = _count(attributes.get("table:number-columns-repeated"))
                if "office:value-type" in attributes or "table:formula" in attributes:
                    rows, columns = max(rows, line + repeated), max(columns, column + wide)
                    check_area(rows, columns, others)
                    _note_bad(marks, attributes, after, range(line, line + repeated), range(column, column + wide))
                high = _count(attributes.get("table:number-rows-spanned"))
                across = _count(attributes.get("table:number-columns-spanned"))
                if high > 1 or across > 1:
                    marks.merged.append(((line, column), (line + high - 1, column + across - 1)))
                column += wide
    return found


def _note_bad(marks: SheetMarks, attributes: dict[str, str], after: bytes, lines: range, columns: range) -> None:
    bad = _bad(attributes, after)
    if bad is not None:
        for line in lines:
            for column in columns:
                marks.note(line, column, bad)


def _bad(attributes: dict[str, str], after: bytes) -> str | None:
    """What an error cell prints; the sign for a formula without a value; None for a cell that is in order."""
    if attributes.get("calcext:value-type") == "error":
        printed = _PRINTED.match(after)
        return unescape(printed[1].decode("utf-8", "replace")) if printed else "#N/A"
    return None if "office:value-type" in attributes else UNCALCULATED


def _count(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 8 else 1


def _tags(archive: zipfile.ZipFile) -> Iterator[tuple[bytes, dict[str, str], bytes]]:
    """The table's tags in order: name, attributes, and the text that follows."""
    kept, seen = b"", False
    pieces = pieces_of(archive, archive.getinfo(_CONTENT))
    while True:
        piece = next(pieces, b"")
        kept += piece
        # Near the end of a piece a cell's text may still be missing.
        until = len(kept) if not piece else max(kept.rfind(b"<table:table"), 0)
        for match in _TOKEN.finditer(kept, 0, until):
            seen = True
            yield match[1], _attributes(match[2]), kept[match.end() : match.end() + 200]
        kept = kept[until:]
        if len(kept) > _LONGEST_TAG * 4:
            raise unpacks_too_far()
        if not piece:
            break
    if not seen:
        raise BrokenFile


def _attributes(text: bytes) -> dict[str, str]:
    return {
        name.decode("utf-8", "replace"): unescape((double or single).decode("utf-8", "replace"))
        for name, double, single in _ATTRIBUTE.findall(text)
    }
