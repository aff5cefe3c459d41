"""The outlines of the map: every county of the seed files has one, it lies where it should, and drawing keeps its order."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from core.settings import settings
from portfolio import boundaries
from portfolio.boundaries import (
    LONGER,
    city_outlines,
    county_outlines,
    drawn,
    fitted,
    holds,
    inner_point,
    outlines,
)
from seed.checking import read_jurisdictions

JIEXIU, FENYANG, XIAOYI = "140781", "141182", "141181"


def of_level(level: int) -> dict[str, str]:
    known = read_jurisdictions(settings().seed_folder.parent / "jurisdictions.yaml").jurisdictions
    return {one.code: one.name for one in known if one.level == level}


def test_every_city_and_county_of_the_seed_file_has_rings_under_the_same_name() -> None:
    counties, cities = of_level(3), of_level(2)
    assert (len(cities), len(counties)) == (11, 117)
    assert {code: one.name for code, one in county_outlines(counties).items()} == counties
    assert {code: one.name for code, one in city_outlines(cities).items()} == cities
    for one in county_outlines(counties).values():
        assert one.rings, one.name
        for ring in one.rings:
            assert len(set(ring)) > 2
            assert ring[0] == ring[-1]


def test_only_the_province_asked_for_is_kept() -> None:
    assert set(of_level(3)) == set(outlines("14", 3))
    assert county_outlines(["999901"]) == {}


@pytest.mark.parametrize(
    ("code", "longitude", "latitude", "inside"),
    [
        (XIAOYI, 111.7788, 37.1448, True),  # the seat of 孝义
        (FENYANG, 111.7788, 37.1448, False),
        ("141100", 111.7788, 37.1448, True),  # its city and its province
        ("140000", 111.7788, 37.1448, True),
        ("141000", 111.7788, 37.1448, False),  # a code that begins alike
        ("140900", 111.7788, 37.1448, False),
        (XIAOYI, 116.40, 39.90, False),
        ("999901", 111.7788, 37.1448, None),
    ],
)
def test_a_point_lies_inside_its_county_and_nowhere_else(
    code: str, longitude: float, latitude: float, inside: bool | None
) -> None:
    assert holds(code, longitude, latitude) is inside


def test_the_projection_keeps_north_above_south_and_west_before_east() -> None:
    sheet = fitted(county_outlines(of_level(3)).values())
    xs = [sheet.place(longitude, 37.0)[0] for longitude in (110.5, 111.0, 112.5, 114.0)]
    ys = [sheet.place(112.0, latitude)[1] for latitude in (40.5, 39.0, 37.0, 35.0)]
    assert xs == sorted(xs)
    assert ys == sorted(ys)
    assert max(sheet.width, sheet.height) == pytest.approx(LONGER)
    # A degree of longitude is shorter than one of latitude, by the cosine of the latitude in the middle: 37.7 degrees.
    east, south = sheet.place(112, 37)[0] - sheet.place(111, 37)[0], sheet.place(111, 36)[1] - sheet.place(111, 37)[1]
    assert east / south == pytest.approx(0.79, abs=0.005)


def test_neighbours_keep_their_common_border_when_they_are_drawn() -> None:
    pair = county_outlines([XIAOYI, FENYANG])
    sheet = fitted(pair.values())
    one, other = ({frozenset(edge) for ring in drawn(pair[code], sheet) for edge in pairwise(ring)} for code in pair)
    assert len(one & other) > 10


def test_labels_stand_inside_their_counties() -> None:
    for city in of_level(2):
        known = county_outlines(code for code in of_level(3) if code.startswith(city[:4]))
        sheet = fitted(known.values())
        for code, outline in known.items():
            x, y = inner_point(drawn(outline, sheet))
            longitude = (x - sheet.margin) / sheet.shortening / sheet.per_degree + sheet.west
            latitude = sheet.north - (y - sheet.margin) / sheet.per_degree
            assert holds(code, longitude, latitude), outline.name


@pytest.fixture
def without_the_package(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As where the wheel with the outlines is not installed."""
    monkeypatch.setattr(boundaries, "PACKAGE", "no_such_package")
    outlines.cache_clear()
    yield
    outlines.cache_clear()


@pytest.mark.usefixtures("without_the_package")
def test_without_the_package_nothing_is_known_and_nothing_fails() -> None:
    assert county_outlines([XIAOYI]) == {}
    assert holds(XIAOYI, 111.7788, 37.1448) is None
