"""待接收的节点: reports of milestones that the reader may accept or send back, many at once."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.approval import led_by
from core.errors import NotThere
from milestones.milestone_reports import accept_milestones, send_back_milestones
from milestones.milestones import REPORTS, MilestoneReport
from portfolio.access import Reader
from reports.milestone_waiting import plans_of_reports, waiting_reports
from web.approving import departments_of
from web.choices import PAGE_PLACE, Choices, find_choices
from web.deps import Chosen, Reading, SignedIn, Writing
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, id_from_text
from web.pages import page
from web.plan_choice import plan_choice
from web.waiting_decisions import Deciding, decided_reports, here

router = APIRouter()

_MILESTONES = Deciding(plans_of_reports, accept_milestones, send_back_milestones)


@router.get("/milestones/waiting")
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
    """Errors: NotThere for who accepts nothing at all."""
    if reader.plans_for("accept_works") == frozenset():
        raise NotThere
    asked = request.query_params
    chosen = plan_choice(session, reader, asked.get("plan", ""))
    after = id_from_text(asked.get(PAGE_PLACE, ""))
    found = waiting_reports(session, reader, plan_id=chosen.plan_id, after=after)
    own = {one.report.id for one in found.rows if _is_own(reader, one.report)}
    projects: set[int | None] = {id_ for one in found.rows for id_ in one.project_ids}
    ticked = {id_from_text(text) for text in typed.many("entry")}
    return page(
        request,
        "milestones/waiting.html",
        status=problems.status if problems else 200,
        chosen=chosen,
        found=found,
        own=own,
        led=led_by(session, departments_of(reader), projects),
        plans={plan.id: plan for plan in chosen.plans},
        report_kinds=REPORTS,
        ticked={one.report.id for one in found.rows} if all_ticked else ticked,
        after=after,
        here=here(request),
        tick_all=here(request, tick="all"),
        following=None if found.following is None else here(request, **{PAGE_PLACE: found.following}),
        done=id_from_text(asked.get("done", "")) or 0,
        act=asked.get("act", ""),
        typed=typed,
        problems=problems,
    )


def _is_own(reader: Reader, row: MilestoneReport) -> bool:
    pairs = ((row.recorded_by_id, row.recorded_by), (row.submitted_by_id, row.submitted_by))
    return any(reader.actor.stands_behind(id_, name) for id_, name in pairs)


@router.post("/milestones/waiting")
def post_waiting(request: Request, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    """Accepts the ticked reports, or sends them back with one reason: all of them or none."""
    choices = find_choices(request)

    def again(problems: Problems) -> Response:
        return _waiting_page(request, session, reader, choices, typed, problems)

    return decided_reports(request, session, reader, typed, _MILESTONES, again)
