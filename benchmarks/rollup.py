"""The roll-up of a province against the same sums in raw SQL, in the same run on the same database.

    .venv/bin/python -m benchmarks.rollup [--folder DIR] [--rounds 5]

Goals: the roll-up of programme x year x source x department against the raw SQL that gives its ledger sums and budgets <= 1.2,
and by single project against its own SQL run by the driver alone <= 1.2; a sum over the covering index against the table scan
<= 0.35; a past quarter against the present one <= 1.2; the project list sorted by what was paid against the unsorted one <= 1.5.
"""

import argparse
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.province import ENTRIES, PROJECTS, prepared
from benchmarks.results import machine, write_section
from benchmarks.timing import HEAD, line, medians
from core.database import Database
from portfolio.access import OPERATOR_READER
from portfolio.project_list import ProjectFilter, page_of
from reports.money import money_rollup, rollup_query
from reports.rollup import Scope

NOW, PAST = 20264, 20234
BY = ("programme", "year", "source", "department")

# What the roll-up answers, said directly: group by project first, join the dimensions after. Written by hand and not by the
# application, it knows nothing of the gate, of archived or ended projects, or of packages.
RAW = """
    WITH money AS (
        SELECT project_id, year, source_id,
               SUM(CASE WHEN stage = 'appropriated' THEN amount_fen END) AS appropriated,
               SUM(CASE WHEN stage = 'received' THEN amount_fen END) AS received,
               SUM(CASE WHEN stage = 'contracted' THEN amount_fen END) AS contracted,
               SUM(CASE WHEN stage = 'work_done' THEN amount_fen END) AS work_done,
               SUM(CASE WHEN stage = 'paid' THEN amount_fen END) AS paid
        FROM ledger_entry WHERE state = 'approved' AND occurred_quarter <= :quarter
        GROUP BY project_id, year, source_id
    ), budget AS (
        SELECT project_id, year, source_id, SUM(change_fen) AS planned
        FROM budget_line WHERE state = 'approved' AND span = 'year' AND occurred_quarter <= :quarter
        GROUP BY project_id, year, source_id
    ), facts AS (
        SELECT project.id AS project_id,
               CASE WHEN heading.level = 1 THEN heading.id WHEN above.level = 1 THEN above.id ELSE top.id END AS programme,
               body.department_id AS department
        FROM project
        JOIN project_programme AS member ON member.project_id = project.id AND member.effective_from <= :quarter
             AND (member.effective_until IS NULL OR member.effective_until > :quarter)
        JOIN programme AS heading ON heading.id = member.programme_id
        LEFT JOIN programme AS above ON above.id = heading.parent_id
        LEFT JOIN programme AS top ON top.id = above.parent_id
        LEFT JOIN project_body AS body ON body.project_id = project.id AND body.role = 'lead'
             AND body.effective_from <= :quarter AND (body.effective_until IS NULL OR body.effective_until > :quarter)
    ), flows AS (
        SELECT programme, year, source_id, department,
               SUM(appropriated), SUM(received), SUM(contracted), SUM(work_done), SUM(paid)
        FROM money JOIN facts USING (project_id) GROUP BY programme, year, source_id, department
    )
"""
_FLOWS = RAW + "SELECT * FROM flows"
_BUDGETS = (
    RAW
    + """
    SELECT programme, year, source_id, department, SUM(planned)
    FROM budget JOIN facts USING (project_id) GROUP BY programme, year, source_id, department
"""
)
# By single project, what the roll-up answers there, said directly. It knows no packages, no ended projects and no total plans.
_PROJECTS = """
    WITH fiscal AS (SELECT id FROM funding_source WHERE fiscal), pending AS (SELECT id FROM funding_source WHERE pending),
    money AS (
        SELECT project_id,
               SUM(CASE WHEN stage = 'appropriated' THEN amount_fen END) AS appropriated,
               SUM(CASE WHEN stage = 'received' THEN amount_fen END) AS received,
               SUM(CASE WHEN stage = 'contracted' THEN amount_fen END) AS contracted,
               SUM(CASE WHEN stage = 'work_done' THEN amount_fen END) AS work_done,
               SUM(CASE WHEN stage = 'paid' THEN amount_fen END) AS paid,
               SUM(CASE WHEN stage = 'work_done' AND year = :year THEN amount_fen END) AS done_this_year,
               SUM(CASE WHEN stage = 'paid' AND year = :year AND source_id IN fiscal THEN amount_fen END) AS fiscal_paid
        FROM ledger_entry WHERE state = 'approved' AND occurred_quarter <= :quarter GROUP BY project_id
    ), budget AS (
        SELECT project_id, SUM(change_fen - carried_change_fen) AS planned,
               SUM(CASE WHEN year = :year THEN change_fen END) AS year_plan,
               SUM(CASE WHEN year = :year AND source_id IN fiscal THEN change_fen END) AS fiscal_budget,
               SUM(CASE WHEN source_id NOT IN pending THEN change_fen - carried_change_fen END) AS secured
        FROM budget_line WHERE state = 'approved' AND span = 'year' AND occurred_quarter <= :quarter
        GROUP BY project_id
    )
    SELECT project.code, estimate.amount_fen, money.*, budget.*, estimate.amount_fen - budget.secured
    FROM project LEFT JOIN money ON money.project_id = project.id LEFT JOIN budget ON budget.project_id = project.id
    LEFT JOIN estimate ON estimate.project_id = project.id AND estimate.effective_from <= :quarter
         AND (estimate.effective_until IS NULL OR estimate.effective_until > :quarter)
    ORDER BY project.code
"""
# Counted inside, so that the time is the database's and not that of fetching some 500,000 groups.
SUM = """
    SELECT COUNT(*), SUM(fen) FROM (
        SELECT SUM(amount_fen) AS fen FROM ledger_entry {how}
        WHERE state = 'approved' AND occurred_quarter <= :quarter GROUP BY project_id, year, source_id, stage
    )
"""


