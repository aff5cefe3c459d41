"""关账时退回的内容: what the last closing sent back and nobody has reported again, each with where it is reported."""

from typing import Any

from fastapi import APIRouter, Request, Response

from budgets.entries import STAGES
from core.errors import NotThere
from portfolio.access import Reader
from reports.period_sending_back import CLOSING_REASON
from reports.period_waiting import FACT_KINDS, LEDGER, LINES, MILESTONES, READINGS, WORKS
from reports.sent_back import SentBack, sent_back
from web.choices import Choices
from web.deps import Chosen, Reading, SignedIn
from web.pages import page
from web.plan_choice import plan_choice

router = APIRouter()
SHOWN = 500


@router.get("/sent-back")
def get_sent_back(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    """Everything of a plan for the office and finance; for anybody else what they recorded or answer for.

    Errors: NotThere for a plan that the reader does not see.
    """
    chosen = plan_choice(session, reader, plan.strip())
    if plan.strip() and chosen.plan_id is None:
        raise NotThere
    seen = reader.plans_for("view")
    plans = seen if chosen.plan_id is None else {chosen.plan_id}
    found = [one for one in sent_back(session, plans) if _may_see(reader, one)]
    return page(
        request,
        "periods/sent_back.html",
        rows=[_shown(one, choices) for one in found[:SHOWN]],
        count=len(found),
        plan_code=chosen.code,
        reason=CLOSING_REASON,
        kinds=FACT_KINDS,
    )


def _may_see(reader: Reader, one: SentBack) -> bool:
    return (
        one.concerns(reader)
        or reader.may("periods", one.plan_id)
        or reader.may("approve_money", one.plan_id)
        or reader.may("history", one.plan_id)
    )


def _shown(one: SentBack, choices: Choices) -> dict[str, Any]:
    project = f"/projects/{one.project}"
    rows = {
        LEDGER: f"/money/ledger/{one.id}",
        LINES: f"{project}/budget",
        WORKS: f"/works/{one.id}",
        MILESTONES: f"/milestones/reports/{one.id}",
        READINGS: "/indicators",
    }
    again = {
        LEDGER: f"{project}/ledger/new",
        LINES: f"{project}/budget",
        WORKS: f"{project}/works/new",
        MILESTONES: f"{project}/milestones",
        READINGS: "/indicators",
    }
    return {
        "said": one,
        "stage": STAGES.get(one.name) if one.kind == LEDGER else None,
        "address": choices.url(rows[one.kind]),
        "again": choices.url(again[one.kind]),
    }
