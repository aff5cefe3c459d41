"""Somebody works while the disk takes nothing more and again when it does, as a process of its own; what they came to as JSON.

python -m tests.web.starved_worker URL FOLDER HOW. HOW the disk is starved: `limit`, the process may write no byte more into any
file; `disk`, FOLDER is a small disk that is filled up; `locked`, nobody may write into FOLDER.
"""

import json
import os
import resource
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlmodel import func, select

from budgets.entries import LedgerEntry
from core.backup import make_backup
from core.backup_manifest import backups_in
from core.backup_verifying import verify
from core.database import Database
from core.errors import Broken
from core.holding import file_of
from core.settings import settings
from core.starving import starved
from core.working import work_off
from reports.editions import Edition
from tests.budgets.importing.samples import a_row, a_workbook
from tests.reports.edition_samples import issued
from tests.web.ledger_visits import FOREST, ledger_app
from tests.web.project_visits import sent
from tests.web.reading_pages import form_on
from tests.web.visiting import visitor_with_role
from web.job_handlers import HANDLERS

NEW = f"/projects/{FOREST}/ledger/new"
ENTRY = {
    "stage": "paid",
    "amount": "320",
    "amount_unit": "万元",
    "source": "1",
    "occurred_on": "2024-11-06",
    "act": "submit",
}
NOBODY = 65534


class Starved:
    """The disk that takes nothing until it is `freed`."""

    def __init__(self, database: Database, folder: Path, how: str) -> None:
        self.how, self.folder, self.filler = how, folder, folder / "filler"
        if database.is_sqlite:
            # The log would be written over for a while; folded into the file it has to grow at once.
            with sqlite3.connect(file_of(database)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        if how == "limit":
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        elif how == "disk":
            with suppress(OSError), self.filler.open("wb", buffering=0) as file:
                while True:
                    file.write(b"x" * 4096)
        else:
            self._keeps_the_log = sqlite3.connect(file_of(database)) if database.is_sqlite else None
            if self._keeps_the_log:
                self._keeps_the_log.execute("SELECT count(*) FROM person").fetchall()
            database.close()
            self._mode(0o555, 0o444)
            for name in (
                "gb18030",
                "cp437",
            ):  # nobody may be kept from Python's own files: what is loaded late is loaded now
                "".encode(name)
            if os.getuid() == 0:
                os.seteuid(NOBODY)

    def freed(self) -> None:
        if self.how == "limit":
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        elif self.how == "disk":
            self.filler.unlink()
        else:
            if os.getuid() == 0:
                os.seteuid(0)
            self._mode(0o755, 0o644)

    def _mode(self, folders: int, files: int) -> None:
        for path in (self.folder, *self.folder.rglob("*")):
            path.chmod(folders if path.is_dir() else files)


def main(url: str, folder: Path, how: str) -> dict[str, Any]:
    database = Database(url)
    office = visitor_with_role(ledger_app(database), "office")
    settings().files_folder.mkdir(exist_ok=True)
    (folder / "backups").mkdir(exist_ok=True)
    workbook = a_workbook(folder.parent / "台账.xlsx", [a_row()])
    refused: list[str] = []

    def entry() -> int:
        answer = sent(office, NEW, **ENTRY)
        if answer.status_code != 303:
            refused.append(answer.text)
        return answer.status_code

    def upload() -> int:
        form = form_on(office.get("/money/import"), "/money/import") | {"plan": "qingshan"}
        form.pop("file", None)
        with workbook.open("rb") as file:
            answer = office.post("/money/import", data=form, files={"file": (workbook.name, file)})
        if answer.status_code != 303:
            refused.append(answer.text)
        return answer.status_code

    def issue() -> str:
        with database.writing() as session:
            issued(session, "2024Q2")
        return "issued"

    def backup() -> str:
        return str(verify(make_backup(database, folder / "backups", 3).path)[1])

    def all_of_it() -> dict[str, Any]:
        return {
            "read": office.get("/projects").status_code,
            "entry": entry(),
            "upload": upload(),
            "edition": _outcome(issue),
            "backup": _outcome(backup),
            "backups": len(backups_in(folder / "backups")),
            "left": [path.name for path in (folder / "backups").iterdir() if path.name.startswith(".")],
        }

    said: dict[str, Any] = {"first": entry()}
    disk = Starved(database, folder, how)
    said["starved"] = all_of_it()
    said["refused"], refused[:] = list(refused), []
    disk.freed()
    said["freed"] = all_of_it()
    said["worked_off"] = work_off(database, HANDLERS)
    with database.reading() as session:
        said["entries"] = session.exec(select(func.count()).select_from(LedgerEntry)).one()
        said["editions"] = session.exec(select(func.count()).select_from(Edition)).one()
    database.close()
    return said


def _outcome(act: Callable[[], str]) -> str:
    """What came of it, or the name of the sentence that the person is told."""
    try:
        return act()
    except Broken as error:
        return error.code
    except Exception as error:
        found = starved(error)
        return repr(error) if found is None else found.code


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])))
