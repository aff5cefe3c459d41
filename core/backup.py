"""Backups: the database, every stored file that it refers to, and the secrets, together in one folder, while the server writes.

The database is copied first and the files after it. A file's bytes are on disk before the row that names them is committed, and
they never change, so that whatever the copy names is there to be copied. Only cleaning removes files, and it waits.
A backup appears under its name when all of it is on disk; until then it has a name that nobody takes for a backup.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from core import schema
from core.backup_manifest import (
    DATABASES,
    FILES,
    SECRETS,
    Backup,
    KeptFile,
    LostFile,
    Manifest,
    backups_in,
    name_after,
    write_manifest,
)
from core.calendar import now
from core.database import Database
from core.database_copies import Content, copy_postgresql, copy_sqlite
from core.durable import copy_file, sha256_of, sync_folder, sync_tree, write_file
from core.errors import N_, Broken
from core.holding import one_at_a_time
from core.settings import settings
from core.starving import NoRoom, starved

_PARTIAL, _REMOVED = ".partial-", ".removed-"
Tell = Callable[[str], object]
STEPS = (
    N_("复制数据库"),
    N_("复制文件"),
    N_("复制密钥"),
    N_("写清单"),
    N_("定名"),
    N_("清理旧备份"),
)


class NothingToBackUp(Broken):
    sentence = N_("数据库 %(database)s 里还没有表，没有可备份的内容。")


class BackupFolderUnusable(Broken):
    status = 503
    sentence = N_("备份文件夹 %(folder)s 不能写入（%(told)s）。没有留下不完整的备份。")


class BackupFolderFull(Broken):
    status = 507
    sentence = N_("备份文件夹 %(folder)s 空间不够，备份没有做成，也没有留下不完整的备份。请腾出空间再试。")


@dataclass(frozen=True)
class Made:
    """A backup that was made. Units: `new_bytes` is what it took on disk beyond what earlier backups already held."""

    path: Path
    manifest: Manifest
    new_bytes: int
    removed: tuple[Path, ...]


def make_backup(database: Database, folder: Path, keep: int, tell: Tell = lambda _step: None) -> Made:
    """Makes a backup in a folder of backups and removes the oldest beyond `keep`; the newest complete one always stays.

    Errors: CareTaken, NothingToBackUp, BackupFolderUnusable, BackupFolderFull, CopyDamaged, NoProgram, ProgramFailed.
    """
    if schema.revision_of(database) is None:
        raise NothingToBackUp(database=database.url.render_as_string(hide_password=True))
    with one_at_a_time(database):
        return make_backup_held(database, folder, keep, tell)


def make_backup_held(database: Database, folder: Path, keep: int, tell: Tell = lambda _step: None) -> Made:
    """The same for who holds the database by `one_at_a_time` already."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        partial = folder / f"{_PARTIAL}{os.getpid()}"
        partial.mkdir(mode=0o700)
        try:
            manifest, new_bytes = _filled(database, partial, backups_in(folder), tell)
            path = _named(folder, partial, manifest, tell)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        tell(STEPS[5])
        return Made(path, manifest, new_bytes, _rotated(folder, keep))
    except (OSError, sqlite3.OperationalError) as error:
        if isinstance(starved(error), NoRoom):
            raise BackupFolderFull(folder=folder) from error
        raise BackupFolderUnusable(folder=folder, told=getattr(error, "strerror", None) or error) from error


def _filled(database: Database, partial: Path, earlier: list[Backup], tell: Tell) -> tuple[Manifest, int]:
    tell(STEPS[0])
    kind = "sqlite" if database.is_sqlite else "postgresql"
    made_at = now()
    copy = partial / DATABASES[kind]
    content = copy_sqlite(database, copy) if database.is_sqlite else copy_postgresql(database, copy)
    copy.chmod(0o600)
    tell(STEPS[1])
    stored, lost, new_bytes = _stored_files(content, partial, earlier)
    tell(STEPS[2])
    if settings().secrets_file.is_file():
        write_file(partial / SECRETS, settings().secrets_file.read_bytes(), mode=0o600)
    others = [partial / name for name in (copy.name, SECRETS) if (partial / name).exists()]
    own = [KeptFile(path.name, path.stat().st_size, sha256_of(path)) for path in others]
    tell(STEPS[3])
    manifest = Manifest(
        made_at=made_at,
        program=version("qingshan"),
        kind=kind,
        revision=content.revision,
        tables=content.tables,
        files=(*own, *stored),
        lost=tuple(lost),
    )
    write_manifest(partial, manifest)
    sync_tree(partial)
    return manifest, new_bytes + sum(file.size for file in own)


def _stored_files(content: Content, partial: Path, earlier: list[Backup]) -> tuple[list[KeptFile], list[LostFile], int]:
    """Puts every stored file that the copy names into the backup; what earlier backups hold shares its bytes with them."""
    kept, lost, new_bytes = [], [], 0
    for sha256 in sorted(content.stored):
        name = f"{sha256[:2]}/{sha256}"
        target = partial / FILES / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not _shared(name, sha256, target, earlier):
            source = settings().files_folder / name
            if not (source.is_file() and copy_file(source, target, sha256)):
                lost.append(LostFile(sha256, content.stored[sha256]))
                continue
            new_bytes += content.sizes[sha256]
        kept.append(KeptFile(f"{FILES}/{name}", target.stat().st_size, sha256))
    return kept, lost, new_bytes


def _shared(name: str, sha256: str, target: Path, earlier: list[Backup]) -> bool:
    """Takes the bytes from an earlier backup where they are still right; a copy where the disk knows no links."""
    for backup in earlier:
        known = backup.path / FILES / name
        if known.is_file() and sha256_of(known) == sha256:
            with suppress(OSError):
                os.link(known, target)
                return True
            return copy_file(known, target, sha256)
    return False


def _named(folder: Path, partial: Path, manifest: Manifest, tell: Tell) -> Path:
    tell(STEPS[4])
    path = folder / name_after(folder, manifest.made_at)
    partial.rename(path)
    sync_folder(folder)
    return path


def _rotated(folder: Path, keep: int) -> tuple[Path, ...]:
    """Removes the oldest backups beyond so many; what is being removed has no name of a backup any more."""
    found = backups_in(folder)
    best = next((backup for backup in found if backup.manifest is not None and backup.manifest.complete), None)
    gone = [backup.path for backup in found[keep:] if backup is not best]
    for path in gone:
        path.rename(folder / f"{_REMOVED}{path.name}")
    _sweep(folder)
    return tuple(gone)


def _sweep(folder: Path) -> None:
    """Removes what a killed run left half made or half removed."""
    for path in folder.iterdir():
        if path.name.startswith((_PARTIAL, _REMOVED)):
            shutil.rmtree(path)
