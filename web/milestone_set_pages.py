"""Forms about all the milestones of a project at once: taking over a template, and what each of them weighs."""

import unicodedata

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.calendar import quarter_name
from core.errors import N_, Broken, Invalid, Missing, NotThere, Stale
from core.units import micro_from_text, text_from_micro
from milestones.milestone_plans import change_weights
from milestones.milestone_reading import EVER, milestones_of
from milestones.milestone_templates import find_template, items_of, take_over, templates_in_use
from milestones.plan_rules import OtherMilestones, plans_now
from portfolio.access import Reader
from portfolio.plans import YearsBackwards
from portfolio.values import LABELS, check_basis
from web.deps import Reading, SignedIn, Writing, answered, leads_to
from web.forms import (
    NO_PROBLEMS,
    Problems,
    Typed,
    TypedForm,
    collecting,
    id_from_text,
    raise_any,
    shown_again,
    typed_values,
)
from web.milestone_plan_pages import milestone_quarters, place_of
from web.pages import page
from web.project_filters import year_from_text
from web.project_forms import Editable, alive, basis_from, editable_project

router = APIRouter()

# ---- a template


@router.get("/projects/{code}/milestones/template")
def get_template(request: Request, code: str, reader: SignedIn, session: Reading) -> Response:
    editable = alive(editable_project(session, reader, code, "edit"))
    first, last = _years(editable)
    quarter = quarter_name(milestone_quarters(session, editable)[-1])
    filled = typed_values(from_quarter=quarter, first_year=first, last_year=last)
    return _template_page(request, session, editable, filled, NO_PROBLEMS)


def _years(editable: Editable) -> tuple[int | None, int | None]:
    """The years of a project; of a part without its own those of its package."""
    one = editable.project if editable.project.first_year or editable.project.last_year else editable.package
    return one.first_year, one.last_year


def _template_page(
    request: Request, session: Session, editable: Editable, typed: Typed, problems: Problems
) -> Response:
    return page(
        request,
        "milestones/template.html",
        editable=editable,
        templates=[(row, items_of(row)) for row in templates_in_use(session)],
        held=len(plans_now(session, editable.project)),
        quarters=milestone_quarters(session, editable),
        typed=typed,
        problems=problems,
    )


@router.post("/projects/{code}/milestones/template")
def post_template(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = editable_project(session, reader, code, "edit")
    with shown_again(request, lambda problems: _template_page(request, session, editable, typed, problems)):
        _taken_over(session, alive(editable), typed, reader)
    return leads_to(session, typed.key, reader, place_of(editable))


def _taken_over(session: Session, editable: Editable, typed: Typed, reader: Reader) -> None:
    """Errors: SeveralBroken with every field that cannot be accepted; those of take_over."""
    problems: list[Broken] = []
    template = None
    with collecting(problems):
        if not typed["template"]:
            raise Missing(field="template", label=N_("项目类型"))
        template = find_template(session, id_from_text(typed["template"]) or 0)
    years = _typed_years(typed, problems)
    basis = basis_from(typed, milestone_quarters(session, editable)[-1], problems)
    raise_any(problems)
    assert template is not None
    take_over(session, editable.project, template, years, basis, by=reader.actor)


def _typed_years(typed: Typed, problems: list[Broken]) -> tuple[int, int] | None:
    """Both years, or none of them."""
    years: dict[str, int] = {}
    for name in ("first_year", "last_year"):
        if typed[name].strip():
            with collecting(problems):
                years[name] = year_from_text(typed[name].strip(), field=name, label=LABELS[name])
    given = [name for name in ("first_year", "last_year") if typed[name].strip()]
    if len(given) == 1:
        other = "last_year" if given == ["first_year"] else "first_year"
        problems.append(Missing(field=other, label=LABELS[other]))
    if len(years) < 2:
        return None
    first, last = years["first_year"], years["last_year"]
    if first > last:
        problems.append(YearsBackwards(field="last_year", first=first, last=last))
    return first, last


# ---- weights


@router.get("/projects/{code}/milestones/weights")
def get_weights(request: Request, code: str, reader: SignedIn, session: Reading) -> Response:
    editable = alive(editable_project(session, reader, code, "edit"))
    held = plans_now(session, editable.project)
    if not held:
        raise NotThere
    weights = {f"weight_{row.id}": _text(plan.weight_micro) for row, plan in held}
    return _weights_page(request, session, editable, typed_values(**weights), NO_PROBLEMS)


def _text(micro: int | None) -> str | None:
    return None if micro is None else text_from_micro(micro)


def _weights_page(request: Request, session: Session, editable: Editable, typed: Typed, problems: Problems) -> Response:
    held = plans_now(session, editable.project)
    states = milestones_of(session, [editable.project.id or 0], EVER).get(editable.project.id or 0, [])
    stale = problems.status in (Stale.status, OtherMilestones.status)
    now = {row.id: row.row_version for row, _ in held}
    return page(
        request,
        "milestones/weights.html",
        editable=editable,
        states=states,
        stale=stale,
        versions=now if stale else {id_: typed[f"version_{id_}"] or version for id_, version in now.items()},
        quarters=milestone_quarters(session, editable, since=max((plan.effective_from for _, plan in held), default=0)),
        typed=typed,
        problems=problems,
    )


@router.post("/projects/{code}/milestones/weights")
def post_weights(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = editable_project(session, reader, code, "edit")
    with shown_again(request, lambda problems: _weights_page(request, session, editable, typed, problems)):
        _weighed(session, alive(editable), typed, reader)
    return leads_to(session, typed.key, reader, place_of(editable))


def _weighed(session: Session, editable: Editable, typed: Typed, reader: Reader) -> None:
    """Errors: SeveralBroken with every weight that cannot be read; those of change_weights."""
    problems: list[Broken] = []
    asked = [id_ for name in typed.fields if (id_ := id_from_text(name.removeprefix("version_"))) is not None]
    equal = typed["equal"] == "1"
    weights = {id_: None if equal else _weight(typed, id_, problems) for id_ in asked}
    basis = basis_from(typed, milestone_quarters(session, editable)[-1], problems)
    with collecting(problems):
        check_basis(basis, "reason")
    raise_any(problems)
    versions = {id_: id_from_text(typed[f"version_{id_}"]) or 0 for id_ in asked}
    change_weights(session, editable.project, weights, basis, versions=versions, by=reader.actor)


def _weight(typed: Typed, id_: int, problems: list[Broken]) -> int | None:
    text = unicodedata.normalize("NFKC", typed[f"weight_{id_}"]).strip().removesuffix("%")
    if not text:
        return None
    try:
        return micro_from_text(text)
    except ValueError:
        field, expected = f"weight_{id_}", N_("0—100 的数字")
        problems.append(Invalid(field=field, label=N_("权重"), found=text, expected=expected))
        return None
