"""Programs with access tokens, as tests of the API and of the pages make them."""

from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from core.api_tokens import ApiToken, make_token
from core.database import Database
from core.people import Person

HOST = "http://localhost"
LIST = "/api/v1/projects?plan=qingshan"
INVALID = (401, "InvalidToken", 'Bearer error="invalid_token"')


def problem(answer: Any) -> tuple[int, str, str | None]:
    """Status, code and challenge of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"], answer.headers.get("www-authenticate")


def token_for(database: Database, person: Person, *scopes: str, **more: Any) -> tuple[ApiToken, str]:
    """A token of the person, by default for reading everything that they may read."""
    with database.writing() as session:
        own = session.get_one(Person, person.id)
        asked = {"days": 90, "plan_id": None, "by": own.actor, **more}
        token, text = make_token(session, own, asked.pop("name", "每月资金同步"), scopes or ("read",), **asked)
        session.expunge(token)
    return token, text


def program(app: FastAPI, text: str) -> TestClient:
    """A program that brings this token, and sends what programs send: no cookie and no origin."""
    headers = {"Authorization": f"Bearer {text}"}
    return TestClient(app, base_url=HOST, headers=headers, follow_redirects=False)
