"""Writes that another site's page sends with the reader's cookie: refused on every route, before anything is written."""

import pytest
from sqlmodel import select

from core.database import Database
from core.people import Person, SignIn
from tests.attacks.access import declared
from tests.attacks.addresses import filled, told
from tests.attacks.people_of import NOBODY, OWN, READERS
from tests.attacks.touring import SENT, Tour, files_apart, plant_signed_in
from tests.databases import on_sqlite
from tests.samples import PASSWORD
from tests.web.visiting import person_in
from web.deps import SAFE_METHODS, SESSION_COOKIE
from web.signing_in import STEP_COOKIE

__all__ = ["files_apart"]

sqlite_database = on_sqlite(plant_signed_in)
ROWS = declared()
# What browsers say of a write that another page began.
FOREIGN: dict[str, dict[str, str]] = {
    "another site": {"Origin": "https://evil.example"},
    "a frame without a name": {"Origin": "null"},
    "another port": {"Origin": "http://localhost:8001"},
    "our name in front": {"Origin": "http://localhost.evil.example"},
    "our name as a user": {"Origin": "http://localhost@evil.example"},
    "no address": {"Origin": "http://["},
    "an old browser": {"Referer": "https://evil.example/http://localhost/"},
    "no word": {},
    "a new browser": {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    "a neighbour": {"Origin": "http://localhost", "Sec-Fetch-Site": "same-site"},
}


@pytest.mark.parametrize("said", FOREIGN.values(), ids=FOREIGN)
def test_no_route_writes_for_another_site(sqlite_database: Database, said: dict[str, str]) -> None:
    tour, wrong, asked = Tour(sqlite_database), [], 0
    before = tour.fingerprint()
    for row in ROWS:
        if row.method in SAFE_METHODS:
            continue
        reader = next((one for one in READERS if one != NOBODY and row.admits(one)), ("office", OWN))
        client = tour.client(reader)
        del client.headers["Origin"]
        answer = client.request(
            row.method, filled(row.path, tour.here), params=told(row.path, tour.here), data=SENT, headers=said
        )
        client.headers["Origin"] = "http://localhost"
        asked += 1
        if answer.status_code != 403 or "set-cookie" in answer.headers:
            wrong.append(f"{row.method} {row.path}: {answer.status_code}")
    assert asked > 150
    assert not wrong, "\n".join(wrong)
    assert tour.fingerprint() == before


def test_to_look_at_a_page_changes_nothing(sqlite_database: Database) -> None:
    """So that a link or a picture on another site does nothing either: a GET of every address leaves what it found.

    Exports of what is sensitive leave an entry in the trail, as they shall.
    """
    tour = Tour(sqlite_database)
    before = tour.fingerprint()
    for reader in (("office", OWN), ("owner", OWN), ("admin", OWN)):
        for path in dict.fromkeys(row.path for row in ROWS):
            tour.ask(reader, "GET", path, tour.here)
    after = tour.fingerprint()
    assert [table for table in before if before[table] != after[table]] in ([], ["audit_entry"])


def test_a_form_sent_as_plain_text_is_no_json(sqlite_database: Database) -> None:
    """What a page of another site can send without being asked first is read as JSON by no route, cookie or not."""
    tour = Tour(sqlite_database)
    before = tour.fingerprint()
    for row in ROWS:
        if row.method in SAFE_METHODS or not row.path.startswith("/api/"):
            continue
        for kind in ("text/plain", "application/x-www-form-urlencoded"):
            answer = tour.client(("office", OWN)).request(
                row.method, filled(row.path, tour.here), content=b'{"reason": "x"}', headers={"Content-Type": kind}
            )
            assert answer.status_code >= 400, (row.path, kind)
    assert tour.fingerprint() == before


@pytest.mark.parametrize("said", FOREIGN.values(), ids=FOREIGN)
def test_nobody_is_signed_in_as_somebody_else_by_another_site(sqlite_database: Database, said: dict[str, str]) -> None:
    """A page that signs its visitor in to the attacker's account would then read what the visitor types there."""
    person_in(sqlite_database, "mallory", "office", password=PASSWORD)
    tour = Tour(sqlite_database)
    client = tour.client(("office", OWN))
    held = client.cookies[SESSION_COOKIE]
    del client.headers["Origin"]
    answer = client.post("/sign-in", data={"username": "mallory", "password": PASSWORD}, headers=said)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert client.cookies[SESSION_COOKIE] == held
    with sqlite_database.reading() as session:
        signed_in = session.exec(select(Person.username).join(SignIn, SignIn.person_id == Person.id)).all()  # type: ignore[arg-type]
    assert "mallory" not in signed_in


@pytest.mark.parametrize("cookie", [SESSION_COOKIE, STEP_COOKIE])
def test_whoever_brings_a_cookie_says_where_the_write_comes_from(sqlite_database: Database, cookie: str) -> None:
    tour = Tour(sqlite_database)
    client = tour.client(NOBODY)
    del client.headers["Origin"]
    client.cookies.set(cookie, "x")
    assert client.post("/sign-in/code", data={"code": "000000"}).status_code == 403
    told_own = {"Referer": "http://localhost/sign-in/code"}
    assert client.post("/sign-in/code", data={"code": "000000"}, headers=told_own).status_code == 410
