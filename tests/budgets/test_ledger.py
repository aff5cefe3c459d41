"""The ledger: what may be recorded, who approves, what counts, and what the database itself refuses."""

from datetime import date

import pytest
from sqlmodel import Session, col, select

from budgets.approval import Approver, NotSubmitted, NotYourStage, OwnEntry, approve_entries, reject_entries
from budgets.entries import LedgerEntry, NewEntry
from budgets.entry_rules import BelowZero, InTheFuture, NotALeaf, PeriodClosed
from budgets.ledger import (
    AlreadyReversed,
    NotADraft,
    NotReversible,
    OnlyItsAuthor,
    ReversalOfReversal,
    change_draft,
    discard_draft,
    record_entry,
    reverse_entry,
    submit_entries,
)
from budgets.totals import totals_from_ledger
from core.audit import Actor, AuditEntry
from core.database import Database
from core.errors import Broken, Invalid, Missing, SeveralBroken
from portfolio.periods import CLOSED, OPEN, ReportingPeriod
from portfolio.projects import Project, ProjectListing
from tests.budgets.ledger_samples import REVIEWER, WAN, an_entry, sources
from tests.samples import SOMEBODY, SmallPlan, find_small_plan, identity

__all__ = ["sources"]  # a fixture


FAR_OFF = date(2090, 1, 1)


def problems(caught: pytest.ExceptionInfo[SeveralBroken]) -> dict[str | None, type[Broken]]:
    return {problem.field: type(problem) for problem in caught.value.problems}


def listed(session: Session, project: Project) -> int:
    row = session.get_one(ProjectListing, project.id)
    session.refresh(row)
    return row.paid_fen


def close(session: Session, small: SmallPlan, *names: str, state: str = CLOSED) -> None:
    for name in names:
        period = session.exec(
            select(ReportingPeriod).where(ReportingPeriod.plan_id == small.plan.id, ReportingPeriod.name == name)
        ).one()
        period.state = state
        session.add(period)
    session.flush()


