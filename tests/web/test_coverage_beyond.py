"""Coverage pages on what goes beyond a target, and on what its reader may not see of lower plans."""

from sqlmodel import Session, select
from starlette.testclient import TestClient

from core.database import Database
from portfolio.plans import Plan, Programme
from tests.databases import on_sqlite
from tests.reports.indicator_samples import FOREST, put_indicator, put_link, put_rule, put_target
from tests.samples import find_small_plan, identity
from tests.web.coverage_visits import AS_OF, COVERAGE, covered_app, with_coverage
from tests.web.reading_pages import rows_on
from tests.web.test_coverage_pages import plain
from tests.web.visiting import visitor_with_role

database = on_sqlite(with_coverage)
CITY_FIGURE = f"/coverage/city/1?{AS_OF}"
HIDDEN = "另有下级规划的 1 个项目（您无权查看明细）"


def _linked(session: Session) -> Plan:
    city = session.exec(select(Plan).where(Plan.code == "city")).one()
    heading = session.exec(select(Programme).where(Programme.plan_id == identity(city))).one()
    put_link(session, heading, find_small_plan(session).forest)
    return city


def _narrowed(database: Database) -> TestClient:
    """Somebody of the city, who sees its plan alone."""
    with database.writing() as session:
        city = _linked(session)
        session.flush()
        session.refresh(city)
        session.expunge(city)
    return visitor_with_role(covered_app(database), "office", plan=city)


def test_projects_that_the_reader_may_not_see_are_one_line_and_the_sum_stands(database: Database) -> None:
    client = _narrowed(database)
    text = plain(client.get(CITY_FIGURE).text)
    assert HIDDEN in text
    assert "qingshan" not in text
    rows = [[cell.strip() for cell in row] for row in rows_on(client.get(CITY_FIGURE))]
    total = next(row for row in rows if row[0] == "合计")
    assert total[-2:] == ["5,000", "1,500"]
    assert HIDDEN in plain(client.get(f"/coverage?plan=city&{AS_OF}").text)
    (found,) = client.get("/api/v1/indicators", params={"plan": "city", "as_of": "2024Q4"}).json()
    assert [(one["project"], one["name"], one["hidden_projects"]) for one in found["contributions"]] == [
        (None, HIDDEN, 1),
        (None, HIDDEN, 1),
    ]
    assert client.get(f"/scenario?plan=city&{AS_OF}").status_code == 200
    assert "qingshan-01" not in client.get(f"/scenario?plan=city&{AS_OF}").text


def test_what_is_overshot_is_not_enough_and_says_by_how_much(database: Database) -> None:
    with database.writing() as session:
        small = find_small_plan(session)
        exact = put_indicator(session, small.plan, "4", name="造林任务", unit="亩", change=True)
        put_target(session, exact, operator="=", value="8000")
        put_rule(session, exact, {FOREST: 1}, formula="total")
    client = visitor_with_role(covered_app(database), "office")
    rows = [[cell.strip() for cell in row] for row in rows_on(client.get(COVERAGE))]
    assert any("造林任务" in row[0] and row[1] == "▲ 超出" for row in rows)
    assert [
        "qingshan",
        "1",
        "0",
        "1",
        "1",
        "1",
        "0",
    ] in rows  # 不足 足够 超出 已达标 不可计算, and of these binding short ones
    figure = plain(client.get(f"/coverage/qingshan/4?{AS_OF}").text)
    assert "项目全部完成将超出目标 1000 亩" in figure
    assert "超出目标 1,000 亩" in figure
    assert client.get(f"{COVERAGE}&verdict=over").status_code == 200
    page = plain(client.get(f"/indicators/qingshan/4?{AS_OF}").text)
    assert "超出目标 1,000 亩" in page
