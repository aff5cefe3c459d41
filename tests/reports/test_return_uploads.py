"""A filled workbook taken into its return: all or nothing, once, and never over what somebody changed meanwhile."""

from pathlib import Path

import pytest
from sqlmodel import select

from budgets.importing.applying import ChangedMeanwhile, NotStaged, StillBlocked
from core.audit import AuditEntry
from core.database import Database
from core.files import store_file
from reports.return_rules import PeriodShut
from reports.return_uploads import (
    ConflictsLeft,
    abandon_upload,
    apply_upload,
    changes_of,
    examined,
    new_upload,
    read_again,
    stage_upload,
)
from reports.returns import ReturnCell, ReturnUpload
from tests.budgets.importing.samples import kept_files
from tests.databases import on_both, plant
from tests.milestones.milestone_samples import close
from tests.reports.return_samples import WAN
from tests.reports.return_workbook_samples import (
    FOREST,
    MONEY,
    PROGRESS,
    Form,
    filled,
    kept,
    looked_at,
    made,
    on_the_web,
    open_desk,
    return_of,
)
from tests.samples import SOMEBODY

__all__ = ["kept_files"]
database = on_both(plant, open_desk)
pytestmark = pytest.mark.usefixtures("kept_files")
DONE, TEXT = ("money.work_done", ""), ("text.progress", "")


def fill(form: Form) -> None:
    form.put(MONEY, FOREST, "本季合计", 320, 环节="完成投资")
    form.put(PROGRESS, FOREST, "形象进度", "完成整地")


def staged(database: Database, path: Path) -> int:
    """A file that was read: its upload."""
    with database.writing() as session:
        file = store_file(session, path.read_bytes(), path.name, "x/y", by=SOMEBODY)
        upload_id = new_upload(session, return_of(session), file, by=SOMEBODY).id or 0
    again(database, path, upload_id)
    return upload_id


def again(database: Database, path: Path, upload_id: int) -> None:
    with database.reading() as session:
        found = examined(session, path, return_of(session))
    with database.writing() as session:
        stage_upload(session, upload_id, found, None)


def applied(database: Database, upload_id: int, **more: object) -> int:
    with database.writing() as session:
        return apply_upload(session, upload_id, **more, by=SOMEBODY)  # type: ignore[arg-type]


def test_a_file_is_taken_in_once_and_sent_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = filled(made(database, tmp_path / "a.xlsx"), fill)
    upload_id = staged(database, path)
    assert kept(database) == {}, "nothing before it is confirmed"
    assert applied(database, upload_id) == 2
    assert kept(database) == {DONE: str(320 * WAN), TEXT: "完成整地"}
    with database.reading() as session:
        assert set(session.exec(select(ReturnCell.origin))) == {"file"}
        actions = session.exec(select(AuditEntry.action).where(AuditEntry.subject == "department_return")).all()
        assert "apply-workbook" in actions
    with pytest.raises(NotStaged):
        applied(database, upload_id)
    assert looked_at(database, path).changes == ()


def test_what_only_the_web_changed_is_kept(database: Database, tmp_path: Path) -> None:
    path = filled(made(database, tmp_path / "a.xlsx"), fill)
    on_the_web(database, {("text.problems", ""): "缺苗木", DONE: str(320 * WAN)})
    found = looked_at(database, path)
    assert [one.key.field for one in found.changes] == ["text.progress"]
    assert applied(database, staged(database, path)) == 1
    assert kept(database)["text.problems", ""] == "缺苗木"


def test_what_both_changed_waits_for_a_decision(database: Database, tmp_path: Path) -> None:
    path = filled(made(database, tmp_path / "a.xlsx"), fill)
    on_the_web(database, {DONE: str(300 * WAN)})
    upload_id = staged(database, path)
    with database.reading() as session:
        changes = changes_of(session.get_one(ReturnUpload, upload_id))
    conflict = next(one for one in changes if one.is_conflict)
    assert (conflict.base, conflict.theirs, conflict.ours) == (None, str(320 * WAN), str(300 * WAN))
    with pytest.raises(ConflictsLeft):
        applied(database, upload_id)
    assert kept(database) == {DONE: str(300 * WAN)}, "all or nothing"
    assert applied(database, upload_id, keep=[conflict.key]) == 1
    assert kept(database) == {DONE: str(300 * WAN), TEXT: "完成整地"}
    second = staged(database, path)
    assert applied(database, second, take_file=[conflict.key]) == 1
    assert kept(database)[DONE] == str(320 * WAN)


def test_a_cell_changed_after_the_file_was_read_stops_it(database: Database, tmp_path: Path) -> None:
    path = filled(made(database, tmp_path / "a.xlsx"), fill)
    upload_id = staged(database, path)
    on_the_web(database, {TEXT: "开始整地"})
    with pytest.raises(ChangedMeanwhile):
        applied(database, upload_id)
    assert kept(database) == {TEXT: "开始整地"}
    with database.writing() as session:
        read_again(session, upload_id)
    again(database, path, upload_id)
    with pytest.raises(ConflictsLeft):
        applied(database, upload_id)


def test_a_file_with_problems_and_one_given_up_take_nothing_in(database: Database, tmp_path: Path) -> None:
    def wrong(form: Form) -> None:
        fill(form)
        form.put(MONEY, FOREST, "本季合计", "三百", 环节="合同")

    upload_id = staged(database, filled(made(database, tmp_path / "a.xlsx"), wrong))
    with pytest.raises(StillBlocked):
        applied(database, upload_id)
    with database.writing() as session:
        abandon_upload(session, upload_id, by=SOMEBODY)
    with pytest.raises(NotStaged):
        applied(database, upload_id)
    assert kept(database) == {}


def test_a_quarter_closed_meanwhile_takes_nothing(database: Database, tmp_path: Path) -> None:
    upload_id = staged(database, filled(made(database, tmp_path / "a.xlsx"), fill))
    close(database, "2025Q4")
    with pytest.raises(PeriodShut):
        applied(database, upload_id)
    assert kept(database) == {}


def test_a_file_that_is_none_of_ours_is_kept_with_its_problem(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"PK nothing")
    upload_id = staged(database, path)
    with database.reading() as session:
        row = session.get_one(ReturnUpload, upload_id)
        assert (row.state, row.workbook_id, row.blocking_count) == ("staged", None, 1)
