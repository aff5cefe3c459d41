"""A disk that is full or takes no writes: the page says so, nothing acknowledged is lost, and with room all goes on.

A small disk needs somebody who may mount one; what stands in for it elsewhere, a limit of the process, runs everywhere.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp
from typing import Any

import pytest
from sqlalchemy import text

from core.database import Database
from core.holding import file_of
from tests.core.backup_samples import url_of
from tests.databases import on_both, on_postgresql, plant
from tests.processes import started
from tests.reports.edition_samples import closed
from tests.web.ledger_visits import add_sources, entries, ledger_app
from tests.web.project_visits import sent
from tests.web.starved_worker import ENTRY, NEW
from tests.web.visiting import visitor_with_role

SIZE = "24m"


def close_quarter(database: Database) -> None:
    with database.writing() as session:
        closed(session, "2024Q2")


database, server_database = on_both(plant, add_sources, close_quarter), on_postgresql(plant, add_sources)


def mounted(place: Path) -> bool:
    """Makes a small disk there, where this process may."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "none", str(place)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def unmounted(place: Path) -> None:
    subprocess.run(["umount", "-l", str(place)], check=True, capture_output=True)


def ways() -> list[str]:
    place = Path(mkdtemp())
    found = ["limit", "locked"]
    if mounted(place):
        unmounted(place)
        found.append("disk")
    place.rmdir()
    return found


@pytest.fixture(params=ways())
def how(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def disk(how: str) -> Iterator[Path]:
    """A folder that can be starved in this way; everybody may look into it."""
    with ExitStack() as after:
        place = Path(mkdtemp(prefix="qs-disk-", dir="/tmp"))
        after.callback(shutil.rmtree, place)
        place.chmod(0o755)
        (place / "disk").mkdir(mode=0o755)
        if how == "disk":
            assert mounted(place / "disk")
            after.callback(unmounted, place / "disk")
        yield place / "disk"


def worked(url: str, disk: Path, how: str) -> dict[str, Any]:
    """What somebody came to who worked there."""
    given = {"QINGSHAN_FILES_FOLDER": str(disk / "files"), "QINGSHAN_SECRETS_FILE": str(disk / "secrets")}
    with TemporaryFile() as out, TemporaryFile() as err:
        said = {"out": out.fileno(), "err": err.fileno()}
        process = started("tests.web.starved_worker", url, str(disk), how, **said, **given)
        try:
            code = process.wait(300)
        finally:
            process.kill()
        out.seek(0)
        err.seek(0)
        assert code == 0, err.read().decode()[-3000:]
        return json.loads(out.read())


FULL = {"limit": 507, "disk": 507, "locked": 503}
CODE = {"limit": "NoRoom", "disk": "NoRoom", "locked": "NotWritable"}
BACKUP = {"limit": "BackupFolderFull", "disk": "BackupFolderFull", "locked": "BackupFolderUnusable"}
SENTENCE = {"limit": "磁盘空间已满", "disk": "磁盘空间已满", "locked": "不能写入"}


def test_a_starved_disk_loses_nothing_and_all_goes_on_with_room(database: Database, disk: Path, how: str) -> None:
    url = url_of(database)
    if database.is_sqlite:
        database.close()
        shutil.copyfile(file_of(database), disk / "q.sqlite3")
        url = f"sqlite:///{disk}/q.sqlite3"
    said = worked(url, disk, how)
    on_disk = database.is_sqlite  # PostgreSQL keeps its rows elsewhere; files and backups stand on this disk
    starved = said["starved"]
    assert said["first"] == 303
    assert starved["read"] == 200
    assert starved["entry"] == (FULL[how] if on_disk else 303)
    assert starved["upload"] == FULL[how]
    assert starved["edition"] == CODE[how]
    assert starved["backup"] == BACKUP[how]
    assert (starved["backups"], starved["left"]) == (0, [])
    assert all(SENTENCE[how] in page and "Traceback" not in page for page in said["refused"])
    assert len(said["refused"]) == (2 if on_disk else 1)
    freed = said["freed"]
    assert (freed["read"], freed["entry"], freed["upload"], freed["edition"]) == (200, 303, 303, "issued")
    assert (freed["backup"], freed["backups"], freed["left"]) == ("[]", 1, [])
    assert said["worked_off"] == 1
    assert said["entries"] == (2 if on_disk else 3)
    assert said["editions"] == 1


@pytest.mark.parametrize(
    ("state", "status", "sentence"),
    [
        ("53100", 507, "磁盘空间已满"),  # disk_full
        ("25006", 503, "不能写入或连不上"),  # read_only_sql_transaction
        ("53300", 503, "不能写入或连不上"),  # too_many_connections
        ("57P01", 503, "不能写入或连不上"),  # admin_shutdown
        ("58030", 503, "不能写入或连不上"),  # io_error
    ],
)
def test_what_postgresql_says_of_its_disk_is_told(
    server_database: Database, state: str, status: int, sentence: str
) -> None:
    office = visitor_with_role(ledger_app(server_database), "office")
    with server_database.writing() as session:
        session.execute(
            text(
                "CREATE FUNCTION starve() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '{state}'; END $$"
            )
        )
        session.execute(text("CREATE TRIGGER starve BEFORE INSERT ON ledger_entry EXECUTE FUNCTION starve()"))
    answer = sent(office, NEW, **ENTRY)
    assert answer.status_code == status
    assert sentence in answer.text
    with server_database.writing() as session:
        session.execute(text("DROP TRIGGER starve ON ledger_entry"))
    assert entries(server_database) == []
    assert sent(office, NEW, **ENTRY).status_code == 303
    assert [entry.project_id for entry in entries(server_database)] != []
