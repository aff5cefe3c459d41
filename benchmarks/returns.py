"""Importing a department's return of 2,000 and of 20,000 rows against reading the file and one executemany of its cells.

    .venv/bin/python -m benchmarks.returns [--rounds 3]

The import does everything: it opens the file safely, knows each row by its signed key, compares what is locked, reads every
cell, merges it with what stands, checks it against the records, keeps what was found and applies it in one transaction. The
baseline reads the same sheets with the same library, looks projects up in a dictionary and inserts the cells in one statement;
it checks nothing.

Goal: <= 2, and time that grows no faster than rows to the power of 1.1.
"""

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from python_calamine import CalamineWorkbook
from sqlalchemy import delete, insert
from sqlmodel import Session, select

import web.tables  # noqa: F401 (every table, so that foreign keys between them resolve)
from benchmarks.results import machine, write_section
from benchmarks.timing import HEAD, line
from core import schema
from core.audit import OPERATOR
from core.calendar import now, period_from_text
from core.database import Database
from core.files import StoredFile
from milestones.quantities import Quantity, measure_named
from portfolio.departments import add_department
from portfolio.jurisdictions import Jurisdiction
from portfolio.periods import add_periods
from portfolio.plans import Plan, add_plan, add_programme
from portfolio.projects import Project, ProjectBody, ProjectProgramme
from reports.period_flow import open_period
from reports.return_fields import WORKS
from reports.return_uploads import apply_upload, examined, new_upload, stage_upload
from reports.return_workbooks import make_workbook
from reports.returns import DepartmentReturn, ReturnCell

ROWS_PER_PROJECT = 4  # 项目进展, 合同, 完成投资, 工程量
PLACE = "999901"
FILLED = (("项目进展", "形象进度", "完成整地，正在栽植"), ("资金", "本季合计", 320.5), ("工程量", "本季合计", 120))


