"""Money warnings: each rule finds what it is for and nothing else, and an explanation stays."""

from datetime import date

import pytest
from sqlalchemy import text, true
from sqlmodel import Session

from budgets.approval import approve_entries
from budgets.checks import MoneyWarning, _stands, money_warnings
from budgets.entries import LedgerEntry, NewEntry
from budgets.explanations import explain, explanation_history, explanations_of
from budgets.ledger import record_entry, reverse_entry
from core.database import Database, select_columns
from core.errors import Missing
from portfolio.projects import Project
from tests.budgets.ledger_samples import REVIEWER, WAN, sources
from tests.budgets.line_samples import approved
from tests.samples import SOMEBODY, find_small_plan

__all__ = ["sources"]  # a fixture


def put(session: Session, project: Project, stage: str, wan: int, **more: object) -> LedgerEntry:
    """An approved entry of 2023, before the small plan's package ends."""
    facts = {"occurred_on": date(2023, 5, 6), "document": f"文{stage}{wan}"} | more
    row = record_entry(session, project, NewEntry(stage, wan * WAN, **facts), submit=True, by=SOMEBODY)  # type: ignore[arg-type]
    approve_entries(session, [row.id or 0], by=REVIEWER)
    return row


def found(session: Session, quarter: int = 20254) -> dict[str, list[tuple[int, int]]]:
    """The warnings as (project id, excess in 万元) by rule."""
    sorted_: dict[str, list[tuple[int, int]]] = {}
    for one in money_warnings(session, true(), quarter):
        sorted_.setdefault(one.rule, []).append((one.project_id, one.excess_fen // WAN))
    return sorted_


def test_payments_above_what_arrived_are_found_by_source(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        put(session, forest, "work_done", 1_000)
        put(session, forest, "received", 500, source_id=sources["county"])
        put(session, forest, "paid", 500, source_id=sources["county"])
        assert found(session) == {}
        put(session, forest, "received", 500, source_id=sources["county"])
        put(session, forest, "paid", 20, source_id=sources["own"])  # of which nothing arrived
        assert found(session) == {"paid_over_received": [(forest.id, 20)]}


def test_payments_may_run_ahead_of_the_work_by_a_third_of_the_contract(
    stored: Database, sources: dict[str, int]
) -> None:
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        put(session, forest, "received", 5_000, source_id=sources["county"])
        put(session, forest, "contracted", 1_000)
        put(session, forest, "work_done", 200)
        put(session, forest, "paid", 500, source_id=sources["county"])  # 200 + 30 % of 1,000
        assert found(session) == {}
        put(session, forest, "paid", 1, source_id=sources["county"])
        assert found(session) == {"paid_over_work": [(forest.id, 1)]}


def test_more_work_than_was_estimated_is_found_for_a_package_as_a_whole(
    stored: Database, sources: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        put(session, small.parts[0], "work_done", 12_000)  # above its own 10,000, within the package's 25,000
        assert found(session) == {}
        put(session, small.parts[1], "work_done", 13_500)
        assert found(session) == {"work_over_estimate": [(small.water.id, 500)]}
        put(session, small.sewage, "work_done", 99_000)  # without an estimate nothing can exceed it
        assert set(found(session)) == {"work_over_estimate"}


def test_the_same_money_twice_is_found_until_one_is_reversed(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        given = {"source_id": sources["county"], "document": "财建〔2023〕5号"}
        put(session, small.parts[0], "appropriated", 300, **given)
        put(session, small.forest, "appropriated", 300, **given)  # other works: the document has two lines
        assert found(session) == {}
        twin = put(session, small.parts[1], "appropriated", 300, **given)
        warnings = found(session)
        assert [excess for _, excess in warnings["funded_twice"]] == [300]
        reversal = reverse_entry(session, twin, reason="重复下达", document=None, by=SOMEBODY)
        approve_entries(session, [reversal.id or 0], by=REVIEWER)
        assert found(session) == {}


def test_entries_outside_the_years_are_found_with_those_of_the_package(
    stored: Database, sources: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        put(session, small.parts[0], "work_done", 10, occurred_on=date(2023, 12, 31))
        assert found(session) == {}
        put(session, small.parts[0], "work_done", 20, occurred_on=date(2024, 1, 1))  # the package ends in 2023
        put(session, small.forest, "work_done", 30, occurred_on=date(2021, 12, 31))  # the project begins in 2022
        put(session, small.sewage, "work_done", 40, occurred_on=date(2020, 1, 1))  # no years, nothing to be outside of
        assert sorted(found(session)["outside_years"]) == sorted([(small.parts[0].id, 20), (small.forest.id, 30)])


def test_what_was_not_yet_there_in_a_past_quarter_is_not_found_in_it(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        put(session, forest, "work_done", 9_500, occurred_on=date(2024, 5, 1))
        assert found(session, 20241) == {}
        assert found(session, 20242) == {"work_over_estimate": [(forest.id, 500)]}


def test_an_explanation_covers_a_warning_until_it_grows(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        put(session, forest, "work_done", 9_500)
        warnings = money_warnings(session, true(), 20254)
        with pytest.raises(Missing):
            explain(session, warnings[0], reason=" ", by=SOMEBODY)
        explain(session, warnings[0], reason="设计变更已批复，概算调整中", document="发改〔2023〕8号", by=SOMEBODY)
        assert set(explanations_of(session, warnings)) == set(warnings)
        put(session, forest, "work_done", 1)
        grown = money_warnings(session, true(), 20254)
        assert explanations_of(session, grown) == {}
        assert [row.reason for row in explanation_history(session, grown[0])] == ["设计变更已批复，概算调整中"]


def test_an_explanation_of_one_source_covers_no_other(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        one, other = (
            MoneyWarning("paid_over_received", forest.id or 0, sources[key], 5, 0, 5) for key in ("own", "county")
        )
        explain(session, one, reason="已到位，凭证在途", by=SOMEBODY)
        assert list(explanations_of(session, [one, other])) == [one]


def carried(session: Session) -> list[tuple[int, int, tuple[int, ...]]]:
    """The warnings about carried-over money as (excess, limit in 万元, years)."""
    return [
        (one.excess_fen // WAN, one.limit_fen // WAN, one.years)
        for one in money_warnings(session, true(), 20254)
        if one.rule == "carried_over_unspent"
    ]


def test_no_more_is_carried_over_than_the_year_before_left_unpaid(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        forest, county = find_small_plan(session).forest, sources["county"]
        approved(session, forest, county, 600, 2023)
        put(session, forest, "appropriated", 400, source_id=county)
        put(session, forest, "received", 400, source_id=county)
        put(session, forest, "work_done", 400)
        put(session, forest, "paid", 350, source_id=county)
        approved(
            session, forest, county, 250, 2024, carried_fen=250 * WAN
        )  # all that was not paid, 200 of it not dispatched
        assert carried(session) == []
        put(session, forest, "paid", 20, source_id=county, occurred_on=date(2023, 12, 31))
        assert carried(session) == [(20, 230, (2024,))]
        put(session, forest, "paid", 1, source_id=county, occurred_on=date(2024, 1, 1))  # of the year itself
        assert carried(session) == [(20, 230, (2024,))]


def test_what_is_carried_over_counts_again_in_the_year_after(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        forest, county = find_small_plan(session).forest, sources["county"]
        approved(session, forest, county, 100, 2022)
        approved(session, forest, county, 100, 2023, carried_fen=100 * WAN)  # nothing new, the old money again
        approved(session, forest, county, 100, 2024, carried_fen=100 * WAN)
        assert carried(session) == []
        approved(session, forest, county, 60, 2023, carried_fen=60 * WAN, reason="压减")
        assert carried(session) == [(40, 60, (2024,))]


def test_without_a_plan_of_that_source_in_the_year_before_nothing_can_be_carried_over(
    stored: Database, sources: dict[str, int]
) -> None:
    with stored.writing() as session:
        small, county = find_small_plan(session), sources["county"]
        approved(session, small.forest, sources["own"], 500, 2023)  # another source
        approved(session, small.forest, county, 500, 20234)  # a quarter is not the year
        approved(session, small.sewage, county, 500, 2023)  # another project
        approved(session, small.forest, county, 30, 2024, carried_fen=10 * WAN)
        assert carried(session) == [(10, 0, (2024,))]


def test_a_year_that_paid_more_than_its_plan_leaves_nothing_and_owes_nothing(
    stored: Database, sources: dict[str, int]
) -> None:
    with stored.writing() as session:
        forest, county = find_small_plan(session).forest, sources["county"]
        approved(session, forest, county, 100, 2023)
        put(session, forest, "paid", 130, source_id=county)
        approved(session, forest, county, 50, 2024, carried_fen=20 * WAN)
        assert carried(session) == [(20, 0, (2024,))]


def test_several_years_of_one_source_are_one_warning_that_an_explanation_covers_until_a_year_joins(
    stored: Database, sources: dict[str, int]
) -> None:
    with stored.writing() as session:
        forest, county = find_small_plan(session).forest, sources["county"]
        approved(session, forest, county, 10, 2023, carried_fen=10 * WAN)  # nothing was planned for 2022
        warnings = money_warnings(session, true(), 20254)
        explain(session, warnings[0], reason="2022 年指标在上级平台，未登记", by=SOMEBODY)
        assert set(explanations_of(session, warnings)) == set(warnings)
        approved(session, forest, county, 15, 2024, carried_fen=15 * WAN)
        assert carried(session) == [(15, 10, (2023, 2024))]
        assert explanations_of(session, money_warnings(session, true(), 20254)) == {}


def test_plans_that_came_later_are_not_looked_at_in_a_past_quarter(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        forest, county = find_small_plan(session).forest, sources["county"]
        approved(session, forest, county, 30, 2024, carried_fen=10 * WAN, occurred_on=date(2024, 2, 1))
        assert found(session, 20234) == {}
        assert found(session, 20241) == {"carried_over_unspent": [(forest.id, 10)]}


def test_whether_an_entry_was_reversed_is_looked_up_and_not_searched_for(sqlite_database: Database) -> None:
    with sqlite_database.reading() as session:
        query = str(select_columns(LedgerEntry.id).where(_stands()).compile(compile_kwargs={"literal_binds": True}))
        plan = [row.detail for row in session.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
    assert any("ix_ledger_entry_reverses_id" in step for step in plan), plan
