"""Workbooks of returns for tests: made of the small plan, filled in by openpyxl as a person would, and examined."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet
from sqlmodel import Session, select

from core.database import Database
from portfolio.departments import Department
from reports.return_cells import CellChange, put_cells, values_of
from reports.return_fields import CellKey
from reports.return_uploads import Examined, examined
from reports.return_workbooks import make_workbook
from reports.returns import DepartmentReturn
from tests.reports.return_samples import make_desk
from tests.samples import SOMEBODY, find_small_plan

FOREST, PART = "qingshan-01", "qingshan-02-1"
PROGRESS, MONEY, WORKS, MILESTONES = "项目进展", "资金", "工程量", "里程碑"


def open_desk(database: Database) -> None:
    """Opens 2025Q4 of the small plan: a step for fixtures."""
    with database.writing() as session:
        make_desk(session, find_small_plan(session))


def return_of(session: Session, department: str = "林业局") -> DepartmentReturn:
    rows = select(DepartmentReturn).join(Department, Department.id == DepartmentReturn.department_id)  # type: ignore[arg-type]
    return session.exec(rows.where(Department.name == f"qingshan{department}")).one()


def made(database: Database, path: Path, department: str = "林业局", **more: Any) -> Path:
    """The workbook of a department's return as it stands now."""
    content = BytesIO()
    with database.writing() as session:
        make_workbook(session, return_of(session, department), content, by=SOMEBODY, **more)
    path.write_bytes(content.getvalue())
    return path


def filled(path: Path, fill: Callable[["Form"], None], to: Path | None = None) -> Path:
    """The same file after somebody filled it in and saved it."""
    book = load_workbook(path)
    fill(Form(book))
    target = to or path
    book.save(target)
    return target


class Form:
    """A workbook as a person sees it: sheets by name, columns by title, rows by what stands in them."""

    def __init__(self, book: Any) -> None:
        self.book = book

    def sheet(self, name: str) -> Worksheet:
        return self.book[name]

    def header(self, name: str) -> int:
        sheet = self.sheet(name)
        return next(row for row in range(1, 12) if sheet.cell(row, 1).value == "行标识")

    def column(self, name: str, title: str) -> int:
        sheet = self.sheet(name)
        titles = [sheet.cell(self.header(name), place).value for place in range(1, sheet.max_column + 1)]
        return titles.index(title) + 1

    def rows(self, name: str) -> Iterator[int]:
        sheet = self.sheet(name)
        for row in range(self.header(name) + 1, sheet.max_row + 1):
            if sheet.cell(row, 1).value:
                yield row

    def row(self, name: str, code: str | None, **where: str) -> int:
        """The first row of a project that says this in columns (by title)."""
        wanted = {"项目编号": code, **where}
        for row in self.rows(name):
            said = {title: self.sheet(name).cell(row, self.column(name, title)).value for title in wanted}
            if said == wanted:
                return row
        raise LookupError(f"no row of {name} says {wanted}")

    def cell(self, name: str, code: str | None, column: str, **where: str) -> Cell:
        found: Cell = self.sheet(name).cell(self.row(name, code, **where), self.column(name, column))
        return found

    def put(self, name: str, code: str | None, column: str, value: Any, **where: str) -> str:
        """Types into a cell; its name comes back."""
        cell = self.cell(name, code, column, **where)
        cell.value = value
        return cell.coordinate


def looked_at(database: Database, path: Path, department: str | None = None) -> Examined:
    """What the file comes to; `department`: it was sent for that one's return."""
    with database.reading() as session:
        expected = None if department is None else return_of(session, department)
        found = examined(session, path, expected)
        session.expunge_all()
    return found


def problems(found: Examined) -> list[tuple[str | None, str | None, str]]:
    """Sheet, cell and Chinese sentence of each problem."""
    return [(one.sheet, one.cell, one.message["zh"]) for one in found.findings.problems]


def theirs(found: Examined) -> dict[tuple[str, str], str | None]:
    """What the file would write, by field and key."""
    return {(one.key.field, one.key.key): one.theirs for one in found.changes}


def on_the_web(database: Database, changes: dict[tuple[str, str], str | None], department: str = "林业局") -> None:
    """What somebody types on the page meanwhile, of the forest."""
    with database.writing() as session:
        forest = find_small_plan(session).forest
        cells = [CellChange(CellKey(forest.id or 0, *key), value) for key, value in changes.items()]
        put_cells(session, return_of(session, department), cells, by=SOMEBODY)


def kept(database: Database, department: str = "林业局") -> dict[tuple[str, str], str]:
    """What stands in the return, by field and key."""
    with database.reading() as session:
        values = values_of(session, return_of(session, department).id or 0)
    return {(key.field, key.key): value for key, value in values.items()}
