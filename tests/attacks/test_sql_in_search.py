"""SQL in what is searched, filtered and sorted by: it is text, on both kinds of database, and no part of a statement.

What a list may be asked is read off its own forms and links, so that a new filter is attacked without anybody's doing.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from core.database import Database
from tests.attacks.access import declared
from tests.attacks.addresses import filled, told
from tests.attacks.forms import asked_names, read_page
from tests.attacks.people_of import EVERYWHERE, Reader
from tests.attacks.touring import Tour, files_apart, plant_signed_in
from tests.databases import on_both

__all__ = ["files_apart"]

database = on_both(plant_signed_in)

OFFICE: Reader = ("office", EVERYWHERE)
AUDITOR: Reader = ("auditor", "own")
ADMIN: Reader = ("admin", "own")
MARK = "zqx7"  # stands in every text that is sent and in nothing else
HARMLESS = f"{MARK} nothing"
ATTACKS = (
    f"{MARK}' OR '1'='1",
    f'{MARK}") UNION SELECT password_hash FROM person; DROP TABLE person;--',
    f"{MARK}'||(SELECT pg_sleep(9))||'",
    f"{MARK},(SELECT 1) DESC; SELECT pg_sleep(9)--",
    f"{MARK}\\'%_\\",
)
WILD = ("%", "%_%", "_%", "\\", "%%%", "\\%")  # in a search these are what they are, and nothing here holds them
# What is not searched but only shown or remembered: how the page looks, and where it goes on from.
_LOOKS = {"lang", "unit", "density", "done", "next"}


@contextmanager
def _listening() -> Iterator[list[str]]:
    """The statements whose text holds what was sent."""
    heard: list[str] = []

    def hear(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if MARK in statement:
            heard.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def _searches(tour: Tour) -> dict[str, set[str]]:
    """By address: what it may be asked, as its own page, the pages that lead to it and its route say."""
    addresses = {
        filled(row.path, tour.here): row.path
        for row in declared()
        if row.method == "GET" and row.path not in ("/metrics", "/sign-in") and "oidc" not in row.path
    }
    asked: dict[str, set[str]] = {address: set() for address in addresses}
    for address, path in addresses.items():
        for reader in (OFFICE, AUDITOR, ADMIN):
            answer = tour.client(reader).get(address, params=told(path, tour.here))
            if answer.status_code == 200 and answer.headers["content-type"].startswith("text/html"):
                for to, names in asked_names(*read_page(answer.text, address)).items():
                    if to in asked:
                        asked[to] |= names
                break
    by_path = {path: address for address, path in addresses.items()}
    for context in iter_route_contexts(tour.app.routes):
        own = by_path.get(context.path or "")
        dependant = getattr(context.original_route, "dependant", None)
        if own is not None and dependant is not None:
            asked[own] |= {one.alias for one in dependant.query_params}
    return {address: names - _LOOKS for address, names in asked.items() if names - _LOOKS}


def _shape(text: str) -> tuple[int, int]:
    return len(re.findall("<tr[ >]", text)), len(re.findall("<li[ >]", text))


def _outcome(status: int) -> int:
    """An unknown name (400) and a text that is no name at all (422) are both refused before anything is looked up."""
    return 422 if status == 400 else status


# On one database: what is sent must be in no statement, whichever database hears it.
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True)
def test_what_is_asked_of_a_list_is_never_a_part_of_a_statement(database: Database) -> None:
    tour = Tour(database)
    searches = _searches(tour)
    assert sum(len(names) for names in searches.values()) > 150, "the lists are not found any more"
    wrong, tried = [], 0
    with _listening() as heard:
        for number, (address, name) in enumerate(
            (a, n) for a, names in sorted(searches.items()) for n in sorted(names)
        ):
            harmless = None
            for text in (HARMLESS, ATTACKS[number % len(ATTACKS)], ATTACKS[(number + 2) % len(ATTACKS)]):
                answer, tried = _asked(tour, address, {name: text}), tried + 1
                found = _outcome(answer.status_code), _shape(answer.text)
                harmless = harmless or found
                if found != harmless or answer.status_code >= 500:
                    wrong.append(f"{address}?{name}={text}: {found}, of a harmless text {harmless}")
    assert not heard, heard[:3]
    assert not wrong, "\n".join(wrong)


def _asked(tour: Tour, address: str, query: dict[str, str]):  # type: ignore[no-untyped-def]
    for reader in (OFFICE, AUDITOR, ADMIN):
        answer = tour.client(reader).get(address, params=query)
        if answer.status_code != 404:
            return answer
    return answer


def test_signs_that_mean_anything_in_sql_are_only_themselves_in_a_search(database: Database) -> None:
    tour = Tour(database)
    searches = {address: names & {"q", "search", "text", "who", "name"} for address, names in _searches(tour).items()}
    searches = {address: names for address, names in searches.items() if names}
    assert len(searches) >= 3, searches
    for address, names in searches.items():
        for name in names:
            nothing = _shape(_asked(tour, address, {name: HARMLESS}).text)
            for text in WILD:
                assert _shape(_asked(tour, address, {name: text}).text) == nothing, (address, name, text)


def test_a_path_is_never_a_part_of_a_statement(database: Database) -> None:
    tour = Tour(database)
    with _listening() as heard:
        for row in declared():
            if row.method != "GET" or "{" not in row.path or "/static" in row.path or "/vendor" in row.path:
                continue
            for attack in ATTACKS[:2]:
                address = re.sub(r"\{[^}]*\}", lambda _, text=attack: quote(text, safe=""), row.path)  # type: ignore[misc]
                status = tour.client(OFFICE).get(address).status_code
                assert status in (303, 404, 422), (address, status)
    assert not heard, heard[:3]


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_typed_to_sign_in_is_never_a_part_of_a_statement(database: Database, attack: str) -> None:
    tour = Tour(database)
    with _listening() as heard:
        client = tour.client(("nobody", ""))
        answer = client.post("/sign-in", data={"username": attack, "password": attack, "next": attack})
        assert answer.status_code == 401
        client.cookies.set("qingshan_session", "zqx7OR1")
        assert client.get("/plans").status_code == 303
    assert not heard
