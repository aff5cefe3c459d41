"""Reads the rows of a table into entries: plain functions on cells, names looked up in dictionaries, no query per row.

A row with anything wrong gives problems by cell and no entry. What needs the ledger to be judged (closed quarters, reductions,
what is known already) is judged when all rows are staged.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, TypeVar

from budgets.cell_texts import LABELS, cut, reduction_from_text, stage_from_text
from budgets.entries import ENTRY, NEEDS_SOURCE, REDUCTION, same_key
from budgets.entry_texts import NamedProject, PlanNames
from budgets.importing.cells import ERROR_VALUES, bad_cell, day_of_cell, fen_of_cell, missing, text_of
from budgets.importing.columns import Chosen, Layout
from budgets.importing.findings import Findings
from budgets.importing.merges import Merges
from budgets.importing.names import PROJECT_FIELDS
from budgets.importing.reading import Table
from budgets.importing.totals import Totals
from core.calendar import quarter_of
from core.errors import N_, Broken, Invalid, TooLong
from core.text import matching_key, storable

Read = TypeVar("Read")
Row = dict[str, Any]
_MOST_KNOWN = 50_000  # cells that are remembered; a file of nothing but different mistakes must not fill the memory
_LIMITS = {"document": 200, "note": 2_000, "correction_reason": 1_000}
_FOOT = re.compile(r"(注|备注|说明|填报人|填表人|填报单位|制表人?|审核人?|复核|单位负责人|负责人|经办人?|日期)[:：]")


class ProjectsDiffer(Broken):
    sentence = N_("“%(found)s”与同一行编号所指的项目“%(expected)s”不一致。")


class NotYourProject(Broken):
    sentence = N_("“%(found)s”不由您所在的部门牵头或填报，不能由您记账。")


class LineLeftOut(Broken):
    sentence = N_("第 %(line)s 行“%(found)s”不是记账，已略去。")


class ZerosLeftOut(Broken):
    sentence = N_("有 %(count)s 个金额单元格是 0，没有生成记账。")


class RowReader:
    """Reads the rows of one table. Caches hold what a name in a cell came to: an id, or the error it raises."""

    def __init__(
        self,
        table: Table,
        layout: Layout,
        names: PlanNames,
        chosen: Chosen,
        findings: Findings,
        today: date,
        *,
        allowed: frozenset[int] | None = None,
    ) -> None:
        self._table, self._layout, self._names, self._allowed = table, layout, names, allowed
        self._findings, self._today = findings, today
        self._stage = chosen.stage
        self._columns = layout.columns
        self._amounts = layout.stages or {"": layout.columns["amount"]}
        self._merges = Merges(table, layout, findings)
        self._totals = Totals(table, layout, findings)
        self._bad_lines = {line + 1 for line, _ in table.marks.bad}
        self._known: dict[tuple[str, type, Any], Any] = {}
        self._equals: dict[str, int] = {}
        self._zeros = 0
        self.rows = 0

    def entries(self, rows: Iterator[tuple[int, list[Any]]]) -> Iterator[Row]:
        """The entries of the rows below the header, in order."""
        width = max(self._columns.values()) + 1
        for line, row in rows:
            if line < self._layout.first_line:
                continue
            cells = row if len(row) >= width else row + [""] * (width - len(row))
            if self._totals.is_total(line, cells):
                continue
            if self._is_no_entry(line, cells):
                continue
            self.rows += 1
            yield from self._entries_of(line, self._merges.filled(line, cells))
        if self._zeros:
            self._findings.tell(ZerosLeftOut(count=self._zeros), sheet=self._table.sheet, cell=None)

    def _is_no_entry(self, line: int, cells: list[Any]) -> bool:
        """Whether the row is a heading inside the table, its header repeated, or a note at its foot."""
        if line in self._bad_lines:
            return False
        filled = [cell for cell in cells if cell != ""]
        money = any(cells[column] != "" for column in self._amounts.values())
        first = text_of(filled[0])
        repeated = all(_same(cells[column], self._layout.headers[column]) for column in self._columns.values())
        example = first.startswith("示例")  # the line of our template that shows how
        if (
            example
            or repeated
            or (not money and (len(filled) == 1 or _FOOT.match(unicodedata.normalize("NFKC", first))))
        ):
            said = LineLeftOut(line=line, found=cut(first))
            self._findings.tell(said, sheet=self._table.sheet, cell=f"{line}:{line}")
            return True
        return False

    def _entries_of(self, line: int, cells: list[Any]) -> Iterator[Row]:
        before = self._findings.blocking
        if line in self._bad_lines and self._has_bad_cell(line):
            return
        project_id = self._project(line, cells)
        occurred_on = self._read(line, "occurred_on", cells, self._day)
        source_id = self._read(line, "source", cells, self._source)
        reduction = bool(self._read(line, "kind", cells, self._reduction))
        texts = {name: self._text(line, name, cells) for name in _LIMITS}
        amounts = list(self._amounts_of(line, cells))
        for stage, column, fen in amounts:
            if stage in NEEDS_SOURCE and source_id is None and not self._is_wrong(line, "source", cells):
                self._problem(line, self._columns.get("source", column), missing("source"))
            if (stage == "appropriated" or reduction) and not texts["document"]:
                self._problem(line, self._columns.get("document", column), missing("document"))
            if fen and fen > 0:
                self._totals.add(column, -fen if reduction else fen)
        if self._findings.blocking > before or project_id is None or occurred_on is None:
            return
        for stage, _column, fen in amounts:
            signed = -fen if reduction else fen
            key = same_key(project_id, stage, source_id, occurred_on, signed, texts["document"])
            ordinal = self._equals[key] = self._equals.get(key, 0) + 1
            yield {
                "line": line,
                "project_id": project_id,
                "stage": stage,
                "kind": REDUCTION if reduction else ENTRY,
                "source_id": source_id,
                "amount_fen": signed,
                "occurred_on": occurred_on,
                "occurred_quarter": quarter_of(occurred_on),
                **texts,
                "same_key": key,
                "ordinal": ordinal,
            }

    # ---- cells

    def _problem(self, line: int, column: int, error: Broken, found: str | None = None) -> None:
        self._findings.add(error, sheet=self._table.sheet, cell=self._table.name(line, column), found=found)

    def _has_bad_cell(self, line: int) -> bool:
        """Whether a cell that would be read holds an error, or a formula without a value."""
        bad = self._table.marks.bad
        columns = sorted(column for column in self._columns.values() if (line - 1, column) in bad)
        for column in columns:
            self._problem(line, column, bad_cell(bad[line - 1, column]))
        self._totals.unsure = self._totals.unsure or bool(columns)
        return bool(columns)

    def _read(self, line: int, name: str, cells: list[Any], read: Callable[[Any], Read]) -> Read | None:
        """What a cell says; None where nothing or something wrong stands. The same cell is read once, right or wrong."""
        column = self._columns.get(name)
        if column is None:
            return None
        cell = cells[column]
        key = (name, type(cell), cell)
        known = self._known.get(key, self)
        if known is self:
            try:
                known = read(cell) if cell not in ERROR_VALUES else bad_cell(cell)
            except Broken as error:
                known = error
            if len(self._known) < _MOST_KNOWN:
                self._known[key] = known
        if isinstance(known, Broken):
            self._problem(line, column, known, text_of(cell))
            return None
        return known

    def _is_wrong(self, line: int, name: str, cells: list[Any]) -> bool:
        column = self._columns.get(name)
        if column is None:
            return False
        return isinstance(self._known.get((name, type(cells[column]), cells[column])), Broken)

    def _day(self, cell: Any) -> date:
        return day_of_cell(cell, self._today)

    def _source(self, cell: Any) -> int | None:
        return self._names.source(text_of(cell))

    def _reduction(self, cell: Any) -> bool:
        return reduction_from_text(text_of(cell))

    def _stage_of(self, cell: Any) -> str:
        return stage_from_text(text_of(cell))

    def _named(self, cell: Any) -> NamedProject:
        """Errors: those of PlanNames.project; NotYourProject."""
        project = self._names.project(text_of(cell))
        if self._allowed is not None and project.id not in self._allowed:
            raise NotYourProject(found=project.name, expected=N_("您所在部门牵头或填报的项目"))
        return project

    def _project(self, line: int, cells: list[Any]) -> int | None:
        """The project that the first filled cell names; a second one must name the same."""
        found = None
        filled = [name for name in PROJECT_FIELDS if name in self._columns and text_of(cells[self._columns[name]])]
        for name in filled or [name for name in PROJECT_FIELDS if name in self._columns][:1]:
            column = self._columns[name]
            if found is not None:
                said = text_of(cells[column])
                if matching_key(said) not in (matching_key(found.name), matching_key(found.code)):
                    self._problem(line, column, ProjectsDiffer(found=cut(said), expected=found.name))
                continue
            found = self._read(line, name, cells, self._named)
            if found is None:
                return None
        return None if found is None else found.id

    def _text(self, line: int, name: str, cells: list[Any]) -> str | None:
        column = self._columns.get(name)
        if column is None or cells[column] == "":
            return None
        text = text_of(cells[column])
        if len(text) > _LIMITS[name]:
            self._problem(line, column, TooLong(label=LABELS[name], found=len(text), limit=_LIMITS[name]), text)
        elif not storable(text):
            self._problem(
                line, column, Invalid(field=name, label=LABELS[name], found="�", expected=N_("不含控制字符的文字"))
            )
        elif text in ERROR_VALUES:
            self._problem(line, column, bad_cell(text))
        return text or None

    def _amounts_of(self, line: int, cells: list[Any]) -> Iterator[tuple[str, int, int]]:
        """Stage, column and fen of each amount of the row. Of several stage columns the blank ones say nothing."""
        wide = bool(self._layout.stages)
        for named, column in self._amounts.items():
            cell = cells[column]
            if wide and (cell == "" or (isinstance(cell, str) and not cell.strip())):
                continue
            stage = named or self._stage_of_row(line, cells)
            try:
                fen = fen_of_cell(cell, self._layout.units[column]) if cell not in ERROR_VALUES else _raise(cell)
            except Broken as error:
                self._totals.unsure = True
                self._problem(line, column, error, text_of(cell))
                continue
            if fen == 0 and wide:
                self._zeros += 1
            elif fen == 0:
                expected = N_("大于零的金额；收回、退回或核减请选相应类型，仍填正数")
                zero = Invalid(field="amount", label=LABELS["amount"], found=text_of(cell), expected=expected)
                self._problem(line, column, zero)
            elif stage is not None:
                yield stage, column, fen

    def _stage_of_row(self, line: int, cells: list[Any]) -> str | None:
        if "stage" not in self._columns:
            return self._stage
        if self._stage is not None and text_of(cells[self._columns["stage"]]) == "":
            return self._stage
        return self._read(line, "stage", cells, self._stage_of)


def _raise(printed: str) -> int:
    raise bad_cell(printed)


def _same(cell: Any, header: str) -> bool:
    return isinstance(cell, str) and cell.strip() == header
