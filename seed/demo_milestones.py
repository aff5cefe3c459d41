"""How the milestones of the made-up history fare: when they are planned, met, expected, moved, and what goes wrong.

Only calculates. Each leaf takes the milestones of the template of its type; their days follow the building of the leaf
(demo_records.DemoTrack), so that milestones, states and money tell the same story.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from core.calendar import last_day, next_quarter, quarter_of
from seed.demo_records import LAST, LAST_DAY, DemoTrack

# Which template each project of the plan takes; construction of other kinds goes through the stages of river works.
_TEMPLATES = {
    "afforestation": ("01", "03"),
    "monitoring": ("02", "17"),
    "platform": ("04", "12", "15", "18", "33", "34", "35", "36"),
    "mine": ("05",),
    "soil-conservation": ("06",),
    "pipes": ("09", "10-3"),
    "rural": ("10-1", "14", "16", "21", "22", "23", "25", "26"),
    "sewage-plant": ("10-2",),
    "wetland": ("11",),
}
OTHERWISE = "river"
_FINAL = ("finish", "main", "acceptance")  # what the end of the building is: the first of these that a template has
_WHY = (
    "征地拆迁滞后，按实际进度调整节点计划（演示）",
    "汛期停工和材料供应影响，顺延完工（演示）",
    "资金到位较晚，经主管部门同意调整工期（演示）",
)


def template_of(code: str) -> str:
    """The key of the template that a leaf takes."""
    number = code.partition("-")[2]
    return next((key for key, numbers in _TEMPLATES.items() if number in numbers), OTHERWISE)


@dataclass(frozen=True)
class DemoStep:
    """A milestone of a template: its kind, and the share of the time after which it usually comes (0 to 100)."""

    kind: str
    share: int


@dataclass(frozen=True)
class DemoMet:
    """A report that a milestone was met, and what becomes of it. `corrected_to`: a later report says another day.

    `fate` may also be withdrawn: accepted, and taken back later.
    """

    step: int
    on: date
    fate: str = "approved"
    corrected_to: date | None = None


@dataclass(frozen=True)
class DemoExpected:
    """A forecast: on which day a milestone is expected, said on another."""

    step: int
    said_on: date
    on: date


@dataclass(frozen=True)
class DemoMoved:
    """A milestone that is planned anew."""

    step: int
    to: date
    from_quarter: int
    document: str
    reason: str


@dataclass(frozen=True)
class DemoSchedule:
    """Everything about the milestones of one leaf: the first plan of each, and what follows."""

    planned: tuple[date, ...]
    met: tuple[DemoMet, ...] = ()
    expected: tuple[DemoExpected, ...] = ()
    moved: tuple[DemoMoved, ...] = ()


def schedule(track: DemoTrack, steps: Sequence[DemoStep], seed: int, *, silent: bool = False) -> DemoSchedule:
    """The milestones of a leaf. `silent`: it spends without ever reporting one."""
    chance = random.Random(f"{seed} milestones {track.leaf.code}")  # noqa: S311 (the same seed is to give the same history)
    planned = tuple(_planned(track, steps))
    if track.begun_on is None:
        return DemoSchedule(planned, (DemoMet(0, planned[0] + timedelta(chance.randint(10, 60))),))
    if silent:
        return DemoSchedule(planned)
    days = _days(track, steps, planned, chance)
    final = _final(steps)
    met = [DemoMet(number, day, _fate(day, chance)) for number, day in enumerate(days) if day <= LAST_DAY]
    moved = tuple(_moved(planned, days, final, chance))
    unmet = [number for number, day in enumerate(days) if day > LAST_DAY]
    expected = [DemoExpected(unmet[0], date(2025, 12, 15), max(days[unmet[0]], date(2026, 1, 31)))] if unmet else []
    return DemoSchedule(planned, tuple(met), tuple(expected), moved)


def with_slips(
    schedules: Mapping[str, DemoSchedule], steps: Mapping[str, Sequence[DemoStep]]
) -> dict[str, DemoSchedule]:
    """The same with what goes wrong: a day that is corrected, one that is withdrawn, a start before its tender."""
    found = dict(schedules)
    done = [code for code, one in found.items() if len(one.met) == len(one.planned) and not one.expected]
    if len(done) >= 3:
        found[done[0]] = _changed(found[done[0]], 1, corrected_by=-12)
        last = found[done[-1]]
        found[done[-1]] = _changed(last, len(last.met) - 1, fate="withdrawn")
        tender = next((n for n, one in enumerate(steps[done[1]]) if one.kind == "tender"), None)
        if tender is not None:
            found[done[1]] = _changed(found[done[1]], tender, later_by=75)
    return found


def _changed(
    one: DemoSchedule, place: int, *, corrected_by: int = 0, later_by: int = 0, fate: str | None = None
) -> DemoSchedule:
    met = list(one.met)
    held = met[place]
    corrected = held.on + timedelta(corrected_by) if corrected_by else None
    met[place] = DemoMet(held.step, held.on + timedelta(later_by), fate or held.fate, corrected)
    return DemoSchedule(one.planned, tuple(met), one.expected, one.moved)


def _planned(track: DemoTrack, steps: Sequence[DemoStep]) -> Iterator[date]:
    """The first plan: work begins by the end of April of the first year, and the last milestone ends the last year."""
    first, last = date(track.leaf.first_year, 4, 30), date(track.leaf.last_year, 12, 31)
    begin = _start_share(steps)
    for one in steps:
        if one.share <= begin:
            yield first - timedelta(150 * (begin - one.share) // max(begin, 1))
        else:
            part = Fraction(one.share - begin, 100 - begin)
            yield _month_end(first + timedelta((last - first).days * part.numerator // part.denominator))


def _start_share(steps: Sequence[DemoStep]) -> int:
    return next(one.share for one in steps if one.kind == "start")


def _final(steps: Sequence[DemoStep]) -> int:
    """The place of the milestone that ends the building."""
    kinds = [one.kind for one in steps]
    return kinds.index(next(kind for kind in _FINAL if kind in kinds))


def _days(
    track: DemoTrack, steps: Sequence[DemoStep], planned: Sequence[date], chance: random.Random
) -> tuple[date, ...]:
    """The day on which each milestone was met, or will be."""
    begun, end = track.begun_on, track.expected_end
    assert begun is not None
    assert end is not None
    begin, final = _start_share(steps), _final(steps)
    until, start = steps[final].share, next(n for n, one in enumerate(steps) if one.kind == "start")
    days: list[date] = []
    for number, one in enumerate(steps):
        if number < start:
            ahead = (planned[start] - planned[number]).days
            day = begun - timedelta(ahead * chance.randint(60, 110) // 100 + 1)
            days.append(max([*days[-1:], day]))
        elif number == start:
            days.append(begun)
        elif number < final:
            part = (one.share - begin) * 100 // (until - begin) + chance.randint(-3, 3)
            days.append(min(end, begun + timedelta((end - begun).days * max(part, 1) // 100)))
        elif number == final:
            days.append(end)
        else:
            days.append(_after(track, one, end))
    return tuple(days)


def _after(track: DemoTrack, step: DemoStep, end: date) -> date:
    """Acceptance comes half a year after the end, the end of tending a year."""
    if step.kind == "acceptance" and track.accepted_on is not None:
        return track.accepted_on
    return end + timedelta(170 if step.kind in ("acceptance", "finish") else 365)


def _moved(planned: Sequence[date], days: Sequence[date], final: int, chance: random.Random) -> Iterator[DemoMoved]:
    """Of the projects that are late about half are planned anew when the day passes; the others just slip."""
    for number in range(final, len(days)):
        late = (days[number] - planned[number]).days
        if late > 90 and (number > final or chance.random() < 0.6):
            quarter = min(max(quarter_of(planned[number]), 20222), LAST)
            year = quarter // 10
            document = f"演示节点调整批复〔{year}〕{chance.randint(3, 60)}号"
            yield DemoMoved(number, _month_end(days[number]), quarter, document, chance.choice(_WHY))
        elif number == final:
            return


def _month_end(day: date) -> date:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return following - timedelta(1)


def _fate(day: date, chance: random.Random) -> str:
    """Of the last quarter some reports still wait, and some are drafts."""
    if day <= last_day(20253):
        return "approved"
    draw = chance.random()
    return "draft" if draw < 0.2 else "submitted" if draw < 0.75 else "approved"


def first_quarter_of(track: DemoTrack) -> int:
    """The quarter from which the milestones of a leaf hold."""
    return max(track.leaf.first_year * 10 + 1, next_quarter(20214))
