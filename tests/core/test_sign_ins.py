"""The browsers that somebody is signed in on."""

from datetime import timedelta

import pytest

from core import people, sign_ins
from core.calendar import now
from core.database import Database
from core.errors import NotThere
from core.people import SignIn, token_hash
from core.settings import settings
from portfolio.access import signed_in_reader
from tests.samples import make_person


def test_a_sign_in_that_nobody_uses_ends_before_its_hours_and_use_keeps_it(database: Database) -> None:
    with database.writing() as session:
        person = make_person(session)
        idle, used = people.begin_sign_in(session, person), people.begin_sign_in(session, person)
        for token in (idle, used):
            row = session.get_one(SignIn, token_hash(token))
            row.created_at = now() - timedelta(minutes=settings().idle_minutes, seconds=1)
            session.add(row)
        sign_ins.note_seen(session, used)
    with database.reading() as session:
        assert signed_in_reader(session, idle) is None
        assert signed_in_reader(session, used) is not None
        assert len(sign_ins.sign_ins_of(session, 1)) == 1


def test_one_sign_in_is_ended_and_only_one_of_this_person(database: Database) -> None:
    with database.writing() as session:
        wang, li = make_person(session, "wang"), make_person(session, "li")
        mine, other = people.begin_sign_in(session, wang, browser="甲"), people.begin_sign_in(session, wang)
        theirs = people.begin_sign_in(session, li)
        session.flush()
        lines = sign_ins.sign_ins_of(session, wang.id, mine)
        assert [(line.this, line.browser) for line in lines] == [(True, "甲"), (False, None)]
        foreign = sign_ins.sign_ins_of(session, li.id)[0].handle
        for handle in (foreign, "", token_hash(other), "x"):
            with pytest.raises(NotThere):
                sign_ins.revoke_sign_in(session, wang, handle, by=wang.actor)
        sign_ins.revoke_sign_in(session, wang, lines[1].handle, by=wang.actor)
    with database.reading() as session:
        found = [signed_in_reader(session, token) is not None for token in (mine, other, theirs)]
    assert found == [True, False, True]


def test_all_others_end_at_once(database: Database) -> None:
    with database.writing() as session:
        wang = make_person(session, "wang")
        tokens = [people.begin_sign_in(session, wang) for _ in range(4)]
        session.flush()
        assert sign_ins.revoke_others(session, wang, tokens[2], by=wang.actor) == 3
        assert sign_ins.revoke_others(session, wang, tokens[2], by=wang.actor) == 0
    with database.reading() as session:
        assert [signed_in_reader(session, token) is not None for token in tokens] == [False, False, True, False]
