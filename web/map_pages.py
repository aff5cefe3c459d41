"""地图: the projects by county and by point, coloured by lamp, with the list of them beside. Internal: signed-in readers only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from core.errors import N_, Invalid, NotThere
from portfolio.facts import EDITIONS
from portfolio.jurisdictions import Jurisdiction
from reports.findings import words_in
from reports.lamp_words import COLOURS
from reports.map import (
    NOWHERE,
    CountyFigures,
    MapChoice,
    MapFigures,
    MapPoint,
    MapProject,
    counties_of,
    jurisdiction_tree,
    map_figures,
    map_points,
    mapped_projects,
)
from reports.narrowing import PAGE, page_of_ids
from reports.progress_rows import reason_of
from web.choices import PAGE_PLACE, Choices
from web.deps import Chosen, Reading, SignedIn
from web.forms import id_from_text
from web.map_areas import area_asked, areas_of
from web.map_drawing import Drawing, DrawnCounty, drawing
from web.pages import page
from web.plan_choice import PlanChoice, plan_choice
from web.progress_pages import chosen_scope

router = APIRouter()
_NAMED = 30  # counties on one map that still have room for their names


@dataclass(frozen=True)
class ShownCounty:
    """A county of the map or of its table; `href` chooses it, or unchooses it when it is chosen."""

    figures: CountyFigures
    name: str
    short: str  # as the map has room for
    drawn: DrawnCounty | None
    chosen: bool
    href: str


@dataclass(frozen=True)
class ShownPoint:
    x: int
    y: int
    colour: str
    of_works: bool
    label: str
    href: str


@dataclass(frozen=True)
class ShownRow:
    """A row of the list. `others`: cities that are named where no county is."""

    code: str
    name: str
    href: str
    colour: str
    reason: str
    plan: str | None
    counties: tuple[str, ...]
    others: tuple[str, ...]


@router.get("/map")
def get_map(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan.strip())
    tree = jurisdiction_tree(session)
    offered = areas_of(tree, chosen)
    area = area_asked(request.query_params.get("area", "").strip(), tree, chosen, offered)
    shared: dict[str, Any] = {"chosen": chosen, "colours": COLOURS, "editions": EDITIONS, "nowhere": NOWHERE}
    if area is None:
        return page(request, "map/map.html", seen=None, **shared)
    scope = chosen_scope(chosen, choices)
    wanted = _choice(request, tree, area)
    seen = map_figures(mapped_projects(session, reader, scope, tree, area), tree, area, wanted)
    if wanted.project is not None and not seen.total:
        raise NotThere
    sheet = drawing(tuple(one.place.code for one in seen.counties))
    named = len(seen.counties) <= _NAMED
    # Points of a whole province would cover it.
    drawn = named or wanted.project is not None or wanted.county is not None
    points, more = map_points(session, scope, seen.projects, wanted) if drawn else ([], False)
    rows, following = _rows(request, seen, tree, chosen, choices)
    return page(
        request,
        "map/map.html",
        seen=seen,
        wanted=wanted,
        place=tree.get(wanted.county or ""),
        sheet=sheet,
        named=named,
        counties=[_county(one, sheet, wanted, choices) for one in seen.counties],
        points=[] if sheet is None else _points(points, seen.projects, sheet, choices),
        more_points=more,
        rows=rows,
        following=following,
        after=request.query_params.get(PAGE_PLACE),
        areas=[(code, "\u2003" * depth + _name(tree[code], choices)) for code, depth in offered],
        area_name=_name(seen.area, choices),
        **shared,
    )


# ---- what the address asks for


def _choice(request: Request, tree: dict[str, Jurisdiction], area: str) -> MapChoice:
    """Errors: Invalid for a lamp or county that there is not."""
    asked = {name: request.query_params.get(name, "").strip() or None for name in ("lamp", "county", "project")}
    if asked["lamp"] is not None and asked["lamp"] not in COLOURS:
        raise Invalid(field="lamp", label=N_("亮灯"), found=asked["lamp"][:10], expected=tuple(COLOURS.values()))
    county = asked["county"]
    if county is not None and county != NOWHERE and county not in {one.code for one in counties_of(tree, area)}:
        raise Invalid(
            field="county", label=N_("县（市、区）"), found=county[:10], expected=N_("图上的一个县（市、区）")
        )
    return MapChoice(**asked)


# ---- what the page shows


def _name(place: Jurisdiction, choices: Choices) -> str:
    return place.name if choices.language == "zh" else place.name_en


def _county(one: CountyFigures, sheet: Drawing | None, wanted: MapChoice, choices: Choices) -> ShownCounty:
    code, name = one.place.code, _name(one.place, choices)
    chosen = wanted.county == code
    short = name if choices.language == "zh" else name.removesuffix(" County").removesuffix(" District")
    href = choices.here(county=None if chosen else code, project=None)
    return ShownCounty(one, name, short, None if sheet is None else sheet.counties.get(code), chosen, href)


def _points(
    points: Sequence[MapPoint], projects: Sequence[MapProject], sheet: Drawing, choices: Choices
) -> list[ShownPoint]:
    by_id = {one.project_id: one for one in projects}
    places = sheet.places([(one.longitude, one.latitude) for one in points])
    found = []
    for point, place in zip(points, places, strict=True):
        if place is not None:
            project = by_id[point.project_id]
            about = project.lamp.progress
            label = f"{about.name} · {point.name}" if point.name else about.name
            href = choices.url(f"/projects/{about.code}")
            found.append(ShownPoint(*place, project.colour, point.of_works, label, href))
    return found


def _rows(
    request: Request, seen: MapFigures, tree: dict[str, Jurisdiction], chosen: PlanChoice, choices: Choices
) -> tuple[list[ShownRow], int | None]:
    """One page of the list, the worst first and those without a county last, and after which project the next one begins."""
    after = id_from_text(request.query_params.get(PAGE_PLACE, ""))
    by_id = {one.project_id: one for one in seen.projects}
    ids, following = page_of_ids(list(by_id), after, PAGE)
    titles = {one.id: one.short_title for one in chosen.plans} if chosen.plan is None and len(chosen.plans) > 1 else {}
    words = words_in(choices.language)
    rows = [
        ShownRow(
            code=one.lamp.progress.code,
            name=one.lamp.progress.name,
            href=choices.url(f"/projects/{one.lamp.progress.code}"),
            colour=one.colour,
            reason=reason_of(one.lamp.worst, words),
            plan=titles.get(one.lamp.progress.plan_id),
            counties=tuple(_name(tree[code], choices) for code in one.counties),
            others=tuple(_name(tree[code], choices) for code in one.others),
        )
        for one in (by_id[id_] for id_ in ids)
    ]
    return rows, following
