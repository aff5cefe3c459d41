"""The rooms of the house: which folder may know what, and that no folder escapes the contracts."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.messages import CODE
from tests.architecture.source import ROOT, calls, code_folders, imported, named, project, python_files

LONGEST = 300
LINTER = project()["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract for contract in LINTER["contracts"]}


def test_every_code_folder_is_held_by_every_contract() -> None:
    folders = code_folders()
    assert folders >= {"core", "portfolio", "budgets", "milestones", "reports", "seed", "web"}
    layers = {name.strip() for layer in CONTRACTS["layers"]["layers"] for name in layer.split("|")}
    assert set(LINTER["root_packages"]) == folders
    assert layers == folders
    assert set(CONTRACTS["no-cycles"]["ancestors"]) == folders
    assert set(CONTRACTS["http-in-web"]["source_modules"]) == folders - {"web"}
    for kind in ("workbooks", "words"):
        assert set(CONTRACTS[kind]["source_modules"]) == folders - {"reports"}


def test_every_code_folder_is_installed_typed_and_translated() -> None:
    folders = code_folders()
    assert set(project()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == folders
    assert set(project()["tool"]["mypy"]["packages"]) == folders
    assert set(CODE) == folders


def test_every_code_folder_says_what_it_is() -> None:
    for folder in code_folders():
        opening = (ROOT / folder / "__init__.py").read_text(encoding="utf-8")
        assert opening.startswith('"""'), f"{folder}/__init__.py does not say what {folder}/ is"


def test_the_layout_contracts_are_kept() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("begins", "libraries"), [("workbook", {"xlsxwriter", "openpyxl"}), ("word", {"docx", "docxtpl"})]
)
def test_only_workbook_files_write_workbooks_and_only_word_files_word(begins: str, libraries: set[str]) -> None:
    writing = [path for path in python_files(*code_folders()) if libraries & imported(path)]
    assert writing
    elsewhere = [named(path) for path in writing if path.parent != ROOT / "reports" or not path.name.startswith(begins)]
    assert elsewhere == []


@pytest.mark.parametrize("name", ["commit", "begin"])
def test_only_the_database_begins_and_commits(name: str) -> None:
    allowed = {"core/database.py", "core/schema.py"}
    found = [
        f"{named(path)}:{line}"
        for path in python_files(*code_folders())
        for called, line in calls(path)
        if called == name and named(path) not in allowed
    ]
    assert found == []


def test_no_python_file_is_longer_than_300_lines() -> None:
    lengths = {
        named(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in python_files()
        if path.parent != ROOT / "migrations" / "versions"
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_the_looking_itself_finds_something() -> None:
    """The rules above hold for files that are really read."""
    database = ROOT / "core" / "database.py"
    assert "commit" in {name for name, _ in calls(database)}
    assert "sqlalchemy" in imported(database)
    assert database in python_files("core")
