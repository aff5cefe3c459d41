"""What changed between two editions, row by row, out of their canonical data. Pure.

The comparison knows nothing of what a report holds but how it is written down: a list of records is a table whose rows are told
apart by their code, number or name; everything else that hangs on a record is a field of it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
ADDED, REMOVED, CHANGED = "added", "removed", "changed"
# What tells the rows of a table apart, the first that every row has and no two share.
_IDENTITIES = ("key", "code", "no", "number", "project", "name", "title", "label")
_DERIVED = ("narrative", "notes", "english")  # what is only said of the figures
_NAMES = ("name", "milestone", "title", "label", "programme", "department", "source", "text")
_WITHIN_ITS_PROJECT = "milestone"  # whose row has the name of its project too
_PLACES = ("number", "position", "order")
_EXACT = "_exact"  # beside a rounded ratio stands the exact one
_DIGITS = re.compile(r"([0-9]+)")


@dataclass(frozen=True)
class FieldChange:
    """A field of a row before and after; None where it is not known. Units: as in the canonical data (`_fen`, millionths …)."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class RowChange:
    """A row that came, went or changed. `key` begins with that of the row which it hangs on; `label` is its name for people."""

    key: str
    label: str
    kind: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True)
class TableChanges:
    """The rows of one table that differ; the table of the report itself has no name. `rows` counts those of before and after."""

    table: str
    rows: tuple[RowChange, ...]
    counts: tuple[int, int]

    def of(self, kind: str) -> tuple[RowChange, ...]:
        return tuple(row for row in self.rows if row.kind == kind)


@dataclass(frozen=True)
class Comparison:
    """Everything that differs, by table; empty when the data are the same."""

    tables: tuple[TableChanges, ...]

    def __bool__(self) -> bool:
        return bool(self.tables)

    @property
    def count(self) -> int:
        return sum(len(table.rows) for table in self.tables)

    def table(self, name: str) -> TableChanges | None:
        return next((table for table in self.tables if table.table == name), None)

    def as_json(self) -> list[dict[str, Any]]:
        """The differences as scripts read them."""
        return [
            {
                "table": table.table,
                "rows_before": table.counts[0],
                "rows_after": table.counts[1],
                **{kind: [_row_as_json(row) for row in table.of(kind)] for kind in (ADDED, REMOVED, CHANGED)},
            }
            for table in self.tables
        ]


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Comparison:
    """What is different in `after`."""
    one, other = ({name: data[name] for name in data if name not in _DERIVED} for data in (before, after))
    identities = _identities_of(one, other)
    first, second = _tables(one, identities), _tables(other, identities)
    found = []
    for name in sorted(first.keys() | second.keys()):
        old, new = first.get(name, {}), second.get(name, {})
        rows = tuple(_row_changes(old, new))
        if rows:
            found.append(TableChanges(name, rows, (len(old), len(new))))
    return Comparison(tuple(found))


def _row_changes(old: Mapping[str, Row], new: Mapping[str, Row]) -> Iterator[RowChange]:
    for key in sorted(old.keys() | new.keys(), key=_natural):
        was, now = old.get(key), new.get(key)
        kind = ADDED if was is None else REMOVED if now is None else CHANGED
        fields = tuple(_field_changes(was or {}, now or {}, moved=kind != CHANGED))
        if fields or kind != CHANGED:
            # Both sides must call the row alike, whichever of them comes first.
            yield RowChange(key, min(filter(None, (_label(was), _label(now))), default=key), kind, fields)


def _field_changes(was: Row, now: Row, *, moved: bool) -> Iterator[FieldChange]:
    # One row more above moves all places below it: nobody wants to read that.
    names = sorted(name for name in was.keys() | now.keys() if moved or name not in _PLACES)
    differing = [name for name in names if was.get(name) != now.get(name)]
    for name in differing:
        if not (name.endswith(_EXACT) and name.removesuffix(_EXACT) in differing):
            yield FieldChange(name, was.get(name), now.get(name))


# ---- the data as tables of rows of plain fields


def _tables(data: Mapping[str, Any], identities: Mapping[str, str | None]) -> dict[str, dict[str, Row]]:
    found: dict[str, dict[str, Row]] = {}
    _gather(found, "", "", data, identities)
    return found


def _gather(
    found: dict[str, dict[str, Row]], table: str, key: str, record: Row, identities: Mapping[str, str | None]
) -> None:
    """Puts a record into its table, and the lists of records that hang on it into tables of their own."""
    plain: dict[str, Any] = {}
    for name, value in _flat(record):
        if not isinstance(value, list) or not _is_table(value):
            plain[name] = value
            continue
        below = _below(table, name)
        for own, row in _keyed(value, identities[below]):
            _gather(found, below, f"{key}/{own}" if key else own, row, identities)
    if plain:
        found.setdefault(table, {})[key] = plain


def _flat(record: Row, above: str = "") -> Iterator[tuple[str, Any]]:
    """The fields of a record; those of records inside it by path. An empty list says nothing."""
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        elif value != []:
            yield f"{above}{name}", value


def _is_table(value: list[Any]) -> bool:
    return all(isinstance(one, Mapping) for one in value)


def _below(table: str, name: str) -> str:
    return f"{table}.{name}" if table else name


def _identities_of(*data: Row) -> dict[str, str | None]:
    """What tells the rows of each table apart: the same on both sides, and in every list that the table is made of."""
    lists: dict[str, list[list[Row]]] = {}
    for one in data:
        for table, rows in _lists("", one):
            lists.setdefault(table, []).append(rows)
    return {
        table: next((name for name in _IDENTITIES if all(_tells_apart(name, rows) for rows in found)), None)
        for table, found in lists.items()
    }


def _lists(table: str, record: Row) -> Iterator[tuple[str, list[Row]]]:
    for name, value in _flat(record):
        if isinstance(value, list) and _is_table(value):
            yield _below(table, name), value
            for row in value:
                yield from _lists(_below(table, name), row)


def _tells_apart(name: str, rows: Sequence[Row]) -> bool:
    keys = [str(row[name]) for row in rows if isinstance(row.get(name), str | int)]
    return len(keys) == len(rows) == len(set(keys))


def _keyed(rows: Sequence[Row], identity: str | None) -> Iterator[tuple[str, Row]]:
    """The rows by what tells them apart, else by their place."""
    for place, row in enumerate(rows, start=1):
        yield (f"#{place}" if identity is None else str(row[identity])), row


def _label(row: Row | None) -> str:
    if row is None:
        return ""
    own = next((str(row[name]) for name in _NAMES if isinstance(row.get(name), str) and row[name]), "")
    within = row.get(_WITHIN_ITS_PROJECT)
    return f"{own} · {within}" if isinstance(within, str) and within and within != own else own


def _natural(key: str) -> tuple[list[tuple[int, int, str]], str]:
    """Sorts xiaoyi-2 before xiaoyi-10."""
    parts = enumerate(_DIGITS.split(key))  # what stands between digits, then digits, in turn
    return [(0, int(part), "") if place % 2 else (1, 0, part) for place, part in parts], key


def _row_as_json(row: RowChange) -> dict[str, Any]:
    fields = {one.field: {"before": one.before, "after": one.after} for one in row.fields}
    return {"key": row.key, "label": row.label, "fields": fields}
