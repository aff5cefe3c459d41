"""Brings the quantities of a project to what the seed file says."""

from sqlmodel import Session, col, select

from core.units import micro_from_text, unit_name
from milestones.quantities import Measure, Quantity, add_quantity
from portfolio.plans import Plan
from portfolio.recording import NewCitation, cite
from seed.records import SeedQuantity


def sync_quantities(session: Session, project_id: int, records: list[SeedQuantity], plan: Plan) -> None:
    """Adds what is missing; a quantity that the file no longer says stops holding where it began and stays as history."""
    assert plan.id is not None
    held = {
        _facts(row, measure): row
        for row, measure in session.exec(
            select(Quantity, Measure.name)
            .join(Measure, col(Measure.id) == Quantity.measure_id)
            .where(Quantity.project_id == project_id, col(Quantity.effective_until).is_(None))
        )
    }
    for position, record in enumerate(records, start=1):
        wanted = (position, record.measure, micro_from_text(record.value), unit_name(record.unit), record.operator,
                  record.strive, record.per, record.by_year, record.wording, record.note)  # fmt: skip
        row = held.pop(wanted, None)
        if row is None:
            row = add_quantity(
                session,
                project_id,
                position=position,
                from_quarter=plan.start,
                **record.model_dump(exclude={"cite"}),
            )
        assert row.id is not None
        lines = record.cite.lines
        cite(
            session,
            "quantity",
            row.id,
            plan.id,
            [NewCitation(lines[0], lines[1], record.cite.table, record.cite.section)],
        )
    for row in held.values():
        row.effective_until = row.effective_from
        session.add(row)


def _facts(row: Quantity, measure: str) -> tuple[object, ...]:
    return (row.position, measure, row.value_micro, row.unit, row.operator,
            row.strive, row.per, row.by_year, row.wording, row.note)  # fmt: skip
