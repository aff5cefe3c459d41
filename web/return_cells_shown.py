"""The cells of a return as a page shows them: what stands beside each field, what was typed, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from core.calendar import now
from core.capital_numerals import capital_numerals
from core.errors import Broken, Stale
from core.language import translate
from core.people import aware
from core.settings import settings
from core.units import plain_unit
from milestones.work_rules import JumpOfTenThousand
from milestones.works import NOT_APPLICABLE
from reports.return_fields import CHOICE, DAY, FIELDS, MONEY, QUANTITY, STATE_DOCUMENT, TEXT, CellKey, work_of
from reports.return_values import text_to_read, text_to_type
from reports.returns import ReturnCell, ReturnNote
from web.forms import Typed

_KINDS = {MONEY: "money", QUANTITY: "works", DAY: "day", CHOICE: "state", TEXT: "text"}


@dataclass(frozen=True)
class Both:
    """What somebody else saved while the page was open, beside what was typed. `put` is what the field takes of theirs."""

    by: str
    theirs: str
    mine: str
    put: str


@dataclass(frozen=True)
class CellShown:
    """One field of the page. `was` holds what it said when the page was made: its version and its value.

    `beside` are (label, text); `wrong` the sentences at the field; `lost`: what was typed is not saved.
    """

    key: CellKey
    kind: str
    label: str
    typed: str = ""
    shown: str = ""
    was: str = "0|"
    label_zh: bool = False
    which: str = ""
    units: tuple[str, ...] = ()
    unit: str = ""
    not_applicable: bool = False
    options: tuple[tuple[str, str], ...] = ()
    longest: int = 0
    beside: tuple[tuple[str, str], ...] = ()
    recorded_text: str = ""
    recorded_put: str = ""
    last_text: str = ""
    spelled: str = ""
    notes: tuple[ReturnNote, ...] = ()
    wrong: tuple[str, ...] = ()
    both: Both | None = None
    asks_as_typed: bool = False
    saved_now: str = ""
    changed_at: datetime | None = None
    changed_by: str = ""

    @property
    def name(self) -> str:
        return self.key.name

    @property
    def zh(self) -> bool:
        """Whether Chinese is written into it."""
        return self.kind in ("text", "line")

    @property
    def open_notes(self) -> bool:
        return any(note.settled_at is None for note in self.notes)

    @property
    def lost(self) -> bool:
        return bool(self.wrong) or self.both is not None

    @property
    def sent(self) -> str:
        """The names of everything that is posted with the cell."""
        return ",".join(f"{head}{self.name}" for head in ("", "was_", "unit_", "na_", "as_typed_"))


@dataclass(frozen=True)
class Standing:
    """What cells are shown against: what stands in them, what was said of them, what was typed and what became of it."""

    cells: Mapping[CellKey, ReturnCell]
    notes: Mapping[CellKey, Sequence[ReturnNote]]
    language: str
    unit: str
    typed: Typed
    problems: Mapping[CellKey, Sequence[Broken]]
    saved: frozenset[CellKey] = frozenset()

    def translated(self, text: str) -> str:
        return translate(text, self.language)


def seen_text(cell: ReturnCell | None) -> str:
    """The version and value of a cell as a form carries them along."""
    return "0|" if cell is None else f"{cell.row_version}|{cell.value}"


def shown_cell(standing: Standing, key: CellKey, *, label: str = "", unit: str = "", **more: Any) -> CellShown:
    """The field of a cell. `unit`: of works the unit of the measure where nothing stands yet."""
    field = FIELDS[key.field]
    stored = standing.cells.get(key)
    value = None if stored is None else stored.value
    kind = "line" if key.field == STATE_DOCUMENT else _KINDS[field.kind]
    cell = CellShown(
        key,
        kind,
        label or standing.translated(field.label),
        was=seen_text(stored),
        longest=field.limit,
        notes=tuple(standing.notes.get(key, ())),
        changed_at=None if stored is None else stored.changed_at,
        changed_by="" if stored is None else stored.changed_by,
        shown=readable(key, value, standing),
        **_filled(key, value, standing.unit, unit),
        **more,
    )
    if kind == "works":
        offered = dict.fromkeys(one for one in (cell.unit, unit, plain_unit(unit) if unit else "") if one)
        cell = replace(cell, units=tuple(offered))
    if key in standing.saved:
        cell = replace(cell, saved_now=clock(now()))
    problems = standing.problems.get(key, ())
    return _as_typed(standing, cell, stored, problems) if problems else _spelled(cell, standing.unit)


def _filled(key: CellKey, value: str | None, money_unit: str, unit: str) -> dict[str, Any]:
    """What stands in the input, its unit and 不适用."""
    if key.field in FIELDS and FIELDS[key.field].kind == QUANTITY:
        if value in (None, NOT_APPLICABLE):
            return {"typed": "", "unit": unit, "not_applicable": value is not None}
        return {"typed": text_to_type(key, value), "unit": work_of(value or "")[1]}
    if FIELDS[key.field].kind == CHOICE:
        return {"typed": value or ""}
    return {"typed": text_to_type(key, value, money_unit)}


def readable(key: CellKey, value: str | None, standing: Standing) -> str:
    """A value as it is read, in the reader's language; empty for none."""
    return "" if value is None else text_to_read(key, value, standing.unit, standing.language)


def _spelled(cell: CellShown, unit: str) -> CellShown:
    _, _, value = cell.was.partition("|")
    return replace(cell, spelled=capital_numerals(int(value))) if cell.kind == "money" and value else cell


def _as_typed(standing: Standing, cell: CellShown, stored: ReturnCell | None, problems: Sequence[Broken]) -> CellShown:
    """The field with what was typed and why that was not saved."""
    typed, name = standing.typed, cell.name
    stale = [one for one in problems if isinstance(one, Stale)]
    others = [one for one in problems if not isinstance(one, Stale)]
    both = None
    if stale:
        theirs = _filled(cell.key, None if stored is None else stored.value, standing.unit, cell.unit)
        put = NOT_APPLICABLE if theirs.get("not_applicable") else theirs["typed"]
        who = "" if stored is None else stored.changed_by
        mine = standing.translated("不适用") if typed[f"na_{name}"] else typed[name].strip()
        both = Both(who, cell.shown, f"{mine} {typed[f'unit_{name}']}".strip() if mine else "", put)
    return replace(
        cell,
        typed=typed[name],
        unit=typed[f"unit_{name}"] or cell.unit,
        not_applicable=typed[f"na_{name}"] == "1",
        wrong=tuple(one.text(standing.translated) for one in others),
        both=both,
        # What was seen stays as it was where the value is wrong; where somebody else wrote, theirs is seen now.
        was=cell.was if stale else typed[f"was_{name}"] or cell.was,
        asks_as_typed=any(isinstance(one, JumpOfTenThousand) for one in others) or typed[f"as_typed_{name}"] == "1",
        saved_now="",
    )


def clock(at: datetime) -> str:
    """The time of day of a moment on the reader's clock."""
    return aware(at).astimezone(ZoneInfo(settings().timezone)).strftime("%H:%M")


def all_cells(blocks: Sequence[Any]) -> list[CellShown]:
    """Every field of a page, in its order."""
    found: list[CellShown] = []
    for block in blocks:
        for section in block.sections:
            found += [*section.cells, *(cell for group in section.groups for cell in group.cells)]
    return found
