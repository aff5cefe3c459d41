"""What happens in the made-up history: budget lines, entries, states, how the building went, and the quarters between them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from core.calendar import last_day, quarter_of

FIRST, LAST = 20221, 20254  # the quarters that the history covers
LAST_FINISH = 20253  # what is finished in the last quarter is not reported yet
LAST_DAY = last_day(LAST)


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


@dataclass(frozen=True)
class DemoTrack:
    """How the building of a leaf went, as its money tells: works and milestones follow it.

    `done` is what was done by the end of each quarter in which something was, as a share of the whole; of what is finished the
    last one is 1. Without `begun_on` it never began.
    """

    leaf: DemoLeaf
    begun_on: date | None = None
    finished_on: date | None = None
    done: tuple[tuple[int, Fraction], ...] = ()

    @property
    def accepted_on(self) -> date | None:
        return None if self.finished_on is None else accepted_day(quarter_of(self.finished_on))

    def share(self, quarter: int) -> Fraction:
        """What is done by the end of a quarter."""
        return max((share for of, share in self.done if of <= quarter), default=Fraction(0))

    @property
    def expected_end(self) -> date | None:
        """The day on which it is finished, or will be when it goes on as it went."""
        if self.begun_on is None or self.finished_on is not None:
            return self.finished_on
        share = max(self.share(LAST), Fraction(1, 4))
        return self.begun_on + timedelta(int((LAST_DAY - self.begun_on).days / share))


def tracks(leaves: Sequence[DemoLeaf], happenings: Iterable[Happening]) -> list[DemoTrack]:
    """How each of the leaves went, in their order."""
    begun: dict[str, date] = {}
    done: dict[str, dict[int, int]] = {leaf.code: {} for leaf in leaves}
    for one in happenings:
        if isinstance(one, DemoEntry) and one.stage == "contracted":
            begun[one.leaf] = start_day(quarter_of(one.on))
        elif isinstance(one, DemoEntry) and one.stage == "work_done":
            quarter = quarter_of(one.on)
            done[one.leaf][quarter] = done[one.leaf].get(quarter, 0) + one.amount_fen
    return [_track(leaf, begun.get(leaf.code), done[leaf.code]) for leaf in leaves]


def _track(leaf: DemoLeaf, begun_on: date | None, fen: dict[int, int]) -> DemoTrack:
    last = max(fen, default=LAST)
    finished_on = last_day(last) if fen and last <= LAST_FINISH else None
    whole = sum(fen.values()) if finished_on is not None else leaf.estimate_fen
    so_far, shares = 0, []
    for quarter in sorted(fen):
        so_far += fen[quarter]
        shares.append((quarter, Fraction(so_far, whole)))
    return DemoTrack(leaf, begun_on, finished_on, tuple(shares))


def accepted_day(finish: int) -> date | None:
    """The day on which what was finished in a quarter is accepted, half a year later; None after the history."""
    quarter = later(finish, 2)
    return date(quarter // 10, quarter % 10 * 3, 20) if quarter <= LAST else None


def later(quarter: int, by: int) -> int:
    index = quarter // 10 * 4 + quarter % 10 - 1 + by
    return index // 4 * 10 + index % 4 + 1


def between(first: int, last: int) -> int:
    """How many quarters lie between two; below zero when the first is later."""
    return (last // 10 - first // 10) * 4 + last % 10 - first % 10


def start_day(quarter: int) -> date:
    return date(quarter // 10, quarter % 10 * 3 - 2, 18)
