"""How the sums of works are read: from a covering index alone, quickly, and never otherwise than the roll-up of works says."""

from random import Random
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlmodel import Session

from core.database import Database
from core.units import converted
from portfolio.access import OPERATOR_READER, Reader, reader_of
from portfolio.facts import AS_CORRECTED, AS_ISSUED
from reports.indicator_amounts import amounts_by_plan
from reports.money_queries import keyed_leaves, projects_in
from reports.rollup import Scope
from reports.work_queries import leaves_by_plan, work_sums
from reports.works import works_rollup
from tests.databases import on_both, on_sqlite, plant
from tests.milestones.work_samples import measure_id
from tests.reports.work_rows import UNITS, a_family, put_family, put_reversal
from tests.samples import find_small_plan, make_person

EARLIER = (("alive", 20234), ("verified", 20224))
NOW = 20254


def report(database: Database) -> None:
    """Families of reports, some undone; among them reports of 0, and one that is all that there is of its kind."""
    dice = Random(5)
    with database.writing() as session:
        small = find_small_plan(session)
        for _ in range(60):
            family = put_family(session, a_family(session, dice))
            if dice.random() < 0.3 and len(family) == 1:
                put_reversal(session, family[0], posted=20254)
        alone = put_family(session, a_row(session, small.forest.id or 0, "独自", "座", 3_000_000))
        put_reversal(session, alone[0], posted=20244)
        put_family(session, a_row(session, small.sewage.id or 0, "零", "处", 0))
        session.execute(text("ANALYZE"))


def a_row(session: Session, project_id: int, measure: str, unit: str, micro: int) -> Any:
    from tests.reports.work_rows import Row

    return Row(project_id, measure_id(session, measure, unit), unit, "claimed", micro, 20234, 20234)


reported = on_sqlite(plant, report)
works = on_both(plant, report)


def how(session: Session, reader: Reader, scope: Scope, *, exact: bool) -> list[str]:
    """SQLite's own account of how it reads the inner grouping of the entries."""
    inner = work_sums(scope, projects_in(reader, scope), earlier=EARLIER, exact=exact).element
    sql = str(inner.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
    return [row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("edition", [AS_CORRECTED, AS_ISSUED])
def test_works_are_read_from_a_covering_index_in_its_order(reported: Database, edition: str, exact: bool) -> None:
    with reported.reading() as session:
        steps = how(session, OPERATOR_READER, Scope(NOW, edition=edition), exact=exact)
    assert "USING COVERING INDEX ix_work_entry_" in steps[0], steps
    assert not [step for step in steps if "TEMP B-TREE" in step], steps


@pytest.mark.parametrize("edition", [AS_CORRECTED, AS_ISSUED])
def test_the_works_of_one_plan_are_looked_up_in_the_index(reported: Database, edition: str) -> None:
    with reported.writing() as session:
        plan = find_small_plan(session).plan
        reader = reader_of(session, make_person(session, "there", "office", plan=plan))
        plan_ids = frozenset({plan.id or 0})
    with reported.reading() as session:
        for who, scope in ((reader, Scope(NOW, None, edition)), (OPERATOR_READER, Scope(NOW, plan_ids, edition))):
            steps = how(session, who, scope, exact=False)
            assert "USING COVERING INDEX ix_work_entry_" in steps[0], steps
            assert "(state=? AND project_id=?)" in steps[0], steps


def test_all_indicators_take_the_same_few_queries(reported: Database) -> None:
    asked: list[str] = []
    with reported.reading() as session:
        measures = [measure_id(session, name, units[0]) for name, units in UNITS.items()]
        event.listen(session.connection(), "before_cursor_execute", lambda *given: asked.append(given[2]))
        for some in (measures[:1], measures):
            asked.clear()
            amounts_by_plan(session, OPERATOR_READER, Scope(NOW), some, lagged={("surviving", 1), ("verified", 2)})
            # Links, planned quantities, entries, those with a sum of 0 again, overlaps.
            assert len(asked) <= 5, asked


def test_the_leaves_of_a_plan_are_those_of_every_other_roll_up(works: Database) -> None:
    with works.reading() as session:
        for scope in (Scope(NOW), Scope(20211), Scope(NOW, frozenset({find_small_plan(session).plan.id or 0}))):
            one = leaves_by_plan(OPERATOR_READER, scope, projects_in(OPERATOR_READER, scope))
            other = keyed_leaves(OPERATOR_READER, scope, ("plan", "project"), 1, projects_in(OPERATOR_READER, scope))
            rows = session.execute(one.select()).all()
            keyed = [other.c.leaf_id, other.c.key_plan, other.c.key_project]
            assert sorted(rows) == sorted(session.execute(other.select().with_only_columns(*keyed)).all())
            assert rows or scope.quarter == 20211


@pytest.mark.parametrize("edition", [AS_CORRECTED, AS_ISSUED])
def test_amounts_of_indicators_are_those_of_the_roll_up_of_works(works: Database, edition: str) -> None:
    """Reported 0 is 0, and what was all reversed is nothing, also where the quick sums alone could not tell."""
    with works.reading() as session:
        every = {name: measure_id(session, name, units[0]) for name, units in UNITS.items()}
        every |= {"独自": measure_id(session, "独自", "座"), "零": measure_id(session, "零", "处")}
        for quarter in (20224, 20234, 20242, NOW):
            scope = Scope(quarter, edition=edition)
            rollup = works_rollup(session, OPERATOR_READER, scope, ("plan",), measure_ids=every.values())
            wanted = {(row.ids[0], row.measure_id): row for row in rollup}
            found = amounts_by_plan(session, OPERATOR_READER, scope, every.values())
            for plan_id, by_measure in found.items():
                for measure, (one,) in by_measure.items():
                    row = wanted.pop((plan_id, measure), None)
                    for name in ("planned", "claimed", "verified", "surviving"):
                        value, expected = getattr(one, name), None if row is None else getattr(row, name)
                        shown = None if value is None or row is None else converted(value, one.unit, row.unit)
                        assert shown == expected, (quarter, name)
            assert all(row.planned is row.claimed is None for row in wanted.values())
        alone, nothing = (found[plan_id][every[name]][0].claimed for name in ("独自", "零"))
        assert (alone, nothing) == (None, 0)
