"""What was refused is written to the log without any setting, by the name of the rule; nothing that was typed is."""

import json

import pyotp
import pytest

from core.calendar import now
from core.database import Database
from core.people import Person
from core.second_factors import begin_factor, confirm_factor, secret_of
from tests.samples import PASSWORD, find_small_plan
from tests.web.visiting import person_in, setting, visitor, visitor_with_role
from web.app import create_app


def refused(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    """The lines of refusals so far; they are forgotten."""
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.name == "qingshan.requests"]
    caplog.clear()
    return [line for line in lines if line["level"] == "warning"]


def test_a_wrong_password_a_wrong_code_and_a_lock_are_told(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = person_in(sqlite_database, password=PASSWORD)
    with sqlite_database.writing() as session:
        own = session.get_one(Person, person.id)
        factor = begin_factor(session, own)
        confirm_factor(session, own, pyotp.TOTP(secret_of(factor)).at(now()))
    with setting(monkeypatch, lock_after="3"):
        client = visitor(create_app(sqlite_database))
        client.post("/sign-in", data={"username": "reader", "password": "typed-wrongly"})
        client.post("/sign-in", data={"username": "nobody-of-ours", "password": "typed-wrongly"})
        client.post("/sign-in", data={"username": "reader", "password": PASSWORD})
        client.post("/sign-in/code", data={"code": "typed-code"})
        client.post("/sign-in", data={"username": "reader", "password": "typed-wrongly"})
        client.post("/sign-in", data={"username": "reader", "password": "typed-wrongly"})
    typed = caplog.text
    lines = refused(caplog)
    assert [line["refused"] for line in lines] == [
        *("WrongPassword", "WrongPassword", "WrongCode", "WrongPassword", "AccountLocked")
    ]
    assert {line["from"] for line in lines} == {"testclient"}
    assert all(line["request_id"] and line["timestamp"] for line in lines)
    for secret in ("typed", "nobody-of-ours", "reader", PASSWORD):
        assert secret not in typed


def test_what_is_not_theirs_is_told_of_who_is_signed_in(stored: Database, caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(stored)
    with stored.reading() as session:
        code = find_small_plan(session).forest.code
    stranger, auditor = visitor(app), visitor_with_role(app, "auditor")
    caplog.clear()
    stranger.get("/nothing")
    stranger.get(f"/projects/{code}")
    assert refused(caplog) == [], "a stranger who opens a page tried nothing"
    assert auditor.post(f"/projects/{code}/edit", data={"name": "typed"}).status_code == 404
    (line,) = refused(caplog)
    assert (line["refused"], line["route"], line["method"]) == ("NotThere", "/projects/{code}/edit", "POST")
    assert isinstance(line["person"], int)


def test_other_sites_other_tokens_and_too_large_bodies_are_told(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(sqlite_database)
    visitor(app, Origin="https://evil.example").post("/sign-in")
    visitor(app).get("/api/v1/plans", headers={"Authorization": "Bearer qst_typed"})
    visitor(app).post("/sign-in", content=b"x" * 2_000_001)
    assert "qst_typed" not in caplog.text
    assert [line["refused"] for line in refused(caplog)] == ["CrossSite", "InvalidToken", "TooLarge"]


def test_a_line_of_the_log_is_one_line_whatever_was_sent(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    client = visitor_with_role(create_app(sqlite_database), "auditor")
    caplog.clear()
    client.get("/nothing%0a%7b%22event%22:%22forged%22%7d%0d", headers={"X-Request-ID": "forged line"})
    client.request("FORGED", "/projects/%0aforged")
    assert len(caplog.records) >= 1
    for record in caplog.records:
        assert "\n" not in record.getMessage()
        assert "forged" not in record.getMessage().lower()
