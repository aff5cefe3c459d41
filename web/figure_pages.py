"""口径 of one figure of the roll-up: how it is made, the rows that count, those that do not, and that they sum to it."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.entries import STATES
from budgets.rates import RATES
from budgets.sources import source_tree
from core.errors import N_, Missing
from portfolio.facts import EDITIONS
from reports.figure_sheet import COUNTS, FigureSheet, figure_sheet
from reports.findings import words_in
from reports.money_groups import MONEY_DIMENSIONS, Group, group_from_text
from reports.money_rows import PAGE, REASONS
from reports.pivot_keys import Label, key_names
from reports.rollup import Scope, UnknownLevel
from web.choices import PAGE_PLACE, Choices
from web.deps import Chosen, Reading, SignedIn
from web.forms import id_from_text
from web.ledger_forms import source_words_by_name
from web.pages import page
from web.plan_choice import plan_choice

router = APIRouter()

LEFT_PLACE = "after_left"  # where the list of what is left out goes on
_LEVELS = ("1", "2", "3")


@router.get("/money/figure")
def get_figure(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    query = request.query_params
    chosen = plan_choice(session, reader, plan.strip())
    group = _group(request)
    figure = query.get("figure", "").strip()
    if not figure:
        raise Missing(field="figure", label=N_("数据项"))
    plan_ids = None if chosen.plan_id is None else frozenset({chosen.plan_id})
    scope = Scope(choices.quarter, plan_ids, choices.edition)
    after, after_left = (id_from_text(query.get(name, "")) for name in (PAGE_PLACE, LEFT_PLACE))
    sheet = figure_sheet(session, reader, scope, group, figure, after=after, after_left_out=after_left)
    start, start_left = min(after or 0, len(sheet.projects)), min(after_left or 0, len(sheet.projects_out))
    return page(
        request,
        "money/figure.html",
        sheet=sheet,
        chosen=chosen,
        keys=_labels(session, group, choices),
        editions=EDITIONS,
        states=STATES,
        reasons=REASONS,
        source_names=source_words_by_name(source_tree(session), choices.language),
        is_rate=figure in RATES,
        counts=figure in COUNTS or figure == "start",
        projects=sheet.projects[start : start + PAGE],
        projects_out=sheet.projects_out[start_left : start_left + PAGE],
        **_places(sheet, choices, after, after_left),
    )


def _group(request: Request) -> Group:
    """The group that the address names.

    Errors: UnknownDimension, UnknownLevel, Invalid, NotAPeriod.
    """
    query = request.query_params
    level = query.get("level", "1").strip() or "1"
    if level not in _LEVELS:
        raise UnknownLevel(field="level", found=level[:10])
    texts = {name: query[name].strip() for name in MONEY_DIMENSIONS if name in query and name != "stage"}
    if not texts.get("plan", "x"):
        del texts["plan"]  # every project has a plan: an empty one asks for all of them
    return group_from_text(texts, int(level))


def _labels(session: Session, group: Group, choices: Choices) -> list[tuple[str, Label]]:
    """What the group is besides its plan, dimension by dimension, in the reader's language."""
    words = words_in(choices.language)
    keys = {name: key for name, key in group.keys.items() if name != "plan"}
    names = key_names(session, {name: {key} for name, key in keys.items()})
    return [(words.say(MONEY_DIMENSIONS[name]), names.label(name, key, words)) for name, key in keys.items()]


def _places(sheet: FigureSheet, choices: Choices, after: int | None, after_left: int | None) -> dict[str, Any]:
    """Where the pages before and after go on; each list keeps the place of the other."""

    def at(place: int | None, place_left: int | None) -> str:
        return choices.here(**{LEFT_PLACE: place_left, PAGE_PLACE: place})

    following = sheet.counted.following if sheet.counted else _next(after, len(sheet.projects))
    following_left = sheet.left_out.following if sheet.left_out else _next(after_left, len(sheet.projects_out))
    return {
        "first": at(None, after_left) if after else None,
        "following": None if following is None else at(following, after_left),
        "first_left": at(after, None) if after_left else None,
        "following_left": None if following_left is None else at(after, following_left),
    }


def _next(after: int | None, count: int) -> int | None:
    """How many projects stand before the next page; None where there is none."""
    end = (after or 0) + PAGE
    return end if end < count else None
