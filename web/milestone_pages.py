"""The milestones of a project: its timeline, the table of plans, facts and slips, and every report."""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request, Response

from milestones.milestones import REPORTS
from portfolio.access import Reader
from portfolio.facts import STATES
from reports.milestone_sheet import MilestoneSheet, milestone_sheet
from reports.rollup import Scope
from web.choices import Choices
from web.deps import Chosen, Reading, SignedIn, see_other
from web.gantt import Gantt, all_days, milestone_row, project_row, scale_of
from web.milestone_words import BAR_LEGEND, LEGEND, STANDINGS, drawn, kinds_of, said_of, said_of_all, standing
from web.pages import page

router = APIRouter()


@router.get("/projects/{code}/milestones")
def get_milestones(request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    sheet = milestone_sheet(session, reader, code, Scope(choices.quarter, edition=choices.edition))
    if sheet.project.code != code:
        return see_other(choices.url(f"/projects/{sheet.project.code}/milestones") + f"#{code}")
    return page(
        request,
        "milestones/project.html",
        sheet=sheet,
        chart=_chart(sheet, choices),
        standings=STANDINGS,
        standing=standing,
        report_kinds=REPORTS,
        report_states=STATES,
        own=_own(reader),
        may=_may(reader, sheet),
    )


def _own(reader: Reader) -> Any:
    def own(row: Any) -> bool:
        return reader.actor.did(row.recorded_by_id, row.recorded_by)

    return own


def _may(reader: Reader, sheet: MilestoneSheet) -> dict[str, bool]:
    """What the reader may do here; an archived project only shows."""
    alive = sheet.project.archived_at is None
    return {
        "edit": alive and reader.may("edit", sheet.plan.id, sheet.department_ids),
        "record": alive and reader.may("record", sheet.plan.id, sheet.department_ids),
        "accept": alive and reader.may("accept_works", sheet.plan.id),
    }


def _chart(sheet: MilestoneSheet, choices: Choices) -> dict[str, Any] | None:
    """The timeline of a project; a package's parts stand below it. None without any day to draw."""
    days = [day for day in all_days(sheet.states) if day is not None]
    if not days:
        return None
    years = (sheet.project.first_year, sheet.project.last_year)
    chart = Gantt(scale_of(days, years, sheet.day), sheet.day)
    rows = list(_rows(sheet, chart, choices))
    kinds = kinds_of([row["row"] for row in rows if row["row"]], chart.today_x)
    legend = LEGEND if len(sheet.leaves) == 1 else (*LEGEND[:-2], *BAR_LEGEND[:3], *LEGEND[-2:])
    return {"gantt": chart, "rows": rows, "legend": drawn(kinds, legend, choices.language)}


def _rows(sheet: MilestoneSheet, chart: Gantt, choices: Choices) -> Iterator[dict[str, Any]]:
    for number, leaf in enumerate(sheet.leaves):
        if number and leaf.states:
            said = said_of_all(leaf.states, sheet.day, choices.language)
            row = project_row(chart.scale, leaf.states, sheet.day)
            yield {"label": leaf.project.name, "under": leaf.project.code, "level": 0, "row": row, "said": said}
        for one in leaf.states:
            yield {
                "label": one.name,
                "level": 2 if number else 1,
                "row": milestone_row(chart.scale, one, sheet.day),
                "said": said_of(one, sheet.day, choices.language),
            }
