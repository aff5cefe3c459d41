"""The editions of the quarter that a page looks back from: their numbers stand beside the picker."""

from fastapi import Request
from sqlmodel import select

from portfolio.plans import Plan
from reports.edition_reading import issued_numbers
from web.choices import Choices


def issued_here(request: Request, choices: Choices) -> list[int]:
    """The numbers of the editions of that quarter, of the plan of the page or of every plan that the reader sees.

    Asked only where a quarter was chosen. A page that is shown again after a write reads nothing more and names none.
    """
    session, reader = getattr(request.state, "session", None), getattr(request.state, "reader", None)
    if choices.as_of is None or session is None or reader is None:
        return []
    code = request.path_params.get("code") if choices.path.startswith("/plans/") else request.query_params.get("plan")
    plan_id = session.exec(select(Plan.id).where(Plan.code == code)).first() if code else None
    return issued_numbers(session, reader, choices.as_of, plan_id)
