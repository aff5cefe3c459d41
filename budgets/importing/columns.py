"""Finds the line of column names in a table and says what each column holds, and in which unit its amounts are.

What the table leaves open is asked, never guessed: two columns that could both be the amount, a unit that is written nowhere.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from budgets.entries import STAGES
from budgets.importing.findings import Findings, cell_name, column_letters, column_number
from budgets.importing.names import EITHER, LABELS, PROJECT_FIELDS, field_of, unit_of
from core.errors import N_, Broken
from core.money import UNITS

HEADER_WITHIN = 20  # lines
_TEXTS = frozenset({"document", "note", "correction_reason", "kind"})
_UNIT_NOTE = re.compile(r"单位\s*[:：]\s*(?:人民币)?\s*([百千万亿十]*元)")


class NoHeader(Broken):
    sentence = N_("在前 %(limit)s 行里没有找到表头。%(expected)s。")


class ColumnMissing(Broken):
    sentence = N_("表头里缺少“%(label)s”一列。")


class ColumnTwice(Broken):
    sentence = N_("%(found)s都像“%(label)s”，请指定用哪一列。")


class ColumnLeftOut(Broken):
    sentence = N_("%(found)s没有读取：%(expected)s。")


class UnitUnknown(Broken):
    sentence = N_("没有写明金额单位。请选择单位，或在表头写明，例如“金额（万元）”。")


class UnitNotOurs(Broken):
    sentence = N_("金额单位“%(found)s”不能使用，应为%(expected)s之一。")


class UnitsDiffer(Broken):
    sentence = N_("表中写的金额单位是“%(found)s”，与选择的“%(expected)s”不一致。")


@dataclass(frozen=True)
class Layout:
    """Where everything stands in a table. Lines count from 1, columns from 0; `units` are by column of amounts."""

    header_line: int
    first_line: int
    headers: tuple[str, ...]
    columns: dict[str, int] = field(default_factory=dict)
    units: dict[int, str] = field(default_factory=dict)

    @property
    def stages(self) -> dict[str, int]:
        """The columns of a table that has one per stage; none when a column of its own names the stage."""
        return {} if "amount" in self.columns else {one: self.columns[one] for one in STAGES if one in self.columns}


@dataclass(frozen=True)
class Chosen:
    """What the person said of the table. `columns` are fields by column letter; None leaves the matching to the headers."""

    unit: str | None = None
    stage: str | None = None
    header_line: int | None = None
    columns: Mapping[str, str] | None = None


def find_layout(
    head: Sequence[tuple[int, list[Any]]],
    merged: Sequence[tuple[tuple[int, int], tuple[int, int]]],
    chosen: Chosen,
    findings: Findings,
    sheet: str | None,
) -> Layout | None:
    """How the table is laid out, from its first lines; None, with the reason in the findings, when nothing can be read.

    A name that stands over several columns, or beside several lines of a header, counts for all of them.
    """
    texts = _header_texts(head, merged)
    line = chosen.header_line or _best_line(texts)
    if line is None or line not in texts:
        expected = N_("表头应包含：项目编号或项目名称、环节、发生日期、金额")
        findings.add(NoHeader(limit=HEADER_WITHIN, expected=expected), sheet=sheet, cell=None, found="")
        return None
    headers = texts[line]
    below = max((end[0] + 1 for start, end in merged if start[0] < line <= end[0] + 1), default=line)
    layout = Layout(line, max(line, below) + 1, tuple(headers))
    columns = _matched(headers, line, chosen, findings, sheet)
    _check_complete(columns, layout, chosen, findings, sheet)
    found = Layout(line, layout.first_line, tuple(headers), columns)
    units = _units(found, texts, head, chosen, findings, sheet)
    return Layout(line, layout.first_line, tuple(headers), columns, units)


def _header_texts(
    head: Sequence[tuple[int, list[Any]]], merged: Sequence[tuple[tuple[int, int], tuple[int, int]]]
) -> dict[int, list[str]]:
    texts = {line: [cell.strip() if isinstance(cell, str) else "" for cell in cells] for line, cells in head}
    for (top, left), (bottom, right) in merged:
        if top >= HEADER_WITHIN or top + 1 not in texts or left >= len(texts[top + 1]):
            continue
        said = texts[top + 1][left]
        for line in range(top + 1, min(bottom, top + 5) + 2):
            row = texts.get(line)
            if row is not None:
                row += [""] * (right + 1 - len(row) if right < 200 else 0)
                for column in range(left, min(right + 1, len(row))):
                    row[column] = row[column] or said
    return texts


def _best_line(texts: Mapping[int, list[str]]) -> int | None:
    """The first of the lines with the most names that we know; one name alone is no header."""
    best, most = None, 1
    for line, cells in texts.items():
        known = {name for cell in cells if cell and (name := field_of(cell))}
        if len(known) > most:
            best, most = line, len(known)
    return best


def _matched(
    headers: Sequence[str], line: int, chosen: Chosen, findings: Findings, sheet: str | None
) -> dict[str, int]:
    """The column of each field: as the person chose, else by its name."""
    if chosen.columns is not None:
        wanted = [(column_number(letters), name) for letters, name in chosen.columns.items() if name in LABELS]
    else:
        wanted = [(column, name) for column, header in enumerate(headers) if header and (name := field_of(header))]
        named = {name for _, name in wanted}
        either = "kind" if "stage" in named or named & set(STAGES) else "stage"
        wanted = [(column, either if name == EITHER else name) for column, name in wanted]
    columns: dict[str, int] = {}
    twice: dict[str, list[int]] = {}
    for column, name in sorted(wanted):
        if name in columns:
            twice.setdefault(name, [columns[name]]).append(column)
        else:
            columns[name] = column
    for name, several in twice.items():
        named_cells = tuple(f"{column_letters(one)}“{_header(headers, one)}”" for one in several)
        if name in _TEXTS:
            why = N_("前面已有同类的一列")
            left_out = ColumnLeftOut(found=named_cells[1:], expected=why)
            findings.add(left_out, sheet=sheet, cell=cell_name(line, several[1]), severity="warning")
        else:
            problem = ColumnTwice(found=named_cells, label=LABELS[name])
            findings.add(problem, sheet=sheet, cell=cell_name(line, several[1]))
    if "amount" in columns and chosen.columns is None:
        _leave_out_stages(columns, headers, line, findings, sheet)
    return columns


def _leave_out_stages(
    columns: dict[str, int], headers: Sequence[str], line: int, findings: Findings, sheet: str | None
) -> None:
    for name in [one for one in STAGES if one in columns]:
        column = columns.pop(name)
        said = f"{column_letters(column)}“{_header(headers, column)}”"
        left_out = ColumnLeftOut(found=said, expected=N_("表中另有“金额”一列"))
        findings.add(left_out, sheet=sheet, cell=cell_name(line, column), severity="warning")


def _header(headers: Sequence[str], column: int) -> str:
    return headers[column] if column < len(headers) else ""


def _check_complete(
    columns: Mapping[str, int], layout: Layout, chosen: Chosen, findings: Findings, sheet: str | None
) -> None:
    wide = any(one in columns for one in STAGES) and "amount" not in columns
    missing = [] if any(name in columns for name in PROJECT_FIELDS) else ["project"]
    if "occurred_on" not in columns:
        missing.append("occurred_on")
    if not wide and "amount" not in columns:
        missing.append("amount")
    if not wide and "stage" not in columns and chosen.stage is None:
        missing.append("stage")
    for name in missing:
        said = "、".join(header for header in layout.headers if header)
        cell = f"{layout.header_line}:{layout.header_line}"
        findings.add(ColumnMissing(label=LABELS[name]), sheet=sheet, cell=cell, found=said)


def _units(
    layout: Layout,
    texts: Mapping[int, list[str]],
    head: Sequence[tuple[int, list[Any]]],
    chosen: Chosen,
    findings: Findings,
    sheet: str | None,
) -> dict[int, str]:
    """The unit of each column of amounts: from its header, the one above, a line 单位：万元, or as chosen."""
    noted = _noted_unit(head, layout.header_line)
    units: dict[int, str] = {}
    unknown: list[int] = []
    for column in layout.stages.values() or [layout.columns[one] for one in ("amount",) if one in layout.columns]:
        above = texts.get(layout.header_line - 1, [])
        written = unit_of(_header(layout.headers, column)) or unit_of(_header(above, column)) or noted
        cell = cell_name(layout.header_line, column)
        if written is not None and written not in UNITS:
            findings.add(UnitNotOurs(found=written, expected=UNITS), sheet=sheet, cell=cell)
        elif written and chosen.unit and written != chosen.unit:
            findings.add(UnitsDiffer(found=written, expected=chosen.unit), sheet=sheet, cell=cell)
        elif unit := written or chosen.unit:
            units[column] = unit
        else:
            unknown.append(column)
    if unknown:
        found = _header(layout.headers, unknown[0])
        findings.add(UnitUnknown(), sheet=sheet, cell=cell_name(layout.header_line, unknown[0]), found=found)
    return units


def _noted_unit(head: Sequence[tuple[int, list[Any]]], header_line: int) -> str | None:
    """The unit that a line above the table names, as 单位：万元."""
    for line, cells in head:
        for cell in cells if line < header_line else ():
            if isinstance(cell, str) and (match := _UNIT_NOTE.search(cell)):
                return match[1]
    return None
