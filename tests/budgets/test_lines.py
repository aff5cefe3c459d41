"""Yearly plans by source: what may be written, by whom, and what an adjustment adds."""

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import select

from budgets.entry_rules import NotALeaf
from budgets.line_editing import (
    UNSEEN,
    LineWaiting,
    NotADraftLine,
    OnlyItsAuthorsLine,
    SameAsApproved,
    discard_line,
    put_line,
    seen_of,
)
from budgets.line_rules import (
    BeforeTheApproved,
    CarriedTooEarly,
    CarriedTooLarge,
    DocumentInTheFuture,
)
from budgets.lines import BudgetLine
from budgets.source_editing import edit_source, source_values
from budgets.sources import FundingSource, Retired, UnknownSource
from core.audit import Actor, AuditEntry
from core.database import Database
from core.errors import Broken, Invalid, Missing, SeveralBroken, Stale, TooLong
from portfolio.editing import Archived, archive_project
from tests.budgets.line_samples import DAY, WAN, a_line, approved, keyed
from tests.samples import SOMEBODY, find_small_plan

__all__ = ["keyed"]  # a fixture

OTHER = Actor(None, "另一人")
FAR_OFF = date(2090, 1, 1)


def problems(caught: pytest.ExceptionInfo[SeveralBroken]) -> dict[str | None, type[Broken]]:
    return {problem.field: type(problem) for problem in caught.value.problems}


