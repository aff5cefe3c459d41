"""Reads a file into import_row in chunks, and tells what is new, known and wrong. Nothing touches the ledger here.

Every chunk is a short transaction of its own, so that others go on writing while a long file is read.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert
from sqlmodel import Session, col

from budgets.entry_texts import PlanNames, plan_names
from budgets.importing.cells import text_of
from budgets.importing.columns import HEADER_WITHIN, Chosen, Layout, find_layout
from budgets.importing.files import PIECE, EmptyFile
from budgets.importing.findings import Findings, cell_name, column_letters
from budgets.importing.known import in_closed_quarters, sums_of, taken_back_too_much
from budgets.importing.reading import SeveralSheets, Table, open_table, sheet_names
from budgets.importing.rows import RowReader
from budgets.importing.tables import READING, STAGED, ImportRow, LedgerImport
from core.audit import Actor
from core.calendar import now, today
from core.database import Database
from core.errors import N_, Broken
from portfolio.periods import corrected_before

CHUNK, CHUNKS_AT_ONCE = (
    2_000,
    5,
)  # rows of one statement, statements of one transaction: every commit waits for the disk
_STAGED = ImportRow.__table__  # type: ignore[attr-defined]
SHOWN_COLUMNS = 60
SAMPLE_LINES = 3  # of the table are shown beside the matching of its columns
READ_STEP, JUDGE_STEP = N_("读取并核对各行"), N_("与台账比对")

Progress = Callable[[int, int | None, str | None], None]
Finish = Callable[[Session, LedgerImport], None]


class NoRows(Broken):
    sentence = N_("表头下面没有任何数据行。")


def _silent(_done: int, _total: int | None, _step: str | None) -> None:
    """Nobody watches."""


def _nothing_more(_session: Session, _row: LedgerImport) -> None:
    """Nothing is done in the transaction that ends the staging."""


def new_import(
    session: Session, plan_id: int, file_name: str, chosen: Chosen, *, sheet: str | None = None, by: Actor
) -> LedgerImport:
    """A file that is about to be read."""
    row = LedgerImport(
        plan_id=plan_id,
        file_name=file_name[-200:],
        sheet=sheet,
        settings=json.dumps(asdict(chosen), ensure_ascii=False),
        state=READING,
        created_by_id=by.id,
        created_by=by.name,
        created_at=now(),
    )
    session.add(row)
    session.flush()
    return row


def chosen_for(row: LedgerImport) -> Chosen:
    """What the person said of the table."""
    return Chosen(**json.loads(row.settings))


def sha256_of(path: Path) -> str:
    """The hash of a file's content."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            found.update(piece)
    return found.hexdigest()


@dataclass
class _Reading:
    """What is known of a file while it is read."""

    findings: Findings = field(default_factory=Findings)
    table: Table | None = None
    layout: Layout | None = None
    count: int = 0
    more: dict[str, Any] = field(default_factory=dict)


def stage_import(
    database: Database,
    import_id: int,
    path: Path,
    *,
    allowed: frozenset[int] | None = None,
    progress: Progress = _silent,
    finish: Finish = _nothing_more,
) -> None:
    """Reads the file of an import; what was staged of it before is thrown away.

    `allowed` are the projects that the person may record for (None: all of the plan); `finish` runs in the transaction that
    marks the import as staged.
    """
    with database.writing() as session:
        row = session.get_one(LedgerImport, import_id)
        row.state, row.findings = READING, None
        drop_rows(session, import_id)
        chosen, sheet, plan_id = chosen_for(row), row.sheet, row.plan_id
    with database.reading() as session:
        names = plan_names(session, plan_id)
    read = _Reading()
    try:
        _read(database, import_id, open_table(path, sheet), chosen, names, allowed, read, progress)
    except Broken as error:
        read.findings.add(error, sheet=None if read.table is None else read.table.sheet, cell=None)
        if isinstance(error, SeveralSheets):
            read.more["sheets"] = sheet_names(path)
    progress(read.count, None, JUDGE_STEP)
    with database.reading() as session:
        _judge(session, import_id, plan_id, read)
        sums = sums_of(session, import_id)
    with database.writing() as session:
        row = session.get_one(LedgerImport, import_id)
        row.state = STAGED
        row.row_count, row.new_count = read.count, sum(one["new"] for one in sums)
        row.known_count = read.count - row.new_count
        row.blocking_count, row.warning_count = read.findings.blocking, read.findings.warnings
        row.findings = read.findings.as_json(**read.more, sums=sums)
        session.add(row)
        finish(session, row)


