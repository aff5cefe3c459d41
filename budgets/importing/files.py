"""What kind of file somebody sent, by its content and not by its name, and what is refused before anything reads it.

A workbook of a few kilobytes can unpack to terabytes. Everything inside is therefore unpacked once, piece by piece and
counted, before a library gets to see the file.
"""

import copy
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from core.errors import N_, Broken

MOST_UNPACKED_BYTES = 400_000_000  # all parts of a workbook together
MOST_RATIO = 200  # of unpacked to packed size of one part; sheets of real money reach 10 to 40
RATIO_COUNTS_FROM = 5_000_000  # unpacked bytes; small parts of one repeated letter are harmless
MOST_PARTS = 2_000
MOST_ROWS = 500_000
MOST_CELLS = 15_000_000  # lines x columns of the area that holds anything: the library keeps all of it in memory
_COUNT_BEGINS, _COUNT = re.compile(b"uniqueCount"), re.compile(rb"""uniqueCount\s{0,9}=\s{0,9}["']([0-9]{1,18})["']""")
_COUNT_REACHES = 64  # bytes from its first to its last
_SHORTEST_TEXT = 5  # bytes, <si/>
PIECE = 1 << 20

XLSX, XLS, ODS, CSV = "xlsx", "xls", "ods", "csv"
OLE_SIGN = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_TABLES: str = N_("xlsx、xls、ods 或 csv 表格")
WORKBOOKS: str = N_("xlsx、xls 或 ods 工作簿")


class EmptyFile(Broken):
    sentence = N_("文件是空的，里面没有任何内容。")


class Locked(Broken):
    sentence = N_("文件有密码保护，无法读取。请在电子表格中取消密码，另存后再导入。")


class BrokenFile(Broken):
    sentence = N_("文件已损坏或不完整，无法读取。请用电子表格打开检查，另存为 xlsx 后再导入。")


class NotATable(Broken):
    sentence = N_("文件内容是%(found)s，不是表格。应为%(expected)s；请用电子表格打开，另存为 xlsx 后再导入。")


class UnpacksTooFar(Broken):
    sentence = N_("文件解压后过大（超过 %(limit)s MB 或压缩比异常），为安全起见没有读取。请拆成几个文件。")


class TooManyRows(Broken):
    sentence = N_("表格超过 %(limit)s 行，请拆成几个文件分别导入。")


class TooWide(Broken):
    sentence = N_("表格的有效区域过大（%(found)s），请删去远处多余的单元格后再导入。")


def too_many_rows() -> TooManyRows:
    return TooManyRows(limit=f"{MOST_ROWS:,}")


def check_area(rows: int, columns: int, others: int = 0) -> None:
    """Whether the area of a sheet can be read; `others` are the cells of other sheets that are read with it.

    Errors: TooManyRows, TooWide.
    """
    if rows > MOST_ROWS + 1_000:  # titles and headers do not count; the rows themselves are counted when they are read
        raise too_many_rows()
    if rows * columns + others > MOST_CELLS:
        raise TooWide(found=f"{rows:,} × {columns:,}")


