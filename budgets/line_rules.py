"""What must be true of a budget line before it is written, and how what was typed becomes a row."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sqlmodel import Session

from budgets.entry_rules import EARLIEST_DAY
from budgets.lines import QUARTER, YEAR, BudgetLine, NewLine, span_of, year_of
from budgets.sources import source_with_id
from core.calendar import quarter_name, quarter_of, today
from core.errors import N_, Broken, Invalid, SeveralBroken
from core.money import LARGEST_FEN, typed
from core.text import checked_text, needed_text
from portfolio.periods import earliest_unclosed, is_closed
from portfolio.plans import Plan
from portfolio.projects import Project
from portfolio.values import EARLIEST_YEAR, LATEST_YEAR

LABELS = {
    "covers": N_("年度或季度"),
    "source": N_("资金来源"),
    "amount": N_("计划金额"),
    "carried": N_("其中结转"),
    "occurred_on": N_("文件日期"),
    "document": N_("文号"),
    "approver": N_("批准单位"),
    "reason": N_("调整或补录原因"),
}
LIMITS = {"document": 200, "approver": 120, "reason": 1000}


class DocumentInTheFuture(Broken):
    sentence = N_("文件日期填写的是 %(found)s，晚于今天（%(today)s）；还没有印发的计划不能登记。")


class DocumentInClosedQuarter(Broken):
    status = 409
    sentence = N_(
        "文件日期 %(found)s 在已关账的季度 %(quarter)s 内。确需补录的，请填写原因，将记入 %(open)s 的上期更正。"
    )


class BeforeTheApproved(Broken):
    sentence = N_("文件日期填写的是 %(found)s，早于现行计划的文件日期 %(before)s；调整不能早于它所调整的计划。")


class CarriedTooEarly(Broken):
    sentence = N_("“其中结转”只能用于%(first)s年以后的年度计划：结转是上一年没有用完、转到本年继续使用的资金。")


class CarriedTooLarge(Broken):
    sentence = N_("“其中结转”填写的是 %(found)s 元，大于计划金额 %(amount)s 元；计划金额含结转。")


def check_line(session: Session, project: Project, new: NewLine, before: BudgetLine | None) -> None:
    """`before` is the approved version that this one adjusts.

    Errors: SeveralBroken with one problem for each field that cannot be accepted.
    """
    problems: list[Broken] = []

    def collect(check: Callable[..., Any], *args: Any, **named: Any) -> None:
        try:
            check(*args, **named)
        except Broken as problem:
            problems.append(problem)

    collect(_check_covers, new.covers)
    # A source that was retired since takes no new lines and no more money, but its old lines may be cut.
    cut = before is not None and new.amount_fen <= before.amount_fen
    collect(source_with_id, session, new.source_id, retired_too=cut)
    collect(_check_amount, new)
    collect(_check_carried, session, project, new)
    for field, limit in LIMITS.items():
        needed = field == "document" or (field == "reason" and before is not None)
        check = needed_text if needed else checked_text
        collect(check, getattr(new, field), field=field, label=LABELS[field], limit=limit)
    collect(_check_day, session, project, new, before)
    if problems:
        raise SeveralBroken(problems)


def _check_covers(covers: int) -> None:
    year = year_of(covers)
    fits = span_of(covers) != QUARTER or covers % 10 in (1, 2, 3, 4)
    if year is not None and not (EARLIEST_YEAR <= year <= LATEST_YEAR and fits):
        expected = N_("如 2024 的年度或 2024Q1 的季度")
        raise Invalid(field="covers", label=LABELS["covers"], found=str(covers), expected=expected)


def _check_amount(new: NewLine) -> None:
    if not 0 <= new.amount_fen <= LARGEST_FEN:
        found = typed(new.amount_fen, "元")
        raise Invalid(field="amount", label=LABELS["amount"], found=found, expected=N_("零或大于零的金额"))


def _check_carried(session: Session, project: Project, new: NewLine) -> None:
    if new.carried_fen == 0:
        return
    if new.carried_fen < 0:
        found = typed(new.carried_fen, "元")
        raise Invalid(field="carried", label=LABELS["carried"], found=found, expected=N_("零或大于零的金额"))
    first = first_year_of(session, project)
    if span_of(new.covers) != YEAR or new.covers <= first:
        raise CarriedTooEarly(field="carried", first=first)
    if new.carried_fen > new.amount_fen:
        raise CarriedTooLarge(field="carried", found=typed(new.carried_fen, "元"), amount=typed(new.amount_fen, "元"))


def first_year_of(session: Session, project: Project) -> int:
    """The first year of a project; a part has its package's, and where neither says, the plan's."""
    package = None if project.parent_id is None else session.get_one(Project, project.parent_id)
    known = project.first_year or (None if package is None else package.first_year)
    return known or session.get_one(Plan, project.plan_id).first_year


def _check_day(session: Session, project: Project, new: NewLine, before: BudgetLine | None) -> None:
    found = new.occurred_on.isoformat()
    if new.occurred_on > today():
        raise DocumentInTheFuture(field="occurred_on", found=found, today=today().isoformat())
    if new.occurred_on < EARLIEST_DAY:
        expected = N_("1990 年以后的日期")
        raise Invalid(field="occurred_on", label=LABELS["occurred_on"], found=found, expected=expected)
    if before is not None and new.occurred_on < before.occurred_on:
        raise BeforeTheApproved(field="occurred_on", found=found, before=before.occurred_on.isoformat())
    quarter = quarter_of(new.occurred_on)
    if is_closed(session, project.plan_id, quarter) and not (new.reason or "").strip():
        raise DocumentInClosedQuarter(
            field="occurred_on",
            found=found,
            quarter=quarter_name(quarter),
            open=quarter_name(earliest_unclosed(session, project.plan_id)),
        )


def stored(new: NewLine) -> dict[str, Any]:
    """The columns that a new line fills."""
    texts = {name: (getattr(new, name) or "").strip() or None for name in LIMITS}
    return (
        asdict(new)
        | texts
        | {
            "span": span_of(new.covers),
            "year": year_of(new.covers),
            "occurred_quarter": quarter_of(new.occurred_on),
        }
    )


def as_new(row: BudgetLine) -> NewLine:
    """What was typed of a line."""
    return NewLine(**{name: getattr(row, name) for name in NewLine.__dataclass_fields__})
