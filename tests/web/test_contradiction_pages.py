"""矛盾: all readings side by side; a decision by who may, on a document, once, and never on a stale page."""

import re

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlmodel import select
from starlette.testclient import TestClient

from core.audit import history
from core.database import Database
from portfolio.contradictions import Contradiction
from portfolio.plans import Plan, find_plan
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role
from web.app import create_app

DECISION = {"reading": "0", "decision": "以表2-1为准，正文系误印", "document": "孝生态办〔2024〕3号"}


def water(database: Database) -> Contradiction:
    """95,400 against 85.26 million cubic metres: the gravest contradiction of the plans."""
    with database.reading() as session:
        found = session.exec(select(Contradiction).where(Contradiction.key == "xiaoyi-x01")).one()
        session.expunge(found)
        return found


def plan_named(database: Database, code: str) -> Plan:
    with database.reading() as session:
        found = find_plan(session, code)
        assert found is not None
        session.expunge(found)
        return found


def address_of(database: Database) -> str:
    return f"/contradictions/{water(database).id}"


def filled(page: Response, address: str, **typed: str) -> dict[str, str]:
    """The form as it stands on the page, with something typed into it."""
    return form_on(page, address) | DECISION | typed


def office(app: FastAPI) -> TestClient:
    return visitor_with_role(app, "office")


def test_the_list_begins_with_the_grave_ones(loaded: Database):
    page = office(create_app(loaded)).get("/contradictions")
    gravity = [row[1] for row in rows_on(page)[1:]]
    grave = gravity.count("严重")
    assert grave > 10
    assert gravity == ["严重"] * grave + ["一般"] * (len(gravity) - grave)
    assert f"严重 {grave} 处" in page.text


def test_the_list_is_narrowed_by_plan_gravity_field_and_words(plans: Database):
    client = office(create_app(plans))
    rows = rows_on(client.get("/contradictions?plan=xiaoyi&grave=1&undecided=1"))[1:]
    assert {row[1] for row in rows} == {"严重"}
    assert {row[5] for row in rows} == {"待裁定"}
    assert {row[3] for row in rows_on(client.get("/contradictions?field=years"))[1:]} == {"起止年限"}
    found = rows_on(client.get("/contradictions?q=9.54万立方米"))[1:]
    assert [row[0].split()[-1] for row in found] == ["xiaoyi-x01"]
    assert client.get("/contradictions?field=nothing").status_code == 422


def test_all_readings_stand_side_by_side_with_their_lines(loaded: Database):
    page = office(create_app(loaded)).get(address_of(loaded))
    for words in ("9.54 万立方米以内", "完成市级下达指标", "8526", "第 368 行", "第 323–324 行", "显系误印"):
        assert words in page.text
    used = re.search(r'<li class="reading in-use">(.*?)</li>', page.text, re.S)
    assert used is not None
    assert "说法 1" in used[1]
    assert page.text.count('class="reading') >= 3


def test_a_decision_is_kept_shown_and_audited(loaded: Database):
    app = create_app(loaded)
    client, address = office(app), address_of(loaded)
    answer = client.post(address, data=filled(client.get(address), address))
    assert (answer.status_code, answer.headers["location"]) == (303, address)
    page = client.get(address)
    for words in ("已裁定", "裁定采用", DECISION["decision"], DECISION["document"], "甲the-office（the-office）"):
        assert words in page.text
    audited = next(row for row in rows_on(visitor_with_role(app, "auditor").get(address)) if "裁定" in row)
    assert "采用 说法 1" in audited[3]
    row = water(loaded)
    assert (row.decided_reading, row.in_use, row.row_version) == (0, 0, 2)
    assert "待裁定" not in rows_on(client.get("/contradictions?q=xiaoyi-x01"))[1]


