"""Commands about accounts, for days when no page can be reached."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

from core.audit import AuditEntry
from core.database import Database
from core.lockout import count_try, lock_of
from core.people import Person, begin_sign_in
from core.second_factors import begin_factor, find_begun
from core.settings import settings
from portfolio.access import signed_in_reader
from tests.samples import PASSWORD
from tests.web.visiting import person_in, setting, visitor
from web.app import create_app
from web.cli import app

NEW = "another long password"
Command = Callable[..., Result]


@pytest.fixture
def command(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs a command on the database of the test."""
    url = database.url.render_as_string(hide_password=False)

    def run(*words: str, typed: str = "") -> Result:
        return CliRunner().invoke(app, list(words), input=typed)

    with setting(monkeypatch, database_url=url, secrets_file=str(tmp_path / "secrets.json")):
        yield run


def test_a_password_set_at_the_machine_holds_for_one_sign_in(database: Database, command: Command) -> None:
    person = person_in(database, password=PASSWORD)
    with database.writing() as session:
        token = begin_sign_in(session, session.get_one(Person, person.id))
    done = command("set-password", "reader", "--stdin", typed=f"{NEW}\n")
    assert done.exit_code == 0, done.output
    assert NEW not in done.output
    with database.reading() as session:
        assert signed_in_reader(session, token) is None
        rows = session.exec(select(AuditEntry).where(AuditEntry.action == "set-password")).all()
        assert rows[-1].actor == "系统操作员"
    form = {"username": "reader", "password": NEW}
    assert visitor(create_app(database)).post("/sign-in", data=form).headers["location"] == "/sign-in/password"


def test_a_password_is_typed_twice_without_being_shown(database: Database, command: Command) -> None:
    person_in(database)
    differs = command("set-password", "reader", typed=f"{NEW}\nsomething else\n")
    assert differs.exit_code != 0
    done = command("set-password", "reader", typed=f"{NEW}\n{NEW}\n")
    assert done.exit_code == 0, done.output
    assert NEW not in done.output


@pytest.mark.parametrize(
    "words", [("set-password", "nobody", "--stdin"), ("unlock", "nobody"), ("reset-factor", "nobody")]
)
def test_somebody_unknown_is_named(database: Database, command: Command, words: tuple[str, ...]) -> None:
    done = command(*words, typed=f"{NEW}\n")
    assert done.exit_code != 0
    assert "nobody" in str(done.exception)


def test_a_weak_password_is_refused_here_too(database: Database, command: Command) -> None:
    person_in(database)
    done = command("set-password", "reader", "--stdin", typed="password123\n")
    assert "太常见" in str(done.exception)
    with database.reading() as session:
        assert session.exec(select(Person.password_hash)).one() is None


def test_a_lock_and_a_lost_factor_are_ended_at_the_machine(database: Database, command: Command) -> None:
    person = person_in(database)
    with database.writing() as session:
        begin_factor(session, session.get_one(Person, person.id))
        for _ in range(settings().lock_after):
            count_try(session, "reader")
            session.flush()
    assert command("unlock", "reader").exit_code == 0
    assert command("reset-factor", "reader").exit_code == 0
    with database.reading() as session:
        assert lock_of(session, "reader") is None
        assert find_begun(session, person.id) is None
        assert {"unlock", "reset-factor"} <= set(session.exec(select(AuditEntry.action)))
