"""The command that checks an installation and says what to fix."""

from typing import Annotated

import typer

from core.database import Database
from core.errors import N_
from core.installation import BAD, GOOD, WARNING
from core.language import translate
from core.settings import settings
from core.upkeep import findings
from web.cli_context import told
from web.cli_options import one_of, print_json

_SIGNS = {GOOD: "[green]✓[/green]", WARNING: "[yellow]![/yellow]", BAD: "[red]✗[/red]"}


def doctor(output: Annotated[str, typer.Option("--format", help="text or json.")] = "text") -> None:
    """Check this installation: program, settings, folders, database, people, jobs; exit code 1 when something must be fixed."""
    one_of("--format", output, ("text", "json"))
    database = Database(settings().database_url)
    try:
        found = findings(database)
    finally:
        database.close()
    language = settings().language
    rows = [
        {
            "name": one.name,
            "level": one.level,
            "sentence": translate(one.sentence, language) % one.facts,
            "todo": None if one.todo is None else translate(one.todo, language) % one.facts,
        }
        for one in found
    ]
    if output == "json":
        print_json(rows)
    else:
        for row in rows:
            told.print(_SIGNS[str(row["level"])], end=" ")
            told.print(row["sentence"], markup=False, soft_wrap=True)
            if row["todo"]:
                told.print(f"  → {row['todo']}", markup=False, soft_wrap=True)
        bad = sum(one.level == BAD for one in found)
        warnings = sum(one.level == WARNING for one in found)
        summary = N_("检查了 %(count)s 项：%(bad)s 项必须处理，%(warnings)s 项请留意。")
        told.print(translate(summary, language) % {"count": len(found), "bad": bad, "warnings": warnings}, markup=False)
    raise typer.Exit(1 if any(one.level == BAD for one in found) else 0)
