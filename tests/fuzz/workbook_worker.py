"""Tries changed workbooks in a process that may take so much memory and time, and no more.

python -m tests.fuzz.workbook_worker URL IMPORTER MODELS SEED FIRST COUNT SECONDS: the number of each file before
it is read, a line of JSON for each fault, and in the end how many there were. The file of a number is always the same for a seed.
"""

import json
import resource
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from sqlmodel import Session, func, select

import web.tables  # noqa: F401 (every table, so that foreign keys between them resolve)
from budgets.entries import LedgerEntry
from budgets.importing.applying import apply_import
from budgets.importing.columns import Chosen
from budgets.importing.report import findings_of
from budgets.importing.staging import new_import, sha256_of, stage_import
from budgets.importing.tables import STAGED, LedgerImport
from core.database import Database
from core.errors import Broken
from core.files import store_file
from reports.return_cells import values_of
from reports.return_uploads import apply_upload, examined, new_upload, problems_of, stage_upload
from tests.fuzz.workbooks import changed_workbook
from tests.reports.return_workbook_samples import return_of
from tests.samples import SOMEBODY, find_small_plan, identity
from web.return_upload_jobs import marked_copy

MEMORY, PROCESSOR = 3 << 30, 40  # bytes; seconds for one file


class Undone(Exception):
    """Takes back what was tried of a transaction."""


def read_ledger(database: Database, path: Path, folder: Path) -> str:
    """Reads the file as an import of the ledger; where nothing is wrong, takes it in, and takes that back."""
    with database.writing() as session:
        row = new_import(session, identity(find_small_plan(session).plan), path.name, Chosen(), by=SOMEBODY)
        import_id = row.id or 0
    stage_import(database, import_id, path)
    with database.reading() as session:
        row = session.get_one(LedgerImport, import_id)
        assert row.state == STAGED
        found = findings_of(row)
        assert row.blocking_count == 0 or found["problems"]
        assert session.exec(select(func.count()).select_from(LedgerEntry)).one() == 0
        good = not row.blocking_count and bool(row.row_count)
    if good:
        _taken_back(database, lambda session: apply_import(session, import_id, sha256=sha256_of(path), by=SOMEBODY))
    return "previewed" if good else "refused"


def read_return(database: Database, path: Path, folder: Path) -> str:
    """Reads the file as a return, marks what is wrong, keeps it and fills it in, and takes that back."""
    with database.reading() as session:
        return_ = return_of(session)
        before = values_of(session, return_.id or 0)
        found = examined(session, path, return_)
        try:
            copy = marked_copy(path, found, "zh")
        except Broken:  # the job says so, and keeps nothing
            return "refused"
    assert found.findings.problems or found.made is not None

    def kept(session: Session) -> None:
        file = store_file(session, path.read_bytes(), "a.xlsx", "application/octet-stream", by=SOMEBODY)
        upload = new_upload(session, return_of(session), file, by=SOMEBODY)
        row = stage_upload(session, upload.id or 0, found, None if copy is None else file)
        problems_of(row, "en")
        if not row.blocking_count and row.id is not None:
            apply_upload(session, row.id, take_file=[one.key for one in found.changes if one.is_conflict], by=SOMEBODY)

    _taken_back(database, kept)
    with database.reading() as session:
        assert values_of(session, return_of(session).id or 0) == before
    return "refused" if found.findings.blocking else "previewed"


IMPORTERS: dict[str, Callable[[Database, Path, Path], str]] = {"ledger": read_ledger, "return": read_return}


def _taken_back(database: Database, act: Callable[[Session], object]) -> None:
    try:
        with database.writing() as session:
            act(session)
            session.flush()
            raise Undone
    except (Undone, Broken):
        pass


def main(url: str, importer: str, models: Path, seed: str, first: int, count: int, seconds: float) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("error")
    database, came, slowest, began = Database(url), Counter[str](), 0.0, time.monotonic()
    files = sorted(path for path in models.iterdir() if path.name.startswith(importer))
    contents = {path: path.read_bytes() for path in files}
    number = first
    while number < first + count and time.monotonic() - began < seconds:
        print(number, flush=True)
        chance = Random(f"{seed} {number}")
        model = chance.choice(files)
        target = models.parent / f"tried-{importer}{model.suffix}"
        signal.setitimer(signal.ITIMER_PROF, PROCESSOR)  # ends the process when it is over
        target.write_bytes(changed_workbook(contents[model], model.name, chance))
        started = time.process_time()
        try:
            came[IMPORTERS[importer](database, target, models.parent)] += 1
        except Exception:
            fault = {"number": number, "model": model.name, "fault": traceback.format_exc()[-1800:]}
            print(json.dumps(fault), flush=True)
        slowest = max(slowest, time.process_time() - started)
        number += 1
    signal.setitimer(signal.ITIMER_PROF, 0)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"tried": number - first, **came, "slowest": round(slowest, 2), "megabytes": most}))
    database.close()


if __name__ == "__main__":
    url, importer, models, seed, first, count, seconds = sys.argv[1:]
    main(url, importer, Path(models), seed, int(first), int(count), float(seconds))
