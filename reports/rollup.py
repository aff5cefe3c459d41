"""Roll-ups: projects, leaves and estimates by any of several keys, as of a quarter. The one definition of these figures.

Counting rules (domain page, sections 3 and 8): `projects` counts top-level projects, `leaves` counts parts once instead of their
package, each from the quarter on in which it was added. A package counts its own estimate, else the sum of its parts. Ended
(终止) projects and parts leave the counts, archived ones are out; as issued, both only from the quarter in which that was posted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, and_, case, func, or_, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from budgets.estimates import Estimate
from budgets.sources import FundingSource
from core.database import select_columns
from core.errors import N_, Broken
from portfolio.access import Reader
from portfolio.dated import in_force
from portfolio.departments import Department
from portfolio.facts import AS_CORRECTED
from portfolio.jurisdictions import Jurisdiction
from portfolio.plans import DEEPEST_LEVEL, Plan, Programme
from portfolio.projects import Project, ProjectBody, ProjectProgramme
from portfolio.states import not_archived
from portfolio.years import YEARS, years_in
from reports.reported_states import ended_projects

DIMENSIONS = {
    "plan": N_("规划"),
    "programme": N_("规划类别"),
    "department": N_("牵头部门"),
    "first_year": N_("起始年份"),
    "last_year": N_("结束年份"),
    "jurisdiction": N_("行政区划"),
    "project": N_("项目"),
}


class UnknownDimension(Broken):
    sentence = N_("不能按“%(found)s”汇总，可以按：%(known)s。")


class UnknownLevel(Broken):
    sentence = N_("规划类别的级别填写的是 %(found)s，应为 1 至 3。")


@dataclass(frozen=True)
class Scope:
    """Which projects a roll-up is about, as of which quarter, in which edition (portfolio/facts.py: as corrected, as issued).

    `plan_ids` None: every plan that the reader sees.
    """

    quarter: int
    plan_ids: frozenset[int] | None = None
    edition: str = AS_CORRECTED


@dataclass(frozen=True)
class EstimateFigures:
    """What one group adds up to. `estimate_fen` is None when no project of the group has an estimate.

    `keys` follow the dimensions asked for; a None key is the group of the unknown (no lead department, no year).
    """

    keys: tuple[str | int | None, ...]
    projects: int
    leaves: int
    without_estimate: int
    estimate_fen: int | None
    largest_fen: int | None

    def as_row(self, by: Sequence[str]) -> dict[str, Any]:
        """The row as the command line and the API print it."""
        return dict(zip(by, self.keys, strict=True)) | {
            "projects": self.projects,
            "leaves": self.leaves,
            "without_estimate": self.without_estimate,
            "estimate_fen": self.estimate_fen,
        }


def counted_projects(reader: Reader, scope: Scope) -> Subquery:
    """One row per counted project with its group keys as ids, its leaves, and the amount that counts for it."""
    return (
        project_facts(reader, scope)
        .where(col(Project.id).not_in(ended_projects(scope.quarter, scope.edition)))
        .subquery()
    )


def project_facts(reader: Reader, scope: Scope, *, archived: bool = False) -> Select[Any]:
    """The same of every project, the ended ones too; of archived ones only when asked.

    `parts` counts the parts that count, `own` is the project's own estimate and `fen` the one that counts for it.
    """
    parts = _sums_of_parts(scope.quarter, scope.edition)
    programme, above, top = aliased(Programme), aliased(Programme), aliased(Programme)
    own = col(Estimate.amount_fen)
    missing = case((own.is_not(None), 0), else_=func.coalesce(parts.c.n - parts.c.known, 1))
    query = (
        select_columns(
            col(Project.id).label("project_id"),
            col(Project.code).label("project"),
            col(Project.plan_id).label("plan_id"),
            *(year.label(name) for name, year in zip(YEARS, years_in(Project, scope.quarter), strict=True)),
            col(ProjectBody.department_id).label("department_id"),
            *(
                level.label(f"programme_{number}")
                for number, level in enumerate(levels(programme, above, top), start=1)
            ),
            func.coalesce(parts.c.n, 1).label("leaves"),
            func.coalesce(parts.c.n, 0).label("parts"),
            missing.label("missing"),
            own.label("own"),
            func.coalesce(own, parts.c.fen).label("fen"),
        )
        .join(
            ProjectProgramme,
            and_(col(ProjectProgramme.project_id) == Project.id, in_force(ProjectProgramme, scope.quarter)),
        )
        .join(programme, col(programme.id) == ProjectProgramme.programme_id)
        .outerjoin(above, col(above.id) == programme.parent_id)
        .outerjoin(top, col(top.id) == above.parent_id)
        .outerjoin(
            ProjectBody,
            and_(
                col(ProjectBody.project_id) == Project.id,
                col(ProjectBody.role) == "lead",
                in_force(ProjectBody, scope.quarter),
            ),
        )
        .outerjoin(Estimate, and_(col(Estimate.project_id) == Project.id, in_force(Estimate, scope.quarter)))
        .outerjoin(parts, parts.c.parent_id == Project.id)
        .where(
            col(Project.parent_id).is_(None),
            true() if archived else not_archived(Project, scope.quarter, scope.edition),
            reader.sees(Project.plan_id),  # type: ignore[arg-type]
        )
    )
    return query if scope.plan_ids is None else query.where(col(Project.plan_id).in_(scope.plan_ids))


@lru_cache(maxsize=256)
def _sums_of_parts(quarter: int, edition: str) -> Subquery:
    """One row per package: how many parts it has, how many of them have an estimate, and what these add up to."""
    part, estimate = aliased(Project), aliased(Estimate)
    return (
        select_columns(
            part.parent_id,
            func.count().label("n"),
            func.count(col(estimate.amount_fen)).label("known"),
            func.sum(estimate.amount_fen).label("fen"),
        )
        .outerjoin(estimate, and_(col(estimate.project_id) == part.id, in_force(estimate, quarter)))
        .where(
            col(part.parent_id).is_not(None),
            not_archived(part, quarter, edition),
            there_in(part, quarter),
            col(part.id).not_in(ended_projects(quarter, edition)),
        )
        .group_by(col(part.parent_id))
        .subquery()
    )


def there_in(part: Any, quarter: int) -> ColumnElement[bool]:
    """The condition that a part was a leaf of its package in a quarter: it came with the plan, or was added by then."""
    return or_(col(part.since_quarter).is_(None), col(part.since_quarter) <= quarter)


def levels(programme: Any, above: Any, top: Any, name: str = "id") -> list[Any]:
    """A column of the programme's ancestor at each level; null where the heading does not reach so deep."""
    own, parent, first = (getattr(table, name) for table in (programme, above, top))
    return [
        case((programme.level == 1, own), (programme.level == 2, parent), else_=first),
        case((programme.level == 2, own), (programme.level == 3, parent)),
        case((programme.level == 3, own)),
    ]


