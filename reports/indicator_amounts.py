"""Works of plans as indicators count them: planned and by tier, per plan or per project, own and of linked lower plans.

The sums are those of work_queries.py, so that an indicator and the roll-up of works never differ. A few grouped queries for a
plan or a province at once, none per indicator.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, Subquery, cast, func
from sqlmodel import Session

from core.audit import OPERATOR
from core.database import select_columns
from core.units import MICRO, converted, plain_unit
from milestones.indicator_rollup import TIER_NAMES, Amounts
from portfolio.access import OPERATOR_READER, Reach, Reader
from reports.indicator_links import has_links, linked_leaves
from reports.indicator_overlaps import planned_inside
from reports.money_queries import projects_in
from reports.rollup import Scope
from reports.work_queries import earlier_name, leaves_by_plan, planned_sums, work_sums

# The sum of entries that each tier is; what was lost after a survival check lives no longer.
_SUMS = {"claimed": "claimed", "verified": "verified", "surviving": "alive"}
_HELD = tuple(name for name in TIER_NAMES if name != "inside")
_PLANNED = TIER_NAMES.index("planned")
_WORKS = slice(TIER_NAMES.index("claimed"), TIER_NAMES.index("surviving") + 1)


@dataclass(frozen=True)
class _Asked:
    """One of the sums: planned ones or those of entries, of own or of linked projects, per plan or per project."""

    planned: bool
    linked: bool
    by_project: bool
    earlier: tuple[tuple[str, int], ...] = ()
    exact: bool = False


@dataclass
class _Sums:
    """The sums of one measure in one group while they are read, by unit, in millionths."""

    by_unit: dict[str, list[int | None]] = field(default_factory=dict)
    inside: list[tuple[Fraction, str]] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    timeless: int = 0

    def of_unit(self, unit: str) -> list[int | None]:
        """The sums of one unit, in the order of the tiers."""
        held = self.by_unit.get(unit)
        if held is None:
            held = self.by_unit[unit] = [None] * len(_HELD)
        return held

    def as_amounts(self, group: "_Group") -> Amounts:
        unit = min(map(plain_unit, self.written or self.by_unit))
        found = dict(zip(_HELD, self._in(unit), strict=True))
        inside = [converted(quantity, of, unit) for quantity, of in self.inside]
        return Amounts(
            group.measure_id,
            unit,
            **found,
            inside=sum(inside, Fraction(0)) if inside else None,
            written=tuple(self.written),
            timeless=self.timeless,
            lag=group.lag,
            supported=group.supported,
            project=group.project,
        )

    def _in(self, unit: str) -> Iterator[Fraction | None]:
        """The sums in one unit: added up in whole numbers, of which a fraction is made once."""
        scales = [(held, *_scale(written, unit)) for written, held in self.by_unit.items()]
        below = lcm(*(under for _, _, under in scales))
        weighed = [(held, above * (below // under)) for held, above, under in scales]
        for place in range(len(_HELD)):
            parts = [held[place] * times for held, times in weighed if held[place] is not None]  # type: ignore[operator]
            yield Fraction(sum(parts), below) if parts else None


@lru_cache(maxsize=1024)
def _scale(written: str, unit: str) -> tuple[int, int]:
    """What a millionth of one unit is in another, as a pair of whole numbers."""
    return converted(Fraction(1, MICRO), written, unit).as_integer_ratio()


class _Group(NamedTuple):
    plan_id: int
    measure_id: int
    supported: bool
    project: str | None
    lag: int = 0


_Read = dict[_Group, _Sums]


def amounts_by_plan(
    session: Session,
    reader: Reader,
    scope: Scope,
    measure_ids: Collection[int],
    *,
    lagged: Collection[tuple[str, int]] = (),
    by_project: bool = False,
) -> dict[int, dict[int, list[Amounts]]]:
    """The amounts of every plan of the scope by plan id and measure id.

    `lagged` are the tiers that some rules count later, each with its years: amounts with a lag have these alone.
    Per project only when asked: a province has as many rows then as it has projects.
    """
    wanted = frozenset(measure_ids)
    read: _Read = defaultdict(_Sums)
    if wanted:
        earlier = tuple(sorted((tier, scope.quarter - 10 * years) for tier, years in set(lagged) if years))
        for linked in [False, True] if has_links(session, reader, scope) else [False]:
            _read_planned(session, reader, scope, wanted, _Asked(True, linked, by_project), read)
            _read_works(session, reader, scope, wanted, _Asked(False, linked, by_project, earlier), read)
        for one in planned_inside(session, reader, scope, wanted):
            group = _Group(one.plan_id, one.measure_id, one.supported, one.project if by_project else None)
            read[group].inside.append((one.quantity, one.unit))
    found: dict[int, dict[int, list[Amounts]]] = defaultdict(lambda: defaultdict(list))
    for group, sums in read.items():
        found[group.plan_id][group.measure_id].append(sums.as_amounts(group))
    return found


def _read_planned(
    session: Session, reader: Reader, scope: Scope, wanted: frozenset[int], asked: _Asked, into: _Read
) -> None:
    query = _query(reader.plans_for("view"), scope, wanted, asked)
    for plan_id, project, measure_id, unit, planned, timeless, rows in session.execute(query):
        held = into[_Group(plan_id, measure_id, asked.linked, project)]
        held.of_unit(unit)[_PLANNED] = planned
        held.timeless += timeless or 0
        held.written += [unit] * rows


def _read_works(
    session: Session, reader: Reader, scope: Scope, wanted: frozenset[int], asked: _Asked, into: _Read
) -> None:
    first = len(_SUMS)
    for plan_id, project, measure_id, unit, *sums in _rows_of_works(session, reader, scope, wanted, asked):
        held = into[_Group(plan_id, measure_id, asked.linked, project)].of_unit(unit)
        held[_WORKS] = sums[:first]
        for (tier, quarter), micro in zip(asked.earlier, sums[first:], strict=True):
            if micro is not None:
                group = _Group(plan_id, measure_id, asked.linked, project, (scope.quarter - quarter) // 10)
                into[group].of_unit(unit)[TIER_NAMES.index(tier)] = micro


def _rows_of_works(
    session: Session, reader: Reader, scope: Scope, wanted: frozenset[int], asked: _Asked
) -> Sequence[Any]:
    """The sums of entries. Where one is 0 nothing may stand: the sums of its plan are then read again, exactly."""
    seen = reader.plans_for("view")
    rows = session.execute(_query(seen, scope, wanted, asked)).all()
    doubtful = frozenset(row[0] for row in rows if 0 in row[4:])
    if not doubtful:
        return rows
    again = _query(seen, replace(scope, plan_ids=doubtful), wanted, replace(asked, exact=True))
    return [*(row for row in rows if row[0] not in doubtful), *session.execute(again)]


@lru_cache(maxsize=128)
def _query(seen: frozenset[int] | None, scope: Scope, wanted: frozenset[int], asked: _Asked) -> Select[Any]:
    # Kept, because building a query costs more than running it on a county's data; of the reader only its plans matter.
    reader = Reader(OPERATOR, (Reach("leader", seen, None),))
    pairs = linked_leaves(reader, scope) if asked.linked else None
    limited_to = projects_in(reader, scope) if pairs is None else select_columns(pairs.c.leaf_id)
    # A linked project stands in another plan than the one that it supports, which not every reader of that one may see.
    of_all = leaves_by_plan(OPERATOR_READER, replace(scope, plan_ids=None), limited_to)
    leaves = leaves_by_plan(reader, scope, limited_to) if pairs is None else of_all
    facts, names = _facts(scope, limited_to, asked)
    joined: Any = facts.join(leaves, leaves.c.leaf_id == facts.c.project_id)
    plan = leaves.c.plan_id
    if pairs is not None:
        joined, plan = joined.join(pairs, pairs.c.leaf_id == facts.c.project_id), pairs.c.plan_id
    project = [leaves.c.project] if asked.by_project else []
    return (
        select_columns(
            plan,
            project[0] if project else cast(None, BigInteger),
            facts.c.measure_id,
            facts.c.unit,
            *(cast(func.sum(facts.c[name]), BigInteger) for name in names),
            *((func.count(),) if asked.planned else ()),
        )
        .select_from(joined)
        .where(facts.c.measure_id.in_(wanted))
        .group_by(plan, *project, facts.c.measure_id, facts.c.unit)
    )


def _facts(scope: Scope, limited_to: Select[Any] | None, asked: _Asked) -> tuple[Subquery, list[str]]:
    """The sums that are asked for, and the names of their columns."""
    if asked.planned:
        return planned_sums(scope, limited_to), ["planned", "timeless"]
    earlier = [(_SUMS[tier], quarter) for tier, quarter in asked.earlier]
    facts = work_sums(scope, limited_to, tuple(_SUMS.values()), earlier, exact=asked.exact)
    return facts, [*_SUMS.values(), *(earlier_name(*one) for one in earlier)]
