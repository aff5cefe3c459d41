"""Guessing passwords and codes: how many are looked at, whether they come together, and what the answers give away."""

import re
from urllib.parse import quote

import pyotp
import pytest
from sqlmodel import select

import core.passwords
from core.database import Database
from core.people import Person
from core.second_factors import begin_factor, confirm_factor, secret_of
from core.settings import settings
from portfolio.grants import close_account
from tests.samples import PASSWORD, SOMEBODY
from tests.together import at_once
from tests.web.visiting import person_in, setting, visitor
from web.app import create_app


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passwords that were compared with a hash; the comparison is the real one."""
    seen: list[str] = []
    real = core.passwords._hasher.verify

    def verify(password: str, hashed: str) -> bool:
        seen.append(password)
        return real(password, hashed)

    monkeypatch.setattr(core.passwords._hasher, "verify", verify)
    return seen


def _plain(text: str, name: str) -> str:
    return re.sub(r"[0-9a-f]{16}|request_key\" value=\"[^\"]*", "", text.replace(quote(name), "").replace(name, ""))


def test_known_unknown_and_closed_names_read_and_cost_the_same_up_to_the_lock(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, looked_at: list[str]
) -> None:
    person_in(sqlite_database, "known", "office", password=PASSWORD)
    person_in(sqlite_database, "waiting", "office")  # has no password yet
    closed = person_in(sqlite_database, "closed", "office", password=PASSWORD)
    with sqlite_database.writing() as session:
        close_account(session, session.get_one(Person, closed.id), by=SOMEBODY)
    with setting(monkeypatch, sign_in_limit="1000/minute"):
        client = visitor(create_app(sqlite_database))
        heard: dict[str, list[tuple[int, str]]] = {}
        for name in ("known", "closed", "waiting", "nobody-has-it"):
            before = len(looked_at)
            for number in range(settings().lock_after + 1):
                answer = client.post("/sign-in", data={"username": name, "password": f"guess-{number}-{number}"})
                until = re.sub(r"\d\d:\d\d(:\d\d)?", "", _plain(answer.text, name))
                heard.setdefault(name, []).append((answer.status_code, until))
            assert len(looked_at) - before == settings().lock_after, name
    assert [status for status, _ in heard["known"]] == [401] * settings().lock_after + [429]
    assert heard["known"] == heard["closed"] == heard["waiting"] == heard["nobody-has-it"]


def test_passwords_that_are_guessed_together_are_no_more_than_one_after_another(
    database: Database, monkeypatch: pytest.MonkeyPatch, looked_at: list[str]
) -> None:
    person_in(database, "known", "office", password=PASSWORD)
    with setting(monkeypatch, sign_in_limit="1000/minute"):
        app = create_app(database)

        def guess(number: int) -> int:
            data = {"username": "known", "password": f"guess number {number}"}
            return visitor(app).post("/sign-in", data=data).status_code

        answers = at_once(*(lambda number=number: guess(number) for number in range(16)))
        assert sorted(answers) == [401] * settings().lock_after + [429] * (16 - settings().lock_after)
        assert len(looked_at) == settings().lock_after
        # The right one is refused as well while the name is locked.
        right = visitor(app).post("/sign-in", data={"username": "known", "password": PASSWORD})
        assert right.status_code == 429


@pytest.mark.parametrize("wrong", ["000000", "ABCDE-FGHIJ-KLMNO"], ids=["code", "recovery code"])
def test_codes_that_are_guessed_together_lock_too_and_the_password_does_not_begin_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    person = person_in(database, "known", "office", password=PASSWORD)
    with database.writing() as session:
        row = session.exec(select(Person).where(Person.id == person.id)).one()
        confirm_factor(session, row, pyotp.TOTP(secret_of(begin_factor(session, row))).now())
    with setting(monkeypatch, sign_in_limit="1000/minute"):
        app = create_app(database)
        clients = [visitor(app) for _ in range(3)]
        for client in clients:
            assert client.post("/sign-in", data={"username": "known", "password": PASSWORD}).status_code == 303

        def guess(number: int) -> int:
            return clients[number % 3].post("/sign-in/code", data={"code": wrong}).status_code

        answers = [status for one in range(3) for status in at_once(*(lambda n=n: guess(n) for n in range(3)))]
        looked = [status for status in answers if status != 429]
        assert len(looked) == settings().lock_after
        again = visitor(app).post("/sign-in", data={"username": "known", "password": PASSWORD})
        assert again.status_code == 429


def test_a_one_time_link_is_not_guessed_by_what_is_like_it(sqlite_database: Database) -> None:
    from core.one_time_links import OneTimeLink, make_link

    person = person_in(sqlite_database, "known", "office")
    with sqlite_database.writing() as session:
        token = make_link(session, session.get_one(Person, person.id), by=SOMEBODY)
    client = visitor(create_app(sqlite_database))
    assert len(token) == 32  # 192 bits: not to be guessed, however often it is tried
    none = client.get("/welcome/nothing")
    with sqlite_database.reading() as session:
        hashed = session.exec(select(OneTimeLink.token_hash)).one()
    for like in (token[:-1], token + "A", token.swapcase(), hashed, "%", "_" * 32):
        answer = client.get(f"/welcome/{like}")
        assert answer.status_code == none.status_code == 404
        assert _plain(answer.text, like) == _plain(none.text, "nothing")
    assert client.get(f"/welcome/{token}").status_code == 200
