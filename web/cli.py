"""The `qingshan` command. What scripts read goes to standard output; everything else to standard error.

Exit codes: 0 in order, 1 findings or mismatch, 2 wrong usage.
"""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

import web.tables  # noqa: F401 (the commands need every table)
from core import schema
from core.calendar import current_quarter, period_from_text
from core.database import Database
from core.errors import N_, Broken
from core.language import translate
from core.settings import settings
from web import cli_people
from web.cli_context import opened, say, told

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="青山账 Qingshan: the ledger of green mountains.",
)

PlanOption = Annotated[str | None, typer.Option("--plan", help="Plan code, such as xiaoyi.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="The quarter to look back from, such as 2024Q4.")]


class WrongOption(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，应为%(expected)s。")


@app.callback()
def choose(
    context: typer.Context,
    by: Annotated[str | None, typer.Option("--by", help="Act as this person (user name).")] = None,
) -> None:
    """Options that stand before the command."""
    context.obj = by


@app.command()
def migrate() -> None:
    """Make the database, or upgrade it to the newest tables."""
    database = Database(settings().database_url)
    schema.upgrade(database)
    say(N_("数据库已是最新版本（%(revision)s）。"), revision=schema.newest_revision())
    database.close()


@app.command("check-migrations")
def check_migrations() -> None:
    """Tell whether the migrations give the tables that the code expects (uses a throw-away SQLite file)."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/empty.sqlite3")
        schema.upgrade(database)
        found = schema.differences(database)
        database.close()
    for line in found:
        told.print(line, markup=False, soft_wrap=True)
    raise typer.Exit(1 if found else 0)


@app.command("load-plans")
def load_plans(
    context: typer.Context, plans: Annotated[list[str] | None, typer.Argument(help="Only these plans.")] = None
) -> None:
    """Load the five plans from seed/; run again at any time, nothing doubles and no person's change is lost."""
    from seed.checking import SeedNotLoaded
    from seed.loader import load_plans as load

    known = {path.name for path in settings().seed_folder.iterdir() if path.is_dir()}
    for code in plans or []:
        if code not in known:
            raise WrongOption(label="PLAN", found=code, expected=tuple(sorted(known)))
    with opened(context.obj) as acts:
        try:
            with acts.database.writing() as session, told.status("") as status:
                loaded = load(session, settings().seed_folder, plans, progress=status.update)
        except SeedNotLoaded as error:
            for problem in error.problems:
                told.print(str(problem), markup=False, soft_wrap=True)
            say(error.sentence, **error.facts)
            raise typer.Exit(1) from error
    for plan in loaded:
        say(
            N_("%(plan)s：新增 %(created)s，更新 %(changed)s，未变 %(unchanged)s。"),
            plan=plan.code,
            created=plan.tally.created,
            changed=plan.tally.changed,
            unchanged=plan.tally.unchanged,
        )
        for difference in plan.tally.differences:
            say(
                N_("  保留人工修改：%(key)s 的 %(field)s 为 %(kept)s（%(who)s），规划数据为 %(incoming)s。"),
                key=difference.key,
                field=difference.field,
                kept=difference.kept,
                who=difference.supplied_by,
                incoming=difference.incoming,
            )


@app.command()
def rollup(
    context: typer.Context,
    by: Annotated[str, typer.Option("--by", help="Keys, separated by commas.")] = "plan",
    plan: PlanOption = None,
    as_of: AsOf = None,
    level: Annotated[int, typer.Option(help="Level of the programme tree, 1 to 3.")] = 1,
    output: Annotated[str, typer.Option("--format", help="json or table.")] = "table",
) -> None:
    """Add up projects and estimates by programme, department, first_year, last_year, jurisdiction, plan or project."""
    from reports.exports import plan_for
    from reports.rollup import Scope, estimate_rollup

    _one_of("--format", output, ("json", "table"))
    names = [name.strip() for name in by.split(",") if name.strip()]
    quarter = _quarter(as_of)
    with opened(context.obj) as acts, acts.database.reading() as session:
        reader = acts.reader(session)
        plan_ids = None if plan is None else frozenset({plan_for(session, reader, plan).id or 0})
        groups = estimate_rollup(session, reader, Scope(quarter, plan_ids), names, level=level)
        rows = [group.as_row(names) for group in groups]
    if output == "json":
        _print_json(rows)
        return
    table = Table(*names, "projects", "leaves", "without_estimate", "estimate_fen")
    for row in rows:
        table.add_row(*("—" if value is None else str(value) for value in row.values()))
    Console().print(table)


@app.command()
def export(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="projects, indicators, commitments or contradictions.")],
    plan: PlanOption = None,
    as_of: AsOf = None,
    output: Annotated[str, typer.Option("--format", help="json or csv.")] = "json",
) -> None:
    """Print a list of a plan: projects, indicators, commitments or contradictions."""
    from reports.delimited import list_as_csv
    from reports.exports import KINDS, exported

    _one_of("KIND", kind, KINDS)
    _one_of("--format", output, ("json", "csv"))
    if plan is None:
        raise WrongOption(label="--plan", found="", expected=N_("规划代码"))
    with opened(context.obj) as acts, acts.database.reading() as session:
        rows = exported(session, acts.reader(session), kind, plan, _quarter(as_of))
    if output == "json":
        _print_json(rows)
        return
    for chunk in list_as_csv(rows):
        sys.stdout.write(chunk)


@app.command()
def report(
    context: typer.Context,
    period: Annotated[str, typer.Argument(help="A reporting period, such as 2024Q4.")],
    plan: PlanOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="The workbook to write.")] = None,
    language: Annotated[str, typer.Option("--language", help="zh or en.")] = "zh",
    unit: Annotated[str, typer.Option("--unit", help="亿元, 万元 or 元.")] = "万元",
) -> None:
    """Write the quarterly report of a plan as a workbook."""
    from core.money import UNITS
    from reports.exports import plan_for
    from reports.quarterly import build
    from reports.workbook import write_quarterly

    _one_of("--language", language, ("zh", "en"))
    _one_of("--unit", unit, UNITS)
    if plan is None or out is None:
        missing, expected = ("--plan", N_("规划代码")) if plan is None else ("--out", N_("文件名"))
        raise WrongOption(label=missing, found="", expected=expected)
    wanted = period_from_text(period)
    with opened(context.obj) as acts, acts.database.reading() as session:
        reader = acts.reader(session)
        built = build(session, reader, plan_for(session, reader, plan), wanted)
    written = out.with_name(out.name + ".part")
    write_quarterly(built, written, language=language, unit=unit, demo=settings().demo)
    written.replace(out)
    say(N_("已写出 %(file)s。"), file=out)


