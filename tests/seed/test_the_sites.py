"""The places in the seed files: names of counties as the texts have them, loaded once, never over what a person did."""

import shutil
from pathlib import Path

import pytest
from sqlmodel import Session, col, select

from core.database import Database
from core.settings import settings
from portfolio.citations import citations_of
from portfolio.jurisdictions import Jurisdiction
from portfolio.projects import Project
from portfolio.site_editing import end_site, sites_of
from portfolio.sites import ProjectSite
from seed.checking import SeedNotLoaded, read_folder, read_jurisdictions
from seed.loader import load_plans
from seed.sites import site_problems
from tests.samples import SOMEBODY, a_basis

CODE = "tunliu"
PLANS = ("jinzhong", "linfen", "shanxi", "tunliu", "xiaoyi")


@pytest.fixture
def seed_folder(tmp_path: Path) -> Path:
    """A copy of the seed files of one plan that a test may spoil."""
    target = tmp_path / "seed" / "plans"
    shutil.copytree(settings().seed_folder / CODE, target / CODE)
    for file in settings().seed_folder.parent.glob("*.yaml"):
        shutil.copy(file, target.parent)
    return target


def change(folder: Path, old: str, new: str) -> None:
    path = folder / CODE / "sites.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def load(database: Database, folder: Path) -> tuple[int, int]:
    """How many records were made and changed."""
    with database.writing() as session:
        tally = load_plans(session, folder, [CODE])[0].tally
        return tally.created, tally.changed


def project(session: Session, code: str) -> Project:
    return session.exec(select(Project).where(Project.code == code)).one()


@pytest.mark.parametrize("code", PLANS)
def test_every_place_is_named_by_its_plan_and_lies_in_its_jurisdiction(code: str) -> None:
    known = read_jurisdictions(settings().seed_folder.parent / "jurisdictions.yaml").jurisdictions
    found = read_folder(settings().seed_folder / code)
    assert site_problems(found, known) == []
    assert found.sites.sites
    # The name of a county without its last character stands in the wording, except where only 市 or 区 would be left.
    for record in found.sites.sites if code in ("linfen", "jinzhong", "shanxi") else ():
        for place in record.places:
            assert (place if len(place) == 2 else place[:-1]) in record.wording, (record.project, place)
            assert place not in ("城区", "矿区", "郊区"), record.project


def test_the_city_projects_that_name_counties_are_as_counted_by_hand() -> None:
    named = {record.project for record in read_folder(settings().seed_folder / "linfen").sites.sites}
    assert len(named) == 41
    assert {"linfen-01", "linfen-19", "linfen-31", "linfen-65"}.isdisjoint(named)  # parks, companies, a plateau


def test_loading_twice_changes_nothing_and_places_cite_their_lines(database: Database, seed_folder: Path) -> None:
    load(database, seed_folder)
    assert load(database, seed_folder) == (0, 0)
    with database.reading() as session:
        ((site, place),) = sites_of(session, project(session, "tunliu-02").id or 0, 20244)
        assert (site.name, place.name if place else None) == ("屯留区张店镇", "屯留区")
        assert (site.latitude_micro, site.supplied_by, site.effective_from) == (None, None, 20211)
        assert citations_of(session, "project_site", [site.id or 0])[site.id or 0][0].first_line == 346
        cities = session.exec(select(Jurisdiction).where(col(Jurisdiction.level) == 2)).all()
        assert len(cities) == 11


def test_a_place_that_a_person_ended_stays_ended_and_one_the_file_drops_ends(
    sqlite_database: Database, seed_folder: Path
) -> None:
    load(sqlite_database, seed_folder)
    with sqlite_database.writing() as session:
        ended = project(session, "tunliu-02")
        end_site(session, ended, sites_of(session, ended.id or 0, 20244)[0][0], a_basis(20231), by=SOMEBODY)
    change(seed_folder, "wording: 屯留区张店镇", "wording: 张店镇水土保持")
    change(seed_folder, "project: tunliu-03", "project: tunliu-25")
    assert load(sqlite_database, seed_folder) == (1, 1)
    with sqlite_database.reading() as session:
        assert sites_of(session, project(session, "tunliu-02").id or 0, 20244) == []
        assert sites_of(session, project(session, "tunliu-03").id or 0, 20244) == []
        assert len(sites_of(session, project(session, "tunliu-25").id or 0, 20244)) == 1
        assert len(session.exec(select(ProjectSite)).all()) == 9


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("project: tunliu-03", "project: tunliu-99", "unknown project tunliu-99"),
        ("places: [屯留区]", "places: [潞城区]", "no jurisdiction 潞城区"),
        ("project: tunliu-03", "project: tunliu-02", "屯留区 stands twice for tunliu-02"),
    ],
)
def test_a_wrong_place_is_told_by_file_and_line(
    sqlite_database: Database, seed_folder: Path, old: str, new: str, message: str
) -> None:
    change(seed_folder, old, new)
    with pytest.raises(SeedNotLoaded) as told:
        load(sqlite_database, seed_folder)
    (problem,) = told.value.problems
    assert message in problem.message
    assert problem.file.name == "sites.yaml"
    assert problem.line > 2
