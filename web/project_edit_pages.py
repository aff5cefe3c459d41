"""Changing what is recorded about a project or a part."""

from dataclasses import fields

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.packages import NothingChanged
from core.audit import Actor
from core.calendar import current_quarter
from core.errors import Broken, SeveralBroken, Stale
from portfolio.editing import claim, edit_project
from portfolio.plans import headings
from portfolio.values import LABELS, ROLE_FIELDS, ProjectValues, check_basis, check_values, project_values
from web.deps import Reading, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, id_from_text, shown_again
from web.pages import page
from web.project_forms import (
    Editable,
    alive,
    basis_from,
    changed_values,
    department_names,
    editable_project,
    offered_in,
    project_from,
    quarters_since,
    typed_project,
    version_from,
)

router = APIRouter()


@router.get("/projects/{code}/edit")
def get_edit(request: Request, code: str, reader: SignedIn, session: Reading) -> Response:
    editable = alive(editable_project(session, reader, code, "edit"))
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
    claim(session, alive(editable).project, expected_version=version)
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
