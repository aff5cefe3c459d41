"""The outlines of an area as SVG paths, drawn once per process."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from portfolio.boundaries import (
    Outline,
    Point,
    Projection,
    Ring,
    city_outlines,
    county_outlines,
    drawn,
    fitted,
    inner_point,
    outlines,
)


@dataclass(frozen=True)
class DrawnCounty:
    """A county as a path, and where its label stands. Units: those of the sheet."""

    path: str
    x: int
    y: int


@dataclass(frozen=True)
class Drawing:
    """A sheet with the counties of an area, the counties around them in the same province, and the borders of its cities."""

    projection: Projection
    counties: dict[str, DrawnCounty]
    around: tuple[str, ...]
    borders: tuple[str, ...]

    @property
    def size(self) -> tuple[int, int]:
        return round(self.projection.width), round(self.projection.height)

    def places(self, points: Sequence[Point]) -> list[tuple[int, int] | None]:
        """Where points (longitude, latitude) stand on the sheet; None for those that lie off it."""
        return [
            (round(x), round(y)) if self.projection.on_sheet(*point) else None
            for point in points
            for x, y in (self.projection.place(*point),)
        ]


@lru_cache(maxsize=32)
def drawing(codes: tuple[str, ...]) -> Drawing | None:
    """The sheet of these counties; None where none of their outlines is known."""
    known = county_outlines(codes)
    if not known:
        return None
    # One county alone leaves room for those around it.
    projection = fitted(known.values(), margin=120 if len(known) == 1 else 12)
    rings = {code: drawn(one, projection) for code, one in known.items()}
    cities = sorted({f"{code[:4]}00" for code in codes})
    return Drawing(
        projection,
        {code: _county(found) for code, found in rings.items() if found},
        tuple(_around(codes, projection)),
        tuple(_path(drawn(one, projection)) for one in city_outlines(cities).values()) if len(cities) > 1 else (),
    )


def _county(rings: list[Ring]) -> DrawnCounty:
    x, y = inner_point(rings)
    return DrawnCounty(_path(rings), round(x), round(y))


def _around(codes: tuple[str, ...], projection: Projection) -> list[str]:
    found = []
    for province in sorted({code[:2] for code in codes}):
        for code, outline in outlines(province, 3).items():
            if code not in codes and _touches(outline, projection):
                found.append(_path(drawn(outline, projection)))
    return found


def _touches(outline: Outline, projection: Projection) -> bool:
    """Whether the box around an outline reaches onto the sheet."""
    places = [projection.place(*point) for ring in outline.rings for point in ring]
    xs, ys = zip(*places, strict=True)
    return min(xs) < projection.width and max(xs) > 0 and min(ys) < projection.height and max(ys) > 0


def _path(rings: Sequence[Ring]) -> str:
    """The rings in whole units, each step counted from the one before: half as long as absolute places."""
    parts = []
    for ring in rings:
        x, y = (round(number) for number in ring[0])
        steps = [f"M{x} {y}l"]
        for next_x, next_y in ring[1:-1]:
            dx, dy = round(next_x) - x, round(next_y) - y
            steps.append(f"{dx}{'' if dy < 0 else ' '}{dy}{' '}")
            x, y = x + dx, y + dy
        parts.append("".join(steps).rstrip() + "z")
    return "".join(parts)
