"""What the ledger refuses when the world changed since an entry was recorded, and who may not approve it."""

from datetime import date

import pytest
from sqlmodel import Session, select

from budgets.approval import Approver, OwnEntry, WouldFallBelowZero, approve_entries, reject_entries
from budgets.archiving import MoneyStands, archive_project
from budgets.entry_rules import BelowZero, NotALeaf, PeriodClosed
from budgets.gap import funding_of
from budgets.ledger import change_draft, record_entry, reverse_entry, submit_entries
from budgets.line_approval import OwnLine, approve_lines
from budgets.line_editing import put_line
from budgets.lines import NewLine
from budgets.locking import OfArchived, OfPackage
from budgets.packages import NewPart, add_parts
from budgets.source_editing import edit_source, source_values
from budgets.sources import FundingSource, Retired
from core.audit import Actor
from core.database import Database
from core.errors import SeveralBroken
from portfolio import editing
from portfolio.access import OPERATOR_READER
from portfolio.editing import Archived
from portfolio.periods import CLOSED, ReportingPeriod
from portfolio.projects import Project
from reports.money import whole_money
from reports.rollup import Scope
from reports.self_check import mismatches
from tests.budgets.ledger_samples import REVIEWER, WAN, an_entry, sources
from tests.samples import SOMEBODY, SmallPlan, a_basis, find_small_plan, identity, make_person

__all__ = ["sources"]  # a fixture

CHECKER = Actor(None, "复核人")


def approved(session: Session, project: Project, new: object, *, by: Actor = SOMEBODY) -> int:
    row = record_entry(session, project, new, submit=True, by=by)  # type: ignore[arg-type]
    approve_entries(session, [row.id or 0], by=REVIEWER)
    return row.id or 0


def reasons(caught: pytest.ExceptionInfo[SeveralBroken]) -> list[type]:
    return [type(one) for one in caught.value.problems]


# ---- who approves


