"""What a person typed into a return, read into changes of its cells, and saved: what is right stays beside what is wrong."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session, col

from core.audit import Actor
from core.database import select_columns
from core.errors import N_, Broken, Invalid
from core.money import UNITS
from milestones.works import NOT_APPLICABLE
from reports.return_cells import CellChange, put_cells
from reports.return_fields import QUANTITY, CellKey, NoSuchCell, field_of, key_from_name
from reports.return_notes import notes_of
from reports.return_rules import SomeBroken
from reports.return_values import value_from_text
from reports.returns import DepartmentReturn, ReturnCell, ReturnNote
from web.forms import Typed, id_from_text

SEEN = "was_"  # heads the name of a cell in the hidden field that holds what it said when the page was made


class QuantityBesideNotApplicable(Broken):
    sentence = N_("“%(label)s”选了“不适用”，又填写了 %(found)s；请去掉一个。")


@dataclass(frozen=True)
class Saved:
    """What became of a form: the cells that were saved, and what is wrong with the others."""

    keys: frozenset[CellKey] = frozenset()
    problems: dict[CellKey, tuple[Broken, ...]] = field(default_factory=dict)


def amount_unit_of(typed: Typed) -> str:
    """Errors: Invalid."""
    found = typed["amount_unit"]
    if found not in UNITS:
        raise Invalid(field="amount_unit", label=N_("金额单位"), found=found[:20], expected=UNITS)
    return found


def cells_on(typed: Typed) -> list[CellKey]:
    """The cells that the page showed.

    Errors: NoSuchCell.
    """
    return [key_from_name(name.removeprefix(SEEN)) for name in typed.fields if name.startswith(SEEN)]


def save_typed(
    session: Session, return_: DepartmentReturn, typed: Typed, keys: Iterable[CellKey], *, unit: str, by: Actor
) -> Saved:
    """Saves those of the cells that were changed on the page. Each is judged alone: what is wrong with one keeps none back.

    Errors: PeriodShut, PeriodNotOpen, ReturnNotOpen.
    """
    problems: dict[CellKey, tuple[Broken, ...]] = {}
    changes: dict[CellKey, CellChange] = {}
    same: set[CellKey] = set()
    for key in keys:
        try:
            change = _change(typed, key, unit)
        except Broken as problem:
            problem.field = key.name
            problems[key] = (problem,)
            continue
        if change is None:
            same.add(key)
        else:
            changes[key] = change
    try:
        _put(session, return_, list(changes.values()), by)
    except SomeBroken as several:
        problems |= several.by_key
        _put(session, return_, [change for key, change in changes.items() if key not in several.by_key], by)
    return Saved(frozenset(changes.keys() - problems.keys()), problems)


def _put(session: Session, return_: DepartmentReturn, changes: Sequence[CellChange], by: Actor) -> None:
    put_cells(session, return_, changes, by=by)


def _change(typed: Typed, key: CellKey, unit: str) -> CellChange | None:
    """What the form says of a cell; None where it says what the page said when it was made.

    Errors: those of value_from_text; QuantityBesideNotApplicable.
    """
    name, text = key.name, typed[key.name]
    version, _, was = typed[SEEN + name].partition("|")
    measured = field_of(key).kind == QUANTITY
    if measured and typed[f"na_{name}"] == "1":
        if text.strip():
            raise QuantityBesideNotApplicable(label=field_of(key).label, found=text.strip()[:40])
        text = NOT_APPLICABLE
    value = value_from_text(key, text, unit=typed[f"unit_{name}"] if measured else unit)
    if value == (was or None):
        return None
    seen = id_from_text(version)
    return CellChange(key, value, -1 if seen is None else seen, as_typed=typed[f"as_typed_{name}"] == "1")


def stored_cells(session: Session, return_id: int, project_ids: Iterable[int]) -> dict[CellKey, ReturnCell]:
    """The cells of some projects of a return, with who wrote them and when."""
    query = select_columns(ReturnCell).where(
        col(ReturnCell.return_id) == return_id, col(ReturnCell.project_id).in_(sorted(set(project_ids)))
    )
    # What a bulk statement wrote in this transaction is read again.
    rows = session.scalars(query.execution_options(populate_existing=True))
    return {CellKey(row.project_id, row.field, row.key): row for row in rows}


def notes_by_cell(session: Session, return_id: int) -> dict[CellKey, list[ReturnNote]]:
    """The notes that name a cell, or a field without saying which of it, by cell."""
    found: dict[CellKey, list[ReturnNote]] = {}
    for note in notes_of(session, return_id):
        if note.project_id is not None and note.field is not None:
            found.setdefault(CellKey(note.project_id, note.field, note.key), []).append(note)
    return found


__all__ = ["NoSuchCell", "Saved", "amount_unit_of", "cells_on", "notes_by_cell", "save_typed", "stored_cells"]
