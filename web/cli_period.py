"""`qingshan period`: opening, closing and reopening the periods of a plan, and the list of them."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlmodel import Session

from core.calendar import Period, period_from_text
from core.errors import N_
from core.people import aware
from portfolio.access import Reader
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan
from web.cli_context import opened, say
from web.cli_options import PlanOption, WrongOption, one_of, plan_named, print_json

if TYPE_CHECKING:
    from reports.return_counts import PlanQuarter

app = typer.Typer(no_args_is_help=True, help="Open, close and reopen reporting periods.")
PeriodName = Annotated[str, typer.Argument(help="A reporting period, such as 2024Q4, 2024, 2023MID or 2025FINAL.")]
Reason = Annotated[
    str | None,
    typer.Option(
        "--reason", help="Why; needed to close with something missing or what was never opened, and to reopen."
    ),
]
Output = Annotated[str, typer.Option("--format", help="json or table.")]


@app.command("open")
def open_it(
    context: typer.Context,
    period: PeriodName,
    plan: PlanOption = None,
    due: Annotated[
        str | None, typer.Option("--due", help="The day by which returns are due, such as 2025-02-15.")
    ] = None,
    output: Output = "table",
) -> None:
    """Open a period: every department that files gets its return."""
    from reports.period_flow import open_period

    wanted, due_on = _asked(period, plan, output), _day(due)
    with opened(context.obj) as acts, acts.database.writing() as session:
        found = _plan(session, acts.reader(session), plan or "")
        row = open_period(session, found, wanted, due_on=due_on, by=acts.actor(session))
        rows = _rows(session, [row], found)
    _told(rows, output, N_("%(period)s 已开启，截止日 %(due)s，填报部门 %(count)s 个。"))


@app.command("close")
def close_it(
    context: typer.Context,
    period: PeriodName,
    plan: PlanOption = None,
    reason: Reason = None,
    output: Output = "table",
) -> None:
    """Close a quarter with all earlier ones; what still waits is sent back.

    That takes a reason, and so does closing a quarter that was never opened.
    """
    from reports.period_flow import close_period

    wanted = _asked(period, plan, output)
    with opened(context.obj) as acts, acts.database.writing() as session:
        found = _plan(session, acts.reader(session), plan or "")
        closed = close_period(session, found, wanted, reason=reason, by=acts.actor(session))
        rows = _rows(session, closed, found)
    _told(rows, output, N_("%(period)s 已关账。"), unopened=N_("%(period)s 已关账，没有开启过填报。"))


@app.command("reopen")
def reopen_it(
    context: typer.Context,
    period: PeriodName,
    plan: PlanOption = None,
    reason: Reason = None,
    output: Output = "table",
) -> None:
    """Open the last closed quarter again, with a reason."""
    from reports.period_flow import reopen_period
    from reports.sent_back import sent_back

    wanted = _asked(period, plan, output)
    with opened(context.obj) as acts, acts.database.writing() as session:
        found = _plan(session, acts.reader(session), plan or "")
        row = reopen_period(session, found, wanted, reason=reason or "", by=acts.actor(session))
        back = len(sent_back(session, {found.id or 0}))
        rows = _rows(session, [row], found)
    _told(rows, output, N_("%(period)s 已重新打开。"))
    if back:
        say(N_("关账时退回的 %(n)s 条内容没有恢复，列在填写人的待办里，由他们重新填报。"), n=back)


@app.command("list")
def list_them(
    context: typer.Context,
    period: Annotated[str | None, typer.Argument(help="Only this period.")] = None,
    plan: PlanOption = None,
    output: Output = "table",
) -> None:
    """Print the periods of a plan with their states, days and returns."""
    from reports.period_rules import found_in, periods_of

    _asked(period or "2021", plan, output)
    with opened(context.obj) as acts, acts.database.reading() as session:
        found = plan_named(session, acts.reader(session), plan or "")
        every = periods_of(session, found.id or 0)
        chosen = every if period is None else [found_in(every, period_from_text(period))]
        rows = _rows(session, chosen, found)
    if output == "json":
        print_json(rows)
        return
    table = Table()
    for name in _COLUMNS:
        table.add_column(name, overflow="fold", no_wrap=name in ("period", "state", "due_on"))
    for row in rows:
        table.add_row(*("—" if row[name] is None else str(row[name]) for name in _COLUMNS))
    Console().print(table)


_COLUMNS = ("period", "state", "due_on", "departments", "handed_in", "accepted", "late", "closed_by")


def _asked(period: str, plan: str | None, output: str) -> Period:
    """Errors: WrongOption, NotAPeriod."""
    one_of("--format", output, ("json", "table"))
    if plan is None:
        raise WrongOption(label="--plan", found="", expected=N_("规划代码"))
    return period_from_text(period)


def _day(text: str | None) -> date | None:
    """Errors: WrongOption."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise WrongOption(label="--due", found=text, expected=N_("如 2025-02-15 的日期")) from error


def _plan(session: Session, reader: Reader, code: str) -> Plan:
    """Errors: NotThere for who may not move its periods."""

    found = plan_named(session, reader, code)
    reader.must("periods", found.id)
    return found


def _rows(session: Session, periods: Sequence[ReportingPeriod], plan: Plan) -> list[dict[str, Any]]:
    from reports.return_counts import counted_returns

    return [_row(plan, one) for one in counted_returns(session, periods)]


def _row(plan: Plan, one: "PlanQuarter") -> dict[str, Any]:
    """A period as scripts read it."""
    row = one.period
    return {
        "plan": plan.code,
        "period": row.name,
        "kind": row.kind,
        "state": row.stage,
        "due_on": _day_text(row.due_on),
        "opened_by": row.opened_by,
        "closed_at": _moment_text(row.closed_at),
        "closed_by": row.closed_by,
        "closed_reason": row.closed_reason,
        "reopened_reason": row.reopened_reason,
        "departments": one.departments,
        "handed_in": one.handed_in,
        "accepted": one.accepted,
        "late": one.late,
    }


def _day_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _moment_text(moment: datetime | None) -> str | None:
    """A moment with its zone, as everywhere that scripts read one."""
    return None if moment is None else aware(moment).isoformat()


def _told(rows: list[dict[str, Any]], output: str, sentence: str, *, unopened: str | None = None) -> None:
    """Prints what was done to each period; `unopened` is said of quarters that were never opened."""
    if output == "json":
        print_json(rows)
        return
    for row in rows:
        never = row["kind"] == "quarter" and row["opened_by"] is None
        say(
            unopened if unopened and never else sentence,
            period=row["period"],
            due=row["due_on"],
            count=row["departments"],
        )
