"""Accepting and sending back reports of milestones, many at once."""

from datetime import date

from sqlmodel import select

from core.database import Database
from core.people import Person
from milestones.milestone_reports import report_milestone
from milestones.milestones import ACTUAL, FORECAST
from milestones.report_rules import NewMilestoneReport
from tests.milestones.milestone_samples import milestone
from tests.web.ledger_visits import ticked
from tests.web.milestone_visits import HERE, milestone_app, reported, reports
from tests.web.project_visits import department
from tests.web.reading_pages import rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role

WAITING = "/milestones/waiting"


def test_many_are_accepted_together_and_the_table_moves(database: Database):
    app = milestone_app(database)
    ids = [reported(database, kind, ACTUAL, date(2022, 12, 1)) for kind in ("approval", "start")]
    office = visitor_with_role(app, "office")
    page = office.get(WAITING)
    assert "等待接收的共 2 条" in page.text
    assert [row[5] for row in rows_on(page) if len(row) > 8 and row[2] in ("立项", "开工")] == ["+245", "+62"]
    answer = ticked(office, WAITING, ids, act="approve", request_key="one")
    assert answer.headers["location"] == f"{WAITING}?done=2&act=approve"
    assert "已接收 2 条" in office.get(answer.headers["location"]).text
    assert ticked(office, WAITING, ids, act="approve", request_key="one").status_code == 303  # a second press
    assert {row.state for row in reports(database)} == {"approved"}
    assert "已完成（晚于计划）" in office.get(HERE).text


def test_they_are_sent_back_with_one_reason(database: Database):
    app = milestone_app(database)
    ids = [reported(database, kind, FORECAST, date(2099, 1, 1)) for kind in ("main", "finish")]
    office = visitor_with_role(app, "office")
    refused = ticked(office, WAITING, ids[:1], act="reject", reason=" ")
    assert refused.status_code == 422
    assert refused.text.count(" checked>") == 1  # what was ticked stays ticked
    assert ticked(office, WAITING, ids, act="reject", reason="没有依据").status_code == 303
    assert {(row.state, row.rejected_reason) for row in reports(database)} == {("rejected", "没有依据")}


def test_all_or_none_and_never_ones_own(database: Database):
    app = milestone_app(database)
    person = person_in(database, "li", "office", department=department(database, "林业局"))
    with database.writing() as session:
        actor = session.exec(select(Person).where(Person.username == "li")).one().actor
        new = NewMilestoneReport(ACTUAL, date(2024, 1, 5))
        own = report_milestone(session, milestone(session, "main"), new, submit=True, by=actor).id or 0
    other = reported(database, "start", ACTUAL, date(2022, 12, 1))
    client = signed_in_visitor(app, person)
    page = client.get(f"{WAITING}?tick=all")
    assert f'name="entry" value="{own}"' not in page.text
    assert "由您本人填写或提交，须由他人接收" in page.text
    assert "接收人所在部门牵头的项目" in page.text
    assert ticked(client, WAITING, [own, other], act="approve").status_code == 403
    assert ticked(client, WAITING, [other, 999], act="approve").status_code == 404
    assert "没有勾选" in ticked(client, WAITING, [], act="approve").text
    assert {row.state for row in reports(database)} == {"submitted"}
    assert ticked(client, WAITING, [other], act="approve").status_code == 303
    assert [row.own_department for row in reports(database)] == [False, True]


def test_only_who_accepts_works_reaches_the_list(sqlite_database: Database):
    app = milestone_app(sqlite_database)
    waiting = reported(sqlite_database, "start", ACTUAL, date(2022, 12, 1))
    for role in ("finance", "leader", "auditor"):
        client = visitor_with_role(app, role)
        assert client.get(WAITING).status_code == 404, role
        assert ticked(client, WAITING, [waiting], act="approve").status_code == 404, role
    assert reports(sqlite_database)[0].state == "submitted"


def test_a_day_that_looks_wrong_is_marked_for_who_accepts_it(database: Database):
    app = milestone_app(database)
    reported(database, "approval", ACTUAL, date(2023, 4, 10), accept=True)
    reported(database, "start", ACTUAL, date(2022, 9, 20))
    assert "早于“立项”的实际日期 2023-04-10，请核对" in visitor_with_role(app, "office").get(WAITING).text
