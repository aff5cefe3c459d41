"""Every function that reads a text or bytes from outside, with what it may refuse them with and what it takes."""

import hashlib
import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from budgets.cell_texts import amount_from_text, date_from_text, reduction_from_text, stage_from_text
from budgets.entry_texts import rows_from_paste
from budgets.importing.cells import day_of_cell, fen_of_cell
from budgets.importing.texts import text_rows
from core.backup_manifest import MANIFEST, SUM, read_manifest
from core.calendar import last_day, period_from_text, today
from core.degrees import point_micro
from core.errors import Broken
from core.money import UNITS, fen_from_text
from core.passwords import check_password
from core.settings import Settings
from core.text import checked_text, grams, matching_key, query_grams, sorting_key
from core.units import dimension, micro_from_text, plain_unit, unit_name
from milestones.evidence_types import checked_type, taken_on
from milestones.geojson import checked_geometry
from milestones.indicator_math import grade_from_text
from milestones.quantity_values import plain_number
from reports.delimited import csv_cell
from reports.money_groups import group_from_text
from reports.return_cell_reading import day_of, fen_of, is_ticked, micro_of, same_shown, stage_of, unit_of, words_of
from reports.return_fields import FIELDS, MONEY, CellKey, key_from_name
from reports.return_form import DAY
from reports.return_values import value_from_text
from reports.word import check_template
from seed.rule_records import factor_from_text
from seed.yaml_lines import read_yaml
from tests.milestones.evidence_samples import jpeg, packed, png, webp
from web import audit_request, ledger_places, list_places
from web.cli_audit import _noted
from web.forms import id_from_text
from web.project_filters import year_from_text
from web.signing_in import safe_next

AMOUNTS = ("320", "1,234.50", "0.032", "１，２３４．５", "-5", "9007199254740993", "10000000000")
DAYS = ("2024-03-31", "2024/3/31", "2024年3月31日", "２０２４．３．３１", "2024-03-31 00:00:00", "45382")
_FOLDER = Path(tempfile.mkdtemp(prefix="qs-fuzz-"))


@dataclass(frozen=True)
class Parser:
    """One of them: `refuses` are the errors that it says it raises."""

    name: str
    read: Callable[[Any], Any]
    models: tuple[Any, ...]
    refuses: tuple[type[Exception], ...] = (Broken,)


def _each(*reads: Callable[[Any], Any], refuses: tuple[type[Exception], ...] = (Broken,)) -> Callable[[Any], Any]:
    """Reads the input in each way; it is refused when all of them refuse it."""

    def by_all(given: Any) -> list[Any]:
        found, refused = [], None
        for read in reads:
            try:
                found.append(read(given))
            except refuses as error:
                refused = error
        if not found and refused is not None:
            raise refused
        return found

    return by_all


def _in_a_file(read: Callable[[Path], Any]) -> Callable[[Any], Any]:
    def through(content: str | bytes) -> Any:
        path = _FOLDER / "input"
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "replace"))
        return read(path)

    return through


def _manifest(content: bytes) -> object:
    (_FOLDER / MANIFEST).write_bytes(content)
    (_FOLDER / SUM).write_text(f"{hashlib.sha256(content).hexdigest()}  {MANIFEST}\n")
    return read_manifest(_FOLDER)


def _cell(kind: str) -> Callable[[str], object]:
    """The cells of one kind of field, read as a page reads them."""
    names = [name for name, field in FIELDS.items() if field.kind == kind]
    keys = [CellKey(1, name, "7" if FIELDS[name].keyed else "") for name in names]
    unit = "万元" if kind == MONEY else "亩"
    return _each(*(partial(value_from_text, key, unit=unit) for key in keys))


def _number_too(read: Callable[[Any], Any]) -> Callable[[str], Any]:
    """The text as a cell, and the number that it is as another."""

    def both(text: str) -> Any:
        with suppress(ValueError, Broken):
            read(float(text))
        return read(text)

    return both


_SHEET_CELLS: tuple[Callable[[Any], Any], ...] = (
    lambda cell: fen_of(cell, "万元", "x"),
    lambda cell: micro_of(cell, "x"),
    lambda cell: day_of(cell, "x"),
    lambda cell: unit_of(cell, "area", "x", ("亩",)),
    lambda cell: is_ticked(cell, "x"),
    lambda cell: stage_of(cell, "x"),
    lambda cell: words_of(cell, "x", 200),
    lambda cell: same_shown(cell, "2024-01-01", DAY),
    lambda cell: same_shown(cell, 1.5, ""),
    lambda cell: fen_of_cell(cell, "元"),
    lambda cell: day_of_cell(cell, today()),
)
_SETTINGS = ("timezone", "database_url", "port", "language", "money_unit", "oidc_issuer", "max_body_bytes", "demo")


def _setting(name: str) -> Callable[[str], Any]:
    return lambda text: Settings(**{name: text})  # type: ignore[arg-type]


def _group(name: str) -> Callable[[str], Any]:
    return lambda text: group_from_text({name: text})


_ADDRESSES: tuple[Callable[[str], Any], ...] = (
    lambda text: list_places.place_from_text(text, "code", False),
    lambda text: list_places.place_from_text(text, "estimate", True),
    ledger_places.place_from_text,
    audit_request.place_from_text,
    id_from_text,
    safe_next,
)
_SQUARE = '{"type":"Polygon","coordinates":[[[100.1,37.0],[100.2,37.0],[100.2,37.1],[100.1,37.0]]]}'
_FEATURE = '{"type":"Feature","geometry":{"type":"Point","coordinates":[100.123456789,37.5,3000]}}'
_MULTI = '{"type":"MultiPolygon","coordinates":[[[[100,37],[101,37],[101,38],[100,38],[100,37]]]]}'
_YAML = "plan:\n  code: a\n  rows: [1, 2]\n  since: 2024-01-01\n  on: {x: &a 1, y: *a}\n  text: |\n    b\n"
_TOLD = {
    "format": 1, "made_at": "2026-01-01T00:00:00+00:00", "program": "1", "kind": "sqlite", "revision": "1", "tables": {"a": 1},
    "files": [{"path": "a", "size": 1, "sha256": "0"}], "lost": [],
}  # fmt: skip

