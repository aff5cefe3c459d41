"""年度投资计划: what is refused, what is stale, and who reaches which page."""

from datetime import date

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from core.database import Database
from portfolio.editing import archive_project
from tests.budgets.line_samples import approved, make_sources
from tests.databases import on_both, on_sqlite, plant
from tests.samples import SOMEBODY, find_small_plan, make_small_plan
from tests.web.budget_visits import (
    BUDGET,
    PAPER,
    add_sources,
    app,
    client,
    decide,
    keys,
    send,
    stored_lines,
    waiting_ids,
)
from tests.web.project_visits import department, small_app, stored_plan
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role

database, sqlite_database = on_both(plant, add_sources), on_sqlite(plant)

__all__ = ["app", "client", "keys"]  # fixtures


@pytest.mark.parametrize(
    ("span", "fields", "wrong"),
    [
        ("2023", {"county": "1.2亿"}, {"amount_county"}),
        ("2023", {"county": "-5"}, {"amount_county"}),
        ("2023", {"county": "0.0000001"}, {"amount_county"}),
        ("2023", {"carried_county": "5"}, {"amount_county"}),
        ("2023", {"county": "5", "carried_county": "6"}, {"carried_county"}),
        ("2022", {"county": "5", "carried_county": "1"}, {"carried_county"}),
        ("total", {"county": "5", "occurred_on": "2999-01-01"}, {"occurred_on"}),
        ("2023Q2", {"county": "5", "occurred_on": ""}, {"occurred_on"}),
        ("2023", {"county": "5", "document": " ", "approver": "长" * 121}, {"document", "approver"}),
        ("2023", {"county": "5", "own": "7", "document": " "}, {"document"}),
        ("2023", {"county": "5", "estimate_unit": "吨"}, {"estimate_unit"}),
    ],
)
def test_what_cannot_be_is_named_at_its_field_and_nothing_is_written(
    sqlite_database: Database, span: str, fields: dict[str, str], wrong: set[str]
) -> None:
    app = small_app(sqlite_database)
    with sqlite_database.writing() as session:
        keys = make_sources(session)
    client = visitor_with_role(app, "office")

    def named(name: str) -> str:
        kind, _, key = name.rpartition("_")
        return f"{kind or 'amount'}_{keys[key]}" if key in keys else name

    page = send(client, span, act="submit", **{named(name): value for name, value in fields.items()})
    assert page.status_code == 422
    assert set(errors_on(page)) == {named(name) for name in wrong}
    assert stored_lines(sqlite_database) == []
    typed = form_on(page, f"{BUDGET}/{span}")
    assert all(typed.get(named(name), value) == value for name, value in fields.items() if name != "estimate_unit")


def test_an_empty_form_and_the_same_amounts_change_nothing(
    database: Database, app: FastAPI, client: TestClient, keys: dict[str, int]
) -> None:
    assert "没有填写与现行计划不同的金额" in send(client, act="save").text
    send(client, act="submit", **{f"amount_{keys['county']}": "3000"})
    decide(visitor_with_role(app, "finance"), waiting_ids(database))
    again = send(client, act="submit", **{f"amount_{keys['county']}": "3000", "reason": "再报"})
    assert again.status_code == 422
    assert len(stored_lines(database)) == 1


def test_a_stale_form_is_refused_and_shows_both(database: Database, app: FastAPI, keys: dict[str, int]) -> None:
    county, address = f"amount_{keys['county']}", f"{BUDGET}/2023"
    client = visitor_with_role(app, "office")
    opened = form_on(client.get(address), address) | PAPER | {county: "2800", "act": "save"}
    send(client, act="save", **{county: "3000"})
    page = client.post(address, data=opened)
    assert page.status_code == 409
    assert ["县级财政", "3000", "2800"] in rows_on(page)
    again = client.post(address, data=form_on(page, address) | {"act": "save"})
    assert again.status_code == 303
    assert stored_lines(database) == [(2023, 1, 2_800, 0, "draft")]


def test_a_second_press_writes_nothing_more(database: Database, client: TestClient, keys: dict[str, int]) -> None:
    address = f"{BUDGET}/2023"
    form = form_on(client.get(address), address) | PAPER | {f"amount_{keys['county']}": "3000", "act": "submit"}
    assert [client.post(address, data=form).status_code for _ in range(2)] == [303, 303]
    assert stored_lines(database) == [(2023, 1, 3_000, 0, "submitted")]


