"""`qingshan token`, and what `qingshan doctor` says of tokens."""

import json
from collections.abc import Callable, Iterator

import pytest
from sqlmodel import select
from typer.testing import CliRunner, Result

from core.audit import AuditEntry
from core.database import Database
from core.upkeep import findings
from tests.databases import on_both, plant
from tests.samples import find_small_plan
from tests.web.token_visits import program, token_for
from tests.web.visiting import person_in, setting
from web.app import create_app
from web.cli import app

database = on_both(plant)
Command = Callable[..., Result]


@pytest.fixture
def command(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    """Runs a command on the database of the test."""
    with setting(monkeypatch, database_url=database.url.render_as_string(hide_password=False)):
        yield lambda *words: CliRunner().invoke(app, list(words))


def test_tokens_are_listed_for_the_operator(
    database: Database, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.reading() as session:
        plan = find_small_plan(session).plan
    reader, other = person_in(database, role="leader"), person_in(database, "another", "office")
    _token, text = token_for(database, reader, plan_id=plan.id)
    token_for(database, other, "write:ledger", "read", name="台账")
    done = command("token", "list", "--format", "json")
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    assert [(row["person"], row["name"], row["scopes"], row["plan"], row["state"]) for row in rows] == [
        ("another", "台账", "read write:ledger", None, "live"),
        ("reader", "每月资金同步", "read", "qingshan", "live"),
    ]
    assert text not in done.output
    assert "hash" not in done.output
    (own,) = json.loads(command("token", "list", "--person", "reader", "--format", "json").stdout)
    assert own["last_used_at"] is None
    monkeypatch.setenv("COLUMNS", "160")
    assert "每月资金同步" in command("token", "list").output
    assert command("token", "list", "--person", "nobody").exit_code != 0


def test_the_operator_revokes_a_token(database: Database, command: Command) -> None:
    token, text = token_for(database, person_in(database, role="leader"))
    client = program(create_app(database), text)
    assert client.get("/api/v1/rollup").status_code == 200
    assert command("token", "revoke", str(token.id)).exit_code == 0
    assert client.get("/api/v1/rollup").status_code == 401
    with database.reading() as session:
        (entry,) = session.exec(select(AuditEntry).where(AuditEntry.action == "revoke-token"))
    assert entry.actor == "系统操作员"
    assert entry.before is not None
    assert token.label in entry.before
    for unknown in ("99", "0", "99999999999"):
        assert command("token", "revoke", unknown).exit_code != 0


def test_the_doctor_tells_of_tokens_that_end_soon(database: Database) -> None:
    person = person_in(database, role="leader")
    token_for(database, person, days=90)
    (before,) = (finding for finding in findings(database) if finding.name == "tokens")
    assert before.level == "good"
    token_for(database, person, days=14)
    token_for(database, person, days=3, name="早到期")
    (after,) = (finding for finding in findings(database) if finding.name == "tokens")
    assert after.level == "warning"
    assert after.facts["count"] == 2
    assert "早到期" in after.facts["token"]
