"""The carry-over list and the decision to carry a project over, on both databases."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from budgets.approval import approve_entries
from budgets.ledger import record_entry
from core.audit import OPERATOR
from core.database import Database
from core.errors import Broken, SeveralBroken
from portfolio.access import OPERATOR_READER
from portfolio.carrying import AlreadyCarriedOver, BeforeTheLaterPlan, NotALaterPlan, NothingToCarryOver, carry_over
from portfolio.plans import Plan, add_plan
from reports.carry_over import AlreadyFinished, carry_over_list, carry_unfinished, taken_over_list
from reports.money import whole_money
from reports.rollup import Scope
from reports.workbook_carry_over import write_carry_over
from tests.budgets.ledger_samples import REVIEWER, an_entry, sources
from tests.reports.progress_samples import put_state
from tests.samples import COUNTY, SOMEBODY, WAN, SmallPlan, find_small_plan, identity

__all__ = ["sources"]  # a fixture
END = 20254


def next_plan(session, first: int = 2026, code: str = "next") -> Plan:  # type: ignore[no-untyped-def]
    plan = Plan(
        code=code,
        jurisdiction_code=COUNTY,
        title=f"{code}规划",
        short_title=code,
        first_year=first,
        last_year=first + 4,
    )
    return add_plan(session, plan, by=SOMEBODY)


def spent(session, small: SmallPlan, sources: dict[str, int]) -> None:  # type: ignore[no-untyped-def]
    """4000 万元 done and 4300 paid on the forest, whose estimate is 9000."""
    ids = [
        record_entry(
            session, small.forest, an_entry(stage, wan, source_id=sources["county"] if stage == "paid" else None),
            submit=True, by=SOMEBODY,
        ).id
        for stage, wan in (("work_done", 4000), ("paid", 4300))
    ]  # fmt: skip
    approve_entries(session, [id_ or 0 for id_ in ids], by=REVIEWER)


def test_what_is_left_is_worked_out_per_project_and_nothing_is_not_zero(
    stored: Database, sources: dict[str, int]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        spent(session, small, sources)
        found = carry_over_list(session, OPERATOR_READER, small.plan, END)
        lines = {line.code: line for line in found.lines}
        assert list(lines) == ["qingshan-01", "qingshan-02", "qingshan-03"]
        forest = lines["qingshan-01"]
        assert (forest.spend_fen, forest.pay_fen) == (5000 * WAN, -300 * WAN)
        assert [(one.left, one.unit) for one in forest.works] == [(Fraction(1, 2), "万亩")]
        assert lines["qingshan-02"].spend_fen == 25_000 * WAN
        assert lines["qingshan-03"].spend_fen is None  # no estimate
        totals = found.totals
        assert (totals.spend_fen, totals.without_estimate, totals.pay_fen) == (30_000 * WAN, 1, -300 * WAN)
        assert (totals.projects, totals.estimate_fen) == (3, 34_000 * WAN)


def test_finished_and_ended_projects_are_not_on_the_list(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        put_state(session, small.forest, "finished", date(2025, 6, 1))
        put_state(session, small.sewage, "ended", date(2025, 6, 1))
        session.flush()
        now, before = (carry_over_list(session, OPERATOR_READER, small.plan, quarter) for quarter in (END, 20251))
        assert [line.code for line in now.lines] == ["qingshan-02"]
        assert len(before.lines) == 3  # then both still stood


def test_a_project_carried_over_keeps_its_plan_and_counts_once(stored: Database, sources: dict[str, int]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        spent(session, small, sources)
        later = next_plan(session)
        before = whole_money(session, OPERATOR_READER, Scope(20261))
        carry_over(session, small.forest, later, 20261, "青政办〔2026〕1号", "未完工", by=OPERATOR)
        assert whole_money(session, OPERATOR_READER, Scope(20261)) == before
        own = whole_money(session, OPERATOR_READER, Scope(20261, frozenset({identity(later)})))
        assert (own.projects, own.work_done_fen) == (0, 0)
        taken = taken_over_list(session, OPERATOR_READER, later, 20261)
        assert [(line.code, line.origin.code, line.spend_fen) for line in taken.lines] == [
            ("qingshan-01", "qingshan", 5000 * WAN)
        ]
        assert taken_over_list(session, OPERATOR_READER, later, 20254).lines == ()
        (line,) = (
            one for one in carry_over_list(session, OPERATOR_READER, small.plan, END).lines if one.code == "qingshan-01"
        )
        assert [plan.code for _, plan in line.carried] == ["next"]


def test_twice_to_the_same_plan_is_refused_and_onward_to_a_later_one_is_not(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        later, last = next_plan(session), next_plan(session, 2031, "last")
        carry_over(session, small.forest, later, 20261, "1号", None, by=OPERATOR)
        with pytest.raises(AlreadyCarriedOver):
            carry_over(session, small.forest, later, 20262, "2号", None, by=OPERATOR)
        carry_over(session, small.forest, last, 20311, "3号", None, by=OPERATOR)


@pytest.mark.parametrize(
    ("first", "quarter", "document", "wrong"),
    [
        (2021, 20261, "1号", ("to_plan", NotALaterPlan)),
        (2026, 20254, "1号", ("from_quarter", BeforeTheLaterPlan)),
        (2026, 20261, " ", ("document", Broken)),
    ],
)
def test_a_decision_names_what_is_wrong_with_it(
    stored: Database, first: int, quarter: int, document: str, wrong: tuple[str, type[Broken]]
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        later = next_plan(session, first)
        with pytest.raises(SeveralBroken) as refused:
            carry_over(session, small.forest, later, quarter, document, None, by=OPERATOR)
        (problem,) = refused.value.problems
        assert problem.field == wrong[0]
        assert isinstance(problem, wrong[1])


def test_a_finished_project_is_not_carried_over(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        later = next_plan(session)
        put_state(session, small.forest, "accepted", date(2025, 6, 1))
        for part in small.parts:  # a package whose parts are all finished
            put_state(session, part, "finished", date(2025, 6, 1))
        session.flush()
        with pytest.raises(NothingToCarryOver):
            carry_over(session, small.forest, later, 20261, "1号", None, by=OPERATOR)
        with pytest.raises(AlreadyFinished):
            carry_unfinished(session, OPERATOR_READER, small.water, later, 20261, "1号", None, by=OPERATOR)


@pytest.mark.office
@pytest.mark.parametrize("language", ["zh", "en"])
def test_recalculating_the_list_changes_no_cell(
    sqlite_stored: Database, tmp_path: Path, office: Callable[[Path], Path], language: str
) -> None:
    with sqlite_stored.reading() as session:
        found = carry_over_list(session, OPERATOR_READER, find_small_plan(session).plan, END)
        file, again = tmp_path / "carry.xlsx", BytesIO()
        write_carry_over(found, file, language=language)
        write_carry_over(found, again, language=language)
    assert file.read_bytes() == again.getvalue()
    before, after = (
        [[cell.value for cell in line] for sheet in load_workbook(one, data_only=True) for line in sheet.iter_rows()]
        for one in (file, office(file))
    )
    assert before == after
    assert any(34_000 in line and line[9] == 34_000 for line in before)  # the totals: estimate and left to spend
