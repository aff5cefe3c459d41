"""Money in the project list: what is kept for now, what a past quarter held in either edition, and what both add up to."""

from datetime import date
from random import Random
from typing import Any

import pytest
from sqlmodel import Session, col, select, update

from budgets.approval import approve_entries
from budgets.entries import LedgerEntry
from budgets.ledger import reverse_entry
from budgets.totals import make_totals_anew
from core.calendar import current_quarter
from core.database import Database
from core.errors import Invalid
from portfolio.access import OPERATOR_READER, Reach, Reader
from portfolio.editing import change_state
from portfolio.facts import AS_CORRECTED, AS_ISSUED
from portfolio.project_list import NOW, ListSource, ProjectFilter, every_row, page_of
from portfolio.project_totals import ListTotals, totals_of
from portfolio.projects import MONEY_COLUMNS, PlanListing, Project, ProjectListing
from reports.listed_totals import listed_totals
from reports.money import Scope, whole_money
from reports.past_listing import listing_at
from reports.self_check import mismatches
from tests.budgets.ledger_samples import REVIEWER, sources
from tests.reports.money_samples import leaves_of_small_plan, put_anything, put_entry
from tests.samples import SOMEBODY, WAN, find_small_plan, identity, make_small_plan

__all__ = ["sources"]  # a fixture
EVERYTHING = ProjectFilter()
QUARTERS = (20222, 20234, 20243, 20251)


@pytest.fixture
def paid(stored: Database, sources: dict[str, int]) -> Database:
    """The small plan with entries at a package, at its part and at the other projects; one of them was posted late."""
    with stored.writing() as session:
        small, county = find_small_plan(session), sources["county"]
        put_entry(session, small.water, "paid", 100 * WAN, 20222, source=county)
        put_entry(session, small.parts[0], "paid", 300 * WAN, 20234, source=county)
        put_entry(session, small.parts[1], "work_done", 5_000 * WAN, 20234)
        put_entry(session, small.forest, "appropriated", 900 * WAN, 20222, source=county)
        put_entry(session, small.forest, "work_done", 800 * WAN, 20234, posted=20243)
        put_entry(session, small.forest, "paid", 50 * WAN, 20234, source=county, state="submitted")
        put_entry(session, small.sewage, "work_done", 70 * WAN, 20251)
        _kept_anew(session)
    return stored


def _kept_anew(session: Session) -> None:
    make_totals_anew(
        session, [id_ or 0 for id_ in session.exec(select(Project.id).where(col(Project.parent_id).is_(None)))]
    )


def _rows(session: Session, source: ListSource = NOW, sort: str = "order", **how: Any) -> dict[str, Any]:
    found = page_of(session, OPERATOR_READER, EVERYTHING, source=source, sort=sort, **how).rows
    return {row.code[-2:]: row for row in found}


def _at(session: Session, quarter: int, edition: str = AS_CORRECTED, sort: str = "order") -> ListSource:
    return listing_at(session, OPERATOR_READER, quarter, sort=sort, edition=edition)


