"""Who reaches which form of a project; what somebody may not see looks like what is not there."""

from core.database import Database
from portfolio.plans import Plan
from tests.databases import on_both, on_sqlite, plant
from tests.samples import make_small_plan
from tests.web.project_visits import department, saved, sent, small_app
from tests.web.reading_pages import form_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role

database, sqlite_database = on_both(plant), on_sqlite(plant)  # with the small plan

CODE = "qingshan-02"
EDIT, STATE, ARCHIVE = (f"/projects/{CODE}/{action}" for action in ("edit", "state", "archive"))
REASON = {"reason": "换了联系人"}


def test_an_owner_changes_only_what_its_department_leads_or_files_for(database: Database):
    app = small_app(database)
    client = signed_in_visitor(app, person_in(database, "owner", "owner", department=department(database, "水利局")))
    assert sent(client, EDIT, contact="王芳", **REASON).status_code == 303
    other = "/projects/qingshan-01/edit"
    form = form_on(client.get(EDIT), EDIT)
    assert client.get(other).status_code == 404
    assert client.post(other, data=form | {"contact": "李雷"}).status_code == 404
    assert saved(database, "qingshan-01")[0].contact is None
    office_client = visitor_with_role(app, "office")
    sent(office_client, other, reporting_id="qingshan水利局", **REASON)
    assert client.get(other).status_code == 200
    builder = signed_in_visitor(
        app, person_in(database, "builder", "owner", department=department(database, "青山水务有限公司"))
    )
    assert builder.get(EDIT).status_code == 404


def test_an_owner_leaves_heading_and_departments_to_the_office(database: Database):
    app = small_app(database)
    client = signed_in_visitor(app, person_in(database, "owner", "owner", department=department(database, "水利局")))
    assert 'name="lead_id"' not in client.get(EDIT).text
    before = saved(database, CODE)[1]
    assert sent(client, EDIT, contact="王芳", lead_id="qingshan林业局", programme_id="1", **REASON).status_code == 303
    after = saved(database, CODE)[1]
    assert after.contact == "王芳"
    assert (after.lead_id, after.programme_id) == (before.lead_id, before.programme_id)
    assert 'name="lead_id"' in visitor_with_role(app, "office").get(EDIT).text


ACTIONS = ("/projects/new?plan=qingshan", EDIT, STATE, f"/projects/{CODE}/estimate", ARCHIVE)
MAY = {
    "office": ACTIONS,
    "finance": (f"/projects/{CODE}/estimate",),
    "leader": (),
    "auditor": (),
    "admin": (),
}


def test_each_role_reaches_only_its_own_forms(sqlite_database: Database):
    app = small_app(sqlite_database)
    for role, allowed in MAY.items():
        client = visitor_with_role(app, role)
        for address in ACTIONS:
            expected = 200 if address in allowed else 404
            assert client.get(address).status_code == expected, (role, address)
            if address not in allowed:
                assert client.post(address, data={"reason": "x"}).status_code == 404, (role, address)


def test_the_office_of_another_plan_finds_no_form(sqlite_database: Database):
    app = small_app(sqlite_database)
    with sqlite_database.writing() as session:
        lushui: Plan = make_small_plan(session, "lushui", jurisdiction="999900").plan
        session.flush()
        session.expunge(lushui)
    client = signed_in_visitor(app, person_in(sqlite_database, "there", "office", plan=lushui))
    for address in (*ACTIONS, "/projects/nowhere/edit"):
        assert client.get(address).status_code == 404, address
