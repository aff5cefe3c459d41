"""总览 and 口径: the figures are those of the roll-up, what is missing is named, every figure leads to what is behind it."""

import re
from fractions import Fraction
from html import unescape

import pytest
from httpx2 import Response
from sqlalchemy import event

from core.database import Database
from core.money import formatted
from portfolio.access import OPERATOR_READER
from portfolio.plans import Plan, find_plan
from portfolio.projects import Project
from reports.rollup import Scope, estimate_rollup, whole
from tests.samples import SOMEBODY, make_plan, make_small_plan
from tests.web.reading_pages import rows_on
from tests.web.visiting import visitor, visitor_with_role
from web.app import create_app
from web.overview_pages import ANCHORS

QUARTER = 20254


def plan_named(database: Database, code: str) -> Plan:
    with database.reading() as session:
        found = find_plan(session, code)
        assert found is not None
        session.expunge(found)
        return found


def links_on(response: Response) -> list[str]:
    return [unescape(address) for address in re.findall(r'href="([^"]+)"', response.text)]


def test_the_headline_and_the_bars_are_the_figures_of_the_roll_up(loaded: Database):
    page = visitor_with_role(create_app(loaded), "office").get("/overview?plan=xiaoyi&unit=亿元&as_of=2025Q4")
    assert page.status_code == 200
    assert "51.4303" in page.text
    scope = Scope(QUARTER, frozenset({plan_named(loaded, "xiaoyi").id or 0}))
    with loaded.reading() as session:
        groups = estimate_rollup(session, OPERATOR_READER, scope, ("programme",))
        total = whole(session, OPERATOR_READER, scope).estimate_fen
    assert total == 514_303_000_000
    shown = {row[0]: row[1:4] for row in rows_on(page) if len(row) == 5}
    for group in groups:
        share = Fraction(group.estimate_fen or 0, total)
        percent = f"{float(share) * 100:.1f}%"
        assert shown[str(group.keys[0])] == [str(group.projects), formatted(group.estimate_fen, "亿元"), percent]


def test_all_plans_stand_beside_each_other_with_the_draft_marked(loaded: Database):
    page = visitor_with_role(create_app(loaded), "office").get("/overview?unit=亿元")
    rows = {row[0]: row for row in rows_on(page) if len(row) == 12}
    assert rows["合计"][3] == "51.4303"
    draft = next(name for name in rows if name.startswith("晋中市"))
    assert draft.endswith("征求意见稿")
    assert rows[draft][3] == "规划未载明"
    assert int(rows["合计"][1]) == sum(int(row[1]) for name, row in rows.items() if name not in ("合计", "规划"))
    assert "合计含征求意见稿" in page.text


def test_a_project_that_dominates_is_named_and_linked(plans: Database):
    page = visitor_with_role(create_app(plans), "office").get("/overview?plan=xiaoyi")
    assert "水环境综合治理及再生水循环利用项目" in page.text
    assert "48.6%" in page.text
    assert "/projects/xiaoyi-10" in links_on(page)


@pytest.mark.parametrize(("narrowing", "column"), [("estimate=no", 4), ("lead=none", 5), ("no_years=1", 6)])
def test_what_a_plan_does_not_say_leads_to_a_list_of_as_many_projects(plans: Database, narrowing: str, column: int):
    client = visitor_with_role(create_app(plans), "office")
    page = client.get("/overview")
    row = next(row for row in rows_on(page) if row[0].startswith("屯留区") and len(row) == 12)
    address = f"/projects?plan=tunliu&{narrowing}"
    assert address in links_on(page)
    assert f"共 {row[column]} 个项目" in client.get(address).text


def test_a_heading_of_two_plans_leads_to_the_list_of_each(plans: Database):
    client = visitor_with_role(create_app(plans), "office")
    page = client.get("/overview")
    row = next(row for row in rows_on(page) if row[0].startswith("大气环境治理工程"))
    assert row[0] == "大气环境治理工程 孝义市“十四五” 屯留区“十四五”"
    start = page.text.index("大气环境治理工程")
    addresses = re.findall(r'href="([^"]+)"', page.text[start : start + 600])[:2]
    counts = [re.search(r"共 (\d+) 个项目", client.get(unescape(address)).text) for address in addresses]
    assert sum(int(found[1]) for found in counts if found) == int(row[1])


