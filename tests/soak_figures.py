"""What long runs came to, written into docs/soak.md: a table for each kind of run, a row for each thing that was tried.

A run of the same thing takes the place of the one before it, so that the figures are those of the last run of each.
"""

import fcntl
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from core.settings import ROOT

FIGURES = ROOT / "docs" / "soak.md"
SECONDS = int(os.environ.get("QINGSHAN_SOAK_SECONDS", "1200"))  # of each run of one kind
_WHEN, _WHERE = "date", "machine"


def machine() -> str:
    """The machine as far as it bears on the figures."""
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def record(section: str, what: str, path: Path = FIGURES, **figures: object) -> None:
    """Puts a row into the table of a section; the section is made where there is none.

    `figures` are the columns between what was tried and date and machine, in their order.
    """
    said = {name.replace("_", " "): _written(value) for name, value in figures.items()}
    row = {"what": what, **said, _WHEN: f"{datetime.now(UTC):%Y-%m-%d}", _WHERE: machine()}
    with path.open("r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        text = _with_row(file.read(), section, row)
        file.seek(0)
        file.truncate()
        file.write(text)


def rows(section: str, path: Path = FIGURES) -> list[dict[str, str]]:
    """The rows of a section, by column."""
    return _rows(_between(path.read_text(encoding="utf-8"), section))


def _with_row(text: str, section: str, row: dict[str, str]) -> str:
    begin, end = _marks(section)
    if begin not in text:
        text = f"{text.rstrip()}\n\n## {section}\n\n{begin}\n{end}\n"
    kept = [one for one in _rows(_between(text, section)) if one["what"] != row["what"]]
    before, after = text[: text.index(begin) + len(begin)], text[text.index(end) :]
    return f"{before}\n\n{_table([*kept, row])}\n{after}"


def _marks(section: str) -> tuple[str, str]:
    return f"<!-- figures: {section} -->", f"<!-- end of figures: {section} -->"


def _between(text: str, section: str) -> str:
    begin, end = _marks(section)
    return text.partition(begin)[2].partition(end)[0]


def _rows(table: str) -> list[dict[str, str]]:
    lines = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines() if line.strip()]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


def _table(found: list[dict[str, str]]) -> str:
    columns = [name for name in dict.fromkeys(name for one in found for name in one) if name not in (_WHEN, _WHERE)]
    columns += [_WHEN, _WHERE]
    lines = [columns, ["---"] * len(columns), *([one.get(name, "–") for name in columns] for one in found)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _written(value: object) -> str:
    said = f"{value:,}" if isinstance(value, int) else str(value)
    return said.replace("|", "/").replace("\n", " ") or "–"
