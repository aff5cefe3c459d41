"""口径 of a sum of money: the entries or plan lines that a figure of a group counts, and those that it leaves out, with reasons.

What counts adds up to the figure of money.py. Counts, estimates, gaps and rates open up by project instead: `projects_behind`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, not_, null, or_, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from budgets.entries import APPROVED, REJECTED, LedgerEntry
from budgets.lines import QUARTER, YEAR, BudgetLine
from budgets.sources import FundingSource
from core.database import select_columns
from core.errors import N_, Invalid
from portfolio.access import Reader
from portfolio.facts import counted
from portfolio.projects import Project
from portfolio.states import not_archived
from reports.money import money_rollup
from reports.money_figures import STAGE_COLUMNS, MoneyFigures
from reports.money_groups import MONEY_DIMENSIONS, Group, within
from reports.money_queries import ENTRY_KEYS, with_keys
from reports.reported_states import ended_projects
from reports.rollup import Scope, check_dimensions, project_facts

BUDGET = "budget_fen"
FIGURES_OF_ROWS = (BUDGET, *STAGE_COLUMNS.values())
# Why a row does not count, in the order in which the reasons are looked at.
REASONS = {
    "rejected": N_("已退回"),
    "waiting": N_("未审核"),
    "archived": N_("项目已归档"),
    "ended": N_("终止项目"),
    "other_period": N_("非本期"),
}
PAGE = 50


@dataclass(frozen=True)
class MoneyRow:
    """An entry of the ledger or a version of a plan line. `fen` is what it adds to the figure, or would add if it counted.

    `reason` is a key of REASONS, None for a row that counts.
    """

    id: int
    project: str
    project_name: str
    source: str | None
    occurred_on: date
    document: str | None
    fen: int
    state: str
    posted_period: int | None
    recorded_by: str
    reason: str | None


@dataclass(frozen=True)
class RowPage:
    """Some rows, sorted by project and day, and the id after which the next page goes on."""

    rows: tuple[MoneyRow, ...]
    following: int | None


@dataclass(frozen=True)
class LeftOutSum:
    """How many rows one reason leaves out, and what they come to."""

    reason: str
    rows: int
    fen: int


def rows_behind(
    session: Session,
    reader: Reader,
    scope: Scope,
    group: Group,
    figure: str,
    *,
    left_out: bool = False,
    after: int | None = None,
    size: int = PAGE,
) -> RowPage:
    """A page of the rows that a figure (`paid_fen`, `budget_fen` …) counts, or of those that it leaves out.

    Errors: UnknownDimension, UnknownLevel; Invalid for a figure that no rows stand behind.
    """
    table, fen, asked = _rows(reader, scope, group, figure, left_out=left_out)
    leaf, source = aliased(Project), aliased(FundingSource)
    place = (col(table.project_id), col(table.occurred_on), col(table.id))
    if after is not None:
        last = session.execute(select_columns(*place).where(col(table.id) == after)).first()
        asked.append(tuple_(*place) > tuple_(*(last or (0, date.min, 0))))
    columns = {
        "id": table.id,
        "project": leaf.code,
        "project_name": leaf.name,
        "source": source.name,
        "occurred_on": table.occurred_on,
        "document": table.document,
        "fen": fen,
        "state": table.state,
        "posted_period": table.posted_period,
        "recorded_by": table.recorded_by,
        "reason": _reason(table, scope) if left_out else null(),
    }
    found = session.execute(
        select_columns(*columns.values())
        .select_from(table)
        .join(leaf, col(leaf.id) == table.project_id)
        .outerjoin(source, col(source.id) == table.source_id)
        .where(*asked)
        .order_by(*place)
        .limit(size + 1)
    ).all()
    rows = tuple(MoneyRow(**dict(zip(columns, row, strict=True))) for row in found[:size])
    return RowPage(rows, rows[-1].id if len(found) > size else None)


def sum_behind(session: Session, reader: Reader, scope: Scope, group: Group, figure: str) -> tuple[int, int | None]:
    """How many rows a figure counts, and what they come to: the figure itself; None without any row.

    Errors: those of `rows_behind`.
    """
    table, fen, asked = _rows(reader, scope, group, figure, left_out=False)
    query = select_columns(func.count(), func.sum(fen)).select_from(table).where(*asked)
    rows, total = session.execute(query).one()
    return rows, None if total is None else int(total)


def sums_left_out(session: Session, reader: Reader, scope: Scope, group: Group, figure: str) -> list[LeftOutSum]:
    """What each reason leaves out of a figure, in the order of REASONS.

    Errors: those of `rows_behind`.
    """
    table, fen, asked = _rows(reader, scope, group, figure, left_out=True)
    judged = select_columns(_reason(table, scope).label("reason"), fen.label("fen")).where(*asked).subquery()
    rows = select_columns(judged.c.reason, func.count(), func.sum(judged.c.fen)).group_by(judged.c.reason)
    found = {why: LeftOutSum(why, count, int(total)) for why, count, total in session.execute(rows)}
    return [found[why] for why in REASONS if why in found]


def projects_behind(session: Session, reader: Reader, scope: Scope, group: Group) -> list[MoneyFigures]:
    """The projects of a group with all their figures: both sides of every rate add up to those of the group.

    `keys` are those of the group, then the code of the project. What a rate leaves out stands in `left_out` of each row.

    Errors: UnknownDimension, UnknownLevel.
    """
    by = tuple(name for name in dict.fromkeys((*group.by, "project")) if name != "stage")
    return money_rollup(session, reader, scope, by, level=group.level, inside=group)


def _rows(
    reader: Reader, scope: Scope, group: Group, figure: str, *, left_out: bool
) -> tuple[Any, Any, list[ColumnElement[bool]]]:
    """The table behind a figure, what a row of it adds, and the conditions of the group's rows that count, or that do not."""
    check_dimensions(group.by, MONEY_DIMENSIONS, group.level)
    if figure not in FIGURES_OF_ROWS:
        raise Invalid(field="figure", label=N_("数据项"), found=figure, expected=FIGURES_OF_ROWS)
    table: Any = BudgetLine if figure == BUDGET else LedgerEntry
    fen: Any = _added_by_line(group) if figure == BUDGET else col(LedgerEntry.amount_fen)
    columns = {"year": table.year, "source": table.source_id}
    columns["quarter"] = BudgetLine.covers if figure == BUDGET else LedgerEntry.occurred_quarter
    of_entries = Group({name: key for name, key in group.keys.items() if name in ENTRY_KEYS})
    asked = [col(table.project_id).in_(_projects_of(reader, scope, group)), *within(of_entries, columns)]
    if figure == BUDGET:
        asked.append(col(BudgetLine.span) == (QUARTER if "quarter" in group.keys else YEAR))
    else:
        asked.append(col(LedgerEntry.stage) == figure.removesuffix("_fen"))
    counts = and_(counted(table, scope.quarter, scope.edition), ~_is_archived(table, scope), ~_is_ended(table, scope))
    return table, fen, [*asked, not_(counts) if left_out else counts]


