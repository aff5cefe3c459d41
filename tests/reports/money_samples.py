"""Money for tests of the roll-up: approved rows put straight into the tables, and a random ledger over the small plan."""

import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime
from random import Random
from typing import Any

from sqlmodel import Session, col, select

from budgets.entries import NEEDS_SOURCE, STAGES, LedgerEntry
from budgets.lines import BudgetLine, span_of, year_of
from core.calendar import next_quarter, quarter_of
from portfolio.projects import Project
from tests.samples import find_small_plan, identity

LAST = 20254
APPROVED: dict[str, Any] = {"approved_at": datetime(2026, 1, 5, tzinfo=UTC), "approved_by": "审核人"}
_numbers = itertools.count(1)


def day_in(quarter: int) -> date:
    """A day in the middle of a quarter."""
    return date(quarter // 10, quarter % 10 * 3 - 1, 15)


def put_entry(
    session: Session,
    project: Project,
    stage: str,
    fen: int,
    quarter: int,
    *,
    source: int | None = None,
    posted: int | None = None,
    state: str = "approved",
    **more: Any,
) -> LedgerEntry:
    """An entry as approval leaves it; below zero it is a reduction."""
    day, number = day_in(quarter), next(_numbers)
    values = {
        "kind": "entry" if fen > 0 else "reduction",
        "recorded_by": "记账员",
        "same_key": f"sample-{number}",
        "ordinal": 1,
        "year": day.year,
        **(APPROVED if state == "approved" else {}),
    }
    row = LedgerEntry(
        project_id=identity(project),
        stage=stage,
        source_id=source,
        amount_fen=fen,
        occurred_on=day,
        occurred_quarter=quarter_of(day),
        state=state,
        posted_period=(posted or quarter) if state == "approved" else None,
        **{**values, **more},
    )
    session.add(row)
    session.flush()
    return row


def put_line(
    session: Session,
    project: Project,
    covers: int,
    source: int,
    fen: int,
    quarter: int,
    *,
    carried: int = 0,
    posted: int | None = None,
    state: str = "approved",
    **more: Any,
) -> BudgetLine:
    """A version of a plan line as approval leaves it: its change is what it adds to the version before it."""
    earlier = session.exec(
        select(BudgetLine)
        .where(BudgetLine.project_id == project.id, BudgetLine.covers == covers, BudgetLine.source_id == source)
        .order_by(col(BudgetLine.version).desc())
    ).all()
    counting = [row for row in earlier if row.state == "approved"]
    before = counting[0] if counting else None
    approved = state == "approved"
    values = {
        "amount_fen": fen,
        "carried_fen": carried,
        "change_fen": fen - (before.amount_fen if before else 0) if approved else None,
        "carried_change_fen": carried - (before.carried_fen if before else 0) if approved else None,
        **(APPROVED if approved else {}),
    }
    row = BudgetLine(
        project_id=identity(project),
        span=span_of(covers),
        covers=covers,
        year=year_of(covers),
        source_id=source,
        version=len(earlier) + 1,
        occurred_on=day_in(quarter),
        occurred_quarter=quarter,
        document="青财〔2024〕1号",
        state=state,
        recorded_by="财政",
        posted_period=(posted or quarter) if approved else None,
        **{**values, **more},
    )
    session.add(row)
    session.flush()
    return row


@dataclass(frozen=True)
class Leaves:
    """Where money of the small plan may stand: two single projects and the two parts of a package."""

    projects: tuple[Project, ...]
    sources: dict[str, int]


def leaves_of_small_plan(session: Session, sources: dict[str, int]) -> Leaves:
    small = find_small_plan(session)
    return Leaves((small.forest, small.sewage, *small.parts), sources)


def later(quarter: int, by: int) -> int:
    """The quarter so many quarters later, at most the last one of the plan."""
    for _ in range(by):
        quarter = min(next_quarter(quarter), LAST)
    return quarter


def put_anything(session: Session, leaves: Leaves, dice: Random, *, posted_after: int = 0) -> None:
    """A random entry or line: any leaf, stage, source, quarter and state, some posted late; all of it after `posted_after`."""
    project = dice.choice(leaves.projects)
    quarter = dice.choice(range(2022, 2026)) * 10 + dice.randint(1, 4)
    posted = max(later(quarter, dice.choice((0, 0, 1, 4))), later(posted_after, 1) if posted_after else 0)
    state = dice.choice(("approved",) * 6 + ("draft", "submitted", "rejected"))
    fen = dice.choice((1, 99, dice.randint(1, 10**12)))
    if dice.random() < 0.7:
        stage = dice.choice(tuple(STAGES))
        known = [leaves.sources["county"], leaves.sources["own"]]
        source = dice.choice(known if stage in NEEDS_SOURCE else [None, *known])
        put_entry(
            session, project, stage, dice.choice((fen, fen, -fen)), quarter, source=source, posted=posted, state=state
        )
        return
    covers = dice.choice((0, *range(2022, 2026), quarter))
    # An adjustment is never dated before the version that it adjusts.
    source = dice.choice(tuple(leaves.sources.values()))
    last = session.exec(
        select(BudgetLine)
        .where(BudgetLine.project_id == project.id, BudgetLine.covers == covers, BudgetLine.source_id == source)
        .order_by(col(BudgetLine.version).desc())
    ).first()
    quarter = max(quarter, last.occurred_quarter if last else 0)
    posted = max(posted, quarter, (last.posted_period or 0) if last else 0)
    carried = dice.choice((0, fen // 3)) if covers > 0 else 0
    put_line(session, project, covers, source, fen, quarter, carried=carried, posted=posted, state=state)
