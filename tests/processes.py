"""Processes of ours for tests, forked off one that has imported the command beforehand: importing it takes two seconds each time.

Each is a process like any other, with its own arguments, environment, output and exit code, and can be killed. It begins where an
interpreter stands after `import web.cli`; beyond that only libraries of others are there already.
"""

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from tempfile import TemporaryFile

from core.settings import ROOT

QINGSHAN = "web.cli"
Run = Callable[..., subprocess.CompletedProcess[str]]


class Process:
    """One that runs; its names are those of subprocess.Popen."""

    def __init__(self, line: socket.socket) -> None:
        self._line, self._told = line, line.makefile()
        self.pid, self.returncode = int(self._told.readline()), None

    def kill(self) -> None:
        """Kills it; one that has ended by itself stays as it ended."""
        if self.returncode is None and not select.select([self._line], [], [], 0)[0]:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def wait(self, seconds: float) -> int:
        """Its exit code, or the negative number of the signal that ended it.

        Errors: TimeoutError.
        """
        if self.returncode is None:
            self._line.settimeout(seconds)
            self.returncode = int(self._told.readline())
            self._told.close()
            self._line.close()
        return self.returncode


def started(module: str, *arguments: str, out: int = 1, err: int = 2, **environment: str) -> Process:
    """A process that runs the module as `python -m` does."""
    ours, theirs = socket.socketpair()
    with theirs:
        socket.send_fds(_forker(), [b"+"], [theirs.fileno(), out, err])
    asked = {"module": module, "arguments": arguments, "environment": {**os.environ, **environment}}
    ours.sendall(f"{json.dumps(asked)}\n".encode())
    return Process(ours)


def command(url: str) -> Run:
    """The `qingshan` command on this database: a function of its words that comes back when the process has ended."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        with TemporaryFile() as out, TemporaryFile() as err:
            said = {"out": out.fileno(), "err": err.fileno()}
            process = started(QINGSHAN, *arguments, **said, **{"QINGSHAN_DATABASE_URL": url, **environment})
            try:
                code = process.wait(120)
            finally:
                process.kill()
            for file in (out, err):
                file.seek(0)
            return subprocess.CompletedProcess(arguments, code, out.read().decode(), err.read().decode())

    return run


@cache
def _forker() -> socket.socket:
    """The line to the process that forks; it ends when the line is closed."""
    ours, theirs = socket.socketpair()
    with theirs:
        forker = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )

    @atexit.register
    def end() -> None:
        ours.close()
        forker.wait()

    return ours


# ---- the other side


def _forked(asked: socket.socket) -> str | None:
    """The module to run, in the process that is to run it; None in the one that forked them all, when nobody asks any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that watch
    while True:
        _, descriptors, _, _ = socket.recv_fds(asked, 1, 3)
        if not descriptors:
            return None
        if os.fork() == 0:
            return _watched(*descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def _watched(line_number: int, out: int, err: int) -> str:
    """Forks once more: one runs the module, the other tells its number and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    line = socket.socket(fileno=line_number)
    asked = json.loads(line.makefile().readline())
    pid = os.fork()
    if pid:
        line.sendall(f"{pid}\n".encode())
        line.sendall(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n".encode())
        os._exit(0)
    line.close()
    for given, standard in ((out, 1), (err, 2)):
        os.dup2(given, standard)
        os.close(given)
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.argv[1:] = asked["arguments"]
    return str(asked["module"])


def _main(asked: socket.socket) -> None:
    import alembic
    import docxtpl
    import fastapi
    import openpyxl
    import pandas
    import psycopg
    import python_calamine
    import xlsxwriter
    import yaml
    from sqlalchemy.orm import configure_mappers

    from core.settings import settings
    from web.cli import main

    _there = (alembic, docxtpl, fastapi, openpyxl, pandas, psycopg, python_calamine, xlsxwriter, yaml)
    configure_mappers()
    assert settings.cache_info().currsize == 0, "the settings of the first process would hold in all of them"
    gc.freeze()
    module = _forked(asked)
    asked.close()
    if module == QINGSHAN:
        main()
    elif module is not None:
        runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main(socket.socket(fileno=int(sys.argv[1])))
