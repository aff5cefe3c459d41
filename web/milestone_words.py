"""How milestones are said on pages: how one stands, and the rows of a timeline."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from core.errors import N_
from core.language import Language, translate
from milestones.schedule import MilestoneState

STANDINGS = {
    "met": N_("已完成"),
    "met_late": N_("已完成（晚于计划）"),
    "overdue": N_("逾期未完成"),
    "later": N_("预计推迟"),
    "ahead": N_("未到期"),
    "undated": N_("未定日期"),
}
LEGEND = (
    ("plan", N_("现计划")),
    ("first", N_("首次计划")),
    ("fact", N_("实际")),
    ("forecast", N_("预计")),
    ("slip", N_("比首次计划晚")),
    ("today", N_("截至日")),
)
BAR_LEGEND = (
    ("plan-bar", N_("计划起止")),
    ("fact-bar", N_("已开展")),
    ("forecast-bar", N_("预计还需")),
    ("plan", N_("未完成的节点（计划日期）")),
    ("fact", N_("已完成的节点")),
    ("slip", N_("末个节点比首次计划晚")),
    ("today", N_("截至日")),
)


def standing(one: MilestoneState, day: date) -> str:
    """How a milestone stands on a day: a key of STANDINGS."""
    if one.met:
        return "met_late" if (one.slip_from_plan(day) or 0) > 0 else "met"
    if one.overdue(day):
        return "overdue"
    if one.planned_on is None:
        return "undated"
    return "later" if (one.slip_from_plan(day) or 0) > 0 else "ahead"


def said_of(one: MilestoneState, day: date, language: Language) -> str:
    """A milestone as somebody hears it who does not see the chart."""
    days = (
        (N_("首次计划"), one.first_planned_on if one.replanned else None),
        (N_("现计划"), one.planned_on),
        (N_("预计"), None if one.met else one.forecast_on),
        (N_("实际"), one.actual_on),
    )
    words = [f"{translate(label, language)} {on.isoformat()}" for label, on in days if on is not None]
    return translate(N_("，"), language).join([translate(STANDINGS[standing(one, day)], language), *words])


def said_of_all(states: Sequence[MilestoneState], day: date, language: Language) -> str:
    """A project's milestones as somebody hears them."""
    met, late = sum(one.met for one in states), sum(one.overdue(day) for one in states)
    text = translate(N_("节点 %(all)s 个，已完成 %(met)s 个，逾期 %(late)s 个"), language)
    return text % {"all": len(states), "met": met, "late": late}


def translated(pairs: Sequence[tuple[str, str]], language: Language) -> list[tuple[str, str]]:
    """A legend in the reader's language."""
    return [(kind, translate(words, language)) for kind, words in pairs]


def drawn(kinds: set[str], pairs: Sequence[tuple[str, str]], language: Language) -> list[tuple[str, str]]:
    """Of a legend only what the chart draws."""
    return translated([pair for pair in pairs if pair[0] in kinds], language)


def kinds_of(rows: Sequence[Any], today_x: float | None) -> set[str]:
    """What the rows of a chart draw, by the names of the legends."""
    marks = {mark.kind for row in rows for mark in row.marks}
    bars = {f"{bar.kind}-bar" for row in rows for bar in row.bars}
    slips = {"slip" for row in rows if row.slip}
    return marks | bars | slips | ({"today"} if today_x is not None else set())
