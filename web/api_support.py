"""Whether a plan is enough for its own targets, and what was measured, by the API."""

from dataclasses import asdict
from fractions import Fraction
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import col, select

from core.calendar import quarter_name
from core.errors import N_, Missing
from core.units import text_from_micro
from milestones.indicators import Indicator
from milestones.readings import OfficialReading
from portfolio.facts import AS_CORRECTED, must_be_edition
from reports.coverage import plan_coverage, programme_coverage
from reports.exports import plan_for
from reports.indicators import indicator_figures
from reports.ledger_rows import utc_text
from reports.rollup import Scope
from web.api_answers import (
    ANSWERS,
    AsOf,
    Edition,
    Level,
    PlanCode,
    json_answer,
    level_asked,
    quarter_asked,
)
from web.api_figure_shapes import OfficialReadingRow, PlanCoverageRow, ProgrammeCoverageRow
from web.api_paging import CursorText, Limit, limit_asked, numbered_place, page_of, paged_answer
from web.deps import Reading, SignedIn

router = APIRouter(prefix="/api/v1", tags=["indicators"])


@router.get(
    "/coverage",
    operation_id="getCoverage",
    response_model=list[PlanCoverageRow],
    responses=ANSWERS,
    summary="Whether plans support their targets, as counts of verdicts",
)
def get_coverage(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """Counts of the verdicts of the indicators; what each of them stands on is in /api/v1/indicators."""
    must_be_edition(edition)
    quarter = quarter_asked(as_of)
    plan_ids = frozenset({plan_for(session, reader, plan).id or 0}) if plan else None
    found = plan_coverage(indicator_figures(session, reader, Scope(quarter, plan_ids, edition)))
    rows = [{"plan": one.plan, "indicators": asdict(one.counts), "binding": asdict(one.binding)} for one in found]
    return json_answer(request, rows)


@router.get(
    "/coverage/programmes",
    operation_id="getProgrammeCoverage",
    response_model=list[ProgrammeCoverageRow],
    responses=ANSWERS,
    summary="Which headings carry which indicators",
)
def get_programme_coverage(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    level: Level = "1",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """What the projects under each heading plan and have verified of each indicator, with the verdict of the whole plan."""
    must_be_edition(edition)
    quarter, depth = quarter_asked(as_of), level_asked(level)
    plan_ids = frozenset({plan_for(session, reader, plan).id or 0}) if plan else None
    scope = Scope(quarter, plan_ids, edition)
    found = programme_coverage(session, reader, scope, indicator_figures(session, reader, scope), level=depth)
    rows = [
        {
            **{"plan": one.plan, "programme": one.programme, "indicators": asdict(one.counts)},
            "carried": [
                {
                    **{"no": each.no, "name": each.name, "verdict": each.verdict, "unit": each.unit},
                    **{"planned": pair(each.planned), "verified": pair(each.verified)},
                }
                for each in one.carried
            ],
        }
        for one in found
    ]
    return json_answer(request, rows)


def pair(value: Fraction | None) -> list[int] | None:
    """An exact value as a pair."""
    return None if value is None else [value.numerator, value.denominator]


@router.get(
    "/readings",
    operation_id="listReadings",
    response_model=list[OfficialReadingRow],
    responses=ANSWERS,
    summary="Official readings of a plan's indicators",
)
def get_readings(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    limit: Limit = "",
    cursor: CursorText = "",
) -> Response:
    """Every reading and withdrawal in any state, by number; `value` counts the indicator's own unit."""
    size, after = limit_asked(limit, cursor), numbered_place(cursor)
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    found = plan_for(session, reader, plan)
    query = (
        select(OfficialReading, Indicator.no, Indicator.name)
        .join(Indicator, col(Indicator.id) == OfficialReading.indicator_id)
        .where(Indicator.plan_id == found.id, col(OfficialReading.id) > after)
        .order_by(col(OfficialReading.id))
    )
    lines = session.exec(query if size is None else query.limit(size + 1)).all()
    rows = [_reading(row, no, name, found.code) for row, no, name in lines]
    return paged_answer(request, *page_of(rows, size, lambda row: str(row["id"])))


def _reading(row: OfficialReading, no: str, name: str, plan: str) -> dict[str, Any]:
    return {
        **{"id": row.id, "plan": plan, "indicator": no, "name": name, "kind": row.kind},
        "quarter": quarter_name(row.quarter),
        "value": None if row.value_micro is None else text_from_micro(row.value_micro),
        **{name: getattr(row, name) for name in ("grade", "judgement", "agency", "document", "note", "state")},
        "occurred_on": row.occurred_on.isoformat(),
        "withdraws": row.withdraws_id,
        "posted_period": None if row.posted_period is None else quarter_name(row.posted_period),
        **{name: getattr(row, name) for name in ("correction_reason", "rejected_reason", "own_department")},
        **{name: getattr(row, name) for name in ("recorded_by", "submitted_by", "approved_by")},
        **{name: utc_text(getattr(row, name)) for name in ("recorded_at", "submitted_at", "approved_at")},
    }
