"""Writes the made-up milestones of demo_milestones.py, through the functions that people use."""

from collections.abc import Mapping, Sequence

from sqlmodel import select

from core.units import micro_from_text
from milestones.milestone_plans import add_milestones, replan
from milestones.milestone_reports import accept_milestones, report_milestone
from milestones.milestone_templates import TemplateItem, items_of
from milestones.milestones import ACTUAL, FORECAST, WITHDRAWN, Milestone, MilestoneTemplate
from milestones.plan_rules import NewMilestone
from milestones.report_rules import NewMilestoneReport
from portfolio.reviewing import Reviewer
from portfolio.values import Basis
from seed.demo_desk import Desk
from seed.demo_milestones import DemoSchedule, DemoStep, first_quarter_of, schedule, template_of, with_slips
from seed.demo_records import DemoTrack


def write_milestones(desk: Desk, tracks: Sequence[DemoTrack], silent: str | None, seed: int) -> int:
    """Gives every leaf the milestones of its template with all that happens to them; how many milestones there are.

    `silent` is the leaf that never reports one.
    """
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
    _forecast(desk, rows, schedules)
    _report(desk, rows, schedules)
    _correct(desk, rows, schedules)
    return sum(len(found) for found in rows.values())


_Rows = Mapping[str, Sequence[Milestone]]
_Schedules = Mapping[str, DemoSchedule]


def _planned(desk: Desk, track: DemoTrack, items: Sequence[TemplateItem], one: DemoSchedule) -> list[Milestone]:
    """The milestones with their first plan, and those that were planned anew."""
    new = [
        NewMilestone(item.kind, item.name, day, micro_from_text(item.weight))
        for item, day in zip(items, one.planned, strict=True)
    ]
    since = first_quarter_of(track)
    basis = Basis(since, f"演示节点计划〔{since // 10}〕1号", "演示数据")
    rows = add_milestones(desk.session, desk.projects[track.leaf.code], new, basis, by=desk.office)
    for moved in one.moved:
        row = rows[moved.step]
        why = Basis(moved.from_quarter, moved.document, moved.reason)
        replan(desk.session, row, moved.to, why, expected_version=row.row_version, by=desk.office)
    return rows


def _forecast(desk: Desk, rows: _Rows, schedules: _Schedules) -> None:
    ids = []
    for code, found in schedules.items():
        for one in found.expected:
            new = NewMilestoneReport(FORECAST, one.on, note="按目前进度预计（演示）", reported_on=one.said_on)
            row = report_milestone(desk.session, rows[code][one.step], new, submit=True, by=desk.owners[code])
            ids.append(row.id or 0)
    accept_milestones(desk.session, ids, by=Reviewer(desk.office))


def _report(desk: Desk, rows: _Rows, schedules: _Schedules) -> None:
    ids = []
    for code, found in schedules.items():
        for one in found.met:
            document = f"演示节点证明-{code}-{one.step + 1}"
            new = NewMilestoneReport(ACTUAL, one.on, document=document)
            submit = one.fate != "draft"
            row = report_milestone(desk.session, rows[code][one.step], new, submit=submit, by=desk.owners[code])
            if one.fate in ("approved", "withdrawn"):
                ids.append(row.id or 0)
    accept_milestones(desk.session, ids, by=Reviewer(desk.office))


def _correct(desk: Desk, rows: _Rows, schedules: _Schedules) -> None:
    """Days that were reported wrong: reported again with a reason, or withdrawn."""
    ids = []
    for code, found in schedules.items():
        for one in found.met:
            if one.corrected_to is not None:
                why = "原报日期是会议日期，应为批复日期（演示）"
                new = NewMilestoneReport(ACTUAL, one.corrected_to, correction_reason=why)
            elif one.fate == "withdrawn":
                new = NewMilestoneReport(
                    WITHDRAWN, correction_reason="资料不全，撤销后重新办理（演示）", reported_on=one.on
                )
            else:
                continue
            row = report_milestone(desk.session, rows[code][one.step], new, submit=True, by=desk.owners[code])
            ids.append(row.id or 0)
    accept_milestones(desk.session, ids, by=Reviewer(desk.office))