def test_a_new_name_does_not_make_somebody_another_person(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        person = identity(make_person(session, "wang"))
        small = find_small_plan(session)
        before, after = Actor(person, "小王"), Actor(person, "王科长")
        row = record_entry(session, small.forest, an_entry(source_id=sources["own"]), submit=True, by=before)
        with pytest.raises(OwnEntry):
            approve_entries(session, [row.id or 0], by=Approver(after))
        new = NewLine(2024, sources["own"], WAN, date(2024, 1, 5), "青财〔2024〕1号")
        line = put_line(session, small.forest, new, submit=True, by=before)
        with pytest.raises(OwnLine):
            approve_lines(session, [line.id or 0], by=after)
        # The draft is still theirs.
        draft = record_entry(session, small.forest, an_entry(source_id=sources["own"]), by=before)
        changed = change_draft(session, draft, an_entry(wan=1, source_id=sources["own"]), expected_version=1, by=after)
        assert changed.amount_fen == WAN


def test_two_accounts_of_one_name_are_two_people_but_a_name_without_account_may_be_anybody(
    stored: Database, sources: dict[str, int]
) -> None:
    with stored.writing() as session:
        first, second = (identity(make_person(session, name)) for name in ("li1", "li2"))
        small = find_small_plan(session)
        row = record_entry(
            session, small.forest, an_entry(source_id=sources["own"]), submit=True, by=Actor(first, "李")
        )
        with pytest.raises(OwnEntry):
            approve_entries(session, [row.id or 0], by=Approver(Actor(None, "李")))
        assert approve_entries(session, [row.id or 0], by=Approver(Actor(second, "李"))) == 1


def test_who_reverses_an_entry_of_somebody_else_does_not_approve_the_reversal(
    stored: Database, sources: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        row = record_entry(session, small.forest, an_entry(source_id=sources["own"]), submit=True, by=SOMEBODY)
        approve_entries(session, [row.id or 0], by=REVIEWER)
        reversal = reverse_entry(session, row, reason="重复", document=None, by=CHECKER)
        with pytest.raises(OwnEntry):
            approve_entries(session, [reversal.id or 0], by=Approver(CHECKER))


# ---- nothing falls below zero


def test_a_reversal_that_would_leave_less_than_was_taken_back_is_not_approved(
    stored: Database, sources: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        row = record_entry(session, small.forest, an_entry(wan=100, source_id=sources["own"]), submit=True, by=SOMEBODY)
        approve_entries(session, [row.id or 0], by=REVIEWER)
        back = an_entry(wan=80, on=date(2024, 9, 1), source_id=sources["own"], reduction=True, document="退〔2024〕1号")
        taken = record_entry(session, small.forest, back, submit=True, by=SOMEBODY)
        approve_entries(session, [taken.id or 0], by=REVIEWER)
        reversal = reverse_entry(session, row, reason="录错", document=None, by=SOMEBODY)
        with pytest.raises(WouldFallBelowZero) as caught:
            approve_entries(session, [reversal.id or 0], by=REVIEWER)
        assert caught.value.facts["quarter"] == "2024Q3"
        # What was taken back is reversed first, or with it.
        undone = reverse_entry(session, taken, reason="录错", document=None, by=SOMEBODY)
        assert approve_entries(session, [reversal.id or 0, undone.id or 0], by=REVIEWER) == 2


def test_money_is_not_taken_back_before_it_came(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        approved(session, small.forest, an_entry(wan=100, on=date(2024, 5, 6), source_id=sources["own"]))
        early = an_entry(wan=1, on=date(2024, 3, 1), source_id=sources["own"], reduction=True, document="退1号")
        with pytest.raises(SeveralBroken) as caught:
            record_entry(session, small.forest, early, by=SOMEBODY)
        assert reasons(caught) == [BelowZero]
        same = an_entry(wan=100, on=date(2024, 4, 1), source_id=sources["own"], reduction=True, document="退1号")
        assert approved(session, small.forest, same)


# ---- projects that changed since


def test_a_part_of_an_archived_package_takes_no_money(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        new = an_entry(source_id=sources["own"])
        waiting = record_entry(session, small.parts[0], new, submit=True, by=SOMEBODY)
        draft = record_entry(session, small.parts[0], new, by=SOMEBODY)
        plan = NewLine(2022, sources["own"], WAN, date(2022, 1, 5), "青财〔2022〕1号")
        line = put_line(session, small.parts[0], plan, submit=True, by=SOMEBODY)
        # Past the rule that keeps money: as a list that was archived before that rule.
        editing.archive_project(session, small.water, reason="重复", expected_version=1, by=SOMEBODY)
        for attempt in (
            lambda: record_entry(session, small.parts[0], new, by=SOMEBODY),
            lambda: submit_entries(session, [draft], by=SOMEBODY),
            lambda: put_line(session, small.parts[1], plan, by=SOMEBODY),
        ):
            with pytest.raises(Archived):
                attempt()
        with pytest.raises(OfArchived):
            approve_entries(session, [waiting.id or 0], by=REVIEWER)
        with pytest.raises(OfArchived):
            approve_lines(session, [line.id or 0], by=CHECKER)
        assert reject_entries(session, [waiting.id or 0], reason="已归档", by=REVIEWER) == 1


def test_a_project_with_money_is_not_archived_and_one_with_drafts_is(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        row = record_entry(session, small.parts[0], an_entry(source_id=sources["own"]), submit=True, by=SOMEBODY)
        for project in (small.parts[0], small.water):
            with pytest.raises(MoneyStands) as caught:
                archive_project(session, project, reason="重复", expected_version=project.row_version, by=SOMEBODY)
            assert caught.value.facts == {"entries": 1, "lines": 0}
        reject_entries(session, [row.id or 0], reason="重复", by=REVIEWER)
        record_entry(session, small.parts[0], an_entry(source_id=sources["own"]), by=SOMEBODY)
        archive_project(session, small.water, reason="重复", expected_version=small.water.row_version, by=SOMEBODY)
    with stored.reading() as session:
        assert mismatches(session) == []


def test_a_project_that_is_divided_keeps_its_money_and_takes_no_more(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        new = an_entry(source_id=sources["own"])
        kept = record_entry(session, small.forest, new, submit=True, by=SOMEBODY)
        approve_entries(session, [kept.id or 0], by=REVIEWER)
        plan = NewLine(0, sources["own"], 500 * WAN, date(2022, 1, 5), "青财〔2022〕1号")
        line = put_line(session, small.forest, plan, submit=True, by=SOMEBODY)
        approve_lines(session, [line.id or 0], by=CHECKER)
        waiting = record_entry(session, small.forest, new, submit=True, by=SOMEBODY)
        draft = record_entry(session, small.forest, new, by=SOMEBODY)
        parts = [NewPart(1, "甲片区", 4_000 * WAN), NewPart(2, "乙片区", 5_000 * WAN)]
        add_parts(session, small.forest, parts, {}, a_basis(), expected_version=1, by=SOMEBODY)
        with pytest.raises(NotALeaf):
            submit_entries(session, [draft], by=SOMEBODY)
        with pytest.raises(OfPackage):
            approve_entries(session, [waiting.id or 0], by=REVIEWER)
        # What stood on the package counts once, on the page of the project as in the roll-up.
        figures = whole_money(session, OPERATOR_READER, Scope(20244))
        funding = funding_of(session, [identity(small.forest)], 20244)[identity(small.forest)]
        assert (figures.paid_fen, figures.secured_fen) == (320 * WAN, 500 * WAN)
        assert (funding.secured_fen, funding.gap_fen) == (500 * WAN, 8_500 * WAN)
        # It can be reversed there, and recorded again on a part.
        reversal = reverse_entry(session, kept, reason="改记子项目", document=None, by=SOMEBODY)
        assert approve_entries(session, [reversal.id or 0], by=REVIEWER) == 1
        assert mismatches(session, 20244) == []


# ---- sources and quarters


def close_quarter(session: Session, small: SmallPlan, name: str) -> None:
    periods = select(ReportingPeriod).where(ReportingPeriod.plan_id == small.plan.id, ReportingPeriod.name == name)
    session.exec(periods).one().state = CLOSED
    session.flush()


def retire(session: Session, id_: int) -> None:
    row = session.get_one(FundingSource, id_)
    values = source_values(row)
    edit_source(
        session,
        row,
        type(values)(**{**values.__dict__, "retired": True}),
        expected_version=row.row_version,
        reason="科目调整",
        by=SOMEBODY,
    )


def test_what_a_retired_source_gave_can_be_taken_back_and_no_more_be_given(
    stored: Database, sources: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        approved(session, small.forest, an_entry(wan=100, source_id=sources["own"]))
        plan = NewLine(2024, sources["own"], 100 * WAN, date(2024, 1, 5), "青财〔2024〕1号")
        approve_lines(session, [put_line(session, small.forest, plan, submit=True, by=SOMEBODY).id or 0], by=CHECKER)
        retire(session, sources["own"])
        assert approved(
            session, small.forest, an_entry(wan=100, source_id=sources["own"], reduction=True, document="退1号")
        )
        for attempt in (
            lambda: record_entry(session, small.forest, an_entry(source_id=sources["own"]), by=SOMEBODY),
            lambda: put_line(
                session,
                small.forest,
                NewLine(2024, sources["own"], 101 * WAN, date(2024, 2, 5), "青财〔2024〕2号", reason="追加"),
                by=SOMEBODY,
            ),
        ):
            with pytest.raises(SeveralBroken) as caught:
                attempt()
            assert reasons(caught) == [Retired]


def test_a_document_from_before_the_plan_is_no_correction_while_no_quarter_is_closed(
    stored: Database, sources: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        plan = NewLine(2021, sources["own"], WAN, date(2020, 12, 20), "青财〔2020〕99号")
        line = put_line(session, small.forest, plan, submit=True, by=SOMEBODY)
        approve_lines(session, [line.id or 0], by=CHECKER)
        assert (line.occurred_quarter, line.posted_period) == (20204, 20211)
        entry = an_entry(on=date(2020, 12, 20), source_id=sources["own"])
        assert approved(session, small.forest, entry)
        close_quarter(session, small, "2021Q1")
        with pytest.raises(SeveralBroken) as caught:
            record_entry(session, small.forest, entry, by=SOMEBODY)
        assert reasons(caught) == [PeriodClosed]
