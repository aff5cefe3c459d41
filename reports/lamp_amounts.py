"""What still has to be done to reach a completion, in amounts a person can act on. Only calculates.

Amounts are rounded up to what is printed, so that doing what the sentence says is enough: 再完成 320 万元, 再核实 1,200 亩.
"""

from collections.abc import Iterable
from fractions import Fraction
from math import floor

from core.errors import N_
from core.money import FEN_PER, typed
from core.units import dimension, text_from_micro
from milestones.schedule import MilestoneState
from reports.findings import Sentence, listed
from reports.progress_math import MILESTONES, MONEY, WORKS, MeasureProgress, ProjectProgress

_WAN = "万元"
_STEP_FEN = FEN_PER[_WAN] // 100  # amounts of money are said to two decimals of 万元
_MICRO = 1_000_000


def at_least(value: Fraction, step: Fraction, *, more: bool = False) -> Fraction:
    """The smallest multiple of a step that is not below the value; with `more` one that is above it."""
    times = floor(value / step)
    return step * (times + (1 if more or value > times * step else 0))


def money_text(fen: int) -> str:
    """An amount in 万元 with separators and no more places than it needs."""
    whole, point, rest = typed(fen, _WAN).partition(".")
    return f"{int(whole):,}{point}{rest}"


def fen_to(threshold: Fraction, held: int, *, more: bool = False) -> int:
    """The fen that are missing from what is held to a threshold, rounded up to what is printed; 0 when none are."""
    return max(0, int(at_least(threshold - held, Fraction(_STEP_FEN), more=more)))


def quantity_text(value: Fraction) -> str:
    """A quantity with separators and no more places than it needs."""
    whole, point, rest = text_from_micro(round(value * _MICRO)).partition(".")
    return f"{int(whole):,}{point}{rest}"


def to_reach(progress: ProjectProgress, basis: str, goal: Fraction, *, more: bool) -> tuple[Sentence, ...]:
    """What brings the completion on this basis to a goal (with `more`: above it), as sentences that all have to be done.

    Empty where nothing on this basis can: the goal lies beyond the whole.
    """
    if basis == MONEY:
        done, estimate = progress.money.numerator or 0, progress.estimate_fen or 0
        missing = fen_to(goal * estimate, done, more=more)
        return (Sentence(N_("再完成 %(amount)s 万元"), {"amount": money_text(missing)}),)
    gain = goal - (progress.works or Fraction(0))
    if basis == MILESTONES:
        return _milestones(progress.milestones, gain, more=more)
    return _works(progress.measures, gain, more=more) if basis == WORKS else ()


def _milestones(milestones: Iterable[MilestoneState], gain: Fraction, *, more: bool) -> tuple[Sentence, ...]:
    names, sum_ = [], Fraction(0)
    for one in sorted(milestones, key=lambda one: one.position):
        if one.met or not one.weight:
            continue
        names.append(one.name)
        sum_ += one.weight / 100
        if sum_ > gain or (sum_ == gain and not more):
            break
    return (Sentence(N_("完成节点：%(names)s"), {"names": listed(names)}),) if names else ()


def _works(measures: Iterable[MeasureProgress], gain: Fraction, *, more: bool) -> tuple[Sentence, ...]:
    """The measures with the most left to give, largest first, until the gain is reached."""
    weighed = [one for one in measures if one.weight and one.planned]
    total = sum((one.weight or Fraction(0) for one in weighed), Fraction(0))
    open_ = [(_left(one) * (one.weight or 0) / total, one) for one in weighed if _left(one) > 0]
    found = []
    for most, one in sorted(open_, key=lambda pair: (-pair[0], pair[1].measure_id)):
        last = most > gain or (most == gain and not more)
        share = gain if last else most
        found.append(_verify(one, share * total / (one.weight or 1), more=more and last))
        if last:
            break
        gain -= most
    return tuple(found)


def _left(one: MeasureProgress) -> Fraction:
    return Fraction(1) - min(Fraction(1), one.completion or Fraction(0))


def _verify(one: MeasureProgress, share: Fraction, *, more: bool) -> Sentence:
    quantity = at_least(share * (one.planned or 0), step_of(one.unit), more=more)
    facts = {"quantity": quantity_text(quantity), "unit": one.unit, "measure": one.measure}
    return Sentence(N_("再核实 %(quantity)s %(unit)s（%(measure)s）"), facts)


def step_of(unit: str) -> Fraction:
    """The smallest quantity that is worth saying: one of a counted thing, else two decimals, four of 万亩 and the like."""
    if dimension(unit).startswith("count of "):
        return Fraction(1) if len(unit) == 1 else Fraction(1, 10_000)
    return Fraction(1, 10_000) if unit[0] in "万亿" else Fraction(1, 100)
