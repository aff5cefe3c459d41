"""The ledger on the command line: `qingshan export ledger`."""

import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile

from sqlmodel import Session

from budgets.ledger import source_names
from budgets.ledger_list import LedgerFilter, every_entry
from budgets.ledger_sums import sums_of
from core.calendar import current_quarter
from core.demo import holds_demo
from portfolio.access import Reader
from reports.ledger_rows import json_list, ledger_rows, rows_as_csv
from reports.workbook_ledger import write_ledger
from web.cli_files import write_file
from web.cli_options import plan_named
from web.downloads import pieces

FORMATS = ("json", "csv", "xlsx")


def export_ledger(
    session: Session, reader: Reader, code: str, output: str, *, until: int | None, out: Path | None
) -> tuple[int, int]:
    """Writes the entries of a plan to standard output, or to a file: the same rows in every format, oldest first.

    The id of the plan and the number of entries come back.

    Errors: those of plan_named; TooManyDigits.
    """
    plan = plan_named(session, reader, code)
    assert plan.id is not None
    chosen = LedgerFilter(until or current_quarter(), plan_id=plan.id, until_quarter=until)
    count = sum(one.entries for one in sums_of(session, reader, chosen).values())
    if output == "xlsx":
        with TemporaryFile() as file:
            rows = every_entry(session, reader, chosen)
            titles = {plan.id: plan.short_title}
            write_ledger(rows, file, source_names(session), titles, language="zh", demo=holds_demo(session))
            file.seek(0)
            _write(pieces(file), out)
        return plan.id, count
    listed = ledger_rows(session, reader, chosen, {plan.id: plan.code})
    text = json_list(listed) if output == "json" else rows_as_csv(listed)
    _write((piece.encode() for piece in text), out)
    return plan.id, count


def _write(content: Iterable[bytes], out: Path | None) -> None:
    """Piece by piece, to a file or to standard output."""
    if out is None:
        sys.stdout.buffer.writelines(content)
        sys.stdout.buffer.flush()
        return
    write_file(out, content)