def test_only_approved_entries_count(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        row = record_entry(session, small.forest, an_entry(source_id=sources["county"]), by=SOMEBODY)
        assert listed(session, small.forest) == 0
        submit_entries(session, [row], by=SOMEBODY)
        assert listed(session, small.forest) == 0
        approve_entries(session, [row.id or 0], by=REVIEWER)
        assert listed(session, small.forest) == 320 * WAN
        assert (row.state, row.posted_period, row.approved_by) == ("approved", 20242, "审核人")


def test_a_rejected_entry_counts_nowhere_and_may_be_recorded_again(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        new = an_entry(source_id=sources["county"])
        row = record_entry(session, small.forest, new, submit=True, by=SOMEBODY)
        reject_entries(session, [row.id or 0], reason="凭证不符", by=REVIEWER)
        assert (row.state, row.rejected_reason) == ("rejected", "凭证不符")
        again = record_entry(session, small.forest, new, submit=True, by=SOMEBODY)
        assert again.ordinal == 1
        assert listed(session, small.forest) == 0


def test_two_equal_payments_both_stand(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        rows = [
            record_entry(session, small.forest, an_entry(source_id=sources["county"]), submit=True, by=SOMEBODY)
            for _ in range(2)
        ]
        assert [row.ordinal for row in rows] == [1, 2]
        approve_entries(session, [row.id or 0 for row in rows], by=REVIEWER)
        assert listed(session, small.forest) == 640 * WAN


def test_a_reversal_returns_every_figure_to_what_it_was(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        part = small.parts[0]
        row = record_entry(session, part, an_entry(source_id=sources["own"]), submit=True, by=SOMEBODY)
        approve_entries(session, [row.id or 0], by=REVIEWER)
        assert listed(session, small.water) == 320 * WAN
        reversal = reverse_entry(session, row, reason="重复支付", document=None, by=SOMEBODY)
        assert (reversal.occurred_on, reversal.source_id, reversal.amount_fen) == (
            row.occurred_on,
            row.source_id,
            -320 * WAN,
        )
        assert listed(session, small.water) == 320 * WAN  # until it is approved
        approve_entries(session, [reversal.id or 0], by=REVIEWER)
        assert listed(session, small.water) == 0
        ids = [identity(small.water)]
        assert totals_from_ledger(session, ids)[ids[0]]["paid_fen"] == 0


def test_an_entry_is_reversed_once_and_a_reversal_never(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        row = record_entry(session, small.forest, an_entry(source_id=sources["own"]), submit=True, by=SOMEBODY)
        with pytest.raises(NotReversible):
            reverse_entry(session, row, reason="错", document=None, by=SOMEBODY)
        approve_entries(session, [row.id or 0], by=REVIEWER)
        first = reverse_entry(session, row, reason="错", document=None, by=SOMEBODY)
        with pytest.raises(AlreadyReversed):
            reverse_entry(session, row, reason="又错", document=None, by=SOMEBODY)
        reject_entries(session, [first.id or 0], reason="不需冲销", by=REVIEWER)
        second = reverse_entry(session, row, reason="确需冲销", document=None, by=SOMEBODY)
        approve_entries(session, [second.id or 0], by=REVIEWER)
        with pytest.raises(ReversalOfReversal):
            reverse_entry(session, second, reason="反悔", document=None, by=SOMEBODY)


def test_nobody_approves_what_they_entered(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        row = record_entry(session, small.forest, an_entry(source_id=sources["own"]), submit=True, by=SOMEBODY)
        with pytest.raises(OwnEntry):
            approve_entries(session, [row.id or 0], by=Approver(SOMEBODY))
        with pytest.raises(NotYourStage):
            approve_entries(session, [row.id or 0], by=Approver(REVIEWER.actor, frozenset({"work_done"})))
        approve_entries(session, [row.id or 0], by=REVIEWER)
        with pytest.raises(NotSubmitted):
            approve_entries(session, [row.id or 0], by=REVIEWER)


def test_bulk_approval_is_all_or_nothing(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        ids = [
            record_entry(
                session, small.forest, an_entry(wan=wan, source_id=sources["own"]), submit=wan < 3, by=SOMEBODY
            ).id
            for wan in (1, 2, 3)
        ]
    with pytest.raises(NotSubmitted), stored.writing() as session:
        approve_entries(session, [id_ or 0 for id_ in ids], by=REVIEWER)
    with stored.reading() as session:
        states = session.exec(select(LedgerEntry.state).order_by(col(LedgerEntry.id))).all()
    assert list(states) == ["submitted", "submitted", "draft"]


def test_the_approval_of_ones_own_department_is_marked(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        rows = [
            record_entry(session, project, an_entry("work_done"), submit=True, by=SOMEBODY)
            for project in (small.forest, small.parts[0])
        ]
        by = Approver(REVIEWER.actor, department_ids=frozenset({identity(small.water_office)}))
        approve_entries(session, [row.id or 0 for row in rows], by=by)
        assert [row.own_department for row in rows] == [False, True]


def test_money_of_a_package_stands_on_its_parts(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        with pytest.raises(NotALeaf) as caught:
            record_entry(session, small.water, an_entry(source_id=sources["own"]), by=SOMEBODY)
        assert "再生水厂、再生水管网" in str(caught.value)


@pytest.mark.parametrize(
    ("new", "field", "error"),
    [
        (an_entry(), "source", Missing),
        (an_entry("appropriated", source_id=1), "document", Missing),
        (an_entry(wan=0, source_id=1), "amount", Invalid),
        (an_entry(wan=-5, source_id=1), "amount", Invalid),
        (an_entry("spent", source_id=1), "stage", Invalid),
        (an_entry(source_id=99), "source", Broken),
        (an_entry(source_id=1, on=date(1900, 1, 1)), "occurred_on", Invalid),
        (an_entry(source_id=1, on=FAR_OFF), "occurred_on", InTheFuture),
        (an_entry(source_id=1, reduction=True, document="财〔2024〕1号"), "amount", BelowZero),
        (an_entry(source_id=1, reduction=True), "document", Missing),
    ],
)
def test_what_cannot_be_recorded_names_its_field(
    stored: Database, sources: dict[str, int], new: NewEntry, field: str, error: type[Broken]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        with pytest.raises(SeveralBroken) as caught:
            record_entry(session, small.forest, new, by=SOMEBODY)
        assert issubclass(problems(caught)[field], error)
        assert session.exec(select(LedgerEntry)).first() is None


def test_money_taken_back_lowers_the_sum(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        given = an_entry("appropriated", 500, source_id=sources["county"], document="财建〔2024〕1号")
        back = an_entry("appropriated", 200, source_id=sources["county"], document="财建〔2024〕9号", reduction=True)
        first = record_entry(session, small.forest, given, submit=True, by=SOMEBODY)
        approve_entries(session, [first.id or 0], by=REVIEWER)
        second = record_entry(session, small.forest, back, submit=True, by=SOMEBODY)
        approve_entries(session, [second.id or 0], by=REVIEWER)
        ids = [identity(small.forest)]
        assert totals_from_ledger(session, ids)[ids[0]]["appropriated_fen"] == 300 * WAN


def test_a_closed_quarter_refuses_entries_except_as_corrections(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        close(session, small, "2021Q1", "2024Q1", "2024Q2")
        late = an_entry(source_id=sources["own"])
        with pytest.raises(SeveralBroken) as caught:
            record_entry(session, small.forest, late, by=SOMEBODY)
        assert problems(caught) == {"occurred_on": PeriodClosed}
        assert "2024Q3" in str(caught.value.problems[0])
        new = an_entry(source_id=sources["own"], correction_reason="发票迟到")
        row = record_entry(session, small.forest, new, submit=True, by=SOMEBODY)
        approve_entries(session, [row.id or 0], by=REVIEWER)
        assert (row.occurred_quarter, row.posted_period) == (20242, 20243)


def test_a_quarter_closed_between_submitting_and_approving_moves_the_entry_on(
    stored: Database, sources: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        row = record_entry(session, small.forest, an_entry(source_id=sources["own"]), submit=True, by=SOMEBODY)
        close(session, small, "2024Q2")
        approve_entries(session, [row.id or 0], by=REVIEWER)
        assert row.posted_period == 20243


def test_a_reversal_in_a_reopened_quarter_is_not_posted_before_its_original(
    stored: Database, sources: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        close(session, small, "2024Q2")
        new = an_entry(source_id=sources["own"], correction_reason="发票迟到")
        row = record_entry(session, small.forest, new, submit=True, by=SOMEBODY)
        approve_entries(session, [row.id or 0], by=REVIEWER)
        close(session, small, "2024Q2", state=OPEN)
        back = reverse_entry(session, row, reason="录错", document=None, by=SOMEBODY)
        again = record_entry(session, small.forest, an_entry(source_id=sources["own"]), submit=True, by=SOMEBODY)
        approve_entries(session, [back.id or 0, again.id or 0], by=REVIEWER)
        assert (row.posted_period, back.posted_period, again.posted_period) == (20243, 20243, 20242)
        assert listed(session, small.forest) == 320 * WAN


def test_drafts_belong_to_their_author(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        row = record_entry(session, small.forest, an_entry(source_id=sources["own"]), by=SOMEBODY)
        other = Actor(None, "别人")
        new = an_entry(wan=7, source_id=sources["own"])
        with pytest.raises(OnlyItsAuthor):
            change_draft(session, row, new, expected_version=1, by=other)
        with pytest.raises(OnlyItsAuthor):
            submit_entries(session, [row], by=other)
        change_draft(session, row, new, expected_version=1, by=SOMEBODY)
        assert row.amount_fen == 7 * WAN
        submit_entries(session, [row], by=SOMEBODY)
        with pytest.raises(NotADraft):
            discard_draft(session, row, expected_version=row.row_version, by=SOMEBODY)


def test_a_discarded_draft_is_gone_but_not_forgotten(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        row = record_entry(session, small.forest, an_entry(source_id=sources["own"]), by=SOMEBODY)
        discard_draft(session, row, expected_version=1, by=SOMEBODY)
        assert session.exec(select(LedgerEntry)).first() is None
        actions = session.exec(select(AuditEntry.action).where(AuditEntry.subject == "ledger_entry")).all()
        assert list(actions) == ["record", "discard"]
