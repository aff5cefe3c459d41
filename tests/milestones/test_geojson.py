"""Points and outlines as people give them: what is kept, and what is refused with which words."""

import json
import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.degrees import HalfAPoint, degrees_text, point_micro
from core.errors import Broken, Invalid
from milestones.geojson import (
    GeometryTooLarge,
    HoleOutside,
    NotAPosition,
    NotGeoJSON,
    RingNotClosed,
    RingTooShort,
    SelfCrossing,
    TooManyPositions,
    checked_geometry,
)
from milestones.rings import first_crossing

SQUARE = [[111, 37], [112, 37], [112, 38], [111, 38], [111, 37]]
HOLE = [[111.2, 37.2], [111.4, 37.2], [111.4, 37.4], [111.2, 37.2]]


def polygon(*rings: Any) -> str:
    return json.dumps({"type": "Polygon", "coordinates": rings})


def refused(text: str) -> Broken:
    with pytest.raises(Broken) as told:
        checked_geometry(text)
    assert told.value.field == "geometry"
    return told.value


# ---- points


def test_a_typed_point_is_kept_in_millionths_of_a_degree() -> None:
    assert point_micro("37.1234565", " １１１．５° ") == (37_123_457, 111_500_000)
    assert point_micro("", None) is None
    assert degrees_text(37_100_000) == "37.1"


@pytest.mark.parametrize(("latitude", "longitude", "field"), [("37", "", "longitude"), (None, "111", "latitude")])
def test_half_a_point_names_the_half_that_is_missing(latitude: str | None, longitude: str | None, field: str) -> None:
    with pytest.raises(HalfAPoint) as told:
        point_micro(latitude, longitude)
    assert told.value.field == field


@pytest.mark.parametrize(
    ("latitude", "longitude", "field"),
    [
        ("111.7", "37.1", "latitude"),  # exchanged
        ("37.1", "-111.7", "longitude"),
        ("37.1", "180", "longitude"),
        ("三十七", "111", "latitude"),
        ("37°08′", "111", "latitude"),
        ("nan", "111", "latitude"),
        ("1e1", "111", "latitude"),
    ],
)
def test_a_point_elsewhere_says_what_was_found_and_expected(latitude: str, longitude: str, field: str) -> None:
    with pytest.raises(Invalid) as told:
        point_micro(latitude, longitude)
    assert told.value.field == field
    assert told.value.facts["found"] == f"“{latitude if field == 'latitude' else longitude}”"
    assert "度数" in str(told.value)


# ---- outlines


def test_an_outline_is_kept_in_one_way_of_writing_it() -> None:
    spaced = polygon([[111.0, 37.00], [112, 37, 1200], [112, 37, 1300], [112.00000004, 38], [111, 37]])
    assert checked_geometry(spaced) == '{"type":"Polygon","coordinates":[[[111,37],[112,37],[112,38],[111,37]]]}'
    assert checked_geometry(checked_geometry(spaced)) == checked_geometry(spaced)
    assert checked_geometry("  ") is None


def test_a_feature_is_read_as_its_geometry() -> None:
    point = {"type": "Point", "coordinates": [111.5, 37.5]}
    feature = {"type": "Feature", "properties": {"name": "一号"}, "geometry": point}
    kept = '{"type":"Point","coordinates":[111.5,37.5]}'
    assert checked_geometry(json.dumps(point)) == kept
    assert checked_geometry(json.dumps(feature)) == kept
    assert checked_geometry(json.dumps({"type": "FeatureCollection", "features": [feature]})) == kept
    assert isinstance(refused(json.dumps({"type": "FeatureCollection", "features": [feature, feature]})), NotGeoJSON)


def test_neighbouring_plots_may_share_an_edge_and_a_hole_may_touch_the_boundary() -> None:
    neighbour = [[112, 37], [113, 37], [113, 38], [112, 38], [112, 37]]
    several = json.dumps({"type": "MultiPolygon", "coordinates": [[SQUARE], [neighbour]]})
    assert (checked_geometry(several) or "").count("[112,38]") == 2
    touching = [[111, 37.5], [111.4, 37.4], [111.4, 37.6], [111, 37.5]]
    assert checked_geometry(polygon(SQUARE, HOLE))
    assert checked_geometry(polygon(SQUARE, touching))


@pytest.mark.parametrize(
    ("rings", "where"),
    [
        ([[[111, 37], [112, 38], [112, 37], [111, 38], [111, 37]]], "[111.5,37.5]"),  # a bow tie
        ([[[111, 37], [113, 37], [112, 37], [112, 38], [111, 37]]], "[112,37]"),  # back upon itself
        ([[[111, 37], [112, 37], [113, 37], [111, 37]]], "[112,37]"),  # flat
        ([[[111, 37], [112, 37], [112, 38], [111.5, 37], [111, 38], [111, 37]]], "[111.5,37]"),  # touches itself
        ([SQUARE, [[111.5, 37.5], [112.5, 37.4], [112.5, 37.6], [111.5, 37.5]]], None),  # a hole that comes out
        ([SQUARE, SQUARE], None),  # a hole that leaves nothing
    ],
)
def test_a_boundary_that_crosses_itself_says_where(rings: list[Any], where: str | None) -> None:
    problem = refused(polygon(*rings))
    assert isinstance(problem, SelfCrossing)
    assert where is None or problem.facts["found"] == where


