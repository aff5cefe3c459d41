"""Writing by the API: all or nothing, every mistake at its place, drafts at their version, nothing beyond what pages allow."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, func, select

from budgets.entries import LedgerEntry
from core.audit import history
from core.calendar import today
from core.database import Database
from core.settings import settings
from milestones.milestones import MilestoneReport
from milestones.works import WorkEntry
from tests.databases import on_both, on_sqlite, plant
from tests.web.api_visits import clerk, owner, post, with_milestones, wrong_at
from tests.web.ledger_visits import add_sources, close_quarters
from tests.web.token_visits import program, token_for
from tests.web.visiting import person_in, visitor_with_role
from web.api_fields import MOST_ENTRIES
from web.app import create_app

database = on_both(plant, add_sources, with_milestones)
sqlite_database = on_sqlite(plant, add_sources, with_milestones)

PAID = {
    **{"project": "qingshan-01", "stage": "paid", "amount_fen": 100, "occurred_on": "2024-05-06", "source": "县级财政"},
}
WORK = {
    "project": "qingshan-01",
    "measure": "营造林面积",
    "quantity": "12.5",
    "unit": "亩",
    "occurred_on": "2024-05-06",
}
MET = {"milestone": 1, "kind": "actual", "met_on": "2024-05-06"}
SENT = {"ledger": PAID, "works": WORK, "milestones": MET}
TABLES: dict[str, Any] = {"ledger": LedgerEntry, "works": WorkEntry, "milestones": MilestoneReport}
SUBJECTS = {"ledger": "ledger_entry", "works": "work_entry", "milestones": "milestone_report"}


def count(database: Database, table: Any) -> int:
    with database.reading() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def trail(session: Session, what: str, id_: int) -> list[str]:
    return [line.action for line in history(session, SUBJECTS[what], id_)]


@pytest.mark.parametrize("what", SENT)
@pytest.mark.parametrize("submit", [False, True])
def test_what_is_sent_is_recorded_as_a_draft_or_handed_over_and_told(
    database: Database, what: str, submit: bool
) -> None:
    answer = post(clerk(database), what, SENT[what], submit=submit)
    assert answer.status_code == 201, answer.text
    told = answer.json()["entries"][0]
    assert told["state"] == ("submitted" if submit else "draft")
    assert (told["quarter"], told["row_version"], told["href"]) == ("2024Q2", 1, answer.headers["location"])
    with database.reading() as session:
        row = session.exec(select(TABLES[what])).one()
        assert (row.state, row.recorded_by, row.approved_at) == (told["state"], "甲clerk（clerk）", None)
        assert len(trail(session, what, row.id)) == 1


def test_amounts_and_quantities_are_what_was_sent(database: Database) -> None:
    client = clerk(database)
    post(client, "ledger", PAID | {"amount_fen": 9_007_199_254_740_991 // 100, "reduction": False}, key="a")
    post(
        client, "works", WORK | {"quantity": "0.000001"}, WORK | {"occurred_on": "2024-08-01", "quantity": "0"}, key="b"
    )
    with database.reading() as session:
        assert session.exec(select(LedgerEntry.amount_fen)).one() == 90_071_992_547_409
        assert list(session.exec(select(WorkEntry.quantity_micro).order_by(col(WorkEntry.id)))) == [1, 0]


def test_every_mistake_is_told_at_its_place_and_nothing_is_written(database: Database) -> None:
    client, later = clerk(database), (today() + timedelta(days=3)).isoformat()
    bad = [
        PAID,
        PAID | {"amount_fen": 1.5, "occurred_on": "2024-02-30"},
        PAID | {"amount_fen": True, "stage": "given"},
        PAID | {"amount_fen": -5, "source": "彩票"},
        PAID | {"amount_fen": "100", "colour": "red"},
        {"project": "nowhere"},
        PAID | {"project": "qingshan-02"},
        PAID | {"occurred_on": later, "source": None},
        7,
    ]
    # What is no object at all stops the reading; without it everything else is told.
    assert wrong_at(post(client, "ledger", *bad)) == {"/entries/8": "Invalid"}
    answer = post(client, "ledger", *bad[:-1])
    assert answer.status_code == 422
    assert wrong_at(answer) == {
        **{"/entries/1/amount_fen": "Invalid", "/entries/1/occurred_on": "Invalid"},
        **{"/entries/2/amount_fen": "Invalid", "/entries/2/stage": "Invalid"},
        **{"/entries/3/amount_fen": "Invalid", "/entries/3/source": "UnknownSource"},
        **{"/entries/4/amount_fen": "Invalid", "/entries/4/colour": "UnknownField"},
        **{"/entries/5/stage": "Missing", "/entries/5/amount_fen": "Missing", "/entries/5/occurred_on": "Missing"},
        **{"/entries/5/project": "NotThere", "/entries/6/project": "NotALeaf"},
        **{"/entries/7/occurred_on": "InTheFuture", "/entries/7/source": "Missing"},
    }
    works = [
        WORK | {"measure": "种树", "quantity": 5},
        WORK | {"unit": "元"},
        WORK | {"quantity": "1e3"},
        WORK | {"cause": "fire"},
    ]
    assert wrong_at(post(client, "works", *works)) == {
        **{"/entries/0/measure": "Invalid", "/entries/0/quantity": "Invalid", "/entries/1/unit": "OtherDimension"},
        **{"/entries/2/quantity": "NotAQuantity", "/entries/3/cause": "Invalid"},
    }
    met = [
        MET | {"milestone": 99},
        MET | {"kind": "soon"},
        MET | {"milestone": "1", "met_on": later},
        {"kind": "withdrawn", "milestone": 2},
    ]
    assert wrong_at(post(client, "milestones", *met)) == {
        **{"/entries/0/milestone": "NotThere", "/entries/1/kind": "Invalid", "/entries/2/milestone": "Invalid"},
        **{"/entries/3/kind": "NothingToWithdraw", "/entries/3/correction_reason": "Missing"},
    }
    assert [count(database, table) for table in TABLES.values()] == [0, 0, 0]


def test_a_refusal_says_what_was_found_and_what_was_expected(sqlite_database: Database) -> None:
    answer = clerk(sqlite_database).post(
        "/api/v1/ledger",
        json={"entries": [PAID | {"amount_fen": 1.5}]},
        headers={"Idempotency-Key": "k"},
    )
    told = answer.json()["problems"][0]
    assert (answer.headers["content-type"], told["field"]) == ("application/problem+json", "/entries/0/amount_fen")
    assert "“1.5”" in told["detail"]
    assert "大于零的整数" in told["detail"]


@pytest.mark.parametrize("what", SENT)
def test_a_closed_quarter_refuses_with_a_conflict_and_takes_a_reason(database: Database, what: str) -> None:
    close_quarters(database, "2024Q2")
    client = clerk(database)
    refused = post(client, what, SENT[what], submit=True)
    assert refused.status_code == 409, refused.text
    assert set(wrong_at(refused).values()) <= {"PeriodClosed", "QuarterClosed"}
    taken = post(client, what, SENT[what] | {"correction_reason": "漏报"}, submit=True)
    assert taken.status_code == 201  # the same key is free: nothing was written with it
    assert taken.json()["entries"][0]["quarter"] == "2024Q2"


def test_one_wrong_entry_of_a_thousand_undoes_all(database: Database) -> None:
    client = clerk(database)
    good = [PAID | {"amount_fen": number} for number in range(1, 40)]
    assert post(client, "ledger", *good, PAID | {"stage": "?"}).status_code == 422
    assert count(database, LedgerEntry) == 0
    assert post(client, "ledger", *good, submit=True).status_code == 201
    assert count(database, LedgerEntry) == 39
    too_many = post(client, "ledger", *([PAID] * (MOST_ENTRIES + 1)), key="more")
    assert wrong_at(too_many) == {"/entries": "Invalid"}
    assert wrong_at(post(client, "ledger", key="none")) == {"/entries": "Invalid"}
    assert count(database, LedgerEntry) == 39


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "UnreadableJson"),
        (b'{"entries": [', 400, "UnreadableJson"),
        (b'{"entries": [], "entries": []}', 400, "NameTwice"),
        (b'{"entries": [{"amount_fen": NaN}]}', 400, "NotANumberOfJson"),
        (b'{"entries": [{"amount_fen": -Infinity}]}', 400, "NotANumberOfJson"),
        (b'{"entries": ["\xff\xfe"]}', 400, "NotUtf8"),
        (b"[" * 100_000 + b"]" * 100_000, 400, "TooDeep"),
        (b'{"entries": ' + b"[" * 30 + b"]" * 30 + b"}", 400, "TooDeep"),
        (b'{"entries": [{"note": "\\u0000"}]}', 422, "UnstorableText"),
        (b'{"entries": [{"note": "\\ud800"}]}', 422, "UnstorableText"),
        (b'{"entries": [{"\\ud800": 1}]}', 422, "UnstorableText"),
        (b'{"entries": [{"amount_fen": ' + b"9" * 100_000 + b"}]}", 422, "EntriesBroken"),
        (b'{"entries": [{"amount_fen": 1e400}]}', 422, "EntriesBroken"),
        (b"[]", 422, "EntriesBroken"),
        (b"null", 422, "EntriesBroken"),
    ],
)
def test_crafted_json_is_refused(sqlite_database: Database, content: bytes, status: int, code: str) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = clerk(sqlite_database).post("/api/v1/ledger", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert count(sqlite_database, LedgerEntry) == 0


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", "multipart/form-data", ""],
)
def test_only_json_is_taken(sqlite_database: Database, kind: str) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": kind}
    answer = clerk(sqlite_database).post("/api/v1/ledger", content=b'{"entries": []}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "NotJson")


def test_a_body_beyond_the_limit_is_refused(sqlite_database: Database) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    content = b" " * (settings().max_body_bytes + 1)
    answer = clerk(sqlite_database).post("/api/v1/ledger", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "TooLarge")


def test_an_owner_writes_of_its_own_projects_only_and_others_not_at_all(sqlite_database: Database) -> None:
    own, other = owner(sqlite_database), owner(sqlite_database, "other", of="水利局")
    app = create_app(sqlite_database)
    readers = [visitor_with_role(app, role) for role in ("leader", "auditor", "admin")]
    for what, sent in SENT.items():
        assert post(own, what, sent, key=f"{what}-1").status_code == 201
        refused = post(other, what, sent, key=f"{what}-2")
        assert (refused.status_code, set(wrong_at(refused).values())) == (422, {"NotThere"})
        missing = post(
            other, what, sent | ({"milestone": 77} if what == "milestones" else {"project": "none"}), key=f"{what}-3"
        )
        assert wrong_at(missing) == wrong_at(refused)
        for reader in readers:
            answer = post(reader, what, sent, key=f"{what}-4")
            assert (answer.status_code, answer.json()["code"]) == (404, "NotThere")


def test_a_program_writes_what_its_token_is_for_and_goes_on_with_its_drafts(database: Database) -> None:
    app = create_app(database)
    person = person_in(database, "clerk", "office")
    money = program(app, token_for(database, person, "read", "write:ledger")[1])
    href = post(money, "ledger", PAID).json()["entries"][0]["href"]
    read = money.get(href)
    headers = {"If-Match": read.headers["etag"], "Idempotency-Key": "change"}
    assert money.patch(href, json={"amount_fen": 7}, headers=headers).json()["amount_fen"] == 7
    assert money.delete(href, headers={"If-Match": money.get(href).headers["etag"]}).status_code == 204
    for what in ("works", "milestones"):
        refused = post(money, what, SENT[what], key=what)
        assert (refused.status_code, refused.json()["code"]) == (403, "InsufficientScope")
    reading = program(app, token_for(database, person, "read")[1])
    assert post(reading, "ledger", PAID, key="r").status_code == 403
    assert [count(database, table) for table in TABLES.values()] == [0, 0, 0]
