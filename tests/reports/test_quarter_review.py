"""What a review of the quarter found: figures of one's own, reversals that wait, unseen returns, facts that slip past closing."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from budgets.approval import Approver, approve_entries
from budgets.entries import SUBMITTED, LedgerEntry, NewEntry
from budgets.ledger import record_entry, reverse_entry, submit_entries
from core.database import Database
from milestones.work_reports import accept_works, record_work
from milestones.work_verifying import reverse_work
from milestones.works import WorkEntry
from portfolio.reviewing import Reviewer
from reports.return_cells import CellChange, put_cells
from reports.return_effects import ReversalWaiting
from reports.return_fields import CellKey
from reports.return_flow import accept_return, approve_return, send_back_return, submit_return
from reports.return_form import MONEY as MONEY_KIND
from reports.return_form import SHEETS
from reports.return_form import WORKS as WORKS_KIND
from reports.return_rules import AlreadyDone, OwnReturn, SomeBroken
from tests.budgets.ledger_together import first_then
from tests.databases import on_sqlite, plant
from tests.milestones.work_samples import a_work
from tests.reports.return_samples import WAN, Desk, approved, make_desk
from tests.reports.return_workbook_samples import FOREST, Form, filled, looked_at, made, open_desk
from tests.reports.test_periods_at_once import acting, closing
from tests.samples import SOMEBODY, SmallPlan, find_small_plan

sqlite = on_sqlite(plant, open_desk)


@pytest.fixture
def desk(stored: Database) -> Iterator[Desk]:
    with stored.writing() as session:
        yield make_desk(session, find_small_plan(session))
        session.rollback()


# ---- nobody approves what they entered


def filled_by(desk: Desk, by: Any) -> None:
    put_cells(desk.session, desk.forestry, [CellChange(desk.money("contracted"), str(5 * WAN))], by=by)


def test_a_head_does_not_approve_figures_that_the_head_typed(desk: Desk) -> None:
    filled_by(desk, desk.people.head)
    submit_return(desk.session, desk.forestry, by=desk.people.owner)
    with pytest.raises(OwnReturn):
        approve_return(desk.session, desk.forestry, by=desk.people.head)


def test_who_typed_figures_does_not_accept_them(desk: Desk) -> None:
    filled_by(desk, desk.people.office.actor)
    approved(desk)
    with pytest.raises(OwnReturn):
        accept_return(desk.session, desk.forestry, by=desk.people.office)


# ---- nobody approves what they did not see


def test_a_return_that_was_handed_in_anew_is_not_accepted_unseen(desk: Desk) -> None:
    desk.put({desk.money("contracted"): str(5 * WAN)})
    seen = approved(desk).row_version
    send_back_return(desk.session, desk.forestry, reason="核对", by=desk.people.office.actor)
    desk.put({desk.money("contracted"): str(500 * WAN)})
    approved(desk)
    with pytest.raises(AlreadyDone):
        accept_return(desk.session, desk.forestry, expected_version=seen, by=desk.people.office)
    accept_return(desk.session, desk.forestry, expected_version=desk.forestry.row_version, by=desk.people.office)


def test_a_head_does_not_send_back_what_the_head_saw_before_it_was_approved(desk: Desk) -> None:
    desk.put({desk.money("contracted"): str(5 * WAN)})
    submit_return(desk.session, desk.forestry, by=desk.people.owner)
    seen = desk.forestry.row_version
    approve_return(desk.session, desk.forestry, expected_version=seen, by=desk.people.head)
    with pytest.raises(AlreadyDone):
        send_back_return(desk.session, desk.forestry, reason="再看", expected_version=seen, by=desk.people.head)


# ---- a reversal that waits


def test_money_under_a_reversal_that_waits_is_not_reported_again(desk: Desk) -> None:
    """With the reversal sent back later, 100 would stand twice."""
    session, key = desk.session, desk.money("contracted")
    new = NewEntry("contracted", 100 * WAN, date(2025, 12, 1), None, "合同")
    row = record_entry(session, desk.small.forest, new, submit=True, by=desk.people.owner)
    approve_entries(session, [row.id or 0], by=Approver(desk.people.finance))
    reversal = reverse_entry(session, row, reason="记错", document=None, by=desk.people.owner)
    desk.put({key: str(100 * WAN)})
    assert _refused(desk) == {key: ReversalWaiting}
    approve_entries(session, [reversal.id or 0], by=Approver(desk.people.finance))
    approved(desk)


def test_works_under_a_reversal_that_waits_are_not_reported_again(desk: Desk) -> None:
    session = desk.session
    new = a_work(session, "100", on=date(2025, 12, 1))
    row = record_work(session, desk.small.forest, new, submit=True, by=desk.people.owner)
    accept_works(session, [row.id or 0], by=Reviewer(desk.people.finance))
    row = session.get_one(WorkEntry, row.id)
    reverse_work(session, row, reason="报错", document=None, by=desk.people.owner)
    key = CellKey(desk.forest_id, "works", str(row.measure_id))
    desk.put({key: f"{row.quantity_micro}|{row.unit}"})
    assert _refused(desk) == {key: ReversalWaiting}


def _refused(desk: Desk) -> dict[CellKey, type]:
    with pytest.raises(SomeBroken) as refused:
        submit_return(desk.session, desk.forestry, by=desk.people.owner)
    desk.forestry.state = "draft"
    return {key: type(several[0]) for key, several in refused.value.by_key.items()}


# ---- the workbook


def test_a_row_key_of_another_sheet_is_a_forged_one(sqlite: Database, tmp_path: Path) -> None:
    def swap(form: Form) -> None:
        works, money = form.sheet(SHEETS[WORKS_KIND]), form.sheet(SHEETS[MONEY_KIND])
        stolen = works.cell(form.row(SHEETS[WORKS_KIND], FOREST), 1).value
        money.cell(form.header(SHEETS[MONEY_KIND]) + 1, 1).value = stolen

    found = looked_at(sqlite, filled(made(sqlite, tmp_path / "a.xlsx"), swap), "林业局")
    assert ["隐藏标识被改动过" in one.message["zh"] for one in found.findings.problems] == [True]


# ---- facts that slip past a closing

NEW = NewEntry("contracted", 100 * WAN, date(2024, 5, 6), None, "合同")


def _submitting(session: Session, small: SmallPlan) -> None:
    submit_entries(session, session.exec(select(LedgerEntry)).all(), by=SOMEBODY)


def _recording(session: Session, small: SmallPlan) -> None:
    record_entry(session, small.forest, NEW, submit=True, by=SOMEBODY)


def _working(session: Session, small: SmallPlan) -> None:
    record_work(session, small.forest, a_work(session, "100", on=date(2024, 5, 6)), submit=True, by=SOMEBODY)


@pytest.mark.parametrize("handing_over", [_submitting, _recording, _working])
def test_what_is_handed_over_during_a_closing_does_not_slip_into_the_closed_quarter(
    stored: Database, handing_over: Callable[[Session, SmallPlan], None]
) -> None:
    with stored.writing() as session:
        record_entry(session, find_small_plan(session).forest, NEW, by=SOMEBODY)
    first_then(acting(stored, closing(), hold=0.6), acting(stored, handing_over, hold=0))
    with stored.reading() as session:
        waiting: list[Any] = [*session.exec(select(LedgerEntry)), *session.exec(select(WorkEntry))]
        assert [row for row in waiting if row.state == SUBMITTED] == []
