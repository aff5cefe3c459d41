"""Slow and oversized requests against a server that really runs: everybody else is answered meanwhile, and the slow ones end."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from core.settings import ROOT

HEAD, BODY = 2, 3  # seconds
PATIENCE = 300.0  # a machine that is full of other work starts a server slowly


@pytest.fixture(scope="module")
def server(sqlite_planted: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """The port and process of `qingshan serve`, which waits a short time for heads and bodies."""
    folder = tmp_path_factory.mktemp("served")
    database = folder / "q.sqlite3"
    database.write_bytes(sqlite_planted.read_bytes())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    environment = {
        **os.environ,
        "QINGSHAN_DATABASE_URL": f"sqlite:///{database}",
        "QINGSHAN_FILES_FOLDER": str(folder / "files"),
        "QINGSHAN_SECRETS_FILE": str(folder / "secrets.json"),
        "QINGSHAN_PORT": str(port),
        "QINGSHAN_HEAD_SECONDS": str(HEAD),
        "QINGSHAN_BODY_SECONDS": str(BODY),
        "QINGSHAN_WORKERS": "0",
        "QINGSHAN_SIGN_IN_LIMIT": "1000/minute",
    }
    command = [sys.executable, "-m", "web", "serve"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            wait_for(port, process)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait(40)
    faults = [line for line in (folder / "log").read_text(encoding="utf-8").splitlines() if "Traceback" in line]
    assert faults == []


def wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/health/live")
            return
        except httpx.TransportError:
            assert process.poll() is None, "the server did not start"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.1)


def is_answered(port: int) -> float:
    """Asks for a page as anybody does; how long it took comes back."""
    began = time.monotonic()
    assert httpx.get(f"http://127.0.0.1:{port}/sign-in", timeout=10).status_code == 200
    return time.monotonic() - began


def said_at_the_end(connection: socket.socket, seconds: float) -> bytes:
    """What the server said until it ended the connection. Errors: TimeoutError when it does not end it."""
    connection.settimeout(seconds)
    said = b""
    try:
        while piece := connection.recv(65_536):
            said += piece
    except ConnectionResetError:
        pass
    return said


def memory_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


HEADS = {
    "nothing": b"",
    "half a line": b"GET /sign-in HT",
    "no end": b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n",
}
BODIES = {
    "announced": b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\nusername=",
    "in pieces": b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\n64\r\nuser",
    "refused, and not ended": b"POST /people HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil\r\nContent-Length: 100\r\n\r\na",
}


@pytest.mark.parametrize("begun", [*HEADS, *BODIES])
def test_what_comes_too_slowly_is_ended_and_others_are_answered(server: tuple[int, int], begun: str) -> None:
    port, _ = server
    began = time.monotonic()
    with ExitStack() as open_:
        slow = [open_.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(40)]
        for one in slow:
            one.sendall({**HEADS, **BODIES}[begun])
        ended = False
        while not ended:
            assert is_answered(port) < 5
            for one in slow[:20]:
                try:
                    one.send(b"a")  # a byte now and then changes nothing
                except OSError:
                    ended = True
            time.sleep(0.3)
            assert time.monotonic() - began < BODY + 6, "slow connections stay"
        assert time.monotonic() - began > (HEAD if begun in HEADS else BODY) - 1
        for one in slow[20:]:
            said = said_at_the_end(one, BODY + 5)
            assert said.startswith(b"HTTP/1.1 408 ")


def test_a_body_that_comes_steadily_has_its_time(server: tuple[int, int]) -> None:
    port, _ = server
    size, steps = 60_000, 12
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(
            b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: application/x-www-form-urlencoded\r\n" + f"Content-Length: {size}\r\n\r\n".encode()
        )
        for _ in range(steps):
            connection.sendall(b"a" * (size // steps))
            time.sleep((BODY + 1.5) / steps)
        assert said_at_the_end(connection, 20).startswith(b"HTTP/1.1 401 ")


def test_an_answer_that_nobody_takes_is_given_up(server: tuple[int, int]) -> None:
    port, _ = server
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.connect(("127.0.0.1", port))
        for _ in range(60):
            try:
                connection.sendall(b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
            except OSError:
                return  # the server reads no more of it, and has gone
            time.sleep(0.3)
    pytest.fail("the server waits for ever")


def test_many_idle_connections_are_ended_and_cost_little(server: tuple[int, int]) -> None:
    port, pid = server
    before = memory_kb(pid)
    with ExitStack() as open_:
        idle = [open_.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(300)]
        assert is_answered(port) < 5
        for one in idle:
            said_at_the_end(one, HEAD + 10)
    assert memory_kb(pid) - before < 60_000


HUGE = {
    "a head of many lines": b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: bbbbbbbb\r\n" * 20_000 + b"\r\n",
    "one long line": b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "a long address": b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "many cookies": b"GET /sign-in HTTP/1.1\r\nHost: localhost\r\n" + b"Cookie: a=b; c=d\r\n" * 20_000 + b"\r\n",
    "two lengths": b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a length and pieces": b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "a negative length": b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
    "a piece of all memory": b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"F" * 30
    + b"\r\n",
}


@pytest.mark.parametrize("sent", HUGE)
def test_what_is_no_sound_request_is_refused_at_once(server: tuple[int, int], sent: str) -> None:
    port, pid = server
    before = memory_kb(pid)
    with socket.create_connection(("127.0.0.1", port)) as connection:
        with suppress(OSError):  # refused before all of it was sent
            connection.sendall(HUGE[sent])
        said = said_at_the_end(connection, HEAD + BODY + 5)
    assert said.startswith((b"HTTP/1.1 4", b"HTTP/1.1 501")) or said == b""
    assert memory_kb(pid) - before < 60_000
    assert is_answered(port) < 5


def test_a_body_that_is_shorter_than_it_says_waits_only_so_long(server: tuple[int, int]) -> None:
    port, _ = server
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(
            b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999999\r\n\r\n" + b"a" * 10_000
        )
        assert said_at_the_end(connection, BODY + 25).startswith(b"HTTP/1.1 4")
    assert is_answered(port) < 5
