"""People at browsers, many in one process: they look at pages and press buttons, and note how long each answer took.

What goes wrong is noted and told in the end; a browser whose connection breaks presses again with the same key where that is
what the test is about.
"""

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from web.deps import SESSION_COOKIE
from web.forms import KEY_FIELD

KEY_HEADER = "Idempotency-Key"
LONGEST = 600.0  # seconds that somebody waits for an answer, however busy the machine is
_PAUSE = 0.05  # before a press is repeated
_KEY = re.compile(rf'name="{KEY_FIELD}" value="([^"]+)"')


@dataclass
class Noted:
    """What people came to. Units: seconds."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    problems: list[str] = field(default_factory=list)
    written: list[dict[str, Any]] = field(default_factory=list)  # what was acknowledged
    broken: int = 0  # requests without an answer
    repeated: int = 0  # presses of those that were pressed again
    doubled: int = 0  # presses that were pressed twice at once

    @property
    def answers(self) -> int:
        return sum(len(times) for times in self.times.values())

    def add(self, other: dict[str, Any]) -> None:
        """Adds what another process noted, as its JSON has it."""
        for kind, times in other["times"].items():
            self.times[kind] += times
        for name in ("problems", "written", "broken", "repeated", "doubled"):
            setattr(self, name, getattr(self, name) + other[name])


class Person:
    """Somebody signed in. `patient`: presses again when the connection breaks, until there is an answer."""

    def __init__(self, address: str, token: str, noted: Noted, *, patient: bool = False) -> None:
        headers = {"Origin": address, "Cookie": f"{SESSION_COOKIE}={token}"}
        self._http = httpx.AsyncClient(
            base_url=address,
            headers=headers,
            timeout=LONGEST,
            verify=False,
            trust_env=False,
            # The server ends a connection that is idle for five seconds; both at once would be a request that breaks.
            limits=httpx.Limits(keepalive_expiry=1.0),
        )
        self._noted, self._patient = noted, patient
        self.asked_again_at: float | None = None  # when the last press was repeated for the last time

    async def close(self) -> None:
        await self._http.aclose()

    async def look(self, kind: str, path: str) -> httpx.Response | None:
        """The page; None when there is none, which is noted."""
        answer = await self._ask(kind, "GET", path)
        if answer is not None and answer.status_code != 200:
            self._noted.problems.append(f"GET {path}: {answer.status_code} {answer.text[:300]}")
            return None
        return answer

    async def press(
        self, kind: str, path: str, form: Mapping[str, str], *, action: str | None = None, twice: bool = False
    ) -> str | None:
        """Fills in the form of a page and sends it, to its `action` where that is another address than the page's.

        Where it led comes back, None when it was refused, which is noted.
        """
        page = await self.look(f"form of {kind}", path)
        found = None if page is None else _KEY.search(page.text)
        if found is None:
            self._noted.problems.append(f"no form at {path}")
            return None
        sent = {KEY_FIELD: found[1], **form}
        return await self._written(kind, 303, twice, lambda: self._ask(kind, "POST", action or path, data=sent))

    async def tell(self, kind: str, path: str, value: object, key: str, *, twice: bool = False) -> str | None:
        """Writes by the API."""
        sent = {"json": value, "headers": {KEY_HEADER: key}}
        return await self._written(kind, 201, twice, lambda: self._ask(kind, "POST", path, **sent))

    async def _written(self, kind: str, status: int, twice: bool, ask: Any) -> str | None:
        answers = await asyncio.gather(*(ask() for _ in range(2 if twice else 1)))
        self._noted.doubled += twice
        places = set()
        for answer in answers:
            if answer is None:
                return None
            if answer.status_code != status:
                self._noted.problems.append(f"{kind}: {answer.status_code} {_sentence(answer)}")
                return None
            places.add(answer.headers["location"])
        if len(places) != 1:
            self._noted.problems.append(f"{kind}: one key led to {sorted(places)}")
            return None
        return str(places.pop())

    async def _ask(self, kind: str, method: str, path: str, **sent: Any) -> httpx.Response | None:
        again, end = False, time.monotonic() + LONGEST
        self.asked_again_at = None
        while True:
            began = time.monotonic()
            try:
                answer = await self._http.request(method, path, **sent)
            except httpx.TransportError as error:
                self._noted.broken += not isinstance(error, httpx.ConnectError)
                if not self._patient or time.monotonic() > end:
                    self._noted.problems.append(f"{method} {path}: {error!r}")
                    return None
                self._noted.repeated += method == "POST" and not again
                again = True
                await asyncio.sleep(_PAUSE)
                self.asked_again_at = time.time()
            else:
                self._noted.times[kind].append(time.monotonic() - began)
                return answer


def _sentence(answer: httpx.Response) -> str:
    """What a refusal said, without the page around it."""
    found = re.findall(r"<li>(.*?)</li>|<p>(.*?)</p>", answer.text.partition('role="alert"')[2])
    return " ".join(" ".join(one).strip() for one in found)[:300] or answer.text[:300]
