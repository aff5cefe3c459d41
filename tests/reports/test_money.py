"""The roll-up of money by worked examples: what counts, as of when, in which edition, and what each rate leaves out."""

from datetime import date

import pytest
from sqlmodel import Session

from budgets.estimates import set_estimate
from core.database import Database
from core.errors import Invalid
from portfolio.access import OPERATOR_READER, Reader, reader_of
from portfolio.editing import archive_project, change_state
from portfolio.facts import AS_ISSUED
from reports.money import money_rollup, whole_money
from reports.money_ended import ended_money
from reports.money_figures import MoneyFigures
from reports.rollup import Scope, UnknownDimension, UnknownLevel, estimate_rollup
from reports.self_check_money import money_mismatches
from tests.budgets.line_samples import make_sources
from tests.reports.money_samples import put_entry, put_line
from tests.samples import SOMEBODY, WAN, a_basis, find_small_plan, make_person, make_small_plan

Q = 20244


def groups(session: Session, *by: str, scope: Scope | None = None, level: int = 1) -> dict[object, MoneyFigures]:
    rows = money_rollup(session, OPERATOR_READER, scope or Scope(Q), by, level=level)
    return {row.keys[0] if len(by) == 1 else row.keys: row for row in rows}


@pytest.fixture
def sources(stored: Database) -> dict[str, int]:
    with stored.writing() as session:
        return make_sources(session)


@pytest.fixture
def booked(stored: Database, sources: dict[str, int]) -> Database:
    """A year and a half of money on the forest (9000 万元) and on the first part of the water package (25000 万元)."""
    county, own = sources["county"], sources["own"]
    with stored.writing() as session:
        small = find_small_plan(session)
        part = small.parts[0]
        put_line(session, small.forest, 2023, county, 1_000 * WAN, 20231)
        put_line(session, small.forest, 2024, county, 1_500 * WAN, 20241, carried=300 * WAN)
        put_line(session, small.forest, 2024, own, 500 * WAN, 20241)
        put_entry(session, small.forest, "appropriated", 1_000 * WAN, 20231, source=county)
        put_entry(session, small.forest, "received", 800 * WAN, 20232, source=county)
        put_entry(session, small.forest, "work_done", 900 * WAN, 20234)
        put_entry(session, small.forest, "paid", 700 * WAN, 20234, source=county)
        put_entry(session, small.forest, "work_done", 600 * WAN, 20242)
        put_entry(session, small.forest, "paid", 200 * WAN, 20243, source=county)
        put_entry(session, small.forest, "paid", 100 * WAN, 20243, source=own)
        put_entry(session, part, "contracted", 8_000 * WAN, 20241)
        put_entry(session, part, "work_done", 2_000 * WAN, 20243)
        put_entry(session, small.sewage, "work_done", 50 * WAN, 20243)  # a project without estimate and plan
    return stored


def test_by_programme_the_sums_are_cumulative_and_counts_stay(booked: Database) -> None:
    with booked.reading() as session:
        rows = groups(session, "programme")
        plain = estimate_rollup(session, OPERATOR_READER, Scope(Q), ("programme",))
    greening = rows["国土绿化工程"]
    assert (greening.projects, greening.leaves, greening.without_estimate) == (2, 3, 0)
    assert greening.estimate_fen == 34_000 * WAN
    assert (greening.work_done_fen, greening.contracted_fen, greening.paid_fen) == (
        3_500 * WAN,
        8_000 * WAN,
        1_000 * WAN,
    )
    for figures in plain:
        row = rows[figures.keys[0]]
        counts = (row.projects, row.leaves, row.without_estimate, row.estimate_fen)
        assert counts == (figures.projects, figures.leaves, figures.without_estimate, figures.estimate_fen)


def test_carried_over_money_counts_once_across_years_and_stands_in_its_new_year(booked: Database) -> None:
    with booked.reading() as session:
        assert whole_money(session, OPERATOR_READER, Scope(Q)).budget_fen == (1_000 + 1_500 - 300 + 500) * WAN
        years = groups(session, "year")
    assert {year: row.budget_fen for year, row in years.items()} == {2023: 1_000 * WAN, 2024: 2_000 * WAN}
    assert years[2023].work_done_fen == 900 * WAN
    assert (years[2024].projects, years[2024].estimate_fen, years[2024].gap_fen) == (None, None, None)


