"""`qingshan return`: the workbook of a department's return: making it, checking a filled one, and taking one in.

The JSON on standard output lists problems like those of `import`. Exit 0 when the file could be, or was, taken in; 1 when
anything blocks or two sides changed the same cell, and then nothing was written.
"""

from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlmodel import Session, select

from budgets.importing.findings import Note, Problem
from core.calendar import period_from_text
from core.errors import N_, Broken, NotThere
from core.files import store_file
from core.money import UNITS
from core.settings import settings
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.periods import ReportingPeriod
from reports.period_rules import found_in, periods_of
from reports.return_fields import FIELDS
from reports.return_rules import FILL, SomeBroken, must_move
from reports.return_scope import label_of, scope_of
from reports.return_uploads import (
    Examined,
    StagedChange,
    add_problems,
    apply_upload,
    examined,
    new_upload,
    return_name,
    stage_upload,
)
from reports.return_workbooks import make_workbook
from reports.returns import DepartmentReturn
from web.cli_context import Acting, opened, say
from web.cli_files import write_file
from web.cli_options import PlanOption, WrongOption, one_of, plan_named, print_json
from web.return_upload_jobs import marked_copy

app = typer.Typer(no_args_is_help=True, help="Workbooks of department returns.")
FileArgument = Annotated[Path, typer.Argument(help="A filled workbook: xlsx, xls or ods.", exists=True, dir_okay=False)]
Marked = Annotated[Path | None, typer.Option("--marked", help="Write a copy with the bad cells marked.")]


class NoReturn(Broken):
    status = 404
    sentence = N_("“%(plan)s”的 %(period)s 没有“%(found)s”的填报；有填报的部门：%(expected)s。")


class FileTooLarge(Broken):
    sentence = N_("文件有 %(found)s MB，最多 %(limit)s MB。")


@app.command()
def make(
    context: typer.Context,
    period: Annotated[str, typer.Argument(help="A quarter, such as 2025Q4.")],
    plan: PlanOption = None,
    department: Annotated[str | None, typer.Option("--department", help="Name of the department.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The workbook to write.")] = None,
    unit: Annotated[str, typer.Option("--unit", help="亿元, 万元 or 元.")] = "万元",
    language: Annotated[str, typer.Option("--language", help="zh or en.")] = "zh",
) -> None:
    """Write the workbook of a department's return."""
    one_of("--unit", unit, UNITS)
    one_of("--language", language, ("zh", "en"))
    for option, given, expected in (
        ("--plan", plan, N_("规划代码")),
        ("--department", department, N_("部门名称")),
        ("--out", out, N_("文件名")),
    ):
        if not given:
            raise WrongOption(label=option, found="", expected=expected)
    assert plan is not None
    assert department is not None
    assert out is not None
    made = BytesIO()
    with opened(context.obj) as acts, acts.database.writing() as session:
        reader = acts.reader(session)
        row = _find(session, reader, plan, period, department)
        make_workbook(session, row, made, unit=unit, language=language, by=reader.actor)
        write_file(out, [made.getvalue()])
    say(N_("已写出 %(file)s。"), file=out)


def _find(session: Session, reader: Reader, plan_code: str, period: str, department: str) -> DepartmentReturn:
    """Errors: NoReturn, NotAPeriod, UnknownPeriod, WrongOption; NotThere for who may neither fill it in nor accept it."""
    plan = plan_named(session, reader, plan_code)
    wanted = period_from_text(period)
    assert plan.id is not None
    if (asked := found_in(periods_of(session, plan.id), wanted)).kind != "quarter":
        raise WrongOption(label="PERIOD", found=asked.name, expected=N_("季度，如 2025Q4"))
    name = str(wanted)
    rows = session.exec(
        select(DepartmentReturn, Department.name)
        .join(ReportingPeriod, ReportingPeriod.id == DepartmentReturn.period_id)  # type: ignore[arg-type]
        .join(Department, Department.id == DepartmentReturn.department_id)  # type: ignore[arg-type]
        .where(DepartmentReturn.plan_id == plan.id, ReportingPeriod.name == name)
        .order_by(Department.name_sort)
    ).all()
    for row, found in rows:
        if found == department.strip():
            if not reader.may("accept_works", row.plan_id):
                must_move(reader, row, FILL)
            return row
    expected = tuple(found for _row, found in rows) or (N_("无，这个季度没有开启填报"),)
    raise NoReturn(plan=plan.short_title, period=name, found=department, expected=expected)


@app.command()
def check(context: typer.Context, file: FileArgument, marked: Marked = None) -> None:
    """Check a filled workbook; write nothing."""
    _check_size(file)
    with opened(context.obj) as acts, acts.database.reading() as session:
        found = _examined(acts, session, file)
        report = _report(session, file, found)
    _mark(file, found, marked)
    print_json(report)
    if report["blocking"]:
        say(N_("有 %(count)s 处必须改正。"), count=report["blocking"])
        raise typer.Exit(1)
    if report["conflicts"]:
        say(_CONFLICTS, count=len(report["conflicts"]))
        raise typer.Exit(1)
    say(N_("核对完毕，可以填入 %(count)s 格。"), count=len(report["changes"]))


