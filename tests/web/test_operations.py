"""What programs ask that watch over the server, its log, and how it stops."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from core import schema
from core.database import Database
from tests.web.visiting import setting, visitor, visitor_with_role
from web.app import create_app

TOKEN = "a-token-of-thirty-two-characters"
PATIENCE = 60.0


@pytest.fixture(autouse=True)
def _files_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    with setting(monkeypatch, files_folder=str(tmp_path / "files"), metrics_token=TOKEN):
        yield


# ---- alive and ready


def test_a_server_in_order_is_alive_and_ready(database: Database) -> None:
    asked = visitor(create_app(database))
    assert (asked.get("/health/live").status_code, asked.get("/health/live").text) == (200, "ok")
    answer = asked.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "faults": []})
    assert answer.headers["cache-control"] == "no-store"


def test_a_server_without_its_tables_is_alive_but_not_ready(empty_database: Database) -> None:
    asked = visitor(create_app(empty_database))
    assert asked.get("/health/live").status_code == 200
    answer = asked.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"ready": False, "faults": ["schema"]})
    schema.upgrade(empty_database)
    assert asked.get("/health/ready").status_code == 200


# ---- figures


def test_figures_are_for_who_brings_the_token(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(sqlite_database)
    asked = visitor(app)
    assert asked.get("/metrics").status_code == 404
    assert asked.get("/metrics", headers={"Authorization": "Bearer something-else"}).status_code == 404
    assert asked.get("/metrics", headers={"Authorization": TOKEN[:-1]}).status_code == 404
    assert visitor_with_role(app, "admin").get("/metrics").status_code == 404
    assert asked.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    with monkeypatch.context() as unset:
        unset.delenv("QINGSHAN_METRICS_TOKEN")
        with setting(unset):
            assert asked.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def figures(client: httpx.Client | object) -> dict[str, float]:
    told = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text  # type: ignore[attr-defined]
    lines = (line.rsplit(" ", 1) for line in told.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in lines}


def test_requests_are_counted_by_the_pattern_of_their_route(stored: Database) -> None:
    app = create_app(stored)
    asked = visitor_with_role(app, "office")
    for path in ("/projects/qingshan-01", "/projects/nothing", "/no/such/page", "/no/other/page"):
        asked.get(path)
    asked.request("BREW", "/projects")
    counted = {name: value for name, value in figures(asked).items() if name.startswith("qingshan_requests_total")}
    assert counted == {
        'qingshan_requests_total{method="GET",route="/projects/{code}",status="200"}': 1,
        'qingshan_requests_total{method="GET",route="/projects/{code}",status="404"}': 1,
        'qingshan_requests_total{method="GET",route="none",status="404"}': 2,
        'qingshan_requests_total{method="none",route="/projects",status="405"}': 1,
    }


def test_figures_tell_jobs_and_connections(stored: Database) -> None:
    from core.audit import OPERATOR
    from core.jobs import enqueue

    asked = visitor(create_app(stored))
    assert figures(asked)['qingshan_jobs{state="waiting"}'] == 0
    with stored.writing() as session:
        enqueue(session, "check", "核对", {}, by=OPERATOR)
    with stored.engine.connect():
        found = figures(asked)
    assert found['qingshan_jobs{state="waiting"}'] == 1
    assert found["qingshan_connections"] == 1
    assert found["process_resident_memory_bytes"] > 0


def test_a_fault_is_counted_as_one(sqlite_database: Database) -> None:
    app = create_app(sqlite_database)

    @app.get("/breaks")
    def get_breaks() -> None:
        raise RuntimeError

    asked = visitor(app)
    asked.get("/breaks")
    found = figures(asked)
    assert found['qingshan_requests_total{method="GET",route="/breaks",status="500"}'] == 1
    assert found["qingshan_requests_under_way"] == 0


# ---- the log


def test_the_log_names_route_status_and_person_and_nothing_that_was_typed(
    stored: Database, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(stored)
    asked = visitor_with_role(app, "office")
    with caplog.at_level("INFO", logger="qingshan.requests"):
        page = asked.get("/projects?q=private-word")
        asked.post("/sign-in", data={"username": "typed-name", "password": "typed-password"})
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.name == "qingshan.requests"]
    assert next((line["method"], line["route"], line["status"]) for line in lines) == ("GET", "/projects", 200)
    assert lines[0]["request_id"] == page.headers["x-request-id"]
    assert isinstance(lines[0]["person"], int)
    for secret in ("private-word", "typed-name", "typed-password", "qingshan_session"):
        assert secret not in caplog.text


# ---- the process


def serving(database: Database, tmp_path: Path, **environment: str) -> tuple[subprocess.Popen[str], str]:
    """A server as an operator starts it, on a port of its own; and its address, once it answers."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = database.url.render_as_string(hide_password=False)
    given = {
        "QINGSHAN_DATABASE_URL": url,
        "QINGSHAN_FILES_FOLDER": str(tmp_path / "files"),
        "QINGSHAN_LOG_LEVEL": "info",
        **environment,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", "from web.cli import main; main()", "serve", "--port", str(port)],
        env={**os.environ, **given},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/health/ready").status_code == 200:
                return process, address
        except httpx.TransportError:
            time.sleep(0.1)
    process.kill()
    raise AssertionError(process.communicate()[1])


def test_a_server_that_is_told_to_stop_finishes_what_it_does(stored: Database, tmp_path: Path) -> None:
    process, address = serving(stored, tmp_path)
    assert httpx.get(f"{address}/sign-in").status_code == 200
    process.send_signal(signal.SIGTERM)
    _out, told = process.communicate(timeout=PATIENCE)
    assert process.returncode in (0, -signal.SIGTERM), told
    assert re.search(r"/welcome/\S+", told)  # nobody has an account yet
    lines = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert ("/sign-in", 200) in [(line.get("route"), line.get("status")) for line in lines]
    assert "Traceback" not in told


def test_several_processes_of_one_server_are_counted_together(postgresql_database: Database, tmp_path: Path) -> None:
    process, address = serving(postgresql_database, tmp_path, QINGSHAN_PROCESSES="2", QINGSHAN_METRICS_TOKEN=TOKEN)
    try:
        for _ in range(20):
            with httpx.Client() as fresh:  # a connection of its own, which either process may take
                assert fresh.get(f"{address}/sign-in").status_code == 200
        with httpx.Client(base_url=address) as asked:
            found = figures(asked)
        assert found['qingshan_requests_total{method="GET",route="/sign-in",status="200"}'] == 20
        assert found["qingshan_requests_under_way"] == 0
    finally:
        process.send_signal(signal.SIGTERM)
        _out, told = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in told


def test_several_processes_on_sqlite_are_refused(sqlite_database: Database) -> None:
    done = run(sqlite_database, "serve", QINGSHAN_PROCESSES="3")
    assert done.returncode == 2
    assert "QINGSHAN_PROCESSES 是 3" in done.stderr


# ---- the doctor as a command


def run(database: Database, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    url = database.url.render_as_string(hide_password=False)
    return subprocess.run(
        [sys.executable, "-c", "from web.cli import main; main()", *arguments],
        env={**os.environ, "QINGSHAN_DATABASE_URL": url, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_the_doctor_names_what_must_be_mended(empty_database: Database, tmp_path: Path) -> None:
    files = {"QINGSHAN_FILES_FOLDER": str(tmp_path / "files")}
    done = run(empty_database, "doctor", "--format", "json", **files)
    assert done.returncode == 1
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert rows["schema"]["level"] == "bad"
    assert "qingshan migrate" in rows["schema"]["todo"]
    schema.upgrade(empty_database)
    done = run(empty_database, "doctor", QINGSHAN_LANGUAGE="zh", **files)
    assert done.returncode == (0 if empty_database.is_sqlite else 1)  # the PostgreSQL of the tests runs without fsync
    assert "还没有任何账号" in done.stderr
    assert done.stdout == ""
