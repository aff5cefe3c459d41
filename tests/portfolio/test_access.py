"""The gate: role by action by scope, written out. Missing and forbidden look the same."""

from typing import get_args

import pytest
from sqlmodel import Session, select

from core.audit import Actor
from core.database import Database
from core.errors import Invalid, NotThere
from core.people import Person
from portfolio.access import ALLOWED, OPERATOR_READER, Action, Reach, Reader, reader_of
from portfolio.grants import ROLES, Grant, grant_role
from portfolio.plans import Plan
from portfolio.projects import ProjectListing
from tests.samples import (
    CITY,
    COUNTY,
    PROVINCE,
    SOMEBODY,
    find_small_plan,
    identity,
    make_person,
    make_plan,
    make_small_plan,
)

ACTIONS: tuple[Action, ...] = get_args(Action)
HERE, ELSEWHERE = 1, 2
OWN, OTHERS, NOBODYS = frozenset({10}), frozenset({11}), frozenset[int]()

# Which actions a role has in its own plan: everywhere, or (o) only on what its department answers for.
TABLE = """
           view  history  edit  assign  create  archive  estimate  decide  people  record  accept_works  approve_money  budget  sources  explain  verify  rules  periods  approve_return  orders  audit
owner      yes   yes      own   -       -       -        -         -       -       own     -             -              -       -        -        -       -      -        -               -       -
head       yes   yes      own   -       -       -        -         -       -       own     -             -              -       -        -        own     -      -        own             -       -
office     yes   yes      yes   yes     yes     yes      yes       yes     -       yes     yes           -              yes     -        yes      yes     yes    yes      -               yes     -
leader     yes   -        -     -       -       -        -         -       -       -       -             -              -       -        -        -       -      -        -               yes     -
finance    yes   yes      -     -       -       -        yes       -       -       yes     -             yes            yes     yes      yes      -       -      -        -               -       -
auditor    yes   yes      -     -       -       -        -         -       -       -       -             -              -       -        -        -       -      -        -               -       yes
admin      -     -        -     -       -       -        -         -       yes     -       -             -              -       -        -        -       -      -        -               -       -
"""  # noqa: E501


def _table() -> list[tuple[str, Action, str]]:
    head, *lines = TABLE.strip().splitlines()
    actions = head.split()
    rows = [line.split() for line in lines]
    return [(role, action, cell) for role, *cells in rows for action, cell in zip(actions, cells, strict=True)]  # type: ignore[misc]


def _reader(role: str, *, plans: set[int] | None = None, department: int | None = None) -> Reader:
    reach = Reach(role, None if plans is None else frozenset(plans), department)
    return Reader(Actor(1, "某"), (reach,))


def test_the_table_names_every_role_and_every_action() -> None:
    assert {role for role, _, _ in _table()} == set(ROLES) == set(ALLOWED)
    assert {action for _, action, _ in _table()} == set(ACTIONS)


@pytest.mark.parametrize(("role", "action", "cell"), _table())
def test_a_role_may_do_what_the_table_says_and_nothing_else(role: str, action: Action, cell: str) -> None:
    reader = _reader(role, plans={HERE}, department=10 if role in ("owner", "head") else None)
    in_its_own = cell in ("yes", "own")
    in_others = cell == "yes"
    assert reader.may(action, HERE, OWN) == in_its_own
    assert reader.may(action, HERE, OTHERS) == in_others
    assert reader.may(action, HERE, NOBODYS) == in_others
    for departments in (OWN, OTHERS, NOBODYS):
        assert not reader.may(action, ELSEWHERE, departments)
    everywhere = _reader(role, department=10 if role in ("owner", "head") else None)
    assert everywhere.may(action, ELSEWHERE, OWN) == in_its_own
    assert everywhere.may(action, ELSEWHERE, OTHERS) == in_others


@pytest.mark.parametrize(("role", "action", "cell"), _table())
def test_the_plans_of_an_action_are_those_of_the_roles_that_have_it(role: str, action: Action, cell: str) -> None:
    allowed = cell != "-"
    assert _reader(role, plans={HERE}).plans_for(action) == (frozenset({HERE}) if allowed else frozenset())
    assert _reader(role).plans_for(action) == (None if allowed else frozenset())


def test_two_grants_add_up_and_do_not_mix() -> None:
    both = (Reach("auditor", frozenset({HERE}), None), Reach("office", frozenset({ELSEWHERE}), None))
    reader = Reader(Actor(1, "某"), both)
    assert reader.plans_for("view") == frozenset({HERE, ELSEWHERE})
    assert reader.plans_for("edit") == frozenset({ELSEWHERE})
    assert reader.may("edit", ELSEWHERE)
    assert not reader.may("edit", HERE)
    assert reader.roles == frozenset({"auditor", "office"})


