"""The description of the API is true: every answer has the shape that it tells, every example is one that can be sent."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from core.calendar import today
from core.database import Database
from milestones.indicators import Indicator
from portfolio.corrections import LEDGER_ENTRY
from reports.correcting import NewCorrection, request_correction
from reports.correction_changes import Change
from reports.meetings import NewItem, NewMeeting, record_meeting
from reports.ordering import NewOrder, issue_order
from reports.orders import MeetingItem
from reports.self_check import rebuild
from tests.databases import on_both, on_sqlite, plant
from tests.milestones.performance_samples import make_targets
from tests.reports.edition_samples import closed, issued, pay
from tests.reports.indicator_samples import FOREST, put_commitment, put_rule
from tests.reports.period_samples import opened
from tests.reports.quarter_samples import plant_quarter
from tests.samples import SOMEBODY
from tests.web.api_visits import clerk, must_fit, operations, with_milestones
from tests.web.ledger_visits import add_sources
from tests.web.test_project_detail import tell
from tests.web.visiting import setting, visitor, visitor_with_role
from web.api_lists import ROUTERS, described
from web.app import create_app


def _everything(database: Database) -> None:
    """A quarter with facts of every kind, an edition of an earlier one, a correction, and a meeting with an order."""
    with database.writing() as session:
        quarter = plant_quarter(session)
        small = quarter.small
        make_targets(session, small.forest)
        put_rule(session, session.exec(select(Indicator)).one(), {FOREST: 1})
        put_commitment(session, small.plan, "trees", "5000", "亩", carriers=(small.forest,))
        paid = pay(session, 320, date(2024, 5, 6), source_id=quarter.county)
        opened(session)
        closed(session, "2024Q2")
        rebuild(session)  # the quarter was planted row by row
        issued(session, "2024Q2")
        change = Change(LEDGER_ENTRY, paid.id, None)
        request_correction(
            session, small.plan, NewCorrection(20242, "更正", "多记", (change,), "青林函1号"), by=SOMEBODY
        )
        new = NewMeeting(date(2024, 11, 5), "第三次会议", (NewItem("造林进度"),))
        meeting = record_meeting(session, small.plan, new, by=SOMEBODY)
        item = session.exec(select(MeetingItem.id).where(MeetingItem.meeting_id == meeting.id)).one()
        order = NewOrder("加快造林", "年底前完成", small.forestry.id, today(), small.forest.id, item)
        issue_order(session, small.plan, order, by=SOMEBODY)


database = on_both(plant, add_sources, with_milestones)
sqlite_database = on_sqlite(plant, add_sources, with_milestones)
full = on_sqlite(plant, tell, _everything)
PARAMETERS = {"plan": "qingshan", "period": "2024Q4"}


@pytest.fixture(autouse=True)
def _files_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with setting(monkeypatch, files_folder=str(tmp_path / "files")):
        yield


def test_every_route_is_described_under_a_name_of_its_own() -> None:
    routes = {
        (method.lower(), route.path)
        for one in ROUTERS
        for route in one.routes
        for method in getattr(route, "methods", None) or ()
        if route.path != "/api/v1/openapi.json"
    }
    assert set(operations()) == routes
    names = [one["operationId"] for one in operations().values()]
    assert len(set(names)) == len(names) == len(routes)
    assert all(name.isidentifier() for name in names)
    assert all(one["summary"] and one.get("tags") for one in operations().values())


def test_every_refusal_is_a_problem_and_every_route_tells_of_strangers() -> None:
    for (method, path), one in operations().items():
        told = one["responses"]
        assert {"400", "401", "404", "422", "429"} <= set(told), (method, path)
        for status, answer in told.items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (method, path, status)
    schemes = described()["components"]["securitySchemes"]
    assert {one["type"] for one in schemes.values()} == {"http", "apiKey"}


def test_the_description_refers_to_nothing_that_is_not_there() -> None:
    def refers(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for one in value.values():
                yield from refers(one)
        elif isinstance(value, list):
            for one in value:
                yield from refers(one)

    schemas = described()["components"]["schemas"]
    assert {name.rpartition("/")[2] for name in refers(described())} <= set(schemas)


def test_every_answer_has_the_shape_that_is_told(full: Database) -> None:
    client = visitor_with_role(create_app(full), "office")
    empty = []
    for method, path in operations():
        if method == "get":
            answer = client.get(_address(client, path), params=PARAMETERS)
            assert answer.status_code == 200, (path, answer.text[:300])
            must_fit(answer, method, path)
            if answer.json() == []:
                empty.append(path)
    assert empty == []


def _address(client: TestClient, path: str) -> str:
    """A path with the first record that there is of its kind."""
    if "{id_}" in path:
        rows = client.get(path.removesuffix("/{id_}"), params={"plan": "qingshan", "limit": 1}).json()
        return path.replace("{id_}", str(rows[0]["id"]))
    code = client.get("/api/v1/projects", params={"plan": "qingshan", "limit": 1}).json()[0]["code"]
    filled = {"{number}": "1", "{plan}": "qingshan", "{period}": "2024Q2", "{code}": code, "{year}": "2024"}
    for name, value in filled.items():
        path = path.replace(name, value)
    return path


def test_strangers_and_wrong_addresses_are_answered_as_told(sqlite_database: Database) -> None:
    stranger, office = visitor(create_app(sqlite_database)), clerk(sqlite_database)
    for method, path in operations():
        address = path.replace("{id_}", "99").replace("{number}", "99").replace("{plan}", "nowhere")
        address = address.replace("{period}", "2024Q2").replace("{code}", "nowhere").replace("{year}", "2024")
        refused = stranger.request(method, address, params={"plan": "qingshan"})
        assert refused.status_code == 401, (method, path)
        must_fit(refused, method, path)
        if method == "get":
            for params in ({"plan": "nowhere"}, {"plan": "qingshan", "as_of": "x"}, {"plan": "qingshan", "limit": "x"}):
                must_fit(office.get(address, params=params), method, path)
        else:
            must_fit(office.request(method, address, headers={"Idempotency-Key": "k"}, json=[]), method, path)


@pytest.mark.parametrize(
    ("what", "single"), [("ledger", "ledger"), ("works", "works"), ("milestones", "milestones/reports")]
)
def test_the_examples_can_be_sent_and_come_back(database: Database, what: str, single: str) -> None:
    client = clerk(database)
    asked = operations()["post", f"/api/v1/{what}"]
    body = asked["requestBody"]["content"]["application/json"]
    assert jsonschema_rs.Draft202012Validator(body["schema"]).is_valid(body["example"])
    answer = client.post(f"/api/v1/{what}", json=body["example"], headers={"Idempotency-Key": "an-example"})
    must_fit(answer, "post", f"/api/v1/{what}")
    assert answer.json() == _example(asked, "201")
    read = client.get(answer.headers["location"])
    must_fit(read, "get", f"/api/v1/{single}/{{id_}}")
    shown = _example(operations()["get", f"/api/v1/{single}/{{id_}}"], "200")
    moments = {"recorded_at", "submitted_at", "recorded_by", "submitted_by"}
    assert {name: value for name, value in read.json().items() if name not in moments} == {
        name: value for name, value in shown.items() if name not in moments
    }

    # A draft of the same, changed by the example of a change.
    draft = {**body["example"], "submit": False}
    made = client.post(f"/api/v1/{what}", json=draft, headers={"Idempotency-Key": "a-draft"}).json()["entries"][0]
    etag = client.get(made["href"]).headers["etag"]
    asked = operations()["patch", f"/api/v1/{single}/{{id_}}"]
    change = asked["requestBody"]["content"]["application/json"]
    assert jsonschema_rs.Draft202012Validator(change["schema"]).is_valid(change["example"])
    headers = {"Idempotency-Key": "a-change", "If-Match": etag}
    sent = {name: value for name, value in change["example"].items() if name != "submit"}
    changed = client.patch(made["href"], json=sent, headers=headers)
    must_fit(changed, "patch", f"/api/v1/{single}/{{id_}}")
    assert changed.status_code == 200
    assert changed.json() | sent == changed.json()
    must_fit(client.patch(made["href"], json=sent, headers=headers), "patch", f"/api/v1/{single}/{{id_}}")
    gone = client.delete(made["href"], headers={"If-Match": changed.headers["etag"]})
    assert gone.status_code == 204
    must_fit(gone, "delete", f"/api/v1/{single}/{{id_}}")


def test_the_example_of_a_milestone_is_its_state(database: Database) -> None:
    shown = _example(operations()["get", "/api/v1/milestones/{id_}"], "200")
    found = clerk(database).get("/api/v1/milestones/1").json()
    found["slip_days"] = shown["slip_days"]  # grows from day to day
    assert found == shown


def _example(operation: dict[str, Any], status: str) -> Any:
    return operation["responses"][status]["content"]["application/json"]["example"]
