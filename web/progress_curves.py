"""Plan against fact over time, for a plan, a heading and a project: the curve of money, and that of one measure."""

from collections.abc import Iterable
from typing import Any

from fastapi import Request
from sqlmodel import Session

from portfolio.access import Reader
from reports.curve import RULE, curve
from reports.money_groups import Group
from reports.rollup import Scope
from reports.works_curve import WORKS_RULE, works_curve
from web.axes import money_axis, quantity_axis
from web.choices import Choices
from web.forms import id_from_text
from web.progress_shown import amount


def curves_of(
    request: Request,
    session: Session,
    reader: Reader,
    scope: Scope,
    choices: Choices,
    measures: Iterable[Any],
    inside: Group | None,
) -> dict[str, Any]:
    """The curve of money and that of the chosen measure, with their axes, as the template draws them."""
    offered = [(one.measure_id, one.measure) for one in measures]
    wanted = id_from_text(request.query_params.get("measure", "").strip())
    measure = wanted if wanted in dict(offered) else (offered[0][0] if offered else None)
    drawn = curve(session, reader, scope, inside=inside)
    works = None if measure is None else works_curve(session, reader, scope, measure, inside=inside)
    return {
        "curve": drawn,
        "curve_rule": RULE,
        "axis": money_axis(drawn.largest_fen, choices.unit),
        "measures": offered,
        "measure": measure,
        "measure_name": dict(offered).get(measure),
        "works": works,
        "works_rule": WORKS_RULE,
        "works_axis": [] if works is None else quantity_axis(works.largest),
        "amount": amount,
    }
