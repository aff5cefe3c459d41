"""The carry-over list of a plan: what is left of its unfinished projects, and the decision that a later plan takes one over."""

from dataclasses import replace
from io import BytesIO
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from core.calendar import period_from_text, quarter_name
from core.errors import N_, Broken, Invalid, Missing, NotThere
from portfolio.access import Reader
from portfolio.carrying import LABELS
from portfolio.facts import EDITIONS
from portfolio.plans import Plan
from portfolio.projects import STATES
from reports.carry_over import CarryLine, CarryList, carry_over_list, carry_unfinished, end_of
from reports.exports import plan_for
from reports.lamp_words import COLOURS
from reports.workbook_carry_over import NOTES, TITLE, amount_text, write_carry_over
from web.choices import Choices
from web.deps import AppDatabase, Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.downloads import WORKBOOK_TYPE
from web.exporting import told_report
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, raise_any, shown_again
from web.pages import page
from web.plan_pages import attachment
from web.project_forms import Editable, alive, editable_project, first_open

router = APIRouter()
_FILTERS = ("lamp", "state", "taken")
_UNREPORTED = "none"


def _asked(session: Session, reader: Reader, request: Request, code: str, choices: Choices) -> tuple[CarryList, Typed]:
    """The list of the plan, narrowed by what the address asks for.

    Errors: NotThere.
    """
    plan = plan_for(session, reader, code)
    quarter = end_of(plan) if choices.as_of is None else choices.as_of
    whole = carry_over_list(session, reader, plan, quarter, edition=choices.edition)
    wanted = Typed({name: (request.query_params.get(name, ""),) for name in _FILTERS})
    return replace(whole, lines=tuple(line for line in whole.lines if _fits(line, wanted))), wanted


def _fits(line: CarryLine, wanted: Typed) -> bool:
    state = line.lamp.progress.state or _UNREPORTED
    return (
        wanted["lamp"] in ("", line.lamp.colour)
        and wanted["state"] in ("", state)
        and wanted["taken"] in ("", "yes" if line.carried else "no")
    )


@router.get("/plans/{code}/carry-over")
def get_carry_over(request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    carried, wanted = _asked(session, reader, request, code, choices)
    return page(
        request,
        "plans/carry_over.html",
        carried=carried,
        plan=carried.plan,
        totals=carried.totals,
        typed=wanted,
        lamps=COLOURS,
        states=STATES | {_UNREPORTED: N_("未填报")},
        editions=EDITIONS,
        notes=NOTES,
        amount=amount_text,
        may_carry=reader.may("assign", carried.plan.id),
    )


@router.get("/plans/{code}/carry-over.xlsx")
def get_carry_over_workbook(
    request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen, database: AppDatabase
) -> Response:
    carried, _ = _asked(session, reader, request, code, choices)
    written = BytesIO()
    write_carry_over(carried, written, language=choices.language, unit=choices.unit, demo=request.app.state.demo)
    quarter = quarter_name(carried.quarter)
    name = f"{carried.plan.short_title}{TITLE}{quarter}.xlsx"
    answer = attachment(written.getvalue(), WORKBOOK_TYPE, f"{code}-carry-over-{quarter}.xlsx", name)
    return told_report(answer, database, reader, carried.plan.id, quarter, kind="carry-over")


# ---- the decision


def _editable(session: Session, reader: Reader, code: str) -> Editable:
    """Errors: NotThere, also for a part, which goes with its package; Archived."""
    editable = editable_project(session, reader, code, "assign")
    if editable.is_part:
        raise NotThere
    return alive(editable)


def _later_plans(session: Session, reader: Reader, plan: Plan) -> list[Plan]:
    """The later plans of the same place that the reader may act on."""
    rows = session.exec(
        select(Plan)
        .where(Plan.jurisdiction_code == plan.jurisdiction_code, Plan.first_year > plan.first_year)
        .order_by(col(Plan.first_year), col(Plan.id))
    )
    return [row for row in rows if reader.may("assign", row.id)]


@router.get("/projects/{code}/carry-over")
def get_carry_project(request: Request, code: str, reader: SignedIn, session: Reading) -> Response:
    return _carry_page(request, session, reader, _editable(session, reader, code), Typed(), NO_PROBLEMS)


@router.post("/projects/{code}/carry-over")
def post_carry_project(request: Request, code: str, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    editable = _editable(session, reader, code)
    with shown_again(request, lambda problems: _carry_page(request, session, reader, editable, typed, problems)):
        given = _decided(session, reader, editable, typed)
        carry_unfinished(session, reader, editable.project, **given, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/plans/{editable.plan.code}/carry-over")


def _decided(session: Session, reader: Reader, editable: Editable, typed: Typed) -> dict[str, Any]:
    """Errors: SeveralBroken, or the one problem."""
    problems: list[Broken] = []
    quarter = 0
    later = {plan.code: plan for plan in _later_plans(session, reader, editable.plan)}
    with collecting(problems):
        if not typed["to_plan"]:
            raise Missing(field="to_plan", label=LABELS["to_plan"])
        if typed["to_plan"] not in later:
            expected = tuple(plan.short_title for plan in later.values())
            raise Invalid(field="to_plan", label=LABELS["to_plan"], found=typed["to_plan"], expected=expected)
    with collecting(problems):
        period = period_from_text(typed["from_quarter"], field="from_quarter")
        if period.kind != "quarter":
            raise Invalid(
                field="from_quarter", label=LABELS["from_quarter"], found=typed["from_quarter"], expected="2026Q1"
            )
        quarter = period.last_quarter
    raise_any(problems)
    texts = {"document": typed["document"], "reason": typed["reason"]}
    return {"to_plan": later[typed["to_plan"]], "from_quarter": quarter} | texts


def _carry_page(
    request: Request, session: Session, reader: Reader, editable: Editable, typed: Typed, problems: Problems
) -> Response:
    later = _later_plans(session, reader, editable.plan)
    if not typed["from_quarter"] and later:
        typed = Typed(dict(typed.fields) | {"from_quarter": (quarter_name(first_open(session, later[0])),)})
    return page(
        request,
        "plans/carry_project.html",
        editable=editable,
        later=later,
        labels=LABELS,
        typed=typed,
        problems=problems,
    )
