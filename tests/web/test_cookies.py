"""Cookies behind HTTPS: by their names a browser refuses them from a neighbouring host, and we read no other ones."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from core.database import Database
from core.people import Person, set_password
from tests.samples import PASSWORD, SOMEBODY
from tests.web.visiting import person_in, setting
from web.app import create_app

THERE = "https://qingshan.example"
FORM = {"username": "reader", "password": PASSWORD, "next": "/"}


@pytest.fixture(autouse=True)
def https(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with setting(monkeypatch, secure_cookies="true"):
        yield


def browser(database: Database) -> TestClient:
    return TestClient(create_app(database), base_url=THERE, headers={"Origin": THERE}, follow_redirects=False)


def flags(cookie: str) -> set[str]:
    return {part.strip().lower() for part in cookie.split(";")[1:]}


def test_the_sign_in_holds_for_this_host_alone_and_ends_under_the_same_name(sqlite_database: Database) -> None:
    person_in(sqlite_database, password=PASSWORD)
    client = browser(sqlite_database)
    cookie = client.post("/sign-in", data=FORM).headers["set-cookie"]
    assert cookie.startswith("__Host-qingshan_session=")
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= flags(cookie)
    assert not any(flag.startswith("domain") for flag in flags(cookie))
    assert client.get("/account").status_code == 200
    gone = client.post("/sign-out").headers["set-cookie"]
    assert gone.startswith("__Host-qingshan_session=")
    assert {"secure", "max-age=0"} <= flags(gone), "a browser takes no other word for a cookie of this name"
    assert client.get("/account").status_code == 303


def test_a_sign_in_under_the_plain_name_is_not_read(sqlite_database: Database) -> None:
    person_in(sqlite_database, password=PASSWORD)
    client = browser(sqlite_database)
    client.post("/sign-in", data=FORM)
    token = client.cookies["__Host-qingshan_session"]
    client.cookies.clear()
    client.cookies.set("qingshan_session", token)
    assert client.get("/account").status_code == 303, "a neighbour under the same domain could have set it"
    client.cookies.set("__Host-qingshan_session", token)
    assert client.get("/account").status_code == 200


def test_the_step_before_a_sign_in_has_the_name_that_its_path_allows(sqlite_database: Database) -> None:
    person = person_in(sqlite_database)
    with sqlite_database.writing() as session:
        set_password(session, session.get_one(Person, person.id), PASSWORD, by=SOMEBODY)
    client = browser(sqlite_database)
    answer = client.post("/sign-in", data=FORM)
    assert answer.headers["location"] == "/sign-in/password"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Secure-qingshan_step=")
    assert {"secure", "httponly", "path=/sign-in"} <= flags(cookie)
    assert client.get("/sign-in/password").status_code == 200


def test_language_and_unit_are_kept_under_such_names_too(sqlite_database: Database) -> None:
    client = browser(sqlite_database)
    cookies = client.get("/sign-in?lang=en&unit=元").headers.get_list("set-cookie")
    assert sorted(one.split("=")[0] for one in cookies) == ["__Host-qingshan_lang", "__Host-qingshan_unit"]
    assert all({"secure", "httponly", "samesite=lax"} <= flags(one) for one in cookies)
    assert '<html lang="en">' in client.get("/sign-in").text
