"""Photos and documents of a record: added, counted, taken off with a reason; on both databases."""

from datetime import date, timedelta

import pytest
from sqlmodel import select

from core.audit import history
from core.calendar import today
from core.database import Database
from core.errors import Invalid, Missing, NotThere, TooLong
from core.files import StoredFile, path_of
from milestones.attachments import Attachment
from milestones.evidence import (
    MOST,
    AlreadyAttached,
    AlreadyDetached,
    TooMany,
    attach,
    attachments_of,
    detach,
    detach_all,
    evidence_counts,
    find_attached,
    place_of,
)
from milestones.evidence_types import NotEvidence
from milestones.work_reports import discard_work_draft, record_work
from tests.databases import on_both, on_sqlite, plant
from tests.milestones.evidence_samples import PDF, WINDOWS_PROGRAM, jpeg, png
from tests.milestones.work_samples import OWNER, a_work, claimed
from tests.samples import find_small_plan

database, sqlite_database = on_both(plant), on_sqlite(plant)


@pytest.fixture(autouse=True)
def _files_apart(tmp_path, monkeypatch: pytest.MonkeyPatch):
    from tests.web.visiting import setting

    with setting(monkeypatch, files_folder=str(tmp_path / "files")):
        yield


def test_an_accepted_report_takes_evidence_and_its_history_says_so(database: Database) -> None:
    photo = jpeg("2024:05:06 10:11:12")
    with database.writing() as session:
        row = claimed(session, find_small_plan(session).forest)
        id_ = row.id or 0
        one = attach(session, "work_entry", id_, photo, "东坡.jpg", "after", caption=" 东坡 ", by=OWNER)
        attach(session, "work_entry", id_, PDF, "C:\\稿\\验收.pdf", "document", by=OWNER)
        assert (one.taken_on, one.caption, one.added_by) == (date(2024, 5, 6), "东坡", "填报员")
        assert row.state == "approved"
        found = attachments_of(session, "work_entry", [id_, 999])
        assert list(found) == [id_]
        assert [(each.file.name, each.is_photo) for each in found[id_]] == [("东坡.jpg", True), ("验收.pdf", False)]
        assert path_of(found[id_][0].file).read_bytes() == photo  # with what the camera wrote into it
        assert evidence_counts(session, "work_entry", [id_, 999]) == {id_: 2}
        line = history(session, "work_entry", id_)[0]
        assert (line.action, {name: after for name, _, after in line.changes}["file"]) == ("attach", "验收.pdf")
        assert place_of(session, "work_entry", id_).project.code == "qingshan-01"  # type: ignore[union-attr]


def test_what_is_taken_off_stays_known_and_is_taken_off_once(database: Database) -> None:
    with database.writing() as session:
        project_id = find_small_plan(session).forest.id or 0
        one = attach(session, "project", project_id, png(), "a.png", "before", by=OWNER)
        with pytest.raises(Missing):
            detach(session, one, reason=" ", by=OWNER)
        detach(session, one, reason="拍错了地方", by=OWNER)
        assert attachments_of(session, "project", [project_id]) == {}
        removed = attachments_of(session, "project", [project_id], removed=True)[project_id]
        assert [each.row.removed_reason for each in removed] == ["拍错了地方"]
        assert evidence_counts(session, "project", [project_id]) == {}
        assert find_attached(session, one.id or 0).file.name == "a.png"
        assert path_of(find_attached(session, one.id or 0).file).exists()
        line = history(session, "project", project_id)[0]
        assert (line.action, line.reason) == ("detach", "拍错了地方")
        with pytest.raises(AlreadyDetached):
            detach(session, one, reason="再撤一次", by=OWNER)
        attach(session, "project", project_id, png(), "a.png", "before", by=OWNER)  # it may come again


def test_what_is_refused_leaves_nothing(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        id_ = find_small_plan(session).forest.id or 0
        tomorrow = today() + timedelta(days=1)

        usual = {"subject": "project", "subject_id": id_, "content": jpeg(), "name": "a.jpg", "kind": "before"}
        for error, wrong in (
            (NotEvidence, {"content": WINDOWS_PROGRAM}),
            (Invalid, {"kind": "selfie"}),
            (Invalid, {"taken_on": tomorrow}),
            (Invalid, {"taken_on": date(1989, 12, 31)}),
            (TooLong, {"caption": "长" * 401}),
            (NotThere, {"subject_id": 999}),
            (NotThere, {"subject": "person"}),
        ):
            with pytest.raises(error):
                attach(session, **(usual | wrong), by=OWNER)  # type: ignore[arg-type]
        assert session.exec(select(Attachment)).all() == []
        assert session.exec(select(StoredFile)).all() == []


def test_no_more_than_twenty_and_none_twice(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        id_ = find_small_plan(session).forest.id or 0
        for number in range(MOST):
            attach(session, "project", id_, jpeg(mark=b"%d" % number), f"{number}.jpg", "before", by=OWNER)
        with pytest.raises(TooMany) as told:
            attach(session, "project", id_, jpeg(), "最后.jpg", "before", by=OWNER)
        assert "最后.jpg" in str(told.value)
        detach(session, attachments_of(session, "project", [id_])[id_][0].row, reason="不要了", by=OWNER)
        with pytest.raises(AlreadyAttached) as twin:
            attach(session, "project", id_, jpeg(mark=b"7"), "又一张.jpg", "after", by=OWNER)
        assert (twin.value.facts["name"], twin.value.facts["other"]) == ("又一张.jpg", "7.jpg")
        attach(session, "project", id_, jpeg(), "最后.jpg", "before", by=OWNER)


def test_a_camera_whose_clock_was_never_set_says_nothing(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        id_ = find_small_plan(session).forest.id or 0
        for number, taken in enumerate(("1980:01:01 00:00:00", "2999:01:01 00:00:00")):
            row = attach(session, "project", id_, jpeg(taken), f"{number}.jpg", "before", by=OWNER)
            assert row.taken_on is None
        photo, day = jpeg("2020:01:01 00:00:00"), date(2024, 1, 2)
        assert attach(session, "project", id_, photo, "b.jpg", "before", taken_on=day, by=OWNER).taken_on == day


def test_a_draft_takes_its_photos_with_it(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        small = find_small_plan(session)
        draft = record_work(session, small.forest, a_work(session), by=OWNER)
        id_ = draft.id or 0
        attach(session, "work_entry", id_, png(), "a.png", "before", by=OWNER)
        discard_work_draft(session, draft, expected_version=draft.row_version, by=OWNER)
        assert attachments_of(session, "work_entry", [id_]) == {}
        again = record_work(session, small.forest, a_work(session), by=OWNER)
        attach(session, "work_entry", again.id or 0, png(), "a.png", "before", by=OWNER)
        detach_all(session, "work_entry", again.id or 0, reason="重来", by=OWNER)
        assert attachments_of(session, "work_entry", [again.id or 0]) == {}
