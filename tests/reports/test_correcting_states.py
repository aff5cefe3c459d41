"""Corrections of project states: what they move, as issued untouched; archiving and restoring by the same form."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import DatabaseError
from sqlmodel import Session, select, text

from budgets.archiving import MoneyStands
from budgets.estimates import PartsDoNotAddUp
from core.audit import AuditEntry
from core.database import Database
from core.errors import Invalid, ManyBroken, Missing
from portfolio.corrections import APPROVED, PROJECT_CHANGE, REFUSED, REQUESTED
from portfolio.editing import Archived, archive_project, create_project, find_state
from portfolio.facts import AS_ISSUED
from portfolio.project_changes import ARCHIVED, RESTORED, ProjectChange
from portfolio.projects import ProjectListing, ProjectState
from portfolio.restoring import NameTaken, NotArchived
from portfolio.reviewing import Reviewer
from portfolio.states import states_in
from portfolio.values import ProjectValues, project_values
from reports.correcting import ChangedMeanwhile, OwnCorrection, refuse_correction
from reports.correction_candidates import facts_of_projects
from reports.correction_changes import Change, OfAnotherQuarter
from reports.correction_effects import from_json
from reports.correction_list import ADDED, REPLACED, correction_sheet
from reports.correction_projects import AlreadyAskedFor, StateTakenBack
from reports.self_check import mismatches, rebuild
from tests.reports.as_issued_samples import as_issued
from tests.reports.correction_samples import (
    BOTH,
    IN_Q3,
    IN_Q4,
    OFFICE,
    OWNER,
    Q3,
    Q4,
    REASON,
    approved,
    moved,
    only,
    paid,
    refused_in,
    requested,
)
from tests.reports.state_corrections_samples import SINCE, close, halted, instead, placed, plant_states, report_state
from tests.reports.state_corrections_samples import reported as said
from tests.samples import SOMEBODY, a_basis, find_small_plan


@pytest.fixture
def planted(stored: Database) -> Database:
    with stored.writing() as session:
        plant_states(session)
    return stored


def state_of(session: Session, quarter: int = Q3, edition: str = "as-corrected") -> str | None:
    id_ = find_small_plan(session).forest.id or 0
    held = states_in(session, [id_], quarter, edition).get(id_)
    return None if held is None else held.state


def listed_state(session: Session) -> str | None:
    row = session.get(ProjectListing, find_small_plan(session).forest.id)
    assert row is not None
    return row.state


# ---- states


def test_a_state_is_corrected_as_of_its_quarter_and_what_was_issued_stays(planted: Database) -> None:
    with planted.writing() as session:
        before = as_issued(session, Q3)
        row = requested(session, instead(session, "ended"))
        assert (state_of(session), listed_state(session)) == ("halted", "halted")
        assert as_issued(session, Q3) == before
        asked = moved(row)
        assert (asked["state", None].before, asked["state", None].after) == ("halted", "ended")
    with planted.writing() as session:
        effects = only(session).effects
        row = approved(session, only(session))
        assert (row.state, row.posted_period, row.effects) == (APPROVED, Q4, effects)
        assert (state_of(session), state_of(session, Q4, AS_ISSUED), listed_state(session)) == ("ended",) * 3
        assert state_of(session, Q3, AS_ISSUED) == "halted"
        assert as_issued(session, Q3) == before
        assert mismatches(session, Q3) == mismatches(session, Q4) == []


def test_the_effect_says_which_counts_and_lamps_change(planted: Database) -> None:
    with planted.writing() as session:
        row = requested(session, instead(session, "ended"))
        plan = moved(row, "plan")
        # Of three projects the one of 90,000,000 leaves; it was halted, and so grey.
        assert (plan["projects", None].before, plan["projects", None].after, plan["projects", None].change) == (
            3,
            2,
            -1,
        )
        assert plan["estimate_fen", None].change == -9000 * 1_000_000
        assert plan["lamp_grey", None].change == -1
        assert moved(row)["lamp", None].after is None


def test_every_closed_quarter_since_then_is_shown(planted: Database) -> None:
    with planted.writing() as session:
        close(session, "Q4")
        row = requested(session, instead(session, "building"))
        found = {one.figure.quarter for one in from_json(row.effects) if one.figure.figure == "state"}
        assert found == {Q3, Q4}


def test_a_state_that_was_withdrawn_leaves_what_held_before_it(planted: Database) -> None:
    with planted.writing() as session:
        approved(session, requested(session, Change(PROJECT_CHANGE, halted(session).id)))
        assert (state_of(session), listed_state(session)) == ("building", "building")
        found = find_state(session, find_small_plan(session).forest.id or 0)
        assert found is not None
        assert found.state == "building"
        assert state_of(session, Q3, AS_ISSUED) == "halted"
        assert halted(session).withdrawn_period == Q4
        trail = session.exec(select(AuditEntry).where(AuditEntry.action == "withdraw-state")).one()
        assert (trail.actor, trail.reason) == (OWNER.name, REASON)
        rebuild(session)
        assert listed_state(session) == "building"


def test_a_state_that_was_forgotten_counts_in_its_quarter(planted: Database) -> None:
    with planted.writing() as session:
        sewage = find_small_plan(session).sewage
        approved(session, requested(session, said(sewage, "building", IN_Q3)))
        row = session.exec(select(ProjectState).where(ProjectState.project_id == sewage.id)).one()
        assert (row.state, row.since_on, row.posted_period, row.recorded_by) == ("building", IN_Q3, Q4, OWNER.name)
        assert (row.document, row.reason) == ("补报文", REASON)


def test_what_is_wrong_with_a_state_is_said_at_its_field(planted: Database) -> None:
    with planted.writing() as session:
        forest = find_small_plan(session).forest
        wrong = refused_in(session, instead(session, "nothing"))
        assert (type(wrong), wrong.field) == (Invalid, "state")
        future = refused_in(session, instead(session, "building", date(2099, 1, 1)))
        assert (type(future), future.field) == (Invalid, "since_on")
        late = said(forest, "building", date(2024, 11, 1))
        assert type(refused_in(session, late)) is OfAnotherQuarter
        asked = requested(session, instead(session, "building"))
        assert asked.state == REQUESTED
        assert type(refused_in(session, instead(session, "slowed"))) is StateTakenBack


def test_a_state_without_a_document_is_on_the_one_of_the_form(planted: Database) -> None:
    with planted.writing() as session:
        problem = refused_in_without_document(session)
        assert (type(problem), problem.field) == (Missing, "document")
        row = requested(session, instead(session, "building", document=None))
        approved(session, row)
        state = session.exec(
            select(ProjectState).where(ProjectState.since_on == SINCE, ProjectState.state == "building")
        )
        assert state.one().document == row.document == "青林函〔2024〕3号"


def refused_in_without_document(session: Session) -> Any:
    with pytest.raises(ManyBroken) as raised:
        requested(session, instead(session, "building", document=None), document=None)
    return raised.value.by_place[0]


def test_somebody_else_approves_and_a_refusal_changes_nothing(planted: Database) -> None:
    with planted.writing() as session:
        row = requested(session, instead(session, "building"))
        with pytest.raises(OwnCorrection):
            approved(session, row, Reviewer(OWNER))
        refuse_correction(session, row, reason="依据不足", allowed=BOTH, by=OFFICE.actor)
        assert row.state == REFUSED
        assert {one.state for one in session.exec(select(ProjectChange))} == {"rejected"}
        assert (state_of(session), halted(session).withdrawn_period) == ("halted", None)
        requested(session, instead(session, "building"))  # asked for again


def test_a_state_reported_since_is_not_approved_over(planted: Database) -> None:
    with planted.writing() as session:
        row = requested(session, instead(session, "building"))
        report_state(session, find_small_plan(session).forest, "building", date(2024, 10, 8), "复工令")
        with pytest.raises(ChangedMeanwhile) as raised:
            approved(session, row)
        assert "天然林" in str(raised.value.facts["what"])


def test_the_page_of_the_correction_shows_what_was_and_what_is(planted: Database) -> None:
    with planted.writing() as session:
        small = find_small_plan(session)
        changes = (instead(session, "building"), said(small.sewage, "slowed", IN_Q3), placed(small.sewage, ARCHIVED))
        facts = correction_sheet(session, requested(session, *changes)).facts
        assert [(one.act, one.was is None) for one in facts] == [(REPLACED, False), (ADDED, True), (ADDED, True)]
        first = facts[0]
        assert (first.was.state, first.new.new_state) == ("halted", "building")
        assert first.place == (small.forest.code, small.forest.name)


def test_only_states_that_hold_are_offered(planted: Database) -> None:
    with planted.writing() as session:
        ids = [find_small_plan(session).forest.id or 0]
        assert [row.state for row, _ in facts_of_projects(session, ids, Q3).states] == ["halted"]
        assert [row.state for row, _ in facts_of_projects(session, ids, 20222).states] == ["building"]
        approved(session, requested(session, Change(PROJECT_CHANGE, halted(session).id)))
        assert facts_of_projects(session, ids, Q3).states == []


def test_the_parts_of_a_package_must_still_add_up(planted: Database) -> None:
    with planted.writing() as session:
        part = find_small_plan(session).parts[0]
        with pytest.raises(PartsDoNotAddUp):
            requested(session, said(part, "ended", IN_Q3))
        assert session.exec(select(ProjectState).where(ProjectState.project_id == part.id)).first() is None


def test_what_was_asked_for_is_not_rewritten(planted: Database) -> None:
    with planted.writing() as session:
        approved(session, requested(session, instead(session, "building")))
    with pytest.raises(DatabaseError), planted.writing() as session:
        session.execute(text("UPDATE project_change SET new_state = 'ended'"))


# ---- archiving and restoring


def test_a_project_is_archived_by_a_correction(planted: Database) -> None:
    with planted.writing() as session:
        before = as_issued(session, Q3)
        small = find_small_plan(session)
        row = requested(session, placed(small.sewage, ARCHIVED))
        asked = moved(row)["state", None]
        assert (asked.before, asked.after) == (None, "archived")
        assert moved(row, "plan")["projects", None].change == -1
        approved(session, row)
        assert (small.sewage.archived_period, small.sewage.archived_reason) == (Q4, REASON)
        assert as_issued(session, Q3) == before
        assert mismatches(session, Q3) == mismatches(session, Q4) == []


def test_an_archived_project_is_restored_and_issued_quarters_stay_without_it(planted: Database) -> None:
    with planted.writing() as session:
        small = find_small_plan(session)
        archive_project(session, small.forest, reason="误归档", expected_version=small.forest.row_version, by=SOMEBODY)
        assert small.forest.archived_period == Q4
        close(session, "Q4")
        with_it, without = as_issued(session, Q3), as_issued(session, Q4)
        row = requested(session, placed(small.forest, RESTORED))
        effect = moved(row)["state", None]
        assert (effect.before, effect.after) == ("archived", "halted")
        approved(session, row)
        assert small.forest.archived_at is None
        assert (as_issued(session, Q3), as_issued(session, Q4)) == (with_it, without)
        listed = session.get(ProjectListing, small.forest.id)
        assert listed is not None
        assert listed.estimate_fen == 9000 * 1_000_000
        assert (len(as_issued(session, 20251)["list"]), len(without["list"])) == (3, 2)
        assert mismatches(session, Q3) == mismatches(session, Q4) == mismatches(session, 20251) == []


def test_a_project_that_was_archived_again_is_out_of_both_times(planted: Database) -> None:
    with planted.writing() as session:
        small = find_small_plan(session)
        archive_project(session, small.sewage, reason="误", expected_version=small.sewage.row_version, by=SOMEBODY)
        close(session, "Q4")
        approved(session, requested(session, placed(small.sewage, RESTORED)))
        archive_project(session, small.sewage, reason="重复", expected_version=small.sewage.row_version, by=SOMEBODY)
        counts = {quarter: len(as_issued(session, quarter)["list"]) for quarter in (Q3, Q4, 20251)}
        assert counts == {Q3: 3, Q4: 2, 20251: 2}
        assert mismatches(session, Q3) == mismatches(session, Q4) == []


def test_what_may_not_be_placed_is_refused(planted: Database) -> None:
    with planted.writing() as session:
        small = find_small_plan(session)
        assert type(refused_in(session, placed(small.forest, RESTORED))) is NotArchived
        requested(session, placed(small.sewage, ARCHIVED))
        assert type(refused_in(session, placed(small.sewage, ARCHIVED))) is AlreadyAskedFor
        paid(session, 10, IN_Q4)
        with pytest.raises(MoneyStands):
            requested(session, placed(small.forest, ARCHIVED))


def test_a_name_that_was_given_again_stands_in_the_way_of_restoring(planted: Database) -> None:
    with planted.writing() as session:
        small = find_small_plan(session)
        archive_project(session, small.sewage, reason="误", expected_version=small.sewage.row_version, by=SOMEBODY)
        assert type(refused_in(session, said(small.sewage, "building", IN_Q3))) is Archived
        values = ProjectValues(
            name=small.sewage.name, programme_id=project_values(session, small.sewage, Q4).programme_id
        )
        create_project(session, small.plan, "qingshan-90", values, a_basis(Q4), by=SOMEBODY)
        assert type(refused_in(session, placed(small.sewage, RESTORED))) is NameTaken
