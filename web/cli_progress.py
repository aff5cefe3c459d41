"""`qingshan lamps` and `qingshan progress`: the lamps of projects and the three completion figures of groups."""

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from core.settings import settings
from portfolio.facts import AS_CORRECTED, EDITIONS
from web.cli_context import opened
from web.cli_options import AsOf, EditionOption, PlanOption, one_of, plan_named, print_json, quarter_from

FORMATS = ("json", "csv", "table")
Output = Annotated[str, typer.Option("--format", help="json, csv or table.")]


def lamps(
    context: typer.Context,
    plan: PlanOption = None,
    as_of: AsOf = None,
    edition: EditionOption = AS_CORRECTED,
    output: Output = "table",
) -> None:
    """Print the lamp of every project and rule: colour, why, and what would turn it green."""
    from reports.findings import words_in
    from reports.lamp_reading import project_lamps
    from reports.progress_rows import lamp_rows
    from reports.rollup import Scope

    one_of("--format", output, FORMATS)
    one_of("--edition", edition, tuple(EDITIONS))
    quarter = quarter_from(as_of)
    with opened(context.obj) as acts, acts.database.reading() as session:
        reader = acts.reader(session)
        plan_ids = None if plan is None else frozenset({plan_named(session, reader, plan).id or 0})
        found = project_lamps(session, reader, Scope(quarter, plan_ids, edition))
    _print(lamp_rows(found.values(), words_in(settings().language)), output)


def progress(
    context: typer.Context,
    by: Annotated[
        str,
        typer.Option("--by", help="Keys, separated by commas: plan, programme, department, jurisdiction, last_year."),
    ] = "programme",
    plan: PlanOption = None,
    as_of: AsOf = None,
    edition: EditionOption = AS_CORRECTED,
    level: Annotated[int, typer.Option(help="Level of the programme tree, 1 to 3.")] = 1,
    output: Output = "table",
) -> None:
    """Print the three completion figures of groups side by side: by count, by investment and by works, with warnings."""
    from reports.findings import words_in
    from reports.group_progress import group_progress
    from reports.progress_rows import progress_rows
    from reports.rollup import Scope

    one_of("--format", output, FORMATS)
    one_of("--edition", edition, tuple(EDITIONS))
    names = list(dict.fromkeys(name.strip() for name in by.split(",") if name.strip()))
    quarter = quarter_from(as_of)
    with opened(context.obj) as acts, acts.database.reading() as session:
        reader = acts.reader(session)
        plan_ids = None if plan is None else frozenset({plan_named(session, reader, plan).id or 0})
        groups = group_progress(session, reader, Scope(quarter, plan_ids, edition), names, level=level)
    _print(progress_rows(groups, names, words_in(settings().language)), output)


def _print(rows: Sequence[Mapping[str, Any]], output: str) -> None:
    if output == "json":
        print_json(rows)
        return
    if output == "csv":
        from reports.delimited import list_as_csv

        for chunk in list_as_csv(rows):
            sys.stdout.write(chunk)
        return
    plain = [{name: _cell(value) for name, value in row.items()} for row in rows]
    table = Table(*(plain[0] if plain else ()))
    for row in plain:
        table.add_row(*("—" if value is None else value for value in row.values()))
    Console().print(table)


def _cell(value: Any) -> str | None:
    """A value of a row as one text: pairs as fractions, measures and warnings one after the other."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "; ".join(
            str(one["text"])
            if "text" in one
            else f"{one['measure']} {one['verified'] or 0}/{one['target']} {one['unit']}"
            for one in value
        )
    if isinstance(value, list):
        return "/".join("—" if one is None else str(one) for one in value)
    return None if value is None else str(value)
