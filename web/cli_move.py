"""`qingshan migrate-database`: everything from SQLite to PostgreSQL, or back, proved equal on both sides."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from core.errors import N_
from core.language import translate
from core.moving import move_database
from core.settings import settings
from web.cli_context import say, told
from web.cli_options import one_of, print_json


def migrate_database(
    source: Annotated[str, typer.Argument(help="sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME.")],
    target: Annotated[str, typer.Argument(help="The same, of an empty database.")],
    files_to: Annotated[Path | None, typer.Option("--files-to", help="Copy the stored files there.")] = None,
    output: Annotated[str, typer.Option("--format", help="json or table.")] = "table",
) -> None:
    """Move everything into an empty database, of the other kind too; nothing is moved unless every table is equal."""
    one_of("--format", output, ("json", "table"))
    with told.status("") as status:
        move = move_database(
            source,
            target,
            files_to=files_to,
            tell=lambda step: status.update(translate(step, settings().language)),
        )
    for name in move.lost:
        say(N_("文件“%(name)s”缺失或损坏。"), name=name)
    if output == "json":
        rows = [asdict(one) | {"equal": one.equal} for one in move.tables]
        print_json({"tables": rows, "files": move.files, "copied": move.copied, "lost": list(move.lost)})
    else:
        table = Table("table", "rows", "target_rows", "sha256", "target_sha256")
        for one in move.tables:
            table.add_row(one.table, str(one.rows), str(one.target_rows), one.sha256[:16], one.target_sha256[:16])
        Console().print(table)
    say(
        N_(
            "已迁移 %(tables)s 张表、%(rows)s 行，两边完全一致；文件 %(files)s 个，复制 %(copied)s 个，缺失 %(lost)s 个。"
        ),
        tables=len(move.tables),
        rows=sum(one.rows for one in move.tables),
        files=move.files,
        copied=move.copied,
        lost=len(move.lost),
    )
    raise typer.Exit(1 if move.lost else 0)
