"""What tests of the API share: a plan with everything in it that can be written to, programs that write, and true schemas."""

from typing import Any

import jsonschema_rs
from httpx2 import Response
from starlette.testclient import TestClient

from core.database import Database
from tests.milestones.milestone_samples import make_milestones
from tests.web.project_visits import department
from tests.web.visiting import person_in, signed_in_visitor
from web.api_lists import described
from web.app import create_app


def with_milestones(database: Database) -> None:
    """The forest's four milestones, numbered 1 to 4."""
    with database.writing() as session:
        make_milestones(session)


def clerk(database: Database, name: str = "clerk") -> TestClient:
    """Somebody of the office, who may record everything."""
    return signed_in_visitor(create_app(database), person_in(database, name, "office"))


def owner(database: Database, name: str = "owner", of: str = "林业局") -> TestClient:
    """Somebody of a department."""
    return signed_in_visitor(
        create_app(database), person_in(database, name, "owner", department=department(database, of))
    )


def post(client: TestClient, what: str, *entries: Any, key: str = "one", **more: Any) -> Response:
    """Entries sent to the API."""
    body = {"entries": list(entries), **more}
    return client.post(f"/api/v1/{what}", json=body, headers={"Idempotency-Key": key})


def wrong_at(answer: Response) -> dict[str, str]:
    """What is wrong, by its place."""
    return {one["field"]: one["code"] for one in answer.json()["problems"]}


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Every operation of the description, by method and path."""
    return {(method, path): one for path, methods in described()["paths"].items() for method, one in methods.items()}


def must_fit(answer: Response, method: str, path: str) -> None:
    """Fails unless the answer is one that the description tells of, of the shape that it tells."""
    told = operations()[method, path]["responses"]
    status = str(answer.status_code)
    assert status in told, (method, path, status, answer.text[:400])
    content = told[status].get("content", {})
    if not content:
        assert answer.content == b"", (method, path, status)
        return
    kind = answer.headers["content-type"].partition(";")[0]
    schema = content[kind]["schema"] | {"components": described()["components"]}
    found = [
        f"{error.instance_path}: {error.message}"
        for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(answer.json())
    ]
    assert not found, (method, path, status, found[:5])
