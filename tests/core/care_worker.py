"""A backup, a restore or a move as a process of its own, which stops at a step where a test wants to kill it.

python -m tests.core.care_worker STEP FOLDER backup URL BACKUPS | restore BACKUP URL REPLACE | move SOURCE TARGET: the steps are
numbered from 0 as they are told; the process says in FOLDER which it begins, and waits where it has `reached` its own.
"""

import sys
import time
from pathlib import Path

import web.tables  # noqa: F401 (every table)
from core.backup import make_backup
from core.database import Database
from core.moving import move_database
from core.restoring import restore


def main(step: int, folder: Path, act: str, *given: str) -> None:
    told = -1

    def tell(_step: str) -> None:
        nonlocal told
        told += 1
        (folder / f"step-{told}").touch()
        if told == step:
            (folder / "reached").touch()
            time.sleep(120)

    if act == "backup":
        make_backup(Database(given[0]), Path(given[1]), 2, tell)
    elif act == "restore":
        restore(Path(given[0]), given[1], replace=given[2] == "replace", tell=tell)
    else:
        move_database(given[0], given[1], files_to=None, tell=tell)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
