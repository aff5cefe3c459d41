"""The plan that a page is narrowed to, among those that the reader sees."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from core.errors import NotThere
from portfolio.access import Reader
from portfolio.plans import Plan
from reports.rollup import Scope


@dataclass(frozen=True)
class PlanChoice:
    """Every plan that the reader sees, in the order of the jurisdictions, and the one chosen (None: all of them)."""

    plans: tuple[Plan, ...]
    plan: Plan | None

    @property
    def plan_id(self) -> int | None:
        return None if self.plan is None else self.plan.id

    @property
    def code(self) -> str | None:
        """What addresses on the page carry on."""
        return None if self.plan is None else self.plan.code

    @property
    def options(self) -> list[tuple[str, str]]:
        return [(plan.code, plan.short_title) for plan in self.plans]

    def scope(self, quarter: int, edition: str) -> Scope:
        return Scope(quarter, None if self.plan_id is None else frozenset({self.plan_id}), edition)


def plan_choice(session: Session, reader: Reader, code: str) -> PlanChoice:
    """The choice that an address makes.

    Errors: NotThere for a plan that does not exist or that the reader may not see.
    """
    plans = session.exec(
        select(Plan)
        .where(reader.sees(Plan.id))  # type: ignore[arg-type]
        .order_by(col(Plan.jurisdiction_code), col(Plan.first_year), col(Plan.id))
    ).all()
    plan = next((plan for plan in plans if plan.code == code), None)
    if code and plan is None:
        raise NotThere
    return PlanChoice(tuple(plans), plan)
