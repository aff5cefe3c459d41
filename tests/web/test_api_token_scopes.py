"""What an access token may do at the API: its scopes, its one plan, and the name under which it writes."""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from sqlmodel import select
from starlette.testclient import TestClient

from core.audit import AuditEntry, record
from core.database import Database
from portfolio.access import Action, Reader
from portfolio.plans import Plan
from tests.databases import on_both, on_sqlite, plant
from tests.samples import find_small_plan, make_small_plan
from tests.web.api_visits import post, with_milestones
from tests.web.ledger_visits import add_sources
from tests.web.project_visits import department
from tests.web.token_visits import INVALID, LIST, problem, program, token_for
from tests.web.visiting import person_in, signed_in_visitor
from web.api_access import Written, api_writer
from web.app import create_app
from web.deps import SESSION_COOKIE, Writing

KINDS: tuple[Written, ...] = ("ledger", "works", "milestones")


def two_plans(database: Database) -> None:
    with database.writing() as session:
        make_small_plan(session, "second")


wide_database, wide_sqlite = on_both(plant, two_plans), on_sqlite(plant, two_plans)

# ---- the scope and the plan


OF_NO_PLAN = {"/api/v1/departments"}  # known to everybody who reads anything


def lists(client: TestClient) -> dict[str, bool]:
    """The address of every list that the API says it has, and whether it can be asked for one plan."""
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    reading = {path: methods["get"] for path, methods in paths.items() if "get" in methods and "{" not in path}
    return {path: any(one["name"] == "plan" for one in said.get("parameters", ())) for path, said in reading.items()}


def test_a_token_of_one_plan_sees_nothing_of_another_on_any_list(wide_database: Database) -> None:
    app = create_app(wide_database)
    person = person_in(wide_database, role="auditor")
    with wide_database.reading() as session:
        narrow = find_small_plan(session).plan.id
    everything = program(app, token_for(wide_database, person)[1])
    only = program(app, token_for(wide_database, person, plan_id=narrow)[1])
    compared = 0
    for path, of_plans in lists(everything).items():
        whole = only.get(path)
        assert whole.status_code in (200, 422), path
        assert path in OF_NO_PLAN or "second" not in whole.text, path
        if of_plans:
            asked = f"{path}?period=2024Q4&plan="
            own, other = only.get(f"{asked}qingshan"), only.get(f"{asked}second")
            assert own.status_code == everything.get(f"{asked}second").status_code == 200, path
            assert problem(other) == (404, "NotThere", None), path
            compared += 1
    assert compared > 20
    assert [row["plan"] for row in everything.get("/api/v1/rollup").json()] == ["qingshan", "second"]


def test_a_token_of_a_plan_that_the_person_lost_sees_nothing(wide_sqlite: Database) -> None:
    app = create_app(wide_sqlite)
    with wide_sqlite.reading() as session:
        first = find_small_plan(session).plan
        second = session.exec(select(Plan).where(Plan.code == "second")).one()
    person = person_in(wide_sqlite, role="leader", plan=second)
    client = program(app, token_for(wide_sqlite, person, plan_id=first.id)[1])
    for code in ("qingshan", "second"):
        assert problem(client.get(f"/api/v1/projects?plan={code}"))[0] == 404
    assert client.get("/api/v1/rollup").json() == []


@pytest.fixture
def writing_app(wide_database: Database) -> FastAPI:
    """The app with a route for each kind that tells what the writer may do, where it writes, and leaves an entry."""
    app = create_app(wide_database)
    router = APIRouter(prefix="/api/v1/try")

    def add(kind: Written) -> None:
        @router.post(f"/{kind}")
        def post(reader: Annotated[Reader, Depends(api_writer(kind))], session: Writing) -> dict[str, Any]:
            record(session, "try", "person", reader.actor.id or 0, by=reader.actor)
            actions: tuple[Action, ...] = (
                "view",
                "history",
                "record",
                "edit",
                "approve_money",
                "accept_works",
                "people",
                "decide",
                "rules",
            )
            plans = {plan.code: plan.id for plan in session.exec(select(Plan))}
            return {
                "actor": reader.actor.name,
                "may": [action for action in actions if reader.may(action)],
                "records": [code for code, id_ in plans.items() if reader.may("record", id_)],
            }

    for kind in KINDS:
        add(kind)
    app.include_router(router)
    return app


def test_a_scope_writes_its_own_kind_and_no_other_and_never_approves(
    wide_database: Database, writing_app: FastAPI
) -> None:
    person = person_in(wide_database, role="office")
    for scopes in (("read",), *((f"write:{kind}",) for kind in KINDS), ("write:ledger", "write:works")):
        client = program(writing_app, token_for(wide_database, person, *scopes)[1])
        assert client.get(LIST).status_code == 200, "every scope includes reading"
        for kind in KINDS:
            answer = client.post(f"/api/v1/try/{kind}")
            if f"write:{kind}" in scopes:
                assert answer.json()["may"] == ["view", "history", "record"]
            else:
                expected = f'Bearer error="insufficient_scope", scope="write:{kind}"'
                assert problem(answer) == (403, "InsufficientScope", expected)


