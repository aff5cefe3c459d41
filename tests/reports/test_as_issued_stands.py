"""What was issued of a quarter never moves: not by a state or an archiving that is reported later, nor by what is edited."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from budgets.archiving import archive_project
from budgets.estimates import set_estimate
from budgets.leaving_parts import archive_part, change_part_state
from budgets.packages import NewAmount, NewPart, add_parts
from core.calendar import next_quarter, quarter_name
from core.database import Database
from core.errors import Broken
from milestones.quantity_changes import record_quantity
from milestones.quantity_values import NewQuantity
from portfolio.access import OPERATOR_READER
from portfolio.editing import StateOfClosedQuarter, change_state, create_project, edit_project
from portfolio.periods import HoldsInClosedQuarter
from portfolio.projects import Project
from portfolio.values import Basis, ProjectValues, project_values
from reports.rollup import Scope, estimate_rollup, whole
from reports.self_check import mismatches
from tests.databases import on_sqlite, plant
from tests.milestones.work_samples import claimed
from tests.reports.as_issued_samples import as_issued, close, with_lamps
from tests.reports.money_samples import day_in, put_entry
from tests.reports.state_corrections_samples import restored, taken_back
from tests.samples import SOMEBODY, WAN, SmallPlan, a_basis, find_small_plan, identity

LAST = 20244  # the quarter that is closed in the single cases
LATER = next_quarter(LAST)
Step = Callable[[Session, SmallPlan], None]


def ended(session: Session, small: SmallPlan) -> None:
    change_state(session, small.forest, "ended", since_on=date(2024, 5, 6), document="文", reason="漏报", by=SOMEBODY)


def archived(session: Session, small: SmallPlan) -> None:
    version = small.sewage.row_version
    archive_project(session, small.sewage, reason="重复", expected_version=version, by=SOMEBODY)


def a_part_left(session: Session, small: SmallPlan) -> None:
    left = {identity(small.water): NewAmount("estimate", 10_000 * WAN, small.water.row_version)}
    part = small.parts[1]
    archive_part(session, part, left, reason="取消", document="文", expected_version=part.row_version, by=SOMEBODY)


def a_part_ended(session: Session, small: SmallPlan) -> None:
    left = {identity(small.water): NewAmount("estimate", 10_000 * WAN, small.water.row_version)}
    day = date(2024, 5, 6)
    change_part_state(session, small.parts[1], "ended", left, since_on=day, document="文", reason="漏报", by=SOMEBODY)


def a_part_came(session: Session, small: SmallPlan) -> None:
    parts, version = [NewPart(1, "一期", 700 * WAN)], small.sewage.row_version
    add_parts(session, small.sewage, parts, {}, a_basis(LATER), expected_version=version, by=SOMEBODY)


@pytest.mark.parametrize(
    "step", [ended, archived, a_part_left, a_part_ended, a_part_came], ids=lambda one: one.__name__
)
def test_what_is_reported_after_closing_does_not_move_what_was_issued(stored: Database, step: Step) -> None:
    with stored.writing() as session:
        small = with_lamps(session, find_small_plan(session))
        claimed(session, small.forest, on=date(2024, 5, 6))
        close(session, small, LAST)
        before = as_issued(session, LAST)
        now = as_issued(session, LATER)
        step(session, small)
        assert as_issued(session, LAST) == before
        assert as_issued(session, LATER) != now  # the next one knows of it
        assert mismatches(session, LATER) == []
        assert mismatches(session, LAST) == []


def test_as_corrected_a_late_state_counts_in_its_quarter(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        close(session, small, LAST)
        ended(session, small)
        corrected = [whole(session, OPERATOR_READER, Scope(quarter)).projects for quarter in (20241, 20242, LAST)]
        assert corrected == [3, 2, 2]


def test_a_state_dated_in_a_closed_quarter_needs_a_reason(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        close(session, small, LAST)
        day = date(2024, 5, 6)
        with pytest.raises(StateOfClosedQuarter) as refusal:
            change_state(session, small.forest, "ended", since_on=day, document="文", reason=" ", by=SOMEBODY)
        assert refusal.value.facts["open"] == quarter_name(LATER)
        row = change_state(session, small.forest, "ended", since_on=day, document="文", reason="漏报", by=SOMEBODY)
        assert row.posted_period == LATER
        day = date(2025, 5, 6)
        row = change_state(session, small.sewage, "ended", since_on=day, document="文", reason=None, by=SOMEBODY)
        assert row.posted_period == 20252


# ---- what holds from a quarter on


def a_lead(session: Session, small: SmallPlan, quarter: int) -> Any:
    held = project_values(session, small.forest, quarter)
    values = ProjectValues(**{**held.__dict__, "lead_id": small.water_office.id})
    return edit_project(session, small.forest, values, a_basis(quarter), expected_version=1, by=SOMEBODY)


def a_heading(session: Session, small: SmallPlan, quarter: int) -> Any:
    held = project_values(session, small.forest, quarter)
    values = ProjectValues(**{**held.__dict__, "programme_id": small.cleaning.id})
    return edit_project(session, small.forest, values, a_basis(quarter), expected_version=1, by=SOMEBODY)


def some_years(session: Session, small: SmallPlan, quarter: int) -> Any:
    held = project_values(session, small.forest, quarter)
    values = ProjectValues(**{**held.__dict__, "first_year": 2023, "last_year": 2024})
    return edit_project(session, small.forest, values, a_basis(quarter), expected_version=1, by=SOMEBODY)


def an_estimate(session: Session, small: SmallPlan, quarter: int) -> Any:
    return set_estimate(session, small.forest, 8_000 * WAN, a_basis(quarter), by=SOMEBODY)


def a_quantity(session: Session, small: SmallPlan, quarter: int) -> Any:
    new = NewQuantity("营造林面积", "30", "亩", "=", wording="增补30亩")
    return record_quantity(session, small.forest, new, a_basis(quarter), by=SOMEBODY)


def a_project(session: Session, small: SmallPlan, quarter: int) -> Any:
    values = ProjectValues("新增项目", small.cleaning.id)
    return create_project(session, small.plan, "qingshan-09", values, a_basis(quarter), by=SOMEBODY)


def a_part(session: Session, small: SmallPlan, quarter: int) -> Any:
    version = small.sewage.row_version
    return add_parts(
        session, small.sewage, [NewPart(1, "一期", None)], {}, a_basis(quarter), expected_version=version, by=SOMEBODY
    )


CHANGES = [a_lead, a_heading, some_years, an_estimate, a_quantity, a_project, a_part]


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
def test_nothing_begins_to_hold_in_a_closed_quarter(stored: Database, change: Callable[..., Any]) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        close(session, small, LAST)
        before = as_issued(session, LAST)
        with pytest.raises(HoldsInClosedQuarter) as refusal, session.begin_nested():
            change(session, small, LAST)
        assert (refusal.value.facts["found"], refusal.value.facts["open"]) == ("2024Q4", "2025Q1")
        assert change(session, small, LATER)
        assert as_issued(session, LAST) == before


def test_what_the_plan_says_anew_holds_from_the_first_open_quarter(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        close(session, small, LAST)
        with pytest.raises(HoldsInClosedQuarter), session.begin_nested():
            set_estimate(session, small.forest, 1, Basis(small.plan.start, from_plan=True), by=SOMEBODY)


def test_years_that_change_hold_from_their_quarter_on(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        for quarter, years in ((20233, (2022, 2026)), (20241, (2023, 2026)), (20234, (2021, 2024))):
            held = project_values(session, small.forest, quarter)
            values = ProjectValues(**{**held.__dict__, "first_year": years[0], "last_year": years[1]})
            version = small.forest.row_version
            edit_project(session, small.forest, values, a_basis(quarter), expected_version=version, by=SOMEBODY)
        said = []
        for quarter in (20232, 20233, 20234, 20254):
            rows = estimate_rollup(session, OPERATOR_READER, Scope(quarter), ("project", "first_year", "last_year"))
            said += [row.keys[1:] for row in rows if row.keys[0] == "qingshan-01"]
            assert mismatches(session, quarter) == []
        assert said == [(2022, 2025), (2022, 2026), (2021, 2024), (2021, 2024)]


# ---- anything, in any order

planted = on_sqlite(plant)
PROJECT = st.integers(0, 3)
QUARTER = st.sampled_from([20221, 20224, 20232, 20241, 20244, 20253])
STEP = st.one_of(
    st.tuples(st.just("money"), PROJECT, QUARTER),
    st.tuples(st.just("works"), PROJECT, QUARTER),
    st.tuples(st.just("state"), PROJECT, QUARTER, st.sampled_from(["building", "finished", "ended", "not_started"])),
    st.tuples(st.just("archive"), PROJECT),
    st.tuples(st.just("restore"), PROJECT, QUARTER),
    st.tuples(st.just("withdraw"), PROJECT),
    st.tuples(st.just("lead"), PROJECT, QUARTER),
    st.tuples(st.just("years"), PROJECT, QUARTER, st.sampled_from([(None, None), (2021, 2023), (2023, 2025)])),
    st.tuples(st.just("estimate"), PROJECT, QUARTER, st.integers(1, 900)),
    st.tuples(st.just("quantity"), PROJECT, QUARTER, st.integers(1, 900)),
    st.tuples(st.just("part"), PROJECT, QUARTER),
    st.tuples(st.just("close")),
)


class Run:
    """One random sequence over the small plan, and what every quarter said when it was closed."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.small = with_lamps(session, find_small_plan(session))
        small = self.small
        self.projects: tuple[Project, ...] = (small.forest, small.sewage, *small.parts)
        self.closed = 0
        self.said: dict[int, Any] = {}

    def step(self, what: str, place: int = 0, quarter: int = 0, more: Any = None) -> None:
        if what == "close":
            return self._close()
        try:
            with self.session.begin_nested():
                getattr(self, f"_{what}")(self.projects[place], quarter, more)
                self.session.flush()
        except Broken:
            pass  # what is refused changes nothing
        self.session.expire_all()
        return None

    def _close(self) -> None:
        following = {0: 20222, 20222: 20232, 20232: 20241, 20241: 20244, 20244: 20253}
        if self.closed in following:
            self.closed = following[self.closed]
            close(self.session, self.small, self.closed)
            self.said[self.closed] = as_issued(self.session, self.closed)

    def _posted(self, quarter: int) -> int:
        return max(quarter, next_quarter(self.closed)) if self.closed else quarter

    def _money(self, project: Project, quarter: int, more: Any) -> None:
        put_entry(self.session, project, "work_done", 5 * WAN, quarter, posted=self._posted(quarter))

    def _works(self, project: Project, quarter: int, more: Any) -> None:
        claimed(self.session, project, on=day_in(quarter), correction_reason="漏报")

    def _state(self, project: Project, quarter: int, more: str) -> None:
        said = {"since_on": day_in(quarter), "document": "文", "reason": "漏报", "by": SOMEBODY}
        change_state(self.session, project, more, **said)  # type: ignore[arg-type]

    def _archive(self, project: Project, quarter: int, more: Any) -> None:
        archive_project(self.session, project, reason="误", expected_version=project.row_version, by=SOMEBODY)

    def _restore(self, project: Project, quarter: int, more: Any) -> None:
        restored(self.session, project, quarter)

    def _withdraw(self, project: Project, quarter: int, more: Any) -> None:
        taken_back(self.session, project)

    def _lead(self, project: Project, quarter: int, more: Any) -> None:
        held = project_values(self.session, project, quarter)
        values = ProjectValues(**{**held.__dict__, "lead_id": self.small.water_office.id})
        edit_project(self.session, project, values, a_basis(quarter), expected_version=project.row_version, by=SOMEBODY)

    def _years(self, project: Project, quarter: int, more: tuple[int | None, int | None]) -> None:
        held = project_values(self.session, project, quarter)
        values = ProjectValues(**{**held.__dict__, "first_year": more[0], "last_year": more[1]})
        edit_project(self.session, project, values, a_basis(quarter), expected_version=project.row_version, by=SOMEBODY)

    def _estimate(self, project: Project, quarter: int, more: int) -> None:
        set_estimate(self.session, project, more * WAN, a_basis(quarter), by=SOMEBODY)

    def _quantity(self, project: Project, quarter: int, more: int) -> None:
        new = NewQuantity("营造林面积", str(more), "亩", "=", wording=f"{more}亩")
        record_quantity(self.session, project, new, a_basis(quarter), by=SOMEBODY)

    def _part(self, project: Project, quarter: int, more: Any) -> None:
        parts, version = [NewPart(1, "新增", None)], project.row_version
        add_parts(self.session, project, parts, {}, a_basis(quarter), expected_version=version, by=SOMEBODY)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=4, max_size=16))
def test_no_sequence_of_facts_moves_what_was_issued(planted: Database, steps: list[tuple[Any, ...]]) -> None:
    with planted.writing() as session:
        run = Run(session)
        for one in steps:
            run.step(*one)
        for quarter, said in run.said.items():
            assert as_issued(session, quarter) == said, quarter
        session.rollback()