def test_neither_reading_may_hold_and_the_page_says_that_data_differ(plans: Database):
    client, address = office(create_app(plans)), address_of(plans)
    client.post(address, data=filled(client.get(address), address, reading="none"))
    page = client.get(address)
    assert "都不采用" in page.text
    assert "裁定与数据采用的说法不同" in page.text
    assert water(plans).decided_reading is None


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"document": " "}, "document"),
        ({"decision": ""}, "decision"),
        ({"reading": ""}, "reading"),
        ({"reading": "7"}, "reading"),
        ({"reading": "-1"}, "reading"),
        ({"document": "长" * 201}, "document"),
    ],
)
def test_a_wrong_decision_is_told_at_its_field_and_keeps_what_was_typed(
    loaded: Database, typed: dict[str, str], field: str
):
    client, address = office(create_app(loaded)), address_of(loaded)
    answer = client.post(address, data=filled(client.get(address), address, **typed))
    assert answer.status_code == 422
    assert field in errors_on(answer)
    again = form_on(answer, address)
    assert again["decision"] == typed.get("decision", DECISION["decision"])
    assert again["document"] == typed.get("document", DECISION["document"])
    assert water(loaded).decided_at is None


def test_a_stale_page_shows_both_versions(loaded: Database):
    app, address = create_app(loaded), address_of(loaded)
    first, second = office(app), signed_in_visitor(app, person_in(loaded, "second", "office"))
    opened = second.get(address)
    first.post(address, data=filled(first.get(address), address))
    mine = filled(opened, address, reading="1", decision="以正文为准")
    answer = second.post(address, data=mine)
    assert answer.status_code == 409
    assert "已经修改了这条记录" in answer.text
    assert "甲the-office（the-office）" in answer.text
    assert DECISION["decision"] in answer.text
    again = form_on(answer, address)
    assert (again["decision"], again["row_version"]) == ("以正文为准", "2")
    assert 'value="1" required checked' in answer.text
    assert water(loaded).decision == DECISION["decision"]
    third = second.post(address, data=again | {"reading": "1"})
    assert third.status_code == 303
    assert water(loaded).decision == "以正文为准"


def test_a_second_press_does_nothing(loaded: Database):
    client, address = office(create_app(loaded)), address_of(loaded)
    form = filled(client.get(address), address)
    answers = [client.post(address, data=form) for _ in range(2)]
    assert [answer.headers["location"] for answer in answers] == [address, address]
    row = water(loaded)
    assert row.row_version == 2
    with loaded.reading() as session:
        lines = [line for line in history(session, "contradiction", row.id or 0) if line.action == "decide"]
    assert len(lines) == 1


@pytest.mark.parametrize("role", ["leader", "auditor", "finance"])
def test_who_may_not_decide_has_no_form_and_is_refused(plans: Database, role: str):
    client, address = visitor_with_role(create_app(plans), role), address_of(plans)
    page = client.get(address)
    assert page.status_code == 200
    assert "处理意见" not in page.text
    assert client.post(address, data=DECISION | {"row_version": "1"}).status_code == 404
    assert water(plans).decided_at is None


def test_a_leader_sees_no_audit_rows(plans: Database):
    app, address = create_app(plans), address_of(plans)
    assert "修改记录" not in visitor_with_role(app, "leader").get(address).text
    assert "修改记录" in visitor_with_role(app, "auditor").get(address).text


def test_the_office_of_one_plan_neither_sees_nor_decides_in_another(loaded: Database):
    client = visitor_with_role(create_app(loaded), "office", plan=plan_named(loaded, "tunliu"))
    address = address_of(loaded)
    assert client.get(address).status_code == 404
    assert client.post(address, data=DECISION | {"row_version": "1"}).status_code == 404
    assert client.get("/contradictions?plan=xiaoyi").status_code == 404
    keys = [row[0].split()[-1] for row in rows_on(client.get("/contradictions"))[1:]]
    assert keys
    assert all(key.startswith("tunliu-") for key in keys)
    assert water(loaded).decided_at is None


def test_english_readers_get_the_english_summary(plans: Database):
    page = office(create_app(plans)).get(f"{address_of(plans)}?lang=en")
    assert "The 2025 cap on total water use is 95,400 m3 in the body" in page.text
    assert '<span lang="zh">9.54 万立方米以内</span>' in page.text