def test_the_six_rates_and_what_they_leave_out(booked: Database) -> None:
    with booked.writing() as session:
        small = find_small_plan(session)
        building = {"since_on": date(2023, 3, 1), "document": "开工令", "reason": None}
        change_state(session, small.forest, "building", **building, by=SOMEBODY)  # type: ignore[arg-type]
    with booked.reading() as session:
        total = whole_money(session, OPERATOR_READER, Scope(Q))
    rates = {name: rate.exact for name, rate in total.rates.items()}
    assert rates == {
        "start": [1, 3],
        "investment_completion": [3_500 * WAN, 34_000 * WAN],  # without the 50 of the project that has no estimate
        "annual_completion": [600 * WAN, 2_000 * WAN],  # without the 2050 of those that have no plan for 2024
        "receipt": [800 * WAN, 1_000 * WAN],
        "payment": [1_000 * WAN, 3_550 * WAN],
        "budget_execution": [200 * WAN, 1_500 * WAN],  # fiscal money on both sides
    }
    assert total.rates["annual_completion"].text == "30.00%"
    assert total.left_out == {
        "start": 0, "investment_completion": 1, "annual_completion": 3, "receipt": 0, "payment": 0, "budget_execution": 3,
    }  # fmt: skip
    assert total.unreported == 2


def test_a_package_with_its_own_estimate_is_one_unit_of_the_completion_rate(booked: Database) -> None:
    with booked.reading() as session:
        package = groups(session, "project")["qingshan-02"]
    assert package.rates["investment_completion"].exact == [2_000 * WAN, 25_000 * WAN]


def test_without_its_own_estimate_each_part_of_a_package_stands_for_itself(booked: Database) -> None:
    with booked.writing() as session:
        small = find_small_plan(session)
        set_estimate(session, small.water, None, a_basis(20221), by=SOMEBODY)
        set_estimate(session, small.parts[0], None, a_basis(20221), by=SOMEBODY)
        put_entry(session, small.parts[1], "work_done", 300 * WAN, 20243)
    with booked.reading() as session:
        package = groups(session, "project")["qingshan-02"]
    assert package.rates["investment_completion"].exact == [300 * WAN, 15_000 * WAN]
    assert package.left_out["investment_completion"] == package.without_estimate == 1
    assert package.work_done_fen == 2_300 * WAN


def test_a_rate_without_denominator_is_a_dash_and_never_nought(booked: Database) -> None:
    with booked.reading() as session:
        sewage = groups(session, "project")["qingshan-03"]
    assert {name: rate.text for name, rate in sewage.rates.items()} == {
        "start": "—", "investment_completion": "—", "annual_completion": "—", "receipt": "—", "payment": "0.00%",
        "budget_execution": "—",
    }  # fmt: skip
    assert sewage.rates["receipt"].exact == [0, 0]
    assert sewage.rates["annual_completion"].exact == [0, None]


def test_by_source_what_has_no_source_stands_in_a_null_row_last(booked: Database) -> None:
    with booked.reading() as session:
        rows = groups(session, "source")
        total = whole_money(session, OPERATOR_READER, Scope(Q))
    assert list(rows) == ["企业自筹", "县级财政", None]
    assert (rows[None].work_done_fen, rows[None].paid_fen, rows[None].budget_fen) == (3_550 * WAN, 0, None)
    assert (rows["县级财政"].budget_fen, rows["县级财政"].paid_fen) == (2_200 * WAN, 900 * WAN)
    assert rows["县级财政"].rates["budget_execution"].exact == [200 * WAN, 1_500 * WAN]
    assert rows["企业自筹"].rates["budget_execution"].exact == [0, None]
    done = sum(row.done_this_year_fen or 0 for row in rows.values())
    assert done == total.done_this_year_fen == 600 * WAN
    assert rows[None].left_out["annual_completion"] == 2  # the part and the project that have no plan for the year


