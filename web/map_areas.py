"""The areas that a map can be drawn of: those of plans, those above them, the cities of a province with a plan."""

from collections.abc import Mapping, Sequence

from core.errors import N_, Invalid
from portfolio.jurisdictions import Jurisdiction
from reports.map import common_area
from web.plan_choice import PlanChoice


def areas_of(tree: Mapping[str, Jurisdiction], chosen: PlanChoice) -> list[tuple[str, int]]:
    """The codes of the areas to choose from, with their depth in the tree."""
    codes = {one.jurisdiction_code for one in chosen.plans}
    known: set[str] = set()
    for code in codes:
        here: str | None = code
        while here is not None:
            known.add(here)
            here = tree[here].parent_code
    known |= {one.code for one in tree.values() if one.level == 2 and one.parent_code in codes}
    return [(code, tree[code].level - 1) for code in sorted(known)]


def area_asked(
    asked: str, tree: Mapping[str, Jurisdiction], chosen: PlanChoice, offered: Sequence[tuple[str, int]]
) -> str | None:
    """The area drawn: the one asked for, else that of the plan, else what holds those of all plans; None without any plan.

    Errors: Invalid for an area that is not offered.
    """
    if asked and asked not in {code for code, _ in offered}:
        raise Invalid(field="area", label=N_("范围"), found=asked[:10], expected=N_("列表中的一个行政区划"))
    if asked:
        return asked
    plans = chosen.plans if chosen.plan is None else (chosen.plan,)
    return common_area(tree, [one.jurisdiction_code for one in plans])
