"""What the money of a report is added up from: few roll-ups by project, each read once for every table that needs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_
from sqlmodel import Session

from budgets.sources import fiscal_ids
from core.database import select_columns
from portfolio.access import Reader
from reports.money_figures import STAGE_COLUMNS, MoneyFigures, added
from reports.money_movement import Movement, movement
from reports.money_queries import budget_sums, keyed_leaves, ledger_sums, projects_in
from reports.quarterly_scope import Asked
from reports.rollup import names_of, unknown_last

_KEYS = ("project", "plan", "department", "programme")


@dataclass(frozen=True)
class MoneyRows:
    """The money of every counted project of a report: `projects` by code, plan, department and programme, `years` by code and
    year, `moved` by code (and what the report is narrowed to). `sources` names those that any plan or entry of a project has.
    """

    projects: tuple[MoneyFigures, ...]
    years: tuple[MoneyFigures, ...]
    moved: tuple[Movement, ...]
    sources: Mapping[str, list[str]]

    def by(self, name: str) -> tuple[MoneyFigures, ...]:
        """The roll-up by plan, department or programme."""
        return _by(self.projects, _KEYS.index(name))

    def by_year(self) -> tuple[MoneyFigures, ...]:
        """The roll-up by year."""
        return _by(self.years, 1)


def money_rows(session: Session, reader: Reader, asked: Asked) -> MoneyRows:
    """A few grouped queries, however many projects there are."""
    keys = ("project", *asked.group.by)
    moved = movement(session, reader, asked.scope, keys, level=asked.group.level, first=asked.first)
    return MoneyRows(
        projects=asked.money(session, reader, *_KEYS),
        years=asked.money(session, reader, "project", "year"),
        moved=tuple(asked.own(moved, keys)),
        sources=_sources(session, reader, asked),
    )


def _by(rows: tuple[MoneyFigures, ...], place: int) -> tuple[MoneyFigures, ...]:
    """The rows added up by one of their keys, in the order of a roll-up."""
    groups: dict[Any, list[MoneyFigures]] = {}
    for one in rows:
        groups.setdefault(one.keys[place], []).append(one)
    found = (added((key,), of_group) for key, of_group in groups.items())
    return tuple(sorted(found, key=lambda one: unknown_last(one.keys)))


def _sources(session: Session, reader: Reader, asked: Asked) -> dict[str, list[str]]:
    """The names of the sources with money, by project code: any plan, or any stage, whose sum is not 0."""
    limited_to, fiscal = projects_in(reader, asked.scope), fiscal_ids(session)
    keyed = keyed_leaves(reader, asked.scope, ("project",), 1, limited_to)
    spent = ledger_sums(asked.scope, ("source",), fiscal, limited_to)
    planned = budget_sums(asked.scope, ("source",), fiscal, limited_to)
    found: dict[str, set[Any]] = {}
    for sums, columns in ((spent, tuple(STAGE_COLUMNS.values())), (planned, ("planned",))):
        query: Select[Any] = (
            select_columns(keyed.c.key_project, sums.c.source)
            .select_from(sums.join(keyed, keyed.c.leaf_id == sums.c.project_id))
            .where(sums.c.source.is_not(None))
            .group_by(keyed.c.key_project, sums.c.source)
            .having(or_(*(func.sum(sums.c[name]) != 0 for name in columns)))
        )
        for code, id_ in session.execute(query):
            found.setdefault(str(code), set()).add(id_)
    names = names_of(session, "source", {id_ for ids in found.values() for id_ in ids})
    return {code: [names[id_] for id_ in ids] for code, ids in found.items()}
