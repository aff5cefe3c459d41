"""Accounts: adding people, their one-time links, their roles."""

import re

from sqlmodel import select

from core.database import Database
from core.one_time_links import OneTimeLink
from core.people import Person
from portfolio.access import ALLOWED
from portfolio.grants import Grant
from tests.samples import make_small_plan
from tests.web.visiting import visitor, visitor_with_role
from web.app import create_app
from web.role_pages import ACTIONS, reach_of

LINK = re.compile(r'value="http://localhost(/welcome/[^"]+)"')


def people(database: Database) -> dict[str, list[str]]:
    """Every username with its roles."""
    with database.reading() as session:
        rows = session.execute(select(Person.username, Grant.role).outerjoin(Grant)).all()
    return {name: sorted(role for one, role in rows if one == name and role) for name, _ in rows}


def test_a_new_person_gets_a_role_and_a_link_that_is_shown_once(database: Database) -> None:
    with database.writing() as session:
        small = make_small_plan(session)
        department = small.forestry.id
    app = create_app(database)
    admin = visitor_with_role(app, "admin")
    form = {"request_key": "k", "username": "Wang.Fang", "name": "王芳", "role": "owner", "department": str(department)}
    answer = admin.post("/people", data=form)
    link = LINK.search(answer.text)
    assert link is not None
    assert answer.headers["cache-control"] == "no-store"
    assert people(database)["wang.fang"] == ["owner"]
    assert visitor(app).get(link[1]).status_code == 200

    again = admin.post("/people", data=form)
    assert again.status_code == 303
    person = admin.get(again.headers["location"])
    assert "王芳" in person.text
    assert link[1] not in person.text
    assert "林业局" in person.text


def test_every_wrong_field_is_told_at_once_and_nothing_is_lost_or_written(database: Database) -> None:
    admin = visitor_with_role(create_app(database), "admin")
    form = {"request_key": "k", "username": "坏", "name": " ", "role": "owner", "plan": "77", "jurisdiction": "000000"}
    answer = admin.post("/people", data=form)
    assert answer.status_code == 422
    for field in ("username", "name", "department", "plan", "jurisdiction"):
        assert f'id="e-{field}"' in answer.text, field
        assert (
            f'aria-describedby="{"h-" + field + " " if field in ("username", "department") else ""}e-{field}"'
            in answer.text
        )
    assert 'value="坏"' in answer.text
    assert '<option value="owner" selected>' in answer.text
    assert 'name="request_key" value="k"' in answer.text
    assert list(people(database)) == ["the-admin"]


def test_a_name_that_is_taken_is_a_conflict(sqlite_database: Database) -> None:
    admin = visitor_with_role(create_app(sqlite_database), "admin")
    answer = admin.post("/people", data={"username": "THE-ADMIN", "name": "x", "role": "auditor"})
    assert answer.status_code == 409
    assert 'id="e-username"' in answer.text


def test_an_administrator_is_not_limited_to_a_plan(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        plan = make_small_plan(session).plan.id
    admin = visitor_with_role(create_app(sqlite_database), "admin")
    answer = admin.post("/people", data={"username": "second", "name": "x", "role": "admin", "plan": str(plan)})
    assert answer.status_code == 422
    assert 'id="e-role"' in answer.text


def test_a_role_is_added_to_a_person_and_stands_in_the_trail(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        plan = make_small_plan(session).plan.id
    app = create_app(sqlite_database)
    admin = visitor_with_role(app, "admin")
    visitor_with_role(app, "auditor")
    with sqlite_database.reading() as session:
        auditor = session.exec(select(Person.id).where(Person.username == "the-auditor")).one()
    form = {"request_key": "k", "role": "finance", "plan": str(plan)}
    for _ in range(2):
        assert admin.post(f"/people/{auditor}/roles", data=form).headers["location"] == f"/people/{auditor}"
    assert people(sqlite_database)["the-auditor"] == ["auditor", "finance"]
    trail = admin.get(f"/people/{auditor}").text
    assert "授予角色" in trail
    assert "<ins>财政局</ins>" in trail
    assert admin.post(f"/people/{auditor}/roles", data={"role": ""}).status_code == 422


def test_a_new_link_ends_the_one_before_it(sqlite_database: Database) -> None:
    app = create_app(sqlite_database)
    admin = visitor_with_role(app, "admin")
    first = LINK.search(admin.post("/people", data={"username": "new", "name": "x", "role": "auditor"}).text)
    with sqlite_database.reading() as session:
        person = session.exec(select(OneTimeLink.person_id)).one()
    second = LINK.search(admin.post(f"/people/{person}/links", data={"request_key": "k"}).text)
    assert first is not None
    assert second is not None
    assert visitor(app).get(first[1]).status_code == 404
    assert visitor(app).get(second[1]).status_code == 200
    assert admin.post(f"/people/{person}/links", data={"request_key": "k"}).status_code == 303


def test_every_action_of_the_gate_has_words_on_the_roles_table(sqlite_database: Database) -> None:
    assert frozenset().union(*ALLOWED.values()) <= ACTIONS.keys()
    page = visitor_with_role(create_app(sqlite_database), "admin").get("/people/roles").text
    assert all(words in page for words in ACTIONS.values())


def test_the_roles_table_says_where_each_role_may_do_what(sqlite_database: Database) -> None:
    assert reach_of("owner", "edit") == "本部门"
    assert reach_of("owner", "view") == "授权范围"
    assert reach_of("office", "edit") == "授权范围"
    assert reach_of("admin", "people") == "全部"
    assert reach_of("auditor", "edit") is None
    page = visitor_with_role(create_app(sqlite_database), "admin").get("/people/roles").text
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)]
    named = {cells[0]: [re.sub("<[^>]*>", "", cell) for cell in cells[1:]] for cells in rows}
    assert named["审核本部门的填报表"] == ["—不可以", "本部门", *["—不可以"] * 5]
    assert named["担任的人数"] == ["0", "0", "0", "0", "0", "0", "1"]
