"""The works of every project of the report by measure: the task, reported in the period, reported in all, verified."""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import BigInteger, cast, func
from sqlmodel import Session, col

from core.database import select_columns
from core.units import MICRO, converted
from milestones.works import CLAIMED, WorkEntry
from portfolio.access import Reader
from portfolio.facts import counted
from reports.money_queries import keyed_leaves, projects_in
from reports.quarterly_scope import Asked
from reports.work_queries import planned_rows, standing
from reports.works import WorkFigures, works_rollup


@dataclass(frozen=True)
class ProjectWork:
    """One measure of one project. Units: exact fractions of that of `figures`.

    `year_task` is what its yearly quantities ask of the year of the period, None where it has none; `flow` is what was reported
    to have been done in the period, None where nothing of the measure was reported of it; a reported 0 is an entry of 0.
    """

    figures: WorkFigures
    year_task: Fraction | None
    flow: Fraction | None


def project_works(session: Session, reader: Reader, asked: Asked) -> dict[str, tuple[ProjectWork, ...]]:
    """The measures of every counted project by its code. A few grouped queries, however many projects there are."""
    tasks = _year_tasks(session, reader, asked)
    flows = _flows(session, reader, asked)
    found: dict[str, list[ProjectWork]] = defaultdict(list)
    for one in works_rollup(session, reader, asked.scope, ("project",)):
        code, key = str(one.keys[0]), (str(one.keys[0]), one.measure_id)
        flow = None if one.claimed is None else _sum_in(flows.get(key, ()), one.unit)
        found[code].append(ProjectWork(one, _sum_in(tasks.get(key, ()), one.unit), flow))
    return {code: tuple(works) for code, works in found.items()}


_Amounts = dict[tuple[str, int], list[tuple[int, str]]]  # of a project and measure: millionths with their unit


def _sum_in(amounts: list[tuple[int, str]] | tuple[()], unit: str) -> Fraction | None:
    if not amounts:
        return None
    if all(own == unit for _, own in amounts):
        return Fraction(sum(micro for micro, _ in amounts), MICRO)
    return sum((converted(Fraction(micro, MICRO), own, unit) for micro, own in amounts), Fraction(0))


def _flows(session: Session, reader: Reader, asked: Asked) -> _Amounts:
    """What was reported as done in the period, of what counts as of its end: 本期发生, without corrections of earlier periods.

    Only where something stands: a reported 0 does, what was reversed does not.
    """
    limited_to, entry = projects_in(reader, asked.scope), WorkEntry
    keyed = keyed_leaves(reader, asked.scope, ("project",), 1, limited_to)
    groups = (keyed.c.key_project, col(entry.measure_id), col(entry.unit))
    query = (
        select_columns(*groups, cast(func.sum(entry.quantity_micro), BigInteger))
        .select_from(entry)
        .join(keyed, keyed.c.leaf_id == entry.project_id)
        .where(
            counted(entry, asked.quarter, asked.scope.edition),
            col(entry.occurred_quarter) >= asked.first,
            col(entry.tier) == CLAIMED,
            col(entry.quantity_micro).is_not(None),
        )
        .group_by(*groups)
        .having(func.sum(standing()) > 0)
    )
    if limited_to is not None:
        query = query.where(col(entry.project_id).in_(limited_to))
    return _gathered(session.execute(query))


def _year_tasks(session: Session, reader: Reader, asked: Asked) -> _Amounts:
    """What yearly quantities ask of the year of the period: their value, while the project runs."""
    limited_to, year = projects_in(reader, asked.scope), asked.period.year
    rows = planned_rows(asked.scope, limited_to)
    keyed = keyed_leaves(reader, asked.scope, ("project",), 1, limited_to)
    groups = (keyed.c.key_project, rows.c.measure_id, rows.c.unit)
    query = (
        select_columns(*groups, cast(func.sum(rows.c.value_micro), BigInteger))
        .select_from(rows.join(keyed, keyed.c.leaf_id == rows.c.project_id))
        .where(rows.c.per == "year", rows.c.first_year <= year, rows.c.last_year >= year)
        .group_by(*groups)
    )
    return _gathered(session.execute(query))


def _gathered(rows: object) -> _Amounts:
    found: _Amounts = defaultdict(list)
    for code, measure_id, unit, micro in rows:  # type: ignore[attr-defined]
        found[str(code), measure_id].append((int(micro), unit))
    return found
