"""Several people change projects of one plan at the same moment: no count is lost, and nobody waits for ever."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import Session

from budgets.estimates import set_estimate
from core.database import Database
from portfolio import listing
from portfolio.access import OPERATOR_READER
from portfolio.editing import change_state, edit_project
from portfolio.project_list import ProjectFilter
from portfolio.project_totals import ListTotals, totals_of
from portfolio.projects import Project
from portfolio.values import project_values
from reports.self_check import mismatches
from tests.samples import SOMEBODY, WAN, SmallPlan, a_basis, find_small_plan, make_project
from tests.together import at_once

EVERYTHING = ProjectFilter()


def report_state(session: Session, project: Project, state: str, days: int) -> None:
    since_on = date(2022, 1, 1) + timedelta(days=days)
    change_state(session, project, state, since_on=since_on, document="青政办〔2022〕1号", reason="核定", by=SOMEBODY)


def test_people_who_change_projects_of_one_plan_at_once_lose_no_count(stored: Database) -> None:
    rounds = 6

    def again(change: Callable[[Session, SmallPlan, int], object]) -> Callable[[], None]:
        def work() -> None:
            for number in range(rounds):
                with stored.writing() as session:
                    change(session, find_small_plan(session), number)

        return work

    def create(session: Session, small: SmallPlan, number: int) -> None:
        make_project(session, small.plan, f"new-{number}", f"新增{number}", small.greening, estimate_wan=1)

    def end(session: Session, small: SmallPlan, number: int) -> None:
        report_state(session, small.water, "building" if number % 2 else "ended", number)

    outcomes = at_once(
        again(lambda session, small, n: set_estimate(session, small.forest, (n + 1) * WAN, a_basis(), by=SOMEBODY)),
        again(lambda session, small, n: set_estimate(session, small.sewage, (n + 1) * WAN, a_basis(), by=SOMEBODY)),
        again(create),
        again(end),
    )
    assert outcomes == [None] * 4
    with stored.reading() as session:
        assert totals_of(session, OPERATOR_READER, EVERYTHING) == ListTotals(9, 0, (6 + 6 + 6 + 25_000) * WAN)
        assert mismatches(session) == []


@pytest.mark.parametrize("first", ["change", "count anew"])
def test_counting_anew_beside_a_change_loses_nothing(stored: Database, first: str) -> None:
    begun = threading.Event()

    def change() -> None:
        with stored.writing() as session:
            set_estimate(session, find_small_plan(session).sewage, 5 * WAN, a_basis(), by=SOMEBODY)
            _waited_for(session)

    def count() -> None:
        with stored.writing() as session:
            listing.count_anew(session)
            _waited_for(session)

    def _waited_for(session: Session) -> None:
        """Lets the other one run into what this transaction holds; the second to arrive has nobody to wait for."""
        session.flush()
        if not begun.is_set():
            begun.set()
            threading.Event().wait(0.3)

    def after(work: Callable[[], None]) -> Callable[[], None]:
        def second() -> None:
            assert begun.wait(10)
            work()

        return second

    works = (change, after(count)) if first == "change" else (count, after(change))
    assert at_once(*works) == [None, None]
    with stored.reading() as session:
        assert totals_of(session, OPERATOR_READER, EVERYTHING) == ListTotals(3, 0, 34_005 * WAN)
        assert mismatches(session) == []


def test_an_edit_and_a_state_of_one_project_do_not_wait_for_each_other(stored: Database) -> None:
    """Both need the plan's row; the one who has the project must not need the other to let go of it."""
    rounds = 8

    def edit() -> None:
        for number in range(rounds):
            with stored.writing() as session:
                forest = find_small_plan(session).forest
                session.refresh(forest)
                values = replace(project_values(session, forest, 20214), contact=f"王某{number}")
                edit_project(session, forest, values, a_basis(), expected_version=forest.row_version, by=SOMEBODY)

    def report() -> None:
        for number in range(rounds):
            with stored.writing() as session:
                report_state(session, find_small_plan(session).forest, "ended" if number % 2 else "building", number)

    assert at_once(edit, report) == [None, None]
    with stored.reading() as session:
        assert mismatches(session) == []
