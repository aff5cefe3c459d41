"""资金核查: what the rules find, who sees it, and how somebody explains it so that it stays explained."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlmodel import col, select
from starlette.testclient import TestClient

from budgets.explanations import Explanation
from budgets.sources import FundingSource
from core.database import Database
from core.people import begin_sign_in
from portfolio.plans import Plan
from tests.browsing import PHONE
from tests.budgets.line_samples import approved, make_sources
from tests.reports.money_samples import put_entry
from tests.samples import WAN, find_small_plan, make_small_plan
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor, visitor_with_role
from web.app import create_app
from web.deps import SESSION_COOKIE

LIST, AS_OF = "/money/warnings", "as_of=2024Q4"
_OWN = col(FundingSource.name) == "企业自筹"
REASON = "年底集中拨付，次年一季度到账，银行回单已附。"


@pytest.fixture
def found(stored: Database) -> Database:
    """Payments of the forest and of a part that nothing arrived for, and one more in a plan that not everybody sees."""
    with stored.writing() as session:
        county = make_sources(session)["county"]
        small, other = find_small_plan(session), make_small_plan(session, "lvshui")
        put_entry(session, small.forest, "work_done", 900 * WAN, 20241)
        put_entry(session, small.forest, "received", 100 * WAN, 20241, source=county)
        put_entry(session, small.forest, "paid", 120 * WAN, 20242, source=county)
        put_entry(session, small.parts[0], "work_done", 900 * WAN, 20231)
        put_entry(session, small.parts[0], "paid", 50 * WAN, 20231, source=county)
        put_entry(session, other.forest, "paid", 7 * WAN, 20242, source=county)
    return stored


@pytest.fixture
def client(found: Database) -> TestClient:
    return visitor_with_role(create_app(found), "finance")


def plan_named(database: Database, code: str) -> Plan:
    with database.reading() as session:
        plan = session.exec(select(Plan).where(Plan.code == code)).one()
        session.expunge(plan)
        return plan


def address_of(client: TestClient, rule: str = "paid_over_received", code: str = "qingshan-01") -> str:
    """Where the warning about a project stands."""
    pattern = rf"{LIST}/{rule}/{code}/\d+"
    match = re.search(pattern, client.get(f"{LIST}?{AS_OF}").text)
    assert match is not None
    return match[0]


def explained(client: TestClient, address: str, **typed: str) -> object:
    form = form_on(client.get(f"{address}?{AS_OF}"), address)
    return client.post(f"{address}?{AS_OF}", data=form | {"reason": REASON} | typed)


def test_the_list_counts_each_rule_and_names_projects_with_the_largest_excess_first(client: TestClient) -> None:
    page = client.get(f"{LIST}?{AS_OF}")
    assert page.status_code == 200
    rows = rows_on(page)
    assert [row[2:] for row in rows if row[0] == "支付大于到位"] == [["3", "3"]]
    assert [row[2:] for row in rows if row[0] == "支付大于完成投资与预付款限额之和"] == [["1", "1"]]
    over = [row for row in rows if len(row) == 7 and row[1] == "支付大于到位"]
    assert [row[3:6] for row in over] == [
        ["50.00", "0.00", "50.00"],
        ["120.00", "100.00", "20.00"],
        ["7.00", "0.00", "7.00"],
    ]
    assert over[1][2] == "县级财政"
    assert "累计合同 × 30%" in page.text
    assert "%%" not in page.text


def test_a_filter_narrows_the_list_and_not_the_counts(client: TestClient) -> None:
    page = client.get(f"{LIST}?{AS_OF}&plan=qingshan&rule=paid_over_received")
    rows = rows_on(page)
    assert len([row for row in rows if len(row) == 7]) - 1 == 2  # and the head
    assert [row[2:] for row in rows if row[0] == "支付大于完成投资与预付款限额之和"] == [["0", "0"]]
    assert client.get(f"{LIST}?rule=weather").status_code == 422
    part = client.get(f"{LIST}?{AS_OF}", headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert "共 " in part.text


def test_a_quarter_before_the_payments_finds_nothing(client: TestClient) -> None:
    assert "没有发现需要核查的资金" in client.get(f"{LIST}?as_of=2022Q4").text
    assert "没有符合条件的核查事项" in client.get(f"{LIST}?{AS_OF}&rule=funded_twice").text


def test_who_sees_one_plan_sees_its_warnings_alone(found: Database) -> None:
    client = visitor_with_role(create_app(found), "leader", plan=plan_named(found, "lvshui"))
    page = client.get(f"{LIST}?{AS_OF}")
    assert "lvshui-01" in page.text
    assert "qingshan-" not in page.text
    assert client.get(f"{LIST}?plan=qingshan").status_code == 404
    for rule, code in (("paid_over_received", "qingshan-01"), ("weather", "lvshui-01"), ("paid_over_work", "nothing")):
        assert client.get(f"{LIST}/{rule}/{code}/1?{AS_OF}").status_code == 404
    assert visitor(create_app(found)).get(LIST).status_code in (303, 401)


@pytest.mark.parametrize("code", ["qingshan-01", "qingshan-02-1"])
def test_a_warning_shows_its_figures_and_leads_to_the_entries(client: TestClient, code: str) -> None:
    address = address_of(client, code=code)
    page = client.get(f"{address}?{AS_OF}")
    assert page.status_code == 200
    assert "同一资金来源：累计支付" in page.text
    assert {"qingshan-01": "20.00", "qingshan-02-1": "50.00"}[code] in page.text
    leads = re.findall(r'href="(/projects/[^"]+/(?:ledger|budget)[^"]*)"', page.text)
    assert len(leads) == 2
    for lead in leads:
        answer = client.get(lead.replace("&amp;", "&"))
        while answer.is_redirect:
            answer = client.get(answer.headers["Location"])
        assert answer.status_code == 200, lead


def test_money_carried_over_beyond_what_was_left_names_its_years_and_can_be_explained(
    client: TestClient, found: Database
) -> None:
    with found.writing() as session:
        forest, own = find_small_plan(session).forest, session.exec(select(FundingSource.id).where(_OWN)).one()
        approved(session, forest, own or 0, 30, 2023)
        approved(session, forest, own or 0, 40, 2024, carried_fen=40 * WAN)
    address = address_of(client, rule="carried_over_unspent")
    page = client.get(f"{address}?{AS_OF}")
    assert "上年没有计划的为 0" in page.text
    assert re.findall(r"<dd>(?:<strong>)?([\d.]+)", page.text)[:3] == ["40.00", "30.00", "10.00"]
    assert "<dt>涉及年度</dt><dd>2024</dd>" in page.text
    assert explained(client, address).status_code == 303  # type: ignore[attr-defined]
    assert REASON in client.get(f"{address}?{AS_OF}").text


def test_an_explanation_stays_with_who_gave_it(client: TestClient, found: Database) -> None:
    address = address_of(client)
    answer = explained(client, address, document="财函〔2024〕7号")
    assert answer.status_code == 303  # type: ignore[attr-defined]
    page = client.get(answer.headers["Location"])  # type: ignore[attr-defined]
    assert REASON in page.text
    assert "财函〔2024〕7号" in page.text
    assert "甲the-finance" in page.text
    assert "作出说明" not in page.text
    listed = client.get(f"{LIST}?{AS_OF}")
    assert [row[2:] for row in rows_on(listed) if row[0] == "支付大于到位"] == [["3", "2"]]
    assert "qingshan-01" not in client.get(f"{LIST}?{AS_OF}&open=1&rule=paid_over_received").text
    with found.reading() as session:
        assert [row.excess_fen for row in session.exec(select(Explanation))] == [20 * WAN]


def test_a_second_press_explains_once(client: TestClient, found: Database) -> None:
    address = address_of(client)
    form = form_on(client.get(f"{address}?{AS_OF}"), address) | {"reason": REASON}
    answers = [client.post(f"{address}?{AS_OF}", data=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    with found.reading() as session:
        assert len(session.exec(select(Explanation)).all()) == 1


def test_an_explanation_without_a_reason_is_refused_and_keeps_what_was_typed(client: TestClient) -> None:
    address = address_of(client)
    answer = explained(client, address, reason="  ", document="财函〔2024〕7号")
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert "不能为空" in errors_on(answer)["reason"]  # type: ignore[arg-type]
    assert 'value="财函〔2024〕7号"' in answer.text  # type: ignore[attr-defined]
    too_long = explained(client, address, reason="长" * 1001)
    assert "1000" in errors_on(too_long)["reason"]  # type: ignore[arg-type]


def test_what_grows_beyond_its_explanation_wants_another_one(client: TestClient, found: Database) -> None:
    address = address_of(client)
    explained(client, address)
    with found.writing() as session:
        forest = find_small_plan(session).forest
        source = int(address.rsplit("/", 1)[1])
        put_entry(session, forest, "paid", WAN, 20243, source=source)
    page = client.get(f"{address}?{AS_OF}")
    assert "需要重新说明" in page.text
    assert REASON in page.text
    assert "作出说明" in page.text
    assert client.get(f"{address}?as_of=2024Q2").text.count("需要重新说明") == 0


def test_who_may_not_explain_sees_no_form_and_changes_nothing(found: Database) -> None:
    app = create_app(found)
    with found.reading() as session:
        forestry = find_small_plan(session).forestry
        session.expunge(forestry)
    for role in ("leader", "auditor", "owner"):
        department = forestry if role == "owner" else None
        client = signed_in_visitor(app, person_in(found, f"the-{role}", role, department=department))
        address = address_of(client)
        assert "作出说明" not in client.get(f"{address}?{AS_OF}").text
        answer = client.post(f"{address}?{AS_OF}", data={"reason": REASON, "request_key": f"key-{role}"})
        assert answer.status_code == 404
    with found.reading() as session:
        assert session.exec(select(Explanation)).all() == []


@pytest.mark.parametrize("source", ["x", "-1", "99999999999999999999"])
def test_a_source_that_cannot_be_is_no_page(client: TestClient, source: str) -> None:
    assert client.get(f"{LIST}/paid_over_received/qingshan-01/{source}?{AS_OF}").status_code in (404, 422)


@pytest.mark.browser
@pytest.mark.parametrize("phone", [False, True])
def test_the_pages_have_no_accessibility_violation_and_fit_the_window(
    new_page: Callable[..., Page],
    sqlite_database: Database,
    live_server: Callable[[Database], str],
    phone: bool,
) -> None:
    with sqlite_database.writing() as session:
        county = make_sources(session)["county"]
        small = make_small_plan(session)
        put_entry(session, small.forest, "paid", 120 * WAN, 20242, source=county)
        put_entry(session, small.parts[0], "paid", 50 * WAN, 20231, source=county)
    person = person_in(sqlite_database, "wang", "finance")
    with sqlite_database.writing() as session:
        token = begin_sign_in(session, session.merge(person))
    address = live_server(sqlite_database)
    page = new_page(viewport=PHONE) if phone else new_page()
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": token, "url": address}])
    wrong: dict[str, list[str]] = {}

    def look(what: str) -> None:
        violations = Axe().run(page).response["violations"]
        wrong[what] = [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in violations]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            wrong[what].append(f"{wide} pixels wider than the window")

    page.goto(f"{address}{LIST}?{AS_OF}")
    look("list")
    page.get_by_role("link", name="天然林保护工程项目").first.click()
    expect(page.locator("h1")).to_have_text("支付大于到位")
    look("warning")
    page.get_by_role("textbox", name="说明").fill(REASON)
    page.get_by_role("button", name="保存说明").click()
    expect(page.get_by_text(REASON)).to_be_visible()
    look("explained")
    assert {what: found for what, found in wrong.items() if found} == {}
