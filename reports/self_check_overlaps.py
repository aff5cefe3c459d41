"""What may count twice, for the self-check: by cuts, where the figures place works in one another (milestones/overlapping.py).

By the theorem of cuts the most that fits is the least, over every choice of inner ones, of what the others have and what those
chosen may lie in.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from fractions import Fraction
from itertools import chain, combinations
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def twice_by_cuts(sizes: Mapping[Key, Fraction], pairs: Iterable[tuple[Key, Key]]) -> Fraction | None:
    """The most that may be counted twice; None where nothing may.

    Shape: `pairs` are (inner, outer). Those that nothing connects are judged apart, so that few choices are tried.
    """
    known = {(one, other) for one, other in pairs if one != other and sizes.get(one) and sizes.get(other)}
    found = Fraction(0)
    while known:
        group = {known.pop()}
        while more := {pair for pair in known if any(pair[0] == one[0] or pair[1] == one[1] for one in group)}:
            group |= more
            known -= more
        found += _least(sizes, group)
    return found or None


def _least(sizes: Mapping[Key, Fraction], pairs: set[tuple[Key, Key]]) -> Fraction:
    outside: dict[Key, set[Key]] = defaultdict(set)
    for one, other in pairs:
        outside[one].add(other)
    # Those that may lie in the very same others, such as the parts of a package, are chosen together.
    alike: dict[frozenset[Key], Fraction] = defaultdict(Fraction)
    for one, others in outside.items():
        alike[frozenset(others)] += sizes[one]
    choices = chain.from_iterable(combinations(alike, size) for size in range(len(alike) + 1))
    return min(
        sum((size for others, size in alike.items() if others not in chosen), Fraction(0))
        + sum((sizes[other] for other in frozenset().union(*chosen)), Fraction(0))
        for chosen in choices
    )
