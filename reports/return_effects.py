"""What the cells of a return would make beyond what is recorded, and where they contradict it. Pure.

The same function tells the approver what will happen and makes it happen when the office accepts.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from core.calendar import last_day, quarter_name, quarter_of, today
from core.errors import N_, Broken, Missing
from core.units import converted
from milestones.report_rules import ForecastPassed
from milestones.works import NOT_APPLICABLE
from portfolio.reviewing import NotYetHappened
from reports.return_fields import (
    ACTUAL,
    FIELDS,
    FORECAST,
    MONEY,
    MONEY_FIELDS,
    SINCE_ON,
    STATE,
    STATE_FIELDS,
    TEXT_FIELDS,
    WORKS,
    CellKey,
    reading_order,
    work_of,
    work_text,
)
from reports.return_values import grouped, text_to_read, text_to_type

LEDGER_ENTRY, WORK_ENTRY = "ledger_entry", "work_entry"
MILESTONE_REPORT, PROJECT_STATE = "milestone_report", "project_state"
Values = Mapping[CellKey, str]
_ONLY_ADD = frozenset({WORKS, *MONEY_FIELDS.values(), *TEXT_FIELDS})
_UNIT = "万元"  # of amounts in sentences


class BelowRecorded(Broken):
    sentence = N_(
        "“%(label)s”填写的是 %(found)s，少于本季已记录的 %(recorded)s。本季合计不能少于已记录的；多记的请先冲销。"
    )


class MoneyBelowRecorded(Broken):
    sentence = N_(
        "“%(label)s”填写的是 %(found)s %(unit)s，少于本季已记录的 %(recorded)s %(unit)s。"
        "本季合计不能少于已记录的；多记的请先冲销。"
    )


class QuantityRecorded(Broken):
    sentence = N_("“%(label)s”填写的是“不适用”，而本季已记录 %(recorded)s；如有错误请先冲销。")


class RecordedNotApplicable(Broken):
    sentence = N_("“%(label)s”填写的是 %(found)s，而本季已记录“不适用”；如有错误请先冲销。")


class NotExact(Broken):
    sentence = N_("“%(label)s”填写的是 %(found)s，与已记录的 %(recorded)s 换算除不尽，请改用已记录的单位。")


class ReversalWaiting(Broken):
    status = 409
    sentence = N_("“%(label)s”在本季有一笔冲销还没有审核。等它审核或退回以后再报送、接收，否则会重记。")


class DayRecorded(Broken):
    sentence = N_(
        "“%(label)s”填写的是 %(found)s，而记录的是 %(recorded)s。确需更改的，请在该节点的页面上写明更正理由。"
    )


class AfterTheQuarter(Broken):
    sentence = N_("“%(label)s”填写的是 %(found)s，晚于 %(quarter)s 的最后一天，请在下一季度填报。")


class ClosedDay(Broken):
    sentence = N_(
        "“%(label)s”填写的是 %(found)s，在已关账的季度 %(quarter)s 内，不能在填报表里补报；请在该节点的页面上写明更正理由。"
    )


class ForecastNotNeeded(Broken):
    sentence = N_("“%(label)s”填写的是 %(found)s，而该节点已于 %(actual)s 完成，不需要再填预计日期。")


class BeforeTheState(Broken):
    sentence = N_("“%(label)s”填写的是 %(found)s，应不早于现状态的起始日期 %(recorded)s。")


class Effect(NamedTuple):
    """A fact that would be made. `value` is canonical, like a cell's: money and works are what is added to the record.

    Of a state the key is that of state.state, `since_on` and `document` come with it. `subject` is that of ReturnFact.
    """

    key: CellKey
    subject: str
    value: str
    since_on: str | None = None
    document: str | None = None


@dataclass(frozen=True)
class Effects:
    """What the cells make, by cell in reading order, and what contradicts the record; a cell is in neither or in one."""

    facts: dict[CellKey, Effect] = field(default_factory=dict)
    problems: dict[CellKey, Broken] = field(default_factory=dict)


@dataclass(frozen=True)
class Moment:
    """When a return is about and read: its quarter, today, and the day on which it was handed in (None: today).

    `closed_before`: the quarter before which the plan takes facts only as corrections.
    """

    quarter: int
    today: date = field(default_factory=today)
    said_on: date | None = None
    closed_before: int = 0

    @property
    def occurred_on(self) -> date:
        """The business day of the facts: the last of the quarter, or today while it is not over."""
        return min(last_day(self.quarter), self.today)

    @property
    def forecast_on(self) -> date:
        """The day from which forecasts look ahead."""
        return min(last_day(self.quarter), self.said_on or self.today)


def effects_of(cells: Values, base: Values, moment: Moment, *, only: Collection[CellKey] | None = None) -> Effects:
    """What each cell would make beyond the base. `only` limits it to some cells; what they are compared with stays whole."""
    found = Effects()
    projects: set[int] = set()
    for key in sorted(cells if only is None else only, key=reading_order):
        if key not in cells:
            continue
        try:
            if key.field in STATE_FIELDS:
                if key.project_id not in projects:
                    projects.add(key.project_id)
                    _state(key.project_id, cells, base, moment, found)
                continue
            effect = _effect(key, cells, base, moment)
        except Broken as problem:
            problem.field = key.name
            found.problems[key] = problem
            continue
        if effect is not None:
            found.facts[key] = effect
    return found


def may_contradict(key: CellKey, base: Values) -> bool:
    """Whether a cell could contradict the record at all: money, works and words of which nothing is recorded never do."""
    return key.field not in _ONLY_ADD or key in base


def _effect(key: CellKey, cells: Values, base: Values, moment: Moment) -> Effect | None:
    value, recorded = cells[key], base.get(key)
    if FIELDS[key.field].kind == MONEY:
        return _money(key, int(value), int(recorded or 0))
    if key.field == WORKS:
        return _works(key, value, recorded)
    if key.field == ACTUAL:
        return _actual(key, value, recorded, moment)
    return _forecast(key, value, recorded, cells, base, moment) if key.field == FORECAST else None


def _money(key: CellKey, fen: int, recorded: int) -> Effect | None:
    if fen < recorded:
        found, had = (grouped(text_to_type(key, str(one), _UNIT)) for one in (fen, recorded))
        raise MoneyBelowRecorded(label=FIELDS[key.field].label, found=found, recorded=had, unit=_UNIT)
    return Effect(key, LEDGER_ENTRY, str(fen - recorded)) if fen > recorded else None


def _works(key: CellKey, value: str, recorded: str | None) -> Effect | None:
    if value == recorded:
        return None
    if recorded is None:
        return Effect(key, WORK_ENTRY, value)
    label = FIELDS[WORKS].label
    if value == NOT_APPLICABLE:
        raise QuantityRecorded(label=label, recorded=text_to_read(key, recorded))
    if recorded == NOT_APPLICABLE:
        raise RecordedNotApplicable(label=label, found=text_to_read(key, value))
    (micro, unit), (had, of) = work_of(value), work_of(recorded)
    more = micro - converted(Fraction(had), of, unit)
    if more < 0:
        raise BelowRecorded(label=label, found=text_to_read(key, value), recorded=text_to_read(key, recorded))
    for to in (unit, of):
        exact = converted(more, unit, to)
        if exact.denominator == 1:
            return Effect(key, WORK_ENTRY, work_text(int(exact), to)) if exact else None
    raise NotExact(label=label, found=text_to_read(key, value), recorded=text_to_read(key, recorded))


def _must_be_of_the_quarter(key: CellKey, value: str, moment: Moment) -> None:
    """Errors: NotYetHappened, AfterTheQuarter."""
    day = date.fromisoformat(value)
    if day > moment.today:
        raise NotYetHappened(found=value, today=moment.today.isoformat())
    if day > last_day(moment.quarter):
        raise AfterTheQuarter(label=FIELDS[key.field].label, found=value, quarter=quarter_name(moment.quarter))


def _actual(key: CellKey, value: str, recorded: str | None, moment: Moment) -> Effect | None:
    if value == recorded:
        return None
    if recorded is not None:
        raise DayRecorded(label=FIELDS[ACTUAL].label, found=value, recorded=recorded)
    _must_be_of_the_quarter(key, value, moment)
    quarter = quarter_of(date.fromisoformat(value))
    if quarter < moment.closed_before:
        raise ClosedDay(label=FIELDS[ACTUAL].label, found=value, quarter=quarter_name(quarter))
    return Effect(key, MILESTONE_REPORT, value)


def _forecast(
    key: CellKey, value: str, recorded: str | None, cells: Values, base: Values, moment: Moment
) -> Effect | None:
    if value == recorded:
        return None
    met = key._replace(field=ACTUAL)
    actual = cells.get(met) or base.get(met)
    if actual is not None:
        raise ForecastNotNeeded(label=FIELDS[FORECAST].label, found=value, actual=actual)
    if date.fromisoformat(value) < moment.forecast_on:
        raise ForecastPassed(found=value, reported=moment.forecast_on.isoformat())
    return Effect(key, MILESTONE_REPORT, value)


def _state(project_id: int, cells: Values, base: Values, moment: Moment, found: Effects) -> None:
    """A state, its day and its document make one fact together, when any of them is new."""
    state, since_on, document = (CellKey(project_id, name) for name in STATE_FIELDS)
    said = {key: cells[key] for key in (state, since_on, document) if key in cells}
    if all(base.get(key) == value for key, value in said.items()):
        return
    held = base.get(state)
    named = cells.get(state, held)
    is_new = named != held
    # A new state takes its own day and document; those of the state before it say nothing of it.
    values = {key: cells.get(key) if is_new else cells.get(key, base.get(key)) for key in (since_on, document)}
    if named is None:
        found.problems[state] = Missing(field=state.name, label=FIELDS[STATE].label)
    for key, value in values.items():
        if value is None:
            found.problems[key] = Missing(field=key.name, label=FIELDS[key.field].label)
    day, recorded = values[since_on], base.get(since_on)
    if day is not None and since_on in cells:
        try:
            _must_be_of_the_quarter(since_on, day, moment)
            if recorded is not None and day < recorded:
                raise BeforeTheState(label=FIELDS[SINCE_ON].label, found=day, recorded=recorded)
        except Broken as problem:
            problem.field = since_on.name
            found.problems[since_on] = problem
    if named is not None and not any(key in found.problems for key in (state, since_on, document)):
        found.facts[state] = Effect(state, PROJECT_STATE, named, since_on=day, document=values[document])
