"""The years of an annual, mid-term or final report: what was planned at first and in the end, done and paid in each."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import BigInteger, cast, func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from budgets.lines import YEAR, BudgetLine
from core.database import select_columns
from portfolio.access import Reader
from portfolio.facts import counted
from reports.money_figures import MoneyFigures
from reports.money_groups import within
from reports.money_queries import keyed_leaves, projects_in
from reports.quarterly_scope import Asked


@dataclass(frozen=True)
class YearFigures:
    """One year. `figures` are those of the roll-up by year, None where the year has neither plan nor money. Units: fen.

    `originals` are the first approved plans of the year (年初计划) by project code; what holds with every adjustment (调整后) is
    `budget_fen` of the figures.
    """

    year: int
    figures: MoneyFigures | None
    originals: Mapping[str, int]

    @property
    def original_fen(self) -> int | None:
        return sum(self.originals.values()) if self.originals else None


def year_figures(session: Session, reader: Reader, asked: Asked) -> tuple[YearFigures, ...]:
    """The years that the period looks back on, the year of an annual report alone."""
    first = min(plan.first_year for plan in asked.plans) if asked.period.kind != "year" else asked.period.year
    by_year = {int(one.keys[0] or 0): one for one in asked.money(session, reader, "year")}
    originals = _originals(session, reader, asked)
    return tuple(
        YearFigures(year, by_year.get(year), originals.get(year, {})) for year in range(first, asked.period.year + 1)
    )


def _originals(session: Session, reader: Reader, asked: Asked) -> dict[int, dict[str, int]]:
    """The first approved version of every yearly plan line that counts, by year and project code."""
    line, earlier, scope = BudgetLine, aliased(BudgetLine), asked.scope
    keys = ("project", *asked.group.by)
    keyed = keyed_leaves(reader, scope, keys, asked.group.level, projects_in(reader, scope))
    before = (
        select_columns(earlier.id)
        .where(
            counted(earlier, scope.quarter, scope.edition),
            col(earlier.project_id) == col(line.project_id),
            col(earlier.covers) == col(line.covers),
            col(earlier.source_id) == col(line.source_id),
            col(earlier.version) < col(line.version),
        )
        .exists()
    )
    groups = (keyed.c.key_project, col(line.year))
    query = (
        select_columns(*groups, cast(func.sum(line.change_fen), BigInteger))
        .select_from(line)
        .join(keyed, keyed.c.leaf_id == line.project_id)
        .where(
            counted(line, scope.quarter, scope.edition),
            col(line.span) == YEAR,
            ~before,
            *within(asked.group, {name: keyed.c[f"key_{name}"] for name in asked.group.by}),
        )
        .group_by(*groups)
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for code, year, fen in session.execute(query):
        found[year][str(code)] = int(fen)
    return found
