"""One posting through the application against the same three statements in raw SQL, each with its own full sync.

    .venv/bin/python -m benchmarks.posting [--folder DIR] [--rounds 200]

A posting: an entry is recorded, submitted and approved, the sum of its project changes and the audit trail grows, all in one
transaction. The raw way inserts the approved entry, changes the sum and inserts one audit row, with nothing checked.

Goal: <= 8.
"""

import argparse
import itertools
import tempfile
from datetime import date
from pathlib import Path

from sqlalchemy import func, text
from sqlmodel import col, select

from benchmarks.province import ENTRIES, PROJECTS, prepared
from benchmarks.results import machine, write_section
from benchmarks.timing import HEAD, line, medians
from budgets.approval import Approver, approve_entries
from budgets.entries import LedgerEntry, NewEntry, same_key
from budgets.ledger import record_entry
from budgets.sources import source_tree
from core.audit import Actor
from core.database import Database
from portfolio.projects import Project

AUTHOR, APPROVER = Actor(None, "基准录入"), Approver(Actor(None, "基准审核"))
DAY = date(2025, 6, 30)
ENTRY = """
    INSERT INTO ledger_entry (project_id, stage, kind, source_id, amount_fen, occurred_on, occurred_quarter, year, document,
        same_key, ordinal, state, recorded_at, recorded_by, approved_at, approved_by, own_department, posted_period, row_version)
    VALUES (:project, 'paid', 'entry', :source, :fen, '2025-06-30', 20252, 2025, :document,
        :key, 1, 'approved', '2025-07-01 00:00:00', '基准', '2025-07-01 00:00:00', '基准', 0, 20252, 1)
"""
SUM = "UPDATE project_listing SET paid_fen = paid_fen + :fen WHERE project_id = :project"
AUDIT = """
    INSERT INTO audit_entry (at, actor, action, subject, subject_id, after)
    VALUES ('2025-07-01 00:00:00', '基准', 'approve', 'ledger_entry', 1, '{"state":"approved"}')
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--folder", type=Path, help="keep the database here, and use it again")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--projects", type=int, default=PROJECTS)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        database = prepared(chosen.folder or Path(made), chosen.projects, chosen.entries)
        with database.reading() as session:
            ids = [id_ or 0 for id_ in session.exec(select(Project.id).order_by(col(Project.id)).limit(1000))]
            source = next(node.id for node in source_tree(session) if node.source.key == "county")
            # No two runs in one folder post alike.
            numbers = itertools.count(session.exec(select(func.max(LedgerEntry.id))).one() or 0)
        found = medians(
            {
                "posting": lambda: _post(database, ids, source, next(numbers)),
                "raw": lambda: _insert(database, ids, source, next(numbers)),
            },
            chosen.rounds,
            warm=10,
        )
        database.close()
    row = line("one posting, against three raw statements", found["posting"], found["raw"], "≤ 8")
    print(row)
    about = f"{chosen.entries:,} entries, SQLite with full sync; median of {chosen.rounds}; {machine()}"
    write_section("posting", "Posting one entry", [about, "", *HEAD, row])


def _post(database: Database, ids: list[int], source: int, number: int) -> None:
    with database.writing() as session:
        project = session.get_one(Project, ids[number % len(ids)])
        new = NewEntry("paid", 100 + number, DAY, source, f"基准凭证{number}")
        row = record_entry(session, project, new, submit=True, by=AUTHOR)
        approve_entries(session, [row.id or 0], by=APPROVER)


def _insert(database: Database, ids: list[int], source: int, number: int) -> None:
    project, fen, document = ids[number % len(ids)], 100 + number, f"基准直接{number}"
    key = same_key(project, "paid", source, DAY, fen, document)
    values = {"project": project, "source": source, "fen": fen, "document": document, "key": key}
    with database.writing() as session:
        session.execute(text(ENTRY), values)
        session.execute(text(SUM), {"fen": fen, "project": project})
        session.execute(text(AUDIT))


if __name__ == "__main__":
    main()
