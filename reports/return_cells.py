"""Writing the cells of a return: all of them or none; saving the same again changes nothing. The caller asks the gate.

Order of locks: the periods of the plan (shared), then the return, then its cells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, update
from sqlmodel import Session, col

from core import audit
from core.audit import Actor
from core.calendar import now
from core.database import select_columns
from core.errors import Broken, Missing, Stale
from core.inserting import insert_rows
from portfolio.periods import ReportingPeriod, corrected_before
from reports.period_rules import keep_period
from reports.return_effects import Moment, effects_of, may_contradict
from reports.return_fields import WORKS, CellKey, reading_order
from reports.return_jumps import jumps_of
from reports.return_records import recorded
from reports.return_rules import OPEN_STATES, PeriodNotOpen, PeriodShut, ReturnNotOpen, SomeBroken
from reports.return_scope import must_fit, scope_of
from reports.returns import RETURN_STATES, WEB, DepartmentReturn, ReturnCell

SUBJECT = "department_return"
_TABLE = ReturnCell.__table__  # type: ignore[attr-defined]
_NAMED = ("return_id", "project_id", "field", "key")
_NEW = ("project_id", "field", "key", "value", "base", "row_version")  # what differs from one new cell to the next
_THIS = [_TABLE.c[name] == bindparam(f"of_{name}") for name in _NAMED]
_DELETE = delete(_TABLE).where(*_THIS)
_CHANGE = update(_TABLE).where(*_THIS)
_STANDS = ("project_id", "field", "key", "value", "base", "origin", "changed_by", "row_version")
_CELLS = select_columns(*(_TABLE.c[name] for name in _STANDS)).where(_TABLE.c.return_id == bindparam("return_id"))


class KeptCell(NamedTuple):
    """A cell as it stands."""

    key: CellKey
    value: str
    base: str | None
    origin: str
    changed_by: str
    row_version: int


@dataclass(frozen=True, slots=True)
class KeptReturn:
    """A return that is kept from others until the transaction ends, with its period and its cells as they stand."""

    row: DepartmentReturn
    period: ReportingPeriod
    stand: Mapping[CellKey, KeptCell]


class CellChange(NamedTuple):
    """What a cell is to say; None clears it (未填报).

    `expected_version`: the version that the person saw (0: no cell); a cell that somebody changed since is refused. None does
    not ask. `as_typed`: the person was asked about a jump of ten thousand and says that it is right.
    """

    key: CellKey
    value: str | None
    expected_version: int | None = None
    as_typed: bool = False


class Change(NamedTuple):
    """What a save changed. `version` is that of the cell now, 0 when it was cleared."""

    key: CellKey
    before: str | None
    after: str | None
    version: int


def cells_of(session: Session, return_id: int) -> dict[CellKey, KeptCell]:
    """The cells of a return in reading order."""
    rows = session.execute(_CELLS, {"return_id": return_id})
    found = [KeptCell(CellKey(row[0], row[1], row[2]), *row[3:]) for row in rows]
    return {one.key: one for one in sorted(found, key=lambda one: reading_order(one.key))}


def values_of(session: Session, return_id: int) -> dict[CellKey, str]:
    """What the cells of a return say."""
    return {key: cell.value for key, cell in cells_of(session, return_id).items()}


def fillers_of(session: Session, return_id: int) -> list[tuple[int | None, str]]:
    """Who wrote the cells of a return as they stand, by id and name."""
    query = select_columns(ReturnCell.changed_by_id, ReturnCell.changed_by).where(
        col(ReturnCell.return_id) == return_id
    )
    return [(id_, name) for id_, name in session.execute(query.distinct())]


def put_cells(
    session: Session, return_: DepartmentReturn, changes: Sequence[CellChange], *, origin: str = WEB, by: Actor
) -> list[Change]:
    """Writes these cells and clears those without a value; what changed comes back. Cells that say the same already stay.

    Errors: PeriodShut, PeriodNotOpen, ReturnNotOpen; SomeBroken with every problem by cell, among them Stale.
    """
    assert return_.id is not None
    period = keep_for_filling(session, return_)
    kept = KeptReturn(return_, period, cells_of(session, return_.id))
    return put_kept_cells(session, kept, changes, origin=origin, by=by)


def put_kept_cells(
    session: Session, kept: KeptReturn, changes: Sequence[CellChange], *, origin: str, by: Actor
) -> list[Change]:
    """The same for who keeps the return and has read its cells already.

    Errors: SomeBroken with every problem by cell, among them Stale.
    """
    return_, stand = kept.row, kept.stand
    assert return_.id is not None
    # Of two changes of one cell the last one holds.
    wanted = {one.key: one for one in changes}
    changed = {key: one for key, one in wanted.items() if one.value != (stand[key].value if key in stand else None)}
    problems = _stale(wanted, stand)
    if not changed and not problems:
        return []
    base = _checked(session, return_, kept.period, changed, stand, problems)
    if problems:
        raise SomeBroken(dict(sorted(problems.items(), key=lambda one: reading_order(one[0]))))
    done = _write(session, return_.id, changed, stand, base, origin, by)
    _note(session, return_.id, done, by)
    return done


def check_cells(
    session: Session, return_: DepartmentReturn, changes: Sequence[CellChange]
) -> dict[CellKey, list[Broken]]:
    """What would be wrong with writing these cells, by cell; nothing is written and nothing is kept from others.

    Errors: PeriodShut, PeriodNotOpen, ReturnNotOpen.
    """
    assert return_.id is not None
    period = session.get_one(ReportingPeriod, return_.period_id)
    must_take_returns(session, period)
    if return_.state not in OPEN_STATES:
        raise ReturnNotOpen(state=RETURN_STATES[return_.state])
    problems: dict[CellKey, list[Broken]] = {}
    if changes:
        stand = cells_of(session, return_.id)
        _checked(session, return_, period, {one.key: one for one in changes}, stand, problems)
    return problems


def keep_for_filling(session: Session, return_: DepartmentReturn) -> ReportingPeriod:
    """Keeps the return and its period until the transaction ends, for who writes into it.

    Errors: PeriodShut, PeriodNotOpen, ReturnNotOpen.
    """
    period = keep_open_period(session, return_, for_update=False)
    session.refresh(return_, with_for_update=True)
    if return_.state not in OPEN_STATES:
        raise ReturnNotOpen(state=RETURN_STATES[return_.state])
    return period


def keep_open_period(session: Session, return_: DepartmentReturn, *, for_update: bool) -> ReportingPeriod:
    """The period of a return, kept; it takes returns.

    Errors: PeriodShut, PeriodNotOpen.
    """
    name = session.scalars(select_columns(ReportingPeriod.name).where(col(ReportingPeriod.id) == return_.period_id))
    period = keep_period(session, return_.plan_id, name.one(), for_update=for_update)
    must_take_returns(session, period)
    return period


def must_take_returns(session: Session, period: ReportingPeriod) -> None:
    """That returns of a period can still be filled in.

    Errors: PeriodShut, PeriodNotOpen.
    """
    if period.shut or period.last_quarter < corrected_before(session, period.plan_id):
        raise PeriodShut(period=period.name)
    if period.opened_at is None:
        raise PeriodNotOpen(period=period.name)


def _stale(wanted: Mapping[CellKey, CellChange], stand: Mapping[CellKey, KeptCell]) -> dict[CellKey, list[Broken]]:
    problems: dict[CellKey, list[Broken]] = {}
    for key, one in wanted.items():
        if one.expected_version is None:
            continue
        cell = stand.get(key)
        version, value = (0, None) if cell is None else (cell.row_version, cell.value)
        # Who wrote the same as somebody else has nothing to decide.
        if one.expected_version != version and one.value != value:
            problems[key] = [Stale(who="" if cell is None else cell.changed_by)]
    return problems


def _checked(
    session: Session,
    return_: DepartmentReturn,
    period: ReportingPeriod,
    changed: Mapping[CellKey, CellChange],
    stand: Mapping[CellKey, KeptCell],
    problems: dict[CellKey, list[Broken]],
) -> dict[CellKey, str]:
    """What is recorded of the projects of the changes; what is wrong with them is added to the problems."""
    scope = scope_of(session, return_, {key.project_id for key in stand})
    fitting: list[CellKey] = []
    after = {key: cell.value for key, cell in stand.items() if key not in changed}
    for key, one in changed.items():
        if one.value is None and key in stand:
            continue  # what stands may be cleared even where it has no place any more
        try:
            must_fit(scope, key, one.value)
            fitting.append(key)
            if one.value is not None:
                after[key] = one.value
        except Broken as problem:
            problems.setdefault(key, []).append(problem)
    asked_about = {key.project_id for key in changed}
    base = recorded(session, return_.plan_id, asked_about, scope.quarter, fields={key.field for key in changed})
    doubtful = [key for key in fitting if may_contradict(key, base)]
    if doubtful:
        moment = Moment(period.last_quarter, closed_before=corrected_before(session, return_.plan_id))
        for key, against in effects_of(after, base, moment, only=doubtful).problems.items():
            # What is still missing beside a cell is asked for when the return is handed in.
            if key in changed and not isinstance(against, Missing):
                problems.setdefault(key, []).append(against)
    asked = {key: after[key] for key in fitting if key.field == WORKS and key in after and not changed[key].as_typed}
    for key, question in jumps_of(session, scope, asked).items():
        problems.setdefault(key, []).append(question)
    return base


def _write(
    session: Session,
    return_id: int,
    changed: Mapping[CellKey, CellChange],
    stand: Mapping[CellKey, KeptCell],
    base: Mapping[CellKey, str],
    origin: str,
    by: Actor,
) -> list[Change]:
    """A statement each for what is new, what is different and what is cleared."""
    same = {
        "return_id": return_id,
        "origin": origin,
        "changed_at": now(),
        "changed_by_id": by.id,
        "changed_by": by.name,
    }
    new: list[tuple[Any, ...]] = []
    different: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    done: list[Change] = []
    for key in sorted(changed, key=reading_order):
        value, cell = changed[key].value, stand.get(key)
        if cell is None:
            # What neither stands nor is wanted is no change: the value of a new cell is never empty.
            new.append((*key, value, base.get(key), 1))
            done.append(Change(key, None, value, 1))
            continue
        version = 0 if value is None else cell.row_version + 1
        done.append(Change(key, cell.value, value, version))
        named = {"of_return_id": return_id, "of_project_id": key.project_id, "of_field": key.field, "of_key": key.key}
        if value is None:
            gone.append(named)
        else:
            more = {name: value for name, value in same.items() if name != "return_id"}
            different.append(named | more | {"value": value, "base": base.get(key), "row_version": version})
    if gone:
        session.execute(_DELETE, gone)
    if different:
        session.execute(_CHANGE, different)
    insert_rows(session, _TABLE, _NEW, new, same)
    return done


def _note(session: Session, return_id: int, done: Sequence[Change], by: Actor) -> None:
    before = {one.key.name: one.before for one in done if one.before is not None}
    after = {one.key.name: one.after for one in done}
    # Of cells that are all new there is nothing before.
    audit.record(session, "fill", SUBJECT, return_id, before=before or None, after=after, by=by)
