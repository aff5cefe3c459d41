"""A scenario by the API: what may be changed, and what indicators would be with the changes. Nothing is saved."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlmodel import Session

from core.calendar import quarter_name
from core.errors import N_, Invalid, Missing
from portfolio.access import Reader
from portfolio.facts import AS_CORRECTED, must_be_edition
from portfolio.plans import Plan
from reports.exports import plan_for
from reports.scenario import Copy, compared
from reports.scenario_reading import scenario_copy
from reports.scenario_rows import scenario_rows
from web.api_answers import ANSWERS, AsOf, Edition, PlanCode, json_answer, quarter_asked
from web.api_scenario_shapes import ChangeableRow, ScenarioShape
from web.deps import Reading, SignedIn
from web.forms import raise_any
from web.scenario_request import PREFIXES, asked_of, changeable

router = APIRouter(prefix="/api/v1", tags=["indicators"])

MOST_CHANGES = 200
Changes = Annotated[
    list[str],
    Query(
        default_factory=list,
        description="A key of /api/v1/scenario/changes and its new value, such as finish.xiaoyi-01=2026. Repeat it for more.",
    ),
]


@router.get(
    "/scenario",
    operation_id="getScenario",
    response_model=ScenarioShape,
    responses=ANSWERS,
    summary="What indicators would be if something were changed",
)
def get_scenario(
    request: Request,
    reader: SignedIn,
    session: Reading,
    change: Changes,
    plan: PlanCode = "",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """The indicators that move, before and after: ratios at four decimals beside their exact pairs. Nothing is saved.

    `changes` are those that change something, in words of the plan; `still` counts the indicators that do not move.
    """
    must_be_edition(edition)
    parameters, quarter = _parameters(change), quarter_asked(as_of)
    found, copy = _copy(session, reader, plan, quarter, edition)
    asked = asked_of(parameters, copy, found.id or 0)
    raise_any(list(asked.problems))
    moved = compared(copy, asked.scenario)
    told = {
        **{"plan": found.code, "quarter": quarter_name(quarter), "edition": edition},
        "changes": [asdict(one) for one in asked.changes],
        "moved": scenario_rows(moved),
        "still": sum(not one.moves for one in moved),
    }
    return json_answer(request, told)


@router.get(
    "/scenario/changes",
    operation_id="listScenarioChanges",
    response_model=list[ChangeableRow],
    responses=ANSWERS,
    summary="What a scenario of a plan may change",
)
def get_scenario_changes(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """Factors, shares that live (percent), targets of works, finish years: the key of each and what it is now."""
    must_be_edition(edition)
    found, copy = _copy(session, reader, plan, quarter_asked(as_of), edition)
    return json_answer(request, [asdict(one) for one in changeable(copy, found.id or 0)])


def _copy(session: Session, reader: Reader, code: str, quarter: int, edition: str) -> tuple[Plan, Copy]:
    """Errors: Missing, NotThere."""
    if not code:
        raise Missing(field="plan", label=N_("规划"))
    found = plan_for(session, reader, code)
    return found, scenario_copy(session, reader, found, quarter, edition)


def _parameters(changes: list[str]) -> dict[str, str]:
    """Errors: Invalid for what is no change, for one that is named twice, and for too many."""
    if len(changes) > MOST_CHANGES:
        label, expected = N_("改动"), N_("最多 200 项")
        raise Invalid(field="change", label=label, found=str(len(changes)), expected=expected)
    found: dict[str, str] = {}
    for text in changes:
        name, _, value = (one.strip() for one in text.partition("="))
        if not name.startswith(PREFIXES) or not value or name in found:
            expected = N_("finish.xiaoyi-01=2026 这样的一项改动，同一项不能重复")
            raise Invalid(field="change", label=N_("改动"), found=text[:60], expected=expected)
        found[name] = value
    return found
