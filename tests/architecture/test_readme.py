"""What the READMEs tell people to type exists, and what they point at is there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from core.settings import ROOT, Settings
from tests.architecture.source import python_files
from web.cli import app

READMES = [path for name in ("README.md", "README.zh.md") if (path := ROOT / name).exists() and path.stat().st_size]
PAGES = [*READMES, *sorted((ROOT / "docs").glob("**/*.md")), *sorted((ROOT / "seed").glob("*.md"))]
_FENCED = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_ASSIGNED = re.compile(r"[A-Z_]+=\S*")
_LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
# Settings of the tests, which are no settings of the program.
_OF_THE_TESTS = {"QINGSHAN_REQUIRE_ALL"}
_OF_LONG_RUNS = "QINGSHAN_SOAK_"


def _lines(page: Path) -> Iterator[str]:
    """Every line of a fenced block, and every inline piece of code."""
    text = page.read_text(encoding="utf-8")
    for block in _FENCED.findall(text):
        yield from block.replace("\\\n", " ").splitlines()
    yield from _INLINE.findall(_FENCED.sub("", text))


def _commands(page: Path) -> Iterator[list[str]]:
    """The commands among them that are ours: make and qingshan, without prompts, settings and what is piped on."""
    for line in _lines(page):
        try:
            words = shlex.split(line.strip().removeprefix("$ "), comments=True)
        except ValueError:
            continue  # a piece of prose with an apostrophe
        while words and _ASSIGNED.fullmatch(words[0]):
            words = words[1:]
        ends = [place for place, word in enumerate(words) if word in ("|", ">", "&&", ";", "&", "…", "...")]
        words = words[: ends[0]] if ends else words
        if words and Path(words[0]).name in ("make", "qingshan"):
            yield [Path(words[0]).name, *words[1:]]


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def _mistake(words: list[str]) -> str | None:
    """What is wrong with a qingshan command line; asking for its help parses it and runs nothing."""
    done = CliRunner().invoke(app, [*words, "--help"])
    return None if done.exit_code == 0 else f"qingshan {shlex.join(words)}: {done.output.strip()}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_a_page_exist(page: Path) -> None:
    wrong = []
    for program, *words in _commands(page):
        if program == "make":
            asked = {word for word in words if "=" not in word and not word.startswith("-")}
            wrong += [f"make {target}" for target in sorted(asked - _targets())]
        elif (mistake := _mistake(words)) is not None:
            wrong.append(mistake)
    assert wrong == []


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_a_readme_names_the_two_commands(page: Path) -> None:
    commands = list(_commands(page))
    assert ["make", "run"] in commands
    assert ["make", "test"] in commands


def test_a_command_that_does_not_exist_would_be_noticed() -> None:
    for words in (["fly"], ["rollup", "--plane", "xiaoyi"]):
        assert _mistake(words) is not None
    assert _mistake(["rollup", "--plan", "xiaoyi"]) is None
    assert {"run", "test", "lint", "setup"} <= _targets()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    links = [link for link in _LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_settings_that_a_page_names_exist(page: Path) -> None:
    names = set(re.findall(r"QINGSHAN_[A-Z_]*[A-Z]", page.read_text(encoding="utf-8")))
    read = {
        name
        for path in python_files("tests")
        for name in re.findall(rf"{_OF_LONG_RUNS}[A-Z_]*[A-Z]", path.read_text("utf-8"))
    }
    known = {f"QINGSHAN_{name.upper()}" for name in Settings.model_fields} | _OF_THE_TESTS | read
    assert names - known == set()
