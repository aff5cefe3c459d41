"""部门: what each answers for; the rows add up to the roll-up, and the gate holds."""

from fractions import Fraction

from sqlmodel import select

from core.database import Database
from core.money import formatted
from portfolio.access import OPERATOR_READER
from portfolio.departments import Department
from portfolio.plans import find_plan
from reports.rollup import Scope, estimate_rollup, whole
from tests.samples import make_small_plan
from tests.web.reading_pages import rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role
from web.app import create_app

BRANCH = "吕梁市生态环境局孝义分局"


def department_id(database: Database, name: str) -> int:
    with database.reading() as session:
        found = session.exec(select(Department.id).where(Department.name == name)).one()
        assert found is not None
        return found


def test_what_departments_lead_adds_up_to_the_roll_up(loaded: Database):
    page = visitor_with_role(create_app(loaded), "office").get("/departments?unit=亿元")
    rows = {row[0]: row for row in rows_on(page)[1:]}
    with loaded.reading() as session:
        groups = estimate_rollup(session, OPERATOR_READER, Scope(20264), ("department",))
        total = whole(session, OPERATOR_READER, Scope(20264))
    for group in groups:
        row = rows[str(group.keys[0] or "规划未载明")]
        assert row[1] == str(group.projects)
        assert row[2] == (formatted(group.estimate_fen, "亿元") or "规划未载明")
    assert rows["合计"][1:3] == [str(total.projects), "51.4303"]
    assert rows[BRANCH][3] == f"{float(Fraction(277_303, 514_303)) * 100:.1f}%"
    assert f"{BRANCH}牵头 19 个项目，占总投资的 53.9%" in page.text.replace("“", "").replace("”", "")


def test_a_department_stands_with_what_it_leads_and_builds(loaded: Database):
    client = visitor_with_role(create_app(loaded), "office")
    id_ = department_id(loaded, BRANCH)
    page = client.get(f"/departments/{id_}?unit=亿元")
    assert "27.7303" in page.text
    led = [row for row in rows_on(page) if len(row) == 5 and row[1].startswith("xiaoyi-")]
    assert len(led) == 19 + 17
    assert ["水环境综合治理及再生水循环利用项目", "xiaoyi-10", "孝义市“十四五”", "2023–2025", "25.0000"] in led
    assert "共 19 个项目" in client.get(f"/projects?lead={id_}").text


def test_only_the_words_that_were_typed_are_looked_for(plans: Database):
    client = visitor_with_role(create_app(plans), "office")
    page = client.get("/departments?q=水利")
    assert [row[0] for row in rows_on(page)[1:]] == ["孝义市水利局"]
    assert "没有符合条件的部门" in client.get("/departments?q=不存在").text


def test_the_same_lead_counts_only_in_the_chosen_plan(database: Database):
    with database.writing() as session:
        make_small_plan(session, "first")
        make_small_plan(session, "second", jurisdiction="999900")
    client = visitor_with_role(create_app(database), "office")
    both = {row[0]: row for row in rows_on(client.get("/departments"))[1:]}
    first = {row[0]: row for row in rows_on(client.get("/departments?plan=first"))[1:]}
    assert both["合计"][1:3] == ["6", "68,000.00"]
    assert first["合计"][1:3] == ["3", "34,000.00"]
    assert "second水利局" not in " ".join(first)


def test_who_may_see_one_plan_sees_no_department_of_another_place(database: Database):
    with database.writing() as session:
        make_small_plan(session, "first")
        make_small_plan(session, "second", jurisdiction="999900")
        plan = find_plan(session, "first")
        session.expunge_all()
    client = signed_in_visitor(create_app(database), person_in(database, plan=plan))
    page = client.get("/departments")
    assert "second" not in page.text
    assert client.get(f"/departments/{department_id(database, 'first水利局')}").status_code == 200
    assert client.get(f"/departments/{department_id(database, 'second水利局')}").status_code == 404
    for nowhere in ("0", "999999", "x", "99999999999"):
        assert client.get(f"/departments/{nowhere}").status_code == 404
