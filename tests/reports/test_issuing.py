"""Issuing: what is refused, what is numbered, and what stands in an edition."""

import hashlib
import json
from datetime import date

import pytest
from sqlmodel import select

from budgets.importing.tables import STAGED, LedgerImport
from core.audit import Actor, AuditEntry
from core.calendar import now
from core.database import Database
from core.errors import TooLong
from core.files import StoredFile
from core.jobs import WAITING, cancel_job, enqueue
from portfolio.access import OPERATOR_READER
from portfolio.projects import ProjectListing
from reports.edition_reading import KINDS, edition_numbered, editions
from reports.editions import Edition
from reports.issue_checks import AlreadyAnEdition, BeingTakenIn, ChecksFailed, NotClosedYet, issue_checks
from reports.issuing import LONGEST_NOTE, STEPS, issue_edition
from reports.period_flow import close_period
from reports.period_rules import UnknownPeriod
from reports.returns import ReturnUpload
from tests.budgets.importing.samples import kept_files
from tests.budgets.ledger_samples import sources
from tests.reports.edition_samples import closed, files_of, issue_first, pay, source
from tests.reports.period_samples import OFFICE, OTHER, Q2, opened, period, return_of
from tests.reports.word_samples import texts_of
from tests.samples import find_small_plan, make_small_plan
from tests.together import at_once

__all__ = ["kept_files", "source", "sources"]
pytestmark = pytest.mark.usefixtures("kept_files")


def test_a_closed_quarter_becomes_an_edition_whose_hashes_are_those_of_its_files(stored: Database, source: int) -> None:
    number = issue_first(stored, source)
    files = files_of(stored, number)
    with stored.reading() as session:
        listed = edition_numbered(session, OPERATOR_READER, number)
        edition = listed.edition
        hashes = (edition.workbook_sha256, edition.word_sha256, edition.word_english_sha256, edition.data_sha256)
        assert hashes == tuple(hashlib.sha256(files[kind]).hexdigest() for kind in KINDS)
        assert (edition.number, edition.issue, edition.issued_by) == (1, 1, OFFICE.name)
        assert (listed.period.state, listed.period.name) == ("issued", "2024Q2")
        assert listed.period.issued_at == edition.issued_at
        done = session.exec(select(AuditEntry).where(AuditEntry.subject == "edition")).one()
        assert (done.action, done.actor) == ("issue", OFFICE.name)
        assert json.loads(done.after or "")["json_sha256"] == edition.data_sha256
        assert [row.as_row["number"] for row in editions(session, OPERATOR_READER)] == [1]
    assert json.loads(files["json"])["cover"]["plan_code"] == "qingshan"
    assert files["xlsx"].startswith(b"PK")
    assert any("领导小组季度调度报告" in one for one in texts_of(files["docx"]))


# ---- what is refused


def test_what_is_not_closed_is_not_issued(stored: Database) -> None:
    with stored.writing() as session:
        plan = find_small_plan(session).plan
        for name in ("2024Q2", "2024"):
            with pytest.raises(NotClosedYet, match="还没有关账"):
                issue_edition(session, plan, name, by=OFFICE)
        with pytest.raises(UnknownPeriod):
            issue_edition(session, plan, "2031Q1", by=OFFICE)
        assert session.exec(select(Edition)).all() == []


def test_what_was_issued_is_not_issued_again(stored: Database, source: int) -> None:
    number = issue_first(stored, source)
    with stored.writing() as session, pytest.raises(AlreadyAnEdition, match=f"第 {number} 号"):
        issue_edition(session, find_small_plan(session).plan, "2024Q2", by=OTHER)


def test_a_year_is_issued_when_its_last_quarter_is_closed(stored: Database) -> None:
    with stored.writing() as session:
        closed(session, "2024Q4")
        plan = find_small_plan(session).plan
        told: list[str] = []
        assert issue_edition(session, plan, "2024", by=OFFICE, tell=told.append).issue == 1
        assert told == list(STEPS)
        assert issue_edition(session, plan, "2024Q4", by=OFFICE).issue == 2
        with pytest.raises(NotClosedYet):
            issue_edition(session, plan, "2025", by=OFFICE)


def test_nothing_is_issued_while_a_file_is_taken_in(stored: Database) -> None:
    with stored.writing() as session:
        plan = find_small_plan(session).plan
        closed(session, "2024Q2")
        assert plan.id is not None
        row = LedgerImport(
            plan_id=plan.id, file_name="台账.xlsx", settings="{}", state=STAGED, created_by="甲", created_at=now()
        )
        job = enqueue(session, "apply-import", "导入台账", {"import_id": 1}, by=OTHER)
        row.job_id = job.id
        session.add(row)
        session.flush()
        with pytest.raises(BeingTakenIn, match=OTHER.name):
            issue_edition(session, plan, "2024Q2", by=OFFICE)
        cancel_job(session, job, by=OTHER)
        session.flush()
        assert issue_edition(session, plan, "2024Q2", by=OFFICE).number == 1


