"""The seed of the funding sources: the fourteen ends, idempotent, never over what a person changed, errors by file and line."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import func, select

from budgets.source_editing import add_source, edit_source, source_values
from budgets.sources import FundingSource, source_tree
from core.audit import AuditEntry
from core.database import Database
from core.settings import settings
from portfolio.recording import Tally
from seed.checking import SeedNotLoaded
from seed.sources import FILE, put_sources, read_sources
from tests.samples import SOMEBODY

PATH = settings().seed_folder.parent / FILE
# The ends that the domain page names, section 3.
ENDS = [
    *(
        "中央预算内投资",
        "中央财政专项",
        "超长期特别国债",
        "省级",
        "市级",
        "县级财政",
        "地方政府一般债券",
        "地方政府专项债券",
    ),
    *("政策性银行贷款", "商业银行贷款", "企业自筹", "社会资本", "利用外资", "资金渠道待定"),
]


def load(database: Database, path: Path = PATH) -> Tally:
    with database.writing() as session:
        return put_sources(session, read_sources(path), path)


def spoilt(tmp_path: Path, old: str, new: str) -> Path:
    text = PATH.read_text(encoding="utf-8")
    assert old in text
    path = Path(shutil.copy(PATH, tmp_path))
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_the_ends_are_the_fourteen_sources_each_on_a_line_of_the_three_lists(database: Database) -> None:
    load(database)
    with database.reading() as session:
        tree = source_tree(session)
        ends = [node.source for node in tree if node.is_end]
        assert [one.name for one in ends] == ENDS
        assert all(one.dispatch and one.finance and one.public and one.name_en for one in ends)
        assert max(node.depth for node in tree) <= 3
        assert [one.name for one in ends if one.pending] == ["资金渠道待定"]
        assert [one.name for one in ends if one.fiscal] == ENDS[:8]


def test_loading_again_writes_nothing(database: Database) -> None:
    assert load(database).created == 19
    with database.reading() as session:
        before = session.exec(select(func.count()).select_from(AuditEntry)).one()
    again = load(database)
    assert (again.created, again.changed, again.unchanged, again.differences) == (0, 0, 19, [])
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(AuditEntry)).one() == before


def test_what_a_person_changed_stays_and_is_listed(database: Database) -> None:
    load(database)
    with database.writing() as session:
        row = session.exec(select(FundingSource).where(FundingSource.key == "county")).one()
        values = replace(source_values(row), name="县本级财政", dispatch=None, retired=True)
        edit_source(session, row, values, expected_version=row.row_version, reason="统一口径", by=SOMEBODY)
        add_source(session, None, replace(source_values(row), name="县级财政", retired=False), by=SOMEBODY)
    again = load(database)  # the name is another's now, which the renamed source does not need
    assert {(one.key, one.field, one.kept) for one in again.differences} == {
        ("county", "name", "县本级财政"),
        ("county", "dispatch", None),
    }
    with database.reading() as session:
        row = session.exec(select(FundingSource).where(FundingSource.key == "county")).one()
        assert (row.name, row.retired) == ("县本级财政", True)


def test_a_name_that_somebody_else_took_is_a_finding(database: Database, tmp_path: Path) -> None:
    load(database)
    with database.writing() as session:
        row = session.exec(select(FundingSource).where(FundingSource.key == "county")).one()
        add_source(session, None, replace(source_values(row), name="乡镇财政"), by=SOMEBODY)
    path = spoilt(tmp_path, "name: 县级财政", "name: 乡镇财政")
    with pytest.raises(SeedNotLoaded) as caught:
        load(database, path)
    assert "乡镇财政 is taken by the source source-1" in str(caught.value.problems[0])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("key: city", "key: county", "key county stands twice"),
        ("name: 利用外资", "name: 社会资本", "name 社会资本 stands twice"),
        ("fiscal: false, pending: true", "fiscal: true, pending: true", "pending"),
        ("name_en: Foreign funds, ", "", "name_en"),
        ("fiscal: false", "fiscal: maybe", "fiscal"),
        ("dispatch: 中央预算内投资", "dispach: 中央预算内投资", "dispach"),
        ("sources:\n", "sources: [\n", "not readable as YAML"),
    ],
)
def test_a_mistake_in_the_file_is_named_by_file_and_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    path = spoilt(tmp_path, old, new)
    with pytest.raises(SeedNotLoaded) as caught:
        read_sources(path)
    assert any(says in str(problem) for problem in caught.value.problems)
    assert all(problem.file == path and problem.line > 1 for problem in caught.value.problems)


def test_a_missing_file_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(SeedNotLoaded) as caught:
        read_sources(tmp_path / FILE)
    assert "file is missing" in str(caught.value.problems[0])
