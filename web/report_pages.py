"""报表: what can be downloaded, plan by plan: reports of now, issued ones, and packs of them."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col, select

from core.calendar import period_from_text, quarter_name
from core.errors import N_
from portfolio.access import Reader
from portfolio.jurisdictions import Jurisdiction
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan
from reports.edition_reading import KINDS, editions
from reports.pack_contents import plans_to_pack
from reports.rollup import Scope, estimate_rollup
from web.choices import Choices
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.edition_jobs import start_report_pack
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, shown_again, typed_values
from web.pages import page
from web.plan_choice import plan_choice
from web.plan_pages import period_options, usual_period

router = APIRouter()
_PLACES, _PROGRAMMES, _DEPARTMENTS = N_("行政区划（含下级）"), N_("规划类别"), N_("牵头部门")


@router.get("/reports")
def get_reports(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    return _reports_page(request, session, reader, choices, plan)


def _reports_page(
    request: Request,
    session: Session,
    reader: Reader,
    choices: Choices,
    plan: str,
    typed: Typed = NOTHING_TYPED,
    problems: Problems = NO_PROBLEMS,
) -> Response:
    chosen = plan_choice(session, reader, plan)
    shown = [chosen.plan] if chosen.plan else list(chosen.plans)
    periods = session.exec(
        select(ReportingPeriod)
        .where(col(ReportingPeriod.plan_id).in_([one.id for one in shown]))
        .order_by(col(ReportingPeriod.last_quarter), col(ReportingPeriod.id))
    ).all()
    return page(
        request,
        "reports/reports.html",
        chosen=chosen,
        listed=editions(session, reader, None if chosen.plan_id is None else frozenset({chosen.plan_id})),
        kinds=KINDS,
        places=_places(session, reader),
        scopes=_scopes(session, reader, chosen.plan, choices.quarter),
        typed=typed if typed.fields else typed_values(period=_usual(shown, choices)),
        problems=problems,
        lines=[
            (one, period_options(tuple(p for p in periods if p.plan_id == one.id)), usual_period(one, choices.quarter))
            for one in shown
        ],
    )


def _usual(plans: Sequence[Plan], choices: Choices) -> str:
    """The period that a pack is offered for: the quarter of the page, as far as any plan reaches."""
    return max((usual_period(plan, choices.quarter) for plan in plans), default=quarter_name(choices.quarter))


def _places(session: Session, reader: Reader) -> list[tuple[str, str]]:
    """The jurisdictions in which or below which the reader sees plans: whose reports may be packed together."""
    plans = select(Plan.jurisdiction_code).where(reader.sees(Plan.id))  # type: ignore[arg-type]
    rows = {row.code: row for row in session.exec(select(Jurisdiction))}
    found = set[str]()
    for code in session.exec(plans):
        at: str | None = code
        while at is not None and at not in found:
            found.add(at)
            at = rows[at].parent_code
    return [(code, rows[code].name) for code in sorted(found)]


def _scopes(
    session: Session, reader: Reader, plan: Plan | None, quarter: int
) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a report may be narrowed to, as groups of a select: programmes and departments of the chosen plan, or places."""
    if plan is None or plan.id is None:
        return [(_PLACES, [(f"jurisdiction:{code}", name) for code, name in _places(session, reader)])]
    scope = Scope(quarter, frozenset({plan.id}))
    found = []
    for label, kind in ((_PROGRAMMES, "programme"), (_DEPARTMENTS, "department")):
        names = [one.keys[0] for one in estimate_rollup(session, reader, scope, (kind,)) if one.keys[0] is not None]
        found.append((label, [(f"{kind}:{name}", str(name)) for name in names]))
    return found


@router.post("/reports/pack")
def post_pack(request: Request, reader: SignedIn, typed: TypedForm, session: Writing, choices: Chosen) -> Response:
    """All plans' reports of a jurisdiction as one file, made by a background job."""
    if done := answered(session, typed.key, reader):
        return done
    with shown_again(request, lambda problems: _reports_page(request, session, reader, choices, "", typed, problems)):
        period = period_from_text(typed["period"])
        plans_to_pack(session, reader, typed["jurisdiction"], period)
        job = start_report_pack(session, typed["jurisdiction"], str(period), language=choices.language, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/jobs/{job.id}")
