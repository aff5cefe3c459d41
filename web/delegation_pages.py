"""请假代理: a person asks somebody to act while they are away, an administrator does it for them; the delegate switches over."""

from datetime import date

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.cell_texts import date_from_text
from core.calendar import today
from core.errors import N_, Broken
from core.people import Person
from portfolio.access import Reader
from portfolio.delegating import (
    MOST_DAYS,
    NewDelegation,
    NothingToLend,
    arrange_delegation,
    begin_acting,
    decline,
    end_acting,
    end_own,
    possible_delegates,
)
from portfolio.delegations import ENDINGS, delegations_of
from web.account_pages import own_person
from web.acting import BEGIN, END
from web.cookies import cookie_of
from web.deps import SESSION_COOKIE, Admin, Reading, RecordId, SignedIn, Writing, answered, leads_to, see_other
from web.forms import (
    NO_PROBLEMS,
    Problems,
    Typed,
    TypedForm,
    collecting,
    id_from_text,
    raise_any,
    shown_again,
    typed_values,
)
from web.pages import page
from web.person_pages import found_person

router = APIRouter()
OWN = "/account/delegations"


@router.get(OWN)
def get_own(request: Request, reader: SignedIn, session: Reading) -> Response:
    return _page(request, session, own_person(session, reader), _today(), own=True)


@router.post(OWN)
def post_own(request: Request, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    return _arranged(request, session, own_person(session, reader), typed, reader, own=True)


@router.post(OWN + "/{delegation_id}/end")
def post_end_own(delegation_id: RecordId, reader: SignedIn, session: Writing) -> Response:
    end_own(session, delegation_id, reader.own.id or 0, by=reader.own)
    return see_other(OWN)


@router.post(OWN + "/{delegation_id}/decline")
def post_decline(delegation_id: RecordId, reader: SignedIn, session: Writing) -> Response:
    decline(session, delegation_id, by=reader.own)
    return see_other(OWN)


# ---- by an administrator, for somebody who fell ill


@router.get("/people/{person_id}/delegations")
def get_of_person(request: Request, person_id: RecordId, reader: Admin, session: Reading) -> Response:
    return _page(request, session, found_person(session, person_id), _today(), own=False)


@router.post("/people/{person_id}/delegations")
def post_of_person(
    request: Request, person_id: RecordId, reader: Admin, typed: TypedForm, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    return _arranged(request, session, found_person(session, person_id), typed, reader, own=False)


@router.post("/people/{person_id}/delegations/{delegation_id}/end")
def post_end_of_person(person_id: RecordId, delegation_id: RecordId, reader: Admin, session: Writing) -> Response:
    end_own(session, delegation_id, person_id, by=reader.actor)
    return see_other(f"/people/{person_id}/delegations")


# ---- in the name of somebody else, and back


@router.post(END)
def post_end_acting(request: Request, reader: SignedIn, session: Writing) -> Response:
    end_acting(session, cookie_of(request, SESSION_COOKIE) or "", by=reader.own)
    return see_other("/")


@router.post(BEGIN + "{delegation_id}")
def post_begin_acting(request: Request, delegation_id: RecordId, reader: SignedIn, session: Writing) -> Response:
    begin_acting(session, cookie_of(request, SESSION_COOKIE) or "", delegation_id, by=reader.own)
    return see_other("/")


@router.get(BEGIN + "{rest}")
@router.get(OWN + "/{rest:path}")
def get_back_to_own(reader: SignedIn, rest: str) -> Response:
    """For whoever reloads, or changes the language of, what a form of the page answered."""
    return see_other(OWN)


@router.get("/people/{person_id}/delegations/{rest:path}")
def get_back_to_those_of_person(person_id: RecordId, reader: Admin, rest: str) -> Response:
    return see_other(f"/people/{person_id}/delegations")


def _today() -> Typed:
    return typed_values(from_on=today().isoformat(), until_on=today().isoformat())


def _page(
    request: Request, session: Session, person: Person, typed: Typed, problems: Problems = NO_PROBLEMS, *, own: bool
) -> Response:
    assert person.id is not None
    try:
        delegates = possible_delegates(session, person)
    except NothingToLend:
        delegates = []
    lines = delegations_of(session, person.id)
    return page(
        request,
        "account/delegations.html",
        person=person,
        own=own,
        at=OWN if own else f"/people/{person.id}/delegations",
        given=[line for line in lines if line.row.from_person_id == person.id],
        taken=[line for line in lines if line.row.to_person_id == person.id],
        delegates=[(one.id, f"{one.name}（{one.username}）") for one in delegates],
        endings=ENDINGS,
        most=MOST_DAYS,
        on=today(),
        typed=typed,
        problems=problems,
    )


def _arranged(
    request: Request, session: Session, person: Person, typed: Typed, reader: Reader, *, own: bool
) -> Response:
    with shown_again(request, lambda problems: _page(request, session, person, typed, problems, own=own)):
        problems: list[Broken] = []
        days = [
            _day(typed, problems, name, label) for name, label in (("from_on", N_("自")), ("until_on", N_("至（含）")))
        ]
        raise_any(problems)
        new = NewDelegation(id_from_text(typed["delegate"]) or 0, days[0], days[1], typed["reason"])
        arrange_delegation(session, person, new, by=reader.actor)
    return leads_to(session, typed.key, reader, OWN if own else f"/people/{person.id}/delegations")


def _day(typed: Typed, problems: list[Broken], name: str, label: str) -> date:
    with collecting(problems):
        return date_from_text(typed[name], field=name, label=label)
    return date.min
