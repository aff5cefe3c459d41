"""docs/security.md: every requirement once, every file and test that it names is there, and its counts are those of its rows."""

import ast
import re
from functools import lru_cache

import pytest

from core.settings import ROOT
from tests.architecture.asvs import CHAPTERS, requirements
from tests.architecture.security_page import STATES, Row, rows, summary, text, with_summary

_CODE = re.compile(r"`([^`\n]+)`")
_FOLDERS = "|".join(
    sorted(path.name for path in ROOT.iterdir() if path.is_dir() and path.name not in ("var", ".venv", ".git"))
)
_FILE = re.compile(
    rf"(?:(?:{_FOLDERS})/[\w./-]*|pyproject\.toml|requirements\.lock|assets\.lock|Makefile|NOTICE|\.dockerignore)"
)
ROWS = list(rows(text()))


def references(said: str) -> list[tuple[str, str | None]]:
    """The files that a text names, each with what of it."""
    found = []
    for code in _CODE.findall(said):
        path, _, name = code.partition("::")
        if _FILE.fullmatch(path):
            found.append((path, name or None))
    return found


@lru_cache
def names_in(path: str) -> frozenset[str]:
    """What a Python file defines at its top and in its classes."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            named = [one for target in targets for one in ast.walk(target)]  # a, b = 1, 2 names two
            found |= {one.id for one in named if isinstance(one, ast.Name)}
    return frozenset(found)


def missing(said: str) -> list[str]:
    wrong = []
    for path, name in references(said):
        if not (ROOT / path).exists():
            wrong.append(path)
        elif name and name not in names_in(path):
            wrong.append(f"{path}::{name}")
    return wrong


def test_the_standard_has_as_many_requirements_as_it_says() -> None:
    levels = list(requirements().values())
    assert (levels.count(1), levels.count(2)) == (70, 183)
    assert {int(number.partition(".")[0]) for number in requirements()} == set(CHAPTERS)


def test_every_requirement_stands_once() -> None:
    told = [number for row in ROWS for number in row.numbers]
    assert sorted(number for number in told if told.count(number) > 1) == []
    assert sorted(set(requirements()) - set(told)) == []
    assert sorted(set(told) - set(requirements())) == []


def test_every_file_and_every_test_that_is_named_is_there() -> None:
    assert missing(text()) == []
    assert len(references(text())) > 300


def test_what_is_not_there_would_be_noticed() -> None:
    assert missing("`web/security.py::POLICY` `docs/operate.md`") == []
    assert missing("`web/nothing.py` `web/security.py::NOTHING`") == ["web/nothing.py", "web/security.py::NOTHING"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.numbers[0])
def test_a_row_says_what_holds_it_what_tests_it_and_what_lacks(row: Row) -> None:
    assert row.state in STATES
    assert row.asks
    tests = [path for path, name in references(row.tested_by) if path.startswith("tests/") and name]
    if row.state == "held":
        assert references(row.held_by), "a file holds it"
        assert tests or row.tested_by.startswith("by reading"), "a test holds it, or it says that only reading shows it"
    else:
        assert row.why, "what lacks, or why it does not apply"
    if row.state == "partly":
        assert references(row.held_by)


def test_the_summary_is_that_of_the_rows() -> None:
    assert summary(text()) in text(), "run: python -m tests.architecture.security_page"
    assert with_summary(text()) == text()
