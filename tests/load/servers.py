"""A real `qingshan serve` for tests: on a port of its own, started again and again, killed with everything that belongs to it."""

import json
import os
import random
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from core.database import Database
from tests.core.backup_samples import url_of
from tests.processes import QINGSHAN, Process, started

PATIENCE = 120.0
_MOMENT = 0.05
_SPAWNED = b"spawn_main"  # how Python calls what it starts to do a part of the work


class Server:
    """The server of a database; what it says stands in `log`."""

    def __init__(self, database: Database, folder: Path, **environment: str) -> None:
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = folder / "server.log"
        self.environment = {
            "QINGSHAN_DATABASE_URL": url_of(database),
            "QINGSHAN_FILES_FOLDER": str(folder / "files"),
            "QINGSHAN_SECRETS_FILE": str(folder / "secrets.json"),
            **environment,
        }
        self._process: Process | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            said = {"out": log.fileno(), "err": log.fileno()}
            self._process = started(QINGSHAN, "serve", "--port", str(self.port), **said, **self.environment)

    def wait_ready(self) -> None:
        """Errors: TimeoutError with what the server said."""
        end = time.monotonic() + PATIENCE
        # Without certificates, which a client would read anew each time.
        with httpx.Client(base_url=self.address, timeout=PATIENCE, verify=False, trust_env=False) as client:
            while True:
                with suppress(httpx.TransportError):
                    if client.get("/health/ready").status_code == 200:
                        return
                if time.monotonic() > end or not self.processes():
                    raise TimeoutError(self.log.read_text(encoding="utf-8", errors="replace")[-3000:])
                time.sleep(_MOMENT)

    def processes(self) -> list[int]:
        """The numbers of its processes that run, the one that was started first."""
        assert self._process is not None
        return _family(self._process.pid)

    def kill(self) -> None:
        """kill -9 of all its processes, as a power cut does."""
        assert self.end() == -signal.SIGKILL

    def kill_serving(self, chance: random.Random) -> None:
        """kill -9 of one of several processes that answer; the first one starts another in its place."""
        for pid in chance.sample(self._serving(), 1):
            os.kill(pid, signal.SIGKILL)

    def kill_first(self) -> None:
        """kill -9 of the one that was started first alone; those that answer notice, and end."""
        assert self._process is not None
        others = self._serving()
        os.kill(self._process.pid, signal.SIGKILL)
        assert self._process.wait(PATIENCE) == -signal.SIGKILL
        end = time.monotonic() + PATIENCE
        while any(Path(f"/proc/{pid}").exists() for pid in others):
            assert time.monotonic() < end, "they go on without the one that watches over them"
            time.sleep(_MOMENT)

    def _serving(self) -> list[int]:
        """Those of several processes that answer; there may be none while they are started."""
        return [pid for pid in self.processes()[1:] if _SPAWNED in _command(pid)]

    def end(self) -> int:
        """Kills what runs of it; how the first of its processes ended."""
        assert self._process is not None
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return self._process.wait(PATIENCE)

    def stop(self) -> None:
        """Asks it to stop, which it does when its requests are answered."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGTERM)
        assert self._process.wait(PATIENCE) in (0, -signal.SIGTERM)

    def most_memory(self) -> int:
        """The most that its processes ever held, together. Units: bytes."""
        return sum(_held(pid) for pid in self.processes())

    def faults(self) -> list[str]:
        """What it logged as an error."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines if _is_fault(line)]


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Serves until the block ends; nothing of it is left then."""
    server.start()
    try:
        server.wait_ready()
        yield server
    finally:
        server.end()


def _command(pid: int) -> bytes:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _is_fault(line: str) -> bool:
    try:
        return json.loads(line).get("level") in ("error", "critical")
    except (ValueError, AttributeError):
        return "Traceback" in line or "ERROR" in line


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _family(pid: int) -> list[int]:
    """A process that runs and all that came of it; nothing of one that has ended."""
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        found = [pid, *(number for child in children for number in _family(int(child)))]
    return found


def _held(pid: int) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
