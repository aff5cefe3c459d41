"""The rows of the quarterly report's project schedule (项目调度表): projects by programme, their parts below them."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from core.calendar import quarter_of
from portfolio.access import Reader
from portfolio.plans import Plan
from portfolio.projects import Project, ProjectState
from reports.exports import projects_of
from reports.rollup import EstimateFigures, Scope, ended_projects, estimate_rollup


@dataclass(frozen=True)
class PartRow:
    """A part of a package; its money stands within the package's and is never added to it. Units: fen."""

    number: str
    code: str
    name: str
    content: str | None
    estimate_fen: int | None
    quantities: tuple[dict[str, Any], ...]
    source: dict[str, Any] | None
    note: str | None


@dataclass(frozen=True)
class ProjectRow:
    """A project of the schedule. `state` is a key of portfolio.projects.STATES, None where none was reported. Units: fen."""

    number: int
    code: str
    programme: str | None
    package: str | None
    name: str
    content: str | None
    lead: str | None
    body: str | None
    place: str | None
    state: str | None
    first_year: int | None
    last_year: int | None
    estimate_fen: int | None
    quantities: tuple[dict[str, Any], ...]
    source: dict[str, Any] | None
    note: str | None
    parts: tuple[PartRow, ...]


@dataclass(frozen=True)
class ProjectGroup:
    """The projects of one programme in the plan's order, with what the roll-up says of them."""

    name: str | None
    rows: tuple[ProjectRow, ...]
    figures: EstimateFigures


def project_groups(
    session: Session, reader: Reader, plan: Plan, scope: Scope
) -> tuple[tuple[ProjectGroup, ...], tuple[ProjectRow, ...]]:
    """The rows that count by programme, in the plan's order, and the ended projects that do not."""
    assert plan.id is not None
    notes = dict(session.exec(select(Project.code, Project.note).where(Project.plan_id == plan.id)).all())
    states = _states(session, plan.id, scope.quarter)
    ended_codes = set(session.exec(select(Project.code).where(col(Project.id).in_(ended_projects(scope.quarter)))))
    counted: dict[str | None, list[dict[str, Any]]] = {}
    ended = []
    for record in projects_of(session, plan, scope.quarter):
        if record["code"] in ended_codes:
            ended.append(record)
        else:
            counted.setdefault(record["programme"], []).append(record)
    figures = {group.keys[0]: group for group in estimate_rollup(session, reader, scope, ("programme",))}
    nothing = EstimateFigures((), 0, 0, 0, None, None)
    number = 0
    groups = []
    for name, records in counted.items():
        rows = [_row(record, number + place, states, notes) for place, record in enumerate(records, start=1)]
        number += len(rows)
        groups.append(ProjectGroup(name, tuple(rows), figures.get(name, nothing)))
    return tuple(groups), tuple(
        _row(record, number + place, states, notes) for place, record in enumerate(ended, start=1)
    )


def _states(session: Session, plan_id: int, quarter: int) -> dict[str, str]:
    """The newest state of each project that was reported for a day up to the end of the quarter, by project code."""
    rows = session.exec(
        select(Project.code, ProjectState.state, col(ProjectState.since_on))
        .join(ProjectState, col(ProjectState.project_id) == Project.id)
        .where(Project.plan_id == plan_id)
        .order_by(col(ProjectState.since_on), col(ProjectState.id))
    )
    return {code: state for code, state, since_on in rows if quarter_of(since_on) <= quarter}


def _row(record: dict[str, Any], number: int, states: dict[str, str], notes: dict[str, str | None]) -> ProjectRow:
    return ProjectRow(
        number=number,
        code=record["code"],
        programme=record["programme"],
        package=record["package"],
        name=record["name"],
        content=record["content"],
        lead=record["lead_department"],
        body=record["implementing_body"],
        place=record["place"],
        state=states.get(record["code"]),
        first_year=record["first_year"],
        last_year=record["last_year"],
        estimate_fen=record["estimate_fen"],
        quantities=tuple(record["quantities"]),
        source=record["source"],
        note=notes.get(record["code"]),
        parts=tuple(
            PartRow(
                number=f"{number}.{place}",
                code=part["code"],
                name=part["name"],
                content=part["content"],
                estimate_fen=part["estimate_fen"],
                quantities=tuple(part["quantities"]),
                source=part["source"],
                note=notes.get(part["code"]),
            )
            for place, part in enumerate(record["parts"], start=1)
        ),
    )
