"""The self-evaluation of a project for a year, by the API."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from core.calendar import period_from_text
from core.settings import settings
from core.units import text_from_micro
from portfolio.facts import AS_CORRECTED, must_be_edition
from reports.findings import Words, words_in
from reports.self_evaluation import EvaluatedLine, self_evaluation
from web.api_answers import ANSWERS, Edition, json_answer
from web.api_figure_shapes import PerformanceShape
from web.api_support import pair
from web.deps import Reading, SignedIn

router = APIRouter(prefix="/api/v1", tags=["figures"])

Code = Annotated[str, Path(max_length=60, description="Code of a project; a part's gives that of its package.")]
Year = Annotated[str, Path(max_length=9, description="The year, such as 2024.")]


@router.get(
    "/projects/{code}/performance/{year}",
    operation_id="getPerformance",
    response_model=PerformanceShape,
    responses=ANSWERS,
    summary="Performance targets of a project, what was reached, and the points",
)
def get_performance(
    request: Request, code: Code, year: Year, reader: SignedIn, session: Reading, edition: Edition = AS_CORRECTED
) -> Response:
    """The hundred points of a year. What was not reported stays open, and then there is no total."""
    must_be_edition(edition)
    form = self_evaluation(session, reader, code, period_from_text(year, field="year"), edition=edition)
    words, rate, points = words_in(settings().language), form.rate.value, form.points
    told = {
        **{"plan": form.plan.code, "project": form.project.code, "year": form.year, "goal": form.goal},
        **{"fiscal_budget_fen": form.fiscal.budget_fen, "fiscal_paid_fen": form.fiscal.paid_fen},
        **{"execution_rate": pair(rate), "execution_share": pair(form.execution_share)},
        "execution_points": pair(form.execution),
        "targets": [_target(one, words) for level in form.levels for one in level.lines],
        **{"full": pair(form.full), "earned": pair(points.earned), "open": pair(points.open)},
        "total": pair(points.total),
    }
    return json_answer(request, told)


def _target(one: EvaluatedLine, words: Words) -> dict[str, Any]:
    row, result = one.target, one.result
    value = None if result is None or result.value_micro is None else text_from_micro(result.value_micro)
    return {
        **{"key": row.key, "level": words.say(one.second_level), "name": row.name, "target": one.wanted},
        **{"weight": pair(one.weight), "points": pair(one.score), "value": value},
        "reached": None if result is None else result.reached,
        "document": None if result is None else result.document,
        "why": None if result is None else result.why,
    }