TEXTS = (
    Parser("amounts", lambda text: [fen_from_text(text, unit) for unit in UNITS], AMOUNTS),
    Parser("amounts of the ledger", lambda text: amount_from_text(text, "万元"), AMOUNTS),
    Parser("days", date_from_text, DAYS),
    Parser("stages and kinds", _each(stage_from_text, reduction_from_text), ("支付", "完成投资", "收回")),
    Parser("pasted rows", rows_from_paste, ('qingshan-01\t支付\t县级财政\t2024-5-6\t320\t"a\nb"\n', "\t\t\n")),
    Parser(
        "periods",
        lambda text: (str(period_from_text(text)), last_day(period_from_text(text).last_quarter)),
        ("2024Q4", "2023MID", "２０２４Ｑ１"),
    ),
    Parser(
        "units",
        lambda text: (dimension(unit_name(text)), plain_unit(text)),
        ("万亩", "km2", "m3/d", "㎡", "千瓦时", "座", "毫克/立方米"),
    ),
    Parser("decimals", micro_from_text, ("0.5", "-12.000001", "9223372036854.775807"), (ValueError,)),
    Parser("quantities", lambda text: plain_number(text, field="value", label="x"), ("1,200.5", "１２", "0.000001")),
    Parser("factors", factor_from_text, ("1", "0.85", "2/3", "-1/7"), (ValueError,)),
    Parser(
        "points",
        _each(lambda text: point_micro(text, "100.5"), lambda text: point_micro("37.5°", text)),
        ("37.123456", "100.5°", "３７"),
    ),
    Parser(
        "search words",
        lambda text: (grams(text), query_grams(text), sorting_key(text), matching_key(text)),
        ("湿地 修复", "Ⅴ类水体"),
    ),
    Parser("long texts", lambda text: checked_text(text, field="note", label="x", limit=2_000), ("备注",)),
    Parser("grades of water", grade_from_text, ("Ⅲ类", "劣Ⅴ类", "优于Ⅱ")),
    Parser("passwords", lambda text: check_password(text, "reader"), ("correct horse battery", "12345678")),
    Parser("groups of money", _each(*map(_group, ("year", "quarter", "project", "programme"))), ("2024", "2024Q4")),
    Parser("names of cells", key_from_name, ("1:forecast:", "12:works:7", "3:note", "1:state:")),
    Parser(
        "cells of a workbook",
        _each(*map(_number_too, _SHEET_CELLS)),
        (*AMOUNTS, *DAYS, "亩", "是", "不适用", "1e308", "1e-320"),
    ),
    Parser("years", lambda text: year_from_text(text, field="year", label="x"), ("2024", "２０２４", "\x1f2024")),
    Parser(
        "places in lists and addresses",
        _each(*_ADDRESSES),
        ("2024-05-06.12", "1714953600000000.3", "WyJjb2RlIiwwLCJhIiwxXQ", "/projects?x=1", "12"),
    ),
    Parser("geometries", checked_geometry, (_SQUARE, _FEATURE, _MULTI)),
    Parser("the seal that is expected", _noted, (f"12:{'ab' * 32}", f" 1:{'0' * 64}")),
    Parser(
        "settings",
        _each(*map(_setting, _SETTINGS), refuses=(ValidationError,)),
        ("Asia/Shanghai", "sqlite:////tmp/a", "8000", "zh", "https://a", "true"),
        (ValidationError,),
    ),
    Parser("YAML of plans", _in_a_file(read_yaml), (_YAML,), (yaml.YAMLError,)),
    *(
        Parser(f"cells of a return: {kind}", _cell(kind), (*AMOUNTS, *DAYS, "在建", "不适用"))
        for kind in sorted({field.kind for field in FIELDS.values()})
    ),
    Parser("cells of text files", csv_cell, ("=1", "-5", "a,b")),
)


def _evidence(named: tuple[str, str]) -> Callable[[bytes], Any]:
    return lambda content: checked_type(f"a{named[0]}", content, named[1])


def _word_template() -> bytes:
    return (Path(__file__).parents[2] / "reports" / "word_templates" / "quarterly.docx").read_bytes()


_PHOTOS = (
    jpeg("2024:05:06 07:08:09"),
    png(),
    webp(),
    packed("xl/workbook.xml", "[Content_Types].xml"),
    b"%PDF-1.4 %%EOF",
)
_CSV = "项目编号,环节,发生日期,金额（万元）\r\nqingshan-01,支付,2024-05-06,320\r\n".encode

BYTES = (
    Parser(
        "photos and documents",
        _each(
            *map(
                _evidence,
                (
                    (".jpg", "before"),
                    (".png", "during"),
                    (".webp", "after"),
                    (".xlsx", "document"),
                    (".pdf", "document"),
                ),
            )
        ),
        _PHOTOS,
    ),
    Parser("the day of a photo", taken_on, _PHOTOS[:1]),
    Parser(
        "separated text",
        _in_a_file(lambda path: list(text_rows(path))),
        (_CSV("utf-8"), _CSV("gb18030"), b'a;b\n1;"2"'),
    ),
    Parser("manifests of backups", _manifest, (json.dumps(_TOLD).encode(),)),
    Parser("templates of Word reports", lambda content: check_template(content, name="a.docx"), (_word_template(),)),
)
