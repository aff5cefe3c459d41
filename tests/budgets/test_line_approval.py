"""Approving yearly plans: by whom, into which quarter, all or none; what was decided never changes."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, select

from budgets.line_approval import LineNotSubmitted, OwnLine, approve_lines, reject_lines
from budgets.line_editing import (
    put_line,
    submit_lines,
)
from budgets.line_rules import (
    DocumentInClosedQuarter,
)
from core.audit import Actor, AuditEntry
from core.database import Database
from core.errors import Broken, Missing, NotThere, SeveralBroken
from portfolio.periods import CLOSED, OPEN, ReportingPeriod
from tests.budgets.line_samples import FINANCE, WAN, a_line, approved, keyed
from tests.samples import SOMEBODY, SmallPlan, find_small_plan

__all__ = ["keyed"]  # a fixture

OTHER = Actor(None, "另一人")


def problems(caught: pytest.ExceptionInfo[SeveralBroken]) -> dict[str | None, type[Broken]]:
    return {problem.field: type(problem) for problem in caught.value.problems}


def mark(session: Session, small: SmallPlan, state: str, *names: str) -> None:
    for name in names:
        period = session.exec(
            select(ReportingPeriod).where(ReportingPeriod.plan_id == small.plan.id, ReportingPeriod.name == name)
        ).one()
        period.state = state
        session.add(period)
    session.flush()


def test_a_line_counts_once_somebody_else_approved_it(stored: Database, keyed: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        row = put_line(session, small.forest, a_line(keyed["county"], 3_000), by=SOMEBODY)
        assert (row.version, row.state, row.change_fen, row.span, row.year) == (1, "draft", None, "year", 2022)
        with pytest.raises(LineNotSubmitted):
            approve_lines(session, [row.id or 0], by=FINANCE)
        assert submit_lines(session, [row], by=SOMEBODY) == 1
        with pytest.raises(OwnLine):
            approve_lines(session, [row.id or 0], by=SOMEBODY)
        assert approve_lines(session, [row.id or 0], by=FINANCE) == 1
        session.refresh(row)
        assert (row.state, row.change_fen, row.carried_change_fen) == ("approved", 3_000 * WAN, 0)
        assert (row.posted_period, row.approved_by) == (20221, "财政审核人")


def test_a_line_that_was_sent_back_stays_and_the_next_is_a_new_version(stored: Database, keyed: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        row = put_line(session, small.forest, a_line(keyed["county"], 3_000), submit=True, by=SOMEBODY)
        with pytest.raises(Missing):
            reject_lines(session, [row.id or 0], reason=" ", by=FINANCE)
        assert reject_lines(session, [row.id or 0], reason="文号不符", by=FINANCE) == 1
        session.refresh(row)
        assert (row.state, row.rejected_reason, row.change_fen) == ("rejected", "文号不符", None)
        mended = approved(session, small.forest, keyed["county"], 2_900)
        assert (mended.version, mended.change_fen) == (2, 2_900 * WAN)


def test_a_closed_quarter_takes_a_line_only_with_a_reason_and_posts_it_later(
    stored: Database, keyed: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        mark(session, small, CLOSED, "2022Q1", "2022Q2")
        with pytest.raises(SeveralBroken) as caught:
            put_line(session, small.forest, a_line(keyed["county"], 3_000), by=SOMEBODY)
        assert problems(caught) == {"occurred_on": DocumentInClosedQuarter}
        assert "2022Q3" in str(caught.value.problems[0])
        row = approved(session, small.forest, keyed["county"], 3_000, reason="漏录")
        assert (row.occurred_quarter, row.posted_period) == (20221, 20223)


def test_a_quarter_that_was_closed_after_the_draft_stops_its_submission(
    stored: Database, keyed: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        draft = put_line(session, small.forest, a_line(keyed["county"], 3_000), by=SOMEBODY)
        mark(session, small, CLOSED, "2022Q1")
        with pytest.raises(SeveralBroken) as caught:
            submit_lines(session, [draft], by=SOMEBODY)
        assert problems(caught) == {"occurred_on": DocumentInClosedQuarter}


def test_an_adjustment_is_never_posted_before_what_it_adjusts(stored: Database, keyed: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        mark(session, small, CLOSED, "2022Q1", "2022Q2")
        first = approved(session, small.forest, keyed["county"], 3_000, reason="漏录")
        mark(session, small, OPEN, "2022Q1", "2022Q2")
        second = approved(session, small.forest, keyed["county"], 3_500, reason="追加", occurred_on=date(2022, 4, 1))
        assert (first.posted_period, second.posted_period) == (20223, 20223)


def test_many_lines_are_approved_together_or_not_at_all(stored: Database, keyed: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        leaves = (small.forest, small.sewage, *small.parts)
        rows = [
            put_line(session, leaf, a_line(source, 10, year), submit=True, by=SOMEBODY)
            for leaf in leaves
            for year in (2022, 2023, 2024)
            for source in keyed.values()
        ]
        ids = [row.id or 0 for row in rows]
        with pytest.raises(NotThere):
            approve_lines(session, [*ids, 99_999], by=FINANCE)
        assert approve_lines(session, ids, by=FINANCE) == 36
        with pytest.raises(LineNotSubmitted):
            approve_lines(session, ids[:1], by=FINANCE)
        session.refresh(rows[-1])
        assert rows[-1].change_fen == 10 * WAN
        count = session.exec(
            select(AuditEntry).where(AuditEntry.subject == "budget_line", AuditEntry.action == "approve")
        ).all()
        assert len(count) == 36


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE budget_line SET amount_fen = 1",
        "UPDATE budget_line SET state = 'draft'",
        "UPDATE budget_line SET posted_period = 20201",
        "DELETE FROM budget_line",
    ],
)
@pytest.mark.parametrize("state", ["approved", "rejected"])
def test_the_database_refuses_to_change_a_line_that_was_decided(
    stored: Database, keyed: dict[str, int], statement: str, state: str
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        row = put_line(session, small.forest, a_line(keyed["county"], 3_000), submit=True, by=SOMEBODY)
        if state == "approved":
            approve_lines(session, [row.id or 0], by=FINANCE)
        else:
            reject_lines(session, [row.id or 0], reason="不符", by=FINANCE)
    with pytest.raises(DatabaseError, match="budget_line"), stored.writing() as session:
        session.execute(text(statement))
