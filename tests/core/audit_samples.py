"""Entries to be sealed, and what somebody does who has the database to himself."""

from typing import Any

from sqlalchemy import text

from core import audit
from core.audit import Actor
from core.database import Database

CLERK = Actor(None, "填报员")
COLUMNS = "id, at, actor, action, subject, subject_id"


def write_entries(database: Database, count: int) -> None:
    """So many entries, each in a transaction of its own."""
    for number in range(1, count + 1):
        with database.writing() as session:
            audit.record(session, "edit", "project", number, before={"n": None}, after={"n": number}, by=CLERK)


def write_as(database: Database, *ids: int) -> None:
    """Entries with these ids, always the same ones."""
    values = ", ".join(f"({id_}, '2026-03-01 08:00:00.000000', '甲', 'edit', 'project', {id_})" for id_ in ids)
    zone = "" if database.is_sqlite else "SET LOCAL TIME ZONE 'UTC'; "
    with database.writing() as session:
        session.connection().exec_driver_sql(f"{zone}INSERT INTO audit_entry ({COLUMNS}) VALUES {values}")
        if not database.is_sqlite:
            session.execute(text(f"SELECT setval(pg_get_serial_sequence('audit_entry', 'id'), {max(ids)})"))


def tamper(database: Database, *statements: str, **values: Any) -> None:
    """Says these statements with every trigger out of the way."""
    with database.writing() as session:
        for table in ("audit_entry", "audit_seal"):
            if database.is_sqlite:
                for event in ("update", "delete"):
                    session.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{event}"))
            else:
                session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        if not database.is_sqlite:
            session.execute(text("SET LOCAL TIME ZONE 'UTC'"))
        for statement in statements:
            assert session.execute(text(statement), values).rowcount > 0, statement  # type: ignore[attr-defined]
