"""The chain of one report of works: what was verified of it, what of that was found alive, what of that was lost since."""

from dataclasses import dataclass
from fractions import Fraction

from sqlmodel import Session, col, select

from milestones.work_balances import left_of
from milestones.works import ENTRY, LOST, REVERSAL, WorkEntry
from portfolio.facts import APPROVED, REJECTED

_DEEPEST = 4  # report, verification, survival check, loss


@dataclass(frozen=True)
class Link:
    """One entry of a chain. `depth` is 0 for the first; `left` may still be built upon it, in its unit (None: nothing may)."""

    row: WorkEntry
    depth: int
    left: Fraction | None
    reversal: WorkEntry | None


@dataclass(frozen=True)
class Chain:
    """The entries from the first one down, each followed by what is built upon it."""

    links: tuple[Link, ...]

    def link_of(self, row: WorkEntry) -> Link:
        """The link of an entry; of a reversal that of what it reverses."""
        return next(one for one in self.links if one.row.id in (row.id, row.reverses_id))

    @property
    def people(self) -> tuple[tuple[int | None, str | None], ...]:
        """Everybody who wrote or handed over something in it."""
        rows = [link.row for link in self.links]
        return tuple(
            pair
            for row in rows
            for pair in ((row.recorded_by_id, row.recorded_by), (row.submitted_by_id, row.submitted_by))
        )


def chain_of(session: Session, row: WorkEntry) -> Chain:
    """The whole chain that an entry stands in."""
    first = row if row.reverses_id is None else session.get_one(WorkEntry, row.reverses_id)
    while first.based_on_id is not None:
        first = session.get_one(WorkEntry, first.based_on_id)
    above: dict[int, list[WorkEntry]] = {}
    ids = [first.id or 0]
    for _ in range(_DEEPEST):
        query = select(WorkEntry).where(col(WorkEntry.based_on_id).in_(ids), col(WorkEntry.kind) == ENTRY)
        rows = session.exec(query.order_by(col(WorkEntry.id))).all()
        for one in rows:
            above.setdefault(one.based_on_id or 0, []).append(one)
        ids = [one.id or 0 for one in rows]
        if not ids:
            break
    every = [first.id or 0, *(one.id or 0 for rows_of in above.values() for one in rows_of)]
    reversals = {
        one.reverses_id: one
        for one in session.exec(
            select(WorkEntry).where(
                col(WorkEntry.reverses_id).in_(every),
                col(WorkEntry.kind) == REVERSAL,
                col(WorkEntry.state) != REJECTED,
            )
        )
    }

    def links(one: WorkEntry, depth: int) -> list[Link]:
        reversal = reversals.get(one.id)
        takes = one.kind == ENTRY and one.state == APPROVED and one.tier != LOST and reversal is None
        found = [Link(one, depth, left_of(session, one) if takes else None, reversal)]
        for upper in above.get(one.id or 0, []):
            found += links(upper, depth + 1)
        return found

    return Chain(tuple(links(first, 0)))


def below(session: Session, row: WorkEntry) -> list[WorkEntry]:
    """An entry and everything that it stands upon, itself first."""
    found = [row]
    while (base := found[-1].based_on_id) is not None:
        found.append(session.get_one(WorkEntry, base))
    return found
