"""The fields of audit entries in words: what each is called, and what kind of value stands in it."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from budgets.entries import KINDS, STAGES
from budgets.entries import STATES as ENTRY_STATES
from core.errors import N_
from milestones.works import TIERS
from portfolio.corrections import CORRECTION_STATES
from portfolio.grants import ROLES
from portfolio.periods import PERIOD_STATES
from portfolio.projects import STATES
from reports import finance, quarterly, self_evaluation, workbook_carry_over
from reports.audit_names import Key, RecordName, record_names
from reports.audit_scopes import REPORT_FILE
from reports.orders import ORDER_STATES
from reports.project_history import FIELDS as PROJECT_FIELDS
from reports.return_fields import FIELDS as RETURN_FIELDS
from reports.returns import RETURN_STATES

FIELDS: dict[str, str] = {
    **PROJECT_FIELDS,
    "state": N_("状态"),
    "amount_fen": N_("金额"),
    "carried_fen": N_("其中结转"),
    "carried_change_fen": N_("结转调整"),
    "change_fen": N_("调整金额"),
    "stage": N_("环节"),
    "kind": N_("类型"),
    "tier": N_("环节"),
    "role": N_("角色"),
    "title": N_("标题"),
    "text": N_("内容"),
    "name": N_("名称"),
    "name_en": N_("英文名称"),
    "username": N_("用户名"),
    "note": N_("备注"),
    "number": N_("编号"),
    "reason": N_("理由"),
    "source_id": N_("资金来源"),
    "project_id": N_("项目"),
    "department_id": N_("部门"),
    "department": N_("部门"),
    "indicator_id": N_("指标"),
    "measure_id": N_("工程量指标"),
    "milestone_id": N_("节点"),
    "reverses_id": N_("冲销的记账"),
    "occurred_on": N_("发生日期"),
    "met_on": N_("实际完成日期"),
    "due_on": N_("期限"),
    "held_on": N_("开会日期"),
    "closed_on": N_("销号日期"),
    "posted_period": N_("入账季度"),
    "quarter": N_("季度"),
    "period": N_("报告期"),
    "own_department": N_("审核人所在部门牵头"),
    "correction_reason": N_("更正理由"),
    "quantity_micro": N_("数量"),
    "value_micro": N_("数值"),
    "unit": N_("单位"),
    "plot": N_("小班号"),
    "cause": N_("原因"),
    "file": N_("文件"),
    "sha256": "SHA-256",
    "plan": N_("规划"),
    "project": N_("项目"),
    "jurisdiction": N_("行政区划"),
    "facts": N_("形成的记录数"),
    "no_progress_reason": N_("无进展的理由"),
    "outcome": N_("结果"),
    "asked": N_("要求"),
    "decision": N_("裁定"),
    "reading": N_("采用的读法"),
    "rows": N_("行数"),
    "format": N_("文件格式"),
    "filters": N_("条件"),
    "sound": N_("完整无改动"),
    "seals": N_("封印数"),
    "entries": N_("已封印记录"),
    "unsealed": N_("未封印记录"),
    "head": N_("最新封印"),
    "from_revision": N_("升级前版本"),
    "to_revision": N_("升级后版本"),
    "covers": N_("年度或季度"),
    "version": N_("版本"),
    "category": N_("类别"),
    "no": N_("序号"),
    "nature": N_("指标属性"),
    "direction": N_("方向"),
    "change": N_("变化"),
    "over_places": N_("跨地区汇总"),
    "over_time": N_("跨年度汇总"),
    "plan_id": N_("规划"),
    "printed_name": N_("原文名称"),
    "baseline_micro": N_("基期值"),
    "baseline_operator": N_("基期值符号"),
    "baseline_printed": N_("基期值原文"),
    "baseline_unit": N_("基期值单位"),
    "baseline_year": N_("基期年"),
    "operator": N_("符号"),
    "printed": N_("原文表述"),
    "value": N_("数值"),
    "per": N_("周期"),
    "by_year": N_("完成年份"),
    "strive": N_("力争"),
    "based_on_id": N_("所依据的上报"),
    "field": N_("栏目"),
    "grave": N_("严重"),
    "in_use": N_("采用的数值"),
    "subject": N_("对象"),
    "subject_id": N_("对象编号"),
    "summary": N_("摘要"),
    "summary_en": N_("英文摘要"),
    "agency": N_("监测单位"),
    "judgement": N_("评价"),
    "withdraws_id": N_("撤回的监测值"),
    "evidence_kind": N_("佐证材料种类"),
    "caption": N_("说明文字"),
    "taken_on": N_("拍摄日期"),
    "dispatch": N_("调度"),
    "finance": N_("财政统计"),
    "fiscal": N_("财政资金"),
    "pending": N_("待落实"),
    "parent_id": N_("上级"),
    "public": N_("公开"),
    "items": N_("事项"),
    "issue": N_("总期数"),
    "xlsx_sha256": N_("Excel 的 SHA-256"),
    "docx_sha256": N_("Word 的 SHA-256"),
    "en.docx_sha256": N_("英文 Word 的 SHA-256"),
    "json_sha256": N_("数据的 SHA-256"),
    "notes": N_("批注"),
    "how": N_("登录方式"),
    "token": N_("访问令牌"),
    "scopes": N_("权限"),
    "expires_on": N_("到期"),
    "seed": N_("随机种子"),
    "chair": N_("主持人"),
    "edition": N_("报告"),
    "present": N_("出席人员"),
    "broken": N_("断开的封印"),
    "counts": N_("各类问题数"),
    "files": N_("文件数"),
    "lost": N_("缺失的文件"),
    "size_bytes": N_("字节数"),
    **{name: one.label for name, one in RETURN_FIELDS.items()},
}
# Which record an id in a field stands for.
_RECORDS = {
    "project_id": "project",
    "department": "department",
    "source_id": "funding_source",
    "indicator_id": "indicator",
    "measure_id": "measure",
    "milestone_id": "milestone",
    "programme_id": "programme",
    "plan": "plan",
    "parent_id": "project",
    **dict.fromkeys(("department_id", "lead_id", "body_id", "reporting_id"), "department"),
}
_QUARTERS = frozenset({"posted_period", "quarter", "from_quarter"})
_STATES = {
    "project": STATES,
    "reporting_period": PERIOD_STATES,
    "department_return": RETURN_STATES,
    "correction": CORRECTION_STATES,
    "supervision_order": ORDER_STATES,
}
_REPORTS = {
    "quarterly": quarterly.TITLE,
    "finance": finance.TITLE,
    "self-evaluation": self_evaluation.TITLE,
    "carry-over": workbook_carry_over.TITLE,
}
_KINDS = {"ledger_entry": KINDS, REPORT_FILE: _REPORTS}
_WORDS = {"stage": STAGES, "tier": TIERS, "role": ROLES}
LEFT_OUT = frozenset({"key", "name_key", "position"})
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_CELL = re.compile(r"([0-9]+):([^:]+):?.*")  # a cell of a return: project, field, and of what (a measure, a milestone)


@dataclass(frozen=True)
class Value:
    """A value as it is to be printed.

    Shape: `kind` is money (fen), quarter, micro (millionths), word (to be translated), yes (a bool), text or none.
    """

    kind: str
    value: Any


NONE = Value("none", None)


@dataclass(frozen=True)
class Change:
    """A field of a record before and after. `of` names the project where the field is a cell of a return."""

    field: str
    of: str | None
    before: Value
    after: Value


def changes_of(session: Session, rows: Iterable[Any]) -> tuple[dict[int, tuple[Change, ...]], dict[Key, RecordName]]:
    """What each entry changed, and the names of their records, in a query for each kind of record."""
    facts = {row.id: (row.subject, _facts(row.before), _facts(row.after)) for row in rows}
    keys = {(row.subject, row.subject_id) for row in rows}
    for _, *sides in facts.values():
        for side in sides:
            keys |= {key for name, value in side.items() if (key := _record(name, value)) is not None}
    names = record_names(session, keys)
    return {
        id_: tuple(
            _change(subject, name, before.get(name), after.get(name), names)
            for name in sorted(before.keys() | after.keys(), key=_place)
            if name not in LEFT_OUT and before.get(name) != after.get(name)
        )
        for id_, (subject, before, after) in facts.items()
    }, names


def _facts(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:  # somebody tampered with it; verifying tells of that
        return {}
    return found if isinstance(found, dict) else {}


_ORDER = {name: place for place, name in enumerate(FIELDS)}


def _place(name: str) -> tuple[int, str]:
    return _ORDER.get(name, len(_ORDER)), name


def _record(name: str, value: Any) -> Key | None:
    """The record that a field names: by its value, or by itself where it is a cell of a return."""
    if (cell := _CELL.fullmatch(name)) is not None:
        return "project", int(cell[1])
    if name in _RECORDS and isinstance(value, int) and not isinstance(value, bool):
        return _RECORDS[name], value
    return None


def _change(subject: str, name: str, before: Any, after: Any, names: dict[Key, RecordName]) -> Change:
    cell, of = _CELL.fullmatch(name), None
    if cell is not None:
        project = names.get(("project", int(cell[1])))
        name, of = cell[2], cell[1] if project is None else project.text
    return Change(FIELDS.get(name, name), of, _value(subject, name, before, names), _value(subject, name, after, names))


def _value(subject: str, name: str, value: Any, names: dict[Key, RecordName]) -> Value:
    if value is None or isinstance(value, bool):
        return NONE if value is None else Value("yes", value)
    if isinstance(value, str) and _kind(name) != "text" and _WHOLE.fullmatch(value):
        value = int(value)  # cells of returns are kept as texts
    if isinstance(value, int):
        record = _record(name, value)
        return Value(_kind(name), value) if record is None or record not in names else Value("text", names[record].text)
    words = _STATES.get(subject, ENTRY_STATES) if name == "state" else _WORDS.get(name)
    if name == "kind":
        words = _KINDS.get(subject, words)
    if words and value in words:
        return Value("word", words[value])
    if isinstance(value, dict):
        return Value("text", ", ".join(f"{key} = {one}" for key, one in value.items()))
    return Value("text", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _kind(name: str) -> str:
    """What a number in a field of that name is."""
    if name.endswith("_fen") or name.startswith("money."):
        return "money"
    if name.endswith("_micro"):
        return "micro"
    return "quarter" if name in _QUARTERS else "text"
