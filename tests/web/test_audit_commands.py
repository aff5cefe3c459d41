"""`qingshan audit seal`, `verify` and `head`, as an operator or a script calls them."""

import json

import pytest
from sqlmodel import col, select
from typer.testing import CliRunner, Result

from core.audit import AuditEntry
from core.database import Database
from core.people import Person
from tests.core.audit_samples import tamper, write_entries
from tests.web.visiting import person_in, setting
from web.cli import app


def said(database: Database, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    with setting(monkeypatch, database_url=database.url.render_as_string(hide_password=False)):
        return CliRunner().invoke(app, list(words))


def test_what_is_sealed_is_verified_and_a_change_is_found(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    write_entries(database, 3)
    assert said(database, monkeypatch, "audit", "seal").exit_code == 0
    head = said(database, monkeypatch, "audit", "head").stdout.strip()
    number, _, hash_ = head.partition(":")
    assert (number, len(hash_)) == ("1", 64)
    sound = said(database, monkeypatch, "audit", "verify", "--expect", head, "--format", "json")
    assert sound.exit_code == 0
    facts = json.loads(sound.stdout)
    assert (facts["sound"], facts["entries"], facts["head_hash"]) == (True, 3, hash_)
    assert said(database, monkeypatch, "audit", "verify", "--expect", f"1:{'0' * 64}").exit_code == 1
    tamper(database, "UPDATE audit_entry SET reason = '改过' WHERE id = 2")
    broken = said(database, monkeypatch, "audit", "verify", "--format", "json")
    assert broken.exit_code == 1
    facts = json.loads(broken.stdout)
    assert [(one["kind"], one["seal"], one["entry"]) for one in facts["problems"]] == [("changed", 1, 2)]
    assert "记录被改动" in said(database, monkeypatch, "audit", "verify").stdout


def test_a_verification_stands_in_the_trail_with_who_asked_and_from_where(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    person_in(sqlite_database, "shen", "auditor")
    assert said(sqlite_database, monkeypatch, "--by", "shen", "audit", "verify").exit_code == 0
    with sqlite_database.reading() as session:
        row = session.exec(select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(1)).one()
        who = session.exec(select(Person.id).where(Person.username == "shen")).one()
    assert (row.action, row.subject, row.actor_id) == ("verify-log", "audit_log", who)
    assert row.came_from is not None
    assert "@" in row.came_from


@pytest.mark.parametrize("noted", ["1", "x:y", f"1:{'a' * 63}", f"-1:{'a' * 64}"])
def test_a_hash_that_was_copied_wrong_is_refused(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, noted: str
) -> None:
    assert said(sqlite_database, monkeypatch, "audit", "verify", "--expect", noted).exit_code != 0
