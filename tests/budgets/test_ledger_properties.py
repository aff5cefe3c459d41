"""Whatever is done to the ledger in whatever order: the sums stay those of the entries, and what was issued never changes."""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlmodel import col, select

from budgets.approval import Approver, OwnEntry, WouldFallBelowZero, approve_entries, reject_entries
from budgets.entries import APPROVED, DRAFT, STAGES, SUBMITTED, LedgerEntry, NewEntry
from budgets.entry_rules import BelowZero
from budgets.ledger import (
    AlreadyReversed,
    ReversalOfReversal,
    discard_draft,
    record_entry,
    reverse_entry,
    submit_entries,
)
from budgets.source_editing import SourceValues, add_source
from core.audit import Actor
from core.calendar import next_quarter
from core.database import Database
from core.errors import SeveralBroken
from portfolio.access import OPERATOR_READER
from portfolio.facts import AS_CORRECTED, AS_ISSUED
from portfolio.periods import CLOSED, OPEN, ReportingPeriod
from portfolio.projects import Project, ProjectListing
from reports.money import money_rollup
from reports.money_movement import movement
from reports.rollup import Scope
from reports.self_check import mismatches
from tests.samples import find_small_plan

PEOPLE = tuple(Actor(None, name) for name in ("甲", "乙", "丙"))
OTHER = Approver(Actor(None, "丁"))
CODES = ("qingshan-01", "qingshan-02-1", "qingshan-02-2", "qingshan-03")
FIRST, LAST = 20231, 20244
MONTHS = [(year, month) for year in (2023, 2024) for month in range(1, 13)]

Cell = tuple[str, str]  # top-level project, stage


