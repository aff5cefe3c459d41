"""Loads the lists of a plan: indicators with targets, commitments, contradictions."""

from collections.abc import Iterable
from typing import Any

from sqlmodel import Session, col, select

from core.units import micro_from_text, unit_name
from milestones.commitments import Commitment, CommitmentProject
from milestones.indicators import Indicator, Target
from milestones.quantities import measure_named
from portfolio.contradictions import Contradiction, Reading
from portfolio.dated import find_in_force, put_in_force
from portfolio.recording import Difference, cite, put_record
from seed.loading import LOADER, Loading, cited, department_id
from seed.records import SeedContradiction, SeedIndicator
from seed.rules import aggregation_of


def _micro(text: str | None) -> int | None:
    return None if text is None else micro_from_text(text)


def put_indicators(loading: Loading) -> None:
    """Brings the plan's indicators and their targets to what the file says."""
    session = loading.session
    aggregation = aggregation_of(loading)
    for position, record in enumerate(loading.seed.indicators.indicators, start=1):
        facts = aggregation[record.key] | {
            "no": record.no,
            "position": position,
            "category": record.category,
            "name": record.name,
            "printed_name": record.printed_name,
            "unit": record.unit,
            "nature": record.nature,
            "direction": record.direction,
            "change": record.change,
            "baseline_printed": record.baseline.printed,
            "baseline_micro": _micro(record.baseline.value),
            "baseline_operator": record.baseline.operator,
            "baseline_unit": record.baseline.unit,
            "baseline_year": record.baseline.year,
            "note": record.note,
        }
        row = put_record(
            session,
            Indicator,
            {"plan_id": loading.plan_id, "key": record.key},
            facts,
            subject="indicator",
            key=record.key,
            tally=loading.tally,
            by=LOADER,
        )
        assert row.id is not None
        _put_target(session, loading, row.id, record)
        citations = [cited(record.cite)]
        for field, where in (
            ("baseline", record.baseline.cite),
            ("target", record.target.cite),
            ("reference_target", record.reference_target.cite if record.reference_target else None),
        ):
            if where is not None:
                citations.append(cited(where, field=field))
        citations += [cited(record.cite, field=field, role="merged") for field in record.merged]
        cite(session, "indicator", row.id, loading.plan_id, citations)


def _put_target(session: Session, loading: Loading, indicator_id: int, record: SeedIndicator) -> None:
    target, reference = record.target, record.reference_target
    values = {
        "printed": target.printed,
        "kind": target.kind,
        "operator": target.operator,
        "value_micro": _micro(target.value),
        "high_micro": _micro(target.high),
        "strive": target.strive,
        "target_year": target.year,
        "reference_operator": None if reference is None else reference.operator,
        "reference_micro": None if reference is None else _micro(reference.value),
        "reference_wording": None if reference is None else reference.wording,
    }
    owner = {"indicator_id": indicator_id}
    held = find_in_force(session, Target, owner, loading.from_quarter)
    if held is None or held.supplied_by is None:
        put_in_force(session, Target, owner, values, from_quarter=loading.from_quarter, by=None)
        return
    first = find_in_force(session, Target, owner, loading.plan.start)
    if not any(_says(row, values) for row in (held, first)):
        difference = Difference("indicator", record.key, "target", held.printed, target.printed, held.supplied_by)
        loading.tally.differences.append(difference)


def _says(target: Target | None, values: dict[str, Any]) -> bool:
    return target is not None and all(getattr(target, name) == value for name, value in values.items())


