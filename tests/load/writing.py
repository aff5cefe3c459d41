"""Writers as a process of their own: entries, works and milestones through pages and API, approved by others.

python -m tests.load.writing GIVEN TOLD: GIVEN says who writes where for how long, and TOLD will hold what came of it, both JSON.
They stop after the `seconds`, or when the file `until` is there, whichever comes first, and finish what they began; everybody
does everything once.
"""

import asyncio
import json
import random
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from tests.load.clients import Noted, Person

DAY = "2026-02-03"
STAGES = ("paid", "work_done", "received", "contracted")
BY_OFFICE = ("work_done", "contracted")
EACH = 5  # acts that everybody does, however slow the machine is
TWICE = 10  # every so manieth press is two presses at once


class Writer:
    """Somebody who records, with two others who approve, each at their own browser."""

    def __init__(self, given: dict[str, Any], noted: Noted, number: int) -> None:
        self.given, self.noted, self.first = given, noted, number
        self.chance = random.Random(f"{given['seed']} {number}")
        self.recorder, self.finance, self.office = (
            Person(given["address"], given[name], noted, patient=given["patient"])
            for name in ("recorder", "finance", "office")
        )
        self.count, self.pressed = 0, number % TWICE

    async def close(self) -> None:
        for person in (self.recorder, self.finance, self.office):
            await person.close()

    async def act(self) -> None:
        """One of the things that writers do, in turn."""
        acts = (self.entry, self.work, self.told_entry, self.milestone, self.entry)
        self.count += 1
        await acts[(self.count + self.first) % len(acts)]()

    def _mark(self) -> str:
        return f"并发{self.given['name']}-{self.count}"

    def _twice(self) -> bool:
        self.pressed += 1
        return self.pressed % TWICE == 0

    def _note(self, what: str, led_to: str | None, **more: Any) -> dict[str, Any]:
        written = {
            "what": what,
            "mark": self._mark(),
            "led_to": led_to,
            "again_at": self.recorder.asked_again_at,
            **more,
        }
        if led_to is not None:
            self.noted.written.append(written)
        return written

    async def entry(self) -> None:
        code, stage, fen = self._money()
        form = {"stage": stage, "source": self.given["source"], "occurred_on": DAY, "act": "submit"}
        form |= {"amount": f"{fen / 100:.2f}", "amount_unit": "元", "document": self._mark()}
        led_to = await self.recorder.press("entry", f"/projects/{code}/ledger/new", form, twice=self._twice())
        await self._approved(self._note("entry", led_to, code=code, stage=stage, fen=fen, approved=False))

    async def told_entry(self) -> None:
        code, stage, fen = self._money()
        value = {"project": code, "stage": stage, "amount_fen": fen, "occurred_on": DAY, "document": self._mark()}
        value["source"] = self.given["source_name"]
        told = {"entries": [value], "submit": True}
        led_to = await self.recorder.tell("API entry", "/api/v1/ledger", told, uuid.uuid4().hex, twice=self._twice())
        await self._approved(self._note("entry", led_to, code=code, stage=stage, fen=fen, approved=False))

    def _money(self) -> tuple[str, str, int]:
        return self.chance.choice(self.given["codes"]), self.chance.choice(STAGES), self.chance.randint(1, 90_000_000)

    async def _approved(self, written: dict[str, Any]) -> None:
        """Somebody else approves two of three entries."""
        if written["led_to"] is None or self.chance.random() < 1 / 3:
            return
        person = self.office if written["stage"] in BY_OFFICE else self.finance
        page = f"/money/ledger/{written['led_to'].rsplit('/', 1)[1]}"
        there = await person.press("approval", page, {}, action=f"{page}/approve", twice=self._twice())
        written["approved"] = there is not None

    async def work(self) -> None:
        code = self.chance.choice(self.given["codes"])
        form = {"measure_id": str(self.given["measure_id"]), "unit": self.given["unit"], "amount_kind": "quantity"}
        # None is a hundred times another, about which the form would ask.
        form |= {"quantity": f"{self.chance.randint(100, 900) / 100}", "occurred_on": DAY, "act": "submit"}
        form |= {"note": self._mark()}
        led_to = await self.recorder.press("work", f"/projects/{code}/works/new", form, twice=self._twice())
        self._note("work", led_to)

    async def milestone(self) -> None:
        """Expects it on another day; somebody else accepts that, because one report waits at a time."""
        form = {"kind": "forecast", "met_on": f"2099-{self.chance.randint(1, 12):02}-15", "act": "submit"}
        form |= {"note": self._mark()}
        page = f"/milestones/{self.given['milestone_id']}/report"
        led_to = await self.recorder.press("milestone", page, form, twice=self._twice())
        self._note("milestone", led_to)
        if led_to is not None:
            ticked = {"entry": led_to.rsplit("/", 1)[1], "act": "approve"}
            await self.office.press("acceptance", "/milestones/waiting", ticked, twice=self._twice())


async def write(given: dict[str, Any]) -> Noted:
    noted, end, until = Noted(), time.monotonic() + given["seconds"], Path(given["until"])

    async def one(number: int, of: dict[str, Any]) -> None:
        writer = Writer(given | of, noted, number)
        while writer.count < EACH or (time.monotonic() < end and not until.exists()):
            await writer.act()
        await writer.close()

    await asyncio.gather(*(one(number, of) for number, of in enumerate(given["writers"])))
    return noted


if __name__ == "__main__":
    noted = asyncio.run(write(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
    Path(sys.argv[2]).write_text(json.dumps(vars(noted), ensure_ascii=False), encoding="utf-8")
