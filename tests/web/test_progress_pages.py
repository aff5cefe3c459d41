"""The pages of progress and lamps: three figures with their rows, a project's lamp, the list by lamp, and the rules' form."""

import re

from fastapi import FastAPI
from sqlmodel import select
from starlette.testclient import TestClient

from core.database import Database
from milestones.lamp_editing import active_rules, parameters_of, put_presets
from milestones.quantities import Measure
from tests.databases import on_sqlite, plant
from tests.reports.money_samples import put_entry
from tests.reports.progress_samples import put_work
from tests.samples import SOMEBODY, WAN, find_small_plan, identity
from tests.web.project_visits import codes
from tests.web.reading_pages import form_on, rows_on
from tests.web.test_api_lists import printed
from tests.web.visiting import visitor_with_role
from web.app import create_app

AS_OF = "as_of=2024Q4"


def progress(database: Database) -> None:
    """Works and money of the small plan, with the preset rules in force."""
    with database.writing() as session:
        small = find_small_plan(session)
        put_presets(session, small.plan, by=SOMEBODY)
        measure = session.exec(select(Measure).where(Measure.name == "营造林面积")).one()
        claim = put_work(session, small.forest, measure, "claimed", 2000, 20231)
        put_work(session, small.forest, measure, "verified", 1600, 20243, based_on=claim)
        put_entry(session, small.parts[0], "work_done", 24_000 * WAN, 20244)


database = on_sqlite(plant, progress)


def app_on(database: Database) -> FastAPI:
    return create_app(database)


def leader(database: Database) -> TestClient:
    return visitor_with_role(app_on(database), "leader")


def test_the_page_shows_three_figures_of_each_group_and_what_they_hide(database: Database):
    page = leader(database).get(f"/progress?plan=qingshan&{AS_OF}")
    assert page.status_code == 200
    assert "按项目数完成 0.0%，按投资完成 70.6%" in page.text
    assert "按投资完成 70.6%，按项目数只完成 0.0%，相差 70.6 个百分点" in page.text
    assert "再生水利用工程一项占总投资的 73.5%" in page.text
    assert "0.16/0.5 万亩" in page.text
    assert "到2023年底应完成 33.3% 的项目" in page.text
    assert 'class="line-verified"' in page.text
    assert "style=" not in page.text


def test_every_figure_opens_into_rows_that_sum_to_it(database: Database):
    client = leader(database)
    page = client.get(f"/progress?plan=qingshan&{AS_OF}").text
    rows = re.findall(r'href="(/progress/rows\?[^"]*figure=works[^"]*)"', page)
    assert rows
    opened = client.get(rows[0].replace("&amp;", "&"))
    assert opened.status_code == 200
    assert ["天然林保护工程项目qingshan-01", "0.5", "0.2", "0.16", "—", "未到检查期", "万亩", "32.0%"] in rows_on(
        opened
    )
    count = client.get(f"/progress/rows?figure=count&plan=qingshan&department=qingshan水利局&{AS_OF}")
    assert [row[0] for row in rows_on(count)[1:]] == ["再生水利用工程qingshan-02"]
    money = re.findall(r'href="(/money/figure\?[^"]*)"', page)
    assert client.get(money[0].replace("&amp;", "&")).status_code == 200


def test_an_address_of_rows_that_names_nothing_is_refused(database: Database):
    client = leader(database)
    for query in ("", "?figure=paid"):
        refused = client.get(f"/progress/rows{query}")
        assert (refused.status_code, "网址没有写明看哪个完成率的口径" in refused.text) == (422, True)
    refused = client.get("/progress/rows?figure=works&measure=99")
    assert (refused.status_code, "没有这个指标" in refused.text) == (422, True)
    assert client.get("/progress/rows?figure=count&level=9").status_code == 422
    assert client.get("/progress?level=4").status_code == 422
    assert client.get("/progress?plan=nowhere").status_code == 404
    assert client.get("/progress?programme=99").status_code == 404


def test_the_page_of_a_project_says_why_its_lamp_is_red_and_what_turns_it_green(database: Database):
    client = leader(database)
    for address in (f"/projects/qingshan-01?{AS_OF}", f"/projects/qingshan-01/progress?{AS_OF}"):
        page = client.get(address)
        assert page.status_code == 200
        assert "工程量完成 32%，序时进度 75%，落后 43 个百分点" in page.text
        assert "再核实 0.1651 万亩（营造林面积）" in page.text
        assert re.search(r'class="lamp lamp-red"><span aria-hidden="true">●</span>红', page.text)
    part = client.get(f"/projects/qingshan-02-1/progress?{AS_OF}")
    assert part.headers["location"] == f"/projects/qingshan-02/progress?{AS_OF}"


