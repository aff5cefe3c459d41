"""待审核: the submitted entries that the reader may approve or send back, many at once, and what the sums become."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.approval import approve_entries, led_by, reject_entries
from budgets.entries import KINDS, STAGES, SUBMITTED
from budgets.ledger_list import ledger_page, stages_of
from budgets.ledger_sums import approved_sums, sums_of
from core.errors import N_, Broken, NotThere, SeveralBroken
from portfolio.access import Reader
from web.approving import approvable, approver_for, departments_of
from web.approving_all import start_approving
from web.choices import PAGE_PLACE, Choices, find_choices
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.forms import (
    NO_PROBLEMS,
    NOTHING_TYPED,
    Problems,
    Typed,
    TypedForm,
    id_from_text,
    problems_of,
    raise_any,
    shown_again,
)
from web.ledger_forms import source_words
from web.ledger_list_request import LedgerRequest, ledger_request
from web.ledger_places import place_text
from web.listed_plans import listed_plans_of
from web.pages import page

router = APIRouter()

SIZES = (50, 200, 500)
_PASSING = ("done", "act", "tick")  # parameters that tell of one moment and are not carried on


class NothingTicked(Broken):
    sentence = N_("没有勾选任何一笔。请先勾选要审核的记账。")


@dataclass(frozen=True)
class Effect:
    """What the sum of a project in one stage is, and what it becomes when every tickable entry of the page is approved."""

    code: str
    name: str
    stage: str
    now_fen: int
    added_fen: int

    @property
    def then_fen(self) -> int:
        return self.now_fen + self.added_fen


@router.get("/money/waiting")
def get_waiting(request: Request, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    ticked = request.query_params.get("tick") == "all"
    return _waiting_page(request, session, reader, choices, NOTHING_TYPED, NO_PROBLEMS, all_ticked=ticked)


def _waiting_page(
    request: Request,
    session: Session,
    reader: Reader,
    choices: Choices,
    typed: Typed,
    problems: Problems,
    *,
    all_ticked: bool = False,
) -> Response:
    """Errors: NotThere for who approves nothing at all."""
    allowed = approvable(reader)
    if not allowed:
        raise NotThere
    asked = ledger_request(request, session, reader, state=SUBMITTED, stages_in=allowed)
    size = _size(request)
    found: dict[str, Any] = {"rows": [], "sums": None, "following": None, "effects": [], "own": set(), "led": set()}
    if asked.problems:
        problems = problems_of(SeveralBroken(asked.problems), choices.language)
    else:
        found = _found(session, reader, asked, choices, size)
    ticked = {id_from_text(text) for text in typed.many("entry")}
    more = {"size": size if size != SIZES[0] else None}
    return page(
        request,
        "money/waiting.html",
        status=problems.status if problems else 200,
        asked=asked,
        stages={stage: STAGES[stage] for stage in STAGES if any(stage == one for one, _ in allowed)},
        kinds=KINDS,
        size=size,
        sizes=SIZES,
        typed=typed,
        problems=problems,
        ticked={row.id for row in found["rows"]} if all_ticked else ticked,
        chips=[(chip, asked.address(choices, **dict.fromkeys(chip.names), **more)) for chip in asked.chips],
        first=asked.address(choices, **more),
        tick_all=_here(request, tick="all"),
        here=_here(request),
        resized=[(one, asked.address(choices, size=one)) for one in SIZES],
        done=id_from_text(request.query_params.get("done", "")) or 0,
        act=request.query_params.get("act", ""),
        **found,
    )


def _size(request: Request) -> int:
    asked = id_from_text(request.query_params.get("size", "")) or SIZES[0]
    return asked if asked in SIZES else SIZES[0]


def _here(request: Request, **more: Any) -> str:
    """This page of the list, with its filters and its place."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in (*_PASSING, *more)]
    kept += list(more.items())
    return f"/money/waiting?{urlencode(kept)}" if kept else "/money/waiting"


def _found(session: Session, reader: Reader, asked: LedgerRequest, choices: Choices, size: int) -> dict[str, Any]:
    listed = ledger_page(session, reader, asked.chosen, descending=asked.descending, after=asked.after, size=size)
    rows = listed.rows
    behind = reader.actor.stands_behind
    own = {
        row.id
        for row in rows
        if behind(row.recorded_by_id, row.recorded_by) or behind(row.submitted_by_id, row.submitted_by)
    }
    following = None
    if listed.following is not None:
        more = {"size": size if size != SIZES[0] else None, PAGE_PLACE: place_text(listed.following)}
        following = asked.address(choices, **more)
    return {
        "rows": rows,
        "own": own,
        "led": led_by(session, departments_of(reader), {row.top_id for row in rows}),
        "plans": {plan.id: plan for plan in listed_plans_of(session, reader, {row.plan_id for row in rows})},
        "source_names": source_words(asked.tree, choices.language),
        "sums": sums_of(session, reader, asked.chosen),
        "effects": _effects(session, [row for row in rows if row.id not in own]),
        "following": following,
    }


def _effects(session: Session, rows: list[Any]) -> list[Effect]:
    held = approved_sums(session, {row.project_id for row in rows})
    added: dict[tuple[int, str], int] = defaultdict(int)
    named = {}
    for row in rows:
        added[row.project_id, row.stage] += row.amount_fen
        named[row.project_id] = (row.code, row.name)
    order = list(STAGES)
    keys = sorted(added, key=lambda key: (named[key[0]][0], order.index(key[1])))
    return [Effect(*named[id_], stage, held.get((id_, stage), 0), added[id_, stage]) for id_, stage in keys]


@router.post("/money/waiting")
def post_waiting(request: Request, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    """Approves the ticked entries, or sends them back with one reason: all of them or none."""
    if done := answered(session, typed.key, reader):
        return done
    if not approvable(reader):
        raise NotThere
    choices = find_choices(request)

    def again(problems: Problems) -> Response:
        return _waiting_page(request, session, reader, choices, typed, problems)

    if typed["act"] == "approve-all":
        return _all_of_the_filter(request, session, reader, choices, typed)
    with shown_again(request, again):
        count = _decided(session, reader, typed)
    act = "reject" if typed["act"] == "reject" else "approve"
    return leads_to(session, typed.key, reader, _shorter(_here(request, done=count, act=act)))


def _all_of_the_filter(request: Request, session: Session, reader: Reader, choices: Choices, typed: Typed) -> Response:
    """Leads to the job that approves what the filter shows, however many pages it has."""

    def again(problems: Problems) -> Response:
        return _waiting_page(request, session, reader, choices, typed, problems)

    with shown_again(request, again):
        asked = ledger_request(request, session, reader, state=SUBMITTED, stages_in=approvable(reader))
        raise_any(asked.problems)
        job = start_approving(session, reader, asked.chosen)
    return leads_to(session, typed.key, reader, f"/jobs/{job.id}")


def _shorter(address: str) -> str:
    """An address that the table of request keys can hold; too long a one leads to the whole list."""
    return address if len(address) <= 300 else "/money/waiting"


def _decided(session: Session, reader: Reader, typed: Typed) -> int:
    """Errors: NothingTicked, NotThere; those of approve_entries and reject_entries."""
    ids = {id_ for text in typed.many("entry") if (id_ := id_from_text(text)) is not None}
    if not ids:
        raise NothingTicked(field="entry")
    rows = stages_of(session, reader, ids)
    if len(rows) != len(ids):
        raise NotThere
    by = approver_for(reader, rows)
    if typed["act"] == "reject":
        return reject_entries(session, ids, reason=typed["reason"], by=by)
    return approve_entries(session, ids, by=by)
