"""请假代理 on its pages: arranged, declined and ended, acted by and returned from; and who reaches what."""

import pytest
from sqlmodel import col, select
from starlette.testclient import TestClient

from budgets.entries import LedgerEntry
from core.audit import OPERATOR, AuditEntry
from core.calendar import today
from core.database import Database
from core.people import Person, SignIn
from core.working import work_off
from portfolio.delegations import Delegation
from portfolio.grants import close_account, grant_role
from tests.databases import on_both, on_sqlite, plant
from tests.web.delegation_visits import FINANCE, Pair
from tests.web.ledger_visits import FOREST, add_sources, recorded
from tests.web.reaching import routes
from tests.web.reading_pages import errors_on, form_on
from tests.web.visiting import person_in, setting, signed_in_visitor, visitor, visitor_with_role
from web import delegation_pages
from web.app import create_app
from web.job_handlers import HANDLERS

database, sqlite_database = on_both(plant, add_sources), on_sqlite(plant, add_sources)
ROLES = ("owner", "head", "office", "leader", "finance", "auditor", "admin")
OWN, OF_PERSON = "/account/delegations", "/people/{person_id}/delegations"
WHO = {
    ("GET", OWN): {*ROLES},
    ("POST", OWN): {*ROLES},
    ("GET", f"{OWN}/{{rest:path}}"): {*ROLES},
    ("POST", f"{OWN}/{{delegation_id}}/end"): set(),  # each of them is of two people, tested below
    ("POST", f"{OWN}/{{delegation_id}}/decline"): set(),
    ("GET", OF_PERSON): {"admin"},
    ("POST", OF_PERSON): {"admin"},
    ("GET", f"{OF_PERSON}/{{rest:path}}"): {"admin"},
    ("POST", f"{OF_PERSON}/{{delegation_id}}/end"): {"admin"},
    ("POST", "/acting/end"): {*ROLES},
    ("POST", "/acting/{delegation_id}"): set(),
    ("GET", "/acting/{rest}"): {*ROLES},
}


def test_every_route_has_a_row() -> None:
    assert routes(delegation_pages) == set(WHO)


def test_each_role_reaches_its_routes_and_nothing_else(sqlite_database: Database) -> None:
    pair = Pair(sqlite_database)
    people = {}
    for role in ROLES:
        more = {}
        if role in ("owner", "head"):
            with sqlite_database.reading() as session:
                from portfolio.departments import Department

                more["department"] = session.exec(select(Department)).first()
        people[role] = person_in(sqlite_database, f"the-{role}", role, **more)
    for role in (*ROLES, None):
        client = visitor(pair.app) if role is None else signed_in_visitor(pair.app, people[role])
        for (method, path), allowed in WHO.items():
            filled = path.replace("{person_id}", str(pair.wang.id)).replace("{delegation_id}", str(pair.delegation))
            filled = filled.replace("{rest:path}", "1/end").replace("{rest}", "1")
            answer = client.request(method, filled, **({"data": {"reason": ""}} if method == "POST" else {}))
            if role is None:
                assert answer.status_code == (401 if method == "POST" else 303), (method, path)
            else:
                assert (answer.status_code != 404) == (role in allowed), (role, method, path, answer.status_code)
                assert answer.status_code < 500


def only(database: Database) -> Delegation:
    with database.reading() as session:
        row = session.exec(select(Delegation).order_by(col(Delegation.id).desc())).first()
        assert row is not None
        session.expunge(row)
    return row


# ---- arranging, seeing, ending


def test_somebody_asks_somebody_who_is_told_and_declines(database: Database) -> None:
    app = create_app(database)
    wang, li = (person_in(database, name, "office") for name in ("wang", "li"))
    mine, theirs = signed_in_visitor(app, wang), signed_in_visitor(app, li)
    page = mine.get(OWN)
    assert "甲li（li）" in page.text
    form = form_on(page, OWN)
    assert (form["from_on"], form["until_on"]) == (today().isoformat(), today().isoformat())
    refused = mine.post(OWN, data=form | {"delegate": str(wang.id), "reason": "休假", "until_on": "2999-01-01"})
    assert refused.status_code == 422
    assert "最长 92 天" in errors_on(refused)["from_on"]
    assert form_on(refused, OWN)["reason"] == "休假"
    assert set(errors_on(mine.post(OWN, data={"from_on": "", "until_on": "x"}))) == {"from_on", "until_on"}
    for _ in range(2):
        answer = mine.post(OWN, data=form | {"delegate": str(li.id), "reason": "休假"})
        assert answer.headers["location"] == OWN
    assert (only(database).id, only(database).reason) == (1, "休假")
    assert "您请 甲li 代理" in mine.get("/").text
    home = theirs.get("/").text
    assert "甲wang 请您代理" in home
    assert "以 甲wang 的名义办理" in home
    assert theirs.post(f"{OWN}/1/end").status_code == 404
    assert mine.post(f"{OWN}/1/decline").status_code == 404
    assert theirs.post(f"{OWN}/1/decline").headers["location"] == OWN
    assert "请您代理" not in theirs.get("/").text
    assert "代理人谢绝" in mine.get(OWN).text
    assert theirs.post("/acting/1").status_code == 404


