"""Whatever is done to works in whatever order: each tier includes the next, in every quarter and both editions."""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlmodel import Session, col, select

from core.audit import Actor
from core.calendar import next_quarter, quarter_name
from core.database import Database
from core.errors import Broken
from core.units import MICRO, converted, text_from_micro
from milestones.work_reports import accept_works, find_work, record_work, send_back_works
from milestones.work_verifying import record_loss, record_survival, reverse_work, verify_work
from milestones.works import ENTRY, LOST, REVERSAL, SURVIVING, NewWork, WorkEntry
from portfolio.facts import AS_CORRECTED, AS_ISSUED, SUBMITTED
from portfolio.periods import CLOSED, ISSUED, OPEN, ReportingPeriod
from portfolio.projects import Project
from portfolio.reviewing import Reviewer
from tests.milestones.work_samples import figures, measure_id

REPORTERS = tuple(Reviewer(Actor(None, name)) for name in ("甲", "乙"))
LOOKERS = tuple(Reviewer(Actor(None, name)) for name in ("丙", "丁"))
CODES = ("qingshan-01", "qingshan-02-1")
FIRST, LAST = 20231, 20244
QUARTERS = [year * 10 + quarter for year in (2023, 2024) for quarter in (1, 2, 3, 4)]
DAYS = st.sampled_from([date(quarter // 10, quarter % 10 * 3 - 1, 15) for quarter in QUARTERS])
QUANTITIES = st.sampled_from([("0", "亩"), ("1", "亩"), ("7", "亩"), ("60", "亩"), ("1", "公顷")])
LARGER = st.sampled_from([("0", "亩"), ("100", "亩"), ("100", "亩"), ("0.01", "万亩"), ("10", "公顷")])
REPORTER, LOOKER = st.sampled_from(REPORTERS), st.sampled_from([*LOOKERS, *LOOKERS, REPORTERS[0]])
SOONER = st.sampled_from([True, True, True, False])  # mostly what was handed over is accepted at once


class Works(RuleBasedStateMachine):
    """Four people report, verify, check, lose and undo; quarters are closed one by one, issued, or opened again."""

    template: Path
    done: ClassVar[dict[str, int]]  # what was done in all runs, so that the test cannot pass by doing nothing

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copyfile(self.template, self.folder / "works.sqlite3")
        self.database = Database(f"sqlite:///{self.folder / 'works.sqlite3'}")
        self.rows: list[WorkEntry] = []
        self.issued: dict[int, Any] = {}
        self.states = dict.fromkeys(QUARTERS, OPEN)
        with self.database.writing() as session:
            self.measure = measure_id(session)
            self.tops = {
                row.id: session.get_one(Project, row.parent_id or row.id).code for row in session.exec(select(Project))
            }

    def teardown(self) -> None:
        try:
            for quarter in QUARTERS:
                for edition in (AS_CORRECTED, AS_ISSUED):
                    with self.database.reading() as session:
                        rows = figures(session, quarter, edition)
                    found = {keys[0]: (row.claimed, row.verified, row.surviving) for keys, row in rows.items()}
                    unit = next((row.unit for row in rows.values()), "亩")
                    standing = {top: three for top, three in found.items() if three != (None, None, None)}
                    assert standing == self.recomputed(quarter, edition, unit), (quarter, edition)
        finally:
            self.database.close()
            shutil.rmtree(self.folder)

    # ---- what people do

    @rule(who=REPORTER, other=LOOKER, code=st.sampled_from(CODES), amount=LARGER, on=DAYS, at_once=SOONER)
    def report(self, who: Reviewer, other: Reviewer, code: str, amount: Any, on: date, at_once: bool) -> None:
        with self.writing("report") as session:
            project = session.exec(select(Project).where(Project.code == code)).one()
            row = record_work(session, project, self.new(amount, on), submit=True, by=who.actor)
            self.maybe_accept(session, row, other, at_once)

    @precondition(lambda self: self.entries("claimed", "verified"))
    @rule(data=st.data(), who=LOOKER, amount=QUANTITIES, on=DAYS)
    def look_again(self, data: st.DataObject, who: Reviewer, amount: Any, on: date) -> None:
        first = data.draw(st.sampled_from(self.entries("claimed", "verified")))
        look = verify_work if first.tier == "claimed" else record_survival
        with self.writing(look.__name__) as session:
            look(session, find_work(session, first.id or 0), self.new(amount, max(on, first.occurred_on)), by=who)

    @precondition(lambda self: self.entries("claimed"))
    @rule(data=st.data(), who=st.just(LOOKERS[0]), checker=st.just(LOOKERS[1]), share=st.sampled_from([1, 1, 2]))
    def look_twice(self, data: st.DataObject, who: Reviewer, checker: Reviewer, share: int) -> None:
        """All or half of what was reported is verified and found alive."""
        first = data.draw(st.sampled_from(self.entries("claimed")))
        amount = (text_from_micro((first.quantity_micro or 0) // share), first.unit)
        with self.writing("look twice") as session:
            row = verify_work(session, find_work(session, first.id or 0), self.new(amount, first.occurred_on), by=who)
            record_survival(session, row, self.new(amount, first.occurred_on), by=checker)

    @precondition(lambda self: self.entries("surviving"))
    @rule(data=st.data(), who=REPORTER, other=LOOKER, amount=QUANTITIES, on=DAYS, at_once=SOONER)
    def lose(self, data: st.DataObject, who: Reviewer, other: Reviewer, amount: Any, on: date, at_once: bool) -> None:
        check = data.draw(st.sampled_from(self.entries("surviving")))
        with self.writing("lose") as session:
            base = find_work(session, check.id or 0)
            new = self.new(amount, max(on, check.occurred_on), cause="fire")
            project = session.get_one(Project, check.project_id)
            row = record_loss(session, project, new, based_on=base, submit=True, by=who.actor)
            self.maybe_accept(session, row, other, at_once)

    @precondition(lambda self: self.entries("claimed", "verified", "surviving", "lost"))
    @rule(data=st.data(), who=REPORTER, other=LOOKER, at_once=SOONER)
    def undo(self, data: st.DataObject, who: Reviewer, other: Reviewer, at_once: bool) -> None:
        """Mostly what is on top, which can be undone."""
        rows = self.entries("claimed", "verified", "surviving", "lost")
        row = data.draw(st.sampled_from(rows[::-1]))
        with self.writing("undo") as session:
            undoing = reverse_work(session, find_work(session, row.id or 0), reason="填错", document=None, by=who.actor)
            self.maybe_accept(session, undoing, other, at_once)

    @precondition(lambda self: any(row.state == SUBMITTED for row in self.rows))
    @rule(data=st.data(), who=LOOKER, accepted=st.sampled_from([True, True, False]))
    def decide(self, data: st.DataObject, who: Reviewer, accepted: bool) -> None:
        waiting = [row.id or 0 for row in self.rows if row.state == SUBMITTED]
        ids = data.draw(st.lists(st.sampled_from(waiting), min_size=1, max_size=3, unique=True))
        with self.writing("accept" if accepted else "send back") as session:
            if accepted:
                accept_works(session, ids, by=who)
            else:
                send_back_works(session, ids, reason="不符", by=who)

    @precondition(lambda self: self.next_open() <= LAST)
    @rule(state=st.sampled_from([CLOSED, CLOSED, ISSUED]))
    def close(self, state: str) -> None:
        quarter = self.next_open()
        self.set_quarter(quarter, state)
        if state == ISSUED:
            self.issued[quarter] = self.recomputed(quarter, AS_ISSUED, "亩")

    @precondition(lambda self: self.last_closed() is not None)
    @rule()
    def open_again(self) -> None:
        self.set_quarter(self.last_closed() or 0, OPEN)

    # ---- what holds after each of them

    @contextmanager
    def writing(self, what: str) -> Iterator[Session]:
        """One transaction, undone where a rule is broken; then everything is looked at."""
        try:
            with self.database.writing() as session:
                yield session
            self.done[what] += 1
        except Broken:
            self.done[f"{what} refused"] += 1
        with self.database.reading() as session:
            self.rows = list(session.exec(select(WorkEntry).order_by(col(WorkEntry.id))))
        for quarter in QUARTERS:
            for edition in (AS_CORRECTED, AS_ISSUED):
                for claimed, verified, surviving in self.recomputed(quarter, edition, "亩").values():
                    assert (claimed or 0) >= (verified or 0) >= (surviving or 0) >= 0
        for quarter, before in self.issued.items():
            assert self.recomputed(quarter, AS_ISSUED, "亩") == before

    def recomputed(self, quarter: int, edition: str, unit: str) -> dict[str, tuple[Fraction | None, ...]]:
        """What stands of each tier, by top-level project, from the rows."""
        counted = {
            row.id: row
            for row in self.rows
            if row.state == "approved"
            and (row.posted_period or 0 if edition == AS_ISSUED else row.occurred_quarter) <= quarter
        }
        undone = {row.reverses_id for row in counted.values() if row.kind == REVERSAL}
        assert undone <= counted.keys()
        sums: dict[str, dict[str, Fraction]] = defaultdict(dict)
        for row in counted.values():
            if row.kind == ENTRY and row.id not in undone:
                tier, sign = (SURVIVING, -1) if row.tier == LOST else (row.tier, 1)
                of = sums[self.tops[row.project_id]]
                value = converted(Fraction(row.quantity_micro or 0, MICRO), row.unit, unit)
                of[tier] = of.get(tier, Fraction(0)) + sign * value
        return {top: tuple(of.get(tier) for tier in ("claimed", "verified", "surviving")) for top, of in sums.items()}

    def new(self, amount: tuple[str, str], on: date, **more: Any) -> NewWork:
        return NewWork(self.measure, *amount, on, correction_reason="补报", **more)

    def maybe_accept(self, session: Session, row: WorkEntry, by: Reviewer, at_once: bool) -> None:
        if at_once:
            accept_works(session, [row.id or 0], by=by)

    def entries(self, *tiers: str) -> list[WorkEntry]:
        """Approved entries that nothing undid."""
        undone = {row.reverses_id for row in self.rows if row.kind == REVERSAL and row.state == "approved"}
        kept = [row for row in self.rows if row.state == "approved" and row.kind == ENTRY and row.id not in undone]
        return [row for row in kept if row.tier in tiers]

    def next_open(self) -> int:
        shut = [quarter for quarter, state in self.states.items() if state != OPEN]
        return next_quarter(max(shut)) if shut else FIRST

    def last_closed(self) -> int | None:
        shut = [quarter for quarter, state in self.states.items() if state != OPEN]
        return max(shut) if shut and self.states[max(shut)] == CLOSED else None

    def set_quarter(self, quarter: int, state: str) -> None:
        self.states[quarter] = state
        with self.database.writing() as session:
            period = session.exec(select(ReportingPeriod).where(ReportingPeriod.name == quarter_name(quarter))).one()
            period.state = state
            session.add(period)


@pytest.fixture
def machine(sqlite_planted: Path) -> type[Works]:
    class Planted(Works):
        template = sqlite_planted
        done: ClassVar[dict[str, int]] = defaultdict(int)

    return Planted


def test_each_tier_includes_the_next_whatever_is_done(machine: type[Works]) -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=8, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    for what in ("report", "verify_work", "look twice", "lose", "undo"):
        assert machine.done[what] > 0, what
