"""What the address of the pivot asks for, and what is wrong with it."""

from dataclasses import dataclass

from fastapi import Request
from sqlmodel import Session

from core.errors import Broken
from portfolio.access import Reader
from reports.pivot import PivotWish
from reports.rollup import Scope, UnknownLevel
from web.choices import Choices
from web.forms import NO_PROBLEMS, Problems, problems_of
from web.plan_choice import PlanChoice, plan_choice

_USUAL = PivotWish()
_LEVELS = ("1", "2", "3")


@dataclass(frozen=True)
class PivotRequest:
    """The table that is asked for. With a problem the form is shown again, without a table."""

    chosen: PlanChoice
    scope: Scope
    wish: PivotWish
    problem: Broken | None

    def problems(self, language: str) -> Problems:
        return NO_PROBLEMS if self.problem is None else problems_of(self.problem, language)

    def address(self, choices: Choices, path: str = "/money/pivot", **changes: object) -> str:
        """The one address of this table, whatever the address was that asked for it."""
        wish = self.wish
        asked: dict[str, object] = {
            "plan": self.chosen.code,
            "rows": ",".join(wish.rows),
            "columns": wish.columns or "",
            "figure": wish.figure,
            "level": wish.level if wish.level != _USUAL.level else None,
        }
        return choices.url(path, **asked | changes)


def pivot_request(request: Request, session: Session, reader: Reader, choices: Choices) -> PivotRequest:
    """The request that an address makes; a form sends each row dimension as a field of its own.

    Errors: NotThere for a plan that the reader may not see.
    """
    query = request.query_params
    chosen = plan_choice(session, reader, query.get("plan", "").strip())
    plan_ids = None if chosen.plan_id is None else frozenset({chosen.plan_id})
    scope = Scope(choices.quarter, plan_ids, choices.edition)
    level = query.get("level", "1").strip() or "1"
    columns = query["columns"].strip() or None if "columns" in query else _USUAL.columns
    wish = PivotWish(
        rows=_rows(query.getlist("rows")) or _USUAL.rows,
        columns=columns,
        figure=query.get("figure", "").strip() or _USUAL.figure,
        level=int(level) if level in _LEVELS else _USUAL.level,
    )
    try:
        if level not in _LEVELS:
            raise UnknownLevel(field="level", found=level[:10])
        wish.check()
    except Broken as problem:
        return PivotRequest(chosen, scope, wish, problem)
    return PivotRequest(chosen, scope, wish, None)


def _rows(texts: list[str]) -> tuple[str, ...]:
    return tuple(name for text in texts for one in text.split(",") if (name := one.strip()))
