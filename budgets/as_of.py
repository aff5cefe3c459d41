"""Which money counts as of a quarter: one condition for the ledger and for budget lines, in both editions.

Source: domain page, section 9. 按更正后: what is approved by now and happened by the end of the quarter. 按发布时: what had
been posted by then, which later entries never change.
"""

from sqlalchemy import ColumnElement, and_
from sqlmodel import col

from budgets.entries import APPROVED, LedgerEntry
from budgets.lines import BudgetLine
from core.errors import N_, Invalid

AS_CORRECTED, AS_ISSUED = "as-corrected", "as-issued"
EDITIONS = {AS_CORRECTED: N_("更正后"), AS_ISSUED: N_("发布时")}


def counted(
    table: type[LedgerEntry] | type[BudgetLine], quarter: int, edition: str = AS_CORRECTED
) -> ColumnElement[bool]:
    """The condition that a row counts as of a quarter.

    Errors: Invalid for an edition that there is not.
    """
    if edition not in EDITIONS:
        raise Invalid(field="edition", label=N_("数据口径"), found=edition, expected=tuple(EDITIONS))
    by = table.posted_period if edition == AS_ISSUED else table.occurred_quarter
    return and_(col(table.state) == APPROVED, col(by) <= quarter)
