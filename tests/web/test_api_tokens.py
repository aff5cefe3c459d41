"""Programs at the API: who stands behind a token, what it may do there, and how little it does anywhere else."""

import io
import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlmodel import select

from core.api_tokens import ApiToken, revoke_token
from core.audit import OPERATOR, AuditEntry
from core.calendar import now
from core.database import Database
from core.logs import write_logs
from core.people import Person, set_password
from core.second_factors import SecondFactor
from portfolio.grants import Grant, close_account, grant_role, reopen_account, withdraw_role
from tests.databases import on_both, on_sqlite, plant
from tests.samples import PASSWORD, SOMEBODY
from tests.web.token_visits import INVALID, LIST, problem, program, token_for
from tests.web.visiting import person_in, setting, signed_in_visitor, visitor
from web.app import create_app

database, sqlite_database = on_both(plant), on_sqlite(plant)


# ---- reading


def test_a_program_reads_what_its_person_reads(database: Database) -> None:
    app = create_app(database)
    person = person_in(database, role="leader")
    _token, text = token_for(database, person)
    own = signed_in_visitor(app, person).get(LIST)
    assert program(app, text).get(LIST).json() == own.json() != []
    for scheme in ("bearer", "BEARER"):
        assert visitor(app, Authorization=f"{scheme} {text}").get(LIST).status_code == 200


def test_unknown_over_revoked_and_closed_look_the_same(database: Database) -> None:
    app = create_app(database)
    person = person_in(database, role="leader")
    tokens = [token_for(database, person) for _ in range(3)]
    with database.writing() as session:
        over = update(ApiToken).where(ApiToken.id == tokens[0][0].id)  # type: ignore[arg-type]
        session.execute(over.values(expires_at=now() - timedelta(seconds=1)))
        revoke_token(session, session.get_one(Person, person.id), tokens[1][0].id or 0, by=SOMEBODY)
    answers = [program(app, text).get(LIST) for text in (tokens[0][1], tokens[1][1], "qst_" + "a" * 49, "", "a b")]
    assert [problem(answer) for answer in answers] == [INVALID] * 5
    assert len({answer.text for answer in answers}) == 1
    assert program(app, tokens[2][1]).get(LIST).status_code == 200
    with database.writing() as session:
        close_account(session, session.get_one(Person, person.id), by=SOMEBODY)
    assert problem(program(app, tokens[2][1]).get(LIST)) == INVALID
    with database.writing() as session:
        reopen_account(session, session.get_one(Person, person.id), by=SOMEBODY)
    assert problem(program(app, tokens[2][1]).get(LIST)) == INVALID, "a closed account ends its tokens for good"


def test_without_a_token_a_program_learns_what_to_bring(sqlite_database: Database) -> None:
    assert problem(visitor(create_app(sqlite_database)).get(LIST)) == (401, "SignInNeeded", "Bearer")


def test_roles_taken_away_count_at_once_and_with_the_last_the_token_ends(database: Database) -> None:
    app = create_app(database)
    person = person_in(database, role="leader")
    _token, text = token_for(database, person)
    client = program(app, text)
    with database.writing() as session:
        own = session.get_one(Person, person.id)
        grant_role(session, own, "admin", by=OPERATOR)
        reading = session.exec(select(Grant.id).where(Grant.person_id == own.id, Grant.role == "leader")).one()
        withdraw_role(session, own, reading or 0, by=OPERATOR)
    assert problem(client.get(LIST)) == (404, "NotThere", None), "an administrator sees no plan"
    with database.writing() as session:
        own = session.get_one(Person, person.id)
        grant_role(session, own, "leader", by=OPERATOR)
    assert client.get(LIST).status_code == 200
    with database.writing() as session:
        own = session.get_one(Person, person.id)
        person_in_charge = session.exec(select(Grant).where(Grant.person_id == own.id)).all()
        other = session.exec(select(Person).where(Person.username == "other")).first()
        assert other is None
        session.execute(delete(Grant).where(Grant.id == person_in_charge[0].id))  # type: ignore[arg-type]
        withdraw_role(session, own, person_in_charge[1].id or 0, by=OPERATOR)
    assert problem(client.get(LIST)) == INVALID
    with database.writing() as session:
        grant_role(session, session.get_one(Person, person.id), "leader", by=OPERATOR)
    assert problem(client.get(LIST)) == INVALID


def test_a_changed_password_leaves_tokens_as_they_are(sqlite_database: Database) -> None:
    app = create_app(sqlite_database)
    person = person_in(sqlite_database, role="leader")
    _token, text = token_for(sqlite_database, person)
    with sqlite_database.writing() as session:
        set_password(session, session.get_one(Person, person.id), "another long password", by=person.actor)
    assert program(app, text).get(LIST).status_code == 200


