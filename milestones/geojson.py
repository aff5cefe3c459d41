"""Points and outlines as people give them in GeoJSON, checked. Pure. Typed points stand in core/degrees.py.

Coordinates are WGS 84. They are counted in whole ten-millionths of a degree (one centimetre), so that whether two edges cross
is decided exactly.
"""

import json
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from core.degrees import LATITUDES, LONGITUDES
from core.errors import N_, Broken
from milestones.rings import Place, Ring, first_crossing, inside

LARGEST_BYTES = 200_000
MOST_POSITIONS = 5_000
LABEL = N_("图形（GeoJSON）")
_SHAPES = ("Point", "Polygon", "MultiPolygon")
_PER_DEGREE = 10_000_000
_SHORTEST = 4  # a triangle that comes back to where it began


class GeometryTooLarge(Broken):
    sentence = N_("图形有 %(found)s，应不超过 %(limit)s；请简化后再填。")


class TooManyPositions(Broken):
    sentence = N_("图形有 %(found)s 个点，应不超过 %(limit)s 个；请简化后再填。")


class NotGeoJSON(Broken):
    sentence = N_("图形填写的是 %(found)s，应为 GeoJSON 的 Point、Polygon 或 MultiPolygon。")


class NotAPosition(Broken):
    sentence = N_(
        "图形中有一个点是 %(found)s，应为 [经度, 纬度]：东经 73 至 136 度、北纬 3 至 54 度（WGS 84），经度在前。"
    )


class RingTooShort(Broken):
    sentence = N_("图形的一条边界只有 %(found)s 个点，应至少有 4 个点（首尾相同，另有三个不同的点）。")


class RingNotClosed(Broken):
    sentence = N_("图形的一条边界从 %(first)s 开始，到 %(last)s 结束；应首尾相同，构成闭合边界。")


class SelfCrossing(Broken):
    sentence = N_("图形的边界在 %(found)s 处自相交；应为互不相交的边界。")


class HoleOutside(Broken):
    sentence = N_("图形中从 %(found)s 开始的内边界在外边界之外；内边界应在外边界以内。")


def checked_geometry(text: str | None) -> str | None:
    """The geometry in its one way of writing it, None when nothing was given. A feature is read as its geometry.

    Errors: GeometryTooLarge, TooManyPositions, NotGeoJSON, NotAPosition, RingTooShort, RingNotClosed, SelfCrossing, HoleOutside.
    """
    given = (text or "").strip()
    if not given:
        return None
    # What cannot be encoded is no JSON either, and is told so below.
    size = len(given.encode("utf-8", "replace"))
    if size > LARGEST_BYTES:
        raise GeometryTooLarge(field="geometry", found=f"{-(-size // 1000)} kB", limit=f"{LARGEST_BYTES // 1000} kB")
    shape = _shape(_parsed(given), given)
    kind, coordinates = shape["type"], shape.get("coordinates")
    if kind == "Point":
        return _written(kind, _position_text(_position(coordinates)))
    parts = [coordinates] if kind == "Polygon" else _listed(coordinates, given)
    polygons = [[_ring(ring, given) for ring in _listed(part, given)] for part in parts]
    _check_outlines(polygons)
    texts = [_list_text(_list_text(map(_position_text, ring)) for ring in rings) for rings in polygons]
    return _written(kind, texts[0] if kind == "Polygon" else _list_text(texts))


def _parsed(given: str) -> Any:
    def refuse(_constant: str) -> Any:
        raise ValueError

    try:
        return json.loads(given, parse_float=Decimal, parse_int=Decimal, parse_constant=refuse)
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise NotGeoJSON(field="geometry", found=_short(given)) from error


def _shape(value: Any, given: str) -> dict[str, Any]:
    """The geometry itself: of a feature, or of a collection of one, what is in it."""
    if isinstance(value, dict) and value.get("type") == "FeatureCollection":
        features = value.get("features")
        value = features[0] if isinstance(features, list) and len(features) == 1 else None
    if isinstance(value, dict) and value.get("type") == "Feature":
        value = value.get("geometry")
    if not isinstance(value, dict) or value.get("type") not in _SHAPES:
        found = value.get("type") if isinstance(value, dict) else None
        raise NotGeoJSON(field="geometry", found=found if isinstance(found, str) and found else _short(given))
    return value


def _listed(value: Any, given: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise NotGeoJSON(field="geometry", found=_short(given))
    return value


def _position(value: Any) -> Place:
    """A position in ten-millionths of a degree. A height is left out."""
    numbers = value[:2] if isinstance(value, list) and 2 <= len(value) <= 3 else []
    if len(numbers) != 2 or not all(isinstance(number, Decimal) for number in value):
        raise NotAPosition(field="geometry", found=_value_text(value))
    for number, (low, high) in zip(numbers, (LONGITUDES, LATITUDES), strict=True):
        if not low <= number <= high:
            raise NotAPosition(field="geometry", found=_value_text(value))
    east, north = (int((number * _PER_DEGREE).quantize(Decimal(1), ROUND_HALF_UP)) for number in numbers)
    return east, north


def _ring(value: Any, given: str) -> Ring:
    """A closed ring, without positions that say the one before them again."""
    positions = [_position(one) for one in _listed(value, given)]
    if positions[0] != positions[-1]:
        raise RingNotClosed(field="geometry", first=_position_text(positions[0]), last=_position_text(positions[-1]))
    ring = [one for number, one in enumerate(positions) if number == 0 or one != positions[number - 1]]
    if len(positions) < _SHORTEST or len(ring) < _SHORTEST:
        raise RingTooShort(field="geometry", found=len(ring))
    return ring


def _check_outlines(polygons: list[list[Ring]]) -> None:
    positions = sum(len(ring) for rings in polygons for ring in rings)
    if positions > MOST_POSITIONS:
        raise TooManyPositions(field="geometry", found=positions, limit=MOST_POSITIONS)
    crossing = first_crossing(polygons)
    if crossing is not None:
        raise SelfCrossing(field="geometry", found=_position_text(crossing))
    for outer, *holes in polygons:
        for hole in holes:
            if not inside(hole, outer):
                raise HoleOutside(field="geometry", found=_position_text(hole[0]))


def _written(kind: str, coordinates: str) -> str:
    return f'{{"type":"{kind}","coordinates":{coordinates}}}'


def _list_text(texts: Iterable[str]) -> str:
    return f"[{','.join(texts)}]"


def _position_text(position: Place) -> str:
    return _list_text(_plain(Decimal(number) / _PER_DEGREE) for number in position)


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _value_text(value: Any) -> str:
    """What stood in the place of a position, in few characters."""
    return _short(json.dumps(value, ensure_ascii=False, default=str).replace('"', ""))


def _short(text: str) -> str:
    text = text.encode("utf-8", "replace").decode()
    return f"{text[:40]}…" if len(text) > 40 else text
