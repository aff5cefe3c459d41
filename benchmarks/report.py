"""The full quarterly workbook of a province against a bare XlsxWriter loop that writes the same cells, in the same run.

    .venv/bin/python -m benchmarks.report [--folder DIR] [--projects 11700] [--money 200000] [--rounds 3]

The report of a jurisdiction with 11,700 projects in 117 plans. Writing it to the closed file, all sheets with widths, heights,
merged cells and charts, is compared with a loop that knows every cell already (value and format, recorded before) and only writes
and closes. What building the report takes before, all its figures from the database, stands beside it.

Goal: <= 1.5 for both together. The peak memory is that of a process of its own that does both once.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]
from sqlmodel import select
from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

import web.tables  # noqa: F401 (every table, so that foreign keys between them resolve)
from benchmarks.province import PROJECTS, WORKS, prepared_works
from benchmarks.results import machine, write_section
from benchmarks.timing import HEAD, line, medians
from budgets.entries import LedgerEntry
from core.calendar import period_from_text
from core.database import Database
from core.settings import settings
from portfolio.access import OPERATOR_READER
from reports.quarterly import QuarterlyReport, build
from reports.quarterly_scope import jurisdiction_scope
from reports.workbook import write_quarterly
from reports.workbook_long_sheet import LongSheet
from seed.sources import FILE, put_sources, read_sources
from seed.synthetic_money import fill_money

PERIOD, PLACE = "2024Q4", "990000"
_KINDS = ("number", "string", "blank", "formula", "datetime")
# What each kind of sheet does with a cell of each kind; a long one takes three of them over under both names.
_WRITERS = (
    *((Worksheet, kind, f"_write_{kind}") for kind in _KINDS),
    *((LongSheet, kind, f"{mark}write_{kind}") for kind in ("number", "string", "blank") for mark in ("", "_")),
)


@dataclass
class Cells:
    """The cells that a workbook is made of, sheet by sheet: (kind, row, column, values, number of the format)."""

    sheets: list[list[tuple[str, int, int, tuple[Any, ...], int]]] = field(default_factory=list)
    formats: int = 0

    @property
    def count(self) -> int:
        return sum(len(sheet) for sheet in self.sheets)


def prepared(folder: Path, projects: int, money: int) -> Database:
    """The province with works and indicators, and with so many entries of money; one that is there already is used again."""
    database = prepared_works(folder, projects, WORKS)
    with database.writing() as session:
        if money and session.exec(select(LedgerEntry.id).limit(1)).first() is None:
            file = settings().seed_folder.parent / FILE
            put_sources(session, read_sources(file), file)
            fill_money(session, money)
    return database


def built(database: Database) -> QuarterlyReport:
    with database.reading() as session:
        return build(session, OPERATOR_READER, jurisdiction_scope(PLACE), period_from_text(PERIOD))


def full(database: Database) -> BytesIO:
    """What is measured: from the database to the file."""
    return written(built(database))


def written(report: QuarterlyReport) -> BytesIO:
    target = BytesIO()
    write_quarterly(report, target)
    return target


@contextmanager
def recorded(cells: Cells) -> Any:
    """Keeps every cell that is written meanwhile."""
    kept = [(of, kind, name, getattr(of, name)) for of, kind, name in _WRITERS]
    places: dict[int, int] = {}
    formats: dict[int, int] = {}

    def recorder(kind: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def write(sheet: Worksheet, row: int, col: int, *values: Any) -> Any:
            place = places.setdefault(id(sheet), len(places))
            if place == len(cells.sheets):
                cells.sheets.append([])
            made = [one for one in values if type(one).__name__ == "Format"]
            number = formats.setdefault(id(made[0]), len(formats)) if made else -1
            plain = tuple(one for one in values if type(one).__name__ != "Format")
            cells.sheets[place].append((kind, row, col, plain, number))
            return real(sheet, row, col, *values)

        return write

    for of, kind, name, real in kept:
        setattr(of, name, recorder(kind, real))
    try:
        yield
    finally:
        for of, _, name, real in kept:
            setattr(of, name, real)
        cells.formats = len(formats)


def bare(cells: Cells) -> BytesIO:
    """The same cells by XlsxWriter alone, with as many formats, in memory like ours."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    made = [book.add_format({"border": 1, "font_size": 10, "indent": number % 15}) for number in range(cells.formats)]
    for sheet_cells in cells.sheets:
        sheet = book.add_worksheet()
        writers = {kind: getattr(sheet, f"write_{kind}") for kind in _KINDS}
        for kind, row, col, values, number in sheet_cells:
            look = made[number] if number >= 0 else None
            if kind == "blank":
                writers[kind](row, col, None, look)
            elif kind == "formula":
                writers[kind](row, col, values[0], look, values[1] if len(values) > 1 else 0)
            else:
                writers[kind](row, col, values[0], look)
    book.close()
    return target


def peak_of(arguments: list[str]) -> int:
    """The peak memory in MB of a process that does only this."""
    command = [sys.executable, "-m", "benchmarks.report", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


def _own_peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--folder", type=Path, help="keep the database here, and use it again")
    parser.add_argument("--projects", type=int, default=PROJECTS)
    parser.add_argument("--money", type=int, default=200_000, help="entries of the ledger")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("full",), help="do it once and print the peak memory")
    parser.add_argument("--no-write", action="store_true", help="leave results.md as it is")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = chosen.folder or Path(folder)
        database = prepared(place, chosen.projects, chosen.money)
        if chosen.only:
            full(database)
            print(_own_peak())
            return
        cells = Cells()
        report = built(database)
        with recorded(cells):
            size = len(written(report).getvalue())
        ways: dict[str, Callable[[], Any]] = {
            "build": lambda: built(database),
            "write": lambda: written(report),
            "bare": lambda: bare(cells),
        }
        found = medians(ways, chosen.rounds, warm=0)
        given = ["--folder", str(place), "--projects", str(chosen.projects), "--money", str(chosen.money)]
        peak = peak_of([*given, "--only", "full"])
        database.close()
    lines = [
        *HEAD,
        line("every sheet of the report, to the closed file", found["write"], found["bare"], "–"),
        line("building the report before that, from the database", found["build"], found["bare"], "–"),
        line("both", found["write"] + found["build"], found["bare"], "≤ 1.5"),
        "",
        f"{chosen.projects:,} projects, {cells.count:,} cells on {len(cells.sheets)} sheets, {size / 1e6:.1f} MB; "
        f"peak memory {peak:,} MB; median of {chosen.rounds}; {machine()}",
    ]
    print("\n".join(lines))
    if not chosen.no_write:
        write_section("report", "Quarterly report", ["", *lines])


if __name__ == "__main__":
    main()