def _added_by_line(group: Group) -> Any:
    """What a version of a plan line adds: what it changed, and before it is approved its whole amount."""
    change = func.coalesce(BudgetLine.change_fen, BudgetLine.amount_fen)
    if {"year", "quarter"} & set(group.keys):
        return change
    carried = func.coalesce(BudgetLine.carried_change_fen, BudgetLine.carried_fen)
    return change - carried


def _projects_of(reader: Reader, scope: Scope, group: Group) -> Select[Any]:
    """The ids of every project and part under the group's keys, also of those that do not count."""
    facts = project_facts(reader, scope, archived=True).subquery()
    of_projects = {name: key for name, key in group.keys.items() if name not in (*ENTRY_KEYS, "stage")}
    joined, columns = with_keys(facts, facts, tuple(of_projects), group.level)
    tops = select_columns(facts.c.project_id).select_from(joined).where(*within(Group(of_projects), columns))
    leaf = aliased(Project)
    return select_columns(leaf.id).where(func.coalesce(leaf.parent_id, leaf.id).in_(tops))


def _of_project(table: type[LedgerEntry] | type[BudgetLine], condition: Any) -> ColumnElement[bool]:
    leaf, package = aliased(Project), aliased(Project)
    query = select_columns(leaf.id).outerjoin(package, col(package.id) == leaf.parent_id)
    return exists(query.where(col(leaf.id) == col(table.project_id), condition(leaf, package)))


def _is_archived(table: type[LedgerEntry] | type[BudgetLine], scope: Scope) -> ColumnElement[bool]:
    def gone(project: Any) -> ColumnElement[bool]:
        return and_(col(project.id).is_not(None), ~not_archived(project, scope.quarter, scope.edition))

    return _of_project(table, lambda leaf, package: or_(gone(leaf), gone(package)))


def _is_ended(table: type[LedgerEntry] | type[BudgetLine], scope: Scope) -> ColumnElement[bool]:
    ended = ended_projects(scope.quarter, scope.edition)
    return _of_project(table, lambda leaf, package: or_(col(leaf.id).in_(ended), col(package.id).in_(ended)))


def _reason(table: type[LedgerEntry] | type[BudgetLine], scope: Scope) -> ColumnElement[str]:
    """Why a row does not count: its own state first, then that of its project, then its time."""
    return case(
        (col(table.state) == REJECTED, "rejected"),
        (col(table.state) != APPROVED, "waiting"),
        (_is_archived(table, scope), "archived"),
        (_is_ended(table, scope), "ended"),
        else_="other_period",
    )