_CONFLICTS: str = N_("有 %(count)s 格在网页和文件里改得不一样，请在网页上传这份文件，逐格选择。")


@app.command()
def load(
    context: typer.Context,
    file: FileArgument,
    marked: Marked = None,
    as_typed: Annotated[
        bool, typer.Option("--as-typed", help="Quantities that are asked about are right as they are.")
    ] = False,
) -> None:
    """Take a filled workbook into its return: all of it, or nothing."""
    _check_size(file)
    with opened(context.obj) as acts:
        with acts.database.reading() as session:
            found = _examined(acts, session, file, check=False)
        state = _taken_in(acts, file, found, as_typed=as_typed)
        with acts.database.reading() as session:
            report = _report(session, file, found) | {"state": state}
    asks = found.findings.warnings and not as_typed
    _mark(file, found, marked)
    print_json(report)
    if report["blocking"]:
        say(N_("有 %(count)s 处必须改正，没有填入任何内容。"), count=report["blocking"])
    elif report["conflicts"]:
        say(_CONFLICTS, count=len(report["conflicts"]))
    elif asks:
        say(N_("有 %(count)s 处数字请核对；没有错的，加上 --as-typed 再试。"), count=found.findings.warnings)
    elif not found.changes:
        say(N_("没有变化。"))
        return
    else:
        say(N_("已填入 %(count)s 格。"), count=len(found.changes))
        return
    raise typer.Exit(1)


def _check_size(file: Path) -> None:
    size, limit = file.stat().st_size, settings().max_upload_bytes
    if size > limit:
        raise FileTooLarge(found=-(-size // 1_000_000), limit=limit // 1_000_000)


def _examined(acts: Acting, session: Session, file: Path, *, check: bool = True) -> Examined:
    """Errors: NotThere for a return that the command may not fill in."""
    found = examined(session, file, check=check)
    if found.return_ is not None:
        must_move(acts.reader(session), found.return_, FILL)
    return found


def _taken_in(acts: Acting, file: Path, found: Examined, *, as_typed: bool) -> str:
    """Takes the changes in unless anything stands against it, which is added to what was found; what became of it."""
    if found.findings.blocking or not found.changes or any(one.is_conflict for one in found.changes):
        return "checked"
    try:
        _apply(acts, file, found, as_typed=as_typed)
    except SomeBroken as broken:
        add_problems(found, broken.by_key)
        return "checked"
    return "applied"


def _apply(acts: Acting, file: Path, found: Examined, *, as_typed: bool) -> None:
    with acts.database.writing() as session:
        reader = acts.reader(session)
        assert found.made is not None
        row = session.get(DepartmentReturn, found.made.return_id)
        if row is None:
            raise NotThere
        must_move(reader, row, FILL)
        stored = store_file(session, file.read_bytes(), file.name, "application/octet-stream", by=reader.actor)
        upload = new_upload(session, row, stored, by=reader.actor)
        assert upload.id is not None
        stage_upload(session, upload.id, found, None)
        apply_upload(session, upload.id, as_typed=as_typed, found=found, by=reader.actor)


def _mark(file: Path, found: Examined, marked: Path | None) -> None:
    if marked is None:
        return
    copy = marked_copy(file, found, settings().language)
    if copy is None:
        say(N_("没有需要标注的单元格，没有写出副本。"))
    else:
        write_file(marked, [copy])
        say(N_("已写出 %(file)s。"), file=marked)


def _report(session: Session, file: Path, found: Examined) -> dict[str, Any]:
    """What came of the file, for scripts."""
    language = settings().language
    findings = found.findings
    changes: list[dict[str, Any]] = []
    conflicts: list[dict[str, Any]] = []
    if found.return_ is not None and found.changes:
        scope = scope_of(session, found.return_)
        for one in found.changes:
            project = scope.projects.get(one.key.project_id)
            line = _line(one, "" if project is None else project.code, label_of(scope, one.key)[1])
            (conflicts if one.is_conflict else changes).append(line)
    return {
        "file": file.name,
        "return": None if found.return_ is None else return_name(session, found.return_),
        "state": "checked",
        "rows": found.rows,
        "blocking": findings.blocking,
        "warnings": findings.warnings,
        "changes": changes,
        "conflicts": conflicts,
        "problems": [_in(one, language) for one in findings.problems],
        "notes": [_in(one, language) for one in findings.notes],
    }


def _in(one: Problem | Note, language: str) -> dict[str, Any]:
    return one.in_language(language)


def _line(one: StagedChange, project: str, which: str) -> dict[str, Any]:
    return {
        "project": project,
        "field": FIELDS[one.key.field].name,
        "which": which or None,
        "sheet": one.sheet,
        "cell": one.cell,
        "base": one.base,
        "theirs": one.theirs,
        "ours": one.ours,
    }
