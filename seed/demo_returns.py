"""The departments' returns of the made-up history: opened, filled, handed in, approved by the head, accepted by the office."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sqlmodel import col, select

from core.calendar import last_day, period_from_text, quarter_name, quarter_of
from portfolio.periods import ReportingPeriod
from portfolio.reviewing import Reviewer
from reports.filing import filing_of
from reports.period_flow import close_period, open_period
from reports.period_rules import default_due
from reports.reminding import extend_return, remind
from reports.return_cells import CellChange, put_cells
from reports.return_fields import MONEY_FIELDS, NEXT_STEPS, PROGRESS, CellKey
from reports.return_flow import accept_return, approve_return, send_back_return, submit_return
from reports.return_notes import NewNote, settle_note
from reports.returns import DepartmentReturn, ReturnNote
from seed.demo_desk import Desk
from seed.demo_moments import days_after, moment, put_back
from seed.demo_records import DemoEntry, DemoTrack, between
from seed.demo_texts import DemoStanding, no_progress_reason, texts_of

_RETURN = "department_return"
_SUBMITTED, _APPROVED, _ACCEPTED = 24, 30, 38  # days after the end of the quarter
_DONE = MONEY_FIELDS["work_done"]
_SENT_BACK_ONCE = (20233, 20244)  # quarters in which one return goes back and comes again
LATE_IN = 20253  # the quarter that is closed although one department has not reported
_NEVER_OPENED = "规划首年尚未组织部门季度填报，各季度按已审核的记录一次关账（演示）"
_LEFT_OUT = "下季度开领导小组会议，须按期出报表；未报和未审核的退回，下期作为更正补报（演示）"


@dataclass(frozen=True)
class Returns:
    """What the returns of every quarter are filled from. `filed` are the departments with their projects, by code."""

    desk: Desk
    seed: int
    filed: Mapping[int, Sequence[str]]
    tracks: Mapping[str, Sequence[DemoTrack]]  # the leaves of each top-level project
    done_fen: Mapping[tuple[str, int], int]  # what the entries say was done of a leaf in a quarter

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(code for codes in self.filed.values() for code in codes)


def returns_of(
    desk: Desk, tracks: Sequence[DemoTrack], entries: Sequence[DemoEntry], quarter: int, seed: int
) -> Returns:
    """Who files what, and what there is to file: work done comes through returns and nowhere else."""
    codes = {row.id: code for code, row in desk.projects.items()}
    found = filing_of(desk.session, desk.plan_id, quarter).by_department
    of_top: dict[str, list[DemoTrack]] = defaultdict(list)
    for track in tracks:
        of_top[track.leaf.top_code].append(track)
    done: dict[tuple[str, int], int] = defaultdict(int)
    for one in entries:
        if one.stage == "work_done":
            done[one.leaf, quarter_of(one.on)] += one.amount_fen
    filed = {department: [codes[id_] for id_ in ids] for department, ids in found.items()}
    return Returns(desk, seed, filed, of_top, done)


def opened(desk: Desk, quarter: int) -> list[DepartmentReturn]:
    """Opens a quarter; its returns, in the order of the departments."""
    period = period_from_text(quarter_name(quarter))
    row = open_period(desk.session, desk.plan, period, due_on=default_due(quarter, last_day(quarter)), by=desk.office)
    query = select(DepartmentReturn).where(DepartmentReturn.period_id == row.id)
    return list(desk.session.exec(query.order_by(col(DepartmentReturn.department_id))))


def close(desk: Desk, quarter: int, *, unopened: bool = False) -> list[ReportingPeriod]:
    """Closes a quarter, with the reason where something is left out or nobody was asked to report."""
    why = _NEVER_OPENED if unopened else _LEFT_OUT if quarter == LATE_IN else None
    return close_period(desk.session, desk.plan, period_from_text(quarter_name(quarter)), reason=why, by=desk.office)


def report_quarter(found: Returns, quarter: int) -> int | None:
    """All returns of a quarter, from opening to acceptance; the department that did not report, if any."""
    rows = opened(found.desk, quarter)
    missing = _smallest(found) if quarter == LATE_IN else None
    for place, row in enumerate(one for one in rows if one.department_id != missing):
        fill(found, row, quarter)
        if quarter in _SENT_BACK_ONCE and place == quarter % 3:
            _send_back_once(found, row, quarter)
        hand_in(found, row, quarter)
        approve_return(found.desk.session, row, by=found.desk.heads[row.department_id])
        accept_return(found.desk.session, row, by=Reviewer(found.desk.office))
        _put_back(found.desk, row, quarter, place)
    return missing


def _smallest(found: Returns) -> int:
    """The department with least to file, whose reports came late."""
    done = {
        id_: sum(found.done_fen.get((track.leaf.code, LATE_IN), 0) for code in codes for track in found.tracks[code])
        for id_, codes in found.filed.items()
    }
    with_work = [id_ for id_, fen in done.items() if fen and id_ != found.desk.own_department]
    return min(with_work or list(done), key=lambda id_: (done[id_], id_))


def standing(found: Returns, code: str, quarter: int) -> DemoStanding:
    """How a project stands at the end of a quarter, as its money tells."""
    tracks = found.tracks.get(code, ())
    whole = sum(track.leaf.estimate_fen for track in tracks) or 1
    share = sum((track.share(quarter) * track.leaf.estimate_fen for track in tracks), Fraction(0)) / whole
    first = min((track.leaf.first_year for track in tracks), default=quarter // 10)
    last = max((track.leaf.last_year for track in tracks), default=quarter // 10)
    passed, span = between(first * 10 + 1, quarter) + 1, (last - first + 1) * 4
    end = days_after(quarter, 0)
    return DemoStanding(
        code=code,
        quarter=quarter,
        share=share,
        due=min(Fraction(1), max(Fraction(0), Fraction(passed, span))),
        done_fen=sum(found.done_fen.get((track.leaf.code, quarter), 0) for track in tracks),
        begun=any(track.begun_on is not None and track.begun_on <= end for track in tracks),
        finished=bool(tracks) and all(track.finished_on is not None and track.finished_on <= end for track in tracks),
    )


def cells(found: Returns, department_id: int, quarter: int, *, half: bool = False) -> list[CellChange]:
    """What a department writes: what was done of each leaf, and the texts of each project. `half`: it has only begun to."""
    codes = found.filed.get(department_id, ())
    changes: list[CellChange] = []
    for code in codes[: (len(codes) + 1) // 2] if half else codes:
        for track in found.tracks.get(code, ()):
            fen = found.done_fen.get((track.leaf.code, quarter), 0)
            if fen:
                leaf = found.desk.projects[track.leaf.code].id or 0
                changes.append(CellChange(CellKey(leaf, _DONE), str(fen)))
        top = found.desk.projects[code].id or 0
        said = texts_of(standing(found, code, quarter), found.seed)
        changes += [CellChange(CellKey(top, name), text) for name, text in said.items() if not half or name == PROGRESS]
    return changes


def fill(found: Returns, row: DepartmentReturn, quarter: int, *, half: bool = False) -> None:
    by = found.desk.reporters[row.department_id]
    put_cells(found.desk.session, row, cells(found, row.department_id, quarter, half=half), by=by)


def hand_in(found: Returns, row: DepartmentReturn, quarter: int) -> None:
    """Hands a return in, as 本期无进展 when there is nothing to say."""
    none = not cells(found, row.department_id, quarter)
    submit_return(
        found.desk.session,
        row,
        answerable="部门负责人（演示）",
        no_progress_reason=no_progress_reason(quarter) if none else None,
        by=found.desk.reporters[row.department_id],
    )


def _send_back_once(found: Returns, row: DepartmentReturn, quarter: int) -> None:
    """The office finds something; the department mends it and hands in again."""
    desk = found.desk
    hand_in(found, row, quarter)
    approve_return(desk.session, row, by=desk.heads[row.department_id])
    notes = notes_for(found, row)
    send_back_return(desk.session, row, reason="见逐项意见（演示）", notes=notes, by=desk.office)
    by = desk.reporters[row.department_id]
    for note in desk.session.exec(select(ReturnNote).where(ReturnNote.return_id == row.id)):
        if note.project_id is not None and note.field is not None:
            text = "已按意见补充：逐段列明完成长度和剩余工程量，详见附表（演示）"
            put_cells(desk.session, row, [CellChange(CellKey(note.project_id, note.field), text)], by=by)
        settle_note(desk.session, note, by=by)


def notes_for(found: Returns, row: DepartmentReturn) -> list[NewNote]:
    """What the office asks of a return: two fields of its first project."""
    top = found.desk.projects[found.filed[row.department_id][0]].id
    return [
        NewNote("请写明本季完成了哪些部位，不要只写百分比（演示）", top, PROGRESS),
        NewNote("下一步计划请写到月份（演示）", top, NEXT_STEPS),
    ]


def _put_back(desk: Desk, row: DepartmentReturn, quarter: int, place: int) -> None:
    said = {
        "submitted_at": moment(days_after(quarter, _SUBMITTED + place % 5)),
        "approved_at": moment(days_after(quarter, _APPROVED + place % 3)),
        "accepted_at": moment(days_after(quarter, _ACCEPTED)),
    }
    stands = {name: value for name, value in said.items() if getattr(row, name) is not None}
    if row.sent_back_at is not None:
        stands["sent_back_at"] = moment(days_after(quarter, _SUBMITTED - 4))
    put_back(desk.session, row, _RETURN, **stands)


def leave_open(found: Returns, quarter: int) -> None:
    """The last quarter: every return is somewhere else on its way, and most have not come."""
    desk, rows = found.desk, opened(found.desk, quarter)
    # The department of the accounts comes first, so that its owner finds a draft to go on with; then who has most to say.
    much = {row.department_id: len(cells(found, row.department_id, quarter)) for row in rows}
    rows.sort(key=lambda row: (row.department_id != desk.own_department, -much[row.department_id], row.department_id))
    for place, (row, stop) in enumerate(zip(rows, _WAYS, strict=False)):
        stop(found, row, quarter)
        _put_back(desk, row, quarter, place)
    rest = rows[len(_WAYS) :]
    if rest:  # who has least to say reports that nothing went on
        _no_progress(found, rest.pop(), quarter)
    period = desk.session.get_one(ReportingPeriod, rows[0].period_id)
    text = f"请抓紧报送 {period.name} 填报（演示）"
    remind(desk.session, period, return_ids=[row.id or 0 for row in rest], text=text, by=desk.office)


def _draft(found: Returns, row: DepartmentReturn, quarter: int) -> None:
    fill(found, row, quarter, half=True)


def _submitted(found: Returns, row: DepartmentReturn, quarter: int) -> None:
    fill(found, row, quarter)
    hand_in(found, row, quarter)


def _approved(found: Returns, row: DepartmentReturn, quarter: int) -> None:
    _submitted(found, row, quarter)
    approve_return(found.desk.session, row, by=found.desk.heads[row.department_id])


def _accepted(found: Returns, row: DepartmentReturn, quarter: int) -> None:
    _approved(found, row, quarter)
    accept_return(found.desk.session, row, by=Reviewer(found.desk.office))


def _sent_back(found: Returns, row: DepartmentReturn, quarter: int) -> None:
    _approved(found, row, quarter)
    notes = notes_for(found, row)
    send_back_return(found.desk.session, row, reason="见逐项意见（演示）", notes=notes, by=found.desk.office)


def _extended(found: Returns, row: DepartmentReturn, quarter: int) -> None:
    due = date(quarter // 10 + 1, 3, 5)
    why = "换了填报人，申请延期（演示）"
    extend_return(found.desk.session, row, due_on=due, reason=why, by=found.desk.office)


def _no_progress(found: Returns, row: DepartmentReturn, quarter: int) -> None:
    reason, by = no_progress_reason(quarter), found.desk.reporters[row.department_id]
    submit_return(found.desk.session, row, answerable="部门负责人（演示）", no_progress_reason=reason, by=by)
    _put_back(found.desk, row, quarter, len(_WAYS))


_WAYS: tuple[Callable[[Returns, DepartmentReturn, int], None], ...] = (
    _draft,
    _accepted,
    _submitted,
    _approved,
    _sent_back,
    _extended,
)
