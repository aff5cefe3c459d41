"""What each role may do and where, in words, for administrators."""

from fastapi import APIRouter, Request, Response
from sqlmodel import col, func, select

from core.errors import N_
from core.people import Person
from core.settings import settings
from portfolio.access import ALLOWED, OF_ITS_DEPARTMENT, Action
from portfolio.factor_rule import FACTOR_ROLES
from portfolio.grants import DEPARTMENT_ROLES, ROLES, Grant
from web.deps import Admin, Reading
from web.pages import page

router = APIRouter()

ACTIONS: dict[Action, str] = {
    "view": N_("查看"),
    "history": N_("查看修改记录"),
    "edit": N_("修改项目"),
    "create": N_("新增项目"),
    "archive": N_("归档项目"),
    "estimate": N_("登记投资估算"),
    "assign": N_("调整项目的类别和部门"),
    "decide": N_("裁定矛盾"),
    "record": N_("记账，填报工程量、节点和监测值"),
    "accept_works": N_("审核合同和完成投资，接收工程量、节点和监测值"),
    "approve_money": N_("审核下达、到位、支付和年度计划"),
    "budget": N_("编制年度计划"),
    "sources": N_("维护资金来源"),
    "explain": N_("说明资金核查"),
    "verify": N_("核实工程量"),
    "rules": N_("修订目标、推算规则、上下级挂接、亮灯规则和节点模板"),
    "periods": N_("开启、关账和发布季度"),
    "approve_return": N_("审核本部门的填报表"),
    "orders": N_("发出和核销督办，记录会议"),
    "audit": N_("查看全部操作日志"),
    "people": N_("管理人员"),
}
EVERYWHERE, WITHIN, OWN = N_("全部"), N_("授权范围"), N_("本部门")


def reach_of(role: str, action: Action) -> str | None:
    """Where somebody of the role may do it; None for nowhere."""
    if action not in ALLOWED[role]:
        return None
    if role == "admin":
        return EVERYWHERE
    return OWN if role in DEPARTMENT_ROLES and action in OF_ITS_DEPARTMENT else WITHIN


@router.get("/people/roles")
def get_roles(request: Request, reader: Admin, session: Reading) -> Response:
    held = select(Grant.role, func.count(func.distinct(Grant.person_id))).join(
        Person, col(Person.id) == Grant.person_id
    )
    return page(
        request,
        "people/roles.html",
        roles=ROLES,
        holders=dict(session.exec(held.where(Person.active).group_by(Grant.role)).all()),
        rows=[(words, [(role, reach_of(role, action)) for role in ROLES]) for action, words in ACTIONS.items()],
        with_factor=FACTOR_ROLES,
        factor_rule=settings().second_factor,
    )
