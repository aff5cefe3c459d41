"""Scenarios that were recorded as a decision: what was changed on the copy, what came of it, and who decided. Append-only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, Index, Text
from sqlmodel import Field, Session, SQLModel, col, select

from core import audit
from core.audit import Actor
from core.calendar import now, quarter_name
from core.errors import N_, Broken, SeveralBroken
from core.text import needed_text

LABELS = {"title": N_("决定名称"), "reason": N_("理由"), "document": N_("依据文件")}
_LIMITS = {"title": 200, "reason": 1000, "document": 200}


class NothingChanged(Broken):
    sentence = N_("情景没有任何改动，没有可以记录的。")


class ScenarioDecision(SQLModel, table=True):
    """A scenario as it was when it was decided on. It changes no fact and no target; it is never changed itself.

    `changes` and `results` are JSON, as reports/scenario.py writes and reads them.
    """

    __tablename__ = "scenario_decision"
    __table_args__ = (Index("ix_scenario_decision_plan", "plan_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    plan_id: int = Field(foreign_key="plan.id")
    title: str = Field(max_length=200)
    quarter: int
    changes: str = Field(sa_column=Column(Text, nullable=False))
    results: str = Field(sa_column=Column(Text, nullable=False))
    document: str | None = Field(default=None, max_length=200)
    reason: str = Field(max_length=1000)
    decided_by_id: int | None = Field(default=None, foreign_key="person.id")
    decided_by: str = Field(max_length=120)
    decided_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


@dataclass(frozen=True)
class NewDecision:
    """A scenario to be recorded: what is decided, why and on what document; `changes` and `results` are plain data."""

    title: str
    reason: str
    document: str
    quarter: int
    changes: dict[str, Any]
    results: dict[str, Any]


def record_decision(session: Session, plan_id: int, new: NewDecision, *, by: Actor) -> ScenarioDecision:
    """Keeps a scenario with what it said; nothing else changes.

    Errors: SeveralBroken with every field that is empty or too long; NothingChanged.
    """
    texts: dict[str, str] = {}
    problems: list[Broken] = []
    for name, label in LABELS.items():
        try:
            texts[name] = needed_text(getattr(new, name), field=name, label=label, limit=_LIMITS[name])
        except Broken as problem:
            problems.append(problem)
    if not new.changes.get("parameters"):
        problems.append(NothingChanged())
    if problems:
        raise SeveralBroken(problems)
    row = ScenarioDecision(
        plan_id=plan_id,
        quarter=new.quarter,
        changes=audit.canonical(new.changes),
        results=audit.canonical(new.results),
        decided_by_id=by.id,
        decided_by=by.name,
        title=texts["title"],
        reason=texts["reason"],
        document=texts["document"],
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    after = texts | {"quarter": quarter_name(new.quarter), "changes": row.changes}
    audit.record(session, "record-decision", "scenario_decision", row.id, after=after, reason=texts["reason"], by=by)
    return row


def decisions_of(session: Session, plan_id: int) -> list[ScenarioDecision]:
    """The decisions of a plan, the newest first."""
    query = select(ScenarioDecision).where(ScenarioDecision.plan_id == plan_id)
    return list(session.exec(query.order_by(col(ScenarioDecision.id).desc())))
