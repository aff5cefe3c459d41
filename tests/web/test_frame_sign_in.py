"""Signing in and out, its limits, and the one-time links."""

import re

import pytest
from sqlmodel import select

from core.audit import OPERATOR, AuditEntry
from core.database import Database
from core.one_time_links import make_link
from core.people import Person, SignIn
from portfolio.grants import Grant
from tests.samples import PASSWORD
from tests.together import at_once
from tests.web.visiting import person_in, setting, signed_in_visitor, visitor, visitor_with_role
from web.app import create_app
from web.deps import SESSION_COOKIE
from web.signing_in import safe_next

FORM = {"username": "reader", "password": PASSWORD}


def a_link(database: Database, person: Person | None) -> str:
    with database.writing() as session:
        return make_link(session, None if person is None else session.get_one(Person, person.id), by=OPERATOR)


def test_the_right_password_signs_in_and_the_trail_knows(database: Database) -> None:
    person_in(database, role="admin", password=PASSWORD)
    client = visitor(create_app(database))
    answer = client.post("/sign-in", data={**FORM, "next": "/people?as_of=2024Q4"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/people?as_of=2024Q4")
    assert client.get("/people").status_code == 200
    with database.reading() as session:
        entry = session.exec(select(AuditEntry).where(AuditEntry.action == "sign-in")).one()
        assert entry.came_from == "testclient"


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_by_other_sites(sqlite_database: Database) -> None:
    person_in(sqlite_database, password=PASSWORD)
    cookie = visitor(create_app(sqlite_database)).post("/sign-in", data=FORM).headers["set-cookie"]
    flags = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/", "max-age=43200"} <= flags
    assert "secure" not in flags


def test_the_cookie_is_secure_and_hsts_is_sent_where_the_settings_say_so(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    person_in(sqlite_database, password=PASSWORD)
    plain = visitor(create_app(sqlite_database)).get("/sign-in")
    assert "strict-transport-security" not in plain.headers
    with setting(monkeypatch, secure_cookies="true"):
        answer = visitor(create_app(sqlite_database)).post("/sign-in", data=FORM)
        assert "; Secure" in answer.headers["set-cookie"]
        assert "strict-transport-security" in answer.headers


@pytest.mark.parametrize("form", [{**FORM, "password": "wrong password"}, {**FORM, "username": "no-one"}])
def test_a_wrong_name_and_a_wrong_password_read_the_same_and_the_name_is_kept(
    sqlite_database: Database, form: dict[str, str]
) -> None:
    person_in(sqlite_database, password=PASSWORD)
    answer = visitor(create_app(sqlite_database)).post("/sign-in", data=form)
    assert answer.status_code == 401
    assert "用户名或密码不正确" in answer.text
    assert f'value="{form["username"]}"' in answer.text
    assert "set-cookie" not in answer.headers
    assert form["password"] not in answer.text


def test_a_closed_account_cannot_sign_in_and_loses_the_sign_ins_it_has(sqlite_database: Database) -> None:
    person = person_in(sqlite_database, role="admin", password=PASSWORD)
    app = create_app(sqlite_database)
    client = signed_in_visitor(app, person)
    assert client.get("/people").status_code == 200
    with sqlite_database.writing() as session:
        session.get_one(Person, person.id).active = False
    assert client.get("/people").status_code == 303
    assert visitor(app).post("/sign-in", data=FORM).status_code == 401


def test_a_name_is_locked_after_wrong_tries_whoever_has_it_and_in_every_process(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    person_in(sqlite_database, password=PASSWORD)
    told = {}
    with setting(monkeypatch, lock_after="3"):
        for name in ("reader", "no-one"):
            client = visitor(create_app(sqlite_database))
            wrong = {"username": name, "password": "wrong password"}
            assert [client.post("/sign-in", data=wrong).status_code for _ in range(3)] == [401, 401, 401]
            another = visitor(create_app(sqlite_database))
            refused = another.post("/sign-in", data={"username": name.upper(), "password": PASSWORD})
            assert refused.status_code == 429
            assert f'value="{name.upper()}"' in refused.text
            told[name] = re.sub(r"\d\d:\d\d", "…", refused.text).replace(name.upper(), "…")
    assert told["reader"] == told["no-one"]
    assert "锁定到 …" in told["reader"]
    with sqlite_database.reading() as session:
        assert session.exec(select(AuditEntry.actor).where(AuditEntry.action == "lock")).all() == ["甲reader（reader）"]


def test_the_right_password_forgets_the_wrong_ones(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    person_in(sqlite_database, password=PASSWORD)
    with setting(monkeypatch, lock_after="3", sign_in_limit="100/minute"):
        client = visitor(create_app(sqlite_database))
        wrong = {**FORM, "password": "wrong password"}
        answers = [client.post("/sign-in", data=form).status_code for form in (wrong, wrong, FORM, wrong, wrong, FORM)]
    assert answers == [401, 401, 303, 401, 401, 303]


def test_too_many_tries_from_one_address_are_refused_whatever_the_name(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with setting(monkeypatch, sign_in_limit="2/minute"):
        client = visitor(create_app(sqlite_database))
        answers = [client.post("/sign-in", data={**FORM, "username": f"name{n}"}).status_code for n in range(3)]
    assert answers == [401, 401, 429]


def test_every_sign_in_gets_a_new_token_and_ends_the_one_before_it(database: Database) -> None:
    person_in(database, password=PASSWORD)
    client = visitor(create_app(database))
    client.post("/sign-in", data=FORM)
    first = client.cookies[SESSION_COOKIE]
    client.post("/sign-in", data=FORM)
    assert client.cookies[SESSION_COOKIE] != first
    with database.reading() as session:
        assert len(session.exec(select(SignIn)).all()) == 1


def test_a_token_that_somebody_else_chose_is_never_taken_over(sqlite_database: Database) -> None:
    person_in(sqlite_database, password=PASSWORD)
    client = visitor(create_app(sqlite_database))
    client.cookies.set(SESSION_COOKIE, "chosen-by-somebody", domain="localhost.local", path="/")
    client.post("/sign-in", data=FORM)
    client.cookies.clear()
    client.cookies.set(SESSION_COOKIE, "chosen-by-somebody")
    assert client.get("/people").status_code == 303


def test_after_signing_out_the_old_cookie_opens_nothing(database: Database) -> None:
    app = create_app(database)
    client = visitor_with_role(app, "admin")
    token = client.cookies[SESSION_COOKIE]
    answer = client.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    thief = visitor(app)
    thief.cookies.set(SESSION_COOKIE, token)
    assert thief.get("/people").status_code == 303


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/%2Fevil.example",
        "/%5Cevil.example",
        "\\\\evil.example",
        " //evil.example",
        "/a\r\nSet-Cookie: x=1",
        "javascript:alert(1)",
        "evil",
        "",
    ],
)
def test_signing_in_never_leads_to_another_site(sqlite_database: Database, address: str) -> None:
    assert safe_next(address) == "/"
    person_in(sqlite_database, password=PASSWORD)
    answer = visitor(create_app(sqlite_database)).post("/sign-in", data={**FORM, "next": address})
    assert answer.headers["location"] == "/"


def test_a_page_that_needs_signing_in_is_returned_to_with_everything_in_its_address(sqlite_database: Database) -> None:
    client = visitor(create_app(sqlite_database))
    answer = client.get("/people?as_of=2024Q4&q=再生水")
    assert answer.status_code == 303
    page = client.get(answer.headers["location"])
    assert 'name="next" value="/people?as_of=2024Q4&amp;q=%E5%86%8D%E7%94%9F%E6%B0%B4"' in page.text


def test_a_form_sent_after_the_sign_in_expired_says_so_and_does_not_redirect(sqlite_database: Database) -> None:
    answer = visitor(create_app(sqlite_database)).post("/people", data={"username": "x"})
    assert answer.status_code == 401
    assert "请先登录" in answer.text


def test_htmx_is_told_to_go_to_the_sign_in_page_instead_of_putting_it_into_a_part(sqlite_database: Database) -> None:
    client = visitor(
        create_app(sqlite_database), **{"HX-Request": "true", "HX-Current-URL": "http://localhost/people?q=1"}
    )
    answer = client.get("/people")
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in?next=%2Fpeople%3Fq%3D1")


def test_an_address_that_is_none_leads_back_to_the_first_page(sqlite_database: Database) -> None:
    client = visitor(create_app(sqlite_database))
    answer = client.get("/people", headers={"HX-Request": "true", "HX-Current-URL": "http://[::1"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in?next=%2F")


# ---- one-time links

ADMIN_FORM = {
    "username": "first.admin",
    "name": "李明",
    "password": "a long password",
    "password_again": "a long password",
    "roles": ["office"],
}


def test_the_first_administrator_is_made_once_and_is_signed_in(database: Database) -> None:
    token = a_link(database, None)
    app = create_app(database)
    client = visitor(app)
    assert client.get(f"/welcome/{token}").status_code == 200
    answer = client.post(f"/welcome/{token}", data={**ADMIN_FORM, "roles": ["office", "owner", "made-up"]})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/people").status_code == 200
    with database.reading() as session:
        assert set(session.exec(select(Grant.role))) == {"admin", "office"}
    again = visitor(app).post(f"/welcome/{token}", data={**ADMIN_FORM, "username": "second"})
    assert again.status_code == 404
    assert visitor(app).get(f"/welcome/{token}").status_code == 404


def test_a_second_link_for_a_first_administrator_dies_with_the_first_account(sqlite_database: Database) -> None:
    person_in(sqlite_database)
    token = a_link(sqlite_database, None)
    assert visitor(create_app(sqlite_database)).get(f"/welcome/{token}").status_code == 404


def test_two_who_use_the_first_link_at_once_make_one_administrator(database: Database) -> None:
    token = a_link(database, None)
    app = create_app(database)

    def use(username: str) -> int:
        return visitor(app).post(f"/welcome/{token}", data={**ADMIN_FORM, "username": username}).status_code

    assert sorted(at_once(lambda: use("one"), lambda: use("two"))) == [303, 404]
    with database.reading() as session:
        assert len(session.exec(select(Person)).all()) == 1


def test_a_form_with_errors_spends_no_link_and_writes_nothing(database: Database) -> None:
    token = a_link(database, None)
    client = visitor(create_app(database))
    wrong = {**ADMIN_FORM, "username": "Ä", "name": "李 明", "password_again": "another password"}
    answer = client.post(f"/welcome/{token}", data=wrong)
    assert answer.status_code == 422
    assert 'id="e-username"' in answer.text
    assert 'id="e-password_again"' in answer.text
    assert 'value="李 明"' in answer.text
    assert "a long password" not in answer.text
    with database.reading() as session:
        assert session.exec(select(Person)).all() == []
    assert client.post(f"/welcome/{token}", data=ADMIN_FORM).status_code == 303


def test_a_persons_link_sets_only_the_password_and_ends_older_sign_ins(database: Database) -> None:
    person = person_in(database, "owner", "auditor", password=PASSWORD)
    app = create_app(database)
    elsewhere = signed_in_visitor(app, person)
    token = a_link(database, person)
    form = {"password": "another password", "password_again": "another password", "username": "x", "roles": ["admin"]}
    assert visitor(app).post(f"/welcome/{token}", data=form).status_code == 303
    assert elsewhere.get("/people").headers["location"].startswith("/sign-in")
    with database.reading() as session:
        assert [p.username for p in session.exec(select(Person))] == ["owner"]
        assert [g.role for g in session.exec(select(Grant))] == ["auditor"]
    new = {"username": "owner", "password": "another password"}
    assert visitor(app).post("/sign-in", data=new).status_code == 303
    assert visitor(app).post(f"/welcome/{token}", data=form).status_code == 404


def test_the_page_of_a_link_is_kept_nowhere(sqlite_database: Database) -> None:
    token = a_link(sqlite_database, None)
    answer = visitor(create_app(sqlite_database)).get(f"/welcome/{token}")
    assert answer.headers["cache-control"] == "no-store"
