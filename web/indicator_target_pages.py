"""Revising the target of an indicator, by document."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.calendar import current_quarter
from core.errors import N_, Stale
from milestones.indicators import Target
from milestones.target_revising import LABELS, REVISABLE, TARGET_OPERATORS, revise_target
from portfolio.dated import find_in_force
from web.deps import Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, shown_again
from web.indicator_forms import OpenIndicator, open_indicator, target_from, typed_target
from web.pages import page
from web.project_forms import first_open, quarters_since, version_from

router = APIRouter()

KIND_HINTS = {
    "number": N_("写明关系和数值"),
    "range": N_("写明下限和上限"),
    "grade": N_("原文写明等级，如Ⅱ类"),
}
_SHOWN = ("kind", "printed", "operator", "value", "high", "target_year")


@router.get("/indicators/{code}/{no}/target")
def get_target(request: Request, code: str, no: str, reader: SignedIn, session: Reading) -> Response:
    found = open_indicator(session, reader, code, no, "rules")
    filled = typed_target(_held(session, found), row_version=found.indicator.row_version)
    return _form_page(request, session, found, filled, NO_PROBLEMS)


def _held(session: Session, found: OpenIndicator) -> Target | None:
    return find_in_force(session, Target, {"indicator_id": found.id}, current_quarter())


def _form_page(request: Request, session: Session, found: OpenIndicator, typed: Typed, problems: Problems) -> Response:
    stale = problems.status == Stale.status
    held = _held(session, found)
    saved = typed_target(held)
    return page(
        request,
        "indicators/target.html",
        found=found,
        row=found.indicator,
        held=held,
        kinds=REVISABLE,
        operators=TARGET_OPERATORS,
        labels=LABELS,
        quarters=quarters_since(first_open(session, found.plan)),
        versions=[(LABELS[one], saved[one], typed[one]) for one in _SHOWN if saved[one] != typed[one]]
        if stale
        else None,
        row_version=found.indicator.row_version if stale else typed["row_version"],
        typed=typed,
        problems=problems,
    )


@router.post("/indicators/{code}/{no}/target")
def post_target(request: Request, code: str, no: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    found = open_indicator(session, reader, code, no, "rules")
    with shown_again(request, lambda problems: _form_page(request, session, found, typed, problems)):
        new, basis = target_from(typed, found.plan)
        version = version_from(typed)
        revise_target(session, found.indicator, new, basis, expected_version=version, by=reader.actor)
    return leads_to(session, typed.key, reader, f"{found.address}#targets")
