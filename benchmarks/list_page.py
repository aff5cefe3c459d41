"""The project list page against the same template rendered from precomputed rows, over HTTP, in the same run.

    .venv/bin/python -m benchmarks.list_page [--sizes 50,11700,280000] [--requests 200]

The page answers with everything: session, gate, filters, one page of rows, totals. The baseline is a route of the same
application that renders the very same context, captured once, with the same Jinja environment: no session, no gate, no
database. A bare Starlette route that does the same, without the application's layers, is measured beside it. All stand in one
server process and are asked in turn by one client over a kept connection.

Goals: page / baseline <= 1.8 at every size; page at 11,700 / page at 50 <= 1.3.
"""

import argparse
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from sqlalchemy import text
from sqlmodel import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from benchmarks.results import machine, write_section
from core import people, schema
from core.audit import OPERATOR
from core.database import Database
from portfolio.grants import grant_role
from seed.synthetic import fill
from web import pages
from web.app import create_app
from web.deps import SESSION_COOKIE

PAGE, BASELINE, BARE = "/projects", "/baseline", "/bare"


class Captured:
    """Keeps what the page was last rendered from, so that the baseline can render it again without computing it."""

    def __init__(self) -> None:
        self.render: Any = pages.rendered
        self.arguments: tuple[Any, ...] = ()
        self.named: dict[str, Any] = {}

    def __call__(self, *arguments: Any, **named: Any) -> str:
        self.arguments, self.named = arguments, named
        return str(self.render(*arguments, **named))

    def again(self, _request: Request) -> HTMLResponse:
        return HTMLResponse(self.render(*self.arguments, **self.named))


def prepared(folder: Path, projects: int) -> tuple[Database, str]:
    """A database with so many synthetic projects, and the session of somebody who sees them all.

    One that an earlier run left in the folder is used again.
    """
    path = folder / f"{projects}.sqlite3"
    new = not path.exists()
    database = Database(f"sqlite:///{path}")
    schema.upgrade(database)
    with database.writing() as session:
        if new:
            fill(session, projects)
            grant_role(session, people.add_person(session, "bench", "基准", None, by=OPERATOR), "office", by=OPERATOR)
        token = people.begin_sign_in(session, session.exec(select(people.Person)).one())
    with database.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    return database, token


def measured(database: Database, token: str, requests: int, port: int) -> dict[str, float]:
    """Median milliseconds of the page and of the two baselines, asked in turn."""
    captured = Captured()
    pages.rendered = captured  # the page's own context, not one made up here
    app = create_app(database)
    app.add_api_route(BASELINE, captured.again, response_model=None)
    bare = Starlette(routes=[Route(BARE, captured.again)])

    async def either(scope: Any, receive: Any, send: Any) -> None:
        await (bare if scope.get("path") == BARE else app)(scope, receive, send)

    server = uvicorn.Server(uvicorn.Config(either, host="127.0.0.1", port=port, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    times: dict[str, list[float]] = {PAGE: [], BASELINE: [], BARE: []}
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", cookies={SESSION_COOKIE: token}, timeout=60) as client:
        first = client.get(PAGE)
        assert first.status_code == 200, first.text[:500]
        assert client.get(BASELINE).text == first.text
        for number in range(requests + 20):
            for path, kept in times.items():
                begun = time.perf_counter()
                answer = client.get(path)
                taken = time.perf_counter() - begun
                assert answer.status_code == 200
                if number >= 20:
                    kept.append(taken * 1000)
    server.should_exit = True
    thread.join()
    pages.rendered = captured.render
    return {path: statistics.median(found) for path, found in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", default="50,11700,280000")
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--port", type=int, default=8907)
    parser.add_argument("--folder", type=Path, help="keep the databases here, and use them again")
    chosen = parser.parse_args()
    sizes = [int(size) for size in chosen.sizes.split(",")]
    rows, page_ms = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            database, token = prepared(chosen.folder or Path(folder), size)
            found = measured(database, token, chosen.requests, chosen.port)
            database.close()
            page_ms[size] = found[PAGE]
            rows.append((f"{size:,}", found))
            print(f"{size:>8,}: " + ", ".join(f"{path} {taken:.2f} ms" for path, taken in found.items()))
    lines = [
        "| projects | page, ms | baseline, ms | page / baseline (goal ≤ 1.8) | bare route, ms | page / bare route |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
        *(
            f"| {size} | {found[PAGE]:.2f} | {found[BASELINE]:.2f} | **{found[PAGE] / found[BASELINE]:.2f}** "
            f"| {found[BARE]:.2f} | {found[PAGE] / found[BARE]:.2f} |"
            for size, found in rows
        ),
    ]
    if {50, 11_700} <= page_ms.keys():
        lines += [
            "",
            f"Growth of the page from 50 to 11,700 projects: **{page_ms[11_700] / page_ms[50]:.2f}** (goal ≤ 1.3).",
        ]
    write_section(
        "list_page", "Project list page", [f"{chosen.requests} requests each, median; {machine()}", "", *lines]
    )


if __name__ == "__main__":
    main()
