"""The seed's milestone templates: complete, loaded once, and never over what a person changed."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import Session

from core.database import Database
from core.settings import settings
from milestones.milestone_templates import edit_template, every_template, items_of, template_values
from portfolio.recording import Tally
from seed.checking import SeedNotLoaded
from seed.milestone_templates import FILE, put_templates, read_templates
from tests.samples import SOMEBODY

SOURCE = settings().seed_folder.parent / FILE


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A copy of the file that a test may spoil."""
    return Path(shutil.copy(SOURCE, tmp_path))


def load(session: Session, path: Path) -> Tally:
    return put_templates(session, read_templates(path), path)


def spoil(path: Path, old: str, new: str) -> int:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_types_of_the_plans_have_templates_whose_weights_add_to_100(database: Database):
    with database.writing() as session:
        load(session, SOURCE)
        shares = {row.name: [item.share for item in items_of(row)] for row in every_template(session)}
    assert set(shares) >= {"造林", "湿地保护修复", "矿山生态修复", "污水处理厂", "管网", "平台建设", "监测管护"}
    for name, found in shares.items():
        assert found == sorted(found), name  # planned in the order in which they stand


def test_loading_twice_doubles_nothing(database: Database, file: Path):
    with database.writing() as session:
        first = load(session, file)
    with database.writing() as session:
        second = load(session, file)
        assert (second.created, second.changed, second.unchanged) == (0, 0, first.created)


def test_what_a_person_changed_stays_and_is_listed(database: Database, file: Path):
    with database.writing() as session:
        load(session, file)
        row = every_template(session)[0]
        edit_template(
            session, row, replace(template_values(row), name="人工造林"), expected_version=1, reason="统一", by=SOMEBODY
        )
    spoil(file, "name: 造林", "name: 植树造林")
    spoil(file, "name_en: Afforestation", "name_en: Planting")
    with database.writing() as session:
        tally = load(session, file)
        row = every_template(session)[0]
        assert (row.name, row.name_en) == ("人工造林", "Planting")
        assert [(one.field, one.kept, one.incoming) for one in tally.differences] == [("name", "人工造林", "植树造林")]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('weight: "5", share: 5', 'weight: "6", share: 5', "101"),
        ("kind: approval, weight", "kind: beginning, weight", "kind"),
        ("share: 5}", "share: 105}", "share"),
        ("key: wetland", "key: afforestation", "stands twice"),
        ("name: 管网", "name: 造林", "stands twice"),
        ("templates:", "templates: [", "not readable"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line(file: Path, old: str, new: str, message: str):
    spoil(file, old, new)
    with pytest.raises(SeedNotLoaded) as caught:
        read_templates(file)
    problem = caught.value.problems[0]
    assert message in str(problem)
    assert problem.line > 0


def test_a_name_that_somebody_took_is_told(database: Database, file: Path):
    with database.writing() as session:
        load(session, file)
        row = every_template(session)[0]
        edit_template(
            session, row, replace(template_values(row), name="光伏"), expected_version=1, reason="统一", by=SOMEBODY
        )
    spoil(file, "name: 管网", "name: 光伏")
    with database.writing() as session, pytest.raises(SeedNotLoaded) as caught:
        load(session, file)
    assert "taken by the template afforestation" in str(caught.value.problems[0])
