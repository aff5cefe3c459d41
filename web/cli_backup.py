"""`qingshan backup` and `qingshan restore`: copies of everything, looked over, and the way back. Each prints JSON."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from core import schema
from core.backup_manifest import Backup, Manifest, backups_in
from core.backup_schedule import backup_and_record
from core.calendar import current_quarter
from core.database import Database
from core.errors import N_, Broken
from core.language import translate
from core.restoring import Unusable
from core.restoring import restore as put_back
from core.second_factors import check_secrets_file
from core.settings import ROOT, settings
from web.cli_context import say, told
from web.cli_options import one_of, print_json

app = typer.Typer(help="Make, list and verify backups.")


@app.callback(invoke_without_command=True)
def backup(
    context: typer.Context,
    to: Annotated[Path | None, typer.Option("--to", help="The folder of backups.")] = None,
    keep: Annotated[int | None, typer.Option("--keep", min=1, help="Remove the oldest beyond so many.")] = None,
) -> None:
    """Back up the database, its files and the secrets into one verified folder, while the server may run."""
    if context.invoked_subcommand is not None:
        return
    database = Database(settings().database_url)
    try:
        with told.status("") as status:
            made = backup_and_record(
                database,
                _folder(to),
                keep or settings().backup_keep,
                lambda step: status.update(translate(step, settings().language)),
            )
        fit = schema.revision_of(database) != schema.newest_revision() or _secrets_fit(database)
    finally:
        database.close()
    manifest = made.manifest
    for file in manifest.lost:
        say(N_("文件“%(name)s”（%(sha256)s）丢失或损坏，备份里没有它。"), name=file.name, sha256=file.sha256)
    say(
        N_("已备份到 %(path)s：%(rows)s 行，%(files)s 个文件，共 %(size)s MB，其中新增 %(new)s MB。"),
        path=made.path,
        rows=sum(manifest.tables.values()),
        files=len(manifest.files),
        size=_megabytes(manifest.size),
        new=_megabytes(made.new_bytes),
    )
    removed = [str(path) for path in made.removed]
    print_json({"path": str(made.path), **_told(manifest), "secrets_fit": fit, "removed": removed})
    raise typer.Exit(0 if manifest.complete and fit else 1)


@app.command()
def verify(path: Annotated[Path, typer.Argument(help="The folder of one backup.")]) -> None:
    """Check every hash of a backup, open its database copy and look for every file that it names; exit 1 on any fault."""
    from core.backup_verifying import verify as verified

    manifest, problems = verified(path)
    _tell(problems)
    if not problems:
        say(N_("备份 %(path)s 完好，可以恢复。"), path=path)
    texts = [{"code": one.code, "message": _in_words(one)} for one in problems]
    print_json({"path": str(path), **_told(manifest), "problems": texts})
    raise typer.Exit(1 if problems else 0)


@app.command("list")
def list_backups(
    to: Annotated[Path | None, typer.Option("--to", help="The folder of backups.")] = None,
    output: Annotated[str, typer.Option("--format", help="json or table.")] = "table",
) -> None:
    """List the backups of a folder, newest first."""
    one_of("--format", output, ("json", "table"))
    rows = [_row(one) for one in backups_in(_folder(to))]
    if output == "json":
        print_json(rows)
        return
    names = ("kind", "revision", "rows", "files", "size_bytes", "complete")
    table = Table("backup", *names)
    for row in rows:
        table.add_row(Path(row["path"]).name, *(str(row[name]) for name in names))
    Console().print(table)


def restore(
    path: Annotated[Path, typer.Argument(help="The folder of one backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Where something stands already, move it aside first.")
    ] = False,
) -> None:
    """Put a backup in the place that the settings name, upgrade its tables, and check every figure and file."""
    begun = datetime.now().astimezone()
    try:
        with told.status("") as status:
            found = put_back(
                path,
                settings().database_url,
                replace=replace,
                tell=lambda step: status.update(translate(step, settings().language)),
            )
    except Unusable as error:
        _tell(error.problems)
        raise
    if found.upgraded_from is not None:
        say(N_("表结构已从 %(found)s 升级。"), found=found.upgraded_from)
    for place in found.aside:
        say(N_("原有内容已移到：%(place)s"), place=place)
    mismatched, missing, fit = _checked(path, found.manifest)
    say(
        N_("已恢复 %(rows)s 行；文件补入 %(files)s 个；核对发现 %(count)s 处不一致，%(missing)s 个文件缺失或损坏。"),
        rows=sum(found.manifest.tables.values()),
        files=found.files,
        count=mismatched,
        missing=missing,
    )
    seconds = round((datetime.now().astimezone() - begun).total_seconds(), 1)
    print_json(
        {
            "path": str(path),
            **_told(found.manifest),
            "restored_files": found.files,
            "upgraded_from": found.upgraded_from,
            "aside": list(found.aside),
            "mismatches": mismatched,
            "missing_files": missing,
            "secrets_fit": fit,
            "seconds": seconds,
        }
    )
    raise typer.Exit(1 if mismatched or missing or not fit else 0)


def _checked(path: Path, manifest: Manifest) -> tuple[int, int, bool]:
    """How much differs from the facts, how many stored files are not sound, whether the secrets fit; the restore is recorded."""
    from core import audit
    from core.audit import OPERATOR
    from core.files import damaged_files
    from reports.self_check import mismatches

    database = Database(settings().database_url)
    try:
        with database.reading() as session:
            found = mismatches(session, current_quarter())
            missing = damaged_files(session)
        for mismatch in found:
            told.print(str(mismatch), markup=False, soft_wrap=True)
        for name in missing:
            say(N_("文件“%(name)s”缺失或损坏。"), name=name)
        facts = {"name": path.name, "made_at": manifest.made_at, "revision": manifest.revision}
        with database.writing() as session:
            audit.record(session, "restore", "backup", 0, after=facts, by=OPERATOR)
        fit = _secrets_fit(database)
    finally:
        database.close()
    return len(found), len(missing), fit


def _secrets_fit(database: Database) -> bool:
    """Whether what the database keeps sealed can be read with the secrets that are there; says so where it cannot."""
    try:
        with database.reading() as session:
            check_secrets_file(session)
    except Broken as error:
        _tell([error])
        return False
    return True


def _folder(to: Path | None) -> Path:
    return to or settings().backup_folder or ROOT / "var" / "backups"


def _row(backup: Backup) -> dict[str, Any]:
    if backup.manifest is None:
        unknown = dict.fromkeys(("made_at", "program", "kind", "revision", "size_bytes", "files", "rows", "lost"))
        return {"path": str(backup.path), **unknown, "complete": False}
    return {"path": str(backup.path), **_told(backup.manifest)}


def _told(manifest: Manifest) -> dict[str, Any]:
    return {
        "made_at": manifest.made_at.isoformat(),
        "program": manifest.program,
        "kind": manifest.kind,
        "revision": manifest.revision,
        "size_bytes": manifest.size,
        "files": len(manifest.files),
        "rows": sum(manifest.tables.values()),
        "lost": len(manifest.lost),
        "complete": manifest.complete,
    }


def _tell(problems: list[Broken]) -> None:
    for problem in problems:
        told.print(_in_words(problem), markup=False, soft_wrap=True)


def _in_words(problem: Broken) -> str:
    return problem.text(lambda text: translate(text, settings().language))


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f}"
