"""Where a project is, as people record it: a county and, where it is known, a point. Nothing is overwritten: a site ends.

Points are never invented: they come from people, and the county that they name is checked against its outline.
"""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from core import audit
from core.audit import Actor
from core.degrees import degrees_text, point_micro
from core.errors import N_, Broken, Invalid, SeveralBroken
from core.text import checked_text
from core.units import MICRO
from portfolio.boundaries import holds
from portfolio.dated import in_force
from portfolio.editing import claim
from portfolio.jurisdictions import Jurisdiction, below
from portfolio.periods import must_hold_from_open
from portfolio.plans import Plan
from portfolio.projects import Project
from portfolio.sites import ProjectSite
from portfolio.values import Basis, check_basis

LABELS = {
    "jurisdiction_code": N_("所在县（市、区）"),
    "name": N_("地点名称"),
    "latitude": N_("纬度"),
    "longitude": N_("经度"),
}
_LONGEST_NAME = 200


class SiteEnded(Broken):
    status = 409
    sentence = N_("这处位置已经修改或结束。请回到位置页，对现在的内容进行修改。")


class SameSite(Broken):
    status = 409
    sentence = N_("本项目已经登记了同一处位置（%(found)s），不必重复登记。")


class EndsBeforeItBegins(Broken):
    sentence = N_("这处位置自 %(first)s 起生效，修改或结束不能早于那时。")


class OutsideCounty(Broken):
    sentence = N_(
        "坐标（%(found)s）不在%(county)s的范围内。请核对经度、纬度和所在县；确认无误的，请勾选“坐标确实如此”后再保存。"
    )


@dataclass(frozen=True)
class NewSite:
    """What a person says of one place. Units: degrees are typed decimals (WGS 84), both or neither.

    `as_typed`: the person was told that the point lies outside the county and says that it is right.
    """

    jurisdiction_code: str
    name: str | None = None
    latitude: str | None = None
    longitude: str | None = None
    as_typed: bool = False


def put_site(
    session: Session,
    project: Project,
    new: NewSite,
    basis: Basis,
    *,
    instead_of: ProjectSite | None = None,
    by: Actor,
) -> ProjectSite:
    """A place of the project from a quarter on; `instead_of` ends there.

    Errors: Archived, SiteEnded, HoldsInClosedQuarter, SeveralBroken.
    """
    claim(session, project, expected_version=None)
    must_hold_from_open(session, project.plan_id, basis.from_quarter)
    assert project.id is not None
    if instead_of is not None:
        _must_hold(session, instead_of)
    values = _checked(session, project, new, basis, instead_of)
    before = {} if instead_of is None else _facts(session, instead_of)
    if instead_of is not None:
        _end(session, instead_of, basis)
    row = ProjectSite(
        project_id=project.id,
        **values,
        effective_from=basis.from_quarter,
        document=basis.document or None,
        reason=basis.reason or None,
        supplied_by=by.name,
    )
    session.add(row)
    session.flush()
    action = "add-site" if instead_of is None else "change-site"
    _note(session, action, project, before, _facts(session, row), basis, by)
    return row


def end_site(session: Session, project: Project, site: ProjectSite, basis: Basis, *, by: Actor) -> None:
    """Ends a place where a quarter begins; the row and the audit trail keep what it was.

    Errors: Archived, SiteEnded, HoldsInClosedQuarter, SeveralBroken.
    """
    claim(session, project, expected_version=None)
    must_hold_from_open(session, project.plan_id, basis.from_quarter)
    _must_hold(session, site)
    problems = _problems_of(basis, site)
    if problems:
        raise SeveralBroken(problems)
    before = _facts(session, site)
    _end(session, site, basis)
    _note(session, "end-site", project, before, {}, basis, by)


def sites_of(session: Session, project_id: int, quarter: int) -> list[tuple[ProjectSite, Jurisdiction | None]]:
    """The places of a project or part that hold in a quarter, each with its jurisdiction."""
    query = (
        select(ProjectSite, Jurisdiction)
        .outerjoin(Jurisdiction, col(Jurisdiction.code) == col(ProjectSite.jurisdiction_code))
        .where(ProjectSite.project_id == project_id, in_force(ProjectSite, quarter))
        .order_by(col(ProjectSite.jurisdiction_code), col(ProjectSite.id))
    )
    return [(site, place) for site, place in session.exec(query)]


