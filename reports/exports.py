"""The lists of a plan as plain data: one shape for the command line, the API, CSV and workbooks.

Names stand as the plan prints them; what the plan does not say is null.
"""

from typing import Any

from sqlmodel import Session, col, select

from core.database import select_columns
from core.errors import NotThere
from core.units import text_from_micro
from milestones.commitments import Commitment, CommitmentProject
from milestones.indicators import Indicator, Target, targets_in_force
from milestones.quantities import Measure
from portfolio.access import Reader
from portfolio.citations import Citation, citations_of
from portfolio.contradictions import Contradiction, Reading
from portfolio.departments import Department
from portfolio.facts import AS_CORRECTED, must_be_edition
from portfolio.plans import Plan, Programme, find_plan
from portfolio.projects import Project
from reports.exported_projects import main_citation, projects_of, source_of

KINDS = ("projects", "indicators", "commitments", "contradictions")


def plan_for(session: Session, reader: Reader, code: str) -> Plan:
    """The plan of that code.

    Errors: NotThere when it does not exist or the reader may not see it.
    """
    plan = find_plan(session, code)
    if plan is None or not reader.may("view", plan.id):
        raise NotThere
    return plan


def exported(
    session: Session, reader: Reader, kind: str, code: str, quarter: int, edition: str = AS_CORRECTED
) -> list[dict[str, Any]]:
    """One of the lists of a plan as it holds in a quarter. Only projects differ by edition: by what was posted by then.

    Errors: NotThere; Invalid for an edition that there is not.
    """
    must_be_edition(edition)
    plan = plan_for(session, reader, code)
    if kind == "projects":
        return projects_of(session, plan, quarter, edition)
    return {
        "indicators": indicators_of,
        "commitments": commitments_of,
        "contradictions": contradictions_of,
    }[kind](session, plan, quarter)


def indicators_of(session: Session, plan: Plan, quarter: int) -> list[dict[str, Any]]:
    """Every indicator of a plan with baseline and target as printed and as read."""
    rows = session.exec(select(Indicator).where(Indicator.plan_id == plan.id).order_by(col(Indicator.position))).all()
    ids = [row.id for row in rows if row.id is not None]
    targets = targets_in_force(session, ids, quarter)
    sources = citations_of(session, "indicator", ids)
    return [_indicator(plan, row, targets.get(row.id or 0), sources[row.id or 0]) for row in rows]


def _indicator(plan: Plan, row: Indicator, target: Target | None, citations: list[Citation]) -> dict[str, Any]:
    value = None if target is None or target.value_micro is None else text_from_micro(target.value_micro)
    return {
        "plan": plan.code,
        "no": row.no,
        "category": row.category,
        "name": row.name,
        "unit": row.unit,
        "baseline": row.baseline_printed,
        "baseline_value": _text(row.baseline_micro),
        "baseline_unit": row.baseline_unit or (row.unit if row.baseline_micro is not None else None),
        "baseline_year": row.baseline_year,
        "target": None if target is None else target.printed,
        "target_value": value,
        "target_high": None if target is None else _text(target.high_micro),
        "reference_target": None if target is None else _text(target.reference_micro),
        "reference_operator": None if target is None else target.reference_operator,
        "target_year": None if target is None else target.target_year,
        "target_kind": None if target is None else target.kind,
        "operator": None if target is None else target.operator,
        "nature": row.nature,
        "source": source_of(plan, main_citation(citations)),
    }


def _text(micro: int | None) -> str | None:
    return None if micro is None else text_from_micro(micro)


