"""A process of its own that records entries and approves them: `python -m tests.budgets.ledger_writer URL NAME COUNT CODES`."""

import sys
from datetime import date, timedelta

from sqlmodel import select

import web.tables  # noqa: F401 (every table, so that foreign keys between them resolve)
from budgets.approval import Approver, approve_entries
from budgets.entries import NewEntry
from budgets.ledger import record_entry
from budgets.locking import lock_projects
from core.audit import Actor
from core.database import Database
from portfolio.projects import Project

WAN = 1_000_000


def write(url: str, name: str, count: int, codes: list[str]) -> None:
    """Records 1, 2, 3 … 万元 on each of the projects in turn, and has somebody else approve each pair at once."""
    database = Database(url)
    author, reviewer = Actor(None, f"{name}甲"), Approver(Actor(None, f"{name}乙"))
    for number in range(1, count + 1):
        with database.writing() as session:
            projects = session.exec(select(Project).where(Project.code.in_(codes))).all()  # type: ignore[attr-defined]
            lock_projects(session, [project.id or 0 for project in projects])
            on = date(2024, 1, 1) + timedelta(days=number)
            new = NewEntry("paid", number * WAN, on, source_id=1)
            rows = [record_entry(session, project, new, submit=True, by=author) for project in projects]
            ids = [row.id or 0 for row in rows]
        with database.writing() as session:
            approve_entries(session, ids, by=reviewer)
    database.close()


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4].split(","))