def raw(session: Session, quarter: int) -> list[Any]:
    """The groups of the raw queries, of both; names and rates would still have to be added."""
    return [row for query in (_FLOWS, _BUDGETS) for row in session.execute(text(query), {"quarter": quarter})]


def raw_projects(session: Session, quarter: int) -> list[Any]:
    """One row per project by hand-written SQL."""
    return list(session.execute(text(_PROJECTS), {"quarter": quarter, "year": quarter // 10}))


def own_sql(session: Session, database: Database) -> Callable[[], list[Any]]:
    """The roll-up by single project as the bare driver runs its SQL: what is left is the application's own time."""
    query = rollup_query(session, OPERATOR_READER, Scope(NOW), ("project",))
    statement = str(query.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
    driver = sqlite3.connect(str(database.url.database))
    return lambda: driver.execute(statement).fetchall()


def _sums(session: Session, how: str) -> Any:
    return session.execute(text(SUM.format(how=how)), {"quarter": NOW}).one()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--folder", type=Path, help="keep the database here, and use it again")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--projects", type=int, default=PROJECTS)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        database = prepared(chosen.folder or Path(made), chosen.projects, chosen.entries)
        with database.reading() as session:
            _agree(session)
            everybody = ProjectFilter()
            ways = {
                "roll-up": lambda: money_rollup(session, OPERATOR_READER, Scope(NOW), BY),
                "raw": lambda: raw(session, NOW),
                "past": lambda: money_rollup(session, OPERATOR_READER, Scope(PAST), ("programme", "department")),
                "present": lambda: money_rollup(session, OPERATOR_READER, Scope(NOW), ("programme", "department")),
                "projects": lambda: money_rollup(session, OPERATOR_READER, Scope(NOW), ("project",)),
                "own SQL": own_sql(session, database),
                "raw projects": lambda: raw_projects(session, NOW),
                "index": lambda: _sums(session, "INDEXED BY ix_ledger_entry_corrected"),
                "scan": lambda: _sums(session, "NOT INDEXED"),
            }
            found = medians(ways, chosen.rounds)
            lists = {
                "by paid": lambda: page_of(session, OPERATOR_READER, everybody, sort="paid", descending=True),
                "unsorted": lambda: page_of(session, OPERATOR_READER, everybody),
            }
            found |= medians(lists, chosen.rounds * 40, warm=5)
        database.close()
    by = " x ".join(BY)
    rows = [
        line(f"roll-up {by}, against raw SQL", found["roll-up"], found["raw"], "≤ 1.2"),
        line(
            "roll-up by single project, against its own SQL run by the driver alone",
            found["projects"],
            found["own SQL"],
            "≤ 1.2",
        ),
        line("the same, against plainer SQL by hand", found["projects"], found["raw projects"], "–"),
        line("grouped sum over the covering index, against the table scan", found["index"], found["scan"], "≤ 0.35"),
        line("roll-up as of 2023Q4, against the present", found["past"], found["present"], "≤ 1.2"),
        line("project list sorted by 支付, against its own order", found["by paid"], found["unsorted"], "≤ 1.5"),
    ]
    print("\n".join(rows))
    about = f"{chosen.projects:,} projects, {chosen.entries:,} entries, SQLite; median of {chosen.rounds}; {machine()}"
    write_section("rollup", "Roll-up of money", [about, "", *HEAD, *rows])


def _agree(session: Session) -> None:
    """Both give the same sums, or nothing is measured."""
    ours = money_rollup(session, OPERATOR_READER, Scope(NOW), BY)
    theirs = session.execute(text(_FLOWS), {"quarter": NOW}).all()
    assert sum(group.paid_fen or 0 for group in ours) == sum(int(row[-1] or 0) for row in theirs)
    assert sum(group.work_done_fen or 0 for group in ours) == sum(int(row[-2] or 0) for row in theirs)
    projects = money_rollup(session, OPERATOR_READER, Scope(NOW), ("project",))
    by_hand = {row.code: (int(row.work_done or 0), int(row.paid or 0)) for row in raw_projects(session, NOW)}
    assert {group.keys[0]: (group.work_done_fen, group.paid_fen) for group in projects} == by_hand


if __name__ == "__main__":
    main()
