"""What must hold of any ledger: parts add up to the whole, reversal undoes, what was issued stays, the movement adds up."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from budgets.rates import group_rate
from core.calendar import next_quarter
from core.database import Database
from portfolio.access import OPERATOR_READER
from portfolio.editing import change_state
from portfolio.facts import AS_ISSUED, EDITIONS
from portfolio.projects import Project
from reports.money import money_rollup, whole_money
from reports.money_ended import ended_money
from reports.money_figures import STAGE_COLUMNS
from reports.money_groups import MONEY_DIMENSIONS, Group
from reports.money_movement import MOVEMENT_DIMENSIONS, movement
from reports.money_rows import FIGURES_OF_ROWS, rows_behind, sum_behind, sums_left_out
from reports.reported_states import ended_projects
from reports.rollup import Scope
from reports.self_check_money import money_mismatches
from tests.budgets.line_samples import make_sources
from tests.databases import on_sqlite, plant
from tests.reports.money_samples import Leaves, leaves_of_small_plan, put_anything, put_entry
from tests.samples import SOMEBODY, find_small_plan, make_small_plan

SEEDS = st.integers(0, 2**32 - 1)
QUARTERS = st.sampled_from([20221, 20224, 20232, 20243, 20254])
EDITION = st.sampled_from(sorted(EDITIONS))
BY = st.lists(st.sampled_from([name for name in MONEY_DIMENSIONS if name != "stage"]), max_size=3, unique=True)
a_few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


planted = on_sqlite(plant)


@contextmanager
def a_random_ledger(database: Database, seed: int, entries: int = 40) -> Iterator[tuple[Session, Leaves, Random]]:
    """The small plan with random money, gone again at the end. One project may be ended on the way."""
    dice = Random(seed)
    with database.writing() as session:
        leaves = leaves_of_small_plan(session, make_sources(session))
        for _ in range(entries):
            put_anything(session, leaves, dice)
        if dice.random() < 0.5:
            who = dice.choice(leaves.projects)
            day = date(dice.randint(2022, 2025), 5, 20)
            change_state(session, who, "ended", since_on=day, document="文", reason=None, by=SOMEBODY)
        yield session, leaves, dice
        session.rollback()


def rollup(session: Session, scope: Scope, *by: str) -> list[Any]:
    return money_rollup(session, OPERATOR_READER, scope, by)


@a_few
@given(seed=SEEDS, quarter=QUARTERS, edition=EDITION, by=BY)
def test_parts_add_up_to_the_whole_in_any_order(
    planted: Database, seed: int, quarter: int, edition: str, by: list[str]
) -> None:
    with a_random_ledger(planted, seed) as (session, _, dice):
        scope = Scope(quarter, edition=edition)
        total = whole_money(session, OPERATOR_READER, scope)
        rows = rollup(session, scope, *by)
        shuffled = dice.sample(by, len(by))
        again = {frozenset(zip(shuffled, row.keys, strict=True)): row for row in rollup(session, scope, *shuffled)}
        assert len(again) == len(rows)
        for column in STAGE_COLUMNS.values():
            assert sum(getattr(row, column) for row in rows) == getattr(total, column), column
        for row in rows:
            other = again[frozenset(zip(by, row.keys, strict=True))]
            assert row.as_row(by) == other.as_row(by) | dict(zip(by, row.keys, strict=True))
        if "quarter" not in by and "year" not in by:
            assert sum(row.budget_fen or 0 for row in rows) == (total.budget_fen or 0)
            for name in ("done_this_year_fen", "year_plan_fen", "fiscal_paid_fen", "fiscal_budget_fen"):
                assert sum(getattr(row, name) or 0 for row in rows) == (getattr(total, name) or 0), name


@a_few
@given(seed=SEEDS, quarter=QUARTERS, edition=EDITION)
def test_the_rate_of_a_group_is_the_ratio_of_the_sums_of_its_members(
    planted: Database, seed: int, quarter: int, edition: str
) -> None:
    with a_random_ledger(planted, seed) as (session, _, _):
        scope = Scope(quarter, edition=edition)
        total = whole_money(session, OPERATOR_READER, scope)
        for by in ("department", "project", "programme"):
            rows = rollup(session, scope, by)
            for name, rate in total.rates.items():
                members = group_rate(row.rates[name] for row in rows)
                assert (members.value, members.denominator) == (rate.value, rate.denominator), name
                left_out = [row.left_out[name] for row in rows]
                assert sum(left_out) == total.left_out[name], name


@a_few
@given(seed=SEEDS, quarter=QUARTERS)
def test_every_figure_comes_out_the_same_on_the_second_path(planted: Database, seed: int, quarter: int) -> None:
    with a_random_ledger(planted, seed) as (session, _, _):
        assert money_mismatches(session, quarter) == []


@a_few
@given(seed=SEEDS, quarter=QUARTERS, edition=EDITION)
def test_a_reversal_returns_every_figure_to_what_it_was(
    planted: Database, seed: int, quarter: int, edition: str
) -> None:
    with a_random_ledger(planted, seed) as (session, leaves, dice):
        groupings = ((), ("project",), ("programme", "department"), ("year",), ("source", "year"))
        scope = Scope(quarter, edition=edition)
        before = [_without_empty(rollup(session, scope, *by)) for by in groupings]
        project, stage = dice.choice(leaves.projects), dice.choice(list(STAGE_COLUMNS))
        where = {"source": leaves.sources["own"], "posted": quarter}
        row = put_entry(session, project, stage, 12_345, quarter, **where)
        changed = [_without_empty(rollup(session, scope, *by)) for by in groupings]
        back = {"kind": "reversal", "reverses_id": row.id}
        put_entry(session, project, stage, -12_345, quarter, **where, **back)
        assert [_without_empty(rollup(session, scope, *by)) for by in groupings] == before
        gone = any(str(project.code).startswith(code) for code in _ended_codes(session, scope))
        assert (changed == before) == gone


def _without_empty(rows: list[Any]) -> list[Any]:
    """A group that only came to be by what was undone holds nothing."""
    return [row for row in rows if row.projects is not None or row.budget_fen is not None or any(
        getattr(row, column) for column in STAGE_COLUMNS.values()
    )]  # fmt: skip


def _ended_codes(session: Session, scope: Scope) -> list[str]:
    """The codes of what is ended, as a part's code begins with its package's."""
    return list(
        session.exec(select(Project.code).where(col(Project.id).in_(ended_projects(scope.quarter, scope.edition))))
    )


@a_few
@given(seed=SEEDS, quarter=st.sampled_from([20221, 20224, 20232, 20243]))
def test_what_was_issued_never_changes_when_later_entries_arrive(planted: Database, seed: int, quarter: int) -> None:
    with a_random_ledger(planted, seed) as (session, leaves, dice):
        issued = Scope(quarter, edition=AS_ISSUED)
        groupings = ((), ("project",), ("year", "quarter"), ("source",), ("programme", "year", "source"))
        before = [rollup(session, issued, *by) for by in groupings]
        moved = movement(session, OPERATOR_READER, issued, ("plan", "source"))
        for _ in range(15):
            put_anything(session, leaves, dice, posted_after=quarter)
        assert [rollup(session, issued, *by) for by in groupings] == before
        assert movement(session, OPERATOR_READER, issued, ("plan", "source")) == moved


@a_few
@given(seed=SEEDS, quarter=st.sampled_from([20221, 20224, 20232, 20243]), edition=EDITION)
def test_opening_corrections_and_flow_are_the_closing(planted: Database, seed: int, quarter: int, edition: str) -> None:
    with a_random_ledger(planted, seed) as (session, _, dice):
        by = tuple(dice.sample(list(MOVEMENT_DIMENSIONS), 2))
        here, after = Scope(quarter, edition=edition), Scope(next_quarter(quarter), edition=edition)
        rows = movement(session, OPERATOR_READER, here, by)
        for row in rows:
            assert row.opening_fen + row.corrections_fen + row.flow_fen == row.closing_fen
        figures = {row.keys: row for row in rollup(session, here, *by)}
        for row in rows:
            assert getattr(figures[row.keys], row.figure) == row.closing_fen
        if not ended_money(session, OPERATOR_READER, after):  # an ended project takes its past along
            issued = movement(session, OPERATOR_READER, Scope(quarter, edition=AS_ISSUED))
            opening = {row.figure: row.opening_fen for row in movement(session, OPERATOR_READER, after)}
            assert {row.figure: row.closing_fen for row in issued if row.closing_fen} == {
                figure: fen for figure, fen in opening.items() if fen
            }


@settings(a_few, max_examples=8)
@given(seed=SEEDS, quarter=QUARTERS, edition=EDITION, by=BY)
def test_the_rows_behind_a_figure_add_up_to_it_and_no_row_is_lost(
    planted: Database, seed: int, quarter: int, edition: str, by: list[str]
) -> None:
    with a_random_ledger(planted, seed) as (session, _, dice):
        scope = Scope(quarter, edition=edition)
        figure = dice.choice(FIGURES_OF_ROWS)
        for row in rollup(session, scope, *by):
            group = Group(dict(zip(by, row.keys, strict=True)))
            behind = list(_every_row(session, scope, group, figure, left_out=False))
            assert sum(one.fen for one in behind) == (getattr(row, figure) or 0)
            count, total = sum_behind(session, OPERATOR_READER, scope, group, figure)
            assert (count, total) == (len(behind), sum(one.fen for one in behind) if behind else None)
            outside = list(_every_row(session, scope, group, figure, left_out=True))
            for one in sums_left_out(session, OPERATOR_READER, scope, group, figure):
                of_reason = [row.fen for row in outside if row.reason == one.reason]
                assert (one.rows, one.fen) == (len(of_reason), sum(of_reason))
            assert not {one.id for one in behind} & {one.id for one in outside}
            assert all((one.reason is None) == (one in behind) for one in (*behind, *outside))


def _every_row(session: Session, scope: Scope, group: Group, figure: str, *, left_out: bool) -> Iterator[Any]:
    after: int | None = None
    while True:
        page = rows_behind(session, OPERATOR_READER, scope, group, figure, left_out=left_out, after=after, size=9)
        yield from page.rows
        if page.following is None:
            return
        after = page.following


def test_both_databases_give_the_same_rows(sqlite_database: Database, postgresql_database: Database) -> None:
    found: list[list[Any]] = []
    for database in (sqlite_database, postgresql_database):
        dice = Random(1)
        with database.writing() as session:
            make_small_plan(session)
            leaves = leaves_of_small_plan(session, make_sources(session))
            for _ in range(120):
                put_anything(session, leaves, dice)
            ended = {"since_on": date(2024, 5, 20), "document": "文", "reason": None}
            change_state(session, find_small_plan(session).parts[1], "ended", **ended, by=SOMEBODY)  # type: ignore[arg-type]
        answers: list[Any] = []
        with database.reading() as session:
            for edition, quarter in itertools.product(EDITIONS, (20232, 20244)):
                scope = Scope(quarter, edition=edition)
                assert money_mismatches(session, quarter) == []
                chosen = [
                    (),
                    *((name,) for name in MONEY_DIMENSIONS),
                    ("source", "programme", "year"),
                    ("stage", "plan"),
                ]
                answers += [[row.as_row(by) for row in rollup(session, scope, *by)] for by in chosen]
                answers.append(movement(session, OPERATOR_READER, scope, ("programme", "source")))
                answers.append(ended_money(session, OPERATOR_READER, scope, ("programme",)))
                for figure in FIGURES_OF_ROWS:
                    group = Group({"programme": "水源涵养工程", "year": 2024}, level=2)
                    outside = sums_left_out(session, OPERATOR_READER, scope, group, figure)
                    answers.append((sum_behind(session, OPERATOR_READER, scope, group, figure), outside))
                    answers += [list(_every_row(session, scope, group, figure, left_out=out)) for out in (False, True)]
        found.append(answers)
    assert found[0] == found[1]


def test_the_random_ledger_holds_every_kind_of_row(planted: Database) -> None:
    """The properties above are about something."""
    with a_random_ledger(planted, 7, entries=300) as (session, _, _):
        scope = Scope(20243)
        total = whole_money(session, OPERATOR_READER, scope)
        assert all(getattr(total, column) for column in STAGE_COLUMNS.values())
        reasons = {
            one.reason
            for figure in FIGURES_OF_ROWS
            for one in sums_left_out(session, OPERATOR_READER, scope, Group(), figure)
        }
        assert reasons >= {"rejected", "waiting", "other_period"}
        assert whole_money(session, OPERATOR_READER, Scope(20243, edition=AS_ISSUED)) != total
        assert total.budget_fen
