"""Pausing Python's search for reference cycles while a large file is read or a large report is made."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_paused = 0


@contextmanager
def uncollected(*, makes_no_cycles: bool = False) -> Iterator[None]:
    """Nothing is searched for cycles until the block ends.

    Rows that are read or made hold none, and the collector would look through all of them again and again: a third of the time
    of reading 20,000 rows. With `makes_no_cycles` it does not look through it once more at the end either: what there is then
    counts as old, and is looked through with everything else that is old.
    """
    global _paused  # noqa: PLW0603 (the collector is one for the whole process)
    with _lock:
        _paused += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _paused -= 1
            if not _paused:
                if makes_no_cycles:
                    gc.freeze()
                    gc.unfreeze()  # into the oldest generation, without looking at anything
                gc.enable()
