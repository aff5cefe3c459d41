"""Many readers and writers at once on a real server: no error, nothing lost or doubled, and sums that are those of the facts."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlmodel import col, select

from budgets.sources import FundingSource
from core.database import Database
from portfolio.plans import Plan
from portfolio.projects import Project
from tests.databases import on_both
from tests.load.clients import Noted
from tests.load.county import county, hamlet
from tests.load.crowds import Crowd
from tests.load.figures import of_times
from tests.load.looking_back import all_sound, commands_agree, each_once, grown, rolled_up, sums_of
from tests.load.people import LOOKING, readers, writers
from tests.load.servers import Server, serving
from tests.soak_figures import record
from web.deps import SESSION_COOKIE

database, large_database = on_both(hamlet), on_both(county)
SECTION = "The crowd"
SECONDS = int(os.environ.get("QINGSHAN_SOAK_CROWD_SECONDS", "120"))
WRITES = {"entry", "API entry", "work", "milestone", "approval", "acceptance"}


def projects_of(database: Database) -> dict[str, list[str]]:
    """The codes of projects by the code of their plan; the pages of a part lead to those of its package."""
    with database.reading() as session:
        whole = select(Plan.code, Project.code).join(Project, Project.plan_id == Plan.id)  # type: ignore[arg-type]
        rows = session.exec(whole.where(col(Project.parent_id).is_(None)))
        found: dict[str, list[str]] = {}
        for plan, code in rows:
            found.setdefault(plan, []).append(code)
        return found


@contextmanager
def served(database: Database, folder: Path) -> Iterator[Server]:
    more = {} if database.is_sqlite else {"QINGSHAN_PROCESSES": "2"}
    with serving(Server(database, folder, **more)) as server:
        yield server


def roll_up(server: Server, token: str) -> dict[tuple[str, str], int]:
    with httpx.Client(base_url=server.address, timeout=120, verify=False, trust_env=False) as client:
        answer = client.get("/api/v1/rollup?by=project", headers={"Cookie": f"{SESSION_COOKIE}={token}"})
    assert answer.status_code == 200
    return rolled_up(answer.json())


def a_crowd(
    database: Database, server: Server, folder: Path, *, reading: int, writing: int, seconds: int
) -> tuple[Noted, float]:
    """What so many people came to in so many seconds, after which everything was looked at; and how long it took."""
    looking = readers(database, max(reading, len(LOOKING)))
    recording = writers(database, writing, ("营造林面积", "亩"))
    with database.reading() as session:
        source = session.exec(select(FundingSource).where(FundingSource.key == "county")).one()
    token = next(token for role, token in looking if role == "office")
    before = roll_up(server, token)
    given = {"address": server.address, "seconds": seconds, "seed": 1}
    began = time.monotonic()
    with Crowd(folder) as crowd:
        crowd.start(
            "tests.load.writing",
            **given,
            until=str(folder / "until"),
            patient=False,
            source=str(source.id),
            source_name=source.name,
            writers=[one.as_json() for one in recording],
        )
        crowd.start(
            "tests.load.reading", **given, tokens=[one for _, one in looking[:reading]], plans=projects_of(database)
        )
        told = crowd.told(seconds)
    took = time.monotonic() - began
    assert told.problems == []
    assert server.faults() == []
    assert {one["what"] for one in told.written} == {"entry", "work", "milestone"}
    each_once(database, told.written)
    assert grown(before, roll_up(server, token)) == sums_of(told.written) != {}
    return told, took


def printed(told: Noted, took: float, server: Server) -> dict[str, dict[str, object]]:
    """The figures of a run, by kind of page."""
    reads = [one for kind, times in told.times.items() if kind not in WRITES for one in times]
    writes = [one for kind in WRITES for one in told.times.get(kind, ())]
    rows = {"all pages": of_times(reads), "all writes": of_times(writes)}
    rows |= {kind: of_times(times) for kind, times in sorted(told.times.items())}
    for name, row in rows.items():
        print(f"{name}: {row}")
    print(
        f"{told.answers / took:.1f} requests a second; {len(told.written)} acknowledged writes, {told.doubled} presses "
        f"doubled, {server.most_memory() / 1e6:.0f} MB, load {os.getloadavg()[0]:.1f}, 0 errors"
    )
    return rows


def test_readers_and_writers_at_once_lose_and_double_nothing(database: Database, tmp_path: Path) -> None:
    with served(database, tmp_path) as server:
        told, took = a_crowd(database, server, tmp_path, reading=30, writing=6, seconds=8)
        printed(told, took, server)
        server.stop()
    all_sound(database)


@pytest.mark.soak
def test_two_hundred_readers_and_twenty_writers_lose_and_double_nothing(
    large_database: Database, tmp_path: Path
) -> None:
    with served(large_database, tmp_path) as server:
        told, took = a_crowd(large_database, server, tmp_path, reading=200, writing=20, seconds=SECONDS)
        rows = printed(told, took, server)
        memory = server.most_memory()
        server.stop()
    all_sound(large_database)
    commands_agree(large_database, **server.environment)
    kind = "SQLite" if large_database.is_sqlite else "PostgreSQL"
    for name, row in rows.items():
        record(SECTION, f"{kind}: {name}", **row)
    record(
        f"{SECTION}, in all",
        kind,
        readers=200,
        writers=20,
        seconds=round(took),
        requests_a_second=f"{told.answers / took:.1f}",
        acknowledged_writes=len(told.written),
        doubled_presses=told.doubled,
        server_MB=round(memory / 1e6),
        load=f"{os.getloadavg()[0]:.1f}",
        errors=0,
        lost_or_doubled=0,
    )
