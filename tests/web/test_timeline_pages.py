"""The list of milestones and the timelines of plans, programmes and departments; templates on their page."""

from datetime import date

import pytest

from core.database import Database
from milestones.milestone_plans import add_milestones
from milestones.milestone_templates import every_template, items_of
from milestones.milestones import ACTUAL, FORECAST
from milestones.plan_rules import NewMilestone
from portfolio.access import OPERATOR_READER
from portfolio.values import Basis
from reports.rollup import Scope
from reports.timeline import TimelineFilter, timeline_page
from tests.samples import SOMEBODY, find_small_plan, make_small_plan
from tests.web.milestone_visits import milestone_app, milestone_id, reported
from tests.web.project_visits import count_queries, sent
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role

AS_OF = "as_of=2024Q4"


def with_parts(database: Database) -> None:
    """A part of the package has milestones, too."""
    with database.writing() as session:
        part = find_small_plan(session).parts[0]
        new = [
            NewMilestone("start", planned_on=date(2021, 6, 30)),
            NewMilestone("finish", planned_on=date(2023, 12, 31)),
        ]
        add_milestones(session, part, new, Basis(20211), by=SOMEBODY)


def test_programmes_and_departments_stand_in_one_row_each(database: Database):
    client = visitor_with_role(milestone_app(database), "leader")
    with_parts(database)
    reported(database, "start", ACTUAL, date(2022, 9, 20), accept=True)
    page = client.get(f"/timeline?{AS_OF}")
    rows = [row for row in rows_on(page) if len(row) > 5 and row[0] == "国土绿化工程"]
    assert rows == [
        ["国土绿化工程", "2", "2", "6", "1", "4", "2021-06-30", "2025-06-30", "2025-06-30", "2022-09-20", "2022-09-20"]
    ]
    assert "6 个节点已完成 1 个，4 个逾期" in page.text
    page = client.get(f"/timeline?by=department&{AS_OF}")
    found = {row[0]: row[1:6] for row in rows_on(page) if len(row) > 5 and row[0] != "牵头部门"}
    assert found == {"qingshan林业局": ["1", "1", "4", "1", "2"], "qingshan水利局": ["1", "1", "2", "0", "2"]} | {
        "未知": ["1", "0", "0", "0", "0"]
    }


def test_the_projects_of_a_programme_or_department_come_with_their_milestones(database: Database):
    client = visitor_with_role(milestone_app(database), "leader")
    with_parts(database)
    with database.reading() as session:
        small = find_small_plan(session)
        programme, lead = small.packages.id, small.forestry.id
    page = client.get(f"/timeline?programme={programme}&{AS_OF}")
    assert "再生水厂" in page.text
    assert "天然林保护工程项目" not in page.text
    assert page.text.count('<svg class="gantt-row"') == 2  # the package, and below it the part with milestones
    page = client.get(f"/timeline?department={lead}&{AS_OF}")
    assert "天然林保护工程项目" in page.text
    assert "再生水厂" not in page.text
    for address in ("programme=999", "department=999", "programme=x", "plan=nowhere"):
        assert client.get(f"/timeline?{address}").status_code == 404, address


def test_a_heading_or_department_of_a_plan_that_one_may_not_see_is_not_there(sqlite_database: Database):
    app = milestone_app(sqlite_database)
    with sqlite_database.writing() as session:
        other = make_small_plan(session, "lushui", jurisdiction="999900")
        hidden, office, plan = other.greening.id, other.forestry.id, find_small_plan(session).plan
        session.flush()
        session.expunge(plan)
    client = signed_in_visitor(app, person_in(sqlite_database, "here", "leader", plan=plan))
    assert client.get(f"/timeline?programme={hidden}").status_code == 404
    assert client.get(f"/timeline?department={office}").status_code == 404
    assert client.get(f"/progress?programme={hidden}").status_code == 404
    assert "lushui" not in client.get("/timeline?by=department").text


def test_large_groups_come_in_pages(database: Database, monkeypatch: pytest.MonkeyPatch):
    client = visitor_with_role(milestone_app(database), "leader")
    monkeypatch.setattr("web.timeline_pages.PAGE", 2)
    first = client.get(f"/timeline?by=department&{AS_OF}")
    assert first.text.count('class="gantt-row"') == 2
    following = first.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client.get(following)
    assert second.text.count('class="gantt-row"') == 1
    assert "未知" in second.text


def test_projects_come_in_pages_in_the_order_of_the_plan(stored: Database):
    with stored.reading() as session:
        asked = (session, OPERATOR_READER, Scope(20244), TimelineFilter())
        first = timeline_page(*asked, size=2)
        rest = timeline_page(*asked, after=first.following, size=2)
        assert [one.code for one in (*first.rows, *rest.rows)] == ["qingshan-01", "qingshan-02", "qingshan-03"]
        assert rest.following is None


