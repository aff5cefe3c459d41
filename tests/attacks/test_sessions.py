"""Sign-ins that were ended, taken over, forged or looked for in the wrong place open nothing, on any route."""

from collections.abc import Callable

import pytest

from core.database import Database
from core.people import SignIn, token_hash
from tests.attacks.access import declared
from tests.attacks.people_of import NOBODY, OWN
from tests.attacks.touring import Tour, files_apart, plant_signed_in
from tests.databases import on_sqlite
from tests.samples import PASSWORD
from tests.web.visiting import person_in, visitor
from web.app import create_app
from web.deps import SESSION_COOKIE

__all__ = ["files_apart"]

sqlite_database = on_sqlite(plant_signed_in)
OFFICE = ("office", OWN)
ROWS = declared()


def test_after_signing_out_no_route_knows_the_browser(sqlite_database: Database) -> None:
    """Not one of all addresses answers the old cookie otherwise than a stranger."""
    tour = Tour(sqlite_database)
    old = tour.client(OFFICE).cookies[SESSION_COOKIE]
    assert tour.client(OFFICE).post("/sign-out").status_code == 303
    before, wrong = tour.fingerprint(), []
    for row in ROWS:
        if row.path == "/sign-in" and row.method == "POST":
            continue  # counts its tries
        status = tour.ask(NOBODY, row.method, row.path, tour.here, token=old).status_code
        if status != row.expected(NOBODY):
            wrong.append(f"{row.method} {row.path}: {status}, not {row.expected(NOBODY)}")
    assert not wrong, "\n".join(wrong)
    assert tour.fingerprint() == before


FORGED: dict[str, Callable[[str], str]] = {
    "another letter": lambda token: token[:-1] + ("a" if token[-1] != "a" else "b"),
    "cut off": lambda token: token[:-1],
    "one more": lambda token: token + "x",
    "other capitals": str.swapcase,
    "its hash": token_hash,
    "the handle of its hash": lambda token: token_hash(token)[:16],
    "blank around": lambda token: f" {token} x",
    "quoted twice": lambda token: f'""{token}""',
    "very long": lambda token: token + "A" * 60_000,
    "no text": lambda _token: "\xff\xfe\x80",
    "a percent sign": lambda _token: "%",
    "a null": lambda token: f"{token}%00",
    "nothing": lambda _token: "",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_cookie_that_was_changed_is_nobodys(sqlite_database: Database, forge: Callable[[str], str]) -> None:
    tour = Tour(sqlite_database)
    token = tour.client(OFFICE).cookies[SESSION_COOKIE]
    client = visitor(tour.app)
    cookie = f"{SESSION_COOKIE}=".encode() + forge(token).encode("latin-1")
    assert client.get("/account", headers={b"Cookie": cookie}).status_code == 303
    assert client.post("/account/password", headers={b"Cookie": cookie}).status_code == 401
    assert tour.client(OFFICE).get("/account").status_code == 200


def test_a_token_counts_in_the_cookie_alone(sqlite_database: Database) -> None:
    tour = Tour(sqlite_database)
    token = tour.client(OFFICE).cookies[SESSION_COOKIE]
    client = visitor(tour.app)
    for name in (SESSION_COOKIE, "token", "session"):
        assert client.get("/account", params={name: token}).status_code == 303
        assert client.get("/account", headers={name: token}).status_code == 303
    assert client.post("/account/password", data={SESSION_COOKIE: token}).status_code == 401
    assert client.get("/account", headers={"Authorization": f"Bearer {token}"}).status_code in (303, 401)


def test_a_token_that_was_planted_before_signing_in_is_given_up(sqlite_database: Database) -> None:
    """Also one that belongs to somebody: the browser that the attacker prepared goes on with a token of its own."""
    person_in(sqlite_database, "victim", "office", password=PASSWORD)
    tour = Tour(sqlite_database)
    planted = tour.client(("auditor", OWN)).cookies[SESSION_COOKIE]
    client = visitor(tour.app)
    client.cookies.set(SESSION_COOKIE, planted)
    assert client.post("/sign-in", data={"username": "victim", "password": PASSWORD}).status_code == 303
    with sqlite_database.reading() as session:
        assert session.get(SignIn, token_hash(planted)) is None
    attacker = visitor(tour.app)
    attacker.cookies.set(SESSION_COOKIE, planted)
    assert attacker.get("/account").status_code == 303


def test_nobody_is_signed_out_by_a_link(sqlite_database: Database) -> None:
    tour = Tour(sqlite_database)
    assert tour.client(OFFICE).get("/sign-out").status_code == 405
    assert tour.client(OFFICE).get("/account").status_code == 200


def test_pages_of_somebody_who_is_signed_in_are_kept_nowhere(sqlite_database: Database) -> None:
    """So that the next one at the same machine does not find them with the back button."""
    tour = Tour(sqlite_database)
    for path in ("/", "/account", "/projects", "/money/ledger", "/nothing-here"):
        assert "no-store" in tour.client(OFFICE).get(path).headers["cache-control"], path
    assert "no-store" not in visitor(create_app(sqlite_database)).get("/sign-in").headers["cache-control"]
