"""What departments write into their returns in the made-up history: short, and to what the figures of the project say. Pure."""

import random
from dataclasses import dataclass
from fractions import Fraction

from reports.return_fields import COORDINATION, LAMP_REASON, NEXT_STEPS, PROBLEMS, PROGRESS
from seed.demo_milestones import template_of

_WAN = 1_000_000
_MARK = "（演示）"
BEHIND = 10  # percentage points behind the time that has passed, from which a department explains itself

# What is being built at each third of the way, by the milestone template of the project.
_STAGES = {
    "afforestation": ("完成整地和苗木采购", "正在分小班栽植", "进入补植和抚育管护"),
    "monitoring": ("完成点位踏勘", "正在安装监测设备", "设备联网调试"),
    "platform": ("完成方案设计和招标", "正在开发和安装", "试运行并整改问题"),
    "mine": ("完成地形测量和削坡设计", "正在削坡、覆土", "边坡复绿并建排水沟"),
    "soil-conservation": ("完成沟道测量", "正在修筑梯田和谷坊", "补植护坡林草"),
    "pipes": ("完成管线物探", "正在开槽敷管", "路面恢复和闭水试验"),
    "rural": ("完成入户摸底", "正在敷设支管、建处理站", "设施试运行"),
    "sewage-plant": ("完成场地平整和桩基", "正在建主体构筑物、装设备", "通水调试"),
    "wetland": ("完成清淤和场地平整", "正在砌筑护岸、栽植水生植物", "植物养护和补栽"),
    "river": ("完成河道测量和施工便道", "正在清淤、砌筑护岸", "岸坡绿化和收尾"),
}
_PROBLEMS = (
    "征地补偿有两户没有谈妥，作业面不能全部展开",
    "上级补助资金到位晚于计划，施工单位垫资压力大",
    "与燃气管线交叉，迁改方案还没有批下来",
    "汛期停工二十余天，工期被压缩",
    "设计变更正在报批，后续工程量不能确认",
)
_COORDINATION = (
    "请自然资源部门协调临时用地手续",
    "请财政部门尽快拨付已下达的资金",
    "请属地乡镇协助做好征地和群众工作",
    "请交通部门协调渣土运输路线",
)
_NEXT = (
    "下季度抓紧收尾，完成资料归档并申请验收",
    "下季度增加两个作业班组，补上落后的工程量",
    "下季度按计划推进，完成投资不低于本季",
    "下季度完成施工图审查和招标，争取尽早开工",
)


@dataclass(frozen=True)
class DemoStanding:
    """How a top-level project stands at the end of a quarter. `share` is what is done of the whole, `due` what should be.

    Units: fen.
    """

    code: str
    quarter: int
    share: Fraction
    due: Fraction
    done_fen: int
    begun: bool
    finished: bool

    @property
    def behind(self) -> int:
        """Percentage points behind."""
        return max(0, int((self.due - self.share) * 100))


def texts_of(one: DemoStanding, seed: int) -> dict[str, str]:
    """The texts of a project by field; nothing is said of what is finished and of what should not have begun yet."""
    chance = random.Random(f"{seed} texts {one.code} {one.quarter}")  # noqa: S311 (the same seed is to give the same texts)
    late = one.behind >= BEHIND and not one.finished
    if not one.begun and not late:
        return {}
    if one.finished and not one.done_fen:
        return {}
    found = {PROGRESS: _progress(one), NEXT_STEPS: _next(one)}
    if late:
        found[PROBLEMS] = chance.choice(_PROBLEMS)
        if one.begun and chance.random() < 0.6:
            found[COORDINATION] = chance.choice(_COORDINATION)
        found[LAMP_REASON] = _lamp_reason(one)
    return {field: f"{text}{_MARK}" for field, text in found.items()}


def _progress(one: DemoStanding) -> str:
    if not one.begun:
        return "前期手续在办，尚未开工"
    percent, wan = int(one.share * 100), one.done_fen // _WAN
    spent = f"本季完成投资约 {wan} 万元" if wan else "本季没有新的投资"
    if one.finished:
        return f"全部建完，{spent}，正在整理竣工资料"
    stage = _STAGES[template_of(one.code)][min(2, int(one.share * 3))]
    return f"{stage}，累计完成约 {percent}%，{spent}"


def _next(one: DemoStanding) -> str:
    return _NEXT[0 if one.finished else 3 if not one.begun else 1 if one.behind >= BEHIND else 2]


def _lamp_reason(one: DemoStanding) -> str:
    if not one.begun:
        return "前期手续比计划晚，开工推迟，因此亮灯"
    return f"按时间应完成约 {int(one.due * 100)}%，实际约 {int(one.share * 100)}%，落后 {one.behind} 个百分点"


def no_progress_reason(quarter: int) -> str:
    """Why a department reports no progress at all."""
    return ("冬季停工，无新进展" if quarter % 10 == 1 else "项目在办前期手续或已经完工，无新进展") + _MARK
