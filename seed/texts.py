"""Compares the seed files with the plan texts: does every wording stand in the lines that it cites?

The texts are not in the repository. They are looked for in QINGSHAN_PLAN_TEXTS, else in ../shared/plans beside the checkout.
"""

import hashlib
from pathlib import Path
from typing import Any

from core.settings import ROOT, settings
from core.text import matching_key
from seed.checking import SeedFolder, SeedProblem
from seed.yaml_lines import Place

_QUOTED = ("wording", "content", "printed", "printed_name")
_DIGITS = str.maketrans("一二两三四五六七八九", "1223456789")


def find_plan_texts() -> Path | None:
    """The folder with the plan texts, when this machine has it."""
    folder = settings().plan_texts or ROOT.parent / "shared" / "plans"
    return folder if folder.is_dir() else None


def misquotes(seed: SeedFolder, texts: Path) -> list[SeedProblem]:
    """Where a file's hash, a cited line or a quoted wording is not what the text says."""
    source = texts / seed.plan.file
    raw = source.read_bytes()
    found: list[SeedProblem] = []
    if hashlib.sha256(raw).hexdigest() != seed.plan.sha256:
        plan = seed.files["plan.yaml"]
        found.append(SeedProblem(plan.path, plan.line_of(("sha256",)), f"is not the hash of {source.name}"))
    lines = raw.decode("utf-8").split("\n")
    for file in seed.files.values():
        for place, record in _records(file.data, ()):
            for field, message in _record_problems(record, lines):
                found.append(SeedProblem(file.path, file.line_of((*place, field)), message))
    return found


def _records(data: Any, place: Place) -> list[tuple[Place, dict[str, Any]]]:
    """Every mapping that cites lines, with its place in the file."""
    found: list[tuple[Place, dict[str, Any]]] = []
    if isinstance(data, dict):
        if isinstance(data.get("cite"), dict):
            found.append((place, data))
        for key, value in data.items():
            found += _records(value, (*place, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            found += _records(value, (*place, index))
    return found


def _record_problems(record: dict[str, Any], lines: list[str]) -> list[tuple[str, str]]:
    first, last = record["cite"]["lines"]
    if last > len(lines) or not "".join(lines[first - 1 : last]).strip():
        return [("cite", f"lines {first}–{last} are blank or past the end of the text")]
    cited = matching_key("".join(lines[first - 1 : last]))
    problems = []
    for field in _QUOTED:
        quoted = record.get(field)
        if isinstance(quoted, str) and quoted and not _stands(quoted, cited):
            problems.append((field, f"{field} does not stand in lines {first}–{last}: {quoted[:40]}"))
    wording, value = record.get("wording"), record.get("value")
    if wording and isinstance(value, str) and "unit" in record and not _number_in(value, wording):
        problems.append(("value", f"{value} is not in the wording {wording[:40]}"))
    return problems


def _stands(quoted: str, cited: str) -> bool:
    """Whether the text holds the quotation; a cell that the page breaks stands in pieces, in order."""
    key = matching_key(quoted)
    if key in cited:
        return True
    place = 0
    for character in key:
        place = cited.find(character, place) + 1
        if place == 0:
            return False
    return len(key) <= 30  # only short cells are broken by pages; a long quotation must stand as it is


def _number_in(value: str, wording: str) -> bool:
    """Whether the printed number is in the wording, in digits or as a single Chinese numeral, with or without 万."""
    text = wording.replace(",", "").replace("，", "")
    plain = value.rstrip("0").rstrip(".") if "." in value else value
    if plain in text or value in text or plain in text.translate(_DIGITS):
        return True
    numerals = {"9000": "九千", "10": "十", "2": "双", "1": "一"}
    return value in numerals and numerals[value] in text
