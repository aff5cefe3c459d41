"""The state of a project or a part, and archiving it. When a part leaves, the estimates of its package are revised with it."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.archiving import archive_project
from budgets.leaving_parts import archive_part, change_part_state
from budgets.packages import NewAmount
from core.calendar import current_quarter, today
from core.errors import N_, Broken, Stale
from portfolio.access import Reader
from portfolio.editing import Archived, change_state, claim, find_state
from portfolio.projects import STATES, ProjectState
from portfolio.states import ended_parts
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, raise_any, shown_again, typed_values
from web.pages import page
from web.project_amounts import AmountLine, amount_lines, amounts_from, changed_only, filled_amounts, shown_amounts
from web.project_forms import Editable, alive, day_from, editable_project, version_from

router = APIRouter()


# ---- the estimates of what remains


def _remaining(session: Session, reader: Reader, editable: Editable, *, leaving: bool) -> list[AmountLine]:
    """The package and the parts that count when this one leaves it; nothing for who may not revise estimates."""
    if not editable.is_part or not reader.may("estimate", editable.plan.id):
        return []
    ended = ended_parts(session, [editable.package.id or 0], current_quarter())
    own = editable.project.id or 0
    without = ended | {own} if leaving else ended - {own}
    return amount_lines(session, editable.package, without=without)


def _amounts(lines: list[AmountLine], typed: Typed) -> dict[int, NewAmount]:
    """The estimates that the person changed, by project id.

    Errors: those of amounts_from, together.
    """
    problems: list[Broken] = []
    amounts = amounts_from(lines, typed, problems) if lines else {}
    raise_any(problems)
    return changed_only(lines, amounts)


def _amounts_shown(lines: list[AmountLine], typed: Typed, *, stale: bool) -> dict[str, Any]:
    return shown_amounts(lines, typed, stale=stale) if lines else {"lines": [], "both": None}


# ---- state


@router.get("/projects/{code}/state")
def get_state(request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    editable = alive(editable_project(session, reader, code, "edit"))
    state, lines = _saved_state(session, reader, editable)
    filled = typed_values(
        row_version=_state_version(state),
        state=state.state if state else None,
        since_on=today(),
        **filled_amounts(lines, choices.unit),
    )
    return _state_page(request, editable, state, lines, filled, NO_PROBLEMS)


def _state_version(state: ProjectState | None) -> int:
    """States are rows of their own, so what a person saw is the newest row's id; 0 when there was none."""
    return 0 if state is None else state.id or 0


def _state_page(
    request: Request,
    editable: Editable,
    state: ProjectState | None,
    lines: list[AmountLine],
    typed: Typed,
    problems: Problems,
) -> Response:
    stale = problems.status == Stale.status
    return page(
        request,
        "projects/state.html",
        editable=editable,
        state=state,
        states=STATES,
        typed=typed,
        problems=problems,
        stale=stale,
        row_version=_state_version(state) if stale else typed["row_version"],
        **_amounts_shown(lines, typed, stale=stale),
    )


@router.post("/projects/{code}/state")
def post_state(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = editable_project(session, reader, code, "edit")
    saved = _saved_state(session, reader, editable)

    def again(problems: Problems) -> Response:
        # A refusal shows what is saved, not what was about to be; nothing was about to be when somebody else came first.
        now = _saved_state(session, reader, editable) if problems.status == Stale.status else saved
        return _state_page(request, editable, *now, typed, problems)

    with shown_again(request, again):
        _state_changed(session, editable, saved[1], typed, reader)
    return leads_to(session, typed.key, reader, _place(editable))


def _saved_state(session: Session, reader: Reader, editable: Editable) -> tuple[ProjectState | None, list[AmountLine]]:
    lines = _remaining(session, reader, editable, leaving=False)
    return find_state(session, editable.project.id or 0), lines


def _place(editable: Editable) -> str:
    """Where a project is shown; a part stands on the page of its package."""
    place = f"#{editable.project.code}" if editable.is_part and editable.project.archived_at is None else ""
    return f"/projects/{editable.package.code}{place}"


def _state_changed(session: Session, editable: Editable, lines: list[AmountLine], typed: Typed, reader: Reader) -> None:
    """Errors: Stale, Archived; those of day_from, change_state and change_part_state."""
    claim(session, alive(editable).project, expected_version=None)
    state = find_state(session, editable.project.id or 0)
    if version_from(typed) != _state_version(state):
        raise Stale(who="" if state is None else state.recorded_by)
    since_on = day_from(typed, "since_on", label=N_("自何日起"))
    reported: dict[str, Any] = {"since_on": since_on, "document": typed["document"], "reason": typed["reason"]}
    if editable.is_part:
        amounts = _amounts(lines, typed)
        change_part_state(session, editable.project, typed["state"], amounts, **reported, by=reader.actor)
    else:
        change_state(session, editable.project, typed["state"], **reported, by=reader.actor)


# ---- archive


@router.get("/projects/{code}/archive")
def get_archive(request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    editable = alive(editable_project(session, reader, code, "archive"))
    lines = _remaining(session, reader, editable, leaving=True)
    filled = typed_values(row_version=editable.project.row_version, **filled_amounts(lines, choices.unit))
    return _archive_page(request, editable, lines, filled, NO_PROBLEMS)


def _archive_page(
    request: Request, editable: Editable, lines: list[AmountLine], typed: Typed, problems: Problems
) -> Response:
    stale = problems.status == Stale.status
    return page(
        request,
        "projects/archive.html",
        editable=editable,
        typed=typed,
        problems=problems,
        row_version=editable.project.row_version if stale else typed["row_version"],
        stale=stale,
        quarter_now=current_quarter(),
        **_amounts_shown(lines, typed, stale=stale),
    )


@router.post("/projects/{code}/archive")
def post_archive(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = editable_project(session, reader, code, "archive")
    lines = _remaining(session, reader, editable, leaving=True)

    def again(problems: Problems) -> Response:
        stale = problems.status == Stale.status
        now = _remaining(session, reader, editable, leaving=True) if stale else lines
        return _archive_page(request, editable, now, typed, problems)

    with shown_again(request, again):
        _archived(session, editable, lines, typed, reader)
    return leads_to(session, typed.key, reader, _place(editable))


def _archived(session: Session, editable: Editable, lines: list[AmountLine], typed: Typed, reader: Reader) -> None:
    """Errors: those of archive_project and archive_part."""
    asked: dict[str, Any] = {"reason": typed["reason"], "expected_version": version_from(typed), "by": reader.actor}
    if editable.is_part:
        if editable.package.archived_at is not None:
            raise Archived
        amounts = _amounts(lines, typed)
        archive_part(session, editable.project, amounts, document=typed["document"].strip() or None, **asked)
    else:
        archive_project(session, editable.project, **asked)