def kind_of(path: Path, expected: str = _TABLES) -> str:
    """xlsx, xls, ods or csv; a refusal says what was expected.

    Errors: EmptyFile, Locked, BrokenFile, NotATable.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip():
        raise EmptyFile
    if head.startswith(OLE_SIGN):
        return XLS
    if head.startswith(b"PK"):
        return _kind_of_archive(path, expected)
    plain = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for sign, name in _OTHERS:
        if plain.startswith(sign):
            raise NotATable(found=name, expected=expected)
    if b"\0" in head:
        raise NotATable(found=N_("无法识别的二进制数据"), expected=expected)
    return CSV


_OTHERS = (
    (b"%pdf", N_("PDF 文档")),
    (b"<!doctype html", N_("网页（有的系统导出的 .xls 其实是网页）")),
    (b"<html", N_("网页（有的系统导出的 .xls 其实是网页）")),
    (b"<table", N_("网页（有的系统导出的 .xls 其实是网页）")),
    (b"<?xml", N_("XML 文件")),
    (b"{\\rtf", N_("文字文档")),
    (b"\x89png", N_("图片")),
    (b"\xff\xd8\xff", N_("图片")),
    (b"gif8", N_("图片")),
    (b"rar!", N_("压缩包")),
    (b"7z\xbc\xaf", N_("压缩包")),
    (b"\x1f\x8b", N_("压缩包")),
)


def _kind_of_archive(path: Path, expected: str) -> str:
    with opened_archive(path) as archive:
        names = set(archive.namelist())
        if "xl/workbook.xml" in names:
            return XLSX
        if "mimetype" in names and _small(archive, "mimetype").strip() == _ODS_TYPE:
            if b"encryption-data" in _small(archive, "META-INF/manifest.xml"):
                raise Locked
            return ODS
        if "xl/workbook.bin" in names:
            raise NotATable(found=N_("二进制工作簿（xlsb）"), expected=expected)
        if "word/document.xml" in names or "ppt/presentation.xml" in names or "mimetype" in names:
            raise NotATable(found=N_("文字文档或演示文稿"), expected=expected)
    raise NotATable(found=N_("压缩包"), expected=expected)


def opened_archive(path: Path) -> zipfile.ZipFile:
    """The parts of a packed workbook.

    Errors: BrokenFile; UnpacksTooFar by the sizes that the file itself states.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BrokenFile from error
    parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts):
        archive.close()
        raise Locked
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
        archive.close()
        raise unpacks_too_far()
    for part in parts:
        if part.file_size > RATIO_COUNTS_FROM and part.file_size > MOST_RATIO * max(part.compress_size, 1):
            archive.close()
            raise unpacks_too_far()
    return archive


def unpacks_too_far() -> UnpacksTooFar:
    return UnpacksTooFar(limit=MOST_UNPACKED_BYTES // 1_000_000)


def _small(archive: zipfile.ZipFile, name: str) -> bytes:
    if name not in archive.namelist():
        return b""
    return b"".join(pieces_of(archive, archive.getinfo(name)))


def pieces_of(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of a part, in pieces.

    Errors: BrokenFile; UnpacksTooFar for a part that holds more than it states, which Python would cut off in silence and
    the library that reads workbooks would not.
    """
    wider = copy.copy(part)
    wider.file_size = part.file_size + 1
    read = 0
    try:
        with archive.open(wider) as file:
            while piece := file.read(PIECE):
                read += len(piece)
                if read > part.file_size:
                    raise unpacks_too_far()
                yield piece
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise BrokenFile from error
    if read != part.file_size:
        raise BrokenFile


def check_every_part(path: Path) -> None:
    """Unpacks and counts every part, and forgets it.

    Errors: Locked, BrokenFile, UnpacksTooFar.
    """
    with opened_archive(path) as archive:
        for part in archive.infolist():
            check_part(archive, part)


def check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """The same of one part. A table of texts says how many it has, and the library takes memory for as many before it looks.

    Errors: BrokenFile, UnpacksTooFar.
    """
    kept = b""
    for piece in pieces_of(archive, part):
        if is_table_of_texts(part):
            block = kept + piece
            if any(int(said) * _SHORTEST_TEXT > part.file_size for said in _counts_in(block)):
                raise BrokenFile
            kept = block[-_COUNT_REACHES:]


def is_table_of_texts(part: zipfile.ZipInfo) -> bool:
    """Whether the library takes the part for the texts of a workbook, or might."""
    return "sharedstrings" in part.filename.lower()


def _counts_in(block: bytes) -> Iterator[bytes]:
    """Errors: BrokenFile for a count that is written as no spreadsheet program writes it."""
    for place in _COUNT_BEGINS.finditer(block):
        count = _COUNT.match(block, place.start())
        if count is not None:
            yield count[1]
        elif place.start() < len(block) - _COUNT_REACHES or b">" in block[place.end() :]:
            raise BrokenFile