def test_more_projects_take_no_more_queries(sqlite_database: Database):
    client = visitor_with_role(milestone_app(sqlite_database), "leader")
    before = {
        address: count_queries(sqlite_database, client, address) for address in ("/timeline?by=project", "/milestones")
    }
    with_parts(sqlite_database)
    with sqlite_database.writing() as session:
        add_milestones(session, find_small_plan(session).sewage, [NewMilestone("start")], Basis(20211), by=SOMEBODY)
    for address, count in before.items():
        assert count_queries(sqlite_database, client, address) == count, address


# ---- the list


def test_the_list_begins_with_what_is_unmet_and_is_narrowed_by_standing(database: Database):
    client = visitor_with_role(milestone_app(database), "leader")
    reported(database, "approval", ACTUAL, date(2022, 4, 10), accept=True)
    reported(database, "finish", FORECAST, date(2025, 8, 29), accept=True, reported_on=date(2024, 8, 1))
    names = [row[2] for row in rows_on(client.get(f"/milestones?{AS_OF}")) if len(row) > 7]
    assert names == ["节点", "开工", "主体完工", "完工", "立项"]
    for query, expected in (
        ("standing=overdue", ["开工", "主体完工"]),
        ("standing=later", ["完工"]),
        ("standing=done", ["立项"]),
        ("kind=main", ["主体完工"]),
        ("as_of=2022Q3&standing=due", ["开工"]),
        ("as_of=2022Q2&standing=met", ["立项"]),
        ("standing=undated", []),
    ):
        address = f"/milestones?{query}" + ("" if "as_of" in query else f"&{AS_OF}")
        found = [row[2] for row in rows_on(client.get(address)) if len(row) > 7][1:]
        assert found == expected, query
    assert "standing" in client.get("/milestones?standing=gone").text
    assert client.get("/milestones?standing=gone").status_code == 422


def test_the_list_comes_in_pages(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("reports.milestone_list.PAGE", 2)
    client = visitor_with_role(milestone_app(database), "leader")
    with database.writing() as session:
        add_milestones(session, find_small_plan(session).sewage, [NewMilestone("start")], Basis(20211), by=SOMEBODY)
    reported(database, "start", ACTUAL, date(2022, 9, 20), accept=True)
    seen, address = [], f"/milestones?{AS_OF}"
    while address:
        page = client.get(address)
        seen += [row[2] for row in rows_on(page) if len(row) > 7][1:]
        address = (
            page.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
            if 'rel="next"' in page.text
            else ""
        )
    assert seen == ["立项", "主体完工", "完工", "开工", "开工"]


# ---- templates


def test_the_office_changes_a_template_and_projects_stay_as_they_are(database: Database):
    client = visitor_with_role(milestone_app(database), "office")
    address = "/milestones/templates/1"
    page = client.get(address)
    lines = {
        "kind": ["tender", "start", "finish", ""],
        "item_name": ["招标", "", "完工", ""],
        "weight": ["10", "30", "55", ""],
        "share": ["10", "25", "100", ""],
    }
    form = form_on(page, address) | {"reason": "合并节点"}
    refused = client.post(address, data=form | lines)
    assert "各节点的权重合计是 95，应为 100。" in refused.text
    assert 'value="55"' in refused.text
    lines["weight"][2] = "60"
    assert client.post(address, data=form | lines).status_code == 303
    with database.reading() as session:
        items = items_of(every_template(session)[0])
        assert [(item.name, item.weight) for item in items] == [("招标", "10"), ("开工", "30"), ("完工", "60")]
    stale = client.post(address, data=form | lines | {"request_key": "other"})
    assert stale.status_code == 409
    assert "招标 10%（10%）" in client.get(address).text  # the history says it in words
    assert milestone_id(database, "tender") == 0


def test_a_new_template_needs_everything(database: Database):
    client = visitor_with_role(milestone_app(database), "office")
    address = "/milestones/templates/new"
    refused = sent(client, address)
    assert refused.status_code == 422
    assert set(errors_on(refused)) >= {"reason"}
    typed = {
        "name": "光伏治沙",
        "name_en": "Solar",
        "reason": "新增",
        "kind": ["start"],
        "item_name": [""],
        "weight": ["100"],
    }
    assert sent(client, address, **typed, share=["50"]).status_code == 303
    assert "光伏治沙" in client.get("/milestones/templates").text
    assert visitor_with_role(client.app, "leader").get("/milestones/templates").status_code == 200  # type: ignore[arg-type]
