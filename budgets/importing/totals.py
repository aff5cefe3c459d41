"""Total rows (合计, 小计, 总计): left out of the entries, and compared with what the rows above them come to."""

import re
import unicodedata
from typing import Any

from budgets.importing.cells import exact_fen, text_of
from budgets.importing.columns import Layout
from budgets.importing.findings import WARNING, Findings
from budgets.importing.reading import Table
from core.errors import N_, Broken
from core.money import fen_from_text, typed

_TOTAL = re.compile(r"(本页|本月|本季|本年|本期|全部|资金|金额)?(合计|总计|小计|共计|累计)([(（:：].*)?")


class TotalLeftOut(Broken):
    sentence = N_("第 %(line)s 行“%(found)s”是合计行，没有作为记账导入。")


class TotalDiffers(Broken):
    sentence = N_("合计行的金额是 %(found)s，与上面各行之和 %(expected)s 不一致，请核对是否漏行。")


class TotalUnreadable(Broken):
    sentence = N_("合计行的金额是“%(found)s”，无法与各行之和核对；应为%(expected)s。")


class Totals:
    """The running sums of each column of amounts. With reductions a total may count them or leave their sign away."""

    def __init__(self, table: Table, layout: Layout, findings: Findings) -> None:
        self._table, self._findings = table, findings
        self._units = layout.units
        self._texts = set(range(max(layout.columns.values()) + 1)) - set(layout.units)
        self._all = {column: [0, 0] for column in layout.units}
        self._since = {column: [0, 0] for column in layout.units}
        self.unsure = False  # once an amount could not be read, no total can be compared

    def add(self, column: int, fen: int) -> None:
        for sums in (self._all[column], self._since[column]):
            sums[0] += fen
            sums[1] += abs(fen)

    def is_total(self, line: int, cells: list[Any]) -> bool:
        """Whether the row is a total; then it is told, compared, and a sum begins anew."""
        word = next((cell for column, cell in enumerate(cells) if column in self._texts and _is_total(cell)), None)
        if word is None:
            return False
        sheet = self._table.sheet
        self._findings.tell(TotalLeftOut(line=line, found=text_of(word)), sheet=sheet, cell=f"{line}:{line}")
        partial = "小计" in matching(word)
        for column, unit in self._units.items():
            cell, name = cells[column], self._table.name(line, column)
            bad = self._table.marks.bad.get((line - 1, column))
            stated = None if bad is not None else _amount(cell, unit)
            sums = self._since[column] if partial else self._since[column] + self._all[column]
            if cell == "" and bad is None:
                continue
            if stated is None:
                error = TotalUnreadable(found=bad or text_of(cell), expected=N_("数字"))
                self._findings.add(error, sheet=sheet, cell=name, severity=WARNING)
            elif not self.unsure and stated not in sums:
                expected = typed(sums[0] if partial else self._all[column][0], unit)
                differs = TotalDiffers(found=typed(stated, unit), expected=expected)
                self._findings.add(differs, sheet=sheet, cell=name, severity=WARNING)
        self._since = {column: [0, 0] for column in self._units}
        return True


def matching(cell: str) -> str:
    return "".join(unicodedata.normalize("NFKC", cell).split())


def _is_total(cell: Any) -> bool:
    return isinstance(cell, str) and "计" in cell and _TOTAL.fullmatch(matching(cell)) is not None


def _amount(cell: Any, unit: str) -> int | None:
    try:
        return fen_from_text(cell, unit) if isinstance(cell, str) else exact_fen(float(cell), unit)
    except (Broken, TypeError, ValueError):
        return None
