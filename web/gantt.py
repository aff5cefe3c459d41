"""Where the shapes of a timeline stand: bars, diamonds and slips on a scale of days. Only calculates; floats for drawing only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from milestones.schedule import MilestoneState, finished_on, started_on
from reports.timeline import TimelineGroup

WIDTH = 800
_EDGE = 14  # free at both ends, so that a diamond and its label have room
_LABEL = 60  # what the days of a slip need to be written
_GAP = 5
_HALF = 6.5  # of a diamond
_MOST_TICKS = 12


@dataclass(frozen=True)
class Scale:
    """The days that a timeline shows, from the first of a year to the last of a year."""

    first: date
    last: date

    def x(self, day: date) -> float:
        """Where a day stands; one outside the scale at its edge."""
        held = min(max(day, self.first), self.last)
        span = (self.last - self.first).days or 1
        return round(_EDGE + (WIDTH - 2 * _EDGE) * (held - self.first).days / span, 1)

    @property
    def ticks(self) -> list[tuple[float, int]]:
        """The first days of the years, each with its year; every second or fifth where they are many."""
        years = self.last.year - self.first.year + 1
        step = next(step for step in (1, 2, 5, 10, 100) if years / step <= _MOST_TICKS)
        return [(self.x(date(year, 1, 1)), year) for year in range(self.first.year, self.last.year + 1, step)]

    @property
    def quarters(self) -> list[float]:
        """The first days of the quarters between, where there are few years."""
        if self.last.year - self.first.year > 6:
            return []
        years = range(self.first.year, self.last.year + 1)
        return [self.x(date(year, month, 1)) for year in years for month in (4, 7, 10)]


@dataclass(frozen=True)
class Bar:
    """A bar from one place to another. kind: plan (outline), fact (filled), forecast (hatched)."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True)
class Mark:
    """A diamond. kind: plan, first (the first plan, where it was moved), fact, forecast."""

    kind: str
    x: float


@dataclass(frozen=True)
class Slip:
    """A connector from the first plan to the day that is known now, with its days; below zero is early."""

    x: float
    to: float
    days: int


@dataclass(frozen=True)
class Row:
    """The shapes of one row, in the order in which they are drawn."""

    bars: tuple[Bar, ...] = ()
    marks: tuple[Mark, ...] = ()
    slip: Slip | None = None

    @property
    def label(self) -> tuple[float, str]:
        """Where the days of the slip are written, beside everything that is drawn, and how they are anchored there."""
        ends = [bar.x for bar in self.bars] + [bar.x + bar.width for bar in self.bars]
        ends += [mark.x + side for mark in self.marks for side in (-_HALF, _HALF)]
        ends += [self.slip.x, self.slip.to] if self.slip else []
        right = max(ends, default=0.0) + _GAP
        return (right, "start") if right + _LABEL < WIDTH else (min(ends) - _GAP, "end")


@dataclass(frozen=True)
class Gantt:
    """A scale, the day of looking, and a row for each thing drawn."""

    scale: Scale
    today: date
    rows: list[Row] = field(default_factory=list)

    @property
    def today_x(self) -> float | None:
        """Where the day of looking stands; None outside the scale."""
        return self.scale.x(self.today) if self.scale.first <= self.today <= self.scale.last else None


def scale_of(days: Iterable[date | None], years: Iterable[int | None], today: date) -> Scale:
    """A scale on which all of these days and years stand; the day of looking, too, unless it is more than a year away."""
    known = [day for day in days if day is not None]
    known += [date(year, 7, 1) for year in years if year is not None]
    near = [
        day
        for day in (today,)
        if not known or (min(known) <= day + timedelta(366) and day <= max(known) + timedelta(366))
    ]
    known += near
    return Scale(date(min(known).year, 1, 1), date(max(known).year, 12, 31))


def all_days(states: Iterable[MilestoneState]) -> list[date | None]:
    """Every day that the states name."""
    return [day for one in states for day in (one.first_planned_on, one.planned_on, one.forecast_on, one.actual_on)]


def milestone_row(scale: Scale, one: MilestoneState, day: date) -> Row:
    """A milestone of one project: its plans, its forecast or fact, and the slip between."""
    marks = []
    if one.replanned and one.first_planned_on is not None:
        marks.append(Mark("first", scale.x(one.first_planned_on)))
    if one.planned_on is not None:
        marks.append(Mark("plan", scale.x(one.planned_on)))
    if one.actual_on is not None:
        marks.append(Mark("fact", scale.x(one.actual_on)))
    elif one.forecast_on is not None and one.forecast_on >= day:
        marks.append(Mark("forecast", scale.x(one.forecast_on)))
    return Row(marks=tuple(marks), slip=_slip(scale, one.first_planned_on, _end_of(one, day)))


def _end_of(one: MilestoneState, day: date) -> date | None:
    return one.known_on(day) or (one.planned_on if one.replanned else None)


def project_row(scale: Scale, states: Sequence[MilestoneState], day: date) -> Row:
    """A whole project: its plan as an outline, what was done filled, what is expected hatched, and the slip of its end."""
    bars = _bars(
        scale,
        [one.planned_on for one in states],
        started_on(states),
        finished_on(states),
        [_end_of(one, day) for one in states],
        day,
    )
    marks = [
        Mark("fact" if one.met else "plan", scale.x(one.actual_on or one.planned_on or day)) for one in _dated(states)
    ]
    last = max(_dated(states), key=lambda one: (one.planned_on or date.min, one.position), default=None)
    slip = None if last is None else _slip(scale, last.first_planned_on, _end_of(last, day))
    return Row(bars, tuple(marks), slip)


def _dated(states: Sequence[MilestoneState]) -> list[MilestoneState]:
    return [one for one in states if one.actual_on or one.planned_on]


def group_row(scale: Scale, group: TimelineGroup, day: date) -> Row:
    """A plan, heading or department: from its first to its last planned milestone, and from the first to the last that is met.

    Its slip is how far its last milestone is behind the first plan of it; being early is no news of a whole group.
    """
    done = group.last_actual_on if group.milestones and group.met == group.milestones else None
    expected = [group.last_forecast_on, group.last_planned_on]
    bars = _bars(scale, [group.first_planned_on, group.last_planned_on], group.first_actual_on, done, expected, day)
    ends = [done] if done else [*expected, day if group.overdue else None]
    late = max((one for one in ends if one is not None), default=None)
    slip = _slip(scale, group.last_first_planned_on, late)
    return Row(bars, (), slip if slip is not None and slip.days > 0 else None)


def _bars(
    scale: Scale,
    planned: Iterable[date | None],
    begun: date | None,
    done: date | None,
    expected: Iterable[date | None],
    day: date,
) -> tuple[Bar, ...]:
    plan = [one for one in planned if one is not None]
    bars = [_bar(scale, "plan", min(plan), max(plan))] if plan else []
    if begun is not None:
        bars.append(_bar(scale, "fact", begun, done or max(begun, day)))
    end = max([one for one in expected if one is not None], default=None)
    if begun is not None and done is None and end is not None and end > day:
        bars.append(_bar(scale, "forecast", day, end))
    return tuple(bars)


def _bar(scale: Scale, kind: str, first: date, last: date) -> Bar:
    start = scale.x(first)
    return Bar(kind, start, round(max(2.0, scale.x(last) - start), 1))


def _slip(scale: Scale, first: date | None, known: date | None) -> Slip | None:
    if first is None or known is None or first == known:
        return None
    return Slip(scale.x(first), scale.x(known), (known - first).days)
