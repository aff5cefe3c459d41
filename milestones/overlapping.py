"""How much may be counted twice where works of one project may lie in those of another. Pure, exact fractions.

What one project has lies in the others once at most, and what another has holds it once at most: of 5 亩 that may lie in 3 亩,
3 may be counted twice. Of several that may lie in several, it is the most that fits (a maximum flow), so that a low reading is
the lowest there can be, whatever the order in which overlaps were recorded.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

from core.units import converted, plain_unit
from milestones.indicator_rollup import Promise

Key = TypeVar("Key", bound=Hashable)


def counted_twice(sizes: Mapping[Key, Fraction], pairs: Iterable[tuple[Key, Key]]) -> dict[Key, Fraction]:
    """How much of each inner one may be in outer ones already; one of which nothing may be is not in it.

    Shape: `pairs` are (inner, outer), keys of `sizes`; all sizes are in one unit.
    """
    known = [(one, other) for one, other in dict.fromkeys(pairs) if one != other and one in sizes and other in sizes]
    outside: dict[Key, list[Key]] = defaultdict(list)
    for one, other in known:
        outside[one].append(other)
    left = {one: sizes[one] for one in outside}
    room = {other: sizes[other] for _, other in known}
    placed: dict[tuple[Key, Key], Fraction] = dict.fromkeys(known, Fraction(0))
    while (way := _way(outside, left, room, placed)) is not None:
        _place(way, left, room, placed)
    return {one: sizes[one] - rest for one, rest in left.items() if rest < sizes[one]}


def _way(
    outside: Mapping[Key, list[Key]],
    left: Mapping[Key, Fraction],
    room: Mapping[Key, Fraction],
    placed: Mapping[tuple[Key, Key], Fraction],
) -> list[Key] | None:
    """The shortest way to place more: inner, outer, inner … outer, where each further inner one makes room by moving on."""
    before: dict[Key, Key | None] = {one: None for one, rest in left.items() if rest > 0}
    came_to: dict[Key, Key] = {}
    waiting = list(before)
    for one in waiting:
        for other in outside[one]:
            if other in came_to:
                continue
            came_to[other] = one
            if room[other] > 0:
                return _back(other, before, came_to)
            for moved in outside:
                if moved not in before and placed.get((moved, other), 0) > 0:
                    before[moved] = other
                    waiting.append(moved)
    return None


def _back(last: Key, before: Mapping[Key, Key | None], came_to: Mapping[Key, Key]) -> list[Key]:
    way = [last]
    outer: Key | None = last
    while outer is not None:
        inner = came_to[outer]
        way.append(inner)
        outer = before[inner]
        if outer is not None:
            way.append(outer)
    return way[::-1]


def _place(
    way: list[Key], left: dict[Key, Fraction], room: dict[Key, Fraction], placed: dict[tuple[Key, Key], Fraction]
) -> None:
    """Places along a way as much as goes through all of it."""
    added = list(zip(way[::2], way[1::2], strict=True))
    moved = list(zip(way[2::2], way[1::2], strict=False))
    amount = min(left[way[0]], room[way[-1]], *(placed[pair] for pair in moved))
    left[way[0]] -= amount
    room[way[-1]] -= amount
    for pair in added:
        placed[pair] += amount
    for pair in moved:
        placed[pair] -= amount


def promises_marked(promises: Sequence[Promise]) -> tuple[Promise, ...]:
    """These commitments, each with how much of it others among them may hold already (`inside`)."""
    units: dict[int, str] = {}
    for one in promises:
        units.setdefault(one.measure_id, plain_unit(one.unit))
    sizes = {one.commitment_id: converted(one.quantity, one.unit, units[one.measure_id]) for one in promises}
    pairs = [(one.commitment_id, other) for one in promises for other in sorted(one.within)]
    inside = counted_twice(sizes, pairs)
    return tuple(
        replace(one, inside=converted(inside[one.commitment_id], units[one.measure_id], one.unit))
        if one.commitment_id in inside
        else one
        for one in promises
    )


def lies_in_itself(pairs: Iterable[tuple[Key, Key]]) -> bool:
    """Whether something lies in itself by these (inner, outer) pairs, at once or by way of others."""
    outside: dict[Key, set[Key]] = defaultdict(set)
    for one, other in pairs:
        outside[one].add(other)
    # Whatever lies in nothing is taken away, again and again; what is left goes round.
    while outside:
        ends = [one for one, others in outside.items() if not any(other in outside for other in others)]
        if not ends:
            return True
        for one in ends:
            del outside[one]
    return False
