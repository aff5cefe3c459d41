"""The list of projects: filters, order, pages by key, totals, and what goes wrong with an address."""

import re

from sqlmodel import select
from starlette.testclient import TestClient

from core.database import Database
from portfolio.departments import Department, find_department
from portfolio.plans import Programme
from portfolio.project_list import SORTS
from tests.samples import COUNTY, make_plan, make_programme, make_project, make_small_plan
from tests.web.project_visits import codes, count_queries, office, small_app, stored_plan
from tests.web.reading_pages import rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor, visitor_with_role
from web.app import create_app


def ids(database: Database) -> dict[str, int]:
    """The ids of programmes by key, and of departments by the end of their name."""
    with database.reading() as session:
        found = {row.key: row.id or 0 for row in session.exec(select(Programme))}
        found |= {row.name.removeprefix("qingshan"): row.id or 0 for row in session.exec(select(Department))}
    return found


def test_the_list_shows_every_project_and_what_they_add_up_to(stored: Database):
    page = office(stored).get("/projects")
    assert page.status_code == 200
    assert codes(page) == ["qingshan-01", "qingshan-02", "qingshan-03"]
    assert rows_on(page)[2] == [
        "再生水利用工程2 个子项目",
        "qingshan-02",
        "国土绿化工程 / 水源涵养工程",
        "qingshan水利局",
        "2021",
        "2023",
        "25,000.00",
    ]
    assert rows_on(page)[3][3:] == ["规划未载明", "规划未载明", "规划未载明", "规划未载明"]
    assert "共 3 个项目 · 1 个没有投资估算" in page.text
    assert '<strong class="number">34,000.00</strong>' in page.text


def test_the_first_cell_of_a_row_is_its_link(stored: Database):
    page = office(stored).get("/projects?as_of=2024Q4")
    assert re.search(
        r'<tr><th scope="row"[^>]*><a class="two-lines" href="/projects/qingshan-01\?as_of=2024Q4">', page.text
    )


FILTERS = [
    ("q=再生", ["qingshan-02"]),
    ("q=水管", ["qingshan-02"]),  # the name of a part
    ("q=湿地", ["qingshan-01"]),  # two characters of the content
    ("q=v类水体", ["qingshan-03"]),  # printed Ⅴ
    ("q=林业局+天然", ["qingshan-01"]),
    ("q=没有这样的", []),
    ("plan=qingshan", ["qingshan-01", "qingshan-02", "qingshan-03"]),
    ("plan=qingshan&programme={greening}", ["qingshan-01", "qingshan-02"]),  # with the package below
    ("programme={packages}", ["qingshan-02"]),
    ("lead={林业局}", ["qingshan-01"]),
    ("lead=none", ["qingshan-03"]),
    ("year=2021", ["qingshan-02"]),
    ("year=２０２３", ["qingshan-01", "qingshan-02"]),
    ("estimate=yes", ["qingshan-01", "qingshan-02"]),
    ("estimate=no", ["qingshan-03"]),
    ("plan=&programme=&lead=&year=&q=&estimate=", ["qingshan-01", "qingshan-02", "qingshan-03"]),
]


def test_a_filter_narrows_the_list_and_its_totals(stored: Database):
    client, known = office(stored), ids(stored)
    for query, found in FILTERS:
        page = client.get("/projects?" + query.format(**known))
        assert page.status_code == 200, query
        assert codes(page) == found, query
        assert f"共 {len(found)} 个项目" in page.text, query


ORDERS = [
    ("order", ["01", "02", "03"]),
    ("name", ["03", "01", "02"]),  # a Latin V, then tian, then zai
    ("programme", ["01", "02", "03"]),
    ("lead", ["01", "02", "03"]),
    ("first_year", ["02", "01", "03"]),
    ("last_year", ["02", "01", "03"]),
    ("estimate", ["01", "02", "03"]),
]


def test_every_column_sorts_both_ways_and_the_unknown_comes_last(stored: Database):
    client = office(stored)
    for sort, ascending in ORDERS:
        up, down = client.get(f"/projects?sort={sort}"), client.get(f"/projects?sort={sort}&dir=desc")
        unknown = ["03"] if sort in ("lead", "first_year", "last_year", "estimate") else []
        known = [code for code in ascending if code not in unknown]
        assert [code[-2:] for code in codes(up)] == known + unknown, sort
        assert [code[-2:] for code in codes(down)] == known[::-1] + unknown, sort
        assert up.text.count("aria-sort") == down.text.count("aria-sort") == 1
        assert 'aria-sort="ascending"' in up.text
        assert 'aria-sort="descending"' in down.text


def test_a_head_sorts_the_other_way_the_second_time_and_keeps_the_filter(stored: Database):
    client = office(stored)
    page = client.get("/projects?estimate=yes")
    href = re.search(r'id="sort-estimate" href="([^"]+)"', page.text)[1].replace("&amp;", "&")  # type: ignore[index]
    once = client.get(href)
    assert codes(once) == ["qingshan-02", "qingshan-01"]  # the largest first
    again = re.search(r'id="sort-estimate" href="([^"]+)"', once.text)[1].replace("&amp;", "&")  # type: ignore[index]
    assert codes(client.get(again)) == ["qingshan-01", "qingshan-02"]


