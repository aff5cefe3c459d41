"""Reads comma, tab and semicolon separated text in the encodings that Chinese offices send."""

import codecs
import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from budgets.importing.files import PIECE, BrokenFile
from core.errors import N_, Broken

_DELIMITERS = ",\t;，；"
_SAMPLE_LINES = 30
_LONGEST_CELL = 100_000


class UnknownEncoding(Broken):
    sentence = N_("文件的文字编码无法识别（应为 UTF-8 或 GB18030）。请用电子表格打开，另存为 xlsx 后再导入。")


class BrokenText(Broken):
    sentence = N_(
        "文本文件第 %(line)s 行附近无法读取：引号没有配对，或某一格过长。请用电子表格打开，另存为 xlsx 后再导入。"
    )


def text_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows with the line of the file on which each begins.

    Errors: UnknownEncoding, BrokenText, BrokenFile.
    """
    encoding = _encoding(path)
    csv.field_size_limit(_LONGEST_CELL)
    with path.open(encoding=encoding, newline="") as file:
        delimiter = _delimiter(file.read(1 << 16))
        file.seek(0)
        # A full-width comma is no delimiter that csv takes; such a file has no quotes either.
        if delimiter in "，；":
            for line, text in enumerate(file, start=1):
                yield line, text.rstrip("\r\n").split(delimiter)
            return
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        line = 1
        try:
            for cells in reader:
                yield line, cells
                line = reader.line_num + 1
        except (csv.Error, UnicodeError) as error:
            raise BrokenText(line=f"{reader.line_num:,}") from error


def _encoding(path: Path) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        if _decodes(path, encoding):
            return encoding
    raise UnknownEncoding


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                if "\0" in decoder.decode(piece):
                    return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    except OSError as error:
        raise BrokenFile from error
    return True


def _delimiter(sample: str) -> str:
    """The sign that cuts most of the first lines into the same number of cells."""
    lines = [line for line in sample.splitlines()[:_SAMPLE_LINES] if line.strip()]
    best, most = ",", (0, 0)
    for sign in _DELIMITERS:
        cuts = Counter(count for line in lines if (count := _outside_quotes(line, sign)))
        if cuts:
            count, times = cuts.most_common(1)[0]
            if (times, count) > most:
                best, most = sign, (times, count)
    return best


def _outside_quotes(line: str, sign: str) -> int:
    return sum(part.count(sign) for part in line.split('"')[::2])
