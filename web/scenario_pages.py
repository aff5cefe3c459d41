"""情景推演: what the indicators would be if a factor, a share that lives, a target or a finish year were another one.

Nothing is saved: the address holds every change. Only a decision is kept, with what the scenario said when it was made.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.errors import SeveralBroken
from milestones.scenario_decisions import NewDecision, ScenarioDecision, decisions_of, record_decision
from milestones.support import SUPPORT_VERDICTS
from portfolio.access import Reader
from portfolio.plans import Plan
from reports.exports import plan_for
from reports.scenario import Moved, compared
from reports.scenario_reading import scenario_copy
from reports.scenario_rows import scenario_rows
from web.choices import Choices, find_choices
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to, see_other
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, problems_of, raise_any, shown_again
from web.pages import page
from web.plan_choice import plan_choice
from web.scenario_request import ALSO, KINDS, PREFIXES, Asked, asked_of, offered

router = APIRouter()

MOST_WORKS = 40  # rows of the form; of more the reader names a project by its code


@dataclass(frozen=True)
class ToldDecision:
    """A decision as it was made: its changes in words, what it said then, and the address that asks the same again."""

    row: ScenarioDecision
    changes: list[dict[str, str]]
    results: list[dict[str, Any]]
    again: str


@router.get("/scenario")
def get_scenario(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    if any(not value.strip() for name, value in choices.query if name.startswith((*PREFIXES, ALSO))):
        # A form sends its empty fields, too; the address that is passed on holds the changes alone.
        return see_other(choices.here(**{name: None for name, value in choices.query if not value.strip()}))
    return _scenario_page(request, session, reader, plan.strip(), choices, dict(choices.query), NO_PROBLEMS)


def _scenario_page(
    request: Request,
    session: Session,
    reader: Reader,
    code: str,
    choices: Choices,
    parameters: Mapping[str, str],
    problems: Problems,
) -> Response:
    chosen = plan_choice(session, reader, code)
    plan = chosen.plan or (chosen.plans[0] if len(chosen.plans) == 1 else None)
    if plan is None or plan.id is None:
        return page(request, "scenario/choose.html", chosen=chosen)
    copy = scenario_copy(session, reader, plan, choices.quarter, choices.edition)
    asked = asked_of(parameters, copy, plan.id)
    if asked.problems and not problems:
        problems = problems_of(SeveralBroken(list(asked.problems)), choices.language)
    moved = compared(copy, asked.scenario)
    return page(
        request,
        "scenario/scenario.html",
        status=problems.status if problems else 200,
        chosen=chosen,
        plan=plan,
        copy=copy,
        asked=asked,
        moved=sorted((one for one in moved if one.moves), key=lambda one: one.before.plan_id != plan.id),
        still=sum(1 for one in moved if not one.moves),
        works=offered(copy, plan.id, parameters, MOST_WORKS),
        all_works=sum(1 for one in copy.works if one.shown and plan.id in dict(one.plans)),
        plans={row.id: found for row, found, _ in copy.gathered.indicators},
        decisions=[_told(one, plan, choices) for one in decisions_of(session, plan.id)],
        may_record=reader.may("rules", plan.id),
        kinds=KINDS,
        verdicts=SUPPORT_VERDICTS,
        typed=Typed({name: (value,) for name, value in parameters.items()}),
        problems=problems,
    )


def _told(row: ScenarioDecision, plan: Plan, choices: Choices) -> ToldDecision:
    changes, results = json.loads(row.changes), json.loads(row.results)
    again = choices.url("/scenario", plan=plan.code, **changes["parameters"])
    return ToldDecision(row, changes["said"], results["moved"], again)


@router.post("/scenario")
def post_decision(request: Request, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    """Records the scenario as a decision, with what it says now."""
    if done := answered(session, typed.key, reader):
        return done
    choices = find_choices(request)
    plan = plan_for(session, reader, typed["plan"])
    reader.must("rules", plan.id)
    parameters = {name: values[0] for name, values in typed.fields.items() if values}
    with shown_again(
        request,
        lambda problems: _scenario_page(request, session, reader, plan.code, choices, parameters, problems),
    ):
        _recorded(session, reader, plan, choices, parameters, typed)
    return leads_to(session, typed.key, reader, choices.url("/scenario", plan=plan.code) + "#decisions")


def _recorded(
    session: Session, reader: Reader, plan: Plan, choices: Choices, parameters: Mapping[str, str], typed: Typed
) -> None:
    """Errors: those of the changes and of record_decision."""
    assert plan.id is not None
    copy = scenario_copy(session, reader, plan, choices.quarter, choices.edition)
    asked = asked_of(parameters, copy, plan.id)
    raise_any(list(asked.problems))
    moved: list[Moved] = compared(copy, asked.scenario)
    said = [
        {"kind": one.kind, "of": one.of, "what": one.what, "before": one.before, "after": one.after}
        for one in asked.changes
    ]
    new = NewDecision(
        title=typed["title"],
        reason=typed["reason"],
        document=typed["document"],
        quarter=choices.quarter,
        changes={"parameters": _parameters(asked), "said": said},
        results={"edition": choices.edition, "moved": scenario_rows(moved)},
    )
    record_decision(session, plan.id, new, by=reader.actor)


def _parameters(asked: Asked) -> dict[str, str]:
    return dict(sorted(asked.parameters.items()))
