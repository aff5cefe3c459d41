"""Files of ledger entries made for tests, and what reading them comes to. The files are real; nothing of ours stands in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from sqlmodel import Session, col, select

from budgets.entries import LedgerEntry
from budgets.importing.applying import apply_import
from budgets.importing.columns import Chosen
from budgets.importing.report import findings_of
from budgets.importing.staging import new_import, sha256_of, stage_import
from budgets.importing.tables import ImportRow, LedgerImport
from core.audit import Actor
from core.database import Database
from tests.samples import SOMEBODY, find_small_plan, identity
from tests.web.visiting import setting


@pytest.fixture
def kept_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Stored files go into the folder of the test."""
    with setting(monkeypatch, files_folder=str(tmp_path / "files")):
        yield


HEADERS = ("项目编号", "环节", "资金来源", "发生日期", "金额（万元）", "文号", "摘要")
FOREST, SEWAGE, PLANT = "qingshan-01", "qingshan-03", "qingshan-02-1"


@dataclass(frozen=True)
class Formula:
    """A cell that is calculated, with the value that the file keeps of it."""

    text: str
    value: Any


def a_row(**changes: Any) -> list[Any]:
    """A row that can be taken in, in the order of HEADERS."""
    values = {
        "code": FOREST,
        "stage": "支付",
        "source": "县级财政",
        "on": date(2024, 5, 6),
        "amount": 320,
        "document": "财建〔2024〕1号",
        "note": "",
    }
    return list((values | changes).values())


def a_workbook(
    path: Path,
    rows: Sequence[Sequence[Any]],
    *,
    headers: Sequence[str] = HEADERS,
    above: Sequence[Sequence[Any]] = (),
    merged: Mapping[str, Any] | None = None,
    sheets: Sequence[str] = ("台账",),
) -> Path:
    """An .xlsx with the rows on each of its sheets; `merged` are ranges such as A2:A4 with their value."""
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name in sheets:
            sheet = book.add_worksheet(name)
            for line, row in enumerate([*above, headers, *rows]):
                for column, value in enumerate(row):
                    _write(sheet, line, column, value, day)
            for cells, value in (merged or {}).items():
                sheet.merge_range(cells, value)
    return path


def _write(sheet: Any, line: int, column: int, value: Any, day: Any) -> None:
    if isinstance(value, Formula):
        sheet.write_formula(line, column, value.text, None, value.value)
    elif isinstance(value, date):
        sheet.write_datetime(line, column, value, day)
    elif isinstance(value, str):
        if value:
            sheet.write_string(line, column, value)
    elif value is not None:
        sheet.write(line, column, value)


def a_csv(path: Path, rows: Sequence[Sequence[Any]], *, encoding: str = "utf-8", sign: str = ",") -> Path:
    """The rows as separated text, header first."""
    lines = [sign.join(f'"{cell}"' if sign in str(cell) else str(cell) for cell in row) for row in [HEADERS, *rows]]
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


@dataclass
class Read:
    """What reading a file came to."""

    row: LedgerImport
    staged: list[ImportRow]
    found: dict[str, Any]
    blocking: dict[str | None, dict[str, Any]] = field(default_factory=dict)
    warnings: dict[str | None, dict[str, Any]] = field(default_factory=dict)

    @property
    def notes(self) -> list[str]:
        return [note["message"]["zh"] for note in self.found["notes"]]

    @property
    def fen(self) -> list[int]:
        return [row.amount_fen for row in self.staged]

    @property
    def id(self) -> int:
        assert self.row.id is not None
        return self.row.id


def read_file(
    database: Database,
    path: Path,
    chosen: Chosen | None = None,
    *,
    sheet: str | None = None,
    allowed: frozenset[int] | None = None,
    by: Actor = SOMEBODY,
) -> Read:
    """Reads a file into the staging table of the small plan. Problems are found by cell: the last one of each."""
    with database.writing() as session:
        plan_id = identity(find_small_plan(session).plan)
        row = new_import(session, plan_id, path.name, chosen or Chosen(), sheet=sheet, by=by)
        assert row.id is not None
        import_id = row.id
    stage_import(database, import_id, path, allowed=allowed)
    with database.reading() as session:
        row = session.get_one(LedgerImport, import_id)
        rows = select(ImportRow).where(ImportRow.import_id == import_id).order_by(col(ImportRow.number))
        read = Read(row, list(session.exec(rows)), findings_of(row))
    for problem in read.found["problems"]:
        kept = read.blocking if problem["severity"] == "blocking" else read.warnings
        kept[problem["cell"]] = problem | {"message": problem["message"]["zh"], "expected": problem["expected"]["zh"]}
    return read


def taken_in(database: Database, path: Path, chosen: Chosen | None = None, *, by: Actor = SOMEBODY) -> LedgerImport:
    """Reads a file and takes it into the ledger."""
    read = read_file(database, path, chosen, by=by)
    assert not read.blocking, read.blocking
    with database.writing() as session:
        apply_import(session, read.id, sha256=sha256_of(path), by=by)
    with database.reading() as session:
        return session.get_one(LedgerImport, read.id)


def ledger(session: Session) -> list[LedgerEntry]:
    return list(session.exec(select(LedgerEntry).order_by(col(LedgerEntry.id))))
