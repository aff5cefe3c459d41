"""资金: the start page of whoever looks after money."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.entries import STAGES
from budgets.ledger_sums import money_by_plan, waiting_counts
from portfolio.access import Reader
from portfolio.facts import AS_ISSUED
from reports.money import money_rollup
from reports.rollup import Scope
from web.approving import approvable
from web.choices import Choices
from web.deps import Chosen, Reading, SignedIn
from web.listed_plans import ListedPlan, listed_plans, listed_plans_of
from web.pages import page

router = APIRouter()

_SUMS = tuple(f"{stage}_fen" for stage in STAGES)
_SHOWN = 100  # plans on the page; who sees more narrows the roll-up instead


@dataclass(frozen=True)
class PlanMoney:
    """One plan with its estimate and five sums. Units: fen."""

    plan: ListedPlan
    sums: Mapping[str, int | None]


@router.get("/money")
def get_money(request: Request, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    waiting = waiting_counts(session, reader)
    allowed = {stage for stage, _plans in approvable(reader)}
    plans, total = _plans(session, reader, choices)
    return page(
        request,
        "money/money.html",
        stages=STAGES,
        waiting=waiting,
        allowed=allowed,
        to_approve=sum(one.submitted for stage, one in waiting.items() if stage in allowed),
        plans=plans[:_SHOWN],
        left_out=max(0, len(plans) - _SHOWN),
        total=total,
        may={
            "record": reader.plans_for("record") != frozenset(),
            "approve": bool(allowed),
            "sources": reader.may("sources"),
        },
    )


def _plans(session: Session, reader: Reader, choices: Choices) -> tuple[list[PlanMoney], dict[str, Any]]:
    """Each plan with its money, in the order of the jurisdictions, and what they add up to."""
    then = choices.looks_back or choices.edition == AS_ISSUED
    found = _past_sums(session, reader, choices) if then else money_by_plan(session, reader)
    named = listed_plans_of(session, reader, found)
    rows = [PlanMoney(plan, found[plan.id]) for plan in named]
    estimates = [row.sums["estimate_fen"] for row in rows if row.sums["estimate_fen"] is not None]
    total: dict[str, Any] = {name: sum(row.sums[name] or 0 for row in rows) for name in _SUMS}
    total["estimate_fen"] = sum(estimates) if estimates else None
    return rows, total


def _past_sums(session: Session, reader: Reader, choices: Choices) -> dict[int, Mapping[str, int | None]]:
    """The same from the roll-up, which knows every quarter; of now the kept list says it faster."""
    ids: dict[Any, int] = {plan.code: plan.id for plan in listed_plans(session, reader)}
    groups = money_rollup(session, reader, Scope(choices.quarter, edition=choices.edition), ["plan"])
    return {ids[group.keys[0]]: {name: getattr(group, name) for name in ("estimate_fen", *_SUMS)} for group in groups}
