"""The home page of finance: execution by source and year against time progress, warnings to explain, entries that wait."""

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col

from budgets.entries import STAGES, SUBMITTED, LedgerEntry
from core.database import select_columns
from milestones.schedule import day_as_of
from portfolio.access import Reader
from portfolio.projects import Project
from reports.money import money_rollup
from reports.money_figures import MoneyFigures
from reports.progress_math import whole_months
from reports.rollup import Scope
from reports.warning_list import open_warnings


@dataclass(frozen=True)
class WaitingStage:
    """Entries of one stage that wait for the reader. Units: fen."""

    stage: str
    count: int
    fen: int


class FinanceHome:
    """What finance looks at first, each read when it is asked for."""

    def __init__(self, session: Session, reader: Reader, scope: Scope) -> None:
        self.session, self.reader, self.scope = session, reader, scope

    @property
    def year(self) -> int:
        return self.scope.quarter // 10

    @property
    def time(self) -> Fraction:
        """序时进度 of the year: whole months that have passed / 12."""
        return Fraction(min(12, max(0, whole_months(self.year, day_as_of(self.scope.quarter)))), 12)

    @cached_property
    def whole(self) -> MoneyFigures | None:
        """The year as one group; None where nothing was planned or happened in it."""
        return next((one for one in self.years if one.keys[0] == self.year), None)

    @cached_property
    def years(self) -> list[MoneyFigures]:
        """A group per year up to this one."""
        rows = money_rollup(self.session, self.reader, self.scope, ("year",))
        return [one for one in rows if isinstance(one.keys[0], int) and one.keys[0] <= self.year]

    @cached_property
    def sources(self) -> list[MoneyFigures]:
        """A group per source of this year, the largest plan first."""
        rows = money_rollup(self.session, self.reader, self.scope, ("source", "year"))
        mine = [one for one in rows if one.keys[1] == self.year and (one.budget_fen or one.paid_fen)]
        return sorted(mine, key=lambda one: (-(one.budget_fen or 0), -(one.paid_fen or 0), str(one.keys[0])))

    @cached_property
    def warnings(self) -> int:
        """Warnings that nobody has explained yet."""
        return open_warnings(self.session, self.reader, self.scope)


def waiting_stages(session: Session, plan_ids: Collection[int] | None, stages: Collection[str]) -> list[WaitingStage]:
    """The entries of these stages that wait in these plans (None: in all), in the order of the stages."""
    query = (
        select_columns(LedgerEntry.stage, func.count(), func.sum(LedgerEntry.amount_fen))
        .join(Project, col(Project.id) == LedgerEntry.project_id)
        .where(col(LedgerEntry.state) == SUBMITTED, col(LedgerEntry.stage).in_(stages))
        .group_by(col(LedgerEntry.stage))
    )
    if plan_ids is not None:
        query = query.where(col(Project.plan_id).in_(plan_ids))
    found: dict[str, Any] = {stage: (count, fen) for stage, count, fen in session.execute(query)}
    return [WaitingStage(stage, found[stage][0], int(found[stage][1])) for stage in STAGES if stage in found]
