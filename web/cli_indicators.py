"""`qingshan indicators`: what each indicator of a plan was measured to be, what its projects give, and if that is enough."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from core.errors import N_
from portfolio.facts import AS_CORRECTED, EDITIONS
from web.cli_context import opened
from web.cli_options import AsOf, EditionOption, PlanOption, WrongOption, one_of, plan_named, print_json, quarter_from


def indicators(
    context: typer.Context,
    plan: PlanOption = None,
    as_of: AsOf = None,
    edition: EditionOption = AS_CORRECTED,
    output: Annotated[str, typer.Option("--format", help="json, table or csv.")] = "table",
) -> None:
    """Print every indicator of a plan with its series, its support by the plan's projects and what is still missing."""
    from reports.delimited import list_as_csv
    from reports.indicator_rows import TABLE, flat_rows, indicator_rows
    from reports.rollup import Scope

    one_of("--format", output, ("json", "table", "csv"))
    one_of("--edition", edition, tuple(EDITIONS))
    if plan is None:
        raise WrongOption(label="--plan", found="", expected=N_("规划代码"))
    quarter = quarter_from(as_of)
    with opened(context.obj) as acts, acts.database.reading() as session:
        reader = acts.reader(session)
        found = plan_named(session, reader, plan)
        rows = indicator_rows(session, reader, found, Scope(quarter, None, edition))
    if output == "json":
        print_json(rows)
    elif output == "csv":
        for chunk in list_as_csv(flat_rows(rows)):
            sys.stdout.write(chunk)
    else:
        table = Table(*TABLE)
        for row in rows:
            cells = [row[name]["value"] if name == "gap" else row[name] for name in TABLE]
            if row["unreported"]:
                cells[TABLE.index("rolled_up")] = "未填报"  # which is not 0
            table.add_row(*("—" if cell is None else str(cell) for cell in cells))
        Console().print(table)
