"""What came of a file, as the command prints it and the page shows it: counts, sums, problems, notes, the first rows."""

import json
from typing import Any

from sqlmodel import Session, col, select

from budgets.importing.findings import notes_from, problems_from
from budgets.importing.tables import ImportRow, LedgerImport
from budgets.sources import FundingSource
from core.database import select_columns
from portfolio.projects import Project

SHOWN_ROWS = 100


def findings_of(row: LedgerImport) -> dict[str, Any]:
    """What reading the file found; empty while it is read."""
    found: dict[str, Any] = json.loads(row.findings) if row.findings else {}
    return found


def import_report(session: Session, row: LedgerImport, plan: str, *, sha256: str, language: str) -> dict[str, Any]:
    """The import as JSON for scripts."""
    found = findings_of(row)
    layout = found.get("layout", {})
    return {
        "file": row.file_name,
        "sha256": sha256,
        "plan": plan,
        "state": row.state,
        "sheet": found.get("sheet"),
        "sheets": found.get("sheets", []),
        "header_line": layout.get("header_line"),
        "columns": layout.get("columns", {}),
        "units": layout.get("units", {}),
        "lines": found.get("lines", 0),
        "entries": row.row_count,
        "new": row.new_count,
        "known": row.known_count,
        "blocking": row.blocking_count,
        "warnings": row.warning_count,
        "sums": named_sums(session, found.get("sums", [])),
        "problems": problems_from(found, language),
        "notes": notes_from(found, language),
    }


def named_sums(session: Session, sums: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The sums by stage and source with the names of the sources; None for entries without one."""
    names: dict[int | None, str] = dict(session.exec(select(FundingSource.id, FundingSource.name)).all())
    return [
        {"stage": one["stage"], "source": names.get(one["source_id"])}
        | {name: one[name] for name in ("entries", "amount_fen", "new", "new_fen")}
        for one in sums
    ]


def first_rows(session: Session, import_id: int) -> list[Any]:
    """The first staged rows with the names of their projects and sources, in the order of the file."""
    return list(
        session.execute(
            select_columns(
                *(ImportRow.line, ImportRow.stage, ImportRow.kind, ImportRow.amount_fen, ImportRow.occurred_on),
                *(ImportRow.document, ImportRow.note, ImportRow.correction_reason),
                col(Project.code).label("code"),
                col(Project.name).label("project"),
                col(FundingSource.name).label("source"),
            )
            .join(Project, col(Project.id) == ImportRow.project_id)
            .outerjoin(FundingSource, col(FundingSource.id) == ImportRow.source_id)
            .where(col(ImportRow.import_id) == import_id)
            .order_by(col(ImportRow.number))
            .limit(SHOWN_ROWS)
        )
    )
