"""Explanations of money warnings: a reason that stays. The warnings themselves are found in checks.py."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Index
from sqlmodel import Field, Session, SQLModel, col, select

from budgets.checks import RULES, MoneyWarning
from core import audit
from core.audit import Actor
from core.calendar import now
from core.errors import N_, Invalid
from core.text import checked_text, needed_text


class Explanation(SQLModel, table=True):
    """Why a warning about a project is in order. It covers the warning up to the amount that was explained, no further."""

    __tablename__ = "money_explanation"
    __table_args__ = (Index("ix_money_explanation_warning", "project_id", "rule", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    rule: str = Field(max_length=40)
    project_id: int = Field(foreign_key="project.id")
    source_id: int | None = Field(default=None, foreign_key="funding_source.id")
    excess_fen: int = Field(sa_column=Column(BigInteger, nullable=False))
    reason: str = Field(max_length=1000)
    document: str | None = Field(default=None, max_length=200)
    explained_by_id: int | None = Field(default=None, foreign_key="person.id")
    explained_by: str = Field(max_length=120)
    explained_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))


def explain(
    session: Session, warning: MoneyWarning, *, reason: str, document: str | None = None, by: Actor
) -> Explanation:
    """Keeps why a warning, as it stands now, is in order. It is never removed; a later one stands beside it.

    Errors: Invalid, Missing, TooLong.
    """
    if warning.rule not in RULES:
        raise Invalid(field="rule", label=N_("核查规则"), found=warning.rule, expected=tuple(RULES))
    row = Explanation(
        rule=warning.rule,
        project_id=warning.project_id,
        source_id=warning.source_id,
        excess_fen=warning.excess_fen,
        reason=needed_text(reason, field="reason", label=N_("说明"), limit=1000),
        document=checked_text(document, field="document", label=N_("依据文件"), limit=200),
        explained_by_id=by.id,
        explained_by=by.name,
        explained_at=now(),
    )
    session.add(row)
    session.flush()
    facts = {name: getattr(row, name) for name in ("rule", "source_id", "excess_fen", "document")}
    audit.record(session, "explain", "project", warning.project_id, after=facts, reason=row.reason, by=by)
    return row


def explanations_of(session: Session, warnings: list[MoneyWarning]) -> dict[MoneyWarning, Explanation]:
    """The newest explanation of each warning that covers it: what was explained is at least what is found now."""
    if not warnings:
        return {}
    rows = session.exec(
        select(Explanation)
        .where(col(Explanation.project_id).in_({warning.project_id for warning in warnings}))
        .order_by(col(Explanation.id))
    )
    newest = {(row.rule, row.project_id, row.source_id): row for row in rows}
    found = {}
    for warning in warnings:
        row = newest.get((warning.rule, warning.project_id, warning.source_id))
        if row is not None and row.excess_fen >= warning.excess_fen:
            found[warning] = row
    return found


def explanation_history(session: Session, warning: MoneyWarning) -> list[Explanation]:
    """Everything that was ever said about a warning, newest first."""
    return list(
        session.exec(
            select(Explanation)
            .where(
                Explanation.rule == warning.rule,
                Explanation.project_id == warning.project_id,
                Explanation.source_id == warning.source_id,
            )
            .order_by(col(Explanation.id).desc())
        )
    )
