"""Parts on the pages: added with the estimates revised in the same form, changed, ended and archived one by one."""

import pytest

from core.database import Database
from reports.self_check import mismatches
from tests.databases import on_both, on_sqlite, plant
from tests.samples import WAN
from tests.web.project_visits import amounts, department, office, rows_kept, saved, sent, small_app
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role

database, sqlite_database = on_both(plant), on_sqlite(plant)  # with the small plan

PACKAGE = "/projects/qingshan-02"
NEW = f"{PACKAGE}/parts/new"
PART = f"{PACKAGE}-2"
STATE, ARCHIVE = f"{PART}/state", f"{PART}/archive"
BASIS = {"document": "青政办〔2024〕5号", "reason": "增补", "from_quarter": "2024Q1"}
POOL = {"part_name_1": "调蓄水池", "part_content_1": "两座", "part_estimate_1": "5000", **BASIS}
ENDED = {"state": "ended", "since_on": "2024-05-01", "document": "终止批复", "reason": "选址变更"}


def in_order(database: Database) -> bool:
    with database.reading() as session:
        return mismatches(session) == []


def test_a_part_is_added_together_with_the_packages_new_amount(database: Database):
    client = office(database)
    assert f'href="{NEW}"' in client.get(PACKAGE).text
    refused = sent(client, NEW, **POOL)
    assert refused.status_code == 422
    assert "子项目估算合计 30000 万元，与打包项目的 25000 万元不相等，相差 5000 万元。" in refused.text
    assert 'href="#f-parts"' in refused.text
    assert 'id="f-parts"' in refused.text
    assert not any(row[0].startswith("调蓄水池") for row in rows_on(refused) if row), "it is not there yet"
    form = form_on(refused, NEW)
    assert {name: form[name] for name in POOL} == POOL
    assert "qingshan-02-3" not in amounts(database)
    answer = client.post(NEW, data=form | {"estimate": "30000"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PACKAGE}#parts")
    assert saved(database, "qingshan-02-3")[0].content == "两座"
    assert amounts(database)["qingshan-02"] == 30_000 * WAN
    assert amounts(database, 20234)["qingshan-02"] == 25_000 * WAN
    assert in_order(database)
    row = next(row for row in rows_on(client.get(PACKAGE)) if row and row[0].startswith("调蓄水池"))
    assert row[3:5] == ["5,000.00", "16.7%"]
    assert "甲the-office（the-office） 于 " in row[6]


def test_what_was_there_may_be_revised_instead_of_the_package(database: Database):
    answer = sent(office(database), NEW, **POOL, part_held_2="10000")
    assert answer.status_code == 303
    found = {code: fen // WAN for code, fen in amounts(database).items() if code.startswith("qingshan-02")}
    assert found == {"qingshan-02": 25_000, "qingshan-02-1": 10_000, "qingshan-02-2": 10_000, "qingshan-02-3": 5_000}


def test_a_project_becomes_a_package(database: Database):
    client = office(database)
    new = "/projects/qingshan-01/parts/new"
    assert f'href="{new}"' in client.get("/projects/qingshan-01").text
    page = client.get(new)
    assert "本项目还没有子项目" in page.text
    assert "part_name_3" in page.text
    parts = {"part_name_1": "东山片区", "part_estimate_1": "4000", "part_name_3": "西山片区", "part_estimate_3": "5000"}
    assert sent(client, new, **parts, **BASIS).status_code == 303
    shown = client.get("/projects/qingshan-01")
    assert [row[0].split("qingshan")[0] for row in rows_on(shown) if row and "qingshan-01-" in row[0]] == [
        "东山片区",
        "西山片区",
    ]
    assert in_order(database)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"part_name_1": ""}, "part_name_1"),
        ({"part_name_1": "再生水厂"}, "part_name_1"),
        ({"part_content_1": "长" * 4001}, "part_content_1"),
        ({"part_estimate_1": "1.2亿"}, "part_estimate_1"),
        ({"part_estimate_1": "0"}, "part_estimate_1"),
        ({"estimate": "三万"}, "estimate"),
        ({"part_held_1": "-1", "estimate": "30000"}, "part_held_1"),
        ({"document": ""}, "document"),
        ({"reason": " "}, "reason"),
        ({"from_quarter": "2024Q5"}, "from_quarter"),
    ],
)
def test_each_field_refuses_what_it_cannot_hold(sqlite_database: Database, changes: dict[str, str], field: str):
    client = office(sqlite_database)
    before = rows_kept(sqlite_database)
    page = sent(client, NEW, **({"estimate": "30000"} | POOL | changes))
    assert page.status_code == 422
    assert list(errors_on(page)) == [field]
    assert form_on(page, NEW)["part_content_1"] == (POOL | changes)["part_content_1"]
    assert rows_kept(sqlite_database) == before


