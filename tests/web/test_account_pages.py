"""我的账户: the own password, and the browsers that are signed in."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlmodel import select
from starlette.testclient import TestClient

from core.audit import OPERATOR, AuditEntry
from core.calendar import now
from core.database import Database
from core.people import Person, SignIn, SignInStep, aware, set_password, token_hash
from tests.samples import PASSWORD
from tests.web.visiting import person_in, setting, signed_in_visitor, visitor
from web.app import create_app
from web.deps import SESSION_COOKIE
from web.signing_in import STEP_COOKIE

NEW = "another long password"
FORM = {"username": "reader", "password": PASSWORD}
CHANGE = {"old_password": PASSWORD, "password": NEW, "password_again": NEW}


def is_in(client: TestClient) -> bool:
    return client.get("/account").status_code == 200


# ---- a password that somebody else set


def set_for(database: Database, person: Person) -> None:
    with database.writing() as session:
        set_password(session, session.get_one(Person, person.id), PASSWORD, by=OPERATOR)


def test_a_password_that_somebody_else_set_opens_nothing_before_it_is_changed(database: Database) -> None:
    set_for(database, person_in(database))
    client = visitor(create_app(database))
    answer = client.post("/sign-in", data={**FORM, "next": "/account"})
    assert answer.headers["location"] == "/sign-in/password"
    assert SESSION_COOKIE not in client.cookies
    assert not is_in(client)
    page = client.get("/sign-in/password")
    assert "别人为您设置的" in page.text
    assert page.headers["cache-control"] == "no-store"
    same = client.post("/sign-in/password", data={"password": PASSWORD, "password_again": PASSWORD})
    assert same.status_code == 422
    assert "相同" in same.text
    answer = client.post("/sign-in/password", data={"password": NEW, "password_again": NEW})
    assert answer.headers["location"] == "/account"
    assert is_in(client)
    again = visitor(create_app(database)).post("/sign-in", data={**FORM, "password": NEW})
    assert again.headers["location"] == "/"


def test_the_step_is_bound_to_its_browser_used_once_and_short_lived(database: Database) -> None:
    set_for(database, person_in(database))
    app = create_app(database)
    client, stranger = visitor(app), visitor(app)
    cookie = client.post("/sign-in", data=FORM).headers["set-cookie"]
    assert "httponly" in cookie.lower()
    assert "path=/sign-in" in cookie.lower()
    token = client.cookies[STEP_COOKIE]
    form = {"password": NEW, "password_again": NEW}
    assert stranger.get("/sign-in/password").headers["location"] == "/sign-in"
    assert stranger.post("/sign-in/password", data=form).status_code == 410
    stranger.cookies.set(SESSION_COOKIE, token)
    assert not is_in(stranger), "the token of a step is none of a sign-in"
    with database.writing() as session:
        session.execute(update(SignInStep).values(expires_at=now() - timedelta(seconds=1)))
    assert client.post("/sign-in/password", data=form).status_code == 410
    assert client.post("/sign-in", data=FORM).status_code == 303
    token = client.cookies[STEP_COOKIE]
    assert client.post("/sign-in/password", data=form).status_code == 303
    again = visitor(app)
    again.cookies.set(STEP_COOKIE, token)
    assert again.post("/sign-in/password", data=form).status_code == 410


# ---- changing the own one


def test_the_own_password_is_changed_with_the_old_one_and_other_browsers_are_signed_out(database: Database) -> None:
    person = person_in(database, password=PASSWORD)
    app = create_app(database)
    client, elsewhere = signed_in_visitor(app, person), signed_in_visitor(app, person)
    before = client.cookies[SESSION_COOKIE]
    assert client.get("/account/password").status_code == 200
    answer = client.post("/account/password", data=CHANGE)
    assert answer.headers["location"] == "/account"
    after = answer.cookies[SESSION_COOKIE]
    assert after != before
    assert not is_in(elsewhere)
    old = visitor(app)
    old.cookies.set(SESSION_COOKIE, before)
    assert not is_in(old)
    new = visitor(app)
    new.cookies.set(SESSION_COOKIE, after)
    assert is_in(new)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"old_password": "wrong password"}, "old_password"),
        ({"old_password": ""}, "old_password"),
        ({"password": "password123", "password_again": "password123"}, "password"),
        ({"password_again": "a different password"}, "password_again"),
    ],
)
def test_a_change_with_something_wrong_changes_nothing(
    sqlite_database: Database, wrong: dict[str, str], field: str
) -> None:
    person = person_in(sqlite_database, password=PASSWORD)
    client = signed_in_visitor(create_app(sqlite_database), person)
    answer = client.post("/account/password", data={**CHANGE, **wrong})
    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert not any(value in answer.text for value in (*wrong.values(), PASSWORD, NEW) if value)
    assert is_in(client)
    with sqlite_database.reading() as session:
        assert session.get_one(Person, person.id).password_hash == person.password_hash


def test_guessing_the_old_password_locks_the_account_too(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = person_in(sqlite_database, password=PASSWORD)
    with setting(monkeypatch, lock_after="3"):
        app = create_app(sqlite_database)
        client = signed_in_visitor(app, person)
        guesses = [client.post("/account/password", data={**CHANGE, "old_password": "x"}).status_code for _ in range(4)]
        assert guesses == [422, 422, 422, 429]
        assert visitor(app).post("/sign-in", data=FORM).status_code == 429


# ---- signed-in browsers


def test_the_account_lists_its_browsers_and_ends_them(database: Database) -> None:
    person = person_in(database, password=PASSWORD)
    app = create_app(database)
    here, there = (
        visitor(app, **{"User-Agent": "First/1 <b>"}),
        visitor(app, **{"User-Agent": "Second/2"}),
    )
    for client in (here, there):
        client.post("/sign-in", data=FORM)
    page = here.get("/account").text
    assert "Second/2" in page
    assert "<b>" not in page
    assert page.count("正在使用") == 1
    assert here.cookies[SESSION_COOKIE] not in page
    ends = re.findall(r'action="(/account/sign-ins/[0-9a-f]+/end)"', page)
    assert len(ends) == 1
    assert here.post(ends[0]).headers["location"] == "/account"
    assert not is_in(there)
    assert here.post(ends[0]).status_code == 404
    third = signed_in_visitor(app, person)
    assert here.post("/account/sign-ins/end-others").headers["location"] == "/account"
    assert (is_in(here), is_in(third)) == (True, False)
    with database.reading() as session:
        assert len(session.exec(select(AuditEntry).where(AuditEntry.action == "end-sign-in")).all()) == 2


def test_nobody_ends_the_sign_in_of_somebody_else(database: Database) -> None:
    app = create_app(database)
    one, two = (signed_in_visitor(app, person_in(database, name, "auditor")) for name in ("one", "two"))
    handle = token_hash(two.cookies[SESSION_COOKIE])[:16]
    assert one.post(f"/account/sign-ins/{handle}/end").status_code == 404
    assert is_in(two)


def test_use_is_noted_about_once_a_minute_and_keeps_a_browser_signed_in(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = person_in(database)
    with setting(monkeypatch, idle_minutes="5"):
        app = create_app(database)
        client = signed_in_visitor(app, person)

        def row() -> SignIn:
            with database.reading() as session:
                return session.exec(select(SignIn)).one()

        def unused_for(**time: int) -> None:
            with database.writing() as session:
                found = session.exec(select(SignIn)).one()
                found.created_at = found.last_seen_at = now() - timedelta(**time)
                session.add(found)

        assert is_in(client)
        assert row().last_seen_at is None, "it has only just begun"
        unused_for(minutes=4)
        assert is_in(client)
        seen = row().last_seen_at
        assert seen is not None
        assert now() - aware(seen) < timedelta(minutes=1)
        assert is_in(client)
        assert row().last_seen_at == seen
        unused_for(minutes=5, seconds=1)
        assert not is_in(client)
