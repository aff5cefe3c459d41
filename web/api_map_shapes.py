"""What the API shows of the map, for its description: nothing here reads or checks."""

from typing import Literal

from web.api_fact_shapes import Decimal, Quarter, Shape

Colour = Literal["red", "yellow", "blue", "green", "grey"]


class LampCounts(Shape):
    """How many projects have each colour."""

    red: int
    yellow: int
    blue: int
    grey: int
    green: int


class MapCounty(Shape):
    code: str
    name: str
    projects: int
    lamps: LampCounts


class MapPointShape(Shape):
    longitude: Decimal
    latitude: Decimal
    name: str | None


class MapProjectShape(Shape):
    """A project with the counties of the area that it counts in, the other places that it names, and its own points."""

    project: str
    name: str
    colour: Colour
    counties: list[str]
    others: list[str]
    points: list[MapPointShape]


class MapShape(Shape):
    quarter: Quarter
    area: str
    name: str
    total: int
    lamps: LampCounts
    without_county: LampCounts
    counties: list[MapCounty]
    projects: list[MapProjectShape]
