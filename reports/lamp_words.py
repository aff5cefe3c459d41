"""The colours of lamps and the pieces of their sentences. Only calculates."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from core.errors import N_
from reports.findings import Sentence

RED, YELLOW, BLUE, GREEN, GREY = "red", "yellow", "blue", "green", "grey"
# The worst first; a project's lamp is the worst of its rules.
COLOURS = {RED: N_("红"), YELLOW: N_("黄"), BLUE: N_("蓝"), GREEN: N_("绿"), GREY: N_("灰")}
WORST_FIRST = tuple(COLOURS)


@dataclass(frozen=True)
class Finding:
    """One thing that a rule found: its colour, why, and what all has to be done for green.

    `way` gives the last when it is asked for: of a province's lamps most are only counted.
    """

    colour: str
    reason: Sentence
    way: Callable[[], tuple[Sentence, ...]] = tuple


def one_way(text: str, **facts: object) -> Callable[[], tuple[Sentence, ...]]:
    """The one thing that is to be done, as a finding takes it."""
    return lambda: (Sentence(text, facts),)


def worst_of(colours: Sequence[str]) -> str:
    """The worst of several colours; grey of none."""
    return min(colours, key=WORST_FIRST.index, default=GREY)


def points(share: Fraction) -> str:
    """A share in percent or points as sentences say it: rounded half up to two decimals, without zeros at the end."""
    hundredths = (abs(share.numerator) * 20_000 + share.denominator) // (2 * share.denominator)
    text = f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".")
    return f"-{text}" if share < 0 and hundredths else text