def test_by_quarter_flows_stand_beside_lines_of_quarters_only(booked: Database, sources: dict[str, int]) -> None:
    with booked.writing() as session:
        small = find_small_plan(session)
        put_line(session, small.forest, 20243, sources["county"], 400 * WAN, 20241)
    with booked.reading() as session:
        rows = groups(session, "quarter")
        by_both = groups(session, "year", "quarter")
    assert {name: row.work_done_fen for name, row in rows.items()} == {
        "2023Q1": 0, "2023Q2": 0, "2023Q4": 900 * WAN, "2024Q1": 0, "2024Q2": 600 * WAN, "2024Q3": 2_050 * WAN,
    }  # fmt: skip
    assert {name: row.budget_fen for name, row in rows.items() if row.budget_fen is not None} == {"2024Q3": 400 * WAN}
    assert rows["2024Q3"].rates["annual_completion"].exact == [None, None]
    assert by_both[2024, "2024Q3"].budget_fen == 400 * WAN


def test_by_stage_each_stage_is_a_row_with_its_amount(booked: Database) -> None:
    with booked.reading() as session:
        rows = money_rollup(session, OPERATOR_READER, Scope(Q), ("stage", "year"))
        whole = groups(session, "stage")
    assert {stage: row.amount_fen for stage, row in whole.items()} == {
        "appropriated": 1_000 * WAN, "contracted": 8_000 * WAN, "paid": 1_000 * WAN, "received": 800 * WAN,
        "work_done": 3_550 * WAN,
    }  # fmt: skip
    row = next(row for row in rows if row.keys == ("paid", 2024)).as_row(("stage", "year"))
    assert (row["stage"], row["year"], row["amount_fen"], row["paid_fen"]) == ("paid", 2024, 300 * WAN, 300 * WAN)
    assert (row["work_done_fen"], row["projects"], row["budget_fen"]) == (None, None, None)
    assert all(rate == {"exact": [None, None], "text": "—"} for rate in row["rates"].values())


def test_the_gap_is_that_of_each_unit_and_an_excess_covers_no_other(booked: Database, sources: dict[str, int]) -> None:
    with booked.writing() as session:
        small = find_small_plan(session)
        put_line(session, small.parts[0], 0, sources["own"], 30_000 * WAN, 20221)  # more than the package costs
        put_line(session, small.forest, 2025, sources["pending"], 5_000 * WAN, 20244)
    with booked.reading() as session:
        rows = groups(session, "project")
        total = whole_money(session, OPERATOR_READER, Scope(Q))
    assert (rows["qingshan-01"].secured_fen, rows["qingshan-01"].gap_fen) == (2_700 * WAN, 6_300 * WAN)
    assert (rows["qingshan-02"].secured_fen, rows["qingshan-02"].gap_fen) == (30_000 * WAN, 0)
    assert (rows["qingshan-03"].secured_fen, rows["qingshan-03"].gap_fen) == (0, None)
    assert (total.secured_fen, total.gap_fen) == (32_700 * WAN, 6_300 * WAN)


def test_as_issued_knows_only_what_had_been_posted(booked: Database) -> None:
    with booked.writing() as session:
        small = find_small_plan(session)
        put_entry(session, small.forest, "work_done", 77 * WAN, 20242, posted=20251)  # came to light a year later
    with booked.reading() as session:
        corrected = whole_money(session, OPERATOR_READER, Scope(20242))
        issued = whole_money(session, OPERATOR_READER, Scope(20242, edition=AS_ISSUED))
        later = whole_money(session, OPERATOR_READER, Scope(20251, edition=AS_ISSUED))
    assert (corrected.work_done_fen, issued.work_done_fen) == (1_577 * WAN, 1_500 * WAN)
    assert later.work_done_fen == (1_577 + 2_050) * WAN


def test_drafts_waiting_and_rejected_entries_count_nowhere(booked: Database, sources: dict[str, int]) -> None:
    with booked.reading() as session:
        before = money_rollup(session, OPERATOR_READER, Scope(Q), ("project", "source", "year"))
    with booked.writing() as session:
        small = find_small_plan(session)
        for state in ("draft", "submitted", "rejected"):
            put_entry(session, small.forest, "paid", 5 * WAN, 20243, source=sources["county"], state=state)
            put_line(session, small.forest, 2022, sources["own"], 5 * WAN, 20221, state=state)
    with booked.reading() as session:
        assert money_rollup(session, OPERATOR_READER, Scope(Q), ("project", "source", "year")) == before