def key_column(name: str, level: int, facts: FromClause) -> Any:
    """The column of `counted_projects` that a dimension groups by."""
    return {
        "plan": facts.c.plan_id,
        "jurisdiction": facts.c.plan_id,
        "programme": facts.c[f"programme_{level}"],
        "department": facts.c.department_id,
        "first_year": facts.c.first_year,
        "last_year": facts.c.last_year,
        "project": facts.c.project,
    }[name]


def estimate_rollup(
    session: Session, reader: Reader, scope: Scope, by: Sequence[str], *, level: int = 1
) -> list[EstimateFigures]:
    """The figures of every group, sorted by the keys, unknown groups last. One grouped query, names joined afterwards.

    Errors: UnknownDimension, UnknownLevel.
    """
    check_dimensions(by, DIMENSIONS, level)
    facts = counted_projects(reader, scope)
    rows = _grouped(session, facts, [key_column(name, level, facts) for name in by])
    names = [names_of(session, name, {row[number] for row in rows}) for number, name in enumerate(by)]
    groups: dict[tuple[Any, ...], EstimateFigures] = {}
    for row in rows:
        named = tuple(names[number].get(row[number], row[number]) for number in range(len(by)))
        found = _figures(named, row)
        groups[named] = _joined(groups[named], found) if named in groups else found
    return sorted(groups.values(), key=lambda group: unknown_last(group.keys))


