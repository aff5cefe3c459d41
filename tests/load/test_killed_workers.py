"""Workers that are killed again and again while they take files in: each file is in the ledger whole and once, or not at all."""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from budgets.entries import LedgerEntry
from budgets.importing.tables import ABANDONED, APPLIED, ImportRow, LedgerImport
from core.calendar import now
from core.claims import LOST_AFTER, reap
from core.database import Database
from core.jobs import RUNNING, Job
from tests.budgets.importing.samples import kept_files
from tests.core.backup_samples import url_of
from tests.databases import on_both, plant
from tests.load.importing import Importer, Sent
from tests.load.looking_back import MARK, all_sound, commands_agree
from tests.processes import QINGSHAN, Process, started
from tests.soak_figures import record
from tests.web.ledger_visits import add_sources, ledger_app
from tests.web.visiting import visitor_with_role

__all__ = ["kept_files"]
database = on_both(plant, add_sources)
SECTION = "Killed workers"
KILLS = int(os.environ.get("QINGSHAN_SOAK_KILLS", "100"))
SEED = int(os.environ.get("QINGSHAN_SOAK_SEED", "1"))
WORKERS = 2
PATIENCE = 300.0
_LOOK = 0.05
_LONGEST = 1.2  # seconds from one kill to the next


@dataclass
class Workers:
    """`qingshan work` so many times over."""

    database: Database
    running: list[Process] = field(default_factory=list)
    met: int = 0  # jobs that a killed one held

    def fill(self) -> None:
        while len(self.running) < WORKERS:
            self.running.append(started(QINGSHAN, "work", out=2, QINGSHAN_DATABASE_URL=url_of(self.database)))

    def kill(self, chance: random.Random) -> None:
        """kill -9 of one of them; what it held waits again at once, as it does a minute later otherwise."""
        process = self.running.pop(chance.randrange(len(self.running)))
        process.kill()
        process.wait(PATIENCE)
        self.met += len(reap(self.database, at=now() + LOST_AFTER + timedelta(seconds=1)))

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.wait(PATIENCE)


@pytest.fixture
def workers(database: Database) -> Iterator[Workers]:
    with ExitStack() as after:
        found = Workers(database)
        after.callback(found.end)
        found.fill()
        yield found


def killed_while_importing(database: Database, workers: Workers, folder: Path, *, kills: int, rows: int) -> Importer:
    """The files that somebody sent while workers were killed so often; afterwards everything was looked at."""
    client, chance = visitor_with_role(ledger_app(database), "office"), random.Random(SEED)
    importer = Importer(client, database, folder, rows=rows, most=10**6)
    for _ in range(kills):
        until = time.monotonic() + chance.uniform(0.1, _LONGEST)
        # A kill that meets nobody at work tells little: it waits until something is being done, as long as that is soon.
        while time.monotonic() < until or (not busy(database) and time.monotonic() < until + PATIENCE):
            importer.go_on()
            time.sleep(_LOOK)
        workers.kill(chance)
        workers.fill()
    importer.most = importer.count
    end = time.monotonic() + PATIENCE
    while importer.under_way:
        assert time.monotonic() < end, "what was sent is never taken in"
        importer.go_on()
        time.sleep(_LOOK)
    workers.end()
    whole_and_once(database, importer.done, rows)
    all_sound(database)
    return importer


def busy(database: Database) -> bool:
    with database.reading() as session:
        return session.exec(select(Job.id).where(Job.state == RUNNING)).first() is not None


def whole_and_once(database: Database, done: list[Sent], rows: int) -> None:
    """Every file that was taken in is in the ledger whole and once, and of no other is anything there."""
    with database.reading() as session:
        marks = session.exec(select(LedgerEntry.document).where(col(LedgerEntry.document).startswith(MARK)))
        assert Counter(marks) == Counter(mark for sent in done for mark in sent.marks)
        by_import = select(LedgerEntry.import_id, func.count()).group_by(col(LedgerEntry.import_id))
        assert dict(session.exec(by_import).all()) == {sent.import_id: rows for sent in done}
        states = dict(session.exec(select(LedgerImport.id, LedgerImport.state)).all())
        assert {id_ for id_, state in states.items() if state == APPLIED} == {sent.import_id for sent in done}
        assert set(states.values()) <= {APPLIED, ABANDONED}
        given_up = [id_ for id_, state in states.items() if state == ABANDONED]
        staged = select(func.count()).select_from(ImportRow).where(col(ImportRow.import_id).in_(given_up))
        assert session.exec(staged).one() == 0


@pytest.mark.usefixtures("kept_files")
def test_a_killed_worker_takes_files_in_whole_and_once(database: Database, workers: Workers, tmp_path: Path) -> None:
    importer = killed_while_importing(database, workers, tmp_path, kills=6, rows=60)
    print(f"{len(importer.done)} files, {workers.met} jobs met by a kill")


@pytest.mark.soak
@pytest.mark.usefixtures("kept_files")
def test_workers_killed_a_hundred_times_take_files_in_whole_and_once(
    database: Database, workers: Workers, tmp_path: Path
) -> None:
    began = time.monotonic()
    importer = killed_while_importing(database, workers, tmp_path, kills=KILLS, rows=300)
    commands_agree(database)
    told = {"kills": KILLS, "seed": SEED, "seconds": round(time.monotonic() - began), "files": len(importer.done)}
    told |= {"entries": sum(len(sent.marks) for sent in importer.done), "jobs_that_a_kill_met": workers.met}
    told |= {"begun_again_by_hand": sum(sent.again for sent in importer.done)}
    print(told)
    record(SECTION, "SQLite" if database.is_sqlite else "PostgreSQL", **told, lost=0, doubled=0)
