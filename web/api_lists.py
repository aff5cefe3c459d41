"""The lists of a plan and their roll-ups as JSON, the same as the command line prints, for whoever is signed in.

Every other file of the API is gathered here.
"""

import re
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from core.errors import N_, Missing
from portfolio.access import Reader
from portfolio.facts import AS_CORRECTED
from reports.exported_projects import project_page
from reports.exports import exported, plan_for
from reports.money import money_rollup
from reports.money_groups import MONEY_DIMENSIONS
from reports.rollup import Scope
from web import (
    api_editions,
    api_follow_up,
    api_indicators,
    api_ledger,
    api_map,
    api_milestones,
    api_money,
    api_performance,
    api_plans,
    api_progress,
    api_quarters,
    api_reports,
    api_scenario,
    api_support,
    api_work_writing,
    api_works,
)
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
from web.api_openapi import description
from web.api_paging import CursorText, Limit, NotACursor, limit_asked, paged_answer
from web.api_shapes import CommitmentRow, ContradictionRow, ProjectRow
from web.deps import Reading, SignedIn

router = APIRouter(prefix="/api/v1")

By = Annotated[str, Query(description=f"Keys, separated by commas: {', '.join(MONEY_DIMENSIONS)}.")]
_PLACE = re.compile(r"([0-9]{1,9})\.([1-9][0-9]{0,9})")
_OTHERS = (
    *(api_progress, api_indicators, api_editions, api_reports, api_ledger, api_works, api_work_writing, api_milestones),
    *(api_money, api_plans, api_quarters, api_support, api_performance, api_follow_up),
    *(api_map, api_scenario),
)
ROUTERS = (*(one.router for one in _OTHERS), router)


@router.get(
    "/rollup",
    operation_id="rollUpMoney",
    response_model=ROWS,
    responses=ANSWERS,
    summary="Projects and money, added up, with the rates",
    tags=["figures"],
)
def get_rollup(
    request: Request,
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
    return json_answer(request, [group.as_row(names) for group in groups])


@cache
def described() -> dict[str, Any]:
    """The description of the whole API, made once."""
    return description([route for one in ROUTERS for route in one.routes])


@router.get("/openapi.json", include_in_schema=False)
def get_openapi_json(request: Request, reader: SignedIn) -> Response:
    return json_answer(request, described())


@router.get(
    "/projects",
    operation_id="listProjects",
    response_model=list[ProjectRow],
    responses=ANSWERS,
    summary="The projects of a plan, with their parts",
    tags=["plans"],
)
def get_projects(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
    limit: Limit = "",
    cursor: CursorText = "",
) -> Response:
    """Every project of a plan with its source; what the plan does not say is null. Pages count projects, not parts.

    A project has the state, years and estimate of the quarter; one that is archived is not listed. As issued, states, archivings
    and restorings that were posted later are not known.
    """
    size, place = limit_asked(limit, cursor), _place(cursor)
    quarter = quarter_asked(as_of)
    if size is None:
        return json_answer(request, _listed(session, reader, "projects", plan, quarter, edition))
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    rows, following = project_page(session, plan_for(session, reader, plan), quarter, edition, after=place, size=size)
    return paged_answer(request, rows, None if following is None else f"{following[0]}.{following[1]}")


def _place(cursor: str) -> tuple[int, int] | None:
    """Errors: NotACursor."""
    match = _PLACE.fullmatch(cursor)
    if cursor and match is None:
        raise NotACursor(field="cursor")
    return None if match is None else (int(match[1]), int(match[2]))


@router.get(
    "/commitments",
    operation_id="listCommitments",
    response_model=list[CommitmentRow],
    responses=ANSWERS,
    summary="The quantified commitments of a plan",
    tags=["plans"],
)
def get_commitments(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """Every commitment with its source and the projects that carry it."""
    return json_answer(request, _listed(session, reader, "commitments", plan, quarter_asked(as_of), edition))


@router.get(
    "/contradictions",
    operation_id="listContradictions",
    response_model=list[ContradictionRow],
    responses=ANSWERS,
    summary="Where a plan contradicts itself",
    tags=["plans"],
)
def get_contradictions(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """Every contradiction with all of its readings and, where there is one, the decision."""
    return json_answer(request, _listed(session, reader, "contradictions", plan, quarter_asked(as_of), edition))


def _listed(session: Session, reader: Reader, kind: str, plan: str, quarter: int, edition: str) -> list[dict[str, Any]]:
    """Errors: Missing, NotThere; Invalid for an edition that there is not."""
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    return exported(session, reader, kind, plan, quarter, edition)
