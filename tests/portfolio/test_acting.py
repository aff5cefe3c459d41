"""Acting by a delegation: what it gives, from when to when, and what ends it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from core.audit import OPERATOR, AuditEntry
from core.calendar import now, today
from core.database import Database
from core.errors import NotThere
from core.people import begin_sign_in
from core.second_factors import SecondFactor, drop_factor
from portfolio.access import reader_acting, signed_in_reader
from portfolio.delegating import (
    FactorLent,
    FactorNeeded,
    begin_acting,
    check_no_factor_is_lent,
    decline,
    end_acting,
    end_own,
)
from portfolio.delegations import Delegation
from portfolio.grants import Grant, close_account, grant_role, withdraw_role
from tests.databases import on_both, plant
from tests.portfolio.delegation_samples import acting, add_people, lent, moved, named, reader
from tests.web.visiting import setting

database = on_both(plant, add_people)


def test_the_delegate_has_what_the_absent_person_may_and_not_their_own(database: Database) -> None:
    token, _ = acting(database, "qian")
    found = reader(database, token)
    assert found.roles == {"owner"}
    assert found.may("record", None, frozenset({found.reaches[0].department_id or 0}))
    assert not found.may("approve_money")
    assert found.acting is not None
    assert found.acting.live
    assert (found.acting.name, found.actor.acts_for, found.own.id) == ("甲wang", 1, found.actor.id)
    assert found.actor.name == "甲qian（qian）代甲wang（wang）"


def test_managing_people_and_reading_the_whole_log_are_not_lent(database: Database) -> None:
    with database.writing() as session:
        for role in ("admin", "auditor"):
            grant_role(session, named(session, "wang"), role, by=OPERATOR)
    token, _ = acting(database)
    found = reader(database, token)
    assert found.roles == {"owner"}
    assert not found.may("people")
    assert not found.may("audit")
    with database.reading() as session:
        li = named(session, "li")
        assert reader_acting(session, li, 1).reaches == found.reaches


def test_what_was_lent_is_not_lent_on(database: Database) -> None:
    with database.writing() as session:
        lent(session, by="wang", to="qian")
        row = lent(session, by="qian", to="zhou")
        token = begin_sign_in(session, named(session, "zhou"))
        session.flush()
        begin_acting(session, token, row.id or 0, by=named(session, "zhou").actor)
    assert reader(database, token).roles == {"finance"}, "of 钱, and nothing of 王"


def test_it_runs_from_its_first_day_to_the_end_of_its_last(database: Database) -> None:
    with database.writing() as session:
        row = lent(session, 1, 3)
        token = begin_sign_in(session, named(session, "li"))
        session.flush()
        with pytest.raises(NotThere):
            begin_acting(session, token, row.id or 0, by=named(session, "li").actor)
    moved(database, from_on=-3, until_on=0)
    with database.writing() as session:
        begin_acting(session, token, 1, by=named(session, "li").actor)
    assert reader(database, token).actor.acts_for == 1
    moved(database, until_on=-1)
    found = reader(database, token)
    assert found.acting is not None
    assert not found.acting.live
    assert (found.actor, found.roles) == (found.own, {"owner"})


def test_the_days_are_those_of_the_calendar_and_not_of_utc(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    token, _ = acting(database, last=0)
    import portfolio.access

    monkeypatch.setattr(portfolio.access, "today", lambda: today() + timedelta(days=1))
    assert not reader(database, token).acting.live  # type: ignore[union-attr]
    assert portfolio.access.today() - timedelta(days=1) == today() != date.min


def test_ended_early_declined_changed_and_closed(database: Database) -> None:
    def ends(how: object) -> None:
        token, id_ = acting(database)
        with database.writing() as session:
            how(session, id_)  # type: ignore[operator]
        with database.reading() as session:
            found = signed_in_reader(session, token)
            assert found is None or (found.acting is not None and not found.acting.live)
            assert session.get_one(Delegation, id_).ended_at is not None

    ends(lambda session, id_: end_own(session, id_, 1, by=named(session, "wang").actor))
    ends(lambda session, id_: decline(session, id_, by=named(session, "li").actor))
    ends(lambda session, _: grant_role(session, named(session, "wang"), "leader", by=OPERATOR))
    ends(lambda session, _: grant_role(session, named(session, "li"), "leader", by=OPERATOR))

    def withdraw(session: Session, _: int) -> None:
        grant = session.exec(select(Grant).where(Grant.person_id == 1, Grant.role == "leader")).one()
        withdraw_role(session, named(session, "wang"), grant.id or 0, by=OPERATOR)

    ends(withdraw)
    ends(lambda session, _: close_account(session, named(session, "wang"), by=OPERATOR))
    with database.reading() as session:
        said = session.exec(select(AuditEntry.reason).where(AuditEntry.action == "end-delegation")).all()
        assert said.count("有人角色变动或账号停用，自动结束") == 4


def test_only_the_two_of_it_end_it(database: Database) -> None:
    with database.writing() as session:
        row = lent(session)
        with pytest.raises(NotThere):
            end_own(session, row.id or 0, named(session, "li").id or 0, by=named(session, "li").actor)
        with pytest.raises(NotThere):
            decline(session, row.id or 0, by=named(session, "qian").actor)
        with pytest.raises(NotThere):
            end_own(session, 99, 1, by=named(session, "wang").actor)
        decline(session, row.id or 0, by=named(session, "li").actor)
        end_own(session, row.id or 0, 1, by=named(session, "wang").actor)
        assert row.ending == "declined", "it ended once"


def test_nobody_acts_by_what_was_lent_to_somebody_else(database: Database) -> None:
    with database.writing() as session:
        row = lent(session)
        token = begin_sign_in(session, named(session, "qian"))
        session.flush()
        for by in ("qian", "li"):
            with pytest.raises(NotThere):
                begin_acting(session, token, row.id or 0, by=named(session, by).actor)


def test_back_in_the_own_name(database: Database) -> None:
    token, _ = acting(database)
    with database.writing() as session:
        end_acting(session, token, by=named(session, "li").actor)
        end_acting(session, token, by=named(session, "li").actor)
    assert reader(database, token).acting is None
    with database.reading() as session:
        rows = session.exec(select(AuditEntry).where(AuditEntry.action.in_(["begin-acting", "end-acting"]))).all()  # type: ignore[attr-defined]
        assert [(row.action, row.subject_id, row.actor) for row in rows] == [
            ("begin-acting", 1, "甲li（li）"),
            ("end-acting", 1, "甲li（li）"),
        ]


def test_the_delegate_needs_the_second_factor_of_the_absent_person(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with setting(monkeypatch, second_factor="required"), database.writing() as session:
        row = lent(session, by="qian", to="wang")
        token = begin_sign_in(session, named(session, "wang"))
        session.flush()
        with pytest.raises(FactorNeeded):
            begin_acting(session, token, row.id or 0, by=named(session, "wang").actor)
        with pytest.raises(FactorLent):
            check_no_factor_is_lent(session, named(session, "wang"))
        check_no_factor_is_lent(session, named(session, "qian"))
        factor = {"sealed_secret": "x", "made_at": now(), "confirmed_at": now()}
        session.add(SecondFactor(person_id=named(session, "wang").id or 0, **factor))
        begin_acting(session, token, row.id or 0, by=named(session, "wang").actor)
        drop_factor(session, named(session, "wang"), by=named(session, "wang").actor)
        provided = begin_sign_in(session, named(session, "wang"), how="oidc")
        session.flush()
        begin_acting(session, provided, row.id or 0, by=named(session, "wang").actor)


def test_a_page_costs_one_query_more_for_nobody(database: Database) -> None:
    token, _ = acting(database)
    with database.writing() as session:
        plain = begin_sign_in(session, named(session, "li"))
    for one in (token, plain):
        asked: list[str] = []
        with database.reading() as session:
            connection = session.connection()

            def hear(
                _connection: object, _cursor: object, statement: str, *_: object, asked: list[str] = asked
            ) -> None:
                asked.append(statement)

            event.listen(connection, "before_cursor_execute", hear)
            signed_in_reader(session, one)
            event.remove(connection, "before_cursor_execute", hear)
        assert len(asked) == 1
