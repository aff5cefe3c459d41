"""kill -9 at each step of a backup, a restore and a move: nothing half done under a final name, and once more it works."""

import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import backup, restoring, schema
from core.audit import OPERATOR
from core.backup_manifest import backups_in
from core.backup_verifying import verify
from core.database import Database, all_tables
from core.holding import InUse, alone_at, nobody_else
from core.moving import move_database
from core.people import add_person
from core.restoring import restore
from core.settings import settings
from tests.core.backup_samples import backed_up, everything, own_place, shown, url_of, with_files
from tests.core.job_samples import PATIENCE, eventually
from tests.databases import on_postgresql, plant
from tests.processes import Process, started

postgresql_stored = on_postgresql(plant)
WORKER = "tests.core.care_worker"
LONG = 90.0  # for a process to come as far as that on a busy machine
MOVE_STEPS = {
    "tables": 0,
    "the first rows": 1,
    "rows": 30,
    "check": -4,
    "files": -3,
    "commit": -2,
}  # the last one is after it


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    with own_place(monkeypatch, tmp_path):
        yield tmp_path


def killed_at(step: int, folder: Path, *act: str) -> None:
    """Lets a process go as far as this step, and kills it there."""
    killed_when(started(WORKER, str(step), str(folder), *act), folder / "reached")


def killed_when(process: Process, there: Path, delay: float = 0) -> None:
    """Kills a process some time after it said that it is there."""
    end = time.monotonic() + LONG
    while not there.exists() and time.monotonic() < end:
        time.sleep(0.02)
    came = there.exists()
    time.sleep(delay)
    process.kill()
    assert came, "it never came as far as that; what it said stands above"
    assert process.wait(PATIENCE) == -signal.SIGKILL or delay
    there.unlink()


def test_a_killed_backup_leaves_no_half_one(stored: Database, place: Path) -> None:
    with_files(stored)
    folder = place / "backups"
    for _ in range(2):
        backed_up(stored, place, keep=2)
    for step in range(len(backup.STEPS)):
        there = shown(folder)
        killed_at(step, place, "backup", url_of(stored), str(folder))
        found = backups_in(folder)
        assert [verify(one.path)[1] for one in found] == [[]] * len(found)
        assert len(found) == (3 if backup.STEPS[step] == "清理旧备份" else 2), there
    assert backed_up(stored, place, keep=2).manifest.complete
    assert len(shown(folder)) == 2, "what the killed ones left is gone"


@pytest.mark.parametrize("replace", [False, True])
def test_a_killed_restore_leaves_the_old_or_nothing_and_the_same_again_restores(
    stored: Database, place: Path, request: pytest.FixtureRequest, replace: bool
) -> None:
    with_files(stored)
    made, wanted = backed_up(stored, place), everything(stored)
    copies = request.getfixturevalue("sqlite_copies" if stored.is_sqlite else "postgresql_copies")
    with copies.lent() as target:
        if replace:
            schema.upgrade(target)
            with target.writing() as session:
                add_person(session, "wang", "王某", None, by=OPERATOR)
            before = everything(target)
        target.close()
        shutil.rmtree(settings().files_folder)
        settings().secrets_file.write_text("another secret") if replace else settings().secrets_file.unlink()
        for step in range(len(restoring.STEPS)):
            killed_at(step, place, "restore", str(made.path), url_of(target), "replace" if replace else "empty")
            if replace:
                assert everything(target) == before
            else:
                assert schema.revision_of(target) is None
            target.close()
        restore(made.path, url_of(target), replace=replace)
        assert everything(target) == wanted
        assert settings().secrets_file.read_text() == "a secret of this installation"


def test_a_restore_killed_while_rows_go_in_leaves_all_or_nothing(
    postgresql_stored: Database, postgresql_database: Database, place: Path
) -> None:
    made, wanted = backed_up(postgresql_stored, place), everything(postgresql_stored)
    target, last = postgresql_database, place / f"step-{len(restoring.STEPS) - 1}"
    before = everything(target)
    target.close()
    given = ["restore", str(made.path), url_of(target), "replace"]
    for delay in (0.05, 0.15, 0.3, 0.6):
        killed_when(started(WORKER, "-1", str(place), *given), last, delay)
        eventually(lambda: alone(target))  # psql notices that nobody speaks to it any more
        assert everything(target) in (before, wanted)
        target.close()
    restore(made.path, url_of(target), replace=True)
    assert everything(target) == wanted


def alone(target: Database) -> bool:
    known = Database(alone_at(target.url).render_as_string(hide_password=False))
    try:
        nobody_else(known)
    except InUse:
        return False
    finally:
        known.close()
    return True


@pytest.mark.parametrize(
    "place_of",
    [name if name in ("rows", "commit") else pytest.param(name, marks=pytest.mark.soak) for name in MOVE_STEPS],
)
def test_a_killed_move_leaves_the_target_empty(
    stored: Database, place: Path, request: pytest.FixtureRequest, place_of: str
) -> None:
    before = everything(stored)
    stored.close()
    copies = request.getfixturevalue("postgresql_copies" if stored.is_sqlite else "sqlite_copies")
    with copies.lent() as target:
        step = MOVE_STEPS[place_of]
        step = step if step >= 0 else len(all_tables().tables) + 5 + step
        killed_at(step, place, "move", url_of(stored), url_of(target))
        assert schema.revision_of(target) is None
        target.close()
        assert everything(stored) == before
        stored.close()
        assert all(one.equal for one in move_database(url_of(stored), url_of(target), files_to=None).tables)
        moved = everything(target)  # the two kinds tell moments apart by their zone only
        assert {name: len(rows) for name, rows in moved.items()} == {name: len(rows) for name, rows in before.items()}
