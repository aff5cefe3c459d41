"""Trying a check on many inputs: a fixed choice of them in the suite, ever new ones until the time is over in a long run."""

import random
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import HypothesisException, HypothesisWarning
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")
_ROUND = 400  # inputs of one seed in a long run
_PHASES = (Phase.explicit, Phase.generate, Phase.shrink)


@dataclass
class Tried:
    """How much was tried."""

    inputs: int = 0
    seconds: float = 0.0

    def __add__(self, other: "Tried") -> "Tried":
        return Tried(self.inputs + other.inputs, self.seconds + other.seconds)


def tried(
    check: Callable[[T], None],
    inputs: SearchStrategy[T],
    *,
    count: int,
    seconds: float | None = None,
    shrink: bool = True,
) -> Tried:
    """Hands inputs to the check: always the same `count` of them, or new ones for so many seconds.

    Errors: whatever the check raises, for the smallest input that was found; a long run prints its seed before.
    """
    found = Tried()

    def one(given_input: T) -> None:
        found.inputs += 1
        try:
            check(given_input)
        except Exception as error:
            if not isinstance(error, HypothesisException):
                error.add_note(f"input: {given_input!r}"[:400])
            raise

    began = time.monotonic()
    phases = _PHASES if shrink else _PHASES[:2]
    rules = settings(
        max_examples=count if seconds is None else _ROUND,
        derandomize=seconds is None,
        database=None,
        deadline=None,
        phases=phases,
        verbosity=Verbosity.quiet,  # the note says the input, and no more than is worth reading
        suppress_health_check=list(HealthCheck),
    )
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", HypothesisWarning
        )  # of inputs whose text is long, which is nothing to be told of
        _go(one, inputs, rules, began, seconds)
    found.seconds = time.monotonic() - began
    return found


def _go(
    one: Callable[[T], None], inputs: SearchStrategy[T], rules: settings, began: float, seconds: float | None
) -> None:
    if seconds is None:
        rules(given(inputs)(one))()
    while seconds is not None and time.monotonic() - began < seconds:
        chosen = random.SystemRandom().getrandbits(48)
        try:
            seed(chosen)(rules(given(inputs)(one)))()
        except BaseException:
            print(f"found with seed {chosen}")
            raise
