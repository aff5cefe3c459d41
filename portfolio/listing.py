"""The derived list of projects: one row per project with all that a list shows, sorts and searches by, and its search index.

Made from the facts by the same transaction that changes them; project_list.py reads it.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, insert
from sqlmodel import Session, col, select

from core.calendar import current_quarter, quarter_of
from core.database import select_columns
from core.text import grams, matching_key, sorting_key
from portfolio.dated import in_force
from portfolio.departments import Department
from portfolio.plans import Heading, Plan, headings
from portfolio.projects import Project, ProjectBody, ProjectGram, ProjectListing, ProjectProgramme, ProjectState

_BATCH = 500


def refresh(session: Session, project_ids: Iterable[int]) -> None:
    """Derives the rows and search entries of these projects anew. Estimates are added by budgets/estimates.py."""
    ids = sorted(set(project_ids))
    quarter = current_quarter()
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        kept = dict(
            session.exec(
                select(ProjectListing.project_id, ProjectListing.estimate_fen).where(
                    col(ProjectListing.project_id).in_(batch)
                )
            ).all()
        )
        session.execute(delete(ProjectListing).where(col(ProjectListing.project_id).in_(batch)))
        session.execute(delete(ProjectGram).where(col(ProjectGram.project_id).in_(batch)))
        rows, entries = derived(session, batch, quarter)
        for row in rows:
            row["estimate_fen"] = kept.get(row["project_id"])
        if rows:
            session.execute(insert(ProjectListing), rows)
            session.execute(insert(ProjectGram), entries)


def derived(session: Session, ids: list[int], quarter: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows (without estimates) and search entries that the facts give for these projects."""
    projects = session.exec(
        select(Project, Plan.code)
        .join(Plan, col(Plan.id) == Project.plan_id)
        .where(col(Project.id).in_(ids), col(Project.archived_at).is_(None), col(Project.parent_id).is_(None))
    ).all()
    members = dict(
        session.exec(
            select(ProjectProgramme.project_id, ProjectProgramme.programme_id).where(
                col(ProjectProgramme.project_id).in_(ids), in_force(ProjectProgramme, quarter)
            )
        ).all()
    )
    tree = headings(session, {project.plan_id for project, _ in projects})
    bodies: dict[tuple[int, str], tuple[int, str, str]] = {
        (project_id, role): (id_, name, sort)
        for project_id, role, id_, name, sort in session.execute(
            select_columns(
                ProjectBody.project_id, ProjectBody.role, Department.id, Department.name, Department.name_sort
            ).join(Department, col(Department.id) == ProjectBody.department_id)
            .where(col(ProjectBody.project_id).in_(ids), in_force(ProjectBody, quarter))
        )
    }  # fmt: skip
    parts: dict[int, list[Project]] = {}
    for part in session.exec(
        select(Project)
        .where(col(Project.parent_id).in_(ids), col(Project.archived_at).is_(None))
        .order_by(col(Project.position), col(Project.id))
    ):
        parts.setdefault(part.parent_id or 0, []).append(part)
    states = _states(session, ids, quarter)
    rows, entries = [], []
    for project, plan_code in projects:
        assert project.id is not None
        own_parts = parts.get(project.id, [])
        lead = bodies.get((project.id, "lead"))
        body = bodies.get((project.id, "body"))
        texts = [project.code, project.name, project.content, project.place]
        texts += [text for part in own_parts for text in (part.name, part.content)]
        texts += [found[1] for found in (lead, body) if found]
        row = _row(project, plan_code, tree.get(members.get(project.id, 0)), lead, body, len(own_parts))
        row["state"] = states.get(project.id)
        rows.append(row | {"search_text": "\n".join(matching_key(text) for text in texts if text)})
        wanted = set().union(*(grams(text) for text in texts if text))
        entries += [{"gram": gram, "project_id": project.id} for gram in sorted(wanted)]
    return rows, entries


def _states(session: Session, ids: list[int], quarter: int) -> dict[int, str]:
    """The newest state that was reported for each project by the end of a quarter; a later row replaces an earlier one."""
    rows = session.execute(
        select_columns(ProjectState.project_id, ProjectState.state, ProjectState.since_on)
        .where(col(ProjectState.project_id).in_(ids))
        .order_by(col(ProjectState.since_on), col(ProjectState.id))
    )
    return {project_id: state for project_id, state, since_on in rows if quarter_of(since_on) <= quarter}


def _row(
    project: Project,
    plan_code: str,
    heading: Heading | None,
    lead: tuple[int, str, str] | None,
    body: tuple[int, str, str] | None,
    parts: int,
) -> dict[str, Any]:
    path = heading.path if heading else ()
    return {
        "project_id": project.id,
        "plan_id": project.plan_id,
        "code": project.code,
        "order_key": f"{plan_code}:{project.position:07d}",
        "name": project.name,
        "name_sort": sorting_key(project.name),
        "programme_1": heading.id_at(1) if heading else None,
        "programme_2": heading.id_at(2) if heading else None,
        "programme_3": heading.id_at(3) if heading else None,
        "programme": heading.name_at(1) if heading else None,
        "package": heading.name_at(2) if heading else None,
        "programme_sort": "|".join(sorting_key(name)[:100] for _, name in path) or None,
        "lead_id": lead[0] if lead else None,
        "lead": lead[1] if lead else None,
        "lead_sort": lead[2] if lead else None,
        "body": body[1] if body else None,
        "first_year": project.first_year,
        "last_year": project.last_year,
        "parts": parts,
    }