def commitments_of(session: Session, plan: Plan, _quarter: int) -> list[dict[str, Any]]:
    """Every quantified commitment of a plan."""
    rows = session.execute(
        select_columns(Commitment, Measure.name, Programme.name, Department.name, Indicator.no)
        .join(Measure, col(Measure.id) == Commitment.measure_id)
        .outerjoin(Programme, col(Programme.id) == Commitment.programme_id)
        .outerjoin(Department, col(Department.id) == Commitment.department_id)
        .outerjoin(Indicator, col(Indicator.id) == Commitment.indicator_id)
        .where(col(Commitment.plan_id) == plan.id)
        .order_by(col(Commitment.position))
    ).all()
    ids = [row.id for row, *_ in rows if row.id is not None]
    carriers: dict[int, list[str]] = {}
    for commitment_id, code in session.exec(
        select(CommitmentProject.commitment_id, Project.code)
        .join(Project, col(Project.id) == CommitmentProject.project_id)
        .where(col(CommitmentProject.commitment_id).in_(ids))
        .order_by(col(Project.code))
    ):
        carriers.setdefault(commitment_id, []).append(code)
    sources = citations_of(session, "commitment", ids)
    return [
        {
            "plan": plan.code,
            "key": row.key,
            "name": row.name,
            "programme": programme,
            "department": department,
            "measure": measure,
            "value": text_from_micro(row.value_micro),
            "unit": row.unit,
            "operator": row.operator,
            "strive": row.strive,
            "per": row.per,
            "by_year": row.by_year,
            "place": row.place,
            "indicator": indicator,
            "projects": carriers.get(row.id or 0, []),
            "wording": row.wording,
            "source": source_of(plan, main_citation(sources[row.id or 0])),
        }
        for row, measure, programme, department, indicator in rows
    ]


def contradictions_of(session: Session, plan: Plan, _quarter: int) -> list[dict[str, Any]]:
    """Every contradiction of a plan with all of its readings and, where there is one, the decision."""
    rows = session.exec(
        select(Contradiction).where(Contradiction.plan_id == plan.id).order_by(col(Contradiction.position))
    ).all()
    ids = [row.id for row in rows if row.id is not None]
    readings: dict[int, list[Reading]] = {}
    for reading in session.exec(
        select(Reading).where(col(Reading.contradiction_id).in_(ids)).order_by(col(Reading.position))
    ):
        readings.setdefault(reading.contradiction_id, []).append(reading)
    sources = citations_of(session, "contradiction", ids)
    names = subject_keys(session, rows)
    return [
        {
            "plan": plan.code,
            "key": row.key,
            "grave": row.grave,
            "subject": names.get((row.subject or "", row.subject_id or 0)),
            "field": row.field,
            "summary": row.summary,
            "summary_en": row.summary_en,
            "readings": [
                {
                    "value": reading.value,
                    "wording": reading.wording,
                    "source": source_of(plan, _reading_citation(sources[row.id or 0], reading.position)),
                }
                for reading in readings.get(row.id or 0, [])
            ],
            "in_use": row.in_use,
            "why": row.why,
            "decision": None
            if row.decided_at is None
            else {
                "reading": row.decided_reading,
                "text": row.decision,
                "document": row.decision_document,
                "by": row.decided_by,
                "at": row.decided_at.isoformat(),
            },
        }
        for row in rows
    ]


def _reading_citation(citations: list[Citation], position: int) -> Citation | None:
    return next((one for one in citations if one.role == "reading" and one.field == str(position)), None)


def subject_keys(session: Session, rows: Any) -> dict[tuple[str, int], str]:
    """The stable key of each record that contradictions are about."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        if row.subject is not None and row.subject_id is not None:
            wanted.setdefault(row.subject, set()).add(row.subject_id)
    tables: dict[str, tuple[Any, Any]] = {
        "project": (Project.id, Project.code),
        "indicator": (Indicator.id, Indicator.key),
        "commitment": (Commitment.id, Commitment.key),
        "programme": (Programme.id, Programme.key),
    }
    found: dict[tuple[str, int], str] = {}
    for kind, ids in wanted.items():
        id_column, key_column = tables[kind]
        for id_, key in session.execute(select(id_column, key_column).where(id_column.in_(ids))):
            found[kind, id_] = key
    return found
