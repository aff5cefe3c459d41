"""One entry on its way: recorded, changed, submitted, approved or sent back, reversed; and who may do what."""

import pytest

from core.database import Database
from tests.databases import on_both, on_sqlite, plant
from tests.web.ledger_visits import FOREST, PART, add_sources, close_quarters, entries, ledger_app, listed_fen, recorded
from tests.web.project_visits import department, sent
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role

database, sqlite_database = on_both(plant, add_sources), on_sqlite(plant, add_sources)

NEW = f"/projects/{FOREST}/ledger/new"
FILLED = {
    "stage": "paid",
    "amount": "320",
    "amount_unit": "万元",
    "source": "1",
    "occurred_on": "2024-05-06",
    "document": "财建〔2024〕1号",
    "act": "submit",
}


def test_an_entry_is_recorded_approved_by_another_and_counts(database: Database):
    app = ledger_app(database)
    office, finance = visitor_with_role(app, "office"), visitor_with_role(app, "finance")
    answer = sent(office, NEW, **FILLED)
    assert answer.status_code == 303
    address = answer.headers["location"]
    page = office.get(address)
    assert "叁佰贰拾万元整" in page.text
    assert "没有计入任何合计" in page.text
    assert listed_fen(database, FOREST) == 0
    assert office.post(f"{address}/approve").status_code == 404  # payments are for finance
    assert sent_to(finance, address, "approve").status_code == 303
    assert listed_fen(database, FOREST) == 320_000_000
    approved = finance.get(address).text
    assert "计入 2024Q2" in approved
    assert "审核通过" in approved  # in its history


def sent_to(client, address: str, act: str, **typed: str):
    """A form of the entry's page, sent."""
    return client.post(f"{address}/{act}", data=form_on(client.get(address), f"{address}/{act}") | typed)


def test_a_draft_is_its_authors_to_change_and_to_discard(database: Database):
    app = ledger_app(database)
    office, finance = visitor_with_role(app, "office"), visitor_with_role(app, "finance")
    address = sent(office, NEW, **FILLED | {"act": "draft"}).headers["location"]
    assert finance.get(address).status_code == 200
    assert finance.get(f"{address}/edit").status_code == 404
    assert finance.post(f"{address}/discard", data={"row_version": "1"}).status_code == 404
    edit = f"{address}/edit"
    assert sent(office, edit, amount="12,345.6", amount_unit="元", act="draft").status_code == 303
    row = entries(database)[0]
    assert (row.amount_fen, row.state, row.row_version) == (1_234_560, "draft", 2)
    assert sent_to(office, address, "discard").status_code == 303
    assert entries(database) == []
    assert office.get(address).status_code == 404


def test_a_draft_that_was_changed_elsewhere_shows_both(database: Database):
    app = ledger_app(database)
    office = visitor_with_role(app, "office")
    address = sent(office, NEW, **FILLED | {"act": "draft"}).headers["location"]
    form = form_on(office.get(f"{address}/edit"), f"{address}/edit")
    sent(office, f"{address}/edit", amount="5", act="draft")
    late = office.post(f"{address}/edit", data=form | {"amount": "7", "act": "draft"})
    assert late.status_code == 409
    assert ["金额", "5", "7"] in rows_on(late)
    assert entries(database)[0].amount_fen == 5_000_000


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"amount": "1.2亿"}, "amount", "应为以万元计的数字"),
        ({"amount": "-5"}, "amount", "应为正数"),
        ({"amount": "0"}, "amount", "大于零"),
        ({"amount": ""}, "amount", "不能为空"),
        ({"source": ""}, "source", "不能为空"),
        ({"source": "99"}, "source", "不在资金来源表中"),
        ({"source": "县级"}, "source", "不在资金来源表中"),
        ({"occurred_on": "2999-01-01"}, "occurred_on", "还没有发生"),
        ({"occurred_on": "2024/2/30"}, "occurred_on", "2024-02-29"),
        ({"stage": ""}, "stage", "不能为空"),
        ({"stage": "appropriated", "document": ""}, "document", "不能为空"),
        ({"reduction": "1"}, "amount", "会小于零"),
    ],
)
def test_what_cannot_be_recorded_is_told_at_its_field_and_kept(
    sqlite_database: Database, changes: dict[str, str], field: str, said: str
):
    client = visitor_with_role(ledger_app(sqlite_database), "office")
    answer = sent(client, NEW, **FILLED | {"note": "保留我"} | changes)
    assert answer.status_code == 422
    assert said in errors_on(answer)[field]
    assert form_on(answer, NEW)["note"] == "保留我"
    assert entries(sqlite_database) == []


def test_a_closed_quarter_wants_a_reason_and_the_entry_is_a_correction(database: Database):
    app = ledger_app(database)
    close_quarters(database, "2021Q1", "2024Q2")
    client = visitor_with_role(app, "office")
    assert 'data-open-from="2024-07-01"' in client.get(NEW).text
    refused = sent(client, NEW, **FILLED)
    assert refused.status_code == 422 or refused.status_code == 409
    assert "2024Q3" in errors_on(refused)["occurred_on"]
    assert sent(client, NEW, **FILLED | {"correction_reason": "发票迟到"}).status_code == 303
    row = entries(database)[0]
    recorded_page = visitor_with_role(app, "finance")
    assert sent_to(recorded_page, f"/money/ledger/{row.id}", "approve").status_code == 303
    assert entries(database)[0].posted_period == 20243


