"""The list of works across projects, as a page and as CSV, and the plots (小班) that two projects report."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from sqlmodel import Session

from core.calendar import quarter_name, today
from core.errors import N_, SeveralBroken
from core.language import translate
from milestones.evidence import evidence_counts
from milestones.plots import PlotTwin
from milestones.work_list import WorkFilter, count_works, every_work, work_page
from milestones.work_rules import plot_key
from milestones.works import CAUSES, KINDS, TIERS
from portfolio.access import Reader
from portfolio.facts import EDITIONS, STATES
from reports.audit_scopes import WORKS_FILE
from reports.work_rows import works_as_csv
from web.choices import PAGE_PLACE, Choices
from web.deps import AppDatabase, Chosen, Reading, SignedIn
from web.downloads import CSV_TYPE, saved_as
from web.exporting import told_file
from web.forms import NO_PROBLEMS, Problems, problems_of
from web.listed_plans import listed_plans
from web.pages import page
from web.plan_choice import plan_choice
from web.progress_shown import amount
from web.work_list_request import LABELS, NAMES, WorkRequest, place_text, work_request
from web.work_twins import twins_of, visible_twins

router = APIRouter()

_NAME = N_("工程量台账")


@router.get("/works")
def get_works(request: Request, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    asked = work_request(request, session, reader, choices)
    problems = refused(asked)
    found = {"rows": [], "total": 0} if problems else listed(session, reader, asked)
    response = page(
        request,
        "works/list.html",
        part="list",
        status=problems.status if problems else 200,
        asked=asked,
        plans={plan.id: plan for plan in asked.chosen.plans},
        csv=asked.address("/works.csv"),
        problems=problems,
        may={"accept": _anywhere(reader, "accept_works"), "verify": _anywhere(reader, "verify")},
        **found,
        **words(),
    )
    response.headers["HX-Push-Url"] = asked.address(after=request.query_params.get(PAGE_PLACE))
    return response


def _anywhere(reader: Reader, action: Any) -> bool:
    return reader.plans_for(action) != frozenset()


def words() -> dict[str, Any]:
    """The words that every list of works uses."""
    return {
        "tiers": TIERS,
        "kinds": KINDS,
        "states": STATES,
        "causes": CAUSES,
        "editions": EDITIONS,
        "filter_labels": LABELS,
        "filter_names": NAMES,
        "amount": amount,
    }


def refused(asked: WorkRequest) -> Problems:
    """What the address asks for that there is not."""
    return problems_of(SeveralBroken(asked.problems), asked.choices.language) if asked.problems else NO_PROBLEMS


def listed(session: Session, reader: Reader, asked: WorkRequest) -> dict[str, Any]:
    """One page of the list, with the evidence of each row and the other projects that report its plot."""
    twins = twins_of(session, reader)
    chosen = narrowed(asked, twins)
    found = work_page(session, reader, chosen, after=asked.after)
    following = None if found.following is None else asked.address(after=place_text(found.following))
    return {
        "rows": found.rows,
        "total": count_works(session, reader, chosen),
        "following": following,
        "first": asked.address(),
        "after": asked.after,
        "evidence": evidence_counts(session, "work_entry", {row.id for row in found.rows}),
        "twins": twins,
    }


def narrowed(asked: WorkRequest, twins: dict[int, PlotTwin]) -> WorkFilter:
    """The filter, and only plots that two projects report where that is asked."""
    if not asked.twins:
        return asked.filter
    keys = {plot_key(twin.plot) for twin in twins.values()}
    return replace(asked.filter, plot_keys=frozenset(key for key in keys if key))


@router.get("/works.csv")
def get_works_csv(
    request: Request, reader: SignedIn, session: Reading, choices: Chosen, database: AppDatabase
) -> Response:
    asked = work_request(request, session, reader, choices)
    if asked.problems:
        raise SeveralBroken(asked.problems)

    def lines() -> Iterator[str]:
        # The body leaves after the route's own transaction has ended, so it reads in one of its own.
        with database.reading() as fresh:
            twins = twins_of(fresh, reader)
            rows = every_work(fresh, reader, narrowed(asked, twins))
            titles = {plan.id: plan.title for plan in listed_plans(fresh, reader)}
            others = {id_: "；".join(sorted(_others(id_, twin))) for id_, twin in twins.items()}
            yield from works_as_csv(rows, titles, others, language=choices.language)

    count = count_works(session, reader, narrowed(asked, twins_of(session, reader) if asked.twins else {}))
    answer = StreamingResponse(lines(), media_type=CSV_TYPE, headers=_headers(choices))
    return told_file(answer, database, reader, choices, WORKS_FILE, asked.chosen.plan, rows=count, format="csv")


def _others(id_: int, twin: PlotTwin) -> set[str]:
    """The other projects that report the plot of an entry."""
    own = next(claim.project_id for claim in twin.claims if claim.entry_id == id_)
    return {f"{claim.code} {claim.project}" for claim in twin.claims if claim.project_id != own}


def _headers(choices: Choices) -> dict[str, str]:
    when = today().isoformat() if choices.as_of is None else quarter_name(choices.as_of)
    return saved_as(f"{translate(_NAME, choices.language)}-{when}.csv", f"works-{when}.csv")


@router.get("/works/plots")
def get_plots(request: Request, reader: SignedIn, session: Reading, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan)
    found = [
        twin
        for twin in visible_twins(session, reader)
        if chosen.plan_id is None or any(claim.plan_id == chosen.plan_id for claim in twin.claims)
    ]
    return page(
        request,
        "works/plots.html",
        chosen=chosen,
        found=found,
        plans={one.id: one for one in chosen.plans},
        states=STATES,
    )
