"""The project list as it stood at the end of a quarter: the columns of the derived list of now, from the rows in force then.

Dated are heading, lead department, implementing body, years, estimate, state, the number of parts, and money, which is as
corrected since or as issued. What has no date (the name) stands as in the list of now. So do the texts that a search looks
through: it finds a project by the departments that it has now, and the filters find it by the one that led it then.
"""

import json
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    FromClause,
    Integer,
    String,
    and_,
    bindparam,
    case,
    cast,
    collate,
    column,
    func,
    null,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from budgets.entries import LedgerEntry
from budgets.estimates import Estimate
from core.database import select_columns
from portfolio.access import Reader
from portfolio.dated import in_force
from portfolio.departments import Department
from portfolio.facts import AS_CORRECTED, AS_ISSUED, counted
from portfolio.plans import Programme, headings
from portfolio.project_list import ListSource
from portfolio.projects import (
    MONEY_COLUMNS,
    ArchivedListing,
    Project,
    ProjectBody,
    ProjectListing,
    ProjectProgramme,
    ProjectState,
)
from portfolio.states import formerly_archived, not_archived, told_by
from portfolio.years import YEARS, years_in
from reports.rollup import levels, there_in

_AS_NOW = (
    *("project_id", "plan_id", "code", "order_key", "name", "name_sort"),
    "search_text",
)
_NAMED_LEVELS = ("programme", "package")


def listing_at(
    session: Session,
    reader: Reader,
    quarter: int,
    *,
    sort: str,
    plan_id: int | None = None,
    edition: str = AS_CORRECTED,
) -> ListSource:
    """What the list of a quarter is read from. Projects that came under a heading later are not in it.

    Headings keep no sort key, so a list sorted by them (`plan_id` says of which plan, None: of any) brings the keys along.

    Errors: Invalid for an edition that there is not.
    """
    if sort != "programme":
        return ListSource(_rows(quarter, edition, None))
    seen = reader.plans_for("view") if plan_id is None else {plan_id}
    tree = headings(session, None if seen is None else set(seen))
    keys = json.dumps({id_: heading.sort for id_, heading in tree.items()})
    database: Literal["postgresql", "sqlite"] = (
        "postgresql" if session.get_bind().dialect.name == "postgresql" else "sqlite"
    )
    return ListSource(_rows(quarter, edition, database), {"keys": keys})


@lru_cache(maxsize=128)
def _rows(quarter: int, edition: str, keys_on: Literal["postgresql", "sqlite"] | None) -> FromClause:
    """The list of a quarter as a subquery; `keys_on` names the database where it also takes the sort keys of headings."""
    listed = _listed(quarter, edition)
    now = listed.c
    programme, above, top = (aliased(Programme) for _ in range(3))
    lead, body = aliased(ProjectBody), aliased(ProjectBody)
    leading, building = aliased(Department), aliased(Department)
    own = aliased(Estimate)
    keys = _heading_keys(keys_on) if keys_on else None
    ids, names = levels(programme, above, top), levels(programme, above, top, "name")
    query = (
        select_columns(
            *(now[name] for name in _AS_NOW),
            *(year.label(name) for name, year in zip(YEARS, years_in(now, quarter), strict=True)),
            _parts(now, quarter, edition).label("parts"),
            *(id_.label(f"programme_{level}") for level, id_ in enumerate(ids, start=1)),
            *(name.label(label) for label, name in zip(_NAMED_LEVELS, names, strict=False)),
            (null() if keys is None else keys.c.sorted_by).label("programme_sort"),
            col(lead.department_id).label("lead_id"),
            col(leading.name).label("lead"),
            col(leading.name_sort).label("lead_sort"),
            col(building.name).label("body"),
            _state(now.project_id, quarter, edition).label("state"),
            func.coalesce(col(own.amount_fen), _sum_of_parts(now, quarter, edition)).label("estimate_fen"),
            *(_money(now.project_id, name, quarter, edition).label(name) for name in MONEY_COLUMNS),
        )
        .select_from(listed)
        .join(
            ProjectProgramme,
            and_(col(ProjectProgramme.project_id) == now.project_id, in_force(ProjectProgramme, quarter)),
        )
        .join(programme, col(programme.id) == ProjectProgramme.programme_id)
        .outerjoin(above, col(above.id) == programme.parent_id)
        .outerjoin(top, col(top.id) == above.parent_id)
        .outerjoin(lead, _in_role(lead, "lead", now.project_id, quarter))
        .outerjoin(leading, col(leading.id) == lead.department_id)
        .outerjoin(body, _in_role(body, "body", now.project_id, quarter))
        .outerjoin(building, col(building.id) == body.department_id)
        .outerjoin(own, and_(col(own.project_id) == now.project_id, in_force(own, quarter)))
    )
    if keys is not None:
        query = query.outerjoin(keys, keys.c.programme_id == programme.id)
    return query.subquery("listed_then")


