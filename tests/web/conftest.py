"""What every test of the web stands on: nothing that a request writes goes without an entry in the audit trail."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from core.audit import came_from

_WRITES = re.compile(r"\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)
# Work in hand, keys and traces of use, and what is derived from facts; none of it is anybody's statement about anything.
UNTOLD = frozenset(
    {
        *("job", "stored_file", "import_row", "ledger_import", "return_upload", "request_key", "api_answer"),
        *("sign_in", "sign_in_step", "second_factor", "wrong_tries", "api_token"),
        "audit_seal",  # says itself who made it when
        "plan",  # is changed to what it was, by who must come after each other
    }
)


@pytest.fixture(autouse=True)
def every_write_is_told() -> Iterator[None]:
    """Fails a test in which a request or a job committed something of which the audit trail says nothing."""
    written: dict[int, set[str]] = {}
    untold: list[tuple[str, list[str]]] = []

    def hear(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        found = _WRITES.match(statement)
        if found and getattr(cursor, "rowcount", 0) != 0:
            written.setdefault(_key(connection), set()).add(found[1].lower())

    def committed(connection: Connection) -> None:
        tables = written.pop(_key(connection), set())
        where = came_from.get()
        if where is not None and "audit_entry" not in tables and tables - UNTOLD:
            untold.append((where, sorted(tables - UNTOLD)))

    def undone(connection: Connection) -> None:
        written.pop(_key(connection), None)

    heard = (("after_cursor_execute", hear), ("commit", committed), ("rollback", undone))
    for name, listener in heard:
        event.listen(Engine, name, listener)
    yield
    for name, listener in heard:
        event.remove(Engine, name, listener)
    assert not untold, f"written, and not told: {untold}"


def _key(connection: Connection) -> int:
    return id(connection.connection.dbapi_connection)
