"""待接收 and 待核实: reported works that wait to be accepted, many at once, and accepted ones that wait to be verified."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.errors import NotThere
from milestones.evidence import evidence_counts
from milestones.work_balances import left_of
from milestones.work_list import WorkFilter, plans_of_works
from milestones.work_reports import accept_works, find_work, send_back_works
from milestones.work_waiting import unverified_claims, waiting_works
from milestones.works import CAUSES, KINDS, TIERS
from portfolio.access import Action, Reader
from portfolio.facts import SUBMITTED
from portfolio.reviewing import led_by
from reports.rollup import Scope
from reports.works import WorkFigures, works_of_projects
from web.approving import departments_of
from web.choices import PAGE_PLACE, Choices, find_choices
from web.deps import Chosen, Reading, SignedIn, Writing
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, id_from_text
from web.pages import page
from web.plan_choice import plan_choice
from web.progress_shown import amount
from web.waiting_decisions import Deciding, decided_reports, here
from web.work_twins import twins_of

router = APIRouter()

_WORKS = Deciding(plans_of_works, accept_works, send_back_works)


@router.get("/works/waiting")
def get_waiting(request: Request, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    ticked = request.query_params.get("tick") == "all"
    return _waiting_page(request, session, reader, choices, NOTHING_TYPED, NO_PROBLEMS, all_ticked=ticked)


def _waiting_page(
    request: Request,
    session: Session,
    reader: Reader,
    choices: Choices,
    typed: Typed,
    problems: Problems,
    *,
    all_ticked: bool = False,
) -> Response:
    found = _found(request, session, reader, choices, "accept_works", waiting_works, state=SUBMITTED)
    rows = found["rows"]
    ticked = {id_from_text(text) for text in typed.many("entry")}
    return page(
        request,
        "works/waiting.html",
        status=problems.status if problems else 200,
        own={row.id for row in rows if _stands_behind(reader, row)},
        led=led_by(session, departments_of(reader), {row.top_id for row in rows}),
        figures=_figures(session, choices, rows),
        ticked={row.id for row in rows} if all_ticked else ticked,
        here=here(request),
        tick_all=here(request, tick="all"),
        done=id_from_text(request.query_params.get("done", "")) or 0,
        act=request.query_params.get("act", ""),
        typed=typed,
        problems=problems,
        **found,
    )


def _found(
    request: Request,
    session: Session,
    reader: Reader,
    choices: Choices,
    action: Action,
    reading: Callable[..., tuple[Sequence[Any], int, int | None]],
    *,
    state: str | None = None,
) -> dict[str, Any]:
    """The rows of a page and what stands beside them.

    Errors: NotThere for who may do nothing of the kind anywhere.
    """
    if reader.plans_for(action) == frozenset():
        raise NotThere
    chosen = plan_choice(session, reader, request.query_params.get("plan", ""))
    after = id_from_text(request.query_params.get(PAGE_PLACE, ""))
    wanted = WorkFilter(choices.quarter, plan_id=chosen.plan_id, state=state)
    rows, total, following = reading(session, reader, wanted, after=after)
    return {
        "chosen": chosen,
        "rows": rows,
        "total": total,
        "after": after,
        "following": None if following is None else here(request, **{PAGE_PLACE: following}),
        "plans": {plan.id: plan for plan in chosen.plans},
        "evidence": evidence_counts(session, "work_entry", {row.id for row in rows}),
        "twins": twins_of(session, reader) if any(row.plot for row in rows) else {},
        "tiers": TIERS,
        "kinds": KINDS,
        "causes": CAUSES,
        "amount": amount,
    }


def _stands_behind(reader: Reader, row: Any) -> bool:
    pairs = ((row.recorded_by_id, row.recorded_by), (row.submitted_by_id, row.submitted_by))
    return any(reader.actor.stands_behind(id_, name) for id_, name in pairs)


def _figures(session: Session, choices: Choices, rows: Sequence[Any]) -> dict[tuple[int, int], WorkFigures]:
    """What each project has of each measure by now, by their ids: whoever accepts a report compares it with that."""
    found = works_of_projects(session, Scope(choices.quarter), {row.project_id for row in rows})
    return {(int(one.ids[0]), one.measure_id): one for one in found}


@router.post("/works/waiting")
def post_waiting(request: Request, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    """Accepts the ticked entries, or sends them back with one reason: all of them or none."""
    choices = find_choices(request)

    def again(problems: Problems) -> Response:
        return _waiting_page(request, session, reader, choices, typed, problems)

    return decided_reports(request, session, reader, typed, _WORKS, again)


@router.get("/works/unverified")
def get_unverified(request: Request, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    found = _found(request, session, reader, choices, "verify", unverified_claims)
    left = {row.id: left_of(session, find_work(session, row.id)) for row in found["rows"]}
    return page(request, "works/unverified.html", left=left, **found)
