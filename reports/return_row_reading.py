"""Reads the rows of a filled form: whose row it is by its signed key, whether what it shows was changed, what was filled in."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from budgets.importing.cells import ERROR_VALUES, bad_cell, text_of
from budgets.importing.findings import Findings
from budgets.sources import SourceNode, source_by_name
from core.errors import N_, Broken, Missing
from core.text import matching_key
from milestones.works import NOT_APPLICABLE
from reports.return_cell_reading import (
    day_of,
    fen_of,
    is_empty,
    is_ticked,
    micro_of,
    same_shown,
    stage_of,
    unit_of,
    words_of,
)
from reports.return_fields import FIELDS, MONEY_FIELDS, SINCE_ON, STATE, CellKey, work_text
from reports.return_fields import WORKS as FIELD_OF_WORKS
from reports.return_form import (
    COLUMNS,
    LOCKED,
    MILESTONES,
    MONEY,
    PROGRESS,
    PROGRESS_FIELDS,
    SPARE,
    WORKS,
    MadeRow,
    MadeWorkbook,
    units_list,
)
from reports.return_layout import SheetLayout
from reports.return_problems import (
    CellTwice,
    KeyForged,
    KeyTwice,
    LockedChanged,
    NoQuantity,
    RowWithoutKey,
    UnknownCode,
)
from reports.return_values import value_from_text

TITLES = {kind: {one.name: one.title for one in columns} for kind, columns in COLUMNS.items()}
_SHAPES = {kind: {one.name: one.shape for one in columns} for kind, columns in COLUMNS.items()}
_FOOT = re.compile(r"(注|备注|说明|填报人|填表人|审核人|单位负责人|日期)[:：]")


class RowReading:
    """Reads the rows of a file, one after the other, into the cells of a return."""

    def __init__(self, made: MadeWorkbook, tree: list[SourceNode], findings: Findings) -> None:
        self._made, self._tree, self._findings = made, tree, findings
        self._units: dict[tuple[str, str], str] = {}
        self.cells: dict[CellKey, str | None] = {}
        self.places: dict[CellKey, tuple[str, str]] = {}
        self.seen: dict[str, int] = {}
        self._read_kinds = {
            PROGRESS: self._progress,
            MONEY: self._money,
            WORKS: self._works,
            MILESTONES: self._milestone,
            SPARE: self._spare,
        }

    def read(self, layout: SheetLayout, rows: Iterable[tuple[int, list[Any]]]) -> None:
        """Reads the rows below the header."""
        # What is the same for all rows is looked up once: there are many of them.
        made, seen, kinds = self._made.rows, self.seen, layout.kinds
        place, width, shows = layout.columns["key"], layout.width, layout.shows
        for line, cells in rows:
            if len(cells) < width:
                cells.extend([""] * (width - len(cells)))
            signed = cells[place]
            row = made.get(signed) if isinstance(signed, str) else None
            if row is None or row.kind not in kinds:
                self._not_ours(layout, line, cells, text_of(signed))
                continue
            if signed in seen:
                self._tell_twice(layout, line, cells, seen[signed])
                continue
            seen[signed] = line
            # Of most rows nothing was changed: all that is shown is compared at once.
            if row.kind != SPARE and (shows is None or [*shows(cells)] != row.shown):
                self._check_shown(layout, line, cells, row)
            self._read_kinds[row.kind](layout, line, cells, row)

    # ---- rows that are none of ours

    def _not_ours(self, layout: SheetLayout, line: int, cells: list[Any], signed: str) -> None:
        filled = [
            cell for name, place in layout.columns.items() if not is_empty(cell := cells[place]) and name != "key"
        ]
        if not filled and not signed.strip():
            return
        first = text_of(filled[0]) if filled else signed
        here: dict[str, Any] = {"line": line, "found": first[:60]}
        if signed.strip():
            expected: str = N_("下载时的行，请恢复原来的行，或从下载的表中重新填写")
            error: Broken = KeyForged(**here, expected=expected)
        elif len(filled) == 1 or _FOOT.match(unicodedata.normalize("NFKC", first)):
            return
        else:
            expected = N_("只在原有的行里填写；新的资金来源填在资金表最后的空行里，新的项目请联系领导小组办公室")
            error = RowWithoutKey(**here, expected=expected)
        self._findings.add(error, sheet=layout.sheet, cell=self._row_name(layout, line), found=first)

    def _tell_twice(self, layout: SheetLayout, line: int, cells: list[Any], other: int) -> None:
        name = text_of(cells[layout.columns.get("project", layout.columns["key"])])
        error = KeyTwice(line=line, other=other, found=name[:60], expected=N_("每行只出现一次，请删去其中一行"))
        self._findings.add(error, sheet=layout.sheet, cell=self._row_name(layout, line), found=name)

    def _row_name(self, layout: SheetLayout, line: int) -> str:
        visible = [place for name, place in layout.columns.items() if name != "key"]
        return layout.table.name(line, min(visible))

    # ---- what is shown and may not be changed

    def _check_shown(self, layout: SheetLayout, line: int, cells: list[Any], row: MadeRow) -> None:
        for name, place, stood in zip(LOCKED[layout.kind], layout.locked, row.shown, strict=True):
            if place is None or cells[place] == stood or same_shown(cells[place], stood, _SHAPES[layout.kind][name]):
                continue
            found = layout.bad.get((line - 1, place)) or text_of(cells[place])
            expected = text_of(stood)
            error = LockedChanged(label=TITLES[layout.kind][name], found=found[:60], expected=expected[:60])
            self._findings.add(error, sheet=layout.sheet, cell=layout.table.name(line, place), found=found)

    # ---- what is filled in

    def _say(self, layout: SheetLayout, line: int, column: str, key: CellKey, value: str | None) -> None:
        if value is None and key not in self._made.base:
            return  # nothing was said before, nothing is said now
        cell = f"{layout.letters[column]}{line}"
        if key in self.cells:
            sheet, other = self.places[key]
            error = CellTwice(found=value or "", other=f"{sheet} {other}", expected=N_("每一项只填一处"))
            self._findings.add(error, sheet=layout.sheet, cell=cell)
            return
        self.cells[key], self.places[key] = value, (layout.sheet, cell)

    def _read(
        self, layout: SheetLayout, line: int, name: str, cells: list[Any], read: Callable[[Any, str], Any]
    ) -> tuple[bool, Any]:
        """Whether a cell is in order, and what it says; None for an empty one."""
        place = layout.columns[name]
        cell, bad = cells[place], layout.bad
        if bad and (line - 1, place) in bad:
            self._problem(layout, line, name, bad_cell(bad[line - 1, place]), cell)
            return False, None
        if cell == "" or cell is None:
            return True, None
        try:
            if isinstance(cell, str):
                if not cell.strip():
                    return True, None
                if cell in ERROR_VALUES:
                    raise bad_cell(cell)
            return True, read(cell, TITLES[layout.kind][name])
        except Broken as error:
            self._problem(layout, line, name, error, cell)
            return False, None

    def _problem(self, layout: SheetLayout, line: int, name: str, error: Broken, cell: Any) -> None:
        where = layout.table.name(line, layout.columns[name])
        self._findings.add(error, sheet=layout.sheet, cell=where, found=text_of(cell) or None)

    def _money(self, layout: SheetLayout, line: int, cells: list[Any], row: MadeRow) -> None:
        good, fen = self._read(layout, line, "amount", cells, self._fen)
        if good:
            stage, source = row.rest
            self._say(layout, line, "amount", CellKey(row.project_id, MONEY_FIELDS[stage], source), fen)

    def _fen(self, cell: Any, label: str) -> str:
        return fen_of(cell, self._made.unit, label)

    def _works(self, layout: SheetLayout, line: int, cells: list[Any], row: MadeRow) -> None:
        key = CellKey(row.project_id, FIELD_OF_WORKS, row.rest[0])
        fine, micro = self._read(layout, line, "quantity", cells, micro_of)
        fine_unit, unit = self._unit(layout, line, cells, row)
        fine_tick, ticked = self._read(layout, line, "not_applicable", cells, is_ticked)
        if not (fine and fine_unit and fine_tick):
            return
        if ticked and micro is not None:
            cell = cells[layout.columns["quantity"]]
            error = NoQuantity(found=text_of(cell), expected=N_("只填其中一项"))
            self._problem(layout, line, "quantity", error, cell)
        elif ticked:
            self._say(layout, line, "not_applicable", key, NOT_APPLICABLE)
        elif micro is not None and unit is None:
            self._problem(layout, line, "unit", Missing(label=TITLES[WORKS]["unit"]), "")
        else:
            self._say(layout, line, "quantity", key, None if micro is None else work_text(micro, unit))

    def _unit(self, layout: SheetLayout, line: int, cells: list[Any], row: MadeRow) -> tuple[bool, Any]:
        """The same few units stand in all rows: each is looked up once."""
        said = (str(cells[layout.columns["unit"]]), row.dimension)
        if said in self._units:
            return True, self._units[said]
        fine, unit = self._read(
            *(layout, line, "unit", cells), lambda cell, label: unit_of(cell, row.dimension, label, self._offered(row))
        )
        if fine and unit is not None:
            self._units[said] = unit
        return fine, unit

    def _offered(self, row: MadeRow) -> tuple[str, ...]:
        return tuple(self._made.lists.get(units_list(row.dimension), ()))

    def _milestone(self, layout: SheetLayout, line: int, cells: list[Any], row: MadeRow) -> None:
        for name in ("forecast", "actual"):
            good, day = self._read(layout, line, name, cells, day_of)
            if good:
                self._say(layout, line, name, CellKey(row.project_id, f"milestone.{name}", row.rest[0]), day)

    def _progress(self, layout: SheetLayout, line: int, cells: list[Any], row: MadeRow) -> None:
        for name, field, read in _PROGRESS:
            if cells[layout.columns[name]] == "" and not self._made.base and not layout.bad:
                continue  # most cells of most rows: nothing was said, nothing is
            good, value = self._read(layout, line, name, cells, read)
            if good:
                key = CellKey(row.project_id, field)
                stood = self._made.base.get(key)
                if stood is not None and value is not None and stood.strip() == value:
                    value = stood  # blanks around a text and the kind of its line ends say nothing
                self._say(layout, line, name, key, value)

    def _spare(self, layout: SheetLayout, line: int, cells: list[Any], row: MadeRow) -> None:
        names = ("code", "stage", "source", "amount")
        if not any(not is_empty(cells[layout.columns[name]]) for name in names if name in layout.columns):
            return
        reads = (self._code, stage_of, self._source, self._fen)
        found: list[Any] = []
        for name, read in zip(names, reads, strict=True):
            good, value = self._read(layout, line, name, cells, read)
            if good and value is None:
                self._problem(layout, line, name, Missing(label=TITLES[MONEY][name]), "")
            found.append(value if good else None)
        project_id, stage, source, fen = found
        if None not in found:
            self._say(layout, line, "amount", CellKey(project_id, MONEY_FIELDS[stage], source), fen)

    @cached_property
    def _ids_by_name(self) -> dict[str, int]:
        """The projects of the form by code and by name, for rows that name one."""
        return {matching_key(one): row.project_id for row in self._made.rows.values() for one in row.names}

    def _code(self, cell: Any, label: str) -> int:
        project_id = self._ids_by_name.get(matching_key(text_of(cell)))
        if project_id is None:
            expected: str = N_("本表里一个项目的编号")
            raise UnknownCode(label=label, found=text_of(cell)[:60], expected=expected)
        return project_id

    def _source(self, cell: Any, _label: str) -> str:
        return source_by_name(self._tree, text_of(cell)).source.key


def _state(cell: Any, label: str) -> str | None:
    try:
        return value_from_text(CellKey(0, STATE), text_of(cell))
    except Broken as error:
        error.facts["label"] = label
        raise


def _words(limit: int) -> Callable[[Any, str], str]:
    return lambda cell, label: words_of(cell, label, limit)


def _reader(name: str) -> Callable[[Any, str], Any]:
    field = FIELDS[PROGRESS_FIELDS[name]]
    if field.name == STATE:
        return _state
    return day_of if field.name == SINCE_ON else _words(field.limit)


_PROGRESS = tuple((name, field, _reader(name)) for name, field in PROGRESS_FIELDS.items())
