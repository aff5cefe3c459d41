"""Signing in by a real identity provider on loopback: who comes in, who is told what is missing, and its errors."""

from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from sqlmodel import select

from core.audit import AuditEntry
from core.database import Database
from core.identities import Identity
from core.people import Person, SignIn
from core.second_factors import begin_factor
from core.settings import settings
from portfolio.grants import Grant
from tests.identity_provider import DEPARTMENT_CLAIM
from tests.identity_provider import Provider as Running
from tests.web.oidc_visits import (
    app,
    come_back,
    invited,
    is_in,
    leave,
    provider_settings,
    running,
    sqlite_database,
    whole_way,
)
from tests.web.visiting import person_in, setting, signed_in_visitor, visitor
from web.deps import SESSION_COOKIE
from web.oidc_pages import CALLBACK, OIDC_COOKIE
from web.oidc_provider import Provider, ProviderSilent

__all__ = [
    "app",
    "invited",
    "provider_settings",
    "running",
    "sqlite_database",
]  # fixtures that stand in a file of their own


def test_an_invited_person_is_linked_at_the_first_sign_in_and_known_at_the_second(
    running: Running, app: FastAPI, invited: Person, sqlite_database: Database
) -> None:
    client = visitor(app)
    assert "/sign-in/oidc?next=" in client.get("/sign-in").text
    answer = whole_way(running, client, next_="/plans?q=1")
    assert answer.headers["location"] == "/plans?q=1"
    assert is_in(client)
    assert OIDC_COOKIE not in client.cookies
    with sqlite_database.writing() as session:
        identity = session.exec(select(Identity)).one()
        assert (identity.issuer, identity.subject, identity.person_id) == (running.issuer, "wang.fang", invited.id)
        assert session.exec(select(SignIn.how)).one() == "oidc"
        session.get_one(Person, invited.id).username = "another-name-here"
    second = visitor(app)
    assert whole_way(running, second).headers["location"] == "/"
    assert is_in(second)
    with sqlite_database.reading() as session:
        acts = session.exec(select(AuditEntry.action).where(AuditEntry.subject == "person")).all()
    assert acts.count("link-identity") == 1
    assert acts.count("sign-in") == 2


def test_what_is_sent_to_the_provider_binds_the_code_to_this_sign_in(app: FastAPI) -> None:
    asked = [parse_qs(urlsplit(leave(visitor(app))).query) for _ in range(2)]
    assert asked[0]["code_challenge_method"] == ["S256"]
    assert asked[0]["redirect_uri"] == [f"http://localhost{CALLBACK}"]
    for secret in ("state", "nonce", "code_challenge"):
        assert len(asked[0][secret][0]) >= 43
        assert asked[0][secret] != asked[1][secret]


def test_the_cookie_gives_nothing_away_and_no_script_reads_it(app: FastAPI) -> None:
    client = visitor(app)
    answer = client.get("/sign-in/oidc")
    state = parse_qs(urlsplit(answer.headers["location"]).query)["state"][0]
    cookie = answer.headers["set-cookie"].lower()
    assert state not in answer.headers["set-cookie"]
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "path=/sign-in/oidc" in cookie


# ---- who is not known yet


def test_who_was_not_invited_is_told_what_is_missing_and_no_account_is_made(
    running: Running, app: FastAPI, sqlite_database: Database
) -> None:
    client = visitor(app)
    answer = whole_way(running, client)
    assert answer.status_code == 403
    assert "wang.fang" in answer.text
    assert "请系统管理员" in answer.text
    assert not is_in(client)
    with sqlite_database.reading() as session:
        assert session.exec(select(Person)).all() == []


