"""Access tokens: made once, kept as hashes, over when they say so."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import Session, select

from core.api_tokens import (
    MOST_TOKENS,
    ApiToken,
    NoScope,
    TooManyTokens,
    find_token,
    is_token,
    make_token,
    note_used,
    revoke_token,
    revoke_tokens,
    soon_over,
    tokens_of,
)
from core.audit import AuditEntry
from core.calendar import now
from core.database import Database
from core.errors import Broken, Invalid, Missing, NotThere, TooLong
from core.people import Person, aware, token_hash
from tests.samples import make_person

USUAL: dict[str, Any] = {"days": 90, "plan_id": None}


def made(session: Session, person: Person, name: str = "每月资金同步", **more: Any) -> tuple[ApiToken, str]:
    return make_token(session, person, name, more.pop("scopes", {"read"}), by=person.actor, **{**USUAL, **more})


def test_a_token_opens_what_its_hash_stands_for_and_its_text_is_nowhere(database: Database) -> None:
    with database.writing() as session:
        token, text = made(session, make_person(session), scopes=["write:works", "read"])
        assert token.token_hash == token_hash(text)
        assert token.scopes == "read write:works"
        assert token.label == f"令牌{token.id}号 每月资金同步"
        assert token.expires_at - token.created_at == timedelta(days=90)
        kept = token.id
    with database.reading() as session:
        found = find_token(session, text)
        assert found is not None
        assert (found[0].id, found[1].username) == (kept, "reader")
        (entry,) = session.exec(select(AuditEntry).where(AuditEntry.action == "make-token"))
        assert entry.after is not None
        assert "每月资金同步" in entry.after
        assert text not in entry.after
        assert text.removeprefix("qst_")[:20] not in repr([row.model_dump() for row in session.exec(select(ApiToken))])


def test_a_text_with_one_character_changed_is_no_token(database: Database) -> None:
    with database.writing() as session:
        _token, text = made(session, make_person(session))
    assert text.startswith("qst_")
    assert len(text) == 4 + 43 + 6
    assert is_token(text)
    other = text[:20] + ("a" if text[20] != "a" else "b") + text[21:]
    for wrong in ("", "qst_", other, text[:-1], text + "0", text.upper(), f" {text}", text + "\n", "密" * 53):
        assert not is_token(wrong), wrong
        with database.reading() as session:
            assert find_token(session, wrong) is None


def test_two_tokens_never_share_a_character_run(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        person = make_person(session)
        texts = {made(session, person)[1] for _ in range(5)}
    assert len({text[4:24] for text in texts}) == 5


def test_a_token_is_over_when_it_expires_is_revoked_or_its_account_is_closed(database: Database) -> None:
    with database.writing() as session:
        person = make_person(session)
        texts = [made(session, person)[1] for _ in range(3)]
        first, second, _third = session.exec(select(ApiToken).order_by(ApiToken.id))  # type: ignore[arg-type]
        first.expires_at = now() - timedelta(seconds=1)
        revoke_token(session, person, second.id or 0, by=person.actor)
        session.add(first)
        session.flush()
        session.expunge_all()
    with database.reading() as session:
        assert [find_token(session, text) is not None for text in texts] == [False, False, True]
        assert [token.state for token in tokens_of(session, person.id)] == ["live", "revoked", "expired"]
    with database.writing() as session:
        session.execute(update(Person).values(active=False))
    with database.reading() as session:
        assert find_token(session, texts[2]) is None


def test_revoking_is_told_once_and_only_of_ones_own(database: Database) -> None:
    with database.writing() as session:
        person, other = make_person(session), make_person(session, "other")
        token, _text = made(session, person)
        with pytest.raises(NotThere):
            revoke_token(session, other, token.id or 0, by=other.actor)
        for _ in range(2):
            revoke_token(session, person, token.id or 0, by=other.actor)
        assert token.revoked_by == other.actor.name
        assert len(session.exec(select(AuditEntry).where(AuditEntry.action == "revoke-token")).all()) == 1
        made(session, person)
        revoke_tokens(session, person.id or 0, by=other.actor)
        assert not any(one.in_use for one in tokens_of(session, person.id))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"name": " \n "}, Missing),
        ({"name": "字" * 31}, TooLong),
        ({"scopes": []}, NoScope),
        ({"scopes": ["write:everything"]}, Invalid),
        ({"days": 0}, Invalid),
        ({"days": 367}, Invalid),
        ({"days": -1}, Invalid),
    ],
)
def test_what_cannot_be_a_token_is_refused(
    sqlite_database: Database, changed: dict[str, Any], error: type[Broken]
) -> None:
    with sqlite_database.writing() as session:
        person = make_person(session)
        with pytest.raises(error):
            made(session, person, **changed)
        assert made(session, person, "字" * 30, days=366)[0].id


def test_nobody_holds_more_than_some_tokens_at_once(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        person = make_person(session)
        for _ in range(MOST_TOKENS):
            token, _text = made(session, person)
        with pytest.raises(TooManyTokens):
            made(session, person)
        revoke_token(session, person, token.id or 0, by=person.actor)
        made(session, person)


def test_the_tokens_that_expire_soon_are_known(database: Database) -> None:
    with database.writing() as session:
        person = make_person(session)
        for days in (90, 13, 5, 5):
            token, _text = made(session, person, f"{days} 天", days=days)
        revoke_token(session, person, token.id or 0, by=person.actor)
        session.expunge_all()
    with database.reading() as session:
        assert [token.name for token, _person in soon_over(session)] == ["5 天", "13 天"]
        assert [token.state for token in tokens_of(session, person.id)] == ["soon", "soon", "live", "revoked"]


def test_the_last_use_is_noted(database: Database) -> None:
    with database.writing() as session:
        token, _text = made(session, make_person(session))
        note_used(session, token.id or 0, "10.0.0.7")
        kept = token.id
    with database.reading() as session:
        found = session.get_one(ApiToken, kept)
        assert found.last_used_from == "10.0.0.7"
        assert found.last_used_at is not None
        assert now() - aware(found.last_used_at) < timedelta(minutes=1)
