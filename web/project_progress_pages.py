"""The progress of one project: its lamp with reasons, works, money and time side by side, each measure, plan against fact."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from portfolio.access import Reader
from portfolio.facts import EDITIONS
from portfolio.projects import STATES
from reports.lamp_reading import project_lamps
from reports.money_groups import Group
from reports.project_sheet import project_sheet
from reports.rollup import Scope
from web.choices import Choices
from web.deps import Chosen, Reading, SignedIn, see_other
from web.pages import page
from web.progress_curves import curves_of
from web.progress_shown import ShownProgress, amount, shown_progress

router = APIRouter()


def find_progress(
    session: Session, reader: Reader, choices: Choices, plan_id: int | None, project_id: int | None
) -> ShownProgress | None:
    """Where a top-level project stands; None for one that does not count: archived, ended, not yet under a heading."""
    scope = Scope(choices.quarter, frozenset({plan_id or 0}), choices.edition)
    lamp = project_lamps(session, reader, scope, [project_id or 0]).get(project_id or 0)
    return None if lamp is None else shown_progress(lamp, choices.language)


@router.get("/projects/{code}/progress")
def get_project_progress(request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    sheet = project_sheet(session, reader, code, choices.quarter, choices.edition)
    if sheet.project.code != code:
        return see_other(choices.url(f"/projects/{sheet.project.code}/progress"))
    scope = Scope(choices.quarter, frozenset({sheet.plan.id or 0}), choices.edition)
    shown = find_progress(session, reader, choices, sheet.plan.id, sheet.project.id)
    curves = {}
    if shown is not None:
        group = Group({"project": code})
        curves = curves_of(request, session, reader, scope, choices, shown.progress.measures, group)
    return page(
        request,
        "progress/project.html",
        sheet=sheet,
        shown=shown,
        states=STATES,
        editions=EDITIONS,
        **({"amount": amount} | curves),
    )
