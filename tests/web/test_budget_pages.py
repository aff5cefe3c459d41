"""年度投资计划: written by source for a year at once, approved by finance, adjusted with a reason, gap beside the estimate."""

from fastapi import FastAPI
from sqlmodel import select
from starlette.testclient import TestClient

from core.database import Database
from portfolio.periods import CLOSED, ReportingPeriod
from tests.budgets.line_samples import approved
from tests.databases import on_both, plant
from tests.samples import find_small_plan
from tests.web.budget_visits import (
    BUDGET,
    PAPER,
    add_sources,
    app,
    client,
    decide,
    keys,
    send,
    stored_lines,
    waiting_ids,
)
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import visitor_with_role

database = on_both(plant, add_sources)

__all__ = ["app", "client", "keys"]  # fixtures


def test_a_year_is_written_by_source_submitted_approved_and_counted(
    database: Database, app: FastAPI, client: TestClient, keys: dict[str, int]
) -> None:
    fields = {f"amount_{keys['county']}": "3,000", f"amount_{keys['own']}": "1200", f"carried_{keys['own']}": "200"}
    assert send(client, act="submit", **fields).status_code == 303
    assert stored_lines(database) == [(2023, 1, 3_000, 0, "submitted"), (2023, 1, 1_200, 200, "submitted")]
    assert "9,000.00" in client.get(BUDGET).text
    finance = visitor_with_role(app, "finance")
    listed = rows_on(finance.get("/money/budgets"))
    assert any("天然林保护工程项目" in row[1] and row[6] == "+3,000.00" for row in listed if len(row) > 6)
    answer = decide(finance, waiting_ids(database))
    assert answer.status_code == 303
    assert "已审核通过 2 项" in finance.get(answer.headers["location"]).text
    page = client.get(BUDGET)
    rows = rows_on(page)
    assert ["2023年", "3,000.00", "1,200.00", "4,200.00", "3,000.00", "200.00"] in rows
    assert ["各年度合计", "3,000.00", "1,000.00", "4,000.00", "3,000.00", "只计一次"] in rows
    assert "5,000.00" in page.text  # the gap: 9000 of which 4000 are secured
    assert "资金缺口" in client.get("/projects/qingshan-01").text


def test_an_adjustment_needs_a_reason_and_stands_beside_the_original(
    database: Database, app: FastAPI, client: TestClient, keys: dict[str, int]
) -> None:
    county = f"amount_{keys['county']}"
    finance = visitor_with_role(app, "finance")
    send(client, act="submit", **{county: "3000"})
    decide(finance, waiting_ids(database))
    refused = send(client, act="submit", **{county: "2400", "occurred_on": "2023-08-01"})
    assert set(errors_on(refused)) == {"reason"}
    early = send(client, act="submit", **{county: "2400", "occurred_on": "2023-01-01", "reason": "压减"})
    assert set(errors_on(early)) == {"occurred_on"}
    assert "早于现行计划的文件日期 2023-02-18" in early.text
    accepted = send(client, act="submit", **{county: "2400", "occurred_on": "2023-08-01", "reason": "压减"})
    assert accepted.status_code == 303
    decide(finance, waiting_ids(database))
    rows = rows_on(client.get(BUDGET))
    assert any(row[:5] == ["2023年", "县级财政", "3,000.00", "-600.00", "2,400.00"] for row in rows)
    past = rows_on(client.get(f"{BUDGET}?as_of=2023Q1"))
    assert any(row[:5] == ["2023年", "县级财政", "3,000.00", "", "3,000.00"] for row in past)


def test_what_is_sent_back_is_told_to_who_wrote_it(
    database: Database, app: FastAPI, client: TestClient, keys: dict[str, int]
) -> None:
    send(client, act="submit", **{f"amount_{keys['county']}": "3000"})
    finance = visitor_with_role(app, "finance")
    ids = waiting_ids(database)
    refused = decide(finance, ids, "reject", reason=" ")
    assert refused.status_code == 422
    assert set(errors_on(refused)) == {"reason"}
    assert decide(finance, ids, "reject", reason="文号不符").status_code == 303
    assert "文号不符" in client.get(f"{BUDGET}/2023").text
    assert "文号不符" in client.get(BUDGET).text
    assert stored_lines(database)[0][-1] == "rejected"


