"""The three-way merge of a return's cells: every case, and what holds of all of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.return_merge import decided, merged

VALUES = st.sampled_from([None, "1", "2", "3"])


def merge(base: str | None, theirs: str | None, ours: str | None) -> list[tuple[str | None, bool]]:
    """What the file would write into one cell, and whether that is a conflict."""
    stood = {} if base is None else {"a": base}
    stands = {} if ours is None else {"a": ours}
    return [(one.theirs, one.is_conflict) for one in merged(stood, {"a": theirs}, stands)]


@pytest.mark.parametrize(
    ("base", "theirs", "ours", "expected"),
    [
        (None, "1", None, [("1", False)]),
        ("1", "2", "1", [("2", False)]),
        ("1", None, "1", [(None, False)]),
        ("1", "1", "2", []),
        (None, None, "2", []),
        ("1", "2", "2", []),
        ("1", None, None, []),
        ("1", "2", "3", [("2", True)]),
        ("1", None, "3", [(None, True)]),
        ("1", "2", None, [("2", True)]),
        (None, "2", "3", [("2", True)]),
    ],
)
def test_each_case_of_a_cell(
    base: str | None, theirs: str | None, ours: str | None, expected: list[tuple[str | None, bool]]
) -> None:
    assert merge(base, theirs, ours) == expected


def test_a_cell_of_which_the_file_does_not_speak_is_no_change() -> None:
    assert list(merged({"a": "1"}, {}, {"a": "2"})) == []


@settings(max_examples=200)
@given(VALUES, VALUES, VALUES)
def test_what_is_written_makes_the_second_merge_empty(base: str | None, theirs: str | None, ours: str | None) -> None:
    for value, _conflict in merge(base, theirs, ours):
        assert merge(base, theirs, value) == []


@settings(max_examples=200)
@given(VALUES, VALUES, VALUES)
def test_only_a_cell_that_both_changed_is_a_conflict(base: str | None, theirs: str | None, ours: str | None) -> None:
    conflicts = [value for value, conflict in merge(base, theirs, ours) if conflict]
    assert bool(conflicts) == (len({base, theirs, ours}) == 3)


def test_a_conflict_waits_until_somebody_decides() -> None:
    changes = list(merged({"a": "1", "b": "1"}, {"a": "2", "b": "2"}, {"a": "3", "b": "1"}))
    wanted, left = decided(changes, (), ())
    assert [one.key for one in wanted] == ["b"]
    assert [one.key for one in left] == ["a"]
    assert [one.key for one in decided(changes, ("a",), ())[0]] == ["a", "b"]
    assert decided(changes, (), ("a",))[1] == []
