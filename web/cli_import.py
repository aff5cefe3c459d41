"""`qingshan import ledger`: reads a file into the ledger without the job machinery, through the same functions as the page.

Prints a JSON report on standard output. Exit 0 when the file was taken in, or could be (--dry-run); 1 when anything blocks, and
then nothing was written.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from budgets.entries import STAGES
from budgets.importing.applying import apply_import
from budgets.importing.columns import Chosen
from budgets.importing.report import import_report
from budgets.importing.scope import recordable
from budgets.importing.staging import drop_rows, new_import, sha256_of, stage_import
from budgets.importing.tables import LedgerImport
from core.errors import N_, Broken
from core.files import store_file
from core.money import UNITS
from core.settings import settings
from web.cli_context import Acting, opened, say
from web.cli_options import PlanOption, WrongOption, one_of, plan_named, print_json

app = typer.Typer(no_args_is_help=True, help="Take data in from files.")
_ANY_TYPE = "application/octet-stream"


class FileTooLarge(Broken):
    sentence = N_("文件有 %(found)s MB，最多 %(limit)s MB。请拆成几个文件。")


class FileChanged(Broken):
    status = 409
    sentence = N_("读取期间文件被改动，没有导入。请再试一次。")


@app.command()
def ledger(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="An xlsx, xls, ods or csv file.", exists=True, dir_okay=False)],
    plan: PlanOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check; write nothing.")] = False,
    unit: Annotated[str | None, typer.Option("--unit", help="亿元, 万元 or 元, where the file does not say.")] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="The sheet to read, where there are several.")] = None,
    stage: Annotated[
        str | None, typer.Option("--stage", help="The stage of all rows (下达, 到位 …), where no column says it.")
    ] = None,
) -> None:
    """Import ledger entries from a file: all of them, submitted for approval, or none; prints what was found as JSON."""
    if plan is None:
        raise WrongOption(label="--plan", found="", expected=N_("规划代码"))
    if unit is not None:
        one_of("--unit", unit, UNITS)
    chosen = Chosen(unit=unit, stage=_stage(stage))
    size, limit = file.stat().st_size, settings().max_upload_bytes
    if size > limit:
        raise FileTooLarge(found=-(-size // 1_000_000), limit=limit // 1_000_000)
    with opened(context.obj) as acts:
        report = _imported(acts, file, plan, sheet, chosen, dry_run=dry_run)
    print_json(report)
    if report["blocking"]:
        say(N_("有 %(count)s 处必须改正，没有导入任何记账。"), count=report["blocking"])
        raise typer.Exit(1)
    if dry_run:
        say(N_("核对完毕，可以导入 %(new)s 笔；另有 %(known)s 笔已在台账中。"), **_counts(report))
    else:
        say(N_("已导入 %(new)s 笔，等待审核；另有 %(known)s 笔已在台账中，没有重复导入。"), **_counts(report))


def _counts(report: dict[str, Any]) -> dict[str, Any]:
    return {"new": report["new"], "known": report["known"]}


def _stage(stage: str | None) -> str | None:
    if stage is None:
        return None
    key = next((key for key, name in STAGES.items() if stage in (key, name)), None)
    if key is None:
        raise WrongOption(label="--stage", found=stage, expected=tuple(STAGES.values()))
    return key


def _imported(
    acts: Acting, file: Path, plan_code: str, sheet: str | None, chosen: Chosen, *, dry_run: bool
) -> dict[str, Any]:
    """The report of the file, which stands in the ledger then, unless something blocks or it was only to be checked."""
    with acts.database.writing() as session:
        reader = acts.reader(session)
        plan = plan_named(session, reader, plan_code)
        assert plan.id is not None
        allowed = recordable(session, reader, plan.id)
        import_id = new_import(session, plan.id, file.name, chosen, sheet=sheet, by=reader.actor).id
        assert import_id is not None
    sha256 = sha256_of(file)
    kept = False
    try:
        stage_import(acts.database, import_id, file, allowed=allowed)
        with acts.database.writing() as session:
            row = session.get_one(LedgerImport, import_id)
            if not row.blocking_count and not dry_run:
                stored = store_file(session, file.read_bytes(), file.name, _ANY_TYPE, by=reader.actor)
                if stored.sha256 != sha256:
                    raise FileChanged
                row.file_id = stored.id
                row = apply_import(session, import_id, allowed=allowed, sha256=sha256, by=reader.actor)
                kept = True
            return import_report(session, row, plan_code, sha256=sha256, language=settings().language)
    finally:
        if not kept:
            _forget(acts, import_id)


def _forget(acts: Acting, import_id: int) -> None:
    """Leaves no trace of a file that was not taken in."""
    with acts.database.writing() as session:
        drop_rows(session, import_id)
        session.delete(session.get_one(LedgerImport, import_id))
