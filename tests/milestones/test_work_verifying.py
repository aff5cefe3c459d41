"""The tiers of works: each includes the next, each is somebody else's look, and what is undone is as if it had never been."""

from datetime import date

import pytest
from sqlmodel import Session

from core.audit import Actor, history
from core.database import Database
from core.errors import Missing, NotThere, SeveralBroken
from core.units import converted
from milestones.work_balances import NotApprovedYet, NotToBuildUpon, Reversed, left_of, taken_of
from milestones.work_reports import accept_works, record_work, send_back_works, submit_works
from milestones.work_rules import cause_in_words
from milestones.work_verifying import (
    AlreadyReversed,
    BuiltUpon,
    NotReversible,
    OwnFirstLook,
    ReversalOfReversal,
    record_loss,
    record_survival,
    reverse_work,
    verify_work,
)
from milestones.works import REVERSAL, WorkEntry
from portfolio.editing import Archived, archive_project
from portfolio.facts import APPROVED, AS_ISSUED, SUBMITTED
from portfolio.reviewing import OwnReport, QuarterClosed, Reviewer
from tests.milestones.work_samples import (
    CHECKER,
    OFFICE,
    OWNER,
    VERIFIER,
    a_work,
    claimed,
    figures,
    lost,
    only_problem,
    set_quarter,
    survived,
    tiers,
    undone,
    verified,
)
from tests.samples import find_small_plan, identity, make_part


def a_claim(session: Session, quantity: str = "1000", **more: object) -> WorkEntry:
    return claimed(session, find_small_plan(session).sewage, quantity, **more)


def of_sewage(session: Session, quarter: int = 20254, **more: object) -> tuple[object, ...]:
    """上报, 核实合格, 保存, 损失 in 亩."""
    row = figures(session, quarter, **more).get(("qingshan-03", "营造林面积"))
    values = (None,) * 4 if row is None else tiers(row)
    return tuple(None if value is None else converted(value, row.unit, "亩") for value in values)


def test_each_tier_counts_beside_the_one_before_it(stored: Database) -> None:
    with stored.writing() as session:
        claim = a_claim(session)
        assert of_sewage(session) == (1000, None, None, None)
        first = verified(session, claim, "600")
        assert of_sewage(session) == (1000, 600, None, None)
        check = survived(session, first, "500", on=date(2024, 8, 1))
        assert of_sewage(session) == (1000, 600, 500, None)
        lost(session, check, "120", on=date(2024, 11, 1))
        assert of_sewage(session) == (1000, 600, 380, 120)
        assert of_sewage(session, 20243) == (1000, 600, 500, None)
        assert of_sewage(session, 20242) == (1000, 600, None, None)  # 未到检查期
        assert (taken_of(session, claim), left_of(session, claim), left_of(session, check)) == (600, 400, 380)


