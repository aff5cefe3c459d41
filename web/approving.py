"""Who approves which entries of the ledger: stages by role, plans by reach, and the departments of the person."""

from collections.abc import Iterable
from typing import Any

from budgets.approval import Approver
from budgets.entries import APPROVED_BY_FINANCE, STAGES
from core.errors import NotThere
from portfolio.access import Action, Reader


def approving(stage: str) -> Action:
    """The action that approves entries of a stage."""
    return "approve_money" if stage in APPROVED_BY_FINANCE else "accept_works"


def approvable(reader: Reader) -> frozenset[tuple[str, frozenset[int] | None]]:
    """The stages that the reader may approve, each with the plans in which (None: every plan)."""
    found = {stage: reader.plans_for(approving(stage)) for stage in STAGES}
    return frozenset((stage, plans) for stage, plans in found.items() if plans is None or plans)


def departments_of(reader: Reader) -> frozenset[int]:
    """The departments that the reader's grants name."""
    return frozenset(reach.department_id for reach in reader.reaches if reach.department_id is not None)


def approver_for(reader: Reader, rows: Iterable[Any]) -> Approver:
    """The reader as who approves these entries (rows with `stage` and `plan_id`).

    Errors: NotThere when one of them stands in a plan where the reader approves nothing of the kind.
    """
    stages = set()
    for row in rows:
        if not reader.may(approving(row.stage), row.plan_id):
            raise NotThere
        stages.add(row.stage)
    return Approver(reader.actor, frozenset(stages), departments_of(reader))
