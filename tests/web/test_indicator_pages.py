"""The page of one indicator: readings from form to acceptance, targets and rules by document, who may do which."""

from datetime import date

import pytest
from fastapi import FastAPI
from sqlmodel import Session, col, select
from starlette.testclient import TestClient

from core.database import Database
from milestones.reading_reports import record_reading
from milestones.readings import OfficialReading
from tests.databases import on_both, on_sqlite
from tests.milestones.reading_samples import REPORTER, a_reading, indicator
from tests.samples import find_small_plan
from tests.web.indicator_visits import DECIDE, GRADE, NEW, ONE, PAPER, RULE, TARGET, sent, with_indicators
from tests.web.project_visits import department
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role
from web.app import create_app

database, sqlite_database = on_both(with_indicators), on_sqlite(with_indicators)


@pytest.fixture
def app(sqlite_database: Database) -> FastAPI:
    return create_app(sqlite_database)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return visitor_with_role(app, "office")


def readings(session: Session) -> list[OfficialReading]:
    return list(session.exec(select(OfficialReading).order_by(col(OfficialReading.id))))


def test_the_page_shows_formula_target_and_what_the_projects_give(client: TestClient) -> None:
    text = client.get(ONE).text
    for words in ("国土面积", "945.8", "规划第42行", "按1:1计入", "完成市级下达指标", "待上级下达", "还没有官方监测值"):
        assert words in text, words
    # 0.5 万亩 of the small plan on 945.8 km²: 33.25 % + 3.3333 km²; the rise to the 35 % of the body needs 24,827.25 亩.
    for figure in ("33.6024", "20.14%", "19,827.25 亩"):
        assert figure in text, figure


def test_a_list_leads_to_the_page(client: TestClient) -> None:
    assert f'href="{ONE}"' in client.get("/indicators?plan=qingshan").text


def test_an_indicator_that_is_not_there_or_not_to_be_seen_looks_the_same(
    app: FastAPI, client: TestClient, sqlite_database: Database
) -> None:
    for address in ("/indicators/qingshan/99", "/indicators/elsewhere/1"):
        assert client.get(address).status_code == 404
    assert visitor_with_role(app, "admin").get(ONE).status_code == 404
    with sqlite_database.reading() as session:
        plan = find_small_plan(session).plan
        session.expunge_all()
    assert visitor_with_role(app, "leader", plan=plan).get(ONE).status_code == 200


# ---- readings


def test_a_reading_goes_from_the_form_to_accepted_by_another(database: Database) -> None:
    app = create_app(database)
    owner = signed_in_visitor(app, person_in(database, "monitor", "owner", department=department(database, "水利局")))
    paper = {"document": "2024年生态环境状况公报", "occurred_on": "2025-03-10", "agency": "市生态环境局"}
    answer = sent(owner, NEW, quarter="2024", value="34.1", act="submit", **paper)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ONE}#readings")
    assert DECIDE not in owner.get(ONE).text
    office = visitor_with_role(app, "office")
    page = office.get(ONE)
    assert "2024年第4季度" in page.text
    assert "待接收" in page.text
    with database.reading() as session:
        (row,) = readings(session)
        assert (row.quarter, row.value_micro, row.state) == (20244, 34_100_000, "submitted")
    form = form_on(page, DECIDE)
    empty = office.post(DECIDE, data=form | {"act": "accept"})
    assert empty.status_code == 422
    assert "没有勾选任何监测值" in empty.text
    assert office.post(DECIDE, data=form | {"act": "accept", "reading": str(row.id)}).status_code == 303
    rows = rows_on(office.get(ONE))
    assert any("2024年第4季度" in line[0] and "现行" in line[3] for line in rows if len(line) > 3)
    assert "34.1" in office.get(ONE).text


def test_what_is_wrong_stands_at_its_field_with_what_was_typed(client: TestClient) -> None:
    answer = sent(client, NEW, quarter="2024", value="135", document="", act="submit")
    assert answer.status_code == 422
    assert set(errors_on(answer)) == {"value", "document"}
    assert form_on(answer, NEW)["value"] == "135"
    answer = sent(client, NEW, quarter="2024年", value="35", document="公报", act="submit")
    assert set(errors_on(answer)) == {"quarter"}


def test_an_indicator_of_grades_asks_for_a_grade(client: TestClient, sqlite_database: Database) -> None:
    address = f"{GRADE}/readings/new"
    form = form_on(client.get(address), address)
    assert "grade" in form
    assert "value" not in form
    assert sent(client, address, grade="3", document="水质月报", act="submit").status_code == 303
    with sqlite_database.reading() as session:
        assert [row.grade for row in readings(session)] == [3]


