"""Setting the performance targets of a project and the points that they share, from a quarter on, never overwriting.

The office sets them by document (action `rules`), like every other target: who is measured does not set the measure. What the
targets of a level weigh together is never more than the level's share of the hundred points.
"""

from typing import Any

from sqlmodel import Session, select

from core import audit
from core.audit import Actor
from core.calendar import quarter_name
from core.errors import N_, Broken, Invalid, SeveralBroken, Stale
from core.text import checked_text
from core.units import MICRO, micro_from_text, text_from_micro
from milestones.performance import LEVELS, PerformanceFrame, PerformanceTarget
from milestones.performance_reading import SHARES, points_text, shares_in, target_in_words, targets_in, weights_by_level
from milestones.performance_rules import GOAL_LIMIT, LABELS, NewPerformance, checked_target, problems_of_basis
from milestones.performance_score import FULL_MARKS
from milestones.quantity_values import plain_number
from portfolio.dated import find_in_force, put_in_force
from portfolio.editing import claim
from portfolio.periods import must_hold_from_open
from portfolio.projects import Project
from portfolio.values import Basis, check_basis


class ShareExceeded(Broken):
    status = 409
    sentence = N_(
        "%(quarter)s“%(level)s”各项指标的分值合计为 %(found)s 分，超过这一类的 %(allowed)s 分。请先调低其他指标或调整各类分值。"
    )


class SharesNotAHundred(Broken):
    sentence = N_("各类分值合计为 %(found)s 分，应为 100 分。")


class NotOfAPart(Broken):
    status = 409
    sentence = N_("绩效自评以项目为单位，子项目的指标请记在其打包项目上。")


def set_target(
    session: Session, project: Project, new: NewPerformance, basis: Basis, *, by: Actor
) -> PerformanceTarget:
    """A further target of a project, from a quarter on.

    Errors: Archived, NotOfAPart, ShareExceeded; SeveralBroken with every field that cannot be accepted.
    """
    _claim(session, project, basis)
    values = checked_target(session, project, new, basis)
    keys = set(session.exec(select(PerformanceTarget.key).where(PerformanceTarget.project_id == project.id)))
    return _put(session, project, f"p{len(keys) + 1}", values, basis, "add-performance", {}, by)


def revise_target(
    session: Session,
    project: Project,
    target: PerformanceTarget,
    new: NewPerformance,
    basis: Basis,
    *,
    by: Actor,
) -> PerformanceTarget:
    """Makes a target read otherwise from a quarter on; the same row comes back where nothing changes.

    Errors: Archived, Stale, ShareExceeded; SeveralBroken with every field that cannot be accepted.
    """
    before = _held(session, project, target, basis)
    values = checked_target(session, project, new, basis, instead_of=target.key)
    return _put(session, project, target.key, values, basis, "revise-performance", before, by)


def drop_target(session: Session, project: Project, target: PerformanceTarget, basis: Basis, *, by: Actor) -> None:
    """Ends a target where a quarter begins; the years before keep it.

    Errors: Archived, Stale, SeveralBroken.
    """
    before = _held(session, project, target, basis)
    check_basis(basis, "document", "reason")
    values = {name: getattr(target, name) for name in _COLUMNS} | {"dropped": True}
    _put(session, project, target.key, values, basis, "drop-performance", before, by)


def set_frame(
    session: Session, project: Project, shares: dict[str, str], goal: str | None, basis: Basis, *, by: Actor
) -> PerformanceFrame:
    """Shares the hundred points out between the execution rate and the levels, and says what the year is for.

    Errors: Archived, NotOfAPart, SharesNotAHundred, ShareExceeded; SeveralBroken.
    """
    _claim(session, project, basis)
    problems = problems_of_basis(session, project, basis)
    kept: dict[str, Any] = {"goal": None}
    for name, label in SHARES.items():
        try:
            kept[f"{name}_micro"] = micro_from_text(plain_number(shares.get(name, ""), field=name, label=label))
        except Broken as problem:
            problems.append(problem)
    try:
        kept["goal"] = checked_text(goal, field="goal", label=LABELS["goal"], limit=GOAL_LIMIT)
    except Broken as problem:
        problems.append(problem)
    found = sum(value for name, value in kept.items() if name != "goal")
    if not problems and found != FULL_MARKS * MICRO:
        problems.append(SharesNotAHundred(field="shares", found=text_from_micro(found)))
    if problems:
        raise SeveralBroken(problems)
    owner = {"project_id": project.id}
    held = find_in_force(session, PerformanceFrame, owner, basis.from_quarter)
    row = put_in_force(
        session,
        PerformanceFrame,
        owner,
        kept,
        from_quarter=basis.from_quarter,
        document=basis.document,
        reason=basis.reason,
        by=by,
    )
    if row is None:
        assert held is not None
        return held
    _must_fit(session, project, basis.from_quarter)
    before = {} if held is None else {name: getattr(held, name) for name in kept}
    _note(session, project, "frame-performance", before, kept, basis, by)
    return row


