"""Links between plans on their page: added and ended by document, seen from both ends."""

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from core.database import Database
from milestones.indicator_rules import ProgrammeLink
from portfolio.plans import Programme
from tests.databases import on_both
from tests.web.coverage_visits import LINKS, covered_app, with_coverage
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import visitor_with_role

database = on_both(with_coverage)
PAPER = {"from_quarter": "2023Q1", "document": "样市发〔2023〕3号", "reason": "同一处造林"}


@pytest.fixture
def office(database: Database) -> TestClient:
    return visitor_with_role(covered_app(database), "office")


def heading(database: Database) -> str:
    with database.reading() as session:
        return str(
            session.exec(select(Programme.id).where(Programme.key == "green", Programme.name == "国土绿化")).one()
        )


def linked(office: TestClient, database: Database) -> str:
    fields = {"project": "qingshan-01", "programme": heading(database)} | PAPER
    answer = office.post(LINKS, data=form_on(office.get(LINKS), LINKS) | fields)
    assert (answer.status_code, answer.headers["location"]) == (303, LINKS)
    with database.reading() as session:
        return f"{LINKS}/{session.exec(select(ProgrammeLink.id)).one()}/end"


def test_a_project_is_linked_and_shown_apart_above(office: TestClient, database: Database) -> None:
    linked(office, database)
    assert any("同一处造林" in row[3] for row in rows_on(office.get(LINKS)) if len(row) > 3)
    assert "国土绿化" in office.get("/plans/qingshan/links").text
    row = next(row for row in rows_on(office.get("/coverage?plan=city")) if "营造林面积" in row[0])
    assert [cell.strip() for cell in row[3:6]] == ["6,000", "0", "5,000"]
    assert "下级规划支持的项目" in office.get("/coverage/city/1").text


def test_a_lower_project_without_a_link_is_named_among_what_was_left_out(
    office: TestClient, database: Database
) -> None:
    assert "没有挂接到本规划" in office.get("/coverage/city/1").text
    linked(office, database)
    left = [row for row in rows_on(office.get("/coverage/city/1")) if "没有挂接到本规划" in row[0]]
    assert [row[1].strip().startswith("三北防护林") for row in left] == [True]


def test_what_is_missing_stands_at_its_field(office: TestClient, database: Database) -> None:
    form = form_on(office.get(LINKS), LINKS)
    empty = office.post(LINKS, data=form | {"project": "", "programme": "", "document": "", "reason": ""})
    assert empty.status_code == 422
    assert set(errors_on(empty)) == {"project", "programme"}
    fields = {"project": "qingshan-01", "programme": heading(database)} | PAPER
    late = office.post(LINKS, data=form | fields | {"from_quarter": "2099Q1"})
    assert set(errors_on(late)) == {"from_quarter"}
    linked(office, database)
    twice = office.post(LINKS, data=form_on(office.get(LINKS), LINKS) | fields)
    assert twice.status_code == 409
    assert "已经挂接" in twice.text
    assert 'value="样市发〔2023〕3号"' in twice.text


def test_a_link_ends_by_document_and_stays_in_the_list(office: TestClient, database: Database) -> None:
    end = linked(office, database)
    fields = {"from_quarter": "2024Q1", "document": "样市发〔2024〕1号", "reason": "改由县里考核"}
    refused = office.post(end, data=form_on(office.get(end), end) | fields | {"reason": ""})
    assert set(errors_on(refused)) == {"reason"}
    assert office.post(end, data=form_on(office.get(end), end) | fields).status_code == 303
    assert any("已结束" in row[2] for row in rows_on(office.get(LINKS)) if len(row) > 3)
    assert office.get(end).status_code == 404


def test_only_who_sets_rules_of_the_higher_plan_links(office: TestClient, database: Database) -> None:
    end = linked(office, database)
    app = covered_app(database)
    for role in ("leader", "auditor", "finance"):
        client = visitor_with_role(app, role)
        page = client.get(LINKS)
        assert page.status_code == 200
        assert "增加挂接" not in page.text
        assert end not in page.text
        assert client.post(LINKS, data=PAPER).status_code == 404
        assert client.get(end).status_code == 404
        assert client.post(end, data=PAPER).status_code == 404
    assert visitor_with_role(app, "admin").get(LINKS).status_code == 404
