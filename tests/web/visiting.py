"""Clients that visit the app as a browser on this site would."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.database import Database
from core.people import Person, begin_sign_in
from core.settings import settings
from portfolio.plans import Plan
from tests.samples import make_person
from web.deps import SESSION_COOKIE

HERE = "http://localhost"


def visitor(app: FastAPI, **headers: str) -> TestClient:
    """A browser that is not signed in; it follows no redirect, so that tests see them."""
    return TestClient(app, base_url=HERE, headers={"Origin": HERE, **headers}, follow_redirects=False)


def person_in(database: Database, username: str = "reader", role: str | None = "office", **more: Any) -> Person:
    """Somebody with a role, committed."""
    with database.writing() as session:
        person = make_person(session, username, role, **more)
        session.flush()
        session.expunge(person)
    return person


def signed_in_visitor(app: FastAPI, person: Person) -> TestClient:
    """A browser that this person signed in on."""
    with app.state.database.writing() as session:
        token = begin_sign_in(session, session.get_one(Person, person.id))
    client = visitor(app)
    client.cookies.set(SESSION_COOKIE, token)
    return client


def visitor_with_role(app: FastAPI, role: str, *, plan: Plan | None = None) -> TestClient:
    return signed_in_visitor(app, person_in(app.state.database, f"the-{role}", role, plan=plan))


@contextmanager
def setting(monkeypatch: pytest.MonkeyPatch, **values: str) -> Iterator[None]:
    """The settings of this process as if the environment had said so."""
    with monkeypatch.context() as patched:
        for name, value in values.items():
            patched.setenv(f"QINGSHAN_{name.upper()}", value)
        settings.cache_clear()
        yield
    settings.cache_clear()