def _read(
    database: Database,
    import_id: int,
    table: Table,
    chosen: Chosen,
    names: PlanNames,
    allowed: frozenset[int] | None,
    read: _Reading,
    progress: Progress,
) -> None:
    """Errors: those of the file as a whole; what is wrong with single cells goes to the findings."""
    read.table = table
    read.more |= {"sheet": table.sheet, "sheets": table.sheets}
    rows = table.rows()
    head = list(islice(rows, HEADER_WITHIN))
    if not head:
        raise EmptyFile
    early = [(line, cells) for line, cells in head if line <= HEADER_WITHIN]
    read.layout = layout = find_layout(early, table.marks.merged, chosen, read.findings, table.sheet)
    if layout is None:
        read.more["head"] = [[line, *_printed(cells)] for line, cells in early]
        return
    read.more |= {"layout": _layout_kept(layout), "sample": _sample(head, layout)}
    if read.findings.blocking:
        return
    reader = RowReader(table, layout, names, chosen, read.findings, today(), allowed=allowed)
    chunks = _chunks(reader.entries(chain(head, rows)), import_id)
    while several := list(islice(chunks, CHUNKS_AT_ONCE)):
        with database.writing() as session:
            for chunk in several:
                session.connection().execute(insert(_STAGED), chunk)
        read.count += sum(map(len, several))
        progress(several[-1][-1]["line"], table.lines, READ_STEP)
    read.more["lines"] = reader.rows
    if not reader.rows and not read.findings.blocking:
        raise NoRows


def drop_rows(session: Session, import_id: int) -> None:
    """Removes what is staged of an import."""
    session.execute(delete(ImportRow).where(col(ImportRow.import_id) == import_id))


def _chunks(entries: Iterator[dict[str, Any]], import_id: int) -> Iterator[list[dict[str, Any]]]:
    numbered = enumerate(entries, start=1)
    while chunk := [entry | {"import_id": import_id, "number": number} for number, entry in islice(numbered, CHUNK)]:
        yield chunk


def _judge(session: Session, import_id: int, plan_id: int, read: _Reading) -> None:
    """What only the ledger and the plan's quarters can tell."""
    layout, table = read.layout, read.table
    if layout is None or table is None or not read.count:
        return
    day = layout.columns["occurred_on"]
    for line, error in in_closed_quarters(session, import_id, corrected_before(session, plan_id)):
        read.findings.add(error, sheet=table.sheet, cell=cell_name(line, day))
    for line, stage, error in taken_back_too_much(session, import_id):
        column = layout.stages.get(stage, layout.columns.get("amount", day))
        read.findings.add(error, sheet=table.sheet, cell=cell_name(line, column))


def _layout_kept(layout: Layout) -> dict[str, Any]:
    return {
        "header_line": layout.header_line,
        "headers": list(layout.headers),
        "columns": {column_letters(column): name for name, column in layout.columns.items()},
        "units": {column_letters(column): unit for column, unit in layout.units.items()},
    }


def _sample(head: list[tuple[int, list[Any]]], layout: Layout) -> list[list[str]]:
    rows = [cells for line, cells in head if line >= layout.first_line]
    return [_printed(cells) for cells in rows[:SAMPLE_LINES]]


def _printed(cells: list[Any]) -> list[str]:
    return [text_of(cell)[:40] for cell in cells[:SHOWN_COLUMNS]]
