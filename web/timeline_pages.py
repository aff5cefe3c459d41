"""时间轴: plans, programmes and departments in one row each, or the projects of one of them with their milestones."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, select

from core.errors import N_, NotThere
from milestones.schedule import day_as_of
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.plans import Plan, Programme
from reports.rollup import Scope
from reports.timeline import (
    GROUPS,
    PAGE,
    TimelineFilter,
    TimelineGroup,
    TimelineProject,
    timeline_groups,
    timeline_page,
)
from web.choices import PAGE_PLACE, Choices
from web.deps import Chosen, Reading, SignedIn
from web.forms import id_from_text
from web.gantt import Gantt, all_days, group_row, project_row, scale_of
from web.milestone_words import BAR_LEGEND, drawn, kinds_of, said_of_all
from web.pages import page
from web.plan_choice import PlanChoice, plan_choice

router = APIRouter()

BY = {"plan": N_("规划"), "programme": N_("规划类别"), "department": N_("牵头部门"), "project": N_("项目")}


@router.get("/timeline")
def get_timeline(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan)
    plans = None if chosen.plan_id is None else frozenset({chosen.plan_id})
    scope = Scope(choices.quarter, plans, choices.edition)
    asked = request.query_params
    wanted, named = _wanted(session, reader, asked.get("programme", ""), asked.get("department", ""))
    by = asked.get("by", "")
    default = "plan" if chosen.plan is None and len(chosen.plans) > 1 else "programme"
    by = "project" if named is not None else by if by in BY else default
    after = id_from_text(asked.get(PAGE_PLACE, ""))
    if by in GROUPS:
        codes = {one.id: one.code for one in chosen.plans}
        found = _groups(session, reader, scope, by, after, codes, choices)
    else:
        found = _projects(session, reader, scope, wanted, after, choices)
    return page(
        request,
        "milestones/timeline.html",
        chosen=chosen,
        by=by,
        kinds=_offered(chosen),
        named=named,
        day=day_as_of(scope.quarter),
        after=after,
        **found,
    )


def _offered(chosen: PlanChoice) -> dict[str, str]:
    """Who sees one plan, or has chosen one, is not offered plans."""
    return {key: name for key, name in BY.items() if key != "plan" or (chosen.plan is None and len(chosen.plans) > 1)}


def _wanted(session: Session, reader: Reader, programme: str, department: str) -> tuple[TimelineFilter, str | None]:
    """What the address narrows to, with its name.

    Errors: NotThere for a heading or department that there is not, or that no plan has which the reader sees.
    """
    if programme:
        row = session.get(Programme, id_from_text(programme) or 0)
        if row is None:
            raise NotThere
        reader.must("view", row.plan_id)
        return TimelineFilter(programme_id=row.id), row.name
    if department:
        seen = select(Plan.jurisdiction_code).where(reader.sees(Plan.id))  # type: ignore[arg-type]
        body = session.get(Department, id_from_text(department) or 0)
        if body is None or body.jurisdiction_code not in session.exec(seen).all():
            raise NotThere
        return TimelineFilter(department_id=body.id), body.name
    return TimelineFilter(), None


# ---- groups


def _groups(
    session: Session,
    reader: Reader,
    scope: Scope,
    by: str,
    after: int | None,
    codes: dict[int | None, str],
    choices: Choices,
) -> dict[str, Any]:
    every = timeline_groups(session, reader, scope, by)
    places = [number for number, one in enumerate(every, start=1) if one.id == after and after is not None]
    start = places[0] if places else 0
    groups = every[start : start + PAGE]
    following = groups[-1].id if len(every) > start + PAGE else None
    day = day_as_of(scope.quarter)
    chart = Gantt(scale_of([on for one in groups for on in _days_of(one)], (), day), day)
    rows = [_group(chart, one, by, codes, choices) for one in groups]
    return {
        "gantt": chart,
        "rows": rows,
        "groups": groups,
        "projects": (),
        "following": following,
        "legend": drawn(
            kinds_of([row["row"] for row in rows if row["row"]], chart.today_x), BAR_LEGEND, choices.language
        ),
        "totals": (
            sum(one.milestones for one in every),
            sum(one.met for one in every),
            sum(one.overdue for one in every),
        ),
    }


def _days_of(one: TimelineGroup) -> Sequence[date | None]:
    days = (one.first_planned_on, one.last_planned_on, one.last_first_planned_on)
    return (*days, one.first_actual_on, one.last_actual_on, one.last_forecast_on)


def _group(chart: Gantt, one: TimelineGroup, by: str, codes: dict[int | None, str], choices: Choices) -> dict[str, Any]:
    href = None
    if by == "plan":
        href = choices.here(by=None, plan=codes[one.id])
    elif one.id is not None:
        href = choices.here(by=None, **{by: one.id})
    return {
        "group": one,
        "label": one.name or "",
        "href": href,
        "row": group_row(chart.scale, one, chart.today) if one.milestones else None,
        "level": 1,
    }


# ---- projects


def _projects(
    session: Session, reader: Reader, scope: Scope, wanted: TimelineFilter, after: int | None, choices: Choices
) -> dict[str, Any]:
    listed = timeline_page(session, reader, scope, wanted, after=after)
    day = day_as_of(scope.quarter)
    every = [state for one in listed.rows for state in one.every_state]
    years = [year for one in listed.rows for year in (one.first_year, one.last_year)]
    chart = Gantt(scale_of(all_days(every), years, day), day)
    rows = list(_rows(chart, listed.rows, choices))
    late, met = sum(one.overdue(day) for one in every), sum(one.met for one in every)
    return {
        "gantt": chart,
        "rows": rows,
        "groups": (),
        "projects": listed.rows,
        "following": listed.following,
        "legend": drawn(
            kinds_of([row["row"] for row in rows if row["row"]], chart.today_x), BAR_LEGEND, choices.language
        ),
        "totals": (len(every), met, late),
    }


def _rows(chart: Gantt, projects: Sequence[TimelineProject], choices: Choices) -> Iterator[dict[str, Any]]:
    for one in projects:
        states = one.every_state
        yield {
            "label": one.name,
            "under": one.code,
            "href": choices.url(f"/projects/{one.code}/milestones"),
            "level": 1,
            "row": project_row(chart.scale, states, chart.today) if states else None,
            "said": said_of_all(states, chart.today, choices.language),
        }
        for part in one.parts:
            yield {
                "label": part.name,
                "under": part.code,
                "href": choices.url(f"/projects/{one.code}/milestones") + f"#{part.code}",
                "level": 2,
                "row": project_row(chart.scale, part.states, chart.today),
                "said": said_of_all(part.states, chart.today, choices.language),
            }
