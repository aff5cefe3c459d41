"""A throw-away PostgreSQL: made in a temporary folder, reached through a unix socket, gone when the tests end.

With a port it is set up as a real one: it listens on 127.0.0.1, asks there for passwords, and keeps what it confirmed.
"""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

# Nothing here must survive a power cut, so nothing waits for the disk.
_HASTY = "fsync=off synchronous_commit=off full_page_writes=off max_connections=200 unix_socket_permissions=0777"
_CLUSTER = [*("-U", "postgres", "-E", "UTF8", "-N"), *("--auth-local=trust", "--auth-host=scram-sha-256")]
_ROOM = 2 * 1024**3


class PostgresServer:
    """A running server; `database_url` names a database in it."""

    def __init__(self, socket_folder: Path, port: int) -> None:
        self.socket_folder = socket_folder
        # One connection for all that is made and dropped: to open one for each takes a third of the time.
        self._desk = psycopg.connect(f"host={socket_folder} port={port} user=postgres dbname=postgres", autocommit=True)
        # Copied as files and not page by page through the log, which is the only way before PostgreSQL 15.
        self._as_files = " STRATEGY file_copy" if self._desk.info.server_version >= 150_000 else ""

    def database_url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.socket_folder}"

    def create(self, name: str, *, template: str = "template1") -> str:
        """A new database, a copy of the template; its URL comes back."""
        self._desk.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"{self._as_files}'.encode())
        return self.database_url(name)

    def drop(self, name: str) -> None:
        """Removes the database where there is one, and ends who is still in it."""
        self._desk.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def close(self) -> None:
        self._desk.close()


def find_programs() -> Path | None:
    """The folder that holds initdb and pg_ctl: on PATH, else the newest that Debian's packages installed."""
    on_path = shutil.which("initdb")
    folders = [] if on_path is None else [Path(on_path).resolve().parent]
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(installed, key=lambda folder: float(folder.parent.name), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()), None)


@contextmanager
def running(programs: Path, *, port: int | None = None) -> Iterator[PostgresServer]:
    """Makes a cluster, starts it, and removes every trace of it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="qs-pg-", dir=memory_or_disk()))
    who = _somebody_else(folder)
    data, log = folder / "data", folder / "log"
    try:
        _run(
            [programs / "initdb", "-D", data, *_CLUSTER, *_locale(programs)],
            who,
        )
        chosen = _HASTY.split() if port is None else [f"port={port}"]
        listens = "" if port is None else "127.0.0.1"
        options = " ".join(f"-c {option}" for option in chosen)
        options += f" -c listen_addresses='{listens}' -c unix_socket_directories='{folder}'"
        start = [programs / "pg_ctl", "-D", data, "-l", log, "-w", "-t", "60", "-o", options, "start"]
        try:
            _run(start, who)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{log.read_text() if log.exists() else ''}") from error
        try:
            with closing(PostgresServer(folder, port or 5432)) as server:
                yield server
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
