"""What reading a file found: problems by cell, notes, how its columns were read. Kept in both languages, as JSON.

A problem says where (sheet, cell), what stood there, what was expected, and whether it blocks. The first thousand are kept,
all are counted.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from budgets.entry_texts import found_and_expected
from core.errors import Broken
from core.language import LANGUAGES, translate

BLOCKING, WARNING = "blocking", "warning"
KEPT = 1_000
_CUT = 60  # characters of a cell that a problem repeats


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, or doubtful, in a file. `expected` and `message` are texts by language."""

    sheet: str | None
    cell: str | None
    found: str
    expected: dict[str, str]
    severity: str
    message: dict[str, str]

    def in_language(self, language: str) -> dict[str, Any]:
        """The problem as a report prints it."""
        return {
            "sheet": self.sheet,
            "cell": self.cell,
            "found": self.found,
            "expected": self.expected.get(language, ""),
            "severity": self.severity,
            "message": self.message.get(language, ""),
        }


@dataclass(frozen=True)
class Note:
    """Something that the person should know and need not mend."""

    sheet: str | None
    cell: str | None
    message: dict[str, str]

    def in_language(self, language: str) -> dict[str, Any]:
        return {"sheet": self.sheet, "cell": self.cell, "message": self.message.get(language, "")}


@dataclass
class Findings:
    """Everything found in one file, while it is read."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    blocking: int = 0
    warnings: int = 0

    def add(
        self, error: Broken, *, sheet: str | None, cell: str | None, found: str | None = None, severity: str = BLOCKING
    ) -> None:
        """Counts a problem, and keeps it while there is room. `found` is the cell as it stands, where the error does not say."""
        if severity == BLOCKING:
            self.blocking += 1
        else:
            self.warnings += 1
        if len(self.problems) >= KEPT:
            return
        stood = found_and_expected(error, _same)[0] if found is None else found
        self.problems.append(
            Problem(
                sheet=sheet,
                cell=cell,
                found=stood.strip()[:_CUT],
                expected={one: found_and_expected(error, _into(one))[1] for one in LANGUAGES},
                severity=severity,
                message={one: error.text(_into(one)) for one in LANGUAGES},
            )
        )

    def tell(self, said: Broken, *, sheet: str | None, cell: str | None) -> None:
        """Keeps a note."""
        if len(self.notes) < KEPT:
            self.notes.append(Note(sheet, cell, {one: said.text(_into(one)) for one in LANGUAGES}))

    def as_json(self, **more: Any) -> str:
        """The findings with whatever else the preview shows of the file."""
        kept = {"problems": [vars(one) for one in self.problems], "notes": [vars(one) for one in self.notes], **more}
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def problems_from(findings: dict[str, Any], language: str) -> list[dict[str, Any]]:
    """The problems that an import kept, in the reader's language."""
    return [Problem(**one).in_language(language) for one in findings.get("problems", ())]


def notes_from(findings: dict[str, Any], language: str) -> list[dict[str, Any]]:
    """The notes that an import kept, in the reader's language."""
    return [Note(**one).in_language(language) for one in findings.get("notes", ())]


def _same(text: str) -> str:
    return text


def _into(language: str) -> Callable[[str], str]:
    return lambda text: translate(text, language)


@lru_cache
def column_letters(column: int) -> str:
    """What a spreadsheet calls a column: 0 is A, 26 is AA."""
    letters, rest = "", column + 1
    while rest:
        rest, place = divmod(rest - 1, 26)
        letters = chr(65 + place) + letters
    return letters


def cell_name(line: int, column: int) -> str:
    """What a spreadsheet calls a cell: line 7 of the first column is A7."""
    return f"{column_letters(column)}{line}"


def column_number(letters: str) -> int:
    """0 for A, 26 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
