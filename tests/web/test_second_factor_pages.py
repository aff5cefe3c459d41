"""The second factor on its pages: set up, asked for, put off, reset."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from fastapi import FastAPI
from sqlalchemy import update
from sqlmodel import select
from starlette.testclient import TestClient

from core.audit import OPERATOR
from core.calendar import now
from core.database import Database
from core.one_time_links import make_link
from core.people import Person, set_password
from core.second_factors import SecondFactor
from core.settings import settings
from tests.samples import PASSWORD
from tests.web.visiting import person_in, setting, signed_in_visitor, visitor
from web.app import create_app
from web.deps import SESSION_COOKIE
from web.signing_in import STEP_COOKIE

FORM = {"username": "reader", "password": PASSWORD}
SECRET = re.compile(r'<code class="secret">([A-Z2-7 ]+)</code>')
CODES = re.compile(r"<code>([0-9A-Z-]{34})</code>")
AT = "/account/second-factor"
OFTEN = {"sign_in_limit": "1000/minute"}


@pytest.fixture(autouse=True)
def _rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with setting(monkeypatch, secrets_file=str(tmp_path / "secrets.json"), second_factor="required", **OFTEN):
        yield


def is_in(client: TestClient) -> bool:
    return client.get("/account").status_code == 200


def code_of(page: str) -> str:
    found = SECRET.search(page)
    assert found is not None
    return pyotp.TOTP(found[1].replace(" ", "")).now()


def set_up(database: Database, client: TestClient, at: str = AT) -> list[str]:
    """Sets the factor up; its recovery codes. The code that confirmed it may be given again, as if time had passed."""
    assert client.post(f"{at}/begin", data={"password": PASSWORD}).headers["location"] == at
    answer = client.post(at, data={"code": code_of(client.get(at).text)})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    with database.writing() as session:
        session.execute(update(SecondFactor).values(last_step=None))
    return CODES.findall(answer.text)


def present_code(database: Database) -> str:
    from core.second_factors import secret_of

    with database.reading() as session:
        return pyotp.TOTP(secret_of(session.exec(select(SecondFactor)).one())).now()


@pytest.fixture
def app(database: Database) -> FastAPI:
    person_in(database, password=PASSWORD)
    return create_app(database)


def test_who_must_have_one_is_led_to_it_can_put_it_off_for_days_and_then_cannot(
    database: Database, app: FastAPI
) -> None:
    client = visitor(app)
    answer = client.post("/sign-in", data={**FORM, "next": "/plans?q=1"})
    assert answer.headers["location"] == f"{AT}?next=%2Fplans%3Fq%3D1"
    page = client.get(answer.headers["location"]).text
    assert 'href="/plans?q=1"' in page
    assert "以后再设" in page
    assert is_in(client)
    with database.writing() as session:
        session.execute(update(Person).values(factor_due_at=now() - timedelta(seconds=1)))
    late = visitor(app)
    assert late.post("/sign-in", data={**FORM, "next": "/plans"}).headers["location"] == "/sign-in/factor"
    assert not is_in(late)
    assert "以后再设" not in late.get("/sign-in/factor").text
    assert late.post("/sign-in/factor", data={"code": "123456"}).status_code == 409
    late.post("/sign-in/factor/begin")
    assert late.post("/sign-in/factor", data={"code": "000000"}).status_code == 401
    page = late.post("/sign-in/factor", data={"code": code_of(late.get("/sign-in/factor").text)})
    assert len(CODES.findall(page.text)) == 10
    assert 'href="/plans"' in page.text
    assert is_in(late)
    assert late.get("/sign-in/factor").headers["location"] == "/sign-in"


@pytest.mark.parametrize(
    ("role", "rule", "asked"),
    [
        ("finance", {"second_factor": "required"}, True),
        ("admin", {}, True),
        ("owner", {"second_factor": "required"}, False),
        ("auditor", {"second_factor": "required"}, False),
        ("office", {"second_factor": "optional"}, False),
        ("office", {"demo": "true"}, False),
        ("office", {"demo": "true", "second_factor": "required"}, True),
    ],
)
def test_only_some_roles_must_and_none_in_a_demonstration(
    sqlite_stored: Database, monkeypatch: pytest.MonkeyPatch, role: str, rule: dict[str, str], asked: bool
) -> None:
    from tests.samples import find_small_plan

    department = None
    if role == "owner":
        with sqlite_stored.reading() as session:
            department = find_small_plan(session).forestry
    person_in(sqlite_stored, role=role, password=PASSWORD, department=department)
    with monkeypatch.context() as patched:
        patched.delenv("QINGSHAN_SECOND_FACTOR")
        patched.setenv("QINGSHAN_SECOND_FACTOR_DAYS", "0")
        for name, value in rule.items():
            patched.setenv(f"QINGSHAN_{name.upper()}", value)
        settings.cache_clear()
        answer = visitor(create_app(sqlite_stored)).post("/sign-in", data=FORM)
    assert answer.headers["location"] == ("/sign-in/factor" if asked else "/")


def test_a_password_alone_opens_nothing_where_a_factor_stands(database: Database, app: FastAPI) -> None:
    client = visitor(app)
    client.post("/sign-in", data=FORM)
    codes = set_up(database, client)
    assert len(codes) == 10
    assert codes[0] not in client.get(AT).text

    second = visitor(app)
    assert second.post("/sign-in", data={**FORM, "next": "/plans"}).headers["location"] == "/sign-in/code"
    assert SESSION_COOKIE not in second.cookies
    assert not is_in(second)
    for elsewhere in ("/sign-in/password", "/sign-in/factor"):
        assert second.get(elsewhere).headers["location"] == "/sign-in/code"
        assert second.post(elsewhere, data={"password": "x"}).status_code == 410
    assert second.post("/sign-in/factor/begin").status_code == 410
    wrong = second.post("/sign-in/code", data={"code": "000000"})
    assert wrong.status_code == 401
    code = present_code(database)
    assert second.post("/sign-in/code", data={"code": code}).headers["location"] == "/plans"
    assert is_in(second)

    third = visitor(app)
    third.post("/sign-in", data=FORM)
    assert third.post("/sign-in/code", data={"code": code}).status_code == 401, "a code is taken once"
    assert third.post("/sign-in/code", data={"code": codes[4]}).status_code == 303
    assert is_in(third)


def test_the_step_before_the_code_belongs_to_one_browser_and_ends(database: Database, app: FastAPI) -> None:
    client = visitor(app)
    client.post("/sign-in", data=FORM)
    set_up(database, client)
    second, stranger = visitor(app), visitor(app)
    second.post("/sign-in", data=FORM)
    token = second.cookies[STEP_COOKIE]
    code = present_code(database)
    assert stranger.post("/sign-in/code", data={"code": code}).status_code == 410
    assert second.post("/sign-in/code", data={"code": code}).status_code == 303
    with database.writing() as session:
        session.execute(update(SecondFactor).values(last_step=None))
    replayed = visitor(app)
    replayed.cookies.set(STEP_COOKIE, token)
    assert replayed.post("/sign-in/code", data={"code": code}).status_code == 410


def test_guessing_codes_locks_the_account(database: Database, app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    client = visitor(app)
    client.post("/sign-in", data=FORM)
    set_up(database, client)
    with setting(monkeypatch, lock_after="3"):
        answers = []
        for _ in range(2):  # the right password in between gives no new tries
            second = visitor(app)
            answers.append(second.post("/sign-in", data=FORM).status_code)
            answers += [second.post("/sign-in/code", data={"code": "000000"}).status_code for _ in range(2)]
        assert answers == [303, 401, 401, 303, 401, 429]
        assert second.post("/sign-in/code", data={"code": present_code(database)}).status_code == 429
        assert visitor(app).post("/sign-in", data=FORM).status_code == 429


def test_a_one_time_link_does_not_pass_the_factor_by(database: Database, app: FastAPI) -> None:
    client = visitor(app)
    client.post("/sign-in", data=FORM)
    set_up(database, client)
    with database.writing() as session:
        token = make_link(session, session.exec(select(Person)).one(), by=OPERATOR)
    second = visitor(app)
    form = {"password": "another long password", "password_again": "another long password"}
    assert second.post(f"/welcome/{token}", data=form).headers["location"] == "/sign-in/code"
    assert not is_in(second)


def test_code_and_own_password_are_both_asked_for(database: Database, app: FastAPI) -> None:
    client = visitor(app)
    client.post("/sign-in", data=FORM)
    set_up(database, client)
    with database.writing() as session:
        set_password(session, session.exec(select(Person)).one(), PASSWORD, by=OPERATOR)
    second = visitor(app)
    assert second.post("/sign-in", data=FORM).headers["location"] == "/sign-in/code"
    answer = second.post("/sign-in/code", data={"code": present_code(database)})
    assert answer.headers["location"] == "/sign-in/password"
    assert not is_in(second)
    form = {"password": "another long password", "password_again": "another long password"}
    assert second.post("/sign-in/password", data=form).headers["location"] == "/"
    assert is_in(second)


def test_changes_of_the_factor_ask_for_the_password(database: Database, app: FastAPI) -> None:
    client = visitor(app)
    client.post("/sign-in", data=FORM)
    codes = set_up(database, client)
    for act in ("begin", "codes", "drop"):
        assert client.post(f"{AT}/{act}", data={"password": "wrong password"}).status_code == 422
    new = client.post(f"{AT}/codes", data={"password": PASSWORD})
    assert not set(CODES.findall(new.text)) & set(codes)
    assert client.post(f"{AT}/drop", data={"password": PASSWORD}).status_code == 409, "the role asks for one"


def test_who_need_not_have_one_may_stop(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    person = person_in(database, role="auditor", password=PASSWORD)
    client = signed_in_visitor(create_app(database), person)
    set_up(database, client)
    assert client.post(f"{AT}/drop", data={"password": PASSWORD}).headers["location"] == "/account"
    assert visitor(client.app).post("/sign-in", data=FORM).headers["location"] == "/"


def test_an_administrator_resets_a_factor_and_the_person_is_told(database: Database, app: FastAPI) -> None:
    client = visitor(app)
    client.post("/sign-in", data=FORM)
    set_up(database, client)
    admin = signed_in_visitor(app, person_in(database, "the-admin", "admin"))
    page = admin.get("/people/1").text
    assert "重置第二因素" in page
    assert admin.post("/people/1/factor/reset").headers["location"] == "/people/1"
    assert not is_in(client)
    with database.writing() as session:
        session.execute(update(Person).values(factor_due_at=now()))
    assert client.post("/sign-in", data=FORM).headers["location"] == "/sign-in/factor"
    assert "甲the-admin" in client.get("/sign-in/factor").text
    set_up(database, client, "/sign-in/factor")
    assert "甲the-admin" not in client.get("/account").text


def test_a_lost_secrets_file_is_told_and_lets_nobody_in(database: Database, app: FastAPI) -> None:
    from core.secrets_file import secrets_path

    client = visitor(app)
    client.post("/sign-in", data=FORM)
    codes = set_up(database, client)
    secrets_path().unlink()
    second = visitor(app)
    second.post("/sign-in", data=FORM)
    answer = second.post("/sign-in/code", data={"code": "123456"})
    assert answer.status_code == 500
    assert "密钥文件" in answer.text
    assert second.post("/sign-in/code", data={"code": codes[0]}).status_code == 303, "a recovery code needs no key"
