"""One account in the hands of an administrator: roles given and taken, locks, sign-ins, closing."""

import re

import pytest
from fastapi import FastAPI
from sqlmodel import col, select
from starlette.testclient import TestClient

from core.audit import AuditEntry
from core.database import Database
from core.lockout import count_try
from core.people import Person
from core.settings import settings
from portfolio.grants import Grant
from tests.samples import PASSWORD
from tests.web.visiting import person_in, signed_in_visitor, visitor
from web.app import create_app
from web.deps import SESSION_COOKIE


@pytest.fixture
def app(database: Database) -> FastAPI:
    return create_app(database)


@pytest.fixture
def admin(database: Database, app: FastAPI) -> TestClient:
    return signed_in_visitor(app, person_in(database, "the-admin", "admin"))


def is_in(client: TestClient) -> bool:
    return client.get("/account").status_code == 200


def acts(database: Database, person_id: int) -> list[tuple[str, str | None]]:
    with database.reading() as session:
        rows = select(AuditEntry).where(AuditEntry.subject_id == person_id, AuditEntry.subject == "person")
        return [(row.action, row.reason) for row in session.exec(rows.order_by(col(AuditEntry.id)))]


def grant_of(database: Database, person_id: int) -> int:
    with database.reading() as session:
        return session.exec(select(Grant.id).where(Grant.person_id == person_id)).one()


def test_a_role_is_withdrawn_with_its_reason_and_the_person_signs_in_anew(
    database: Database, app: FastAPI, admin: TestClient
) -> None:
    person = person_in(database)
    client = signed_in_visitor(app, person)
    at = f"/people/{person.id}/roles/{grant_of(database, person.id)}/withdraw"
    assert at in admin.get(f"/people/{person.id}").text
    for _ in range(2):
        answer = admin.post(at, data={"request_key": "k", "reason": "调离"})
        assert answer.headers["location"] == f"/people/{person.id}"
    assert not is_in(client)
    assert ("withdraw-role", "调离") in acts(database, person.id)
    page = admin.get(f"/people/{person.id}").text
    assert "收回角色" in page
    assert "没有角色" in page
    assert admin.post(at, data={"request_key": "another"}).status_code == 404


def test_a_role_of_somebody_else_is_not_withdrawn_through_this_person(
    database: Database, app: FastAPI, admin: TestClient
) -> None:
    one, two = person_in(database, "one"), person_in(database, "two")
    at = f"/people/{one.id}/roles/{grant_of(database, two.id)}/withdraw"
    assert admin.post(at, data={}).status_code == 404
    assert grant_of(database, two.id)


def test_who_changes_their_own_roles_goes_on_with_a_new_token(
    database: Database, app: FastAPI, admin: TestClient
) -> None:
    before = admin.cookies[SESSION_COOKIE]
    answer = admin.post("/people/1/roles", data={"role": "auditor", "request_key": "k"})
    after = answer.cookies[SESSION_COOKIE]
    assert after != before
    old, new = visitor(app), visitor(app)
    old.cookies.set(SESSION_COOKIE, before)
    new.cookies.set(SESSION_COOKIE, after)
    assert (is_in(old), is_in(new)) == (False, True)


def test_the_last_administrator_stays(database: Database, app: FastAPI, admin: TestClient) -> None:
    at = f"/people/1/roles/{grant_of(database, 1)}/withdraw"
    for answer in (admin.post(at, data={}), admin.post("/people/1/close", data={})):
        assert answer.status_code == 409
        assert "最后一位" in answer.text
    assert is_in(admin)
    second = person_in(database, "second", "admin")
    admin.post(f"/people/{second.id}/close", data={})
    assert admin.post("/people/1/close", data={}).status_code == 409, "a closed account manages nobody"
    admin.post(f"/people/{second.id}/reopen")
    assert admin.post("/people/1/close", data={}).status_code == 303
    assert not is_in(admin)


def test_a_closed_account_is_signed_out_and_reopened_as_it_was(
    database: Database, app: FastAPI, admin: TestClient
) -> None:
    person = person_in(database, password=PASSWORD)
    client = signed_in_visitor(app, person)
    link = re.search(r'value="http://localhost(/welcome/[^"]+)"', admin.post(f"/people/{person.id}/links").text)
    assert link is not None
    for _ in range(2):
        assert admin.post(f"/people/{person.id}/close", data={"reason": "退休"}).status_code == 303
    assert not is_in(client)
    assert visitor(app).get(link[1]).status_code == 404
    form = {"username": "reader", "password": PASSWORD}
    assert visitor(app).post("/sign-in", data=form).status_code == 401
    assert "已停用" in admin.get(f"/people/{person.id}").text
    assert admin.post(f"/people/{person.id}/reopen").status_code == 303
    assert visitor(app).post("/sign-in", data=form).status_code == 303
    assert not is_in(client), "a sign-in that ended stays so"
    assert [act for act in acts(database, person.id) if "account" in act[0]] == [
        ("close-account", "退休"),
        ("reopen-account", None),
    ]


def test_an_administrator_unlocks_an_account(database: Database, app: FastAPI, admin: TestClient) -> None:
    person = person_in(database, password=PASSWORD)
    for _ in range(settings().lock_after):
        with database.writing() as session:
            count_try(session, "reader")
    form = {"username": "reader", "password": PASSWORD}
    assert visitor(app).post("/sign-in", data=form).status_code == 429
    assert "马上解锁" in admin.get(f"/people/{person.id}").text
    for _ in range(2):
        assert admin.post(f"/people/{person.id}/unlock").status_code == 303
    assert "马上解锁" not in admin.get(f"/people/{person.id}").text
    assert visitor(app).post("/sign-in", data=form).status_code == 303
    assert [act for act, _ in acts(database, person.id)].count("unlock") == 1


def test_an_administrator_ends_sign_ins_of_a_person(database: Database, app: FastAPI, admin: TestClient) -> None:
    person = person_in(database)
    clients = [signed_in_visitor(app, person) for _ in range(3)]
    ends = re.findall(r'action="(/people/\d+/sign-ins/[0-9a-f]+/end)"', admin.get(f"/people/{person.id}").text)
    assert len(ends) == 3
    assert admin.post(ends[0]).status_code == 303
    assert sum(map(is_in, clients)) == 2
    assert admin.post(f"/people/{person.id}/sign-ins/end-all").status_code == 303
    assert sum(map(is_in, clients)) == 0
    assert admin.post("/people/1/sign-ins/end-all").status_code == 303
    assert is_in(admin), "the own browser stays"


def test_nothing_of_these_pages_gives_away_a_secret(database: Database, app: FastAPI, admin: TestClient) -> None:
    person = person_in(database, password=PASSWORD)
    client = signed_in_visitor(app, person)
    page = admin.get(f"/people/{person.id}").text
    with database.reading() as session:
        stored = session.get_one(Person, person.id).password_hash
    assert stored is not None
    assert stored not in page
    assert client.cookies[SESSION_COOKIE] not in page
