"""Workbooks as nobody saves them: their bytes changed, their archive put together wrongly, their XML rewritten."""

import io
import re
import struct
import warnings
import zipfile
from random import Random

from tests.fuzz.alphabets import NASTY, WHOLE, changed_bytes, changed_text

Parts = list[tuple[str, bytes]]
_BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
_CELL = re.compile(rb"<c\b[^>]*?(?:/>|>.*?</c>)", re.DOTALL)
_NUMBER = re.compile(rb'"[0-9]{1,9}"')
_ODS_CELL = re.compile(rb"<table:table-cell\b[^>]*?(?:/>|>.*?</table:table-cell>)", re.DOTALL)
_ODS_FORMULA = ' table:formula="of:=1/0"'
_TEXT = re.compile(rb">[^<]{1,200}<")
_VALUES = (
    *(
        "1e308",
        "-1e308",
        "1e-320",
        "nan",
        "inf",
        "-0",
        "1e999",
        "9" * 400,
        "45382",
        "-1",
        "60",
        "2958466",
        "1e17",
        "",
        " ",
    ),
    *("99999999999", "4294967296", "-9223372036854775809", "#REF!", "#N/A", "TRUE", "2", "0.1", "0x1", "1,5", "１２"),
)
_KINDS = ("n", "s", "str", "e", "b", "d", "inlineStr", "x", "")
_NAMES = (
    *(
        "../../../etc/cron.d/a",
        "/etc/passwd",
        "C:\\a.xml",
        "..\\a.xml",
        "xl/",
        "",
        "xl/worksheets/../workbook.xml",
        "a\x00b",
    ),
    *(
        "XL/WORKBOOK.XML",
        "xl/worksheets/sheet1.xml",
        "xl/workbook.xml",
        "长" * 300,
        "xl/vbaProject.bin",
        "[Content_Types].xml",
    ),
)
_RANGES = ("A1:XFD1048576", "A1:A1048576", "B2:A1", "A0:B0", "A1", "A1:ZZZZZ9", "1:1", "", "A1:B2 C3", "F5:F9", "A:A")


def changed_workbook(content: bytes, name: str, chance: Random) -> bytes:
    """The file with one to three changes that fit its kind."""
    packed = name.endswith((".xlsx", ".ods"))
    if name.endswith(".csv"):
        return _changed_csv(content, chance)
    if not packed or chance.random() < 0.15:
        return changed_bytes(content, chance)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts: Parts = [(one.filename, archive.read(one)) for one in archive.infolist()]
    archive_too = chance.random() < 0.25
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        parts = _changed_part(parts, chance)
    if archive_too:
        parts = _changed_list(parts, chance)
    made = _packed(parts, chance)
    return _lying(made, chance) if archive_too and chance.random() < 0.4 else made


def _changed_csv(content: bytes, chance: Random) -> bytes:
    if chance.random() < 0.4:
        return changed_bytes(content, chance)
    text = changed_text(changed_text(content.decode("utf-8"), chance), chance)
    return text.encode(chance.choice(("utf-8", "utf-8-sig", "gb18030", "utf-16", "latin-1")), "replace")


# ---- what stands in the parts


def _changed_part(parts: Parts, chance: Random) -> Parts:
    sheets = [place for place, (name, _) in enumerate(parts) if "sheet" in name or name == "content.xml"]
    place = chance.choice(sheets) if sheets and chance.random() < 0.75 else chance.randrange(len(parts))
    name, content = parts[place]
    return [*parts[:place], (name, _changed_xml(content, chance)), *parts[place + 1 :]]


def _changed_xml(content: bytes, chance: Random) -> bytes:
    kind = chance.randrange(12)
    cells = list((_CELL if b"<c " in content else _ODS_CELL).finditer(content))
    if kind <= 4 and cells:
        cell = chance.choice(cells)
        said = _cell(cell[0], chance)
        return content[: cell.start()] + said + content[cell.end() :]
    if kind <= 6:
        return _with(content, chance.choice((_NUMBER, _TEXT)), chance)
    if kind == 7:
        return _merged(content, chance)
    if kind == 8:
        head = content.find(b"?>") + 2
        return content[:head] + _BOMB + content[head:].replace(b"</v>", b"&c;</v>", 1)
    if kind == 9:
        end = content.rfind(b"</sheetData>")
        row = chance.choice((b"1", b"2", b"1048576", b"1048577", b"400000", b"0", b"-1", b"99999999999"))
        return content[:end] + b'<row r="' + row + b'">' + _cell(b"", chance) + b"</row>" + content[end:]
    if kind == 10:
        return content[:1] + b"<a>" * chance.choice((10, 5_000, 200_000)) + content[1:]
    return changed_bytes(content, chance)