def test_who_may_see_one_plan_sees_that_plan_only(loaded: Database):
    client = visitor_with_role(create_app(loaded), "office", plan=plan_named(loaded, "xiaoyi"))
    page = client.get("/overview?unit=万元")
    assert "514,303.00" in page.text
    assert "屯留" not in page.text
    assert "晋中" not in page.text
    assert client.get("/overview?plan=xiaoyi").status_code == 200
    forbidden, missing = client.get("/overview?plan=tunliu"), client.get("/overview?plan=nowhere")
    assert (forbidden.status_code, missing.status_code) == (404, 404)
    assert client.get("/definitions?plan=tunliu").status_code == 404


def test_who_sees_no_plan_is_told_what_to_do(plans: Database):
    page = visitor_with_role(create_app(plans), "admin").get("/overview")
    assert page.status_code == 200
    assert "您还看不到任何规划" in page.text
    assert "514,303" not in page.text


def test_before_the_plans_began_the_page_says_so_and_links_keep_the_quarter(plans: Database):
    client = visitor_with_role(create_app(plans), "office")
    early = client.get("/overview?plan=xiaoyi&as_of=2020Q4")
    assert "截至2020年第4季度末还没有项目" in early.text
    within = client.get("/overview?plan=xiaoyi&as_of=2022Q1")
    assert "514,303.00" in within.text
    assert "/projects/xiaoyi-10?as_of=2022Q1" in links_on(within)


def test_a_quarter_that_there_is_not_is_refused(plans: Database):
    answer = visitor_with_role(create_app(plans), "office").get("/overview?as_of=2024Q5")
    assert answer.status_code == 422
    assert "2024Q5" in answer.text


def test_strangers_are_sent_to_sign_in(plans: Database):
    app = create_app(plans)
    for address in (
        "/",
        "/overview",
        "/quarter",
        "/definitions",
        "/plans",
        "/indicators",
        "/commitments",
        "/departments",
        "/contradictions",
        "/reports",
    ):
        assert visitor(app).get(address).headers["location"].startswith("/sign-in")


def statements(database: Database, address: str, role: str) -> int:
    """How many statements one page takes, its reader's grants included."""
    client = visitor_with_role(create_app(database), role)
    client.get(address)
    counted: list[str] = []

    def count(*arguments: object) -> None:
        counted.append(str(arguments[2]))

    event.listen(database.engine, "before_cursor_execute", count)
    assert client.get(address).status_code == 200
    event.remove(database.engine, "before_cursor_execute", count)
    return len(counted)


@pytest.mark.parametrize(
    "address",
    [
        *("/overview", "/definitions", "/plans", "/indicators", "/commitments", "/departments"),
        *("/contradictions", "/reports"),
    ],
)
def test_more_plans_take_no_more_queries(sqlite_database: Database, address: str):
    with sqlite_database.writing() as session:
        make_small_plan(session)
    few = statements(sqlite_database, address, "auditor")
    with sqlite_database.writing() as session:
        make_small_plan(session, "second", jurisdiction="999900")
        make_plan(session, "third", jurisdiction="990000", draft=True)
    assert statements(sqlite_database, address, "finance") == few


def test_the_definitions_say_what_counts_and_what_does_not(database: Database):
    with database.writing() as session:
        small = make_small_plan(session)
        from portfolio.editing import archive_project

        project = session.get_one(Project, small.sewage.id)
        archive_project(session, project, reason="并入打包项目", expected_version=project.row_version, by=SOMEBODY)
    page = visitor_with_role(create_app(database), "office").get("/definitions?unit=元")
    rows = {row[0]: row for row in rows_on(page)}
    assert rows["项目数"][3] == "2 个项目"
    assert rows["项目数"][4] == "终止 0 个、归档 1 个"
    assert rows["总投资"][2] == "元"
    assert rows["Ⅴ类水体消除工程（二期）"][2:] == ["已归档", "—", "并入打包项目"]
    for anchor in ANCHORS.values():
        assert f'id="{anchor}"' in page.text


def test_in_english_the_words_of_the_plan_are_marked_as_chinese(plans: Database):
    page = visitor_with_role(create_app(plans), "office").get("/overview?plan=xiaoyi&lang=en")
    assert '<html lang="en">' in page.text
    assert '<span lang="zh">流域生态治理修复</span>' in page.text
    assert "CNY" in page.text
