"""The page of a project: every field with its source, what the plan does not say, and who changed what."""

import re
from dataclasses import replace

from fastapi import FastAPI
from sqlmodel import Session, select
from starlette.testclient import TestClient

from budgets.estimates import set_estimate
from core.database import Database
from milestones.commitments import Commitment, CommitmentProject
from milestones.quantities import measure_named
from portfolio.contradictions import Contradiction
from portfolio.editing import archive_project, edit_project
from portfolio.plans import Plan
from portfolio.projects import Project
from portfolio.recording import NewCitation, cite
from portfolio.values import project_values
from tests.databases import on_both, on_sqlite, plant
from tests.samples import SOMEBODY, SmallPlan, a_basis, find_small_plan, identity, make_part, make_small_plan
from tests.web.project_visits import count_queries
from tests.web.reading_pages import rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role
from web.app import create_app

HERE, THERE = "/projects/qingshan-02", "/projects/lushui-01"


def told_of(session: Session, small: SmallPlan) -> None:
    """Citations, a contradiction and a commitment of the package."""
    water, plan_id = identity(small.water), identity(small.plan)
    cite(
        session,
        "project",
        water,
        plan_id,
        [
            NewCitation(914, 920, "表9-7"),
            NewCitation(919, 919, "表9-7", field="estimate"),
            NewCitation(914, 920, "表9-7", field="programme", role="merged"),
            NewCitation(628, 631, "表9-2", role="twin"),
        ],
    )
    session.add(
        Contradiction(
            plan_id=plan_id,
            key="lead-of-water",
            position=1,
            grave=True,
            subject="project",
            subject_id=water,
            field="lead_department",
            summary="两个表的牵头部门不同",
            summary_en="Two tables name different leads",
        )
    )
    commitment = Commitment(
        plan_id=plan_id,
        key="reuse",
        position=1,
        name="再生水利用率",
        measure_id=measure_named(session, "再生水利用率", "%").id or 0,
        value_micro=25_000_000,
        unit="%",
        operator="≥",
        by_year=2025,
        wording="再生水利用率达到25%以上",
    )
    session.add(commitment)
    session.flush()
    session.add(CommitmentProject(commitment_id=commitment.id or 0, project_id=water))


def tell(database: Database) -> None:
    with database.writing() as session:
        told_of(session, find_small_plan(session))


database, sqlite_database = on_both(plant, tell), on_sqlite(plant, tell)


def told_app(database: Database) -> FastAPI:
    """The app on the small plan of which much is told, which stands in the database."""
    return create_app(database)


def office(database: Database) -> TestClient:
    return visitor_with_role(told_app(database), "office")


def test_every_field_stands_beside_its_source(database: Database):
    rows = {row[0]: row[1:] for row in rows_on(office(database).get(HERE)) if row}
    assert rows["项目名称"] == ["再生水利用工程", "表9-7 第 914–920 行"]
    assert rows["规划类别"] == ["国土绿化工程 / 水源涵养工程", "表9-7 第 914–920 行 合并单元格：值印在上方的单元格里"]
    assert rows["牵头部门"] == ["qingshan水利局", "表9-7 第 914–920 行"]
    assert rows["起始年份"] == ["2021", "表9-7 第 914–920 行"]
    assert rows["投资估算"] == ["25,000.00 万元 贰亿伍仟万元整", "表9-7 第 919 行"]
    assert rows["建设地点"] == ["规划未载明 所在县和坐标", ""]  # a link to where its sites are kept
    assert rows["填报部门"] == ["未指定，随牵头部门", ""]
    assert rows["联系人"] == ["未填写", ""]
    assert rows["同一项目另列于"] == ["表9-2 第 628–631 行（重复列示）"]


def test_the_parts_stand_with_their_amounts_and_shares(database: Database):
    rows = {row[0]: row[1:] for row in rows_on(office(database).get(HERE)) if row}
    assert rows["再生水厂qingshan-02-1 · 修改 · 变更状态 · 归档"][1:4] == ["未填报", "10,000.00", "40.0%"]
    assert rows["再生水管网qingshan-02-2 · 修改 · 变更状态 · 归档"][1:4] == ["未填报", "15,000.00", "60.0%"]
    assert rows["合计"][2:4] == ["25,000.00", "100.0%"]


def test_contradictions_and_commitments_are_linked(database: Database):
    page = office(database).get(HERE)
    assert re.search(r'<a href="/contradictions/\d+">两个表的牵头部门不同</a>', page.text)
    rows = {row[0]: row[1:] for row in rows_on(page) if row}
    assert rows["两个表的牵头部门不同"] == ["严重", "待裁定"]
    assert rows["再生水利用率"] == ["≥ 25 %", "2025", "再生水利用率达到25%以上"]


def test_a_quantity_shows_its_value_year_and_wording(database: Database):
    rows = {row[0]: row[1:] for row in rows_on(office(database).get("/projects/qingshan-01")) if row}
    assert rows["营造林面积 修改 · 删除"] == ["0.5 万亩", "2025", "完成营造林0.5万亩", ""]


