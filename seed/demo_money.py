"""Writes the made-up money and states of demo_history.py, quarter by quarter, through the functions that people use."""

from collections import defaultdict
from collections.abc import Sequence

from budgets.approval import approve_entries, reject_entries
from budgets.entries import APPROVED_BY_FINANCE, LedgerEntry, NewEntry
from budgets.ledger import record_entry, reverse_entry
from budgets.line_approval import approve_lines
from budgets.line_editing import put_line
from budgets.lines import NewLine
from core.errors import N_
from portfolio.editing import change_state
from seed.demo_desk import Desk
from seed.demo_records import DemoEntry, DemoLine, DemoState, Happening

Doubled = tuple[LedgerEntry, DemoEntry]


def write_money(desk: Desk, happenings: Sequence[Happening]) -> list[Doubled]:
    """One quarter: lines and states as they come, entries recorded one by one and decided on together.

    What was entered twice and is to be undone comes back.
    """
    decided: dict[str, list[int]] = defaultdict(list)
    doubled: list[Doubled] = []
    lines: list[int] = []
    for one in happenings:
        if isinstance(one, DemoLine):
            lines.append(_line(desk, one))
        elif isinstance(one, DemoState):
            _state(desk, one)
        else:
            if one.reduction:  # what is taken back must have been given: decide on that first
                _decide(desk, decided)
            row = _entry(desk, one)
            if one.fate in ("approved", "rejected"):
                decided[f"{one.fate} {'money' if one.stage in APPROVED_BY_FINANCE else 'works'}"].append(row.id or 0)
            if one.reversed_because:
                doubled.append((row, one))
    _decide(desk, decided)
    approve_lines(desk.session, lines, by=desk.finance)
    return doubled


def reverse_at_once(desk: Desk, row: LedgerEntry, one: DemoEntry) -> None:
    """Undoes an entry while its quarter is still open."""
    why = one.reversed_because or ""
    reversal = reverse_entry(desk.session, row, reason=why, document=None, by=desk.owners[one.leaf])
    approve_entries(desk.session, [reversal.id or 0], by=desk.approver(one.stage))


def _decide(desk: Desk, decided: dict[str, list[int]]) -> None:
    for what, ids in decided.items():
        fate, _, kind = what.partition(" ")
        by = desk.approver("paid" if kind == "money" else "work_done")
        if fate == "approved":
            approve_entries(desk.session, ids, by=by)
        else:
            reject_entries(desk.session, ids, reason=N_("金额与凭证不符，请核对后重报。"), by=by)
    decided.clear()


def _line(desk: Desk, one: DemoLine) -> int:
    new = NewLine(
        covers=one.year,
        source_id=desk.sources[one.source],
        amount_fen=one.amount_fen,
        occurred_on=one.on,
        document=one.document,
        carried_fen=one.carried_fen,
        reason=one.reason,
    )
    return put_line(desk.session, desk.projects[one.leaf], new, submit=True, by=desk.office).id or 0


def _entry(desk: Desk, one: DemoEntry) -> LedgerEntry:
    new = NewEntry(
        stage=one.stage,
        amount_fen=one.amount_fen,
        occurred_on=one.on,
        source_id=None if one.source is None else desk.sources[one.source],
        document=one.document,
        note=one.note,
        reduction=one.reduction,
    )
    return record_entry(
        desk.session, desk.projects[one.leaf], new, submit=one.fate != "draft", by=desk.owners[one.leaf]
    )


def _state(desk: Desk, one: DemoState) -> None:
    project = desk.projects[one.project]
    change_state(desk.session, project, one.state, since_on=one.on, document=one.document, reason=None, by=desk.office)
