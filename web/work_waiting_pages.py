"""待接收 and 待核实: reported works that wait to be accepted, many at once, and accepted ones that wait to be verified."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.errors import N_, Broken, NotThere
from milestones.evidence import evidence_counts
from milestones.work_balances import left_of
from milestones.work_list import WorkFilter, plans_of_works
from milestones.work_reports import accept_works, find_work, send_back_works
from milestones.work_waiting import unverified_claims, waiting_works
from milestones.works import CAUSES, KINDS, TIERS
from portfolio.access import Action, Reader
from portfolio.facts import SUBMITTED
from portfolio.reviewing import Reviewer, led_by
from reports.rollup import Scope
from reports.works import WorkFigures, works_of_projects
from web.approving import departments_of
from web.choices import PAGE_PLACE, Choices, find_choices
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, id_from_text, shown_again
from web.pages import page
from web.plan_choice import plan_choice
from web.progress_shown import amount
from web.work_twins import twins_of

router = APIRouter()

_PASSING = ("done", "act", "tick")  # parameters that tell of one moment and are not carried on
_LONGEST = 300


class NoWorkTicked(Broken):
    sentence = N_("没有勾选任何一条。请先勾选要接收或退回的填报。")


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
        own={row.id for row in rows if _did(reader, row)},
        led=led_by(session, departments_of(reader), {row.top_id for row in rows}),
        figures=_figures(session, choices, rows),
        ticked={row.id for row in rows} if all_ticked else ticked,
        here=_here(request),
        tick_all=_here(request, tick="all"),
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
        "following": None if following is None else _here(request, **{PAGE_PLACE: following}),
        "plans": {plan.id: plan for plan in chosen.plans},
        "evidence": evidence_counts(session, "work_entry", {row.id for row in rows}),
        "twins": twins_of(session, reader) if any(row.plot for row in rows) else {},
        "tiers": TIERS,
        "kinds": KINDS,
        "causes": CAUSES,
        "amount": amount,
    }


def _did(reader: Reader, row: Any) -> bool:
    pairs = ((row.recorded_by_id, row.recorded_by), (row.submitted_by_id, row.submitted_by))
    return any(reader.actor.did(id_, name) for id_, name in pairs)


def _figures(session: Session, choices: Choices, rows: Sequence[Any]) -> dict[tuple[int, int], WorkFigures]:
    """What each project has of each measure by now, by their ids: whoever accepts a report compares it with that."""
    found = works_of_projects(session, Scope(choices.quarter), {row.project_id for row in rows})
    return {(int(one.ids[0]), one.measure_id): one for one in found}


def _here(request: Request, **more: Any) -> str:
    """This page of the list, with its filter and its place."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in (*_PASSING, *more)]
    kept += list(more.items())
    path = request.scope["path"]
    address = f"{path}?{urlencode(kept)}" if kept else path
    return address if len(address) <= _LONGEST else path


@router.post("/works/waiting")
def post_waiting(request: Request, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    """Accepts the ticked entries, or sends them back with one reason: all of them or none."""
    if done := answered(session, typed.key, reader):
        return done
    choices = find_choices(request)

    def again(problems: Problems) -> Response:
        return _waiting_page(request, session, reader, choices, typed, problems)

    with shown_again(request, again):
        count = _decided(session, reader, typed)
    act = "reject" if typed["act"] == "reject" else "approve"
    return leads_to(session, typed.key, reader, _here(request, done=count, act=act))


def _decided(session: Session, reader: Reader, typed: Typed) -> int:
    """Errors: NoWorkTicked, NotThere; those of accept_works and send_back_works."""
    ids = {id_ for text in typed.many("entry") if (id_ := id_from_text(text)) is not None}
    if reader.plans_for("accept_works") == frozenset():
        raise NotThere
    if not ids:
        raise NoWorkTicked(field="entry")
    plans = plans_of_works(session, ids)
    if len(plans) != len(ids):
        raise NotThere
    for plan_id in plans.values():
        reader.must("accept_works", plan_id)
    by = Reviewer(reader.actor, departments_of(reader))
    if typed["act"] == "reject":
        return send_back_works(session, ids, reason=typed["reason"], by=by)
    return accept_works(session, ids, by=by)


@router.get("/works/unverified")
def get_unverified(request: Request, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    found = _found(request, session, reader, choices, "verify", unverified_claims)
    left = {row.id: left_of(session, find_work(session, row.id)) for row in found["rows"]}
    return page(request, "works/unverified.html", left=left, **found)
