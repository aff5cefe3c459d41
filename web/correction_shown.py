"""The effects of a correction as pages show them: what each figure is called, its unit, and before and after in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from budgets.entries import STAGES
from budgets.rates import RATES, UNKNOWN, percent_text
from core.errors import N_
from core.language import Language, translate
from core.money import formatted
from milestones.works import TIERS
from portfolio.projects import STATES
from reports.correction_effects import (
    ARCHIVED,
    COUNT,
    DAY,
    FEN,
    INDICATOR,
    LAMP,
    PLAN,
    PROJECT,
    RATIO,
    STATE,
    Effect,
    Value,
)
from reports.lamp_words import COLOURS
from reports.money_figures import STAGE_COLUMNS
from web.printed import unit_name
from web.progress_shown import amount

COUNTED_LAMPS = {
    "red": N_("红灯项目数"),
    "yellow": N_("黄灯项目数"),
    "blue": N_("蓝灯项目数"),
    "green": N_("绿灯项目数"),
    "grey": N_("灰灯项目数"),
}
_IN_WORDS = {**STATES, ARCHIVED: N_("已归档")}
LEVELS = {PROJECT: N_("项目"), PLAN: N_("规划合计"), INDICATOR: N_("指标")}
_FIGURES = {
    **{column: STAGES[stage] for stage, column in STAGE_COLUMNS.items()},
    **{name: rate.name for name, rate in RATES.items()},
    **TIERS,
    "completion": N_("按核实完成率"),
    "actual_on": N_("实际日期"),
    "lamp": N_("亮灯"),
    "state": N_("项目状态"),
    "projects": N_("项目数"),
    "leaves": N_("子项数"),
    "estimate_fen": N_("投资估算"),
    "finished": N_("已完工项目数"),
    **{f"lamp_{colour}": name for colour, name in COUNTED_LAMPS.items()},
    "official": N_("监测值"),
    "rolled_up": N_("推算值"),
}


@dataclass(frozen=True)
class ShownEffect:
    """One line: the figure, its unit, before and after as text; `change` is signed, None where there is no difference to tell.

    `colours` are those of lamps, else None.
    """

    figure: str
    label: str | None
    unit: str
    before: str
    after: str
    change: str | None
    colours: tuple[str | None, str | None] | None = None


@dataclass(frozen=True)
class ShownGroup:
    """The figures of one project, of the plan or of one indicator, as of a quarter."""

    level: str
    code: str
    name: str
    quarter: int
    rows: tuple[ShownEffect, ...]


def shown_effects(effects: Sequence[Effect], language: Language, unit: str) -> list[ShownGroup]:
    """The lines by what they are of, in their order."""
    found = []
    order = list(LEVELS)
    effects = sorted(effects, key=lambda one: (one.figure.quarter, order.index(one.figure.level), one.figure.code))
    for (quarter, level, code, name), rows in groupby(effects, key=lambda one: one.figure[:4]):
        found.append(ShownGroup(level, code, name, quarter, tuple(_row(one, language, unit) for one in rows)))
    return found


def _row(one: Effect, language: Language, unit: str) -> ShownEffect:
    figure = one.figure
    colours = (_colour(one.before), _colour(one.after)) if figure.unit == LAMP else None
    units = {FEN: unit_name(unit, language=language), RATIO: "%", COUNT: translate(N_("个"), language)}
    said = units.get(figure.unit or "", figure.unit or "")
    return ShownEffect(
        _FIGURES.get(figure.figure, figure.figure),
        figure.label,
        "" if figure.unit in (DAY, LAMP, STATE) else said,
        _said(one.before, figure.unit, language, unit),
        _said(one.after, figure.unit, language, unit),
        _change(one, unit),
        colours,
    )


def _colour(value: Value) -> str | None:
    return value if isinstance(value, str) and value in COLOURS else None


def _said(value: Value, of: str | None, language: Language, unit: str) -> str:
    if of == STATE:
        return translate(N_("未填报") if value is None else _IN_WORDS[str(value)], language)
    if value is None:
        return UNKNOWN
    if isinstance(value, str):
        return translate(COLOURS[value], language) if value in COLOURS else value
    if of == FEN:
        return formatted(int(value), unit) or UNKNOWN
    return percent_text(Fraction(value)) if of == RATIO else amount(Fraction(value))


def _change(one: Effect, unit: str) -> str | None:
    change = one.change
    if change is None:
        return None
    sign = "+" if change > 0 else "−"
    if one.figure.unit == FEN:
        return f"{sign}{formatted(abs(int(change)), unit)}"
    size = abs(Fraction(change))
    text = percent_text(size) if one.figure.unit == RATIO else amount(size)
    # What rounds to nothing has no sign to show.
    return text if not text.strip("0.") else sign + text
