"""Deciding about corrections: by somebody else with every right, as a whole, once, and in no other place."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, select

from budgets.approval import Approver, approve_entries, reject_entries
from budgets.entries import NewEntry
from budgets.ledger import AlreadyReversed, record_entry
from core.audit import Actor, history
from core.database import Database
from core.errors import Broken, ManyBroken, Missing
from core.people import Person
from milestones.milestone_reports import report_milestone
from milestones.milestones import Milestone, MilestoneReport
from milestones.report_rules import AlreadyReported, NewMilestoneReport
from milestones.work_reports import accept_works
from portfolio.corrections import (
    APPROVED,
    LEDGER_ENTRY,
    MILESTONE_REPORT,
    OFFICIAL_READING,
    REFUSED,
    REQUESTED,
    WITHDRAWN,
    WORK_ENTRY,
    Correction,
    CorrectionFact,
    InCorrection,
)
from portfolio.reviewing import Reviewer
from reports.correcting import (
    ChangedMeanwhile,
    NobodyMayApprove,
    NotRequested,
    NotYourCorrection,
    NotYourRight,
    OwnCorrection,
    approve_correction,
    refuse_correction,
    withdraw_correction,
)
from reports.correction_changes import Change
from reports.correction_list import correction_sheet
from reports.period_waiting import LEDGER, WORKS, waiting_by_plan
from tests.milestones.reading_samples import accepted, indicator, plant_indicators
from tests.reports.correction_samples import (
    BOTH,
    IN_Q4,
    OFFICE,
    OWNER,
    Q3,
    an_entry,
    approved,
    entry,
    only,
    paid_in,
    paid_instead,
    plant,
    refused,
    refused_in,
    requested,
    states,
    work_instead,
)
from tests.samples import WAN, find_small_plan
from tests.together import at_once

OTHER = Reviewer(Actor(None, "办公室王"))


@pytest.fixture
def planted(stored: Database) -> Database:
    with stored.writing() as session:
        plant(session)
    return stored


# ---- who decides


def test_nobody_approves_what_they_asked_for(planted: Database) -> None:
    with planted.writing() as session:
        row = requested(session, paid_instead(session, 60))
        with pytest.raises(OwnCorrection):
            approved(session, row, Reviewer(OWNER))
        assert row.state == REQUESTED


@pytest.mark.parametrize(
    ("allowed", "passes"),
    [(frozenset(), False), ({"accept_works"}, False), ({"approve_money"}, False), (BOTH, True)],
)
def test_every_right_of_the_facts_inside_is_needed(planted: Database, allowed: Any, passes: bool) -> None:
    with planted.writing() as session:
        row = requested(session, paid_instead(session, 60), work_instead(session, "900"))
        if passes:
            assert approve_correction(session, row, allowed=allowed, by=OFFICE).state == APPROVED
            return
        with pytest.raises(NotYourRight):
            approve_correction(session, row, allowed=allowed, by=OFFICE)
        assert states(session) == {"submitted"}


def test_what_nobody_could_approve_alone_is_not_asked_for(planted: Database) -> None:
    with planted.writing() as session:
        both = session.exec(select(Person).where(Person.username == "both")).one()
        # Whoever could approve both asks for it himself.
        with pytest.raises(NobodyMayApprove):
            requested(session, paid_instead(session, 60), work_instead(session, "900"), by=both.actor)


def test_facts_of_a_correction_are_decided_nowhere_else(planted: Database) -> None:
    with planted.writing() as session:
        requested(session, paid_instead(session, 60), work_instead(session, "900"))
        ids = {
            kind: [fact.subject_id for fact in session.exec(select(CorrectionFact)) if fact.subject == kind]
            for kind in (LEDGER_ENTRY, WORK_ENTRY)
        }
        for decide in (
            lambda: approve_entries(session, ids[LEDGER_ENTRY][:1], by=Approver(OFFICE.actor)),
            lambda: reject_entries(session, ids[LEDGER_ENTRY][:1], reason="x", by=Approver(OFFICE.actor)),
            lambda: accept_works(session, ids[WORK_ENTRY][:1], by=OFFICE),
        ):
            with pytest.raises(InCorrection, match="第 1 号更正单"):
                decide()
        # They wait in their correction and in no other list.
        assert waiting_by_plan(session, LEDGER, None) == waiting_by_plan(session, WORKS, None) == {}


def test_a_fact_is_corrected_once(planted: Database) -> None:
    with planted.writing() as session:
        first = requested(session, paid_instead(session, 60))
        assert isinstance(refused_in(session, paid_instead(session, 70)), AlreadyReversed)
        approved(session, first)
        assert isinstance(refused_in(session, Change(LEDGER_ENTRY, entry(session, wan=80).id)), AlreadyReversed)
    both = refused(planted, *[Change(WORK_ENTRY, 1), Change(WORK_ENTRY, 1)])
    assert isinstance(both, ManyBroken)
    assert list(both.by_place) == [1]


def test_two_people_who_approve_at_once_approve_it_once(planted: Database) -> None:
    with planted.writing() as session:
        requested(session, paid_instead(session, 60), work_instead(session, "900"))

    def by(reviewer: Reviewer) -> Any:
        def act() -> str:
            with planted.writing() as session:
                return approved(session, only(session), reviewer).state

        return act

    outcomes = at_once(by(OFFICE), by(OTHER))
    assert sorted(type(one).__name__ for one in outcomes) == ["NotRequested", "str"], outcomes
    with planted.reading() as session:
        assert paid_in(session, Q3) == 60 * WAN


def test_what_was_changed_since_it_was_asked_for_is_not_approved_over(planted: Database) -> None:
    with planted.writing() as session:
        report = session.exec(select(MilestoneReport)).one()
        day = NewMilestoneReport("actual", date(2024, 9, 5), "验收单", correction_reason="改报")
        requested(session, Change(MILESTONE_REPORT, report.id, day))
        with pytest.raises(AlreadyReported):  # of a milestone one report waits at a time
            report_milestone(session, session.get_one(Milestone, report.milestone_id), day, submit=True, by=OTHER.actor)
        plant_indicators(session)
        old = accepted(session, quarter=Q3, correction_reason="迟报")
        row = requested(session, Change(OFFICIAL_READING, old.id))
        assert correction_sheet(session, row).changed == ()
        accepted(session, quarter=20242, correction_reason="迟报")  # of another quarter
        assert correction_sheet(session, row).changed == ()
        accepted(session, quarter=Q3, value="35", correction_reason="公报修订")
        with pytest.raises(ChangedMeanwhile, match=indicator(session).name):
            approved(session, row)


def test_what_cannot_be_approved_whole_is_approved_not_at_all(planted: Database) -> None:
    with planted.writing() as session:
        row = requested(session, paid_instead(session, 60))
        (fact, _) = session.exec(select(CorrectionFact).order_by(CorrectionFact.id)).all()  # type: ignore[arg-type]
        # A payment that was already taken back elsewhere would fall below zero.
        less = an_entry(session, 75, IN_Q4)
        taken = record_reduction(session, less)
        approve_entries(session, [taken], by=Approver(OFFICE.actor))
        row_id = row.id
        assert fact.subject == LEDGER_ENTRY
    with pytest.raises(Broken, match="小于零"), planted.writing() as session:
        approved(session, session.get_one(Correction, row_id))
    with planted.reading() as session:
        assert only(session).state == REQUESTED
        assert states(session) == {"submitted"}
        assert paid_in(session, Q3) == 80 * WAN


def record_reduction(session: Session, new: NewEntry) -> int:
    forest = find_small_plan(session).forest
    return record_entry(session, forest, replace(new, reduction=True), submit=True, by=OWNER).id or 0


def test_refusing_and_withdrawing_send_the_facts_back(planted: Database) -> None:
    with planted.writing() as session:
        row = requested(session, paid_instead(session, 60), work_instead(session, "900"))
        with pytest.raises(Missing):
            refuse_correction(session, row, reason=" ", allowed=BOTH, by=OFFICE.actor)
        refuse_correction(session, row, reason="依据不足", allowed={"accept_works"}, by=OFFICE.actor)
        assert (row.state, row.decided_reason, states(session)) == (REFUSED, "依据不足", {"rejected"})
        with pytest.raises(NotRequested):
            approved(session, row)
        again = requested(session, paid_instead(session, 60))
        with pytest.raises(NotYourCorrection):
            withdraw_correction(session, again, by=OFFICE.actor)
        withdraw_correction(session, again, by=OWNER)
        assert (again.state, again.decided_by, again.number) == (WITHDRAWN, None, 2)
        assert paid_in(session, Q3) == 80 * WAN
        assert [line.action for line in history(session, "correction", row.id or 0)] == [
            "refuse-correction",
            "request-correction",
        ]
