"""What the doctor looks at: each fault is found, named and comes with what to do."""

from pathlib import Path

import pytest

from core import installation, upkeep
from core.audit import AuditEntry
from core.audit_seals import seal
from core.backup_schedule import backup_when_due
from core.calendar import now
from core.database import Database
from core.installation import BAD, GOOD, WARNING, Finding, faults
from core.jobs import Job
from core.secrets_file import make_secrets
from core.settings import settings
from core.upkeep import findings
from tests.samples import make_person
from tests.web.visiting import setting


@pytest.fixture(autouse=True)
def _files_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    with setting(monkeypatch, files_folder=str(tmp_path / "files")):
        yield


def named(found: list[Finding]) -> dict[str, Finding]:
    return {one.name: one for one in found}


def test_a_good_installation_has_no_fault(stored: Database) -> None:
    with stored.writing() as session:
        make_person(session, "one", "office")
    seal(stored)  # it may have been planted a while ago
    found = named(findings(stored))
    program = {"python", "packages", "files", "database", "schema", "durability"}
    assert set(found) - {"database_folder"} == program | {"people", "jobs", "secrets", "tokens", "audit", "backup"}
    # The PostgreSQL of the tests runs without fsync, which is what this finding is there for.
    unsafe = set() if stored.is_sqlite else {"durability"}
    assert {name for name, one in found.items() if one.level != GOOD} == unsafe | {"backup"}
    assert faults(stored) == []


def test_what_is_wrong_comes_with_what_to_do(empty_database: Database) -> None:
    for one in findings(empty_database):
        assert (one.todo is None) == (one.level == GOOD), one
        assert one.sentence % one.facts


def test_an_empty_database_wants_its_tables(empty_database: Database) -> None:
    found = named(findings(empty_database))
    assert found["schema"].level == BAD
    assert found["schema"].facts["found"] == "–"
    assert "people" not in found  # nothing is asked of tables that are not there
    assert faults(empty_database) == ["schema"]


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    away = Database("postgresql+psycopg://somebody:very-secret@127.0.0.1:1/nothing")
    found = named(findings(away))
    assert found["database"].level == BAD
    assert "very-secret" not in found["database"].sentence % found["database"].facts
    assert faults(away) == ["database"]
    away.close()