def _wan(row: Any) -> list[int]:
    return [getattr(row, name) // WAN for name in ("appropriated_fen", "work_done_fen", "paid_fen")]


def test_a_row_holds_the_approved_money_of_the_project_and_its_parts(paid: Database) -> None:
    with paid.reading() as session:
        found = {code: _wan(row) for code, row in _rows(session).items()}
    assert found == {"01": [900, 800, 0], "02": [0, 5_000, 400], "03": [0, 70, 0]}


def test_a_past_quarter_holds_what_had_happened_and_as_issued_what_had_been_posted(paid: Database) -> None:
    with paid.reading() as session:
        corrected, issued = (_rows(session, _at(session, 20234, edition)) for edition in (AS_CORRECTED, AS_ISSUED))
        first = _rows(session, _at(session, 20222))
        posted = _rows(session, _at(session, 20243, AS_ISSUED))
    assert {code: _wan(row) for code, row in first.items()} == {"01": [900, 0, 0], "02": [0, 0, 100], "03": [0, 0, 0]}
    assert _wan(corrected["02"]) == _wan(issued["02"]) == [0, 5_000, 400]
    assert (_wan(corrected["01"]), _wan(issued["01"]), _wan(posted["01"])) == (
        [900, 800, 0],
        [900, 0, 0],
        [900, 800, 0],
    )


def test_the_columns_of_money_sort_both_ways_now_and_then(paid: Database) -> None:
    with paid.reading() as session:
        for sort, ascending in (
            ("appropriated", ["02", "03", "01"]),
            ("work_done", ["03", "01", "02"]),
            ("paid", ["01", "03", "02"]),
        ):
            for source in (NOW, _at(session, 20251, sort=sort)):
                assert list(_rows(session, source, sort)) == ascending, sort
                assert list(_rows(session, source, sort, descending=True)) == ascending[::-1], sort


def test_totals_add_up_the_listed_projects_without_ended_ones(paid: Database) -> None:
    with paid.writing() as session:
        forest = find_small_plan(session).forest
        change_state(session, forest, "ended", since_on=date(2025, 1, 5), document="x", reason=None, by=SOMEBODY)
    with paid.reading() as session:
        small = find_small_plan(session)
        for source in (NOW, _at(session, current_quarter())):
            whole, narrowed, none, text = (
                totals_of(session, OPERATOR_READER, chosen, source)
                for chosen in (
                    EVERYTHING,
                    ProjectFilter(has_estimate=False),
                    ProjectFilter(text="没有"),
                    ProjectFilter(plan_id=identity(small.plan), text="天然林"),
                )
            )
            assert whole == ListTotals(2, 1, 25_000 * WAN, 1, True, 5_070 * WAN, 400 * WAN)
            assert narrowed == ListTotals(1, 1, None, 0, True, 70 * WAN, 0)
            assert none == ListTotals(0, 0, None, 0, True, 0, 0)
            assert text == ListTotals(0, 0, None, 1, True, 0, 0)
        before = totals_of(session, OPERATOR_READER, EVERYTHING, _at(session, 20244))
    assert before == ListTotals(3, 1, 34_000 * WAN, 0, True, 5_800 * WAN, 400 * WAN)


def test_a_plan_without_money_has_none_whatever_others_have(paid: Database) -> None:
    with paid.writing() as session:
        other = identity(make_small_plan(session, "lushui", jurisdiction="999900").plan)
        here = identity(find_small_plan(session).plan)
    reader = Reader(OPERATOR_READER.actor, (Reach("office", frozenset({other}), None),))
    with paid.reading() as session:
        for source in (NOW, _at(session, 20251)):
            for who, plan_id, has_money in (
                (OPERATOR_READER, None, True),
                (OPERATOR_READER, here, True),
                (OPERATOR_READER, other, False),
                (reader, None, False),
                (reader, here, False),
            ):
                for text in ("", "工程"):
                    totals = totals_of(session, who, ProjectFilter(plan_id=plan_id, text=text), source)
                    assert totals.has_money is has_money
                    assert (totals.paid_fen is not None) is has_money


def test_the_totals_of_a_list_of_any_length_add_up_its_money(paid: Database) -> None:
    """A list of a nation's projects, too, says what was done and paid in it: the rows of one plan, many times over."""
    with paid.writing() as session:
        first = session.exec(select(ProjectListing).where(ProjectListing.project_id == 1)).one()
        columns = [column.name for column in ProjectListing.__table__.c]  # type: ignore[attr-defined]
        held = first.model_dump() | {"appropriated_fen": 0, "work_done_fen": 3, "paid_fen": 2, "state": None}
        copies = (held | {"project_id": number, "code": f"copy-{number}"} for number in range(1_000, 22_000))
        projects = session.get_one(Project, 1).model_dump()
        session.execute(
            Project.__table__.insert(),  # type: ignore[attr-defined]
            [projects | {"id": number, "code": f"copy-{number}"} for number in range(1_000, 22_000)],
        )
        session.execute(
            ProjectListing.__table__.insert(),  # type: ignore[attr-defined]
            [{name: one[name] for name in columns} for one in copies],
        )
        session.execute(update(PlanListing).values(projects=21_003))
    with paid.reading() as session:
        here = identity(find_small_plan(session).plan)
        for chosen, done in (
            (EVERYTHING, 5_870 * WAN),
            (ProjectFilter(plan_id=here), 5_870 * WAN),
            (ProjectFilter(has_estimate=True), 5_800 * WAN),
        ):
            totals = totals_of(session, OPERATOR_READER, chosen)
            assert totals.projects > 20_000
            assert (totals.work_done_fen, totals.paid_fen) == (done + 63_000, 400 * WAN + 42_000)


def test_money_that_adds_up_to_nothing_is_shown_as_0(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small, other = find_small_plan(session), make_small_plan(session, "lushui", jurisdiction="999900")
        here, there = identity(small.plan), identity(other.plan)
        row = put_entry(session, small.forest, "paid", 100 * WAN, 20234, source=sources["county"], state="submitted")
        id_ = row.id or 0
        _kept_anew(session)
    nothing, reader = (
        ListTotals(6, 2, 68_000 * WAN),
        Reader(OPERATOR_READER.actor, (Reach("office", frozenset({there}), None),)),
    )
    with stored.reading() as session:
        assert listed_totals(session, OPERATOR_READER, EVERYTHING) == nothing, "what waits is no money"
    with stored.writing() as session:
        approve_entries(session, [id_], by=REVIEWER)
        reversal = reverse_entry(session, session.get_one(LedgerEntry, id_), reason="重复", document=None, by=SOMEBODY)
        approve_entries(session, [reversal.id or 0], by=REVIEWER)
    with stored.reading() as session:
        for source in (NOW, _at(session, 20251)):
            for text in ("", "工程"):
                whole, own, others, unseen = (
                    listed_totals(session, who, ProjectFilter(plan_id=plan_id, text=text), source)
                    for who, plan_id in (
                        (OPERATOR_READER, None),
                        (OPERATOR_READER, here),
                        (OPERATOR_READER, there),
                        (reader, None),
                    )
                )
                assert (whole.has_money, whole.work_done_fen, whole.paid_fen) == (True, 0, 0)
                assert (own.has_money, own.work_done_fen, own.paid_fen) == (True, 0, 0)
                assert (others.has_money, others.paid_fen) == (unseen.has_money, unseen.paid_fen) == (False, None)


@pytest.mark.parametrize("seed", range(3))
def test_any_ledger_gives_the_same_list_by_both_ways_and_the_sums_of_the_roll_up(
    stored: Database, sources: dict[str, int], seed: int
) -> None:
    dice = Random(seed)
    with stored.writing() as session:
        leaves = leaves_of_small_plan(session, sources)
        for _ in range(60):
            put_anything(session, leaves, dice)
        _kept_anew(session)
    with stored.reading() as session:
        now, made = _rows(session), _rows(session, _at(session, current_quarter()))
        assert [row._asdict() | {"programme_sort": None} for row in now.values()] == [
            row._asdict() for row in made.values()
        ]
        for quarter in QUARTERS:
            for edition in (AS_CORRECTED, AS_ISSUED):
                source = _at(session, quarter, edition)
                figures = whole_money(session, OPERATOR_READER, Scope(quarter, edition=edition))
                rows = list(
                    every_row(session, OPERATOR_READER, EVERYTHING, source=source, sort="order", descending=False)
                )
                for name in ("appropriated_fen", "work_done_fen", "paid_fen"):
                    assert sum(getattr(row, name) for row in rows) == getattr(figures, name), (quarter, edition, name)
                totals = totals_of(session, OPERATOR_READER, EVERYTHING, source)
                if totals.has_money:
                    assert (totals.work_done_fen, totals.paid_fen) == (figures.work_done_fen, figures.paid_fen)
                assert all(type(getattr(row, name)) is int for row in rows for name in MONEY_COLUMNS[:1])


def test_the_self_check_finds_a_sum_that_is_not_the_ledgers(paid: Database) -> None:
    with paid.writing() as session:
        assert [found for found in mismatches(session) if found.what.startswith("project list")] == []
        put_entry(session, find_small_plan(session).forest, "work_done", WAN, 20244)
        assert [found.what.split(",")[0] for found in mismatches(session) if "project list" in found.what]


def test_an_edition_that_there_is_not_is_refused(stored: Database) -> None:
    with stored.reading() as session, pytest.raises(Invalid):
        _at(session, 20244, "as-guessed")
