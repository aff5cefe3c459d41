"""Money of a part that ends leaves its package in the list, the past list and the roll-up alike."""

from datetime import date

from sqlmodel import Session

from budgets.approval import approve_entries
from budgets.entries import NewEntry
from budgets.leaving_parts import change_part_state
from budgets.ledger import record_entry
from budgets.packages import NewAmount
from core.database import Database
from portfolio.access import OPERATOR_READER
from portfolio.project_list import ProjectFilter, page_of
from portfolio.projects import Project
from reports.money import money_rollup
from reports.past_listing import listing_at
from reports.rollup import Scope
from reports.self_check import mismatches
from tests.budgets.ledger_samples import REVIEWER
from tests.samples import SOMEBODY, WAN, find_small_plan, identity


def paid(session: Session, project: Project, wan: int, on: date) -> None:
    row = record_entry(session, project, NewEntry("work_done", wan * WAN, on), submit=True, by=SOMEBODY)
    approve_entries(session, [row.id or 0], by=REVIEWER)


def in_the_list(session: Session, code: str, **source: object) -> int:
    page = page_of(session, OPERATOR_READER, ProjectFilter(), **source)  # type: ignore[arg-type]
    return next(row.work_done_fen for row in page.rows if row.code == code) // WAN


def in_the_rollup(session: Session, code: str, quarter: int) -> int:
    groups = money_rollup(session, OPERATOR_READER, Scope(quarter), ["project"])
    return next(group.work_done_fen or 0 for group in groups if group.keys == (code,)) // WAN


def test_the_money_of_an_ended_part_leaves_every_sum_from_its_quarter(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        code, (plant, pipes) = small.water.code, small.parts
        paid(session, plant, 300, date(2022, 5, 1))
        paid(session, pipes, 500, date(2022, 5, 2))
        assert in_the_list(session, code) == in_the_rollup(session, code, 20264) == 800
        change_part_state(
            session,
            pipes,
            "ended",
            {identity(small.water): NewAmount("estimate", 10_000 * WAN, small.water.row_version)},
            since_on=date(2023, 2, 1),
            document="会议纪要3号",
            reason="方案调整",
            by=SOMEBODY,
        )
        assert in_the_list(session, code) == in_the_rollup(session, code, 20264) == 300
        paid(session, plant, 7, date(2023, 6, 1))
        assert in_the_list(session, code) == in_the_rollup(session, code, 20264) == 307
        then = listing_at(session, OPERATOR_READER, 20224, sort="order")
        assert in_the_list(session, code, source=then) == in_the_rollup(session, code, 20224) == 800
        assert mismatches(session) == []