def test_money_of_a_package_is_recorded_on_a_part(database: Database):
    client = visitor_with_role(ledger_app(database), "office")
    address = "/projects/qingshan-02/ledger/new"
    assert "子项目" in errors_on(sent(client, address, **FILLED))["part"]
    assert sent(client, address, **FILLED | {"part": PART}).status_code == 303
    page = client.get("/projects/qingshan-02/ledger")
    assert [row[1] for row in rows_on(page) if row and row[0] == "2024-05-06"] == ["再生水厂"]


def test_pressing_twice_records_once(database: Database):
    client = visitor_with_role(ledger_app(database), "office")
    form = form_on(client.get(NEW), NEW) | FILLED
    first, second = client.post(NEW, data=form), client.post(NEW, data=form)
    assert first.headers["location"] == second.headers["location"]
    assert len(entries(database)) == 1


def test_a_reversal_and_its_original_name_each_other(database: Database):
    app = ledger_app(database)
    id_ = recorded(database)
    office, finance = visitor_with_role(app, "office"), visitor_with_role(app, "finance")
    address = f"/money/ledger/{id_}"
    empty = sent_to(office, address, "reverse", reason=" ")
    assert empty.status_code == 422
    assert "冲销原因" in errors_on(empty)["reason"]
    answer = sent_to(office, address, "reverse", reason="重复支付")
    reversal = answer.headers["location"]
    assert listed_fen(database, FOREST) == 320_000_000  # until it is approved
    assert sent_to(finance, reversal, "approve").status_code == 303
    assert listed_fen(database, FOREST) == 0
    assert f'href="{address}"' in office.get(reversal).text
    assert f'href="{reversal}"' in office.get(address).text
    assert 'method="post" action="/money/ledger' not in office.get(address).text  # nothing more to do
    assert office.post(f"{address}/reverse", data={"reason": "再来"}).status_code == 409
    assert office.post(f"{reversal}/reverse", data={"reason": "再来"}).status_code == 409


def test_what_is_sent_back_says_why(database: Database):
    app = ledger_app(database)
    id_ = recorded(database, state="submitted")
    finance = visitor_with_role(app, "finance")
    address = f"/money/ledger/{id_}"
    assert "退回原因" in errors_on(sent_to(finance, address, "reject"))["reason"]
    assert sent_to(finance, address, "reject", reason="凭证不符").status_code == 303
    page = finance.get(address)
    assert "凭证不符" in page.text
    assert finance.post(f"{address}/approve").status_code == 409


def test_nobody_approves_what_they_recorded(database: Database):
    app = ledger_app(database)
    finance = visitor_with_role(app, "finance")
    address = sent(finance, NEW, **FILLED).headers["location"]
    page = finance.get(address)
    assert "须由他人审核" in page.text
    assert f"{address}/approve" not in page.text
    assert finance.post(f"{address}/approve").status_code == 403
    assert entries(database)[0].state == "submitted"


def test_an_owner_records_only_for_what_its_department_answers_for(database: Database):
    app = ledger_app(database)
    owner = signed_in_visitor(app, person_in(database, "owner", "owner", department=department(database, "林业局")))
    assert sent(owner, NEW, **FILLED).status_code == 303
    assert owner.get(f"/projects/{PART}/ledger/new").status_code == 404
    other = recorded(database, PART)
    assert owner.get(f"/money/ledger/{other}").status_code == 200  # reading is for who sees the plan
    assert owner.post(f"/money/ledger/{other}/reverse", data={"reason": "错"}).status_code == 404
    assert "冲销这一笔" not in owner.get(f"/money/ledger/{other}").text


READS = ("/money", "/money/ledger", f"/projects/{FOREST}/ledger", "/money/ledger/1")
WRITES = (NEW, "/money/ledger/grid?plan=qingshan")
MAY = {
    "office": (*READS, *WRITES, "/money/waiting"),
    "finance": (*READS, *WRITES, "/money/waiting"),
    "leader": READS,
    "auditor": READS,
    "admin": ("/money", "/money/ledger"),
}


def test_each_role_reaches_only_its_own_pages(sqlite_database: Database):
    app = ledger_app(sqlite_database)
    recorded(sqlite_database)
    for role, allowed in MAY.items():
        client = visitor_with_role(app, role)
        for address in (*READS, *WRITES, "/money/waiting"):
            expected = 200 if address in allowed else 404
            assert client.get(address).status_code == expected, (role, address)
            if address in (*WRITES, "/money/waiting") and expected == 404:
                assert client.post(address, data={"entry": "1"}).status_code == 404, (role, address)


def test_the_amount_is_spelled_out_while_it_is_typed(sqlite_database: Database):
    client = visitor_with_role(ledger_app(sqlite_database), "office")
    address = "/money/capital-numerals"
    assert "叁佰贰拾万元整" in client.get(address, params={"amount": "320", "amount_unit": "万元"}).text
    assert "应为以元计的数字" in client.get(address, params={"amount": "3亿", "amount_unit": "元"}).text
    assert client.get(address, params={"amount": "", "amount_unit": "元"}).status_code == 200
