"""Codes of the second factor: counted, taken once, replaced by recovery codes."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from sqlmodel import Session, select

from core import second_factors
from core.audit import OPERATOR, AuditEntry
from core.calendar import now
from core.database import Database
from core.installation import BAD
from core.people import Person, begin_sign_in
from core.second_factors import NotBegun, RecoveryCode, SecondFactor, WrongCode, take_code
from core.secrets_file import SecretsMissing, secrets_path
from core.upkeep import secrets_findings
from portfolio.access import signed_in_reader
from tests.samples import make_person
from tests.together import at_once
from tests.web.visiting import setting


@pytest.fixture(autouse=True)
def _secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with setting(monkeypatch, secrets_file=str(tmp_path / "secrets.json")):
        yield


def counted(factor: SecondFactor, steps: int = 0) -> str:
    """The code of the present step, or of one before or after it."""
    return pyotp.TOTP(second_factors.secret_of(factor)).at(now() + timedelta(seconds=30 * steps))


def with_factor(session: Session, username: str = "wang") -> tuple[Person, SecondFactor, list[str]]:
    """Somebody whose factor was confirmed a while ago."""
    person = make_person(session, username)
    factor = second_factors.begin_factor(session, person)
    codes = second_factors.confirm_factor(session, person, counted(factor))
    factor.last_step = None
    session.flush()
    return person, factor, codes


def test_a_factor_counts_once_a_code_of_it_was_given(database: Database) -> None:
    with database.writing() as session:
        person = make_person(session)
        with pytest.raises(NotBegun):
            second_factors.confirm_factor(session, person, "123456")
        begun = second_factors.begin_factor(session, person)
        assert second_factors.find_factor(session, person.id) is None
        for wrong in ("", "12345", "abcdef", "１２３４５６", f"{counted(begun)}0"):
            with pytest.raises(WrongCode):
                second_factors.confirm_factor(session, person, wrong)
        second_factors.confirm_factor(session, person, f" {counted(begun)[:3]} {counted(begun)[3:]} ")
        assert second_factors.find_factor(session, person.id) is not None
        assert second_factors.find_begun(session, person.id) is None


def test_the_secret_is_not_in_the_database(database: Database) -> None:
    with database.writing() as session:
        _, factor, codes = with_factor(session)
        secret = second_factors.secret_of(factor)
        assert len(secret) >= 32
        assert secret not in factor.sealed_secret
        kept = [row.code_hash for row in session.exec(select(RecoveryCode))]
        assert len(kept) == 10 == len(set(codes))
        assert not any(code.replace("-", "") in "".join(kept) for code in codes)
        trail = session.exec(select(AuditEntry)).all()
        assert not any(secret in (row.after or "") or codes[0] in (row.after or "") for row in trail)


def test_a_code_is_taken_once_and_none_before_it(database: Database) -> None:
    with database.writing() as session:
        person, factor, _ = with_factor(session)
        take_code(session, person, counted(factor))
        session.expire_all()
        for steps in (0, -1):
            with pytest.raises(WrongCode):
                take_code(session, person, counted(factor, steps))
        take_code(session, person, counted(factor, 1))


def test_the_code_that_confirmed_the_factor_is_taken_too(database: Database) -> None:
    with database.writing() as session:
        person = make_person(session)
        begun = second_factors.begin_factor(session, person)
        code = counted(begun)
        second_factors.confirm_factor(session, person, code)
        session.flush()
        with pytest.raises(WrongCode):
            take_code(session, person, code)


def test_a_code_that_is_too_old_or_of_somebody_else_is_wrong(database: Database) -> None:
    with database.writing() as session:
        person, factor, _ = with_factor(session)
        _, other, codes = with_factor(session, "li")
        for wrong in (counted(factor, -3), counted(factor, 3), codes[0]):
            with pytest.raises(WrongCode):
                take_code(session, person, wrong)
        if counted(other) not in (counted(factor, steps) for steps in (-1, 0, 1)):
            with pytest.raises(WrongCode):
                take_code(session, person, counted(other))


def test_the_same_code_sent_twice_at_once_is_taken_once(database: Database) -> None:
    with database.writing() as session:
        person, factor, codes = with_factor(session)
        id_ = person.id
        for_app = counted(factor)

    def take(code: str) -> bool:
        try:
            with database.writing() as session:
                take_code(session, session.get_one(Person, id_), code)
        except WrongCode:
            return False
        return True

    assert sorted(at_once(lambda: take(for_app), lambda: take(for_app), lambda: take(for_app))) == [False, False, True]
    assert sorted(at_once(lambda: take(codes[3]), lambda: take(codes[3]))) == [False, True]


def test_recovery_codes_are_long_unlike_and_kept_as_hashes(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        _, _, codes = with_factor(session)
    signs = {sign for code in codes for sign in code} - {"-"}
    assert len(set(codes)) == len(codes) == 10
    assert signs <= set(second_factors._ALPHABET)
    assert min(len(code.replace("-", "")) for code in codes) * math.log2(len(second_factors._ALPHABET)) > 128, "bits"
    with sqlite_database.reading() as session:
        kept = session.exec(select(RecoveryCode.code_hash)).all()
    assert {len(one) for one in kept} == {64}
    assert not set(kept) & {code.replace("-", "") for code in codes}


def test_a_recovery_code_is_taken_once_however_it_is_written(database: Database) -> None:
    with database.writing() as session:
        person, _, codes = with_factor(session)
        take_code(session, person, f" {codes[0].lower().replace('-', ' ')} ")
        assert second_factors.recovery_codes_left(session, person.id) == 9
        for wrong in (codes[0], codes[1][:-1], "", "-"):
            with pytest.raises(WrongCode):
                take_code(session, person, wrong)
        new = second_factors.new_recovery_codes(session, person)
        with pytest.raises(WrongCode):
            take_code(session, person, codes[1])
        take_code(session, person, new[9])


def test_a_new_phone_counts_once_it_is_confirmed_and_the_old_one_until_then(database: Database) -> None:
    with database.writing() as session:
        person, old, codes = with_factor(session)
        new = second_factors.begin_factor(session, person)
        take_code(session, person, counted(old))
        second_factors.confirm_factor(session, person, counted(new))
        session.flush()
        for wrong in (counted(old, 1), codes[0]):
            with pytest.raises(WrongCode):
                take_code(session, person, wrong)
        take_code(session, person, counted(new, 1))


def test_a_set_up_that_was_left_lying_begins_anew(database: Database) -> None:
    with database.writing() as session:
        person = make_person(session)
        begun = second_factors.begin_factor(session, person)
        begun.made_at = now() - timedelta(minutes=31)
        session.flush()
        assert second_factors.find_begun(session, person.id) is None
        with pytest.raises(NotBegun):
            second_factors.confirm_factor(session, person, counted(begun))
        second_factors.begin_factor(session, person)
        assert len(session.exec(select(SecondFactor)).all()) == 1


def test_a_reset_by_somebody_else_ends_sign_ins_and_leaves_a_row(database: Database) -> None:
    with database.writing() as session:
        person, _, codes = with_factor(session)
        token = begin_sign_in(session, person)
        second_factors.drop_factor(session, person, by=OPERATOR)
        with pytest.raises(WrongCode):
            take_code(session, person, codes[0])
        assert signed_in_reader(session, token) is None
        assert not second_factors.anything_sealed(session)
        assert "reset-factor" in session.exec(select(AuditEntry.action)).all()


def test_without_its_file_a_factor_says_so_and_none_is_begun(database: Database) -> None:
    with database.writing() as session:
        person, _, _ = with_factor(session)
        second_factors.check_secrets_file(session)
        secrets_path().unlink()
        for act in (
            lambda: take_code(session, person, "123456"),
            lambda: second_factors.begin_factor(session, person),
            lambda: second_factors.check_secrets_file(session),
        ):
            with pytest.raises(SecretsMissing):
                act()
        assert not secrets_path().exists()
    found = list(secrets_findings(database))
    assert [one.level for one in found] == [BAD]
    assert found[0].facts == {"path": str(secrets_path())}


def test_the_address_for_the_app_names_us_and_the_account(database: Database) -> None:
    with database.writing() as session:
        factor = second_factors.begin_factor(session, make_person(session, "wang"))
        parsed = pyotp.parse_uri(second_factors.address_of(factor, "wang"))
        assert (parsed.issuer, parsed.name) == ("青山账", "wang")
        assert parsed.at(datetime(2026, 1, 1, tzinfo=UTC))
