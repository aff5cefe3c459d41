"""Reports of works: drafts, hand-over, acceptance, and what the audit trail keeps of each."""

from datetime import date

import pytest
from sqlmodel import Session, col, select

from core.audit import Actor, history
from core.calendar import now
from core.database import Database
from core.errors import Missing, NotThere, SeveralBroken, Stale
from core.files import StoredFile
from core.units import converted
from milestones.attachments import Attachment
from milestones.work_reports import (
    accept_works,
    change_work_draft,
    discard_work_draft,
    find_work,
    record_work,
    send_back_works,
    submit_works,
)
from milestones.work_rules import as_new, checked_work
from milestones.works import CLAIMED, NOT_APPLICABLE, WorkEntry
from portfolio.editing import Archived, archive_project
from portfolio.facts import APPROVED, DRAFT, REJECTED, SUBMITTED
from portfolio.leaves import NotALeaf, OfArchived, OfPackage
from portfolio.reviewing import (
    FactNotADraft,
    FactNotSubmitted,
    OnlyItsReporter,
    OwnReport,
    Reviewer,
)
from tests.milestones.work_samples import OFFICE, OWNER, a_work, claimed, figures, only_problem, set_quarter
from tests.samples import find_small_plan, identity, make_part


def a_draft(session: Session, quantity: str | None = "1000", **more: object) -> WorkEntry:
    return record_work(session, find_small_plan(session).forest, a_work(session, quantity, **more), by=OWNER)


def reported(session: Session) -> object:
    """亩 reported by project."""
    rows = figures(session).items()
    return {keys[0]: converted(row.claimed, row.unit, "亩") for keys, row in rows if row.claimed is not None}


def test_a_report_counts_when_somebody_else_accepts_it(stored: Database) -> None:
    with stored.writing() as session:
        row = a_draft(session, place="兑镇", plot="Ⅲ－12", latitude="37.1", longitude="111.7")
        assert (row.state, row.occurred_quarter, row.quantity_micro, row.plot_key) == (DRAFT, 20242, 10**9, "iii-12")
        assert reported(session) == {}
        submit_works(session, [row], by=OWNER)
        assert (row.state, row.submitted_by, reported(session)) == (SUBMITTED, OWNER.name, {})
        with pytest.raises(OwnReport):
            accept_works(session, [identity_of(row)], by=Reviewer(OWNER))
        assert accept_works(session, [identity_of(row)], by=OFFICE) == 1
        assert (row.state, row.posted_period, row.approved_by) == (APPROVED, 20242, OFFICE.actor.name)
        assert reported(session) == {"qingshan-01": 1000}
        lines = history(session, "work_entry", identity_of(row))
        assert [(line.action, line.actor) for line in lines] == [
            ("approve", OFFICE.actor.name),
            ("submit", OWNER.name),
            ("record", OWNER.name),
        ]
        assert ("plot", None, "Ⅲ－12") in lines[-1].changes


def identity_of(row: WorkEntry) -> int:
    assert row.id is not None
    return row.id


def test_full_width_and_grouped_digits_and_any_unit_of_the_dimension_are_read(stored: Database) -> None:
    with stored.writing() as session:
        row = a_draft(session, "１，２５０．５", unit=" 亩 ")
        assert (row.quantity_micro, row.unit) == (1_250_500_000, "亩")
        assert (a_draft(session, "0.1", unit="万亩").unit, a_draft(session, "2", unit="km2").unit) == (
            "万亩",
            "平方公里",
        )


