"""Entries of the ledger as files and scripts get them: rows of plain values, and CSV. The workbook is workbook_ledger.py's."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from budgets.entries import KINDS, STAGES, STATES
from budgets.ledger import source_names
from budgets.ledger_list import LedgerFilter, every_entry
from core.calendar import quarter_name
from core.errors import N_
from core.money import typed
from core.people import aware
from core.settings import settings
from portfolio.access import Reader
from reports.delimited import csv_cell, csv_chunks
from reports.findings import Words, words_in

# The export contract: what scripts may rely on.
NAMES = (
    *("id", "plan", "project", "name", "package", "stage", "kind", "source", "occurred_on", "amount_fen", "document"),
    *("note", "state", "posted_period", "reverses", "reversed_by", "correction_reason", "rejected_reason"),
    *("recorded_by", "recorded_at", "submitted_by", "submitted_at", "approved_by", "approved_at", "own_department"),
)
# The columns of CSV and workbook: title, width in the workbook, and what kind of value it holds.
COLUMNS = (
    (N_("编号"), 8, "whole"),
    (N_("规划"), 16, "text"),
    (N_("项目编号"), 14, "text"),
    (N_("项目名称"), 30, "text"),
    (N_("所属打包项目"), 18, "text"),
    (N_("环节"), 10, "middle"),
    (N_("类型"), 10, "middle"),
    (N_("资金来源"), 16, "text"),
    (N_("发生日期"), 12, "middle"),
    (N_("金额"), 16, "money"),
    (N_("文号或凭证号"), 20, "text"),
    (N_("摘要"), 22, "text"),
    (N_("状态"), 9, "middle"),
    (N_("填写人"), 14, "text"),
    (N_("填写时间"), 17, "middle"),
    (N_("提交人"), 14, "text"),
    (N_("审核人"), 14, "text"),
    (N_("审核时间"), 17, "middle"),
    (N_("入账季度"), 10, "middle"),
    (N_("冲销的编号"), 10, "whole"),
    (N_("冲销它的编号"), 10, "whole"),
    (N_("更正理由"), 16, "text"),
    (N_("退回原因"), 16, "text"),
)


def ledger_rows(
    session: Session, reader: Reader, chosen: LedgerFilter, plans: Mapping[int, str]
) -> Iterator[dict[str, Any]]:
    """The entries of a list as the export contract has them, oldest first, as they come. `plans` gives each plan's code.

    Units: `amount_fen` is below zero for reversals and reductions; moments are UTC.
    """
    sources = source_names(session)
    for row in every_entry(session, reader, chosen):
        yield ledger_row(row, plans, sources)


def ledger_row(row: Any, plans: Mapping[int, str], sources: Mapping[int | None, str]) -> dict[str, Any]:
    """A row of budgets/ledger_list.py as the export contract has it."""
    return {
        "id": row.id,
        "plan": plans[row.plan_id],
        "project": row.code,
        "name": row.name,
        "package": row.package_code,
        "stage": row.stage,
        "kind": row.kind,
        "source": sources.get(row.source_id),
        "occurred_on": row.occurred_on.isoformat(),
        "amount_fen": row.amount_fen,
        "document": row.document,
        "note": row.note,
        "state": row.state,
        "posted_period": None if row.posted_period is None else quarter_name(row.posted_period),
        "reverses": row.reverses_id,
        "reversed_by": row.reversal_id,
        "correction_reason": row.correction_reason,
        "rejected_reason": row.rejected_reason,
        "recorded_by": row.recorded_by,
        "recorded_at": utc_text(row.recorded_at),
        "submitted_by": row.submitted_by,
        "submitted_at": utc_text(row.submitted_at),
        "approved_by": row.approved_by,
        "approved_at": utc_text(row.approved_at),
        "own_department": row.own_department,
    }


def utc_text(at: datetime | None) -> str | None:
    """A moment as the export contract has it."""
    return None if at is None else aware(at).isoformat(timespec="seconds")


def rows_as_csv(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The rows of ledger_rows as CSV text in chunks; the header holds the names of the export contract."""

    def lines() -> Iterator[Sequence[str]]:
        yield NAMES
        for row in rows:
            yield [csv_cell(row[name]) for name in NAMES]

    return csv_chunks(lines())


PIECE = 500  # rows that are sent at a time


def json_list(rows: Iterable[dict[str, Any]]) -> Iterable[str]:
    """The rows as a JSON list, some hundred at a time: an answer waits for a thread before each piece."""
    before, held = "[", list[str]()
    for row in rows:
        held.append(f"{before}\n{json.dumps(row, ensure_ascii=False)}")
        before = ","
        if len(held) == PIECE:
            yield "".join(held)
            held.clear()
    held.append("[]\n" if before == "[" else "\n]\n")
    yield "".join(held)


def ledger_as_csv(
    rows: Iterable[Any], sources: Mapping[int | None, str], plans: Mapping[int, str], *, language: str, unit: str
) -> Iterator[str]:
    """The rows of budgets.ledger_list.every_entry as CSV text in chunks; amounts exact, in the unit that the header names."""
    return csv_chunks(_lines(rows, sources, plans, words_in(language), unit))


def _lines(
    rows: Iterable[Any], sources: Mapping[int | None, str], plans: Mapping[int, str], words: Words, unit: str
) -> Iterator[Sequence[str]]:
    say = words.say
    yield [
        say(N_("金额（%(unit)s）"), unit=words.money_unit(unit)) if kind == "money" else say(title)
        for title, _width, kind in COLUMNS
    ]
    for row in rows:
        values = cells_of(row, sources, plans, words)
        yield [
            typed(value, unit) if kind == "money" else csv_cell(value)
            for value, (_title, _width, kind) in zip(values, COLUMNS, strict=True)
        ]


def cells_of(row: Any, sources: Mapping[int | None, str], plans: Mapping[int, str], words: Words) -> tuple[Any, ...]:
    """The values of a row in the order of COLUMNS, in the reader's words; money is fen."""
    say = words.say
    return (
        row.id,
        plans.get(row.plan_id),
        row.code,
        row.name,
        row.package_name,
        say(STAGES[row.stage]),
        say(KINDS[row.kind]),
        sources.get(row.source_id),
        row.occurred_on.isoformat(),
        row.amount_fen,
        row.document,
        row.note,
        say(STATES[row.state]),
        say(row.recorded_by),
        _local(row.recorded_at),
        say(row.submitted_by) if row.submitted_by else None,
        say(row.approved_by) if row.approved_by else None,
        _local(row.approved_at),
        None if row.posted_period is None else quarter_name(row.posted_period),
        row.reverses_id,
        row.reversal_id,
        row.correction_reason,
        row.rejected_reason,
    )


def _local(at: datetime | None) -> str | None:
    return None if at is None else aware(at).astimezone(ZoneInfo(settings().timezone)).strftime("%Y-%m-%d %H:%M")