def test_somebody_of_a_registered_department_is_made_its_owner_where_the_settings_say_so(
    running: Running, app: FastAPI, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with setting(monkeypatch, oidc_make_people="true", oidc_department_claim=DEPARTMENT_CLAIM):
        client = visitor(app)
        assert whole_way(running, client).headers["location"] == "/"
        assert is_in(client)
        unknown = whole_way(running, visitor(app), "li.mei")
        assert unknown.status_code == 403
        assert "没有登记的局" in unknown.text
        assert whole_way(running, visitor(app), "Zhao@Bureau").status_code == 403
    with sqlite_database.reading() as session:
        person, grant = session.exec(select(Person)).one(), session.exec(select(Grant)).one()
        assert (person.username, person.name, person.password_hash) == ("wang.fang", "某wang.fang", None)
        assert grant.role == "owner"
        assert grant.department_id is not None


def test_a_closed_account_stays_closed_and_an_ended_link_ends_its_sign_ins(
    running: Running, app: FastAPI, invited: Person, sqlite_database: Database
) -> None:
    client = visitor(app)
    whole_way(running, client)
    admin = signed_in_visitor(app, person_in(sqlite_database, "the-admin", "admin"))
    assert running.issuer in admin.get(f"/people/{invited.id}").text
    admin.post(f"/people/{invited.id}/close", data={})
    assert whole_way(running, visitor(app)).status_code == 403
    admin.post(f"/people/{invited.id}/reopen")
    assert whole_way(running, client).status_code == 303
    assert is_in(client)
    assert admin.post(f"/people/{invited.id}/identities/1/unlink").status_code == 303
    assert not is_in(client)
    assert admin.post(f"/people/{invited.id}/identities/1/unlink").status_code == 404


def test_the_provider_asks_for_its_own_second_factor_and_we_for_none(
    running: Running, app: FastAPI, invited: Person, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        from core.calendar import now

        factor = begin_factor(session, session.get_one(Person, invited.id))
        factor.confirmed_at = now()
        session.add(factor)
    client = visitor(app)
    assert whole_way(running, client).headers["location"] == "/"
    assert is_in(client)


def test_signing_out_ends_the_sign_in_here(running: Running, app: FastAPI, invited: Person) -> None:
    client = visitor(app)
    whole_way(running, client)
    token = client.cookies[SESSION_COOKIE]
    assert client.post("/sign-out").headers["location"] == "/sign-in"
    client.cookies.set(SESSION_COOKIE, token)
    assert not is_in(client)


# ---- errors of the provider


def test_a_refusal_of_the_provider_is_a_page_of_ours(app: FastAPI) -> None:
    client = visitor(app)
    state = parse_qs(urlsplit(leave(client)).query)["state"][0]
    answer = come_back(client, {"error": "<script>alert(1)</script>", "state": state})
    assert answer.status_code == 403
    assert "没有同意" in answer.text
    assert "<script>alert" not in answer.text


def test_a_silent_or_strange_provider_is_a_page_of_ours(
    running: Running, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    for issuer in ("http://127.0.0.1:9", f"{running.issuer}/", f"{running.issuer}/login"):
        with setting(monkeypatch, oidc_issuer=issuer):
            answer = visitor(app).get("/sign-in/oidc")
            assert answer.status_code == 502, issuer
            assert "没有应答或应答不对" in answer.text
            assert "<h1>对方系统没有应答</h1>" in answer.text


def test_a_provider_that_did_not_answer_is_left_alone_for_a_while(running: Running) -> None:
    provider = Provider("http://127.0.0.1:9")
    for _ in range(2):
        with pytest.raises(ProviderSilent):
            provider.address(provider.asked("/"), running.redirect)
    provider.issuer = running.issuer  # it is there again, and nobody looks yet
    with pytest.raises(ProviderSilent):
        provider.address(provider.asked("/"), running.redirect)
    provider._silent_until = 0.0
    assert provider.address(provider.asked("/"), running.redirect).startswith(running.issuer)


def test_without_a_provider_there_is_no_such_way(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched, setting(patched):
        patched.delenv("QINGSHAN_OIDC_ISSUER")
        settings.cache_clear()
        client = visitor(app)
        assert "/sign-in/oidc" not in client.get("/sign-in").text
        assert client.get("/sign-in/oidc").status_code == 404
        assert client.get(CALLBACK).status_code == 404


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"oidc_issuer": "id.example.org"}, "QINGSHAN_OIDC_ISSUER"),
        ({"oidc_client_id": ""}, "QINGSHAN_OIDC_CLIENT_ID"),
        ({"oidc_make_people": "true"}, "QINGSHAN_OIDC_DEPARTMENT_CLAIM"),
    ],
)
def test_half_a_provider_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], told: str
) -> None:
    with setting(monkeypatch, **values), pytest.raises(ValueError, match=told):
        settings()
