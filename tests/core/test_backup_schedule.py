"""Scheduled backups: made when they are due, once, by whichever process comes first; what fails is told."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core import backup_schedule
from core.backup_manifest import backups_in
from core.backup_schedule import backing_up, backup_state, backup_when_due
from core.calendar import now
from core.database import Database
from core.holding import one_at_a_time
from tests.core.backup_samples import own_place, shown, url_of, with_files
from tests.core.job_samples import eventually
from tests.together import at_once


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    with own_place(monkeypatch, tmp_path, backup_folder=str(tmp_path / "backups"), backup_hours="6", backup_keep="2"):
        yield tmp_path


def test_a_backup_is_made_when_it_is_due_and_only_then(stored: Database, place: Path) -> None:
    with_files(stored)
    made = backup_when_due(stored)
    assert made is not None
    assert backup_when_due(stored) is None
    assert backup_when_due(stored, at=made.manifest.made_at + timedelta(hours=5, minutes=59)) is None
    later = backup_when_due(stored, at=made.manifest.made_at + timedelta(hours=6))
    assert later is not None
    assert shown(place / "backups") == [made.path.name, later.path.name]


def test_processes_at_once_make_one_backup(stored: Database, place: Path) -> None:
    others = [Database(url_of(stored)) for _ in range(4)]

    def work(database: Database) -> Callable[[], object]:
        return lambda: backup_when_due(database)

    outcomes = at_once(*map(work, others))
    for other in others:
        other.close()
    assert [one for one in outcomes if isinstance(one, BaseException)] == []
    assert sum(one is not None for one in outcomes) == 1
    assert len(shown(place / "backups")) == 1


def test_a_backup_waits_for_what_else_cares_for_the_data(stored: Database, place: Path) -> None:
    other = Database(url_of(stored))
    with one_at_a_time(other):
        assert backup_when_due(stored) is None
    other.close()
    assert backup_when_due(stored) is not None


def test_nothing_is_made_without_a_folder(stored: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with own_place(monkeypatch, tmp_path):
        assert backup_when_due(stored) is None
        with stored.reading() as session:
            assert backup_state(session).folder is None


def test_the_state_tells_age_and_lateness(stored: Database, place: Path) -> None:
    with stored.reading() as session:
        assert backup_state(session).late
    made = backup_when_due(stored)
    assert made is not None
    with stored.reading() as session:
        state = backup_state(session)
        assert (state.late, state.failure) == (False, None)
        assert state.last_good is not None
        assert state.last_good.path == made.path
        assert not backup_state(session, at=made.manifest.made_at + timedelta(hours=12)).late
        assert backup_state(session, at=made.manifest.made_at + timedelta(hours=12, seconds=1)).late


def test_a_backup_that_fails_is_told_and_tried_again(
    stored: Database, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_schedule, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(backup_schedule, "AGAIN_AFTER", timedelta(seconds=0.2))
    (place / "backups").write_text("a file where the folder should be")

    def failure() -> str | None:
        with stored.reading() as session:
            return backup_state(session, at=now()).failure

    with backing_up(stored):
        eventually(lambda: failure() is not None)
        assert "不能写入" in (failure() or "")
        (place / "backups").unlink()
        eventually(lambda: len(backups_in(place / "backups")) == 1)
        eventually(lambda: failure() is None)
