"""Importing 20,000 ledger entries from a workbook against reading it and one executemany of the same rows.

    .venv/bin/python -m benchmarks.spend_import [--rows 20000] [--rounds 3]

The import does everything: it opens the file safely, matches columns, checks every cell, stages, compares with the ledger and
applies in one transaction. The baseline reads the same sheet with the same library, turns each row into the columns of an entry
by looking names up in dictionaries, and inserts them all in one statement; it checks nothing.

Goal: <= 2.
"""

import argparse
import itertools
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook
from sqlalchemy import insert
from sqlmodel import col, select

from benchmarks.province import prepared
from benchmarks.results import machine, write_section
from benchmarks.timing import HEAD, line, medians
from budgets.entries import STAGES, LedgerEntry, same_key
from budgets.importing.applying import apply_import
from budgets.importing.columns import Chosen
from budgets.importing.staging import new_import, sha256_of, stage_import
from budgets.sources import source_tree
from core.audit import OPERATOR
from core.calendar import quarter_of
from core.database import Database
from portfolio.plans import Plan
from portfolio.projects import Project

TITLES = ("项目编号", "环节", "资金来源", "发生日期", "金额（万元）", "文号或凭证号", "摘要")


def written(path: Path, database: Database, rows: int, mark: str) -> Path:
    """A workbook of so many entries of the first plan; `mark` makes its documents unlike those of other files."""
    with database.reading() as session:
        plan = session.exec(select(Plan.id).order_by(col(Plan.id))).first()
        codes = session.exec(select(Project.code).where(Project.plan_id == plan).order_by(col(Project.id))).all()
        sources = [node.source.name for node in source_tree(session) if node.takes_money]
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet, day = book.add_worksheet("台账"), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, TITLES)
    stages = list(STAGES.values())
    for number in range(rows):
        on = date(2024, 1, 1) + timedelta(days=number % 360)
        cells = (codes[number % len(codes)], stages[number % 5], sources[number % len(sources)])
        sheet.write_row(number + 1, 0, cells)
        sheet.write_datetime(number + 1, 3, on, day)
        sheet.write_row(number + 1, 4, (10 + number % 900 + 0.25, f"{mark}-{number}", "进度款"))
    book.close()
    return path


def imported(database: Database, path: Path) -> None:
    """The whole way of a file."""
    with database.writing() as session:
        plan = session.exec(select(Plan.id).order_by(col(Plan.id))).first() or 0
        import_id = new_import(session, plan, path.name, Chosen(), sheet=None, by=OPERATOR).id or 0
    stage_import(database, import_id, path, allowed=None)
    with database.writing() as session:
        row = apply_import(session, import_id, allowed=None, sha256=sha256_of(path), by=OPERATOR)
        assert not row.blocking_count


def inserted(database: Database, path: Path) -> None:
    """The same rows without any check."""
    with database.reading() as session:
        projects = dict(session.exec(select(Project.code, Project.id)).all())
        sources = {node.source.name: node.id for node in source_tree(session)}
    stages = {name: key for key, name in STAGES.items()}
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    entries = [_entry(row, projects, sources, stages) for row in rows[1:]]
    with database.writing() as session:
        session.execute(insert(LedgerEntry), entries)


def _entry(row: list[Any], projects: dict[Any, Any], sources: dict[str, int], stages: dict[str, str]) -> dict[str, Any]:
    code, stage, source, on, amount, document, note = row
    fen, quarter = round(amount * 1_000_000), quarter_of(on)
    key = same_key(projects[code], stages[stage], sources[source], on, fen, document)
    return {
        "project_id": projects[code], "stage": stages[stage], "kind": "entry", "source_id": sources[source],
        "amount_fen": fen, "occurred_on": on, "occurred_quarter": quarter, "year": on.year, "document": document,
        "note": note, "same_key": key, "ordinal": 1, "state": "submitted", "recorded_by": "基准", "row_version": 1,
        "own_department": False,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        database = prepared(folder, 100, 8_000)
        files = {
            way: itertools.chain(
                [
                    written(folder / f"{way}{n}.xlsx", database, chosen.rows, f"{way}{n}")
                    for n in range(chosen.rounds + 1)
                ]
            )
            for way in ("import", "insert")
        }
        found = medians(
            {
                "import": lambda: imported(database, next(files["import"])),
                "insert": lambda: inserted(database, next(files["insert"])),
            },
            chosen.rounds,
        )
        database.close()
    row = line(f"import of {chosen.rows:,} rows", found["import"], found["insert"], "≤ 2")
    print(row)
    about = f"SQLite with full sync; median of {chosen.rounds}; {machine()}"
    write_section("spend_import", "Importing entries from a workbook", [about, "", *HEAD, row])


if __name__ == "__main__":
    main()
