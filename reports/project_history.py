"""The audit rows of a project and its parts as people read them: field names in words, ids as names."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.audit import AuditEntry
from core.calendar import period_from_text
from core.errors import N_
from portfolio.departments import Department
from portfolio.plans import headings
from portfolio.projects import STATES
from portfolio.values import BASIS_LABELS, LABELS, ROLE_FIELDS

FIELDS = LABELS | {
    "code": N_("编号"),
    "estimate_fen": N_("投资估算"),
    "from_quarter": N_("生效季度"),
    "document": BASIS_LABELS["document"],
    "approver": N_("批复单位"),
    "document_on": N_("文件日期"),
    "state": N_("项目状态"),
    "since_on": N_("自何日起"),
    "quantity": N_("工程量"),
    "milestone": N_("节点"),
    "county": N_("所在县（市、区）"),
    "site": N_("地点名称"),
    "point": N_("坐标（北纬, 东经）"),
    "planned_on": N_("计划日期"),
    "weight": N_("权重"),
    "wording": N_("原文表述"),
    "indicator": N_("绩效指标"),
    "result": N_("实际完成值"),
    "why": N_("偏差原因分析及改进措施"),
    "evidence": N_("佐证材料"),
    "shares": N_("各类分值"),
    "goal": N_("年度总体目标"),
    "to_plan": N_("结转到"),
    "parent": N_("打包项目"),
    "position": N_("序号"),
}
_MONEY, _QUARTER, _STATE = "estimate_fen", "from_quarter", "state"
_LONGEST_HISTORY = 200


@dataclass(frozen=True)
class NamedChange:
    """One field before and after. `kind` says how the values are printed: money (fen), quarter, state or text."""

    label: str
    kind: str
    before: Any
    after: Any


@dataclass(frozen=True)
class NamedLine:
    """One audit row; `part` names the part that it is about, None for the project itself."""

    at: datetime
    actor: str
    action: str
    part: str | None
    reason: str | None
    changes: tuple[NamedChange, ...]


def named_history(session: Session, plan_id: int, names: dict[int, str | None]) -> tuple[NamedLine, ...]:
    """The audit rows of a project and its parts, newest first. `names` holds each id with the part's name."""
    rows = session.exec(
        select(AuditEntry)
        .where(AuditEntry.subject == "project", col(AuditEntry.subject_id).in_(names))
        .order_by(col(AuditEntry.id).desc())
        .limit(_LONGEST_HISTORY)
    ).all()
    facts = [(json.loads(row.before or "{}"), json.loads(row.after or "{}")) for row in rows]
    known = _names(session, plan_id, facts)
    return tuple(
        NamedLine(
            at=row.at,
            actor=row.actor,
            action=row.action,
            part=names[row.subject_id],
            reason=row.reason,
            changes=_changes(before, after, known),
        )
        for row, (before, after) in zip(rows, facts, strict=True)
    )


def _changes(
    before: dict[str, Any], after: dict[str, Any], known: dict[tuple[str, int], str]
) -> tuple[NamedChange, ...]:
    order = [*FIELDS, *sorted((before.keys() | after.keys()) - FIELDS.keys())]
    return tuple(
        NamedChange(
            FIELDS.get(field, field),
            {_MONEY: "money", _QUARTER: "quarter", _STATE: "state"}.get(field, "text"),
            _named(field, before.get(field), known),
            _named(field, after.get(field), known),
        )
        for field in order
        if before.get(field) != after.get(field)
    )


def _named(field: str, value: Any, known: dict[tuple[str, int], str]) -> Any:
    if value is None:
        return None
    if field == _STATE:
        return STATES.get(value, value)
    if field == _QUARTER and isinstance(value, str):
        return period_from_text(value).last_quarter  # performance targets write it as people do
    kind = "department" if field in ROLE_FIELDS else field
    return known.get((kind, value), value) if isinstance(value, int) else value


def _names(
    session: Session, plan_id: int, facts: list[tuple[dict[str, Any], dict[str, Any]]]
) -> dict[tuple[str, int], str]:
    """What the ids of departments and programmes in these facts are called."""
    sides = [side for pair in facts for side in pair]
    wanted = {side[field] for side in sides for field in ROLE_FIELDS if side.get(field) is not None}
    found: dict[tuple[str, int], str] = {}
    if wanted:
        rows = session.exec(select(Department.id, Department.name).where(col(Department.id).in_(wanted)))
        found |= {("department", id_): name for id_, name in rows if id_ is not None}
    if any(side.get("programme_id") is not None for side in sides):
        for id_, heading in headings(session, {plan_id}).items():
            found["programme_id", id_] = " / ".join(name for _, name in heading.path)
    return found
