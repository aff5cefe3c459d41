"""Adding parts (子项目) to a package, and making a project a package, with the estimates revised in the same form."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.packages import NewPart, add_parts, part_field
from core.audit import Actor
from core.calendar import current_quarter
from core.errors import N_, Broken, Missing, SeveralBroken, Stale
from portfolio.states import ended_parts
from portfolio.values import check_basis
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to, see_other
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, id_from_text, shown_again, typed_values
from web.pages import page
from web.project_amounts import AmountLine, amount_lines, amounts_from, changed_only, filled_amounts, shown_amounts
from web.project_forms import (
    Editable,
    alive,
    amount_from,
    basis_from,
    editable_project,
    quarters_since,
    unit_from,
    version_from,
)

router = APIRouter()

_MORE_LINES, _MOST_LINES = 3, 30
_PART_FIELDS = ("name", "content", "estimate")


def _held(session: Session, editable: Editable) -> list[AmountLine]:
    """The package and the parts that it has; the fields of new parts are named otherwise."""
    ended = ended_parts(session, [editable.package.id or 0], current_quarter())
    return amount_lines(session, editable.package, without=ended, field="held")


def _new_lines(typed: Typed, held: list[AmountLine]) -> range:
    """The lines for new parts: one more for a package, and a few for a project that is to become one."""
    lines = id_from_text(typed["part_lines"]) or (1 if len(held) > 1 else _MORE_LINES)
    return range(1, 1 + min(_MOST_LINES, lines + _MORE_LINES if typed["more_parts"] else lines))


@router.get("/projects/{code}/parts/new")
def get_new_parts(request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    editable = editable_project(session, reader, code, "create")
    if editable.is_part:
        return see_other(f"/projects/{editable.package.code}/parts/new")
    held = _held(session, alive(editable))
    filled = typed_values(row_version=editable.project.row_version, **filled_amounts(held, choices.unit))
    return _parts_page(request, editable, held, filled, NO_PROBLEMS)


def _parts_page(
    request: Request, editable: Editable, held: list[AmountLine], typed: Typed, problems: Problems
) -> Response:
    stale = problems.status == Stale.status
    lines = _new_lines(typed, held)
    return page(
        request,
        "projects/parts.html",
        editable=editable,
        typed=typed,
        problems=problems,
        stale=stale,
        row_version=editable.project.row_version if stale else typed["row_version"],
        new_lines=lines,
        part_field=part_field,
        quarters=quarters_since(editable.since),
        **_amounts_shown(held, lines, typed, stale=stale),
    )


def _amounts_shown(held: list[AmountLine], lines: range, typed: Typed, *, stale: bool) -> dict[str, Any]:
    return shown_amounts(held, typed, stale=stale, more=[part_field("estimate", line) for line in lines])


@router.post("/projects/{code}/parts/new")
def post_new_parts(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = editable_project(session, reader, code, "create")
    if editable.is_part:
        return see_other(f"/projects/{editable.package.code}/parts/new")
    held = _held(session, editable)
    if typed["more_parts"]:
        return _parts_page(request, editable, held, typed, NO_PROBLEMS)

    def again(problems: Problems) -> Response:
        # A refusal shows what is saved, not what was about to be; nothing was about to be when somebody else came first.
        now = _held(session, editable) if problems.status == Stale.status else held
        return _parts_page(request, editable, now, typed, problems)

    with shown_again(request, again):
        _added(session, alive(editable), held, typed, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{code}#parts")


def _added(session: Session, editable: Editable, held: list[AmountLine], typed: Typed, *, by: Actor) -> None:
    """Errors: SeveralBroken with every field that cannot be accepted; those of add_parts."""
    problems: list[Broken] = []
    amounts = amounts_from(held, typed, problems)
    parts = _parts_from(typed, held, problems)
    basis = basis_from(typed, editable.since, problems)
    with collecting(problems):
        check_basis(basis, "document", "reason")
    if problems:
        raise SeveralBroken(problems)
    changed = changed_only(held, amounts)
    add_parts(session, editable.project, parts, changed, basis, expected_version=version_from(typed), by=by)


def _parts_from(typed: Typed, held: list[AmountLine], problems: list[Broken]) -> list[NewPart]:
    """The lines that something was typed in; there must be one."""
    parts = []
    unit = unit_from(typed, [])
    for line in _new_lines(typed, held):
        name, content, estimate = (typed[part_field(field, line)].strip() for field in _PART_FIELDS)
        amount = amount_from(typed, part_field("estimate", line), unit, problems)
        if name:
            parts.append(NewPart(line, name, amount, content or None))
        elif content or estimate or line == 1:
            problems.append(Missing(field=part_field("name", line), label=N_("子项目名称")))
    return parts
