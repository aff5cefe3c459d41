"""Cycles are searched for seldom inside, never not at all, and as usual afterwards."""

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator

import pytest

from core.collecting import SELDOM, seldom_collected

_MANY_BLOCKS = """
import gc
from core.collecting import seldom_collected

gc.collect()
before, held = gc.get_stats()[2]["collections"], []
for _ in range(300):
    with seldom_collected():
        held.append([[number] for number in range(3_000)])
print(gc.get_stats()[2]["collections"] - before)
"""


class _Cycle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def usual() -> Iterator[tuple[int, int, int]]:
    """Python's own thresholds, whatever the test bed has set."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    yield gc.get_threshold()
    assert gc.get_threshold() == (700, 10, 10)
    assert gc.isenabled()
    gc.set_threshold(*before)


def test_the_search_is_seldom_inside_and_as_usual_afterwards(usual: tuple[int, int, int]) -> None:
    assert usual[0] < SELDOM[0]
    with seldom_collected():
        assert gc.get_threshold() == SELDOM
        with seldom_collected():
            pass
        assert gc.get_threshold() == SELDOM
    assert gc.get_threshold() == usual


def test_the_search_goes_on_as_usual_after_an_error(usual: tuple[int, int, int]) -> None:
    with pytest.raises(ZeroDivisionError), seldom_collected():
        raise ZeroDivisionError
    assert gc.get_threshold() == usual


def test_a_cycle_that_is_left_inside_does_not_stay_for_as_long_as_the_block() -> None:
    """One block begins before the other ends, as reports do that many people look at."""
    with seldom_collected():
        left = weakref.ref(_Cycle())
        assert left() is not None
        kept = [[number] for number in range(2 * SELDOM[0])]
        assert left() is None
    assert len(kept) == 2 * SELDOM[0]


def test_blocks_do_not_keep_what_is_old_from_being_searched() -> None:
    """What a block leaves is counted: the oldest are looked through again after some time.

    In a process of its own: how long that takes depends on how much a process holds.
    """
    ended = subprocess.run([sys.executable, "-c", _MANY_BLOCKS], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert int(ended.stdout) > 0
