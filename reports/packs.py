"""Packs: many files as one zip, put together on disk piece by piece. The same files in the same order give the same bytes."""

import tempfile
import zipfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from core.settings import settings

PACK_TYPE = "application/zip"
_WRITTEN_AT = (1980, 1, 1, 0, 0, 0)  # the earliest moment that a zip can say
_UNFINISHED = "00"  # one of the folders of stored files, in which cleaning up finds what was never finished
_FORBIDDEN = '\\/:*?"<>|'  # what a file name may not hold on the computers that people unpack on


def written_pack(files: Iterable[tuple[str, bytes]], wrote: Callable[[int], None] = lambda count: None) -> Path:
    """A new zip among the stored files; `wrote` hears how many files are in it. Who asked for it keeps it (core/files.py).

    Shape: files are (name, content) and come one by one, so that only one is in memory. Names keep their characters: a zip says
    by a flag that they are UTF-8, and Python sets it for every name that is not plain.
    """
    folder = settings().files_folder / _UNFINISHED
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix="pack.", suffix=".partial")
    place, taken = Path(name), set[str]()
    try:
        with open(handle, "wb") as target, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
            for count, (wanted, content) in enumerate(files, start=1):
                info = zipfile.ZipInfo(_own_name(wanted, taken), _WRITTEN_AT)
                # What goes in is packed already (xlsx, docx): pressing it once more would only take time.
                info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_STORED, 3, 0o644 << 16
                packed.writestr(info, content)
                wrote(count)
    except BaseException:
        with suppress(FileNotFoundError):
            place.unlink()
        raise
    return place


def _own_name(wanted: str, taken: set[str]) -> str:
    """A name that every system unpacks and no other file of the pack has."""
    plain = "".join("_" if sign in _FORBIDDEN or sign < " " else sign for sign in wanted).strip(" .") or "_"
    stem, dot, extension = plain.rpartition(".")
    name, number = plain, 1
    while name.casefold() in taken:
        number += 1
        name = f"{stem}-{number}.{extension}" if dot else f"{plain}-{number}"
    taken.add(name.casefold())
    return name
