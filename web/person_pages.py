"""One account, for administrators: its roles, its locks, where it is signed in, and its closing."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.api_tokens import revoke_token
from core.errors import Broken, NotThere
from core.identities import identities_of, unlink_identity
from core.lockout import lock_of, unlock
from core.people import Person
from core.second_factors import drop_factor, find_factor
from core.sign_ins import revoke_others, revoke_sign_in, sign_ins_of
from portfolio.access import Reader
from portfolio.grants import close_account, grant_role, reopen_account, withdraw_role
from web.cookies import cookie_of
from web.deps import SESSION_COOKIE, Admin, Reading, RecordId, Writing, answered, leads_to, see_other
from web.factor_shown import factor_facts
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, raise_any, shown_again
from web.pages import page
from web.people_pages import read_scope, show_link
from web.person_shown import HOW, LABELS, WORDS, grants_of, offered_scopes, trail_of
from web.signing_in import sign_in_here
from web.tokens_shown import TOKEN_WORDS, token_lines

router = APIRouter()


@router.get("/people/{person_id}")
def get_person(request: Request, person_id: RecordId, reader: Admin, session: Reading) -> Response:
    return _person_page(request, session, found_person(session, person_id), Typed())


def found_person(session: Session, person_id: int) -> Person:
    """Errors: NotThere."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotThere
    return person


def _person_page(
    request: Request, session: Session, person: Person, typed: Typed, problems: Problems = NO_PROBLEMS
) -> Response:
    assert person.id is not None
    return page(
        request,
        "people/person.html",
        person=person,
        grants=grants_of(session, person.id).get(person.id, []),
        sign_ins=sign_ins_of(session, person.id, cookie_of(request, SESSION_COOKIE)),
        identities=identities_of(session, person.id),
        locked_until=lock_of(session, person.username),
        **factor_facts(session, person),
        how=HOW,
        tokens=token_lines(session, person.id),
        **TOKEN_WORDS,
        lines=trail_of(session, person.id),
        labels=LABELS,
        words=WORDS,
        typed=typed,
        problems=problems,
        **offered_scopes(session),
    )


@router.post("/people/{person_id}/roles")
def post_role(request: Request, person_id: RecordId, reader: Admin, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    person = found_person(session, person_id)
    with shown_again(request, lambda problems: _person_page(request, session, person, typed, problems)):
        problems: list[Broken] = []
        scope = read_scope(session, typed, problems)
        raise_any(problems)
        grant_role(session, person, typed["role"], **scope, by=reader.actor)
    return _back(request, session, person, typed, reader)


@router.post("/people/{person_id}/roles/{grant_id}/withdraw")
def post_withdrawal(
    request: Request, person_id: RecordId, grant_id: RecordId, reader: Admin, typed: TypedForm, session: Writing
) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    person = found_person(session, person_id)
    with shown_again(request, lambda problems: _person_page(request, session, person, typed, problems)):
        withdraw_role(session, person, grant_id, reason=typed["reason"].strip()[:1000] or None, by=reader.actor)
    return _back(request, session, person, typed, reader)


def _back(request: Request, session: Session, person: Person, typed: Typed, reader: Reader) -> Response:
    """To the person's page. Who changed what they may do themselves goes on in this browser with a new token."""
    response = leads_to(session, typed.key, reader, f"/people/{person.id}")
    if person.id == reader.actor.id:
        sign_in_here(request, response, session, person, how="rights")
    return response


@router.post("/people/{person_id}/links")
def post_link(request: Request, person_id: RecordId, reader: Admin, typed: TypedForm, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done
    return show_link(request, session, found_person(session, person_id), typed, reader)


@router.post("/people/{person_id}/unlock")
def post_unlock(request: Request, person_id: RecordId, reader: Admin, session: Writing) -> Response:
    person = found_person(session, person_id)
    if lock_of(session, person.username) is not None:
        unlock(session, person, by=reader.actor)
    return see_other(f"/people/{person_id}")


@router.post("/people/{person_id}/factor/reset")
def post_reset_factor(request: Request, person_id: RecordId, reader: Admin, session: Writing) -> Response:
    person = found_person(session, person_id)
    if find_factor(session, person.id) is not None:
        drop_factor(session, person, by=reader.actor)
    return see_other(f"/people/{person_id}")


@router.post("/people/{person_id}/identities/{identity_id}/unlink")
def post_unlink(
    request: Request, person_id: RecordId, identity_id: RecordId, reader: Admin, session: Writing
) -> Response:
    unlink_identity(session, found_person(session, person_id), identity_id, by=reader.actor)
    return see_other(f"/people/{person_id}")


@router.post("/people/{person_id}/tokens/{token_id}/revoke")
def post_revoke_token(
    request: Request, person_id: RecordId, token_id: RecordId, reader: Admin, session: Writing
) -> Response:
    revoke_token(session, found_person(session, person_id), token_id, by=reader.actor)
    return see_other(f"/people/{person_id}")


@router.post("/people/{person_id}/close")
def post_close(request: Request, person_id: RecordId, reader: Admin, typed: TypedForm, session: Writing) -> Response:
    person = found_person(session, person_id)
    with shown_again(request, lambda problems: _person_page(request, session, person, typed, problems)):
        close_account(session, person, reason=typed["reason"].strip()[:1000] or None, by=reader.actor)
    return see_other(f"/people/{person_id}")


@router.post("/people/{person_id}/reopen")
def post_reopen(request: Request, person_id: RecordId, reader: Admin, session: Writing) -> Response:
    reopen_account(session, found_person(session, person_id), by=reader.actor)
    return see_other(f"/people/{person_id}")


@router.post("/people/{person_id}/sign-ins/{handle}/end")
def post_end_sign_in(request: Request, person_id: RecordId, handle: str, reader: Admin, session: Writing) -> Response:
    revoke_sign_in(session, found_person(session, person_id), handle, by=reader.actor)
    return see_other(f"/people/{person_id}")


@router.post("/people/{person_id}/sign-ins/end-all")
def post_end_all(request: Request, person_id: RecordId, reader: Admin, session: Writing) -> Response:
    person = found_person(session, person_id)
    kept = cookie_of(request, SESSION_COOKIE) if person.id == reader.actor.id else None
    revoke_others(session, person, kept, by=reader.actor)
    return see_other(f"/people/{person_id}")


@router.get("/people/{person_id}/roles")
@router.get("/people/{person_id}/roles/{rest:path}")
@router.get("/people/{person_id}/sign-ins/{rest:path}")
@router.get("/people/{person_id}/identities/{rest:path}")
@router.get("/people/{person_id}/tokens/{rest:path}")
@router.get("/people/{person_id}/factor/reset")
@router.get("/people/{person_id}/unlock")
@router.get("/people/{person_id}/reopen")
@router.get("/people/{person_id}/links")
@router.get("/people/{person_id}/close")
def get_back_to_person(person_id: RecordId, reader: Admin, rest: str = "") -> Response:
    """For whoever reloads, or changes the language of, what a form of the person's page answered."""
    return see_other(f"/people/{person_id}")
