"""Closed rings of whole numbers: whether edges cross, and what lies inside what. Pure and exact."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

Place = tuple[int, int]
Ring = list[Place]  # closed: its last place is its first


class _Edge:
    """One edge of a ring, with the box around it and where it stands: polygon, ring, number among the edges of its ring."""

    __slots__ = ("a", "b", "bottom", "last", "left", "number", "polygon", "right", "ring", "top")

    def __init__(self, a: Place, b: Place, polygon: int, ring: int, number: int, last: int) -> None:
        self.a, self.b = a, b
        self.left, self.right = (a[0], b[0]) if a[0] < b[0] else (b[0], a[0])
        self.bottom, self.top = (a[1], b[1]) if a[1] < b[1] else (b[1], a[1])
        self.polygon, self.ring, self.number, self.last = polygon, ring, number, last


def first_crossing(polygons: Sequence[Sequence[Ring]]) -> Place | None:
    """A place where edges cross, the first one from the west; None where none do.

    A ring meets itself nowhere. Rings of one polygon may touch at a place and nowhere lie upon each other; different
    polygons, such as neighbouring plots, may share edges and must not cross.
    """
    edges = sorted(_edges(polygons), key=lambda edge: edge.left)
    passing: list[_Edge] = []
    for edge in edges:
        # Only edges that begin further west and reach this far can meet this one.
        passing = [other for other in passing if other.right >= edge.left]
        bottom, top = edge.bottom, edge.top
        for other in passing:
            if other.bottom <= top and other.top >= bottom and _clash(edge, other):
                return _meeting(edge, other)
        passing.append(edge)
    return None


def inside(ring: Ring, outer: Ring) -> bool:
    """Whether no place of a ring lies outside `outer`; it may touch the boundary."""
    return all(_within(place, outer) is not False for place in ring)


def _edges(polygons: Sequence[Sequence[Ring]]) -> list[_Edge]:
    return [
        _Edge(a, b, number, place, edge, len(ring) - 2)
        for number, rings in enumerate(polygons)
        for place, ring in enumerate(rings)
        for edge, (a, b) in enumerate(pairwise(ring))
    ]


def _turn(a: Place, b: Place, c: Place) -> int:
    """Above zero when the way from a over b to c turns left, below when right, 0 when it is straight."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _clash(one: _Edge, other: _Edge) -> bool:
    """Whether two edges whose boxes meet do what their places in the rings do not allow."""
    turns = _turns(one, other)
    if _apart(turns[0], turns[1]) and _apart(turns[2], turns[3]):
        return True  # they cross in the middle of both
    if one.polygon != other.polygon:
        return False
    straight = not any(turns)
    if one.ring != other.ring:
        return straight and _overlap(one, other)
    gap = abs(one.number - other.number)
    if gap in (1, one.last):
        # Neighbours meet in the place between them, and must not turn back upon each other. A ring has at least three edges.
        return straight and _overlap(one, other)
    return bool(_touch(one, other, turns))


def _turns(one: _Edge, other: _Edge) -> tuple[int, int, int, int]:
    """On which side of each edge the ends of the other lie."""
    return (
        _turn(one.a, one.b, other.a),
        _turn(one.a, one.b, other.b),
        _turn(other.a, other.b, one.a),
        _turn(other.a, other.b, one.b),
    )


def _apart(one: int, other: int) -> bool:
    return (one > 0 > other) or (one < 0 < other)


def _overlap(one: _Edge, other: _Edge) -> bool:
    """Whether two edges on one line have more than a place in common."""
    axis = 0 if one.left != one.right else 1
    low = max(min(one.a[axis], one.b[axis]), min(other.a[axis], other.b[axis]))
    high = min(max(one.a[axis], one.b[axis]), max(other.a[axis], other.b[axis]))
    return low < high


def _touch(one: _Edge, other: _Edge, turns: tuple[int, int, int, int]) -> list[Place]:
    """The ends of either edge that lie on the other."""
    ends = ((turns[0], other.a, one), (turns[1], other.b, one), (turns[2], one.a, other), (turns[3], one.b, other))
    return [
        place
        for turn, place, edge in ends
        if turn == 0 and edge.left <= place[0] <= edge.right and edge.bottom <= place[1] <= edge.top
    ]


def _meeting(one: _Edge, other: _Edge) -> Place:
    """Where two edges meet, to the whole number: an end of one inside the other, else any end, else where they cross."""
    turns = _turns(one, other)
    ends = _touch(one, other, turns)
    if ends:
        corners = {one.a, one.b} & {other.a, other.b}
        return next((end for end in ends if end not in corners), ends[0])
    share = Fraction(turns[2], turns[2] - turns[3])
    return round(one.a[0] + share * (one.b[0] - one.a[0])), round(one.a[1] + share * (one.b[1] - one.a[1]))


def _within(place: Place, ring: Ring) -> bool | None:
    """Whether a place lies inside a ring; None when on it."""
    east, north = place
    within = False
    for a, b in pairwise(ring):
        low, high = (a, b) if a[1] < b[1] else (b, a)
        if not low[1] <= north <= high[1]:
            continue
        turn = _turn(low, high, place)
        if turn == 0 and min(a[0], b[0]) <= east <= max(a[0], b[0]):
            return None
        # Half-open in height, so that a corner is counted once.
        if north < high[1] and turn > 0:
            within = not within
    return within
