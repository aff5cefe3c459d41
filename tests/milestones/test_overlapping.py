"""How much may be counted twice: at most the smaller of both, each unit of works once; and overlaps that cannot be."""

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milestones.overlapping import counted_twice, lies_in_itself

SMALL = st.integers(0, 9).map(lambda n: Fraction(n, 3))
PAIRS = st.sets(st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")), max_size=9)


def total(sizes: dict[str, int], *pairs: tuple[str, str]) -> Fraction:
    found = counted_twice({key: Fraction(size) for key, size in sizes.items()}, pairs)
    return sum(found.values(), Fraction(0))


def test_at_most_the_smaller_of_both_is_counted_twice() -> None:
    assert counted_twice({"in": Fraction(4000), "out": Fraction(5000)}, [("in", "out")]) == {"in": 4000}
    assert counted_twice({"in": Fraction(5000), "out": Fraction(4000)}, [("in", "out")]) == {"in": 4000}


def test_where_one_of_both_has_nothing_nothing_is_counted_twice() -> None:
    assert counted_twice({"in": Fraction(5), "out": Fraction(0)}, [("in", "out")]) == {}
    assert counted_twice({"in": Fraction(5)}, [("in", "out")]) == {}
    assert counted_twice({"in": Fraction(5)}, [("in", "in")]) == {}


def test_two_projects_share_the_room_that_an_outer_one_has() -> None:
    assert total({"a": 5, "b": 5, "out": 6}, ("a", "out"), ("b", "out")) == 6


def test_one_project_in_two_others_is_left_out_once_at_most() -> None:
    assert total({"a": 5, "x": 3, "y": 4}, ("a", "x"), ("a", "y")) == 5
    assert total({"a": 9, "x": 3, "y": 4}, ("a", "x"), ("a", "y")) == 7


def test_the_low_reading_is_the_lowest_whatever_the_order() -> None:
    sizes = {"a": 5, "b": 5, "x": 5, "y": 5}
    pairs = (("a", "x"), ("a", "y"), ("b", "x"))
    assert total(sizes, *pairs) == total(sizes, *reversed(pairs)) == 10


def test_of_a_chain_only_the_largest_is_left() -> None:
    assert total({"a": 5, "b": 5, "c": 5}, ("a", "b"), ("b", "c")) == 10
    assert total({"a": 2, "b": 3, "c": 5}, ("a", "b"), ("b", "c"), ("a", "c")) == 5


@settings(max_examples=60, deadline=None)
@given(inner=st.tuples(*[SMALL] * 4), outer=st.tuples(*[SMALL] * 4), pairs=PAIRS)
def test_as_much_is_counted_twice_as_the_narrowest_place_lets_through(
    inner: tuple[Fraction, ...], outer: tuple[Fraction, ...], pairs: set[tuple[str, str]]
) -> None:
    """By the theorem of cuts: of every choice of inner projects, what the others have and what those may lie in."""
    sizes = dict(zip("abcdwxyz", (*inner, *outer), strict=True))
    found = counted_twice(sizes, sorted(pairs))
    assert all(0 < amount <= sizes[key] for key, amount in found.items())
    least = min(
        sum(sizes[one] for one in set("abcd") - set(chosen))
        + sum(sizes[one] for one in {o for i, o in pairs if i in chosen})
        for size in range(5)
        for chosen in combinations("abcd", size)
    )
    assert sum(found.values(), Fraction(0)) == least


@pytest.mark.parametrize(
    ("pairs", "wanted"),
    [
        ([("a", "b"), ("b", "c"), ("a", "c")], False),
        ([("a", "a")], True),
        ([("a", "b"), ("b", "a")], True),
        ([("a", "b"), ("b", "c"), ("c", "a")], True),
    ],
)
def test_what_lies_in_itself_is_found(pairs: list[tuple[str, str]], *, wanted: bool) -> None:
    assert lies_in_itself(pairs) is wanted
