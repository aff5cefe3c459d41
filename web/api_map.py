"""Where the projects are, by the API: counties with their lamps, projects with their counties and points."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from core.calendar import quarter_name
from core.errors import NotThere
from portfolio.facts import AS_CORRECTED, must_be_edition
from reports.lamp_words import WORST_FIRST
from reports.map import MapChoice, MapProject, jurisdiction_tree, map_figures, mapped_projects
from web.api_answers import ANSWERS, AsOf, Edition, PlanCode, json_answer, quarter_asked
from web.api_map_shapes import MapShape
from web.deps import Reading, SignedIn
from web.map_areas import area_asked, areas_of
from web.plan_choice import plan_choice

router = APIRouter(prefix="/api/v1", tags=["figures"])

Area = Annotated[
    str,
    Query(description="Code of a jurisdiction, such as 141181. Without it: the smallest that holds the plans asked."),
]


@router.get(
    "/map",
    operation_id="getMap",
    response_model=MapShape,
    responses=ANSWERS,
    summary="Where the projects are, with their lamps",
)
def get_map(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    area: Area = "",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """Counties with the number of projects of each colour, and every project with its counties and points.

    A project that names several counties counts in each, so that counties may add up to more than `total`. `without_county` are
    those that name no county; `others` the places that a project names outside the area or above a county.
    """
    must_be_edition(edition)
    quarter = quarter_asked(as_of)
    chosen, tree = plan_choice(session, reader, plan), jurisdiction_tree(session)
    code = area_asked(area, tree, chosen, areas_of(tree, chosen))
    if code is None:
        raise NotThere
    projects = mapped_projects(session, reader, chosen.scope(quarter, edition), tree, code)
    seen = map_figures(projects, tree, code, MapChoice())
    counties = [
        {"code": one.place.code, "name": one.place.name, "projects": one.projects, "lamps": _counts(one.lamps)}
        for one in seen.counties
    ]
    told = {
        **{"quarter": quarter_name(quarter), "area": code, "name": seen.area.name, "total": seen.total},
        **{"lamps": _counts(seen.lamps), "without_county": _counts(seen.without_county), "counties": counties},
        "projects": [_project(one) for one in seen.projects],
    }
    return json_answer(request, told)


def _counts(lamps: Mapping[str, int]) -> dict[str, int]:
    return {colour: lamps.get(colour, 0) for colour in WORST_FIRST}


def _project(one: MapProject) -> dict[str, Any]:
    about = one.lamp.progress
    points = [
        {"longitude": _degrees(point.longitude), "latitude": _degrees(point.latitude), "name": point.name or None}
        for point in one.points
    ]
    return {
        **{"project": about.code, "name": about.name, "colour": one.colour},
        **{"counties": list(one.counties), "others": list(one.others), "points": points},
    }


def _degrees(value: float) -> str:
    return f"{value:.6f}"
