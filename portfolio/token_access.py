"""What a program may do that brings an access token: never more than its person may at that moment."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session

from core.api_tokens import ApiToken, find_token
from core.people import Person
from core.second_factors import find_factor
from portfolio.access import Action, Reader, reader_of
from portfolio.factor_rule import must_have_factor

READING: frozenset[Action] = frozenset({"view", "history"})
RECORDING: frozenset[Action] = READING | {"record"}


@dataclass(frozen=True)
class Program:
    """The token that a request came with."""

    id: int
    label: str
    scopes: frozenset[str]
    last_used_at: datetime | None


def program_reader(session: Session, text: str) -> tuple[Program, Reader] | None:
    """Who stands behind an access token, for reading; None for one that opens nothing.

    A token rests while its person owes a second factor, as signing in would.
    """
    found = find_token(session, text)
    if found is None or _owes_factor(session, found[1]):
        return None
    token, person = found
    assert token.id is not None
    program = Program(token.id, token.label, frozenset(token.scopes.split()), token.last_used_at)
    return program, narrowed(reader_of(session, person), token)


def _owes_factor(session: Session, person: Person) -> bool:
    return must_have_factor(session, person) and find_factor(session, person.id) is None


def narrowed(reader: Reader, token: ApiToken) -> Reader:
    """The reader with no more than reading, and in the one plan of the token when it has one."""
    reaches = reader.reaches
    if token.plan_id is not None:
        plan = frozenset({token.plan_id})
        reaches = tuple(
            replace(reach, plan_ids=plan)
            for reach in reaches
            if reach.plan_ids is None or token.plan_id in reach.plan_ids
        )
    return replace(reader, reaches=reaches, only=READING)


def recording(reader: Reader) -> Reader:
    """The same reader, who may record too."""
    return replace(reader, only=RECORDING)
