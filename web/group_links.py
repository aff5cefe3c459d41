"""The project lists behind the groups of a chart or table, by the name of the group."""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from portfolio.departments import Department
from portfolio.plans import Plan, Programme
from web.choices import Choices
from web.plan_choice import PlanChoice

Links = dict[str | None, tuple[tuple[str, str], ...]]


def programme_links(session: Session, choices: Choices, chosen: PlanChoice, *, level: int = 1) -> Links:
    """The project lists behind each heading of a level; a heading that several plans share has one for each of them."""
    plans = [chosen.plan] if chosen.plan else chosen.plans
    rows = session.exec(
        select(Programme.name, Programme.id, Plan.code, Plan.short_title)
        .join(Plan, col(Plan.id) == Programme.plan_id)
        .where(Programme.level == level, col(Programme.plan_id).in_([plan.id for plan in plans]))
        .order_by(col(Programme.plan_id))
    )
    found: Links = {}
    for name, id_, code, title in rows:
        found[name] = (*found.get(name, ()), (title, choices.url("/projects", plan=code, programme=id_)))
    return found


def department_links(session: Session, choices: Choices, chosen: PlanChoice) -> Links:
    """The project lists behind each lead department."""
    plans: Iterable[Plan] = [chosen.plan] if chosen.plan else chosen.plans
    rows = session.exec(
        select(Department.name, Department.id)
        .where(col(Department.jurisdiction_code).in_({plan.jurisdiction_code for plan in plans}))
        .order_by(col(Department.jurisdiction_code))
    )
    found: Links = {}
    for name, id_ in rows:
        found[name] = (*found.get(name, ()), (name, choices.url("/projects", plan=chosen.code, lead=id_)))
    found[None] = (("", choices.url("/projects", plan=chosen.code, lead="none")),)
    return found
