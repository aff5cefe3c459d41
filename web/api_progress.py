"""Lamps and progress as JSON, the same as the command line prints."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from core.settings import settings
from portfolio.facts import AS_CORRECTED
from reports.exports import plan_for
from reports.findings import words_in
from reports.group_progress import GROUPS, group_progress
from reports.lamp_reading import project_lamps
from reports.progress_rows import lamp_rows, progress_rows
from reports.rollup import Scope
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
from web.api_shapes import LampRow
from web.deps import Reading, SignedIn

router = APIRouter(prefix="/api/v1", tags=["figures"])

By = Annotated[str, Query(description=f"Keys, separated by commas: {', '.join(GROUPS)}.")]


@router.get(
    "/lamps",
    operation_id="listLamps",
    response_model=list[LampRow],
    responses=ANSWERS,
    summary="The lamps of projects, with their reasons",
)
def get_lamps(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """A row per project and rule, the worst of each project first: colour, why, what turns it green (null when it is)."""
    quarter = quarter_asked(as_of)
    plan_ids = frozenset({plan_for(session, reader, plan).id or 0}) if plan else None
    lamps = project_lamps(session, reader, Scope(quarter, plan_ids, edition))
    return json_answer(request, lamp_rows(lamps.values(), words_in(settings().language)))


@router.get(
    "/progress",
    operation_id="rollUpProgress",
    response_model=ROWS,
    responses=ANSWERS,
    summary="The three completion figures of groups",
)
def get_progress(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    by: By = "programme",
    level: Level = "1",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """By count, by investment (fen) and by works, each as a pair of numerator and denominator, with warnings in words."""
    quarter, depth, names = quarter_asked(as_of), level_asked(level), names_asked(by)
    plan_ids = frozenset({plan_for(session, reader, plan).id or 0}) if plan else None
    groups = group_progress(session, reader, Scope(quarter, plan_ids, edition), names, level=depth)
    return json_answer(request, progress_rows(groups, names, words_in(settings().language)))
