"""Brings the quantities of a project to what the seed file says, unless a person changed them."""

from sqlmodel import col, select

from core.units import micro_from_text, unit_name
from milestones.quantities import Measure, Quantity, add_quantity
from milestones.quantity_changes import SUPPLIED
from portfolio.citations import SuppliedValue, supplied_values
from portfolio.projects import Project
from portfolio.recording import Difference, NewCitation, cite
from seed.loading import Loading
from seed.records import SeedQuantity

Facts = tuple[object, ...]


def sync_quantities(loading: Loading, project: Project, records: list[SeedQuantity]) -> None:
    """Adds what is missing; a quantity that the file no longer says stops holding where it began and stays as history.

    What people added is left alone. Where a person changed or removed what the plan said, so is everything, and a file
    that says something else than what held at the plan's start is listed.
    """
    assert project.id is not None
    session = loading.session
    supplied = supplied_values(session, "project", project.id).get(SUPPLIED)
    rows = session.exec(
        select(Quantity, Measure.name)
        .join(Measure, col(Measure.id) == Quantity.measure_id)
        .where(Quantity.project_id == project.id, col(Quantity.supplied_by).is_(None))
    ).all()
    if supplied is not None:
        begun = [_facts(row, measure) for row, measure in rows if row.effective_until != row.effective_from]
        _list_difference(loading, project, begun, records, supplied)
        return
    held = {_facts(row, measure): row for row, measure in rows if row.effective_until is None}
    for position, record in enumerate(records, start=1):
        row = held.pop(_wanted(position, record), None)
        if row is None:
            row = add_quantity(
                session,
                project.id,
                position=position,
                from_quarter=loading.from_quarter,
                **record.model_dump(exclude={"cite"}),
            )
        assert row.id is not None
        lines = record.cite.lines
        citation = NewCitation(lines[0], lines[1], record.cite.table, record.cite.section)
        cite(session, "quantity", row.id, loading.plan_id, [citation])
    for row in held.values():
        row.effective_until = max(row.effective_from, loading.from_quarter)
        session.add(row)


def _list_difference(
    loading: Loading, project: Project, begun: list[Facts], records: list[SeedQuantity], supplied: SuppliedValue
) -> None:
    wanted = [_wanted(position, record) for position, record in enumerate(records, start=1)]
    if set(wanted) != set(begun):
        loading.tally.differences.append(
            Difference("project", project.code, SUPPLIED, _named(begun), _named(wanted), supplied.supplied_by)
        )


def _named(facts: list[Facts]) -> str:
    return "；".join(str(one[8]) for one in sorted(facts, key=lambda one: str(one[0])))


def _wanted(position: int, record: SeedQuantity) -> Facts:
    return (position, record.measure, micro_from_text(record.value), unit_name(record.unit), record.operator,
            record.strive, record.per, record.by_year, record.wording, record.note)  # fmt: skip


def _facts(row: Quantity, measure: str) -> Facts:
    return (row.position, measure, row.value_micro, row.unit, row.operator,
            row.strive, row.per, row.by_year, row.wording, row.note)  # fmt: skip