def test_zero_not_reported_and_not_applicable_are_three_things(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        assert figures(session)["qingshan-01", "营造林面积"].claimed is None  # 未填报
        claimed(session, small.forest, "0")
        zero = figures(session)["qingshan-01", "营造林面积"]
        assert (zero.claimed, zero.not_applicable) == (0, 0)
        row = claimed(session, small.sewage, None, not_applicable=True)
        assert (row.kind, row.quantity_micro) == (NOT_APPLICABLE, None)
        none = figures(session)["qingshan-03", "营造林面积"]
        assert (none.claimed, none.not_applicable) == (None, 1)


def test_a_draft_is_changed_by_who_wrote_it_at_the_version_that_was_seen(stored: Database) -> None:
    with stored.writing() as session:
        row = a_draft(session)
        new = a_work(session, "0.2", "万亩", date(2024, 8, 1), note="补植")
        with pytest.raises(OnlyItsReporter):
            change_work_draft(session, row, new, expected_version=1, by=OFFICE.actor)
        with pytest.raises(Stale):
            change_work_draft(session, row, new, expected_version=2, by=OWNER)
        change_work_draft(session, row, new, expected_version=1, by=OWNER)
        assert (row.quantity_micro, row.unit, row.occurred_quarter, row.row_version) == (200_000, "万亩", 20243, 2)
        line = history(session, "work_entry", identity_of(row))[0]
        assert line.action == "edit"
        assert ("unit", "亩", "万亩") in line.changes
        submit_works(session, [row], by=OWNER)
        with pytest.raises(FactNotADraft):
            change_work_draft(session, row, new, expected_version=3, by=OWNER)


def test_a_discarded_draft_is_gone_but_not_from_the_audit_trail_and_leaves_no_photos(stored: Database) -> None:
    with stored.writing() as session:
        row = a_draft(session)
        number = identity_of(row)
        session.add(a_photo(session, number))
        session.flush()
        with pytest.raises(OnlyItsReporter):
            discard_work_draft(session, row, expected_version=1, by=OFFICE.actor)
        discard_work_draft(session, row, expected_version=1, by=OWNER)
        assert history(session, "work_entry", number)[0].action == "discard"
        photo = session.exec(select(Attachment)).one()
        session.refresh(photo)
        assert (photo.removed_by, photo.removed_reason) == (OWNER.name, "草稿已删除")
        with pytest.raises(NotThere):
            find_work(session, number)


def a_photo(session: Session, number: int) -> Attachment:
    file = StoredFile(
        sha256="0" * 64, size_bytes=1, name="前.jpg", media_type="image/jpeg", stored_by=OWNER.name, stored_at=now()
    )
    session.add(file)
    session.flush()
    return Attachment(subject="work_entry", subject_id=number, file_id=file.id or 0, kind="before", added_by=OWNER.name)


def test_what_is_sent_back_says_why_and_counts_nowhere(stored: Database) -> None:
    with stored.writing() as session:
        row = record_work(session, find_small_plan(session).forest, a_work(session), submit=True, by=OWNER)
        with pytest.raises(Missing):
            send_back_works(session, [identity_of(row)], reason=" ", by=OFFICE)
        assert send_back_works(session, [identity_of(row)], reason="缺照片", by=OFFICE) == 1
        assert (row.state, row.rejected_reason, reported(session)) == (REJECTED, "缺照片", {})
        assert history(session, "work_entry", identity_of(row))[0].reason == "缺照片"
        with pytest.raises(FactNotSubmitted):
            accept_works(session, [identity_of(row)], by=OFFICE)


def test_accepting_is_all_or_nothing(stored: Database) -> None:
    with stored.writing() as session:
        forest = find_small_plan(session).forest
        waiting = record_work(session, forest, a_work(session), submit=True, by=OWNER)
        with pytest.raises(FactNotSubmitted):
            accept_works(session, [identity_of(waiting), identity_of(a_draft(session))], by=OFFICE)
        assert set(session.exec(select(WorkEntry.state))) == {SUBMITTED, DRAFT}
        with pytest.raises(NotThere):
            accept_works(session, [7], by=OFFICE)
        with pytest.raises(NotThere):
            submit_works(session, [WorkEntry(id=7)], by=OWNER)


def test_works_stand_on_the_parts_of_a_package(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        with pytest.raises(NotALeaf) as told:
            record_work(session, small.water, a_work(session), by=OWNER)
        assert told.value.facts["parts"] == ("再生水厂", "再生水管网")
        claimed(session, small.parts[0], "10")
        assert reported(session) == {"qingshan-02": 10}


def test_nothing_is_reported_or_accepted_of_what_is_archived(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        waiting = record_work(session, small.parts[0], a_work(session), submit=True, by=OWNER)
        archive_project(session, small.water, reason="并入", expected_version=small.water.row_version, by=OWNER)
        with pytest.raises(Archived):
            record_work(session, small.parts[0], a_work(session), by=OWNER)
        with pytest.raises(OfArchived):
            accept_works(session, [identity_of(waiting)], by=OFFICE)
        assert send_back_works(session, [identity_of(waiting)], reason="已归档", by=OFFICE) == 1


def test_nothing_new_is_accepted_of_what_has_parts_by_now(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        waiting = record_work(session, small.sewage, a_work(session), submit=True, by=OWNER)
        make_part(session, small.plan, "qingshan-03-1", "一期", small.sewage)
        with pytest.raises(OfPackage):
            accept_works(session, [identity_of(waiting)], by=OFFICE)


def test_an_acceptance_by_the_department_that_leads_is_marked(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        own = Reviewer(Actor(None, "林业局审核人"), frozenset({identity(small.forestry)}))
        rows = [
            record_work(session, project, a_work(session), submit=True, by=OWNER)
            for project in (small.forest, small.parts[0])
        ]
        accept_works(session, [identity_of(row) for row in rows], by=own)
        assert [row.own_department for row in rows] == [True, False]


def test_a_closed_quarter_takes_a_report_with_a_reason_and_posts_it_later(stored: Database) -> None:
    with stored.writing() as session:
        plan = find_small_plan(session).plan
        early, late = a_draft(session, "300"), a_draft(session, "70", correction_reason="补报")
        set_quarter(session, identity(plan), "2024Q2", "closed")
        with pytest.raises(SeveralBroken) as told:
            submit_works(session, [early], by=OWNER)
        problem = only_problem(told.value)
        assert (problem.field, problem.facts["quarter"], problem.facts["open"]) == ("occurred_on", "2024Q2", "2024Q3")
        submit_works(session, [late], by=OWNER)
        accept_works(session, [identity_of(late)], by=OFFICE)
        assert (late.occurred_quarter, late.posted_period) == (20242, 20243)


def test_of_a_hand_over_that_excludes_itself_nothing_is_submitted(stored: Database) -> None:
    with stored.writing() as session:
        a_draft(session)
        a_draft(session, None, not_applicable=True)
    with pytest.raises(SeveralBroken), stored.writing() as session:
        submit_works(session, session.exec(select(WorkEntry).order_by(col(WorkEntry.id))).all(), by=OWNER)
    with stored.reading() as session:
        assert set(session.exec(select(col(WorkEntry.state)))) == {DRAFT}


def test_what_was_typed_is_read_back_from_the_row_as_it_was_kept(stored: Database) -> None:
    with stored.writing() as session:
        outline = '{"type":"Point","coordinates":[111.75,37.125]}'
        texts = {"place": "北山", "plot": "12-3", "document": "验收单", "note": "春季", "correction_reason": "补报"}
        row = a_draft(session, "12.345678", latitude="37.125", longitude="111.75", geometry=outline, **texts)
        kept = checked_work(session, find_small_plan(session).forest, as_new(row), CLAIMED, instead_of=row)
        assert kept == {name: getattr(row, name) for name in kept}
        assert (kept["latitude_micro"], kept["geometry"]) == (37_125_000, outline)
        nothing = a_draft(session, None, on=date(2023, 5, 6), not_applicable=True)
        assert as_new(nothing).quantity is None
        assert as_new(nothing).not_applicable
