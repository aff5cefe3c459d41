"""The page of the backups: only for administrators, with a clear warning when the last good one is too old."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from core.backup_manifest import read_manifest, write_manifest
from core.backup_schedule import backup_when_due, record_failure
from core.database import Database
from core.settings import settings
from tests.core.backup_samples import own_place, with_files
from tests.web.visiting import setting, visitor_with_role
from web.app import create_app


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    with own_place(monkeypatch, tmp_path, backup_folder=str(tmp_path / "backups"), backup_hours="6"):
        yield tmp_path


@pytest.fixture
def admin(sqlite_stored: Database, place: Path) -> TestClient:
    with_files(sqlite_stored)
    return visitor_with_role(create_app(sqlite_stored), "admin")


def test_an_administrator_sees_every_backup(admin: TestClient, sqlite_stored: Database) -> None:
    made = backup_when_due(sqlite_stored)
    assert made is not None
    page = admin.get("/system")
    assert page.status_code == 200
    assert made.path.name in page.text
    assert "完整，已核对" in page.text
    assert "alert-danger" not in page.text
    assert 'href="/system"' in admin.get("/people").text


def test_without_a_backup_and_with_an_old_one_the_page_warns(admin: TestClient, sqlite_stored: Database) -> None:
    assert "还没有一个完整的备份" in admin.get("/system").text
    made = backup_when_due(sqlite_stored)
    assert made is not None
    older = made.manifest.made_at - timedelta(hours=13)
    write_manifest(made.path, type(made.manifest)(**{**vars(made.manifest), "made_at": older}))
    assert "13 小时前做的，超过了允许的 12 小时" in admin.get("/system").text


def test_a_failure_a_lost_file_and_a_damaged_manifest_are_told(admin: TestClient, sqlite_stored: Database) -> None:
    next(settings().files_folder.glob("*/*")).unlink()
    made = backup_when_due(sqlite_stored)
    assert made is not None
    record_failure(sqlite_stored, "备份文件夹空间不够")
    page = admin.get("/system").text
    assert "缺 1 个文件" in page
    assert "备份文件夹空间不够" in page
    assert read_manifest(made.path).lost
    (made.path / "manifest.json").write_text("{}")
    assert "清单已损坏" in admin.get("/system").text


def test_without_a_folder_the_page_says_what_to_set(
    sqlite_stored: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert "QINGSHAN_BACKUP_FOLDER" not in os.environ
    with setting(monkeypatch, files_folder=str(tmp_path)):
        page = visitor_with_role(create_app(sqlite_stored), "admin").get("/system")
    assert "QINGSHAN_BACKUP_FOLDER" in page.text


@pytest.mark.parametrize("role", ["office", "leader", "finance", "auditor"])
def test_nobody_else_sees_it(sqlite_stored: Database, place: Path, role: str) -> None:
    client = visitor_with_role(create_app(sqlite_stored), role)
    assert client.get("/system").status_code == 404
    assert 'href="/system"' not in client.get("/").text
