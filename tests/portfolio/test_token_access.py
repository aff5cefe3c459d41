"""What stands behind an access token: its person, with less."""

from typing import get_args

from core.api_tokens import make_token
from core.database import Database
from portfolio.access import OPERATOR_READER, Action, reader_of
from portfolio.grants import grant_role
from portfolio.token_access import READING, RECORDING, program_reader, recording
from tests.samples import SOMEBODY, find_small_plan, make_person, make_plan

ACTIONS: tuple[Action, ...] = get_args(Action)


def test_a_program_only_reads_and_where_it_may_only_records(stored: Database) -> None:
    with stored.writing() as session:
        person = make_person(session, role="office")
        for role in ("finance", "admin", "auditor"):
            grant_role(session, person, role, by=SOMEBODY)
        _token, text = make_token(session, person, "程序", ["write:ledger"], days=9, plan_id=None, by=person.actor)
        found = program_reader(session, text)
        assert found is not None
        program, reader = found
        assert (program.scopes, reader.actor) == (frozenset({"write:ledger"}), person.actor)
        rights = reader_of(session, person)
        assert {action for action in ACTIONS if rights.may(action)} > RECORDING
        assert {action for action in ACTIONS if reader.may(action)} == READING
        assert {action for action in ACTIONS if reader.plans_for(action) != frozenset()} == READING
        assert {action for action in ACTIONS if recording(reader).may(action)} == RECORDING


def test_one_plan_cuts_every_role_down_to_it(stored: Database) -> None:
    with stored.writing() as session:
        first, second = find_small_plan(session).plan, make_plan(session, "second")
        person = make_person(session, role="leader", plan=second)
        grant_role(session, person, "auditor", by=SOMEBODY)
        _token, text = make_token(session, person, "程序", ["read"], days=9, plan_id=first.id, by=person.actor)
        found = program_reader(session, text)
        assert found is not None
        assert found[1].plans_for("view") == frozenset({first.id})
        assert [reach.role for reach in found[1].reaches] == ["auditor"]


def test_whoever_brings_no_token_is_not_cut_down() -> None:
    assert OPERATOR_READER.only is None
    assert OPERATOR_READER.may("people")
