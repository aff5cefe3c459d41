"""The 口径 of each figure of a report: its name, formula, unit, what is counted and what is left out. Pure."""

from dataclasses import dataclass

from core.errors import N_
from reports.findings import Sentence
from reports.overview import PlanOverview


@dataclass(frozen=True)
class Definition:
    """How one figure is made. A null unit is the money unit that the reader chose."""

    name: str
    formula: str
    unit: str | None
    counted: Sentence
    left_out: Sentence


def definitions(total: PlanOverview, *, ended: int, archived: int) -> tuple[Definition, ...]:
    """The definitions of the figures of a report, with the numbers of rows that count and that do not."""
    out = Sentence(N_("终止 %(ended)s 个、归档 %(archived)s 个"), {"ended": ended, "archived": archived})
    nothing = Sentence(N_("无"))
    known = total.leaves - total.without_estimate
    return (
        Definition(
            N_("项目数"),
            N_("规划列出的项目个数；打包项目计 1 个"),
            N_("个"),
            Sentence(N_("%(n)s 个项目"), {"n": total.projects}),
            out,
        ),
        Definition(
            N_("子项数"),
            N_("没有子项目的项目 + 打包项目的子项目；打包项目本身不再计"),
            N_("个"),
            Sentence(N_("%(n)s 个子项"), {"n": total.leaves}),
            out,
        ),
        Definition(
            N_("总投资"),
            N_("Σ 期末有效的投资估算；打包项目取其自身估算，没有的取子项目之和；按分累加，显示时才四舍五入"),
            None,
            Sentence(N_("%(n)s 个有投资估算的子项"), {"n": known}),
            Sentence(N_("%(n)s 个没有投资估算的子项；%(out)s"), {"n": total.without_estimate, "out": out}),
        ),
        Definition(
            N_("占总投资比重"),
            N_("该组总投资 ÷ 全部总投资；没有投资估算时不计算，显示“—”"),
            "%",
            Sentence(N_("同“总投资”")),
            Sentence(N_("同“总投资”")),
        ),
        Definition(
            N_("无投资估算"),
            N_("期末没有有效投资估算的子项个数；打包项目有自身估算的不计"),
            N_("个"),
            Sentence(N_("%(n)s 个子项"), {"n": total.without_estimate}),
            out,
        ),
        Definition(
            N_("无牵头部门"),
            N_("期末没有牵头部门的项目个数"),
            N_("个"),
            Sentence(N_("%(n)s 个项目"), {"n": total.without_lead}),
            out,
        ),
        Definition(
            N_("起止年限不全"),
            N_("起始年份或结束年份没有写明的项目个数，缺一即计"),
            N_("个"),
            Sentence(N_("%(n)s 个项目"), {"n": total.without_years}),
            out,
        ),
        Definition(
            N_("指标数"),
            N_("规划指标表的行数，按期末有效目标的类型分组；未定量的目标不换算成数字"),
            N_("项"),
            Sentence(N_("%(n)s 项指标"), {"n": total.indicator_count}),
            nothing,
        ),
        Definition(
            N_("任务数"),
            N_("规划中带数字的承诺的条数，不论有没有项目承载"),
            N_("条"),
            Sentence(N_("%(n)s 条任务"), {"n": total.commitments}),
            Sentence(N_("没有数字的表述")),
        ),
        Definition(
            N_("矛盾数"),
            N_("规划对同一件事有两种以上说法的处数；处理情况以生成报告时为准"),
            N_("处"),
            Sentence(
                N_("%(n)s 处，其中严重 %(grave)s 处，待裁定 %(undecided)s 处"),
                {
                    "n": total.contradictions,
                    "grave": total.contradictions_grave,
                    "undecided": total.contradictions_undecided,
                },
            ),
            nothing,
        ),
    )
