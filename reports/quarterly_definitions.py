"""The 口径 of the figures of a report beyond the plan itself: money, rates, works, lamps, indicators, corrections. Pure."""

from budgets.rates import RATES
from core.errors import N_
from reports.definitions import Definition
from reports.findings import Sentence
from reports.money_figures import FIGURES

_APPROVED = Sentence(N_("已审核、已入账的"))
_WAITING = Sentence(N_("待审核、草稿、已退回的；终止和归档项目"))
_SAME = Sentence(N_("见公式"))
_PLANNED = ("projects", "leaves", "without_estimate", "estimate_fen")  # defined with the plan itself
_MORE = (
    (N_("本季完成"), N_("本期内发生、已审核的完成投资；更正以前各期的列在“上期更正”"), None),
    (N_("本年累计"), N_("本年内发生、已审核的完成投资之和"), None),
    (
        N_("上期更正"),
        N_("本期（更正后口径：本期起）入账而发生在以前各期的；上期末累计 + 上期更正 + 本期发生 = 本期末累计"),
        None,
    ),
    (N_("工程量"), N_("任务 → 上报 → 核实合格 → 保存；上报未核实不算完成；完成率 = Σ 核实 ÷ Σ 任务"), N_("各指标单位")),
    (N_("节点"), N_("应完：计划日期不晚于期末的节点；已完：期末已完成的节点"), N_("个")),
    (N_("时间进度"), N_("已过整月数 ÷ 12；项目按起止年限的整月数"), "%"),
    (N_("亮灯"), N_("按规划启用的亮灯规则，取最差的一种：红、黄、蓝、绿；没有数据为灰"), N_("个")),
    (
        N_("规划支撑度"),
        N_("规划项目全部完成所能提供的数量 ÷ 达到目标所需的数量；目标未定量或没有推算规则时不计算"),
        "%",
    ),
)


def more_definitions() -> tuple[Definition, ...]:
    """What stands below the definitions of the plan's own figures."""
    found = [
        Definition(figure.name, figure.formula, None, _APPROVED, _WAITING)
        for name, figure in FIGURES.items()
        if name not in _PLANNED
    ]
    found += [Definition(rate.name, rate.formula, "%", _SAME, _SAME) for rate in RATES.values()]
    found += [Definition(name, formula, unit, _APPROVED, _WAITING) for name, formula, unit in _MORE]
    return tuple(found)
