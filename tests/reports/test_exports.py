"""The export contract: scripts rely on these names and shapes."""

from decimal import Decimal

import pytest

from core.database import Database
from core.errors import NotThere
from portfolio.access import OPERATOR_READER, Reader, reader_of
from portfolio.plans import find_plan
from reports.exports import KINDS, exported
from tests.samples import make_person

Q = 20244
PROJECT = {
    "plan", "code", "programme", "package", "name", "content", "lead_department", "implementing_body", "first_year",
    "last_year", "estimate_fen", "parts", "quantities", "source",
}  # fmt: skip
QUANTITY = {"measure", "value", "unit", "operator", "per"}
INDICATOR = {
    "no", "category", "name", "unit", "baseline", "baseline_value", "baseline_year", "target", "target_value",
    "reference_target", "target_year", "target_kind", "operator", "nature", "source",
}  # fmt: skip


def test_projects_have_the_fields_of_the_contract(loaded: Database) -> None:
    with loaded.reading() as session:
        rows = exported(session, OPERATOR_READER, "projects", "xiaoyi", Q)
    assert len(rows) == 36
    for row in rows:
        assert row.keys() >= PROJECT
        assert row["plan"] == "xiaoyi"
        assert row["source"].keys() == {"file", "table", "lines"}
        assert row["source"]["file"] == "xiaoyi.txt"
        first, last = row["source"]["lines"]
        assert 1 <= first <= last
        for quantity in row["quantities"]:
            assert quantity.keys() >= QUANTITY
            assert Decimal(quantity["value"]) >= 0
            assert isinstance(quantity["value"], str)


def test_the_package_of_25_yi_nests_its_three_parts(loaded: Database) -> None:
    with loaded.reading() as session:
        rows = exported(session, OPERATOR_READER, "projects", "xiaoyi", Q)
    packages = [row for row in rows if row["parts"]]
    assert [row["name"] for row in packages] == ["水环境综合治理及再生水循环利用项目"]
    parts = [part["estimate_fen"] for part in packages[0]["parts"]]
    assert parts == [100_000 * 10**6, 80_000 * 10**6, 70_000 * 10**6]
    assert sum(row["estimate_fen"] for row in rows) == 514_303_000_000


def test_indicators_have_the_fields_of_the_contract(loaded: Database) -> None:
    with loaded.reading() as session:
        rows = exported(session, OPERATOR_READER, "indicators", "xiaoyi", Q)
    assert len(rows) == 23
    assert all(row.keys() >= INDICATOR for row in rows)
    forest = next(row for row in rows if row["name"] == "森林覆盖率")
    assert (forest["baseline"], forest["baseline_value"], forest["baseline_year"]) == ("33.25", "33.25", 2020)
    assert (forest["target"], forest["target_value"], forest["target_kind"]) == ("完成市级下达指标", None, "delegated")
    assert (forest["reference_target"], forest["nature"]) == ("35", "约束性")


def test_what_the_plan_does_not_say_is_null(loaded: Database) -> None:
    with loaded.reading() as session:
        rows = exported(session, OPERATOR_READER, "projects", "tunliu", Q)
    for row in rows:
        assert row["estimate_fen"] is None
        assert row["lead_department"] is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_plan_that_may_not_be_seen_is_as_if_it_were_not_there(loaded: Database, kind: str) -> None:
    with loaded.writing() as session:
        reader = reader_of(session, make_person(session, "leader", "leader", plan=find_plan(session, "tunliu")))
    with loaded.reading() as session:
        assert exported(session, reader, kind, "tunliu", Q)
        for who, code in ((reader, "xiaoyi"), (reader, "nowhere"), (Reader(reader.actor, ()), "tunliu")):
            with pytest.raises(NotThere):
                exported(session, who, kind, code, Q)
