"""Writes the made-up milestones of demo_milestones.py, through the functions that people use."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import select

from core.calendar import quarter_of
from core.units import micro_from_text
from milestones.milestone_plans import add_milestones, replan
from milestones.milestone_reports import accept_milestones, report_milestone
from milestones.milestone_templates import TemplateItem, items_of
from milestones.milestones import ACTUAL, FORECAST, WITHDRAWN, Milestone, MilestoneReport, MilestoneTemplate
from milestones.plan_rules import NewMilestone
from milestones.report_rules import NewMilestoneReport
from portfolio.reviewing import Reviewer
from portfolio.values import Basis
from seed.demo_desk import Desk
from seed.demo_milestones import (
    DemoMet,
    DemoMoved,
    DemoSchedule,
    DemoStep,
    first_quarter_of,
    schedule,
    template_of,
    with_slips,
)
from seed.demo_records import DemoTrack


@dataclass(frozen=True)
class Milestones:
    """The milestones of every leaf with what is to happen to them."""

    rows: Mapping[str, Sequence[Milestone]]
    schedules: Mapping[str, DemoSchedule]

    def all(self) -> Iterator[tuple[str, Sequence[Milestone], DemoSchedule]]:
        for code, schedule_ in self.schedules.items():
            yield code, self.rows[code], schedule_


def plan_milestones(desk: Desk, tracks: Sequence[DemoTrack], silent: str | None, seed: int) -> Milestones:
    """Gives every leaf the milestones of its template with their first plan. `silent` is the leaf that never reports one."""
    items = {row.key: items_of(row) for row in desk.session.exec(select(MilestoneTemplate))}
    of_leaf = {track.leaf.code: items[template_of(track.leaf.code)] for track in tracks}
    steps = {code: [DemoStep(one.kind, one.share) for one in found] for code, found in of_leaf.items()}
    schedules = with_slips(
        {
            track.leaf.code: schedule(track, steps[track.leaf.code], seed, silent=track.leaf.code == silent)
            for track in tracks
        },
        steps,
    )
    rows = {
        track.leaf.code: _planned(desk, track, of_leaf[track.leaf.code], schedules[track.leaf.code]) for track in tracks
    }
    return Milestones(rows, schedules)


def write_milestones(desk: Desk, found: Milestones, quarter: int, *, first: int) -> None:
    """What is planned anew, expected and met in a quarter; in the `first` one also what was met before it."""
    for _, rows, one in found.all():
        for moved in one.moved:
            if moved.from_quarter == quarter:
                _replan(desk, rows[moved.step], moved)
    ids: list[int] = []
    for code, rows, one in found.all():
        for expected in one.expected:
            if quarter_of(expected.said_on) == quarter:
                new = NewMilestoneReport(
                    FORECAST, expected.on, note="按目前进度预计（演示）", reported_on=expected.said_on
                )
                row = report_milestone(desk.session, rows[expected.step], new, submit=True, by=desk.owners[code])
                ids.append(row.id or 0)
        for met in one.met:
            if max(quarter_of(met.on), first) == quarter:
                row = _met(desk, code, rows[met.step], met)
                if met.fate in ("approved", "withdrawn"):
                    ids.append(row.id or 0)
    accept_milestones(desk.session, ids, by=Reviewer(desk.office))


@dataclass(frozen=True)
class DemoRedo:
    """A day that was reported wrong: what is said instead, and why."""

    leaf: str
    milestone: Milestone
    new: NewMilestoneReport
    why: str


def wrong_days(found: Milestones, quarter: int) -> Iterator[DemoRedo]:
    """The days of a quarter that turn out wrong after it was closed."""
    for code, rows, one in found.all():
        for met in one.met:
            if quarter_of(met.on) != quarter:
                continue
            if met.corrected_to is not None:
                why = "原报日期是会议日期，应为批复日期（演示）"
                yield DemoRedo(code, rows[met.step], NewMilestoneReport(ACTUAL, met.corrected_to), why)
            elif met.fate == "withdrawn":
                new = NewMilestoneReport(WITHDRAWN, reported_on=met.on)
                yield DemoRedo(code, rows[met.step], new, "资料不全，撤销后重新办理（演示）")


def _planned(desk: Desk, track: DemoTrack, items: Sequence[TemplateItem], one: DemoSchedule) -> list[Milestone]:
    """The milestones with their first plan."""
    new = [
        NewMilestone(item.kind, item.name, day, micro_from_text(item.weight))
        for item, day in zip(items, one.planned, strict=True)
    ]
    since = first_quarter_of(track)
    basis = Basis(since, f"演示节点计划〔{since // 10}〕1号", "演示数据")
    return add_milestones(desk.session, desk.projects[track.leaf.code], new, basis, by=desk.office)


def _replan(desk: Desk, row: Milestone, moved: DemoMoved) -> None:
    why = Basis(moved.from_quarter, moved.document, moved.reason)
    replan(desk.session, row, moved.to, why, expected_version=row.row_version, by=desk.office)


def _met(desk: Desk, code: str, row: Milestone, met: DemoMet) -> MilestoneReport:
    new = NewMilestoneReport(ACTUAL, met.on, document=f"演示节点证明-{code}-{met.step + 1}")
    return report_milestone(desk.session, row, new, submit=met.fate != "draft", by=desk.owners[code])