def test_an_administrator_arranges_and_ends_it_for_somebody_who_fell_ill(database: Database) -> None:
    app = create_app(database)
    admin = visitor_with_role(app, "admin")
    wang, li = (person_in(database, name, "office") for name in ("wang", "li"))
    at = f"/people/{wang.id}/delegations"
    assert at in admin.get(f"/people/{wang.id}").text
    page = admin.get(at)
    assert admin.post(at, data=form_on(page, at) | {"delegate": str(li.id), "reason": "住院"}).status_code == 303
    row = only(database)
    assert (row.from_person_id, row.to_person_id, row.made_by) == (wang.id, li.id, "甲the-admin（the-admin）")
    assert admin.post(f"/people/{li.id}/delegations/{row.id}/end").status_code == 404, "it is not lent by this one"
    shown = admin.get(f"/people/{wang.id}").text
    assert "安排请假代理" in shown
    assert "住院" in shown
    assert admin.post(f"{at}/{row.id}/end").headers["location"] == at
    assert only(database).ending == "ended"
    assert "在审核上两人算一个人" in admin.get("/people/roles").text


def test_a_closed_account_asks_nobody(sqlite_database: Database) -> None:
    pair = Pair(sqlite_database)
    admin = visitor_with_role(pair.app, "admin")
    admin.post(f"/people/{pair.wang.id}/close", data={})
    page = admin.get(f"/people/{pair.wang.id}/delegations")
    assert "自动结束" in page.text
    assert 'name="delegate"' not in page.text


# ---- acting


def test_the_band_stands_on_every_page_and_leads_back(database: Database) -> None:
    pair = Pair(database, FINANCE)
    client = pair.acting()
    for path in ("/", "/projects", "/account", "/money/ledger", "/no-such-page"):
        assert "正在代 王芳 办理，至" in client.get(path).text, path
    other = pair.browser("li")
    assert "正在代" not in other.get("/").text, "another browser of the same person"
    assert "正在代" not in pair.browser("wang").get("/").text
    assert client.post("/acting/end").headers["location"] == "/"
    assert "正在代" not in client.get("/").text


def test_what_is_written_names_both_and_so_does_the_trail(database: Database) -> None:
    pair = Pair(database, FINANCE)
    client = pair.acting()
    at = f"/projects/{FOREST}/ledger/new"
    form = form_on(client.get(at), at) | {"stage": "paid", "amount": "12", "occurred_on": "2024-05-06"}
    answer = client.post(at, data=form | {"source": "1", "source_id": "1", "document": "拨字1号", "act": "submit"})
    assert answer.status_code == 303, errors_on(answer)
    with database.reading() as session:
        row = session.exec(select(LedgerEntry)).one()
        assert (row.recorded_by_id, row.recorded_by) == (pair.li.id, "李四（li）代王芳（wang）")
        rows = session.exec(select(AuditEntry).where(AuditEntry.actor_id == pair.li.id)).all()
        written = [one for one in rows if one.subject != "person"]
        assert written
        assert {one.on_behalf_of_id for one in written} == {pair.wang.id}
    auditor = visitor_with_role(pair.app, "auditor")
    log = auditor.get("/audit?for=wang")
    assert "李四（li）代王芳（wang）" in log.text
    assert "李四（li）代王芳（wang）" not in auditor.get("/audit?for=li").text
    assert auditor.get("/audit?for=nobody-such").status_code == 422
    assert "代谁" in auditor.get("/audit.csv?for=wang").text.splitlines()[0]
    assert "王芳（wang）" in auditor.get("/audit.csv?for=wang").text.splitlines()[1].split(",")[3]
    assert "李四（li）代王芳（wang）" in pair.browser("wang").get(f"/money/ledger/{row.id}").text


def test_a_draft_is_gone_on_with_in_the_name_in_which_it_was_begun(database: Database) -> None:
    pair = Pair(database, FINANCE)
    ours = recorded(database, state="draft", by=pair.li_for_wang)
    hers = recorded(database, state="draft", by=pair.wang)
    acting, wang, li = pair.acting(), pair.browser("wang"), pair.browser("li")
    for id_ in (ours, hers):
        at = f"/money/ledger/{id_}/edit"
        assert [client.get(at).status_code for client in (acting, wang, li)] == [200, 200, 404]


