"""Changing what is recorded about a project or a part, its state, and archiving it."""

from dataclasses import fields

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.packages import NothingChanged
from core.audit import Actor
from core.calendar import current_quarter, today
from core.errors import N_, Broken, NotThere, SeveralBroken, Stale
from portfolio.editing import Archived, archive_project, change_state, claim, edit_project, find_state
from portfolio.plans import headings
from portfolio.projects import STATES, ProjectState
from portfolio.values import LABELS, ROLE_FIELDS, ProjectValues, check_basis, check_values, project_values
from web.deps import Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, id_from_text, shown_again, typed_values
from web.pages import page
from web.project_forms import (
    Editable,
    basis_from,
    changed_values,
    day_from,
    department_names,
    editable_project,
    offered_in,
    project_from,
    quarters_since,
    typed_project,
    version_from,
)

router = APIRouter()


def _alive(editable: Editable) -> Editable:
    """Errors: Archived."""
    if editable.project.archived_at is not None or editable.package.archived_at is not None:
        raise Archived
    return editable


def _whole(editable: Editable) -> Editable:
    """Errors: NotThere for a part, which has no state of its own and is not archived by itself."""
    if editable.is_part:
        raise NotThere
    return editable


# ---- values


@router.get("/projects/{code}/edit")
def get_edit(request: Request, code: str, reader: SignedIn, session: Reading) -> Response:
    editable = _alive(editable_project(session, reader, code, "edit"))
    return _edit_page(request, session, editable, _saved(session, editable), NO_PROBLEMS)


def _saved(session: Session, editable: Editable) -> Typed:
    """The form filled with what is saved now, which it also carries along as what the person saw."""
    names = dict(department_names(session, editable.plan))
    values = project_values(session, editable.project, current_quarter())
    filled = typed_project(values, lambda id_: names.get(id_, ""), row_version=editable.project.row_version)
    return Typed({**filled.fields, **{_was(name): filled.many(name) for name in _fields(editable)}})


def _was(name: str) -> str:
    """The hidden field that holds what a field held when the form was opened."""
    return f"was_{name}"


def _fields(editable: Editable) -> list[str]:
    names = [field.name for field in fields(ProjectValues)]
    return names if editable.assigning else [name for name in names if name not in ("programme_id", *ROLE_FIELDS)]


def _edit_page(request: Request, session: Session, editable: Editable, typed: Typed, problems: Problems) -> Response:
    versions = None
    if problems.status == Stale.status:
        saved = _saved(session, editable)
        versions = _both_versions(session, editable, saved, typed)
        typed = _brought_together(editable, saved, typed)
    return page(
        request,
        "projects/edit.html",
        editable=editable,
        typed=typed,
        problems=problems,
        versions=versions,
        carried=["row_version", *map(_was, _fields(editable))],
        quarters=quarters_since(editable.since),
        **offered_in(session, editable.plan),
    )


def _both_versions(
    session: Session, editable: Editable, saved: Typed, typed: Typed
) -> list[tuple[str, str, str | None]]:
    """(label, what is saved, what was typed) for each field that differs; None was typed where the field was left alone."""
    tree = headings(session, {editable.project.plan_id})

    def shown(name: str, text: str) -> str:
        heading = tree.get(id_from_text(text) or 0) if name == "programme_id" else None
        return text.strip() if heading is None else heading.path[-1][1]

    return [
        (LABELS[name], shown(name, saved[name]), None if _left_alone(typed, name) else shown(name, typed[name]))
        for name in _fields(editable)
        if saved[name].strip() != typed[name].strip()
    ]


def _left_alone(typed: Typed, name: str) -> bool:
    return typed[name].strip() == typed[_was(name)].strip()


def _brought_together(editable: Editable, saved: Typed, typed: Typed) -> Typed:
    """The form with what the person typed; fields that the person left alone show what somebody else saved meanwhile."""
    kept = {name: typed.many(name) for name in _fields(editable) if not _left_alone(typed, name)}
    return Typed({**typed.fields, **saved.fields, **kept})


