"""Which lamp rules hold for a plan: presets of a new plan, changed parameters as a new version, a rule that is stopped.

A version is never changed. Which one holds for a plan is dated, so a past quarter keeps the rules that held then.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlmodel import Session, col, func, select

from core import audit
from core.audit import Actor
from core.calendar import quarter_name
from core.database import select_columns
from core.errors import N_, Broken, Invalid, NotThere, Stale
from milestones.lamp_rules import FINANCE, LAG, MISMATCH, PRESETS, RULE_KINDS, ActiveRuleSet, LampRuleSet
from portfolio.dated import find_in_force, in_force, put_in_force
from portfolio.periods import earliest_unclosed, is_closed, keep_quarters
from portfolio.plans import Plan
from portfolio.values import Basis, check_basis


@dataclass(frozen=True)
class Parameter:
    """A whole number of a rule: what it is called, its unit and between what it lies."""

    label: str
    unit: str
    lowest: int
    highest: int


PARAMETERS: dict[str, dict[str, Parameter]] = {
    LAG: {
        "yellow_points": Parameter(N_("落后多少起亮黄灯"), N_("百分点"), 1, 100),
        "red_points": Parameter(N_("落后超过多少亮红灯"), N_("百分点"), 1, 100),
        "late_start_red_months": Parameter(N_("逾期未开工几个月亮红灯"), N_("个月"), 1, 36),
    },
    FINANCE: {
        "red_below": Parameter(N_("低于多少亮红灯"), "%", 1, 1000),
        "yellow_below": Parameter(N_("低于多少亮黄灯"), "%", 1, 1000),
        "blue_from": Parameter(N_("达到多少亮蓝灯"), "%", 1, 1000),
    },
    MISMATCH: {
        "paid_ahead_points": Parameter(N_("支付超前工程量超过多少亮黄灯"), N_("百分点"), 0, 100),
        "quarters_without_change": Parameter(N_("连续几个季度没有变化亮黄灯"), N_("个季度"), 1, 20),
        "spend_without_evidence_percent": Parameter(N_("没有节点完成而支付超过估算多少亮黄灯"), "%", 0, 100),
    },
}
# Of these each is to be larger than the one before it.
_RISING: dict[str, tuple[str, ...]] = {
    LAG: ("yellow_points", "red_points"),
    FINANCE: ("red_below", "yellow_below", "blue_from"),
}


class NotRising(Broken):
    sentence = N_("“%(label)s”填写的是 %(found)s，应大于“%(other)s”的 %(least)s。")


class LampsOfClosedQuarter(Broken):
    status = 409
    sentence = N_("%(found)s 已经关账，其亮灯不再改变；规则最早可以自 %(open)s 起生效。")


def parameters_of(rule: LampRuleSet) -> dict[str, int]:
    """The parameters of a version, as whole numbers."""
    found: dict[str, int] = json.loads(rule.parameters)
    return found


def put_presets(session: Session, plan: Plan, *, by: Actor) -> int:
    """Makes the presets hold for a plan from its first quarter that takes changes, each rule that it never had; how many."""
    had = set(session.exec(select(ActiveRuleSet.key).where(ActiveRuleSet.plan_id == plan.id)))
    assert plan.id is not None
    since = max(plan.start, earliest_unclosed(session, plan.id, lock=True))
    added = 0
    for key in [key for key in PRESETS if key not in had]:
        rule = _version(session, key, PRESETS[key], None, by)
        owner = {"plan_id": plan.id, "key": key}
        put_in_force(session, ActiveRuleSet, owner, {"rule_set_id": rule.id}, from_quarter=since, by=None)
        added += 1
    return added


def change_rule(
    session: Session,
    plan: Plan,
    key: str,
    parameters: Mapping[str, int] | None,
    basis: Basis,
    *,
    expected_id: int | None = None,
    by: Actor,
) -> bool:
    """Makes parameters hold for a plan from a quarter on, as a new version where they are new; None stops the rule.

    Whether anything changed comes back. `expected_id` is the version that the person saw (0: none).

    Errors: NotThere, Invalid, NotRising, LampsOfClosedQuarter, Stale; SeveralBroken without document or reason.
    """
    if key not in PRESETS or plan.id is None:
        raise NotThere
    check_basis(basis, "document", "reason")
    if parameters is not None:
        check_parameters(key, parameters)
    keep_quarters(session, {plan.id})
    if is_closed(session, plan.id, basis.from_quarter):
        raise LampsOfClosedQuarter(
            field="from_quarter",
            found=quarter_name(basis.from_quarter),
            open=quarter_name(earliest_unclosed(session, plan.id)),
        )
    owner: dict[str, Any] = {"plan_id": plan.id, "key": key}
    _keep(session, key)
    before = find_in_force(session, ActiveRuleSet, owner, basis.from_quarter)
    held = None if before is None else before.rule_set_id
    if expected_id is not None and expected_id != (held or 0):
        raise Stale(who="" if before is None else before.supplied_by or "")
    rule_id = None if parameters is None else _version(session, key, parameters, basis.reason, by).id
    if before is None and rule_id is None:
        return False
    row = put_in_force(
        session,
        ActiveRuleSet,
        owner,
        {"rule_set_id": rule_id},
        from_quarter=basis.from_quarter,
        document=basis.document,
        reason=basis.reason,
        by=by,
    )
    if row is None or row.id is None:
        return False
    facts = {"plan": plan.code, "rule": key, "from_quarter": basis.from_quarter}
    audit.record(
        session,
        "edit",
        "active_rule_set",
        row.id,
        before={"rule_set": held},
        after=facts | {"rule_set": rule_id, "parameters": None if parameters is None else dict(parameters)},
        reason=basis.reason,
        by=by,
    )
    return True


def check_parameters(kind: str, parameters: Mapping[str, int]) -> None:
    """Errors: Invalid, NotRising."""
    for name, known in PARAMETERS[kind].items():
        found = parameters.get(name)
        if found is None or not known.lowest <= found <= known.highest:
            expected = f"{known.lowest}—{known.highest}"
            raise Invalid(field=name, label=known.label, found="" if found is None else str(found), expected=expected)
    rising = _RISING.get(kind, ())
    for lower, higher in pairwise(rising):
        if parameters[higher] <= parameters[lower]:
            label, other = PARAMETERS[kind][higher].label, PARAMETERS[kind][lower].label
            facts = {"label": label, "found": parameters[higher], "other": other, "least": parameters[lower]}
            raise NotRising(field=higher, **facts)


def _keep(session: Session, key: str) -> None:
    """Whoever adds a version of the same rule waits until the transaction ends."""
    first = select_columns(LampRuleSet.id).where(col(LampRuleSet.key) == key, col(LampRuleSet.version) == 1)
    session.execute(first.with_for_update()).all()


def _version(session: Session, key: str, parameters: Mapping[str, int], reason: str | None, by: Actor) -> LampRuleSet:
    """The version of a rule with these parameters, made where there is none."""
    text = json.dumps(dict(parameters), sort_keys=True)
    query = select(LampRuleSet).where(LampRuleSet.key == key, LampRuleSet.parameters == text)
    held = session.exec(query.order_by(col(LampRuleSet.version))).first()
    if held is not None:
        return held
    last = session.exec(select(func.max(LampRuleSet.version)).where(LampRuleSet.key == key)).one()
    row = LampRuleSet(
        key=key,
        version=(last or 0) + 1,
        kind=key,
        name=RULE_KINDS[key],
        parameters=text,
        reason=reason,
        recorded_by=by.name,
    )
    session.add(row)
    session.flush()
    return row


def active_rules(
    session: Session, quarter: int, plan_ids: Collection[int] | None = None
) -> dict[int, list[LampRuleSet]]:
    """The versions that hold for each plan in a quarter, by plan id, in the order of the kinds."""
    query = (
        select(ActiveRuleSet.plan_id, LampRuleSet)
        .join(LampRuleSet, col(LampRuleSet.id) == ActiveRuleSet.rule_set_id)
        .where(in_force(ActiveRuleSet, quarter))
    )
    if plan_ids is not None:
        query = query.where(col(ActiveRuleSet.plan_id).in_(plan_ids))
    found: dict[int, list[LampRuleSet]] = {}
    for plan_id, rule in session.exec(query):
        found.setdefault(plan_id, []).append(rule)
    kinds = list(RULE_KINDS)
    return {plan_id: sorted(rules, key=lambda rule: kinds.index(rule.kind)) for plan_id, rules in found.items()}


def rule_history(session: Session, plan_id: int) -> list[tuple[ActiveRuleSet, LampRuleSet | None]]:
    """Every row that ever said which version holds for a plan, newest first, each with its version."""
    query = (
        select(ActiveRuleSet, LampRuleSet)
        .outerjoin(LampRuleSet, col(LampRuleSet.id) == ActiveRuleSet.rule_set_id)
        .where(ActiveRuleSet.plan_id == plan_id)
        .order_by(col(ActiveRuleSet.key), col(ActiveRuleSet.effective_from).desc(), col(ActiveRuleSet.id).desc())
    )
    return list(session.exec(query).all())