def _cell(before: bytes, chance: Random) -> bytes:
    if before.startswith(b"<table:"):
        return _ods_cell(before, chance)
    named = re.search(rb'r="([^"]*)"', before)
    place = (
        named[1].decode(errors="replace")
        if named
        else chance.choice(("A1", "E2", "XFD1048576", "ZZZZ1", "A0", "a1", "1A", ""))
    )
    if chance.random() < 0.1:
        place = chance.choice(("A1", "XFD1048576", "C99999999999", "AAAAAAAAAA2", "5", "Ａ１"))
    value = chance.choice((*_VALUES, *WHOLE[:40]))
    said = "".join(one for one in value if one >= " " and not "\ud800" <= one <= "\udfff")
    said = said.replace("&", "&amp;").replace("<", "&lt;")
    formula = chance.choice(
        ("", "", "", "<f>1/0</f>", "<f/>", '<f t="shared" si="99"/>', '<f t="array" ref="A1:XFD9">A1</f>')
    )
    style = chance.choice(("", ' s="1"', ' s="2"', ' s="9999"', ' s="-1"', ' s="a"'))
    kind = chance.choice(_KINDS)
    inner = f"<is><t>{said}</t></is>" if kind == "inlineStr" else f"<v>{said}</v>" if chance.random() < 0.9 else ""
    return f'<c r="{place}"{style} t="{kind}">{formula}{inner}</c>'.encode("utf-8", "replace")


def _ods_cell(before: bytes, chance: Random) -> bytes:
    kind = chance.choice(("float", "date", "time", "string", "boolean", "currency", "percentage", "void", "x"))
    value = chance.choice(_VALUES)
    times = chance.choice(("1", "1", "3", "16384", "1000000000", "-1", "a", ""))
    attribute = chance.choice(("value", "date-value", "time-value", "boolean-value", "string-value"))
    return (
        f'<table:table-cell table:number-columns-repeated="{times}" office:value-type="{kind}" office:{attribute}="{value}"'
        f"{chance.choice(('', _ODS_FORMULA))}><text:p>{value}</text:p></table:table-cell>"
    ).encode()


def _with(content: bytes, pattern: re.Pattern[bytes], chance: Random) -> bytes:
    found = list(pattern.finditer(content))
    if not found:
        return changed_bytes(content, chance)
    one = chance.choice(found)
    inside = content[one.start() + 1 : one.end() - 1].decode("utf-8", "replace")
    said = chance.choice(
        (changed_text(inside, chance), chance.choice(_VALUES), chance.choice(NASTY), chance.choice(_RANGES))
    )
    kept = said.replace("<", "&lt;").replace('"', "&quot;").encode("utf-8", "replace")
    return content[: one.start() + 1] + kept + content[one.end() - 1 :]


def _merged(content: bytes, chance: Random) -> bytes:
    ranges = "".join(f'<mergeCell ref="{chance.choice(_RANGES)}"/>' for _ in range(chance.choice((1, 2, 50))))
    said = chance.choice(
        (
            f'<mergeCells count="1">{ranges}</mergeCells>',
            f'<dimension ref="{chance.choice(_RANGES)}"/>',
            f'<autoFilter ref="{chance.choice(_RANGES)}"/>',
            f'<dataValidations count="1"><dataValidation type="list" sqref="{chance.choice(_RANGES)}"/></dataValidations>',
            f'<conditionalFormatting sqref="{chance.choice(_RANGES)}"><cfRule type="x" priority="a"/></conditionalFormatting>',
        )
    )
    end = content.find(b"</sheetData>")
    place = end + len(b"</sheetData>") if end >= 0 else len(content)
    return content[:place] + said.encode() + content[place:]


# ---- how the parts are packed


def _changed_list(parts: Parts, chance: Random) -> Parts:
    place, kind = chance.randrange(len(parts)), chance.randrange(6)
    name, content = parts[place]
    if kind == 0:
        return [*parts[:place], *parts[place + 1 :]]
    if kind == 1:
        return [*parts[:place], (chance.choice(_NAMES), content), *parts[place + 1 :]]
    if kind == 2:
        return [*parts, (name, changed_bytes(content, chance))]
    if kind == 3:
        return [*parts[:place], (name, content + b" " * chance.choice((6_000_000, 30_000_000))), *parts[place + 1 :]]
    if kind == 4:
        return [*parts, *((f"{number}/{chance.choice(_NAMES)}", b"") for number in range(chance.choice((3, 2_100))))]
    return [*parts, (chance.choice(_NAMES), content)]


def _packed(parts: Parts, chance: Random) -> bytes:
    made = io.BytesIO()
    how = chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2))
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w", how) as archive:
        warnings.simplefilter("ignore")  # it tells of names that stand twice
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name or "x"), content, how)
    return made.getvalue()


def _lying(content: bytes, chance: Random) -> bytes:
    """Sizes, sums, flags and places in the list at the end that are not those of the parts."""
    kept = bytearray(content)
    entries = [match.start() for match in re.finditer(b"PK\x01\x02", content)]
    entry = chance.choice(entries) if entries else 0
    at, size = chance.choice(((8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (42, 4)))
    number = chance.choice((0, 1, 9, 99, 2**15, 2**16 - 1, 2**31, 2**32 - 1)) % 2 ** (8 * size)
    kept[entry + at : entry + at + size] = struct.pack("<Q", number)[:size]
    return bytes(kept)
