"""A new version of what a project and its parts are estimated to cost, with the amounts spelled out as they are typed."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.estimates import ON_PAPER_LABELS, OnPaper, check_on_paper
from budgets.packages import revise_estimates
from core.audit import Actor
from core.capital_numerals import capital_numerals
from core.errors import N_, Broken, SeveralBroken, Stale
from portfolio.editing import Archived
from portfolio.values import check_basis
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to, see_other
from web.forms import (
    NO_PROBLEMS,
    Problems,
    Typed,
    TypedForm,
    collecting,
    problems_of,
    shown_again,
    typed_values,
)
from web.pages import page
from web.project_amounts import AmountLine, amount_lines, amounts_from, changed_only, filled_amounts, shown_amounts
from web.project_forms import (
    ESTIMATE,
    Editable,
    amount_from,
    basis_from,
    day_from,
    editable_project,
    quarters_since,
    unit_from,
)

router = APIRouter()


@router.get("/projects/{code}/estimate")
def get_estimate(request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    editable = editable_project(session, reader, code, "estimate")
    if editable.is_part:
        return see_other(f"/projects/{editable.package.code}/estimate")
    if editable.project.archived_at is not None:
        raise Archived
    lines = amount_lines(session, editable.project)
    filled = typed_values(**filled_amounts(lines, choices.unit))
    return _estimate_page(request, session, editable, lines, filled, NO_PROBLEMS)


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
        lines = amount_lines(session, editable.project)  # nothing was written yet: this is what somebody else saved
    return page(
        request,
        "projects/estimate.html",
        editable=editable,
        typed=typed,
        problems=problems,
        quarters=quarters_since(editable.since),
        **shown_amounts(lines, typed, stale=stale),
    )


@router.post("/projects/{code}/estimate")
def post_estimate(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = editable_project(session, reader, code, "estimate")
    if editable.is_part:
        return see_other(f"/projects/{editable.package.code}/estimate")
    lines = amount_lines(session, editable.project)

    def again(problems: Problems) -> Response:
        return _estimate_page(request, session, editable, lines, typed, problems)

    with shown_again(request, again):
        _revised(session, editable, lines, typed, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/projects/{code}")


def _revised(session: Session, editable: Editable, lines: list[AmountLine], typed: Typed, *, by: Actor) -> None:
    """Errors: SeveralBroken with every field that cannot be accepted; those of revise_estimates."""
    problems: list[Broken] = []
    amounts = amounts_from(lines, typed, problems)
    basis = basis_from(typed, editable.since, problems)
    on_paper = _on_paper_from(typed, problems)
    with collecting(problems):
        check_basis(basis, "document", "reason")
    if problems:
        raise SeveralBroken(problems)
    changed = changed_only(lines, amounts) or amounts
    revise_estimates(session, editable.project, changed, basis, on_paper=on_paper, by=by)


def _on_paper_from(typed: Typed, problems: list[Broken]) -> OnPaper:
    """Who approved the estimate and on what day; a day that cannot be is added to the problems."""
    found = OnPaper(typed["approver"].strip() or None)
    with collecting(problems):
        if typed["document_on"].strip():
            found = OnPaper(found.approver, day_from(typed, "document_on", label=ON_PAPER_LABELS["document_on"]))
        check_on_paper(found)
    return found


@router.get("/capital-numerals")
def get_capital_numerals(request: Request, reader: SignedIn, choices: Chosen, field: str = "estimate") -> Response:
    """The amount that is being typed in a field, in words; what is wrong with it where it is no amount."""
    typed = Typed({name: (value,) for name, value in request.query_params.items()})
    found: list[Broken] = []
    label = N_("金额") if field.startswith(("amount_", "carried_")) else ESTIMATE
    amount = amount_from(typed, field, unit_from(typed, found), found, label=label)
    problems = problems_of(SeveralBroken(found), choices.language) if found else NO_PROBLEMS
    words = "" if amount is None else capital_numerals(amount)
    return page(request, "projects/_words.html", words=words, told=problems)
