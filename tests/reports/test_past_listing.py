"""The project list of a past quarter: what held then, in one query, and the same list as the derived one for today."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session

from budgets.estimates import set_estimate
from core.calendar import current_quarter
from core.database import Database
from portfolio.access import OPERATOR_READER, Reach, Reader
from portfolio.editing import archive_project, change_state, create_project, edit_project
from portfolio.project_list import SORTS, Cursor, ProjectFilter, every_row, page_of, plans_among
from portfolio.project_totals import ListTotals, totals_of
from portfolio.values import ProjectValues, project_values
from reports.past_listing import listing_at
from reports.rollup import Scope, whole
from tests.samples import SOMEBODY, WAN, SmallPlan, a_basis, find_small_plan, identity, make_small_plan

BEFORE, AFTER = 20242, 20243
EVERYTHING = ProjectFilter()


@pytest.fixture
def changed(stored: Database) -> Database:
    """The small plan after 2024Q3, in which lead, body, heading, estimate and state of its projects changed."""
    with stored.writing() as session:
        small = find_small_plan(session)
        values = replace(
            project_values(session, small.forest, AFTER),
            programme_id=small.packages.id,
            lead_id=small.water_office.id,
            body_id=small.company.id,
        )
        version = small.forest.row_version
        edit_project(session, small.forest, values, a_basis(AFTER), expected_version=version, by=SOMEBODY)
        set_estimate(session, small.forest, 30_000 * WAN, a_basis(AFTER), by=SOMEBODY)
        _report(session, small.sewage, "building", date(2024, 6, 30))
        _report(session, small.sewage, "ended", date(2024, 7, 1))
        late = ProjectValues(name="后来的项目", programme_id=small.cleaning.id)
        create_project(session, small.plan, "qingshan-04", late, a_basis(AFTER), by=SOMEBODY)
    return stored


def _report(session: Session, project: Any, state: str, day: date) -> None:
    change_state(session, project, state, since_on=day, document="青政办〔2024〕7号", reason=None, by=SOMEBODY)


def _page(session: Session, quarter: int, chosen: ProjectFilter = EVERYTHING, sort: str = "order", **how: Any) -> Any:
    source = listing_at(session, OPERATOR_READER, quarter, sort=sort)
    return page_of(session, OPERATOR_READER, chosen, source=source, sort=sort, **how)


def _codes(session: Session, quarter: int, chosen: ProjectFilter = EVERYTHING, **how: Any) -> list[str]:
    return [row.code[-2:] for row in _page(session, quarter, chosen, **how).rows]


def _totals(session: Session, quarter: int, chosen: ProjectFilter = EVERYTHING) -> ListTotals:
    source = listing_at(session, OPERATOR_READER, quarter, sort="order")
    return totals_of(session, OPERATOR_READER, chosen, source)


# ---- what held then


def test_a_quarter_shows_what_held_at_its_end(changed: Database) -> None:
    with changed.reading() as session:
        before, after = ({row.code: row for row in _page(session, quarter).rows} for quarter in (BEFORE, AFTER))
        names = ("programme", "package", "lead", "body", "estimate_fen")
        then, later = ([getattr(rows["qingshan-01"], name) for name in names] for rows in (before, after))
        assert then == ["国土绿化工程", None, "qingshan林业局", "qingshan林业局", 9_000 * WAN]
        assert later == ["国土绿化工程", "水源涵养工程", "qingshan水利局", "qingshan青山水务有限公司", 30_000 * WAN]
        assert (before["qingshan-03"].state, after["qingshan-03"].state) == ("building", "ended")
        assert (before["qingshan-01"].state, before["qingshan-02"].parts) == (None, 2)


def test_a_project_is_in_no_list_before_its_first_quarter(changed: Database) -> None:
    with changed.reading() as session:
        assert _codes(session, BEFORE) == ["01", "02", "03"]
        assert _codes(session, AFTER) == ["01", "02", "03", "04"]
        assert _codes(session, 20204) == []
        assert _totals(session, 20204) == ListTotals(0, 0, None)


def test_an_archived_project_is_in_no_list(changed: Database) -> None:
    with changed.writing() as session:
        forest = find_small_plan(session).forest
        archive_project(session, forest, reason="重复", expected_version=forest.row_version, by=SOMEBODY)
    with changed.reading() as session:
        assert _codes(session, BEFORE) == ["02", "03"]


def test_a_package_without_its_own_estimate_counts_its_parts_as_they_were_then(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        set_estimate(session, small.water, None, a_basis(20242), by=SOMEBODY)
        set_estimate(session, small.parts[0], 12_000 * WAN, a_basis(20243), by=SOMEBODY)
        _report(session, small.parts[1], "ended", date(2024, 12, 31))
    with stored.reading() as session:
        chosen = ProjectFilter(text="再生水")
        amounts = [_page(session, quarter, chosen).rows[0].estimate_fen for quarter in (20241, 20242, 20243, 20244)]
        assert amounts == [25_000 * WAN, 25_000 * WAN, 27_000 * WAN, 12_000 * WAN]
        assert all(type(amount) is int for amount in amounts)
        for quarter in (20242, 20243, 20244):
            assert (
                _totals(session, quarter).estimate_fen == whole(session, OPERATOR_READER, Scope(quarter)).estimate_fen
            )


def _filters(small: SmallPlan) -> list[tuple[ProjectFilter, list[str], list[str]]]:
    return [
        (ProjectFilter(lead_id=small.forestry.id), ["01"], []),
        (ProjectFilter(lead_id=small.water_office.id), ["02"], ["01", "02"]),
        (ProjectFilter(no_lead=True), ["03"], ["03", "04"]),
        (ProjectFilter(programme_id=small.packages.id), ["02"], ["01", "02"]),
        (ProjectFilter(programme_id=small.greening.id), ["01", "02"], ["01", "02"]),
        (ProjectFilter(programme_id=small.cleaning.id), ["03"], ["03", "04"]),
        (ProjectFilter(has_estimate=False), ["03"], ["03", "04"]),
        (ProjectFilter(year=2025), ["01"], ["01"]),
        (ProjectFilter(no_years=True), ["03"], ["03", "04"]),
        (ProjectFilter(text="工程"), ["01", "02", "03"], ["01", "02", "03"]),
        (ProjectFilter(text="天然 林", plan_id=small.plan.id), ["01"], ["01"]),
    ]


def test_filters_narrow_to_what_held_then_and_totals_follow(changed: Database) -> None:
    with changed.reading() as session:
        for chosen, before, after in _filters(find_small_plan(session)):
            assert (_codes(session, BEFORE, chosen), _codes(session, AFTER, chosen)) == (before, after), chosen
            for quarter in (BEFORE, AFTER):
                counting = [row for row in _page(session, quarter, chosen).rows if row.state != "ended"]
                amounts = [row.estimate_fen for row in counting if row.estimate_fen is not None]
                totals = _totals(session, quarter, chosen)
                assert (totals.projects, totals.estimate_fen) == (len(counting), sum(amounts) if amounts else None)


def test_the_order_is_that_of_the_values_then(changed: Database) -> None:
    with changed.reading() as session:
        for sort, before, after in (
            ("estimate", ["01", "02", "03"], ["02", "01", "03", "04"]),
            ("lead", ["01", "02", "03"], ["01", "02", "03", "04"]),
            ("programme", ["01", "02", "03"], ["01", "02", "03", "04"]),
        ):
            assert _codes(session, BEFORE, sort=sort) == before, sort
            assert _codes(session, AFTER, sort=sort) == after, sort
        assert _codes(session, BEFORE, sort="programme", descending=True) == ["03", "02", "01"]
        assert _codes(session, AFTER, sort="programme", descending=True) == ["04", "03", "02", "01"]
        assert _codes(session, BEFORE, sort="lead", descending=True) == ["02", "01", "03"]


# ---- totals, pages, and the same by the other way


def test_the_sum_at_the_top_is_that_of_the_roll_up_in_every_quarter(changed: Database) -> None:
    sums = set()
    with changed.reading() as session:
        for quarter in [year * 10 + number for year in range(2020, 2027) for number in (1, 2, 3, 4)]:
            figures, totals = whole(session, OPERATOR_READER, Scope(quarter)), _totals(session, quarter)
            assert (totals.projects, totals.estimate_fen) == (figures.projects, figures.estimate_fen), quarter
            sums.add((totals.projects, totals.ended, totals.estimate_fen))
    assert sums == {(0, 0, None), (3, 0, 34_000 * WAN), (3, 1, 55_000 * WAN)}


ORDERS = [(sort, descending) for sort in SORTS for descending in (False, True)]


def test_the_real_plans_of_this_quarter_are_listed_alike_by_both_ways(loaded: Database) -> None:
    with loaded.reading() as session:
        for sort, descending in ORDERS:
            source = listing_at(session, OPERATOR_READER, current_quarter(), sort=sort)
            how: dict[str, Any] = {"sort": sort, "descending": descending}
            derived = list(every_row(session, OPERATOR_READER, EVERYTHING, **how))
            made = list(every_row(session, OPERATOR_READER, EVERYTHING, source=source, **how))
            assert len(derived) > 100
            for one, other in zip(derived, made, strict=True):
                same = one._asdict() if sort == "programme" else one._asdict() | {"programme_sort": None}
                assert other._asdict() == same
        here, there = (totals_of(session, OPERATOR_READER, EVERYTHING, *at) for at in ((), (source,)))
        assert here == there


def test_pages_of_a_past_quarter_join_to_the_whole_list(loaded: Database) -> None:
    with loaded.reading() as session:
        for sort, descending in ORDERS:
            source = listing_at(session, OPERATOR_READER, 20232, sort=sort)
            how: dict[str, Any] = {"source": source, "sort": sort, "descending": descending}
            wanted = [row.project_id for row in every_row(session, OPERATOR_READER, EVERYTHING, **how)]
            assert len(set(wanted)) == len(wanted) == totals_of(session, OPERATOR_READER, EVERYTHING, source).projects
            visited: list[int] = []
            after: Cursor | None = None
            while len(visited) <= len(wanted):
                page = page_of(session, OPERATOR_READER, EVERYTHING, after=after, size=13, **how)
                visited += [row.project_id for row in page.rows]
                after = page.following
                if after is None:
                    break
            assert visited == wanted, (sort, descending)


def test_a_reader_sees_only_its_plans_in_a_past_quarter_too(changed: Database) -> None:
    with changed.writing() as session:
        other = make_small_plan(session, "lushui", jurisdiction="999900")
        ids = frozenset({identity(other.plan)})
    reader = Reader(OPERATOR_READER.actor, (Reach("office", ids, None),))
    with changed.reading() as session:
        for sort in SORTS:
            source = listing_at(session, reader, BEFORE, sort=sort)
            rows = page_of(session, reader, EVERYTHING, source=source, sort=sort).rows
            assert {row.plan_id for row in rows} == ids
        assert totals_of(session, reader, EVERYTHING, source).projects == 3
        assert plans_among(session, reader, EVERYTHING, [1, 2, 3], source) == list(ids)


def test_a_page_takes_one_query_whatever_its_length_and_the_totals_two(changed: Database) -> None:
    said: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    with changed.reading() as session:
        source = listing_at(session, OPERATOR_READER, AFTER, sort="order")
        event.listen(changed.engine, "before_cursor_execute", hear)
        for size in (1, 3):
            page_of(session, OPERATOR_READER, EVERYTHING, source=source, size=size)
        totals_of(session, OPERATOR_READER, EVERYTHING, source)
        event.remove(changed.engine, "before_cursor_execute", hear)
    assert len([statement for statement in said if statement.lstrip().upper().startswith(("SELECT", "WITH"))]) == 4
