"""Merged cells below the header: a merged project counts for every row that it stands beside; any other is an error."""

from typing import Any

from budgets.importing.columns import Layout
from budgets.importing.findings import WARNING, Findings, cell_name
from budgets.importing.names import PROJECT_FIELDS
from budgets.importing.reading import Table
from core.errors import N_, Broken


class FilledDown(Broken):
    sentence = N_("合并单元格“%(found)s”已按合并范围用于其中每一行，请核对。")


class MergedCells(Broken):
    sentence = N_("%(found)s 是合并单元格，其中的金额、日期等属于哪一行无法确定；应为%(expected)s。")


class Merges:
    """The merged ranges of a table that concern columns which are read."""

    def __init__(self, table: Table, layout: Layout, findings: Findings) -> None:
        self._table, self._findings = table, findings
        self._projects = {layout.columns[name] for name in PROJECT_FIELDS if name in layout.columns}
        self._starting: dict[int, list[tuple[int, int, int]]] = {}
        self._active: dict[int, tuple[int, Any]] = {}
        read = set(layout.columns.values())
        for (top, left), (bottom, right) in table.marks.merged:
            if top + 1 >= layout.first_line and read & set(range(left, right + 1)):
                self._starting.setdefault(top + 1, []).append((left, right, bottom + 1))

    def filled(self, line: int, cells: list[Any]) -> list[Any]:
        """The cells of a row with merged projects filled in; ranges that begin here and concern anything else are told."""
        if not self._starting:
            return cells
        for left, right, last in self._starting.get(line, ()):
            named = f"{cell_name(line, left)}:{cell_name(last, right)}"
            if left == right and left in self._projects:
                self._active[left] = (last, cells[left])
                each = FilledDown(found=str(cells[left])[:60], expected=N_("每行各填一个项目"))
                self._findings.add(each, sheet=self._table.sheet, cell=named, severity=WARNING)
            else:
                problem = MergedCells(found=named, expected=N_("取消合并，每行各填一格"))
                self._findings.add(problem, sheet=self._table.sheet, cell=named)
        filling = {
            column: value for column, (last, value) in self._active.items() if line <= last and cells[column] == ""
        }
        if not filling:
            return cells
        return [filling.get(column, cell) for column, cell in enumerate(cells)]