def _listed(quarter: int, edition: str) -> FromClause:
    """The projects of the list; as issued also those that were archived after the quarter."""
    now: FromClause = ProjectListing.__table__  # type: ignore[attr-defined]
    if edition != AS_ISSUED:
        return now
    gone: FromClause = ArchivedListing.__table__  # type: ignore[attr-defined]
    names = (*_AS_NOW, *YEARS)
    archived = select_columns(*(gone.c[name] for name in names)).where(gone.c.archived_period > quarter)
    both = union_all(select_columns(*(now.c[name] for name in names)), archived).subquery("all_listed")
    return select_columns(both).where(both.c.project_id.not_in(formerly_archived(quarter))).subquery("listed")


def _in_role(body: Any, role: str, project_id: Any, quarter: int) -> Any:
    return and_(col(body.project_id) == project_id, col(body.role) == role, in_force(body, quarter))


def _state(project_id: Any, quarter: int, edition: str) -> Any:
    """The newest state that was reported by the end of a quarter, as reports/rollup.py counts by it."""
    reported = aliased(ProjectState)
    return (
        select_columns(reported.state)
        .where(col(reported.project_id) == project_id, told_by(reported, quarter, edition))
        .order_by(col(reported.since_on).desc(), col(reported.id).desc())
        .limit(1)
        .scalar_subquery()
    )


def _parts(now: Any, quarter: int, edition: str) -> Any:
    """How many parts a project had. As corrected it is asked only of packages, of which there are few."""
    part = aliased(Project)
    below = select_columns(cast(func.count(), Integer)).where(
        col(part.parent_id) == now.project_id, not_archived(part, quarter, edition)
    )
    if edition == AS_ISSUED:  # what has no parts now may have had some then
        return below.where(there_in(part, quarter)).scalar_subquery()
    later = below.where(~there_in(part, quarter))
    return case((now.parts > 0, now.parts - later.scalar_subquery()), else_=0)


def _sum_of_parts(now: Any, quarter: int, edition: str) -> Any:
    """What the parts of a package are estimated at together, without ended ones; null when none of them is.

    As corrected it is asked only of projects that have parts: most have none, and then no query for them is made.
    """
    part, estimate = aliased(Project), aliased(Estimate)
    total = (
        select_columns(cast(func.sum(estimate.amount_fen), BigInteger))
        .select_from(part)
        .join(estimate, and_(col(estimate.project_id) == part.id, in_force(estimate, quarter)))
        .where(
            col(part.parent_id) == now.project_id,
            not_archived(part, quarter, edition),
            there_in(part, quarter),
            func.coalesce(_state(part.id, quarter, edition), "") != "ended",
        )
        .scalar_subquery()
    )
    return total if edition == AS_ISSUED else case((now.parts > 0, total))


def _money(project_id: Any, name: str, quarter: int, edition: str) -> Any:
    """The approved money of a project and its parts in one stage, as budgets/totals.py keeps it for the list of now."""
    part = aliased(Project)

    def total(leaf_id: Any) -> Any:
        sums = select_columns(cast(func.sum(LedgerEntry.amount_fen), BigInteger))
        asked = (col(LedgerEntry.stage) == name.removesuffix("_fen"), col(LedgerEntry.project_id) == leaf_id)
        return sums.where(counted(LedgerEntry, quarter, edition), *asked).scalar_subquery()

    # Not a join of parts and entries, for which SQLite would go through the whole ledger for every project.
    below = select_columns(cast(func.sum(total(part.id)), BigInteger)).where(
        col(part.parent_id) == project_id, func.coalesce(_state(part.id, quarter, edition), "") != "ended"
    )
    return func.coalesce(total(project_id), 0) + func.coalesce(below.scalar_subquery(), 0)


def _heading_keys(database: Literal["postgresql", "sqlite"]) -> Any:
    """The sort keys of headings as a table. They come as one parameter, because a province has a thousand of them."""
    given, pair = bindparam("keys", type_=String), (column("key", String), column("value", String))
    if database == "postgresql":
        pairs, order = func.json_each_text(cast(given, JSON)).table_valued(*pair), "C"
    else:
        pairs, order = func.json_each(given).table_valued(*pair), "BINARY"
    query = select_columns(
        cast(pairs.c.key, Integer).label("programme_id"), collate(pairs.c.value, order).label("sorted_by")
    )
    # Read once into a table that the database can index: the function's own rows would be gone through for every project.
    return query.cte("heading_keys").prefix_with("MATERIALIZED")
