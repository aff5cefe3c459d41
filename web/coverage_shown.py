"""规划支撑度 as pages say it: the finding of a line, what is still missing in the words of its works, and bars to a target."""

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from core.errors import N_
from milestones.indicator_rollup import Effects, WorksUnit
from milestones.support import ALREADY, ENOUGH, NOT_COMPUTABLE, OVER, SHORT
from reports.coverage_sheet import CoverageLine, CoverageSheet
from reports.findings import Sentence
from web.printed import decimal

_ROUND = 10  # from here on a gap is said in whole units
_OF_THE_MEASURE = ("面积", "长度", "数量", "规模", "能力", "总量")
_EVERYWHERE = ("全市", "全省", "全县", "全区")


def works_in_words(line: CoverageLine) -> str:
    """What is to be carried out, as a verb takes it: 营造林 for 营造林面积."""
    if len(line.works) != 1:
        return "工程量"
    name = line.works[0]
    return next((name.removesuffix(end) for end in _OF_THE_MEASURE if name.endswith(end) and name != end), name)


def named(line: CoverageLine) -> str:
    """The indicator with its place: 孝义市森林覆盖率."""
    name = line.figures.name
    bare = next((name.removeprefix(word) for word in _EVERYWHERE if name.startswith(word) and name != word), name)
    return line.place + bare


def rounded(value: Fraction | None) -> str:
    """A quantity as a headline says it: in whole units unless it is small."""
    return decimal(value, 0 if value is not None and abs(value) >= _ROUND else 2)


def line_finding(line: CoverageLine) -> Sentence:
    """What the coverage of one indicator says in one sentence."""
    one, covered = line.figures, line.figures.coverage
    facts = {
        "name": named(line),
        "value": "—" if one.if_all_finished is None else decimal(one.if_all_finished, 2) + _unit(one.unit),
        "gap": rounded(covered.gap),
        "over": rounded(covered.over),
        "unit": covered.unit or "",
        "works": works_in_words(line),
    }
    if covered.verdict == SHORT and one.if_all_finished is not None:
        return Sentence(N_("%(name)s：项目全部完成只能支撑到 %(value)s，还需%(works)s %(gap)s %(unit)s"), facts)
    if covered.verdict == SHORT:
        return Sentence(N_("%(name)s：项目全部完成也不够，还需%(works)s %(gap)s %(unit)s"), facts)
    if covered.verdict == OVER:
        return Sentence(N_("%(name)s：项目全部完成将达到 %(value)s，超出目标 %(over)s %(unit)s"), facts)
    if covered.verdict == ENOUGH:
        return Sentence(N_("%(name)s：项目全部完成可以达到 %(value)s，足够达到目标"), facts)
    if covered.verdict == ALREADY:
        return Sentence(N_("%(name)s：基线已达到目标"), facts)
    return Sentence(N_("%(name)s：规划支撑度不可计算"), facts)


def _unit(unit: str | None) -> str:
    return "" if unit is None else unit if unit in ("%", "‰") else f" {unit}"


def sheet_finding(sheet: CoverageSheet) -> Sentence:
    """What the coverage of a plan, or of several, says in one sentence."""
    counts = Counter(one.figures.coverage.verdict for one in sheet.lines)
    worst = sheet.worst
    if worst is not None:
        more = counts[SHORT] - 1
        if not more:
            return line_finding(worst)
        return Sentence(N_("%(first)s；另有 %(more)s 项指标不足"), {"first": line_finding(worst), "more": more})
    if counts[OVER]:
        facts = {"n": counts[OVER], "enough": counts[ENOUGH]}
        return Sentence(N_("没有不足的指标：%(n)s 项将超出目标，%(enough)s 项足够"), facts)
    if counts[ENOUGH]:
        return Sentence(N_("可以计算的 %(n)s 项指标，项目全部完成都足够"), {"n": counts[ENOUGH]})
    facts = {"already": counts[ALREADY], "rest": counts[NOT_COMPUTABLE]}
    return Sentence(N_("没有可以计算支撑度的指标：%(already)s 项基线已达标，%(rest)s 项不可计算"), facts)


@dataclass(frozen=True)
class TargetBar:
    """A bar to a target mark; every length is a share of `full`, in hundredths of the width. For drawing only.

    `own` and `supported` are what the plan's own projects and those of lower plans are planned to give.
    """

    line: CoverageLine
    full: Fraction
    own: Fraction
    supported: Fraction


def target_bar(line: CoverageLine) -> TargetBar | None:
    """The bar of a line; None where nothing is needed."""
    covered, unit = line.figures.coverage, line.figures.works_unit
    if covered.needed is None or covered.needed <= 0 or unit is None:
        return None
    amounts = (covered.needed, covered.planned, covered.claimed, covered.verified, covered.surviving)
    full = max(one for one in amounts if one is not None)
    supported = planned_of(line.figures.supported, unit)
    return TargetBar(line, full, max(Fraction(0), (covered.planned or Fraction(0)) - supported), supported)


def planned_of(effects: Effects, unit: WorksUnit | None) -> Fraction:
    """What is planned, in the unit of the works, whichever way it moves the indicator."""
    quantity = None if unit is None else unit.quantity(effects.planned)
    return Fraction(0) if quantity is None else abs(quantity)
