"""Files that a browser saves: their names and types, and sending them piece by piece."""

from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV_TYPE = "text/csv; charset=utf-8"
_CHUNK = 256_000


def saved_as(name: str, plain: str) -> dict[str, str]:
    """The headers of a file to be saved; `plain` is its name in plain letters, for old programs."""
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "private, no-store",
    }


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """What is in the file from where it stands, some at a time; it is closed in the end."""
    with file:
        while piece := file.read(_CHUNK):
            yield piece
