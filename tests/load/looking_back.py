"""What is in a database after a crowd has written: every acknowledged write once, nothing else, and the sums of the facts."""

from collections import Counter
from typing import Any

from sqlalchemy import text
from sqlmodel import col, select

from budgets.entries import APPROVED, STAGES, SUBMITTED, LedgerEntry
from core.audit import OPERATOR
from core.audit_seals import seal
from core.audit_verifying import verification
from core.calendar import current_quarter
from core.database import Database, select_columns
from core.installation import BAD
from core.people import aware
from core.upkeep import findings
from milestones.milestones import MilestoneReport
from milestones.works import WorkEntry
from reports.self_check import mismatches
from tests.core.backup_samples import url_of
from tests.processes import command

MARK = "并发"
Written = list[dict[str, Any]]


def each_once(database: Database, written: Written) -> None:
    """Every acknowledged write is there exactly once and where its answer said, and nothing else of the crowd is."""
    with database.reading() as session:
        entries = select(LedgerEntry.document, LedgerEntry.id).where(col(LedgerEntry.document).startswith(MARK))
        works = select(WorkEntry.note, WorkEntry.id).where(col(WorkEntry.note).startswith(MARK))
        reports = select(MilestoneReport.note, MilestoneReport.id).where(col(MilestoneReport.note).startswith(MARK))
        there = {
            "entry": sorted(session.exec(entries).all()),
            "work": sorted(session.exec(works).all()),
            "milestone": sorted(session.exec(reports).all()),
        }
        states = dict(session.exec(select(LedgerEntry.document, LedgerEntry.state)).all())
    for what, found in there.items():
        told = [one for one in written if one["what"] == what]
        assert Counter(mark for mark, _ in found) == Counter(one["mark"] for one in told), what
        assert found == sorted((one["mark"], int(one["led_to"].rsplit("/", 1)[1])) for one in told), what
    for one in written:
        if one["what"] == "entry":
            assert states[one["mark"]] == (APPROVED if one["approved"] else SUBMITTED)


def unheard(database: Database, written: Written) -> int:
    """How many writes were done already when they were asked for again: the server was killed between commit and answer."""
    again = {one["mark"]: one["again_at"] for one in written if one["again_at"] is not None}
    tables = ((LedgerEntry, LedgerEntry.document), (WorkEntry, WorkEntry.note), (MilestoneReport, MilestoneReport.note))
    with database.reading() as session:
        rows = [row for table, mark in tables for row in session.execute(select_columns(mark, table.recorded_at))]
    return sum(mark in again and aware(at).timestamp() < again[mark] for mark, at in rows)


def sums_of(written: Written) -> dict[tuple[str, str], int]:
    """The approved fen by project and stage, added up from what was acknowledged."""
    found: Counter[tuple[str, str]] = Counter()
    for one in written:
        if one["what"] == "entry" and one["approved"]:
            found[one["code"], one["stage"]] += one["fen"]
    return {key: fen for key, fen in found.items() if fen}


def rolled_up(rows: list[dict[str, Any]]) -> dict[tuple[str, str], int]:
    """The same of the API's roll-up by project."""
    return {(row["project"], stage): row[f"{stage}_fen"] for row in rows for stage in STAGES if row.get(f"{stage}_fen")}


def grown(before: dict[tuple[str, str], int], after: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    return {key: more for key in before | after if (more := after.get(key, 0) - before.get(key, 0))}


def all_sound(database: Database) -> None:
    """The figures agree with the facts, the trail is whole, the doctor finds nothing, the file is in order."""
    with database.reading() as session:
        assert mismatches(session, current_quarter()) == []
    seal(database, by=OPERATOR)
    with database.reading() as session:
        found = verification(session)
    assert (found.sound, found.unsealed) == (True, 0)
    bad = {one.name for one in findings(database) if one.level == BAD}
    assert bad <= {"durability"}  # a PostgreSQL of tests does not wait for its disk
    if database.is_sqlite:
        with database.engine.connect() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


def commands_agree(database: Database, **environment: str) -> None:
    """The same as an operator asks for it."""
    run = command(url_of(database))
    for words in (("check",), ("audit", "seal"), ("audit", "verify")):
        done = run(*words, **environment)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
