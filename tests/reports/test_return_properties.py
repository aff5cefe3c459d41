"""Whatever is recorded and whatever a return says: what the approver saw is what acceptance makes, and then the records say
what the return says.
"""

from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from budgets.entries import LedgerEntry, NewEntry
from budgets.ledger import record_entry
from budgets.sources import FundingSource
from core.database import Database
from core.units import MICRO
from milestones.milestones import MilestoneReport
from milestones.work_reports import record_work
from milestones.works import NOT_APPLICABLE, NewWork, WorkEntry
from portfolio.projects import ProjectState
from reports.return_applying import apply_return
from reports.return_cells import CellChange, cells_of, put_cells, values_of
from reports.return_diff import differences
from reports.return_effects import LEDGER_ENTRY, MILESTONE_REPORT, WORK_ENTRY, Effect
from reports.return_fields import ACTUAL, FORECAST, CellKey
from reports.return_flow import accept_return
from reports.return_records import recorded
from reports.return_rules import SomeBroken
from reports.returns import ReturnFact
from tests.reports.return_equality import same_value
from tests.reports.return_samples import QUARTER, Desk, approved, forests, make_desk
from tests.samples import SOMEBODY, find_small_plan, identity

STAGES = (("paid", "county"), ("paid", "own"), ("received", "county"), ("contracted", ""), ("work_done", ""))
amounts = st.integers(0, 10**12)
units = st.sampled_from(["亩", "万亩", "公顷"])
quantities = st.tuples(st.integers(0, 40 * MICRO), units)
money = st.dictionaries(st.sampled_from(STAGES), amounts)
reported_works = st.none() | st.just(NOT_APPLICABLE) | quantities.map(lambda one: f"{one[0]}|{one[1]}")
days = st.none() | st.dates(date(2025, 7, 1), date(2026, 3, 31)).map(date.isoformat)
texts = st.none() | st.text("青山造林，\n 1", min_size=1, max_size=30).filter(lambda one: bool(one.strip()))
states = st.none() | st.tuples(
    st.sampled_from(["building", "halted", "finished"]), st.dates(date(2025, 10, 1), date(2025, 12, 31))
)


@pytest.fixture
def desk(stored: Database) -> Iterator[Desk]:
    with stored.writing() as session:
        yield make_desk(session, find_small_plan(session))
        session.rollback()


def record(desk: Desk, paid: dict[tuple[str, str], int], works: list[tuple[int, str]]) -> None:
    """What somebody recorded of the forest in the quarter before the return."""
    session = desk.session
    ids = {row.key: row.id for row in session.exec(select(FundingSource))}
    for (stage, source), fen in paid.items():
        if fen:
            new = NewEntry(stage, fen, date(2025, 11, 5), ids.get(source))
            record_entry(session, desk.small.forest, new, submit=True, by=SOMEBODY)
    for micro, unit in works:
        new_work = NewWork(forests(session), f"{micro / MICRO:f}", unit, date(2025, 11, 6), as_typed=True)
        record_work(session, desk.small.forest, new_work, submit=True, by=SOMEBODY)


def put_what_is_taken(desk: Desk, values: dict[CellKey, str | None]) -> None:
    """Writes the cells that are not refused."""
    left = dict(values)
    while True:
        changes = [CellChange(key, value, as_typed=True) for key, value in left.items()]
        try:
            put_cells(desk.session, desk.forestry, changes, by=desk.people.owner)
        except SomeBroken as broken:
            left = {key: value for key, value in left.items() if key not in broken.by_key}
        else:
            return


def made_of(session: Session, fact: ReturnFact) -> Effect:
    """A fact, read from its own table, as the effect that it came from."""
    key = CellKey(fact.project_id, fact.field, fact.key)
    if fact.subject == LEDGER_ENTRY:
        entry = session.get_one(LedgerEntry, fact.subject_id)
        assert (entry.project_id, f"money.{entry.stage}") == (key.project_id, key.field)
        return Effect(key, fact.subject, str(entry.amount_fen))
    if fact.subject == WORK_ENTRY:
        work = session.get_one(WorkEntry, fact.subject_id)
        assert (work.project_id, str(work.measure_id)) == (key.project_id, key.key)
        none = work.kind == NOT_APPLICABLE
        return Effect(key, fact.subject, NOT_APPLICABLE if none else f"{work.quantity_micro}|{work.unit}")
    if fact.subject == MILESTONE_REPORT:
        report = session.get_one(MilestoneReport, fact.subject_id)
        assert {"actual": ACTUAL, "forecast": FORECAST}[report.kind] == key.field
        return Effect(key, fact.subject, report.met_on.isoformat() if report.met_on else "")
    state = session.get_one(ProjectState, fact.subject_id)
    return Effect(key, fact.subject, state.state, state.since_on.isoformat(), state.document)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    paid=money,
    works=st.lists(quantities, max_size=2),
    said=money,
    more=st.booleans(),
    said_works=reported_works,
    actual=days,
    forecast=days,
    state=states,
    text=texts,
)
def test_what_the_approver_saw_is_what_is_made(
    desk: Desk,
    paid: dict[tuple[str, str], int],
    works: list[tuple[int, str]],
    said: dict[tuple[str, str], int],
    more: bool,
    said_works: str | None,
    actual: str | None,
    forecast: str | None,
    state: tuple[str, date] | None,
    text: str | None,
) -> None:
    session = desk.session
    example = session.begin_nested()
    record(desk, paid, works)
    values: dict[CellKey, str | None] = {
        desk.money(stage, source): str(fen + (paid.get((stage, source), 0) if more else 0))
        for (stage, source), fen in said.items()
    }
    values |= {desk.works: said_works, desk.actual: actual, desk.forecast: forecast}
    values[CellKey(desk.forest_id, "text.progress")] = text and text.strip()
    if state is not None:
        named = {"state": state[0], "since_on": state[1].isoformat(), "document": "青开工〔2025〕3号"}
        values |= {CellKey(desk.forest_id, f"state.{name}"): word for name, word in named.items()}
    put_what_is_taken(desk, values)
    reported = values_of(session, desk.forestry.id or 0)
    if any(row.problem is not None for row in differences(session, desk.forestry)):
        example.rollback()  # a forecast beside an actual day: handing in refuses it
        return
    approved(desk, no_progress_reason=None if reported else "冬季停工")
    shown = {row.key: row.effect for row in differences(session, desk.forestry) if row.effect is not None}
    facts = accept_return(session, desk.forestry, by=desk.people.office)
    assert {fact_key(fact): made_of(session, fact) for fact in facts} == shown

    base = recorded(session, identity(desk.small.plan), [desk.forest_id], QUARTER)
    for key, value in reported.items():
        if not key.field.startswith("text."):
            assert same_value(key, base.get(key), value), key
    assert apply_return(session, desk.forestry, by=desk.people.office) == []
    assert {key: cell.value for key, cell in cells_of(session, desk.forestry.id or 0).items()} == reported
    example.rollback()


def fact_key(fact: ReturnFact) -> CellKey:
    return CellKey(fact.project_id, fact.field, fact.key)
