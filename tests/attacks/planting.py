"""A database in which every text that a person can fill holds something that means harm.

Every text column of every table is planted unless it is named here with the reason, so that a new column is attacked without
anybody's doing; a table that has no rows in the demonstration gets one in missing_rows.py.
"""

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from sqlalchemy import String
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

import web.tables  # noqa: F401 (every table)
from core.database import Database
from seed.demo import load_demo
from tests.attacks.missing_rows import MISSING, STATES
from tests.attacks.visiting import file_of
from tests.real_plans import load_xiaoyi

# Nobody types these: the program chooses them, compares them, or finds records by them, and refuses every other value.
CHOSEN = {
    *("action", "better", "direction", "ending", "field", "formula", "how", "judgement", "kind", "level"),
    *(
        "nature",
        "operator",
        "baseline_operator",
        "reference_operator",
        "origin",
        "over_places",
        "over_time",
        "per",
        "reached",
    ),
    *("role", "rule", "scope", "scopes", "span", "stage", "state", "new_state", "subject", "tier"),
    *("unit", "baseline_unit", "whole_unit", "start_unit"),
    *("code", "jurisdiction_code", "parent_code", "key", "no", "order_key", "username", "media_type", "dimension"),
}
# Random or hashed by the program.
MADE = {
    *("hash", "previous_hash", "marks", "sha256", "source_sha256", "data_sha256", "workbook_sha256", "word_sha256"),
    *(
        "word_english_sha256",
        "password_hash",
        "secret",
        "sealed_secret",
        "token",
        "token_hash",
        "code_hash",
        "gram",
        "same_key",
    ),
}
# Columns by their full names.
BESIDES = {
    "measure.name": "loaded with the program and looked up by its name",
    "reporting_period.name": "2024Q4: read as a quarter",
    "edition.title": "made by the program of the plan's title, which is planted",
    "request_key.led_to": "an address that the program made; followed, not shown",
    "sign_in_step.next": "an address; test_addresses.py attacks it",
    "project_site.geometry": "GeoJSON that is parsed when it is sent; only numbers come out",
    "work_entry.geometry": "the same",
    "return_workbook.cells": "addresses of cells",
    "job.given": "what a job is to do, made by the program",
    "api_answer.body": "the answer that was given once, byte for byte",
}
# Numbers and words stand in the same column; only the words are replaced.
MIXED = {"return_cell.value", "return_cell.base"}
Payload = Callable[[int], str]


def planted_columns() -> list[tuple[str, str]]:
    """(table, column) of every text that is planted."""
    return [
        (table.name, column.name)
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, AutoString | String)
        and not column.foreign_keys
        and column.name not in CHOSEN | MADE
        and f"{table.name}.{column.name}" not in BESIDES
    ]


def load_history(database: Database) -> None:
    """The demonstration of one plan."""
    load_xiaoyi(database)
    with database.writing() as session:
        load_demo(session, 1, issued_from=20252, annual_from=2030)


def add_missing(database: Database) -> None:
    """A row in each table in which the demonstration has none, and a record in each state that it has not come to."""
    database.close()
    raw = sqlite3.connect(file_of(database))
    for table, rows in MISSING.items():
        for row in rows:
            _add(raw, table, row)
    for statement in STATES:
        assert raw.execute(statement).rowcount, statement
    raw.commit()
    raw.close()


HISTORY = (load_history, add_missing)


def _add(raw: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    """Adds a row; what it leaves out is filled with the first record that a key leads to, or with something of its type."""
    values = dict(row)
    for column in SQLModel.metadata.tables[table].columns:
        if column.name in values or (
            column.nullable and column.name not in values and not isinstance(column.type, AutoString)
        ):
            continue
        values[column.name] = _filled(raw, column)
    names = ", ".join(f'"{name}"' for name in values)
    raw.execute(f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * len(values))})', tuple(values.values()))


def _filled(raw: sqlite3.Connection, column: Any) -> Any:
    if column.foreign_keys:
        there = next(iter(column.foreign_keys)).column
        return raw.execute(f'SELECT "{there.name}" FROM "{there.table.name}" ORDER BY 1 LIMIT 1').fetchone()[0]
    if column.primary_key and column.autoincrement is not False and column.type.python_type is int:
        return None
    kind = column.type.python_type.__name__
    return {"int": 1, "bool": 0, "date": "2025-03-01", "datetime": "2025-03-01 00:00:00.000000", "bytes": b"x"}.get(
        kind, f"文字{column.name}"
    )


def plant(database: Database, payload: Payload) -> dict[int, str]:
    """Writes a payload into every text of every row; which number stands for which column comes back.

    A number is 10,000 times that of the column, and the row. Texts that hold JSON keep its shape: only what somebody wrote in
    words is replaced.
    """
    database.close()
    raw = sqlite3.connect(file_of(database))
    for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        raw.execute(f'DROP TRIGGER "{trigger}"')
    numbers: dict[int, str] = {}
    for number, (table, column) in enumerate(planted_columns(), start=1):
        numbers[number] = f"{table}.{column}"
        rows = raw.execute(f'SELECT rowid, "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL').fetchall()
        if not rows:  # nobody has filled it yet
            raw.execute(f'UPDATE "{table}" SET "{column}" = \'\' WHERE rowid IN (SELECT rowid FROM "{table}" LIMIT 9)')
            rows = raw.execute(f'SELECT rowid, "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL').fetchall()
        assert rows, f"{table} has no row: add one to tests/attacks/missing_rows.py"
        raw.executemany(
            f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?',
            [
                (_replaced(text, payload, number * 10_000 + row % 10_000), row)
                for row, text in rows
                if f"{table}.{column}" not in MIXED or not text.isascii()
            ],
        )
    raw.commit()
    raw.close()
    return numbers


def _replaced(text: str, payload: Payload, number: int) -> str:
    found = _json_replaced(text, payload(number))
    return payload(number) if found is None else found


def _json_replaced(text: str, by: str) -> str | None:
    """The text with its words replaced; None for what is no JSON."""
    if not text.startswith(("{", "[")):
        return None
    try:
        return json.dumps(_words_replaced(json.loads(text), by), ensure_ascii=False)
    except ValueError:
        return None


def _words_replaced(value: Any, by: str) -> Any:
    if isinstance(value, dict):
        return {name: _words_replaced(one, by) for name, one in value.items()}
    if isinstance(value, list):
        return [_words_replaced(one, by) for one in value]
    if not isinstance(value, str) or value.isascii():
        return value
    return _json_replaced(value, by) or by
