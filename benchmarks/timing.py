"""Times several ways of doing one thing in turn, so that a slow moment of the machine strikes them alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def medians(ways: Mapping[str, Callable[[], Any]], rounds: int, *, warm: int = 1) -> dict[str, float]:
    """Median milliseconds of each way, asked in turn, after some rounds that are not counted."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(warm + rounds):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            taken = (time.perf_counter() - begun) * 1000
            if number >= warm:
                times[name].append(taken)
    return {name: statistics.median(found) for name, found in times.items()}


def line(name: str, measured: float, baseline: float, goal: str) -> str:
    """A row of the table of results."""
    return f"| {name} | {measured:,.2f} | {baseline:,.2f} | **{measured / baseline:.2f}** | {goal} |"


HEAD = ["| what | ms | baseline, ms | ratio | goal |", "| --- | ---: | ---: | ---: | ---: |"]
