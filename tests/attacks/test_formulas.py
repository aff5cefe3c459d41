"""A formula in every text: no file that the product writes calculates it, in LibreOffice or as it lies in the package."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from reports.delimited import MARK
from tests.attacks.conftest import Planted
from tests.attacks.payloads import FORMULAS
from tests.attacks.visiting import addresses, paths
from tests.libreoffice import Office
from tests.web.visiting import signed_in_visitor

FILES = (
    ".csv",
    ".xlsx",
    ".docx",
    "/workbook",
    "/sheet",
    "/report",
    "/finance-report",
    "/marked",
    "/file",
    "file.{kind}",
)
SENT = "/in-use.docx"  # given out as somebody sent it
_PARTS = re.compile(r"externalLink|vbaProject|connections\.xml|oleObject|embeddings|activeX|ddeLink", re.IGNORECASE)
# What each payload begins with, behind which stands its number.
_BEGINS = [one.partition("#")[0] for one in FORMULAS]


def files(planted: Planted) -> Iterator[tuple[str, str, bytes]]:
    """(address, kind, content) of every workbook, text document and table that is saved from a page."""
    client = signed_in_visitor(planted.app, planted.person)
    for path in paths(planted.app):
        if not path.endswith(FILES) or path.endswith(SENT):
            continue
        for address in addresses(planted.database, path):
            answer = client.get(address)
            type_ = answer.headers.get("content-type", "")
            found = next((kind for word, kind in KINDS.items() if word in type_), None)
            if answer.status_code == 200 and found:
                yield address, found, answer.content


KINDS = {"spreadsheetml": "xlsx", "wordprocessingml": "docx", "text/csv": "csv"}


def planted_text(value: Any) -> bool:
    """Whether a cell holds something that was planted."""
    return isinstance(value, str) and "#" in value and any(value.strip("'").startswith(one) for one in _BEGINS)


def test_no_file_calculates_what_was_planted(formula_planted: Planted, office_program: Office, tmp_path: Path) -> None:
    found = list(files(formula_planted))
    workbooks = [(address, content) for address, kind, content in found if kind == "xlsx"]
    assert len(workbooks) >= 8, [address for address, _ in workbooks]
    for address, kind, content in found:
        if kind != "csv":
            in_package(address, content)
    for address, kind, content in found:
        if kind == "csv":
            in_table(address, content.decode("utf-8"))
    paths_ = []
    for number, (_, content) in enumerate(workbooks):
        paths_.append(tmp_path / f"{number}.xlsx")
        paths_[-1].write_bytes(content)
    calculated = office_program.all_recalculated(paths_, tmp_path / "calculated")
    seen = sum(same_texts(address, *pair) for (address, _), *pair in zip(workbooks, paths_, calculated, strict=True))
    assert seen > 1_000, "the payloads are in the workbooks"


def in_package(address: str, content: bytes) -> None:
    """Nothing leads out of the package, and no formula is one that was planted."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert [name for name in packed.namelist() if _PARTS.search(name)] == [], address
        for name in packed.namelist():
            text = packed.read(name).decode("utf-8", "ignore")
            if name.endswith(".rels"):
                outside = re.findall(r'<[^>]*TargetMode="External"[^>]*>', text)
                assert [one for one in outside if "canary" in one] == [], (address, name)
            for formula in re.findall(r"<f[ >][^<]*</f>", text):
                assert "#" not in formula, (address, formula)
                assert not re.search(r"WEBSERVICE|DDE\(|HYPERLINK\(.http|cmd", formula), (address, formula)
            assert "instrText" not in text or not re.search(r"instrText[^<]*>[^<]*(DDE|INCLUDE|canary)", text), (
                address,
                name,
            )


def in_table(address: str, text: str) -> None:
    """No cell of a CSV begins as a formula does."""
    rows = list(csv.reader(io.StringIO(text.removeprefix(MARK))))
    assert any(planted_text(cell) for row in rows for cell in row), address
    for row in rows:
        for cell in row:
            harmless = re.fullmatch(r"[+-]?\d+(\.\d+)?", cell) or not cell.lstrip().startswith(
                ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
            )
            assert harmless, (address, cell)


def same_texts(address: str, before: Path, after: Path) -> int:
    """How many cells hold what was planted: each the same text before and after LibreOffice calculated all of it anew."""
    written, calculated = load_workbook(before), load_workbook(after)
    count = 0
    for sheet in written.worksheets:
        again = calculated[sheet.title]
        for row in sheet.iter_rows():
            for cell in row:
                if not planted_text(cell.value):
                    continue
                count += 1
                now = again[cell.coordinate]
                assert cell.data_type != "f", (address, sheet.title, cell.coordinate, cell.value)
                assert now.data_type in ("s", "inlineStr"), (address, sheet.title, cell.coordinate, now.value)
                assert plain(now.value) == plain(cell.value), (address, sheet.title, cell.coordinate)
    return count


def plain(text: str) -> str:
    """Line ends as every program keeps them."""
    return text.replace("_x000D_", "\r").replace("\r\n", "\n").replace("\r", "\n")
