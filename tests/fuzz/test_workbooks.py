"""Workbooks and text files, changed in every way, through the real importers: previewed or refused, and never a fault."""

import json
from datetime import date
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryFile
from typing import Any

import pytest

from core.database import Database
from tests.budgets.importing.samples import Formula, a_csv, a_row, a_workbook
from tests.databases import on_sqlite, plant
from tests.fuzz.workbook_worker import IMPORTERS
from tests.libreoffice import Office
from tests.processes import started
from tests.reports.return_workbook_samples import (
    FOREST,
    MILESTONES,
    MONEY,
    PROGRESS,
    WORKS,
    Form,
    filled,
    made,
    open_desk,
)
from tests.soak_figures import SECONDS, record

database = on_sqlite(plant, open_desk)
SECTION = "Workbooks through the importers"
COUNTS = {"ledger": 350, "return": 120}


@pytest.fixture
def models(database: Database, office_program: Office, tmp_path: Path) -> Path:
    """Good files of every kind that the importers take."""
    folder = tmp_path / "models"
    folder.mkdir()
    rows = [
        a_row(),
        a_row(stage="合同", amount=1200.5, note="一期\n二期"),
        a_row(on="2024年5月7日", amount="１，２００"),
    ]
    rows += [a_row(amount=Formula("=1+2", 3), on=date(2023, 1, 2))] * 3
    plain = a_workbook(folder / "ledger.xlsx", rows)
    wide = {"above": [["台账", "", "单位：万元"]], "merged": {"J1:K1": "合并"}, "sheets": ("台账", "二")}
    a_workbook(folder / "ledger-wide.xlsx", rows, **wide)
    a_csv(folder / "ledger.csv", [a_row(on="2024-05-06"), a_row(on="2024/5/7", note="a,b")])
    sent = filled(made(database, folder / "return.xlsx"), _fill)
    filled(made(database, folder / "return-wrong.xlsx"), _fill_wrongly)
    for kind, model in (("xls", plain), ("ods", sent)):
        office_program.saved_as(kind, model, folder)
    return folder


def _fill(form: Form) -> None:
    form.put(MONEY, FOREST, "本季合计", 320, 环节="完成投资")
    form.put(WORKS, FOREST, "本季合计", "0.05")
    form.put(PROGRESS, FOREST, "形象进度", "完成整地\r\n正在栽植")
    form.put(MILESTONES, FOREST, "预计完成日期", "2026年3月31日")


def _fill_wrongly(form: Form) -> None:
    _fill(form)
    form.put(MONEY, FOREST, "本季合计", "很多", 环节="完成投资")


def _tried(
    database: Database, models: Path, importer: str, *, seed: str, count: int, seconds: float
) -> tuple[dict[str, Any], list[str]]:
    """What a process came to, and its faults; a process that ended before its time is begun again after its last file."""
    whole, faults, first = {"tried": 0, "previewed": 0, "refused": 0, "slowest": 0.0, "megabytes": 0}, [], 0
    url = database.url.render_as_string(hide_password=False)
    while first < count and seconds > 0 and len(faults) < 20:
        code, lines = _ran(url, importer, models, seed, first, count - first, seconds)
        faults += [json.dumps(line, ensure_ascii=False) for line in lines if isinstance(line, dict) and "fault" in line]
        told = next((line for line in lines if isinstance(line, dict) and "tried" in line), None)
        if told is not None:
            for name in ("tried", "previewed", "refused"):
                whole[name] += told.get(name, 0)
            whole |= {name: max(whole[name], told[name]) for name in ("slowest", "megabytes")}
            break
        last = max(line for line in lines if isinstance(line, int))
        faults.append(f"seed {seed}, number {last}: the process ended with {code}")
        whole["tried"] += last + 1 - first
        first = last + 1
    return whole, faults


def _ran(
    url: str, importer: str, models: Path, seed: str, first: int, count: int, seconds: float
) -> tuple[int, list[Any]]:
    arguments = (url, importer, str(models), seed, str(first), str(count), str(seconds))
    with TemporaryFile() as out, TemporaryFile() as err:  # what the library prints when it panics is of no use
        files = {"QINGSHAN_FILES_FOLDER": str(models.parent / "files")}
        process = started("tests.fuzz.workbook_worker", *arguments, out=out.fileno(), err=err.fileno(), **files)
        try:
            code = process.wait(seconds + 120)
        finally:
            process.kill()
        out.seek(0)
        err.seek(0)
        assert code <= 0, err.read().decode()[-3000:]
        return code, [json.loads(line) for line in out.read().decode().splitlines() if line]


@pytest.mark.office
@pytest.mark.parametrize("importer", IMPORTERS)
def test_a_changed_workbook_is_previewed_or_refused(database: Database, models: Path, importer: str) -> None:
    found, faults = _tried(database, models, importer, seed="suite", count=COUNTS[importer], seconds=300)
    print(f"{importer}: {found}")
    assert not faults, "\n\n".join(faults)
    assert found["tried"] == COUNTS[importer]
    assert found["previewed"] > COUNTS[importer] // 20
    assert found["refused"] > COUNTS[importer] // 20


@pytest.mark.soak
@pytest.mark.office
@pytest.mark.parametrize("importer", IMPORTERS)
def test_changed_workbooks_for_long(database: Database, models: Path, importer: str) -> None:
    seed, seconds = f"{SystemRandom().getrandbits(48)}", SECONDS / len(IMPORTERS)
    print(f"seed {seed}")
    found, faults = _tried(database, models, importer, seed=seed, count=10**9, seconds=seconds)
    figures = {"inputs": found["tried"], **{name: found[name] for name in ("previewed", "refused")}}
    most = {"slowest_seconds": found["slowest"], "most_megabytes": found["megabytes"]}
    record(SECTION, importer, **figures, faults=len(faults), seconds=round(seconds), **most)
    assert not faults, "\n\n".join(faults)