_COLUMNS = ("level", "name", "operator", "value_micro", "value_text", "unit", "better", "weight_micro", "dropped")


def _claim(session: Session, project: Project, basis: Basis) -> None:
    if project.parent_id is not None:
        raise NotOfAPart
    claim(session, project, expected_version=None)
    must_hold_from_open(session, project.plan_id, basis.from_quarter)


def _held(session: Session, project: Project, target: PerformanceTarget, basis: Basis) -> dict[str, Any]:
    """What the target says now, unless somebody has changed it since the form was opened.

    Errors: Archived, Stale, Invalid for a quarter before the target held.
    """
    _claim(session, project, basis)
    session.refresh(target)
    if target.effective_until is not None or target.dropped:
        raise Stale(who=audit.last_actor(session, "project", project.id or 0))
    if basis.from_quarter < target.effective_from:
        found, expected = quarter_name(basis.from_quarter), f"≥ {quarter_name(target.effective_from)}"
        raise Invalid(field="from_quarter", label=N_("生效季度"), found=found, expected=expected)
    return {name: getattr(target, name) for name in _COLUMNS}


def _put(
    session: Session,
    project: Project,
    key: str,
    values: dict[str, Any],
    basis: Basis,
    action: str,
    before: dict[str, Any],
    by: Actor,
) -> PerformanceTarget:
    owner = {"project_id": project.id, "key": key}
    row = put_in_force(
        session,
        PerformanceTarget,
        owner,
        values,
        from_quarter=basis.from_quarter,
        document=basis.document,
        reason=basis.reason,
        by=by,
    )
    if row is None:
        held = find_in_force(session, PerformanceTarget, owner, basis.from_quarter)
        assert held is not None
        return held
    _must_fit(session, project, basis.from_quarter)
    _note(session, project, action, before, values, basis, by)
    return row


def _must_fit(session: Session, project: Project, since: int) -> None:
    """Errors: ShareExceeded, for the first quarter in which the targets of a level weigh more than its share."""
    assert project.id is not None
    changes: set[int] = {since}
    for table in (PerformanceTarget, PerformanceFrame):
        starts = select(table.effective_from).where(table.project_id == project.id, table.effective_from > since)
        changes |= set(session.exec(starts))
    for quarter in sorted(changes):
        shares = shares_in(session, project.id, quarter)[0]
        for level, weight in weights_by_level(targets_in(session, project.id, quarter)).items():
            if weight > shares[level]:
                said = {"quarter": quarter_name(quarter), "found": points_text(weight)}
                raise ShareExceeded(field="weight", level=LEVELS[level], allowed=points_text(shares[level]), **said)


def _note(
    session: Session,
    project: Project,
    action: str,
    before: dict[str, Any],
    after: dict[str, Any],
    basis: Basis,
    by: Actor,
) -> None:
    assert project.id is not None
    project.row_version += 1
    session.add(project)
    session.flush()
    now = _in_words(after) | {"from_quarter": quarter_name(basis.from_quarter), "document": basis.document}
    said = _in_words(before) if before else {}
    audit.record(session, action, "project", project.id, before=said, after=now, reason=basis.reason, by=by)


def _in_words(values: dict[str, Any]) -> dict[str, Any]:
    """A target, or the shares, on one line as the audit trail keeps them."""
    if "level" in values:
        return {"indicator": None if values["dropped"] else target_in_words(values)}
    return {"shares": " / ".join(text_from_micro(values[f"{name}_micro"]) for name in SHARES), "goal": values["goal"]}
