"""Reads a workbook that a department sent back: which of ours it is, and what its cells say now.

What people do to workbooks is survived: sheets renamed, columns moved, rows sorted or deleted, cells pasted as text, the file
saved by another program in another format. What would have to be guessed is a problem that names its cell.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from budgets.importing.findings import Findings
from budgets.importing.reading import Table
from budgets.sources import SourceNode
from core.errors import N_
from core.signing import is_signed
from core.text import matching_key
from reports.return_fields import CellKey
from reports.return_form import (
    CONTROL,
    LISTS,
    MARK,
    MONEY,
    NEEDED,
    SHEETS,
    TEMPLATE_VERSION,
    MadeWorkbook,
    control_text,
)
from reports.return_layout import SheetLayout
from reports.return_problems import (
    ColumnGone,
    ColumnTwice,
    ControlChanged,
    KeysGone,
    NotOurForm,
    RowsGone,
    SheetGone,
    UnitChanged,
    WrongTemplate,
)
from reports.return_row_reading import RowReading

HEADER_WITHIN = 20  # rows that hold anything
_LEAST_TITLES = 4  # by so many known titles a sheet of ours is recognised
_UNIT_NOTE = re.compile(r"单位\s*[:：]\s*([百千万亿十]*元)\s*$")


@dataclass(frozen=True)
class Control:
    """What the hidden sheet of a file says."""

    token: str
    department: str
    period: str


@dataclass
class FilledForm:
    """What a file says: each cell that it speaks of (None: emptied), where each stands, and what was found wrong."""

    cells: dict[CellKey, str | None] = field(default_factory=dict)
    places: dict[CellKey, tuple[str, str]] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    rows: int = 0


def control_of(tables: list[Table], secret: bytes) -> Control:
    """Which workbook a file is.

    Errors: NotOurForm, WrongTemplate, ControlChanged.
    """
    expected: str = N_("从本系统下载、没有删过工作表的填报表")
    for table in tables:
        lines = [(_text(cells, 0), _text(cells, 1)) for _line, cells in islice(table.rows(), HEADER_WITHIN)]
        if not lines or lines[0][0] != MARK:
            continue
        said = dict(lines)
        if lines[0][1] != str(TEMPLATE_VERSION):
            raise WrongTemplate(found=lines[0][1][:20], expected=str(TEMPLATE_VERSION))
        signed = tuple(one for one in lines if one[0] and one[0] != "signature")
        if not is_signed(secret, control_text(signed), said.get("signature", "")):
            found = " ".join(said.get(name, "")[:60] for name in ("department", "period"))
            raise ControlChanged(found=found, expected=expected)
        return Control(said["token"], said["department"], said["period"])
    raise NotOurForm(found="", expected=expected)


def _text(cells: list[Any], place: int) -> str:
    if place >= len(cells):
        return ""
    cell = cells[place]
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def read_form(tables: list[Table], made: MadeWorkbook, tree: list[SourceNode]) -> FilledForm:
    """Reads every sheet of the form; what is wrong stands in the findings."""
    findings = Findings()
    reading = RowReading(made, tree, findings)
    sheets: set[str] = set()
    known = {
        kind: {name: matching_key(title) for name, title in titles.items()} for kind, titles in made.titles.items()
    }
    for table in tables:
        if table.sheet in (CONTROL, LISTS):
            continue
        layout, rows = _layout(table, made, known, findings, sheets)
        if layout is None:
            continue
        reading.read(layout, rows)
    if not findings.blocking:
        _tell_missing(made, sheets, reading.seen, findings)
    return FilledForm(reading.cells, reading.places, findings, len(reading.seen))


def _tell_missing(made: MadeWorkbook, sheets: Collection[str], rows: Collection[str], findings: Findings) -> None:
    """What was deleted is no change; the person is told so."""
    had = Counter(row.kind for row in made.rows.values())
    gone = Counter(row.kind for key, row in made.rows.items() if key not in rows)
    for kind, name in SHEETS.items():
        if had[kind] and kind not in sheets:
            findings.tell(SheetGone(found=name), sheet=None, cell=None)
        elif gone[kind]:
            findings.tell(RowsGone(sheet=name, count=gone[kind]), sheet=None, cell=None)


def _layout(
    table: Table, made: MadeWorkbook, known: Mapping[str, Mapping[str, str]], findings: Findings, sheets: set[str]
) -> tuple[SheetLayout | None, Iterator[tuple[int, list[Any]]]]:
    """Where everything stands in a sheet; None for one that is none of the form's, or whose keys or columns are gone.

    `known`: the titles of each sheet as they are compared. Which sheets of the form were met is noted in `sheets`.
    """
    rows = table.rows()
    unit = None
    for line, cells in islice(rows, HEADER_WITHIN):
        titles = {place: matching_key(cell) for place, cell in enumerate(cells) if isinstance(cell, str)}
        here = set(titles.values())
        found = {kind: len(here & (set(wanted.values()) - {wanted["key"]})) for kind, wanted in known.items()}
        best = max(found, key=found.__getitem__)
        if found[best] and found[best] >= min(_LEAST_TITLES, len(known[best]) - 1):
            sheets.add(best)
            return _columns(table, best, line, titles, made, known[best], findings, unit), rows
        unit = next((match[1] for cell in cells if isinstance(cell, str) and (match := _UNIT_NOTE.search(cell))), unit)
    return None, rows


def _columns(
    table: Table,
    kind: str,
    line: int,
    titles: Mapping[int, str],
    made: MadeWorkbook,
    known: Mapping[str, str],
    findings: Findings,
    unit: str | None,
) -> SheetLayout | None:
    assert table.sheet is not None
    before = findings.blocking
    columns: dict[str, int] = {}
    for name, title in made.titles[kind].items():
        places = [place for place, said in titles.items() if said == known[name]]
        if places:
            columns[name] = places[0]
        if len(places) > 1:
            error = ColumnTwice(sheet=table.sheet, found=title, expected=N_("每个列名只出现一次"))
            findings.add(error, sheet=table.sheet, cell=table.name(line, places[1]), found=title)
        elif not places and name == "key":
            error_of_keys = KeysGone(sheet=table.sheet, expected=N_("下载时的隐藏列，请从原表中复制回来，或重新下载"))
            findings.add(error_of_keys, sheet=table.sheet, cell=None, found="")
        elif not places and name in NEEDED[kind]:
            findings.add(
                ColumnGone(sheet=table.sheet, expected=title), sheet=table.sheet, cell=f"{line}:{line}", found=""
            )
    if kind == MONEY and unit is not None and unit != made.unit:
        findings.add(UnitChanged(found=unit, expected=made.unit), sheet=table.sheet, cell=None)
    if findings.blocking > before:
        return None
    return SheetLayout(table, kind, line, columns)
