"""What comes after an edition in the made-up history: corrections of its quarter, a meeting, and orders out of red lamps."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlmodel import select

from budgets.entries import APPROVED_BY_FINANCE, LedgerEntry, NewEntry
from core.audit import Actor
from core.calendar import last_day, next_quarter, quarter_name, today
from core.language import translate
from milestones.milestones import ACTUAL, MilestoneReport
from milestones.readings import OfficialReading
from milestones.works import WorkEntry
from portfolio.access import OPERATOR_READER, Action
from portfolio.corrections import LEDGER_ENTRY, MILESTONE_REPORT, OFFICIAL_READING, WORK_ENTRY, Correction
from portfolio.reviewing import Reviewer
from reports.correcting import NewCorrection, approve_correction, refuse_correction, request_correction
from reports.correction_changes import Change
from reports.editions import Edition
from reports.lamp_reading import project_lamps
from reports.lamps import ProjectLamp
from reports.meetings import NewItem, NewMeeting, items_of, record_meeting
from reports.ordering import NewOrder, answer_order, close_order, issue_order
from reports.orders import SupervisionOrder
from reports.rollup import Scope
from seed.demo_desk import Desk
from seed.demo_moments import days_after, moment, put_back
from seed.demo_readings import typed_right
from seed.demo_records import DemoEntry
from seed.demo_returns import Returns
from seed.demo_schedules import DemoRedo
from seed.demo_works import DemoClaim

_CORRECTION, _ORDER = "correction", "supervision_order"
_RIGHTS: tuple[Action, ...] = ("accept_works", "approve_money")


@dataclass
class Later:
    """What was found wrong in a quarter only after it was closed, or came too late for it."""

    doubled_money: list[tuple[LedgerEntry, DemoEntry]] = field(default_factory=list)
    doubled_works: list[tuple[WorkEntry, DemoClaim]] = field(default_factory=list)
    wrong_days: list[DemoRedo] = field(default_factory=list)
    wrong_reading: OfficialReading | None = None
    missing: int | None = None  # a department that did not report


def correct(found: Returns, later: Later, quarter: int) -> None:
    """Asks for the corrections of a closed quarter and approves them."""
    desk = found.desk
    for entry, one in later.doubled_money:
        by = desk.finance if one.stage in APPROVED_BY_FINANCE else desk.office
        change = Change(LEDGER_ENTRY, undoes=entry.id)
        _approved(
            desk, _asked(desk, quarter, one.leaf, "重复记账冲销", one.reversed_because or "", [change]), quarter, by
        )
    for work, claim in later.doubled_works:
        change = Change(WORK_ENTRY, undoes=work.id)
        why = claim.reversed_because or ""
        _approved(desk, _asked(desk, quarter, claim.leaf, "重复工程量冲销", why, [change]), quarter, desk.office)
    for redo in later.wrong_days:
        query = select(MilestoneReport.id).where(
            MilestoneReport.milestone_id == redo.milestone.id, MilestoneReport.kind == ACTUAL
        )
        change = Change(MILESTONE_REPORT, undoes=desk.session.exec(query).one(), new=redo.new)
        _approved(desk, _asked(desk, quarter, redo.leaf, "节点日期更正", redo.why, [change]), quarter, desk.office)
    if later.wrong_reading is not None:
        change = Change(OFFICIAL_READING, undoes=later.wrong_reading.id, new=typed_right())
        row = _asked(desk, quarter, None, "监测值录入有误", "录入时看错一行（演示）", [change])
        _approved(desk, row, quarter, desk.office)
    if later.missing is not None:
        _made_up_for(found, later.missing, quarter)


def _made_up_for(found: Returns, department_id: int, quarter: int) -> None:
    """What a department had to report and did not: it comes as a correction of the quarter."""
    desk, on = found.desk, last_day(quarter)
    leaves = [track.leaf.code for code in found.filed[department_id] for track in found.tracks.get(code, ())]
    done = [(leaf, found.done_fen[leaf, quarter]) for leaf in leaves if found.done_fen.get((leaf, quarter))]
    changes = [
        Change(LEDGER_ENTRY, new=NewEntry("work_done", fen, on, note="补报"), place_id=desk.projects[leaf].id)
        for leaf, fen in done
    ]
    if changes:
        title, why = f"补报 {quarter_name(quarter)} 完成投资", "关账时未报，现补报（演示）"
        row = _asked(desk, quarter, done[0][0], title, why, changes)
        _approved(desk, row, quarter, desk.office)


def leave_corrections(found: Returns, quarter: int) -> None:
    """Of the last closed quarter one correction is refused, and one still waits."""
    desk = found.desk
    leaves = [track.leaf.code for code in sorted(found.codes) for track in found.tracks.get(code, ())]
    begun = [leaf for leaf in leaves if found.done_fen.get((leaf, quarter))][:2]
    for leaf, why in zip(begun, ("补报一笔零星工程（演示）", "结算后补报完成投资（演示）"), strict=False):
        new = NewEntry("work_done", 1_200_000_00, last_day(quarter), document="演示结算单", note="补报")
        change = Change(LEDGER_ENTRY, new=new, place_id=desk.projects[leaf].id)
        row = _asked(desk, quarter, leaf, "补报完成投资", why, [change])
        if leaf == begun[0]:
            refusal = "没有监理签证，请补齐后再报（演示）"
            refuse_correction(desk.session, row, reason=refusal, allowed=_RIGHTS, by=desk.office)
            put_back(desk.session, row, _CORRECTION, decided_at=moment(days_after(next_quarter(quarter), 10)))


def _asked(desk: Desk, quarter: int, leaf: str | None, title: str, why: str, changes: Sequence[Change]) -> Correction:
    new = NewCorrection(
        quarter=quarter,
        title=f"{title}（演示）",
        reason=why,
        changes=changes,
        document=f"演示更正说明〔{next_quarter(quarter) // 10}〕",
        project_id=None if leaf is None else desk.projects[leaf].id,
    )
    by = desk.head if leaf is None else desk.owners[leaf]
    row = request_correction(desk.session, desk.plan, new, by=by)
    put_back(desk.session, row, _CORRECTION, requested_at=moment(days_after(quarter, 60)))
    return row


def _approved(desk: Desk, row: Correction, quarter: int, by: Actor) -> None:
    approve_correction(desk.session, row, allowed=_RIGHTS, by=Reviewer(by))
    put_back(desk.session, row, _CORRECTION, decided_at=moment(days_after(quarter, 68)))


def meet(found: Returns, edition: Edition, quarter: int) -> None:
    """The meeting after the edition of a quarter: two red projects, an order for each; one is answered, one stays overdue."""
    desk = found.desk
    reds = _reds(found, quarter)[:2]
    if not reds:
        return
    held = days_after(quarter, 60)
    items = [NewItem("通报本季调度报告", "原则同意，按程序印发（演示）")]
    items += [
        NewItem(f"研究{desk.projects[code].name[:60]}推进问题", _ASKED, desk.projects[code].id) for code, *_ in reds
    ]
    new = NewMeeting(
        held_on=held,
        title=f"领导小组 {quarter_name(quarter)} 调度会（演示）",
        items=items,
        place="市政府第二会议室（演示）",
        chair="演示·组长",
        present="领导小组成员单位负责人（演示）",
        document=f"演示会议纪要〔{held.year}〕2号",
        edition_id=edition.id,
    )
    row = record_meeting(desk.session, desk.plan, new, by=desk.office)
    written = [one.id for one in items_of(desk.session, row.id or 0)][1:]
    for place, (red, item_id) in enumerate(zip(reds, written, strict=True)):
        order = _ordered(desk, red, item_id, days_after(quarter, 62), days_after(quarter, 92 + 20 * place))
        if place == 0:
            _answered(desk, order, red[1], quarter)


_ASKED = "责任部门查明原因，倒排工期，月底前报整改方案（演示）"


def order_out_of_a_lamp(found: Returns, quarter: int) -> None:
    """An order that the leading group gives without a meeting, on the third red project; its answer waits for the office."""
    for red in _reds(found, quarter)[2:3]:
        order = _ordered(found.desk, red, None, days_after(quarter, 62), days_after(quarter, 110))
        text = "已约谈施工单位，调整了进场顺序，本月内报分周计划（演示）"
        answer_order(found.desk.session, order, text=text, by=found.desk.reporters[red[1]])


Red = tuple[str, int, str]  # a project, the department that files it, and the lamp as an order keeps it


def _reds(found: Returns, quarter: int) -> list[Red]:
    """The red projects that a department files; those of the department with accounts first."""
    desk = found.desk
    lamps = project_lamps(desk.session, OPERATOR_READER, Scope(quarter, frozenset({desk.plan_id})))
    departments = {code: id_ for id_, codes in found.filed.items() for code in codes}
    codes = {row.id: code for code, row in desk.projects.items()}
    red = [
        (codes[id_], departments[codes[id_]], _kept(lamp, quarter))
        for id_, lamp in lamps.items()
        if lamp.colour == "red" and codes[id_] in departments
    ]
    return sorted(red, key=lambda one: (one[1] != desk.own_department, one[0]))


def _kept(lamp: ProjectLamp, quarter: int) -> str:
    """The lamp of a quarter in the shape in which reports/ordering.py keeps that of today."""

    def chinese(text: str) -> str:
        return translate(text, "zh")

    said = {
        "colour": lamp.colour,
        "quarter": quarter_name(quarter),
        "rule": lamp.worst.name,
        "reasons": [one.text(chinese) for one in lamp.worst.reasons],
        "green_by": [one.text(chinese) for one in lamp.worst.turns_green_by],
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True)


def _ordered(desk: Desk, red: Red, item_id: int | None, given: date, due: date) -> SupervisionOrder:
    code, department_id, lamp = red
    new = NewOrder(
        title=f"{desk.projects[code].name[:80]}进度严重滞后（演示）",
        asked=_ASKED,
        department_id=department_id,
        due_on=today(),
        project_id=desk.projects[code].id,
        meeting_item_id=item_id,
    )
    row = issue_order(desk.session, desk.plan, new, by=desk.leader)
    put_back(desk.session, row, _ORDER, issued_on=given, due_on=due, lamp=lamp)
    return row


def _answered(desk: Desk, row: SupervisionOrder, department_id: int, quarter: int) -> None:
    """Answered in time, and ended by the office."""
    text = "已增加两个作业班组，征地问题谈妥，预计年底前补上落后的工程量（演示）"
    answer_order(desk.session, row, text=text, by=desk.reporters[department_id])
    close_order(desk.session, row, outcome="整改方案可行，予以销号，下季度继续跟踪（演示）", by=desk.office)
    put_back(desk.session, row, _ORDER, closed_on=days_after(quarter, 90))
