"""Restoring a backup: what stands in the place stays whole until all that replaces it is on disk and was looked over.

Stored files go in first: they stand under the hash of their content, so that nothing of the present ones is lost, and what is
damaged among them is healed. Then the secrets; the database comes last. Whoever kills a restore runs the same command again.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect, make_url, text

from core import schema
from core.backup_manifest import FILES, SECRETS, Manifest
from core.backup_verifying import KeptFileDamaged, verify
from core.calendar import now
from core.database import Database
from core.database_copies import look_into_sqlite, play_in
from core.durable import copy_file, sha256_of, sync_file, sync_folder, sync_tree, write_file
from core.errors import N_, Broken, SeveralBroken
from core.holding import alone_at, file_of, nobody_else, one_at_a_time
from core.settings import settings

_ASIDE, _RESTORING = "before", ".restoring"
_LOGS = ("-wal", "-shm", "-journal")
Tell = Callable[[str], object]
STEPS = (N_("核对备份"), N_("恢复文件"), N_("恢复数据库副本"), N_("恢复密钥"), N_("换入数据库"))


class Unusable(SeveralBroken):
    sentence = N_("备份有 %(count)s 处问题，没有恢复，什么也没有改动。")


class OtherKind(Broken):
    status = 409
    sentence = N_(
        "备份是 %(found)s 的，QINGSHAN_DATABASE_URL 指向 %(wanted)s。"
        "请先恢复到 %(found)s，再用 qingshan migrate-database 搬过去。"
    )


class NotEmpty(Broken):
    status = 409
    sentence = N_("%(place)s 已有内容，没有恢复。要用备份代替它，请加 --replace：原有内容会先移到一旁，不会删除。")


class NoSpace(Broken):
    status = 507
    sentence = N_("%(place)s 只剩 %(free)s MB，恢复需要 %(needed)s MB。什么也没有改动。")


@dataclass(frozen=True)
class Restored:
    """What came of a restore. `aside` is where what stood there before is now."""

    manifest: Manifest
    files: int
    upgraded_from: str | None
    aside: tuple[str, ...]


def restore(folder: Path, url: str, *, replace: bool, tell: Tell = lambda _step: None) -> Restored:
    """Puts a backup in the place that the settings name, and upgrades its tables when they are older.

    Errors: NoBackup, ManifestDamaged, OtherFormat, Unusable, OtherKind, NotEmpty, InUse, NoSpace, ProgramFailed, CareTaken.
    """
    tell(STEPS[0])
    manifest, problems = verify(folder)
    # What was lost before the backup was made is no reason to lose the rest.
    if wrong := [one for one in problems if one.code != "StoredFileLost"]:
        raise Unusable(wrong)
    target = Database(alone_at(make_url(url)).render_as_string(hide_password=False))
    try:
        wanted = "sqlite" if target.is_sqlite else "postgresql"
        if wanted != manifest.kind:
            raise OtherKind(found=manifest.kind, wanted=wanted)
        with one_at_a_time(target):
            return _restored(folder, manifest, target, replace, tell)
    finally:
        target.close()


def _restored(folder: Path, manifest: Manifest, target: Database, replace: bool, tell: Tell) -> Restored:
    nobody_else(target)
    secrets = folder / SECRETS
    occupied = _occupied(target)
    if not replace:
        _must_be_empty(target, occupied, secrets)
    _room_for(folder, manifest, target)
    tell(STEPS[1])
    count = _put_files(folder, manifest)
    mark = f"{_ASIDE}-{now():%Y%m%dT%H%M%S%fZ}"  # two within one second both keep what they found
    tell(STEPS[2])
    ready = _prepared(folder, manifest, target) if target.is_sqlite else None
    tell(STEPS[3])
    aside = _put_secrets(secrets, mark)
    try:
        tell(STEPS[4])
        if ready:
            aside += _exchange(file_of(target), ready, mark, occupied)
        else:
            aside += _fill(folder, manifest, target, mark, occupied)
    except BaseException:
        for kept in aside:  # the database that stays needs the secrets that it had
            os.replace(kept, settings().secrets_file)
        raise
    older = manifest.revision if manifest.revision != schema.newest_revision() else None
    return Restored(manifest, count, older, tuple(aside))


# ---- the place


def _occupied(target: Database) -> bool:
    """Whether there are tables."""
    if target.is_sqlite and not file_of(target).exists():
        return False
    with target.engine.connect() as connection:
        tables = inspect(connection).get_table_names()
    if target.is_sqlite:
        target.close()  # no connection of ours stays at a file that is about to be replaced
    return bool(tables)


def _must_be_empty(target: Database, occupied: bool, secrets: Path) -> None:
    """Errors: NotEmpty."""
    if occupied:
        raise NotEmpty(place=target.url.render_as_string(hide_password=True))
    present = settings().secrets_file
    if secrets.is_file() and present.is_file() and present.read_bytes() != secrets.read_bytes():
        raise NotEmpty(place=present)


def _room_for(folder: Path, manifest: Manifest, target: Database) -> None:
    """Errors: NoSpace."""
    store = settings().files_folder
    needed = {store: sum(file.size for file in manifest.files if _is_new(file.path, store))}
    if target.is_sqlite:
        # Once as it is, once more for what an upgrade writes.
        needed[file_of(target).parent] = 2 * (folder / manifest.database).stat().st_size
    if target.is_sqlite and _disk(store) == _disk(file_of(target).parent):
        needed = {store: sum(needed.values())}
    for place, size in needed.items():
        free = shutil.disk_usage(_standing(place)).free
        if free < size:
            raise NoSpace(place=place, free=free // 1_000_000, needed=size // 1_000_000 + 1)


def _is_new(path: str, store: Path) -> bool:
    return path.startswith(f"{FILES}/") and not (store / path.removeprefix(f"{FILES}/")).exists()


def _standing(place: Path) -> Path:
    """The nearest folder above that is there."""
    return next(one for one in (place.absolute(), *place.absolute().parents) if one.is_dir())


def _disk(place: Path) -> int:
    return _standing(place).stat().st_dev


# ---- files and secrets


def _put_files(folder: Path, manifest: Manifest) -> int:
    """Copies what is not there or damaged; how many came comes back."""
    store, count = settings().files_folder, 0
    for file in manifest.files:
        if not file.path.startswith(f"{FILES}/"):
            continue
        target = store / file.sha256[:2] / file.sha256
        if target.is_file() and sha256_of(target) == file.sha256:
            continue
        if not copy_file(folder / file.path, target, file.sha256):
            raise KeptFileDamaged(file=file.path)
        count += 1
    if store.is_dir():
        sync_tree(store)
    return count


def _put_secrets(secrets: Path, mark: str) -> list[str]:
    present = settings().secrets_file
    if not secrets.is_file() or (present.is_file() and present.read_bytes() == secrets.read_bytes()):
        return []
    aside = _kept_aside(present, mark)
    write_file(present, secrets.read_bytes(), mode=0o600)
    return aside


def _kept_aside(path: Path, mark: str) -> list[str]:
    """A second name for what stands there, which then may be replaced: at no moment is there nothing."""
    if not path.exists():
        return []
    other = path.with_name(f"{path.name}.{mark}")
    os.link(path, other)
    sync_folder(path.parent)
    return [str(other)]


# ---- SQLite


def _prepared(folder: Path, manifest: Manifest, target: Database) -> Path:
    """The copy beside the place, with the newest tables, looked over."""
    place = file_of(target)
    ready = place.with_name(f"{place.name}{_RESTORING}")
    for old in (ready, *(ready.with_name(ready.name + log) for log in _LOGS)):
        old.unlink(missing_ok=True)
    shutil.copyfile(folder / manifest.database, ready)
    database = Database(f"sqlite:///{ready}")
    schema.upgrade(database)
    nobody_else(database)  # folds the log into the file
    database.close()
    look_into_sqlite(ready)
    ready.chmod(0o600)
    sync_file(ready)
    return ready


def _exchange(place: Path, ready: Path, mark: str, occupied: bool) -> list[str]:
    for log in _LOGS:  # what a killed server left beside a database that is gone would be played into the new one
        with_log = place.with_name(place.name + log)
        if with_log.exists():
            with_log.rename(place.with_name(f"{place.name}.{mark}{log}"))
    aside = _kept_aside(place, mark) if occupied else []
    os.replace(ready, place)
    sync_folder(place.parent)
    return aside


# ---- PostgreSQL


def _fill(folder: Path, manifest: Manifest, target: Database, mark: str, occupied: bool) -> list[str]:
    """All of the dump in one transaction, in which what stood there gets another name; then the newest tables.

    Errors: ProgramFailed, and whatever keeps the tables from being upgraded; then all is as it was.
    """
    other = mark.lower().replace("-", "_")
    aside = (f"ALTER SCHEMA public RENAME TO {other}", "CREATE SCHEMA public") if occupied else ()
    play_in(folder / manifest.database, target.url, aside)
    try:
        schema.upgrade(target)
    except BaseException:
        back = f"ALTER SCHEMA {other} RENAME TO public" if occupied else "CREATE SCHEMA public"
        with target.writing() as session:
            for statement in ("DROP SCHEMA public CASCADE", back):
                session.execute(text(statement))
        raise
    return [f"schema {other}"] if occupied else []
