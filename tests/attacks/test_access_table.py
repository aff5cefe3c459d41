"""Route x role x expected status, for every route of the application and every reader; the rows stand in access_rows.txt."""

import re

import pytest

from core.database import Database
from portfolio.access import ALLOWED
from tests.attacks.access import HOW, MAY, Row, declared, problems_of
from tests.attacks.access_table import DOCUMENT, document
from tests.attacks.addresses import TOLD, kinds_in
from tests.attacks.people_of import NOBODY, OTHER_PLAN, OWN, READERS, Reader
from tests.attacks.routes import routes_of
from tests.attacks.touring import Tour, files_apart, plant_signed_in
from tests.databases import on_postgresql, on_sqlite
from web.app import create_app
from web.deps import SAFE_METHODS

sqlite_database, postgresql_database = on_sqlite(plant_signed_in), on_postgresql(plant_signed_in)
ROWS = declared()
__all__ = ["files_apart"]


def test_every_route_has_a_row(sqlite_database: Database) -> None:
    missing = problems_of(routes_of(create_app(sqlite_database)), ROWS)
    assert not missing, "\n".join([*missing, HOW])
    twice = {(row.method, row.path) for row in ROWS}
    assert len(twice) == len(ROWS), "a route has two rows"


def test_every_name_in_a_path_says_which_record_stands_there() -> None:
    unknown = []
    for row in ROWS:
        try:
            kinds_in(row.path)
        except KeyError as error:
            unknown.append(f"PLACES in tests/attacks/addresses.py lacks {error}, which stands in {row.path}")
    assert not unknown, "\n".join([*unknown, HOW])


def test_a_new_route_without_a_row_fails_and_is_told_what_to_do(sqlite_database: Database) -> None:
    app = create_app(sqlite_database)
    app.add_api_route("/projects/{code}/secrets", lambda: None, methods=["POST"])
    assert problems_of(routes_of(app), ROWS) == ["no row for the route: POST /projects/{code}/secrets"]
    assert problems_of(routes_of(app)[:-1], [*ROWS, Row("", "GET", "/gone", "open", {"": 200})]) == [
        "no route for the row: GET /gone"
    ]
    assert "access_rows.txt" in HOW
    assert "python -m tests.attacks.access_table" in HOW


def test_rights_are_said_twice_and_agree() -> None:
    said = {role: {action for action, roles in MAY.items() if role in roles.split()} for role in ALLOWED}
    assert said == {role: set(actions) for role, actions in ALLOWED.items()}


def test_the_document_is_current() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "run: python -m tests.attacks.access_table"


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: "-".join(filter(None, reader)))
def test_each_reader_gets_what_the_table_says(sqlite_database: Database, reader: Reader) -> None:
    """Who is refused changes nothing in any table, and learns no more than of a record that is not there."""
    tour = Tour(sqlite_database)
    refused = [row for row in ROWS if row.expected(reader) in (401, 404)]
    admitted = [row for row in ROWS if row not in refused and _asks(reader, row)]
    before = tour.fingerprint()
    wrong = [told for row in refused if (told := _refused(tour, reader, row))]
    after = tour.fingerprint()
    assert [table for table in before if before[table] != after[table]] == [], "a refused reader wrote"
    for row in admitted:
        status = tour.ask(reader, row.method, row.path, tour.here).status_code
        if status != row.expected(reader):
            wrong.append(f"{row.method} {row.path}: {status}, not {row.expected(reader)}")
        if row.method not in SAFE_METHODS and status < 400:
            tour.put_back()
    assert not wrong, "\n".join(wrong)


def _asks(reader: Reader, row: Row) -> bool:
    """Whether it says something new: pages without a record in their address are looked at by those of the plan and another."""
    return reader[1] in ("", OWN, OTHER_PLAN) or _names_a_record(row)


def _names_a_record(row: Row) -> bool:
    return "{" in row.path or row.path in TOLD


def _refused(tour: Tour, reader: Reader, row: Row) -> str | None:
    """What is wrong with the answer to a reader who may not have it."""
    answer = tour.ask(reader, row.method, row.path, tour.here)
    if answer.status_code != row.expected(reader):
        return f"{row.method} {row.path}: {answer.status_code}, not {row.expected(reader)}"
    if reader == NOBODY or answer.status_code != 404 or not _names_a_record(row):
        return None
    none = tour.ask(reader, row.method, row.path, tour.missing)
    if none.status_code != 404:
        return f"{row.method} {row.path}: {none.status_code} for a record that is not there"
    if tour.faceless(answer, row.path, tour.here) != tour.faceless(none, row.path, tour.missing):
        return f"{row.method} {row.path}: a record of another plan does not look like none"
    return None


def test_methods_that_no_route_names_are_refused_without_a_word_of_what_is_there(sqlite_database: Database) -> None:
    tour = Tour(sqlite_database)
    there = [(row.method, re.compile(re.sub(r"\{[^}]*\}", "[^/]+", row.path))) for row in ROWS]
    before, wrong = tour.fingerprint(), []
    for path in dict.fromkeys(row.path for row in ROWS):
        for method in ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE"):
            # /works/totals is also what a route takes that names a record of works.
            if any(method == one and pattern.fullmatch(path) for one, pattern in there):
                continue
            for reader in (NOBODY, ("office", OTHER_PLAN)):
                status = tour.ask(reader, method, path, tour.here).status_code
                if status not in (404, 405):
                    wrong.append(f"{method} {path} for {reader}: {status}")
    assert not wrong, "\n".join(wrong)
    assert tour.fingerprint() == before


@pytest.mark.parametrize("reader", [("office", "own"), ("owner", "own"), ("office", OTHER_PLAN)], ids="-".join)
def test_the_same_on_postgresql(postgresql_database: Database, reader: Reader) -> None:
    """All pages, and every write that is refused or sent too little; those that would write stand above."""
    tour = Tour(postgresql_database)
    wrong = []
    for row in ROWS:
        expected = row.expected(reader)
        if row.method in SAFE_METHODS or expected >= 400:
            status = tour.ask(reader, row.method, row.path, tour.here).status_code
            if status != expected:
                wrong.append(f"{row.method} {row.path}: {status}, not {expected}")
    assert not wrong, "\n".join(wrong)


def test_the_rows_are_counted() -> None:
    """The figures that docs/access-table.md gives its readers."""
    assert len(ROWS) > 350
    assert len(ROWS) * len(READERS) > 8_000