def test_a_second_look_counts_at_once_and_says_whose_it_was(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        claim = claimed(session, small.forest)
        head = Reviewer(Actor(None, "林业局审核人"), frozenset({identity(small.forestry)}))
        row = verify_work(session, claim, a_work(session, "900", note="抽查三处"), by=head)
        assert (row.state, row.posted_period, row.based_on_id, row.tier) == (APPROVED, 20242, claim.id, "verified")
        assert (row.recorded_by, row.approved_by, row.own_department) == ("林业局审核人", "林业局审核人", True)
        line = history(session, "work_entry", row.id or 0)[0]
        assert (line.action, line.actor) == ("verify", "林业局审核人")
        assert verified(session, claim, "10").own_department is False


def test_nobody_looks_again_at_their_own(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        draft = record_work(session, small.forest, a_work(session), by=OWNER)
        submit_works(session, [draft], by=OWNER)
        accept_works(session, [draft.id or 0], by=OFFICE)
        with pytest.raises(OwnFirstLook) as told:
            verify_work(session, draft, a_work(session), by=Reviewer(OWNER))
        assert told.value.facts["act"] == "核实"
        first = verify_work(session, draft, a_work(session), by=OFFICE)  # who accepted it may verify it
        for again in (OFFICE, Reviewer(OWNER)):
            with pytest.raises(OwnFirstLook):
                record_survival(session, first, a_work(session), by=again)
        assert record_survival(session, first, a_work(session), by=CHECKER).tier == "surviving"


def test_only_what_stands_is_looked_at_again(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        waiting = record_work(session, small.sewage, a_work(session), submit=True, by=OWNER)
        with pytest.raises(NotApprovedYet):
            verified(session, waiting)
        claim = a_claim(session)
        with pytest.raises(NotToBuildUpon) as told:
            survived(session, claim)
        assert (told.value.facts["found"], told.value.facts["expected"]) == ("上报", "核实合格")
        with pytest.raises(NotToBuildUpon):
            verified(session, verified(session, claim, "10"), "5")
        none = claimed(session, small.sewage, None, on=date(2023, 5, 6), not_applicable=True)
        with pytest.raises(NotToBuildUpon):
            verified(session, none, "0")
        with pytest.raises(NotToBuildUpon):
            record_loss(session, small.sewage, a_work(session, "1", cause="fire"), based_on=claim, by=OWNER)


def test_a_loss_lowers_the_project_of_its_check_only(stored: Database) -> None:
    with stored.writing() as session:
        check = survived(session, verified(session, a_claim(session)))
        forest = find_small_plan(session).forest
        with pytest.raises(NotThere):
            record_loss(session, forest, a_work(session, "1", cause="fire"), based_on=check, by=OWNER)


def test_a_loss_before_any_check_lowers_nothing_and_a_loss_is_accepted_like_a_report(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        first = verified(session, a_claim(session), "1000")
        row = record_loss(session, small.sewage, a_work(session, "200", cause="drought"), submit=True, by=OWNER)
        assert (row.state, cause_in_words(row.cause or "")) == (SUBMITTED, "旱灾")
        with pytest.raises(OwnReport):
            accept_works(session, [row.id or 0], by=Reviewer(OWNER))
        accept_works(session, [row.id or 0], by=OFFICE)
        assert of_sewage(session) == (1000, 1000, None, 200)
        survived(session, first, "800")
        assert of_sewage(session) == (1000, 1000, 800, 200)


def test_a_dead_plantation_is_zero_and_not_unchecked(stored: Database) -> None:
    with stored.writing() as session:
        survived(session, verified(session, a_claim(session), "0"), "0")
        assert of_sewage(session) == (1000, 0, 0, None)


# ---- reversals


def test_a_reversal_copies_all_but_the_quantity_and_is_accepted_by_somebody_else(stored: Database) -> None:
    with stored.writing() as session:
        first = verified(session, a_claim(session), "0.06", "万亩", date(2024, 6, 1))
        row = reverse_work(session, first, reason="核实有误", document="青林函〔2024〕3号", by=VERIFIER.actor)
        same = ("project_id", "measure_id", "tier", "unit", "occurred_on", "occurred_quarter", "based_on_id")
        assert all(getattr(row, name) == getattr(first, name) for name in same)
        assert (row.kind, row.quantity_micro, row.reverses_id, row.state) == (REVERSAL, -60_000, first.id, SUBMITTED)
        assert of_sewage(session)[1] == 600
        with pytest.raises(OwnReport):
            accept_works(session, [row.id or 0], by=VERIFIER)
        accept_works(session, [row.id or 0], by=OFFICE)
        assert of_sewage(session) == (1000, None, None, None)
        line = history(session, "work_entry", row.id or 0)[-1]
        assert (line.action, line.reason) == ("reverse", "核实有误")


def test_everything_can_be_undone_from_the_top_down_and_is_then_as_if_it_had_never_been(stored: Database) -> None:
    with stored.writing() as session:
        before = figures(session)
        rows = [claim := a_claim(session)]
        rows += [first := verified(session, claim, "600"), check := survived(session, first, "500")]
        rows += [lost(session, check, "100")]
        for row in rows[:-1]:
            with pytest.raises(BuiltUpon):
                reverse_work(session, row, reason="填错", document=None, by=OWNER)
        for row in reversed(rows):
            undone(session, row)
        assert figures(session) == before


def test_what_is_being_undone_is_not_built_upon(stored: Database) -> None:
    with stored.writing() as session:
        claim = a_claim(session)
        reversal = reverse_work(session, claim, reason="填错", document=None, by=OWNER)
        with pytest.raises(Reversed) as told:
            verified(session, claim)
        assert told.value.facts == {"id": claim.id, "by": reversal.id}
        with pytest.raises(AlreadyReversed):
            reverse_work(session, claim, reason="填错", document=None, by=OWNER)
        send_back_works(session, [reversal.id or 0], reason="没有错", by=OFFICE)
        verified(session, claim)


def test_a_waiting_loss_keeps_its_check_from_being_undone_and_a_draft_does_not(stored: Database) -> None:
    with stored.writing() as session:
        sewage = find_small_plan(session).sewage
        check = survived(session, verified(session, a_claim(session)))
        draft = record_loss(session, sewage, a_work(session, "10", cause="fire"), based_on=check, by=OWNER)
        waiting = record_loss(
            session, sewage, a_work(session, "10", cause="fire"), based_on=check, submit=True, by=OWNER
        )
        with pytest.raises(BuiltUpon) as told:
            reverse_work(session, check, reason="填错", document=None, by=OWNER)
        assert told.value.facts == {"by": waiting.id, "tier": "损失"}
        send_back_works(session, [waiting.id or 0], reason="无火灾", by=OFFICE)
        undone(session, check)
        with pytest.raises(Reversed):
            submit_works(session, [draft], by=OWNER)


def test_only_approved_rows_are_reversed_once_and_with_a_reason(stored: Database) -> None:
    with stored.writing() as session:
        claim = a_claim(session)
        with pytest.raises(Missing):
            reverse_work(session, claim, reason=" ", document=None, by=OWNER)
        reversal = undone(session, claim)
        with pytest.raises(ReversalOfReversal):
            reverse_work(session, reversal, reason="填错", document=None, by=OWNER)
        with pytest.raises(AlreadyReversed):
            reverse_work(session, claim, reason="填错", document=None, by=OWNER)
        draft = record_work(session, find_small_plan(session).sewage, a_work(session), by=OWNER)
        with pytest.raises(NotReversible):
            reverse_work(session, draft, reason="填错", document=None, by=OWNER)


def test_not_applicable_can_be_taken_back(stored: Database) -> None:
    with stored.writing() as session:
        sewage = find_small_plan(session).sewage
        none = claimed(session, sewage, None, not_applicable=True)
        assert figures(session)["qingshan-03", "营造林面积"].not_applicable == 1
        row = undone(session, none)
        assert (row.kind, row.quantity_micro) == (REVERSAL, None)
        assert ("qingshan-03", "营造林面积") not in figures(session)


# ---- where it is posted, and what has parts or is archived


def test_a_second_look_of_a_closed_quarter_is_a_correction(stored: Database) -> None:
    with stored.writing() as session:
        plan = identity(find_small_plan(session).plan)
        claim = a_claim(session)
        set_quarter(session, plan, "2024Q2", "closed")
        with pytest.raises(SeveralBroken) as told:
            verified(session, claim)
        assert isinstance(only_problem(told.value), QuarterClosed)
        row = verified(session, claim, correction_reason="补核")
        assert (row.occurred_quarter, row.posted_period) == (20242, 20243)
        assert of_sewage(session, 20242) == (1000, 1000, None, None)
        assert of_sewage(session, 20242, edition=AS_ISSUED) == (1000, None, None, None)


def test_in_a_quarter_that_was_opened_again_no_more_is_verified_than_was_reported(stored: Database) -> None:
    with stored.writing() as session:
        plan = identity(find_small_plan(session).plan)
        set_quarter(session, plan, "2024Q2", "closed")
        claim = a_claim(session, correction_reason="补报")
        set_quarter(session, plan, "2024Q2", "open")
        first = verified(session, claim)
        assert (claim.posted_period, first.posted_period) == (20243, 20243)
        assert undone(session, first).posted_period == 20243
        assert verified(session, claim).posted_period == 20243
        assert of_sewage(session, 20242, edition=AS_ISSUED) == (None, None, None, None)


def test_what_was_reported_before_a_project_had_parts_is_still_verified_and_undone(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        claim = a_claim(session)
        make_part(session, small.plan, "qingshan-03-1", "一期", small.sewage)
        first = verified(session, claim, "700")
        lost(session, survived(session, first, "700"), "50")
        assert of_sewage(session) == (1000, 700, 650, 50)
        undone(session, verified(session, claim, "300"))


def test_nothing_is_verified_or_undone_of_what_is_archived(stored: Database) -> None:
    with stored.writing() as session:
        sewage = find_small_plan(session).sewage
        claim = a_claim(session)
        archive_project(session, sewage, reason="并入", expected_version=sewage.row_version, by=OWNER)
        with pytest.raises(Archived):
            verified(session, claim)
        with pytest.raises(Archived):
            reverse_work(session, claim, reason="填错", document=None, by=OWNER)
