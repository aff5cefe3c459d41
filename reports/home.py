"""The figures of the home pages: of one quarter beside the one before, worked out once for all roles of a person.

Every figure is that of its own module (money, indicators, lamps, coverage); nothing is calculated anew here but what changed
and which projects are the worst.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

from sqlmodel import Session, col

from core.calendar import quarter_before
from core.database import select_columns
from milestones.indicator_math import MET
from portfolio.access import Reader
from portfolio.dated import in_force
from portfolio.departments import Department
from portfolio.projects import ProjectBody
from reports.coverage_sheet import BINDING, CoverageLine, CoverageSheet, coverage_sheet
from reports.indicators import IndicatorFigures, indicator_figures
from reports.lamp_reading import lamp_counts, project_lamps
from reports.lamp_words import RED, WORST_FIRST
from reports.lamps import ProjectLamp
from reports.money import whole_money
from reports.money_figures import MoneyFigures
from reports.rollup import Scope

WORST = 10  # projects that a leader's page names
LONGEST = 6  # bars of the coverage chart that fit one screen


@dataclass(frozen=True)
class LampChange:
    """A project whose lamp has another colour than in the quarter before; `before` is None where it had none."""

    lamp: ProjectLamp
    before: str | None

    @property
    def worse(self) -> bool:
        return self.before is None or WORST_FIRST.index(self.lamp.colour) < WORST_FIRST.index(self.before)


@dataclass(frozen=True)
class Share:
    """How many of how many."""

    number: int
    of: int


class HomeFigures:
    """The figures of a scope as of its quarter (`…_now`) and of the quarter before (`…_before`), each read when asked for."""

    def __init__(self, session: Session, reader: Reader, scope: Scope) -> None:
        self.session, self.reader, self.scope = session, reader, scope
        self.before = replace(scope, quarter=quarter_before(scope.quarter))

    @cached_property
    def money_now(self) -> MoneyFigures:
        return whole_money(self.session, self.reader, self.scope)

    @cached_property
    def money_before(self) -> MoneyFigures:
        return whole_money(self.session, self.reader, self.before)

    @cached_property
    def lamps_now(self) -> dict[int, ProjectLamp]:
        return project_lamps(self.session, self.reader, self.scope)

    @cached_property
    def lamps_before(self) -> dict[int, ProjectLamp]:
        return project_lamps(self.session, self.reader, self.before)

    @cached_property
    def coverage(self) -> CoverageSheet:
        return coverage_sheet(self.session, self.reader, self.scope)

    @property
    def binding_now(self) -> Share:
        """约束性指标达标数: those whose newest official reading meets the target."""
        return binding_met([line.figures for line in self.coverage.lines])

    @cached_property
    def binding_before(self) -> Share:
        return binding_met(indicator_figures(self.session, self.reader, self.before))

    @property
    def reds(self) -> tuple[int, int]:
        """The red lamps now and before."""
        return lamp_counts(self.lamps_now.values())[RED], lamp_counts(self.lamps_before.values())[RED]

    @property
    def changed(self) -> list[LampChange]:
        """The lamps that changed colour, those that got worse first, the worst of them on top."""
        found = [
            LampChange(lamp, None if id_ not in self.lamps_before else self.lamps_before[id_].colour)
            for id_, lamp in self.lamps_now.items()
            if id_ not in self.lamps_before or self.lamps_before[id_].colour != lamp.colour
        ]
        return sorted(found, key=lambda one: (not one.worse, *_badness(one.lamp)))

    @property
    def worst(self) -> list[ProjectLamp]:
        """The worst projects: red before yellow, by how many rules say so and how far works are behind time."""
        lit = [lamp for lamp in self.lamps_now.values() if lamp.colour in WORST_FIRST[:2]]
        return sorted(lit, key=_badness)[:WORST]

    @property
    def covered(self) -> list[CoverageLine]:
        """The lines of the coverage chart: targets that the projects will miss first, 约束性 before 预期性."""
        drawn = [line for line in self.coverage.drawn if line.figures.coverage.needed]
        return drawn[:LONGEST]


def binding_met(figures: Collection[IndicatorFigures]) -> Share:
    """How many 约束性 indicators are met, of how many there are."""
    binding = [one for one in figures if one.nature == BINDING]
    return Share(sum(one.achieved.verdict == MET for one in binding), len(binding))


def _badness(lamp: ProjectLamp) -> tuple[int, int, Fraction, int, str]:
    progress = lamp.progress
    same = sum(one.colour == lamp.colour for one in lamp.lamps)
    done = Fraction(0) if progress.judged_by is None else progress.judged_by[1]
    behind = Fraction(0) if progress.time is None else progress.time - done
    return WORST_FIRST.index(lamp.colour), -same, -behind, -(progress.estimate_fen or 0), progress.code


def answerable(session: Session, project_ids: Collection[int], quarter: int) -> Mapping[int, str]:
    """The lead department of each of these projects, where one is known."""
    query = (
        select_columns(ProjectBody.project_id, Department.name)
        .join(Department, col(Department.id) == ProjectBody.department_id)
        .where(
            col(ProjectBody.project_id).in_(project_ids),
            col(ProjectBody.role) == "lead",
            in_force(ProjectBody, quarter),
        )
    )
    return dict(session.execute(query).all())
