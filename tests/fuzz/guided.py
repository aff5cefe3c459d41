"""Inputs guided by what they reach: the parsers are watched line by line, and what leads to a new line is varied further.

    python -m tests.fuzz.guided FOLDER -runs=5000 -seed=1        what comes after the folder are options of libFuzzer

A process of its own: it never returns, and ends with 77 at the first input that a parser neither takes nor refuses as it says.
The folder holds the inputs that it begins from, and those that it found worth keeping.
"""

import resource
import sys
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["core", "budgets", "milestones", "portfolio", "reports", "seed", "web"]):
    from tests.fuzz.parsers import BYTES, TEXTS, Parser

PARSERS = (*TEXTS, *BYTES)
MOST_SECONDS = 20.0  # of the processor for one input, whose way is written down meanwhile
MOST_BYTES = 2 << 30  # that an input may take beyond what the process holds when it begins


def chosen(given: bytes) -> tuple[Parser, object]:
    """The parser that the first byte names, and its input."""
    parser = PARSERS[given[0] % len(PARSERS)]
    rest = given[1:]
    return parser, rest if parser in BYTES else rest.decode("utf-8", "surrogateescape")


def write_models(folder: Path) -> None:
    """One file for each model of each parser."""
    for number, parser in enumerate(PARSERS):
        for which, model in enumerate(parser.models):
            content = model if isinstance(model, bytes) else str(model).encode()
            (folder / f"{number}-{which}").write_bytes(bytes([number]) + content)


def try_one(given: bytes) -> None:
    """Errors: whatever the parser raises but its refusals; AssertionError when it takes too long."""
    if not given:
        return
    parser, content = chosen(given)
    began = time.thread_time()
    try:
        parser.read(content)
    except parser.refuses:
        pass
    except Exception:
        print(f"{parser.name}: {content!r}"[:400], file=sys.stderr)
        raise
    assert time.thread_time() - began < MOST_SECONDS, f"{parser.name} takes too long: {content!r}"[:400]


def limit_memory() -> None:
    """A parser that asks for more gets a MemoryError, which names it.

    libFuzzer's own limit is switched off: it measures the peak of the process, which Linux counts from the peak of the one that
    started it (getrusage(2), ru_maxrss), so that a big test before this one would end it.
    """
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (held + MOST_BYTES, hard))


def main() -> None:
    folder = Path(sys.argv[1])
    write_models(folder)
    atheris.Setup([sys.argv[0], *sys.argv[2:], "-rss_limit_mb=0", str(folder)], try_one)
    limit_memory()
    atheris.Fuzz()


if __name__ == "__main__":
    main()
