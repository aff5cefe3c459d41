"""节点: the milestones of every project that the reader sees, narrowed by how they stand, in pages."""

from fastapi import APIRouter, Request, Response

from core.errors import N_
from milestones.milestones import MILESTONE_KINDS
from reports.milestone_list import STANDINGS, MilestoneFilter, milestone_list
from reports.rollup import Scope
from web.deps import Chosen, Reading, SignedIn
from web.list_filters import Filters
from web.milestone_words import STANDINGS as WORDS
from web.milestone_words import standing
from web.plan_choice import plan_choice

router = APIRouter()


@router.get("/milestones")
def get_milestones(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan)
    filters = Filters(request, choices, chosen)
    wanted = MilestoneFilter(
        standing=filters.one_of("standing", N_("情况"), STANDINGS),
        kind=filters.one_of("kind", N_("节点类型"), MILESTONE_KINDS),
    )
    plans = None if chosen.plan_id is None else frozenset({chosen.plan_id})
    scope = Scope(choices.quarter, plans, choices.edition)
    found = milestone_list(session, reader, scope, wanted, after=filters.after)
    return filters.listed(
        request,
        "milestones/list.html",
        chosen=chosen,
        found=found,
        standings=STANDINGS,
        kinds=MILESTONE_KINDS,
        words=WORDS,
        standing=standing,
        plan_names={one.id: one for one in chosen.plans},
    )
