"""Reads docs/security.md, and writes its summary anew: python -m tests.architecture.security_page"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from core.settings import ROOT
from tests.architecture.asvs import CHAPTERS, requirements

PAGE = ROOT / "docs" / "security.md"
STATES = ("held", "partly", "not applicable", "not held")
_NUMBER = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
_SUMMARY = re.compile(r"(?<=<!-- summary -->\n).*?(?=<!-- end of summary -->)", re.DOTALL)


@dataclass(frozen=True)
class Row:
    """One row of the tables of requirements."""

    numbers: tuple[str, ...]
    asks: str
    held_by: str
    tested_by: str
    said: str

    @property
    def state(self) -> str:
        return self.said.partition(":")[0].strip()

    @property
    def why(self) -> str:
        return self.said.partition(":")[2].strip()


def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def rows(page: str) -> Iterator[Row]:
    """The rows of tables whose first cell holds numbers of requirements."""
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and _NUMBER.match(cells[0]):
            assert len(cells) == 5, f"five cells are wanted: {line}"
            yield Row(tuple(one.strip() for one in cells[0].split(",")), *cells[1:])


def summary(page: str) -> str:
    """The table of counts by chapter, from the rows."""
    counts = {chapter: Counter[str]() for chapter in CHAPTERS}
    for row in rows(page):
        for number in row.numbers:
            counts[int(number.partition(".")[0])][row.state] += 1
    lines = [f"| chapter | {' | '.join(STATES)} | of |", "|---|" + "---:|" * (len(STATES) + 1)]
    for chapter, of in counts.items():
        lines.append(
            f"| V{chapter} {CHAPTERS[chapter]} | {' | '.join(str(of[one]) for one in STATES)} | {of.total()} |"
        )
    whole = sum(counts.values(), Counter[str]())
    lines.append(f"| **all** | {' | '.join(f'**{whole[one]}**' for one in STATES)} | **{whole.total()}** |")
    levels = requirements()
    for level in (1, 2):
        of = Counter(row.state for row in rows(page) for number in row.numbers if levels.get(number) == level)
        lines.append(f"| of level {level} | {' | '.join(str(of[one]) for one in STATES)} | {of.total()} |")
    return "\n".join(lines) + "\n"


def with_summary(page: str) -> str:
    return _SUMMARY.sub(lambda _: summary(page), page)


if __name__ == "__main__":
    PAGE.write_text(with_summary(text()), encoding="utf-8")
