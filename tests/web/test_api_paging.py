"""Pages of long lists: together they are the whole list, also while rows are added, and each is read by an index."""

import json
import re
from collections.abc import Callable
from datetime import date
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select
from starlette.testclient import TestClient

from core.audit import AuditEntry
from core.database import Database
from portfolio.facts import AS_CORRECTED
from tests.databases import on_both, on_sqlite, plant
from tests.milestones.reading_samples import accepted, plant_indicators
from tests.samples import make_plan
from tests.web.api_visits import clerk, post, with_milestones
from tests.web.ledger_visits import add_sources
from tests.web.test_api_writing import MET, PAID, WORK
from tests.web.visiting import person_in, signed_in_visitor
from web.app import create_app

_NEXT = re.compile(r'<(/api/v1/[^>]+)>; rel="next"')
SOME = ("ledger", "works", "milestones", "milestones/reports", "readings", "projects", "corrections")


def _facts(database: Database) -> None:
    """Entries of several days, some of the same one, works, reports and readings."""
    client = clerk(database, "planter")
    days = [date(2024, month, 3).isoformat() for month in (5, 2, 2, 9, 1, 2)]
    post(client, "ledger", *[PAID | {"occurred_on": day} for day in days], submit=True, key="1")
    post(client, "works", *[WORK | {"occurred_on": day} for day in days], submit=True, key="2")
    post(client, "milestones", MET, MET | {"milestone": 2}, MET | {"milestone": 3}, submit=True, key="3")


def _readings(database: Database) -> None:
    with database.writing() as session:
        plant_indicators(session)
        for quarter in (20231, 20232, 20233):
            accepted(session, quarter=quarter)


database = on_both(plant, add_sources, with_milestones, _readings, _facts)
sqlite_database = on_sqlite(plant, add_sources, with_milestones, _readings, _facts)


def pages(
    client: TestClient, address: str, limit: int, meanwhile: Callable[[], object] = lambda: None
) -> list[list[Any]]:
    """Every page of a list, read through the links."""
    found: list[list[Any]] = []
    following: str | None = f"{address}&limit={limit}"
    while following is not None:
        answer = client.get(following)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        link = _NEXT.fullmatch(answer.headers.get("link", ""))
        following = None if link is None else link[1]
        meanwhile()
    return found