def test_account_matters_are_nobodys_but_ones_own(database: Database) -> None:
    pair = Pair(database)
    client = pair.acting()
    for path, data in (
        ("/account/delegations", {"delegate": str(pair.zhao.id), "reason": "转"}),
        ("/account/password", {"old_password": "x", "password": "y", "password_again": "y"}),
        ("/account/second-factor/begin", {}),
        ("/account/sign-ins/end-others", {}),
    ):
        answer = client.post(path, data=data)
        assert answer.status_code == 409, path
        assert "只能以本人名义办理" in answer.text
    assert "李四" in client.get("/account").text
    assert client.get("/people").status_code == 404


def test_managing_people_is_not_lent(database: Database) -> None:
    pair = Pair(database, ("office", "admin"))
    client = pair.acting()
    assert client.get("/people").status_code == 404
    assert client.post(f"/people/{pair.li.id}/roles", data={"role": "auditor"}).status_code == 404
    assert pair.browser("li").get("/people").status_code == 200, "the delegate's own role, in the own name"


def test_the_second_factor_that_the_absent_person_needs(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch):
    pair = Pair(sqlite_database, FINANCE)
    client = pair.browser("li")
    with setting(monkeypatch, second_factor="required"):
        answer = client.post(f"/acting/{pair.delegation}")
    assert answer.status_code == 403
    assert "第二因素" in answer.text
    assert "正在代" not in client.get("/").text


def test_a_job_that_was_begun_in_that_name_goes_on_in_it_while_it_lasts(database: Database) -> None:
    pair = Pair(database, FINANCE)
    first, own = recorded(database, state="submitted"), recorded(database, wan=2, state="submitted", by=pair.li)
    client = pair.acting()
    assert client.post("/money/waiting", data={"act": "approve-all"}).status_code == 303
    assert work_off(database, HANDLERS) == 1
    with database.reading() as session:
        row = session.get_one(LedgerEntry, first)
        assert (row.approved_by_id, row.approved_by) == (pair.li.id, pair.li_for_wang.name)
        assert session.get_one(LedgerEntry, own).state == "submitted", "the delegate's own"
        rows = session.exec(select(AuditEntry).where(AuditEntry.action == "approve")).all()
        assert {(row.actor_id, row.on_behalf_of_id) for row in rows if row.subject_id == first} == {(2, 1)}
    second = recorded(database, wan=3, state="submitted")
    assert client.post("/money/waiting", data={"act": "approve-all"}).status_code == 303
    pair.ends()
    work_off(database, HANDLERS)
    with database.reading() as session:
        assert session.get_one(LedgerEntry, second).state == "submitted"


# ---- when it ends


def changes_hers(pair: Pair) -> None:
    with pair.database.writing() as session:
        grant_role(session, session.get_one(Person, pair.wang.id), "leader", by=OPERATOR)


def closes_hers(pair: Pair) -> None:
    with pair.database.writing() as session:
        close_account(session, session.get_one(Person, pair.wang.id), by=OPERATOR)


def ends_early(pair: Pair) -> None:
    assert pair.browser("wang").post(f"{OWN}/{pair.delegation}/end").status_code == 303


@pytest.mark.parametrize("ends", [Pair.ends, changes_hers, closes_hers, ends_early])
def test_the_mode_ends_with_the_next_request(sqlite_database: Database, ends) -> None:
    pair = Pair(sqlite_database, FINANCE)
    client = pair.acting()
    ends(pair)
    assert client.post("/money/waiting", data={"entry": ["1"], "act": "approve"}).status_code == 409
    assert "代 王芳 办理已经结束" in client.get("/").text


def test_the_delegates_own_account_closed_ends_the_sign_in(sqlite_database: Database) -> None:
    pair = Pair(sqlite_database)
    client = pair.acting()
    with sqlite_database.writing() as session:
        close_account(session, session.get_one(Person, pair.li.id), by=OPERATOR)
    assert client.get("/").headers["location"] == "/sign-in"
    with sqlite_database.reading() as session:
        assert session.exec(select(SignIn).where(SignIn.person_id == pair.li.id)).all() == []


def test_nobody_else_acts_by_it(database: Database) -> None:
    pair = Pair(database)
    for name in ("zhao", "wang"):
        client: TestClient = pair.browser(name)
        assert client.post(f"/acting/{pair.delegation}").status_code == 404
        assert client.post("/acting/999").status_code == 404
        assert "正在代" not in client.get("/").text
