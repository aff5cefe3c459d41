"""The works of one project: a bar of tiers for each measure, what waits, and the table of entries."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from fastapi import APIRouter, Request, Response

from core.units import converted, plain_unit
from portfolio.access import Action
from reports.project_works import project_works
from reports.rollup import Scope
from reports.works import WorkFigures
from web.choices import PAGE_PLACE
from web.deps import Chosen, Reading, SignedIn, see_other
from web.evidence_shown import evidence_shown
from web.pages import page
from web.work_list_pages import listed, refused, words
from web.work_list_request import work_request

router = APIRouter()


@dataclass(frozen=True)
class TierBar:
    """One measure as a bar: a full bar is what is planned, or whatever is more."""

    figures: WorkFigures
    largest: Fraction

    @property
    def silent(self) -> bool:
        """Whether nothing was reported (未填报)."""
        one = self.figures
        return one.claimed is None and not one.not_applicable and one.lost is None

    @property
    def not_applicable(self) -> bool:
        return self.figures.claimed is None and self.figures.not_applicable > 0


def tier_bar(figures: WorkFigures) -> TierBar:
    """The bar of a measure, in 亩 where 万亩 would make broken numbers of what was reported."""
    figures = _readable(figures)
    known = [figures.planned, figures.claimed, figures.verified, figures.surviving]
    return TierBar(figures, max((one for one in known if one is not None), default=Fraction(0)))


_QUANTITIES = ("planned", "claimed", "verified", "checked", "surviving", "lost")


def _readable(figures: WorkFigures) -> WorkFigures:
    known = {name: value for name in _QUANTITIES if (value := getattr(figures, name)) is not None}
    unit = plain_unit(figures.unit)
    if unit == figures.unit or all(value.denominator == 1 for value in known.values()):
        return figures
    changed: dict[str, Any] = {name: converted(value, figures.unit, unit) for name, value in known.items()}
    return replace(figures, unit=unit, **changed)


@router.get("/projects/{code}/works")
def get_project_works(request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    found = project_works(session, reader, code, Scope(choices.quarter, edition=choices.edition))
    if found.project.code != code:
        return see_other(choices.url(f"/projects/{found.project.code}/works") + f"#{code}")
    asked = work_request(request, session, reader, choices, project_ids=found.ids, plan_id=found.project.plan_id)
    problems = refused(asked)
    rows = {"rows": [], "total": 0} if problems else listed(session, reader, asked)

    def able(action: Action) -> bool:
        return found.project.archived_at is None and reader.may(action, found.plan.id, found.department_ids)

    response = page(
        request,
        "works/project.html",
        part="list",
        status=problems.status if problems else 200,
        found=found,
        bars=[tier_bar(one) for one in found.total],
        leaves=[(leaf.project, [tier_bar(one) for one in leaf.figures]) for leaf in found.leaves],
        evidence_of_project=evidence_shown(session, reader, "project", found.project.id or 0),
        asked=asked,
        problems=problems,
        may={
            "record": able("record"),
            "verify": able("verify"),
            "accept": reader.may("accept_works", found.plan.id),
        },
        **rows,
        **words(),
    )
    response.headers["HX-Push-Url"] = asked.address(after=request.query_params.get(PAGE_PLACE))
    return response
