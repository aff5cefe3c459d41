"""Visits of a browser that signs in by the identity provider of tests/identity_provider.py, and the fixtures around them."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.database import Database
from core.people import Person
from tests import identity_provider
from tests.databases import on_sqlite, plant
from tests.identity_provider import CLIENT, SECRET
from tests.identity_provider import Provider as Running
from tests.web.visiting import person_in, setting
from web.app import create_app
from web.oidc_pages import CALLBACK

sqlite_database = on_sqlite(plant)


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with (
        TemporaryDirectory() as folder,
        identity_provider.running(Path(folder), f"http://localhost{CALLBACK}") as found,
    ):
        yield found


@pytest.fixture(autouse=True)
def provider_settings(running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    known = {"oidc_issuer": running.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    with setting(monkeypatch, secrets_file=str(tmp_path / "secrets.json"), **known):
        yield


@pytest.fixture
def app(sqlite_database: Database) -> FastAPI:
    return create_app(sqlite_database)


@pytest.fixture
def invited(sqlite_database: Database) -> Person:
    return person_in(sqlite_database, "wang.fang", "auditor")


def leave(client: TestClient, next_: str = "/") -> str:
    """The address at the provider that the browser is led to."""
    answer = client.get("/sign-in/oidc", params={"next": next_})
    assert answer.status_code == 303
    return answer.headers["location"]


def come_back(client: TestClient, answer: dict[str, str]) -> httpx.Response:
    return client.get(CALLBACK, params=answer)  # type: ignore[return-value]


def whole_way(running: Running, client: TestClient, username: str = "wang.fang", next_: str = "/") -> httpx.Response:
    with running.signed_in_browser(username) as browser:
        return come_back(client, running.answer_of(browser, leave(client, next_)))


def is_in(client: TestClient) -> bool:
    return client.get("/account").status_code == 200
