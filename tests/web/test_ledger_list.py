"""The ledger's list: filters, totals, pages by key, and the same rows as files, from the shell and from the API."""

import csv
import io
import json
import re
from datetime import date, timedelta
from urllib.parse import quote

import pytest
from httpx2 import Response
from openpyxl import load_workbook
from typer.testing import CliRunner

from core.database import Database
from reports.ledger_rows import NAMES
from tests.databases import on_both, on_sqlite, plant
from tests.samples import make_small_plan
from tests.web.ledger_visits import FOREST, PART, add_sources, entries, ledger_app, recorded
from tests.web.project_visits import count_queries, department, stored_plan
from tests.web.reading_pages import rows_on
from tests.web.visiting import person_in, setting, signed_in_visitor, visitor_with_role
from web.app import create_app
from web.cli import app as commands

database, sqlite_database = on_both(plant, add_sources), on_sqlite(plant, add_sources)

LEDGER = "/money/ledger"


def numbers(response: Response) -> list[int]:
    """The numbers of the entries on a page, in order."""
    return [int(row[-1]) for row in rows_on(response) if row and row[-1].isdigit() and len(row) > 6]


@pytest.fixture
def five(database: Database) -> dict[str, int]:
    """Five entries of two projects."""
    ledger_app(database)
    return {
        "old": recorded(database, FOREST, "appropriated", 100, on=date(2023, 2, 3), document="晋财建〔2023〕7号"),
        "paid": recorded(database, FOREST, "paid", 20, on=date(2024, 5, 6), note="一期工程款"),
        "works": recorded(database, PART, "work_done", 50, on=date(2024, 5, 6), source_id=None, document=None),
        "waiting": recorded(database, PART, "paid", 7, on=date(2024, 9, 9), state="submitted", source_id=2),
        "draft": recorded(database, PART, "paid", 3, on=date(2024, 10, 1), state="draft"),
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ("draft", "waiting", "works", "paid", "old")),
        ("dir=asc", ("old", "paid", "works", "waiting", "draft")),
        ("plan=qingshan&stage=paid", ("draft", "waiting", "paid")),
        ("state=approved", ("works", "paid", "old")),
        ("project=qingshan-02-1", ("draft", "waiting", "works")),
        ("project=再生水利用", ("draft", "waiting", "works")),
        ("source=2", ("waiting",)),
        ("source=none", ("works",)),
        ("since=2024-05-06&until=2024年9月8日", ("works", "paid")),
        ("q=财建〔2023〕", ("old",)),
        ("q=一期", ("paid",)),
        ("least=20&most=50&amount_unit=万元", ("works", "paid")),
        ("least=200000&amount_unit=元", ("works", "paid", "old")),
        ("as_of=2024Q2", ("works", "paid", "old")),
        ("posted=2023Q4", ("old",)),
        ("kind=reduction", ()),
        ("mine=1", ()),
    ],
)
def test_filters_narrow_the_list(database: Database, five: dict[str, int], query: str, names: tuple[str, ...]):
    client = visitor_with_role(create_app(database), "auditor")
    answer = client.get(f"{LEDGER}?{quote(query, safe='=&')}")
    assert answer.status_code == 200
    assert numbers(answer) == [five[name] for name in names]


def test_a_list_is_narrowed_by_heading_and_department(database: Database, five: dict[str, int]):
    client = visitor_with_role(create_app(database), "auditor")
    office = department(database, "水利局").id
    assert numbers(client.get(f"{LEDGER}?plan=qingshan&department={office}")) == [
        five[name] for name in ("draft", "waiting", "works")
    ]
    with database.reading() as session:
        from sqlmodel import select

        from portfolio.plans import Programme

        greening = session.exec(select(Programme.id).where(Programme.key == "greening")).one()
    assert len(numbers(client.get(f"{LEDGER}?plan=qingshan&programme={greening}"))) == 5  # a heading with what is below


def test_the_totals_are_of_the_whole_filtered_list(database: Database, five: dict[str, int]):
    client = visitor_with_role(create_app(database), "auditor")
    text = client.get(f"{LEDGER}?stage=paid").text
    assert "共 3 笔" in text
    assert '<div class="figure-value">20.00</div>' in text
    assert "待审核 7.00" in text
    assert "草稿 3.00" in text


