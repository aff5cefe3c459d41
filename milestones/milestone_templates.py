"""Milestone templates: what they hold, taking one over for a project, and changing them. They hold for every plan."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlmodel import Session, col, func, select

from core import audit
from core.audit import Actor
from core.errors import N_, Broken, Invalid, NotThere, SeveralBroken, Stale
from core.text import matching_key, needed_text
from core.units import micro_from_text
from milestones.milestone_plans import add_milestones
from milestones.milestones import FREE, MILESTONE_KINDS, Milestone, MilestoneTemplate
from milestones.plan_rules import WHOLE_MICRO, NewMilestone, WeightsDoNotAdd, plans_now, weight_text
from milestones.schedule import spread_days
from portfolio.citations import mark_supplied
from portfolio.projects import Project
from portfolio.values import Basis, check_basis

SUBJECT = "milestone_template"
LABELS = {
    "name": N_("模板名称"),
    "name_en": N_("英文名称"),
    "position": N_("顺序"),
    "retired": N_("停用"),
    "items": N_("节点"),
    "kind": N_("节点类型"),
    "item_name": N_("节点名称"),
    "weight": N_("权重"),
    "share": N_("时间位置"),
}
MOST_ITEMS = 20


class TemplateTaken(Broken):
    status = 409
    sentence = N_("已有同名的模板“%(found)s”。")


class TemplateRetired(Broken):
    status = 409
    sentence = N_("模板“%(name)s”已停用，请选用别的模板。")


class AllThere(Broken):
    status = 409
    sentence = N_("模板“%(name)s”的节点本项目都已经有了，没有增加。")


class NoItems(Broken):
    sentence = N_("模板至少要有一个节点，最多 %(limit)s 个。")


@dataclass(frozen=True)
class TemplateItem:
    """One milestone of a template. `weight` is a decimal in percent, `share` the part of the months after which it is planned."""

    kind: str
    name: str
    weight: str
    share: int


@dataclass(frozen=True)
class TemplateValues:
    """What a person may set about a template."""

    name: str
    name_en: str
    position: int
    items: tuple[TemplateItem, ...]
    retired: bool = False


def items_of(template: MilestoneTemplate) -> tuple[TemplateItem, ...]:
    """The milestones of a template in their order."""
    return tuple(TemplateItem(**item) for item in json.loads(template.items))


def items_text(items: Sequence[TemplateItem]) -> str:
    """The items as the table keeps them, alike whenever they are alike."""
    return json.dumps([asdict(item) for item in items], ensure_ascii=False, sort_keys=True)


def templates_in_use(session: Session) -> list[MilestoneTemplate]:
    """Those that a project may take over, in their order."""
    return [row for row in every_template(session) if not row.retired]


def every_template(session: Session) -> list[MilestoneTemplate]:
    """All of them, the retired ones too."""
    query = select(MilestoneTemplate).order_by(col(MilestoneTemplate.position), col(MilestoneTemplate.id))
    return list(session.exec(query).all())


def find_template(session: Session, id_: int) -> MilestoneTemplate:
    """Errors: NotThere."""
    row = session.get(MilestoneTemplate, id_)
    if row is None:
        raise NotThere
    return row


def take_over(
    session: Session,
    project: Project,
    template: MilestoneTemplate,
    years: tuple[int, int] | None,
    basis: Basis,
    *,
    by: Actor,
) -> list[Milestone]:
    """Gives a project the milestones of a template, their days spread over the years; without years they have no days yet.

    What the project has already is left alone, and then the new ones weigh nothing of their own (equal shares of what is left).

    Errors: TemplateRetired, AllThere, Archived, InClosedQuarter.
    """
    if template.retired:
        raise TemplateRetired(field="template", name=template.name)
    items = items_of(template)
    days = spread_days(*years, [item.share for item in items]) if years else [None] * len(items)
    held = [row for row, _ in plans_now(session, project)]
    kinds = {row.kind for row in held} - {FREE}
    names = {matching_key(row.name) for row in held}
    new = [
        NewMilestone(item.kind, item.name, day, None if held else micro_from_text(item.weight))
        for item, day in zip(items, days, strict=True)
        if item.kind not in kinds and matching_key(item.name) not in names
    ]
    if not new:
        raise AllThere(field="template", name=template.name)
    return add_milestones(session, project, new, basis, by=by)


# ---- changing them


def add_template(session: Session, values: TemplateValues, *, reason: str, by: Actor) -> MilestoneTemplate:
    """A new template.

    Errors: SeveralBroken, TemplateTaken.
    """
    check_basis(Basis(0, reason=reason), "reason")
    _check(session, values, None)
    last = session.exec(select(func.max(MilestoneTemplate.id))).one() or 0
    row = MilestoneTemplate(key=f"template-{last + 1}", **_columns(values))
    session.add(row)
    session.flush()
    assert row.id is not None
    audit.record(session, "create", SUBJECT, row.id, after=_columns(values), reason=reason, by=by)
    _mark(session, row.id, tuple(_columns(values)), reason, by)
    return row


def edit_template(
    session: Session, row: MilestoneTemplate, values: TemplateValues, *, expected_version: int, reason: str, by: Actor
) -> bool:
    """Brings a template to the values; whether anything changed comes back. Projects that took it over stay as they are.

    Errors: Stale, SeveralBroken, TemplateTaken.
    """
    assert row.id is not None
    session.refresh(row, with_for_update=True)
    if row.row_version != expected_version:
        raise Stale(who=audit.last_actor(session, SUBJECT, row.id))
    check_basis(Basis(0, reason=reason), "reason")
    _check(session, values, row.id)
    before = template_values(row)
    changed = [name for name, value in _columns(values).items() if getattr(row, name) != value]
    if not changed:
        return False
    for name, value in _columns(values).items():
        setattr(row, name, value)
    row.row_version += 1
    session.add(row)
    session.flush()
    audit.record(
        session, "edit", SUBJECT, row.id, before=_columns(before), after=_columns(values), reason=reason, by=by
    )
    _mark(session, row.id, changed, reason, by)
    return True


def template_values(row: MilestoneTemplate) -> TemplateValues:
    """What holds for a template."""
    return TemplateValues(row.name, row.name_en, row.position, items_of(row), row.retired)


def _columns(values: TemplateValues) -> dict[str, Any]:
    kept = {name: getattr(values, name) for name in ("name", "name_en", "position", "retired")}
    return kept | {"items": items_text(values.items)}


def items_in_words(text: str) -> str:
    """The items as people read them, from the text that the table and the audit trail keep."""
    items = [TemplateItem(**item) for item in json.loads(text)]
    return "、".join(f"{item.name} {item.weight}%（{item.share}%）" for item in items)


def _mark(session: Session, id_: int, fields: Sequence[str], reason: str, by: Actor) -> None:
    for field in fields:
        mark_supplied(session, SUBJECT, id_, field, document=None, reason=reason, by=by)


def _check(session: Session, values: TemplateValues, own: int | None) -> None:
    problems: list[Broken] = []
    for field, limit in (("name", 60), ("name_en", 80)):
        try:
            needed_text(getattr(values, field), field=field, label=LABELS[field], limit=limit)
        except Broken as problem:
            problems.append(problem)
    problems += item_problems(values.items)
    if problems:
        raise SeveralBroken(problems)
    for row in every_template(session):
        if row.id != own and matching_key(row.name) == matching_key(values.name):
            raise TemplateTaken(field="name", found=row.name)


def item_problems(items: Sequence[TemplateItem]) -> list[Broken]:
    """What is wrong with the milestones of a template, each at the field `item_<number>`, counted from 1."""
    if not 1 <= len(items) <= MOST_ITEMS:
        return [NoItems(field="items", limit=MOST_ITEMS)]
    problems: list[Broken] = []
    seen: set[str] = set()
    total = 0
    for number, item in enumerate(items, start=1):
        field = f"item_{number}"
        try:
            total += _checked_item(item, field, seen)
        except Broken as problem:
            problems.append(problem)
    if not problems and total != WHOLE_MICRO:
        problems.append(WeightsDoNotAdd(field="items", found=weight_text(total)))
    return problems


def _checked_item(item: TemplateItem, field: str, seen: set[str]) -> int:
    """What the item weighs, in millionths of a percent."""
    if item.kind not in MILESTONE_KINDS:
        raise Invalid(field=field, label=LABELS["kind"], found=item.kind, expected=tuple(MILESTONE_KINDS.values()))
    needed_text(item.name, field=field, label=LABELS["item_name"], limit=200)
    keys = {matching_key(item.name)} | ({item.kind} - {FREE})
    if keys & seen:
        raise Invalid(field=field, label=LABELS["item_name"], found=item.name, expected=N_("本模板中没有的节点"))
    seen |= keys
    try:
        weight = micro_from_text(item.weight)
    except ValueError:
        weight = -1
    if not 0 <= weight <= WHOLE_MICRO:
        raise Invalid(field=field, label=LABELS["weight"], found=item.weight, expected=N_("0—100 的数字"))
    if not 0 <= item.share <= 100:
        raise Invalid(field=field, label=LABELS["share"], found=str(item.share), expected="0—100")
    return weight
