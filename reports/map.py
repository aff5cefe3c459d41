"""The map: where the projects are, with their lamps, by county and by point, gathered in a few grouped queries.

Counting rules: a project counts in every county that one of its places names, its parts' places included; a project of a county's
own plan without any place counts in that county; every other one is 地点未载明到县. Ended projects have no lamp and are left out.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, func, select

from core.database import select_columns
from core.units import MICRO
from milestones.works import ENTRY, REVERSAL, WorkEntry
from portfolio.access import Reader
from portfolio.boundaries import holds
from portfolio.dated import in_force
from portfolio.facts import counted
from portfolio.jurisdictions import Jurisdiction
from portfolio.plans import Plan
from portfolio.projects import Project
from portfolio.sites import ProjectSite
from portfolio.states import not_archived
from reports.lamp_reading import lamp_counts, project_lamps
from reports.lamp_words import BLUE, GREEN, GREY, RED, WORST_FIRST, YELLOW
from reports.lamps import ProjectLamp
from reports.rollup import Scope

COUNTY = 3
NOWHERE = "none"  # what an address calls the projects that no county is known of
MOST_POINTS = 300


@dataclass(frozen=True)
class MapPoint:
    """One point. Units: degrees, for drawing. `of_works`: it comes from an entry of works, not from the project's own places."""

    project_id: int
    longitude: float
    latitude: float
    name: str
    of_works: bool = False


@dataclass(frozen=True)
class MapProject:
    """A project with its lamp, the counties of the area that it counts in, and the other places that it names."""

    project_id: int
    lamp: ProjectLamp
    counties: tuple[str, ...]
    others: tuple[str, ...] = ()
    points: tuple[MapPoint, ...] = ()

    @property
    def colour(self) -> str:
        return self.lamp.colour


@dataclass(frozen=True)
class CountyFigures:
    """How many projects a county has of each colour."""

    place: Jurisdiction
    lamps: Mapping[str, int]

    @property
    def projects(self) -> int:
        return sum(self.lamps.values())

    @property
    def worst(self) -> str | None:
        """The colour of the county; None where no project is. What was not reported is never calm: no data before green."""
        return next((colour for colour in (RED, YELLOW, BLUE, GREY, GREEN) if self.lamps.get(colour)), None)


@dataclass(frozen=True)
class MapChoice:
    """What the map is narrowed to: a colour, a county (or NOWHERE), one project by its code."""

    lamp: str | None = None
    county: str | None = None
    project: str | None = None


@dataclass(frozen=True)
class MapFigures:
    """The map of an area: `projects` are those chosen, the worst first and those without a county last.

    `lamps` counts what is chosen but for its colour, `counties` and `without_county` what is chosen but for its county. A
    project that names several counties counts in each, so that counties may add up to more than `total`.
    """

    area: Jurisdiction
    counties: tuple[CountyFigures, ...]
    without_county: Mapping[str, int]
    projects: tuple[MapProject, ...]
    lamps: Mapping[str, int]
    total: int

    @property
    def nowhere(self) -> int:
        """地点未载明到县."""
        return sum(self.without_county.values())


@dataclass
class _Places:
    """What the places of one project name."""

    codes: set[str] = field(default_factory=set)
    points: list[MapPoint] = field(default_factory=list)


def mapped_projects(
    session: Session, reader: Reader, scope: Scope, tree: Mapping[str, Jurisdiction], area: str
) -> list[MapProject]:
    """The projects that are in an area or, with no county named, of a plan of it, as the lamps order them.

    Errors: Invalid for an edition that there is not.
    """
    lamps = project_lamps(session, reader, scope)
    places = _places(session, scope, lamps)
    plans = dict(session.execute(select_columns(Plan.id, Plan.jurisdiction_code)).all())
    inside = _inside(tree, area)
    found = []
    for id_, lamp in lamps.items():
        own = plans[lamp.progress.plan_id]
        known = places.get(id_, _Places())
        codes = known.codes or ({own} if tree[own].level == COUNTY else set())
        counties = tuple(sorted(code for code in codes & inside if tree[code].level == COUNTY))
        if counties or codes & inside or (not codes and own in inside):
            others = tuple(sorted(codes - set(counties)))
            found.append(MapProject(id_, lamp, counties, others, tuple(known.points)))
    return found


def _places(session: Session, scope: Scope, lamps: Collection[int]) -> dict[int, _Places]:
    """The places of projects that hold in the quarter; those of a part count for its package."""
    top = func.coalesce(col(Project.parent_id), col(Project.id))
    site = ProjectSite
    query = (
        select_columns(top, site.jurisdiction_code, site.name, site.latitude_micro, site.longitude_micro)
        .join(Project, col(Project.id) == col(site.project_id))
        .where(in_force(site, scope.quarter), not_archived(Project, scope.quarter, scope.edition))
        .order_by(col(site.id))
    )
    if scope.plan_ids is not None:
        query = query.where(col(Project.plan_id).in_(scope.plan_ids))
    found: dict[int, _Places] = {}
    for id_, code, name, north, east in session.execute(query):
        if id_ not in lamps:
            continue
        known = found.setdefault(id_, _Places())
        if code is not None:
            known.codes.add(code)
        if north is not None and east is not None:
            known.points.append(MapPoint(id_, east / MICRO, north / MICRO, name or ""))
    return found


