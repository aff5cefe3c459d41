"""Answers that take much away at once: the audit trail says so before the first byte leaves."""

from collections.abc import Callable
from typing import Any

from fastapi import Response
from fastapi.concurrency import run_in_threadpool
from sqlmodel import Session
from starlette.types import Receive, Scope, Send

from core import audit
from core.database import Database
from portfolio.access import Reader
from portfolio.plans import Plan
from reports.audit_scopes import REPORT_FILE
from web.choices import Choices
from web.deps import SPARE, at_most, write_block
from web.listed_plans import ListedPlan

EXPORT = "export"


class Told(Response):
    """An answer that leaves after something was written. The route's own view of the database is closed by then."""

    def __init__(self, answer: Response, database: Database, write: Callable[[Session], None]) -> None:
        self.answer, self.database, self.write = answer, database, write
        self.status_code, self.raw_headers, self.background = answer.status_code, answer.raw_headers, None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with at_most(SPARE, "exports"), write_block(self.database) as session:
            await run_in_threadpool(self.write, session)
        await self.answer(scope, receive, send)


def told_export(
    answer: Response, database: Database, reader: Reader, subject: str, subject_id: int | None = None, **facts: Any
) -> Response:
    """The answer, with an entry in the audit trail about what was taken: rows, format, filters.

    The subject is one of reports/audit_scopes.py; the id is that of the record, or of the plan that a file was made of.
    """

    def write(session: Session) -> None:
        audit.record(session, EXPORT, subject, subject_id or 0, after=facts, by=reader.actor)

    return Told(answer, database, write)


def told_file(
    answer: Response,
    database: Database,
    reader: Reader,
    choices: Choices,
    subject: str,
    plan: ListedPlan | Plan | None,
    **facts: Any,
) -> Response:
    """A file of what a page lists; its filters are what the address says, but for the reader's language and unit."""
    filters = {name: value for name, value in choices.others() if value}
    return told_export(answer, database, reader, subject, None if plan is None else plan.id, filters=filters, **facts)


def told_report(
    answer: Response, database: Database, reader: Reader, plan_id: int | None, period: str, **facts: Any
) -> Response:
    """A workbook of what stands now, which no edition has published yet; `plan_id` is None for one of several plans."""
    return told_export(answer, database, reader, REPORT_FILE, plan_id, period=period, format="xlsx", **facts)