def many_projects(database: Database, count: int = 55) -> TestClient:
    """A list of two pages, with values that repeat and values that are missing."""
    with database.writing() as session:
        plan = make_plan(session)
        programme = make_programme(session, plan, "works", "治理工程")
        for number in range(1, count + 1):
            estimate = None if number % 3 == 0 else 100 * (number % 7 + 1)
            years = (None, None) if number % 4 == 0 else (2021 + number % 3, 2025)
            name = f"第{number}号{'河' if number % 2 else '湖'}治理"
            make_project(session, plan, f"p-{number:03d}", name, programme, estimate_wan=estimate, years=years)
    return visitor_with_role(create_app(database), "office")


def test_pages_by_key_show_every_project_once_in_every_order(database: Database):
    client = many_projects(database)
    for sort in SORTS:
        for direction in ("asc", "desc"):
            page = client.get(f"/projects?sort={sort}&dir={direction}")
            assert len(codes(page)) == 50
            assert "回到第一页" not in page.text
            following = re.search(r'rel="next" href="([^"]+)"', page.text)[1].replace("&amp;", "&")  # type: ignore[index]
            rest = client.get(following)
            assert len(codes(rest)) == 5
            assert len({*codes(page), *codes(rest)}) == 55
            assert 'rel="next"' not in rest.text
            first = re.search(r'rel="first" href="([^"]+)"', rest.text)[1].replace("&amp;", "&")  # type: ignore[index]
            assert codes(client.get(first)) == codes(page)
            assert "共 55 个项目" in rest.text


def test_the_page_takes_the_same_few_queries_however_many_rows_it_shows(database: Database):
    client = many_projects(database)
    assert count_queries(database, client, "/projects?q=第1号") == (few := count_queries(database, client, "/projects"))
    assert few <= 8


def test_htmx_gets_the_part_alone_and_a_plain_address(stored: Database):
    client = office(stored)
    part = client.get("/projects?plan=&q=再生&year=&lead=", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert codes(part) == ["qingshan-02"]
    assert part.headers["HX-Push-Url"] == "/projects?q=%E5%86%8D%E7%94%9F"


def test_each_filter_in_force_is_a_chip_that_can_be_removed(stored: Database):
    client = office(stored)
    page = client.get("/projects?plan=qingshan&q=工程&estimate=yes&sort=name&as_of=2024Q4")
    chips = re.findall(r'<span class="chip">.*?<a href="([^"]+)"', page.text)
    assert [chip.replace("&amp;", "&") for chip in chips] == [
        "/projects?as_of=2024Q4&q=%E5%B7%A5%E7%A8%8B&estimate=yes&sort=name",
        "/projects?as_of=2024Q4&plan=qingshan&estimate=yes&sort=name",
        "/projects?as_of=2024Q4&plan=qingshan&q=%E5%B7%A5%E7%A8%8B&sort=name",
    ]


def test_a_reader_sees_only_the_projects_of_its_plans(database: Database):
    with database.writing() as session:
        make_small_plan(session)
        other = make_small_plan(session, "lushui", jurisdiction="999900")
        other_id, other_lead = other.plan.id, other.forestry.id
    app = create_app(database)
    client = signed_in_visitor(app, person_in(database, "here", "office", plan=stored_plan(database, "qingshan")))
    page = client.get("/projects")
    assert codes(page) == ["qingshan-01", "qingshan-02", "qingshan-03"]
    assert "lushui" not in page.text
    assert other_id is not None
    for query in ("plan=lushui", f"lead={other_lead}"):
        refused = client.get(f"/projects?{query}")
        assert refused.status_code == 422
        assert "lushui林业局" not in refused.text
        assert codes(refused) == []
    assert client.get("/projects.csv?plan=lushui").status_code == 422


def test_a_sum_that_holds_a_consultation_draft_says_so(database: Database):
    with database.writing() as session:
        make_small_plan(session)
        draft = make_plan(session, "draft", draft=True)
        make_project(
            session, draft, "draft-01", "湿地修复", make_programme(session, draft, "all", "修复"), estimate_wan=5
        )
    client = visitor_with_role(create_app(database), "office")
    assert "含征求意见稿：" in client.get("/projects").text
    assert "含征求意见稿：" not in client.get("/projects?q=天然林").text
    assert "含征求意见稿：" not in client.get("/projects?plan=qingshan").text


def test_a_stranger_is_led_to_sign_in(sqlite_stored: Database):
    client = visitor(small_app(sqlite_stored))
    assert client.get("/projects?q=林").headers["location"].startswith("/sign-in?next=%2Fprojects%3Fq")


def test_a_long_name_can_be_read_whole(sqlite_database: Database):
    name = "全面实施" + "机动车排放标准" * 8
    with sqlite_database.writing() as session:
        plan = make_plan(session)
        make_project(session, plan, "p-1", name, make_programme(session, plan, "x", "治理"))
    page = visitor_with_role(create_app(sqlite_database), "office").get("/projects")
    assert f'title="{name}"' in page.text


def test_departments_of_the_chosen_plan_are_offered(sqlite_stored: Database):
    page = office(sqlite_stored).get("/projects?plan=qingshan")
    with sqlite_stored.reading() as session:
        forestry = find_department(session, COUNTY, "qingshan林业局")
        assert forestry is not None
        assert f'<option value="{forestry.id}">qingshan林业局</option>' in page.text