def test_a_token_rests_while_its_person_owes_a_second_factor(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = create_app(database)
    person = person_in(database, role="finance")
    _token, text = token_for(database, person)
    client = program(app, text)
    with setting(monkeypatch, second_factor="required"):
        assert problem(client.get(LIST)) == INVALID
        factor = SecondFactor(person_id=person.id or 0, sealed_secret="x", made_at=now(), confirmed_at=now())
        with database.writing() as session:
            session.add(factor)
        assert client.get(LIST).status_code == 200


# ---- elsewhere


@pytest.mark.parametrize("path", ["/", "/projects", "/account", "/people", "/money/ledger.csv", "/audit", "/api/v1"])
def test_a_token_opens_no_page(sqlite_database: Database, path: str) -> None:
    app = create_app(sqlite_database)
    person = person_in(sqlite_database, role="office")
    answer = program(app, token_for(sqlite_database, person)[1]).get(path)
    assert answer.status_code == visitor(app).get(path).status_code in (303, 404)
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/sign-in")


def test_a_token_writes_by_no_form(sqlite_database: Database) -> None:
    app = create_app(sqlite_database)
    client = program(app, token_for(sqlite_database, person_in(sqlite_database, role="admin"), "write:ledger")[1])
    for path in ("/account/tokens", "/people", "/account/sign-ins/end-others"):
        assert client.post(path, data={"name": "x", "scope": "read", "days": "9"}).status_code == 401


def test_the_figures_keep_their_own_token(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with setting(monkeypatch, metrics_token="m" * 40):
        app = create_app(sqlite_database)
        text = token_for(sqlite_database, person_in(sqlite_database, role="admin"))[1]
        assert program(app, text).get("/metrics").status_code == 404
        assert program(app, "m" * 40).get("/metrics").status_code == 200
        assert problem(program(app, "m" * 40).get(LIST)) == INVALID


# ---- many wrong ones, the last use, the log


def test_wrong_tokens_are_limited_and_right_ones_go_on(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with setting(monkeypatch, sign_in_limit="3/minute"):
        app = create_app(database)
        person = person_in(database, role="leader", password=PASSWORD)
        right, wrong = program(app, token_for(database, person)[1]), program(app, "qst_" + "a" * 49)
        assert [wrong.get(LIST).status_code for _ in range(5)] == [401, 401, 401, 429, 429]
        assert problem(wrong.post("/api/v1/ledger")) in ((429, "TooManyTries", None), (405, "WrongMethod", None))
        assert right.get(LIST).status_code == 200
        form = {"username": "reader", "password": PASSWORD}
        assert visitor(app).post("/sign-in", data=form).status_code == 303, "people sign in all the same"


def test_the_last_use_is_noted_about_once_a_minute(database: Database) -> None:
    app = create_app(database)
    token, text = token_for(database, person_in(database, role="leader"))
    client = program(app, text)

    def last() -> tuple[Any, str | None]:
        with database.reading() as session:
            found = session.get_one(ApiToken, token.id)
            return found.last_used_at, found.last_used_from

    assert last() == (None, None)
    client.get(LIST)
    first, address = last()
    assert first is not None
    assert address == "testclient"
    client.get(LIST)
    assert last()[0] == first
    with database.writing() as session:
        session.execute(update(ApiToken).values(last_used_at=now() - timedelta(minutes=2)))
    client.get("/api/v1/projects?plan=nowhere")
    assert last()[0] > first
    with database.reading() as session:
        assert session.exec(select(AuditEntry).where(AuditEntry.action == "try")).all() == []


def test_no_log_holds_a_token(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.StringIO()
    monkeypatch.setattr("sys.stderr", told)
    root, ours = logging.getLogger(), logging.getLogger("qingshan")
    before = (root.handlers[:], root.level, ours.level)
    try:
        write_logs("debug")
        app = create_app(sqlite_database)
        person = person_in(sqlite_database, role="leader")
        text, wrong = token_for(sqlite_database, person)[1], "qst_" + "b" * 49
        program(app, text).get(LIST)
        program(app, wrong).get(LIST)
    finally:
        root.handlers[:], root.level = before[0], before[1]
        ours.setLevel(before[2])
    lines = [json.loads(line) for line in told.getvalue().splitlines() if '"request"' in line]
    assert [(line["status"], line["person"]) for line in lines] == [(200, person.id), (401, None)]
    assert text[4:] not in told.getvalue()
    assert wrong[4:] not in told.getvalue()


def test_no_database_file_holds_a_token(sqlite_database: Database) -> None:
    app = create_app(sqlite_database)
    person = person_in(sqlite_database, role="leader")
    _token, text = token_for(sqlite_database, person)
    assert program(app, text).get(LIST).status_code == 200
    place = sqlite_database.url.database
    assert place is not None
    kept = b""
    for ending in ("", "-wal"):
        try:
            with open(place + ending, "rb") as file:
                kept += file.read()
        except FileNotFoundError:
            continue
    assert "每月资金同步".encode() in kept
    assert text.encode() not in kept
    assert text[4:30].encode() not in kept