def test_somebody_elses_draft_and_what_waits_cannot_be_typed_over(
    database: Database, app: FastAPI, client: TestClient, keys: dict[str, int]
) -> None:
    county, own = f"amount_{keys['county']}", f"amount_{keys['own']}"
    send(client, act="save", **{county: "3000"})
    send(client, act="submit", **{county: "3000", own: "70"})
    finance = visitor_with_role(app, "finance")
    page = finance.get(f"{BUDGET}/2023")
    assert county not in form_on(page, f"{BUDGET}/2023")
    assert "已提交，等待审核" in page.text
    refused = send(finance, act="submit", **{county: "1"})
    assert "没有填写与现行计划不同的金额" in refused.text


def test_nobody_approves_their_own_plan(database: Database, app: FastAPI, keys: dict[str, int]) -> None:
    finance = visitor_with_role(app, "finance")
    send(finance, act="submit", **{f"amount_{keys['county']}": "3000"})
    page = finance.get("/money/budgets")
    assert "本人填写，须由他人审核" in page.text
    assert 'type="checkbox"' not in page.text
    refused = finance.post("/money/budgets", data={"line": waiting_ids(database), "act": "approve", "request_key": "k"})
    assert refused.status_code == 403
    assert stored_lines(database)[0][-1] == "submitted"


def test_each_role_reaches_only_what_it_may(sqlite_database: Database) -> None:
    app = small_app(sqlite_database)
    with sqlite_database.writing() as session:
        keys = make_sources(session)
        approved(session, find_small_plan(session).forest, keys["county"], 100)
    plan = stored_plan(sqlite_database, "qingshan")
    may = {"office": (200, 200, 200), "finance": (200, 200, 200), "leader": (200, 404, 200), "auditor": (200, 404, 200)}
    for role, expected in (may | {"admin": (404, 404, 404)}).items():
        client = visitor_with_role(app, role, plan=None if role == "admin" else plan)
        found = tuple(client.get(address).status_code for address in (BUDGET, f"{BUDGET}/2023", "/money/budgets"))
        assert found == expected, role
        if expected[1] == 404:
            assert client.post(f"{BUDGET}/2023", data={"act": "save"}).status_code == 404, role
            assert client.post(f"{BUDGET}/drafts", data={"x": "y"}).status_code == 404, role
        if role != "finance":
            assert client.post("/money/budgets", data={"line": "1"}).status_code == 404, role
    owner = person_in(sqlite_database, "owner", "owner", department=department(sqlite_database, "林业局"))
    assert signed_in_visitor(app, owner).get(f"{BUDGET}/2023").status_code == 404


def test_finance_of_another_plan_decides_nothing_here(sqlite_database: Database) -> None:
    app = small_app(sqlite_database)
    with sqlite_database.writing() as session:
        keys = make_sources(session)
        make_small_plan(session, "lushui", jurisdiction="999900")
    client = visitor_with_role(app, "office")
    send(client, act="submit", **{f"amount_{keys['county']}": "3000"})
    there = visitor_with_role(app, "finance", plan=stored_plan(sqlite_database, "lushui"))
    assert "天然林保护工程项目" not in there.get("/money/budgets").text
    refused = there.post("/money/budgets", data={"line": waiting_ids(sqlite_database), "act": "approve"})
    assert refused.status_code == 404
    assert there.get(BUDGET).status_code == 404


@pytest.mark.parametrize("span", ["2023Q5", "x", "20231", "totals", "1e3"])
def test_a_span_that_is_none_is_not_found(sqlite_database: Database, span: str) -> None:
    client = visitor_with_role(small_app(sqlite_database), "office")
    assert client.get(f"{BUDGET}/{span}").status_code == 404


def test_an_archived_project_shows_its_plans_and_takes_none(sqlite_database: Database) -> None:
    app = small_app(sqlite_database)
    with sqlite_database.writing() as session:
        small = find_small_plan(session)
        keys = make_sources(session)
        approved(session, small.forest, keys["county"], 100, occurred_on=date(2022, 3, 1))
        archive_project(session, small.forest, reason="x", expected_version=small.forest.row_version, by=SOMEBODY)
    client = visitor_with_role(app, "office")
    assert "填写或调整" not in client.get(BUDGET).text
    assert client.get(f"{BUDGET}/2023").status_code == 409
