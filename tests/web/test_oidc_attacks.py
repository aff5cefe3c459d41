"""What a dishonest browser or provider may try at the sign-in by an identity provider."""

import base64
import json
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from authlib.integrations.httpx_client import OAuth2Client
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from sqlmodel import select

from core.database import Database
from core.identities import Identity
from core.people import Person
from tests.identity_provider import CLIENT, OTHER_CLIENT, SECRET
from tests.identity_provider import Provider as Running
from tests.samples import PASSWORD
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
from tests.web.visiting import person_in, visitor
from web.oidc_pages import OIDC_COOKIE
from web.oidc_provider import NotProven, Provider

__all__ = [
    "app",
    "invited",
    "provider_settings",
    "running",
    "sqlite_database",
]  # fixtures that stand in a file of their own


def test_an_answer_with_another_state_or_for_another_browser_signs_nobody_in(
    running: Running, app: FastAPI, invited: Person
) -> None:
    client, victim = visitor(app), visitor(app)
    with running.signed_in_browser("wang.fang") as browser:
        answer = running.answer_of(browser, leave(client))
    for wrong in ({**answer, "state": "x" * 43}, {**answer, "state": ""}, {"code": answer["code"]}):
        assert come_back(client, wrong).status_code == 403
    assert come_back(victim, answer).status_code == 403, "a browser that asked for nothing"
    leave(victim)
    assert come_back(victim, answer).status_code == 403, "a browser that asked for something else"
    victim.cookies.set(OIDC_COOKIE, "made up")
    assert come_back(victim, answer).status_code == 403
    assert not is_in(victim)


def test_a_token_with_another_nonce_signs_nobody_in(running: Running, app: FastAPI, invited: Person) -> None:
    client = visitor(app)
    address = urlsplit(leave(client))
    changed = {name: values[0] for name, values in parse_qs(address.query).items()} | {"nonce": "of-another-sign-in"}
    with running.signed_in_browser("wang.fang") as browser:
        answer = running.answer_of(browser, address._replace(query=urlencode(changed)).geturl())
    refused = come_back(client, answer)
    assert refused.status_code == 403
    assert "无法确认" in refused.text
    assert not is_in(client)


def test_a_code_is_used_once(running: Running, app: FastAPI, invited: Person) -> None:
    client = visitor(app)
    with running.signed_in_browser("wang.fang") as browser:
        answer = running.answer_of(browser, leave(client))
    kept = client.cookies[OIDC_COOKIE]
    assert come_back(client, answer).status_code == 303
    again = visitor(app)
    again.cookies.set(OIDC_COOKIE, kept)
    refused = come_back(again, answer)
    assert refused.status_code == 403
    assert "没有同意" in refused.text
    assert not is_in(again)


def test_the_code_of_one_browser_is_useless_in_another(running: Running, app: FastAPI, invited: Person) -> None:
    """An attacker plants a stolen code into a sign-in of their own: the verifier does not fit it."""
    client, attacker = visitor(app), visitor(app)
    with running.signed_in_browser("wang.fang") as browser:
        stolen = running.answer_of(browser, leave(client))["code"]
    state = parse_qs(urlsplit(leave(attacker)).query)["state"][0]
    assert come_back(attacker, {"code": stolen, "state": state}).status_code == 403
    assert not is_in(attacker)


def token_for(running: Running, client_id: str, nonce: str) -> str:
    """A genuine token of the provider for one of its clients."""
    with (
        OAuth2Client(client_id, SECRET, scope="openid profile", redirect_uri=running.redirect) as client,
        running.signed_in_browser("wang.fang") as browser,
    ):
        address, _ = client.create_authorization_url(f"{running.issuer}/oauth/authorize", nonce=nonce)
        code = running.answer_of(browser, address)["code"]
        return str(client.fetch_token(f"{running.issuer}/oauth/token", code=code)["id_token"])


