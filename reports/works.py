"""The roll-up of works: per measure what is planned, reported, verified, alive and lost, by any of several keys, as of a quarter.

The one definition of these figures for pages, workbooks, command and API. Each figure names its tier; 上报 that is not yet
verified is always visible. Ended (终止) projects leave it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Select, cast, func
from sqlmodel import Session, col

from core.audit import OPERATOR
from core.database import select_columns
from core.units import MICRO, converted
from milestones.quantities import Measure
from portfolio.access import Reach, Reader
from portfolio.projects import Project
from reports.money_queries import keyed_leaves, projects_in
from reports.rollup import DIMENSIONS, Scope, check_dimensions, names_of, unknown_last
from reports.work_queries import not_applicable_sums, planned_sums, work_sums
from reports.work_states import checked_sums, unreported_leaves

_TIER_COLUMNS = ("claimed", "verified", "surviving", "lost", "lost_before")
_COUNTS = ("timeless", "not_applicable", "unreported")


@dataclass(frozen=True)
class WorkFigures:
    """What one group has of one measure, as exact fractions of `unit`; None where nothing says so (未填报, 未到检查期).

    A reported 0 is 0. `not_applicable` counts the leaves that say 不适用 and nothing else. `surviving` is what was found alive
    less what was lost after that. `timeless`: yearly quantities without known years, which are not in `planned`.

    Only where asked for: `checked` is what of `verified` had a survival check, `unreported` how many leaves that are to deliver
    the measure report nothing.
    """

    keys: tuple[Any, ...]
    ids: tuple[Any, ...]
    measure_id: int
    measure: str
    unit: str
    planned: Fraction | None = None
    claimed: Fraction | None = None
    verified: Fraction | None = None
    surviving: Fraction | None = None
    lost: Fraction | None = None
    timeless: int = 0
    not_applicable: int = 0
    checked: Fraction | None = None
    unreported: int = 0

    @property
    def unverified(self) -> Fraction:
        """上报未核实: what is reported and not verified."""
        return (self.claimed or Fraction(0)) - (self.verified or Fraction(0))

    @property
    def completion(self) -> Fraction | None:
        """Verified / planned, uncapped; None without a planned quantity above zero."""
        return None if not self.planned else (self.verified or Fraction(0)) / self.planned


# The sums of one group, measure and unit, as they were read: (ids, measure), unit, and by name those that there are.
_Sums = tuple[tuple[Any, ...], str, dict[str, int]]


def works_rollup(
    session: Session,
    reader: Reader,
    scope: Scope,
    by: Sequence[str],
    *,
    level: int = 1,
    measure_ids: Collection[int] | None = None,
    looks: bool = False,
) -> list[WorkFigures]:
    """The figures of every group and measure, sorted by the keys, then by measure. Three grouped queries.

    With `looks` two more say how far works were checked and how many leaves report nothing.

    A measure is given in one unit throughout: the smallest one of its planned quantities, where there are none the smallest one
    of what was reported. Groups without anything are not there.

    Errors: UnknownDimension, UnknownLevel; Invalid for an edition that there is not.
    """
    keys = tuple(dict.fromkeys(by))
    check_dimensions(keys, DIMENSIONS, level)
    wanted = None if measure_ids is None else frozenset(measure_ids)
    rows: list[_Sums] = []
    for made_by in (
        planned_query,
        entry_query,
        not_applicable_query,
        *((checked_query, unreported_query) if looks else ()),
    ):
        query = _kept(made_by, reader.plans_for("view"), scope, keys, level, wanted)
        size, names = len(keys) + 1, list(query.selected_columns.keys())[len(keys) + 2 :]
        rows += [(row[:size], row[size], _there(names, row[size + 1 :])) for row in session.execute(query)]
    return _figures(session, keys, rows)


def works_of_projects(
    session: Session, scope: Scope, project_ids: Collection[int], *, together: bool = False
) -> list[WorkFigures]:
    """The same figures of some projects and parts, each by itself (`ids` holds its id) or all together, whatever their state.

    For pages of single projects: what was recorded of an ended one is shown there too.
    """
    kept = select_columns(Project.id).where(col(Project.id).in_(sorted(project_ids)))
    rows: list[_Sums] = []
    for facts, columns in (
        (planned_sums(scope, kept), ("planned", "timeless")),
        (work_sums(scope, kept), _TIER_COLUMNS),
        (not_applicable_sums(scope, kept), ("not_applicable",)),
        (checked_sums(scope, kept), ("checked",)),
    ):
        keys = (facts.c.project_id, facts.c.measure_id, facts.c.unit)
        for project_id, measure_id, unit, *values in session.execute(
            select_columns(*keys, *(facts.c[name] for name in columns))
        ):
            group = (measure_id,) if together else (project_id, measure_id)
            rows.append((group, unit, _there(columns, values)))
    return _figures(session, () if together else ("project",), rows)


def _there(names: Sequence[str], values: Sequence[Any]) -> dict[str, int]:
    """The sums that there are; a count of nothing says nothing."""
    return {
        name: int(value)
        for name, value in zip(names, values, strict=True)
        if value is not None and (value or name not in _COUNTS)
    }


@lru_cache(maxsize=128)
def _kept(
    made_by: Callable[..., Select[Any]],
    seen: frozenset[int] | None,
    scope: Scope,
    keys: tuple[str, ...],
    level: int,
    wanted: frozenset[int] | None,
) -> Select[Any]:
    # Building a query costs more than running it on a county's data; of the reader only the plans matter that it sees.
    query = made_by(Reader(OPERATOR, (Reach("leader", seen, None),)), scope, keys, level)
    return query if wanted is None else query.where(query.selected_columns["measure_id"].element.in_(sorted(wanted)))


def entry_query(reader: Reader, scope: Scope, keys: Sequence[str], level: int) -> Select[Any]:
    """What was reported, verified, found alive and lost, by group, measure and unit."""
    facts = work_sums(scope, projects_in(reader, scope))
    return _grouped(reader, scope, keys, level, facts, _TIER_COLUMNS)


def planned_query(reader: Reader, scope: Scope, keys: Sequence[str], level: int) -> Select[Any]:
    """What is to be delivered, in the same way."""
    facts = planned_sums(scope, projects_in(reader, scope))
    return _grouped(reader, scope, keys, level, facts, ("planned", "timeless"))


def not_applicable_query(reader: Reader, scope: Scope, keys: Sequence[str], level: int) -> Select[Any]:
    """How many leaves say 不适用, in the same way."""
    facts = not_applicable_sums(scope, projects_in(reader, scope))
    return _grouped(reader, scope, keys, level, facts, ("not_applicable",))


def checked_query(reader: Reader, scope: Scope, keys: Sequence[str], level: int) -> Select[Any]:
    """What of the verified had a survival check, in the same way."""
    return _grouped(reader, scope, keys, level, checked_sums(scope, projects_in(reader, scope)), ("checked",))


def unreported_query(reader: Reader, scope: Scope, keys: Sequence[str], level: int) -> Select[Any]:
    """How many leaves that are to deliver a measure report nothing of it, in the same way."""
    facts = unreported_leaves(scope, projects_in(reader, scope))
    return _grouped(reader, scope, keys, level, facts, ("unreported",))


def _grouped(
    reader: Reader, scope: Scope, keys: Sequence[str], level: int, facts: Any, columns: Sequence[str]
) -> Select[Any]:
    keyed = keyed_leaves(reader, scope, keys, level, projects_in(reader, scope))
    groups = [keyed.c[f"key_{name}"] for name in keys]
    sums = [cast(func.sum(facts.c[name]), BigInteger).label(name) for name in columns]
    return (
        select_columns(*groups, facts.c.measure_id.label("measure_id"), facts.c.unit.label("unit"), *sums)
        .select_from(facts.join(keyed, keyed.c.leaf_id == facts.c.project_id))
        .group_by(*dict.fromkeys(groups), facts.c.measure_id, facts.c.unit)
    )


def _figures(session: Session, keys: Sequence[str], rows: Sequence[_Sums]) -> list[WorkFigures]:
    units = _units(rows)
    # What one of each unit is in the unit of its measure: mostly the same, and whole numbers add up quicker than fractions.
    kinds = {(group[-1], unit) for group, unit, _ in rows}
    factors = {
        (measure_id, unit): converted(1, unit, units[measure_id])
        for measure_id, unit in kinds
        if unit != units.get(measure_id, unit)
    }
    sums: dict[tuple[Any, ...], dict[str, int | Fraction]] = {}
    for group, unit, found in rows:
        if not found:
            continue
        of, factor = sums.setdefault(group, {}), factors.get((group[-1], unit), 1)
        for name, value in found.items():
            more = value if name in _COUNTS else value * factor
            of[name] = of[name] + more if name in of else more
    names = [names_of(session, name, {ids[place] for ids in sums}) for place, name in enumerate(keys)]
    known = select_columns(Measure.id, Measure.name).where(col(Measure.id).in_(units))
    measures = dict(session.execute(known).all())
    figures = [
        WorkFigures(
            keys=tuple(named.get(id_, id_) for named, id_ in zip(names, ids, strict=True)),
            ids=tuple(ids),
            measure_id=measure_id,
            measure=measures[measure_id],
            unit=units[measure_id],
            **_tiers(of),
        )
        for (*ids, measure_id), of in sums.items()
    ]
    return sorted(figures, key=lambda one: (unknown_last(one.keys), one.measure_id))


def _units(rows: Sequence[_Sums]) -> dict[int, str]:
    """The one unit in which each measure is given: of what is planned first, then the smallest."""
    kinds = {(group[-1], name != "planned", name in _COUNTS, unit) for group, unit, found in rows for name in found}
    some = {measure_id: unit for measure_id, _, _, unit in kinds}  # any unit of the measure, to compare the others with
    found: dict[int, tuple[Any, ...]] = {}
    for measure_id, reported, counts, unit in kinds:
        rank = (reported, counts, converted(1, unit, some[measure_id]), unit)
        found[measure_id] = min(found.get(measure_id, rank), rank)
    return {measure_id: rank[-1] for measure_id, rank in found.items()}


def _tiers(of: Mapping[str, int | Fraction]) -> dict[str, Any]:
    """The figures of a group out of its sums in millionths."""
    lost, before = of.get("lost"), of.get("lost_before")
    figures = {name: of.get(name) for name in ("planned", "claimed", "verified", "checked", "surviving")}
    if "surviving" in of:
        figures["surviving"] = of["surviving"] - (lost or 0)
    figures["lost"] = None if lost is None and before is None else (lost or 0) + (before or 0)
    return {
        **{name: None if micro is None else Fraction(micro, MICRO) for name, micro in figures.items()},
        **{name: int(of.get(name, 0)) for name in _COUNTS},
    }
