"""New versions of estimates: exact, dated, on a document, and a package only together with its parts."""

from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from core.database import Database
from reports.self_check import mismatches
from tests.databases import on_both, on_sqlite, plant
from tests.samples import WAN
from tests.web.project_visits import (
    amounts,
    office,
    small_app,
)
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import visitor_with_role

database, sqlite_database = on_both(plant), on_sqlite(plant)  # with the small plan

ESTIMATE = "/projects/qingshan-02/estimate"
BASIS = {"document": "青政办〔2024〕5号", "reason": "增补"}


def revise(client: TestClient, address: str = ESTIMATE, **changes: Any) -> Response:
    return client.post(address, data=form_on(client.get(address), address) | BASIS | changes)


def test_a_new_version_holds_from_its_quarter_and_the_old_one_stays(database: Database):
    client = office(database)
    address = "/projects/qingshan-01/estimate"
    assert revise(client, address, estimate="9500", from_quarter="2024Q1").status_code == 303
    assert amounts(database)["qingshan-01"] == 9_500 * WAN
    assert amounts(database, 20234)["qingshan-01"] == 9_000 * WAN
    rows = rows_on(client.get("/projects/qingshan-01"))
    assert any(
        row[0].startswith("2024年第1季度") and row[1:4] == ["9,500.00", "青政办〔2024〕5号", "增补"]
        for row in rows
        if row
    )
    assert "9,500.00" in client.get("/projects?q=天然林").text


def test_a_package_is_revised_together_with_its_parts_or_not_at_all(database: Database):
    client = office(database)
    refused = revise(client, estimate="26000")
    assert refused.status_code == 422
    assert "合计 25000 万元，与打包项目的 26000 万元不相等，相差 1000 万元" in refused.text
    assert "25,000.00 万元" in refused.text  # what holds today still stands beside the field
    assert amounts(database)["qingshan-02"] == 25_000 * WAN
    accepted = revise(client, estimate="2.6", estimate_unit="亿元", part_estimate_1="1.1", part_estimate_2="1.5")
    assert accepted.status_code == 303
    found = {code: fen for code, fen in amounts(database).items() if code.startswith("qingshan-02")}
    assert found == {"qingshan-02": 26_000 * WAN, "qingshan-02-1": 11_000 * WAN, "qingshan-02-2": 15_000 * WAN}
    with database.reading() as session:
        assert mismatches(session) == []


def test_an_estimate_needs_a_document_and_a_reason(database: Database):
    page = revise(office(database), "/projects/qingshan-01/estimate", estimate="9500", document="", reason=" ")
    assert set(errors_on(page)) == {"document", "reason"}
    assert form_on(page, "/projects/qingshan-01/estimate")["estimate"] == "9500"


def test_an_estimate_can_be_withdrawn(database: Database):
    client = office(database)
    assert revise(client, "/projects/qingshan-01/estimate", estimate="").status_code == 303
    assert "qingshan-01" not in amounts(database)
    assert "撤回，未定" in client.get("/projects/qingshan-01").text


def test_the_same_estimate_again_is_no_version(database: Database):
    page = revise(office(database), "/projects/qingshan-01/estimate")
    assert page.status_code == 422
    assert "没有需要保存的修改" in page.text


def test_a_stale_estimate_is_refused_and_shows_both(database: Database):
    client = office(database)
    address = "/projects/qingshan-01/estimate"
    form = form_on(client.get(address), address) | BASIS | {"estimate": "9800"}
    revise(client, address, estimate="9500")
    page = client.post(address, data=form)
    assert page.status_code == 409
    assert ["投资估算", "9500", "9800"] in rows_on(page)
    assert amounts(database)["qingshan-01"] == 9_500 * WAN
    assert client.post(address, data=form_on(page, address)).status_code == 303
    assert amounts(database)["qingshan-01"] == 9_800 * WAN


def test_a_part_that_somebody_else_revised_makes_the_form_stale_before_anything_is_written(database: Database):
    client = office(database)
    form = form_on(client.get(ESTIMATE), ESTIMATE) | BASIS
    revise(client, part_estimate_1="9000", part_estimate_2="16000")
    page = client.post(ESTIMATE, data=form | {"estimate": "24000", "part_estimate_1": "9000"})
    assert page.status_code == 409
    assert ["投资估算", "25000", "24000"] in rows_on(page)
    assert ["再生水管网", "16000", "15000"] in rows_on(page)
    assert amounts(database)["qingshan-02"] == 25_000 * WAN


def test_finance_may_revise_and_a_part_leads_to_its_package(database: Database):
    client = visitor_with_role(small_app(database), "finance")
    answer = client.get("/projects/qingshan-02-1/estimate")
    assert (answer.status_code, answer.headers["location"]) == (303, ESTIMATE)
    assert revise(client, "/projects/qingshan-03/estimate", estimate="77").status_code == 303


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("estimate=320&estimate_unit=万元", "叁佰贰拾万元整"),
        ("field=part_estimate_1&part_estimate_1=１２３４&estimate_unit=元", "壹仟贰佰叁拾肆元整"),
        ("estimate=&estimate_unit=万元", ""),
        ("estimate=1.2亿&estimate_unit=万元", "应为以万元计的数字"),
        ("estimate=1&estimate_unit=吨", "金额单位"),
    ],
)
def test_the_amount_is_spelled_out_as_it_is_typed(sqlite_database: Database, query: str, says: str):
    answer = office(sqlite_database).get(f"/capital-numerals?{query}", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert says in answer.text
    assert bool(answer.text.strip()) == bool(says)


def test_a_version_keeps_who_approved_it_and_the_day_of_the_document(database: Database):
    client = office(database)
    address = "/projects/qingshan-01/estimate"
    on_paper = {"approver": "青山县发展和改革局", "document_on": "2024-02-06"}
    assert revise(client, address, estimate="9500", from_quarter="2024Q1", **on_paper).status_code == 303
    page = client.get("/projects/qingshan-01")
    cells = [cell for row in rows_on(page) for cell in row]
    assert any(all(word in cell for word in ("青政办〔2024〕5号", *on_paper.values())) for cell in cells)
    assert any("批复单位" in cell for cell in cells)  # and the history names it


@pytest.mark.parametrize(
    ("field", "found"), [("approver", "长" * 121), ("document_on", "2999-01-01"), ("document_on", "2024/2/30")]
)
def test_an_approver_or_day_that_cannot_be_is_named_at_its_field(sqlite_database: Database, field: str, found: str):
    page = revise(office(sqlite_database), "/projects/qingshan-01/estimate", estimate="9500", **{field: found})
    assert page.status_code == 422
    assert set(errors_on(page)) == {field}
    assert amounts(sqlite_database)["qingshan-01"] == 9_000 * WAN