def test_a_draft_is_its_authors_alone_until_it_is_submitted(app: FastAPI, sqlite_database: Database) -> None:
    author, other = (signed_in_visitor(app, person_in(sqlite_database, name, "office")) for name in ("anna", "bert"))
    assert sent(author, NEW, value="34", document="公报", act="draft").status_code == 303
    with sqlite_database.reading() as session:
        id_ = readings(session)[0].id
    edit = f"{ONE}/readings/{id_}/edit"
    assert edit in author.get(ONE).text
    assert edit not in other.get(ONE).text
    assert other.get(edit).status_code == 404
    assert sent(author, edit, value="34.2", act="submit").status_code == 303
    with sqlite_database.reading() as session:
        assert [(row.value_micro, row.state) for row in readings(session)] == [(34_200_000, "submitted")]
    assert author.get(edit).status_code == 404
    assert DECIDE not in author.get(ONE).text  # nobody accepts what they reported
    assert DECIDE in other.get(ONE).text


def test_a_draft_is_discarded_and_a_stale_one_shows_both_versions(
    client: TestClient, sqlite_database: Database
) -> None:
    sent(client, NEW, value="34", document="公报", act="draft")
    with sqlite_database.reading() as session:
        id_ = readings(session)[0].id
    edit, discard = f"{ONE}/readings/{id_}/edit", f"{ONE}/readings/{id_}/discard"
    old = form_on(client.get(edit), edit)
    assert sent(client, edit, value="34.5", act="draft").status_code == 303
    stale = client.post(edit, data=old | {"value": "34.9", "act": "draft"})
    assert stale.status_code == 409
    assert "两个版本对照" in stale.text
    assert "34.5" in stale.text
    assert form_on(stale, edit)["value"] == "34.9"
    assert client.post(discard, data=form_on(client.get(edit), discard)).status_code == 303
    with sqlite_database.reading() as session:
        assert readings(session) == []


def test_readings_of_another_indicator_are_not_decided_here(client: TestClient, sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        mine = record_reading(session, indicator(session), a_reading(), submit=True, by=REPORTER)
        other = record_reading(session, indicator(session, "4"), a_reading(grade=3), submit=True, by=REPORTER)
        ids = (mine.id, other.id)
    form = form_on(client.get(ONE), DECIDE)
    refused = client.post(DECIDE, data=form | {"act": "reject", "reason": "与公报不符", "reading": str(ids[1])})
    assert refused.status_code == 422
    sent_back = client.post(DECIDE, data=form | {"act": "reject", "reason": " ", "reading": str(ids[0])})
    assert set(errors_on(sent_back)) == set()
    assert sent_back.status_code == 422
    assert (
        client.post(DECIDE, data=form | {"act": "reject", "reason": "与公报不符", "reading": str(ids[0])}).status_code
        == 303
    )
    with sqlite_database.reading() as session:
        assert [row.state for row in readings(session)] == ["rejected", "submitted"]
    assert "与公报不符" in client.get(ONE).text


def test_the_list_tells_who_may_accept_that_readings_wait(app: FastAPI, sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        record_reading(session, indicator(session), a_reading(), submit=True, by=REPORTER)
    assert "有 1 条监测值等待接收" in visitor_with_role(app, "office").get("/indicators?plan=qingshan").text
    assert "等待接收" not in visitor_with_role(app, "finance").get("/indicators?plan=qingshan").text


# ---- who may do which

FORMS = (NEW, TARGET, RULE)
MAY = {"office": FORMS, "finance": (NEW,), "leader": (), "auditor": (), "owner": (NEW,), "head": (NEW,)}


def test_each_role_reaches_only_its_own_forms(app: FastAPI) -> None:
    bureau = {"department": department(app.state.database, "水利局")}
    for role, allowed in MAY.items():
        more = bureau if role in ("owner", "head") else {}
        client = signed_in_visitor(app, person_in(app.state.database, f"the-{role}", role, **more))
        assert client.get(ONE).status_code == 200
        for address in FORMS:
            assert client.get(address).status_code == (200 if address in allowed else 404), (role, address)
            if address not in allowed:
                assert client.post(address, data={"reason": "x"}).status_code == 404, (role, address)
        if role != "office":
            assert client.post(DECIDE, data={"act": "accept", "reading": "1"}).status_code == 404, role


def test_the_page_as_of_an_earlier_quarter_shows_what_held_then(client: TestClient, sqlite_database: Database) -> None:
    fields = {"kind": "number", "printed": "不低于35.2%", "operator": "≥", "value": "35.2", "approver": "市政府"}
    assert sent(client, TARGET, **fields, **PAPER).status_code == 303
    with sqlite_database.writing() as session:
        record_reading(session, indicator(session), a_reading(occurred_on=date(2025, 3, 10)), submit=True, by=REPORTER)
    now, then = client.get(ONE), client.get(f"{ONE}?as_of=2022Q4")
    held = {"now": "不低于35.2%", "then": "完成市级下达指标"}
    for page, words in ((now, held["now"]), (then, held["then"])):
        line = next(row for row in rows_on(page) if "现行" in row[0])
        assert words in line[1]
