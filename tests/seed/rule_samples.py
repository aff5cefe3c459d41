"""Seed files that a test may spoil, and a load of them."""

import shutil
from pathlib import Path

from core.database import Database
from core.settings import settings
from seed.loader import LoadedPlan, load_plans

SHARED = settings().seed_folder.parent


def copied(tmp_path: Path, *codes: str) -> Path:
    """Seed files that a test may spoil."""
    target = tmp_path / "seed" / "plans"
    for code in codes:
        shutil.copytree(settings().seed_folder / code, target / code)
    for file in SHARED.glob("*.yaml"):
        shutil.copy(file, target.parent)
    return target


def spoil(path: Path, old: str, new: str) -> int:
    """Replaces the first occurrence of a text; its line comes back."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def load(database: Database, folder: Path) -> list[LoadedPlan]:
    with database.writing() as session:
        return load_plans(session, folder)
