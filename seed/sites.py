"""Brings the places of a plan's projects to what its sites.yaml says: counties that the text itself names, never points.

A place that a person ended or changed stays so; one that the file no longer names is ended where it began.
"""

from collections.abc import Iterable, Iterator

from sqlmodel import Session, col, select

from portfolio.jurisdictions import Jurisdiction, below
from portfolio.projects import Project
from portfolio.recording import cite
from portfolio.sites import ProjectSite
from seed.checking import SeedFolder, SeedProblem
from seed.loading import Loading, cited
from seed.records import SeedJurisdiction
from seed.yaml_lines import Place

FILE = "sites.yaml"


def site_problems(found: SeedFolder, known: Iterable[SeedJurisdiction]) -> list[SeedProblem]:
    """Every mistake of the plan's sites.yaml, by file and line."""
    file = found.files[FILE]
    marked = _mistakes(found, list(known))
    return [SeedProblem(file.path, file.line_of(place), message) for place, message in marked]


def _mistakes(found: SeedFolder, known: list[SeedJurisdiction]) -> Iterator[tuple[Place, str]]:
    """Every project is known, and every place is the name of one jurisdiction of the plan, once for each project."""
    projects = {key for one in found.projects.projects for key in (one.key, *(part.key for part in one.parts))}
    parents = {one.code: one.parent for one in known}
    inside = [one.name for one in known if found.plan.jurisdiction in _upwards(one.code, parents)]
    seen: set[tuple[str, str]] = set()
    for index, record in enumerate(found.sites.sites):
        if record.project not in projects:
            yield ("sites", index, "project"), f"unknown project {record.project}"
        for number, name in enumerate(record.places):
            place: Place = ("sites", index, "places", number)
            if inside.count(name) != 1:
                why = "no" if name not in inside else "more than one"
                yield place, f"{why} jurisdiction {name} in {found.plan.jurisdiction}"
            if (record.project, name) in seen:
                yield place, f"{name} stands twice for {record.project}"
            seen.add((record.project, name))


def _upwards(code: str | None, parents: dict[str, str | None]) -> Iterator[str]:
    while code is not None:
        yield code
        code = parents.get(code)


def put_sites(loading: Loading) -> None:
    """Brings the places that the plan itself names to what the file says."""
    session, tally, start = loading.session, loading.tally, loading.from_quarter
    codes = _codes(session, loading.plan.jurisdiction_code)
    held = _held(session, loading.plan_id)
    for record in loading.seed.sites.sites:
        project_id = loading.projects[record.project].id
        assert project_id is not None
        for name in record.places:
            row = held.pop((project_id, codes[name]), None)
            if row is None:
                row = ProjectSite(project_id=project_id, jurisdiction_code=codes[name], effective_from=start)
                tally.created += 1
            elif row.name != record.wording and row.effective_until is None:
                tally.changed += 1
            else:
                tally.unchanged += 1
                continue
            row.name = record.wording
            session.add(row)
            session.flush()
            assert row.id is not None
            cite(session, "project_site", row.id, loading.plan_id, [cited(record.cite)])
    for row in held.values():
        if row.effective_until is None:
            row.effective_until = max(row.effective_from, start)
            session.add(row)
            tally.changed += 1
    session.flush()


def _codes(session: Session, jurisdiction: str) -> dict[str, str]:
    inside = below(session, jurisdiction)
    rows = session.exec(select(Jurisdiction.name, Jurisdiction.code).where(col(Jurisdiction.code).in_(inside)))
    return dict(rows.all())


def _held(session: Session, plan_id: int) -> dict[tuple[int, str | None], ProjectSite]:
    """The rows that came with the plan, by project and place."""
    query = (
        select(ProjectSite)
        .join(Project, col(Project.id) == col(ProjectSite.project_id))
        .where(Project.plan_id == plan_id, col(ProjectSite.supplied_by).is_(None))
    )
    # Of rows that a file named, dropped and named again the newest counts.
    return {(row.project_id, row.jurisdiction_code): row for row in session.exec(query.order_by(col(ProjectSite.id)))}