@app.command()
def check(as_of: AsOf = None) -> None:
    """Recompute every headline by a second path; exit 1 when anything differs."""
    from reports.self_check import mismatches

    with opened() as acts, acts.database.reading() as session:
        found = mismatches(session, _quarter(as_of))
    for mismatch in found:
        told.print(str(mismatch), markup=False, soft_wrap=True)
    say(N_("核对完毕，发现 %(count)s 处不一致。"), count=len(found))
    raise typer.Exit(1 if found else 0)


@app.command()
def rebuild() -> None:
    """Derive the project list and its search index anew from the facts."""
    from reports.self_check import rebuild as derive

    with opened() as acts, acts.database.writing() as session:
        count = derive(session)
    say(N_("已重建 %(count)s 个项目的列表和检索索引。"), count=count)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the pages; prints the address, and a one-time link while there is no account."""
    from web.server import run

    with opened() as acts:
        run(acts.database, host or settings().host, port or settings().port, say)


app.command("add-person")(cli_people.add_person)


def _one_of(label: str, found: str, known: tuple[str, ...]) -> None:
    if found not in known:
        raise WrongOption(label=label, found=found, expected=tuple(known))


def _quarter(as_of: str | None) -> int:
    return current_quarter() if as_of is None else period_from_text(as_of).last_quarter


def _print_json(rows: Any) -> None:
    sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")


def main() -> None:
    """Runs the command; a broken rule becomes one sentence on standard error and exit code 2."""
    try:
        app(standalone_mode=True)
    except Broken as error:
        told.print(error.text(lambda text: translate(text, settings().language)), markup=False, soft_wrap=True)
        sys.exit(2)
    except ValidationError as error:
        for item in error.errors():
            told.print(
                f"QINGSHAN_{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}", markup=False, soft_wrap=True
            )
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(0)
