"""Databases with harm planted in every text, and the app on them."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI

from core import schema
from core.database import Database
from core.people import Person
from tests.attacks.payloads import formula, script
from tests.attacks.planting import HISTORY, Payload, plant
from tests.attacks.visiting import everybody_at_once, file_of
from tests.databases import FileCopies
from tests.web.visiting import setting
from web.app import create_app


@dataclass
class Planted:
    """The app, who sees everything in it, and which number stands for which column."""

    app: FastAPI
    database: Database
    person: Person
    columns: dict[int, str]


@pytest.fixture(scope="package")
def files_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of stored files, for the demonstration's photos; the same for all processes of a run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "attacked-files"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patched, setting(patched, files_folder=str(folder)):
        yield folder


@pytest.fixture(scope="package")
def history(sqlite_copies: FileCopies, files_here: Path) -> Path:
    """The demonstration, loaded once: the process that comes first loads it, the others wait."""
    kept = files_here.parent / "attacked.sqlite3"
    with (files_here.parent / "attacked.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            shutil.copyfile(sqlite_copies.template(schema.upgrade, *HISTORY), kept)
    return kept


def _planted(copies: FileCopies, history: Path, payload: Payload) -> Iterator[Planted]:
    with copies.lent() as database:
        shutil.copyfile(history, file_of(database))
        columns = plant(database, payload)
        with database.writing() as session:
            person = everybody_at_once(session)
            session.expunge(person)
        yield Planted(create_app(database), database, person, columns)


@pytest.fixture(scope="package")
def script_planted(sqlite_copies: FileCopies, history: Path) -> Iterator[Planted]:
    """Script in every text."""
    yield from _planted(sqlite_copies, history, script)


@pytest.fixture(scope="package")
def formula_planted(sqlite_copies: FileCopies, history: Path) -> Iterator[Planted]:
    """A formula in every text."""
    yield from _planted(sqlite_copies, history, formula)
