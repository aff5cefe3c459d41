"""What a department sees beside its cells, and the words that the quarterly report takes from accepted returns."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from budgets.approval import Approver, approve_entries
from budgets.entries import NewEntry
from budgets.ledger import record_entry
from budgets.sources import FundingSource
from core.calendar import Period
from core.database import Database
from milestones.work_reports import accept_works, record_work
from milestones.works import NewWork
from portfolio.periods import ReportingPeriod
from reports.period_flow import open_period
from reports.return_diff import differences
from reports.return_fields import CellKey
from reports.return_flow import accept_return, approve_return, submit_return
from reports.return_rows import return_projects
from reports.return_words import return_words
from reports.returns import DepartmentReturn
from tests.reports.return_samples import QUARTER, WAN, Desk, accepted, forests, make_desk, put
from tests.samples import SOMEBODY, find_small_plan, identity, make_project


@pytest.fixture
def desk(stored: Database) -> Iterator[Desk]:
    with stored.writing() as session:
        yield make_desk(session, find_small_plan(session))
        session.rollback()


def paid(desk: Desk, wan: int, on: date) -> None:
    source = desk.session.exec(select(FundingSource.id).where(FundingSource.key == "own")).one()
    new = NewEntry("paid", wan * WAN, on, source)
    row = record_entry(desk.session, desk.small.forest, new, submit=True, by=SOMEBODY)
    approve_entries(desk.session, [row.id or 0], by=Approver(desk.people.finance))


def planted(desk: Desk, quantity: str, on: date) -> None:
    row = record_work(
        desk.session, desk.small.forest, NewWork(forests(desk.session), quantity, "亩", on), submit=True, by=SOMEBODY
    )
    accept_works(desk.session, [row.id or 0], by=desk.people.office)


def earlier_return(desk: Desk, quarter: str) -> DepartmentReturn:
    open_period(desk.session, desk.small.plan, Period(int(quarter[:4]), quarter[4:]), by=SOMEBODY)
    query = select(DepartmentReturn).join(ReportingPeriod, ReportingPeriod.id == DepartmentReturn.period_id)  # type: ignore[arg-type]
    return desk.session.exec(
        query.where(ReportingPeriod.name == quarter, DepartmentReturn.department_id == desk.small.forestry.id)
    ).one()


def went_all_the_way(desk: Desk, row: DepartmentReturn) -> None:
    submit_return(desk.session, row, answerable="王局长", by=desk.people.owner)
    approve_return(desk.session, row, by=desk.people.head)
    accept_return(desk.session, row, by=desk.people.office)


def test_a_project_shows_last_quarter_the_sum_to_its_end_and_what_is_recorded_already(desk: Desk) -> None:
    paid(desk, 10, date(2024, 5, 6))
    paid(desk, 100, date(2025, 8, 5))
    paid(desk, 7, date(2025, 10, 5))
    planted(desk, "300", date(2024, 5, 6))
    planted(desk, "1000", date(2025, 8, 5))
    planted(desk, "20", date(2025, 10, 5))
    (forest,) = return_projects(desk.session, desk.forestry)
    (leaf,) = forest.leaves
    assert (forest.code, forest.programme, forest.estimate_fen) == ("qingshan-01", "国土绿化工程", 9000 * WAN)
    assert forest.lamp is not None
    (line,) = (one for one in leaf.money if one.stage == "paid")
    assert line.key == desk.money("paid", "own")
    assert (line.source, line.last_fen, line.cumulative_fen, line.recorded_fen) == (
        "企业自筹",
        100 * WAN,
        110 * WAN,
        7 * WAN,
    )
    (work,) = leaf.works
    assert (work.key, work.unit, work.target) == (desk.works, "万亩", Fraction(1, 2))
    assert (work.cumulative, work.last, work.recorded) == (Fraction(13, 100), "1000000000|亩", "20000000|亩")
    assert [one.name for one in leaf.milestones] == ["主体完工"]
    # Stages without a source stand once, even where nothing was recorded.
    assert [(one.stage, one.recorded_fen) for one in leaf.money if one.source is None] == [
        ("contracted", None),
        ("work_done", None),
    ]


def test_a_package_shows_its_parts(desk: Desk) -> None:
    (water,) = return_projects(desk.session, desk.water)
    assert [(leaf.name, leaf.is_part, leaf.estimate_fen) for leaf in water.leaves] == [
        ("再生水厂", True, 10_000 * WAN),
        ("再生水管网", True, 15_000 * WAN),
    ]
    assert water.estimate_fen == 25_000 * WAN


def test_the_words_of_last_quarter_stand_beside_this_one(desk: Desk) -> None:
    row = earlier_return(desk, "2025Q3")
    words = CellKey(desk.forest_id, "text.progress")
    put(desk, row, {words: "完成整地"})
    went_all_the_way(desk, row)
    (forest,) = return_projects(desk.session, desk.forestry)
    assert forest.texts == {"text.progress": "完成整地"}


def statements(session: Session, return_: DepartmentReturn) -> tuple[int, int]:
    """How many statements the rows and the differences take."""
    session.flush()
    seen: list[str] = []

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    return_projects(session, return_)
    rows = len(seen)
    differences(session, return_)
    event.remove(engine, "before_cursor_execute", note)
    return rows, len(seen) - rows


def test_many_projects_take_as_many_statements_as_few(desk: Desk) -> None:
    session, small = desk.session, desk.small
    desk.put({desk.works: "1000000|亩", desk.money("paid", "own"): "5"})
    few = statements(session, desk.forestry)
    for number in range(12):
        more = make_project(
            session, small.plan, f"qingshan-5{number}", f"造林{number}", small.greening, lead=small.forestry
        )
        desk.put({CellKey(identity(more), "money.work_done"): "7", CellKey(identity(more), "text.problems"): "无"})
    assert statements(session, desk.forestry) == few
    assert len(return_projects(session, desk.forestry)) == 13


def test_the_approver_is_told_of_leaps_and_of_more_than_the_estimate(desk: Desk) -> None:
    paid(desk, 10, date(2025, 8, 5))
    planted(desk, "10", date(2025, 8, 5))
    desk.put({desk.money("paid", "own"): str(8_991 * WAN), desk.works: "150000000|亩"})
    flags = {row.key: [flag.text(str) for flag in row.flags] for row in differences(desk.session, desk.forestry)}
    assert flags[desk.money("paid", "own")] == [
        "是上季 10 万元 的 899 倍",
        "加上此前累计为 9,001 万元，超过投资估算 9,000 万元",
    ]
    assert flags[desk.works] == ["是上季 10 亩 的 15 倍"]


def test_the_report_takes_words_and_people_from_accepted_returns_only(desk: Desk) -> None:
    words = CellKey(desk.forest_id, "text.progress")
    desk.put({words: "完成整地", desk.money("work_done"): "0"})
    put(desk, desk.water, {CellKey(identity(desk.small.water), "text.progress"): "还没有接收"})
    accepted(desk, answerable="王局长")
    found = return_words(desk.session, desk.small.plan, QUARTER)
    assert set(found) == {desk.forest_id}
    said = found[desk.forest_id]
    assert said.texts == {"text.progress": "完成整地"}
    assert (said.submitted_by, said.approved_by, said.answerable) == (
        desk.people.owner.name,
        desk.people.head.name,
        "王局长",
    )
    assert return_words(desk.session, desk.small.plan, 20253) == {}
