"""Plain names: nothing is called a util, a helper or a manager, and no file names a package registry."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.source import files, named, python_files, syntax

VAGUE = {"util", "utils", "helper", "helpers", "manager", "managers", "service", "services", "base", "bases", "misc"}
# Written in pieces, so that this file does not name them.
REGISTRIES = [
    "pypi" + ".org",
    "python" + "hosted",
    "npm" + "js.",
    "deb" + "ian.org",
    "crates" + ".io",
    "proxy.golang" + ".org",
    "mirrors" + ".",
    "--index" + "-url ",
    "--extra-index" + "-url",
    "--find" + "-links ",
]
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def _words(name: str) -> set[str]:
    """The words of a name, of whatever spelling: BaseManager and base_manager are base and manager."""
    return {word.lower() for word in _WORD.findall(name)}


def _defined(path: Path) -> Iterator[str]:
    for node in ast.walk(syntax(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def test_no_file_or_folder_has_a_vague_name() -> None:
    vague = [
        named(path)
        for path in python_files()
        if any(_words(part) & VAGUE for part in (*Path(named(path)).parent.parts, path.stem))
    ]
    assert vague == []


def test_no_function_or_class_has_a_vague_name() -> None:
    vague = [
        f"{named(path)}: {name}"
        for path in python_files()
        for name in _defined(path)
        if _words(name) & (VAGUE - {"base"}) or name.strip("_").lower() in VAGUE
    ]
    assert vague == []


@pytest.mark.parametrize("name", ["helpers", "DateUtils", "base_manager", "HTTPService", "_helper"])
def test_vague_names_are_recognised(name: str) -> None:
    assert _words(name) & VAGUE


def _texts() -> Iterator[tuple[Path, str]]:
    for path in files():
        content = path.read_bytes()
        if b"\0" not in content:
            yield path, content.decode(encoding="utf-8")


def test_no_file_names_a_registry() -> None:
    found = [f"{named(path)}: {host}" for path, text in _texts() for host in REGISTRIES if host in text]
    assert found == []


def test_every_text_file_is_utf_8_and_ends_with_one_new_line() -> None:
    wrong = [
        named(path)
        for path, text in _texts()
        if text
        and path.suffix in {".py", ".toml", ".md", ".yaml", ".html", ".css", ".js"}
        and (not text.endswith("\n") or "\r" in text)
    ]
    assert wrong == []
