"""资金来源: everybody reads the tree, finance of every plan changes it, nothing is deleted."""

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from budgets.sources import FundingSource
from core.database import Database
from core.settings import settings
from seed.sources import FILE, put_sources, read_sources
from tests.databases import on_both, on_sqlite, plant
from tests.web.project_visits import small_app, stored_plan
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import visitor_with_role

database, sqlite_database = on_both(plant), on_sqlite(plant)  # with the small plan


@pytest.fixture
def finance(database: Database) -> TestClient:
    """The finance bureau on a small plan with the seeded tree."""
    return visitor_with_role(app_with_sources(database), "finance")


def app_with_sources(database: Database):  # type: ignore[no-untyped-def]
    app = small_app(database)
    path = settings().seed_folder.parent / FILE
    with database.writing() as session:
        put_sources(session, read_sources(path), path)
    return app


def source(database: Database, key: str) -> FundingSource:
    with database.reading() as session:
        row = session.exec(select(FundingSource).where(FundingSource.key == key)).one()
        session.expunge(row)
    return row


def send(client: TestClient, address: str, **changes: object):  # type: ignore[no-untyped-def]
    return client.post(address, data=form_on(client.get(address), address) | changes)


def test_the_tree_stands_with_its_lines_in_the_three_lists(database: Database, finance: TestClient) -> None:
    rows = rows_on(finance.get("/money/sources"))
    county = next(row for row in rows if row and row[0].startswith("县级财政"))
    assert county[1:5] == ["是", "地方财政性建设资金（县级财政资金）", "一般公共预算资金（县级）", "地方财政资金"]
    english = finance.get("/money/sources?lang=en").text
    assert "Ultra-long special treasury bonds" in english


def test_finance_adds_renames_moves_and_retires(database: Database, finance: TestClient) -> None:
    loans = source(database, "loans")
    filled = form_on(finance.get(f"/money/sources/new?parent={loans.id}"), "/money/sources/new")
    said = {"name": "绿色信贷", "name_en": "Green loans", "dispatch": "银行贷款（绿色信贷）", "reason": "新增渠道"}
    answer = finance.post("/money/sources/new", data=filled | said)
    assert answer.status_code == 303
    added = source(database, "source-1")
    assert (added.name, added.parent_id, added.fiscal, added.pending) == ("绿色信贷", loans.id, False, False)
    address = f"/money/sources/{added.id}"
    own = source(database, "private-money")
    moved = send(finance, address, name="绿色贷款", parent_id=str(own.id), retired="1", reason="并入")
    assert moved.status_code == 303
    after = source(database, "source-1")
    assert (after.name, after.parent_id, after.retired, after.row_version) == ("绿色贷款", own.id, True, 2)
    page = finance.get(address).text
    assert "并入" in page
    assert "企业和社会资金" in page


def test_what_cannot_be_is_named_at_its_field_and_nothing_is_lost(database: Database, finance: TestClient) -> None:
    county = source(database, "county")
    address = f"/money/sources/{county.id}"
    page = send(finance, address, name="", name_en="x" * 81, position="-3", fiscal="1", reason="")
    assert page.status_code == 422
    assert set(errors_on(page)) == {"position"}  # what is no number is told before anything else is looked at
    page = send(finance, address, name="", name_en="x" * 81, fiscal="1", reason="")
    assert set(errors_on(page)) == {"name", "name_en", "reason"}
    assert send(finance, address, name="市级", fiscal="1", reason="x").status_code == 409
    assert send(finance, address, parent_id="99999", fiscal="1", reason="x").status_code == 422
    assert send(finance, "/money/sources/new", name="甲", name_en="A").status_code == 422
    assert source(database, "county").row_version == 1


def test_a_stale_save_is_refused_and_shows_both(database: Database, finance: TestClient) -> None:
    county = source(database, "county")
    address = f"/money/sources/{county.id}"
    form = form_on(finance.get(address), address) | {"fiscal": "1", "reason": "改名"}
    assert finance.post(address, data=form | {"name": "县本级财政"}).status_code == 303
    other = form_on(finance.get(address), address)["request_key"]
    page = finance.post(address, data=form | {"name": "县区级财政", "request_key": other})
    assert page.status_code == 409
    assert ["名称", "县本级财政", "县区级财政"] in rows_on(page)
    again = finance.post(address, data=form_on(page, address) | {"fiscal": "1"})
    assert again.status_code == 303
    assert source(database, "county").name == "县区级财政"


def test_a_second_press_adds_no_second_source(database: Database, finance: TestClient) -> None:
    form = form_on(finance.get("/money/sources/new"), "/money/sources/new")
    form |= {"name": "彩票公益金", "name_en": "Lottery fund", "reason": "新增", "fiscal": "1"}
    first = finance.post("/money/sources/new", data=form)
    second = finance.post("/money/sources/new", data=form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["location"] == second.headers["location"]


def test_others_read_the_tree_and_reach_no_form(sqlite_database: Database) -> None:
    app = app_with_sources(sqlite_database)
    county = source(sqlite_database, "county")
    forms = ("/money/sources/new", f"/money/sources/{county.id}")
    plan = stored_plan(sqlite_database, "qingshan")
    for role, more in (("office", None), ("leader", None), ("auditor", None), ("finance", plan)):
        client = visitor_with_role(app, role, plan=more)
        page = client.get("/money/sources")
        assert page.status_code == 200
        assert "增加来源" not in page.text
        for address in forms:
            assert client.get(address).status_code == 404, (role, address)
            assert client.post(address, data={"name": "x"}).status_code == 404, (role, address)
    assert visitor_with_role(app, "admin").get("/money/sources").status_code == 404


def test_a_source_that_is_not_there_is_not_found(finance: TestClient) -> None:
    assert finance.get("/money/sources/99999").status_code == 404
    assert finance.get("/money/sources/x").status_code == 404
