"""指标 and 任务: targets as written, their kinds and sources; filters that hold in the address; pages; parts for htmx."""

import re

import pytest
from httpx2 import Response
from sqlmodel import Session, select

from core.database import Database
from milestones.commitments import Commitment
from milestones.indicators import Indicator
from portfolio.plans import Plan, Programme, find_plan
from tests.samples import identity, make_plan
from tests.web.reading_pages import rows_on
from tests.web.visiting import visitor_with_role
from web.app import create_app

HTMX = {"HX-Request": "true"}


def plan_named(database: Database, code: str) -> Plan:
    with database.reading() as session:
        found = find_plan(session, code)
        assert found is not None
        session.expunge(found)
        return found


def names(response: Response) -> list[str]:
    """The indicators or commitments of the page, in order."""
    return [row[1] if row[0].isdigit() else row[0] for row in rows_on(response)[1:] if len(row) > 1]


def one(response: Response, number: str) -> list[str]:
    return next(row for row in rows_on(response) if row[0] == number)


def test_every_indicator_stands_with_what_is_printed(loaded: Database):
    page = visitor_with_role(create_app(loaded), "office").get("/indicators?plan=xiaoyi")
    assert page.status_code == 200
    assert "共 23 项指标" in page.text
    assert len([row for row in rows_on(page) if row[0].isdigit()]) == 23
    kept, forest, carbon = one(page, "1"), one(page, "2"), one(page, "12")
    assert kept[5] == "不减少 2025 未定量·保持"
    assert forest[3] == "约束性"
    assert forest[4] == "33.25 2020"
    assert forest[5] == "完成市级下达指标 2025 待上级下达"
    assert forest[6] == "≥ 35 %“力争“十四五”末孝义市森林覆盖率达到35%以上”3.1 加强吕梁山生态资源保护 第 336 行"
    assert forest[12] == "表2-1 第 171–176 行"
    assert carbon[4] == "5641.07吨 2020单位不同 吨"
    assert "合并单元格" in one(page, "3")[5]


def test_a_number_says_how_it_is_read(plans: Database):
    page = visitor_with_role(create_app(plans), "office").get("/indicators?plan=xiaoyi&kind=number")
    assert one(page, "7")[5] == "100 2025读作 ≥ 100"
    assert one(page, "8")[5] == "0 2025读作 ≤ 0"
    assert "0%" not in page.text


def test_the_binding_ones_are_offered_first(plans: Database):
    page = visitor_with_role(create_app(plans), "office").get("/indicators?plan=xiaoyi")
    offered = re.findall(r'<option value="([^"]*)"', page.text[page.text.index('id="f-nature"') :])
    assert offered[:3] == ["", "约束性", "预期性"]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("/indicators?plan=xiaoyi&nature=约束性", 17),
        ("/indicators?plan=xiaoyi&kind=delegated", 17),
        ("/indicators?plan=xiaoyi&kind=quantified", 2),
        ("/indicators?plan=xiaoyi&kind=unquantified", 21),
        ("/indicators?plan=xiaoyi&category=生态经济", 7),
        ("/indicators?q=ＰＭ2.5", 3),
        ("/indicators?q=森林 覆盖", 3),
        ("/indicators?plan=xiaoyi&kind=grade", 0),
        ("/commitments?plan=xiaoyi&kind=annual", 2),
        ("/commitments?plan=xiaoyi&q=孝河", 3),
    ],
)
def test_filters_narrow_the_list(plans: Database, address: str, found: int):
    page = visitor_with_role(create_app(plans), "office").get(address)
    assert page.status_code == 200
    assert f"共 {found} " in page.text
    assert len(names(page)) == found


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/indicators?kind=anything", "kind"),
        ("/indicators?plan=xiaoyi&category=不存在", "category"),
        ("/commitments?programme=1", "programme"),
        ("/commitments?q=" + "长" * 81, "q"),
    ],
)
def test_a_filter_that_cannot_be_is_told_at_its_field(plans: Database, address: str, field: str):
    answer = visitor_with_role(create_app(plans), "office").get(address)
    assert answer.status_code == 422
    assert f'<a href="#f-{field}">' in answer.text
    assert names(answer) == []


