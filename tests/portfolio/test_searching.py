"""Finding projects: by any part of their texts in Chinese, by filters, and only in the plans that the reader may see."""

import pytest

from core.database import Database
from portfolio.access import OPERATOR_READER, Reach, Reader
from portfolio.project_list import ProjectFilter, page_of
from portfolio.project_totals import ListTotals, totals_of
from tests.samples import CITY, SOMEBODY, WAN, find_small_plan, identity, make_project, make_small_plan

EVERYTHING = ProjectFilter()


def _found(database: Database, text: str) -> list[str]:
    with database.reading() as session:
        return [row.code for row in page_of(session, OPERATOR_READER, ProjectFilter(text=text)).rows]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("再生水", ["02"]),
        ("生水", ["02"]),
        ("水", ["02", "03"]),
        ("湿地", ["01"]),  # in the content
        ("湿地 营造林", ["01"]),
        ("湿地 再生", []),
        ("地湿", []),
        ("管网", ["02"]),  # a part
        ("青山水务", ["02"]),  # the implementing body
        ("林业局", ["01"]),  # the lead department
        ("V类", ["03"]),
        ("Ⅴ类水体", ["03"]),
        ("ｖ 类", ["03"]),
        ("（二期）", ["03"]),
        ("(二期)", ["03"]),
        ("qingshan-02", ["02"]),
        ("QINGSHAN-02", ["02"]),
        ("天然林保护工程项目", ["01"]),
        ("天然林保护工程项目X", []),
        ("　 ", ["01", "02", "03"]),
        ("%", []),
        ("_", []),
        ("%水%", []),
        ("'; DROP TABLE project; --", []),
        ("\x00", ["01", "02", "03"]),
        ("再\x00生", ["02"]),
        ("\ud800", ["01", "02", "03"]),
        ("没有这个", []),
    ],
)
def test_projects_are_found_by_any_part_of_their_texts(stored: Database, text: str, numbers: list[str]) -> None:
    assert _found(stored, text) == [f"qingshan-{number}" for number in numbers]


def test_characters_that_stand_apart_are_not_a_word(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        make_project(session, small.plan, "qingshan-09", "甲乙丙", small.cleaning, content="丙丁 乙甲")
    assert _found(stored, "甲乙") == ["qingshan-09"]
    assert _found(stored, "甲乙甲") == []
    assert _found(stored, "乙丙丁") == []


def _codes(database: Database, chosen: ProjectFilter, reader: Reader = OPERATOR_READER) -> list[str]:
    with database.reading() as session:
        return [row.code[-2:] for row in page_of(session, reader, chosen).rows]


def test_filters_narrow_the_list(stored: Database) -> None:
    with stored.writing() as session:
        other = make_small_plan(session, "other", jurisdiction=CITY)
        other_id = other.plan.id
    with stored.reading() as session:
        small = find_small_plan(session)
        plan, greening, packages = small.plan.id, small.greening.id, small.packages.id
        forestry, company = small.forestry.id, small.company.id
    assert _codes(stored, ProjectFilter(plan_id=other_id)) == ["01", "02", "03"]
    assert _codes(stored, EVERYTHING) == ["01", "02", "03"] * 2
    assert _codes(stored, ProjectFilter(programme_id=greening)) == ["01", "02"]  # itself and what is below it
    assert _codes(stored, ProjectFilter(programme_id=packages)) == ["02"]
    assert _codes(stored, ProjectFilter(lead_id=forestry)) == ["01"]
    assert _codes(stored, ProjectFilter(lead_id=company)) == []  # it builds, it does not lead
    assert _codes(stored, ProjectFilter(plan_id=plan, no_lead=True)) == ["03"]
    assert _codes(stored, ProjectFilter(plan_id=plan, has_estimate=False)) == ["03"]
    assert _codes(stored, ProjectFilter(plan_id=plan, has_estimate=True)) == ["01", "02"]
    assert _codes(stored, ProjectFilter(plan_id=plan, year=2021)) == ["02"]
    assert _codes(stored, ProjectFilter(plan_id=plan, year=2023)) == ["01", "02"]
    assert _codes(stored, ProjectFilter(plan_id=plan, year=2025)) == ["01"]
    assert _codes(stored, ProjectFilter(plan_id=plan, year=2026)) == []
    assert _codes(stored, ProjectFilter(plan_id=plan, year=2023, text="再生")) == ["02"]
    assert _codes(stored, ProjectFilter(plan_id=plan, programme_id=greening, has_estimate=False)) == []


def test_a_reader_sees_the_plans_that_it_may_see(stored: Database) -> None:
    with stored.writing() as session:
        other = make_small_plan(session, "other", jurisdiction=CITY)
        of_one = Reader(SOMEBODY, (Reach("leader", frozenset({identity(other.plan)}), None),))
    nobody, administrator = Reader(SOMEBODY, ()), Reader(SOMEBODY, (Reach("admin", None, None),))
    with stored.reading() as session:
        assert {row.code[:5] for row in page_of(session, of_one, EVERYTHING).rows} == {"other"}
        assert totals_of(session, of_one, EVERYTHING) == ListTotals(3, 1, 34_000 * WAN)
        for reader in (nobody, administrator):
            assert page_of(session, reader, EVERYTHING).rows == []
            assert totals_of(session, reader, EVERYTHING) == ListTotals(0, 0, None)
