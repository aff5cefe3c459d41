"""The lists of a plan and their roll-ups as JSON, the same as the command line prints, for whoever is signed in."""

from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import StreamingResponse

from budgets.ledger_list import LedgerFilter
from core.calendar import current_quarter
from core.errors import N_, Missing
from portfolio.facts import AS_CORRECTED, AS_ISSUED, must_be_edition
from reports.exports import exported, plan_for
from reports.ledger_rows import json_list, ledger_rows
from reports.money import money_rollup
from reports.money_groups import MONEY_DIMENSIONS
from reports.rollup import Scope
from web import api_editions, api_indicators, api_progress, api_reports
from web.api_answers import (
    ANSWERS,
    ROWS,
    AsOf,
    Edition,
    Level,
    PlanCode,
    json_answer,
    level_asked,
    names_asked,
    quarter_asked,
)
from web.deps import AppDatabase, Reading, SignedIn

router = APIRouter(prefix="/api/v1")

By = Annotated[str, Query(description=f"Keys, separated by commas: {', '.join(MONEY_DIMENSIONS)}.")]
Kind = Literal["projects", "commitments", "contradictions"]
router.include_router(api_progress.router)  # before the lists: a list of another name is none of theirs
router.include_router(api_indicators.router)
router.include_router(api_editions.router)
router.include_router(api_reports.router)


@router.get("/rollup", response_model=ROWS, responses=ANSWERS, summary="Projects and money, added up, with the rates")
def get_rollup(
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    by: By = "plan",
    level: Level = "1",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """Rows of keys, counts, sums in fen and rates, sorted by the keys; a null key is the unknown, a null number is not known."""
    quarter = quarter_asked(as_of)
    plan_ids = frozenset({plan_for(session, reader, plan).id or 0}) if plan else None
    names = names_asked(by)
    groups = money_rollup(session, reader, Scope(quarter, plan_ids, edition), names, level=level_asked(level))
    return json_answer([group.as_row(names) for group in groups])


@router.get("/ledger", response_model=ROWS, responses=ANSWERS, summary="The ledger of a plan")
def get_ledger(
    reader: SignedIn,
    session: Reading,
    database: AppDatabase,
    plan: PlanCode = "",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """Every entry of a plan that happened by the end of the quarter, in any state, oldest first; `amount_fen` is in fen.

    As issued: the approved ones that had been posted by then.
    """
    must_be_edition(edition)
    until = quarter_asked(as_of) if as_of.strip() else None
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    found = plan_for(session, reader, plan)
    assert found.id is not None
    issued = edition == AS_ISSUED
    chosen = LedgerFilter(
        until or current_quarter(),
        plan_id=found.id,
        until_quarter=None if issued else until,
        posted_until=until if issued else None,
    )
    plans = {found.id: found.code}

    def body() -> Iterator[str]:
        # A ledger may be long: it is sent as it is read, in a view of its own.
        with database.reading() as fresh:
            yield from json_list(ledger_rows(fresh, reader, chosen, plans))

    return StreamingResponse(body(), media_type="application/json", headers={"Cache-Control": "private, no-store"})


@router.get("/openapi.json", include_in_schema=False)
def get_openapi_json(request: Request, reader: SignedIn) -> Response:
    return json_answer(get_openapi(title="青山账 Qingshan", version="1", routes=router.routes))


@router.get("/{kind}", response_model=ROWS, responses=ANSWERS, summary="A list of a plan")
def get_list(kind: Kind, reader: SignedIn, session: Reading, plan: PlanCode = "", as_of: AsOf = "") -> Response:
    """Every project, commitment or contradiction of a plan, with its source; what the plan does not say is null."""
    quarter = quarter_asked(as_of)
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    return json_answer(exported(session, reader, kind, plan, quarter))