def test_plots_that_overlap_are_refused() -> None:
    shifted = [[east + 0.5, north + 0.5] for east, north in SQUARE]
    several = json.dumps({"type": "MultiPolygon", "coordinates": [[SQUARE], [shifted]]})
    assert isinstance(refused(several), SelfCrossing)


def test_a_hole_outside_is_refused_also_when_it_comes_out_through_corners() -> None:
    away = [[113, 37], [114, 37], [114, 38], [113, 37]]
    through = [[111.5, 37.5], [112, 37.4], [112.5, 37.5], [112, 37.6], [111.5, 37.5]]
    assert isinstance(refused(polygon(SQUARE, away)), HoleOutside)
    assert isinstance(refused(polygon(SQUARE, through)), HoleOutside)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("铁路以北", NotGeoJSON),
        ("{", NotGeoJSON),
        ("null", NotGeoJSON),
        ("[" * 50_000, NotGeoJSON),
        ("\ud800", NotGeoJSON),
        ('{"type":"LineString","coordinates":[[111,37],[112,38]]}', NotGeoJSON),
        ('{"type":["Point"]}', NotGeoJSON),
        ('{"type":"Polygon"}', NotGeoJSON),
        ('{"type":"Polygon","coordinates":[]}', NotGeoJSON),
        ('{"type":"MultiPolygon","coordinates":[[]]}', NotGeoJSON),
        ('{"type":"Point","coordinates":[NaN,37]}', NotGeoJSON),
        ('{"type":"Point"}', NotAPosition),
        ('{"type":"Point","coordinates":[37,111]}', NotAPosition),  # exchanged
        ('{"type":"Point","coordinates":["111","37"]}', NotAPosition),
        ('{"type":"Point","coordinates":[true,37]}', NotAPosition),
        ('{"type":"Point","coordinates":[111,37,0,0]}', NotAPosition),
        ('{"type":"Point","coordinates":[1e999999999,37]}', NotAPosition),
        ('{"type":"Polygon","coordinates":[[[111,37],[112,37],[111,37]]]}', RingTooShort),
        ('{"type":"Polygon","coordinates":[[[111,37],[111,37],[111,37],[111,37]]]}', RingTooShort),
        ('{"type":"Polygon","coordinates":[[[111,37],[112,37],[112,38],[111,38]]]}', RingNotClosed),
        ('{"type":"Point","coordinates":[111,37]' + " " * 200_000 + "}", GeometryTooLarge),
    ],
)
def test_what_is_no_outline_is_refused_by_name(text: str, error: type[Broken]) -> None:
    problem = refused(text)
    assert type(problem) is error
    str(problem).encode()


def test_an_outline_of_too_many_places_is_refused() -> None:
    circle = [[round(111 + math.cos(n / 800), 5), round(37 + math.sin(n / 800), 5)] for n in range(5_001)]
    assert isinstance(refused(polygon([*circle, circle[0]])), TooManyPositions)


PLACES = st.tuples(st.integers(0, 12), st.integers(0, 12))


@settings(max_examples=150, deadline=None)
@given(st.lists(PLACES, min_size=3, max_size=7, unique=True))
def test_edges_that_cross_are_found_as_by_comparing_every_pair(places: list[tuple[int, int]]) -> None:
    ring = [*places, places[0]]
    assert (first_crossing([[ring]]) is not None) == _crosses(ring)
    turned = [*places[1:], places[0], places[1]]
    assert (first_crossing([[turned]]) is None) == (first_crossing([[ring]]) is None)
    assert (first_crossing([[ring[::-1]]]) is None) == (first_crossing([[ring]]) is None)


def _crosses(ring: list[tuple[int, int]]) -> bool:
    """The same by brute force: two edges have a place in common that is not the corner between them."""
    edges = list(pairwise(ring))
    for one, (a, b) in enumerate(edges):
        for other in range(one + 1, len(edges)):
            c, d = edges[other]
            corner = {b} if other == one + 1 else {a} if (one, other) == (0, len(edges) - 1) else set()
            if _common(a, b, c, d) - corner or (corner and _fold(a, b, c, d)):
                return True
    return False


def _common(a: Any, b: Any, c: Any, d: Any) -> set[Any]:
    """Where two edges meet: an end that lies on the other edge, or a crossing."""
    found = {end for end in (a, b) if _on(end, c, d)} | {end for end in (c, d) if _on(end, a, b)}
    sides = _side(a, b, c) * _side(a, b, d), _side(c, d, a) * _side(c, d, b)
    return found | ({"crossing"} if sides[0] < 0 and sides[1] < 0 else set())


def _fold(a: Any, b: Any, c: Any, d: Any) -> bool:
    """Whether neighbours lie upon each other: an end of one inside the other."""
    ends = [(end, c, d) for end in (a, b)] + [(end, a, b) for end in (c, d)]
    return any(_on(end, p, q) and end not in (p, q) for end, p, q in ends)


def _side(a: Any, b: Any, c: Any) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _on(place: Any, a: Any, b: Any) -> bool:
    between = all(min(a[axis], b[axis]) <= place[axis] <= max(a[axis], b[axis]) for axis in (0, 1))
    return between and _side(a, b, place) == 0
