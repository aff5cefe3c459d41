"""`qingshan rollup`, `check` and `rebuild`: the figures, the second path that checks them, and what is derived from the facts."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from core import audit
from core.errors import N_
from portfolio.facts import AS_CORRECTED, EDITIONS
from web.cli_context import opened, say, told
from web.cli_options import AsOf, EditionOption, PlanOption, one_of, plan_named, print_json, quarter_from


def rollup(
    context: typer.Context,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            help="Keys, separated by commas: plan, programme, project, department, first_year, last_year, jurisdiction, "
            "year, quarter, source, stage.",
        ),
    ] = "plan",
    plan: PlanOption = None,
    as_of: AsOf = None,
    edition: EditionOption = AS_CORRECTED,
    level: Annotated[int, typer.Option(help="Level of the programme tree, 1 to 3.")] = 1,
    output: Annotated[str, typer.Option("--format", help="json or table.")] = "table",
) -> None:
    """Add up projects, estimates, plans and the ledger by any of several keys, as of a quarter, with the rates."""
    from reports.money import money_rollup
    from reports.rollup import Scope

    one_of("--format", output, ("json", "table"))
    one_of("--edition", edition, tuple(EDITIONS))
    names = list(dict.fromkeys(name.strip() for name in by.split(",") if name.strip()))
    quarter = quarter_from(as_of)
    with opened(context.obj) as acts, acts.database.reading() as session:
        reader = acts.reader(session)
        plan_ids = None if plan is None else frozenset({plan_named(session, reader, plan).id or 0})
        groups = money_rollup(session, reader, Scope(quarter, plan_ids, edition), names, level=level)
    rows = [group.as_row(names) for group in groups]
    if output == "json":
        print_json(rows)
        return
    numbers = [name for name in (rows[0] if rows else ()) if name not in (*names, "rates", "left_out")]
    rates = list(rows[0]["rates"]) if rows else []
    table = Table(*names, *numbers, *rates)
    for row in rows:
        cells = [row[name] for name in (*names, *numbers)] + [row["rates"][name]["text"] for name in rates]
        table.add_row(*("—" if value is None else str(value) for value in cells))
    Console().print(table)


def check(as_of: AsOf = None) -> None:
    """Recompute every headline by a second path; exit 1 when anything differs."""
    from reports.self_check import mismatches

    with opened() as acts, acts.database.reading() as session:
        found = mismatches(session, quarter_from(as_of))
    for mismatch in found:
        told.print(str(mismatch), markup=False, soft_wrap=True)
    say(N_("核对完毕，发现 %(count)s 处不一致。"), count=len(found))
    raise typer.Exit(1 if found else 0)


def rebuild() -> None:
    """Derive the project list, its sums of money and its search index anew from the facts."""
    from reports.self_check import rebuild as derive

    with opened() as acts, acts.database.writing() as session:
        count = derive(session)
        audit.record(session, "rebuild", "database", 0, after={"rows": count}, by=audit.OPERATOR)
    say(N_("已重建 %(count)s 个项目的列表和检索索引。"), count=count)