def test_a_value_that_a_person_gave_says_who_gave_it_on_what_document(database: Database):
    app = told_app(database)
    with database.writing() as session:
        project = session.exec(select(Project).where(Project.code == "qingshan-03")).one()
        values = replace(project_values(session, project, 20214), first_year=2023)
        edit_project(session, project, values, a_basis(), expected_version=1, by=SOMEBODY)
        set_estimate(session, project, 320_000_000, a_basis(), by=SOMEBODY)
    rows = {row[0]: row[1:] for row in rows_on(visitor_with_role(app, "office").get("/projects/qingshan-03")) if row}
    assert rows["起始年份"][0] == "2023"
    assert rows["起始年份"][1].startswith("测试员 于 ")
    assert rows["起始年份"][1].endswith("依据：青政办〔2021〕9号；原因：调整")
    assert rows["结束年份"] == ["规划未载明", ""]
    assert rows["2021年第4季度"][:3] == ["320.00", "青政办〔2021〕9号", "调整"]


def test_the_history_names_fields_and_departments_and_says_why(database: Database):
    app = told_app(database)
    with database.writing() as session:
        project = session.exec(select(Project).where(Project.code == "qingshan-02")).one()
        values = project_values(session, project, 20214)
        changed = replace(values, contact="王芳 0358-1234567", lead_id=values.body_id)
        edit_project(
            session, project, changed, a_basis(reason="换人"), expected_version=project.row_version, by=SOMEBODY
        )
    page = visitor_with_role(app, "auditor").get(HERE)
    latest = next(row for row in rows_on(page) if len(row) == 5 and row[2] == "修改")
    assert latest[1] == "测试员"
    assert "联系人 王芳 0358-1234567" in latest[3]
    assert "牵头部门 qingshan水利局 → qingshan青山水务有限公司" in latest[3]
    assert latest[4] == "换人"
    made = [row for row in rows_on(page) if len(row) == 5 and row[2].startswith("新增")]
    assert [row[2] for row in made] == ["新增子项目：再生水管网", "新增子项目：再生水厂", "新增"]


def test_a_leader_reads_the_project_without_its_history_and_without_buttons(database: Database):
    page = visitor_with_role(told_app(database), "leader").get(HERE)
    assert page.status_code == 200
    assert "修改记录" not in page.text
    for action in ("edit", "state", "estimate", "archive"):
        assert f'href="{HERE}/{action}"' not in page.text


def test_the_code_of_a_part_leads_to_its_package(database: Database):
    answer = office(database).get("/projects/qingshan-02-2?as_of=2024Q4")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}?as_of=2024Q4#qingshan-02-2")


def test_a_project_of_another_plan_looks_like_one_that_is_missing(database: Database):
    app = told_app(database)
    with database.writing() as session:
        lushui = make_small_plan(session, "lushui", jurisdiction="999900").plan
        session.flush()
        session.expunge(lushui)
    client = signed_in_visitor(app, person_in(database, "there", "office", plan=lushui))
    forbidden, missing = client.get(HERE), client.get("/projects/qingshan-99")
    assert (forbidden.status_code, missing.status_code) == (404, 404)
    assert without_ids(forbidden.text) == without_ids(missing.text)
    assert client.get(THERE).status_code == 200


def without_ids(text: str) -> str:
    return text.replace("qingshan-02", "").replace("qingshan-99", "")


def test_an_archived_project_stays_readable_with_a_notice(database: Database):
    app = told_app(database)
    with database.writing() as session:
        project = session.exec(select(Project).where(Project.code == "qingshan-02")).one()
        archive_project(session, project, reason="并入别的项目", expected_version=project.row_version, by=SOMEBODY)
    client = visitor_with_role(app, "office")
    page = client.get(HERE)
    assert page.status_code == 200
    assert "本项目已于" in page.text
    assert "并入别的项目" in page.text
    assert f'href="{HERE}/edit"' not in page.text
    assert "再生水厂" in page.text
    assert "qingshan-02" not in client.get("/projects").text


def test_before_the_plan_began_the_page_says_that_nothing_held_yet(database: Database):
    page = office(database).get(f"{HERE}?as_of=2020Q1")
    assert "截至2020年第1季度，本项目还没有生效的规划数据。" in page.text


def test_a_longer_history_and_more_parts_take_no_more_queries(sqlite_database: Database):
    client = office(sqlite_database)
    before = count_queries(sqlite_database, client, HERE)
    with sqlite_database.writing() as session:
        project = session.exec(select(Project).where(Project.code == "qingshan-02")).one()
        for number in range(3):
            values = replace(project_values(session, project, 20214), contact=f"第{number}人")
            basis = a_basis(reason=f"第{number}次")
            edit_project(session, project, values, basis, expected_version=project.row_version, by=SOMEBODY)
        make_part(session, session.get_one(Plan, project.plan_id), "qingshan-02-3", "再生水泵站", project)
    assert count_queries(sqlite_database, client, HERE) == before
    assert before <= 48
