"""The three completion figures of a group side by side, and what they hide in words. Only calculates.

Source: domain page, section 6: by count, by investment and by works, never one of them alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import lcm

from budgets.rates import Rate
from core.errors import N_
from reports.findings import DOMINANT, Dominance, Sentence, percent

# Source: domain page, section 6: figures that differ by more points than this say different things.
APART = Fraction(20, 100)


@dataclass(frozen=True)
class MeasureFigure:
    """Σ verified / Σ target of one measure of a group, uncapped. Units: exact fractions of `unit`.

    `surviving` is only of what was `checked` of the verified; `unreported` leaves of the group say nothing of the measure.
    """

    measure_id: int
    measure: str
    unit: str
    planned: Fraction | None
    claimed: Fraction | None
    verified: Fraction | None
    surviving: Fraction | None = None
    checked: Fraction | None = None
    unreported: int = 0

    @property
    def value(self) -> Fraction | None:
        return None if not self.planned else (self.verified or Fraction(0)) / self.planned

    @property
    def exact(self) -> list[int | None]:
        """Verified and target as a pair of whole numbers in the same proportion, not reduced where they are whole already."""
        if self.planned is None:
            return [None, None]
        done = self.verified or Fraction(0)
        scale = lcm(done.denominator, self.planned.denominator)
        return [int(done * scale), int(self.planned * scale)]


@dataclass(frozen=True)
class ProgressWarning:
    """What the three figures of a group hide, in words: `dominance` of one project, or `divergence` of the figures."""

    kind: str
    sentence: Sentence
    code: str | None = None
    name: str | None = None
    share: Rate | None = None


@dataclass(frozen=True)
class GroupProgress:
    """The three completion figures of a group side by side; a None key is the group of the unknown.

    `by_count` is finished projects / projects, `by_investment` work done / estimate of what has one.
    """

    keys: tuple[str | int | None, ...]
    by_count: Rate
    by_investment: Rate
    by_works: tuple[MeasureFigure, ...]
    without_estimate: int
    unreported: int = 0
    dominant: tuple[Dominance, ...] = field(default_factory=tuple)
    ids: tuple[int | None, ...] = ()
    whole: bool = False  # whether the group is everything, or all of a plan

    @property
    def warnings(self) -> tuple[ProgressWarning, ...]:
        found = [
            ProgressWarning(
                "dominance",
                self._dominance(one),
                one.code,
                one.name,
                Rate(one.estimate_fen, self.by_investment.denominator),
            )
            for one in self.dominant
        ]
        apart = divergence(self.by_count, self.by_investment, self.by_works)
        return (*found, *(() if apart is None else (ProgressWarning("divergence", apart),)))

    def _dominance(self, one: Dominance) -> Sentence:
        """Of everything it is the share of the total, of a smaller group that of the group."""
        if self.whole:
            return one.finding
        facts = {"name": one.name, "share": percent(one.share)}
        return Sentence(N_("%(name)s一项占本组投资估算的 %(share)s%%"), facts)


def divergence(by_count: Rate, by_investment: Rate, by_works: Iterable[MeasureFigure]) -> Sentence | None:
    """What to say where the largest and the smallest figure differ by more than 20 points; None where they do not."""
    named = [
        (Sentence(N_("按项目数")), by_count.value),
        (Sentence(N_("按投资")), by_investment.value),
        *((Sentence(N_("按%(measure)s"), {"measure": one.measure}), one.value) for one in by_works),
    ]
    known = [(name, value) for name, value in named if value is not None]
    if len(known) < 2:
        return None
    largest, smallest = max(known, key=lambda one: one[1]), min(known, key=lambda one: one[1])
    if largest[1] - smallest[1] <= APART:
        return None
    facts = {
        "largest": largest[0],
        "high": percent(largest[1]),
        "smallest": smallest[0],
        "low": percent(smallest[1]),
        "points": percent(largest[1] - smallest[1]),
    }
    return Sentence(
        N_("%(largest)s完成 %(high)s%%，%(smallest)s只完成 %(low)s%%，相差 %(points)s 个百分点，不能只看其中一个"),
        facts,
    )


def dominating(projects: Sequence[tuple[str, str, int | None]]) -> tuple[Dominance, ...]:
    """Those (code, name, fen) that hold 30 % or more of what all of them are estimated at, largest first.

    A group of one project says nothing by being all of it.
    """
    known = [(code, name, fen) for code, name, fen in projects if fen]
    total = sum(fen for _, _, fen in known)
    found = [Dominance(code, name, fen, Fraction(fen, total)) for code, name, fen in known if len(projects) > 1]
    return tuple(sorted((one for one in found if one.share >= DOMINANT), key=lambda one: (-one.share, one.code)))


@dataclass(frozen=True)
class DueYear:
    """What is planned to be finished by the end of a year, since the beginning; `finished` is how many of all really are.

    Units: fen. The estimate is of what has one.
    """

    year: int
    projects: Rate
    investment: Rate


def due_years(projects: Sequence[tuple[date | None, int | None]]) -> tuple[DueYear, ...]:
    """The (planned end, fen) of projects added up year by year. Projects without a planned end stay in the denominators."""
    years = sorted({end.year for end, _ in projects if end is not None})
    total = sum(fen for _, fen in projects if fen is not None) if any(fen is not None for _, fen in projects) else None
    found = []
    for year in years:
        due = [fen for end, fen in projects if end is not None and end.year <= year]
        due_fen = None if total is None else sum(fen for fen in due if fen is not None)
        found.append(DueYear(year, Rate(len(due), len(projects)), Rate(due_fen, total)))
    return tuple(found)