def check_dimensions(by: Sequence[str], known: Mapping[str, str], level: int) -> None:
    """Errors: UnknownDimension, UnknownLevel."""
    for name in by:
        if name not in known:
            raise UnknownDimension(field="by", found=name, known=tuple(known))
    if not 1 <= level <= DEEPEST_LEVEL:
        raise UnknownLevel(field="level", found=level)


def unknown_last(keys: tuple[Any, ...]) -> tuple[Any, ...]:
    """What rows are sorted by: their keys, the unknown group after all others."""
    return tuple((key is None, key) for key in keys)


def _grouped(session: Session, facts: Subquery, keys: list[Any]) -> Sequence[Any]:
    """One row per group: its key ids, then projects, leaves, leaves without estimate, the sum and the largest amount."""
    # Two keys may be the same column (plan and jurisdiction): labels keep them apart.
    labelled = [key.label(f"key_{number}") for number, key in enumerate(keys)]
    sums = (func.sum(facts.c.leaves), func.sum(facts.c.missing), func.sum(facts.c.fen), func.max(facts.c.fen))
    return session.execute(select_columns(*labelled, func.count(), *sums).group_by(*dict.fromkeys(keys))).all()


def _figures(keys: tuple[Any, ...], row: Any) -> EstimateFigures:
    projects, leaves, missing, fen, largest = row[-5:]
    return EstimateFigures(keys, projects, int(leaves or 0), int(missing or 0), _whole(fen), _whole(largest))


def counted_by_heading(session: Session, reader: Reader, scope: Scope, level: int) -> dict[int, EstimateFigures]:
    """The figures of every heading of a level, by programme id; headings without projects are not in it."""
    facts = counted_projects(reader, scope)
    rows = _grouped(session, facts, [facts.c[f"programme_{level}"]])
    return {row[0]: _figures((row[0],), row) for row in rows if row[0] is not None}


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _joined(one: EstimateFigures, other: EstimateFigures) -> EstimateFigures:
    """Two groups of one name (the same heading in two plans) as one."""
    amounts = [fen for fen in (one.estimate_fen, other.estimate_fen) if fen is not None]
    largest = [fen for fen in (one.largest_fen, other.largest_fen) if fen is not None]
    return EstimateFigures(
        one.keys,
        one.projects + other.projects,
        one.leaves + other.leaves,
        one.without_estimate + other.without_estimate,
        sum(amounts) if amounts else None,
        max(largest) if largest else None,
    )


def names_of(session: Session, name: str, ids: set[Any]) -> dict[Any, str]:
    """What the ids of a dimension are called; empty for dimensions whose key is its own name."""
    wanted = {id_ for id_ in ids if id_ is not None}
    if name not in _NAMES or not wanted:
        return {}
    query, id_of = _NAMES[name]
    return dict(session.execute(query.where(id_of.in_(wanted))).all())


_NAMES: dict[str, tuple[Select[Any], Any]] = {
    "plan": (select_columns(Plan.id, Plan.code), col(Plan.id)),
    "jurisdiction": (
        select_columns(Plan.id, Jurisdiction.name).join(Jurisdiction, col(Jurisdiction.code) == Plan.jurisdiction_code),
        col(Plan.id),
    ),
    "programme": (select_columns(Programme.id, Programme.name), col(Programme.id)),
    "department": (select_columns(Department.id, Department.name), col(Department.id)),
    "source": (select_columns(FundingSource.id, FundingSource.name), col(FundingSource.id)),
}


def whole(session: Session, reader: Reader, scope: Scope) -> EstimateFigures:
    """The figures of everything in the scope; zero projects when there are none."""
    return estimate_rollup(session, reader, scope, ())[0]
