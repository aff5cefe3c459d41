"""What must be true of a ledger entry before it is written, and how what was typed becomes a row."""

from dataclasses import asdict
from datetime import date
from typing import Any

from sqlmodel import Session

from budgets.balances import approved_flows, left_to_take
from budgets.entries import ENTRY, NEEDS_SOURCE, REDUCTION, STAGES, LedgerEntry, NewEntry
from budgets.sources import source_with_id
from core.calendar import quarter_name, quarter_of, today
from core.errors import N_, Broken, Invalid, Missing, SeveralBroken
from core.money import LARGEST_FEN, typed
from core.text import checked_text, needed_text
from portfolio import leaves
from portfolio.periods import earliest_unclosed, is_closed
from portfolio.projects import Project

LABELS = {
    "stage": N_("环节"),
    "amount": N_("金额"),
    "source": N_("资金来源"),
    "occurred_on": N_("发生日期"),
    "document": N_("文号或凭证号"),
    "note": N_("摘要"),
    "correction_reason": N_("更正理由"),
}
EARLIEST_DAY = date(1990, 1, 1)


class NotALeaf(leaves.NotALeaf):
    sentence = N_("“%(found)s”是打包项目，资金要记到它的子项目：%(parts)s。")


class InTheFuture(Broken):
    sentence = N_("发生日期填写的是 %(found)s，晚于今天（%(today)s）；还没有发生的资金不能记账。")


class PeriodClosed(Broken):
    status = 409
    sentence = N_(
        "发生日期 %(found)s 在已关账的季度 %(quarter)s 内。确需补记的，请填写更正理由，将记入 %(open)s 的上期更正。"
    )


class BelowZero(Broken):
    sentence = N_("%(stage)s已记 %(held)s 元，收回、退回或核减 %(found)s 元后会小于零。")


def check_entry(session: Session, project: Project, new: NewEntry) -> None:
    """Errors: SeveralBroken with one problem for each field that cannot be accepted."""
    problems: list[Broken] = []

    def collect(check: Any, *args: Any, **named: Any) -> None:
        try:
            check(*args, **named)
        except Broken as problem:
            problems.append(problem)

    if new.stage not in STAGES:
        problems.append(Invalid(field="stage", label=LABELS["stage"], found=new.stage, expected=tuple(STAGES.values())))
    if not 0 < new.amount_fen <= LARGEST_FEN:
        expected = N_("大于零的金额；收回、退回或核减请选相应类型，仍填正数")
        problems.append(
            Invalid(field="amount", label=LABELS["amount"], found=typed(new.amount_fen, "元"), expected=expected)
        )
    if new.source_id is not None:
        # What was given from a source that was retired since may still be taken back.
        collect(source_with_id, session, new.source_id, retired_too=new.reduction)
    elif new.stage in NEEDS_SOURCE:
        problems.append(Missing(field="source", label=LABELS["source"]))
    needs_document = new.stage == "appropriated" or new.reduction
    check = needed_text if needs_document else checked_text
    collect(check, new.document, field="document", label=LABELS["document"], limit=200)
    collect(checked_text, new.note, field="note", label=LABELS["note"], limit=2000)
    collect(
        checked_text, new.correction_reason, field="correction_reason", label=LABELS["correction_reason"], limit=1000
    )
    collect(_check_day, session, project, new)
    if not problems and new.reduction:
        collect(_check_reduction, session, project, new)
    if problems:
        raise SeveralBroken(problems)


def _check_day(session: Session, project: Project, new: NewEntry) -> None:
    if new.occurred_on > today():
        raise InTheFuture(field="occurred_on", found=new.occurred_on.isoformat(), today=today().isoformat())
    if new.occurred_on < EARLIEST_DAY:
        raise Invalid(
            field="occurred_on",
            label=LABELS["occurred_on"],
            found=new.occurred_on.isoformat(),
            expected=N_("1990 年以后的日期"),
        )
    quarter = quarter_of(new.occurred_on)
    if is_closed(session, project.plan_id, quarter) and not (new.correction_reason or "").strip():
        raise PeriodClosed(
            field="occurred_on",
            found=new.occurred_on.isoformat(),
            quarter=quarter_name(quarter),
            open=quarter_name(earliest_unclosed(session, project.plan_id)),
        )


def _check_reduction(session: Session, project: Project, new: NewEntry) -> None:
    """What is taken back was there by then: as of no quarter does the approved sum of that stage and source fall below zero."""
    assert project.id is not None
    flows = approved_flows(session, [project.id]).get((project.id, new.stage, new.source_id), {})
    held = left_to_take(flows, quarter_of(new.occurred_on))
    if held < new.amount_fen:
        raise BelowZero(
            field="amount",
            stage=STAGES[new.stage],
            held=typed(held, "元"),
            found=typed(new.amount_fen, "元"),
        )


def stored(new: NewEntry) -> dict[str, Any]:
    """The columns that a new entry fills."""
    quarter = quarter_of(new.occurred_on)
    values = asdict(new)
    reduction = values.pop("reduction")
    return values | {
        "kind": REDUCTION if reduction else ENTRY,
        "amount_fen": -new.amount_fen if reduction else new.amount_fen,
        "occurred_quarter": quarter,
        "year": quarter // 10,
        **{name: (getattr(new, name) or "").strip() or None for name in ("document", "note", "correction_reason")},
    }


def as_new(row: LedgerEntry) -> NewEntry:
    """What was typed of an entry."""
    return NewEntry(
        stage=row.stage,
        amount_fen=abs(row.amount_fen),
        occurred_on=row.occurred_on,
        source_id=row.source_id,
        document=row.document,
        note=row.note,
        reduction=row.kind == REDUCTION,
        correction_reason=row.correction_reason,
    )
