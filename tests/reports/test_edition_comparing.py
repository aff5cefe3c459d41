"""What changed between two editions: by a hand-made example, and by properties over any data."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.edition_comparing import (
    ADDED,
    CHANGED,
    REMOVED,
    Comparison,
    FieldChange,
    RowChange,
    TableChanges,
    compare,
)

BEFORE = {
    "cover": {"period": "2025Q2", "plan": "qingshan"},
    "projects": [
        {
            "code": "q-1",
            "number": 1,
            "name": "造林",
            "paid_fen": 100,
            "rate": "50.00%",
            "rate_exact": [1, 2],
            "lamp": "green",
        },
        {"code": "q-2", "number": 2, "name": "污水厂", "paid_fen": 0, "rate": "—", "rate_exact": None, "lamp": "red"},
        {"code": "q-10", "number": 3, "name": "水源地", "paid_fen": None, "parts": [{"code": "q-10-1", "paid_fen": 7}]},
    ],
    "notes": ["甲"],
    "orders": [],
}
AFTER = {
    "cover": {"period": "2025Q3", "plan": "qingshan"},
    "projects": [
        {"code": "q-3", "number": 1, "name": "新项目", "paid_fen": 5},
        {
            "code": "q-1",
            "number": 2,
            "name": "造林",
            "paid_fen": 150,
            "rate": "75.00%",
            "rate_exact": [3, 4],
            "lamp": "green",
        },
        {"code": "q-10", "number": 3, "name": "水源地", "paid_fen": 0, "parts": [{"code": "q-10-1", "paid_fen": 9}]},
    ],
    "notes": ["甲"],
    "orders": [{"number": 1, "title": "督办"}],
}


def test_rows_that_came_went_and_changed_are_told_with_their_fields() -> None:
    found = compare(BEFORE, AFTER)
    assert [table.table for table in found.tables] == ["", "orders", "projects", "projects.parts"]
    projects = found.table("projects")
    assert projects is not None
    assert projects.counts == (3, 3)
    assert [(row.kind, row.key, row.label) for row in projects.rows] == [
        ("changed", "q-1", "造林"),
        ("removed", "q-2", "污水厂"),
        ("added", "q-3", "新项目"),
        ("changed", "q-10", "水源地"),
    ]
    first = projects.of(CHANGED)[0]
    assert first.fields == (FieldChange("paid_fen", 100, 150), FieldChange("rate", "50.00%", "75.00%"))
    assert projects.of(CHANGED)[1].fields == (FieldChange("paid_fen", None, 0),), "未填报 is not 0"
    parts = found.table("projects.parts")
    assert parts is not None
    assert [(row.key, row.fields) for row in parts.rows] == [("q-10/q-10-1", (FieldChange("paid_fen", 7, 9),))]
    assert found.tables[0].rows[0].fields == (FieldChange("cover.period", "2025Q2", "2025Q3"),)
    assert found.count == 7


def test_a_ratio_that_only_differs_beyond_its_decimals_is_told_by_its_exact_pair() -> None:
    one, other = ({"rows": [{"code": "a", "rate": "0.3333", "rate_exact": pair}]} for pair in ([1, 3], [3333, 10000]))
    assert compare(one, other).tables[0].rows[0].fields == (FieldChange("rate_exact", [1, 3], [3333, 10000]),)


def test_rows_without_a_name_of_their_own_are_told_apart_by_their_place() -> None:
    found = compare({"rows": [{"a": 1}, {"a": 1}]}, {"rows": [{"a": 1}, {"a": 2}, {"a": 1}]})
    assert [(row.kind, row.key) for row in found.tables[0].rows] == [("changed", "#2"), ("added", "#3")]


_LEAVES = st.none() | st.integers(-5, 5) | st.sampled_from(["甲", "乙", "1", ""])
_ROWS = st.lists(
    st.fixed_dictionaries(
        {"code": st.sampled_from("abcdef")},
        optional={"name": st.sampled_from("甲乙"), "paid_fen": _LEAVES, "more": st.fixed_dictionaries({"x": _LEAVES})},
    ),
    max_size=5,
)
_DATA: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"cover": st.fixed_dictionaries({"period": _LEAVES}), "rows": _ROWS}, optional={"orders": _ROWS, "n": _LEAVES}
)


@settings(max_examples=60)
@given(_DATA)
def test_nothing_changes_between_an_edition_and_itself(data: dict[str, Any]) -> None:
    assert not compare(data, data)


@settings(max_examples=100)
@given(_DATA, _DATA)
def test_the_other_way_round_is_the_inverse(one: dict[str, Any], other: dict[str, Any]) -> None:
    found = compare(one, other)
    assert compare(other, one) == Comparison(tuple(_inverted(table) for table in found.tables))


def _inverted(table: TableChanges) -> TableChanges:
    kinds = {ADDED: REMOVED, REMOVED: ADDED, CHANGED: CHANGED}
    rows = [
        RowChange(
            *(row.key, row.label, kinds[row.kind]),
            tuple(FieldChange(one.field, one.after, one.before) for one in row.fields),
        )
        for row in table.rows
    ]
    return TableChanges(table.table, tuple(rows), (table.counts[1], table.counts[0]))
