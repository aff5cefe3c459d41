"""Loads the projects of a plan with their parts, estimates, quantities and citations."""

from dataclasses import replace
from typing import Any

from sqlmodel import select

from budgets.estimates import Estimate, check_parts, set_estimate
from core.money import fen_from_text, typed
from portfolio.citations import supplied_values
from portfolio.dated import find_in_force
from portfolio.editing import ProjectValues, create_project, edit_project, project_values
from portfolio.projects import Project
from portfolio.recording import Difference, cite
from seed.loading import LOADER, Loading, cited, department_id
from seed.quantities import sync_quantities
from seed.records import SeedEstimate, SeedPart, SeedProject


def put_project(loading: Loading, record: SeedProject, position: int) -> None:
    values = ProjectValues(
        name=record.name,
        programme_id=loading.programmes[record.programme].id,
        content=record.content,
        place=record.place,
        first_year=record.first_year,
        last_year=record.last_year,
        note=record.note,
        lead_id=department_id(loading, record.lead_department),
        body_id=department_id(loading, record.implementing_body),
    )
    project = _create_or_edit(loading, record.key, values, position, None, record.name_completed)
    _put_estimate(loading, project, record.estimate)
    _cite_project(loading, project, record)
    sync_quantities(loading, project, record.quantities)
    for number, part in enumerate(record.parts, start=1):
        _put_part(loading, project, part, number)
    check_parts(loading.session, project, loading.from_quarter)


def _put_part(loading: Loading, package: Project, record: SeedPart, number: int) -> None:
    values = ProjectValues(name=record.name, programme_id=None, content=record.content, note=record.note)
    part = _create_or_edit(loading, record.key, values, number, package, False)
    assert part.id is not None
    _put_estimate(loading, part, record.estimate)
    citations = [cited(record.cite)]
    if record.estimate is not None:
        citations.append(cited(record.estimate.cite, field="estimate"))
    cite(loading.session, "project", part.id, loading.plan_id, citations)
    sync_quantities(loading, part, record.quantities)


def _create_or_edit(
    loading: Loading, key: str, values: ProjectValues, position: int, parent: Project | None, name_completed: bool
) -> Project:
    session, tally = loading.session, loading.tally
    project = session.exec(select(Project).where(Project.code == key)).first()
    if project is None:
        project = create_project(
            session,
            loading.plan,
            key,
            values,
            loading.basis,
            parent=parent,
            position=position,
            name_completed=name_completed,
            by=LOADER,
        )
        tally.created += 1
        loading.projects[key] = project
        return project
    loading.projects[key] = project
    assert project.id is not None
    if project.archived_at is not None:
        tally.unchanged += 1
        return project
    held = project_values(session, project, loading.from_quarter)
    first = project_values(session, project, loading.plan.start)
    kept = _kept_by_people(loading, project, key, held, first, values)
    incoming = replace(values, **kept)
    changed = edit_project(session, project, incoming, loading.basis, expected_version=project.row_version, by=LOADER)
    if changed:
        tally.changed += 1
    else:
        tally.unchanged += 1
    return project


def _kept_by_people(
    loading: Loading, project: Project, key: str, held: ProjectValues, first: ProjectValues, values: ProjectValues
) -> dict[str, Any]:
    """The fields whose present value a person gave; those that the seed would change are listed."""
    assert project.id is not None
    kept: dict[str, Any] = {"contact": held.contact, "reporting_id": held.reporting_id}
    for name, supplied in supplied_values(loading.session, "project", project.id).items():
        if not hasattr(values, name):
            continue
        kept[name] = getattr(held, name)
        differs = getattr(values, name) not in (getattr(held, name), getattr(first, name))
        if differs and name not in ("contact", "reporting_id"):
            difference = Difference(
                "project", key, name, getattr(held, name), getattr(values, name), supplied.supplied_by
            )
            loading.tally.differences.append(difference)
    return kept


def _put_estimate(loading: Loading, project: Project, record: SeedEstimate | None) -> None:
    if project.archived_at is not None:
        return
    amount = None if record is None else fen_from_text(record.value, record.unit)
    printed = None if record is None else f"{record.value} {record.unit}"
    assert project.id is not None
    session = loading.session
    owner = {"project_id": project.id}
    held = find_in_force(session, Estimate, owner, loading.from_quarter)
    held_amount = None if held is None else held.amount_fen
    supplied = supplied_values(session, "project", project.id).get("estimate")
    if supplied is not None and held_amount != amount and held is not None and held.supplied_by:
        first = find_in_force(session, Estimate, owner, loading.plan.start)
        if first is not None and first.amount_fen == amount:
            return  # the file says what it always said
        difference = Difference(
            "project",
            project.code,
            "estimate",
            typed(held_amount, "万元"),
            typed(amount, "万元"),
            supplied.supplied_by,
        )
        loading.tally.differences.append(difference)
        return
    set_estimate(session, project, amount, loading.basis, printed=printed, by=LOADER)


def _cite_project(loading: Loading, project: Project, record: SeedProject) -> None:
    assert project.id is not None
    citations = [cited(record.cite), *(cited(twin, role="twin") for twin in record.twins)]
    if record.estimate is not None:
        citations.append(cited(record.estimate.cite, field="estimate"))
    citations += [cited(record.cite, field=field, role="merged") for field in record.merged]
    cite(loading.session, "project", project.id, loading.plan_id, citations)
