"""The lists of a plan and their roll-ups as JSON, the same as the command line prints, for whoever is signed in."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse, StreamingResponse

from budgets.as_of import AS_CORRECTED, EDITIONS
from budgets.ledger_list import LedgerFilter
from core.calendar import current_quarter, period_from_text
from core.errors import N_, Missing
from reports.exports import exported, plan_for
from reports.ledger_rows import json_list, ledger_rows
from reports.money import money_rollup
from reports.money_groups import MONEY_DIMENSIONS
from reports.rollup import Scope, UnknownLevel
from web.deps import AppDatabase, Reading, SignedIn

router = APIRouter(prefix="/api/v1")

PlanCode = Annotated[str, Query(description="Plan code, such as xiaoyi.")]
AsOf = Annotated[str, Query(description="The quarter to look back from, such as 2024Q4. Without it: now.")]
By = Annotated[str, Query(description=f"Keys, separated by commas: {', '.join(MONEY_DIMENSIONS)}.")]
Level = Annotated[
    str,
    Query(
        description="Level of the programme tree.", json_schema_extra={"type": "integer", "minimum": 1, "maximum": 3}
    ),
]
Edition = Annotated[
    str,
    Query(
        description="as-corrected: what is approved by now; as-issued: what had been posted by the end of the quarter.",
        json_schema_extra={"enum": list(EDITIONS)},
    ),
]
Kind = Literal["projects", "indicators", "commitments", "contradictions"]
_PROBLEM = {
    "description": "Problem details (RFC 9457): status, code, detail, and the field or problems that it concerns.",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "code", "detail"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "field": {"type": "string"},
                    "problems": {"type": "array", "items": {"type": "object"}},
                },
            }
        }
    },
}
_ANSWERS: dict[int | str, dict[str, Any]] = {401: _PROBLEM, 404: _PROBLEM, 422: _PROBLEM}
_ROWS = list[dict[str, Any]]


def _quarter(as_of: str) -> int:
    """Errors: NotAPeriod."""
    return period_from_text(as_of, field="as_of").last_quarter if as_of.strip() else current_quarter()


def _json(rows: Any) -> Response:
    return JSONResponse(rows, headers={"Cache-Control": "private, no-store"})


@router.get("/rollup", response_model=_ROWS, responses=_ANSWERS, summary="Projects and money, added up, with the rates")
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
    quarter = _quarter(as_of)
    if level not in ("1", "2", "3"):
        raise UnknownLevel(field="level", found=level[:10])
    plan_ids = frozenset({plan_for(session, reader, plan).id or 0}) if plan else None
    names = list(dict.fromkeys(name.strip() for name in by.split(",") if name.strip()))
    groups = money_rollup(session, reader, Scope(quarter, plan_ids, edition), names, level=int(level))
    return _json([group.as_row(names) for group in groups])


@router.get("/ledger", response_model=_ROWS, responses=_ANSWERS, summary="The ledger of a plan")
def get_ledger(
    reader: SignedIn, session: Reading, database: AppDatabase, plan: PlanCode = "", as_of: AsOf = ""
) -> Response:
    """Every entry of a plan that happened by the end of the quarter, in any state, oldest first; `amount_fen` is in fen."""
    until = _quarter(as_of) if as_of.strip() else None
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    found = plan_for(session, reader, plan)
    assert found.id is not None
    chosen = LedgerFilter(until or current_quarter(), plan_id=found.id, until_quarter=until)
    plans = {found.id: found.code}

    def body() -> Iterator[str]:
        # A ledger may be long: it is sent as it is read, in a view of its own.
        with database.reading() as fresh:
            yield from json_list(ledger_rows(fresh, reader, chosen, plans))

    return StreamingResponse(body(), media_type="application/json", headers={"Cache-Control": "private, no-store"})


@router.get("/openapi.json", include_in_schema=False)
def get_openapi_json(request: Request, reader: SignedIn) -> Response:
    return _json(get_openapi(title="青山账 Qingshan", version="1", routes=router.routes))


@router.get("/{kind}", response_model=_ROWS, responses=_ANSWERS, summary="A list of a plan")
def get_list(kind: Kind, reader: SignedIn, session: Reading, plan: PlanCode = "", as_of: AsOf = "") -> Response:
    """Every project, indicator, commitment or contradiction of a plan, with its source; what the plan does not say is null."""
    quarter = _quarter(as_of)
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    return _json(exported(session, reader, kind, plan, quarter))
