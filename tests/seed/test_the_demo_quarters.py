"""The quarters of the demonstration: opened, reported, closed and issued in their order; the last one stays open."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from sqlmodel import Session, col, func, select

from budgets.entries import LedgerEntry
from core.calendar import period_from_text, quarter_name
from core.database import Database
from core.money import typed
from core.units import text_from_micro
from milestones.performance import PerformanceResult
from portfolio.access import OPERATOR_READER
from portfolio.corrections import Correction
from portfolio.facts import AS_CORRECTED, AS_ISSUED
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan, find_plan
from portfolio.projects import Project
from reports.edition_reading import DATA, edition_bytes
from reports.edition_report import built_report
from reports.editions import Edition
from reports.order_rows import orders_for
from reports.orders import OrderAnswer, SupervisionOrder
from reports.quarterly_data import canonical_data
from reports.returns import DepartmentReturn, ReturnCell, ReturnFact, ReturnNote
from reports.self_check import mismatches
from reports.self_evaluation import SelfEvaluation, self_evaluation
from seed.demo import load_demo
from seed.demo_texts import DemoStanding, texts_of
from tests.databases import on_sqlite
from tests.real_plans import load_xiaoyi

xiaoyi = on_sqlite(load_xiaoyi)


@pytest.fixture(autouse=True)
def _files_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from tests.web.visiting import setting

    with setting(monkeypatch, files_folder=str(tmp_path / "files")):
        yield


def periods(session: Session) -> dict[str, ReportingPeriod]:
    plan = find_plan(session, "xiaoyi") or Plan()
    return {row.name: row for row in session.exec(select(ReportingPeriod).where(ReportingPeriod.plan_id == plan.id))}


def test_two_quarters_are_reported_closed_and_issued_as_they_were(xiaoyi: Database) -> None:
    with xiaoyi.writing() as session:
        done = load_demo(session, 1, until=20223, issued_from=20222, annual_from=2030)
        assert (done.editions, done.returns) == (2, 27)
    with xiaoyi.reading() as session:
        plan = find_plan(session, "xiaoyi") or Plan()
        assert {name: row.state for name, row in periods(session).items() if row.name <= "2022Q4"} == {
            **dict.fromkeys(("2021Q1", "2021Q2", "2021Q3", "2021Q4", "2021", "2022Q1"), "closed"),
            **dict.fromkeys(("2022Q2", "2022Q3"), "issued"),
            **dict.fromkeys(("2022", "2022Q4"), "open"),
        }
        editions = session.exec(select(Edition).order_by(col(Edition.number))).all()
        assert all(one.demo for one in editions)
        for one in editions:
            period = session.get_one(ReportingPeriod, one.period_id).name
            now = canonical_data(built_report(session, OPERATOR_READER, plan, period_from_text(period), AS_ISSUED))
            stored = edition_bytes(session, one, DATA)
            assert now == stored, period
            assert json.loads(stored)["cover"]["period"] == period
        _a_correction_moved_what_is_corrected_and_not_what_was_issued(session, plan, editions[0])
        _returns_made_facts_and_nobody_approved_their_own(session)
        assert mismatches(session, 20223, plan=plan) == []


def _a_correction_moved_what_is_corrected_and_not_what_was_issued(
    session: Session, plan: Plan, edition: Edition
) -> None:
    correction = session.exec(select(Correction)).one()
    assert (correction.quarter, correction.posted_period, correction.state) == (20222, 20223, "approved")
    period = period_from_text(quarter_name(correction.quarter))
    corrected = canonical_data(built_report(session, OPERATOR_READER, plan, period, AS_CORRECTED))
    assert corrected != edition_bytes(session, edition, DATA)


def _returns_made_facts_and_nobody_approved_their_own(session: Session) -> None:
    rows = session.exec(select(DepartmentReturn)).all()
    assert {row.state for row in rows} == {"accepted"}
    assert all(len({row.submitted_by, row.approved_by, row.accepted_by}) == 3 for row in rows)
    assert all(row.submitted_at and row.accepted_at and row.submitted_at < row.accepted_at for row in rows)
    cells = session.exec(select(ReturnCell)).all()
    money = [one for one in cells if one.field == "money.work_done"]
    assert len(money) == len(session.exec(select(ReturnFact)).all()) > 10
    assert all("演示" in one.value for one in cells if one.field.startswith("text."))
    assert any(row.no_progress_reason for row in rows)


def standing(**more: object) -> DemoStanding:
    said = {
        "code": "xiaoyi-01",
        "quarter": 20242,
        "share": Fraction(2, 5),
        "due": Fraction(3, 4),
        "done_fen": 320_000_000,
    }
    return DemoStanding(**(said | {"begun": True, "finished": False} | more))  # type: ignore[arg-type]


def test_texts_say_what_the_figures_say() -> None:
    found = texts_of(standing(), 1)
    assert found == texts_of(standing(), 1)
    assert "320 万元" in found["text.progress"]
    assert "40%" in found["text.progress"]
    assert "落后 35 个百分点" in found["text.lamp_reason"]
    assert {"text.problems", "text.next_steps"} <= found.keys()


def test_who_is_in_time_has_no_lamp_to_explain_and_who_ended_says_nothing() -> None:
    assert texts_of(standing(share=Fraction(3, 4)), 1).keys() == {"text.progress", "text.next_steps"}
    assert texts_of(standing(share=Fraction(1), finished=True, done_fen=0), 1) == {}
    assert texts_of(standing(share=Fraction(0), due=Fraction(0), begun=False, done_fen=0), 1) == {}


def last_quarter_is_open(session: Session) -> None:
    """What the whole demonstration leaves behind; tests/seed/test_the_demo.py loads it."""
    plan = find_plan(session, "xiaoyi") or Plan()
    found = periods(session)
    assert (found["2025Q3"].state, found["2025Q4"].stage, found["2024"].state) == ("issued", "open", "closed")
    assert "演示" in (found["2025Q3"].closed_reason or "")
    of_last = select(DepartmentReturn).where(DepartmentReturn.period_id == found["2025Q4"].id)
    last = session.exec(of_last).all()
    assert {row.state for row in last} == {"draft", "submitted", "approved", "accepted", "sent-back"}
    assert any(row.extended_reason for row in last)
    assert [row.state for row in last if row.no_progress_reason] == ["submitted"]
    begun = set(session.exec(select(ReturnCell.return_id)))
    assert [row.id for row in last if row.state == "draft" and row.id not in begun]
    sent_back = next(row for row in last if row.state == "sent-back")
    notes = session.exec(select(ReturnNote).where(ReturnNote.return_id == sent_back.id)).all()
    assert {one.field for one in notes} == {"text.progress", "text.next_steps"}
    corrections = session.exec(select(Correction)).all()
    assert {one.state for one in corrections} == {"approved", "refused", "requested"}
    assert all(one.posted_period in (None, *_after(one.quarter)) for one in corrections)
    orders = session.exec(select(SupervisionOrder).order_by(col(SupervisionOrder.number))).all()
    assert [one.state for one in orders] == ["closed", "open", "answered"]
    assert [one.order_id for one in session.exec(select(OrderAnswer))] == [orders[0].id, orders[2].id]
    assert {json.loads(one.lamp or "{}")["colour"] for one in orders} == {"red"}
    printed = orders_for(session, plan, 20254)
    assert [one.number for one in printed if one.overdue] == [2, 3]
    for name in ("2025Q2", "2025Q3"):
        edition = session.exec(select(Edition).where(Edition.period_id == found[name].id)).one()
        now = canonical_data(built_report(session, OPERATOR_READER, plan, period_from_text(name), AS_ISSUED))
        assert now == edition_bytes(session, edition, DATA), name
    _two_projects_evaluate_themselves(session)


def _two_projects_evaluate_themselves(session: Session) -> None:
    """The finished one wholly, with the money that its ledger says; the other is open, and its own department's."""
    results = session.exec(select(PerformanceResult).order_by(col(PerformanceResult.id))).all()
    by_project: dict[int, list[PerformanceResult]] = {}
    for one in results:
        by_project.setdefault(one.project_id, []).append(one)
    (ended, whole), (goes_on, part) = by_project.items()
    assert (len(whole), len(part), whole[0].year, part[0].year) == (9, 4, 2024, 2025)
    form = evaluated(session, ended, 2024)
    assert form.points.total is not None
    assert 90 <= form.points.total < 100
    assert not [line for level in form.levels for line in level.lines if line.needs_reason]
    done = select(func.sum(LedgerEntry.amount_fen)).where(
        LedgerEntry.project_id == ended, LedgerEntry.stage == "work_done", LedgerEntry.state == "approved"
    )
    assert typed(session.exec(done).one(), "万元") == text_from_micro(whole[3].value_micro or 0)
    assert evaluated(session, goes_on, 2025).points.total is None


def evaluated(session: Session, project_id: int, year: int) -> SelfEvaluation:
    code = session.get_one(Project, project_id).code
    return self_evaluation(session, OPERATOR_READER, code, period_from_text(str(year)))


def _after(quarter: int) -> tuple[int, ...]:
    return (quarter + 1 if quarter % 10 < 4 else quarter + 7,)
