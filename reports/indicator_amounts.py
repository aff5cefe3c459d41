"""Works of plans as indicators count them: planned and by tier, per plan or per project, own and of linked lower plans.

The sums are those of work_queries.py, so that an indicator and the roll-up of works never differ. A few grouped queries for a
plan or a province at once, none per indicator.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Any

from sqlalchemy import BigInteger, Select, cast, func
from sqlmodel import Session

from core.audit import OPERATOR
from core.database import select_columns
from core.units import MICRO, converted, plain_unit
from milestones.indicator_rollup import TIER_NAMES, Amounts
from portfolio.access import Reach, Reader
from reports.indicator_links import has_links, linked_leaves
from reports.indicator_overlaps import planned_inside
from reports.money_queries import projects_in
from reports.rollup import Scope
from reports.work_queries import earlier_name, leaves_by_plan, planned_sums, work_sums

_TIERS = ("claimed", "verified", "surviving")
_NOW = (*_TIERS, "lost")


@dataclass(frozen=True)
class _Asked:
    """One of the sums: planned ones or those of entries, of own or of linked projects, per plan or per project."""

    planned: bool
    linked: bool
    by_project: bool
    earlier: tuple[tuple[str, int], ...] = ()


@dataclass
class _Sums:
    """The sums of one measure in one group while they are read, by unit, in millionths."""

    by_unit: dict[str, list[int | None]] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    timeless: int = 0

    def add(self, unit: str, places: Iterable[int], sums: Iterable[Any]) -> None:
        held = self.by_unit.setdefault(unit, [None] * len(TIER_NAMES))
        for place, micro in zip(places, sums, strict=True):
            if micro is not None:
                held[place] = (held[place] or 0) + int(micro)

    def as_amounts(self, group: "_Group") -> Amounts:
        unit = min(map(plain_unit, self.written or self.by_unit))
        found = {name: self._sum(place, unit) for place, name in enumerate(TIER_NAMES)}
        return Amounts(
            group.measure_id,
            unit,
            **found,
            written=tuple(self.written),
            timeless=self.timeless,
            lag=group.lag,
            supported=group.supported,
            project=group.project,
        )

    def _sum(self, place: int, unit: str) -> Fraction | None:
        """One of the sums in one unit: added up in whole numbers, of which a fraction is made once."""
        known = [(held[place], _scale(written, unit)) for written, held in self.by_unit.items()]
        parts = [(micro, scale) for micro, scale in known if micro is not None]
        if not parts:
            return None
        below = lcm(*(scale[1] for _, scale in parts))
        return Fraction(sum(micro * scale[0] * (below // scale[1]) for micro, scale in parts), below)


@lru_cache(maxsize=1024)
def _scale(written: str, unit: str) -> tuple[int, int]:
    """What a millionth of one unit is in another, as a pair of whole numbers."""
    return converted(Fraction(1, MICRO), written, unit).as_integer_ratio()


@dataclass(frozen=True)
class _Group:
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
        place = TIER_NAMES.index("inside")
        for one in planned_inside(session, reader, scope, wanted):
            group = _Group(one.plan_id, one.measure_id, one.supported, one.project if by_project else None)
            read[group].add(one.unit, [place], [one.micro])
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
        held.add(unit, [TIER_NAMES.index("planned")], [planned])
        held.timeless += int(timeless or 0)
        held.written += [unit] * int(rows)


def _read_works(
    session: Session, reader: Reader, scope: Scope, wanted: frozenset[int], asked: _Asked, into: _Read
) -> None:
    places = [TIER_NAMES.index(name) for name in _TIERS]
    names = _sums_of_works(asked)
    for plan_id, project, measure_id, unit, *values in session.execute(
        _query(reader.plans_for("view"), scope, wanted, asked)
    ):
        sums = dict(zip(names, values, strict=True))
        tiers = [_alive(sums, "surviving", "lost") if name == "surviving" else sums[name] for name in _TIERS]
        into[_Group(plan_id, measure_id, asked.linked, project)].add(unit, places, tiers)
        for tier, quarter in asked.earlier:
            then, lost = earlier_name(tier, quarter), earlier_name("lost", quarter)
            value = _alive(sums, then, lost) if tier == "surviving" else sums[then]
            if value is not None:
                group = _Group(plan_id, measure_id, asked.linked, project, (scope.quarter - quarter) // 10)
                into[group].add(unit, [TIER_NAMES.index(tier)], [value])


def _alive(sums: Mapping[str, Any], surviving: str, lost: str) -> int | None:
    """What was found alive in a unit less what was lost of it since, which may be below zero: it was found in another unit."""
    return sums[surviving] if sums[lost] is None else int(sums[surviving] or 0) - int(sums[lost])


def _sums_of_works(asked: _Asked) -> tuple[str, ...]:
    """The sums that are read, in their order."""
    return (*_NOW, *(earlier_name(name, quarter) for name, quarter in _earlier(asked)))


def _earlier(asked: _Asked) -> tuple[tuple[str, int], ...]:
    """What is asked of earlier quarters; of what was alive also what was lost by then."""
    lost = {("lost", quarter) for tier, quarter in asked.earlier if tier == "surviving"}
    return (*asked.earlier, *sorted(lost))


@lru_cache(maxsize=128)
def _query(seen: frozenset[int] | None, scope: Scope, wanted: frozenset[int], asked: _Asked) -> Select[Any]:
    # Kept, because building a query costs more than running it on a county's data; of the reader only its plans matter.
    reader = Reader(OPERATOR, (Reach("leader", seen, None),))
    pairs = linked_leaves(reader, scope) if asked.linked else None
    limited_to = projects_in(reader, scope) if pairs is None else select_columns(pairs.c.leaf_id)
    # A linked project stands in another plan than the one that it supports.
    leaves = leaves_by_plan(reader, scope if pairs is None else replace(scope, plan_ids=None), limited_to)
    names = ("planned", "timeless") if asked.planned else _sums_of_works(asked)
    earlier = _earlier(asked)
    facts = planned_sums(scope, limited_to) if asked.planned else work_sums(scope, limited_to, _NOW, earlier)
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
