"""Entries of the log as rows of text, the same on the page, as CSV and in a workbook."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from core.audit import absent_in
from core.calendar import quarter_name
from core.errors import N_, Broken
from core.money import formatted
from core.people import aware
from core.settings import settings
from core.units import text_from_micro
from reports.audit_names import RecordName
from reports.audit_scopes import SUBJECTS
from reports.audit_words import Value, changes_of
from reports.delimited import csv_cell, csv_chunks
from reports.findings import Words, words_in

MOST_IN_A_WORKBOOK = 100_000
# What heads a column, and how wide it is in a workbook.
COLUMNS = (
    (N_("编号"), 9),
    (N_("时间"), 19),
    (N_("何人"), 22),
    (N_("代谁"), 18),
    (N_("来源地址"), 18),
    (N_("操作"), 14),
    (N_("记录类别"), 14),
    (N_("记录编号"), 10),
    (N_("记录"), 36),
    (N_("理由"), 30),
    (N_("变更"), 60),
    (N_("修改前（原文）"), 30),
    (N_("修改后（原文）"), 30),
)
_BATCH = 1_000
_NOTHING = "—"


class TooManyForAWorkbook(Broken):
    sentence = N_(
        "符合条件的操作记录有 %(found)s 条，一个 Excel 文件最多放 %(limit)s 条。请缩小日期范围，或者导出 CSV。"
    )


@dataclass(frozen=True)
class LogLine:
    """An entry in words: `changes` are (field, before, after)."""

    row: Any
    subject: str
    record: RecordName
    changes: tuple[tuple[str, str, str], ...]


def log_lines(session: Session, rows: Iterable[Any], words: Words, unit: str) -> list[LogLine]:
    """The entries in words."""
    rows = list(rows)
    changes, names = changes_of(session, rows)

    def label(name: str, of: str | None) -> str:
        said = words.say(name)
        return said if of is None else f"{of} · {said}"

    return [
        LogLine(
            row,
            words.say(SUBJECTS.get(row.subject, row.subject)),
            names.get((row.subject, row.subject_id))
            or RecordName(f"#{row.subject_id}" if row.subject_id else _NOTHING),
            tuple(
                (label(one.field, one.of), _text(one.before, words, unit), _text(one.after, words, unit))
                for one in changes[row.id]
            ),
        )
        for row in rows
    ]


def _text(value: Value, words: Words, unit: str) -> str:
    if value.kind == "none":
        return _NOTHING
    if value.kind == "yes":
        return words.say(N_("是")) if value.value else words.say(N_("否"))
    if value.kind == "money":
        return f"{formatted(value.value, unit)} {words.money_unit(unit)}"
    said: dict[str, Callable[[Any], str]] = {"micro": text_from_micro, "quarter": quarter_name, "word": words.say}
    return said.get(value.kind, str)(value.value)


def log_cells(
    session: Session, rows: Iterable[Any], act: Callable[[str], str], *, language: str, unit: str
) -> Iterator[tuple[Any, ...]]:
    """The cells of every entry, in the order of COLUMNS, read some at a time."""
    words, rows, clock = words_in(language), iter(rows), ZoneInfo(settings().timezone)
    while batch := list(islice(rows, _BATCH)):
        for line in log_lines(session, batch, words, unit):
            row, at = line.row, aware(line.row.at)
            changes = [f"{name}{words.say(N_('：'))}{before} → {after}" for name, before, after in line.changes]
            yield (
                *(
                    row.id,
                    at.astimezone(clock).strftime("%Y-%m-%d %H:%M:%S"),
                    words.say(row.actor),
                    None if row.on_behalf_of_id is None else absent_in(row.actor),
                    row.came_from,
                    act(row.action),
                ),
                *(line.subject, row.subject_id, line.record.text, row.reason),
                *(words.say(N_("；")).join(changes), row.before, row.after),
            )


def log_as_csv(
    session: Session, rows: Iterable[Any], act: Callable[[str], str], *, language: str, unit: str
) -> Iterator[str]:
    """The entries as CSV text."""
    words = words_in(language)

    def lines() -> Iterator[Sequence[str]]:
        yield [words.say(title) for title, _ in COLUMNS]
        for cells in log_cells(session, rows, act, language=language, unit=unit):
            yield [csv_cell(cell) for cell in cells]

    return csv_chunks(lines())
