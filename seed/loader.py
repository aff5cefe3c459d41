"""Loads the plans from the seed files, by the same write functions that people use.

Idempotent: records are matched by key. A field that a person changed is never overwritten; the difference is listed.
Everything is checked first and committed together.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from budgets.estimates import Estimate, check_parts, set_estimate
from core.audit import Actor
from core.money import fen_from_text, typed
from core.units import micro_from_text
from portfolio.citations import supplied_values
from portfolio.dated import find_in_force
from portfolio.departments import Department, add_department, find_department
from portfolio.editing import Basis, ProjectValues, create_project, edit_project, project_values
from portfolio.jurisdictions import Jurisdiction
from portfolio.periods import add_periods
from portfolio.plans import Plan, Programme, add_plan, add_programme, find_plan
from portfolio.projects import Project
from portfolio.recording import Difference, NewCitation, Tally, cite, put_record
from seed import lists
from seed.checking import SeedFolder, SeedNotLoaded, SeedProblem, read_folder, read_jurisdictions
from seed.quantities import sync_quantities
from seed.records import Cite, SeedEstimate, SeedPart, SeedProgramme, SeedProject

LOADER = Actor(None, "规划数据装载")


@dataclass(frozen=True)
class LoadedPlan:
    """What loading one plan did."""

    code: str
    tally: Tally


@dataclass(frozen=True)
class Loading:
    """A plan on its way in: where its records go and how they are found again by key."""

    session: Session
    seed: SeedFolder
    plan: Plan
    tally: Tally
    programmes: dict[str, Programme]
    projects: dict[str, Project]

    @property
    def plan_id(self) -> int:
        assert self.plan.id is not None
        return self.plan.id

    @property
    def basis(self) -> Basis:
        return Basis(from_quarter=self.plan.start, from_plan=True)


def load_plans(
    session: Session, folder: Path, codes: list[str] | None = None, *, progress: Callable[[str], None] = lambda _: None
) -> list[LoadedPlan]:
    """Loads every plan folder, or those named, and tells what changed.

    Errors: SeedNotLoaded with every problem of every file, before anything is written.
    """
    folders, problems = [], []
    for name in codes or sorted(path.name for path in folder.iterdir() if (path / "plan.yaml").exists()):
        try:
            folders.append(read_folder(folder / name))
        except SeedNotLoaded as error:
            problems += error.problems
    known = read_jurisdictions(folder.parent / "jurisdictions.yaml")
    codes_known = {jurisdiction.code for jurisdiction in known.jurisdictions}
    for seed in folders:
        if seed.plan.jurisdiction not in codes_known:
            file = seed.files["plan.yaml"]
            message = f"unknown jurisdiction {seed.plan.jurisdiction}"
            problems.append(SeedProblem(file.path, file.line_of(("jurisdiction",)), message))
    if problems:
        raise SeedNotLoaded(problems)
    for jurisdiction in known.jurisdictions:
        facts = jurisdiction.model_dump(exclude={"parent"}) | {"parent_code": jurisdiction.parent}
        session.merge(_with_known_area(session, Jurisdiction(**facts)))
        session.flush()
    loaded = []
    for seed in folders:
        progress(seed.plan.code)
        loaded.append(_load_plan(session, seed))
    return loaded


def _with_known_area(session: Session, jurisdiction: Jurisdiction) -> Jurisdiction:
    held = session.get(Jurisdiction, jurisdiction.code)
    if held is not None:
        jurisdiction.area_micro_km2, jurisdiction.area_source = held.area_micro_km2, held.area_source
    return jurisdiction


def _load_plan(session: Session, seed: SeedFolder) -> LoadedPlan:
    tally = Tally()
    loading = Loading(session, seed, _put_plan(session, seed, tally), tally, {}, {})
    for position, programme in enumerate(seed.plan.programmes):
        _put_programme(loading, programme, None, position)
    for department in seed.plan.departments:
        _put_department(loading, department.name, department.kind, department.note, department.cite)
    for position, project in enumerate(seed.projects.projects, start=1):
        _put_project(loading, project, position)
    lists.put_indicators(loading)
    lists.put_commitments(loading)
    lists.put_contradictions(loading)
    return LoadedPlan(seed.plan.code, tally)


def _put_plan(session: Session, seed: SeedFolder, tally: Tally) -> Plan:
    record = seed.plan
    facts = record.model_dump(
        include={
            "title",
            "short_title",
            "first_year",
            "last_year",
            "issuer",
            "document_number",
            "issued_on",
            "draft",
            "note",
        }
    ) | {"jurisdiction_code": record.jurisdiction, "source_file": record.file, "source_sha256": record.sha256}
    plan = find_plan(session, record.code)
    if plan is None:
        plan = add_plan(session, Plan(code=record.code, **facts), by=LOADER)
        assert plan.id is not None
        add_periods(session, plan.id, plan.first_year, plan.last_year)
        tally.created += 1
    else:
        put_record(session, Plan, {"code": record.code}, facts, subject="plan", key=record.code, tally=tally, by=LOADER)
    assert plan.id is not None
    cite(session, "plan", plan.id, plan.id, [cited(record.cite)])
    if record.area_km2 is not None and record.area_cite is not None:
        jurisdiction = session.get_one(Jurisdiction, record.jurisdiction)
        jurisdiction.area_micro_km2 = micro_from_text(record.area_km2)
        lines = record.area_cite.lines
        jurisdiction.area_source = f"{record.file} {lines[0]}–{lines[1]}"
        session.add(jurisdiction)
    return plan


def cited(record: Cite, *, field: str = "", role: str = "main") -> NewCitation:
    """A citation of the seed file as a row to be kept."""
    return NewCitation(record.lines[0], record.lines[1], record.table, record.section, field, role)


def _put_programme(loading: Loading, record: SeedProgramme, parent: Programme | None, position: int) -> None:
    session = loading.session
    match = {"plan_id": loading.plan_id, "key": record.key}
    held = session.exec(select(Programme).filter_by(**match)).first()
    if held is None:
        held = add_programme(
            session,
            loading.plan,
            record.key,
            record.name,
            parent=parent,
            position=position,
            note=record.note,
            by=LOADER,
        )
        loading.tally.created += 1
    else:
        facts = {
            "name": record.name,
            "note": record.note,
            "position": position,
            "parent_id": None if parent is None else parent.id,
        }
        put_record(
            session, Programme, match, facts, subject="programme", key=record.key, tally=loading.tally, by=LOADER
        )
    loading.programmes[record.key] = held
    assert held.id is not None
    cite(session, "programme", held.id, loading.plan_id, [cited(record.cite)])
    for index, child in enumerate(record.children):
        _put_programme(loading, child, held, index)


def _put_department(loading: Loading, name: str, kind: str, note: str | None, where: Cite) -> None:
    session, code = loading.session, loading.plan.jurisdiction_code
    department = find_department(session, code, name)
    if department is None:
        department = add_department(session, code, name, kind=kind, note=note, by=LOADER)
        loading.tally.created += 1
    else:
        loading.tally.unchanged += 1
    assert department.id is not None
    cite(session, "department", department.id, loading.plan_id, [cited(where)])


def department_id(loading: Loading, name: str | None) -> int | None:
    """The department that a seed record names; the check before made sure that it is there."""
    if name is None:
        return None
    department: Department | None = find_department(loading.session, loading.plan.jurisdiction_code, name)
    assert department is not None
    return department.id


def _put_project(loading: Loading, record: SeedProject, position: int) -> None:
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
    assert project.id is not None
    _put_estimate(loading, project, record.estimate)
    _cite_project(loading, project, record)
    sync_quantities(loading.session, project.id, record.quantities, loading.plan)
    for number, part in enumerate(record.parts, start=1):
        _put_part(loading, project, part, number)
    check_parts(loading.session, project, loading.plan.start)


def _put_part(loading: Loading, package: Project, record: SeedPart, number: int) -> None:
    values = ProjectValues(name=record.name, programme_id=None, content=record.content, note=record.note)
    part = _create_or_edit(loading, record.key, values, number, package, False)
    assert part.id is not None
    _put_estimate(loading, part, record.estimate)
    citations = [cited(record.cite)]
    if record.estimate is not None:
        citations.append(cited(record.estimate.cite, field="estimate"))
    cite(loading.session, "project", part.id, loading.plan_id, citations)
    sync_quantities(loading.session, part.id, record.quantities, loading.plan)


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
    held = project_values(session, project, loading.plan.start)
    kept = _kept_by_people(loading, project, key, held, values)
    incoming = replace(values, **kept)
    changed = edit_project(session, project, incoming, loading.basis, expected_version=project.row_version, by=LOADER)
    if changed:
        tally.changed += 1
    else:
        tally.unchanged += 1
    return project


def _kept_by_people(
    loading: Loading, project: Project, key: str, held: ProjectValues, values: ProjectValues
) -> dict[str, Any]:
    """The fields whose present value a person gave; those that the seed would change are listed."""
    assert project.id is not None
    kept: dict[str, Any] = {"contact": held.contact, "reporting_id": held.reporting_id}
    for name, supplied in supplied_values(loading.session, "project", project.id).items():
        if not hasattr(values, name):
            continue
        kept[name] = getattr(held, name)
        if getattr(held, name) != getattr(values, name) and name not in ("contact", "reporting_id"):
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
    held = find_in_force(session, Estimate, {"project_id": project.id}, loading.plan.start)
    held_amount = None if held is None else held.amount_fen
    supplied = supplied_values(session, "project", project.id).get("estimate")
    if supplied is not None and held_amount != amount and held is not None and held.supplied_by:
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
