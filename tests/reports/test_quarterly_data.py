"""The canonical data of the report: the same whoever asks and on whichever database, every row with a key of its own."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event

from budgets.estimates import set_estimate
from core.database import Database
from portfolio.access import reader_of
from reports.quarterly_data import canonical_data, canonical_record
from tests.reports.money_samples import put_entry
from tests.reports.quarter_samples import NOW, WAN, plant_quarter
from tests.reports.reading_workbooks import report_of
from tests.samples import (
    SOMEBODY,
    a_basis,
    find_small_plan,
    make_person,
    make_plan,
    make_programme,
    make_project,
    make_small_plan,
)


@pytest.fixture
def planted(stored: Database) -> Database:
    with stored.writing() as session:
        plant_quarter(session)
    return stored


def test_the_canonical_data_do_not_depend_on_who_asks(planted: Database) -> None:
    with planted.writing() as session:
        plan = find_small_plan(session).plan
        reader = reader_of(session, make_person(session, "one", "leader", plan=plan))
    mine, theirs = report_of(planted, "qingshan"), report_of(planted, "qingshan", reader=reader)
    assert mine.cover.generated_for != theirs.cover.generated_for
    assert canonical_data(mine) == canonical_data(theirs)
    assert canonical_data(mine).endswith(b"}\n")


def test_the_canonical_data_are_the_same_on_both_databases(
    sqlite_database: Database, postgresql_database: Database
) -> None:
    found = []
    for number, database in enumerate((sqlite_database, postgresql_database)):
        with database.writing() as session:
            if number:  # other ids: somebody began something else before
                make_plan(session, "before")
            make_small_plan(session)
        with database.writing() as session:
            plant_quarter(session)
        found.append([canonical_data(report_of(database, "qingshan", period)) for period in ("2024Q4", "2025FINAL")])
    assert found[0] == found[1]


def test_every_row_of_the_canonical_data_has_a_key_of_its_own(planted: Database) -> None:
    record = json.loads(canonical_data(report_of(planted, "qingshan")))
    assert record == json.loads(json.dumps(canonical_record(report_of(planted, "qingshan"))))

    def lists(value: Any) -> Iterator[list[dict[str, Any]]]:
        for one in value.values() if isinstance(value, dict) else ():
            if isinstance(one, list) and one and all(isinstance(row, dict) for row in one):
                yield one
                for row in one:
                    yield from lists(row)
            else:
                yield from lists(one)

    found = list(lists(record))
    assert len(found) > 8
    for rows in found:
        name = next(name for name in ("code", "key", "name") if all(name in row for row in rows))
        assert len({row[name] for row in rows}) == len(rows)


# ---- how many statements


def counted(database: Database, work: Callable[[], object]) -> int:
    statements: list[str] = []

    def keep(*given: Any) -> None:
        statements.append(given[2])

    event.listen(database.engine, "before_cursor_execute", keep)
    try:
        work()
    finally:
        event.remove(database.engine, "before_cursor_execute", keep)
    return len(statements)


def test_ten_times_the_projects_take_no_more_statements(sqlite_stored: Database) -> None:
    with sqlite_stored.writing() as session:
        plant_quarter(session)
    few = counted(sqlite_stored, lambda: report_of(sqlite_stored, "qingshan"))
    with sqlite_stored.writing() as session:
        small = find_small_plan(session)
        more = make_programme(session, small.plan, "more", "其他工程", position=3)
        for number in range(30):
            project = make_project(session, small.plan, f"q-{number}", f"其他项目{number}", more, lead=small.forestry)
            set_estimate(session, project, WAN, a_basis(20211), by=SOMEBODY)
            put_entry(session, project, "work_done", WAN, NOW)
            put_entry(session, project, "work_done", WAN, 20241, posted=NOW)
    report = report_of(sqlite_stored, "qingshan")
    assert (len(report.rows), len(report.corrections)) == (33, 35)
    assert counted(sqlite_stored, lambda: report_of(sqlite_stored, "qingshan")) == few
