"""What reports and their files are called where they are listed and saved: in the language of who reads. Pure.

A stored title is Chinese and never changes; names of plans, places and departments are Chinese in both languages.
"""

from core.calendar import Period, period_from_text
from core.errors import N_
from reports.findings import Words
from reports.quarterly import TITLES


def report_name(period: Period, words: Words) -> str:
    """What kind of report of which period it is, without its plan: 领导小组季度调度报告 2025年第3季度."""
    return words.say(
        N_("%(report)s %(period)s"), report=words.say(TITLES[period.kind]), period=_period_name(period, words)
    )


def full_name(place: str, period: Period, words: Words) -> str:
    """The report of a plan or a place: the file name of it, without its ending."""
    return _joined(place, report_name(period, words), words)


def returns_name(whose: str, period: str, words: Words) -> str:
    """The returns of a department, or of all departments of a plan, for a quarter."""
    quarter = _period_name(period_from_text(period), words)
    return f"{whose} {words.say(N_('%(period)s填报表'), period=quarter)}"


def pack_name(place: str, period: str, words: Words) -> str:
    """The reports of all plans of a jurisdiction for a period."""
    said = words.say(N_("各规划%(period)s报告"), period=_period_name(period_from_text(period), words))
    return _joined(place, said, words)


def not_issued(name: str, words: Words) -> str:
    """The name of a report that was never issued: its file says so."""
    return words.say(N_("%(name)s（未发布）"), name=name)


def _joined(whose: str, name: str, words: Words) -> str:
    return f"{whose}{name}" if words.language == "zh" else f"{whose} {name}"


def _period_name(period: Period, words: Words) -> str:
    if period.kind == "quarter":
        return words.say(N_("%(year)s年第%(quarter)s季度"), year=period.year, quarter=period.suffix[1])
    marked = {"year": N_("%(year)s年度"), "mid-term": N_("%(year)s年中期"), "final": N_("%(year)s年末期")}
    return words.say(marked[period.kind], year=period.year)
