"""上期更正 of a report names late states, archivings and changed years, in the data, the workbook, Word and on the page alike."""

from dataclasses import replace
from datetime import date

import pytest

from core.calendar import period_from_text
from core.database import Database
from core.language import Language, translate
from portfolio.access import OPERATOR_READER
from portfolio.corrections import PROJECT_CHANGE
from portfolio.editing import archive_project, edit_project
from portfolio.project_changes import RESTORED
from portfolio.values import project_values
from reports.correction_changes import Change
from reports.edition_contents import contents_of
from reports.findings import Words
from reports.quarterly import build
from reports.quarterly_data import canonical_data, canonical_record
from reports.quarterly_scope import department_scope, programme_scope
from tests.reports.as_issued_samples import as_issued
from tests.reports.correction_samples import IN_Q4, OFFICE, OWNER, REASON, approved, plan_of, requested
from tests.reports.state_corrections_samples import (
    close,
    halted,
    instead,
    listed,
    placed,
    plant_states,
    report_state,
    the_report,
)
from tests.samples import SOMEBODY, a_basis, find_small_plan

FOREST, SEWAGE = "qingshan-01", "qingshan-03"


def words(language: Language) -> Words:
    return Words(language, lambda text: translate(text, language))


@pytest.fixture
def planted(stored: Database) -> Database:
    with stored.writing() as session:
        plant_states(session)
    return stored


def test_a_corrected_state_is_listed_with_what_held_before_and_after(planted: Database) -> None:
    with planted.writing() as session:
        row = approved(session, requested(session, instead(session, "ended")))
        report = the_report(session)
        # Taken back, 在建 held again; then it was ended.
        assert listed(report) == [("state", FOREST, "停建", "在建"), ("state", FOREST, "在建", "终止")]
        for one in report.corrections:
            assert (one.occurred_quarter, one.posted_period, one.number) == (20243, 20244, row.number)
            assert (one.reason, one.approved_by, one.recorded_by) == (REASON, OFFICE.actor.name, OWNER.name)
            assert one.recorded_on is not None
        assert listed(the_report(session, "Q3")) == []


def test_a_state_posted_late_by_itself_is_listed_and_one_of_the_period_is_not(planted: Database) -> None:
    with planted.writing() as session:
        small = find_small_plan(session)
        report_state(session, small.sewage, "building", date(2024, 5, 6), "开工令", reason="漏报")
        report_state(session, small.water, "building", IN_Q4, "开工令")
        (one,) = the_report(session).corrections
        assert (one.kind, one.code, one.before, one.after) == ("state", SEWAGE, None, "在建")
        assert (one.occurred_quarter, one.posted_period, one.number, one.approved_by) == (20242, 20244, None, None)
        assert (one.document, one.reason, one.recorded_by) == ("开工令", "漏报", OWNER.name)
        # The next edition names it no more; as corrected, every later fact of an earlier period is named.
        close(session, "Q4")
        assert listed(the_report(session, "2025Q1")) == []
        assert listed(the_report(session, "Q3", "as-corrected")) == [("state", SEWAGE, None, "在建")]


def test_the_state_of_a_part_is_listed_under_the_part(planted: Database) -> None:
    with planted.writing() as session:
        part = find_small_plan(session).parts[1]
        report_state(session, part, "slowed", date(2024, 7, 1), "缓建文", reason="漏报")
        assert listed(the_report(session)) == [("state", part.code, None, "缓建")]


def test_an_archiving_and_its_taking_back_are_listed_each_in_its_edition(planted: Database) -> None:
    with planted.writing() as session:
        small = find_small_plan(session)
        archive_project(session, small.sewage, reason="误", expected_version=small.sewage.row_version, by=SOMEBODY)
        close(session, "Q4")
        row = approved(session, requested(session, placed(small.sewage, RESTORED)))
        issued, next_ = the_report(session), the_report(session, "2025Q1")
        assert listed(issued) == [("archiving", SEWAGE, "计入", "已归档")]
        assert (issued.corrections[0].recorded_by, issued.corrections[0].reason) == (SOMEBODY.name, "误")
        assert listed(next_) == [("archiving", SEWAGE, "已归档", "计入")]
        assert (next_.corrections[0].number, next_.corrections[0].reason) == (row.number, REASON)
        assert len(as_issued(session, 20251)["list"]) == 3


def test_years_that_change_are_listed_in_the_quarter_from_which_they_hold(planted: Database) -> None:
    with planted.writing() as session:
        forest = find_small_plan(session).forest
        values = project_values(session, forest, 20251)
        span = f"{values.first_year}–{values.last_year}"
        new, version = replace(values, first_year=2022, last_year=2026), forest.row_version
        edit_project(session, forest, new, a_basis(20251, reason="延期"), expected_version=version, by=SOMEBODY)
        (one,) = the_report(session, "2025Q1").corrections
        before = None if values.first_year is None else span
        assert (one.kind, one.before, one.after, one.posted_period) == ("years", before, "2022–2026", 20251)
        assert (one.reason, one.document, one.recorded_by) == ("延期", "青政办〔2021〕9号", SOMEBODY.name)
        assert listed(the_report(session)) == listed(the_report(session, "2025Q2")) == []


def test_what_nothing_was_issued_before_has_no_corrections(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        archive_project(session, small.sewage, reason="误", expected_version=small.sewage.row_version, by=SOMEBODY)
        report = build(
            session, OPERATOR_READER, programme_scope(small.plan, small.greening.name), period_from_text("2021Q1")
        )
        assert report.corrections == ()


def test_a_narrower_report_lists_its_own_projects(planted: Database) -> None:
    with planted.writing() as session:
        small = find_small_plan(session)
        report_state(session, small.forest, "ended", date(2024, 9, 1), "终止文", reason="漏报")
        report_state(session, small.water, "slowed", date(2024, 9, 1), "缓建文", reason="漏报")
        archive_project(session, small.sewage, reason="误", expected_version=small.sewage.row_version, by=SOMEBODY)
        assert {one[1] for one in listed(the_report(session))} == {
            small.forest.code,
            small.water.code,
            small.sewage.code,
        }
        plan = plan_of(session)
        for scope, code in (
            (department_scope(small.forestry.name, plan), small.forest.code),
            (department_scope(small.water_office.name, plan), small.water.code),
        ):
            report = build(session, OPERATOR_READER, scope, period_from_text("2024Q4"))
            assert code in {one[1] for one in listed(report)}
            assert {small.forest.code, small.water.code} - {one[1] for one in listed(report)} != set()


def test_the_data_and_the_words_of_an_edition_hold_the_row(planted: Database) -> None:
    with planted.writing() as session:
        approved(session, requested(session, Change(PROJECT_CHANGE, halted(session).id)))
        report = the_report(session)
        (row,) = canonical_record(report)["corrections"]
        assert (row["kind"], row["project_code"], row["before"], row["after"]) == ("state", FOREST, "停建", "在建")
        assert (row["recorded_by"], row["occurred_quarter"], row["posted_period"]) == (OWNER.name, "2024Q3", "2024Q4")
        assert b'"kind":"state"' in canonical_data(report)
        (said,) = contents_of(canonical_record(report), "万元", words("zh")).corrections
        assert said.title.endswith("撤销状态")
        assert said.effect == "停建 → 在建"
        (said,) = contents_of(canonical_record(report), "万元", words("en")).corrections
        assert said.effect == f"{translate('停建', 'en')} → {translate('在建', 'en')}"
