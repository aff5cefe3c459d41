"""What happens in the made-up history of demo_history.py: budget lines, entries, states, and the quarters between them."""

from dataclasses import dataclass
from datetime import date

FIRST, LAST = 20221, 20254  # the quarters that the history covers


@dataclass(frozen=True)
class DemoLeaf:
    """A leaf project as the history needs it. Units: fen."""

    code: str
    top_code: str
    estimate_fen: int
    first_year: int
    last_year: int


@dataclass(frozen=True)
class DemoLine:
    """A yearly budget line, or an adjustment of one that stands."""

    leaf: str
    year: int
    source: str
    amount_fen: int
    carried_fen: int
    on: date
    document: str
    reason: str | None = None


@dataclass(frozen=True)
class DemoEntry:
    """An entry of the ledger and what becomes of it: approved, submitted, draft or rejected; later reversed when it says why."""

    leaf: str
    stage: str
    source: str | None
    amount_fen: int
    on: date
    document: str | None
    note: str
    reduction: bool = False
    fate: str = "approved"
    reversed_because: str | None = None


@dataclass(frozen=True)
class DemoState:
    """A reported state of a top-level project."""

    project: str
    state: str
    on: date
    document: str


Happening = DemoLine | DemoEntry | DemoState


def later(quarter: int, by: int) -> int:
    index = quarter // 10 * 4 + quarter % 10 - 1 + by
    return index // 4 * 10 + index % 4 + 1


def between(first: int, last: int) -> int:
    """How many quarters lie between two; below zero when the first is later."""
    return (last // 10 - first // 10) * 4 + last % 10 - first % 10


def start_day(quarter: int) -> date:
    return date(quarter // 10, quarter % 10 * 3 - 2, 18)
