"""口径 of a figure of progress: the projects that it is made of, which sum to it."""

from fractions import Fraction
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col

from core.database import select_columns
from core.errors import N_, Broken
from core.units import converted
from milestones.quantities import Measure
from portfolio.facts import EDITIONS
from portfolio.projects import STATES, Project
from reports.group_progress import GROUPS, group_projects
from reports.money_groups import group_from_text
from reports.progress import project_progress
from reports.rollup import DIMENSIONS, UnknownLevel
from reports.works import WorkFigures, works_rollup
from web.deps import Chosen, Reading, SignedIn
from web.forms import id_from_text
from web.pages import page
from web.plan_choice import plan_choice
from web.progress_pages import LEVELS, chosen_scope
from web.progress_shown import amount

router = APIRouter()


class NoFigureNamed(Broken):
    sentence = N_("网址没有写明看哪个完成率的口径，或者写的不是按项目数、按工程量中的一个。请在“进展”页点要看的数字。")


class NoMeasureNamed(Broken):
    sentence = N_("网址没有写明看哪个工程量指标，或者没有这个指标。请在“进展”页点要看的数字。")


@router.get("/progress/rows")
def get_progress_rows(
    request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = ""
) -> Response:
    query = request.query_params
    chosen = plan_choice(session, reader, plan.strip())
    scope = chosen_scope(chosen, choices)
    level = query.get("level", "").strip() or "1"
    if level not in LEVELS:
        raise UnknownLevel(field="level", found=level[:10])
    texts = {name: query[name].strip() for name in GROUPS if name in query and (name != "plan" or query[name].strip())}
    group = group_from_text(texts, int(level))
    figure, measure_id = query.get("figure", ""), id_from_text(query.get("measure", ""))
    measure = None if measure_id is None else session.get(Measure, measure_id)
    if figure not in ("count", "works"):
        raise NoFigureNamed(field="figure")
    if figure == "works" and measure is None:
        raise NoMeasureNamed(field="measure")
    rows: Any = []
    lines: list[WorkFigures] = []
    if figure == "count":
        ids = group_projects(session, reader, scope, group)
        rows = list(project_progress(session, reader, scope, ids).values()) if ids else []
    else:
        by = ("project", *group.by)
        found = works_rollup(session, reader, scope, by, level=group.level, measure_ids=[measure_id or 0], looks=True)
        lines = [line for line in found if line.keys[1:] == tuple(group.keys.values())]
    return page(
        request,
        "progress/rows.html",
        chosen=chosen,
        figure=figure,
        measure=measure,
        keys=[(DIMENSIONS[name], key) for name, key in group.keys.items() if name != "plan"],
        rows=rows,
        lines=lines,
        works_unit=lines[0].unit if lines else "",
        planned=_sum(lines, "planned"),
        verified=_sum(lines, "verified"),
        names=_names(session, lines),
        states=STATES,
        editions=EDITIONS,
        amount=amount,
    )


def _sum(lines: list[WorkFigures], name: str) -> Fraction | None:
    """What the rows add up to, in the unit of the first; None where none of them says so."""
    known = [converted(value, line.unit, lines[0].unit) for line in lines if (value := getattr(line, name)) is not None]
    return sum(known, Fraction(0)) if known else None


def _names(session: Session, lines: list[WorkFigures]) -> dict[str, str]:
    codes = [str(line.keys[0]) for line in lines]
    return dict(session.execute(select_columns(Project.code, Project.name).where(col(Project.code).in_(codes))).all())
