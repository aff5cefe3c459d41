"""The three kinds of lamp rules, each as the findings that it makes of a project's progress. Only calculates.

Source: domain page, section 6, boundaries as written there. What was not reported may be a reason for alarm, never for calm.
"""

import calendar
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import partial

from core.calendar import last_day, quarter_of
from core.errors import N_
from reports.findings import Sentence
from reports.lamp_amounts import fen_to, money_text, to_reach
from reports.lamp_words import BLUE, GREEN, GREY, RED, YELLOW, Finding, one_way, points
from reports.progress_math import BASES, WORKS, ProjectProgress, whole_months

Parameters = Mapping[str, int]

_SILENT = Finding(
    GREY,
    Sentence(N_("还没有填报任何进展，不能判为正常")),
    one_way(N_("填报工程量、节点或资金")),
)


def _share(percent: int) -> Fraction:
    return Fraction(percent, 100)


def _finished(progress: ProjectProgress) -> Finding:
    if progress.finished_on is None:
        return Finding(GREEN, Sentence(N_("已完工")))
    return Finding(GREEN, Sentence(N_("已于 %(day)s 完工"), {"day": progress.finished_on.isoformat()}))


# ---- lag: behind time progress, past its last year, started late


def lag_findings(progress: ProjectProgress, parameters: Parameters) -> list[Finding]:
    """进度滞后: base = works, else milestones, else money, against time progress; overdue; started late."""
    if progress.finished:
        return [_finished(progress)]
    behind, overdue = _behind(progress, parameters), _overdue(progress)
    if overdue:  # nothing less than finishing turns it green
        behind = replace(behind, way=tuple)
    return [behind, *overdue, *_late_start(progress, parameters)]


def _behind(progress: ProjectProgress, parameters: Parameters) -> Finding:
    if progress.silent:
        return _SILENT
    if progress.judged_by is None:
        reason = Sentence(N_("没有工程量任务、节点和投资估算，不能判断进度"))
        return Finding(GREY, reason, one_way(N_("补充工程量任务、节点或投资估算")))
    if progress.time is None:
        return Finding(GREY, Sentence(N_("起止年限不全，不能判断进度")), one_way(N_("补充起止年限")))
    basis, done = progress.judged_by
    behind = progress.time - done
    base = Sentence(BASES[basis])
    said = Sentence(N_("%(base)s完成 %(done)s%%"), {"base": base, "done": points(done)})
    if _not_reported(progress, basis):
        said = Sentence(N_("%(base)s尚未填报，按 0 计"), {"base": base})
    facts = {"done": said, "time": points(progress.time), "points": points(abs(behind))}
    yellow, red = _share(parameters["yellow_points"]), _share(parameters["red_points"])
    if behind <= 0:
        return Finding(GREEN, Sentence(N_("%(done)s，不落后于序时进度 %(time)s%%"), facts))
    reason = Sentence(N_("%(done)s，序时进度 %(time)s%%，落后 %(points)s 个百分点"), facts)
    if behind < yellow:
        return Finding(GREEN, reason)
    way = partial(to_reach, progress, basis, progress.time - yellow, more=True)
    return Finding(RED if behind > red else YELLOW, reason, way)


def _not_reported(progress: ProjectProgress, basis: str) -> bool:
    return basis == WORKS and not any(one.reported for one in progress.measures if one.weight is not None)


def _overdue(progress: ProjectProgress) -> list[Finding]:
    if progress.last_year is None or progress.on.year <= progress.last_year:
        return []
    text = (
        N_("应于 %(year)s 年底前完工，至今没有任何填报")
        if progress.silent
        else N_("应于 %(year)s 年底前完工，至今没有完工")
    )
    reason = Sentence(text, {"year": progress.last_year})
    return [Finding(RED, reason, one_way(N_("完工并填报完工日期")))]


def _late_start(progress: ProjectProgress, parameters: Parameters) -> list[Finding]:
    """Unstarted at the end of the planned month: yellow; so many months later: red. No planned start: grey."""
    if progress.started:
        return []
    planned = progress.planned_start
    if planned is None:
        way = one_way(N_("填写节点“开工”的计划日期"))
        return [Finding(GREY, Sentence(N_("没有计划开工日期，不能判断是否按时开工")), way)]
    if progress.on < end_of_month(planned, 0):
        return []
    facts = {"year": planned.year, "month": planned.month}
    reason = Sentence(N_("计划 %(year)s 年 %(month)s 月开工，至今没有开工"), facts)
    late = progress.on >= end_of_month(planned, parameters["late_start_red_months"])
    return [Finding(RED if late else YELLOW, reason, one_way(N_("尽快开工，并填报实际开工日期")))]


def end_of_month(day: date, later: int) -> date:
    """The last day of the month that is so many months after that of a day."""
    number = day.year * 12 + day.month - 1 + later
    year, month = divmod(number, 12)
    return date(year, month + 1, calendar.monthrange(year, month + 1)[1])


# ---- finance: the budget of the year against its months


