"""The project's own files, as the architecture tests read them."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from core.settings import ROOT

# Folders with Python files that are no part of the program.
BESIDE_THE_PROGRAM = {"tests", "migrations", "benchmarks", "docs"}


@lru_cache
def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@lru_cache
def files() -> tuple[Path, ...]:
    """Every file of the checkout that git keeps or would keep."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return tuple(sorted({path for name in listed.split("\0") if name and (path := ROOT / name).is_file()}))


def python_files(*folders: str) -> list[Path]:
    """The Python files, or those below the top-level folders named."""
    return [
        path for path in files() if path.suffix == ".py" and (not folders or path.relative_to(ROOT).parts[0] in folders)
    ]


def code_folders() -> set[str]:
    """The top-level folders that hold the program."""
    tops = {path.relative_to(ROOT).parts[0] for path in python_files() if path.parent != ROOT}
    return tops - BESIDE_THE_PROGRAM


def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(path: Path) -> set[str]:
    """The top-level names of everything that a file imports."""
    found: set[str] = set()
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """Every method or function that a file calls by name, with its line."""
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            yield name, node.lineno


def named(path: Path) -> str:
    """A file's name inside the checkout."""
    return str(path.relative_to(ROOT))
