"""Progress of an invented project for tests of lamps, and approved works and states put straight into the tables."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from sqlmodel import Session

from budgets.rates import Rate
from core.calendar import quarter_of
from core.units import MICRO
from milestones.quantities import Measure
from milestones.schedule import MilestoneState
from milestones.works import WorkEntry
from portfolio.projects import Project, ProjectState
from reports.lamps import Lamp, Rule, lamp
from reports.progress_math import MeasureProgress, ProjectProgress
from tests.reports.money_samples import day_in
from tests.samples import identity

YEAR_END = date(2024, 12, 31)
_numbers = itertools.count(1)
APPROVED: dict[str, Any] = {"approved_at": datetime(2026, 1, 5, tzinfo=UTC), "approved_by": "核实人"}


def measure(
    verified: str | int | None, planned: str | int | None = 1000, *, unit: str = "亩", id_: int = 1, weight: Any = 100
) -> MeasureProgress:
    """A measure of which so much is verified."""
    done = None if verified is None else Fraction(verified)
    goal = None if planned is None else Fraction(planned)
    return MeasureProgress(id_, f"营造林{id_}", unit, goal, done, done, None if goal is None else Fraction(weight))


def milestone(kind: str, *, weight: int = 50, met: date | None = None, planned: date | None = None) -> MilestoneState:
    number = next(_numbers)
    return MilestoneState(number, 1, kind, kind, number, Fraction(weight), planned, planned, None, met)


def a_project(**facts: Any) -> ProjectProgress:
    """A project of 2022–2025 that has started and of which something was reported, at the end of 2024: 36 of 48 months."""
    progress = ProjectProgress(
        1, "qingshan-01", "天然林保护工程项目", 1, YEAR_END,
        first_year=2022, last_year=2025, started=True, silent=False, last_change=20244,
    )  # fmt: skip
    return replace(progress, **facts)


def money(done_wan: int, estimate_wan: int) -> Rate:
    return Rate(done_wan * 1_000_000, estimate_wan * 1_000_000)


def judged(progress: ProjectProgress, kind: str, **parameters: int) -> Lamp:
    """What the preset of a kind says, with parameters of one's own."""
    from milestones.lamp_rules import PRESETS

    return lamp(progress, Rule(kind, kind, kind, {**PRESETS[kind], **parameters}))


def said(found: Lamp) -> tuple[str, str]:
    """The reasons and the ways to green, in Chinese."""
    return "；".join(one.text(str) for one in found.reasons), "；".join(one.text(str) for one in found.turns_green_by)


def put_work(
    session: Session,
    project: Project,
    measure_: Measure,
    tier: str,
    quantity: int,
    quarter: int,
    *,
    unit: str = "亩",
    based_on: WorkEntry | None = None,
    posted: int | None = None,
    kind: str = "entry",
) -> WorkEntry:
    """An approved quantity of works, as accepting and verifying leave it."""
    row = WorkEntry(
        project_id=identity(project),
        measure_id=measure_.id,
        tier=tier,
        kind=kind,
        quantity_micro=None if kind == "not-applicable" else quantity * MICRO,
        unit=unit,
        based_on_id=None if based_on is None else based_on.id,
        occurred_on=day_in(quarter),
        occurred_quarter=quarter,
        posted_period=posted or quarter,
        state="approved",
        recorded_by="填报员",
        **APPROVED,
    )
    session.add(row)
    session.flush()
    return row


def put_state(session: Session, project: Project, state: str, on: date) -> None:
    session.add(
        ProjectState(
            project_id=identity(project),
            state=state,
            since_on=on,
            document="青发改〔2022〕1号",
            recorded_by="填报员",
            recorded_at=datetime(2022, 1, next(_numbers) % 28 + 1, tzinfo=UTC),
            posted_period=quarter_of(on),
        )
    )
    session.flush()
