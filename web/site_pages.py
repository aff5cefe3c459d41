"""Where a project is: its places on one page, and the forms that record, change and end one."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.degrees import degrees_text, point_micro
from core.errors import Broken, NotThere, SeveralBroken
from core.units import MICRO
from portfolio.access import Reader
from portfolio.boundaries import holds
from portfolio.citations import Citation, citations_of
from portfolio.jurisdictions import Jurisdiction
from portfolio.plans import Plan
from portfolio.projects import Project
from portfolio.site_editing import LABELS, NewSite, end_site, put_site, sites_of
from portfolio.sites import ProjectSite
from reports.map import COUNTY, counties_of, jurisdiction_tree
from reports.project_sheet import project_sheet
from web.choices import Choices, find_choices
from web.deps import Chosen, Reading, RecordId, SignedIn, Writing, answered, leads_to, see_other
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, shown_again, typed_values
from web.pages import page
from web.project_forms import Editable, alive, basis_from, editable_project, quarters_since

router = APIRouter()
_TICKED = "1"


@dataclass(frozen=True)
class ShownSite:
    """A place as its page shows it; `place` is None where only a point is known."""

    site: ProjectSite
    place: Jurisdiction | None
    point: str | None
    citation: Citation | None


@router.get("/projects/{code}/sites")
def get_sites(request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    sheet = project_sheet(session, reader, code, choices.quarter, choices.edition)
    if sheet.project.code != code:
        return see_other(choices.url(f"/projects/{sheet.project.code}/sites"))
    tree = jurisdiction_tree(session)
    return page(
        request,
        "projects/sites.html",
        project=sheet.project,
        plan=sheet.plan,
        sites=_shown(session, sheet.project, choices.quarter),
        own=tree[sheet.plan.jurisdiction_code] if tree[sheet.plan.jurisdiction_code].level == COUNTY else None,
        has_lamp=sheet.state is None or sheet.state.state != "ended",
        may_edit=sheet.project.archived_at is None and reader.may("edit", sheet.plan.id, sheet.department_ids),
    )


def _shown(session: Session, project: Project, quarter: int) -> list[ShownSite]:
    rows = sites_of(session, project.id or 0, quarter)
    cited = citations_of(session, "project_site", [site.id for site, _ in rows if site.id is not None])
    return [ShownSite(site, place, _point(site), next(iter(cited[site.id or 0]), None)) for site, place in rows]


def _point(site: ProjectSite) -> str | None:
    if site.latitude_micro is None or site.longitude_micro is None:
        return None
    return f"{degrees_text(site.latitude_micro)}, {degrees_text(site.longitude_micro)}"


# ---- recording and changing


def _editable(session: Session, reader: Reader, code: str) -> Editable:
    """Errors: NotThere, also for a part: its places are those of its package."""
    editable = editable_project(session, reader, code, "edit")
    if editable.is_part:
        raise NotThere
    return editable


@router.get("/projects/{code}/sites/new")
def get_new_site(request: Request, code: str, reader: SignedIn, session: Reading) -> Response:
    editable = alive(_editable(session, reader, code))
    tree = jurisdiction_tree(session)
    offered = counties_of(tree, editable.plan.jurisdiction_code)
    only = offered[0].code if len(offered) == 1 else None
    filled = typed_values(jurisdiction_code=only)
    return _form_page(request, session, editable, None, filled, NO_PROBLEMS)


@router.post("/projects/{code}/sites/new")
def post_new_site(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = _editable(session, reader, code)
    with shown_again(request, lambda problems: _form_page(request, session, editable, None, typed, problems)):
        problems: list[Broken] = []
        basis = basis_from(typed, editable.since, problems)
        if problems:
            raise SeveralBroken(problems)
        put_site(session, alive(editable).project, _site_from(typed), basis, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{editable.package.code}/sites")


@router.get("/projects/{code}/sites/{site_id}/edit")
def get_site(request: Request, code: str, site_id: RecordId, reader: SignedIn, session: Reading) -> Response:
    editable = alive(_editable(session, reader, code))
    site = _site_of(session, editable, site_id)
    filled = typed_values(
        jurisdiction_code=site.jurisdiction_code,
        name=site.name,
        latitude=None if site.latitude_micro is None else degrees_text(site.latitude_micro),
        longitude=None if site.longitude_micro is None else degrees_text(site.longitude_micro),
    )
    return _form_page(request, session, editable, site, filled, NO_PROBLEMS)


@router.post("/projects/{code}/sites/{site_id}/edit")
def post_site(
    request: Request, code: str, site_id: RecordId, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = _editable(session, reader, code)
    site = _site_of(session, editable, site_id)
    with shown_again(request, lambda problems: _form_page(request, session, editable, site, typed, problems)):
        problems: list[Broken] = []
        basis = basis_from(typed, editable.since, problems)
        if problems:
            raise SeveralBroken(problems)
        put_site(session, alive(editable).project, _site_from(typed), basis, instead_of=site, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{editable.package.code}/sites")


def _site_of(session: Session, editable: Editable, site_id: int) -> ProjectSite:
    """Errors: NotThere when the project never had it."""
    site = session.get(ProjectSite, site_id)
    if site is None or site.project_id != editable.project.id:
        raise NotThere
    return site


def _site_from(typed: Typed) -> NewSite:
    return NewSite(
        jurisdiction_code=typed["jurisdiction_code"],
        name=typed["name"].strip() or None,
        latitude=typed["latitude"],
        longitude=typed["longitude"],
        as_typed=typed["as_typed"] == _TICKED,
    )


def _form_page(
    request: Request,
    session: Session,
    editable: Editable,
    site: ProjectSite | None,
    typed: Typed,
    problems: Problems,
) -> Response:
    first = editable.since if site is None else max(editable.since, site.effective_from)
    return page(
        request,
        "projects/site.html",
        editable=editable,
        site=site,
        typed=typed,
        problems=problems,
        labels=LABELS,
        ask_as_typed=_lies_outside(typed),
        quarters=quarters_since(first),
        **_offered(session, editable.plan, find_choices(request)),
    )


def _lies_outside(typed: Typed) -> bool:
    """Whether the point that was typed lies outside the county that was chosen, as far as its outline is known."""
    try:
        point = point_micro(typed["latitude"], typed["longitude"])
    except Broken:
        return False
    return point is not None and holds(typed["jurisdiction_code"], point[1] / MICRO, point[0] / MICRO) is False


def _offered(session: Session, plan: Plan, choices: Choices) -> dict[str, Any]:
    """The counties that a place of the plan may lie in; of a province they stand by city, which may be named alone, too."""
    tree = jurisdiction_tree(session)
    own = tree[plan.jurisdiction_code]

    def name(place: Jurisdiction) -> str:
        return place.name if choices.language == "zh" else place.name_en

    if own.level == COUNTY:
        return {"places": [(own.code, name(own))], "groups": [], "coarse": False}
    cities = [own] if own.level == COUNTY - 1 else [one for one in tree.values() if one.parent_code == own.code]
    groups = [
        (name(city), [(city.code, name(city)), *((one.code, name(one)) for one in counties_of(tree, city.code))])
        for city in cities
    ]
    return {"places": [], "groups": groups, "coarse": True}


# ---- ending


@router.get("/projects/{code}/sites/{site_id}/end")
def get_site_end(request: Request, code: str, site_id: RecordId, reader: SignedIn, session: Reading) -> Response:
    editable = alive(_editable(session, reader, code))
    return _end_page(request, session, editable, _site_of(session, editable, site_id), Typed(), NO_PROBLEMS)


def _end_page(
    request: Request, session: Session, editable: Editable, site: ProjectSite, typed: Typed, problems: Problems
) -> Response:
    place = session.get(Jurisdiction, site.jurisdiction_code) if site.jurisdiction_code else None
    return page(
        request,
        "projects/site_end.html",
        editable=editable,
        shown=ShownSite(site, place, _point(site), None),
        typed=typed,
        problems=problems,
        quarters=quarters_since(max(editable.since, site.effective_from)),
    )


@router.post("/projects/{code}/sites/{site_id}/end")
def post_site_end(
    request: Request, code: str, site_id: RecordId, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = _editable(session, reader, code)
    site = _site_of(session, editable, site_id)
    with shown_again(request, lambda problems: _end_page(request, session, editable, site, typed, problems)):
        problems: list[Broken] = []
        basis = basis_from(typed, editable.since, problems)
        if problems:
            raise SeveralBroken(problems)
        end_site(session, alive(editable).project, site, basis, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{editable.package.code}/sites")
