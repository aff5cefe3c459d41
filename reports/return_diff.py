"""What the head and the office look at before they approve: each cell beside last quarter and the record, and its effect."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from budgets.estimates import estimates_in_force
from core.calendar import quarter_before
from core.database import batches
from core.errors import N_, Broken
from core.units import converted
from milestones.works import NOT_APPLICABLE
from portfolio.facts import APPROVED
from reports.findings import Sentence
from reports.return_applying import EffectsNow, effects_now
from reports.return_effects import Effect
from reports.return_fields import FIELDS, MONEY, WORKS, CellKey, reading_order, work_of
from reports.return_records import milestones_in, money_in, states_held, works_in
from reports.return_scope import label_of
from reports.return_values import grouped, text_to_read, text_to_type
from reports.returns import DepartmentReturn

_JUMP = 10  # times last quarter's figure
_AGAINST_ESTIMATE = ("money.contracted", "money.work_done", "money.paid")


@dataclass(frozen=True)
class Difference:
    """One cell of a return. Values are those of cells (return_fields.py); `last` is last quarter's, `cumulative` that by its
    end, `recorded` what is recorded of this quarter already, `reported` what the return says.

    `effect`: the fact that acceptance makes, None when the cell only says what is recorded, or is a text. `flags` are worth a
    look and refuse nothing; `problem` refuses the acceptance.
    """

    key: CellKey
    code: str
    project: str
    label: str
    which: str
    last: str | None
    cumulative: str | None
    recorded: str | None
    reported: str
    effect: Effect | None = None
    flags: tuple[Sentence, ...] = ()
    problem: Broken | None = None


def differences(session: Session, return_: DepartmentReturn) -> list[Difference]:
    """Every cell of a return, projects in the plan's order, fields in theirs. As many statements for one as for a thousand."""
    now = effects_now(session, return_)
    last, cumulative = _before(session, now)
    estimates: dict[int, int] = {}
    for batch in batches(now.scope.projects):
        estimates |= estimates_in_force(session, now.scope.quarter, batch)
    places = {id_: place for place, id_ in enumerate(now.scope.projects)}
    keys = sorted(now.cells, key=lambda key: (places.get(key.project_id, len(places)), reading_order(key)))
    return [_difference(key, now, last.get(key), cumulative.get(key), estimates.get(key.project_id)) for key in keys]


def _before(session: Session, now: EffectsNow) -> tuple[dict[CellKey, str], dict[CellKey, str]]:
    """What was accepted of last quarter, and of all quarters to its end; of days and states what held at its end."""
    before = quarter_before(now.scope.quarter)
    last: dict[CellKey, str] = {}
    cumulative: dict[CellKey, str] = {}
    for batch in batches({key.project_id for key in now.cells}):
        for read in (money_in, works_in):
            last |= read(session, batch, before, states=(APPROVED,))
            cumulative |= read(session, batch, before, states=(APPROVED,), since=0)
        last |= milestones_in(session, batch, before) | states_held(session, batch, before)
    return last, cumulative


def _difference(
    key: CellKey, now: EffectsNow, last: str | None, cumulative: str | None, estimate_fen: int | None
) -> Difference:
    project = now.scope.projects.get(key.project_id)
    label, which = label_of(now.scope, key)
    reported = now.cells[key]
    return Difference(
        key=key,
        code="" if project is None else project.code,
        project=str(key.project_id) if project is None else project.name,
        label=label,
        which=which,
        last=last,
        cumulative=cumulative,
        recorded=now.base.get(key),
        reported=reported,
        effect=now.effects.facts.get(key) if key not in now.problems else None,
        flags=tuple(_flags(key, reported, last, cumulative, estimate_fen)),
        problem=now.problems.get(key),
    )


def _flags(
    key: CellKey, reported: str, last: str | None, cumulative: str | None, estimate_fen: int | None
) -> Iterable[Sentence]:
    """What an approver had better look at twice."""
    kind = FIELDS[key.field].kind
    if kind == MONEY:
        yield from _money_flags(key, int(reported), last, cumulative, estimate_fen)
    elif key.field == WORKS and NOT_APPLICABLE in (reported, last):
        if reported != last and last is not None:
            yield Sentence(N_("上季填报的是“%(last)s”"), {"last": Sentence(text_to_read(key, last))})
    elif key.field == WORKS and last is not None:
        (micro, unit), (had, of) = work_of(reported), work_of(last)
        before = converted(Fraction(had), of, unit)
        if before > 0 and micro >= _JUMP * before:
            yield _many_times(key, Fraction(micro) / before, last)


def _money_flags(
    key: CellKey, fen: int, last: str | None, cumulative: str | None, estimate_fen: int | None
) -> Iterable[Sentence]:
    before, total = int(last or 0), int(cumulative or 0) + fen
    if before > 0 and fen >= _JUMP * before:
        yield _many_times(key, Fraction(fen, before), last or "")
    if fen == 0 and before > 0:
        yield Sentence(N_("本季为 0，上季是 %(last)s"), {"last": _read(key, last)})
    if estimate_fen is not None and key.field in _AGAINST_ESTIMATE and total > estimate_fen:
        facts: Mapping[str, Any] = {
            "total": _read(key, str(total)),
            "estimate": _read(key, str(estimate_fen)),
        }
        yield Sentence(N_("加上此前累计为 %(total)s，超过投资估算 %(estimate)s"), facts)


def _many_times(key: CellKey, times: Fraction, last: str) -> Sentence:
    return Sentence(N_("是上季 %(last)s 的 %(times)s 倍"), {"last": _read(key, last), "times": int(times)})


def _read(key: CellKey, value: str | None) -> Sentence | str:
    """The value with its unit, that of money in the reader's language."""
    if value is None or FIELDS[key.field].kind != MONEY:
        return text_to_read(key, value)
    return Sentence(N_("%(n)s 万元"), {"n": grouped(text_to_type(key, value))})
