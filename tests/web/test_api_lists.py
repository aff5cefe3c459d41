"""The lists and roll-ups as JSON: the same as the commands print, for whoever is signed in, with problem details for the rest."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from starlette.testclient import TestClient

from core.database import Database
from portfolio.editing import archive_project, change_state, edit_project
from portfolio.values import project_values
from tests.databases import on_both, on_sqlite, plant
from tests.processes import command
from tests.reports.as_issued_samples import close
from tests.samples import SOMEBODY, a_basis, find_small_plan, make_small_plan
from tests.web.test_project_detail import tell, told_app
from tests.web.visiting import person_in, signed_in_visitor, visitor, visitor_with_role
from web.app import create_app

database, sqlite_database = on_both(plant, tell), on_sqlite(plant, tell)

KINDS = ("projects", "indicators", "commitments", "contradictions")


def leader(database: Database) -> TestClient:
    return visitor_with_role(told_app(database), "leader")


def printed(database: Database, *arguments: str) -> Any:
    """What the command prints about the same database."""
    done = command(database.url.render_as_string(hide_password=False))(*arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_list_is_what_the_command_exports(database: Database):
    client = leader(database)
    for kind in ("projects", "contradictions"):
        answer = client.get(f"/api/v1/{kind}?plan=qingshan")
        assert answer.status_code == 200
        assert answer.json() == printed(database, "export", kind, "--plan", "qingshan", "--format", "json")
    assert [row["code"] for row in client.get("/api/v1/projects?plan=qingshan").json()] == [
        "qingshan-01",
        "qingshan-02",
        "qingshan-03",
    ]
    assert client.get("/api/v1/commitments?plan=qingshan").json()[0]["value"] == "25"
    assert client.get("/api/v1/indicators?plan=qingshan").json() == []


def test_a_roll_up_is_what_the_command_prints(database: Database):
    client = leader(database)
    answer = client.get("/api/v1/rollup?plan=qingshan&by=programme,last_year&level=2&as_of=2024Q4")
    assert answer.status_code == 200
    command = "rollup --plan qingshan --by programme,last_year --level 2 --as-of 2024Q4 --format json"
    assert answer.json() == printed(database, *command.split())
    whole = client.get("/api/v1/rollup").json()
    assert [(row["plan"], row["projects"], row["leaves"]) for row in whole] == [("qingshan", 3, 4)]


def test_the_lists_look_back_to_a_quarter(database: Database):
    client = leader(database)
    assert client.get("/api/v1/projects?plan=qingshan&as_of=2020Q4").json() == []
    assert len(client.get("/api/v1/projects?plan=qingshan&as_of=2021").json()) == 3


@pytest.mark.parametrize(
    ("address", "status", "code", "field"),
    [
        ("projects", 422, "Missing", "plan"),
        ("projects?plan=nowhere", 404, "NotThere", None),
        ("secrets?plan=qingshan", 404, "NotThere", None),
        ("projects/1", 404, "NotThere", None),
        ("projects?plan=qingshan&as_of=2024Q5", 422, "NotAPeriod", "as_of"),
        ("rollup?by=colour", 422, "UnknownDimension", "by"),
        ("rollup?level=4", 422, "UnknownLevel", "level"),
        ("rollup?level=deep", 422, "UnknownLevel", "level"),
        ("rollup?plan=nowhere", 404, "NotThere", None),
    ],
)
def test_what_cannot_be_answered_is_told_as_problem_details(
    sqlite_database: Database, address: str, status: int, code: str, field: str | None
):
    answer = leader(sqlite_database).get(f"/api/v1/{address}")
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, told["status"], told["code"], told.get("field")) == (status, status, code, field)
    assert told["detail"]


def test_a_stranger_gets_no_data_and_no_description(sqlite_database: Database):
    client = visitor(told_app(sqlite_database))
    for address in (*(f"{kind}?plan=qingshan" for kind in KINDS), "rollup", "openapi.json"):
        answer = client.get(f"/api/v1/{address}")
        assert (answer.status_code, answer.json()["code"]) == (401, "SignInNeeded"), address


def test_a_reader_gets_only_the_plans_of_its_reach(sqlite_database: Database):
    app = told_app(sqlite_database)
    with sqlite_database.writing() as session:
        lushui = make_small_plan(session, "lushui", jurisdiction="999900").plan
        session.flush()
        session.expunge(lushui)
    client = signed_in_visitor(app, person_in(sqlite_database, "there", "office", plan=lushui))
    assert client.get("/api/v1/projects?plan=qingshan").status_code == 404
    assert [row["plan"] for row in client.get("/api/v1/rollup").json()] == ["lushui"]
    admin = visitor_with_role(app, "admin")
    assert admin.get("/api/v1/projects?plan=lushui").status_code == 404
    assert admin.get("/api/v1/rollup?by=plan").json() == []


def test_the_description_names_every_address(sqlite_database: Database):
    told = leader(sqlite_database).get("/api/v1/openapi.json").json()
    names = (
        *("rollup", "ledger", "lamps", "progress", "reports/{plan}/{period}", *KINDS),
        *("editions", "editions/{number}", "editions/{number}.json"),
    )
    assert set(told["paths"]) >= {f"/api/v1/{name}" for name in names}
    assert create_app(sqlite_database).openapi_url is None


def test_projects_are_those_of_the_quarter_in_either_edition(database: Database):
    with database.writing() as session:
        small = find_small_plan(session)
        for project, state, day in (
            (small.forest, "building", date(2022, 4, 1)),
            (small.parts[0], "slowed", date(2023, 4, 1)),
        ):
            change_state(session, project, state, since_on=day, document="文", reason=None, by=SOMEBODY)
        close(session, small, 20244)
        change_state(
            session, small.forest, "halted", since_on=date(2024, 8, 1), document="文", reason="漏报", by=SOMEBODY
        )
        archive_project(session, small.sewage, reason="重复", expected_version=small.sewage.row_version, by=SOMEBODY)
        values = replace(project_values(session, small.forest, 20251), first_year=2022, last_year=2026)
        edit_project(
            session, small.forest, values, a_basis(20251), expected_version=small.forest.row_version, by=SOMEBODY
        )
    client = leader(database)

    def asked(more: str) -> dict[str, tuple[object, ...]]:
        rows = client.get(f"/api/v1/projects?plan=qingshan&{more}").json()
        return {row["code"]: (row["state"], row["state_since_on"], row["last_year"]) for row in rows}

    corrected, issued = asked("as_of=2024Q4"), asked("as_of=2024Q4&edition=as-issued")
    years = issued["qingshan-01"][2]
    assert corrected == {"qingshan-01": ("halted", "2024-08-01", years), "qingshan-02": (None, None, 2023)}
    assert issued["qingshan-01"] == ("building", "2022-04-01", years)
    assert issued.keys() == {"qingshan-01", "qingshan-02", "qingshan-03"}
    assert asked("as_of=2025Q1&edition=as-issued")["qingshan-01"] == ("halted", "2024-08-01", 2026)
    assert asked("as_of=2025Q1&edition=as-issued").keys() == {"qingshan-01", "qingshan-02"}
    parts = client.get("/api/v1/projects?plan=qingshan&as_of=2023Q1").json()[1]["parts"]
    assert [(part["state"], part["state_since_on"]) for part in parts] == [(None, None), (None, None)]
    parts = client.get("/api/v1/projects?plan=qingshan&as_of=2023Q2").json()[1]["parts"]
    assert [part["state"] for part in parts] == ["slowed", None]
    wrong = client.get("/api/v1/projects?plan=qingshan&edition=yesterday")
    assert (wrong.status_code, wrong.json()["field"]) == (422, "edition")
    told = client.get("/api/v1/openapi.json").json()["paths"]["/api/v1/projects"]["get"]["parameters"]
    assert {one["name"] for one in told} == {"plan", "as_of", "edition", "limit", "cursor"}
    assert next(one for one in told if one["name"] == "edition")["schema"]["enum"] == ["as-corrected", "as-issued"]
