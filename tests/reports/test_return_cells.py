"""Writing cells: all or none, refused by name, the same again changes nothing."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlmodel import select

from budgets.entries import NewEntry
from budgets.ledger import record_entry
from core.audit import AuditEntry
from core.calendar import Period
from core.database import Database
from core.errors import Stale
from portfolio.periods import ReportingPeriod
from reports.period_flow import close_period, open_period
from reports.return_cells import CellChange, Change, cells_of, put_cells
from reports.return_fields import CellKey
from reports.return_flow import submit_return
from reports.return_rules import PeriodShut, ReturnNotOpen, SomeBroken
from reports.returns import DepartmentReturn, ReturnCell
from tests.reports.return_samples import PERIOD, WAN, Desk, accepted, forests, make_desk, put
from tests.samples import SOMEBODY, find_small_plan, identity


@pytest.fixture
def desk(stored: Database) -> Iterator[Desk]:
    with stored.writing() as session:
        yield make_desk(session, find_small_plan(session))
        session.rollback()


def refused(desk: Desk, values: dict[CellKey, str | None], **more: object) -> dict[CellKey, list[str]]:
    before = cells_of(desk.session, desk.forestry.id or 0)
    with pytest.raises(SomeBroken) as caught:
        desk.put(values, **more)
    assert cells_of(desk.session, desk.forestry.id or 0) == before
    return {key: [one.code for one in several] for key, several in caught.value.by_key.items()}


def audits(desk: Desk) -> int:
    return len(desk.session.exec(select(AuditEntry.id).where(AuditEntry.action == "fill")).all())


def test_cells_are_written_changed_and_cleared_with_one_audit_row_for_each_save(desk: Desk) -> None:
    paid, progress = desk.money("paid", "county"), CellKey(desk.forest_id, "text.progress")
    assert desk.put({paid: "100", progress: "整地"}) == [
        Change(paid, None, "100", 1),
        Change(progress, None, "整地", 1),
    ]
    assert desk.put({paid: "200", progress: "整地"}) == [Change(paid, "100", "200", 2)]
    assert audits(desk) == 2
    assert desk.put({paid: None}) == [Change(paid, "200", None, 0)]
    assert list(cells_of(desk.session, desk.forestry.id or 0)) == [progress]


def test_the_same_cells_again_change_nothing(desk: Desk) -> None:
    values: dict[CellKey, str | None] = {desk.money("paid", "county"): "100", desk.works: "1000000|亩"}
    desk.put(values)
    stand, count = cells_of(desk.session, desk.forestry.id or 0), audits(desk)
    assert desk.put(values) == []
    assert desk.put({desk.money("received", "own"): None}) == []
    assert cells_of(desk.session, desk.forestry.id or 0) == stand
    assert audits(desk) == count


def test_a_cell_keeps_what_stood_in_the_records_when_it_was_written(desk: Desk) -> None:
    key = desk.money("work_done")
    new = NewEntry("work_done", 5 * WAN, date(2025, 11, 3))
    record_entry(desk.session, desk.small.forest, new, submit=True, by=SOMEBODY)
    desk.put({key: str(9 * WAN), desk.money("contracted"): "1"})
    cells = cells_of(desk.session, desk.forestry.id or 0)
    assert cells[key].base == str(5 * WAN)
    assert cells[desk.money("contracted")].base is None


def test_of_many_cells_one_that_is_wrong_refuses_all(desk: Desk) -> None:
    good = desk.money("contracted")
    assert refused(desk, {good: "100", desk.actual: "2026-01-05"}) == {desk.actual: ["AfterTheQuarter"]}
    assert cells_of(desk.session, desk.forestry.id or 0) == {}


def test_what_is_no_cell_of_this_return_is_refused_by_name(desk: Desk) -> None:
    parts = [identity(part) for part in desk.small.parts]
    forest, water = desk.forest_id, identity(desk.small.water)
    assert refused(
        desk,
        {
            CellKey(parts[0], "money.work_done"): "1",
            CellKey(987654, "money.work_done"): "1",
            CellKey(forest, "money.paid", "nothing"): "1",
            CellKey(forest, "money.paid"): "1",
            CellKey(forest, "money.work_done", "county"): "1",
            CellKey(forest, "works", "987654"): "1|亩",
            CellKey(forest, "works", "x"): "1|亩",
            CellKey(forest, "milestone.actual", "987654"): "2025-11-01",
            CellKey(forest, "unheard.of"): "1",
        },
    ) == {
        CellKey(parts[0], "money.work_done"): ["NotInReturn"],
        CellKey(987654, "money.work_done"): ["NotInReturn"],
        CellKey(forest, "money.paid", "nothing"): ["NoSuchKey"],
        CellKey(forest, "money.paid"): ["NoSuchCell"],
        CellKey(forest, "money.work_done", "county"): ["NoSuchCell"],
        CellKey(forest, "works", "987654"): ["NoSuchKey"],
        CellKey(forest, "works", "x"): ["NoSuchKey"],
        CellKey(forest, "milestone.actual", "987654"): ["NoSuchKey"],
        CellKey(forest, "unheard.of"): ["NoSuchCell"],
    }
    with pytest.raises(SomeBroken) as caught:
        put(desk, desk.water, {CellKey(water, "money.work_done"): "1", CellKey(parts[0], "text.progress"): "好"})
    assert [one.code for one in caught.value.problems] == ["OnItsParts", "OnItsPackage"]


@pytest.mark.parametrize("value", ["", "-1", "01", "1.5", "1e3", "١٢", "10000000000000000", "abc"])
def test_money_that_is_no_whole_fen_is_refused(desk: Desk, value: str) -> None:
    assert refused(desk, {desk.money("work_done"): value}) == {desk.money("work_done"): ["Invalid"]}


def test_works_of_another_dimension_and_ten_thousand_times_too_much_are_asked_about(desk: Desk) -> None:
    assert refused(desk, {desk.works: "1000000|米"}) == {desk.works: ["OtherDimension"]}
    # Planned are 0.5 万亩.
    assert refused(desk, {desk.works: "50000000|万亩"}) == {desk.works: ["JumpOfTenThousand"]}
    change = CellChange(desk.works, "50000000|万亩", as_typed=True)
    assert put_cells(desk.session, desk.forestry, [change], by=desk.people.owner)


def test_days_that_have_not_come_and_forecasts_that_have_passed_are_refused(desk: Desk) -> None:
    assert refused(desk, {desk.actual: "2031-01-01"}) == {desk.actual: ["NotYetHappened"]}
    assert refused(desk, {desk.forecast: "2025-12-30"}) == {desk.forecast: ["ForecastPassed"]}
    desk.put({desk.actual: "2025-12-02"})
    assert refused(desk, {desk.forecast: "2026-03-01"}) == {desk.forecast: ["ForecastNotNeeded"]}


def test_a_state_may_be_typed_bit_by_bit_but_is_handed_in_whole(desk: Desk) -> None:
    state, since_on, document = (CellKey(desk.forest_id, f"state.{name}") for name in ("state", "since_on", "document"))
    desk.put({state: "building"})
    with pytest.raises(SomeBroken) as caught:
        submit_return(desk.session, desk.forestry, by=desk.people.owner)
    assert set(caught.value.by_key) == {since_on, document}
    desk.session.refresh(desk.forestry)
    desk.put({since_on: "2025-10-09", document: "青开工〔2025〕3号"})
    submit_return(desk.session, desk.forestry, by=desk.people.owner)


def test_a_cell_that_somebody_changed_since_is_not_overwritten(desk: Desk) -> None:
    key = desk.money("work_done")
    desk.put({key: "100"})
    mine = CellChange(key, "300", expected_version=1)
    desk.put({key: "200"})
    with pytest.raises(SomeBroken) as caught:
        put_cells(desk.session, desk.forestry, [mine], by=desk.people.owner)
    (problem,) = caught.value.problems
    assert isinstance(problem, Stale)
    assert problem.facts["who"] == desk.people.owner.name
    unseen = CellChange(key, "300", expected_version=0)
    with pytest.raises(SomeBroken):
        put_cells(desk.session, desk.forestry, [unseen], by=desk.people.owner)
    # The same as what stands is nothing to decide.
    assert put_cells(desk.session, desk.forestry, [mine._replace(value="200")], by=desk.people.owner) == []


@pytest.mark.parametrize("state", ["submitted", "approved", "accepted"])
def test_a_return_that_was_handed_in_takes_no_cells(desk: Desk, state: str) -> None:
    desk.put({desk.money("work_done"): "100"})
    desk.forestry.state = state
    desk.session.flush()
    with pytest.raises(ReturnNotOpen):
        desk.put({desk.money("work_done"): "200"})


def test_a_closed_quarter_takes_no_cells(desk: Desk) -> None:
    desk.put({desk.money("work_done"): "100"})
    accepted(desk)
    close_period(desk.session, desk.small.plan, PERIOD, reason="到期", by=desk.people.office.actor)
    with pytest.raises(PeriodShut):
        put(desk, desk.water, {CellKey(identity(desk.small.parts[0]), "money.work_done"): "1"})


def test_a_quarter_closed_with_a_later_one_takes_no_cells_either(desk: Desk) -> None:
    """Order matters, gaps do not: an open quarter before a closed one does not take anything again."""
    open_period(desk.session, desk.small.plan, Period(2025, "Q1"), by=SOMEBODY)
    row = desk.session.exec(
        select(DepartmentReturn).where(
            DepartmentReturn.department_id == desk.small.forestry.id, DepartmentReturn.id != desk.forestry.id
        )
    ).one()
    later = desk.session.exec(select(ReportingPeriod).where(ReportingPeriod.name == "2025Q2")).one()
    later.state = "closed"
    desk.session.flush()
    with pytest.raises(PeriodShut):
        put(desk, row, {desk.money("work_done"): "1"})


def test_an_actual_day_in_a_closed_quarter_is_for_the_page_of_the_milestone(desk: Desk) -> None:
    close_period(desk.session, desk.small.plan, Period(2025, "Q3"), reason="到期", by=SOMEBODY)
    assert refused(desk, {desk.actual: "2025-09-01"}) == {desk.actual: ["ClosedDay"]}


def test_thousands_of_cells_are_written_with_few_statements(desk: Desk) -> None:
    from sqlalchemy import event

    seen: list[str] = []
    engine = desk.session.get_bind()
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    works = {CellKey(desk.forest_id, "works", str(forests(desk.session))): "1000000|亩"}
    desk.put({desk.money("paid", "county"): "1", **works})
    few = len(seen)
    seen.clear()
    leaves = [identity(part) for part in desk.small.parts]
    values = {
        desk.money(stage, source, leaf): "5"
        for leaf in leaves
        for source in ("county", "own")
        for stage in ("paid", "received")
    }
    put(
        desk, desk.water, values | {CellKey(leaf, "works", str(forests(desk.session))): "2000000|亩" for leaf in leaves}
    )
    assert len(seen) <= few + 1
    assert len(desk.session.exec(select(ReturnCell)).all()) == 12
