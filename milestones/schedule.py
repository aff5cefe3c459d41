"""The arithmetic of milestones: weights, completion, slips, what comes next, started and finished. Only calculates.

Source: domain page, sections 3 and 6. Slip rule: a milestone is expected on its actual day; unmet, on the day forecast, unless
that day has passed; overdue, on the day of looking at the earliest. A slip is counted against the first plan and against the
plan now; re-planning therefore never hides a slip.
"""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from core.calendar import last_day, today

WHOLE = Fraction(100)
# The standard kinds in the order in which they are met; free milestones have no place among them.
ORDER = (
    *("approval", "feasibility", "design", "tender", "start"),
    *("main", "finish", "acceptance", "maintained"),
)
BEGUN = ORDER[ORDER.index("start") :]
DONE = ORDER[ORDER.index("finish") :]
BEFORE_DONE = ORDER[: ORDER.index("finish")]


@dataclass(frozen=True)
class MilestoneState:
    """One milestone as of a quarter. Units: `weight` is in percent of its project, exactly; the weights of one add to 100.

    `first_planned_on` is the first day that was ever planned, `planned_on` the plan now; None where none is known.
    The two report ids say which accepted reports the days come from.
    """

    milestone_id: int
    project_id: int
    kind: str
    name: str
    position: int
    weight: Fraction
    first_planned_on: date | None = None
    planned_on: date | None = None
    forecast_on: date | None = None
    actual_on: date | None = None
    actual_report_id: int | None = None
    forecast_report_id: int | None = None

    @property
    def met(self) -> bool:
        return self.actual_on is not None

    @property
    def replanned(self) -> bool:
        return self.first_planned_on != self.planned_on

    def overdue(self, day: date) -> bool:
        """Whether its planned day has passed without it."""
        return not self.met and self.planned_on is not None and self.planned_on < day

    def known_on(self, day: date) -> date | None:
        """The day on which it was met or is now known to be met at the earliest; None while nothing but the plan says."""
        if self.actual_on is not None:
            return self.actual_on
        if self.forecast_on is not None and self.forecast_on >= day:
            return self.forecast_on
        return day if self.overdue(day) else None

    def slip_days(self, day: date) -> int | None:
        """Days behind the first plan; below zero when early, None without a plan or while nothing is known.

        A plan that was moved is itself known: the slip is then counted to the plan now.
        """
        known = self.known_on(day) or (self.planned_on if self.replanned else None)
        return _days(known, self.first_planned_on)

    def slip_from_plan(self, day: date) -> int | None:
        """The same behind the plan now."""
        return _days(self.known_on(day), self.planned_on)

    def days_left(self, day: date) -> int | None:
        """Days until its planned day, below zero when overdue; None when it is met or has no plan."""
        return None if self.met else _days(self.planned_on, day)


def _days(later: date | None, earlier: date | None) -> int | None:
    return None if later is None or earlier is None else (later - earlier).days


def day_as_of(quarter: int) -> date:
    """The day from which a quarter is looked at: its last one, or today while it runs."""
    return min(last_day(quarter), today())


def shared_weights(given: Sequence[Fraction | None]) -> list[Fraction]:
    """The weights in percent, which add to 100: those that are set, and equal shares of the rest for the others (None).

    Where those that are set do not leave what is needed, because a milestone was added or dropped since, they are scaled:
    set ones above 100 leave nothing to share, and set ones alone become 100 in their proportions.
    """
    if not given:
        return []
    held = [weight for weight in given if weight is not None]
    total, others = sum(held, Fraction(0)), len(given) - len(held)
    if not others and total == 0:
        return [WHOLE / len(given)] * len(given)
    scale = WHOLE / total if total > WHOLE or (not others and total) else Fraction(1)
    share = (WHOLE - total * scale) / others if others else Fraction(0)
    return [share if weight is None else weight * scale for weight in given]


def completion(states: Iterable[MilestoneState]) -> Fraction | None:
    """Σ weights met as a ratio, 1 when all are met; None without milestones."""
    found = list(states)
    return sum((one.weight for one in found if one.met), Fraction(0)) / WHOLE if found else None


def next_milestone(states: Iterable[MilestoneState]) -> MilestoneState | None:
    """The unmet one that is planned first, undated ones last; None when all are met."""
    unmet = [one for one in states if not one.met]
    return min(unmet, key=lambda one: (one.planned_on or date.max, one.position), default=None)


def started_on(states: Iterable[MilestoneState]) -> date | None:
    """Since when the project has begun: the day of 开工, or of the first later standard milestone where that is not reported.

    A project without a milestone 开工 has begun with the first milestone that it met.
    """
    found = list(states)
    has_start = any(one.kind == "start" for one in found)
    days = {one.kind: one.actual_on for one in found if one.actual_on is not None}
    if has_start and "start" in days:
        return days["start"]
    met = [one.actual_on for one in found if one.actual_on and (not has_start or one.kind in BEGUN)]
    return min(met, default=None)


def finished_on(states: Iterable[MilestoneState]) -> date | None:
    """The day of 完工, or of a later standard milestone where that is not reported.

    A project without a milestone 完工 is finished with its last milestone, unless that is one that comes before 完工.
    """
    found = sorted(states, key=lambda one: one.position)
    if any(one.kind == "finish" for one in found):
        days = {one.kind: one.actual_on for one in found if one.kind in DONE and one.actual_on is not None}
        return next((days[kind] for kind in DONE if kind in days), None)
    return found[-1].actual_on if found and found[-1].kind not in BEFORE_DONE else None


def out_of_order(states: Iterable[MilestoneState]) -> dict[int, MilestoneState]:
    """Milestones met before one of an earlier kind, by id, each with the latest such one: allowed, and shown as a warning.

    It happens (an urgent work begins before its tender) and it may be a slip of the pen, so a person is to look at it.
    """
    met = [one for one in states if one.met and one.kind in ORDER]
    found: dict[int, MilestoneState] = {}
    for one in met:
        earlier = [
            other
            for other in met
            if ORDER.index(other.kind) < ORDER.index(one.kind)
            and (other.actual_on or date.min) > (one.actual_on or date.max)
        ]
        if earlier:
            found[one.milestone_id] = max(earlier, key=lambda other: other.actual_on or date.min)
    return found


def spread_days(first_year: int, last_year: int, shares: Sequence[int]) -> list[date]:
    """The planned days of milestones that stand at these shares (0 to 100) of the months of some years.

    Each is the last day of the month in which its share of the months is reached, counted half up; a share of 0 is the first
    month. So of 2022–2025 (48 months) a share of 50 is the end of December 2023.
    """
    months = (last_year - first_year + 1) * 12
    days = []
    for share in shares:
        number = max(1, min(months, (2 * share * months + 100) // 200))
        year, month = first_year + (number - 1) // 12, (number - 1) % 12 + 1
        days.append(date(year, month, calendar.monthrange(year, month)[1]))
    return days
