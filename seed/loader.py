"""Loads the plans from the seed files, by the same write functions that people use.

Idempotent: records are matched by key. A field that a person changed is never overwritten; the difference is listed.
Everything is checked first and committed together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import Session, select

from core.units import micro_from_text
from milestones.lamp_editing import put_presets
from portfolio.departments import add_department, find_department
from portfolio.jurisdictions import Jurisdiction
from portfolio.periods import add_periods, earliest_unclosed
from portfolio.plans import Plan, Programme, add_plan, add_programme, find_plan
from portfolio.recording import Tally, cite, put_record
from seed import lists
from seed.checking import SeedFolder, SeedNotLoaded, SeedProblem, Shape, read_folder, read_jurisdictions
from seed.links import FILE as LINKS
from seed.links import put_links, read_links
from seed.loading import LOADER, Loading, cited
from seed.milestone_templates import FILE as TEMPLATES
from seed.milestone_templates import put_templates, read_templates
from seed.projects import put_project
from seed.records import Cite, SeedProgramme
from seed.rule_checking import rule_problems
from seed.rule_records import SeedKinds
from seed.rules import KINDS_FILE, put_rules, read_kinds
from seed.sites import put_sites, site_problems
from seed.sources import FILE as SOURCES
from seed.sources import put_sources, read_sources


@dataclass(frozen=True)
class LoadedPlan:
    """What loading one plan, the links between plans, the milestone templates or the funding sources did."""

    code: str
    tally: Tally


def load_plans(
    session: Session, folder: Path, codes: list[str] | None = None, *, progress: Callable[[str], None] = lambda _: None
) -> list[LoadedPlan]:
    """Loads the funding sources and milestone templates, then every plan folder or those named, then the links between plans, and
    tells what changed; what the plans share comes last.

    Errors: SeedNotLoaded with every problem of every file, before anything is written.
    """
    folders: list[SeedFolder] = []
    problems: list[SeedProblem] = []
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
    problems += [problem for seed in folders for problem in site_problems(seed, known.jurisdictions)]
    sources = _read(read_sources, folder.parent / SOURCES, problems)
    templates = _read(read_templates, folder.parent / TEMPLATES, problems)
    links = _read(read_links, folder.parent / LINKS, problems)
    kinds = _read(read_kinds, folder.parent / KINDS_FILE, problems)
    if kinds is not None:
        problems += [problem for seed in folders for problem in rule_problems(seed, kinds)]
    if problems or sources is None or templates is None or links is None or kinds is None:
        raise SeedNotLoaded(problems)
    of_sources = put_sources(session, sources, folder.parent / SOURCES)
    of_templates = put_templates(session, templates, folder.parent / TEMPLATES)
    for jurisdiction in known.jurisdictions:
        facts = jurisdiction.model_dump(exclude={"parent"}) | {"parent_code": jurisdiction.parent}
        session.merge(_with_known_area(session, Jurisdiction(**facts)))
        session.flush()
    loaded = []
    for seed in folders:
        progress(seed.plan.code)
        loaded.append(_load_plan(session, seed, kinds))
    of_links = put_links(session, links, folder.parent / LINKS)
    shared = [(LINKS, of_links), (TEMPLATES, of_templates), (SOURCES, of_sources)]
    return [*loaded, *(LoadedPlan(name, tally) for name, tally in shared)]


def _read(read: Callable[[Path], Shape], path: Path, problems: list[SeedProblem]) -> Shape | None:
    """The file that all plans share; what is wrong with it is added to the problems."""
    try:
        return read(path)
    except SeedNotLoaded as error:
        problems += error.problems
        return None


def _with_known_area(session: Session, jurisdiction: Jurisdiction) -> Jurisdiction:
    held = session.get(Jurisdiction, jurisdiction.code)
    if held is not None:
        jurisdiction.area_micro_km2, jurisdiction.area_source = held.area_micro_km2, held.area_source
    return jurisdiction


def _load_plan(session: Session, seed: SeedFolder, kinds: SeedKinds) -> LoadedPlan:
    tally = Tally()
    plan = _put_plan(session, seed, tally)
    since = max(plan.start, earliest_unclosed(session, plan.id or 0, lock=True))
    loading = Loading(session, seed, plan, tally, {}, {}, since)
    for position, programme in enumerate(seed.plan.programmes):
        _put_programme(loading, programme, None, position)
    for department in seed.plan.departments:
        _put_department(loading, department.name, department.kind, department.note, department.cite)
    for position, project in enumerate(seed.projects.projects, start=1):
        put_project(loading, project, position)
    put_sites(loading)
    lists.put_indicators(loading)
    lists.put_commitments(loading)
    lists.put_contradictions(loading)
    put_rules(loading, kinds)
    tally.created += put_presets(session, loading.plan, by=LOADER)
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
