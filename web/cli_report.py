"""The command that writes the report of a plan as a workbook."""

from io import BytesIO
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from sqlmodel import Session

from core.calendar import Period, period_from_text
from core.demo import holds_demo
from core.errors import N_
from portfolio.access import Reader
from portfolio.facts import AS_CORRECTED, EDITIONS
from web.cli_context import opened, say
from web.cli_options import EditionOption, PlanOption, WrongOption, one_of

KINDS = ("quarterly", "finance")


def report(
    context: typer.Context,
    period: Annotated[str, typer.Argument(help="A reporting period, such as 2024Q4.")],
    plan: PlanOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="The workbook to write.")] = None,
    kind: Annotated[str, typer.Option("--kind", help="quarterly (leading group) or finance.")] = "quarterly",
    language: Annotated[str, typer.Option("--language", help="zh or en.")] = "zh",
    unit: Annotated[str, typer.Option("--unit", help="亿元, 万元 or 元.")] = "万元",
    edition: EditionOption = AS_CORRECTED,
) -> None:
    """Write a report of a plan as a workbook: the leading group's quarterly one, or finance's."""
    from core.money import UNITS

    one_of("--kind", kind, KINDS)
    one_of("--language", language, ("zh", "en"))
    one_of("--unit", unit, UNITS)
    one_of("--edition", edition, tuple(EDITIONS))
    if plan is None or out is None:
        missing, expected = ("--plan", N_("规划代码")) if plan is None else ("--out", N_("文件名"))
        raise WrongOption(label=missing, found="", expected=expected)
    wanted = period_from_text(period)
    made = BytesIO()
    with opened(context.obj) as acts, acts.database.reading() as session:
        reader, demo = acts.reader(session), holds_demo(session)
        write = _finance if kind == "finance" else _quarterly
        write(session, reader, plan, wanted, edition, made, language, unit, demo)
    written = out.with_name(out.name + ".part")
    written.write_bytes(made.getvalue())
    written.replace(out)
    say(N_("已写出 %(file)s。"), file=out)


def _quarterly(
    session: Session,
    reader: Reader,
    plan: str,
    period: Period,
    _edition: str,
    target: BinaryIO,
    language: str,
    unit: str,
    demo: bool,
) -> None:
    from reports.exports import plan_for
    from reports.quarterly import build
    from reports.workbook import write_quarterly

    built = build(session, reader, plan_for(session, reader, plan), period)
    write_quarterly(built, target, language=language, unit=unit, demo=demo)


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
