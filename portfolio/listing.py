"""The derived list of projects: one row per project with all that a list shows, sorts and searches by, and its search index.

Made from the facts by the same transaction that changes them; project_list.py reads it. What the rows of a plan add up to is
kept beside them, and counted up and down with every row that comes, goes or changes.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, case, delete, func, insert, text, update
from sqlmodel import Session, col, select

from core.calendar import current_quarter, quarter_of
from core.database import batches, select_columns
from core.text import grams, matching_key, sorting_key
from portfolio.dated import in_force
from portfolio.departments import Department
from portfolio.plans import Heading, Plan, headings
from portfolio.projects import (
    MONEY_COLUMNS,
    ArchivedListing,
    PlanListing,
    Project,
    ProjectBody,
    ProjectGram,
    ProjectListing,
    ProjectProgramme,
    ProjectState,
)

_BATCH = 500
# What counting asks of a row.
_COUNTED: tuple[Any, ...] = (
    ProjectListing.project_id,
    ProjectListing.plan_id,
    ProjectListing.state,
    ProjectListing.estimate_fen,
)
_MONEY: tuple[Any, ...] = tuple(getattr(ProjectListing, name) for name in MONEY_COLUMNS)
_KEPT = ("estimate_fen", *MONEY_COLUMNS)  # what other folders add to a row
_NOTHING = {"estimate_fen": None, **dict.fromkeys(MONEY_COLUMNS, 0)}
_SUMS = ("projects", "known", "estimate_fen", "ended", "ended_known", "ended_fen")
# One statement that both databases carry out whole: two people who change projects of one plan at once lose no count.
_COUNT = text(
    """
    INSERT INTO plan_listing (plan_id, projects, known, estimate_fen, ended, ended_known, ended_fen)
    VALUES (:plan_id, :projects, :known, :estimate_fen, :ended, :ended_known, :ended_fen)
    ON CONFLICT (plan_id) DO UPDATE SET
        projects = plan_listing.projects + excluded.projects,
        known = plan_listing.known + excluded.known,
        estimate_fen = plan_listing.estimate_fen + excluded.estimate_fen,
        ended = plan_listing.ended + excluded.ended,
        ended_known = plan_listing.ended_known + excluded.ended_known,
        ended_fen = plan_listing.ended_fen + excluded.ended_fen
    """
)


def refresh(session: Session, project_ids: Iterable[int]) -> None:
    """Derives the rows and search entries of these projects anew. Estimates and sums of money are added by budgets/."""
    quarter = current_quarter()
    for batch in batches(project_ids, _BATCH):
        listed = delete(ProjectListing).where(col(ProjectListing.project_id).in_(batch))
        gone = [dict(row) for row in session.execute(listed.returning(*_COUNTED, *_MONEY)).mappings()]
        session.execute(delete(ProjectGram).where(col(ProjectGram.project_id).in_(batch)))
        kept = {row["project_id"]: {name: row[name] for name in _KEPT} for row in gone}
        rows, entries = derived(session, batch, quarter)
        for row in rows:
            row.update(kept.get(row["project_id"], _NOTHING))
        if rows:
            session.execute(insert(ProjectListing), rows)
            session.execute(insert(ProjectGram), entries)
        _count(session, gone, rows)
        session.execute(delete(ArchivedListing).where(col(ArchivedListing.project_id).in_(batch)))
        archived = _archived(session, batch)
        if archived:
            session.execute(insert(ArchivedListing), archived)


def _archived(session: Session, ids: list[int]) -> list[dict[str, Any]]:
    """What is kept of those of the projects that are archived."""
    projects = session.exec(
        select(Project, Plan.code)
        .join(Plan, col(Plan.id) == Project.plan_id)
        .where(col(Project.id).in_(ids), col(Project.archived_at).is_not(None), col(Project.parent_id).is_(None))
    ).all()
    names = [name for name in ArchivedListing.model_fields if name not in ("search_text", "archived_period")]
    found = []
    for project, plan_code in projects:
        row = _row(project, plan_code, None, None, None, 0)
        texts = (project.code, project.name, project.content, project.place)
        found.append(
            {name: row[name] for name in names}
            | {
                "search_text": "\n".join(matching_key(text) for text in texts if text),
                "archived_period": project.archived_period or 0,
            }
        )
    return found


def set_estimates(session: Session, estimates: Mapping[int, int | None]) -> None:
    """Makes these the estimates, in fen by project id, that the list shows; projects that are not listed are passed over."""
    query = (
        select_columns(*_COUNTED)
        .where(col(ProjectListing.project_id).in_(estimates))
        .order_by(col(ProjectListing.project_id))
        .with_for_update()
    )
    listed = [dict(row) for row in session.execute(query).mappings()]
    before = [row for row in listed if row["estimate_fen"] != estimates[row["project_id"]]]
    after = [row | {"estimate_fen": estimates[row["project_id"]]} for row in before]
    if after:
        changes = [{name: row[name] for name in ("project_id", "estimate_fen")} for row in after]
        session.execute(update(ProjectListing), changes)
        _count(session, before, after)


def add_money(session: Session, changes: Mapping[int, Mapping[str, int]]) -> None:
    """Adds fen, by project id and money column, to what the list shows; projects that are not listed are passed over."""
    names = sorted({name for sums in changes.values() for name, fen in sums.items() if fen})
    if not names:
        return
    table = ProjectListing.__table__  # type: ignore[attr-defined]
    added = {name: table.c[name] + bindparam(f"add_{name}") for name in names}
    rows = [
        {"of_project": project_id, **{f"add_{name}": sums.get(name, 0) for name in names}}
        for project_id, sums in sorted(changes.items())  # in one order, so that no two people wait for each other
    ]
    session.execute(update(table).where(table.c.project_id == bindparam("of_project")).values(added), rows)


def set_money(session: Session, sums: Mapping[int, Mapping[str, int]]) -> None:
    """Makes these the sums of money, in fen by project id and money column."""
    for project_id, row in sorted(sums.items()):
        session.execute(update(ProjectListing).where(col(ProjectListing.project_id) == project_id).values(dict(row)))


def _count(session: Session, gone: Iterable[Mapping[str, Any]], come: Iterable[Mapping[str, Any]]) -> None:
    """Counts rows that left the list and rows that came into it; a changed row does both."""
    changes: dict[int, list[int]] = {}
    for sign, rows in ((-1, gone), (1, come)):
        for row in rows:
            known, fen, ended = row["estimate_fen"] is not None, row["estimate_fen"] or 0, row["state"] == "ended"
            change = changes.setdefault(row["plan_id"], [0] * len(_SUMS))
            for place, number in enumerate((1, known, fen, ended, ended and known, fen if ended else 0)):
                change[place] += sign * number
    for plan_id, change in sorted(changes.items()):  # in one order, so that no two people wait for each other
        if any(change):
            session.execute(_COUNT, {"plan_id": plan_id, **dict(zip(_SUMS, change, strict=True))})


def count_anew(session: Session) -> None:
    """Makes what the rows of each plan add up to anew, from the rows."""
    estimate, is_ended = col(ProjectListing.estimate_fen), col(ProjectListing.state) == "ended"
    ended_fen = case((is_ended, estimate))
    sums = (
        func.count(),
        func.count(estimate),
        func.coalesce(func.sum(estimate), 0),
        func.count(case((is_ended, 1))),
        func.count(ended_fen),
        func.coalesce(func.sum(ended_fen), 0),
    )
    # Deleting waits for everybody who has counted and not yet ended, and whoever counts later finds the new rows.
    session.execute(delete(PlanListing))
    counted = select_columns(col(ProjectListing.plan_id), *sums).group_by(col(ProjectListing.plan_id))
    session.execute(insert(PlanListing).from_select(["plan_id", *_SUMS], counted))


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
        .where(col(ProjectState.project_id).in_(ids), col(ProjectState.withdrawn_period).is_(None))
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
        "programme_sort": heading.sort if heading else None,
        "lead_id": lead[0] if lead else None,
        "lead": lead[1] if lead else None,
        "lead_sort": lead[2] if lead else None,
        "body": body[1] if body else None,
        "first_year": project.first_year,
        "last_year": project.last_year,
        "parts": parts,
    }
