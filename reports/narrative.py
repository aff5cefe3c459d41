"""The paragraph of a report that is read out in a meeting, made from its figures, in the style of these bulletins. Pure.

What is not known is said to be unknown; a rate without a denominator is never 0 %.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from budgets.rates import Rate
from core.errors import N_
from core.money import formatted
from milestones.indicator_math import MET, NOT_MET, PARTLY
from milestones.support import SHORT
from reports.findings import Sentence, listed, percent
from reports.lamp_words import BLUE, GREEN, GREY, RED, YELLOW
from reports.progress_math import whole_months
from reports.quarterly import QuarterlyReport
from reports.quarterly_lists import LATE
from reports.quarterly_lists import MET as MET_IN_PERIOD

_FEN_IN_A_MILLION = 10**8
_NAMED = 3  # red projects that the paragraph names


@dataclass(frozen=True)
class _Amounts:
    """How amounts are said: in one unit, with its name; in English, which counts in thousands, in millions."""

    unit: str
    name: str

    def __call__(self, fen: int | None) -> str | Sentence:
        """An amount; what nobody reported is said to be unknown, not 0."""
        if fen is None:
            return Sentence(N_("（未填报）"))
        if self.name == self.unit:
            return f"{formatted(fen, self.unit)} {self.name}"
        if self.unit == "元":
            return f"CNY {formatted(fen, self.unit)}"
        millions = (Decimal(fen) / _FEN_IN_A_MILLION).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return f"CNY {millions:,} million"


def narrative(report: QuarterlyReport, unit: str, unit_name: str) -> tuple[Sentence, ...]:
    """The sentences, in the order in which they are read out; in Chinese `unit_name` is the unit itself."""
    say = _Amounts(unit, unit_name)
    parts = (_money_so_far, _this_year, _this_period, _paid) if _has_money(report) else (_no_money,)
    found = [sentence for part in parts for sentence in part(report, say)]
    for part in (_projects, _lamps, _milestones, _indicators, _hidden):
        found += part(report)
    return tuple(found)


def _has_money(report: QuarterlyReport) -> bool:
    """Whether anything was ever approved: without it every sum is 0 because nobody reported, not because nothing was done."""
    return any(one.opening_fen or one.corrections_fen or one.flow_fen for one in report.money.movements)


def _no_money(report: QuarterlyReport, say: _Amounts) -> Iterator[Sentence]:
    whole, facts = report.money.whole, {"period": report.cover.period_name}
    yield Sentence(N_("截至%(period)s，没有已审核的资金计划，也没有下达、到位、完成投资或支付的填报。"), facts)
    if whole.estimate_fen is None:
        yield Sentence(N_("规划没有写明投资。"))
    else:
        yield Sentence(N_("规划总投资 %(estimate)s。"), {"estimate": say(whole.estimate_fen)})


def _money_so_far(report: QuarterlyReport, say: _Amounts) -> Iterator[Sentence]:
    whole, cover = report.money.whole, report.cover
    rate = whole.rates["investment_completion"].value
    facts: dict[str, Any] = {"period": cover.period_name, "done": say(_so_far(report, "work_done_fen"))}
    if rate is None:
        yield Sentence(N_("截至%(period)s，累计完成投资 %(done)s；没有投资估算，不计算占总投资的比例。"), facts)
        return
    facts |= {"estimate": say(whole.estimate_fen), "share": percent(rate)}
    yield Sentence(N_("截至%(period)s，累计完成投资 %(done)s，占总投资（%(estimate)s）的 %(share)s%%。"), facts)
    if whole.without_estimate:
        yield Sentence(N_("其中 %(n)s 个子项没有投资估算，占比两边都不计。"), {"n": whole.without_estimate})


def _this_year(report: QuarterlyReport, say: _Amounts) -> Iterator[Sentence]:
    year, rate = report.money.this_year, report.money.whole.rates["annual_completion"]
    number = report.cover.period.year
    done = report.reported.of_year(number, "work_done_fen", None if year is None else year.work_done_fen)
    facts: dict[str, Any] = {"year": number, "done": say(done)}
    if rate.value is None:
        yield Sentence(
            N_("%(year)s 年完成投资 %(done)s；没有已审核的年度投资计划，不计算年度投资完成率，也不与时间进度比较。"),
            facts,
        )
        return
    months = min(12, whole_months(report.cover.period.year, report.cover.as_of_on))
    ahead = rate.value - Fraction(months, 12)
    facts |= {"plan": say(rate.denominator), "share": percent(rate.value), "against": _against_time(ahead)}
    yield Sentence(N_("%(year)s 年完成投资 %(done)s，占年度计划（%(plan)s）的 %(share)s%%，%(against)s。"), facts)


def _against_time(ahead: Fraction) -> Sentence:
    facts = {"points": percent(abs(ahead))}
    if facts["points"] == "0.0":
        return Sentence(N_("与时间进度持平"))
    if ahead > 0:
        return Sentence(N_("超过时间进度 %(points)s 个百分点"), facts)
    return Sentence(N_("落后时间进度 %(points)s 个百分点"), facts)


def _this_period(report: QuarterlyReport, say: _Amounts) -> Iterator[Sentence]:
    """What the period added, what it corrected, and how far the rate moved since the one before."""
    moved = next(one for one in report.money.movements if one.figure == "work_done_fen")
    before = report.money.before.rates["investment_completion"].value
    now = report.money.whole.rates["investment_completion"].value
    facts: dict[str, Any] = {"flow": say(report.reported.of_period("work_done_fen", moved.flow_fen))}
    if report.cover.yearly and report.cover.period.kind != "year":
        return  # the whole plan is the period: there is nothing before it to compare with
    period = N_("本年完成投资 %(flow)s") if report.cover.yearly else N_("本季完成投资 %(flow)s")
    said = Sentence(period, facts)
    if before is None or now is None:
        yield Sentence(N_("%(flow)s；上期末没有投资完成率，不比较。"), {"flow": said})
    else:
        yield Sentence(N_("%(flow)s，投资完成率%(change)s。"), {"flow": said, "change": _change(now - before)})
    if moved.corrections_fen:
        yield Sentence(N_("另有上期更正 %(fen)s，计入累计，不计入本期。"), {"fen": say(moved.corrections_fen)})


def _change(points: Fraction) -> Sentence:
    facts = {"points": percent(abs(points))}
    if facts["points"] == "0.0":
        return Sentence(N_("与上期末持平"))
    if points > 0:
        return Sentence(N_("比上期末提高 %(points)s 个百分点"), facts)
    return Sentence(N_("比上期末下降 %(points)s 个百分点"), facts)


def _paid(report: QuarterlyReport, say: _Amounts) -> Iterator[Sentence]:
    whole = report.money.whole
    facts = {
        "appropriated": say(_so_far(report, "appropriated_fen")),
        "received": say(_so_far(report, "received_fen")),
        "paid": say(_so_far(report, "paid_fen")),
        **{name: _rate(whole.rates[name]) for name in ("receipt", "payment", "budget_execution")},
    }
    yield Sentence(
        N_(
            "累计下达资金 %(appropriated)s，到位 %(received)s，资金到位率%(receipt)s；累计支付 %(paid)s，资金支付率%(payment)s；"
            "本年预算执行率%(budget_execution)s。"
        ),
        facts,
    )


def _so_far(report: QuarterlyReport, figure: str) -> int | None:
    return report.reported.so_far(figure, getattr(report.money.whole, figure))


def _rate(rate: Rate) -> Sentence:
    if rate.value is None:
        return Sentence(N_("不可计算"))
    return Sentence(N_(" %(share)s%%"), {"share": percent(rate.value)})


def _projects(report: QuarterlyReport) -> Iterator[Sentence]:
    whole, progress = report.money.whole, report.progress
    if progress is None or not whole.projects:
        yield Sentence(N_("本期没有项目。"))
        return
    facts: dict[str, Any] = {"projects": whole.projects, "finished": progress.by_count.numerator or 0}
    started = whole.rates["start"]
    if started.numerator is None:
        yield Sentence(N_("项目 %(projects)s 个，都没有填报状态和开工节点，不计算开工率。"), facts)
        return
    facts |= {"started": started.numerator, "unreported": whole.unreported or 0}
    yield Sentence(
        N_("项目 %(projects)s 个，已开工 %(started)s 个，完工 %(finished)s 个，没有填报状态的 %(unreported)s 个。"),
        facts,
    )


def _lamps(report: QuarterlyReport) -> Iterator[Sentence]:
    counts = {colour: report.lamps.get(colour, 0) for colour in (RED, YELLOW, BLUE, GREEN, GREY)}
    if not sum(counts.values()):
        return
    yield Sentence(
        N_("红灯 %(red)s 个，黄灯 %(yellow)s 个，蓝灯 %(blue)s 个，绿灯 %(green)s 个，灰灯（没有数据）%(grey)s 个。"),
        counts,
    )
    red = [row for row in report.rows if row.lamp is not None and row.lamp.colour == RED]
    if not red:
        return
    named = sorted(red, key=lambda row: (-(row.estimate_fen or 0), row.number))[:_NAMED]
    names = listed([row.name for row in named])
    more = N_("红灯项目：%(names)s等 %(n)s 个。") if len(red) > _NAMED else N_("红灯项目：%(names)s。")
    yield Sentence(more, {"names": names, "n": len(red)})


def _milestones(report: QuarterlyReport) -> Iterator[Sentence]:
    met = sum(1 for one in report.milestones if one.standing == MET_IN_PERIOD)
    late = sum(1 for one in report.milestones if one.standing == LATE)
    if report.milestones:
        yield Sentence(N_("本期完成节点 %(met)s 个，期末逾期未完成的 %(late)s 个。"), {"met": met, "late": late})


def _indicators(report: QuarterlyReport) -> Iterator[Sentence]:
    binding = [one.figures for one in report.indicators if one.binding]
    if binding:
        verdicts = [one.achieved.verdict for one in binding]
        facts = {
            "n": len(binding),
            "met": verdicts.count(MET),
            "partly": verdicts.count(PARTLY),
            "not_met": verdicts.count(NOT_MET),
            "unknown": verdicts.count(None),
        }
        yield Sentence(
            N_(
                "约束性指标 %(n)s 项，按监测值达成 %(met)s 项，部分达成 %(partly)s 项，未达成 %(not_met)s 项，"
                "不能判断的 %(unknown)s 项。"
            ),
            facts,
        )
    short = [one.figures.name for one in report.indicators if one.figures.coverage.verdict == SHORT]
    if short:
        named: dict[str, Any] = {"n": len(short), "names": listed(short[:_NAMED])}
        if len(short) > _NAMED:
            yield Sentence(N_("规划支撑不足的指标 %(n)s 项：%(names)s等。"), named)
        else:
            yield Sentence(N_("规划支撑不足的指标 %(n)s 项：%(names)s。"), named)


def _hidden(report: QuarterlyReport) -> Iterator[Sentence]:
    """What the figures hide: one project that outweighs the others, figures that differ."""
    for warning in report.progress.warnings if report.progress is not None else ():
        yield Sentence(N_("提示：%(finding)s。"), {"finding": warning.sentence})
