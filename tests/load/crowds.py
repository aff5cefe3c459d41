"""Crowds of client processes, and what they told in the end."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.load.clients import Noted
from tests.processes import Process, started

_PATIENCE = 300.0


class Crowd:
    """Client processes that were started; nothing of them is left when the block ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[tuple[Process, Path]] = []
        self._after = ExitStack()

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        self._after.close()

    def start(self, module: str, **given: Any) -> None:
        number = len(self._running)
        asked, told = self._folder / f"asked-{number}.json", self._folder / f"told-{number}.json"
        asked.write_text(json.dumps(given, ensure_ascii=False), encoding="utf-8")
        process = started(module, str(asked), str(told))
        self._after.callback(process.wait, _PATIENCE)
        self._after.callback(process.kill)
        self._running.append((process, told))

    def told(self, seconds: float) -> Noted:
        """Waits for all of them."""
        codes = [process.wait(seconds + _PATIENCE) for process, _ in self._running]
        assert codes == [0] * len(codes), "what they said stands above"
        noted = Noted()
        for _, path in self._running:
            noted.add(json.loads(path.read_text(encoding="utf-8")))
        return noted
