"""CSV: the project list, and the lists of a plan. UTF-8 with a byte order mark, so that office programs read the Chinese right.

Formula injection: a text that a spreadsheet would take for a formula (it begins with = + - @, a tab or a line break, also
full-width, also after blanks) gets an apostrophe before it. Plain numbers such as -5.2 are left alone; so is everything else.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from budgets.rates import RATES, Rate
from core.errors import N_
from core.money import typed
from portfolio.projects import STATES
from reports.findings import Words, words_in

MARK = "\ufeff"
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_CHUNK = 200
ENDED = "ended"  # the state of projects that leave the sums


class _Line:
    """What the csv module writes to: keeps the last line."""

    text = ""

    def write(self, text: str) -> int:
        self.text = text
        return len(text)


def harmless(text: str) -> str:
    """The text so that no spreadsheet calculates it."""
    if text.startswith(_DANGEROUS) or text.lstrip().startswith(_DANGEROUS):
        return text if _NUMBER.fullmatch(text) else f"'{text}"
    return text


def csv_cell(value: Any) -> str:
    """A value as one cell: nothing for null, yes and no as 1 and 0, lists of texts joined, the rest of the nested as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return harmless("；".join(value))
    if isinstance(value, dict | list | tuple):
        return harmless(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    return harmless(str(value)) if isinstance(value, str) else str(value)


def csv_chunks(lines: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines as CSV text, some hundred at a time, the byte order mark first."""
    line = _Line()
    writer = csv.writer(line, lineterminator="\r\n")
    held = [MARK]
    for cells in lines:
        writer.writerow(cells)
        held.append(line.text)
        if len(held) > _CHUNK:
            yield "".join(held)
            held = []
    if held:
        yield "".join(held)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its citation as columns of their own: lines as two numbers, never as 1-2, which reads as a date."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if name != "source":
            flat[name] = value
            continue
        source = value or {"file": None, "table": None, "lines": [None, None]}
        flat["source_file"], flat["source_table"] = source["file"], source["table"]
        flat["source_first_line"], flat["source_last_line"] = source["lines"]
    return flat


def list_as_csv(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A list of reports/exports.py as CSV text in chunks; the header holds the names of the export contract.

    Units: `estimate_fen` stays in fen.
    """
    return csv_chunks(_list_lines(rows))


def _list_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[str]]:
    for number, row in enumerate(rows):
        flat = _flat(row)
        if number == 0:
            yield list(flat)
        yield [csv_cell(value) for value in flat.values()]


def state_name(words: Words, state: str | None) -> str:
    """A reported state as lists print it."""
    return words.say(STATES[state]) if state else words.say(N_("未填报"))


def project_list_as_csv(
    rows: Iterable[Any],
    *,
    language: str = "zh",
    unit: str = "万元",
    plans: Mapping[int, str] | None = None,
    money: bool = False,
) -> Iterator[str]:
    """The rows of portfolio.project_list.every_row as CSV text in chunks; amounts exact, in the unit that the header names.

    `plans` names the plans by id, marked where they are drafts; without it a plan is named by its code. `money` adds what
    was appropriated, done and paid.
    """
    return csv_chunks(_project_lines(rows, words_in(language), unit, plans or {}, money))


def _project_lines(
    rows: Iterable[Any], words: Words, unit: str, plans: Mapping[int, str], money: bool
) -> Iterator[Sequence[str]]:
    say, named_unit = words.say, words.money_unit(unit)
    titles = (
        N_("规划"), N_("项目编号"), N_("规划类别"), N_("子类别"), N_("项目名称"), N_("牵头部门"), N_("建设主体"),
        N_("项目状态"), N_("起始年份"), N_("结束年份"), N_("子项目数"),
    )  # fmt: skip
    amounts = [N_("总投资（%(unit)s）")]
    if money:
        amounts += [N_("下达（%(unit)s）"), N_("完成投资（%(unit)s）"), N_("支付（%(unit)s）")]
    rate = [say(RATES["investment_completion"].name)] if money else []
    yield [*map(say, titles), *(say(amount, unit=named_unit) for amount in amounts), *rate]
    for one in rows:
        named = plans.get(one.plan_id) or one.order_key.partition(":")[0]
        texts = (
            named,
            one.code,
            one.programme,
            one.package,
            one.name,
            one.lead,
            one.body,
            state_name(words, one.state),
        )
        numbers = (one.first_year, one.last_year, one.parts)
        line = [*map(csv_cell, (*texts, *numbers)), typed(one.estimate_fen, unit)]
        if money:
            line += [typed(fen, unit) for fen in (one.appropriated_fen, one.work_done_fen, one.paid_fen)]
            line.append(Rate(one.work_done_fen, one.estimate_fen).text)
        yield line
