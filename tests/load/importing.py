"""Somebody who sends files of ledger entries and takes them in, and begins anew what the workers did not come to the end of."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlmodel import col, select
from starlette.testclient import TestClient

from budgets.importing.tables import APPLIED, STAGED, LedgerImport
from core.database import Database
from core.jobs import FAILED, Job
from tests.budgets.importing.samples import a_row, a_workbook
from tests.load.looking_back import MARK
from tests.web.reading_pages import form_on

AT_ONCE = 3  # files under way


@dataclass
class Sent:
    """A file that was sent, and how often each of its two jobs was begun again."""

    path: Path
    marks: tuple[str, ...]
    import_id: int = 0
    again: int = 0


class Importer:
    """Sends one file after the other; `done` are those that the page says were taken in."""

    def __init__(self, client: TestClient, database: Database, folder: Path, *, rows: int, most: int) -> None:
        self.client, self.database, self.folder = client, database, folder
        self.rows, self.most, self.count = rows, most, 0
        self.under_way: list[Sent] = []
        self.done: list[Sent] = []

    def go_on(self) -> None:
        """Looks once at everything under way, and does what a person would do about it."""
        while len(self.under_way) < AT_ONCE and self.count < self.most:
            self.under_way.append(self._new())
        for sent in list(self.under_way):
            row, job = self._state(sent)
            if row.state == APPLIED:
                assert f"已导入 {self.rows} 笔" in self.client.get(self._page(sent)).text
                self.under_way.remove(sent)
                self.done.append(sent)
            elif row.state == STAGED and (job.kind == "read-import" or job.state == FAILED):
                sent.again += job.kind == "apply-import"
                self._press(sent, "apply")
            elif job.state == FAILED:  # while it was read: only another try with the same file is left
                sent.again += 1
                self._press(sent, "abandon")
                self._send(sent)

    def _new(self) -> Sent:
        self.count += 1
        marks = tuple(f"{MARK}导入{self.count}-{number}" for number in range(self.rows))
        rows: Sequence[Sequence[object]] = [a_row(document=mark, amount=1 + place) for place, mark in enumerate(marks)]
        sent = Sent(a_workbook(self.folder / f"台账{self.count}.xlsx", rows), marks)
        self._send(sent)
        return sent

    def _send(self, sent: Sent) -> None:
        form = form_on(self.client.get("/money/import"), "/money/import") | {"plan": "qingshan"}
        form.pop("file", None)
        with sent.path.open("rb") as file:
            answer = self.client.post("/money/import", data=form, files={"file": (sent.path.name, file)})
        assert answer.status_code == 303, answer.text
        with self.database.reading() as session:
            newest = select(LedgerImport.id).where(LedgerImport.file_name == sent.path.name)
            sent.import_id = session.exec(newest.order_by(col(LedgerImport.id).desc())).first() or 0

    def _press(self, sent: Sent, act: str) -> None:
        page = self._page(sent)
        answer = self.client.post(f"{page}/{act}", data=form_on(self.client.get(page), f"{page}/{act}"))
        assert answer.status_code == 303, answer.text

    def _page(self, sent: Sent) -> str:
        return f"/money/import/{sent.import_id}"

    def _state(self, sent: Sent) -> tuple[LedgerImport, Job]:
        with self.database.reading() as session:
            row = session.get_one(LedgerImport, sent.import_id)
            job = session.get_one(Job, row.job_id)
            session.expunge_all()
        return row, job
