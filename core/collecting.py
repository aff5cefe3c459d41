"""Python's search for reference cycles, made seldom while a large file is read or a large report is made."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# New objects before the youngest are looked through; Python's own are 700, 10, 10. They are looked through at some time in any
# case: a server in which one report or another is always being made would otherwise keep every cycle that a request leaves.
SELDOM = (500_000, 10, 10)
_lock = threading.Lock()
_blocks = 0
_usual = gc.get_threshold()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Cycles are searched for after far more new objects than usual, until the block ends.

    Rows that are read or made hold none, and the collector would look through all of them again and again: a third of the time
    of reading 20,000 rows.
    """
    global _blocks, _usual  # noqa: PLW0603 (the collector is one for the whole process)
    with _lock:
        if not _blocks:
            _usual = gc.get_threshold()
            gc.set_threshold(*SELDOM)
        _blocks += 1
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            if not _blocks:
                gc.set_threshold(*_usual)
