"""The milestones of a project on pages: the table and timeline, and every form that changes them."""

from datetime import date

from starlette.testclient import TestClient

from core.database import Database
from milestones.milestones import ACTUAL, FORECAST
from portfolio.editing import archive_project
from tests.milestones.milestone_samples import close
from tests.samples import SOMEBODY, find_small_plan
from tests.web.milestone_visits import FOREST, HERE, milestone_app, milestone_id, reported, reports
from tests.web.project_visits import count_queries, department, sent
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role

REASON = {"reason": "征地推迟", "document": "青政办〔2023〕2号", "from_quarter": "2023Q1"}


def office(database: Database) -> TestClient:
    return visitor_with_role(milestone_app(database), "office")


def row_of(client: TestClient, name: str, query: str = "?as_of=2024Q4") -> list[str]:
    return next(row for row in rows_on(client.get(HERE + query)) if row and row[0] == name and len(row) > 5)


def test_the_page_shows_plans_facts_slips_and_what_is_next(database: Database):
    client = office(database)
    reported(database, "approval", ACTUAL, date(2022, 4, 10), accept=True)
    reported(database, "start", ACTUAL, date(2022, 9, 20), accept=True)
    reported(database, "finish", FORECAST, date(2025, 8, 29), accept=True, reported_on=date(2024, 8, 1))
    assert row_of(client, "立项")[:10] == [
        *("立项", "25.0", "2022-03-31", "2022-03-31", "—", "2022-04-10", "+10", "+10"),
        *("已完成（晚于计划）", "没有佐证"),
    ]
    assert row_of(client, "开工")[6:9] == ["−10", "−10", "已完成"]
    assert row_of(client, "主体完工")[4:9] == ["—", "未完成", "+184", "+184", "逾期未完成"]
    assert row_of(client, "完工")[4:9] == ["2025-08-29", "未完成", "+60", "+60", "预计推迟"]
    text = client.get(f"{HERE}?as_of=2024Q4").text
    assert "4 个节点已完成 2 个，按权重完成 50.0%，1 个逾期；下一个是“主体完工”，已逾期 184 天" in " ".join(
        text.split()
    )
    assert text.count('<svg class="gantt-row"') == 4
    assert row_of(client, "主体完工", "?as_of=2024Q1")[6] == "—"  # not due yet by then


def test_a_part_leads_to_its_package_and_strangers_find_nothing(database: Database):
    client = office(database)
    answer = client.get("/projects/qingshan-02-1/milestones")
    assert answer.headers["location"] == "/projects/qingshan-02/milestones#qingshan-02-1"
    assert client.get("/projects/nowhere/milestones").status_code == 404
    assert "还没有节点" in client.get("/projects/qingshan-02/milestones").text
    assert visitor_with_role(client.app, "admin").get(HERE).status_code == 404  # type: ignore[arg-type]


def test_a_template_gives_a_project_its_milestones_in_one_click(database: Database):
    client = office(database)
    address = "/projects/qingshan-02-1/milestones/template"
    page = client.get(address)
    assert form_on(page, address)["first_year"] == "2021"  # a part has the years of its package
    answer = sent(client, address, template="1")
    assert answer.headers["location"] == "/projects/qingshan-02/milestones#qingshan-02-1"
    shown = client.get("/projects/qingshan-02/milestones")
    found = [
        row[:4] for row in rows_on(shown) if row and row[0] in ("招标", "开工", "补植完成", "完工") and len(row) > 5
    ]
    assert found == [
        ["招标", "10.0", "2021-04-30", "2021-04-30"],
        ["开工", "20.0", "2021-09-30", "2021-09-30"],
        ["补植完成", "30.0", "2023-03-31", "2023-03-31"],
        ["完工", "40.0", "2023-12-31", "2023-12-31"],
    ]
    assert "本项目都已经有了" in sent(client, address, template="1").text
    refused = sent(client, address, template="", first_year="2021", last_year="")
    assert refused.status_code == 422
    assert "“项目类型”不能为空" in refused.text
    assert "“结束年份”不能为空" in refused.text
    assert sent(client, address, template="99").status_code == 404


