"""Approving everything that a filter shows, in the background."""

from budgets.approval import approve_entries
from core.database import Database
from core.working import work_off
from tests.databases import on_both, on_sqlite, plant
from tests.web.ledger_visits import FOREST, REVIEWER, add_sources, entries, ledger_app, listed_fen, recorded
from tests.web.project_visits import department
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role
from web.job_handlers import HANDLERS

database, sqlite_database = on_both(plant, add_sources), on_sqlite(plant, add_sources)

WAITING = "/money/waiting"


def test_the_button_stands_only_where_there_is_more_than_a_page(sqlite_database: Database):
    app = ledger_app(sqlite_database)
    finance = visitor_with_role(app, "finance")
    for wan in range(1, 51):
        recorded(sqlite_database, wan=wan, state="submitted")
    assert 'value="approve-all"' not in finance.get(WAITING).text
    recorded(sqlite_database, wan=51, state="submitted")
    assert "审核通过筛选出的全部 51 笔" in finance.get(WAITING).text


def test_all_of_the_filter_are_approved_and_nothing_else(database: Database):
    app = ledger_app(database)
    person = person_in(database, "chen", "finance")
    finance = signed_in_visitor(app, person)
    wanted = {recorded(database, wan=wan, state="submitted") for wan in (1, 2, 4)}
    own = recorded(database, wan=8, state="submitted", by=person.actor)
    other_stage = recorded(database, stage="received", wan=16, state="submitted")
    works = recorded(database, stage="work_done", wan=32, state="submitted")
    answer = finance.post(f"{WAITING}?stage=paid", data={"act": "approve-all", "request_key": "one"})
    assert answer.status_code == 303
    job = answer.headers["location"]
    gone = next(iter(wanted))
    with database.writing() as session:  # somebody was quicker with one of them
        approve_entries(session, [gone], by=REVIEWER)
    assert work_off(database, HANDLERS) == 1
    page = finance.get(job).text
    assert "已审核通过 2 笔" in page
    assert "另有 1 笔已由他人处理" in page
    states = {row.id: row.state for row in entries(database)}
    assert {id_ for id_, state in states.items() if state == "approved"} == wanted
    assert states[own] == states[other_stage] == states[works] == "submitted"
    assert listed_fen(database, FOREST) == 7_000_000
    again = finance.post(f"{WAITING}?stage=paid", data={"act": "approve-all", "request_key": "one"})
    assert again.headers["location"] == job


def test_who_approves_nothing_cannot_start_it(sqlite_database: Database):
    app = ledger_app(sqlite_database)
    recorded(sqlite_database, state="submitted")
    owner = signed_in_visitor(
        app, person_in(sqlite_database, "owner", "owner", department=department(sqlite_database, "林业局"))
    )
    assert owner.post(WAITING, data={"act": "approve-all"}).status_code == 404


def test_rights_are_those_at_the_time_of_the_work(sqlite_database: Database):
    app = ledger_app(sqlite_database)
    person = person_in(sqlite_database, "chen", "finance")
    finance = signed_in_visitor(app, person)
    recorded(sqlite_database, state="submitted")
    job = finance.post(WAITING, data={"act": "approve-all"}).headers["location"]
    with sqlite_database.writing() as session:
        held = session.merge(person)
        held.active = False
        session.add(held)
    work_off(sqlite_database, HANDLERS)
    assert [row.state for row in entries(sqlite_database)] == ["submitted"]
    assert job.startswith("/jobs/")
