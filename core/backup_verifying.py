"""Whether a backup can be relied on: every hash, the database copy opened and looked over, every stored file it names there."""

from pathlib import Path

from alembic.script import ScriptDirectory

from core import schema
from core.backup_manifest import FILES, Manifest, read_manifest
from core.database_copies import Content, CopyDamaged, look_into_dump, look_into_sqlite
from core.durable import sha256_of
from core.errors import N_, Broken


class KeptFileMissing(Broken):
    sentence = N_("备份里缺少文件 %(file)s。")


class KeptFileDamaged(Broken):
    sentence = N_("备份里的文件 %(file)s 已损坏：内容与清单不符。")


class StoredFileLost(Broken):
    sentence = N_("文件“%(name)s”（%(sha256)s）备份时就已丢失或损坏，这个备份里没有它。")


class NotInBackup(Broken):
    sentence = N_("数据库提到的文件“%(name)s”（%(sha256)s）不在备份里。")


class RowsDiffer(Broken):
    sentence = N_("表 %(table)s 应有 %(expected)s 行，数据库副本里有 %(found)s 行。")


class RevisionUnknown(Broken):
    status = 409
    sentence = N_("备份的表结构版本 %(found)s 本程序不认识（本程序是 %(known)s）。请先升级程序，再恢复。")


def verify(folder: Path) -> tuple[Manifest, list[Broken]]:
    """The manifest of a backup, and everything that is wrong with what it names. Nothing is changed.

    Errors: NoBackup, ManifestDamaged, OtherFormat.
    """
    manifest = read_manifest(folder)
    problems = _wrong_files(folder, manifest)
    problems += [StoredFileLost(name=file.name, sha256=file.sha256) for file in manifest.lost]
    if not known_revision(manifest.revision):
        problems.append(RevisionUnknown(found=manifest.revision, known=schema.newest_revision()))
    try:
        content = look_into(folder, manifest)
    except (Broken, FileNotFoundError) as error:
        if isinstance(error, Broken):
            problems.append(error)  # a missing file was told above
        return manifest, problems
    return manifest, problems + _wrong_content(manifest, content)


def known_revision(revision: str) -> bool:
    """Whether this program has a migration from there to its own tables."""
    script = ScriptDirectory.from_config(schema.configuration())
    return revision in {one.revision for one in script.walk_revisions()}


def look_into(folder: Path, manifest: Manifest) -> Content:
    """Errors: CopyDamaged, NoProgram; FileNotFoundError when the copy is not there."""
    copy = folder / manifest.database
    if not copy.is_file():
        raise FileNotFoundError(copy)
    return look_into_sqlite(copy) if manifest.kind == "sqlite" else look_into_dump(copy)


def _wrong_files(folder: Path, manifest: Manifest) -> list[Broken]:
    found: list[Broken] = []
    for file in manifest.files:
        path = folder / file.path
        if not path.is_file():
            found.append(KeptFileMissing(file=file.path))
        elif path.stat().st_size != file.size or sha256_of(path) != file.sha256:
            found.append(KeptFileDamaged(file=file.path))
    return found


def _wrong_content(manifest: Manifest, content: Content) -> list[Broken]:
    found: list[Broken] = []
    if content.revision != manifest.revision:
        found.append(CopyDamaged(file=manifest.database, told=f"{content.revision} ≠ {manifest.revision}"))
    for table in sorted(manifest.tables.keys() | content.tables.keys()):
        expected, rows = manifest.tables.get(table), content.tables.get(table)
        if expected != rows:
            found.append(RowsDiffer(table=table, expected=expected, found=rows))
    there = {file.path for file in manifest.files} | {f"{FILES}/{one.sha256[:2]}/{one.sha256}" for one in manifest.lost}
    for sha256, name in sorted(content.stored.items()):
        if f"{FILES}/{sha256[:2]}/{sha256}" not in there:
            found.append(NotInBackup(name=name, sha256=sha256))
    return found