def test_a_milestone_is_added_and_a_second_press_adds_no_other(database: Database):
    client = office(database)
    address = f"{HERE}/new"
    form = form_on(client.get(address), address) | {"kind": "free", "name": "补植完成", "planned_on": "2025/3/31"}
    assert client.post(address, data=form).headers["location"] == HERE
    assert client.post(address, data=form).status_code == 303
    assert row_of(client, "补植完成")[1:4] == ["20.0", "2025-03-31", "2025-03-31"]
    twice = sent(client, address, kind="start", name="", planned_on="2025-13-01")
    assert errors_on(twice)["planned_on"].startswith("“计划日期”填写的是 “2025-13-01”")
    twice = sent(client, address, kind="start")
    assert (twice.status_code, errors_on(twice)["kind"]) == (409, "这个项目已有节点“开工”。")
    assert 'value="free"' in sent(client, address, kind="free", name=" ").text


def test_another_day_keeps_the_first_plan_and_needs_a_reason_and_a_document(database: Database):
    client = office(database)
    address = f"/milestones/{milestone_id(database, 'main')}/plan"
    refused = sent(client, address, planned_on="2024-12-31")
    assert set(errors_on(refused)) == {"document", "reason"}
    assert 'value="2024-12-31"' in refused.text  # what was typed stays
    stale_form = form_on(client.get(address), address) | {"planned_on": "2025-01-31"} | REASON
    assert sent(client, address, planned_on="2024-12-31", **REASON).status_code == 303
    assert row_of(client, "主体完工")[2:4] == ["2024-06-30", "2024-12-31"]
    stale = client.post(address, data=stale_form)
    assert stale.status_code == 409
    assert ["计划日期", "2024-12-31", "2025-01-31"] in rows_on(stale)
    assert form_on(stale, address)["row_version"] == "2"
    history = client.get(f"/projects/{FOREST}").text
    assert "调整节点计划" in history
    assert "征地推迟" in history


def test_a_closed_quarter_is_not_offered(database: Database):
    client = office(database)
    close(database, "2023Q1", "2023Q2")
    address = f"/milestones/{milestone_id(database, 'main')}/plan"
    page = client.get(address)
    assert 'value="2023Q3"' in page.text
    assert 'value="2023Q2">' not in page.text.split('id="f-from_quarter"')[1].split("</select>")[0]
    assert sent(client, address, planned_on="2024-12-31", **REASON).status_code == 422


def test_a_milestone_is_taken_out_with_a_reason(database: Database):
    client = office(database)
    address = f"/milestones/{milestone_id(database, 'approval')}/drop"
    assert "reason" in errors_on(sent(client, address))
    assert sent(client, address, **REASON).status_code == 303
    assert row_of(client, "开工")[:2] == ["开工", "33.3"]
    assert client.get(address).status_code == 409


def test_weights_are_set_together_and_the_message_names_what_they_add_to(database: Database):
    client = office(database)
    address = f"{HERE}/weights"
    ids = [milestone_id(database, kind) for kind in ("approval", "start", "main", "finish")]
    typed = dict(zip((f"weight_{id_}" for id_ in ids), ("10", "20", "３０", "37.5"), strict=True))
    refused = sent(client, address, **typed, **REASON)
    assert "各节点的权重合计是 97.5，应为 100。" in refused.text
    assert 'value="37.5"' in refused.text
    letters = sent(client, address, **typed | {f"weight_{ids[3]}": "四十"}, **REASON)
    assert "“四十”" in errors_on(letters)[f"weight_{ids[3]}"]
    stale_form = form_on(client.get(address), address) | typed | REASON
    assert sent(client, address, **typed | {f"weight_{ids[3]}": "40"}, **REASON).status_code == 303
    assert row_of(client, "完工")[1] == "40.0"
    assert client.post(address, data=stale_form | {f"weight_{ids[3]}": "40"}).status_code == 409
    assert sent(client, address, equal="1", **REASON).status_code == 303
    assert row_of(client, "完工")[1] == "25.0"


