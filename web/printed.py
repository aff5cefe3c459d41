"""How values are printed on pages, in one language and one money unit. Nothing here computes a figure."""

import re
from collections.abc import Callable
from datetime import date, datetime
from fractions import Fraction
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from core.calendar import period_from_text, quarter_name
from core.errors import N_
from core.language import translate
from core.money import ENGLISH_UNIT, formatted
from core.people import aware
from core.settings import settings
from core.units import rounded_text, text_from_micro
from reports.edition_titles import report_name
from reports.findings import words_in

# Characters with the signs and digits between them.
_CHINESE = re.compile(
    "([\u3400-\u9fff\uf900-\ufaff](?:[^A-Za-z\n]*[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef\u201d])?)"
)
SILENT = N_("规划未载明")
NOT_COMPUTABLE = "—"
_MORE_THAN_ALL = 10  # a bar ends at its frame; ten times the frame tells no more
# What the audit trail calls an action, in words.
ACTS = {
    "create": N_("新增"),
    "edit": N_("修改"),
    "archive": N_("归档"),
    "state": N_("变更状态"),
    "withdraw-state": N_("撤销状态"),
    "restore": N_("恢复"),
    "set-aside": N_("撤下"),
    "estimate": N_("登记估算"),
    "add-quantity": N_("增加工程量"),
    "add-performance": N_("增加绩效指标"),
    "revise-performance": N_("修改绩效指标"),
    "drop-performance": N_("取消绩效指标"),
    "frame-performance": N_("调整绩效分值"),
    "record-performance": N_("填报绩效完成值"),
    "take-back-performance": N_("撤销绩效完成值"),
    "carry-over": N_("结转到下一规划"),
    "change-quantity": N_("修改工程量"),
    "remove-quantity": N_("删除工程量"),
    "add-site": N_("登记位置"),
    "change-site": N_("修改位置"),
    "end-site": N_("结束位置"),
    "revise-target": N_("修订目标"),
    "change-rule": N_("修改推算规则"),
    "record-reading": N_("填报监测值"),
    "record-decision": N_("记录为决定"),
    "link-project": N_("挂接项目"),
    "end-link": N_("结束挂接"),
    "decide": N_("裁定"),
    "add-milestone": N_("增加节点"),
    "replan-milestone": N_("调整节点计划"),
    "drop-milestone": N_("移出节点"),
    "weigh-milestones": N_("调整节点权重"),
    "record-milestone": N_("填报节点"),
    "record": N_("记账"),
    "submit": N_("提交"),
    "approve": N_("审核通过"),
    "accept": N_("接收"),
    "reject": N_("退回"),
    "take-back": N_("撤回"),
    "fill": N_("填报"),
    "reverse": N_("冲销"),
    "discard": N_("放弃草稿"),
    "record-work": N_("填报"),
    "verify": N_("核实"),
    "check-survival": N_("保存检查"),
    "attach": N_("上传佐证"),
    "detach": N_("撤下佐证"),
    "import": N_("导入"),
    "issue": N_("发布"),
    "abandon": N_("放弃导入"),
    "open": N_("开启填报"),
    "review": N_("开始审核"),
    "move": N_("进入下一步"),
    "close": N_("关账"),
    "reopen": N_("重新打开"),
    "extend": N_("延期"),
    "remind": N_("催报"),
    "withdraw-reading": N_("撤回监测值"),
    "request-correction": N_("申请更正"),
    "refuse-correction": N_("不批准更正"),
    "withdraw-correction": N_("撤回更正单"),
    "issue-order": N_("发出督办"),
    "answer-order": N_("答复督办"),
    "return-answer": N_("退回答复"),
    "close-order": N_("督办销号"),
    "record-meeting": N_("记录会议"),
    "send-back": N_("退回"),
    "grant": N_("授予角色"),
    "export": N_("导出"),
    "cancel": N_("取消"),
    "clean": N_("清理"),
    "explain": N_("说明预警"),
    "make-workbook": N_("下载填报表"),
    "apply-workbook": N_("导入填报表"),
    "abandon-workbook": N_("放弃填报表"),
    "note": N_("批注"),
    "settle-note": N_("处理批注"),
    "load-demo": N_("装入演示数据"),
    "migrate": N_("升级数据库"),
    "rebuild": N_("重建列表和汇总"),
    "verify-log": N_("验证操作记录"),
    "backup": N_("备份"),
    "backup_failed": N_("备份失败"),
    "sign-in": N_("登录"),
    "sign-out": N_("退出"),
    "set-password": N_("设置密码"),
    "make-link": N_("生成一次性链接"),
    "ask-for-factor": N_("要求设置第二因素"),
    "set-up-factor": N_("设置第二因素"),
    "reset-factor": N_("取消第二因素"),
    "make-token": N_("建立访问令牌"),
    "revoke-token": N_("撤销访问令牌"),
    "make-recovery-codes": N_("生成恢复码"),
    "use-recovery-code": N_("使用恢复码"),
    "link-identity": N_("关联统一身份认证"),
    "unlink-identity": N_("解除统一身份认证"),
    "lock": N_("因多次输错锁定"),
    "unlock": N_("解锁"),
    "end-sign-in": N_("结束登录"),
    "withdraw-role": N_("收回角色"),
    "close-account": N_("停用账号"),
    "reopen-account": N_("恢复账号"),
    "arrange-delegation": N_("安排请假代理"),
    "end-delegation": N_("结束请假代理"),
    "decline-delegation": N_("谢绝请假代理"),
    "begin-acting": N_("开始代办"),
    "end-acting": N_("结束代办"),
}


