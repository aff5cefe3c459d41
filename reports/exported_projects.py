"""The projects of a plan as plain data, with their parts and sources, as of a quarter in either edition."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import or_, tuple_
from sqlmodel import Session, col, select

from budgets.estimates import estimates_in_force, package_amounts
from core.database import select_columns
from core.units import text_from_micro
from milestones.quantities import Quantity, quantities_of
from portfolio.citations import Citation, citations_of
from portfolio.dated import in_force
from portfolio.departments import Department
from portfolio.facts import must_be_edition
from portfolio.plans import Plan, headings
from portfolio.projects import Project, ProjectBody, ProjectProgramme, ProjectState
from portfolio.states import not_archived, states_in
from portfolio.years import years_in


def source_of(plan: Plan, citation: Citation | None) -> dict[str, Any] | None:
    if citation is None:
        return None
    return {
        "file": plan.source_file,
        "table": citation.table_label,
        "lines": [citation.first_line, citation.last_line],
    }


def main_citation(citations: list[Citation], field: str = "") -> Citation | None:
    return next((one for one in citations if one.role == "main" and one.field == field), None)


def project_page(
    session: Session, plan: Plan, quarter: int, edition: str, *, after: tuple[int, int] | None, size: int
) -> tuple[list[dict[str, Any]], tuple[int, int] | None]:
    """Some projects of the list below, from behind a place (position and id) on, and the place of the next page."""
    must_be_edition(edition)
    there = select_columns(ProjectProgramme.project_id).where(in_force(ProjectProgramme, quarter))
    query = select_columns(Project.position, Project.id).where(
        *(col(Project.plan_id) == plan.id, col(Project.parent_id).is_(None), col(Project.id).in_(there)),
        not_archived(Project, quarter, edition),
    )
    if after is not None:
        query = query.where(tuple_(col(Project.position), col(Project.id)) > after)
    places = session.execute(query.order_by(col(Project.position), col(Project.id)).limit(size + 1)).all()
    kept = [(place[0], place[1]) for place in places[:size]]
    rows = projects_of(session, plan, quarter, edition, only={id_ for _, id_ in kept}) if kept else []
    return rows, kept[-1] if len(places) > size else None


def projects_of(
    session: Session, plan: Plan, quarter: int, edition: str, *, only: Collection[int] | None = None
) -> list[dict[str, Any]]:
    """Every project of a plan that is not archived, or some of them, with its parts nested, in the plan's order, as of a quarter.

    `state` is the reported one, `state_since_on` its day; null: nobody reported one.
    """
    assert plan.id is not None
    query = select(Project).where(Project.plan_id == plan.id, not_archived(Project, quarter, edition))
    if only is not None:
        query = query.where(or_(col(Project.id).in_(only), col(Project.parent_id).in_(only)))
    rows = session.exec(query.order_by(col(Project.position), col(Project.id))).all()
    ids = [row.id for row in rows if row.id is not None]
    members = dict(
        session.exec(
            select(ProjectProgramme.project_id, ProjectProgramme.programme_id).where(
                col(ProjectProgramme.project_id).in_(ids), in_force(ProjectProgramme, quarter)
            )
        ).all()
    )
    tree = headings(session, {plan.id})
    bodies = {
        (project_id, role): name
        for project_id, role, name in session.exec(
            select(ProjectBody.project_id, ProjectBody.role, Department.name)
            .join(Department, col(Department.id) == ProjectBody.department_id)
            .where(col(ProjectBody.project_id).in_(ids), in_force(ProjectBody, quarter))
        )
    }
    amounts = estimates_in_force(session, quarter, ids)
    packages = package_amounts(session, ids, quarter, edition)
    states = states_in(session, ids, quarter, edition)
    spans = session.execute(select_columns(Project.id, *years_in(Project, quarter)).where(col(Project.id).in_(ids)))
    years = {id_: (first, last) for id_, first, last in spans}
    quantities = quantities_of(session, ids, quarter)
    sources = citations_of(session, "project", ids)
    parts: dict[int, list[Project]] = {}
    for row in rows:
        if row.parent_id is not None:
            parts.setdefault(row.parent_id, []).append(row)
    found = []
    for row in rows:
        if row.parent_id is not None or row.id not in members:
            continue
        heading = tree[members[row.id]]
        found.append(
            {
                "plan": plan.code,
                "code": row.code,
                "programme": heading.name_at(1),
                "package": heading.name_at(2),
                "name": row.name,
                "content": row.content,
                "place": row.place,
                "lead_department": bodies.get((row.id, "lead")),
                "implementing_body": bodies.get((row.id, "body")),
                "first_year": years[row.id][0],
                "last_year": years[row.id][1],
                **_state(states.get(row.id)),
                "estimate_fen": packages[row.id],
                "parts": [
                    {
                        "code": part.code,
                        "name": part.name,
                        "content": part.content,
                        **_state(states.get(part.id or 0)),
                        "estimate_fen": amounts.get(part.id or 0),
                        "quantities": _quantities(quantities[part.id or 0]),
                        "source": source_of(plan, main_citation(sources[part.id or 0])),
                    }
                    for part in parts.get(row.id, [])
                ],
                "quantities": _quantities(quantities[row.id]),
                "source": source_of(plan, main_citation(sources[row.id])),
            }
        )
    return found


def _state(row: ProjectState | None) -> dict[str, Any]:
    if row is None:
        return {"state": None, "state_since_on": None}
    return {"state": row.state, "state_since_on": row.since_on.isoformat()}


def _quantities(rows: list[tuple[Quantity, str]]) -> list[dict[str, Any]]:
    return [
        {
            "measure": measure,
            "value": text_from_micro(row.value_micro),
            "unit": row.unit,
            "operator": row.operator,
            "per": row.per,
            "by_year": row.by_year,
            "wording": row.wording,
        }
        for row, measure in rows
    ]
