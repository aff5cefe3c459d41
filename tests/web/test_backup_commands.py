"""`qingshan backup`, `restore` and `migrate-database`, as an operator runs them."""

import json
from pathlib import Path

import pytest

from core.database import Database
from core.second_factors import begin_factor
from core.settings import settings
from tests.core.backup_samples import CONTENTS, own_place, url_of, with_files
from tests.processes import command
from tests.samples import make_person


def test_a_backup_is_made_listed_verified_and_restored(
    stored: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_place(monkeypatch, tmp_path, backup_folder=str(tmp_path / "backups")):
        with_files(stored)
        stored.close()
        run = command(url_of(stored))
        done = run("backup")
        assert done.returncode == 0, done.stderr
        made = json.loads(done.stdout)
        assert (made["files"], made["lost"], made["complete"]) == (len(CONTENTS) + 2, 0, True)
        assert "已备份到" in done.stderr
        listed = json.loads(run("backup", "list", "--format", "json").stdout)
        assert [row["path"] for row in listed] == [made["path"]]
        assert json.loads(run("backup", "verify", made["path"]).stdout)["problems"] == []

        refused = run("restore", made["path"])
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "--replace" in refused.stderr
        restored = run("restore", made["path"], "--replace")
        assert restored.returncode == 0, restored.stderr
        told = json.loads(restored.stdout)
        assert (told["mismatches"], told["missing_files"], len(told["aside"])) == (0, 0, 1)

        (Path(made["path"]) / "secrets").write_text("changed")
        damaged = run("backup", "verify", made["path"])
        assert damaged.returncode == 1
        assert [one["code"] for one in json.loads(damaged.stdout)["problems"]] == ["KeptFileDamaged"]
        refused = run("restore", made["path"], "--replace")
        assert refused.returncode == 2
        assert "secrets" in refused.stderr
        assert run("backup", "verify", str(tmp_path)).returncode == 2


def test_a_database_is_moved_and_the_table_printed(
    sqlite_stored: Database, postgresql_copies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_place(monkeypatch, tmp_path), postgresql_copies.lent() as target:
        with_files(sqlite_stored)
        sqlite_stored.close()
        target.close()
        run = command(url_of(sqlite_stored))
        done = run("migrate-database", url_of(sqlite_stored), url_of(target), "--files-to", str(tmp_path / "moved"))
        assert done.returncode == 0, done.stderr
        assert "两边完全一致" in done.stderr
        assert "audit_entry" in done.stdout
        again = run("migrate-database", url_of(sqlite_stored), url_of(target))
        assert again.returncode == 2
        assert "不是空的" in again.stderr
        back = f"sqlite:///{tmp_path}/back.sqlite3"
        told = json.loads(run("migrate-database", url_of(target), back, "--format", "json").stdout)
        assert {one["equal"] for one in told["tables"]} == {True}
        assert (told["files"], told["lost"]) == (len(CONTENTS), [])
        assert command(back)("check").returncode == 0


def test_secrets_that_are_missing_are_told(
    sqlite_stored: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with own_place(monkeypatch, tmp_path, backup_folder=str(tmp_path / "backups")):
        with sqlite_stored.writing() as session:
            begin_factor(session, make_person(session))
        sqlite_stored.close()
        run = command(url_of(sqlite_stored))
        assert json.loads(run("backup").stdout)["secrets_fit"] is True
        settings().secrets_file.unlink()
        without = run("backup")
        assert (without.returncode, json.loads(without.stdout)["secrets_fit"]) == (1, False)
        assert "找不到密钥文件" in without.stderr
        restored = run("restore", json.loads(without.stdout)["path"], "--replace")
        assert (restored.returncode, json.loads(restored.stdout)["secrets_fit"]) == (1, False)
