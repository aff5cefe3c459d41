"""进展: three completion figures of plans, programmes and departments side by side, lamps, and plan against fact over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from fastapi import APIRouter, Request, Response
from markupsafe import Markup
from sqlmodel import Session

from core.errors import N_, Invalid, NotThere
from core.language import translate
from portfolio.access import Reader
from portfolio.facts import EDITIONS
from portfolio.plans import Programme, headings
from reports.group_progress import group_progress, planned_ends, whole_progress
from reports.money_groups import Group
from reports.rollup import Scope
from reports.three_figures import GroupProgress, MeasureFigure
from web.choices import Choices
from web.deps import Chosen, Reading, SignedIn
from web.forms import id_from_text
from web.group_links import Links, department_links, programme_links
from web.pages import page
from web.plan_choice import PlanChoice, plan_choice
from web.progress_curves import curves_of
from web.progress_shown import amount, lamps_in
from web.told import told

router = APIRouter()
LEVELS = ("1", "2", "3")


@dataclass(frozen=True)
class ShownFigure:
    """A figure as a bar: its exact ratio, the text beside it, and the address of the rows that it is made of."""

    value: Fraction | None
    text: str
    href: str
    name: str = ""
    checked: str = ""  # what is alive of what was checked, where something was
    unreported: int = 0


@dataclass(frozen=True)
class ShownGroup:
    """One group with its three figures; `name` is None for the group of the unknown."""

    name: str | None
    links: tuple[tuple[str, str], ...]
    group: GroupProgress
    count: ShownFigure
    investment: ShownFigure
    works: tuple[ShownFigure, ...]
    warnings: tuple[tuple[Markup, str | None], ...]


@router.get("/progress")
def get_progress(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan.strip())
    scope = chosen_scope(chosen, choices)
    level = request.query_params.get("level", "").strip() or "1"
    if level not in LEVELS:
        raise Invalid(field="level", label=N_("类别级别"), found=level[:10], expected=LEVELS)
    whole = whole_progress(session, reader, scope)
    if whole is None:
        return page(request, "progress/progress.html", chosen=chosen, whole=None, editions=EDITIONS)
    return page(
        request,
        "progress/progress.html",
        chosen=chosen,
        editions=EDITIONS,
        whole=_shown(whole, (), choices, chosen, {}),
        lamps=lamps_in(session, reader, scope, choices, chosen.code, whole.by_count.denominator or 0),
        tables_of=_tables(session, reader, scope, chosen, choices, int(level)),
        level=level,
        due=planned_ends(session, reader, scope),
        **_curves(request, session, reader, scope, chosen, choices, whole),
    )


def chosen_scope(chosen: PlanChoice, choices: Choices) -> Scope:
    """What the address narrows the figures to."""
    return Scope(choices.quarter, None if chosen.plan_id is None else frozenset({chosen.plan_id}), choices.edition)


def _tables(
    session: Session, reader: Reader, scope: Scope, chosen: PlanChoice, choices: Choices, level: int
) -> list[tuple[str, list[ShownGroup]]]:
    """The tables of the page, each with its dimension; of one plan there is no table of plans."""
    links: dict[str, Links] = {
        "plan": {one.code: ((one.short_title, choices.url("/progress", plan=one.code)),) for one in chosen.plans},
        "programme": programme_links(session, choices, chosen, level=level),
        "department": department_links(session, choices, chosen),
    }
    found = []
    several = chosen.plan is None and len(chosen.plans) > 1
    for by in (*(("plan",) if several else ()), "programme", "department"):
        depth = level if by == "programme" else 1
        groups = group_progress(session, reader, scope, (by,), level=depth, looks=True)
        found.append((by, [_shown(one, (by,), choices, chosen, links[by], depth) for one in groups]))
    return found


def _shown(
    group: GroupProgress, by: Sequence[str], choices: Choices, chosen: PlanChoice, links: Links, level: int = 1
) -> ShownGroup:
    keys = {name: "" if key is None else key for name, key in zip(by, group.keys, strict=True)}
    asked = {"plan": chosen.code, **keys, "level": level if level > 1 else None}
    name = None if not group.keys or group.keys[0] is None else str(group.keys[0])
    titles = {one.code: one.short_title for one in chosen.plans}
    count, money = group.by_count, group.by_investment
    return ShownGroup(
        titles.get(name or "", name) if by == ("plan",) else name,
        links.get(name, ()),
        group,
        ShownFigure(
            count.value,
            f"{count.numerator}/{count.denominator}",
            choices.url("/progress/rows", figure="count", **asked),
        ),
        ShownFigure(money.value, money.text, choices.url("/money/figure", figure="investment_completion", **asked)),
        tuple(_measure(one, choices, asked) for one in group.by_works),
        tuple(
            (
                told(one.sentence, choices.language),
                None if one.code is None else choices.url(f"/projects/{one.code}"),
            )
            for one in group.warnings
        ),
    )


def _measure(figure: MeasureFigure, choices: Choices, asked: dict[str, Any]) -> ShownFigure:
    done = amount(figure.verified) if figure.verified is not None else translate(N_("未核实"), choices.language)
    text = f"{done}/{amount(figure.planned)} {figure.unit}"
    href = choices.url("/progress/rows", figure="works", measure=figure.measure_id, **asked)
    return ShownFigure(figure.value, text, href, figure.measure, _checked(figure, choices), figure.unreported)


def _checked(figure: MeasureFigure, choices: Choices) -> str:
    """What is alive, and of how much of the verified that is known; nothing where nothing was checked."""
    if figure.surviving is None:
        return ""
    said = translate(N_("保存量 %(alive)s（已检查 %(checked)s / 核实 %(verified)s）"), choices.language)
    names = {"alive": figure.surviving, "checked": figure.checked, "verified": figure.verified}
    return said % {name: amount(value) for name, value in names.items()}


# ---- curves


def _curves(
    request: Request,
    session: Session,
    reader: Reader,
    scope: Scope,
    chosen: PlanChoice,
    choices: Choices,
    whole: GroupProgress,
) -> dict[str, Any]:
    """Plan against fact over time: money, and one measure; of a heading where one is chosen."""
    programme = id_from_text(request.query_params.get("programme", "").strip())
    inside = None
    if programme is not None:
        heading = session.get(Programme, programme)
        if heading is None or (chosen.plan_id is not None and heading.plan_id != chosen.plan_id):
            raise NotThere
        reader.must("view", heading.plan_id)
        inside = Group({"programme": heading.name}, heading.level)
    return curves_of(request, session, reader, scope, choices, whole.by_works, inside) | {
        "programme": programme,
        "headings": _headings(session, chosen),
    }


def _headings(session: Session, chosen: PlanChoice) -> list[tuple[int, str]]:
    """The headings that the curves may be narrowed to, those of a chosen plan."""
    if chosen.plan_id is None:
        return []
    tree = sorted(headings(session, {chosen.plan_id}).values(), key=lambda one: [id_ for id_, _ in one.path])
    return [(one.id, "　" * (len(one.path) - 1) + one.path[-1][1]) for one in tree]
