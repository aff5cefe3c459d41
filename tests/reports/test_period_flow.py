"""Opening, reviewing, closing and reopening quarters: what each does, and what it refuses."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, select

from core.audit import history
from core.calendar import period_from_text
from core.database import Database
from core.errors import Broken
from portfolio.periods import CLOSED, ISSUED, OPEN, RETURNS_IN, UNDER_REVIEW
from portfolio.projects import ProjectBody
from reports.filing import filing_of
from reports.period_flow import (
    add_returns,
    begin_review,
    close_period,
    keep_period,
    open_period,
    reopen_period,
)
from reports.period_rules import (
    AlreadyClosed,
    AlreadyIssued,
    AlreadyOpened,
    AlreadyUnderReview,
    NotClosed,
    NotOpened,
    ReturnsStillOut,
    default_due,
)
from reports.period_waiting import ReturnsMissing
from reports.returns import ACCEPTED, APPROVED, DRAFT, SENT_BACK, DepartmentReturn
from reports.returns import SUBMITTED as HANDED_IN
from tests.reports.period_samples import DUE, OFFICE, OTHER, Q4, move, opened, period
from tests.samples import find_small_plan

Make = Callable[[Session], Any]


def refused(session: Session, act: Make) -> Broken:
    with pytest.raises(Broken) as caught:
        act(session)
    return caught.value


# ---- opening


def test_opening_asks_a_return_of_every_department_that_files(stored: Database) -> None:
    with stored.writing() as session:
        row = opened(session)
        assert (row.stage, row.due_on, row.opened_by) == (OPEN, DUE, OFFICE.name)
        rows = session.exec(select(DepartmentReturn).where(DepartmentReturn.period_id == row.id)).all()
        small = find_small_plan(session)
        # The sewage project has no department; the company only builds.
        assert {one.department_id for one in rows} == {small.forestry.id, small.water_office.id}
        assert {one.state for one in rows} == {DRAFT}
        assert filing_of(session, small.plan.id or 0, 20244).nobodys == (small.sewage.id,)
        assert [line.action for line in history(session, "reporting_period", row.id or 0)] == ["open"]


def test_a_department_that_files_since_gets_its_return_too(stored: Database) -> None:
    with stored.writing() as session:
        row = opened(session)
        small = find_small_plan(session)
        move(session, "林业局", APPROVED)
        move(session, "水利局", APPROVED)
        assert row.state == RETURNS_IN
        session.add(
            ProjectBody(
                project_id=small.sewage.id, role="reporting", department_id=small.company.id, effective_from=20241
            )
        )
        session.flush()
        assert add_returns(session, keep_period(session, small.plan.id or 0, Q4), by=OFFICE) == 1
        assert row.state == OPEN  # one is out again
        assert add_returns(session, row, by=OFFICE) == 0


@pytest.mark.parametrize(
    ("name", "due"), [("2024Q4", "2025-02-15"), ("2024Q2", "2024-08-15"), ("2024Q1", "2024-05-15")]
)
def test_returns_are_due_on_the_fifteenth_of_the_second_month_after_the_quarter(name: str, due: str) -> None:
    assert default_due(period_from_text(name).last_quarter, date(2024, 1, 1)) == date.fromisoformat(due)


def test_who_opens_late_gives_two_weeks() -> None:
    assert default_due(20244, date(2026, 11, 22)) == date(2026, 12, 6)


# ---- the quarter follows its returns


def test_a_quarter_moves_with_its_returns(stored: Database) -> None:
    with stored.writing() as session:
        row = opened(session)
        assert move(session, "林业局", APPROVED).state == OPEN
        assert move(session, "林业局", ACCEPTED).state == OPEN  # an early bird
        assert move(session, "水利局", HANDED_IN).state == OPEN
        assert move(session, "水利局", APPROVED).state == RETURNS_IN
        assert move(session, "水利局", SENT_BACK).state == OPEN
        assert move(session, "水利局", APPROVED).state == RETURNS_IN
        assert move(session, "水利局", ACCEPTED).state == UNDER_REVIEW
        assert move(session, "水利局", SENT_BACK).state == UNDER_REVIEW  # it stays so
        actions = [line.action for line in history(session, "reporting_period", row.id or 0)]
        assert actions == ["review", "move", "move", "move", "open"]


# ---- every state x every act


def _nothing(session: Session) -> None:
    """Nobody has opened it."""


def _open(session: Session) -> None:
    opened(session)


def _in(session: Session) -> None:
    opened(session)
    move(session, "林业局", APPROVED)
    move(session, "水利局", APPROVED)


def _review(session: Session) -> None:
    _in(session)
    begin_review(session, find_small_plan(session).plan, Q4, by=OFFICE)


def _closed(session: Session) -> None:
    close_period(session, find_small_plan(session).plan, Q4, reason="测试", by=OFFICE)


def _issued(session: Session) -> None:
    _closed(session)
    period(session).state = ISSUED
    session.flush()


STATES: dict[str, Make] = {
    "not-opened": _nothing,
    OPEN: _open,
    RETURNS_IN: _in,
    UNDER_REVIEW: _review,
    CLOSED: _closed,
    ISSUED: _issued,
}
ACTS: dict[str, Make] = {
    "open": lambda session: open_period(session, find_small_plan(session).plan, Q4, by=OTHER),
    "review": lambda session: begin_review(session, find_small_plan(session).plan, Q4, by=OTHER),
    "close": lambda session: close_period(session, find_small_plan(session).plan, Q4, by=OTHER),
    "close with a reason": lambda session: close_period(
        session, find_small_plan(session).plan, Q4, reason="会期已定", by=OTHER
    ),
    "reopen": lambda session: reopen_period(session, find_small_plan(session).plan, Q4, reason="漏报", by=OTHER),
}
# What comes of each act in each state: a state, or the refusal.
OUTCOMES: dict[str, tuple[str | type[Broken], ...]] = {
    "not-opened": (OPEN, NotOpened, ReturnsMissing, CLOSED, NotClosed),
    OPEN: (AlreadyOpened, ReturnsStillOut, ReturnsMissing, CLOSED, NotClosed),
    RETURNS_IN: (AlreadyOpened, UNDER_REVIEW, ReturnsMissing, CLOSED, NotClosed),
    UNDER_REVIEW: (AlreadyOpened, AlreadyUnderReview, ReturnsMissing, CLOSED, NotClosed),
    CLOSED: (AlreadyClosed, AlreadyClosed, AlreadyClosed, AlreadyClosed, "not-opened"),
    ISSUED: (AlreadyClosed, AlreadyClosed, AlreadyClosed, AlreadyClosed, AlreadyIssued),
}


@pytest.mark.parametrize(
    ("state", "act", "outcome"),
    [
        (state, act, outcome)
        for state, outcomes in OUTCOMES.items()
        for act, outcome in zip(ACTS, outcomes, strict=True)
    ],
)
def test_what_each_act_comes_to_in_each_state(
    stored: Database, state: str, act: str, outcome: str | type[Broken]
) -> None:
    with stored.writing() as session:
        STATES[state](session)
        if isinstance(outcome, str):
            ACTS[act](session)
            assert period(session).stage == outcome
        else:
            assert type(refused(session, ACTS[act])) is outcome
