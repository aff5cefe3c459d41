"""The ledger's workbook: LibreOffice recalculates its totals without changing a cell."""

from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from budgets.approval import approve_entries
from budgets.ledger import record_entry, source_names
from budgets.ledger_list import LedgerFilter, every_entry
from core.database import Database
from portfolio.access import OPERATOR_READER
from reports.workbook_ledger import write_ledger
from tests.budgets.ledger_samples import REVIEWER, an_entry, sources
from tests.samples import SOMEBODY, find_small_plan, identity

__all__ = ["sources"]  # a fixture


@pytest.mark.office
@pytest.mark.parametrize("language", ["zh", "en"])
def test_recalculating_the_ledger_changes_no_cell(
    stored: Database, sources: dict[str, int], tmp_path: Path, office: Callable[[Path], Path], language: str
) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        for wan, state in ((1, "approved"), (2, "submitted"), (4, "approved")):
            new = an_entry("paid", wan, source_id=sources["county"], note="=1+1")
            row = record_entry(session, small.forest, new, submit=True, by=SOMEBODY)
            if state == "approved":
                approve_entries(session, [row.id or 0], by=REVIEWER)
        file = tmp_path / "ledger.xlsx"
        rows = every_entry(session, OPERATOR_READER, LedgerFilter(20264))
        write_ledger(rows, file, source_names(session), {identity(small.plan): "青山"}, language=language)
    before, after = (
        [[cell.value for cell in line] for line in load_workbook(one, data_only=True).active.iter_rows()]
        for one in (file, office(file))
    )
    assert before == after
    totals = [line[9] for line in before if isinstance(line[0], str) and isinstance(line[9], int | float)]
    assert totals == [0, 0, 0, 0, 5]
