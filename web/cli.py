"""The `qingshan` command. What scripts read goes to standard output; everything else to standard error.

Exit codes: 0 in order, 1 findings or mismatch, 2 wrong usage.
"""

import sqlite3
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

import web.tables  # noqa: F401 (the commands need every table)
from core import audit, schema
from core.database import Database
from core.errors import N_, Broken
from core.language import translate
from core.settings import settings
from core.starving import starved
from reports.audit_scopes import LEDGER_FILE
from web import (
    cli_audit,
    cli_backup,
    cli_demo,
    cli_doctor,
    cli_edition,
    cli_import,
    cli_indicators,
    cli_jobs,
    cli_move,
    cli_people,
    cli_period,
    cli_progress,
    cli_report,
    cli_return,
    cli_rollup,
    cli_tokens,
)
from web.cli_context import opened, say, told
from web.cli_ledger import export_ledger
from web.cli_options import AsOf, PlanOption, WrongOption, one_of, print_json, quarter_from

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="青山账 Qingshan: the ledger of green mountains.",
)


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
    before = schema.revision_of(database)
    schema.upgrade(database)
    newest = schema.newest_revision()
    if before not in (None, newest):
        with database.writing() as session:
            facts = {"from_revision": before, "to_revision": newest}
            audit.record(session, "migrate", "database", 0, after=facts, by=audit.OPERATOR)
    say(N_("数据库已是最新版本（%(revision)s）。"), revision=newest)
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
def export(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="projects, indicators, commitments, contradictions or ledger.")],
    plan: PlanOption = None,
    as_of: AsOf = None,
    output: Annotated[str, typer.Option("--format", help="json or csv; of the ledger xlsx too.")] = "json",
    out: Annotated[Path | None, typer.Option("--out", help="The file to write, of the ledger.")] = None,
) -> None:
    """Print a list of a plan: projects, indicators, commitments, contradictions or ledger."""
    from reports.delimited import list_as_csv
    from reports.exports import KINDS, exported

    one_of("KIND", kind, (*KINDS, "ledger"))
    one_of("--format", output, ("json", "csv", "xlsx") if kind == "ledger" else ("json", "csv"))
    if plan is None:
        raise WrongOption(label="--plan", found="", expected=N_("规划代码"))
    with opened(context.obj) as acts, acts.database.reading() as session:
        if kind == "ledger":
            until = None if as_of is None else quarter_from(as_of)
            plan_id, rows_count = export_ledger(session, acts.reader(session), plan, output, until=until, out=out)
            acts.tell_export(session, LEDGER_FILE, plan_id, rows=rows_count, format=output)
            return
        rows = exported(session, acts.reader(session), kind, plan, quarter_from(as_of))
    if output == "json":
        print_json(rows)
        return
    for chunk in list_as_csv(rows):
        sys.stdout.write(chunk)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the pages; prints the address, and a one-time link while there is no account."""
    from web.server import run

    with opened() as acts:
        run(acts.database, host or settings().host, port or settings().port, say)


app.add_typer(cli_audit.app, name="audit")
app.add_typer(cli_import.app, name="import")
app.add_typer(cli_backup.app, name="backup")
app.add_typer(cli_edition.app, name="edition")
app.add_typer(cli_period.app, name="period")
app.add_typer(cli_return.app, name="return")
app.add_typer(cli_tokens.app, name="token")
app.command("report")(cli_report.report)
app.command()(cli_rollup.rollup)
app.command()(cli_indicators.indicators)
app.command()(cli_rollup.check)
app.command()(cli_progress.lamps)
app.command()(cli_progress.progress)
app.command()(cli_rollup.rebuild)
app.command("add-person")(cli_people.add_person)
app.command("set-password")(cli_people.set_password)
app.command("unlock")(cli_people.unlock)
app.command("reset-factor")(cli_people.reset_factor)
app.command("doctor")(cli_doctor.doctor)
app.command("restore")(cli_backup.restore)
app.command("migrate-database")(cli_move.migrate_database)
app.command("work")(cli_jobs.work)
app.command("clean")(cli_jobs.clean)
app.command("load-demo")(cli_demo.load_demo)
app.command("load-synthetic")(cli_demo.load_synthetic)


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
    except (OSError, sqlite3.Error, DBAPIError) as error:
        found = starved(error)
        if found is None:
            raise
        told.print(found.text(lambda text: translate(text, settings().language)), markup=False, soft_wrap=True)
        told.print(str(error), markup=False, soft_wrap=True)
        sys.exit(2)