@router.post("/projects/{code}/edit")
def post_edit(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = editable_project(session, reader, code, "edit")
    with shown_again(request, lambda problems: _edit_page(request, session, editable, typed, problems)):
        _edited(session, editable, typed, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{editable.package.code}")


def _edited(session: Session, editable: Editable, typed: Typed, *, by: Actor) -> None:
    """Errors: SeveralBroken with every field that cannot be accepted; Stale, Archived; NothingChanged."""
    version = version_from(typed)
    claim(session, editable.project, expected_version=version)
    problems: list[Broken] = []
    wanted = project_from(session, editable.plan, typed, problems, assigning=editable.assigning)
    basis = basis_from(typed, editable.since, problems)
    values = changed_values(session, editable, wanted, basis.from_quarter)
    more: list[Broken] = []
    with collecting(more):
        check_values(
            session,
            editable.plan,
            values,
            part_of=editable.project.parent_id,
            except_id=editable.project.id,
        )
    with collecting(more):
        check_basis(basis, "reason")
    known = {problem.field for problem in problems}
    problems += [problem for problem in more if problem.field not in known]
    if problems:
        raise SeveralBroken(problems)
    if not edit_project(session, editable.project, values, basis, expected_version=version, by=by):
        raise NothingChanged


# ---- state


@router.get("/projects/{code}/state")
def get_state(request: Request, code: str, reader: SignedIn, session: Reading) -> Response:
    editable = _alive(_whole(editable_project(session, reader, code, "edit")))
    state = find_state(session, editable.project.id or 0)
    filled = typed_values(row_version=_state_version(state), state=state.state if state else None, since_on=today())
    return _state_page(request, session, editable, filled, NO_PROBLEMS)


def _state_version(state: ProjectState | None) -> int:
    """States are rows of their own, so what a person saw is the newest row's id; 0 when there was none."""
    return 0 if state is None else state.id or 0


def _state_page(request: Request, session: Session, editable: Editable, typed: Typed, problems: Problems) -> Response:
    stale = problems.status == Stale.status
    state = find_state(session, editable.project.id or 0)
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
    )


@router.post("/projects/{code}/state")
def post_state(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = _whole(editable_project(session, reader, code, "edit"))
    with shown_again(request, lambda problems: _state_page(request, session, editable, typed, problems)):
        _state_changed(session, editable, typed, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{code}")


def _state_changed(session: Session, editable: Editable, typed: Typed, *, by: Actor) -> None:
    """Errors: Stale; those of day_from and change_state."""
    claim(session, editable.project, expected_version=None)
    state = find_state(session, editable.project.id or 0)
    if version_from(typed) != _state_version(state):
        raise Stale(who="" if state is None else state.recorded_by)
    since_on = day_from(typed, "since_on", label=N_("自何日起"))
    change_state(
        session,
        editable.project,
        typed["state"],
        since_on=since_on,
        document=typed["document"],
        reason=typed["reason"],
        by=by,
    )


# ---- archive


@router.get("/projects/{code}/archive")
def get_archive(request: Request, code: str, reader: SignedIn, session: Reading) -> Response:
    editable = _alive(_whole(editable_project(session, reader, code, "archive")))
    return _archive_page(request, editable, typed_values(row_version=editable.project.row_version), NO_PROBLEMS)


def _archive_page(request: Request, editable: Editable, typed: Typed, problems: Problems) -> Response:
    stale = problems.status == Stale.status
    row_version = editable.project.row_version if stale else typed["row_version"]
    return page(
        request,
        "projects/archive.html",
        editable=editable,
        typed=typed,
        problems=problems,
        row_version=row_version,
        stale=stale,
    )


@router.post("/projects/{code}/archive")
def post_archive(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = _whole(editable_project(session, reader, code, "archive"))
    with shown_again(request, lambda problems: _archive_page(request, editable, typed, problems)):
        archive_project(
            session,
            editable.project,
            reason=typed["reason"],
            expected_version=version_from(typed),
            by=reader.actor,
        )
    return leads_to(session, typed.key, reader, f"/projects/{code}")