def test_drafts_are_kept_changed_emptied_and_submitted_together(
    database: Database, client: TestClient, keys: dict[str, int]
) -> None:
    county, own = f"amount_{keys['county']}", f"amount_{keys['own']}"
    send(client, act="save", **{county: "3000", own: "50"})
    form = form_on(client.get(f"{BUDGET}/2023"), f"{BUDGET}/2023")
    assert (form[county], form[own], form["document"], form["occurred_on"]) == (
        "3000",
        "50",
        *list(PAPER.values())[1::-1],
    )
    send(client, act="save", **{county: "3100", own: ""})
    assert stored_lines(database) == [(2023, 1, 3_100, 0, "draft")]
    drafts = f"{BUDGET}/drafts"
    assert client.post(drafts, data=form_on(client.get(BUDGET), drafts)).status_code == 303
    assert stored_lines(database) == [(2023, 1, 3_100, 0, "submitted")]
    none = client.post(drafts, data={"request_key": "another"})
    assert none.status_code == 422
    assert "没有您填写的草稿" in none.text


def test_nothing_ticked_is_told_and_a_page_is_ticked_at_once(
    database: Database, app: FastAPI, client: TestClient, keys: dict[str, int]
) -> None:
    send(client, act="submit", **{f"amount_{keys['county']}": "3000", f"amount_{keys['own']}": "5"})
    finance = visitor_with_role(app, "finance")
    assert "没有勾选任何一项" in decide(finance, []).text
    assert finance.get("/money/budgets?tick=all").text.count(" checked") == 2


def test_a_package_sums_its_parts_and_takes_no_line_itself(
    database: Database, app: FastAPI, client: TestClient, keys: dict[str, int]
) -> None:
    with database.writing() as session:
        small = find_small_plan(session)
        for part, wan in zip(small.parts, (4_000, 5_000), strict=True):
            approved(session, part, keys["own"], wan)
    rows = rows_on(client.get("/projects/qingshan-02/budget"))
    assert ["2022年", "9,000.00", "9,000.00", "0.00", "0.00"] in rows
    assert any(row[1:4] == ["10,000.00", "4,000.00", "6,000.00"] for row in rows)
    form = client.get("/projects/qingshan-02/budget/2023")
    assert (form.status_code, form.headers["location"]) == (303, "/projects/qingshan-02/budget")
    assert client.post("/projects/qingshan-02/budget/2023", data={"act": "save"}).status_code == 422
    assert send(client, code="qingshan-02-1", act="save", **{f"amount_{keys['own']}": "9"}).status_code == 303


def test_quarters_beyond_their_year_are_warned_of_and_not_refused(
    database: Database, client: TestClient, keys: dict[str, int]
) -> None:
    county = f"amount_{keys['county']}"
    send(client, "2023", act="submit", **{county: "100"})
    assert send(client, "2023Q1", act="submit", **{county: "120"}).status_code == 303
    assert "2023年各季度计划合计 120.00，大于年度计划 100.00" in client.get(BUDGET).text


def test_a_closed_quarter_takes_a_plan_only_with_a_reason(
    database: Database, app: FastAPI, client: TestClient, keys: dict[str, int]
) -> None:
    with database.writing() as session:
        small = find_small_plan(session)
        period = session.exec(
            select(ReportingPeriod).where(ReportingPeriod.plan_id == small.plan.id, ReportingPeriod.name == "2023Q1")
        ).one()
        period.state = CLOSED
        session.add(period)
    fields = {f"amount_{keys['county']}": "3000"}
    refused = send(client, act="submit", **fields)
    assert set(errors_on(refused)) == {"occurred_on"}
    assert send(client, act="submit", reason="漏录", **fields).status_code == 303
    decide(visitor_with_role(app, "finance"), waiting_ids(database))
    issued = rows_on(client.get(f"{BUDGET}?as_of=2023Q1&edition=as-issued"))
    corrected = rows_on(client.get(f"{BUDGET}?as_of=2023Q1"))
    assert not any(row[:1] == ["各年度合计"] for row in issued)
    assert any(row[:2] == ["各年度合计", "3,000.00"] for row in corrected)
