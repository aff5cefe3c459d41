"""What a person typed on a 更正单, read into changes, and what its form begins with.

Each fact has a key (money-12, work-7, new-money-1) that ends the names of its fields: `do-money-12`, `amount-money-12`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from budgets.entries import REDUCTION, LedgerEntry
from core.calendar import quarter_name
from core.errors import N_, Broken, ManyBroken, Missing, SeveralBroken
from core.money import typed as typed_amount
from core.units import text_from_micro
from milestones.milestones import ACTUAL, MilestoneReport
from milestones.readings import OfficialReading
from milestones.report_rules import LABELS as MILESTONE_LABELS
from milestones.report_rules import NewMilestoneReport
from milestones.work_rules import LABELS as WORK_LABELS
from milestones.works import NOT_APPLICABLE, NewWork, WorkEntry
from portfolio.corrections import LEDGER_ENTRY, MILESTONE_REPORT, OFFICIAL_READING, PROJECT_CHANGE, WORK_ENTRY
from portfolio.project_changes import ARCHIVED, RESTORED
from portfolio.projects import ProjectState
from reports.correction_candidates import Candidates
from reports.correction_changes import Change, New
from reports.correction_projects import NewPlace, NewState
from web.forms import Typed, id_from_text
from web.indicator_forms import reading_from
from web.ledger_forms import entry_from
from web.project_forms import day_from

UNDO, REPLACE = "undo", "replace"
DOING = {
    "": N_("不变"),
    UNDO: N_("撤销"),
    REPLACE: N_("改为"),
}
KINDS = {
    "money": LEDGER_ENTRY,
    "work": WORK_ENTRY,
    "milestone": MILESTONE_REPORT,
    "reading": OFFICIAL_READING,
    "state": PROJECT_CHANGE,
    "archive": PROJECT_CHANGE,
}
ADDED = {"money": 3, "work": 2, "milestone": 2, "reading": 1, "state": 2, "archive": 1}  # rows for what was forgotten
# A row for something forgotten is used when one of these is filled.
_FILLED = {
    "money": ("stage", "amount"),
    "work": ("measure_id", "quantity"),
    "milestone": ("milestone", "met_on"),
    "reading": ("value", "grade", "judgement"),
    "state": ("state", "since_on"),
    "archive": ("archive",),
}
# What each of them is added to: the field that names it, and what that is called.
_PLACES = {"milestone": ("milestone", N_("节点")), "state": ("project", N_("项目")), "archive": ("project", N_("项目"))}


@dataclass(frozen=True)
class ReadChanges:
    """The changes of a form, each with the key of its fields."""

    keys: tuple[str, ...]
    changes: tuple[Change, ...]

    def at_fields(self, broken: ManyBroken) -> SeveralBroken:
        """What is wrong with the changes, at the fields of the form."""
        return SeveralBroken(
            [one for place, problem in broken.by_place.items() for one in _at(problem, self.keys[place])]
        )


def changes_from(typed: Typed, held: Candidates, places: Mapping[str, int | None]) -> ReadChanges:
    """The changes that the form asks for. `places` gives the project, milestone … of what is added, by key of its row.

    Errors: SeveralBroken with every field that cannot be read.
    """
    found: list[tuple[str, Change]] = []
    problems: list[Broken] = []
    for key, change in _asked(typed, held, places):
        if isinstance(change, Broken):
            problems += _at(change, key)
        else:
            found.append((key, change))
    if problems:
        raise SeveralBroken(problems)
    return ReadChanges(tuple(key for key, _ in found), tuple(change for _, change in found))


def _asked(typed: Typed, held: Candidates, places: Mapping[str, int | None]) -> Iterator[tuple[str, Change | Broken]]:
    for kind, row in rows_of(held):
        key = f"{kind}-{row.id}"
        if typed[f"do-{key}"] == UNDO:
            yield key, _undone(kind, row.id)
        elif typed[f"do-{key}"] == REPLACE:
            try:
                yield key, Change(KINDS[kind], row.id, _new(kind, row, part_of(typed, key)))
            except Broken as problem:
                yield key, problem
    for key, kind in added_keys():
        part = part_of(typed, key)
        if any(part[name].strip() for name in _FILLED[kind]):
            try:
                if places.get(key) is None:
                    field, label = _PLACES.get(kind, ("leaf", N_("子项目")))
                    raise Missing(field=field, label=label)
                yield key, Change(KINDS[kind], None, _new(kind, None, part), places.get(key))
            except Broken as problem:
                yield key, problem


def _undone(kind: str, id_: int) -> Change:
    """An archiving is of the project itself: taken back, that is restored."""
    if kind == "archive":
        return Change(PROJECT_CHANGE, None, NewPlace(RESTORED), id_)
    return Change(KINDS[kind], id_)


def rows_of(held: Candidates) -> Iterator[tuple[str, Any]]:
    """Every fact that may be corrected, with its kind."""
    yield from (("money", row) for row, _ in held.entries)
    yield from (("work", row) for row, _, _ in held.works)
    yield from (("milestone", row) for row, _, _ in held.milestones)
    yield from (("reading", row) for row in held.readings)
    yield from (("state", row) for row, _ in held.states)
    yield from (("archive", row) for row in held.archived)


def added_keys() -> list[tuple[str, str]]:
    """The keys of the rows for what was forgotten, with their kinds."""
    return [(f"new-{kind}-{number}", kind) for kind, count in ADDED.items() for number in range(1, count + 1)]


def part_of(typed: Typed, key: str) -> Typed:
    """The fields of one row, by their plain names."""
    ending = f"-{key}"
    fields = {name.removesuffix(ending): value for name, value in typed.fields.items() if name.endswith(ending)}
    return Typed({**fields, "amount_unit": (typed["amount_unit"],)})


def _new(kind: str, row: Any, part: Typed) -> New:
    """Errors: those of reading the fields of the kind."""
    if kind == "money":
        return entry_from(_with_kind(part, row))
    if kind == "work":
        return _work(row, part)
    if kind == "milestone":
        return NewMilestoneReport(
            ACTUAL, day_from(part, "met_on", label=MILESTONE_LABELS["met_on"]), document=part["document"]
        )
    if kind == "state":
        return NewState(part["state"], day_from(part, "since_on", label=N_("自何日起")), part["document"])
    if kind == "archive":
        return NewPlace(ARCHIVED)
    return reading_from(part)


def _with_kind(part: Typed, row: LedgerEntry | None) -> Typed:
    """What a replaced entry keeps: its stage, and whether it took money back."""
    if row is None:
        return part
    kept = {"stage": (row.stage,), "reduction": ("1",) if row.kind == REDUCTION else ()}
    return Typed({**part.fields, **kept})


def _work(row: WorkEntry | None, part: Typed) -> NewWork:
    on = day_from(part, "occurred_on", label=WORK_LABELS["occurred_on"])
    kept: dict[str, Any] = {}
    if row is not None:
        same = ("place", "plot", "geometry", "cause", "note")
        kept = {name: getattr(row, name) for name in same}
    return NewWork(
        measure_id=row.measure_id if row else id_from_text(part["measure_id"]) or 0,
        quantity=part["quantity"].strip(),
        unit=part["unit"] or (row.unit if row else ""),
        occurred_on=on,
        document=part["document"],
        as_typed=part["as_typed"] == "1",
        **kept,
    )


def _at(problem: Broken, key: str) -> Sequence[Broken]:
    """The problems with the names of their fields as the form has them."""
    several = problem.problems if isinstance(problem, SeveralBroken) else [problem]
    for one in several:
        one.field = f"{one.field or 'do'}-{key}"
    return several


# ---- what the form begins with


def begun(held: Candidates, unit: str, focus: str | None) -> Typed:
    """A form in which every fact stands as it is; the one that the person came from is to be replaced."""
    fields: dict[str, tuple[str, ...]] = {"amount_unit": (unit,)}
    for kind, row in rows_of(held):
        key = f"{kind}-{row.id}"
        values = _SHOWN[kind](row, unit) | {"do": REPLACE if key == focus else ""}
        fields |= {f"{name}-{key}": (str(value),) for name, value in values.items() if value is not None}
    return Typed(fields)


def _money_shown(row: LedgerEntry, unit: str) -> dict[str, Any]:
    return {
        "amount": typed_amount(abs(row.amount_fen), unit),
        "source": row.source_id,
        "occurred_on": row.occurred_on.isoformat(),
        "document": row.document,
        "note": row.note,
    }


def _work_shown(row: WorkEntry, _unit: str) -> dict[str, Any]:
    return {
        "quantity": None if row.kind == NOT_APPLICABLE else text_from_micro(row.quantity_micro or 0),
        "unit": row.unit,
        "occurred_on": row.occurred_on.isoformat(),
        "document": row.document,
    }


def _milestone_shown(row: MilestoneReport, _unit: str) -> dict[str, Any]:
    return {"met_on": None if row.met_on is None else row.met_on.isoformat(), "document": row.document}


def _reading_shown(row: OfficialReading, _unit: str) -> dict[str, Any]:
    return {
        "quarter": quarter_name(row.quarter),
        "value": None if row.value_micro is None else text_from_micro(row.value_micro),
        "grade": row.grade,
        "judgement": row.judgement,
        "occurred_on": row.occurred_on.isoformat(),
        "document": row.document,
        "agency": row.agency,
    }


def _state_shown(row: ProjectState, _unit: str) -> dict[str, Any]:
    return {"state": row.state, "since_on": row.since_on.isoformat(), "document": row.document}


_SHOWN: dict[str, Any] = {
    "money": _money_shown,
    "work": _work_shown,
    "milestone": _milestone_shown,
    "reading": _reading_shown,
    "state": _state_shown,
    "archive": lambda _row, _unit: {},
}
