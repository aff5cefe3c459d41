"""我的待办 as pages show it: each line as a link to where it is done, with its day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from core.errors import N_
from reports.findings import Sentence
from reports.period_waiting import LEDGER, LINES, MILESTONES, READINGS, WORKS
from reports.todo import (
    ACCEPT,
    ANSWER,
    BACK,
    CLOSE,
    CONTRACTS,
    CORRECT,
    END_ORDER,
    FILL,
    HEAD,
    ISSUE,
    LATE,
    MEND,
    OPEN,
    OVERDUE,
    TODO_KINDS,
    Todo,
)
from web.choices import Choices
from web.told import told

# Where each is done; `%` places are filled from the line.
_PLACES = {
    FILL: "/returns/%(subject_id)s",
    MEND: "/returns/%(subject_id)s",
    BACK: "/sent-back",
    HEAD: "/returns/%(subject_id)s",
    ACCEPT: "/quarter",
    LATE: "/quarter",
    OPEN: "/quarter",
    CLOSE: "/quarter",
    ISSUE: "/quarter",
    LEDGER: "/money/waiting",
    CONTRACTS: "/money/waiting",
    LINES: "/money/budgets",
    WORKS: "/works/waiting",
    MILESTONES: "/milestones/waiting",
    READINGS: "/indicators",
    CORRECT: "/corrections",
    ANSWER: "/orders/%(subject_id)s",
    OVERDUE: "/orders/%(subject_id)s",
    END_ORDER: "/orders/%(subject_id)s",
}
_OF_ONE = {FILL, MEND, HEAD, ANSWER, OVERDUE, END_ORDER}
_LISTS = {
    FILL: "/returns",
    MEND: "/returns",
    HEAD: "/returns",
    ANSWER: "/orders",
    OVERDUE: "/orders",
    END_ORDER: "/orders",
}
_COUNTED = {
    **dict.fromkeys((ACCEPT, LATE), N_("%(n)s 个部门")),
    **dict.fromkeys((LEDGER, CONTRACTS), N_("%(n)s 笔")),
    **dict.fromkeys((BACK, LINES, WORKS, MILESTONES, READINGS, CORRECT), N_("%(n)s 条")),
}


@dataclass(frozen=True)
class ShownTodo:
    """One line: what to do with its address, how much of it, of what, and the days that are left."""

    kind: str
    label: str
    href: str
    count: object
    title: str | None
    about: str | None
    period: str | None
    reason: str | None
    due_on: date | None
    days: int | None


def shown_todos(todos: Iterable[Todo], choices: Choices, on: date) -> list[ShownTodo]:
    """The lines in their order."""
    return [_shown(one, choices, on) for one in todos]


def _shown(one: Todo, choices: Choices, on: date) -> ShownTodo:
    path = _PLACES[one.kind] % {"subject_id": one.subject_id}
    if one.kind in _OF_ONE and one.subject_id is None:
        path = _LISTS[one.kind]
    narrowed = {} if one.subject_id is not None else {"plan": one.plan}
    if path == "/quarter" and one.plan is not None:
        narrowed["period"] = one.period
    words = _COUNTED.get(one.kind)
    many = Sentence(N_("%(n)s 部规划"), {"n": one.plans}) if one.plans > 1 else None
    return ShownTodo(
        one.kind,
        TODO_KINDS[one.kind],
        choices.url(path, **narrowed),
        None if words is None else told(Sentence(words, {"n": f"{one.count:,}"}), choices.language),
        one.title if many is None else None,
        one.department if many is None else told(many, choices.language),
        one.period,
        one.reason,
        one.due_on,
        one.days(on),
    )
