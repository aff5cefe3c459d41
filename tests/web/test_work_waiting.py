"""Accepting and sending back many reports at once, and the list of what waits to be verified."""

from datetime import date

import pytest

from core.database import Database
from tests.databases import on_both, on_sqlite, plant
from tests.web.reading_pages import rows_on
from tests.web.work_visits import (
    NEW,
    SEWAGE,
    People,
    a_claim,
    a_verification,
    apart,
    report,
    works,
)

database, sqlite_database = on_both(plant), on_sqlite(plant)
pytestmark = pytest.mark.usefixtures("apart")
__all__ = ["apart"]

WAITING, UNVERIFIED = "/works/waiting", "/works/unverified"


def test_many_are_accepted_together(database: Database) -> None:
    people = People(database)
    for quantity in ("100", "200", "400"):
        people.owner.post(NEW, data=report(database, quantity=quantity))
    page = people.office.get(WAITING)
    assert "等待接收的共 3 条" in page.text
    assert [row[4] for row in rows_on(page) if "2024-05-06" in row] == ["100 亩", "200 亩", "400 亩"]
    answer = people.office.post(WAITING, data={"entry": ["1", "3"], "act": "approve", "request_key": "one"})
    assert answer.headers["location"] == f"{WAITING}?done=2&act=approve"
    assert "已接收 2 条" in people.office.get(answer.headers["location"]).text
    again = people.office.post(WAITING, data={"entry": ["1", "3"], "act": "approve", "request_key": "one"})
    assert again.headers["location"] == answer.headers["location"]
    assert [row.state for row in works(database)] == ["approved", "submitted", "approved"]
    # What is already counted stands beside what waits.
    (row,) = [row for row in rows_on(people.office.get(WAITING)) if "2024-05-06" in row]
    assert row[4:7] == ["200 亩", "0.5 万亩", "0.05 万亩"]


def test_sending_back_needs_a_reason_and_keeps_the_ticks(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    for _ in range(2):
        people.owner.post(NEW, data=report(sqlite_database))
    refused = people.office.post(WAITING, data={"entry": "1", "act": "reject", "reason": " "})
    assert (refused.status_code, refused.text.count(" checked>")) == (422, 1)
    assert (
        people.office.post(WAITING, data={"entry": ["1", "2"], "act": "reject", "reason": "没有照片"}).status_code
        == 303
    )
    assert {(row.state, row.rejected_reason) for row in works(sqlite_database)} == {("rejected", "没有照片")}


def test_all_or_none_and_nobody_accepts_their_own(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    people.owner.post(NEW, data=report(sqlite_database))
    people.office.post(NEW, data=report(sqlite_database))
    page = people.office.get(WAITING)
    assert "由您本人填写或提交，须由他人接收" in page.text
    assert page.text.count('name="entry"') == 1
    both = people.office.post(WAITING, data={"entry": ["1", "2"], "act": "approve"})
    assert (both.status_code, "第 2 号由您本人填写或提交" in both.text) == (403, True)
    assert {row.state for row in works(sqlite_database)} == {"submitted"}
    for ids in ([], ["1", "99"]):
        assert people.office.post(WAITING, data={"entry": ids, "act": "approve"}).status_code in (404, 422)
    assert {row.state for row in works(sqlite_database)} == {"submitted"}


def test_who_accepts_nothing_finds_no_page(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    for who in (people.owner, people.head, people.with_role("finance"), people.with_role("leader")):
        assert who.get(WAITING).status_code == 404
        assert who.post(WAITING, data={"entry": "1", "act": "approve"}).status_code == 404
    assert people.owner.get(UNVERIFIED).status_code == 404


def test_what_waits_to_be_verified_is_what_is_left_of_accepted_reports(database: Database) -> None:
    people = People(database)
    whole, part = a_claim(database, "100"), a_claim(database, "200")
    a_claim(database, "0")
    a_verification(database, whole, "100")
    a_verification(database, part, "150")
    sewage = a_claim(database, "300", SEWAGE)
    a_claim(database, None, on=date(2023, 5, 6), not_applicable=True)
    people.owner.post(NEW, data=report(database))  # not accepted yet
    rows = [row for row in rows_on(people.office.get(UNVERIFIED)) if "营造林面积" in row]
    assert [(row[3], row[4], row[8]) for row in rows] == [
        ("200 亩", "50 亩", str(part)),
        ("300 亩", "300 亩", str(sewage)),
    ]
    # A head of department verifies what the department answers for.
    rows = [row for row in rows_on(people.head.get(UNVERIFIED)) if "营造林面积" in row]
    assert [row[8] for row in rows] == [str(part)]


def test_own_reports_are_not_offered_for_verification(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    people.office.post(NEW, data=report(sqlite_database))
    people.head.post(NEW, data=report(sqlite_database))
    people.office.post(WAITING, data={"entry": "2", "act": "approve"})
    assert "没有等待您核实的工程量" in people.head.get(UNVERIFIED).text
    assert "核实第 2 号" in people.office.get(UNVERIFIED).text
