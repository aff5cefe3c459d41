"""What people change about the quantities of a project: added, revised and removed from a quarter on, never overwritten.

A change ends the old row where the new one begins, so a past quarter still shows what held then.
"""

from typing import Any

from sqlmodel import Session, col, func, select

from core import audit
from core.audit import Actor
from core.errors import N_, Broken, SeveralBroken
from core.units import micro_from_text
from milestones.quantities import Quantity, add_quantity
from milestones.quantity_values import NewQuantity, checked_quantity, measure_of, problems_of_basis, quantity_in_words
from portfolio.citations import mark_supplied, supplied_values
from portfolio.editing import claim
from portfolio.periods import must_hold_from_open
from portfolio.projects import Project
from portfolio.values import Basis

# The field of a project under which it is kept that a person changed what the plan says about its quantities.
SUPPLIED = "quantities"


class QuantityEnded(Broken):
    status = 409
    sentence = N_("这条工程量已经修改或删除。请回到项目页，对现在的内容进行修改。")


def record_quantity(session: Session, project: Project, new: NewQuantity, basis: Basis, *, by: Actor) -> Quantity:
    """A quantity that the project has from a quarter on.

    Errors: Archived, HoldsInClosedQuarter, SeveralBroken.
    """
    claim(session, project, expected_version=None)
    must_hold_from_open(session, project.plan_id, basis.from_quarter)
    kept = checked_quantity(session, project, new, basis)
    last = session.exec(select(func.max(Quantity.position)).where(Quantity.project_id == project.id)).one()
    row = _added(session, project, kept, basis, 1 + (last or 0), by)
    _written(session, project, "add-quantity", {}, _facts(session, row), basis, by)
    return row


def change_quantity(
    session: Session,
    project: Project,
    quantity: Quantity,
    new: NewQuantity,
    basis: Basis,
    *,
    expected_version: int,
    by: Actor,
) -> bool:
    """Makes a quantity read otherwise from a quarter on; whether anything changed comes back.

    Errors: Archived, Stale, QuantityEnded, HoldsInClosedQuarter, SeveralBroken.
    """
    _claim(session, project, quantity, basis, expected_version)
    kept = checked_quantity(session, project, new, basis, instead_of=quantity)
    if _is_already(session, quantity, kept):
        return False
    before = _facts(session, quantity)
    _end(session, quantity, basis)
    after = _facts(session, _added(session, project, kept, basis, quantity.position, by))
    _mark(session, project, quantity, basis, by)
    _written(session, project, "change-quantity", before, after, basis, by)
    return True


def remove_quantity(
    session: Session, project: Project, quantity: Quantity, basis: Basis, *, expected_version: int, by: Actor
) -> None:
    """Ends a quantity where a quarter begins; the row and the audit trail keep what it was.

    Errors: Archived, Stale, QuantityEnded, HoldsInClosedQuarter, SeveralBroken.
    """
    _claim(session, project, quantity, basis, expected_version)
    problems = problems_of_basis(basis, quantity)
    if problems:
        raise SeveralBroken(problems)
    _end(session, quantity, basis)
    _mark(session, project, quantity, basis, by)
    before = _facts(session, quantity)
    _written(session, project, "remove-quantity", before, dict.fromkeys(before), basis, by)


def find_successor(session: Session, quantity: Quantity) -> Quantity | None:
    """What holds now instead of a quantity that was changed; itself while it holds, None when it was removed."""
    session.refresh(quantity)
    row: Quantity | None = quantity
    while row is not None and row.effective_until is not None:
        query = select(Quantity).where(
            Quantity.project_id == row.project_id,
            Quantity.position == row.position,
            Quantity.effective_from == row.effective_until,
            col(Quantity.id) > row.id,
        )
        row = session.exec(query.order_by(col(Quantity.id))).first()
    return row


def _claim(session: Session, project: Project, quantity: Quantity, basis: Basis, expected_version: int) -> None:
    claim(session, project, expected_version=expected_version)
    session.refresh(quantity)
    if quantity.effective_until is not None:
        raise QuantityEnded
    must_hold_from_open(session, project.plan_id, basis.from_quarter)


def _mark(session: Session, project: Project, quantity: Quantity, basis: Basis, by: Actor) -> None:
    """Notes that the plan's own quantities were changed; what people added themselves leaves those to the plan."""
    assert project.id is not None
    if quantity.supplied_by is None or SUPPLIED in supplied_values(session, "project", project.id):
        mark_supplied(session, "project", project.id, SUPPLIED, document=basis.document, reason=basis.reason, by=by)


def _is_already(session: Session, row: Quantity, kept: dict[str, Any]) -> bool:
    held = {name: getattr(row, name) for name in ("unit", "operator", "strive", "per", "by_year", "wording", "note")}
    held |= {"measure": measure_of(session, row), "value": row.value_micro}
    return held == kept | {"value": micro_from_text(kept["value"]), "per": kept["per"] or None}


def _added(
    session: Session, project: Project, kept: dict[str, Any], basis: Basis, position: int, by: Actor
) -> Quantity:
    assert project.id is not None
    given = kept | {"per": kept["per"] or None}
    row = add_quantity(session, project.id, position=position, from_quarter=basis.from_quarter, **given)
    row.document, row.reason, row.supplied_by = basis.document, basis.reason, by.name
    session.add(row)
    session.flush()
    return row


def _end(session: Session, quantity: Quantity, basis: Basis) -> None:
    quantity.effective_until = basis.from_quarter
    session.add(quantity)


def _facts(session: Session, row: Quantity) -> dict[str, Any]:
    return {"quantity": quantity_in_words(measure_of(session, row), row), "wording": row.wording, "note": row.note}


def _written(
    session: Session,
    project: Project,
    action: str,
    before: dict[str, Any],
    after: dict[str, Any],
    basis: Basis,
    by: Actor,
) -> None:
    """Notes the change at the project, whose version it raises."""
    assert project.id is not None
    project.row_version += 1
    session.add(project)
    session.flush()
    after = after | {"from_quarter": basis.from_quarter, "document": basis.document}
    audit.record(session, action, "project", project.id, before=before, after=after, reason=basis.reason, by=by)
