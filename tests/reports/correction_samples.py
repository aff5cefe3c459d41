"""Corrections for tests: a small plan with money and works in quarters that are closed, and the people who correct."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, select

from budgets.approval import Approver, approve_entries
from budgets.entries import LedgerEntry, NewEntry
from budgets.ledger import record_entry
from budgets.source_editing import SourceValues, add_source
from budgets.sources import FundingSource
from core.audit import Actor
from core.calendar import Period
from core.database import Database
from core.errors import Broken, ManyBroken
from milestones.milestone_plans import add_milestone
from milestones.milestone_reports import accept_milestones, report_milestone
from milestones.plan_rules import NewMilestone
from milestones.report_rules import NewMilestoneReport
from milestones.works import WorkEntry
from portfolio.access import OPERATOR_READER, Action
from portfolio.corrections import LEDGER_ENTRY, WORK_ENTRY, Correction, CorrectionFact
from portfolio.grants import grant_role
from portfolio.plans import Plan
from portfolio.reviewing import Reviewer
from reports.correcting import NewCorrection, approve_correction, request_correction
from reports.correction_changes import Change
from reports.correction_effects import Effect, from_json
from reports.money import whole_money
from reports.period_flow import close_period
from reports.rollup import Scope
from tests.milestones.work_samples import a_work, claimed
from tests.samples import SOMEBODY, WAN, find_small_plan, make_person, plan_basis

OWNER = Actor(None, "填报员")
OFFICE = Reviewer(Actor(None, "办公室"))
BOTH: frozenset[Action] = frozenset({"accept_works", "approve_money"})
Q3, Q4 = 20243, 20244
MET_ON = date(2024, 9, 2)
IN_Q3, IN_Q4 = date(2024, 8, 20), date(2024, 11, 20)
REASON = "复核发现金额有误"


def plan_of(session: Session) -> Plan:
    return find_small_plan(session).plan


def own_source(session: Session) -> int:
    found = session.exec(select(FundingSource.id).where(FundingSource.key == "own")).first()
    return found or add_source(session, "own", SourceValues("企业自筹", "own", None, 0, False), by=SOMEBODY).id or 0


def paid(session: Session, wan: int, on: date = IN_Q3, stage: str = "paid") -> LedgerEntry:
    """An approved entry of the forest project."""
    row = record_entry(
        session, find_small_plan(session).forest, an_entry(session, wan, on, stage), submit=True, by=OWNER
    )
    approve_entries(session, [row.id or 0], by=Approver(OFFICE.actor))
    return row


def an_entry(session: Session, wan: int, on: date = IN_Q3, stage: str = "paid") -> NewEntry:
    needs = stage in ("appropriated", "received", "paid")
    return NewEntry(stage, wan * WAN, on, own_source(session) if needs else None, "拨字1号")


def plant(session: Session) -> None:
    """Work done of 100, 80 paid, 1,000 mu reported and a milestone met in the third quarter, which is closed."""
    small = find_small_plan(session)
    paid(session, 100, stage="work_done")
    paid(session, 80)
    claimed(session, small.forest, "1000", "亩", IN_Q3)
    new = NewMilestone("main", "主体完工", date(2024, 9, 1))
    milestone = add_milestone(session, small.forest, new, plan_basis(small.plan), by=OWNER)
    report = report_milestone(session, milestone, NewMilestoneReport("actual", MET_ON), submit=True, by=OWNER)
    accept_milestones(session, [report.id or 0], by=OFFICE)
    both = make_person(session, "both", "office")
    grant_role(session, both, "finance", by=SOMEBODY)
    close_period(session, small.plan, Period(2024, "Q3"), reason="测试", by=OFFICE.actor)


def entry(session: Session, stage: str = "paid", wan: int | None = None) -> LedgerEntry:
    query = select(LedgerEntry).where(LedgerEntry.stage == stage, LedgerEntry.kind == "entry")
    rows = [row for row in session.exec(query) if wan is None or row.amount_fen == wan * WAN]
    return rows[0]


def work(session: Session) -> WorkEntry:
    return session.exec(select(WorkEntry).where(WorkEntry.kind == "entry")).first()  # type: ignore[return-value]


def a_correction(*changes: Change, **more: Any) -> NewCorrection:
    return replace(NewCorrection(Q3, "更正三季度", REASON, changes, "青林函〔2024〕3号"), **more)


def requested(session: Session, *changes: Change, by: Actor = OWNER, **more: Any) -> Correction:
    return request_correction(session, plan_of(session), a_correction(*changes, **more), by=by)


def approved(session: Session, row: Correction, by: Reviewer = OFFICE) -> Correction:
    return approve_correction(session, row, allowed=BOTH, by=by)


def paid_instead(session: Session, wan: int) -> Change:
    """The payment of 80 replaced by another amount."""
    return Change(LEDGER_ENTRY, entry(session).id, an_entry(session, wan))


def work_instead(session: Session, quantity: str) -> Change:
    """The report of 1,000 mu replaced by another quantity."""
    return Change(WORK_ENTRY, work(session).id, a_work(session, quantity, "亩", IN_Q3))


def moved(row: Correction, level: str = "project") -> dict[tuple[str, str | None], Effect]:
    """The effects of one level by figure and label."""
    found = [one for one in from_json(row.effects) if one.figure.level == level]
    return {(one.figure.figure, one.figure.label): one for one in found}


def paid_in(session: Session, quarter: int, edition: str = "as-corrected") -> int | None:
    return whole_money(session, OPERATOR_READER, Scope(quarter, edition=edition)).paid_fen


def only(session: Session) -> Correction:
    return session.exec(select(Correction)).one()


def states(session: Session) -> set[str]:
    """The states of the facts of the correction."""
    found = set()
    for fact in session.exec(select(CorrectionFact)):
        table: Any = LedgerEntry if fact.subject == LEDGER_ENTRY else WorkEntry
        found.add(session.get_one(table, fact.subject_id).state)
    return found


def refused(database: Database, *changes: Change, **more: Any) -> Broken:
    with pytest.raises(Broken) as raised, database.writing() as session:
        requested(session, *changes, **more)
    return raised.value


def refused_in(session: Session, change: Change) -> Broken:
    with pytest.raises(ManyBroken) as raised:
        requested(session, change)
    return raised.value.by_place[0]
