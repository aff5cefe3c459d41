"""Pausing Python's search for reference cycles while a large file is read."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_paused = 0


@contextmanager
def uncollected() -> Iterator[None]:
    """Nothing is searched for cycles until the block ends.

    What a file is read into holds none, and the collector would look through all of it again and again: a third of the time of
    reading 20,000 rows.
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
                gc.enable()