def test_a_writer_is_kept_in_its_plan_and_never_does_more_than_its_person(
    wide_database: Database, writing_app: FastAPI
) -> None:
    with wide_database.reading() as session:
        narrow = find_small_plan(session).plan.id
    office, leader = person_in(wide_database, role="office"), person_in(wide_database, "a-leader", "leader")
    narrowed = program(writing_app, token_for(wide_database, office, "write:ledger", plan_id=narrow)[1])
    assert narrowed.post("/api/v1/try/ledger").json()["records"] == ["qingshan"]
    reads = program(writing_app, token_for(wide_database, leader, "write:ledger")[1])
    assert reads.post("/api/v1/try/ledger").json()["may"] == ["view"], (
        "a leader records nothing, nor does a leader's token"
    )


def test_beside_a_token_cookies_mean_nothing(wide_database: Database, writing_app: FastAPI) -> None:
    office, leader = person_in(wide_database, role="office"), person_in(wide_database, "a-leader", "leader")
    text = token_for(wide_database, leader, "write:ledger")[1]
    cookie = signed_in_visitor(writing_app, office).cookies[SESSION_COOKIE]
    client = program(writing_app, text)
    client.cookies.set(SESSION_COOKIE, cookie)
    assert client.post("/api/v1/try/ledger").json()["actor"] == leader.actor.name
    wrong = program(writing_app, "qst_" + "a" * 49)
    wrong.cookies.set(SESSION_COOKIE, cookie)
    assert problem(wrong.get(LIST)) == INVALID
    assert problem(wrong.post("/api/v1/try/ledger")) == INVALID


def test_a_write_with_the_cookie_alone_must_come_from_our_pages(wide_database: Database, writing_app: FastAPI) -> None:
    browser = signed_in_visitor(writing_app, person_in(wide_database, role="office"))
    assert "approve_money" not in browser.post("/api/v1/try/ledger").json()["may"]
    assert "decide" in browser.post("/api/v1/try/ledger").json()["may"], "a browser comes through as it is"
    for headers in ({"Origin": "http://elsewhere.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert problem(browser.post("/api/v1/try/ledger", headers=headers)) == (403, "CrossSite", None)
    other = {"Origin": "http://elsewhere.example", "Authorization": "Basic eDp5"}
    assert problem(browser.post("/api/v1/try/ledger", headers=other)) == (403, "CrossSite", None)


def test_what_a_token_wrote_says_so_in_the_trail_and_is_found_there(
    wide_database: Database, writing_app: FastAPI
) -> None:
    office = person_in(wide_database, role="office")
    token, text = token_for(wide_database, office, "write:ledger", name="每月资金同步")
    program(writing_app, text).post("/api/v1/try/ledger")
    signed_in_visitor(writing_app, office).post("/api/v1/try/ledger")
    with wide_database.reading() as session:
        rows = session.exec(select(AuditEntry).where(AuditEntry.action == "try").order_by(AuditEntry.id)).all()  # type: ignore[arg-type]
    assert [row.actor for row in rows] == [office.actor.name] * 2
    assert [row.came_from for row in rows] == [f"testclient · 令牌{token.id}号 每月资金同步", "testclient"]
    auditor = signed_in_visitor(writing_app, person_in(wide_database, "an-auditor", "auditor"))
    log = auditor.get(f"/audit?q=令牌{token.id}号").text
    assert f"testclient · 令牌{token.id}号 每月资金同步" in log


# ---- the routes themselves

PAID = {
    **{"project": "qingshan-01", "stage": "paid", "amount_fen": 100, "occurred_on": "2024-05-06", "source": "县级财政"},
}
WORK = {
    **{
        "project": "qingshan-01",
        "measure": "营造林面积",
        "quantity": "12.5",
        "unit": "亩",
        "occurred_on": "2024-05-06",
    },
}
SENT: dict[str, dict[str, Any]] = {
    "ledger": PAID,
    "works": WORK,
    "milestones": {"milestone": 1, "kind": "actual", "met_on": "2024-05-06"},
}
SUBJECTS = {"ledger": "ledger_entry", "works": "work_entry", "milestones": "milestone_report"}

filled_database = on_both(plant, add_sources, with_milestones)


def test_a_department_records_by_its_token_what_waits_for_somebody_else(filled_database: Database) -> None:
    app = create_app(filled_database)
    ours = person_in(filled_database, "ours", "owner", department=department(filled_database, "林业局"))
    theirs = person_in(filled_database, "theirs", "owner", department=department(filled_database, "水利局"))
    for kind, entry in SENT.items():
        token, text = token_for(filled_database, ours, f"write:{kind}")
        answer = post(program(app, text), kind, entry, submit=True, key=kind)
        assert answer.status_code == 201, answer.text
        assert answer.json()["entries"][0]["state"] == "submitted"
        with filled_database.reading() as session:
            told = session.exec(select(AuditEntry).where(AuditEntry.subject == SUBJECTS[kind])).all()
        assert {row.actor_id for row in told} == {ours.id}
        assert {row.came_from for row in told} == {f"testclient · {token.label}"}
        others = [other for other in SENT if other != kind]
        assert [post(program(app, text), other, SENT[other]).status_code for other in others] == [403, 403]
        beyond = post(program(app, token_for(filled_database, theirs, f"write:{kind}")[1]), kind, entry)
        assert beyond.status_code in (404, 422), "another department's project looks like none"
        nothing = post(program(app, token_for(filled_database, theirs)[1]), kind, entry)
        assert problem(nothing)[:2] == (403, "InsufficientScope")
