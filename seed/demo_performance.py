"""Performance targets of two projects in the made-up history: one that is finished and evaluated itself, one that is about to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.calendar import first_quarter, quarter_of
from core.money import typed
from milestones.performance_results import NewResult, record_result
from milestones.performance_rules import NewPerformance
from milestones.performance_setting import set_frame, set_target
from portfolio.values import Basis
from seed.demo_desk import Desk
from seed.demo_records import LAST, LAST_FINISH, DemoTrack, between

_SHARES = {"execution": "10", "output": "50", "benefit": "30", "satisfaction": "10"}
_HALF = 4  # of the project that is still being built only so many targets have a result yet


@dataclass(frozen=True)
class Evaluated:
    """A project that evaluates itself for a year, and in which quarter what it reached is written down.

    Units: fen.
    """

    track: DemoTrack
    done_fen: int  # what was done of it through the year
    year: int
    written_in: int
    whole: bool


def plan_evaluations(
    desk: Desk, tracks: Sequence[DemoTrack], done_fen: Mapping[tuple[str, int], int]
) -> list[Evaluated]:
    """The first finished project and the first that is being built, those of the department with accounts first."""
    alone = [one for one in tracks if one.leaf.code == one.leaf.top_code and one.begun_on is not None]
    alone.sort(
        key=lambda one: (desk.owners[one.leaf.code] != desk.reporters.get(desk.own_department or 0), one.leaf.code)
    )
    ended = next(
        (one for one in alone if one.finished_on is not None and one.finished_on < date(LAST // 10, 1, 1)), None
    )
    goes_on = next((one for one in alone if one.finished_on is None), None)
    chosen = [
        (one, one.finished_on.year if one.finished_on else LAST // 10) for one in (ended, goes_on) if one is not None
    ]
    return [
        Evaluated(
            track=one,
            done_fen=sum(fen for (leaf, of), fen in done_fen.items() if leaf == one.leaf.code and of <= _until(year)),
            year=year,
            written_in=LAST if one.finished_on is None else first_quarter(year + 1),
            whole=one.finished_on is not None,
        )
        for one, year in chosen
    ]


def write_evaluations(desk: Desk, found: Sequence[Evaluated], quarter: int) -> None:
    """Sets the targets when the year begins, by the office; and records what was reached, by who answers for the project."""
    for one in found:
        project = desk.projects[one.track.leaf.code]
        if quarter == first_quarter(one.year):
            text = f"演示绩效目标批复〔{one.year}〕-{one.track.leaf.code}"
            basis = Basis(quarter, text, "随年度预算批复绩效目标（演示）")
            set_frame(desk.session, project, _SHARES, "按期建成并发挥效益，资金专款专用（演示）", basis, by=desk.office)
            for new, _ in _lines(one):
                set_target(desk.session, project, new, basis, by=desk.office)
        if quarter == one.written_in:
            lines = _lines(one)
            for place, (_, result) in enumerate(lines if one.whole else lines[:_HALF], start=1):
                by = desk.owners[one.track.leaf.code]
                record_result(desk.session, project, f"p{place}", one.year, result, by=by)


def _lines(one: Evaluated) -> list[tuple[NewPerformance, NewResult]]:
    """The targets in the order of the form, each with what was reached of it."""
    track, leaf = one.track, one.track.leaf
    share = track.share(_until(one.year))
    planned = (leaf.last_year - leaf.first_year + 1) * 12
    end = track.finished_on
    took = (
        planned + 3  # it goes on at least into the next quarter
        if end is None or track.begun_on is None
        else between(quarter_of(track.begun_on), quarter_of(end)) * 3 + 3
    )
    paper = "演示验收和统计资料"
    late = None if took <= planned else "冬季停工时间比计划长，已调整下年工期安排（演示）"
    return [
        (
            NewPerformance("quantity", "计划建设内容完成率", "15", operator="≥", value="100", unit="%"),
            NewResult(value=str(int(share * 100)), document=paper, why=None if share == 1 else "尚未全部建完（演示）"),
        ),
        (
            NewPerformance("quality", "单位工程验收合格率", "15", operator="≥", value="100", unit="%"),
            NewResult(value="100", document=paper),
        ),
        (
            NewPerformance("timeliness", "建设工期", "10", operator="≤", value=str(planned), unit="个月"),
            NewResult(value=str(took), document=paper, why=late),
        ),
        (
            NewPerformance(
                "cost", "投资控制在概算以内", "10", operator="≤", value=_wan(leaf.estimate_fen), unit="万元"
            ),
            NewResult(value=_wan(one.done_fen), document=paper),
        ),
        (
            NewPerformance("economic", "带动当地务工", "6", operator="≥", value="60", unit="人次"),
            NewResult(value="52", document=paper, why="机械作业多，用工比预计少（演示）"),
        ),
        (
            NewPerformance("social", "受益群众", "6", value_text="项目区群众生产生活条件改善"),
            NewResult(reached="full", percent="92", document=paper),
        ),
        (
            NewPerformance("ecological", "项目区生态环境", "12", value_text="植被和水质明显改善"),
            NewResult(reached="full", percent="90", document=paper),
        ),
        (
            NewPerformance("sustainable", "长效管护机制", "6", value_text="管护主体、制度、经费三落实"),
            NewResult(reached="partly", percent="70", document=paper, why="管护经费还没有列入年度预算（演示）"),
        ),
        (
            NewPerformance("satisfaction", "群众满意度", "10", operator="≥", value="90", unit="%"),
            NewResult(value="93", document="演示问卷调查"),
        ),
    ]


def _until(year: int) -> int:
    """The last quarter of a year that is reported: of the last year the fourth is still open."""
    return min(year * 10 + 4, LAST_FINISH)


def _wan(fen: int) -> str:
    return typed(fen, "万元")