def put_commitments(loading: Loading) -> None:
    """Brings the plan's commitments, and the projects that carry them, to what the file says."""
    session = loading.session
    indicators = {
        row.key: row.id for row in session.exec(select(Indicator).where(Indicator.plan_id == loading.plan_id))
    }
    for position, record in enumerate(loading.seed.commitments.commitments, start=1):
        unit = unit_name(record.unit)
        facts = {
            "position": position,
            "programme_id": None if record.programme is None else loading.programmes[record.programme].id,
            "indicator_id": None if record.indicator is None else indicators[record.indicator],
            "department_id": department_id(loading, record.department),
            "name": record.name,
            "measure_id": measure_named(session, record.measure, unit).id,
            "value_micro": micro_from_text(record.value),
            "unit": unit,
            "operator": record.operator,
            "strive": record.strive,
            "per": record.per,
            "by_year": record.by_year,
            "place": record.place,
            "wording": record.wording,
            "note": record.note,
        }
        row = put_record(
            session,
            Commitment,
            {"plan_id": loading.plan_id, "key": record.key},
            facts,
            subject="commitment",
            key=record.key,
            tally=loading.tally,
            by=LOADER,
        )
        assert row.id is not None
        cite(session, "commitment", row.id, loading.plan_id, [cited(record.cite)])
        wanted = {id_ for key in record.projects if (id_ := loading.projects[key].id) is not None}
        links = session.exec(select(CommitmentProject).where(CommitmentProject.commitment_id == row.id)).all()
        for link in links:
            if link.project_id not in wanted:
                session.delete(link)
        for project_id in sorted(wanted - {link.project_id for link in links}):
            session.add(CommitmentProject(commitment_id=row.id, project_id=project_id))
        session.flush()


def put_contradictions(loading: Loading) -> None:
    """Brings the plan's contradictions to what the file says; one that a person decided keeps its readings."""
    session = loading.session
    subjects = _subjects(loading)
    for position, record in enumerate(loading.seed.contradictions.contradictions, start=1):
        subject, subject_id = subjects[record.subject] if record.subject is not None else (None, None)
        facts = {
            "position": position,
            "grave": record.grave,
            "subject": subject,
            "subject_id": subject_id,
            "field": record.field,
            "summary": record.summary,
            "summary_en": record.summary_en,
            "in_use": record.in_use,
            "why": record.why,
        }
        row = put_record(
            session,
            Contradiction,
            {"plan_id": loading.plan_id, "key": record.key},
            facts,
            subject="contradiction",
            key=record.key,
            tally=loading.tally,
            by=LOADER,
        )
        _put_readings(session, loading, row, record)


def _put_readings(session: Session, loading: Loading, row: Contradiction, record: SeedContradiction) -> None:
    assert row.id is not None
    wanted = [(reading.value, reading.wording) for reading in record.readings]
    query = select(Reading).where(Reading.contradiction_id == row.id).order_by(col(Reading.position))
    held = session.exec(query).all()
    if [(reading.value, reading.wording) for reading in held] != wanted:
        if held and row.decided_at is not None:
            difference = Difference(
                "contradiction", record.key, "readings", len(held), len(wanted), row.decided_by or ""
            )
            loading.tally.differences.append(difference)
            return
        for reading in held:
            session.delete(reading)
        session.flush()
        for position, (value, wording) in enumerate(wanted):
            session.add(Reading(contradiction_id=row.id, position=position, value=value, wording=wording))
        session.flush()
    citations = [
        cited(reading.cite, field=str(position), role="reading") for position, reading in enumerate(record.readings)
    ]
    cite(session, "contradiction", row.id, loading.plan_id, citations)


def _subjects(loading: Loading) -> dict[str, tuple[str, int]]:
    """Every record of the plan that a contradiction may be about, by key."""
    found: dict[str, tuple[str, int]] = {}
    sources: tuple[tuple[str, Iterable[tuple[str, Any]]], ...] = (
        ("programme", loading.programmes.items()),
        ("project", loading.projects.items()),
        ("indicator", _by_key(loading, Indicator)),
        ("commitment", _by_key(loading, Commitment)),
    )
    for kind, rows in sources:
        found |= {key: (kind, row.id) for key, row in rows}
    return found


def _by_key(loading: Loading, table: type[Indicator] | type[Commitment]) -> list[tuple[str, Any]]:
    rows: Any = loading.session.exec(select(table).where(table.plan_id == loading.plan_id))
    return [(row.key, row) for row in rows]