def test_an_adjustment_is_a_version_that_counts_by_what_it_adds(stored: Database, keyed: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        first = approved(session, small.forest, keyed["county"], 3_000, 2023, occurred_on=date(2023, 2, 1))
        cut = approved(
            session,
            small.forest,
            keyed["county"],
            2_400,
            2023,
            occurred_on=date(2023, 8, 9),
            carried_fen=100 * WAN,
            document="青财〔2023〕77号",
            reason="压减支出",
        )
        assert (cut.version, cut.change_fen, cut.carried_change_fen) == (2, -600 * WAN, 100 * WAN)
        assert cut.posted_period == 20233
        session.refresh(first)
        assert first.amount_fen == 3_000 * WAN


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"reason": None}, {"reason": Missing}),
        ({"occurred_on": date(2022, 2, 17)}, {"occurred_on": BeforeTheApproved}),
        ({"document": " "}, {"document": Missing}),
        ({"document": "长" * 201}, {"document": TooLong}),
        ({"occurred_on": FAR_OFF}, {"occurred_on": DocumentInTheFuture}),
        ({"occurred_on": date(1989, 1, 1), "reason": None}, {"occurred_on": Invalid, "reason": Missing}),
        ({"carried_fen": WAN}, {"carried": CarriedTooEarly}),
        ({"approver": "长" * 121}, {"approver": TooLong}),
    ],
)
def test_an_adjustment_has_a_reason_a_document_and_a_later_day(
    stored: Database, keyed: dict[str, int], changes: dict[str, object], expected: dict[str, type[Broken]]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        approved(session, small.forest, keyed["county"], 3_000)
        given = {"reason": "调整", "occurred_on": date(2022, 9, 1), **changes}
        with pytest.raises(SeveralBroken) as caught:
            put_line(session, small.forest, a_line(keyed["county"], 2_000, **given), by=SOMEBODY)
        assert problems(caught) == expected


@pytest.mark.parametrize(
    ("covers", "changes", "expected"),
    [
        (2023, {"amount_fen": -1}, {"amount": Invalid}),
        (2023, {"carried_fen": -1}, {"carried": Invalid}),
        (2023, {"carried_fen": 2_000 * WAN}, {"carried": CarriedTooLarge}),
        (2022, {"carried_fen": WAN}, {"carried": CarriedTooEarly}),
        (0, {"carried_fen": WAN}, {"carried": CarriedTooEarly}),
        (20231, {"carried_fen": WAN}, {"carried": CarriedTooEarly}),
        (20235, {}, {"covers": Invalid}),
        (1900, {}, {"covers": Invalid}),
        (2023, {"source_id": 999}, {"source": UnknownSource}),
    ],
)
def test_a_line_names_a_span_a_source_and_an_amount_that_can_be(
    stored: Database, keyed: dict[str, int], covers: int, changes: dict[str, object], expected: dict[str, type[Broken]]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        new = replace(a_line(keyed["county"], 1_000, covers), **changes)  # type: ignore[arg-type]
        with pytest.raises(SeveralBroken) as caught:
            put_line(session, small.forest, new, by=SOMEBODY)
        assert problems(caught) == expected


def test_zero_is_a_plan_and_carried_money_is_part_of_the_amount(stored: Database, keyed: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        assert approved(session, small.forest, keyed["own"], 0).change_fen == 0
        later = approved(session, small.forest, keyed["own"], 50, 2023, carried_fen=50 * WAN)
        assert (later.amount_fen, later.carried_change_fen) == (50 * WAN, 50 * WAN)
        part = approved(session, small.parts[0], keyed["own"], 50, 2022, carried_fen=WAN)
        assert part.carried_fen == WAN  # the package began in 2021


def test_a_package_takes_no_line_and_an_archived_project_neither(stored: Database, keyed: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        with pytest.raises(NotALeaf, match="再生水厂、再生水管网"):
            put_line(session, small.water, a_line(keyed["own"], 1), by=SOMEBODY)
        archive_project(session, small.sewage, reason="重复", expected_version=small.sewage.row_version, by=SOMEBODY)
        with pytest.raises(Archived):
            put_line(session, small.sewage, a_line(keyed["own"], 1), by=SOMEBODY)


def test_a_line_has_one_open_version_at_a_time(stored: Database, keyed: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        draft = put_line(session, small.forest, a_line(keyed["county"], 3_000), by=SOMEBODY)
        with pytest.raises(OnlyItsAuthorsLine):
            put_line(session, small.forest, a_line(keyed["county"], 3_100), by=OTHER)
        again = put_line(session, small.forest, a_line(keyed["county"], 3_200), submit=True, by=SOMEBODY)
        assert (again.id, again.version, again.amount_fen) == (draft.id, 1, 3_200 * WAN)
        with pytest.raises(LineWaiting):
            put_line(session, small.forest, a_line(keyed["county"], 3_300), by=SOMEBODY)
        with pytest.raises(NotADraftLine):
            discard_line(session, again, by=SOMEBODY)


def test_the_same_amount_again_is_no_adjustment(stored: Database, keyed: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        approved(session, small.forest, keyed["county"], 3_000)
        with pytest.raises(SameAsApproved):
            put_line(session, small.forest, a_line(keyed["county"], 3_000, reason="再来"), by=SOMEBODY)


def test_a_draft_is_discarded_by_its_author_and_the_audit_trail_keeps_it(
    stored: Database, keyed: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        draft = put_line(session, small.forest, a_line(keyed["county"], 3_000), by=SOMEBODY)
        with pytest.raises(OnlyItsAuthorsLine):
            discard_line(session, draft, by=OTHER)
        with pytest.raises(Stale):
            discard_line(session, draft, expected=(1, 9), by=SOMEBODY)
        discard_line(session, draft, expected=seen_of(draft), by=SOMEBODY)
        assert session.exec(select(BudgetLine)).all() == []
        actions = session.exec(select(AuditEntry.action).where(AuditEntry.subject == "budget_line")).all()
        assert actions == ["record", "discard"]


def test_what_changed_since_the_form_was_opened_is_stale(stored: Database, keyed: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        first = put_line(session, small.forest, a_line(keyed["county"], 3_000), expected=UNSEEN, by=SOMEBODY)
        with pytest.raises(Stale):
            put_line(session, small.forest, a_line(keyed["county"], 3_100), expected=UNSEEN, by=SOMEBODY)
        seen = seen_of(first)
        put_line(session, small.forest, a_line(keyed["county"], 3_100), expected=seen, by=SOMEBODY)
        with pytest.raises(Stale):
            put_line(session, small.forest, a_line(keyed["county"], 3_200), expected=seen, by=SOMEBODY)


def test_a_retired_source_takes_no_new_line_but_its_old_ones_can_be_cut(
    stored: Database, keyed: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        approved(session, small.forest, keyed["own"], 500)
        source = session.get_one(FundingSource, keyed["own"])
        edit_source(
            session,
            source,
            replace(source_values(source), retired=True),
            expected_version=1,
            reason="撤销",
            by=SOMEBODY,
        )
        assert approved(session, small.forest, keyed["own"], 0, reason="收回").change_fen == -500 * WAN
        with pytest.raises(SeveralBroken) as caught:
            put_line(session, small.sewage, a_line(keyed["own"], 1), by=SOMEBODY)
        assert problems(caught) == {"source": Retired}


def test_the_day_of_the_first_version_may_be_the_day_of_its_adjustment(stored: Database, keyed: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        approved(session, small.forest, keyed["county"], 3_000)
        assert approved(session, small.forest, keyed["county"], 1_000, occurred_on=DAY, reason="更正").version == 2