def test_a_token_for_another_audience_or_without_a_true_signature_proves_nothing(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Provider(running.issuer)
    genuine = token_for(running, CLIENT, "n")
    assert provider.claims(genuine, "n")["sub"] == "wang.fang"
    head, body, signature = genuine.split(".")

    def coded(facts: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(facts).encode()).decode().rstrip("=")

    said = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    forged = [
        token_for(running, OTHER_CLIENT, "n"),
        f"{head}.{coded(said | {'sub': 'li.mei'})}.{signature}",
        f"{coded({'alg': 'none'})}.{body}.",
        f"{coded({'alg': 'HS256'})}.{body}.{signature}",
        "",
        "a.b.c",
    ]
    for token in forged:
        with pytest.raises(NotProven):
            provider.claims(token, "n")
    for nonce in ("", "m"):
        with pytest.raises(NotProven):
            provider.claims(genuine, nonce)
    other = Provider("http://127.0.0.1:1")
    other._known = provider._known
    with pytest.raises(NotProven):
        other.claims(genuine, "n")


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_it_never_leads_to_another_site(running: Running, app: FastAPI, invited: Person, next_: str) -> None:
    client = visitor(app)
    assert leave(client, next_).startswith(running.issuer)
    assert whole_way(running, client, next_=next_).headers["location"] == "/"


def test_an_account_that_somebody_uses_is_not_taken_over_by_its_name(
    running: Running, app: FastAPI, sqlite_database: Database
) -> None:
    person_in(sqlite_database, "wang.fang", "admin", password=PASSWORD)
    client = visitor(app)
    assert whole_way(running, client).status_code == 403
    assert not is_in(client)
    with sqlite_database.reading() as session:
        assert session.exec(select(Identity)).all() == []


def test_a_link_of_another_site_signs_nobody_in_unasked(app: FastAPI) -> None:
    client = visitor(app)
    for where in ("cross-site", "same-site"):
        answer = client.get("/sign-in/oidc?next=/plans", headers={"Sec-Fetch-Site": where})
        assert answer.headers["location"] == "/sign-in?next=%2Fplans", "the person presses the button, or does not"
        assert OIDC_COOKIE not in client.cookies
    own = client.get("/sign-in/oidc?next=/plans", headers={"Sec-Fetch-Site": "same-origin"})
    assert OIDC_COOKIE in client.cookies
    assert "code_challenge=" in own.headers["location"]


def own_token(key: ECKey, issuer: str, *, header: dict[str, object] | None = None, **claims: object) -> str:
    """A token that is right in all but what the test says."""
    moment = int(time.time())
    said = {"iss": issuer, "aud": CLIENT, "sub": "wang.fang", "iat": moment, "exp": moment + 300, "nonce": "n"} | claims
    return jwt.encode({"alg": "ES256"} | (header or {}), said, key)


def test_a_token_that_is_over_or_not_yet_valid_proves_nothing(running: Running) -> None:
    provider, key = Provider(running.issuer), ECKey.generate_key("P-256")
    provider._known = (time.monotonic(), {}, KeySet([key]))
    assert provider.claims(own_token(key, running.issuer), "n")["sub"] == "wang.fang"
    moment = int(time.time())
    for wrong in (
        {"exp": moment - 120},
        {"exp": "never"},
        {"nbf": moment + 600},
        {"iat": moment + 600},
        {"iss": f"{running.issuer}/"},
        {"aud": [CLIENT, "another"]},
        {"azp": "another"},
    ):
        with pytest.raises(NotProven):
            provider.claims(own_token(key, running.issuer, **wrong), "n")


def test_a_key_that_a_token_brings_along_is_not_believed(running: Running) -> None:
    provider, key = Provider(running.issuer), ECKey.generate_key("P-256")
    for header in ({"jwk": key.as_dict(private=False)}, {"jku": "http://127.0.0.1:9/keys"}, {"kid": "of-my-own"}, {}):
        with pytest.raises(NotProven):
            provider.claims(own_token(key, running.issuer, header=header), "n")
