"""Errors as people and programs see them, transactions around routes, request keys, and a crowd at the door."""

import re
import time
from functools import partial
from http.client import HTTPConnection
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

import pytest
from fastapi import Depends, FastAPI, Request, Response
from sqlmodel import col, func, select

from core.database import THREADS, Database
from core.errors import Invalid, NotThere, SeveralBroken
from core.people import Person, begin_sign_in
from portfolio.grants import Grant
from tests.serving import served
from tests.together import at_once
from tests.web.visiting import person_in, visitor, visitor_with_role
from web.app import create_app
from web.deps import SESSION_COOKIE, Admin, Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import Problems, TypedForm, shown_again
from web.pages import page

READERS, WRITERS = 8 * THREADS, 3 * THREADS  # so many wait for one another for ever when nothing counts them in


@pytest.fixture(autouse=True)
def every_write_is_told() -> None:
    """The routes that these tests add write as no route of ours does."""


def told(text: str) -> str:
    """The page without what differs from one request to the next."""
    return re.sub(r"/(nothing|people[^\"?]*|things/\d+)", "/…", text)


def with_more_routes(database: Database) -> FastAPI:
    app = create_app(database)

    @app.get("/things/{thing_id}")
    def get_thing(request: Request, thing_id: RecordId, reader: SignedIn) -> None:
        if thing_id > 1:
            raise NotThere
        reader.must("archive")

    @app.get("/api/broken")
    def get_broken(request: Request) -> None:
        one = Invalid(field="year", label="年份", found="x", expected="数字")
        raise SeveralBroken([one, one])

    @app.post("/fails-at-the-end")
    def post_fails(request: Request, reader: Admin, session: Writing) -> Response:
        # The database looks at this key only when the transaction ends.
        session.add(Grant(person_id=10**6, role="office", granted_at=session.exec(select(Person.created_at)).first()))
        return page(request, "people/link.html", person=session.exec(select(Person)).first(), address="all is well")

    @app.post("/keyed")
    def post_keyed(request: Request, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
        if done := answered(session, typed.key, reader):
            return done
        person = session.exec(select(Person)).one()
        person.name += "1"
        session.add(person)
        if typed["wrong"]:
            with shown_again(request, lambda problems: again(request, problems)):
                raise Invalid(field="name", label="姓名", found="x", expected="y")
        return leads_to(session, typed.key, reader, "/done")

    def again(request: Request, problems: Problems) -> Response:
        return page(request, "people/new.html", problems=problems, roles={}, plans=[], jurisdictions=[], departments=[])

    return app


# ---- missing and forbidden


def test_forbidden_missing_and_unknown_addresses_look_the_same(sqlite_database: Database) -> None:
    client = visitor_with_role(with_more_routes(sqlite_database), "auditor")
    forbidden, missing, unknown = client.get("/things/1"), client.get("/things/2"), client.get("/nothing")
    huge, word = client.get(f"/things/{10**30}"), client.get("/things/1e")
    answers = [forbidden, missing, unknown, huge, word, client.get("/people")]
    assert {answer.status_code for answer in answers} == {404}
    assert {told(answer.text) for answer in answers[:4]} == {told(unknown.text)}
    assert {frozenset(answer.headers) for answer in answers} == {frozenset(unknown.headers)}
    assert "您无权查看" in unknown.text
    assert "the-auditor" in unknown.text, "the frame stays around the page"


def test_whoever_may_not_manage_people_finds_no_such_page(sqlite_database: Database) -> None:
    app = create_app(sqlite_database)
    for role in ("office", "auditor", "leader", "finance"):
        client = visitor_with_role(app, role)
        assert client.get("/people").status_code == 404
        assert client.get("/people/new").status_code == 404
        assert client.post("/people", data={"username": "x"}).status_code == 404
        assert 'href="/people"' not in client.get("/nothing").text


def test_programs_get_problem_details(sqlite_database: Database) -> None:
    client = visitor(with_more_routes(sqlite_database))
    answer = client.get("/api/broken")
    body = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert (body["status"], body["code"], body["title"]) == (422, "SeveralBroken", "Unprocessable Content") or body[
        "title"
    ] == "Unprocessable Entity"
    assert [problem["field"] for problem in body["problems"]] == ["year", "year"]
    missing = client.get("/api/nothing").json()
    assert (missing["code"], missing["status"]) == ("NotThere", 404)
    assert client.post("/api/nothing").status_code == 404


def test_htmx_gets_the_sentence_for_the_place_of_messages_instead_of_a_page(sqlite_database: Database) -> None:
    client = visitor_with_role(create_app(sqlite_database), "admin")
    answer = client.get("/people/999", headers={"HX-Request": "true"})
    assert answer.status_code == 404
    assert answer.headers["hx-retarget"] == "#messages"
    assert "没有找到" in answer.text
    assert "<html" not in answer.text


# ---- transactions and request keys


def test_a_commit_that_fails_is_never_answered_with_success(database: Database) -> None:
    client = visitor_with_role(with_more_routes(database), "admin")
    answer = client.post("/fails-at-the-end")
    assert answer.status_code == 500
    assert "all is well" not in answer.text


def test_pressing_twice_writes_once(database: Database) -> None:
    client = visitor_with_role(with_more_routes(database), "auditor")
    for _ in range(3):
        answer = client.post("/keyed", data={"request_key": "a-key"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/done")
    assert person_name(database) == "甲the-auditor1"
    client.post("/keyed", data={"request_key": "another-key"})
    assert person_name(database) == "甲the-auditor11"


def test_twins_that_arrive_together_write_once(database: Database) -> None:
    app = with_more_routes(database)
    client = visitor_with_role(app, "auditor")
    token = client.cookies[SESSION_COOKIE]

    def press() -> int:
        own = visitor(app)
        own.cookies.set(SESSION_COOKIE, token)
        return own.post("/keyed", data={"request_key": "a-key" * 20}).status_code

    assert at_once(press, press, press) == [303, 303, 303]
    assert person_name(database) == "甲the-auditor1"


def test_a_form_that_is_shown_again_undoes_what_was_written_before_the_error(database: Database) -> None:
    client = visitor_with_role(with_more_routes(database), "auditor")
    answer = client.post("/keyed", data={"request_key": "a-key", "wrong": "1"})
    assert answer.status_code == 422
    assert 'id="e-name"' in answer.text
    assert person_name(database) == "甲the-auditor"
    assert client.post("/keyed", data={"request_key": "a-key"}).status_code == 303


def person_name(database: Database) -> str:
    with database.reading() as session:
        return session.exec(select(Person.name)).one()


# ---- a crowd


def asked_first(session: Reading) -> int:
    """A dependency that queries: its request holds a connection until a thread is free for the route."""
    return session.exec(select(func.count()).select_from(Person)).one()


@pytest.mark.parametrize("kind", ["sqlite_database", "postgresql_database"])
@pytest.mark.parametrize("writing", [False, True], ids=["readers", "writers"])
def test_a_crowd_larger_than_threads_and_connections_is_served(
    kind: str, writing: bool, request: pytest.FixtureRequest
) -> None:
    database: Database = request.getfixturevalue(kind)
    admin = person_in(database, "admin", "admin")
    with database.writing() as session:
        token = begin_sign_in(session, session.get_one(Person, admin.id))
    app = create_app(database)

    @app.get("/two-steps")
    def get_two_steps(reader: SignedIn, people: Annotated[int, Depends(asked_first)], session: Reading) -> None:
        time.sleep(0.05)
        session.exec(select(Person)).all()

    statuses: list[Any] = []
    crowd = WRITERS if writing else READERS

    def visit(number: int, address: SplitResult) -> None:
        connection = HTTPConnection(address.hostname or "", address.port, timeout=25)
        headers = {"Cookie": f"{SESSION_COOKIE}={token}", "Sec-Fetch-Site": "same-origin"}
        try:
            if writing:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                connection.request("POST", "/people", f"username=person{number}&name=x&role=auditor", headers)
            else:
                connection.request("GET", "/two-steps" if number % 4 else "/nothing", headers=headers)
            statuses.append(connection.getresponse().status)
        except OSError as error:
            statuses.append(error)
        finally:
            connection.close()

    with served(app) as address:
        at_once(*[partial(visit, number, urlsplit(address)) for number in range(crowd)])
    if writing:
        assert statuses == [200] * crowd
        with database.reading() as session:
            added = session.exec(select(func.count()).where(col(Person.username).startswith("person"))).one()
        assert added == crowd
    else:
        assert sorted(statuses, key=str) == [200] * (crowd * 3 // 4) + [404] * (crowd // 4)


def test_a_reading_route_cannot_write(database: Database) -> None:
    app = create_app(database)

    @app.get("/writes")
    def get_writes(session: Reading) -> None:
        person = session.exec(select(Person)).one()
        person.name = "changed"
        session.add(person)

    person_in(database)
    visitor(app).get("/writes")
    assert person_name(database) == "甲reader"


def test_a_refusal_with_a_past_quarter_gives_its_connection_back(database: Database) -> None:
    client = visitor_with_role(create_app(database), "leader")
    assert client.get("/?as_of=2024Q1").status_code == 200
    for address in ("/projects/nothing", "/people", "/rules/lamps/nothing/overdue", "/nothing"):
        assert client.get(f"{address}?as_of=2024Q1").status_code == 404
        assert database.engine.pool.checkedout() == 0, address  # type: ignore[attr-defined]
