"""The five series of one indicator as a chart: where each point, line and label stands. For drawing only; values stay exact."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from core.calendar import quarter_name
from core.errors import N_
from reports.indicator_series import IndicatorSeries, Point
from web.printed import decimal

LEFT, RIGHT, TOP, BOTTOM = 64, 560, 14, 232
WIDTH, HEIGHT = 720, 264
_LABEL_GAP = 14  # a label's height, so that no two lie on one another
_TICKS = 5


@dataclass(frozen=True)
class Label:
    """The value at the end of a series, beside its mark. `name` is a word to be translated."""

    kind: str
    name: str
    value: str
    x: float
    y: float
    text_y: float


@dataclass(frozen=True)
class SeriesChart:
    """Lines as points of a polyline, dots as (x, y, quarter, value), ticks as (place, text); empty where there is nothing."""

    lines: dict[str, str] = field(default_factory=dict)
    dots: dict[str, list[tuple[float, float, int, str]]] = field(default_factory=dict)
    band: str = ""
    labels: tuple[Label, ...] = ()
    y_ticks: tuple[tuple[float, str], ...] = ()
    x_ticks: tuple[tuple[float, str], ...] = ()
    as_of: float | None = None


def series_chart(series: IndicatorSeries, plan_years: tuple[int, int], as_of: int) -> SeriesChart | None:
    """The chart; None where fewer than two values are known."""
    one = series.figures
    goal = one.target.goal
    start = Fraction(0) if one.terms.change else one.terms.baseline
    ends = [one.if_all_finished, one.if_all_finished_low, one.if_commitments_kept, one.if_commitments_kept_low]
    goals = [] if goal is None else [goal.value, goal.high]
    known = [value for value in (start, *ends, *goals) if value is not None]
    known += [point.value for point in (*series.official, *series.rolled_up) if point.value is not None]
    if len(known) < 2:
        return None
    begin = (one.baseline_year or plan_years[0] - 1) * 10 + 4
    last = plan_years[1] * 10 + 4
    quarters = [point.quarter for point in (*series.official, *series.rolled_up)]
    goal_at = last if goal is None or goal.year is None else goal.year * 10 + 4
    place = _Place(min([begin, *quarters]), max([last, goal_at, as_of, *quarters]), _scale(known))
    lines = {
        "official": place.polyline(series.official),
        "rolled": place.polyline([*_beginning(begin, start, series.rolled_up), *series.rolled_up]),
        "straight": place.polyline(series.line),
        "finished": place.polyline([Point(begin, start), Point(last, one.if_all_finished)]),
        "low": place.polyline([Point(begin, start), Point(last, one.if_all_finished_low)]),
    }
    dots = {
        "official": place.dots(series.official),
        "rolled": place.dots(series.rolled_up),
    }
    band = ""
    if goal is not None and start is not None:
        far = goal.value if goal.high is None else goal.high
        corners = [Point(begin, start), Point(goal_at, goal.value), Point(goal_at, far), Point(begin, far)]
        band = place.polyline(corners)
    latest = series.official[-1] if series.official else Point(as_of, None)
    marks = [
        ("target", N_("目标"), Point(goal_at, None if goal is None else goal.value)),
        ("target", N_("目标上限"), Point(goal_at, None if goal is None else goal.high)),
        ("finished", N_("规划支撑值"), Point(last, one.if_all_finished)),
        ("low", N_("规划支撑值（低值）"), Point(last, one.if_all_finished_low)),
        ("kept", N_("任务目标值"), Point(last, one.if_commitments_kept)),
        ("official", N_("监测值"), latest),
        ("rolled", N_("推算值"), series.rolled_up[-1]),
    ]
    return SeriesChart(
        lines={kind: points for kind, points in lines.items() if " " in points},
        dots=dots,
        band=band,
        labels=_labels(place, marks),
        y_ticks=tuple((place.y(value), decimal(value)) for value in place.ticks),
        x_ticks=tuple((place.x(year * 10 + 4), str(year)) for year in range(place.first // 10, place.last // 10 + 1)),
        as_of=place.x(as_of) if place.first <= as_of <= place.last else None,
    )


def _beginning(begin: int, start: Fraction | None, points: Sequence[Point]) -> list[Point]:
    """A roll-up begins at the baseline where its first point is known; before something counted there is nothing to draw."""
    return [Point(begin, start)] if points and points[0].value is not None else []


def _labels(place: "_Place", marks: Iterable[tuple[str, str, Point]]) -> tuple[Label, ...]:
    """The labels from top to bottom, moved apart where they would touch."""
    known = [
        (place.y(point.value), kind, name, point)
        for kind, name, point in marks
        if point.value is not None and point.quarter >= place.first
    ]
    found: list[Label] = []
    lowest = float(TOP) - _LABEL_GAP
    for y, kind, name, point in sorted(known, key=lambda one: one[0]):
        lowest = max(y, lowest + _LABEL_GAP)
        found.append(Label(kind, name, decimal(point.value), place.x(point.quarter), y, round(lowest, 1)))
    over = max(0.0, lowest - HEIGHT + 12)
    return tuple(
        Label(one.kind, one.name, one.value, one.x, one.y, round(one.text_y - over, 1)) if over else one
        for one in found
    )


def _scale(values: Sequence[Fraction]) -> list[Fraction]:
    """Round values of an axis that begins below the smallest and ends above the largest."""
    low, high = min(values), max(values)
    span = high - low or abs(high) or Fraction(1)
    power = Fraction(1)
    while power * 10 <= span:
        power *= 10
    while power > span:
        power /= 10
    step = next(
        power * one
        for one in (Fraction(1, 10), Fraction(1, 5), Fraction(1, 2), 1, 2, 5)
        if power * one * _TICKS >= span
    )
    first = low // step * step
    found = [first]
    while found[-1] < high:
        found.append(found[-1] + step)
    return found if len(found) > 1 else [first, first + step]


@dataclass(frozen=True)
class _Place:
    """Where quarters and values stand on the drawing."""

    first: int
    last: int
    ticks: list[Fraction]

    def x(self, quarter: int) -> float:
        passed, whole = _quarters(self.first, quarter), _quarters(self.first, self.last) or 1
        return round(LEFT + (RIGHT - LEFT) * passed / whole, 1)

    def y(self, value: Fraction) -> float:
        share = (value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0])
        return round(BOTTOM - (BOTTOM - TOP) * float(share), 1)

    def polyline(self, points: Iterable[Point]) -> str:
        """The points that have a value; nothing where one of two ends has none."""
        return " ".join(f"{self.x(one.quarter)},{self.y(one.value)}" for one in points if one.value is not None)

    def dots(self, points: Iterable[Point]) -> list[tuple[float, float, int, str]]:
        return [
            (self.x(one.quarter), self.y(one.value), one.quarter, decimal(one.value))
            for one in points
            if one.value is not None
        ]


def _quarters(first: int, second: int) -> int:
    return (second // 10 - first // 10) * 4 + second % 10 - first % 10


def table_of(series: IndicatorSeries) -> list[tuple[str, int, dict[str, Fraction | None]]]:
    """The values by quarter, for the data table: official, rolled up and the straight line."""
    rows: dict[int, dict[str, Fraction | None]] = {}
    for name, points in (("official", series.official), ("rolled", series.rolled_up), ("straight", series.line)):
        for one in points:
            rows.setdefault(one.quarter, {})[name] = one.value
    return [(quarter_name(quarter), quarter, rows[quarter]) for quarter in sorted(rows)]