def test_a_report_is_typed_kept_as_a_draft_and_handed_over(database: Database):
    app = milestone_app(database)
    owner = signed_in_visitor(app, person_in(database, "owner", "owner", department=department(database, "林业局")))
    address = f"/milestones/{milestone_id(database, 'start')}/report"
    late = sent(owner, address, kind="actual", met_on="2099-01-01", act="submit", note="已开工")
    assert "met_on" in errors_on(late)
    assert "已开工" in late.text
    assert "met_on" in errors_on(sent(owner, address, kind="actual", met_on="", act="submit"))
    answer = sent(owner, address, kind="actual", met_on="2024-05-20", act="draft", document="开工令1号")
    draft = answer.headers["location"]
    assert [row.state for row in reports(database)] == ["draft"]
    edit = f"{draft}/edit"
    assert sent(owner, edit, met_on="2024-05-21", act="draft").status_code == 303
    assert "2024-05-21" in owner.get(draft).text
    assert visitor_with_role(app, "office").get(edit).status_code == 404
    form = form_on(owner.get(draft), f"{draft}/submit")
    assert owner.post(f"{draft}/submit", data=form).status_code == 303
    assert [(row.state, row.met_on) for row in reports(database)] == [("submitted", date(2024, 5, 21))]
    assert "待接收：实际 2024-05-21" in " ".join(row_of(owner, "开工")[8].split())
    assert owner.get(edit).status_code == 404
    other = f"/milestones/{milestone_id(database, 'main')}/report"
    draft = sent(owner, other, kind="forecast", met_on="2099-01-01", act="draft").headers["location"]
    form = form_on(owner.get(draft), f"{draft}/discard")
    assert owner.post(f"{draft}/discard", data=form).headers["location"] == HERE
    assert len(reports(database)) == 1


def test_a_day_in_a_closed_quarter_asks_why(database: Database):
    client = office(database)
    close(database, "2024Q1", "2024Q2")
    address = f"/milestones/{milestone_id(database, 'start')}/report"
    assert "日期在 2024Q3 以前的季度已关账" in client.get(address).text
    refused = sent(client, address, kind="actual", met_on="2024-05-20", act="submit")
    assert (refused.status_code, "已关账的季度 2024Q2" in errors_on(refused)["met_on"]) == (422, True)
    typed = {"kind": "actual", "met_on": "2024-05-20", "act": "submit", "correction_reason": "漏报"}
    assert sent(client, address, **typed).status_code == 303


def test_what_was_met_before_an_earlier_kind_is_marked(database: Database):
    client = office(database)
    reported(database, "approval", ACTUAL, date(2023, 4, 10), accept=True)
    reported(database, "start", ACTUAL, date(2022, 9, 20), accept=True)
    assert "早于“立项”的实际日期 2023-04-10，请核对" in row_of(client, "开工")[8]


def test_each_role_reaches_only_its_own_forms(sqlite_database: Database):
    app = milestone_app(sqlite_database)
    start = milestone_id(sqlite_database, "start")
    plans = (
        f"{HERE}/new",
        f"{HERE}/template",
        f"{HERE}/weights",
        f"/milestones/{start}/plan",
        f"/milestones/{start}/drop",
    )
    records = (f"/milestones/{start}/report",)
    others = ("/milestones/waiting", "/milestones/templates/new", "/milestones/templates/1")
    may = {
        "office": (*plans, *records, *others),
        "finance": records,
        "leader": (),
        "auditor": (),
        "admin": (),
    }
    for role, allowed in may.items():
        client = visitor_with_role(app, role)
        for address in (*plans, *records, *others):
            assert client.get(address).status_code == (200 if address in allowed else 404), (role, address)
            if address not in allowed:
                assert client.post(address, data={"reason": "x"}).status_code == 404, (role, address)
    water = signed_in_visitor(
        app, person_in(sqlite_database, "water", "owner", department=department(sqlite_database, "水利局"))
    )
    assert {water.get(address).status_code for address in (*plans, *records)} == {404}


def test_an_archived_project_only_shows_its_milestones(database: Database):
    client = office(database)
    with database.writing() as session:
        forest = find_small_plan(session).forest
        archive_project(session, forest, reason="并入其他项目", expected_version=1, by=SOMEBODY)
    page = client.get(HERE)
    assert "只供查阅" in page.text
    assert "/milestones/new" not in page.text
    assert client.get(f"{HERE}/new").status_code == 409
    assert client.get(f"/milestones/{milestone_id(database, 'start')}/report").status_code == 409


def test_more_milestones_take_no_more_queries(sqlite_database: Database):
    client = office(sqlite_database)
    before = count_queries(sqlite_database, client, HERE)
    for kind in ("approval", "start", "main"):
        reported(sqlite_database, kind, ACTUAL, date(2024, 1, 10), accept=True)
    sent(client, f"{HERE}/new", kind="tender")
    assert count_queries(sqlite_database, client, HERE) == before
