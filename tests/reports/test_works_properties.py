"""What must hold of any works: parts add up to the whole, order does not matter, reversal undoes, tiers include each other."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from fractions import Fraction
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from core.database import Database
from core.units import MICRO, converted
from milestones.quantities import add_quantity
from milestones.works import ENTRY, LOST, NOT_APPLICABLE, REVERSAL, WorkEntry
from portfolio.access import OPERATOR_READER
from portfolio.editing import change_state
from portfolio.facts import AS_ISSUED, EDITIONS, counted
from portfolio.projects import Project
from reports.reported_states import ended_projects
from reports.rollup import DIMENSIONS, Scope
from reports.works import WorkFigures, works_rollup
from tests.milestones.work_samples import measure_id
from tests.reports.work_rows import UNITS, a_family, leaves, put_family, put_reversal
from tests.samples import SOMEBODY, identity

SEEDS = st.integers(0, 2**32 - 1)
QUARTERS = st.sampled_from([20221, 20224, 20232, 20243, 20254])
EDITION = st.sampled_from(sorted(EDITIONS))
BY = st.lists(st.sampled_from(sorted(DIMENSIONS)), max_size=3, unique=True)
SUMS = ("planned", "claimed", "verified", "surviving", "lost")
COUNTS = ("timeless", "not_applicable")
a_few = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@contextmanager
def random_works(
    database: Database, seed: int, families: int = 12, *, put: bool = True
) -> Iterator[tuple[Session, list[Any], Random]]:
    """The small plan with random quantities and works, gone again at the end. One leaf may be ended on the way."""
    dice = Random(seed)
    with database.writing() as session:
        for position, project in enumerate(leaves(session), start=2):
            name = dice.choice(tuple(UNITS))
            per = dice.choice(("year", None))
            words = {"operator": dice.choice(("=", "≥", "≤")), "wording": "数量", "from_quarter": 20211, "per": per}
            unit, value = dice.choice(UNITS[name]), str(dice.randint(1, 5000))
            add_quantity(session, identity(project), position=position, measure=name, value=value, unit=unit, **words)
        if dice.random() < 0.5:
            day = date(dice.randint(2022, 2025), 5, 20)
            who = dice.choice(leaves(session))
            change_state(session, who, "ended", since_on=day, document="文", reason=None, by=SOMEBODY)
        rows = [a_family(session, dice) for _ in range(families)]
        if put:
            for row in rows:
                put_family(session, row)
        yield session, rows, dice
        session.rollback()


def rollup(session: Session, scope: Scope, *by: str) -> list[WorkFigures]:
    return works_rollup(session, OPERATOR_READER, scope, by)


@a_few
@given(seed=SEEDS, quarter=QUARTERS, edition=EDITION, by=BY)
def test_parts_add_up_to_the_whole_in_any_order(
    sqlite_stored: Database, seed: int, quarter: int, edition: str, by: list[str]
) -> None:
    with random_works(sqlite_stored, seed) as (session, _, dice):
        scope = Scope(quarter, edition=edition)
        rows = rollup(session, scope, *by)
        for total in rollup(session, scope):
            members = [row for row in rows if row.measure == total.measure]
            assert {row.unit for row in members} == {total.unit}
            for name in SUMS:
                known = [getattr(row, name) for row in members if getattr(row, name) is not None]
                assert (sum(known) if known else None) == getattr(total, name), name
            for name in COUNTS:
                assert sum(getattr(row, name) for row in members) == getattr(total, name), name
        shuffled = dice.sample(by, len(by))
        again = {
            (frozenset(zip(shuffled, row.keys, strict=True)), row.measure): row
            for row in rollup(session, scope, *shuffled)
        }
        assert len(again) == len(rows)
        for row in rows:
            other = again[frozenset(zip(by, row.keys, strict=True)), row.measure]
            assert _values(other) == _values(row)


def _values(row: WorkFigures) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in ("measure", "unit", *SUMS, *COUNTS))


@a_few
@given(seed=SEEDS, quarter=QUARTERS, edition=EDITION)
def test_every_figure_comes_out_the_same_when_the_rows_are_added_up_by_hand(
    sqlite_stored: Database, seed: int, quarter: int, edition: str
) -> None:
    with random_works(sqlite_stored, seed) as (session, _, dice):
        entries = session.exec(select(WorkEntry).where(col(WorkEntry.kind) == ENTRY)).all()
        for entry in dice.sample(list(entries), min(3, len(entries))):
            if not any(one.based_on_id == entry.id for one in entries):
                put_reversal(session, entry, posted=quarter)
        scope = Scope(quarter, edition=edition)
        found = {(row.keys[0], row.measure): row for row in rollup(session, scope, "project")}
        expected = _by_hand(session, scope, {row.measure: row.unit for row in found.values()})
        for key, row in found.items():
            of = expected.pop(key, {})
            for name in ("claimed", "verified", "surviving", "lost"):
                assert getattr(row, name) == of.get(name), (key, name)
            assert row.not_applicable == of.get("not_applicable", 0)
        assert expected == {}


def _by_hand(session: Session, scope: Scope, units: dict[str, str]) -> dict[tuple[str, str], dict[str, Any]]:
    """The tiers by top-level project and measure, from the rows that stand."""
    names = {identity_: name for name, identity_ in _measures(session).items()}
    gone = set(session.scalars(ended_projects(scope.quarter, scope.edition)))
    rows = session.exec(select(WorkEntry).where(counted(WorkEntry, scope.quarter, scope.edition))).all()
    undone = {row.reverses_id for row in rows if row.kind == REVERSAL}
    standing = [row for row in rows if row.kind != REVERSAL and row.id not in undone and row.project_id not in gone]
    quantities = {(row.project_id, row.measure_id) for row in standing if row.quantity_micro is not None}
    found: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
    silent = {(row.project_id, row.measure_id) for row in standing if row.kind == NOT_APPLICABLE} - quantities
    for project_id, measure in silent:
        of = found[_top(session, project_id), names[measure]]
        of["not_applicable"] = of.get("not_applicable", 0) + 1
    for row in standing:
        if row.quantity_micro is None:
            continue
        measure = names[row.measure_id]
        of = found[_top(session, row.project_id), measure]
        value = converted(Fraction(row.quantity_micro, MICRO), row.unit, units[measure])
        of[row.tier] = of.get(row.tier, Fraction(0)) + value
        if row.tier == LOST and row.based_on_id is not None:
            of["gone"] = of.get("gone", Fraction(0)) + value
    for of in found.values():
        if "surviving" in of:
            of["surviving"] -= of.get("gone", 0)
    return found


def _measures(session: Session) -> dict[str, int]:
    return {name: measure_id(session, name, units[0]) for name, units in UNITS.items()}


def _top(session: Session, project_id: int) -> str:
    project = session.get_one(Project, project_id)
    return session.get_one(Project, project.parent_id or project_id).code


@a_few
@given(seed=SEEDS, quarter=QUARTERS, edition=EDITION)
def test_the_order_in_which_works_arrive_does_not_matter(
    sqlite_stored: Database, seed: int, quarter: int, edition: str
) -> None:
    with random_works(sqlite_stored, seed, put=False) as (session, rows, dice):
        scope = Scope(quarter, edition=edition)
        outcomes = []
        for order in (rows, dice.sample(rows, len(rows))):
            undone = session.begin_nested()
            for row in order:
                put_family(session, row)
            outcomes.append([rollup(session, scope, *by) for by in ((), ("project",), ("department", "plan"))])
            undone.rollback()
        assert outcomes[0] == outcomes[1]


@a_few
@given(seed=SEEDS, quarter=QUARTERS, edition=EDITION)
def test_reversal_returns_every_figure_to_what_it_was(
    sqlite_stored: Database, seed: int, quarter: int, edition: str
) -> None:
    with random_works(sqlite_stored, seed) as (session, _, dice):
        # As issued, a quarter before the reversals were posted still shows what they undid.
        scope = Scope(20254 if edition == AS_ISSUED else quarter, edition=edition)
        groupings = ((), ("project",), ("programme", "department"))
        before = [rollup(session, scope, *by) for by in groupings]
        entries = put_family(session, a_family(session, dice))
        for entry in reversed(entries):
            put_reversal(session, entry, posted=max(one.posted_period or 0 for one in entries))
        assert [rollup(session, scope, *by) for by in groupings] == before


@a_few
@given(seed=SEEDS, quarter=QUARTERS, edition=EDITION, by=BY)
def test_each_tier_includes_the_next(
    sqlite_stored: Database, seed: int, quarter: int, edition: str, by: list[str]
) -> None:
    with random_works(sqlite_stored, seed) as (session, _, _):
        for row in rollup(session, Scope(quarter, edition=edition), *by):
            assert (row.claimed or 0) >= (row.verified or 0) >= (row.surviving or 0) >= 0
            assert row.unverified >= 0


@a_few
@given(seed=SEEDS, quarter=st.sampled_from([20221, 20224, 20232, 20243]))
def test_what_was_issued_never_changes_when_later_works_arrive(
    sqlite_stored: Database, seed: int, quarter: int
) -> None:
    with random_works(sqlite_stored, seed) as (session, _, dice):
        issued = Scope(quarter, edition=AS_ISSUED)
        before = [rollup(session, issued, *by) for by in ((), ("project",), ("programme",))]
        for _ in range(6):
            put_family(session, a_family(session, dice, posted_after=quarter))
        assert [rollup(session, issued, *by) for by in ((), ("project",), ("programme",))] == before