def test_sqlite_without_full_sync_is_a_fault(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite_database.engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA synchronous = NORMAL")  # type: ignore[union-attr]
        monkeypatch.setattr(sqlite_database.engine, "connect", lambda: _kept_open(connection))
        [found] = installation.durability_findings(sqlite_database)
    assert (found.level, found.facts["found"]) == (BAD, "journal_mode=wal, synchronous=1")


class _kept_open:  # noqa: N801
    def __init__(self, connection: object) -> None:
        self.connection = connection

    def __enter__(self) -> object:
        return self.connection

    def __exit__(self, *_: object) -> None: ...


def test_a_folder_that_takes_no_file_is_a_fault(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file where the folder should be")
    with setting(monkeypatch, files_folder=str(taken)):
        found = named(findings(sqlite_database))["files"]
        assert (found.level, found.facts["place"]) == (BAD, str(taken))
        assert faults(sqlite_database) == ["files"]


def test_a_full_disk_is_told_in_time(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "LEAST_FREE_BYTES", 10**18)
    assert named(findings(sqlite_database))["files"].level == BAD
    free = installation.shutil.disk_usage(settings().files_folder).free
    monkeypatch.setattr(installation, "LEAST_FREE_BYTES", free * 2)
    assert named(findings(sqlite_database))["files"].level == WARNING


def test_jobs_that_nobody_does_are_a_fault(stored: Database) -> None:
    with stored.writing() as session:
        late = now() - upkeep.timedelta(minutes=upkeep.WAITED_TOO_LONG + 1)
        for at in (late, now()):
            session.add(Job(kind="check", title="核对", given="{}", created_by="谁", created_at=at))
    found = named(findings(stored))["jobs"]
    assert (found.level, found.facts["stuck"], found.facts["waiting"]) == (BAD, 1, 2)


def test_backups_that_are_not_made_are_a_fault(
    sqlite_stored: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert named(findings(sqlite_stored))["backup"].level == WARNING  # none are asked for
    with setting(monkeypatch, backup_folder=str(tmp_path / "backups"), secrets_file=str(tmp_path / "secrets.json")):
        assert named(findings(sqlite_stored))["backup"].level == BAD
        backup_when_due(sqlite_stored)
        assert named(findings(sqlite_stored))["backup"].level == GOOD


def test_entries_that_nobody_seals_are_told(sqlite_stored: Database) -> None:
    seal(sqlite_stored)
    assert named(findings(sqlite_stored))["audit"].level == GOOD
    late = now() - upkeep.timedelta(minutes=upkeep.WAITED_TOO_LONG + 1)
    with sqlite_stored.writing() as session:
        session.add(AuditEntry(at=late, actor="谁", action="edit", subject="plan", subject_id=1))
    assert named(findings(sqlite_stored))["audit"].level == WARNING
    seal(sqlite_stored)
    assert named(findings(sqlite_stored))["audit"].level == GOOD


def test_secrets_that_others_may_read_are_a_fault(
    sqlite_stored: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secrets.json"
    with setting(monkeypatch, secrets_file=str(path)):
        make_secrets()
        assert named(findings(sqlite_stored))["secrets"].level == GOOD
        path.chmod(0o644)
        found = named(findings(sqlite_stored))["secrets"]
        assert (found.level, found.facts["mode"]) == (BAD, "644")


def test_a_package_of_another_version_than_the_locked_one_is_told(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements.lock").write_text(
        "sqlmodel==0.0.1 \\\n    --hash=sha256:00\nno-such-package==1.0 ; sys_platform == 'amiga' \\\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(installation, "ROOT", tmp_path)
    found = [one for one in installation.program_findings(sqlite_database) if one.name == "packages"]
    assert [one.level for one in found] == [WARNING]
    assert found[0].facts["wrong"].startswith("sqlmodel ")
    assert "no-such-package" not in found[0].facts["wrong"]


def test_serving_a_network_in_the_clear_is_told(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with setting(monkeypatch, host="0.0.0.0"):
        assert named(findings(sqlite_database))["cookies"].level == WARNING
    with setting(monkeypatch, host="0.0.0.0", secure_cookies="true"):
        assert "cookies" not in named(findings(sqlite_database))


def test_a_server_for_others_that_does_not_know_its_address_is_told(
    sqlite_stored: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A note: links work, and whoever leads a name of his own to this server is not turned away."""
    assert "public_address" not in named(findings(sqlite_stored))
    for asked in ({"host": "0.0.0.0"}, {"secure_cookies": "true"}, {"host": "10.0.0.5", "secure_cookies": "true"}):
        with setting(monkeypatch, **asked):
            assert named(findings(sqlite_stored))["public_address"].level == WARNING
            assert faults(sqlite_stored) == []
        with setting(monkeypatch, **asked, public_address="https://qingshan.example.gov.cn"):
            assert "public_address" not in named(findings(sqlite_stored))


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("db.example/q", True),
        ("db.example/q?sslmode=require", True),
        ("db.example/q?sslmode=verify-full", False),
        ("localhost/q", False),
        ("/q?host=/var/run/postgresql", False),
    ],
)
def test_a_database_elsewhere_that_anybody_could_stand_in_for_is_told(where: str, told: bool) -> None:
    database = Database(f"postgresql+psycopg://qingshan:secret@{where}")
    found = named(list(installation.program_findings(database)))
    assert ("database_connection" in found) is told
    assert all("secret" not in str(one.facts) for one in found.values())
    database.close()


def test_an_identity_provider_in_the_clear_is_told(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for issuer, told in (("http://id.example", True), ("https://id.example", False), ("http://127.0.0.1:9", False)):
        with setting(monkeypatch, oidc_issuer=issuer, oidc_client_id="qingshan"):
            assert ("identity_provider" in named(findings(sqlite_database))) is told