def test_ended_money_leaves_the_sums_and_stands_apart(booked: Database) -> None:
    ended = {"since_on": date(2024, 8, 20), "document": "青政办〔2024〕1号", "reason": "资金取消"}
    with booked.writing() as session:
        small = find_small_plan(session)
        change_state(session, small.forest, "ended", **ended, by=SOMEBODY)  # type: ignore[arg-type]
        change_state(session, small.parts[0], "ended", **ended, by=SOMEBODY)  # type: ignore[arg-type]
    with booked.reading() as session:
        before, after = (whole_money(session, OPERATOR_READER, Scope(quarter)) for quarter in (20242, 20243))
        apart = ended_money(session, OPERATOR_READER, Scope(20243))[0]
        by_programme = ended_money(session, OPERATOR_READER, Scope(20243), ("programme",))
        assert ended_money(session, OPERATOR_READER, Scope(20242)) == []
        found = money_mismatches(session, 20243)
    assert (before.work_done_fen, after.work_done_fen) == (1_500 * WAN, 50 * WAN)
    assert (apart.projects, apart.parts, apart.work_done_fen, apart.paid_fen) == (1, 1, 3_500 * WAN, 1_000 * WAN)
    assert (apart.estimate_fen, apart.budget_fen) == (19_000 * WAN, 2_700 * WAN)
    assert [row.keys for row in by_programme] == [("国土绿化工程",)]
    assert found == []


def test_an_archived_project_counts_nowhere(booked: Database) -> None:
    with booked.writing() as session:
        small = find_small_plan(session)
        archive_project(session, small.forest, reason="重复", expected_version=small.forest.row_version, by=SOMEBODY)
    with booked.reading() as session:
        assert whole_money(session, OPERATOR_READER, Scope(Q)).paid_fen == 0
        assert ended_money(session, OPERATOR_READER, Scope(Q)) == []


def test_headings_of_one_name_in_two_plans_are_one_group(booked: Database) -> None:
    with booked.writing() as session:
        other = make_small_plan(session, "lushui", jurisdiction="999900")
        put_entry(session, other.forest, "contracted", 5, 20241)
    with booked.reading() as session:
        rows = groups(session, "programme")
        by_plan = groups(session, "plan", "programme")
        by_place = groups(session, "jurisdiction")
    assert rows["国土绿化工程"].projects == 4
    assert rows["国土绿化工程"].contracted_fen == 8_000 * WAN + 5
    assert by_plan["lushui", "国土绿化工程"].contracted_fen == 5
    assert set(by_place) == {"青山县", "样市"}


def test_a_reader_adds_up_only_the_plans_that_it_sees(booked: Database) -> None:
    with booked.writing() as session:
        other = make_small_plan(session, "lushui", jurisdiction="999900")
        put_entry(session, other.forest, "contracted", 5, 20241)
        reader = reader_of(session, make_person(session, "there", "leader", plan=other.plan))
    with booked.reading() as session:
        for by in (("plan",), ("plan", "year")):
            rows = money_rollup(session, reader, Scope(Q), by)
            assert [(row.keys[0], row.contracted_fen) for row in rows] == [("lushui", 5)]
        nobody = whole_money(session, Reader(reader.actor, ()), Scope(Q))
        assert money_rollup(session, Reader(reader.actor, ()), Scope(Q), ("source",)) == []
    assert (nobody.projects, nobody.paid_fen, nobody.estimate_fen, nobody.secured_fen) == (0, 0, None, 0)


@pytest.mark.parametrize(
    ("by", "level", "edition", "error"),
    [(("colour",), 1, "as-issued", UnknownDimension), (("plan",), 4, "as-issued", UnknownLevel),
     (("plan",), 1, "as-told", Invalid), (("year",), 1, "as-told", Invalid)],
)  # fmt: skip
def test_an_unknown_key_level_or_edition_is_refused(
    stored: Database, by: tuple[str, ...], level: int, edition: str, error: type[Exception]
) -> None:
    with stored.reading() as session, pytest.raises(error):
        money_rollup(session, OPERATOR_READER, Scope(Q, edition=edition), by, level=level)
