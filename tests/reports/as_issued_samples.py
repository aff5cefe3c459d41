"""Figures as issued for tests: everything that a quarter's roll-ups, lists and lamps say, so that it can be compared later."""

from typing import Any

from sqlmodel import Session

from core.audit import Actor
from core.calendar import Period
from milestones.lamp_editing import put_presets
from portfolio.access import OPERATOR_READER
from portfolio.facts import AS_ISSUED
from portfolio.project_list import PAGE, ProjectFilter, page_of
from reports.group_progress import group_progress
from reports.lamp_reading import project_lamps
from reports.money import money_rollup
from reports.past_listing import listing_at
from reports.period_flow import close_period
from reports.rollup import Scope, estimate_rollup
from reports.works import works_rollup
from tests.samples import SOMEBODY, SmallPlan

OFFICE = Actor(None, "办公室")


def close(session: Session, small: SmallPlan, quarter: int) -> None:
    """Closes a quarter, with the earlier ones that are not."""
    period = Period(quarter // 10, f"Q{quarter % 10}")
    close_period(session, small.plan, period, reason="会期已定", by=OFFICE)


def with_lamps(session: Session, small: SmallPlan) -> SmallPlan:
    put_presets(session, small.plan, by=SOMEBODY)
    return small


def as_issued(session: Session, quarter: int) -> dict[str, Any]:
    """What is said of a quarter as it was issued."""
    session.flush()
    scope = Scope(quarter, edition=AS_ISSUED)
    reader = OPERATOR_READER
    listed = page_of(
        session,
        reader,
        ProjectFilter(),
        source=listing_at(session, reader, quarter, sort="order", edition=AS_ISSUED),
        size=PAGE,
    )
    return {
        "estimates by heading": estimate_rollup(session, reader, scope, ("programme",), level=2),
        "estimates by department": estimate_rollup(session, reader, scope, ("department",)),
        "estimates by year": estimate_rollup(session, reader, scope, ("first_year", "last_year")),
        "money": money_rollup(session, reader, scope, ("plan", "programme")),
        "works": works_rollup(session, reader, scope, ("department",)),
        "progress": group_progress(session, reader, scope, ("plan",)),
        "lamps": {
            id_: (one.colour, one.progress, [(lamp.rule, lamp.colour, lamp.reasons) for lamp in one.lamps])
            for id_, one in project_lamps(session, reader, scope).items()
        },
        "list": [tuple(row) for row in listed.rows],
    }