def _inside(tree: Mapping[str, Jurisdiction], area: str) -> set[str]:
    """The codes of an area and of everything below it."""
    found = {area}
    while more := {code for code, one in tree.items() if one.parent_code in found} - found:
        found |= more
    return found


def jurisdiction_tree(session: Session) -> dict[str, Jurisdiction]:
    """Every jurisdiction by its code."""
    return {one.code: one for one in session.exec(select(Jurisdiction).order_by(col(Jurisdiction.code)))}


def counties_of(tree: Mapping[str, Jurisdiction], area: str) -> list[Jurisdiction]:
    """The counties, districts and county-level cities of an area, itself when it is one."""
    return [tree[code] for code in sorted(_inside(tree, area)) if tree[code].level == COUNTY]


def common_area(tree: Mapping[str, Jurisdiction], codes: Iterable[str]) -> str | None:
    """The smallest jurisdiction that holds all of these; of what has nothing in common the whole of the first one."""
    ways = [_upwards(tree, code) for code in codes]
    if not ways:
        return None
    return next((code for code in ways[0] if all(code in way for way in ways)), ways[0][-1])


def _upwards(tree: Mapping[str, Jurisdiction], code: str) -> list[str]:
    way = []
    here: str | None = code
    while here is not None:
        way.append(here)
        here = tree[here].parent_code
    return way


# ---- choosing


def map_figures(
    projects: Iterable[MapProject], tree: Mapping[str, Jurisdiction], area: str, chosen: MapChoice
) -> MapFigures:
    """What the map, its chips and its list show of the projects of an area."""
    every = [one for one in projects if chosen.project is None or one.lamp.progress.code == chosen.project]
    of_lamp = [one for one in every if chosen.lamp is None or one.colour == chosen.lamp]
    of_place = [one for one in every if _is_in(one, chosen.county)]
    counts: dict[str, Counter[str]] = {place.code: Counter() for place in counties_of(tree, area)}
    for one in of_lamp:
        for code in one.counties:
            counts[code][one.colour] += 1
    shown = [one for one in of_lamp if _is_in(one, chosen.county)]
    shown.sort(key=lambda one: (not one.counties, WORST_FIRST.index(one.colour)))
    return MapFigures(
        area=tree[area],
        counties=tuple(CountyFigures(tree[code], lamps) for code, lamps in counts.items()),
        without_county=lamp_counts(one.lamp for one in of_lamp if not one.counties),
        projects=tuple(shown),
        lamps=lamp_counts([one.lamp for one in of_place]),
        total=len(of_place),
    )


def _is_in(one: MapProject, county: str | None) -> bool:
    if county is None:
        return True
    return county in one.counties if county != NOWHERE else not one.counties


# ---- points


def map_points(
    session: Session, scope: Scope, projects: Sequence[MapProject], chosen: MapChoice
) -> tuple[list[MapPoint], bool]:
    """The points of the projects shown, and whether more were left out; of one county or project its entries of works, too."""
    points = [point for one in projects for point in one.points]
    if chosen.project is not None or chosen.county not in (None, NOWHERE):
        points += _work_points(session, scope, [one.project_id for one in projects])
    if chosen.county not in (None, NOWHERE):
        # Where the outline is not known a point is shown with its project.
        points = [one for one in points if holds(str(chosen.county), one.longitude, one.latitude) is not False]
    unique = list({(one.project_id, one.longitude, one.latitude): one for one in reversed(points)}.values())[::-1]
    return unique[:MOST_POINTS], len(unique) > MOST_POINTS


def _work_points(session: Session, scope: Scope, project_ids: Sequence[int]) -> list[MapPoint]:
    """Where works were entered that count as of the quarter and were not taken back."""
    entry, top = WorkEntry, func.coalesce(col(Project.parent_id), col(Project.id))
    undone = select_columns(entry.reverses_id).where(
        counted(entry, scope.quarter, scope.edition), col(entry.kind) == REVERSAL
    )
    query: Any = (
        select_columns(top, entry.longitude_micro, entry.latitude_micro, entry.place, entry.plot)
        .join(Project, col(Project.id) == col(entry.project_id))
        .where(
            counted(entry, scope.quarter, scope.edition),
            col(entry.kind) == ENTRY,
            col(entry.latitude_micro).is_not(None),
            top.in_(project_ids),
            col(entry.id).not_in(undone),
        )
        .order_by(col(entry.id).desc())
        .limit(MOST_POINTS + 1)
    )
    return [
        MapPoint(id_, east / MICRO, north / MICRO, place or plot or "", of_works=True)
        for id_, east, north, place, plot in session.execute(query)
    ]