def _must_hold(session: Session, site: ProjectSite) -> None:
    session.refresh(site)
    if site.effective_until is not None:
        raise SiteEnded


def _checked(
    session: Session, project: Project, new: NewSite, basis: Basis, instead_of: ProjectSite | None
) -> dict[str, Any]:
    """The values of the row.

    Errors: SeveralBroken with one problem for each field that cannot be accepted.
    """
    problems = _problems_of(basis, instead_of)
    values: dict[str, Any] = {"jurisdiction_code": new.jurisdiction_code}
    place = _place(session, project, new.jurisdiction_code)
    if place is None:
        found, expected = new.jurisdiction_code, N_("本规划行政区划内的一个县、市或区")
        label = LABELS["jurisdiction_code"]
        problems.append(Invalid(field="jurisdiction_code", label=label, found=found, expected=expected))
    try:
        values["name"] = checked_text(new.name, field="name", label=LABELS["name"], limit=_LONGEST_NAME)
        point = point_micro(new.latitude, new.longitude)
        values |= dict(zip(("latitude_micro", "longitude_micro"), point or (None, None), strict=True))
        if place is not None and point is not None and not new.as_typed:
            _must_lie_in(place, *point)
    except Broken as problem:
        problems.append(problem)
    if not problems and (twin := _twin(session, project, values, basis)) is not None:
        problems.append(SameSite(field="jurisdiction_code", found=twin.name or (place.name if place else "")))
    if problems:
        raise SeveralBroken(problems)
    return values


def _problems_of(basis: Basis, held: ProjectSite | None) -> list[Broken]:
    problems: list[Broken] = []
    try:
        check_basis(basis, "reason")
    except SeveralBroken as several:
        problems += several.problems
    if held is not None and basis.from_quarter < held.effective_from:
        first = f"{held.effective_from // 10}Q{held.effective_from % 10}"
        problems.append(EndsBeforeItBegins(field="from_quarter", first=first))
    return problems


def _place(session: Session, project: Project, code: str) -> Jurisdiction | None:
    plan = session.get_one(Plan, project.plan_id)
    return session.get(Jurisdiction, code) if code in below(session, plan.jurisdiction_code) else None


def _must_lie_in(place: Jurisdiction, latitude_micro: int, longitude_micro: int) -> None:
    if holds(place.code, longitude_micro / MICRO, latitude_micro / MICRO) is False:
        found = f"{degrees_text(latitude_micro)}, {degrees_text(longitude_micro)}"
        raise OutsideCounty(field="latitude", found=found, county=place.name)


def _twin(session: Session, project: Project, values: dict[str, Any], basis: Basis) -> ProjectSite | None:
    """A place that holds already and says the same."""
    query = select(ProjectSite).filter_by(project_id=project.id, **values)
    return session.exec(query.where(in_force(ProjectSite, basis.from_quarter))).first()


def _end(session: Session, site: ProjectSite, basis: Basis) -> None:
    site.effective_until = basis.from_quarter
    session.add(site)
    session.flush()


def _facts(session: Session, site: ProjectSite) -> dict[str, Any]:
    place = session.get(Jurisdiction, site.jurisdiction_code) if site.jurisdiction_code else None
    point = None
    if site.latitude_micro is not None and site.longitude_micro is not None:
        point = f"{degrees_text(site.latitude_micro)}, {degrees_text(site.longitude_micro)}"
    return {"county": None if place is None else place.name, "site": site.name, "point": point}


def _note(
    session: Session,
    action: str,
    project: Project,
    before: dict[str, Any],
    after: dict[str, Any],
    basis: Basis,
    by: Actor,
) -> None:
    assert project.id is not None
    facts = {**after, "from_quarter": basis.from_quarter, "document": basis.document or None}
    audit.record(session, action, "project", project.id, before=before, after=facts, reason=basis.reason, by=by)