def test_the_list_shows_lamps_and_is_narrowed_to_one(database: Database):
    client = leader(database)
    page = client.get(f"/projects?{AS_OF}")
    assert rows_on(page)[1][:2] == ["天然林保护工程项目", "●红"]
    assert codes(client.get(f"/projects?lamp=red&{AS_OF}")) == ["qingshan-01", "qingshan-02"]
    assert codes(client.get(f"/projects?lamp=green&{AS_OF}")) == []
    chosen = client.get(f"/projects?lamp=red&{AS_OF}")
    assert "共 2 个项目" in chosen.text
    assert "去掉条件：亮灯" in chosen.text
    assert client.get("/projects?lamp=pink").status_code == 422


def test_the_overview_counts_lamps_and_leads_to_their_projects(database: Database):
    page = leader(database).get(f"/overview?plan=qingshan&{AS_OF}")
    assert 'href="/projects?plan=qingshan&amp;lamp=red&amp;as_of=2024Q4"' in page.text or re.search(
        r'href="/projects\?[^"]*lamp=red[^"]*"', page.text
    )


def test_the_office_changes_a_rule_and_nobody_else(database: Database):
    app = app_on(database)
    office, here = visitor_with_role(app, "office"), "/rules/lamps/qingshan/lag"
    sent = form_on(office.get(here), here) | {
        "red_points": "60", "from_quarter": "2024Q3", "document": "青政办〔2024〕9号", "reason": "放宽",
    }  # fmt: skip
    refused = office.post(here, data=sent | {"red_points": "5"})
    assert refused.status_code == 422
    assert "应大于" in refused.text
    assert office.post(here, data=sent | {"document": "", "yellow_points": "x"}).text.count("field-error") >= 2
    assert office.post(here, data=sent).headers["location"] == "/rules/lamps?plan=qingshan"
    with database.reading() as session:
        plan_id = identity(find_small_plan(session).plan)
        rule = active_rules(session, 20244, [plan_id])[plan_id][0]
        assert (rule.version, parameters_of(rule)["red_points"]) == (2, 60)
    page = office.get("/rules/lamps?plan=qingshan")
    assert "落后序时进度 10 至 60 个百分点（含两端）亮黄灯，超过 60 个亮红灯" in page.text
    assert "青政办〔2024〕9号" in page.text
    assert (
        office.post(here, data=sent | {"request_key": "another"}).status_code == 409
    )  # somebody changed it in between
    for role in ("leader", "finance", "auditor", "admin"):
        other = visitor_with_role(app, role)
        assert other.get(here).status_code == 404
        assert other.post(here, data=sent).status_code == 404


def test_who_sees_the_pages(database: Database):
    app = app_on(database)
    for role, status in (("leader", 200), ("finance", 200), ("auditor", 200), ("admin", 404)):
        assert visitor_with_role(app, role).get("/rules/lamps").status_code == status, role
    assert visitor_with_role(app, "office").get("/rules/lamps/qingshan/nothing").status_code == 404


def test_the_api_answers_what_the_commands_print(database: Database):
    client = leader(database)
    lamps = client.get(f"/api/v1/lamps?plan=qingshan&{AS_OF}").json()
    assert lamps == printed(database, "lamps", "--plan", "qingshan", "--as-of", "2024Q4", "--format", "json")
    first = lamps[0]
    assert (first["project"], first["lamp"], first["rule"]) == ("qingshan-01", "red", "lag")
    assert first["turns_green_by"] == "再核实 0.1651 万亩（营造林面积）"
    rows = client.get(f"/api/v1/progress?plan=qingshan&by=programme&{AS_OF}").json()
    arguments = ("--plan", "qingshan", "--by", "programme", "--as-of", "2024Q4", "--format", "json")
    assert rows == printed(database, "progress", *arguments)
    greening = next(row for row in rows if row["programme"] == "国土绿化工程")
    assert (greening["by_count"], greening["by_investment"]) == ([0, 2], [24_000 * WAN, 34_000 * WAN])
    assert greening["by_works"][0]["figure"] == [8, 25]
    assert [one["kind"] for one in greening["warnings"]] == ["dominance", "divergence"]
    assert client.get("/api/v1/progress?by=nothing").status_code == 422
    assert client.get("/api/v1/lamps?plan=nowhere").status_code == 404
