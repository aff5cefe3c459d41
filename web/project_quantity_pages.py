"""Adding, changing and removing the quantities (工程量) of a project or a part."""

from dataclasses import fields
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.packages import NothingChanged
from core.audit import Actor
from core.errors import N_, Broken, NotThere, SeveralBroken, Stale
from core.units import text_from_micro
from milestones.quantities import OPERATORS, Quantity
from milestones.quantity_changes import (
    QuantityEnded,
    change_quantity,
    find_successor,
    record_quantity,
    remove_quantity,
)
from milestones.quantity_values import (
    LABELS,
    PERS,
    NewQuantity,
    checked_quantity,
    measure_names,
    measure_of,
    quantity_in_words,
)
from portfolio.editing import claim
from portfolio.values import Basis, check_basis
from web.deps import Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, shown_again, typed_values
from web.pages import page
from web.project_filters import year_from_text
from web.project_forms import Editable, alive, basis_from, editable_project, quarters_since, version_from

router = APIRouter()

_TICKED = "1"
_TEXTS = ("measure", "value", "unit", "operator", "wording")
_SHOWN = tuple(field.name for field in fields(NewQuantity) if field.name != "new_measure")
OPERATOR_WORDS = {
    "=": N_("等于"),
    "≥": N_("≥ 不少于"),
    "≤": N_("≤ 不多于"),
    "<": N_("< 少于"),
    ">": N_("> 多于"),
    "约": N_("约"),
    "力争": N_("力争"),
}
assert set(OPERATOR_WORDS) == set(OPERATORS)
UNITS_OFFERED = (
    "亩",
    "万亩",
    "公顷",
    "平方公里",
    "平方米",
    "公里",
    "米",
    "立方米",
    "万立方米",
    "万立方米/日",
    "吨",
    "座",
    "处",
    "个",
    "%",
)


# ---- adding


@router.get("/projects/{code}/quantities/new")
def get_new_quantity(request: Request, code: str, reader: SignedIn, session: Reading) -> Response:
    editable = alive(editable_project(session, reader, code, "edit"))
    return _form_page(request, session, editable, None, typed_values(operator="="), NO_PROBLEMS)