def test_more_lines_keep_what_was_typed_and_write_nothing(sqlite_database: Database):
    client = office(sqlite_database)
    before = rows_kept(sqlite_database)
    page = sent(client, NEW, part_name_1="调蓄水池", more_parts="1")
    assert page.status_code == 200
    assert form_on(page, NEW)["part_name_1"] == "调蓄水池"
    assert "part_name_4" in form_on(page, NEW)
    assert rows_kept(sqlite_database) == before


def test_a_stale_form_is_refused_and_shows_both(database: Database):
    client = office(database)
    form = form_on(client.get(NEW), NEW) | POOL | {"estimate": "30000"}
    sent(client, f"{PACKAGE}/estimate", **BASIS, estimate="26000", part_estimate_1="11000")
    page = client.post(NEW, data=form)
    assert page.status_code == 409
    assert ["再生水利用工程", "26000", "30000"] in rows_on(page)
    again = form_on(page, NEW) | {"estimate": "31000", "part_held_1": "11000"}
    assert client.post(NEW, data=again).status_code == 303
    assert in_order(database)


def test_the_second_press_adds_nothing(database: Database):
    client = office(database)
    form = form_on(client.get(NEW), NEW) | POOL | {"estimate": "30000"}
    first, second = client.post(NEW, data=form), client.post(NEW, data=form)
    assert first.headers["location"] == second.headers["location"]
    assert "qingshan-02-4" not in amounts(database)


# ---- state and archive of one part


def test_the_state_of_a_part_is_reported_and_shown_in_its_row(database: Database):
    client = office(database)
    assert f'href="{STATE}"' in client.get(PACKAGE).text
    answer = sent(client, STATE, **(ENDED | {"state": "building"}))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PACKAGE}#qingshan-02-2")
    page = client.get(PACKAGE)
    row = next(row for row in rows_on(page) if row and row[0].startswith("再生水管网"))
    assert row[2] == "在建自 2024-05-01 起"
    assert any("子项目：再生水管网" in row[2] for row in rows_on(page) if len(row) == 5)
    assert in_order(database)


def test_an_ended_part_needs_the_rest_to_add_up(database: Database):
    client = office(database)
    refused = sent(client, STATE, **ENDED)
    assert refused.status_code == 422
    assert "合计 10000 万元，与打包项目的 25000 万元不相等" in refused.text
    assert "现在的状态：未填报" in refused.text
    assert form_on(refused, STATE)["document"] == "终止批复"
    without = client.post(STATE, data=form_on(refused, STATE) | {"estimate": "10000", "reason": ""})
    assert list(errors_on(without)) == ["reason"]
    assert client.post(STATE, data=form_on(refused, STATE) | {"estimate": "10000"}).status_code == 303
    assert (amounts(database)["qingshan-02"], amounts(database, 20241)["qingshan-02"]) == (10_000 * WAN, 25_000 * WAN)
    page = client.get(PACKAGE)
    assert "已终止的子项目不计入合计。" in page.text
    assert next(row for row in rows_on(page) if row and row[0] == "合计")[3:5] == ["10,000.00", "100.0%"]
    assert in_order(database)


def test_an_owner_ends_a_part_only_when_nothing_has_to_be_revised(database: Database):
    app = small_app(database)
    owner = signed_in_visitor(app, person_in(database, "owner", "owner", department=department(database, "水利局")))
    assert 'name="estimate"' not in owner.get(STATE).text
    refused = sent(owner, STATE, **ENDED, estimate="10000", estimate_unit="万元")
    assert refused.status_code == 422
    assert "请先与领导小组办公室或财政局商定估算的调整" in refused.text
    assert sent(owner, STATE, **(ENDED | {"state": "building"})).status_code == 303
    assert owner.get(ARCHIVE).status_code == 404
    assert owner.post(ARCHIVE, data={"reason": "x"}).status_code == 404
    assert owner.get("/projects/qingshan-01/state").status_code == 404
    assert owner.get(NEW).status_code == 404
    assert owner.post(NEW, data=POOL).status_code == 404
    assert "parts/new" not in owner.get(PACKAGE).text


