"""Readers as a process of their own, who go through what people look at without a pause.

python -m tests.load.reading GIVEN TOLD: GIVEN says who reads where for how long, and TOLD will hold what came of it, both JSON.
"""

import asyncio
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

from tests.load.clients import Noted, Person

# Kind, address, and how often somebody looks at it beside the others.
PAGES = (
    ("home", "/", 4),
    ("projects", "/projects", 3),
    ("projects", "/projects?q=治理&plan={plan}", 3),
    ("projects", "/projects?plan={plan}&unpriced=1", 2),
    ("project", "/projects/{code}", 5),
    ("project's money", "/projects/{code}/ledger", 3),
    ("project's milestones", "/projects/{code}/milestones", 2),
    ("project's works", "/projects/{code}/works", 2),
    ("money", "/money?plan={plan}", 3),
    ("ledger", "/money/ledger?plan={plan}", 3),
    ("warnings", "/money/warnings?plan={plan}", 1),
    ("works", "/works?plan={plan}", 2),
    ("progress", "/progress?plan={plan}", 2),
    ("indicators", "/indicators?plan={plan}", 3),
    ("overview", "/overview", 1),
    ("map", "/map?plan={plan}", 1),
    ("report", "/reports/view?plan={plan}&period=2024Q4", 1),
    ("API roll-up", "/api/v1/rollup?plan={plan}&by=project", 2),
    ("API ledger", "/api/v1/ledger?plan={plan}", 1),
    ("workbook", "/projects.xlsx?plan={plan}", 1),
)


async def read(given: dict[str, Any]) -> Noted:
    noted, end = Noted(), time.monotonic() + given["seconds"]

    async def one(number: int, token: str) -> None:
        chance = random.Random(f"{given['seed']} {number}")
        reader = Person(given["address"], token, noted)
        while time.monotonic() < end:
            kind, path, _ = chance.choices(PAGES, [often for *_, often in PAGES])[0]
            plan, codes = chance.choice(list(given["plans"].items()))
            await reader.look(kind, path.format(plan=plan, code=chance.choice(codes)))
        await reader.close()

    await asyncio.gather(*(one(number, token) for number, token in enumerate(given["tokens"])))
    return noted


if __name__ == "__main__":
    noted = asyncio.run(read(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
    Path(sys.argv[2]).write_text(json.dumps(vars(noted), ensure_ascii=False), encoding="utf-8")
