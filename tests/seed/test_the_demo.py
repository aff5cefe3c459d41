"""The demonstration: the same seed the same history, plausible, marked, and never mixed with real entries."""

from collections import Counter
from datetime import date

import pytest
from sqlalchemy import true
from sqlmodel import Session, col, func, select

from budgets.checks import money_warnings
from budgets.entries import LedgerEntry, NewEntry
from budgets.ledger import record_entry
from budgets.lines import BudgetLine
from core.database import Database
from core.demo import marked_demo
from portfolio.plans import find_plan
from portfolio.projects import Project, ProjectListing
from reports.self_check import mismatches
from seed.demo import HoldsOtherEntries, PlansNotLoaded, load_demo
from seed.demo_history import history
from seed.demo_records import DemoEntry, DemoLeaf, DemoLine
from tests.samples import SOMEBODY

WAN = 1_000_000
LEAVES = [
    DemoLeaf(f"x-{number}", f"x-{number}", wan * WAN, 2021 + number % 4, 2024 + number % 2)
    for number, wan in enumerate((500, 3_000, 20_000, 100_000, 90_000, 70_000) * 4)
]


def sums_of(seed: int) -> dict[str, Counter[str]]:
    """By leaf: what each stage comes to, with what still waits and without what was sent back or reversed."""
    sums: dict[str, Counter[str]] = {}
    for one in history(LEAVES, seed):
        if isinstance(one, DemoEntry) and one.fate != "rejected" and not one.reversed_because:
            sums.setdefault(one.leaf, Counter())[one.stage] += -one.amount_fen if one.reduction else one.amount_fen
    return sums


def test_the_same_seed_gives_the_same_history_and_another_seed_another() -> None:
    assert history(LEAVES, 1) == history(LEAVES, 1)
    assert history(LEAVES, 1) != history(LEAVES, 2)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_history_is_plausible(seed: int) -> None:
    estimates = {leaf.code: leaf.estimate_fen for leaf in LEAVES}
    for code, sums in sums_of(seed).items():
        assert sums["received"] <= sums["appropriated"] <= estimates[code]
        assert sums["paid"] <= sums["received"]
        assert sums["work_done"] <= sums["contracted"] + estimates[code] // 10
    entries = [one for one in history(LEAVES, seed) if isinstance(one, DemoEntry)]
    assert {one.fate for one in entries} == {"approved", "submitted", "draft", "rejected"}
    assert sum(one.reversed_because is not None for one in entries) == 4
    assert any(one.reduction for one in entries)
    assert all(one.amount_fen > 0 and date(2022, 1, 1) <= one.on <= date(2025, 12, 31) for one in entries)
    # A late start: somebody's contract comes more than half a year after the project's first quarter.
    first = {leaf.code: date(max(leaf.first_year, 2022), 1, 1) for leaf in LEAVES}
    contracts = {one.leaf: one.on for one in entries if one.stage == "contracted"}
    assert any((contracts[code] - first[code]).days > 180 for code in contracts)
    assert set(first) - set(contracts)  # and one never starts


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_years_budgets_add_up_to_the_estimate_where_nothing_was_cut(seed: int) -> None:
    lines = [one for one in history(LEAVES, seed) if isinstance(one, DemoLine)]
    cut = {one.leaf for one in lines if one.reason}
    assert len(cut) == 1
    for leaf in LEAVES:
        fresh = sum(one.amount_fen - one.carried_fen for one in lines if one.leaf == leaf.code)
        if leaf.code not in cut and leaf.last_year <= 2025:
            assert fresh == leaf.estimate_fen


def counts(session: Session) -> tuple[int, ...]:
    return tuple(
        session.exec(select(func.count()).select_from(table)).one() for table in (LedgerEntry, BudgetLine, Project)
    )


def test_the_demonstration_fills_the_plan_and_agrees_with_the_self_check(loaded: Database) -> None:
    with loaded.writing() as session:
        done = load_demo(session, 1)
        assert done.entries > 1_000
        assert marked_demo(session)
    with loaded.reading() as session:
        assert mismatches(session) == []
        assert money_warnings(session, true(), 20254) is not None
        states = Counter(session.exec(select(LedgerEntry.state)))
        assert set(states) == {"approved", "submitted", "draft", "rejected"}
        assert session.exec(select(func.sum(ProjectListing.paid_fen))).one() > 0
        assert session.exec(select(LedgerEntry).where(col(LedgerEntry.reverses_id).is_not(None))).all()
        before = counts(session)
    with loaded.writing() as session:
        assert load_demo(session, 1).was_there
        assert counts(session) == before


def test_a_database_with_other_entries_is_refused(loaded: Database) -> None:
    with loaded.writing() as session:
        plan = find_plan(session, "xiaoyi")
        assert plan is not None
        project = session.exec(select(Project).where(Project.plan_id == plan.id)).first()
        assert project is not None
        record_entry(session, project, NewEntry("work_done", 5 * WAN, date(2024, 5, 6)), by=SOMEBODY)
    with pytest.raises(HoldsOtherEntries), loaded.writing() as session:
        load_demo(session, 1)
    with loaded.reading() as session:
        assert not marked_demo(session)
        assert counts(session)[0] == 1


def test_without_the_plan_there_is_nothing_to_fill(sqlite_database: Database) -> None:
    with pytest.raises(PlansNotLoaded), sqlite_database.writing() as session:
        load_demo(session, 1)
