"""What a backup says about itself: manifest.json names every file with size and SHA-256; its own SHA-256 stands beside it.

A backup is a folder: `database.sqlite3` or `database.dump` (pg_dump, custom format), `files/` as in the store of files,
`secrets` where there are any, `manifest.json` and `manifest.json.sha256`, which `sha256sum --check` reads.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.durable import write_file
from core.errors import N_, Broken

FORMAT = 1
MANIFEST, SUM, SECRETS, FILES = "manifest.json", "manifest.json.sha256", "secrets", "files"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
_BEGINS, _MOMENT = "qingshan-", "%Y%m%dT%H%M%SZ"
_NAMED = re.compile(_BEGINS + r"[0-9]{8}T[0-9]{6}Z(-[0-9]+)?")


class NoBackup(Broken):
    status = 404
    sentence = N_("%(path)s 不是备份：没有找到 manifest.json。")


class ManifestDamaged(Broken):
    sentence = N_("备份 %(path)s 的清单（manifest.json）已损坏或被改动，这个备份不能用。请换一个备份。")


class OtherFormat(Broken):
    sentence = N_("备份 %(path)s 的格式是 %(found)s，本程序只认识格式 %(known)s。请用制作它的版本恢复。")


@dataclass(frozen=True)
class KeptFile:
    """One file of a backup, by its path in the folder. Units: bytes."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class LostFile:
    """A stored file whose bytes were missing or damaged when the backup was made."""

    sha256: str
    name: str


@dataclass(frozen=True)
class Manifest:
    """What is in a backup. `tables` are rows by table."""

    made_at: datetime
    program: str
    kind: str
    revision: str
    tables: dict[str, int]
    files: tuple[KeptFile, ...]
    lost: tuple[LostFile, ...] = ()

    @property
    def database(self) -> str:
        """The file that holds the database."""
        return DATABASES[self.kind]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def complete(self) -> bool:
        return not self.lost


@dataclass(frozen=True)
class Backup:
    """A backup in a folder of backups; `manifest` is None when it cannot be read."""

    path: Path
    manifest: Manifest | None


def write_manifest(folder: Path, manifest: Manifest) -> None:
    told: dict[str, Any] = {"format": FORMAT, **asdict(manifest), "made_at": manifest.made_at.isoformat()}
    content = (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()
    write_file(folder / MANIFEST, content)
    write_file(folder / SUM, f"{hashlib.sha256(content).hexdigest()}  {MANIFEST}\n".encode())


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup.

    Errors: NoBackup, ManifestDamaged, OtherFormat.
    """
    if not (folder / MANIFEST).is_file():
        raise NoBackup(path=folder)
    try:
        content = (folder / MANIFEST).read_bytes()
        said = (folder / SUM).read_text(encoding="ascii").split()[0]
        if hashlib.sha256(content).hexdigest() != said:
            raise ManifestDamaged(path=folder)
        told = json.loads(content)
        if told["format"] != FORMAT:
            raise OtherFormat(path=folder, found=told["format"], known=FORMAT)
        return Manifest(
            made_at=datetime.fromisoformat(told["made_at"]),
            program=told["program"],
            kind=told["kind"],
            revision=told["revision"],
            tables=told["tables"],
            files=tuple(KeptFile(**file) for file in told["files"]),
            lost=tuple(LostFile(**file) for file in told["lost"]),
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise ManifestDamaged(path=folder) from error


def name_after(folder: Path, moment: datetime) -> str:
    """The name of a new backup, which sorts after those that are there, several in one second too."""
    name = f"{_BEGINS}{moment:{_MOMENT}}"
    there = [path.name for path in folder.glob(f"{name}*") if _NAMED.fullmatch(path.name)]
    return f"{name}-{int(max(there).removeprefix(name)[1:] or 1) + 1:02}" if there else name


def newest_moment(folder: Path) -> datetime | None:
    """When the newest backup of a folder was made, by its name; None where there is none."""
    names = [path.name for path in folder.iterdir() if _NAMED.fullmatch(path.name)] if folder.is_dir() else []
    if not names:
        return None
    return datetime.strptime(max(names)[: len(_BEGINS) + 16], _BEGINS + _MOMENT).replace(tzinfo=UTC)


def backups_in(folder: Path) -> list[Backup]:
    """The finished backups of a folder, newest first."""
    return sorted(_found(folder), key=lambda backup: backup.path.name, reverse=True)


def _found(folder: Path) -> Iterator[Backup]:
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.is_dir() and _NAMED.fullmatch(path.name):
            try:
                yield Backup(path, read_manifest(path))
            except Broken:
                yield Backup(path, None)
