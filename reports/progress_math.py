"""The progress of a project: works, money and time side by side. Only calculates; groups stand in three_figures.py.

Source: domain page, section 6. Verified works count, never reported ones; ratios are exact, and — is None, never 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property

from budgets.rates import Rate
from core.errors import N_
from milestones.schedule import MilestoneState, completion, shared_weights

NOT_KNOWN = Rate(None, None)
WORKS, MILESTONES, MONEY = "works", "milestones", "money"
BASES = {WORKS: N_("工程量"), MILESTONES: N_("节点"), MONEY: N_("项目投资")}


@dataclass(frozen=True)
class MeasureProgress:
    """One measure of a project, as exact fractions of `unit`; None: nothing says so. `weight` is in percent of the project.

    `weight` is None where there is no quantity to reach. `timeless` counts yearly quantities without known years.
    """

    measure_id: int
    measure: str
    unit: str
    planned: Fraction | None = None
    claimed: Fraction | None = None
    verified: Fraction | None = None
    weight: Fraction | None = None
    timeless: int = 0

    @property
    def completion(self) -> Fraction | None:
        """Verified / planned, uncapped; None without a quantity above zero to reach."""
        return None if not self.planned else (self.verified or Fraction(0)) / self.planned

    @property
    def reported(self) -> bool:
        return self.claimed is not None or self.verified is not None


@dataclass(frozen=True)
class ProjectProgress:
    """Where a project stands as of a day. Units: fen; `last_change` is the quarter of the newest fact about it.

    `money` is 投资完成率 and `execution` 预算执行率 of the year. `silent`: nothing at all was ever reported of it.
    """

    project_id: int
    code: str
    name: str
    plan_id: int
    on: date
    first_year: int | None = None
    last_year: int | None = None
    state: str | None = None
    state_since: date | None = None
    measures: tuple[MeasureProgress, ...] = ()
    milestones: tuple[MilestoneState, ...] = ()
    milestones_done: Fraction | None = None
    money: Rate = NOT_KNOWN
    paid_fen: int = 0
    execution: Rate = NOT_KNOWN
    started: bool = False
    finished: bool = False
    finished_on: date | None = None
    planned_start: date | None = None
    planned_end: date | None = None
    last_change: int | None = None
    silent: bool = True

    @property
    def estimate_fen(self) -> int | None:
        return self.money.denominator

    @cached_property
    def works_basis(self) -> str | None:
        """What the works completion is made of: measures, else milestones, else nothing."""
        if any(one.weight is not None for one in self.measures):
            return WORKS
        return None if self.milestones_done is None else MILESTONES

    @cached_property
    def works(self) -> Fraction | None:
        """The works completion, at most 1."""
        return works_completion(self.measures) if self.works_basis == WORKS else self.milestones_done

    @cached_property
    def time(self) -> Fraction | None:
        return time_progress(self.first_year, self.last_year, self.on)

    @cached_property
    def paid_share(self) -> Fraction | None:
        """What was paid of the estimate; None without an estimate."""
        return Fraction(self.paid_fen, self.estimate_fen) if self.estimate_fen else None

    @cached_property
    def judged_by(self) -> tuple[str, Fraction] | None:
        """What lag is judged by, at most 1: works, else milestones, else money; None where none of them can be computed."""
        if self.works_basis is not None and self.works is not None:
            return self.works_basis, self.works
        return None if self.money.value is None else (MONEY, min(Fraction(1), self.money.value))


def works_completion(measures: Iterable[MeasureProgress]) -> Fraction | None:
    """The weighted mean over the measures that have a quantity to reach, each capped at 1; None where there is none."""
    weighed = [
        (one.weight, min(Fraction(1), one.completion)) for one in measures if one.weight and one.completion is not None
    ]
    total = sum((weight for weight, _ in weighed), Fraction(0))
    return sum((weight * done for weight, done in weighed), Fraction(0)) / total if total else None


def measure_weights(leaves: Iterable[Mapping[int, Fraction | None]]) -> dict[int, Fraction]:
    """The weights of the measures of a project in percent; they add to 100. Leaves with measures count alike.

    Each leaf gives its measures with the weights that are set; None is an equal share of the rest.
    """
    weighed = [leaf for leaf in leaves if leaf]
    found: dict[int, Fraction] = {}
    for leaf in weighed:
        for measure_id, weight in zip(leaf, shared_weights(list(leaf.values())), strict=True):
            found[measure_id] = found.get(measure_id, Fraction(0)) + weight / len(weighed)
    return found


def milestones_done(own: Sequence[MilestoneState], of_parts: Iterable[Sequence[MilestoneState]]) -> Fraction | None:
    """Σ weights of milestones met: of the project's own, else the mean of those parts that have milestones."""
    if own:
        return completion(own)
    known = [done for one in of_parts if (done := completion(one)) is not None]
    return sum(known, Fraction(0)) / len(known) if known else None


def whole_months(first_year: int, on: date) -> int:
    """Whole months from January of a year up to a day; a month counts from its last day on."""
    ended = (on + timedelta(days=1)).day == 1
    return (on.year - first_year) * 12 + on.month - (0 if ended else 1)


def time_progress(first_year: int | None, last_year: int | None, on: date) -> Fraction | None:
    """Whole months that have passed / months of the years, from 0 to 1: of 2022–2025 at the end of 2024 36/48.

    None without both years.
    """
    if first_year is None or last_year is None or last_year < first_year:
        return None
    months = (last_year - first_year + 1) * 12
    return Fraction(min(months, max(0, whole_months(first_year, on))), months)


def planned_end(milestones: Iterable[MilestoneState], last_year: int | None) -> date | None:
    """The planned day of 完工, else the end of the last year; None where neither is known."""
    days = [one.planned_on for one in milestones if one.kind == "finish" and one.planned_on is not None]
    return max(days) if days else None if last_year is None else date(last_year, 12, 31)
