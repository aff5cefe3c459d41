"""What the lists of waiting reports share: ticked ones are accepted, or sent back with one reason; and their address."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from sqlmodel import Session

from core.errors import N_, Broken, NotThere
from portfolio.access import Reader
from portfolio.reviewing import Reviewer
from web.approving import departments_of
from web.deps import answered, leads_to
from web.forms import Problems, Typed, id_from_text, shown_again

_PASSING = ("done", "act", "tick")  # parameters that tell of one moment and are not carried on
_LONGEST = 300


class NothingTicked(Broken):
    sentence = N_("没有勾选任何一条。请先勾选要接收或退回的填报。")


@dataclass(frozen=True)
class Deciding:
    """How reports of one kind are decided; `plans_of` tells the plan of each of them that there is."""

    plans_of: Callable[[Session, Set[int]], Mapping[int, int]]
    accept: Callable[..., int]
    send_back: Callable[..., int]


def here(request: Request, **more: Any) -> str:
    """This page of the list, with its filter and its place."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in (*_PASSING, *more)]
    kept += list(more.items())
    path = str(request.scope["path"])
    address = f"{path}?{urlencode(kept)}" if kept else path
    return address if len(address) <= _LONGEST else path


def decided_reports(
    request: Request,
    session: Session,
    reader: Reader,
    typed: Typed,
    deciding: Deciding,
    again: Callable[[Problems], Response],
) -> Response:
    """Accepts the ticked reports, or sends them back with one reason: all of them or none."""
    if done := answered(session, typed.key, reader):
        return done
    with shown_again(request, again):
        count = _decided(session, reader, typed, deciding)
    act = "reject" if typed["act"] == "reject" else "approve"
    return leads_to(session, typed.key, reader, here(request, done=count, act=act))


def _decided(session: Session, reader: Reader, typed: Typed, deciding: Deciding) -> int:
    """Errors: NothingTicked, NotThere; those of accepting and sending back."""
    ids = {id_ for text in typed.many("entry") if (id_ := id_from_text(text)) is not None}
    if reader.plans_for("accept_works") == frozenset():
        raise NotThere
    if not ids:
        raise NothingTicked(field="entry")
    plans = deciding.plans_of(session, ids)
    if len(plans) != len(ids):
        raise NotThere
    for plan_id in plans.values():
        reader.must("accept_works", plan_id)
    by = Reviewer(reader.actor, departments_of(reader))
    if typed["act"] == "reject":
        return deciding.send_back(session, ids, reason=typed["reason"], by=by)
    return deciding.accept(session, ids, by=by)
