"""The log: newest first, in pages that miss and double nothing, for who may see it, each filter along an index."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from core import audit_log
from core.audit import AuditEntry
from core.audit_log import LogFilter, Seen, every_row, log_count, log_page
from core.database import Database
from core.inserting import insert_rows

START = datetime(2026, 1, 1, tzinfo=UTC)
ALL = Seen(None)


@pytest.fixture
def many(database: Database) -> Database:
    """120 entries, four at each moment; of three plans, of two people and of programs."""
    rows = [
        (
            START + timedelta(minutes=number // 4),
            (None, 1, 2)[number % 3],
            "甲（jia）",
            f"10.0.0.{number % 5}",
            ("edit", "approve")[number % 2],
            ("project", "person", "ledger_entry")[number % 3],
            number % 7,
            (1, None, 2, 3)[number % 4] if number % 3 != 1 else None,
            f"理由{number}号 50%" if number % 10 == 0 else None,
            None,
            f'{{"document":"晋财建〔2024〕{number}号"}}',
        )
        for number in range(120)
    ]
    names = ("at", "actor_id", "actor", "came_from", "action", "subject", "subject_id", "scope_id")
    with database.writing() as session:
        for id_ in (1, 2):
            columns = "id, username, name, active, created_at, row_version"
            session.execute(
                text(f"INSERT INTO person ({columns}) VALUES ({id_}, 'p{id_}', 'p', true, '2026-01-01', 1)")
            )
        insert_rows(session, AuditEntry.__table__, (*names, "reason", "before", "after"), rows, {})  # type: ignore[attr-defined]
    return database


def paged(session: Session, seen: Seen, wanted: LogFilter, limit: int = 7) -> list[Any]:
    found, after = [], None
    while True:
        page = log_page(session, seen, wanted, after=after, limit=limit)
        found += page.rows
        if page.following is None:
            return found
        after = page.following


SEEN = [
    ALL,
    Seen(frozenset({1})),
    Seen(frozenset({1, 3})),
    Seen(frozenset({2}), ("person",)),
    Seen(frozenset(), ("person",)),
    Seen(frozenset(range(1, 40))),
    Seen(frozenset({99})),
]
FILTERS = [
    LogFilter(),
    LogFilter(actor_id=1),
    LogFilter(actor_id=0),
    LogFilter(action="approve"),
    LogFilter(subject="project", subject_id=3),
    LogFilter(scope_id=2),
    LogFilter(came_from="10.0.0.3"),
    LogFilter(since=START + timedelta(minutes=5), before=START + timedelta(minutes=9)),
    LogFilter(text="理由"),
    LogFilter(text="50% 晋财建"),
    LogFilter(text="50_"),
    LogFilter(text="没有"),
]


@pytest.mark.parametrize("seen", SEEN, ids=str)
def test_pages_hold_every_entry_once_newest_first_and_nothing_that_is_not_seen(many: Database, seen: Seen) -> None:
    with many.reading() as session:
        everything = paged(session, ALL, LogFilter(), limit=1000)
        assert len(everything) == 120
        for wanted in FILTERS:
            expected = [row for row in everything if _sees(seen, row) and _fits(wanted, row)]
            assert paged(session, seen, wanted) == expected, wanted
            assert list(every_row(session, seen, wanted)) == expected
            assert log_count(session, seen, wanted) == len(expected)


def _sees(seen: Seen, row: Any) -> bool:
    return seen.scopes is None or row.scope_id in seen.scopes or row.subject in seen.subjects


def _fits(wanted: LogFilter, row: Any) -> bool:
    at = row.at if row.at.tzinfo else row.at.replace(tzinfo=UTC)
    equal = all(
        getattr(wanted, name) in (None, getattr(row, name))
        for name in ("action", "subject", "subject_id", "scope_id", "came_from")
    )
    said = f"{row.reason} {row.before} {row.after} {row.actor}"
    return (
        equal
        and wanted.actor_id in (None, row.actor_id or 0)
        and (wanted.since is None or at >= wanted.since)
        and (wanted.before is None or at < wanted.before)
        and all(word in said for word in wanted.text.split())
    )


def test_words_are_looked_for_in_one_stretch_of_the_log_after_the_other(
    many: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "LOOKED_THROUGH", 25)
    with many.reading() as session:
        first = log_page(session, ALL, LogFilter(text="理由0号"), after=None)
        assert first.rows == []
        assert first.following is not None
        assert first.looked_back_to is not None
        assert [row.reason for row in paged(session, ALL, LogFilter(text="理由0号"))] == ["理由0号 50%"]
        assert len(paged(session, Seen(frozenset({1, 2, 3})), LogFilter(text="晋财建"))) == 60


INDEXES = {
    "ix_audit_entry_at": LogFilter(since=START),
    "ix_audit_entry_actor": LogFilter(actor_id=1),
    "ix_audit_entry_action": LogFilter(action="approve"),
    "ix_audit_entry_kind": LogFilter(subject="project"),
    "ix_audit_entry_subject": LogFilter(subject="project", subject_id=3),
    "ix_audit_entry_scope": LogFilter(scope_id=2),
    "ix_audit_entry_came_from": LogFilter(came_from="10.0.0.3"),
}


@pytest.mark.parametrize("index", INDEXES)
def test_each_filter_goes_along_its_index_and_sorts_nothing(sqlite_database: Database, index: str) -> None:
    with sqlite_database.reading() as session:
        query = audit_log._walked(ALL, INDEXES[index], None, 51)
        compiled = query.compile(session.connection(), compile_kwargs={"literal_binds": False})
        values = [compiled.params[name] for name in compiled.positiontup or ()]  # type: ignore[attr-defined]
        values = [value.isoformat(" ") if isinstance(value, datetime) else value for value in values]
        steps = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", tuple(values)).all()
    plan = " ".join(step[-1] for step in steps)
    assert index in plan, plan
    assert index == "ix_audit_entry_subject" or "TEMP B-TREE" not in plan, plan
