"""What figures stand on, by the API: plans, headings, departments, sources, definitions."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import col, select

from budgets.sources import source_tree
from core.errors import N_, Missing
from core.settings import settings
from milestones.quantities import Measure
from portfolio.departments import Department
from portfolio.facts import AS_CORRECTED, must_be_edition
from portfolio.plans import Plan, Programme
from reports.definitions import Definition, definitions
from reports.exports import plan_for
from reports.findings import Words, words_in
from reports.left_out import left_out
from reports.overview import overview
from reports.quarterly_definitions import more_definitions
from reports.rollup import Scope
from web.api_answers import ANSWERS, AsOf, Edition, PlanCode, json_answer, quarter_asked
from web.api_shapes import DefinitionRow, DepartmentRow, MeasureRow, PlanRow, ProgrammeRow, SourceRow
from web.deps import Reading, SignedIn
from web.plan_choice import plan_choice

router = APIRouter(prefix="/api/v1", tags=["plans"])


@router.get(
    "/plans",
    operation_id="listPlans",
    response_model=list[PlanRow],
    responses=ANSWERS,
    summary="The plans that you see",
)
def get_plans(request: Request, reader: SignedIn, session: Reading) -> Response:
    """Code, title, years and where from."""
    names = (
        "code",
        "title",
        "short_title",
        "first_year",
        "last_year",
        "issuer",
        "document_number",
        "issued_on",
        "draft",
    )
    plans = plan_choice(session, reader, "").plans
    rows = [{name: getattr(plan, name) for name in names} | {"jurisdiction": plan.jurisdiction_code} for plan in plans]
    return json_answer(request, rows)


@router.get(
    "/programmes",
    operation_id="listProgrammes",
    response_model=list[ProgrammeRow],
    responses=ANSWERS,
    summary="The headings of a plan",
)
def get_programmes(request: Request, reader: SignedIn, session: Reading, plan: PlanCode = "") -> Response:
    """The tree, level by level; `parent` is the key of the heading above."""
    if not plan:
        raise Missing(field="plan", label=N_("规划"))
    found = plan_for(session, reader, plan)
    rows = session.exec(
        select(Programme)
        .where(Programme.plan_id == found.id)
        .order_by(col(Programme.level), col(Programme.position), col(Programme.id))
    ).all()
    keys = {row.id: row.key for row in rows}
    return json_answer(
        request,
        [
            {
                **{"plan": found.code, "key": row.key, "parent": keys.get(row.parent_id), "level": row.level},
                **{"position": row.position, "name": row.name},
            }
            for row in rows
        ],
    )


@router.get(
    "/departments",
    operation_id="listDepartments",
    response_model=list[DepartmentRow],
    responses=ANSWERS,
    summary="The departments of the places whose plans you see",
)
def get_departments(request: Request, reader: SignedIn, session: Reading) -> Response:
    """Departments and other bodies, in the order of their names."""
    places = select(Plan.jurisdiction_code).where(reader.sees(Plan.id))  # type: ignore[arg-type]
    rows = session.exec(
        select(Department)
        .where(col(Department.jurisdiction_code).in_(places))
        .order_by(col(Department.jurisdiction_code), col(Department.name_sort), col(Department.id))
    )
    told = [{"id": row.id, "jurisdiction": row.jurisdiction_code, "name": row.name, "kind": row.kind} for row in rows]
    return json_answer(request, told)


@router.get(
    "/sources",
    operation_id="listSources",
    response_model=list[SourceRow],
    responses=ANSWERS,
    summary="The tree of funding sources",
)
def get_sources(request: Request, reader: SignedIn, session: Reading) -> Response:
    """Entries name a source by its key or name; only ends of the tree take money."""
    reader.must("view")
    tree = source_tree(session)
    keys = {node.id: node.source.key for node in tree}
    names = ("key", "name", "name_en", "fiscal", "pending", "retired")
    rows = [
        {name: getattr(node.source, name) for name in names}
        | {"parent": keys.get(node.source.parent_id or 0), "takes_money": node.takes_money}
        for node in tree
    ]
    return json_answer(request, rows)


@router.get(
    "/measures",
    operation_id="listMeasures",
    response_model=list[MeasureRow],
    responses=ANSWERS,
    summary="What works are counted by",
)
def get_measures(request: Request, reader: SignedIn, session: Reading) -> Response:
    """Reports of works name a measure by its name."""
    reader.must("view")
    rows = session.exec(select(Measure).order_by(col(Measure.name), col(Measure.id)))
    return json_answer(request, [{"name": row.name, "dimension": row.dimension} for row in rows])


@router.get(
    "/definitions",
    operation_id="listDefinitions",
    response_model=list[DefinitionRow],
    responses=ANSWERS,
    summary="How every figure is made",
)
def get_definitions(
    request: Request,
    reader: SignedIn,
    session: Reading,
    plan: PlanCode = "",
    as_of: AsOf = "",
    edition: Edition = AS_CORRECTED,
) -> Response:
    """Name, formula and unit of each figure, with what is counted and what is left out, as the definitions of reports have it."""
    must_be_edition(edition)
    scope = Scope(quarter_asked(as_of), _plans(plan, session, reader), edition)
    outside = left_out(session, reader, scope)
    total = overview(session, reader, scope).total
    lines = definitions(total, ended=len(outside.ended), archived=len(outside.archived))
    words = words_in(settings().language)
    return json_answer(request, [_definition(one, words) for one in (*lines, *more_definitions())])


def _plans(plan: str, session: Any, reader: Any) -> frozenset[int] | None:
    return frozenset({plan_for(session, reader, plan).id or 0}) if plan else None


def _definition(one: Definition, words: Words) -> dict[str, Any]:
    return {
        "name": words.say(one.name),
        "formula": words.say(one.formula),
        "unit": None if one.unit is None else words.say(one.unit),
        "counted": words.sentence(one.counted),
        "left_out": words.sentence(one.left_out),
    }
