"""`qingshan edition`: issuing reports as editions, listing, saving and comparing them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Column, Table
from sqlmodel import Session

from core.errors import N_, Broken, NotThere
from portfolio.access import Reader
from web.cli_context import opened, say
from web.cli_files import write_file
from web.cli_options import PlanOption, WrongOption, one_of, plan_named, print_json

if TYPE_CHECKING:
    from reports.edition_reading import ListedEdition


class NoSuchEdition(Broken):
    status = 404
    sentence = N_("没有第 %(found)s 号报告，或者您无权查看；有哪些见 qingshan edition list。")


app = typer.Typer(no_args_is_help=True, help="Issued reports: frozen, numbered, hashed.")

Number = Annotated[int, typer.Argument(min=1, help="The number of an edition.")]
_LISTED = ("number", "plan", "period", "issued_at", "data_sha256", "workbook_sha256")
_COMPARED = ("table", "kind", "key", "label", "field", "before", "after")


@app.command()
def issue(
    context: typer.Context,
    period: Annotated[str, typer.Argument(help="A closed period, such as 2024Q4.")],
    plan: PlanOption = None,
    note: Annotated[str | None, typer.Option("--note", help="A remark that stays with the edition.")] = None,
) -> None:
    """Issue the report of a closed period; prints the edition as JSON."""
    from core.calendar import period_from_text
    from reports.edition_reading import edition_numbered
    from reports.issuing import issue_edition

    wanted = period_from_text(period)
    if plan is None:
        raise WrongOption(label="--plan", found="", expected=N_("规划代码"))
    with opened(context.obj) as acts, acts.database.writing() as session:
        reader = acts.reader(session)
        found = plan_named(session, reader, plan)
        reader.must("periods", found.id)
        made = issue_edition(session, found, wanted, note=note, by=acts.actor(session), tell=say)
        row = edition_numbered(session, reader, made.number).as_row
    print_json(row)
    say(N_("已发布第 %(number)s 号。"), number=row["number"])


@app.command("list")
def list_(
    context: typer.Context,
    plan: PlanOption = None,
    output: Annotated[str, typer.Option("--format", help="json or table.")] = "table",
) -> None:
    """List the editions, newest first."""
    from reports.edition_reading import editions

    one_of("--format", output, ("json", "table"))
    with opened(context.obj) as acts, acts.database.reading() as session:
        reader = acts.reader(session)
        plan_ids = None if plan is None else frozenset({plan_named(session, reader, plan).id or 0})
        rows = [{name: listed.as_row[name] for name in _LISTED} for listed in editions(session, reader, plan_ids)]
    if output == "json":
        print_json(rows)
        return
    table = Table(*(Column(name, overflow="fold") for name in _LISTED))
    for row in rows:
        table.add_row(*(str(row[name])[: 12 if name.endswith("sha256") else None] for name in _LISTED))
    Console().print(table)


@app.command()
def save(
    context: typer.Context,
    number: Number,
    out: Annotated[
        Path | None, typer.Option("--out", help="The file: .xlsx, .docx, .en.docx (Word in English) or .json.")
    ] = None,
) -> None:
    """Save a file of an edition, byte for byte as it was issued."""
    from reports.edition_reading import KINDS, WORD_ENGLISH, WORKBOOK, edition_bytes

    if out is None:
        raise WrongOption(label="--out", found="", expected=N_("文件名"))
    kind = (
        WORD_ENGLISH
        if out.name.lower().endswith(f".{WORD_ENGLISH}")
        else out.suffix.lower().removeprefix(".") or WORKBOOK
    )
    one_of("--out", kind, tuple(KINDS))
    with opened(context.obj) as acts, acts.database.reading() as session:
        listed = _numbered(session, acts.reader(session), number)
        content = edition_bytes(session, listed.edition, kind)
    write_file(out, [content])
    say(N_("已写出 %(file)s。"), file=out)


@app.command()
def compare(
    context: typer.Context,
    first: Number,
    second: Annotated[int | None, typer.Argument(min=1, help="Without it: the figures as corrected by now.")] = None,
    output: Annotated[str, typer.Option("--format", help="json or table.")] = "table",
) -> None:
    """Tell what is different in the second edition, row by row."""
    from reports.edition_changes import changes_since_issue
    from reports.edition_comparing import compare as compared
    from reports.edition_reading import edition_data

    one_of("--format", output, ("json", "table"))
    with opened(context.obj) as acts, acts.database.reading() as session:
        reader = acts.reader(session)
        one = _numbered(session, reader, first)
        if second is None:
            found = changes_since_issue(session, one)
        else:
            other = _numbered(session, reader, second)
            found = compared(edition_data(session, one.edition), edition_data(session, other.edition))
    if output == "json":
        print_json({"a": first, "b": second, "tables": found.as_json()})
    else:
        table = Table(*(Column(name, overflow="fold") for name in _COMPARED))
        for of in found.tables:
            for row in of.rows:
                for change in row.fields:
                    cells = (of.table, row.kind, row.key, row.label, change.field, change.before, change.after)
                    table.add_row(*("—" if cell is None else str(cell) for cell in cells))
        Console().print(table)


def _numbered(session: Session, reader: Reader, number: int) -> "ListedEdition":
    """Errors: NoSuchEdition."""
    from reports.edition_reading import edition_numbered

    try:
        return edition_numbered(session, reader, number)
    except NotThere as error:
        raise NoSuchEdition(found=number) from error
