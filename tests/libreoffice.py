"""LibreOffice for tests: an independent program that recalculates a workbook, and renders it so that it can be looked at."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.needs import find_program

# 0 means always: every formula of an opened .xlsx is calculated anew, whatever value is cached beside it.
_ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <item oor:path="/org.openoffice.Office.Calc/Formula/Load">
    <prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop>
    <prop oor:name="ODFRecalcMode" oor:op="fuse"><value>0</value></prop>
  </item>
</oor:items>
"""
_PATIENCE = 180


def find_office() -> Path | None:
    return find_program("soffice", "libreoffice")


def find_renderer() -> Path | None:
    return find_program("pdftoppm")


@dataclass(frozen=True)
class Office:
    """The office program with a profile of its own, so that nobody's settings and no running window matter."""

    program: Path
    profile: Path

    def recalculated(self, workbook: Path, folder: Path) -> Path:
        """The workbook as .xlsx with every formula calculated anew."""
        return self.all_recalculated([workbook], folder)[0]

    def all_recalculated(self, workbooks: Sequence[Path], folder: Path) -> list[Path]:
        """The same for many, by one start of the program; their names differ."""
        return self._converted(workbooks, "xlsx:Calc MS Excel 2007 XML", folder)

    def printed(self, document: Path, folder: Path) -> Path:
        """The workbook or text document as .pdf."""
        return self._converted([document], "pdf", folder)[0]

    def saved_as(self, kind: str, workbook: Path, folder: Path) -> Path:
        """The workbook as .xls, .ods or another kind that the program writes."""
        return self._converted([workbook], kind, folder)[0]

    def _converted(self, documents: Sequence[Path], to: str, folder: Path) -> list[Path]:
        self._set_up()
        folder.mkdir(parents=True, exist_ok=True)
        wanted = [folder / f"{document.stem}.{to.partition(':')[0]}" for document in documents]
        for document, result in zip(documents, wanted, strict=True):
            if result.resolve() == document.resolve():
                raise ValueError(f"{document} would be overwritten by its own conversion")
        profile = f"-env:UserInstallation={self.profile.resolve().as_uri()}"
        said = _run([self.program, profile, "--headless", "--convert-to", to, "--outdir", folder, *documents])
        for document, result in zip(documents, wanted, strict=True):
            if not result.exists():
                raise RuntimeError(f"no {result.name} came out of {document.name}: {said}")
        return wanted

    def _set_up(self) -> None:
        settings = self.profile / "user" / "registrymodifications.xcu"
        if not settings.exists():
            settings.parent.mkdir(parents=True, exist_ok=True)
            settings.write_text(_ALWAYS_RECALCULATE, encoding="utf-8")


def pages_as_images(renderer: Path, document: Path, folder: Path, *, dots_per_inch: int = 60) -> list[Path]:
    """One PNG for each page of a PDF, in order."""
    folder.mkdir(parents=True, exist_ok=True)
    _run([renderer, "-r", str(dots_per_inch), "-png", document, folder / document.stem])
    return sorted(folder.glob(f"{document.stem}-*.png"))


def _run(command: Sequence[str | Path]) -> str:
    ended = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    said = f"{ended.stdout}\n{ended.stderr}".strip()
    if ended.returncode:
        raise RuntimeError(f"{Path(command[0]).name} ended with {ended.returncode}: {said}")
    return said