def test_nothing_is_issued_while_a_return_is_taken_in(stored: Database) -> None:
    with stored.writing() as session:
        opened(session, "2024Q3", due_on=None)
        closed(session, "2024Q2")
        plan = find_small_plan(session).plan
        file = StoredFile(sha256="0" * 64, name="a", media_type="b", size_bytes=1, stored_by="甲", stored_at=now())
        session.add(file)
        session.flush()
        job = enqueue(session, "apply-return", "填入", {"upload_id": 1}, by=OTHER)
        upload = ReturnUpload(
            return_id=return_of(session, name="2024Q3").id or 0,
            file_id=file.id or 0,
            job_id=job.id,
            state=STAGED,
            problems="[]",
            changes="[]",
            uploaded_by="甲",
        )
        session.add(upload)
        session.flush()
        assert job.state == WAITING
        with pytest.raises(BeingTakenIn):
            issue_edition(session, plan, "2024Q2", by=OFFICE)
        assert not issue_checks(session, plan, period(session, "2024Q2")).may_issue


def test_figures_that_disagree_hinder_the_issue_and_are_named(stored: Database) -> None:
    with stored.writing() as session:
        plan = find_small_plan(session)
        closed(session, "2024Q2")
        row = session.get_one(ProjectListing, plan.forest.id)
        row.estimate_fen = 1
        session.add(row)
        session.flush()
        with pytest.raises(ChecksFailed, match=f"project {plan.forest.id}"):
            issue_edition(session, plan.plan, "2024Q2", by=OFFICE)


def test_what_disagrees_in_another_plan_hinders_nothing(stored: Database) -> None:
    with stored.writing() as session:
        other = make_small_plan(session, "lvshui")
        closed(session, "2024Q2")
        row = session.get_one(ProjectListing, other.forest.id)
        row.estimate_fen = 1
        session.add(row)
        session.flush()
        assert issue_edition(session, find_small_plan(session).plan, "2024Q2", by=OFFICE).number == 1


def test_a_note_has_its_limit(sqlite_stored: Database) -> None:
    with sqlite_stored.writing() as session:
        closed(session, "2024Q2")
        with pytest.raises(TooLong):
            issue_edition(session, find_small_plan(session).plan, "2024Q2", by=OFFICE, note="长" * (LONGEST_NOTE + 1))


# ---- numbers


def test_numbers_count_over_all_plans_and_issues_each_plan_by_itself(stored: Database) -> None:
    with stored.writing() as session:
        other = make_small_plan(session, "lvshui")
        mine = find_small_plan(session).plan
        for plan in (mine, other.plan):
            close_period(session, plan, Q2, reason="没有开启", by=OFFICE)
        found = [
            issue_edition(session, plan, name, by=OFFICE)
            for plan, name in ((mine, "2024Q1"), (other.plan, "2024Q1"), (mine, "2024Q2"))
        ]
        assert [(one.number, one.issue) for one in found] == [(1, 1), (2, 1), (3, 2)]


def test_of_two_who_issue_at_once_one_does(stored: Database, source: int) -> None:
    with stored.writing() as session:
        pay(session, 320, date(2024, 5, 6), source_id=source)
        closed(session, "2024Q2")

    def issue(who: Actor) -> int:
        with stored.writing() as session:
            return issue_edition(session, find_small_plan(session).plan, "2024Q2", by=who).number

    found = at_once(lambda: issue(OFFICE), lambda: issue(OTHER))
    assert sorted(map(str, found), key=len)[0] == "1"
    assert [type(one) for one in found if one != 1] == [AlreadyAnEdition]
    with stored.reading() as session:
        assert len(session.exec(select(Edition)).all()) == 1


def test_editions_of_two_plans_issued_at_once_have_two_numbers(stored: Database) -> None:
    with stored.writing() as session:
        make_small_plan(session, "lvshui")
        for code in ("qingshan", "lvshui"):
            close_period(session, find_small_plan(session, code).plan, Q2, reason="没有开启", by=OFFICE)

    def issue(code: str) -> int:
        with stored.writing() as session:
            return issue_edition(session, find_small_plan(session, code).plan, "2024Q2", by=OFFICE).number

    assert sorted(at_once(lambda: issue("qingshan"), lambda: issue("lvshui"))) == [1, 2]
