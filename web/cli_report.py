"""The command that writes a report as a workbook, or as its canonical data."""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer
from sqlmodel import Session

from core.calendar import Period, period_from_text
from core.demo import holds_demo
from core.errors import N_, NotThere
from portfolio.access import Reader
from portfolio.facts import AS_CORRECTED, EDITIONS
from reports.audit_scopes import REPORT_FILE
from web.cli_context import opened, say
from web.cli_files import write_file
from web.cli_options import EditionOption, PlanOption, WrongOption, one_of, plan_named

if TYPE_CHECKING:  # commands that write no report shall not wait for what writes them
    from reports.quarterly import QuarterlyReport
    from reports.quarterly_scope import ReportScope

KINDS = ("quarterly", "finance", "self-evaluation")


def report(
    context: typer.Context,
    period: Annotated[str, typer.Argument(help="A reporting period, such as 2024Q4.")],
    plan: PlanOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="The workbook to write.")] = None,
    kind: Annotated[
        str, typer.Option("--kind", help="quarterly (leading group), finance, or self-evaluation.")
    ] = "quarterly",
    language: Annotated[str, typer.Option("--language", help="zh or en.")] = "zh",
    unit: Annotated[str, typer.Option("--unit", help="亿元, 万元 or 元.")] = "万元",
    edition: EditionOption = AS_CORRECTED,
    programme: Annotated[str | None, typer.Option("--programme", help="Only this programme of the plan.")] = None,
    department: Annotated[str | None, typer.Option("--department", help="Only what this department leads.")] = None,
    jurisdiction: Annotated[
        str | None, typer.Option("--jurisdiction", help="Every plan in and below this GB/T 2260 code.")
    ] = None,
    project: Annotated[
        str | None, typer.Option("--project", help="The project of a self-evaluation, by its code.")
    ] = None,
) -> None:
    """Write a report: the leading group's (a quarter, a year, 2023MID, 2025FINAL), or finance's of a plan.

    A file named .json gets the canonical data, any other the workbook.
    """
    from core.money import UNITS

    one_of("--kind", kind, KINDS)
    one_of("--language", language, ("zh", "en"))
    one_of("--unit", unit, UNITS)
    one_of("--edition", edition, tuple(EDITIONS))
    scope = _scope(plan, programme, department, jurisdiction)
    if out is None or (scope is None and kind == "quarterly") or (kind == "finance" and plan is None):
        missing, expected = ("--out", N_("文件名")) if out is None else ("--plan", N_("规划代码"))
        raise WrongOption(label=missing, found="", expected=expected)
    if kind == "self-evaluation" and project is None:
        raise WrongOption(label="--project", found="", expected=N_("项目编号"))
    wanted = period_from_text(period)
    made = BytesIO()
    with opened(context.obj) as acts, acts.database.reading() as session:
        reader, demo = acts.reader(session), holds_demo(session)
        if kind == "finance":
            _finance(session, reader, plan or "", wanted, edition, made, language, unit, demo)
        elif kind == "self-evaluation":
            _self_evaluation(session, reader, plan, project or "", wanted, edition, made, language, unit, demo)
        elif scope is not None:
            built = _built(session, reader, scope, wanted, edition)
            _write(built, made, out.suffix.lower() == ".json", language, unit, demo)
        plan_id = 0 if plan is None else plan_named(session, reader, plan).id or 0
        acts.tell_export(session, REPORT_FILE, plan_id, period=period, kind=kind, format=out.suffix[1:].lower())
    write_file(out, [made.getvalue()])
    say(N_("已写出 %(file)s。"), file=out)


def _scope(
    plan: str | None, programme: str | None, department: str | None, jurisdiction: str | None
) -> "ReportScope | None":
    """What the options name; None without any.

    Errors: WrongOption for two that exclude each other, or a programme without its plan.
    """
    from reports.quarterly_scope import DEPARTMENT, JURISDICTION, PLAN, PROGRAMME, ReportScope

    narrower = {PROGRAMME: programme, DEPARTMENT: department, JURISDICTION: jurisdiction}
    given = [(kind, name) for kind, name in narrower.items() if name is not None]
    if len(given) > 1 or (jurisdiction is not None and plan is not None):
        label = f"--{given[-1][0]}"
        raise WrongOption(label=label, found=given[-1][1], expected=N_("只用一个范围"))
    if programme is not None and plan is None:
        raise WrongOption(label="--plan", found="", expected=N_("规划代码"))
    if given:
        return ReportScope(given[0][0], plan, given[0][1])
    return None if plan is None else ReportScope(PLAN, plan)


def _built(session: Session, reader: Reader, scope: "ReportScope", period: Period, edition: str) -> "QuarterlyReport":
    from reports.quarterly import build

    return build(session, reader, scope, period, edition=edition)


def _write(report: "QuarterlyReport", target: BinaryIO, as_data: bool, language: str, unit: str, demo: bool) -> None:
    from reports.quarterly_data import canonical_data
    from reports.workbook import write_quarterly

    if as_data:
        target.write(canonical_data(report))
    else:
        write_quarterly(report, target, language=language, unit=unit, demo=demo)


def _finance(
    session: Session,
    reader: Reader,
    plan: str,
    period: Period,
    edition: str,
    target: BinaryIO,
    language: str,
    unit: str,
    demo: bool,
) -> None:
    from reports.exports import plan_for
    from reports.finance import build_finance
    from reports.workbook_finance import write_finance

    built = build_finance(session, reader, plan_for(session, reader, plan), period, edition=edition)
    write_finance(built, target, language=language, unit=unit, demo=demo)


def _self_evaluation(
    session: Session,
    reader: Reader,
    plan: str | None,
    project: str,
    period: Period,
    edition: str,
    target: BinaryIO,
    language: str,
    unit: str,
    demo: bool,
) -> None:
    """Errors: NotThere, also for a project of another plan than the one that was named."""
    from reports.self_evaluation import self_evaluation
    from reports.workbook_self_evaluation import write_self_evaluation

    form = self_evaluation(session, reader, project, period, edition=edition)
    if plan is not None and form.plan.code != plan:
        raise NotThere
    write_self_evaluation(form, target, language=language, unit=unit, demo=demo)
