"""Writes what a benchmark found into results.md: one section each, with the date and the machine."""

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results.md"
_HEAD = "# Benchmarks\n\nRatios to a baseline measured in the same run. `make bench` measures them anew.\n"


def machine() -> str:
    """What this ran on, in one line."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def write_section(name: str, title: str, lines: list[str]) -> None:
    """Puts a section in the place of the one of the same name, or at the end."""
    day = datetime.now(UTC).date().isoformat()
    section = "\n".join([f"<!-- {name} -->", f"## {title}", "", f"Measured {day}.", *lines, f"<!-- /{name} -->", ""])
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else _HEAD
    held = re.compile(rf"<!-- {name} -->.*?<!-- /{name} -->\n", re.DOTALL)
    text = held.sub(lambda _: section, text) if held.search(text) else f"{text}\n{section}"
    RESULTS.write_text(text, encoding="utf-8")
