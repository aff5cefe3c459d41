"""A server that is killed again and again while people write: every write that was acknowledged is there exactly once.

Whose connection broke presses again with the same key, as a browser does when the page is loaded anew.
"""

import os
import random
import time
from pathlib import Path

import pytest
from sqlmodel import select

from budgets.sources import FundingSource
from core.database import Database
from tests.databases import on_both, plant
from tests.load.clients import Noted
from tests.load.crowds import Crowd
from tests.load.looking_back import all_sound, commands_agree, each_once, unheard
from tests.load.people import writers
from tests.load.servers import Server, serving
from tests.milestones.milestone_samples import make_milestones
from tests.soak_figures import record
from tests.web.ledger_visits import add_sources

SECTION = "Killed servers"
KILLS = int(os.environ.get("QINGSHAN_SOAK_KILLS", "100"))
SEED = int(os.environ.get("QINGSHAN_SOAK_SEED", "1"))
WRITERS = 4
_LONGEST = 1.5  # seconds from one kill to the next, beside what a start takes


def schedule(database: Database) -> None:
    with database.writing() as session:
        make_milestones(session)


database = on_both(plant, add_sources, schedule)


def killed_while_writing(database: Database, folder: Path, kills: int) -> tuple[Noted, Server, float]:
    """What people came to whose server was killed so often; afterwards everything was looked at."""
    several = {} if database.is_sqlite else {"QINGSHAN_PROCESSES": "2"}
    recording = writers(database, WRITERS, ("营造林面积", "亩"))
    with database.reading() as session:
        source = session.exec(select(FundingSource).where(FundingSource.key == "county")).one()
    server, chance, until = Server(database, folder, **several), random.Random(SEED), folder / "until"
    began = time.monotonic()
    with serving(server), Crowd(folder) as crowd:
        crowd.start(
            "tests.load.writing",
            address=server.address,
            seconds=86_400,
            until=str(until),
            patient=True,
            seed=SEED,
            source=str(source.id),
            source_name=source.name,
            writers=[one.as_json() for one in recording],
        )
        for number in range(1, kills + 1):
            time.sleep(chance.uniform(0, _LONGEST))
            kill(server, number, chance)
        server.wait_ready()
        until.touch()
        noted = crowd.told(0)
        server.stop()
    assert noted.problems == []
    each_once(database, noted.written)
    all_sound(database)
    took = time.monotonic() - began
    print(f"seed {SEED}: {kills} kills in {took:.0f} s, {figures(database, noted)}, 0 lost, 0 doubled")
    return noted, server, took


def kill(server: Server, number: int, chance: random.Random) -> None:
    """Where several processes answer, one of them, and every third time all, or the one that watches over the others."""
    if "QINGSHAN_PROCESSES" in server.environment and number % 3:
        server.kill_serving(chance)
        server.wait_ready()
        return
    if "QINGSHAN_PROCESSES" in server.environment and number % 2:
        server.kill_first()
    else:
        server.kill()
    server.start()
    server.wait_ready()


def figures(database: Database, noted: Noted) -> dict[str, object]:
    return {
        "acknowledged_writes": len(noted.written),
        "doubled_presses": noted.doubled,
        "requests_that_broke": noted.broken,
        "presses_repeated": noted.repeated,
        "done_and_not_answered": unheard(database, noted.written),
    }


def test_a_killed_server_loses_and_doubles_nothing(database: Database, tmp_path: Path) -> None:
    noted, _, _ = killed_while_writing(database, tmp_path, 6)
    assert noted.broken, "no kill met a request"


@pytest.mark.soak
def test_a_server_killed_a_hundred_times_loses_and_doubles_nothing(database: Database, tmp_path: Path) -> None:
    noted, server, took = killed_while_writing(database, tmp_path, KILLS)
    commands_agree(database, **server.environment)
    kind = "SQLite" if database.is_sqlite else "PostgreSQL, two processes"
    told = {"kills": KILLS, "seed": SEED, "seconds": round(took), **figures(database, noted)}
    record(SECTION, kind, **told, lost=0, doubled=0)
