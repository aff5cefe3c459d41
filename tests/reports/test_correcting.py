"""Corrections: what they move worked out by hand, decided as a whole by somebody else, never rewriting what was issued."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from sqlmodel import select

from budgets.approval import OwnEntry
from core.calendar import Period
from core.database import Database
from core.errors import ManyBroken, NotThere
from milestones.milestones import MilestoneReport
from milestones.report_rules import NewMilestoneReport
from portfolio.access import OPERATOR_READER
from portfolio.corrections import (
    APPROVED,
    LEDGER_ENTRY,
    MILESTONE_REPORT,
    WORK_ENTRY,
    Correction,
)
from portfolio.facts import AS_ISSUED
from portfolio.reviewing import Reviewer
from reports.correcting import (
    NothingChanged,
    OwnCorrection,
    QuarterStillOpen,
)
from reports.correction_changes import Change, OfAnotherQuarter, SecondLookOnlyUndone
from reports.correction_effects import from_json
from reports.period_flow import close_period
from reports.quarterly import build
from reports.quarterly_scope import plan_scope
from tests.milestones.work_samples import a_work, figures, verified
from tests.reports.correction_samples import (
    IN_Q3,
    IN_Q4,
    OFFICE,
    OWNER,
    Q3,
    Q4,
    REASON,
    an_entry,
    approved,
    entry,
    moved,
    only,
    paid,
    paid_in,
    paid_instead,
    plan_of,
    plant,
    refused,
    refused_in,
    requested,
    states,
    work,
    work_instead,
)
from tests.samples import WAN, find_small_plan


@pytest.fixture
def planted(stored: Database) -> Database:
    with stored.writing() as session:
        plant(session)
    return stored


# ---- what it moves


def test_the_effect_of_money_is_what_it_is_by_hand_and_what_approving_does(planted: Database) -> None:
    with planted.writing() as session:
        row = requested(session, paid_instead(session, 60))
        asked = moved(row)
        # 80 were paid of 100 that were done.
        assert (asked["paid_fen", None].before, asked["paid_fen", None].after) == (80 * WAN, 60 * WAN)
        assert asked["paid_fen", None].change == -20 * WAN
        assert (asked["payment", None].before, asked["payment", None].after) == (Fraction(4, 5), Fraction(3, 5))
        assert set(asked) == {("paid_fen", None), ("payment", None)}
        assert moved(row, "plan").keys() == asked.keys()
        # Nothing has happened yet.
        assert paid_in(session, Q3) == 80 * WAN
    with planted.writing() as session:
        before = only(session).effects
        row = approved(session, only(session))
        assert row.effects == before
        assert (row.state, row.posted_period, row.decided_by) == (APPROVED, Q4, "办公室")
        assert paid_in(session, Q3) == 60 * WAN
        assert states(session) == {"approved"}


def test_the_effect_of_works_is_what_it_is_by_hand(planted: Database) -> None:
    with planted.writing() as session:
        row = requested(session, work_instead(session, "900"))
        effect = moved(row)["claimed", "营造林面积"]
        # The plan counts in 万亩.
        assert (effect.figure.unit, effect.before, effect.after) == ("万亩", Fraction(1, 10), Fraction(9, 100))
        approved(session, row)
        (figure,) = figures(session, Q3).values()
        assert figure.claimed == Fraction(9, 100)


def test_what_happens_in_between_is_in_the_effect_that_is_kept_at_the_approval(planted: Database) -> None:
    with planted.writing() as session:
        row = requested(session, paid_instead(session, 60))
        new = an_entry(session, 7)
        forgotten = requested(session, Change(LEDGER_ENTRY, new=new, place_id=find_small_plan(session).forest.id))
        assert moved(forgotten)["paid_fen", None].after == 87 * WAN
        approved(session, forgotten)
        approved(session, row)
        effect = moved(row)["paid_fen", None]
        assert (effect.before, effect.after) == (87 * WAN, 67 * WAN)


def test_as_issued_stays_and_the_next_report_names_the_correction(planted: Database) -> None:
    with planted.writing() as session:
        before = paid_in(session, Q3, AS_ISSUED)
        row = requested(session, paid_instead(session, 60), work_instead(session, "900"))
        approved(session, row)
        assert paid_in(session, Q3, AS_ISSUED) == before == 80 * WAN
        assert paid_in(session, Q3) == 60 * WAN
        assert figures(session, Q3, AS_ISSUED)["qingshan-01", "营造林面积"].claimed == Fraction(1, 10)
        assert paid_in(session, Q4, AS_ISSUED) == 60 * WAN
        report = build(session, OPERATOR_READER, plan_scope(plan_of(session)), Period(2024, "Q4"), edition=AS_ISSUED)
        assert [(one.number, one.reason, one.approved_by) for one in report.corrections] == [
            (row.number, REASON, "办公室")
        ] * 4
        changes = [one.change for one in report.corrections if one.what == "paid_fen"]
        assert sum(change for change in changes if change is not None) == -20 * WAN


def test_something_forgotten_and_something_undone_count_in_their_quarter(planted: Database) -> None:
    with planted.writing() as session:
        forest = find_small_plan(session).forest
        row = requested(
            session,
            Change(LEDGER_ENTRY, new=an_entry(session, 5, stage="contracted"), place_id=forest.id),
            Change(LEDGER_ENTRY, undoes=entry(session).id),
            Change(WORK_ENTRY, new=a_work(session, "50", "亩", IN_Q3), place_id=forest.id),
        )
        found = moved(row)
        assert found["contracted_fen", None].after == 5 * WAN
        assert found["paid_fen", None].after == 0
        assert found["claimed", "营造林面积"].after == Fraction(105, 1000)
        approved(session, row)
        assert paid_in(session, Q3) == 0


def test_a_day_that_a_milestone_was_met_is_replaced_and_taken_back(planted: Database) -> None:
    with planted.writing() as session:
        report = session.exec(select(MilestoneReport)).one()
        day = NewMilestoneReport("actual", date(2024, 9, 5), "验收单")
        row = requested(session, Change(MILESTONE_REPORT, report.id, day))
        effect = moved(row)["actual_on", "主体完工"]
        assert (effect.before, effect.after) == ("2024-09-02", "2024-09-05")
        approved(session, row)
        newest = session.exec(select(MilestoneReport).order_by(MilestoneReport.id.desc())).first()  # type: ignore[union-attr]
        row = requested(session, Change(MILESTONE_REPORT, newest.id if newest else 0))
        assert moved(row)["actual_on", "主体完工"].after is None
        approved(session, row)
        assert refused_in(session, Change(MILESTONE_REPORT, report.id, day)).code == "NotTheOneThatHolds"


# ---- what is refused


def test_only_a_quarter_that_is_closed_is_corrected(planted: Database) -> None:
    with planted.writing() as session:
        later = paid(session, 3, IN_Q4)
        later_id = later.id
    assert isinstance(refused(planted, Change(LEDGER_ENTRY, later_id), quarter=Q4), QuarterStillOpen)
    other = refused(planted, Change(LEDGER_ENTRY, later_id))
    assert isinstance(other, ManyBroken)
    assert isinstance(other.by_place[0], OfAnotherQuarter)
    assert isinstance(refused(planted), NothingChanged)
    assert isinstance(refused(planted, Change(LEDGER_ENTRY, 999)), NotThere)


def test_a_second_look_is_undone_and_taken_again_afterwards(planted: Database) -> None:
    with planted.writing() as session:
        look = verified(session, work(session), "800", on=IN_Q3, correction_reason="补核实")
        change = Change(WORK_ENTRY, look.id, a_work(session, "700", "亩", IN_Q3))
        assert isinstance(refused_in(session, change), SecondLookOnlyUndone)
        assert refused_in(session, work_instead(session, "900")).code == "BuiltUpon"
        # In one correction with what it was built upon, whatever stands first on the form.
        row = requested(session, work_instead(session, "900"), Change(WORK_ENTRY, look.id))
        assert moved(row)["claimed", "营造林面积"].after == Fraction(9, 100)
        effect = moved(row)["verified", "营造林面积"]
        assert (effect.before, effect.after) == (Fraction(8, 100), None)  # nobody has verified any more
        approved(session, row)


def test_a_replacement_may_move_to_a_later_quarter_and_both_show(planted: Database) -> None:
    with planted.writing() as session:
        close_period(session, plan_of(session), Period(2024, "Q4"), reason="测试", by=OFFICE.actor)
        row = requested(session, Change(LEDGER_ENTRY, entry(session).id, an_entry(session, 60, IN_Q4)))
        approved(session, row)
        assert (paid_in(session, Q3), paid_in(session, Q4)) == (0, 60 * WAN)
        quarters = {one.figure.quarter: one.after for one in moved_all(row) if one.figure.figure == "paid_fen"}
        assert quarters == {Q3: 0, Q4: 60 * WAN}


def moved_all(row: Correction) -> list[Any]:
    return [one for one in from_json(row.effects) if one.figure.level == "project"]


def test_the_approver_of_an_entry_is_still_another_than_its_author(planted: Database) -> None:
    with planted.writing() as session:
        row = requested(session, paid_instead(session, 60))
        assert row.requested_by == "填报员"
        with pytest.raises((OwnCorrection, OwnEntry)):
            approved(session, row, Reviewer(OWNER))