@router.post("/projects/{code}/quantities/new")
def post_new_quantity(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = editable_project(session, reader, code, "edit")
    with shown_again(request, lambda problems: _form_page(request, session, editable, None, typed, problems)):
        new, basis = _read(session, alive(editable), typed, None)
        record_quantity(session, editable.project, new, basis, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{editable.package.code}#quantities")


def _form_page(
    request: Request,
    session: Session,
    editable: Editable,
    quantity: Quantity | None,
    typed: Typed,
    problems: Problems,
) -> Response:
    """The form of a new quantity, or of one that is to be changed."""
    versions, row_version = None, typed["row_version"]
    if problems.status == Stale.status and quantity is not None:
        quantity = find_successor(session, quantity) or quantity
        versions, row_version = _both_versions(session, quantity, typed), str(editable.project.row_version)
    return page(
        request,
        "projects/quantity.html",
        editable=editable,
        quantity=quantity,
        typed=typed,
        problems=problems,
        versions=versions,
        row_version=row_version,
        labels=LABELS,
        operators=OPERATOR_WORDS,
        pers=PERS,
        measures=measure_names(session),
        units_offered=UNITS_OFFERED,
        quarters=_quarters(editable, quantity),
    )


def _quarters(editable: Editable, quantity: Quantity | None) -> list[int]:
    """A quantity can be changed from any quarter since it holds."""
    return quarters_since(editable.since if quantity is None else max(editable.since, quantity.effective_from))


def _read(session: Session, editable: Editable, typed: Typed, quantity: Quantity | None) -> tuple[NewQuantity, Basis]:
    """What the form holds.

    Errors: SeveralBroken with every field that cannot be accepted.
    """
    problems: list[Broken] = []
    year = None
    if typed["by_year"].strip():
        with collecting(problems):
            year = year_from_text(typed["by_year"].strip(), field="by_year", label=LABELS["by_year"])
    texts = {name: typed[name].strip() for name in _TEXTS}
    new = NewQuantity(
        **texts,
        strive=typed["strive"] == _TICKED,
        per=typed["per"] or None,
        by_year=year,
        note=typed["note"].strip() or None,
        new_measure=typed["new_measure"] == _TICKED,
    )
    basis = basis_from(typed, _quarters(editable, quantity)[-1], problems)
    more: list[Broken] = []
    with collecting(more):
        checked_quantity(session, editable.project, new, basis, instead_of=quantity)
    known = {problem.field for problem in problems}
    problems += [problem for problem in more if problem.field not in known]
    if problems:
        raise SeveralBroken(problems)
    return new, basis


# ---- changing


def _quantity_of(session: Session, editable: Editable, quantity_id: int) -> Quantity:
    """Errors: NotThere when the project never had it."""
    quantity = session.get(Quantity, quantity_id)
    if quantity is None or quantity.project_id != editable.project.id:
        raise NotThere
    return quantity


def _held(session: Session, editable: Editable, quantity_id: int) -> Quantity:
    """Errors: NotThere; QuantityEnded."""
    quantity = _quantity_of(session, editable, quantity_id)
    if quantity.effective_until is not None:
        raise QuantityEnded
    return quantity


def _values(session: Session, quantity: Quantity) -> dict[str, Any]:
    """What holds, as a person would type it."""
    held = {name: getattr(quantity, name) for name in _SHOWN if name not in ("measure", "value", "strive")}
    return held | {
        "measure": measure_of(session, quantity),
        "value": text_from_micro(quantity.value_micro),
        "strive": _TICKED if quantity.strive else None,
    }


def _both_versions(session: Session, quantity: Quantity, typed: Typed) -> list[tuple[str, str, str | None]]:
    """(label, what is saved, what was typed) for each field that differs."""
    saved = typed_values(**_values(session, quantity))
    return [
        (LABELS[name], saved[name], typed[name].strip())
        for name in _SHOWN
        if saved[name].strip() != typed[name].strip()
    ]


@router.get("/projects/{code}/quantities/{quantity_id}/edit")
def get_quantity(request: Request, code: str, quantity_id: RecordId, reader: SignedIn, session: Reading) -> Response:
    editable = alive(editable_project(session, reader, code, "edit"))
    quantity = _held(session, editable, quantity_id)
    filled = typed_values(row_version=editable.project.row_version, **_values(session, quantity))
    return _form_page(request, session, editable, quantity, filled, NO_PROBLEMS)


@router.post("/projects/{code}/quantities/{quantity_id}/edit")
def post_quantity(
    request: Request, code: str, quantity_id: RecordId, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = editable_project(session, reader, code, "edit")
    quantity = _quantity_of(session, editable, quantity_id)
    with shown_again(request, lambda problems: _form_page(request, session, editable, quantity, typed, problems)):
        _changed(session, editable, quantity, typed, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{editable.package.code}#quantities")


def _changed(session: Session, editable: Editable, quantity: Quantity, typed: Typed, *, by: Actor) -> None:
    """Errors: SeveralBroken; NothingChanged; those of change_quantity."""
    version = version_from(typed)
    claim(session, alive(editable).project, expected_version=version)
    new, basis = _read(session, editable, typed, quantity)
    if not change_quantity(session, editable.project, quantity, new, basis, expected_version=version, by=by):
        raise NothingChanged


# ---- removing


@router.get("/projects/{code}/quantities/{quantity_id}/remove")
def get_removal(request: Request, code: str, quantity_id: RecordId, reader: SignedIn, session: Reading) -> Response:
    editable = alive(editable_project(session, reader, code, "edit"))
    quantity = _held(session, editable, quantity_id)
    filled = typed_values(row_version=editable.project.row_version)
    return _removal_page(request, session, editable, quantity, filled, NO_PROBLEMS)


def _removal_page(
    request: Request, session: Session, editable: Editable, quantity: Quantity, typed: Typed, problems: Problems
) -> Response:
    stale = problems.status == Stale.status
    if stale:
        quantity = find_successor(session, quantity) or quantity
    return page(
        request,
        "projects/quantity_removal.html",
        editable=editable,
        quantity=quantity,
        words=quantity_in_words(measure_of(session, quantity), quantity),
        typed=typed,
        problems=problems,
        stale=stale,
        row_version=editable.project.row_version if stale else typed["row_version"],
        quarters=_quarters(editable, quantity),
    )


@router.post("/projects/{code}/quantities/{quantity_id}/remove")
def post_removal(
    request: Request, code: str, quantity_id: RecordId, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = editable_project(session, reader, code, "edit")
    quantity = _quantity_of(session, editable, quantity_id)
    with shown_again(request, lambda problems: _removal_page(request, session, editable, quantity, typed, problems)):
        _removed(session, editable, quantity, typed, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{editable.package.code}#quantities")


def _removed(session: Session, editable: Editable, quantity: Quantity, typed: Typed, *, by: Actor) -> None:
    """Errors: SeveralBroken; those of remove_quantity."""
    version = version_from(typed)
    claim(session, alive(editable).project, expected_version=version)
    problems: list[Broken] = []
    basis = basis_from(typed, _quarters(editable, quantity)[-1], problems)
    with collecting(problems):
        check_basis(basis, "document", "reason")
    if problems:
        raise SeveralBroken(problems)
    remove_quantity(session, editable.project, quantity, basis, expected_version=version, by=by)