def test_promises_stand_with_operator_wording_and_who_carries_them(loaded: Database):
    client = visitor_with_role(create_app(loaded), "office")
    rows = {row[0]: row for row in rows_on(client.get("/commitments?plan=xiaoyi")) if len(row) == 7}
    yearly = next(row for name, row in rows.items() if name.startswith("三北防护林工程"))
    assert yearly[1] == "1,000"
    assert "每年" in yearly[2]
    assert "“每年实施三北防护林工程1000亩”" in yearly[4]
    assert yearly[5] == "国家三北重点防护林工程项目"
    assert "第 341 行" in yearly[6]
    capped = next(row for name, row in rows.items() if name.startswith("全市用水总量控制"))
    assert capped[1:3] == ["≤ 9.54", "万立方米"]
    forest = next(row for name, row in rows.items() if name.startswith("森林覆盖率"))
    assert forest[5] == "指标 2 森林覆盖率"


def test_a_heading_of_promises_includes_those_below_it(plans: Database):
    with plans.reading() as session:
        top = session.exec(select(Programme).where(Programme.key == "shanshui-baohu-zhili")).one()
        below = session.exec(select(Programme).where(Programme.parent_id == top.id)).one()
        session.expunge_all()
    client = visitor_with_role(create_app(plans), "office")
    of_top = names(client.get(f"/commitments?plan=xiaoyi&programme={top.id}"))
    of_below = names(client.get(f"/commitments?plan=xiaoyi&programme={below.id}"))
    assert of_below
    assert set(of_below) <= set(of_top)


def test_htmx_gets_the_list_alone_and_a_clean_address(plans: Database):
    client = visitor_with_role(create_app(plans), "office")
    part = client.get("/indicators?plan=xiaoyi&category=&nature=约束性&q=", headers=HTMX)
    assert part.status_code == 200
    assert "<html" not in part.text
    assert "共 17 项指标" in part.text
    assert part.headers["HX-Push-Url"] == "/indicators?plan=xiaoyi&nature=%E7%BA%A6%E6%9D%9F%E6%80%A7"
    assert "HX-Request" in part.headers["vary"]


def many_indicators(session: Session, count: int) -> None:
    plan = make_plan(session)
    for position in range(count):
        session.add(
            Indicator(
                plan_id=identity(plan),
                key=f"i{position}",
                no=str(position + 1),
                position=position,
                name=f"指标{position + 1}号",
                printed_name=f"指标{position + 1}号",
                baseline_printed="--",
            )
        )


def test_a_long_list_is_cut_into_pages_without_gaps(database: Database):
    with database.writing() as session:
        many_indicators(session, 230)
    client = visitor_with_role(create_app(database), "office")
    address, seen = "/indicators", []
    for _ in range(3):
        page = client.get(address)
        seen += names(page)
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        address = following[1].replace("&amp;", "&") if following else ""
    assert address == ""
    assert seen == [f"指标{number}号" for number in range(1, 231)]
    assert names(client.get("/indicators?after=999999999999")) == seen[:100]


def test_who_may_see_one_plan_sees_its_indicators_and_promises_only(loaded: Database):
    client = visitor_with_role(create_app(loaded), "auditor", plan=plan_named(loaded, "tunliu"))
    with loaded.reading() as session:
        plan_id = plan_named(loaded, "tunliu").id
        promises = session.exec(select(Commitment.name).where(Commitment.plan_id == plan_id)).all()
    assert len(names(client.get("/indicators"))) == 25
    assert len(names(client.get("/commitments"))) == len(promises)
    for address in ("/indicators?plan=xiaoyi", "/commitments?plan=xiaoyi"):
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("query", ["after=", "self=", "after=&self=&path=&q=", "=x&="])
def test_empty_parameters_of_any_name_are_left_out(sqlite_database: Database, query: str) -> None:
    """Names of our own functions among them; every list of this kind builds its addresses in one place."""
    with sqlite_database.writing() as session:
        make_plan(session)
    client = visitor_with_role(create_app(sqlite_database), "office")
    for path in ("/indicators", "/projects", "/works", "/money/ledger", "/scenario", "/audit"):
        assert client.get(f"{path}?{query}", headers=HTMX).status_code < 500, path
