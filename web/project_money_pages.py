"""A new version of what a project and its parts are estimated to cost, with the amounts spelled out as they are typed."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from budgets.estimates import estimates_in_force
from budgets.packages import NewAmount, part_field, revise_estimates
from core.audit import Actor
from core.calendar import current_quarter
from core.capital_numerals import capital_numerals
from core.errors import Broken, SeveralBroken, Stale
from core.money import UNITS
from core.money import typed as typed_amount
from portfolio.editing import Archived
from portfolio.projects import Project
from portfolio.values import check_basis
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to, see_other
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, problems_of, shown_again
from web.pages import page
from web.project_forms import (
    Editable,
    amount_from,
    basis_from,
    editable_project,
    quarters_since,
    spelled,
    unit_from,
    version_from,
)

router = APIRouter()


@dataclass(frozen=True)
class AmountLine:
    """The project itself, or one of its parts, with its field of the form and what is estimated today."""

    field: str
    id: int
    name: str
    held_fen: int | None
    version: int

    @property
    def version_field(self) -> str:
        return f"version_{self.field}"


def _lines(session: Session, editable: Editable) -> list[AmountLine]:
    parts = session.exec(
        select(Project)
        .where(Project.parent_id == editable.project.id, col(Project.archived_at).is_(None))
        .order_by(col(Project.position))
    ).all()
    rows = [("estimate", editable.project)]
    rows += [(part_field("estimate", number), part) for number, part in enumerate(parts, start=1)]
    held = estimates_in_force(session, current_quarter(), [row.id or 0 for _, row in rows])
    return [AmountLine(field, row.id or 0, row.name, held.get(row.id or 0), row.row_version) for field, row in rows]


@router.get("/projects/{code}/estimate")
def get_estimate(request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    editable = editable_project(session, reader, code, "estimate")
    if editable.is_part:
        return see_other(f"/projects/{editable.package.code}/estimate")
    if editable.project.archived_at is not None:
        raise Archived
    lines = _lines(session, editable)
    return _estimate_page(request, session, editable, lines, _filled(lines, choices.unit), NO_PROBLEMS)


def _filled(lines: list[AmountLine], unit: str) -> Typed:
    amounts = {line.field: typed_amount(line.held_fen, unit) for line in lines}
    versions = {line.version_field: str(line.version) for line in lines}
    return Typed({name: (text,) for name, text in (amounts | versions | {"estimate_unit": unit}).items()})


def _estimate_page(
    request: Request,
    session: Session,
    editable: Editable,
    lines: list[AmountLine],
    typed: Typed,
    problems: Problems,
) -> Response:
    stale = problems.status == Stale.status
    if stale:
        lines = _lines(session, editable)  # nothing was written yet: this is what somebody else saved
    unit = typed["estimate_unit"]
    saved = _filled(lines, unit if unit in UNITS else "元")
    return page(
        request,
        "projects/estimate.html",
        editable=editable,
        lines=lines,
        typed=typed,
        problems=problems,
        versions_seen={line.version_field: line.version if stale else typed[line.version_field] for line in lines},
        both=[(line, saved[line.field], typed[line.field]) for line in lines] if stale else None,
        units=UNITS,
        spelled=spelled(typed, *(line.field for line in lines)),
        quarters=quarters_since(editable.since),
    )


@router.post("/projects/{code}/estimate")
def post_estimate(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = editable_project(session, reader, code, "estimate")
    if editable.is_part:
        return see_other(f"/projects/{editable.package.code}/estimate")
    lines = _lines(session, editable)

    def again(problems: Problems) -> Response:
        return _estimate_page(request, session, editable, lines, typed, problems)

    with shown_again(request, again):
        _revised(session, editable, lines, typed, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{code}")


def _revised(session: Session, editable: Editable, lines: list[AmountLine], typed: Typed, *, by: Actor) -> None:
    """Errors: SeveralBroken with every field that cannot be accepted; those of revise_estimates."""
    problems: list[Broken] = []
    unit = unit_from(typed, problems)
    amounts = {line: amount_from(typed, line.field, unit, problems) for line in lines}
    basis = basis_from(typed, editable.since, problems)
    with collecting(problems):
        check_basis(basis, "document", "reason")
    if problems:
        raise SeveralBroken(problems)
    # The form shows what holds today: an amount that was left alone must not be carried into an earlier quarter.
    touched = {line: amount for line, amount in amounts.items() if amount != line.held_fen} or amounts
    wanted = {
        line.id: NewAmount(line.field, amount, version_from(typed, line.version_field))
        for line, amount in touched.items()
    }
    revise_estimates(session, editable.project, wanted, basis, by=by)


@router.get("/capital-numerals")
def get_capital_numerals(request: Request, reader: SignedIn, choices: Chosen, field: str = "estimate") -> Response:
    """The amount that is being typed in a field, in words; what is wrong with it where it is no amount."""
    typed = Typed({name: (value,) for name, value in request.query_params.items()})
    found: list[Broken] = []
    amount = amount_from(typed, field, unit_from(typed, found), found)
    problems = problems_of(SeveralBroken(found), choices.language) if found else NO_PROBLEMS
    words = "" if amount is None else capital_numerals(amount)
    return page(request, "projects/_words.html", words=words, told=problems)
