"""Keys of writes: the same write sent again is answered and not done again, also when both arrive together."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from budgets.entries import LedgerEntry
from core.calendar import now
from core.database import Database
from core.kept_answers import KEPT_DAYS, KeptAnswer
from milestones.milestones import MilestoneReport
from milestones.works import WorkEntry
from tests.databases import on_both, on_sqlite, plant
from tests.together import at_once
from tests.web.api_visits import clerk, post, with_milestones
from tests.web.ledger_visits import add_sources
from tests.web.test_api_writing import MET, PAID, WORK, count
from tests.web.visiting import visitor
from web.deps import SESSION_COOKIE

database = on_both(plant, add_sources, with_milestones)
sqlite_database = on_sqlite(plant, add_sources, with_milestones)


@pytest.mark.parametrize(
    ("what", "sent", "table"),
    [("ledger", PAID, LedgerEntry), ("works", WORK, WorkEntry), ("milestones", MET, MilestoneReport)],
)
def test_the_same_write_again_gets_the_same_answer(database: Database, what: str, sent: dict, table: type) -> None:  # type: ignore[type-arg]
    client = clerk(database)
    first, second = post(client, what, sent, submit=True), post(client, what, sent, submit=True)
    assert (first.status_code, first.headers.get("idempotency-replayed")) == (201, None)
    assert (second.status_code, second.headers["idempotency-replayed"]) == (201, "true")
    assert (second.content, second.headers["location"]) == (first.content, first.headers["location"])
    assert count(database, table) == 1


def test_the_layout_of_the_same_request_does_not_matter_but_its_content_does(sqlite_database: Database) -> None:
    client = clerk(sqlite_database)
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    one = (
        b'{"submit": false, "entries": [{"project": "qingshan-01", "stage": "work_done", "amount_fen": 5, '
        b'"occurred_on": "2024-05-06"}]}'
    )
    same = (
        b'{"entries":[{"occurred_on":"2024-05-06","amount_fen":5,"stage":"work_done",\n'
        b'"project":"qingshan-01"}],"submit":false}'
    )
    first = client.post("/api/v1/ledger", content=one, headers=headers)
    second = client.post("/api/v1/ledger", content=same, headers=headers)
    assert (first.status_code, second.headers["idempotency-replayed"]) == (201, "true")
    other = client.post("/api/v1/ledger", content=one.replace(b": 5,", b": 6,"), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "KeyReused")
    elsewhere = client.post("/api/v1/works", content=one, headers=headers)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (422, "KeyReused")
    assert count(sqlite_database, LedgerEntry) == 1


def test_a_key_is_its_persons_own(sqlite_database: Database) -> None:
    assert post(clerk(sqlite_database), "ledger", PAID).status_code == 201
    other = post(clerk(sqlite_database, "another"), "ledger", PAID)
    assert (other.status_code, other.headers.get("idempotency-replayed")) == (201, None)
    assert count(sqlite_database, LedgerEntry) == 2


def test_a_write_needs_a_key_of_visible_characters(sqlite_database: Database) -> None:
    client = clerk(sqlite_database)
    for key, status, code in (
        (None, 400, "KeyMissing"),
        ("", 400, "KeyMissing"),
        ("a b", 422, "Invalid"),
        ("a" * 201, 422, "Invalid"),
        ("é", 422, "Invalid"),
    ):
        headers = {} if key is None else {"Idempotency-Key": key.encode("latin-1")}
        answer = client.post("/api/v1/ledger", json={"entries": [PAID]}, headers=headers)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (status, code, "Idempotency-Key")
    assert post(client, "ledger", PAID, key="~" * 200).status_code == 201


def test_what_was_refused_leaves_the_key_free(database: Database) -> None:
    client = clerk(database)
    assert post(client, "ledger", PAID | {"stage": "?"}).status_code == 422
    assert post(client, "ledger", PAID).status_code == 201
    assert count(database, LedgerEntry) == 1


def test_twins_that_arrive_together_write_once(database: Database) -> None:
    client = clerk(database)
    token = client.cookies[SESSION_COOKIE]

    def send() -> tuple[int, str | None, bytes]:
        own = visitor(client.app)  # type: ignore[arg-type]
        own.cookies.set(SESSION_COOKIE, token)
        answer = post(own, "ledger", PAID, PAID | {"amount_fen": 7}, submit=True)
        return answer.status_code, answer.headers.get("idempotency-replayed"), answer.content

    answers = at_once(*[send] * 6)
    assert {one[0] for one in answers} == {201}
    assert sorted(str(one[1]) for one in answers) == ["None", *["true"] * 5]
    assert len({one[2] for one in answers}) == 1
    assert count(database, LedgerEntry) == 2


def test_writers_who_name_projects_in_any_order_never_wait_for_each_other(database: Database) -> None:
    clients = [clerk(database, f"clerk{number}") for number in range(4)]
    codes = ("qingshan-01", "qingshan-03", "qingshan-02-1", "qingshan-02-2")

    def sending(number: int) -> int:
        order = codes if number % 2 else codes[::-1]
        entries = [PAID | {"project": code, "amount_fen": number + 1} for code in order]
        return post(clients[number], "ledger", *entries, submit=number < 2).status_code

    assert at_once(*[lambda n=n: sending(n) for n in range(4)]) == [201] * 4
    assert count(database, LedgerEntry) == 16


def test_keys_that_have_served_their_time_are_removed_by_later_writes(database: Database) -> None:
    client = clerk(database)
    for key in ("old", "young"):
        post(client, "ledger", PAID, key=key)
    with database.writing() as session:
        old = session.exec(select(KeptAnswer).order_by(col(KeptAnswer.at)).limit(1)).one()
        old.at = now() - timedelta(days=KEPT_DAYS + 1)
        session.add(old)
    post(client, "ledger", PAID, key="new")
    with database.reading() as session:
        assert len(session.exec(select(KeptAnswer)).all()) == 2
    assert post(client, "ledger", PAID, key="young").headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in post(client, "ledger", PAID, key="old").headers
