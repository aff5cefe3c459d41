"""Scenarios by address: what moves, what is refused with what was typed, and decisions that stay as they were."""

import re

import pytest
from sqlmodel import func, select
from starlette.testclient import TestClient

from core.audit import AuditEntry
from core.database import Database
from milestones.quantities import Quantity, measure_named
from milestones.scenario_decisions import ScenarioDecision
from portfolio.projects import Project
from tests.databases import on_both
from tests.reports.indicator_samples import FOREST
from tests.web.coverage_visits import SCENARIO, SHELTER, covered_app, with_coverage
from tests.web.reading_pages import form_on, rows_on
from tests.web.visiting import visitor_with_role

database = on_both(with_coverage)
PAPER = {"title": "推迟一年", "reason": "苗木不足", "document": "会议纪要〔2024〕2号"}
LATER = f"{SCENARIO}&finish.{SHELTER}=2023"


@pytest.fixture
def office(database: Database) -> TestClient:
    return visitor_with_role(covered_app(database), "office")


def measure(database: Database) -> int:
    with database.reading() as session:
        return measure_named(session, FOREST, "亩").id or 0


def first_quantity(database: Database) -> int:
    with database.reading() as session:
        query = select(Quantity.id).join(Project).where(Project.code == "qingshan-01").order_by(Quantity.id)  # type: ignore[arg-type]
        return session.exec(query).first() or 0


def moved(answer: object) -> list[list[str]]:
    rows = [[re.sub(r"\s+", " ", cell).strip() for cell in row] for row in rows_on(answer)]  # type: ignore[arg-type]
    return [row for row in rows if len(row) == 9 and "→" in "".join(row)]


def test_a_change_in_the_address_moves_the_indicator(office: TestClient, database: Database) -> None:
    answer = office.get(LATER)
    assert answer.status_code == 200
    (row,) = moved(answer)
    assert row[0].startswith("森林覆盖率")
    assert row[2].startswith("33.8844 → 33.7434")
    assert row[5].startswith("9,000 → 7,000")
    assert row[6:8] == ["15,827.25 → 17,827.25", "36.25% → 28.19%"]
    assert "2025 → <strong>2023</strong>" in answer.text
    target = office.get(f"{SCENARIO}&target.qingshan-01.{first_quantity(database)}=2.1")
    assert "不足" in moved(target)[0][8]
    assert "足够" in moved(target)[0][8].split("→")[1]


def test_nothing_is_saved(office: TestClient, database: Database) -> None:
    def counts() -> list[int]:
        with database.reading() as session:
            tables = (AuditEntry, ScenarioDecision, Quantity)
            return [session.exec(select(func.count()).select_from(table)).one() for table in tables]

    before, figures = counts(), office.get("/coverage/qingshan/1").text
    office.get(f"{LATER}&survival.{measure(database)}=80&factor.1.{measure(database)}=2/3")
    assert counts() == before
    assert office.get("/coverage/qingshan/1").text == figures


def test_an_address_without_changes_changes_nothing(office: TestClient, database: Database) -> None:
    same = f"{SCENARIO}&finish.{SHELTER}=2025&survival.{measure(database)}=100&factor.1.{measure(database)}=1"
    for address in (SCENARIO, same):
        answer = office.get(address)
        assert answer.status_code == 200
        assert 'id="result"' not in answer.text


def test_the_empty_fields_of_the_form_leave_the_address(office: TestClient) -> None:
    answer = office.get(f"{SCENARIO}&finish.qingshan-01=&survival.1=&finish.{SHELTER}=2023")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/scenario?plan=qingshan&as_of=2024Q4&finish.{SHELTER}=2023"


def test_bad_input_is_named_and_kept(office: TestClient, database: Database) -> None:
    number = measure(database)
    bad = {
        "finish.nowhere": ("2024", "没有项目“nowhere”"),
        f"finish.{SHELTER}": ("2021", "早于起始年 2022"),
        f"survival.{number}": ("101", "应为 0 至 100"),
        f"factor.1.{number}": ("abc", "系数"),
        f"target.qingshan-01.{first_quantity(database)}": ("-5", "任务数量"),
        "also": ("qingshan-99", "没有项目“qingshan-99”"),
        "survival.9999": ("50", "没有“9999”这一项"),
    }
    for name, (value, words) in bad.items():
        answer = office.get(f"{SCENARIO}&{name}={value}")
        assert answer.status_code == 422, name
        assert words in answer.text, name
        assert 'id="result"' not in answer.text, name
        if name not in ("finish.nowhere", "survival.9999"):
            assert f'name="{name}" value="{value}"' in answer.text or f'value="{value}"' in answer.text, name
    several = office.get(f"{LATER}&survival.{number}=101")
    assert several.status_code == 422
    assert f'name="finish.{SHELTER}" value="2023"' in several.text


def test_a_decision_keeps_what_the_scenario_said_then(office: TestClient, database: Database) -> None:
    form = form_on(office.get(LATER), "/scenario")
    refused = office.post("/scenario?as_of=2024Q4", data=form | PAPER | {"reason": " "})
    assert refused.status_code == 422
    assert 'value="推迟一年"' in refused.text
    answer = office.post("/scenario?as_of=2024Q4", data=form | PAPER)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/scenario?as_of=2024Q4&plan=qingshan#decisions",
    )
    assert office.post("/scenario?as_of=2024Q4", data=form | PAPER).status_code == 303  # the same button again
    with database.reading() as session:
        assert session.exec(select(func.count()).select_from(ScenarioDecision)).one() == 1
    with database.writing() as session:  # the plan changes later; the decision does not
        session.exec(select(Quantity).where(Quantity.id == first_quantity(database))).one().value_micro *= 3
    page = office.get(SCENARIO)
    for words in ("推迟一年", "苗木不足", "会议纪要〔2024〕2号", "33.8844 → 33.7434", "15827.2500 → 17827.2500"):
        assert words in page.text, words
    assert f"finish.{SHELTER}=2023" in page.text


def test_only_who_sets_rules_records_decisions(database: Database) -> None:
    app = covered_app(database)
    leader = visitor_with_role(app, "leader")
    page = leader.get(LATER)
    assert page.status_code == 200
    assert "记录为决定" not in page.text
    fields = PAPER | {"plan": "qingshan", f"finish.{SHELTER}": "2023"}
    assert leader.post("/scenario?as_of=2024Q4", data=fields).status_code == 404
    assert visitor_with_role(app, "office").post("/scenario", data=fields | {"plan": "nowhere"}).status_code == 404


def test_a_decision_without_a_change_is_refused(office: TestClient) -> None:
    answer = office.post("/scenario?as_of=2024Q4", data=PAPER | {"plan": "qingshan"})
    assert answer.status_code == 422
    assert "没有任何改动" in answer.text


def test_without_a_plan_the_reader_chooses_one(office: TestClient) -> None:
    answer = office.get("/scenario")
    assert answer.status_code == 200
    assert "/scenario?plan=city" in answer.text
    assert office.get("/scenario?plan=nowhere").status_code == 404