def test_a_part_is_archived_when_the_rest_adds_up_and_stays_readable(database: Database):
    client = office(database)
    assert f'href="{ARCHIVE}"' in client.get(PACKAGE).text
    refused = sent(client, ARCHIVE, reason="并入他处")
    assert refused.status_code == 422
    assert "合计 10000 万元，与打包项目的 25000 万元不相等" in refused.text
    form = form_on(refused, ARCHIVE) | {"estimate": "10000"}
    assert list(errors_on(client.post(ARCHIVE, data=form))) == ["document"]
    assert saved(database, "qingshan-02-2")[0].archived_at is None
    answer = client.post(ARCHIVE, data=form | {"document": "青政办〔2026〕3号"})
    assert (answer.status_code, answer.headers["location"]) == (303, PACKAGE)
    page = client.get(PACKAGE)
    assert "已归档的子项目 1 个" in page.text
    assert any("子项目：再生水管网" in row[2] and row[2].startswith("归档") for row in rows_on(page) if len(row) == 5)
    assert amounts(database)["qingshan-02"] == 10_000 * WAN
    assert in_order(database)
    for gone in (STATE, ARCHIVE, f"{PART}/edit", f"{PART}/quantities/new"):
        assert client.get(gone).status_code == 409, gone


def test_a_stale_archive_and_a_stale_state_of_a_part_are_refused(database: Database):
    client = office(database)
    archive = form_on(client.get(ARCHIVE), ARCHIVE) | {"reason": "并入他处", "estimate": "10000", "document": "批复"}
    state = form_on(client.get(STATE), STATE) | ENDED | {"estimate": "10000"}
    sent(client, f"{PACKAGE}/estimate", **BASIS, estimate="26000", part_estimate_1="11000")
    for address, form in ((ARCHIVE, archive), (STATE, state)):
        page = client.post(address, data=form)
        assert page.status_code == 409, address
        assert ["再生水利用工程", "26000", "10000"] in rows_on(page)
        again = form_on(page, address) | {"estimate": "11000", "part_estimate_1": "11000"}
        assert again["version_estimate"] == "2"
    assert client.post(STATE, data=again).status_code == 303
    assert in_order(database)


def test_the_second_press_of_state_and_archive_does_nothing(database: Database):
    client = office(database)
    state = form_on(client.get(STATE), STATE) | ENDED | {"estimate": "10000"}
    for _ in range(2):
        assert client.post(STATE, data=state).status_code == 303
    archive = form_on(client.get(ARCHIVE), ARCHIVE) | {"reason": "并入他处"}
    before = rows_kept(database)[1]
    for _ in range(2):
        assert client.post(ARCHIVE, data=archive).status_code == 303
    assert rows_kept(database)[1] == before + 1
    assert in_order(database)


def test_parts_of_an_archived_package_stay_as_they_are(database: Database):
    client = office(database)
    forms = {address: form_on(client.get(address), address) for address in (NEW, STATE, ARCHIVE, f"{PART}/edit")}
    sent(client, f"{PACKAGE}/archive", reason="重复")
    for address, form in forms.items():
        assert client.get(address).status_code == 409, address
        assert client.post(address, data=form | POOL | ENDED).status_code == 409, address


def test_the_form_of_a_part_leads_to_its_package_and_only_the_office_reaches_it(sqlite_database: Database):
    app = small_app(sqlite_database)
    client = visitor_with_role(app, "office")
    answer = client.get(f"{PART}/parts/new")
    assert (answer.status_code, answer.headers["location"]) == (303, NEW)
    for role in ("leader", "auditor", "finance", "admin"):
        other = visitor_with_role(app, role)
        for address in (NEW, STATE, ARCHIVE):
            assert other.get(address).status_code == 404, (role, address)
            assert other.post(address, data=POOL).status_code == 404, (role, address)
