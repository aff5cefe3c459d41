"""Readers who ask one application for every address in turn, and a database that is put back when one of them wrote."""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from httpx2 import Response
from sqlalchemy import MetaData, select, text
from sqlmodel import SQLModel
from starlette.testclient import TestClient

from core.calendar import now
from core.database import Database
from core.people import Person, SignIn, token_hash
from tests.attacks.addresses import Ids, filled, ids_of, missing_ids, told
from tests.attacks.people_of import NOBODY, Reader, username
from tests.attacks.world import HERE, THERE, plant_two
from tests.web.visiting import setting, visitor
from web.app import create_app
from web.deps import SAFE_METHODS, SESSION_COOKIE

# Never enough to be written, so that every reader meets the same records; a route that asks for nothing is put back after.
SENT = {"reason": "", "act": "", "amount_unit": "万元"}


# One event loop for all requests of a file of tests: with one for each, half of the time goes into threads.
_portals: list[BlockingPortal] = []


@pytest.fixture(scope="module", autouse=True)
def files_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A place for the stored files of the planted databases, and an event loop; a file of tests has both by naming it."""
    with (
        pytest.MonkeyPatch.context() as patch,
        setting(patch, files_folder=str(tmp_path_factory.mktemp("files"))),
        start_blocking_portal() as portal,
    ):
        _portals.append(portal)
        yield
        _portals.remove(portal)


def plant_signed_in(database: Database) -> None:
    """The two plans, with everybody signed in: the sign-ins are rows, since to hash a password takes its time."""
    plant_two(database)
    moment = now()
    with database.writing() as session:
        for id_, name in session.execute(select(Person.id, Person.username)).all():  # type: ignore[call-overload]
            row = SignIn(
                token_hash=token_hash(name), person_id=id_, created_at=moment, expires_at=moment + timedelta(hours=12)
            )
            row.last_seen_at = moment
            session.add(row)


def token_of(person: str) -> str:
    return person


class Tour:
    """The application on the two plans. `here` and `there` are the ids of the records of the plans, `missing` of none."""

    def __init__(self, database: Database) -> None:
        self.database, self.app = database, create_app(database)
        self.here, self.there = ids_of(database, HERE), ids_of(database, THERE)
        self.missing: Ids = missing_ids(self.here)
        self._clients: dict[Reader, TestClient] = {}
        self._kept: Path | None = None
        if database.is_sqlite:
            assert database.url.database is not None
            with database.engine.connect() as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            database.close()
            self._path = Path(database.url.database)
            self._kept = Path(shutil.copyfile(self._path, f"{self._path}.kept"))

    def client(self, reader: Reader) -> TestClient:
        if reader not in self._clients:
            self._clients[reader] = visitor(self.app)
            self._clients[reader].portal = _portals[-1]
        client = self._clients[reader]
        client.cookies.clear()
        if reader != NOBODY:
            client.cookies.set(SESSION_COOKIE, token_of(username(reader, HERE, THERE)))
        return client

    def ask(self, reader: Reader, method: str, path: str, found: Ids, *, token: str | None = None) -> Response:
        """The answer of a route about those records; what a write is sent is never enough."""
        besides = told(path, found)
        sent: dict[str, Any] = {} if method in SAFE_METHODS else {"data": SENT | besides}
        client = self.client(reader)
        if token is not None:
            client.cookies.set(SESSION_COOKIE, token)
        return client.request(method, filled(path, found), params=besides, **sent)

    def faceless(self, answer: Response, path: str, found: Ids) -> str:
        """A page without its own address, what it was told, and the number of the request."""
        text, address = answer.text, filled(path, found)
        for one in (address, quote(address), quote(address, safe="")):
            text = text.replace(one, "").replace(escape(one), "")
        for one in told(path, found).values():
            text = text.replace(f"={quote(one, safe='')}", "=").replace(f"%3D{quote(one, safe='')}", "%3D")
            text = text.replace(f'value="{escape(one)}"', 'value=""')
        return re.sub(r"[0-9a-f]{16}", "", text)

    def put_back(self) -> None:
        """The database as it was planted."""
        assert self._kept is not None, "only a file is put back"
        self.database.close()
        for old in self._path.parent.glob(f"{self._path.name}-*"):
            old.unlink()
        shutil.copyfile(self._kept, self._path)

    def fingerprint(self) -> dict[str, int]:
        """Every row of every table, in short; when a browser was last seen is no statement."""
        return fingerprint(self.database)


def fingerprint(
    database: Database, leave_out: Callable[[str, str], bool] = lambda table, column: False
) -> dict[str, int]:
    found = {}
    with database.reading() as session:
        for table in _tables().sorted_tables:
            columns = [
                column
                for column in table.columns
                if column.name != "last_seen_at" and not leave_out(table.name, column.name)
            ]
            rows = session.execute(select(*columns)).all()
            found[table.name] = hash(tuple(sorted(repr(tuple(row)) for row in rows)))
    return found


def _tables() -> MetaData:
    return SQLModel.metadata
