"""What the workbook of a return shows: its projects beside what stands in its cells, gathered through return_rows.py."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from sqlmodel import Session

from budgets.entries import STAGES
from core.calendar import last_day
from core.demo import holds_demo
from core.errors import N_
from core.money import in_unit
from core.units import MICRO, converted
from milestones.schedule import MilestoneState
from milestones.works import NOT_APPLICABLE
from portfolio.plans import Plan
from portfolio.projects import STATES
from reports.findings import Words, words_in
from reports.lamp_words import COLOURS
from reports.lamps import ProjectLamp
from reports.return_fields import ACTUAL, FORECAST, MONEY_FIELDS, TEXT_FIELDS, CellKey, work_of
from reports.return_fields import PROGRESS as PROGRESS_TEXT
from reports.return_fields import STATE as STATE_FIELD
from reports.return_fields import WORKS as WORKS_FIELD
from reports.return_form import (
    MILESTONES,
    MONEY,
    PROGRESS,
    PROGRESS_FIELDS,
    SPARE,
    SPARE_ROWS,
    TICK,
    WORKS,
    FormRow,
    ReturnForm,
    Shown,
)
from reports.return_form_lists import form_lists
from reports.return_rows import HeldState, LeafRow, MoneyLine, ReturnProjectRow, WorkLine, return_projects
from reports.return_scope import ReturnScope, scope_of
from reports.returns import DepartmentReturn
from reports.workbook_cells import number_in_cell

_QUARTER: str = N_("%(year)s年第%(quarter)s季度")
_SIGNS = {"red": "●", "yellow": "▲", "green": "■", "blue": "◆", "grey": "○"}
_PLACES = 10**6  # decimals of a quantity that is only shown
_TEXT_COLUMNS = frozenset(name for name, field in PROGRESS_FIELDS.items() if field in TEXT_FIELDS)
Cells = Mapping[CellKey, str]


@dataclass(frozen=True)
class _Gathering:
    """What every row is made of."""

    cells: Cells
    scope: ReturnScope
    words: Words
    unit: str

    def fen(self, fen: int | str | None) -> Shown:
        """An amount as a cell holds it; one of more than fifteen digits as text, so that none is lost."""
        if fen is None:
            return None
        exact = in_unit(int(fen), self.unit)
        found = number_in_cell(exact)
        return f"{exact:f}" if found is None else found

    def source(self, key: str) -> str | None:
        node = self.scope.sources.get(key)
        return key or None if node is None else node.source.name


def return_form(
    session: Session, return_: DepartmentReturn, cells: Cells, token: str, *, unit: str, language: str
) -> ReturnForm:
    """The form of a return as it stands now."""
    plan = session.get_one(Plan, return_.plan_id)
    scope, words = scope_of(session, return_), words_in(language)
    given = _Gathering(cells, scope, words, unit)
    projects = [one for one in return_projects(session, return_) if one.filed]
    rows = {
        PROGRESS: tuple(_progress_rows(given, projects)),
        MONEY: (*_money_rows(given, projects), *(FormRow(SPARE, 0, str(n)) for n in range(1, SPARE_ROWS + 1))),
        WORKS: tuple(_work_rows(given, projects)),
        MILESTONES: tuple(_milestone_rows(given, projects)),
    }
    return ReturnForm(
        token=token,
        plan=plan.title,
        plan_code=plan.code,
        department=scope.department,
        period=scope.period.name,
        period_name=words.say(_QUARTER, year=scope.quarter // 10, quarter=scope.quarter % 10),
        unit=unit,
        due_on=return_.due_on or scope.period.due_on,
        made_on=last_day(scope.quarter),
        lists=form_lists(words, scope, [leaf.code for leaf in _leaves(projects)], rows[WORKS]),
        rows=rows,
        demo=holds_demo(session),
    )


def _leaves(projects: list[ReturnProjectRow]) -> Iterator[LeafRow]:
    for project in projects:
        yield from project.leaves


def _named(row: ReturnProjectRow | LeafRow) -> dict[str, Shown]:
    return {"code": row.code, "project": row.name}


# ---- 项目进展


def _progress_rows(given: _Gathering, projects: list[ReturnProjectRow]) -> Iterator[FormRow]:
    """A row for each project, and one for each part, which has a state and no texts of its own."""
    for project in projects:
        shown = _named(project) | {
            "lamp": None if project.lamp is None else _lamp(given.words, project.lamp),
            "state_now": _state(given.words, project.state),
            "progress_before": project.texts.get(PROGRESS_TEXT),
        }
        yield _progress_row(given, project.id, project.code, shown)
        for leaf in project.leaves:
            if leaf.is_part:
                part = _named(leaf) | {"state_now": _state(given.words, leaf.state)}
                yield _progress_row(given, leaf.id, leaf.code, part, closed=_TEXT_COLUMNS)


def _progress_row(
    given: _Gathering, id_: int, code: str, shown: dict[str, Shown], closed: frozenset[str] = frozenset()
) -> FormRow:
    filled: dict[str, Shown] = {}
    for name, field in PROGRESS_FIELDS.items():
        value = given.cells.get(CellKey(id_, field))
        if value is not None:
            filled[name] = given.words.say(STATES.get(value, value)) if field == STATE_FIELD else value
    return FormRow(PROGRESS, id_, code, (), shown, filled, closed=closed)


def _state(words: Words, held: HeldState | None) -> str | None:
    return None if held is None else words.say(STATES.get(held.state, held.state))


def _lamp(words: Words, lamp: ProjectLamp) -> str:
    said = words.say(N_("；")).join(words.sentence(reason) for reason in lamp.worst.reasons)
    return f"{_SIGNS[lamp.colour]} {words.say(COLOURS[lamp.colour])}{words.say(N_('：'))}{said}"


# ---- 资金


def _money_rows(given: _Gathering, projects: list[ReturnProjectRow]) -> Iterator[FormRow]:
    """The lines of each leaf, and what stands in cells of sources that it has no line for."""
    for leaf in _leaves(projects):
        lines = {line.key: line for line in leaf.money}
        for stage in STAGES:
            of_stage = [line for line in leaf.money if line.stage == stage]
            for line in of_stage:
                yield _money_row(given, leaf, line.key, line)
            for key in given.cells:
                if (key.project_id, key.field) == (leaf.id, MONEY_FIELDS[stage]) and key not in lines:
                    yield _money_row(given, leaf, key, None)


def _money_row(given: _Gathering, leaf: LeafRow, key: CellKey, line: MoneyLine | None) -> FormRow:
    stage = key.field.partition(".")[2]
    shown = _named(leaf) | {"stage": given.words.say(STAGES[stage]), "source": given.source(key.key)}
    if line is not None:
        shown |= {
            "planned": given.fen(line.planned_fen),
            "cumulative": given.fen(line.cumulative_fen),
            "last": given.fen(line.last_fen),
            "recorded": given.fen(line.recorded_fen),
        }
    filled = {"amount": given.fen(given.cells.get(key))}
    return FormRow(MONEY, leaf.id, leaf.code, (stage, key.key), shown, filled)


# ---- 工程量


def _work_rows(given: _Gathering, projects: list[ReturnProjectRow]) -> Iterator[FormRow]:
    for leaf in _leaves(projects):
        keys = {line.key for line in leaf.works}
        for line in leaf.works:
            yield _work_row(given, leaf, line)
        for key, value in given.cells.items():
            if (key.project_id, key.field) == (leaf.id, WORKS_FIELD) and key not in keys:
                measure = given.scope.measures[int(key.key)]
                unit = None if value == NOT_APPLICABLE else work_of(value)[1]
                nothing = WorkLine(key, int(key.key), measure.name, unit, None, None, None, None, None)
                yield _work_row(given, leaf, nothing)


def _work_row(given: _Gathering, leaf: LeafRow, line: WorkLine) -> FormRow:
    unit = line.unit
    shown = _named(leaf) | {
        "measure": line.measure,
        "unit_shown": unit,
        "target": _number(line.target),
        "cumulative": _number(line.cumulative),
        "last": _quantity(given.words, line.last, unit),
        "recorded": _quantity(given.words, line.recorded, unit),
    }
    measure = given.scope.measures.get(line.measure_id)
    value = given.cells.get(line.key)
    filled: dict[str, Shown] = {"unit": unit}
    if value == NOT_APPLICABLE:
        filled["not_applicable"] = given.words.say(TICK)
    elif value is not None:
        micro, of = work_of(value)
        filled |= {"quantity": _number(Fraction(micro, MICRO)), "unit": of}
    measured = "" if measure is None else measure.dimension
    return FormRow(WORKS, leaf.id, leaf.code, (str(line.measure_id),), shown, filled, dimension=measured)


def _quantity(words: Words, value: str | None, unit: str | None) -> Shown:
    """What a cell says, in the unit of its row."""
    if value is None:
        return None
    if value == NOT_APPLICABLE:
        return words.say(TICK)
    micro, of = work_of(value)
    exact = Fraction(micro, MICRO)
    return _number(exact if unit is None else converted(exact, of, unit))


def _number(exact: Fraction | None) -> Shown:
    """A quantity as a cell holds it: exact, or rounded half up to six decimals."""
    if exact is None:
        return None
    scaled = (abs(exact.numerator) * 2 * _PLACES + exact.denominator) // (2 * exact.denominator)
    whole, rest = divmod(scaled, _PLACES)
    found = whole if not rest else scaled / _PLACES
    return -found if exact < 0 else found


# ---- 里程碑


def _milestone_rows(given: _Gathering, projects: list[ReturnProjectRow]) -> Iterator[FormRow]:
    for project in projects:
        if any(leaf.is_part for leaf in project.leaves):
            for one in project.milestones:
                yield _milestone_row(given, project, one)
        for leaf in project.leaves:
            for one in leaf.milestones:
                yield _milestone_row(given, leaf, one)


def _milestone_row(given: _Gathering, row: ReturnProjectRow | LeafRow, one: MilestoneState) -> FormRow:
    key = str(one.milestone_id)
    shown = _named(row) | {
        "milestone": one.name,
        "planned_on": None if one.planned_on is None else one.planned_on.isoformat(),
        "forecast_before": None if one.forecast_on is None else one.forecast_on.isoformat(),
        "actual_before": None if one.actual_on is None else one.actual_on.isoformat(),
    }
    filled: dict[str, Shown] = {
        "forecast": given.cells.get(CellKey(row.id, FORECAST, key)),
        "actual": given.cells.get(CellKey(row.id, ACTUAL, key)),
    }
    return FormRow(MILESTONES, row.id, row.code, (key,), shown, filled)
