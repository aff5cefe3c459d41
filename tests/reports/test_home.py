"""The figures of the home pages: those of their own modules, of one quarter beside the one before."""

from datetime import date
from fractions import Fraction

from sqlmodel import Session

from budgets.ledger import record_entry
from core.calendar import quarter_before
from core.database import Database
from milestones.lamp_editing import put_presets
from milestones.milestones import ACTUAL
from portfolio.access import OPERATOR_READER
from reports.home import HomeFigures, answerable
from reports.home_audit import approvals
from reports.home_finance import FinanceHome, waiting_stages
from reports.home_owner import own_projects, own_returns, said_of
from reports.lamp_reading import lamp_counts, project_lamps
from reports.money import whole_money
from reports.reminding import remind
from reports.returns import ReturnCell, ReturnNote
from reports.rollup import Scope
from tests.budgets.ledger_samples import an_entry
from tests.budgets.line_samples import make_sources
from tests.milestones.milestone_samples import make_milestones, report
from tests.milestones.work_samples import claimed
from tests.reports import money_samples
from tests.reports.period_samples import OFFICE, opened, period, return_of
from tests.samples import SOMEBODY, WAN, SmallPlan, find_small_plan, identity

SCOPE = Scope(20244)


def a_quarter_apart(session: Session) -> SmallPlan:
    """A plan with lamps, milestones, and money of which some came in the last quarter."""
    small = find_small_plan(session)
    put_presets(session, small.plan, by=SOMEBODY)
    make_milestones(session)
    report(session, "start", ACTUAL, date(2022, 10, 1))
    money_samples.put_entry(session, small.forest, "work_done", 900 * WAN, 20241)
    money_samples.put_entry(session, small.forest, "work_done", 300 * WAN, 20244)
    return small


def test_the_quarter_before() -> None:
    assert [quarter_before(one) for one in (20241, 20242, 20244)] == [20234, 20241, 20243]


def test_numbers_stand_beside_those_of_the_quarter_before(stored: Database) -> None:
    with stored.writing() as session:
        a_quarter_apart(session)
        figures = HomeFigures(session, OPERATOR_READER, SCOPE)
        assert (figures.money_now.work_done_fen, figures.money_before.work_done_fen) == (1200 * WAN, 900 * WAN)
        assert figures.money_now == whole_money(session, OPERATOR_READER, SCOPE)
        now, before = (
            lamp_counts(project_lamps(session, OPERATOR_READER, Scope(quarter)).values())["red"]
            for quarter in (20244, 20243)
        )
        assert figures.reds == (now, before)


def test_lamps_that_changed_and_the_worst_come_first(stored: Database) -> None:
    with stored.writing() as session:
        a_quarter_apart(session)
        figures = HomeFigures(session, OPERATOR_READER, Scope(20224))
        changed = {one.lamp.progress.code: (one.before, one.lamp.colour, one.worse) for one in figures.changed}
        for code, (before, now, worse) in changed.items():
            assert before != now, code
            assert worse == (["red", "yellow", "blue", "green", "grey"].index(now) < 4 and _worse(now, before)), code
        same = {one.progress.code for one in figures.lamps_now.values()} - changed.keys()
        for id_, lamp in figures.lamps_now.items():
            if lamp.progress.code in same:
                assert figures.lamps_before[id_].colour == lamp.colour
        colours = [one.colour for one in HomeFigures(session, OPERATOR_READER, SCOPE).worst]
        assert colours == sorted(colours, key=["red", "yellow"].index)
        assert colours
        small = find_small_plan(session)
        ids = [identity(small.forest), identity(small.sewage)]
        assert answerable(session, ids, 20244) == {identity(small.forest): "qingshan林业局"}


def _worse(now: str, before: str | None) -> bool:
    order = ["red", "yellow", "blue", "green", "grey"]
    return before is None or order.index(now) < order.index(before)


def test_a_department_sees_what_is_left_to_fill_and_what_was_said(stored: Database) -> None:
    with stored.writing() as session:
        small = a_quarter_apart(session)
        opened(session)
        water = frozenset({identity(small.water_office)})
        (own,) = own_returns(session, OPERATOR_READER, water)
        assert (own.step, own.projects, own.left) == ("empty", 1, 1)
        row = return_of(session, "水利局")
        session.add(
            ReturnCell(
                return_id=row.id or 0,
                project_id=identity(small.parts[0]),
                field="text.progress",
                value="主体完工",
                changed_by="李",
            )
        )
        session.add(ReturnNote(return_id=row.id or 0, text="请补照片", written_by="张", sends_back=True))
        session.flush()
        remind(session, period(session), return_ids=[row.id or 0], text="请尽快", by=OFFICE)
        (own,) = own_returns(session, OPERATOR_READER, water)
        assert (own.step, own.filled, own.left) == ("draft", 1, 0)  # a part is filed with its package
        assert {(one.text, one.reminder) for one in said_of(session, [own])} == {("请尽快", True), ("请补照片", False)}
        assert own_returns(session, OPERATOR_READER, ()) == []


def test_own_projects_are_rows_with_the_milestone_that_comes_next(stored: Database) -> None:
    with stored.writing() as session:
        small = a_quarter_apart(session)
        plans, forestry = [identity(small.plan)], frozenset({identity(small.forestry)})
        rows, total = own_projects(session, OPERATOR_READER, Scope(20234), forestry, plans)
        assert total == 1
        (row,) = rows
        assert row.lamp.progress.code == "qingshan-01"
        assert row.following is not None
        # 立项 was planned first and nobody reported it, so it is what comes next.
        assert (row.following.kind, row.days) == ("approval", (date(2022, 3, 31) - date(2023, 12, 31)).days)
        assert own_projects(session, OPERATOR_READER, SCOPE, (), plans) == ([], 0)


def test_finance_reads_execution_by_source_against_time(stored: Database) -> None:
    with stored.writing() as session:
        small, sources = find_small_plan(session), make_sources(session)
        money_samples.put_line(session, small.forest, 2024, sources["county"], 400 * WAN, 20241)
        money_samples.put_entry(session, small.forest, "paid", 100 * WAN, 20242, source=sources["county"])
        home = FinanceHome(session, OPERATOR_READER, Scope(20242))
        assert home.time == Fraction(1, 2)
        (source,) = home.sources
        assert (source.keys[0], source.budget_fen, source.paid_fen) == ("县级财政", 400 * WAN, 100 * WAN)
        assert source.rates["budget_execution"].value == Fraction(1, 4)
        assert home.whole is not None
        assert home.whole.paid_fen == 100 * WAN
        record_entry(session, small.forest, an_entry(source_id=sources["county"]), submit=True, by=SOMEBODY)
        record_entry(session, small.forest, an_entry("contracted", wan=7), submit=True, by=SOMEBODY)
        waiting = waiting_stages(session, None, {"paid", "received"})
        assert [(one.stage, one.count, one.fen) for one in waiting] == [("paid", 1, 320 * WAN)]
        assert waiting_stages(session, frozenset(), {"paid"}) == []


def test_audit_sees_who_approved_what_of_a_quarter(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        claimed(session, small.forest, "100")
        money_samples.put_entry(session, small.forest, "work_done", WAN, 20242)
        money_samples.put_entry(session, small.forest, "work_done", WAN, 20243)
        found = [(one.by, one.kind, one.count, one.own) for one in approvals(session, OPERATOR_READER, Scope(20242))]
        assert sorted(found) == [("办公室", "works", 1, 0), ("审核人", "ledger", 1, 0)]