def prepared(folder: Path, rows: int) -> Database:
    """A plan whose only department files for as many projects as such a return has, in an open quarter."""
    database = Database(f"sqlite:///{folder / f'{rows}.sqlite3'}")
    schema.upgrade(database)
    with database.writing() as session:
        session.add(Jurisdiction(code=PLACE, name="样县", name_en="Sample County", level=3))
        session.flush()
        plan = Plan(
            code="sample",
            jurisdiction_code=PLACE,
            title="样县规划",
            short_title="样县",
            first_year=2021,
            last_year=2025,
        )
        add_plan(session, plan, by=OPERATOR)
        add_periods(session, plan.id or 0, 2021, 2025)
        programme = add_programme(session, plan, "all", "全部", parent=None, position=1, note=None, by=OPERATOR)
        department = add_department(session, PLACE, "样县林业局", by=OPERATOR)
        measure = measure_named(session, "营造林面积", "亩").id or 0
        _add_projects(session, plan, programme.id or 0, department.id or 0, measure, rows // ROWS_PER_PROJECT)
        open_period(session, plan, period_from_text("2025Q4"), by=OPERATOR)
    return database


def _add_projects(
    session: Session, plan: Plan, programme_id: int, department_id: int, measure_id: int, count: int
) -> None:
    ids = range(1, count + 1)
    dated = {"effective_from": plan.start}
    projects = [
        {"id": id_, "code": f"sample-{id_:05d}", "plan_id": plan.id, "position": id_, "name": f"第{id_}号项目",
         "name_key": f"第{id_}号项目", "created_at": now(), "row_version": 1, "name_completed": False}
        for id_ in ids
    ]  # fmt: skip
    session.execute(insert(Project), projects)
    session.execute(
        insert(ProjectProgramme), [{"project_id": id_, "programme_id": programme_id, **dated} for id_ in ids]
    )
    bodies = [{"project_id": id_, "role": "lead", "department_id": department_id, **dated} for id_ in ids]
    session.execute(insert(ProjectBody), bodies)
    quantities = [
        {"project_id": id_, "position": 1, "measure_id": measure_id, "value_micro": 5_000_000_000, "unit": "亩",
         "operator": "=", "strive": False, "wording": "造林5000亩", **dated}
        for id_ in ids
    ]  # fmt: skip
    session.execute(insert(Quantity), quantities)


def filled(database: Database, path: Path) -> Path:
    """The workbook of the return with every row filled in."""
    made = BytesIO()
    with database.writing() as session:
        make_workbook(session, session.exec(select(DepartmentReturn)).one(), made, by=OPERATOR)
    book = load_workbook(BytesIO(made.getvalue()))
    for name, column, value in (
        ("项目进展", "形象进度", "完成整地，正在栽植"),
        ("资金", "本季合计", 320.5),
        ("工程量", "本季合计", 120),
    ):
        sheet = book[name]
        header = next(row for row in range(1, 12) if sheet.cell(row, 1).value == "行标识")
        place = next(n for n in range(1, sheet.max_column + 1) if sheet.cell(header, n).value == column)
        for row in range(header + 1, sheet.max_row + 1):
            if not str(sheet.cell(row, 1).value).startswith("X|"):
                sheet.cell(row, place).value = value
    book.save(path)
    return path


def imported(database: Database, path: Path) -> None:
    """The whole way of a file, as `qingshan return load` goes it: read, merged, checked, kept, applied."""
    with database.reading() as session:
        found = examined(session, path, session.exec(select(DepartmentReturn)).one(), check=False)
    assert not found.findings.problems, found.findings.problems[:3]
    with database.writing() as session:
        return_ = session.exec(select(DepartmentReturn)).one()
        upload_id = new_upload(session, return_, session.exec(select(StoredFile)).one(), by=OPERATOR).id or 0
        stage_upload(session, upload_id, found, None)
        apply_upload(session, upload_id, found=found, by=OPERATOR)


def inserted(database: Database, path: Path) -> None:
    """The same cells without any check."""
    with database.reading() as session:
        projects = dict(session.exec(select(Project.code, Project.id)).all())
        return_id = session.exec(select(DepartmentReturn.id)).one()
    book = CalamineWorkbook.from_path(str(path))
    cells: list[dict[str, Any]] = []
    at = now()
    for name, column in (("项目进展", 9), ("资金", 9), ("工程量", 9)):
        for row in book.get_sheet_by_name(name).to_python():
            project_id = projects.get(row[1])
            if project_id is None or row[column] == "":
                continue
            if name == "项目进展":
                field, key, value = "text.progress", "", row[column]
            elif name == "资金":
                field, key = ("money.contracted" if row[3] == "合同" else "money.work_done"), ""
                value = str(round(row[column] * 1_000_000))
            else:
                field, key, value = WORKS, "1", f"{round(row[column] * 1_000_000)}|{row[10]}"
            cells.append({
                "return_id": return_id, "project_id": project_id, "field": field, "key": key, "value": value,
                "base": None, "origin": "file", "changed_at": at, "changed_by": "基准", "row_version": 1,
            })  # fmt: skip
    with database.writing() as session:
        session.execute(insert(ReturnCell), cells)


def measured(rows: int, rounds: int) -> tuple[float, float]:
    """Median milliseconds of the import and of the baseline; what stood of an earlier round is cleared outside of both."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        database = prepared(folder, rows)
        path = filled(database, folder / "return.xlsx")
        with database.writing() as session:
            session.add(
                StoredFile(
                    sha256="0" * 64,
                    name="return.xlsx",
                    media_type="x/y",
                    size_bytes=1,
                    stored_by="基准",
                    stored_at=now(),
                )
            )
        times: dict[Callable[[Database, Path], None], list[float]] = {imported: [], inserted: []}
        counts = set()
        for number in range(rounds + 1):
            for way, taken in times.items():
                with database.writing() as session:
                    session.execute(delete(ReturnCell))
                begun = time.perf_counter()
                way(database, path)
                if number:
                    taken.append((time.perf_counter() - begun) * 1000)
                with database.reading() as session:
                    counts.add(len(session.exec(select(ReturnCell.id)).all()))
        database.close()
    assert counts == {rows // ROWS_PER_PROJECT * ROWS_PER_PROJECT}, counts
    return statistics.median(times[imported]), statistics.median(times[inserted])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    found = {rows: measured(rows, chosen.rounds) for rows in (2_000, 20_000)}
    lines = [line(f"return of {rows:,} rows", *pair, "≤ 2") for rows, pair in found.items()]
    exponent = math.log10(found[20_000][0] / found[2_000][0])
    grows = f"From 2,000 to 20,000 rows the time of the import grows with the power of {exponent:.2f} (goal ≤ 1.1)."
    print("\n".join([*lines, grows]))
    about = f"SQLite with full sync; median of {chosen.rounds}; {machine()}"
    write_section("returns", "Importing a department's return from a workbook", [about, "", *HEAD, *lines, "", grows])


if __name__ == "__main__":
    main()
