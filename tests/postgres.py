"""A throw-away PostgreSQL: made in a temporary folder, reached through a unix socket, gone when the tests end."""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

# Nothing here must survive a power cut, so nothing waits for the disk.
_OPTIONS = "fsync=off synchronous_commit=off full_page_writes=off max_connections=200 unix_socket_permissions=0777"
_ROOM = 2 * 1024**3


@dataclass
class PostgresServer:
    """A running server; `database_url` names a database in it."""

    socket_folder: Path

    def database_url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.socket_folder}"

    def create(self, name: str, *, template: str = "template1") -> str:
        """A new database, a copy of the template; its URL comes back."""
        self._say(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.database_url(name)

    def drop(self, name: str) -> None:
        """Removes the database where there is one, and ends who is still in it."""
        self._say(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _say(self, statement: str) -> None:
        where = f"host={self.socket_folder} user=postgres dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement)


def find_programs() -> Path | None:
    """The folder that holds initdb and pg_ctl: on PATH, else the newest that Debian's packages installed."""
    on_path = shutil.which("initdb")
    folders = [] if on_path is None else [Path(on_path).resolve().parent]
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(installed, key=lambda folder: float(folder.parent.name), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()), None)


@contextmanager
def running(programs: Path) -> Iterator[PostgresServer]:
    """Makes a cluster, starts it, and removes every trace of it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="qs-pg-", dir=memory_or_disk()))
    who = _somebody_else(folder)
    data, log = folder / "data", folder / "log"
    try:
        _run(
            [programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N", *_locale(programs)],
            who,
        )
        options = " ".join(f"-c {option}" for option in _OPTIONS.split())
        options += f" -c listen_addresses='' -c unix_socket_directories='{folder}'"
        start = [programs / "pg_ctl", "-D", data, "-l", log, "-w", "-t", "60", "-o", options, "start"]
        try:
            _run(start, who)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{log.read_text() if log.exists() else ''}") from error
        try:
            yield PostgresServer(folder)
        finally:
            _run([programs / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop"], who)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def memory_or_disk() -> str:
    """A short path, as a socket's may not be long; in memory where there is room: there a copy is made 20 times quicker."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM
    return str(memory) if roomy else "/tmp"


def _locale(programs: Path) -> list[str]:
    """A Chinese collation where the server can have one, so that a sort that forgets its binary collation is found out."""
    told = subprocess.run([programs / "initdb", "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"\d+", told)
    if version is not None and int(version[0]) >= 15:
        return ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=zh"]
    return ["--locale=C.UTF-8"]


def _somebody_else(folder: Path) -> dict[str, Any]:
    """How to run the server's programs: initdb refuses root, so root runs them as postgres or nobody."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    folder.chmod(0o755)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _run(command: list[Any], who: dict[str, Any]) -> None:
    # Not a pipe: the server inherits it and would keep it open for as long as it runs.
    with tempfile.TemporaryFile() as said:
        code = subprocess.run(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False, **who
        ).returncode
        said.seek(0)
        if code:
            raise RuntimeError(f"{Path(command[0]).name} ended with {code}:\n{said.read().decode(errors='replace')}")
