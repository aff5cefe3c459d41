"""Delegations: from which day to which, by whom to whom."""

import pytest
from sqlmodel import select

from core.audit import OPERATOR
from core.database import Database
from core.errors import Missing, TooLong
from portfolio.delegating import (
    MOST_DAYS,
    DelegationsOverlap,
    NoSuchDelegate,
    NothingToLend,
    WrongDays,
    end_own,
    possible_delegates,
)
from portfolio.delegations import Delegation, delegations_of
from portfolio.grants import close_account, grant_role
from tests.databases import on_both, plant
from tests.portfolio.delegation_samples import add_people, lent, named, refused
from tests.together import at_once

database = on_both(plant, add_people)

# ---- arranging


@pytest.mark.parametrize(("first", "last"), [(-1, 3), (3, 2), (0, MOST_DAYS), (5, MOST_DAYS + 5)])
def test_it_begins_today_or_later_and_is_not_too_long(database: Database, first: int, last: int) -> None:
    assert isinstance(refused(database, first=first, last=last), WrongDays)


def test_the_longest_and_the_shortest_are_taken(database: Database) -> None:
    with database.writing() as session:
        one = lent(session, 0, 0)
        other = lent(session, 1, MOST_DAYS)
        assert (one.until_on - one.from_on).days == 0
        assert (other.until_on - other.from_on).days == MOST_DAYS - 1
        assert [line.absent for line in delegations_of(session, named(session, "wang").id or 0)] == ["甲wang", "甲wang"]


def test_the_reason_is_needed(database: Database) -> None:
    assert isinstance(refused(database, reason=" "), Missing)
    assert isinstance(refused(database, reason="长" * 201), TooLong)


def test_a_delegate_shares_a_department_or_a_plan_and_has_an_open_account(database: Database) -> None:
    with database.writing() as session:
        found = [one.username for one in possible_delegates(session, named(session, "wang"))]
        assert "li" in found
        assert {"wang", "an", "nobody"}.isdisjoint(found)
        close_account(session, named(session, "li"), by=OPERATOR)
        assert "li" not in [one.username for one in possible_delegates(session, named(session, "wang"))]
    for to in ("li", "wang", "an", "nobody"):
        assert isinstance(refused(database, to=to), NoSuchDelegate), to


def test_neither_administrators_nor_auditors_lend_anything(database: Database) -> None:
    assert isinstance(refused(database, by="an"), NothingToLend)
    assert isinstance(refused(database, by="nobody"), NothingToLend)
    with database.writing() as session:
        grant_role(session, named(session, "nobody"), "auditor", by=OPERATOR)
    assert isinstance(refused(database, by="nobody"), NothingToLend)


def test_one_delegate_at_a_time(database: Database) -> None:
    with database.writing() as session:
        id_ = lent(session, 2, 6).id or 0
    assert isinstance(refused(database, to="qian", first=6, last=9), DelegationsOverlap)
    assert isinstance(refused(database, to="li", first=0, last=2), DelegationsOverlap)
    with database.writing() as session:
        lent(session, 7, 9, to="qian")
        lent(session, 0, 1, to="qian")
        end_own(session, id_, 1, by=named(session, "wang").actor)
        lent(session, 3, 4, to="qian")


def test_two_that_are_arranged_at_once_do_not_overlap(database: Database) -> None:
    def arrange(to: str) -> None:
        with database.writing() as session:
            lent(session, 0, 6, to=to)

    outcomes = at_once(lambda: arrange("li"), lambda: arrange("qian"))
    assert sorted(type(one) for one in outcomes if one is not None) == [DelegationsOverlap]
    with database.reading() as session:
        assert len(session.exec(select(Delegation)).all()) == 1