@pytest.mark.parametrize("what", SOME)
@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
def test_the_pages_together_are_the_whole_list(database: Database, what: str, limit: int) -> None:
    client = clerk(database)
    address = f"/api/v1/{what}?plan=qingshan"
    whole = client.get(address).json()
    found = pages(client, address, limit)
    assert [row for page in found for row in page] == whole
    assert all(len(page) == limit for page in found[:-1])
    assert len(found) == max(1, -(-len(whole) // limit))


def test_the_filters_of_a_list_stay_on_its_pages(database: Database) -> None:
    client = clerk(database)
    for what in ("ledger", "works"):
        address = f"/api/v1/{what}?plan=qingshan&as_of=2024Q1"
        assert [row for page in pages(client, address, 2) for row in page] == client.get(address).json()
        assert len(client.get(address).json()) == 4


_NUMBERS = count(1)
_DAYS = st.dates(date(2024, 1, 1), date(2024, 12, 31))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(1, 4), days=st.lists(_DAYS, min_size=1, max_size=4), what=st.sampled_from(["ledger", "works"]))
def test_rows_that_are_added_meanwhile_neither_hide_nor_double_others(
    sqlite_database: Database, limit: int, days: list[date], what: str
) -> None:
    client = clerk(sqlite_database, f"reader{next(_NUMBERS)}")
    address = f"/api/v1/{what}?plan=qingshan"
    before = client.get(address).json()
    left = list(days)

    def add() -> None:
        if left:
            sent = (PAID if what == "ledger" else WORK) | {"occurred_on": left.pop().isoformat()}
            assert post(client, what, sent, key=f"{limit}-{len(left)}", submit=True).status_code == 201

    found = [row for page in pages(client, address, limit, add) for row in page]
    numbers = [row["id"] for row in found]
    assert len(set(numbers)) == len(numbers)
    kept = {row["id"] for row in before}
    assert [row for row in found if row["id"] in kept] == before
    places = [(row["occurred_on"], row["id"]) for row in found]
    assert places == sorted(places)


@pytest.mark.parametrize("what", SOME)
def test_a_damaged_cursor_or_limit_is_told_by_its_name(sqlite_database: Database, what: str) -> None:
    client = clerk(sqlite_database)
    wrong = {
        "limit": ("0", "1001", "-1", "ten", "1.5", "９", "00001"),
        "cursor": ("x", "2024-13-01.5", "-1", "1.2.3", "9" * 70),
    }
    for name, values in wrong.items():
        for value in values:
            answer = client.get(f"/api/v1/{what}", params={"plan": "qingshan", "limit": "2", name: value})
            assert (answer.status_code, answer.json()["field"]) == (422, name), (name, value)
    assert client.get(f"/api/v1/{what}", params={"plan": "qingshan", "cursor": "x" * 99}).status_code == 400


def test_a_cursor_alone_goes_on_in_the_largest_pages(sqlite_database: Database) -> None:
    client = clerk(sqlite_database)
    rows = client.get("/api/v1/ledger?plan=qingshan").json()
    place = f"{rows[1]['occurred_on']}.{rows[1]['id']}"
    assert client.get(f"/api/v1/ledger?plan=qingshan&cursor={place}").json() == rows[2:]


def test_an_answer_that_did_not_change_is_not_sent_again(database: Database) -> None:
    client = clerk(database)
    addresses = [f"/api/v1/{what}?plan=qingshan&limit=3" for what in SOME]
    addresses += ["/api/v1/rollup", "/api/v1/plans", "/api/v1/ledger/1", "/api/v1/openapi.json"]
    for address in addresses:
        first = client.get(address)
        etag = first.headers["etag"]
        assert etag.startswith('"')
        assert first.headers["cache-control"] == "private, no-cache"
        for held in (etag, f'"other", W/{etag}', "*"):
            again = client.get(address, headers={"If-None-Match": held})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag), (address, held)
        assert client.get(address, headers={"If-None-Match": '"other"'}).json() == first.json()
    etag = client.get(addresses[0]).headers["etag"]
    post(client, "ledger", PAID | {"occurred_on": "2024-01-01"}, key="new")
    assert client.get(addresses[0], headers={"If-None-Match": etag}).status_code == 200


def test_what_one_person_holds_is_not_confirmed_to_another_who_sees_less(sqlite_database: Database) -> None:
    etag = clerk(sqlite_database).get("/api/v1/plans").headers["etag"]
    with sqlite_database.writing() as session:
        elsewhere = make_plan(session, "elsewhere", jurisdiction="999900")
        session.flush()
        session.expunge(elsewhere)
    there = signed_in_visitor(
        create_app(sqlite_database), person_in(sqlite_database, "there", "office", plan=elsewhere)
    )
    answer = there.get("/api/v1/plans", headers={"If-None-Match": etag})
    assert [row["code"] for row in answer.json()] == ["elsewhere"]


def test_who_takes_a_ledger_stands_in_the_audit_trail(database: Database) -> None:
    """The whole list, and the first of several pages; what goes on from there or was not sent is not told again."""
    client = clerk(database)
    whole = client.get("/api/v1/ledger?plan=qingshan&as_of=2024Q2").json()
    found = pages(client, "/api/v1/ledger?plan=qingshan", 2)
    client.get("/api/v1/ledger?plan=qingshan&limit=1000")  # all of it on one page is what the page of the list shows
    first = client.get("/api/v1/ledger?plan=qingshan&limit=3")
    client.get("/api/v1/ledger?plan=qingshan&limit=3", headers={"If-None-Match": first.headers["etag"]})
    with database.reading() as session:
        told = [
            json.loads(one.after or "null")
            for one in session.exec(
                select(AuditEntry).where(AuditEntry.action == "export").order_by(col(AuditEntry.id))
            )
        ]
    edition, rows = {"edition": AS_CORRECTED}, sum(len(page) for page in found)
    assert len(whole) < rows
    assert told == [
        {"filters": {"as_of": "2024Q2"} | edition, "rows": len(whole), "format": "json"},
        {"filters": edition, "rows": rows, "format": "json", "page": 2},
        {"filters": edition, "rows": rows, "format": "json", "page": 3},
    ]