def test_a_grant_without_a_plan_wins_over_one_with() -> None:
    reader = Reader(Actor(1, "某"), (Reach("leader", frozenset({HERE}), None), Reach("auditor", None, None)))
    assert reader.plans_for("view") is None


def test_forbidden_looks_like_missing() -> None:
    with pytest.raises(NotThere) as caught:
        _reader("leader", plans={HERE}).must("edit", HERE)
    assert (caught.value.status, str(caught.value)) == (404, str(NotThere()))
    _reader("office", plans={HERE}).must("edit", HERE)


def test_nobody_sees_nothing() -> None:
    nobody = Reader(Actor(None, "访客"), ())
    assert not any(nobody.may(action) for action in ACTIONS)
    assert nobody.plans_for("view") == frozenset()


def test_the_system_operator_may_do_everything_everywhere() -> None:
    assert all(OPERATOR_READER.may(action, HERE, NOBODYS) for action in ACTIONS)


# ---- grants as they are stored


def _reader_of(session: Session, username: str) -> Reader:
    return reader_of(session, session.exec(select(Person).where(Person.username == username)).one())


def test_a_grant_on_a_jurisdiction_reaches_every_plan_at_and_below_it(database: Database) -> None:
    with database.writing() as session:
        plans = {
            code: identity(make_plan(session, code, jurisdiction=where))
            for code, where in (("county", COUNTY), ("city", CITY), ("province", PROVINCE))
        }
        for username, where in (("ofcounty", COUNTY), ("ofcity", CITY), ("ofprovince", PROVINCE)):
            make_person(session, username, "auditor", jurisdiction=where)
    with database.reading() as session:
        seen = {name: _reader_of(session, name).plans_for("view") for name in ("ofcounty", "ofcity", "ofprovince")}
    assert seen == {
        "ofcounty": frozenset({plans["county"]}),
        "ofcity": frozenset({plans["county"], plans["city"]}),
        "ofprovince": frozenset(plans.values()),
    }


def test_a_grant_on_a_plan_and_a_jurisdiction_reaches_only_what_both_name(database: Database) -> None:
    with database.writing() as session:
        county, city = make_plan(session, "county"), make_plan(session, "city", jurisdiction=CITY)
        wang = make_person(session, "wang", None)
        grant_role(session, wang, "auditor", plan_id=city.id, jurisdiction_code=COUNTY, by=SOMEBODY)
        assert reader_of(session, wang).plans_for("view") == frozenset()
        grant_role(session, wang, "auditor", plan_id=county.id, jurisdiction_code=COUNTY, by=SOMEBODY)
        assert reader_of(session, wang).plans_for("view") == frozenset({county.id})


def test_an_owner_edits_what_its_department_answers_for(database: Database) -> None:
    with database.writing() as session:
        small = make_small_plan(session)
        make_person(session, "wang", "owner", plan=small.plan, department=small.forestry)
    with database.reading() as session:
        small, reader = find_small_plan(session), _reader_of(session, "wang")
        plan_id = identity(small.plan)
        assert reader.may("edit", plan_id, frozenset({identity(small.forestry)}))
        assert not reader.may("edit", plan_id, frozenset({identity(small.water_office)}))
        assert reader.may("view", plan_id, frozenset({identity(small.water_office)}))


def test_a_person_without_a_grant_sees_nothing(database: Database) -> None:
    with database.writing() as session:
        make_small_plan(session)
        make_person(session, "wang", None)
    with database.reading() as session:
        reader = _reader_of(session, "wang")
        assert not any(reader.may(action) for action in ACTIONS)
        seen = select(ProjectListing.code).where(reader.sees(ProjectListing.plan_id))  # type: ignore[arg-type]
        assert session.exec(seen).all() == []


def test_a_plan_made_later_is_seen_by_whom_its_jurisdiction_belongs_to(database: Database) -> None:
    with database.writing() as session:
        make_plan(session, "first")
        make_person(session, "wang", "leader", jurisdiction=CITY)
    with database.writing() as session:
        make_plan(session, "second")
    with database.reading() as session:
        assert _reader_of(session, "wang").plans_for("view") == frozenset(session.exec(select(Plan.id)).all())


@pytest.mark.parametrize(
    ("role", "field"), [("king", "role"), ("", "role"), ("owner", "department"), ("head", "department")]
)
def test_a_wrong_grant_is_refused_at_its_field(database: Database, role: str, field: str) -> None:
    with pytest.raises(Invalid) as caught, database.writing() as session:
        make_person(session, "wang", role)
    assert caught.value.field == field
    with database.reading() as session:
        assert session.exec(select(Grant)).all() == []