@pytest.mark.parametrize(
    "query",
    ["stage=x", "state=x", "source=99", "since=2024/2/30", "least=1.2亿", "plan=nowhere", "dir=up", "after=x", "import=x",
     "since=2024-02-01&until=2024-01-01", "amount_unit=吨", "posted=2024Q5"],
)  # fmt: skip
def test_a_filter_that_names_nothing_is_told(sqlite_database: Database, query: str):
    client = visitor_with_role(ledger_app(sqlite_database), "auditor")
    answer = client.get(f"{LEDGER}?{quote(query, safe='=&')}")
    assert answer.status_code == 422
    assert "应" in answer.text or "无效" in answer.text
    assert client.get(f"{LEDGER}.csv?{quote(query, safe='=&')}").status_code == 422


def test_pages_hold_every_entry_once(database: Database):
    app = ledger_app(database)
    made = [recorded(database, wan=n, on=date(2024, 1, 1) + timedelta(days=n // 3)) for n in range(1, 121)]
    client = visitor_with_role(app, "auditor")
    for order in ("", "&dir=asc"):
        seen: list[int] = []
        address = f"{LEDGER}?stage=paid{order}"
        while address:
            page = client.get(address)
            seen += numbers(page)
            links = [part.split('"')[0] for part in page.text.split('rel="next" href="')[1:]]
            address = links[0].replace("&amp;", "&") if links else ""
        assert len(seen) == len(set(seen)) == 120
        assert set(seen) == set(made)
    assert count_queries(database, client, LEDGER) < 12


def test_the_project_page_adds_up_its_parts(database: Database, five: dict[str, int]):
    client = visitor_with_role(create_app(database), "auditor")
    page = client.get("/projects/qingshan-02/ledger")
    stages = {row[0]: row for row in rows_on(page) if row and row[0] in ("完成投资", "支付")}
    assert stages["完成投资"][1:3] == ["50.00", "0.2%"]
    assert stages["支付"][1] == "0.00"
    assert stages["支付"][4:6] == ["7.00 1 笔", "3.00 1 笔"]
    assert "记一笔" not in page.text
    assert "0.5%" in client.get(f"/projects/{PART}/ledger").text  # of the part's own estimate
    assert client.get("/projects/nowhere/ledger").status_code == 404


def test_the_files_hold_the_same_rows_and_calculate_nothing(database: Database, five: dict[str, int]):
    app = create_app(database)
    recorded(database, FOREST, "paid", 1, on=date(2025, 1, 1), note="=cmd()", document="@SUM(1)")
    client = visitor_with_role(app, "auditor")
    answer = client.get(f"{LEDGER}.csv?unit=元")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [int(row["编号"]) for row in rows] == [6, 5, 4, 3, 2, 1]
    assert (rows[0]["摘要"], rows[0]["文号或凭证号"]) == ("'=cmd()", "'@SUM(1)")
    assert rows[0]["金额（元）"] == "10000"
    book = load_workbook(io.BytesIO(client.get(f"{LEDGER}.xlsx?unit=元").content))
    cells = [[cell.value for cell in line] for line in book.active.iter_rows()]
    amounts = [line[9] for line in cells if isinstance(line[0], int)]
    assert amounts == [float(row["金额（元）"]) for row in rows]
    totals = {line[0]: line[9] for line in cells if isinstance(line[0], str) and "合计" in line[0]}
    assert len(totals) == 5
    assert all(str(formula).startswith("=ROUND(SUM(SUMIFS(") for formula in totals.values())


def test_the_shell_and_the_api_give_the_same_rows(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch):
    app = ledger_app(sqlite_database)
    recorded(sqlite_database, FOREST, "paid", 20)
    recorded(sqlite_database, PART, "paid", 7, on=date(2024, 9, 9), state="submitted")
    api = visitor_with_role(app, "auditor").get("/api/v1/ledger?plan=qingshan")
    rows = api.json()
    assert [
        (row["project"], row["package"], row["amount_fen"], row["state"], row["posted_period"]) for row in rows
    ] == [
        (FOREST, None, 20_000_000, "approved", "2024Q2"),
        (PART, "qingshan-02", 7_000_000, "submitted", None),
    ]
    with setting(monkeypatch, database_url=sqlite_database.url.render_as_string(hide_password=False)):
        runner = CliRunner()
        told = runner.invoke(commands, ["export", "ledger", "--plan", "qingshan"])
        assert json.loads(told.stdout) == rows
        assert list(rows[0]) == list(NAMES)
        listed = list(csv.DictReader(io.StringIO(runner.invoke(
            commands, ["export", "ledger", "--plan", "qingshan", "--format", "csv"]).stdout.removeprefix("\ufeff"))))  # fmt: skip
        assert [row["amount_fen"] for row in listed] == ["20000000", "7000000"]
        book = runner.invoke(commands, ["export", "ledger", "--plan", "qingshan", "--format", "xlsx"])
        sheet = load_workbook(io.BytesIO(book.stdout_bytes)).active
        assert [line[2].value for line in sheet.iter_rows() if isinstance(line[0].value, int)] == [FOREST, PART]
        early = runner.invoke(commands, ["export", "ledger", "--plan", "qingshan", "--as-of", "2024Q2"])
        assert [row["id"] for row in json.loads(early.stdout)] == [1]


def test_an_empty_ledger_is_an_empty_list(sqlite_database: Database):
    client = visitor_with_role(ledger_app(sqlite_database), "auditor")
    assert client.get("/api/v1/ledger?plan=qingshan").json() == []
    assert client.get("/api/v1/ledger").status_code == 422
    assert client.get("/api/v1/ledger?plan=nowhere").status_code == 404
    assert "没有符合条件的记账" in client.get(LEDGER).text


def test_nobody_sees_the_ledger_of_another_plan(database: Database):
    app = ledger_app(database)
    with database.writing() as session:
        make_small_plan(session, "lushui", jurisdiction="999900")
    here, there = recorded(database), recorded(database, "lushui-01")
    client = signed_in_visitor(app, person_in(database, "there", "auditor", plan=stored_plan(database, "lushui")))
    assert numbers(client.get(LEDGER)) == [there]
    assert client.get(f"/money/ledger/{here}").status_code == 404
    assert client.get(f"/projects/{FOREST}/ledger").status_code == 404
    assert client.get("/api/v1/ledger?plan=qingshan").status_code == 404
    assert "晋" not in client.get(f"{LEDGER}.csv").text
    assert client.get(f"{LEDGER}.csv").text.count("\r\n") == 2


def test_ones_drafts_are_handed_over_together(database: Database):
    app = ledger_app(database)
    person = person_in(database, "zhou", "office")
    mine = [recorded(database, wan=n, state="draft", by=person.actor) for n in (1, 2)]
    other = recorded(database, wan=4, state="draft")
    client = signed_in_visitor(app, person)
    page = client.get(f"{LEDGER}?state=draft")
    assert page.text.count('type="checkbox" name="entry"') == 2
    assert client.post(f"{LEDGER}/submit", data={"entry": [str(mine[0]), str(other)]}).status_code == 403
    assert client.post(f"{LEDGER}/submit", data={"entry": [str(id_) for id_ in mine]}).status_code == 303
    assert [row.state for row in entries(database)] == ["submitted", "submitted", "draft"]


def test_the_start_page_counts_what_waits_and_adds_up_each_plan(database: Database, five: dict[str, int]):
    client = visitor_with_role(create_app(database), "finance")
    page = client.get("/money")
    rows = rows_on(page)
    assert ["支付", "财政部门", "1", "7.00", "1", "3.00"] in rows
    assert sums_on(page) == ["34,000.00", "100.00", "0.00", "0.00", "50.00", "20.00"]
    early = client.get("/money?as_of=2023Q4")
    assert sums_on(early) == ["34,000.00", "100.00", "0.00", "0.00", "0.00", "0.00"]
    assert count_queries(database, client, "/money") < 10


def sums_on(page: Response) -> list[str]:
    """The estimate and the five sums of the plan on the start page."""
    row = next(row for row in rows_on(page) if row and row[0] == "qingshan")
    return [re.match(r"[0-9,.]+", cell)[0] for cell in row[1:]]  # type: ignore[index]
