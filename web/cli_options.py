"""Options that several commands share, and how what a script asked for wrongly is refused."""

import json
import sys
from typing import Annotated, Any

import typer
from sqlmodel import Session

from core.calendar import current_quarter, period_from_text
from core.errors import N_, Broken, NotThere
from portfolio.access import Reader
from portfolio.plans import Plan

PlanOption = Annotated[str | None, typer.Option("--plan", help="Plan code, such as xiaoyi.")]
AsOf = Annotated[str | None, typer.Option("--as-of", help="The quarter to look back from, such as 2024Q4.")]
EditionOption = Annotated[str, typer.Option("--edition", help="as-corrected or as-issued.")]


class WrongOption(Broken):
    sentence = N_("“%(label)s”填写的是“%(found)s”，应为%(expected)s。")


class NoSuchPlan(Broken):
    status = 404
    sentence = N_("没有代码为“%(found)s”的规划，或者您无权查看。")


def plan_named(session: Session, reader: Reader, code: str) -> Plan:
    """The plan that --plan names.

    Errors: NoSuchPlan when it does not exist or the reader may not see it.
    """
    from reports.exports import plan_for

    try:
        return plan_for(session, reader, code)
    except NotThere as error:
        raise NoSuchPlan(field="plan", found=code) from error


def one_of(label: str, found: str, known: tuple[str, ...]) -> None:
    """Errors: WrongOption."""
    if found not in known:
        raise WrongOption(label=label, found=found, expected=tuple(known))


def quarter_from(as_of: str | None) -> int:
    """The quarter that --as-of names, the present one without it.

    Errors: NotAPeriod.
    """
    return current_quarter() if as_of is None else period_from_text(as_of).last_quarter


def print_json(rows: Any) -> None:
    """What scripts read."""
    sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
