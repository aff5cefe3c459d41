"""Who acts, in whose name, and what they stand behind: delegate and absent person are one for the separation of duties."""

import pytest
from sqlmodel import col, select

from core import audit
from core.audit import OPERATOR, Actor, AuditEntry, absent_in, account_in
from core.audit_seals import seal
from core.audit_verifying import verification
from core.database import Database
from core.people import Person, acting_for, add_person, stored_actor
from tests.core.audit_samples import tamper

WANG = Actor(1, "王芳（wang）")
LI = Actor(2, "李四（li）")
ZHAO = Actor(3, "赵六（zhao）")
LI_FOR_WANG = acting_for(LI, 1, "wang", "王芳")
ZHAO_FOR_WANG = acting_for(ZHAO, 1, "wang", "王芳")
ZHAO_FOR_LI = acting_for(ZHAO, 2, "li", "李四")
WANG_FOR_LI = acting_for(WANG, 2, "li", "李四")


def signed(actor: Actor) -> tuple[int | None, str]:
    """What is stored of who did something."""
    return actor.id, actor.name


def test_a_delegate_is_named_with_whom_they_act_for() -> None:
    assert Actor(2, "李四（li）代王芳（wang）", 1) == LI_FOR_WANG
    assert absent_in(LI_FOR_WANG.name) == "王芳（wang）"
    assert absent_in(LI.name) is None
    assert [account_in(name) for name in (LI_FOR_WANG.name, LI.name, "系统操作员", "填报员（演示）", None)] == [
        *("wang", "li", None, None, None)
    ]


def test_long_names_are_cut_and_accounts_are_not() -> None:
    long = Actor(1, f"{'李' * 60}（{'l' * 40}）")
    both = acting_for(long, 2, "w" * 40, "王" * 60)
    assert len(both.name) <= 120
    assert both.accounts == ("l" * 40, "w" * 40)
    assert acting_for(LI, 2, "w" * 40, "王" * 25).name.count("王") == 25


@pytest.mark.parametrize(
    ("who", "did_it", "behind", "same_name"),
    [
        (WANG, WANG, True, True),
        (WANG, LI, False, False),
        # The delegate in the name of the absent person: what either did.
        (LI_FOR_WANG, WANG, True, True),
        (LI_FOR_WANG, LI, True, False),
        (LI_FOR_WANG, ZHAO, False, False),
        (LI_FOR_WANG, LI_FOR_WANG, True, True),
        # What the delegate did in that name: neither of the two, and nobody else in that name.
        (WANG, LI_FOR_WANG, True, True),
        (LI, LI_FOR_WANG, True, False),
        (ZHAO, LI_FOR_WANG, False, False),
        (ZHAO_FOR_WANG, LI_FOR_WANG, True, True),
        (ZHAO_FOR_LI, LI_FOR_WANG, True, False),
        # In the own name a delegate decides on what the absent person did.
        (LI, WANG, False, False),
        # They stood in for each other.
        (WANG_FOR_LI, LI_FOR_WANG, True, False),
        (LI_FOR_WANG, WANG_FOR_LI, True, False),
        # A delegate of a delegate is one of theirs.
        (LI_FOR_WANG, ZHAO_FOR_LI, True, False),
    ],
)
def test_who_stands_behind_what(who: Actor, did_it: Actor, behind: bool, same_name: bool) -> None:
    assert who.stands_behind(*signed(did_it)) is behind
    assert who.did(*signed(did_it)) is same_name


def test_a_name_that_changed_since_is_the_same_account() -> None:
    assert Actor(1, "王芳芳（wang）").did(*signed(WANG))
    assert Actor(1, "王芳芳（wang）").stands_behind(*signed(LI_FOR_WANG))
    assert acting_for(LI, 1, "wang", "王芳芳").stands_behind(*signed(ZHAO_FOR_WANG))


def test_nobody_is_called_into_somebody_elses_work() -> None:
    forger = Actor(4, "李四（li）代王芳（forger）")
    assert not forger.did(*signed(LI_FOR_WANG))
    assert account_in("王芳（wang）（forger）") == "forger"
    assert Actor(4, "代王芳（wang）（forger）").stands_behind(*signed(WANG)), "to be called so only takes away"


def test_programs_are_known_by_their_names() -> None:
    assert OPERATOR.did(None, OPERATOR.name)
    assert OPERATOR.stands_behind(None, OPERATOR.name)
    assert not OPERATOR.stands_behind(None, "别人")
    assert not WANG.stands_behind(None, None)


def people(database: Database) -> tuple[Person, Person]:
    with database.writing() as session:
        found = tuple(
            add_person(session, username, name, None, by=OPERATOR)
            for username, name in (("wang", "王芳"), ("li", "李四"))
        )
        session.flush()
        session.expunge_all()
    return found  # type: ignore[return-value]


def test_who_left_something_is_known_again(database: Database) -> None:
    wang, li = people(database)
    acting = acting_for(li.actor, wang.id or 0, wang.username, wang.name)
    odd = Actor(wang.id, "李四（li）代王芳（wang）")  # what 王芳 would leave who is called 李四（li）代王芳
    with database.reading() as session:
        for actor in (acting, li.actor, odd, OPERATOR, Actor(None, "代理（演示）")):
            assert stored_actor(session, *signed(actor)) == actor


def test_entries_say_in_whose_name_and_are_sealed_with_it(database: Database) -> None:
    wang, li = people(database)
    acting = acting_for(li.actor, wang.id or 0, wang.username, wang.name)
    with database.writing() as session:
        audit.record(session, "edit", "project", 1, after={"n": 1}, by=acting)
        audit.record(session, "edit", "project", 2, after={"n": 2}, by=li.actor)
    with database.reading() as session:
        rows = session.exec(
            select(AuditEntry).where(AuditEntry.subject == "project").order_by(col(AuditEntry.id))
        ).all()
        assert [(row.actor_id, row.on_behalf_of_id) for row in rows] == [(li.id, wang.id), (li.id, None)]
        first = rows[0].id
    assert seal(database, by=OPERATOR)
    with database.reading() as session:
        assert verification(session).sound
    tamper(database, f"UPDATE audit_entry SET on_behalf_of_id = NULL WHERE id = {first}")
    with database.reading() as session:
        assert not verification(session).sound
