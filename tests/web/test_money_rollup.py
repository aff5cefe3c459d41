"""`qingshan rollup` and `/api/v1/rollup` about money: one set of numbers, the columns of the contract, and wrong usage."""

import json
from subprocess import CompletedProcess
from typing import Any

import pytest
from starlette.testclient import TestClient

from core.database import Database
from reports.self_check import rebuild
from tests.budgets.line_samples import make_sources
from tests.processes import command
from tests.reports.money_samples import put_entry, put_line
from tests.samples import WAN, find_small_plan
from tests.web.visiting import visitor_with_role
from web.app import create_app

COLUMNS = {
    "projects", "leaves", "without_estimate", "estimate_fen", "secured_fen", "gap_fen", "budget_fen", "appropriated_fen",
    "received_fen", "contracted_fen", "work_done_fen", "paid_fen", "unreported", "rates", "left_out",
}  # fmt: skip
RATES = {"start", "investment_completion", "annual_completion", "receipt", "payment", "budget_execution"}


@pytest.fixture
def booked(stored: Database) -> Database:
    with stored.writing() as session:
        sources = make_sources(session)
        small = find_small_plan(session)
        put_line(session, small.forest, 2024, sources["county"], 1_500 * WAN, 20241)
        put_entry(session, small.forest, "paid", 729 * WAN, 20242, source=sources["county"], posted=20243)
        put_entry(session, small.forest, "work_done", 900 * WAN, 20234)
        rebuild(session)
    return stored


def run(database: Database, *arguments: str) -> CompletedProcess[str]:
    return command(database.url.render_as_string(hide_password=False))(*arguments)


def client_of(database: Database) -> TestClient:
    return visitor_with_role(create_app(database), "leader")


@pytest.mark.parametrize(
    "asked",
    [
        {"by": "programme,last_year", "level": "2"},
        {"by": "year,source", "as_of": "2024Q2", "edition": "as-issued"},
        {"by": "quarter,stage", "plan": "qingshan"},
        {"by": "project,jurisdiction,department"},
    ],
)
def test_the_api_answers_what_the_command_prints(booked: Database, asked: dict[str, str]) -> None:
    answer = client_of(booked).get("/api/v1/rollup", params=asked)
    options = [word for name, value in asked.items() for word in (f"--{name.replace('_', '-')}", value)]
    done = run(booked, "rollup", *options, "--format", "json")
    assert (answer.status_code, done.returncode) == (200, 0), done.stderr
    assert answer.json() == json.loads(done.stdout)
    assert answer.json()


def test_a_row_holds_the_columns_of_the_contract(booked: Database) -> None:
    client = client_of(booked)
    row = client.get("/api/v1/rollup?plan=qingshan&as_of=2024Q4").json()[0]
    assert row.keys() == {"plan"} | COLUMNS
    assert row["rates"].keys() == row["left_out"].keys() == RATES
    assert row["rates"]["budget_execution"] == {"exact": [729 * WAN, 1_500 * WAN], "text": "48.60%"}
    assert row["rates"]["annual_completion"] == {"exact": [0, 1_500 * WAN], "text": "0.00%"}
    flows = client.get("/api/v1/rollup?by=year,source&as_of=2024Q4").json()
    assert [(row["year"], row["source"], row["paid_fen"], row["budget_fen"], row["projects"]) for row in flows] == [
        (2023, None, 0, None, None),
        (2024, "县级财政", 729 * WAN, 1_500 * WAN, None),
    ]
    assert client.get("/api/v1/rollup?by=stage").json()[0].keys() == {"stage", "amount_fen"} | COLUMNS


def test_as_issued_and_as_corrected_differ_by_what_was_posted_late(booked: Database) -> None:
    client = client_of(booked)
    found: dict[str, Any] = {}
    for edition in ("as-corrected", "as-issued"):
        answer = client.get("/api/v1/rollup", params={"as_of": "2024Q2", "edition": edition}).json()
        found[edition] = answer[0]["paid_fen"]
    assert found == {"as-corrected": 729 * WAN, "as-issued": 0}
    assert client.get("/api/v1/rollup?as_of=2024Q2").json()[0]["paid_fen"] == 729 * WAN


def test_a_wrong_edition_is_refused_by_both(booked: Database) -> None:
    answer = client_of(booked).get("/api/v1/rollup?edition=as-told")
    assert (answer.status_code, answer.json()["field"]) == (422, "edition")
    done = run(booked, "rollup", "--edition", "as-told")
    assert (done.returncode, done.stdout) == (2, "")
    assert "as-told" in done.stderr


def test_the_table_for_people_shows_the_rates(booked: Database) -> None:
    done = run(booked, "rollup", "--as-of", "2024Q4")
    assert done.returncode == 0, done.stderr


def test_check_and_rebuild_agree_about_money(booked: Database) -> None:
    assert run(booked, "check", "--as-of", "2024Q4").returncode == 0
    with booked.writing() as session:
        small = find_small_plan(session)
        put_entry(session, small.forest, "contracted", 5, 20241)  # behind the back of the sums of the list
    done = run(booked, "check", "--as-of", "2024Q4")
    assert (done.returncode, done.stdout) == (1, "")
    assert "contracted_fen" in done.stderr
    assert run(booked, "rebuild").returncode == 0
    assert run(booked, "check", "--as-of", "2024Q4").returncode == 0
