"""A reported 0 and what nobody reported in the report: in the canonical data, the workbook and the totals."""

from typing import Any

import pytest
from sqlmodel import select

from budgets.entries import LedgerEntry
from core.calendar import period_from_text
from portfolio.access import OPERATOR_READER
from portfolio.facts import AS_CORRECTED, AS_ISSUED
from reports.quarterly import QuarterlyReport, build
from reports.quarterly_data import canonical_record
from reports.quarterly_scope import plan_scope
from tests.reports.money_samples import put_entry
from tests.reports.reading_workbooks import column_of, opened, written
from tests.reports.return_samples import PERIOD, WAN, Desk, accepted, approved, put
from tests.reports.test_return_cells import desk
from tests.samples import identity

__all__ = ["desk"]
SPENT = ("work_done_this_period_fen", "work_done_this_year_fen", "work_done_fen")


def report(desk: Desk, edition: str = AS_CORRECTED, period: str = str(PERIOD)) -> QuarterlyReport:
    return build(desk.session, OPERATOR_READER, plan_scope(desk.small.plan), period_from_text(period), edition=edition)


def moneys(found: QuarterlyReport) -> dict[str, dict[str, Any]]:
    return {row["code"]: row["money"] for row in canonical_record(found)["projects"]}


def shown(found: QuarterlyReport, code: str, title: str, **options: Any) -> Any:
    sheet = opened(written(found, **options))["项目调度表"]
    number = next(row.number for row in found.rows if row.code == code)
    of_row = next(row for row in sheet.iter_rows(min_row=5, values_only=True) if row[0] == number)
    return of_row[column_of(sheet, title) - 1]


@pytest.mark.parametrize("edition", [AS_CORRECTED, AS_ISSUED])
def test_a_reported_zero_is_zero_and_what_nobody_reported_is_not_known(desk: Desk, edition: str) -> None:
    desk.put({desk.money("work_done"): "0"})
    accepted(desk)
    found = report(desk, edition)
    forest, water = (moneys(found)[one.code] for one in (desk.small.forest, desk.small.water))
    assert [forest[name] for name in SPENT] == [0, 0, 0]
    assert [water[name] for name in SPENT] == [None, None, None]
    assert (forest["paid_fen"], water["paid_fen"]) == (None, None)


def test_the_workbook_prints_0_for_the_one_and_says_so_of_the_other(desk: Desk) -> None:
    desk.put({desk.money("work_done"): "0"})
    accepted(desk)
    found = report(desk)
    for title in ("本季完成", "本年累计", "开工以来累计"):
        assert shown(found, desk.small.forest.code, title) == 0
        assert shown(found, desk.small.water.code, title) == "未填报"
    assert shown(found, desk.small.forest.code, "支付资金") == "未填报"


def test_a_zero_of_a_return_that_nobody_accepted_is_not_reported(desk: Desk) -> None:
    desk.put({desk.money("work_done"): "0"})
    approved(desk)
    assert moneys(report(desk))[desk.small.forest.code]["work_done_fen"] is None


def test_a_sum_that_waits_for_finance_is_neither_0_nor_known(desk: Desk) -> None:
    desk.put({desk.money("paid", "county"): str(100 * WAN)})
    accepted(desk)
    assert moneys(report(desk))[desk.small.forest.code]["paid_fen"] is None


def test_a_zero_of_a_part_is_that_of_its_package(desk: Desk) -> None:
    part = desk.small.parts[0]
    put(desk, desk.water, {desk.money("work_done", "", identity(part)): "0"})
    accepted(desk, desk.water)
    assert part.parent_id is not None
    found = moneys(report(desk))
    code = next(row.code for row in report(desk).rows if row.project_id == part.parent_id)
    assert [found[code][name] for name in SPENT] == [0, 0, 0]


def test_a_total_is_the_sum_of_what_is_known_and_not_known_where_nothing_is(desk: Desk) -> None:
    found = canonical_record(report(desk))
    assert found["figures"]["work_done_fen"] is None
    headlines = {row["key"]: (row["value"], row["before"]) for row in found["headlines"]}
    assert headlines["work_done_fen"] == (None, None)
    desk.put({desk.money("work_done"): str(50 * WAN)})
    accepted(desk)
    later = canonical_record(report(desk))
    groups = {row["key"]: row["work_done_fen"] for row in later["money"]["by_department"]}
    assert groups[desk.small.forestry.name] == 50 * WAN
    assert groups[desk.small.water_office.name] is None
    headlines = {row["key"]: (row["value"], row["before"]) for row in later["headlines"]}
    assert headlines["work_done_fen"] == (50 * WAN, None)
    assert headlines["paid_fen"] == (None, None)
    assert later["figures"]["work_done_fen"] == 50 * WAN


def test_a_zero_counts_from_its_quarter_on(desk: Desk) -> None:
    desk.put({desk.money("work_done"): "0"})
    accepted(desk)
    code = desk.small.forest.code
    assert moneys(report(desk, period="2025Q3"))[code]["work_done_fen"] is None
    assert moneys(report(desk, period="2025"))[code]["work_done_fen"] == 0


def test_what_was_reversed_is_not_reported(desk: Desk) -> None:
    put_entry(desk.session, desk.small.forest, "contracted", 5 * WAN, 20252)
    row = desk.session.exec(select(LedgerEntry)).one()
    assert moneys(report(desk))[desk.small.forest.code]["contracted_fen"] == 5 * WAN
    put_entry(desk.session, desk.small.forest, "contracted", -5 * WAN, 20252, kind="reversal", reverses_id=row.id)
    assert moneys(report(desk))[desk.small.forest.code]["contracted_fen"] is None


def test_works_that_a_return_reports_as_0_are_0_and_others_are_not_known(desk: Desk) -> None:
    before = report(desk).rows
    assert all(work.flow is None for row in before for work in row.works)
    desk.put({desk.works: "0|亩"})
    accepted(desk)
    forest = next(row for row in report(desk).rows if row.code == desk.small.forest.code)
    assert [(work.flow, work.figures.claimed) for work in forest.works] == [(0, 0)]


def test_what_was_taken_back_whole_is_a_reported_zero(desk: Desk) -> None:
    put_entry(desk.session, desk.small.forest, "contracted", 5 * WAN, 20252)
    back = put_entry(desk.session, desk.small.forest, "contracted", -5 * WAN, 20254)
    code = desk.small.forest.code
    assert moneys(report(desk))[code]["contracted_fen"] == 0
    assert canonical_record(report(desk))["figures"]["contracted_fen"] == 0
    put_entry(desk.session, desk.small.forest, "contracted", 5 * WAN, 20254, kind="reversal", reverses_id=back.id)
    assert moneys(report(desk))[code]["contracted_fen"] == 5 * WAN