def finance_findings(progress: ProjectProgress, parameters: Parameters) -> list[Finding]:
    """预算执行: v = 预算执行率 / (months / 12), from whole months of the year that have passed."""
    budget, rate = progress.execution.denominator, progress.execution.value
    if rate is None or not budget:
        way = one_way(N_("编报并审核本年度预算"))
        return [Finding(GREY, Sentence(N_("本年没有已审核的年度预算（财政资金）")), way)]
    months = min(12, whole_months(progress.on.year, progress.on))
    if months == 0:
        return [Finding(GREY, Sentence(N_("本年还不满一个月，不判断预算执行")), one_way(N_("满一个月后再看")))]
    part = Fraction(months, 12)
    value = rate / part
    facts = {"rate": points(rate), "months": months, "value": points(value)}
    reason = Sentence(N_("预算执行率 %(rate)s%%，是序时进度（%(months)s/12）的 %(value)s%%"), facts)
    paid = progress.execution.numerator or 0
    if value >= _share(parameters["blue_from"]):
        allowed = paid / (part * _share(parameters["blue_from"]))
        more = money_text(fen_to(allowed, budget, more=True))
        if months == 12:
            return [Finding(BLUE, reason, one_way(N_("按程序追加年度预算 %(amount)s 万元"), amount=more))]
        text = N_("暂缓支付，等候时间进度；或按程序追加年度预算 %(amount)s 万元")
        return [Finding(BLUE, reason, one_way(text, amount=more))]
    if value >= _share(parameters["yellow_below"]):
        return [Finding(GREEN, reason)]
    missing = fen_to(part * _share(parameters["yellow_below"]) * budget, paid)
    way = one_way(N_("再支付 %(amount)s 万元（财政资金）"), amount=money_text(missing))
    return [Finding(RED if value < _share(parameters["red_below"]) else YELLOW, reason, way)]


# ---- mismatch: money against works


def mismatch_findings(progress: ProjectProgress, parameters: Parameters) -> list[Finding]:
    """资金与工程量不符: paid far ahead of works, quarters without change, spend without a milestone met."""
    if progress.finished:
        return [_finished(progress)]
    if progress.silent:
        return [_SILENT]
    found = [
        *_paid_ahead(progress, _share(parameters["paid_ahead_points"])),
        *_unchanged(progress, parameters["quarters_without_change"]),
        *_without_evidence(progress, _share(parameters["spend_without_evidence_percent"])),
    ]
    if found:
        return found
    if progress.paid_share is None:
        way = one_way(N_("登记投资估算"))
        return [Finding(GREY, Sentence(N_("没有投资估算，不能比较支付与工程量")), way)]
    return [Finding(GREEN, Sentence(N_("支付没有明显超前于工程量，近期有进展，支出有节点印证")))]


def _paid_ahead(progress: ProjectProgress, most: Fraction) -> list[Finding]:
    paid, done, basis = progress.paid_share, progress.works, progress.works_basis
    if paid is None or done is None or basis is None or paid - done <= most:
        return []
    facts = {"paid": points(paid), "base": Sentence(BASES[basis]), "done": points(done), "points": points(paid - done)}
    reason = Sentence(N_("已支付投资估算的 %(paid)s%%，%(base)s只完成 %(done)s%%，超前 %(points)s 个百分点"), facts)
    goal = paid - most
    reached = partial(to_reach, progress, basis, goal, more=False)
    return [Finding(YELLOW, reason, reached if goal <= 1 else one_way(N_("核对支付与投资估算")))]


def _unchanged(progress: ProjectProgress, quarters: int) -> list[Finding]:
    if progress.last_change is None or progress.on.year < (progress.first_year or 0):
        return []
    running = quarter_of(progress.on)
    still = quarters_between(progress.last_change, running) - (progress.on < last_day(running))
    if still < quarters:
        return []
    since = {"year": progress.last_change // 10, "quarter": progress.last_change % 10, "n": still}
    reason = Sentence(N_("%(year)s 年第 %(quarter)s 季度以来连续 %(n)s 个季度，工程量、资金和节点都没有变化"), since)
    return [Finding(YELLOW, reason, one_way(N_("推进项目并填报新的进展")))]


def quarters_between(earlier: int, later: int) -> int:
    """How many quarters after the earlier one have passed with the later one: 3 from 20241 to 20244."""
    return (later // 10 - earlier // 10) * 4 + later % 10 - earlier % 10


def _without_evidence(progress: ProjectProgress, most: Fraction) -> list[Finding]:
    paid = progress.paid_share
    if paid is None or paid <= most or any(one.met for one in progress.milestones):
        return []
    reason = Sentence(N_("已支付投资估算的 %(paid)s%%，还没有一个节点完成"), {"paid": points(paid)})
    return [Finding(YELLOW, reason, one_way(N_("填报已经完成的节点，附证明材料")))]


KINDS: dict[str, Callable[[ProjectProgress, Parameters], list[Finding]]] = {
    "lag": lag_findings,
    "finance": finance_findings,
    "mismatch": mismatch_findings,
}