def printers(language: str, unit: str) -> dict[str, Callable[..., Any]]:
    """The filters of templates, by name."""
    silent = Markup('<span class="silent">{}</span>').format(translate(SILENT, language))
    return {
        "money": partial(money, unit=unit, silent=silent),
        "thousands": partial(thousands, silent=silent),
        "quantity": partial(quantity, silent=silent),
        "decimal": decimal,
        "percent": percent,
        "years": partial(years, language=language, silent=silent),
        "day": partial(day, silent=silent),
        "moment": moment,
        "quarter": partial(quarter, language=language),
        "unit_name": partial(unit_name, language=language),
        "edition_title": partial(edition_title, language=language),
        "zh": partial(plan_text, language=language, silent=silent),
        "share_of": share_of,
        "ratio_of": ratio_of,
        "act": partial(act, language=language),
        "who": partial(remark, language=language),
        "mixed": partial(mixed, language=language),
        "remark": partial(remark, language=language),
    }


def money(fen: int | None, *, unit: str, silent: Markup) -> str:
    """The amount in the reader's unit; what the plan does not say is grey words, never 0."""
    return formatted(fen, unit) or silent


def thousands(number: int | None, *, silent: Markup) -> str:
    return silent if number is None else f"{number:,}"


def quantity(micro: int | None, *, silent: Markup) -> str:
    """A quantity kept in millionths, with separators and without trailing zeros."""
    if micro is None:
        return silent
    whole, point, rest = text_from_micro(micro).partition(".")
    return f"{'-' if whole.startswith('-') else ''}{abs(int(whole)):,}{point}{rest}"


def decimal(value: Fraction | None, places: int = 4) -> str:
    """An exact number with at most so many decimals, rounded half up, with separators; — when it cannot be computed."""
    if value is None:
        return NOT_COMPUTABLE
    whole, _, rest = rounded_text(value, places).partition(".")
    rest = rest.rstrip("0")
    return f"{'-' if whole.startswith('-') else ''}{abs(int(whole)):,}{'.' if rest else ''}{rest}"


def percent(ratio: Fraction | None, places: int = 1) -> str:
    """A ratio as a percentage, rounded half up; — when it cannot be computed."""
    if ratio is None:
        return NOT_COMPUTABLE
    scaled = abs(ratio) * 100 * 10**places
    digits = f"{(2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator):0{places + 1}d}"
    sign = "-" if ratio < 0 and int(digits) else ""
    return f"{sign}{int(digits[: len(digits) - places]):,}{'.' if places else ''}{digits[len(digits) - places :]}%"


def years(first: int | None, last: int | None, *, language: str, silent: Markup) -> str:
    """2022–2025; one year once; half a range in words."""
    if first is None and last is None:
        return silent
    if first == last:
        return str(first)
    if first is None:
        return translate(N_("至 %(year)s"), language) % {"year": last}
    if last is None:
        return translate(N_("%(year)s 起"), language) % {"year": first}
    return f"{first}–{last}"


def day(value: date | None, *, silent: Markup) -> str:
    return silent if value is None else value.isoformat()


def moment(at: datetime | None) -> str:
    """A stored moment on the reader's clock, which is that of the configured time zone."""
    if at is None:
        return NOT_COMPUTABLE
    local = aware(at).astimezone(ZoneInfo(settings().timezone))
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(), local.strftime("%Y-%m-%d %H:%M"))


def quarter(number: int, *, language: str) -> str:
    """2024年第4季度 for 20244, 2024 Q4 in English."""
    return translate(N_("%(year)s年第%(quarter)s季度"), language) % {"year": number // 10, "quarter": number % 10}


def quarter_code(number: int | None) -> str:
    return "" if number is None else quarter_name(number)


def act(action: str, *, language: str) -> str:
    """What the audit trail calls an action, in the reader's words."""
    return translate(ACTS.get(action, action), language)


def remark(text: str, *, language: str) -> str:
    """What a person wrote or is called, as it is, or a text of ours in its place: the operator, the reason of a closing."""
    said = translate(text, language)
    return said if language == "zh" or said.isascii() else Markup('<span lang="zh">{}</span>').format(said)


def unit_name(unit: str, *, language: str) -> str:
    """The money unit as it heads a column."""
    return ENGLISH_UNIT[unit] if language == "en" else unit


def plan_text(text: str | None, *, language: str, silent: Markup) -> Markup:
    """Words of the plan, marked as Chinese where the page around them is not."""
    if text is None or text == "":
        return silent
    return escape(text) if language == "zh" else Markup('<span lang="zh">{}</span>').format(text)


def mixed(text: str, *, language: str) -> Markup:
    """A sentence of ours in which names of the plan stand: in English, each run of Chinese is marked."""
    if language == "zh":
        return escape(text)
    marked = Markup('<span lang="zh">{}</span>')
    parts = enumerate(_CHINESE.split(text))
    return Markup("").join(marked.format(part) if place % 2 else escape(part) for place, part in parts)


def edition_title(stored: str, plan: str, period: str, *, language: str) -> Markup:
    """What an edition is called: as it was issued in Chinese, else in the reader's words behind the name of the plan."""
    if language == "zh":
        return escape(stored)
    return Markup('<span lang="zh">{}</span> {}').format(
        plan, report_name(period_from_text(period), words_in(language))
    )


def ratio_of(value: int | None, whole: int | None) -> Fraction | None:
    """The exact ratio of two amounts; None where it cannot be computed."""
    return None if value is None or not whole else Fraction(value, whole)


def share_of(value: int | Fraction | None, maximum: int | Fraction | None, width: int = 100) -> str:
    """How far a bar of this width reaches; for drawing only."""
    if value is None or not maximum:
        return "0"
    return f"{width * min(_MORE_THAN_ALL, max(0.0, float(value / Fraction(maximum)))):.2f}".rstrip("0").rstrip(".")