class Ledger(RuleBasedStateMachine):
    """Three people work on the small plan; quarters are closed one after the other, and the last one may be reopened."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copyfile(self.template, self.folder / "ledger.sqlite3")
        self.database = Database(f"sqlite:///{self.folder / 'ledger.sqlite3'}")
        self.issued: dict[int, dict[Cell, int]] = {}
        self.rows: list[LedgerEntry] = []  # every entry as it stands after the last step
        with self.database.writing() as session:
            codes = {row.id: (row.code, row.parent_id) for row in session.exec(select(Project))}
            self.tops = {id_: codes[parent or id_][0] for id_, (_, parent) in codes.items()}
            self.sources = [
                add_source(session, key, SourceValues(key, key, None, place, place == 0), by=PEOPLE[0]).id or 0
                for place, key in enumerate(("county", "own"))
            ]

    def teardown(self) -> None:
        try:
            self.what_was_issued_never_changes()
            self.no_sum_is_below_zero_as_of_any_quarter()
            self.what_moved_adds_up()
            self.no_reversal_is_posted_before_what_it_reverses()
            with self.database.reading() as session:
                assert mismatches(session, min(self.next_open(), LAST)) == []
        finally:
            self.database.close()
            shutil.rmtree(self.folder)

    # ---- what people do

    @rule(
        who=st.sampled_from(PEOPLE),
        code=st.sampled_from(CODES),
        stage=st.sampled_from(("paid", "paid", *STAGES)),
        source=st.integers(0, 1),
        fen=st.sampled_from((1, 7, 100, 10**15)),
        month=st.sampled_from(MONTHS),
        how=st.sampled_from((APPROVED, APPROVED, SUBMITTED, DRAFT)),
    )
    def record(
        self, who: Actor, code: str, stage: str, source: int, fen: int, month: tuple[int, int], how: str
    ) -> None:
        new = NewEntry(stage, fen, date(*month, 28), self.sources[source], "青财1号", correction_reason="补记")
        with self.database.writing() as session:
            project = session.exec(select(Project).where(Project.code == code)).one()
            row = record_entry(session, project, new, submit=how != DRAFT, by=who)
            if how == APPROVED:
                approve_entries(session, [row.id or 0], by=OTHER)

    @precondition(lambda self: self.known(APPROVED))
    @rule(
        data=st.data(),
        who=st.sampled_from(PEOPLE),
        part=st.integers(1, 2),
        month=st.sampled_from(MONTHS),
        decided=st.booleans(),
    )
    def take_back(self, data: st.DataObject, who: Actor, part: int, month: tuple[int, int], decided: bool) -> None:
        """All or half of what an entry brought, in any month: also before it came, which is refused."""
        with self.database.writing() as session, _refusing(SeveralBroken) as told:
            row = session.get_one(LedgerEntry, data.draw(st.sampled_from(self.known(APPROVED))))
            fen, project = max(1, abs(row.amount_fen) // part), session.get_one(Project, row.project_id)
            on = date(*month, 28)
            new = NewEntry(row.stage, fen, on, row.source_id, "退1号", reduction=True, correction_reason="补记")
            taken = record_entry(session, project, new, submit=True, by=who)
            if decided:
                approve_entries(session, [taken.id or 0], by=OTHER)
        assert all(isinstance(one, BelowZero) for error in told for one in error.problems)  # type: ignore[attr-defined]

    @precondition(lambda self: self.known(SUBMITTED))
    @rule(data=st.data(), number=st.integers(1, 4))
    def approve(self, data: st.DataObject, number: int) -> None:
        """Somebody who recorded none of them approves some; who recorded one is refused."""
        ids = data.draw(st.permutations(self.known(SUBMITTED)))[:number]
        authors = {self.author(id_) for id_ in ids}
        for who in PEOPLE:
            with _refusing(OwnEntry, WouldFallBelowZero) as told, self.database.writing() as session:
                assert approve_entries(session, ids, by=Approver(who)) == len(ids)
            assert bool(told) if who.name in authors else not any(isinstance(one, OwnEntry) for one in told)
            if not told:
                return

    @precondition(lambda self: self.known(SUBMITTED))
    @rule(data=st.data())
    def reject(self, data: st.DataObject) -> None:
        with self.database.writing() as session:
            ids = [data.draw(st.sampled_from(self.known(SUBMITTED)))]
            reject_entries(session, ids, reason="不符", by=Approver(PEOPLE[2]))

    @precondition(lambda self: self.known(DRAFT))
    @rule(data=st.data(), keep=st.booleans())
    def finish_a_draft(self, data: st.DataObject, keep: bool) -> None:
        with self.database.writing() as session:
            row = session.get_one(LedgerEntry, data.draw(st.sampled_from(self.known(DRAFT))))
            by = Actor(None, row.recorded_by)
            if keep:
                submit_entries(session, [row], by=by)
            else:
                discard_draft(session, row, expected_version=row.row_version, by=by)

    @precondition(lambda self: self.known(APPROVED))
    @rule(data=st.data(), who=st.sampled_from(PEOPLE), decided=st.booleans())
    def reverse(self, data: st.DataObject, who: Actor, decided: bool) -> None:
        refused = _refusing(AlreadyReversed, ReversalOfReversal, WouldFallBelowZero)
        with refused, self.database.writing() as session:
            row = session.get_one(LedgerEntry, data.draw(st.sampled_from(self.known(APPROVED))))
            reversal = reverse_entry(session, row, reason="录错", document=None, by=who)
            if decided:
                approve_entries(session, [reversal.id or 0], by=OTHER)

    def known(self, state: str) -> list[int]:
        return [row.id or 0 for row in self.rows if row.state == state]

    def author(self, id_: int) -> str:
        return next(row.recorded_by for row in self.rows if row.id == id_)

    @precondition(lambda self: self.next_open() <= LAST)
    @rule()
    def close_a_quarter(self) -> None:
        quarter = self.next_open()
        self._mark(quarter, CLOSED)
        self.issued[quarter] = self._summed(quarter, AS_ISSUED)

    @precondition(lambda self: bool(self.issued))
    @rule()
    def reopen_the_last_quarter(self) -> None:
        quarter = max(self.issued)
        del self.issued[quarter]
        self._mark(quarter, OPEN)

    def next_open(self) -> int:
        return next_quarter(max(self.issued)) if self.issued else FIRST

    def _mark(self, quarter: int, state: str) -> None:
        with self.database.writing() as session:
            plan = find_small_plan(session).plan.id
            asked = ReportingPeriod.plan_id == plan, ReportingPeriod.last_quarter == quarter
            session.exec(select(ReportingPeriod).where(*asked, ReportingPeriod.kind == "quarter")).one().state = state

    # ---- what holds after every step; what stands without a mark is looked at in the end

    @invariant()
    def the_list_shows_what_the_entries_come_to(self) -> None:
        with self.database.reading() as session:
            self.rows = list(session.exec(select(LedgerEntry).order_by(col(LedgerEntry.id))))
            listed = {
                (row.code, stage): getattr(row, f"{stage}_fen")
                for row in session.exec(select(ProjectListing))
                for stage in STAGES
            }
        for cell, fen in self._recomputed(99_999, AS_CORRECTED).items():
            assert listed.pop(cell) == fen
        assert not any(listed.values())

    def what_was_issued_never_changes(self) -> None:
        for quarter, then in self.issued.items():
            assert self._summed(quarter, AS_ISSUED) == then == self._recomputed(quarter, AS_ISSUED)

    def no_sum_is_below_zero_as_of_any_quarter(self) -> None:
        sums: dict[tuple[int, str, int | None], int] = defaultdict(int)
        quarter = 0
        counting = [row for row in self.rows if row.state == APPROVED]
        for row in sorted(counting, key=lambda row: row.occurred_quarter):
            if row.occurred_quarter != quarter:
                assert min(sums.values(), default=0) >= 0
                quarter = row.occurred_quarter
            sums[row.project_id, row.stage, row.source_id] += row.amount_fen
        assert min(sums.values(), default=0) >= 0

    def no_reversal_is_posted_before_what_it_reverses(self) -> None:
        posted = {row.id: row.posted_period or 0 for row in self.rows}
        for row in self.rows:
            if row.state == APPROVED and row.reverses_id is not None:
                assert posted[row.id] >= posted[row.reverses_id]

    def what_moved_adds_up(self) -> None:
        quarter = min(self.next_open(), LAST)
        with self.database.reading() as session:
            for edition in (AS_CORRECTED, AS_ISSUED):
                rows = movement(session, OPERATOR_READER, Scope(quarter, edition=edition), ("project",))
                for row in rows:
                    assert row.opening_fen + row.corrections_fen + row.flow_fen == row.closing_fen
                closing = {(str(row.keys[0]), row.figure.removesuffix("_fen")): row.closing_fen for row in rows}
                assert {cell: fen for cell, fen in closing.items() if fen} == self._recomputed(quarter, edition)

    def _summed(self, quarter: int, edition: str) -> dict[Cell, int]:
        """What the roll-up says, without zeros."""
        with self.database.reading() as session:
            rows = money_rollup(session, OPERATOR_READER, Scope(quarter, edition=edition), ("project",))
        found = {(str(row.keys[0]), stage): getattr(row, f"{stage}_fen") or 0 for row in rows for stage in STAGES}
        return {cell: fen for cell, fen in found.items() if fen}

    def _recomputed(self, quarter: int, edition: str) -> dict[Cell, int]:
        """The same from the entries, added up here."""
        sums: dict[Cell, int] = defaultdict(int)
        for row in self.rows:
            if row.state != APPROVED:
                continue
            if (row.posted_period or 0 if edition == AS_ISSUED else row.occurred_quarter) <= quarter:
                sums[self.tops[row.project_id], row.stage] += row.amount_fen
        return {cell: fen for cell, fen in sums.items() if fen}


@contextmanager
def _refusing(*errors: type[Exception]) -> Iterator[list[Exception]]:
    """What the ledger may answer with instead; the transaction is then undone."""
    told: list[Exception] = []
    try:
        yield told
    except errors as error:
        told.append(error)


@pytest.fixture
def machine(sqlite_planted: Path) -> type[Ledger]:
    class Planted(Ledger):
        template = sqlite_planted

    return Planted


def test_the_sums_hold_whatever_is_done_to_the_ledger(machine: type[Ledger]) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=8, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
