"""Approving and sending back many entries at once."""

from core.audit import Actor
from core.database import Database
from tests.databases import on_both, on_sqlite, plant
from tests.web.ledger_visits import FOREST, PART, add_sources, entries, ledger_app, listed_fen, recorded, ticked
from tests.web.project_visits import department
from tests.web.reading_pages import errors_on, rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role

database, sqlite_database = on_both(plant, add_sources), on_sqlite(plant, add_sources)

WAITING = "/money/waiting"


def test_each_role_sees_what_it_approves(database: Database):
    app = ledger_app(database)
    for stage in ("appropriated", "received", "contracted", "work_done", "paid"):
        recorded(database, stage=stage, state="submitted")
    recorded(database, state="draft")
    finance, office = visitor_with_role(app, "finance"), visitor_with_role(app, "office")
    assert [row[3] for row in rows_on(finance.get(WAITING)) if "2024-05-06" in row] == ["支付", "到位", "下达"]
    assert [row[3] for row in rows_on(office.get(WAITING)) if "2024-05-06" in row] == ["完成投资", "合同"]
    assert "共 3 笔" in finance.get(WAITING).text


def test_many_are_approved_together_and_the_sums_move(database: Database):
    app = ledger_app(database)
    ids = [recorded(database, wan=wan, state="submitted") for wan in (1, 2, 4)]
    ids += [recorded(database, PART, wan=8, state="submitted")]
    recorded(database, wan=16)
    finance = visitor_with_role(app, "finance")
    page = finance.get(WAITING)
    assert ["天然林保护工程项目 qingshan-01", "支付", "16.00", "7.00", "23.00"] in rows_on(page)
    answer = ticked(finance, f"{WAITING}?stage=paid", ids, act="approve", request_key="one")
    assert answer.headers["location"] == f"{WAITING}?stage=paid&done=4&act=approve"
    assert "已审核通过 4 笔" in finance.get(answer.headers["location"]).text
    assert (listed_fen(database, FOREST), listed_fen(database, "qingshan-02")) == (23_000_000, 8_000_000)
    again = ticked(finance, WAITING, ids, act="approve", request_key="one")
    assert again.headers["location"] == answer.headers["location"]
    assert listed_fen(database, FOREST) == 23_000_000


def test_many_are_sent_back_with_one_reason(database: Database):
    app = ledger_app(database)
    ids = [recorded(database, wan=wan, state="submitted") for wan in (1, 2)]
    finance = visitor_with_role(app, "finance")
    refused = ticked(finance, WAITING, ids[:1], act="reject", reason=" ")
    assert refused.status_code == 422
    assert "退回原因" in refused.text
    assert refused.text.count(" checked>") == 1  # what was ticked stays ticked
    assert ticked(finance, WAITING, ids, act="reject", reason="附件不全").status_code == 303
    assert {(row.state, row.rejected_reason) for row in entries(database)} == {("rejected", "附件不全")}
    assert listed_fen(database, FOREST) == 0


def test_all_or_none(database: Database):
    app = ledger_app(database)
    waiting, done = recorded(database, state="submitted"), recorded(database)
    finance = visitor_with_role(app, "finance")
    answer = ticked(finance, WAITING, [waiting, done], act="approve")
    assert answer.status_code == 409
    assert "不是待审核" in answer.text
    assert entries(database)[0].state == "submitted"
    assert ticked(finance, WAITING, [waiting, 999], act="approve").status_code == 404
    assert "没有勾选" in ticked(finance, WAITING, [], act="approve").text
    works = recorded(database, stage="work_done", state="submitted")
    assert ticked(finance, WAITING, [waiting, works], act="approve").status_code == 404
    assert entries(database)[0].state == "submitted"


def test_ones_own_are_shown_but_cannot_be_ticked(database: Database):
    app = ledger_app(database)
    person = person_in(database, "li", "finance")
    own = recorded(database, state="submitted", by=Actor(person.id, person.actor.name))
    other = recorded(database, state="submitted")
    client = signed_in_visitor(app, person)
    page = client.get(f"{WAITING}?tick=all")
    assert f'name="entry" value="{other}"' in page.text
    assert f'name="entry" value="{own}"' not in page.text
    assert "由您本人填写或提交，须由他人审核" in page.text
    assert ticked(client, WAITING, [own, other], act="approve").status_code == 403
    assert {row.state for row in entries(database)} == {"submitted"}


def test_what_ones_own_department_leads_is_marked_before_and_after(database: Database):
    app = ledger_app(database)
    forestry = department(database, "林业局")
    person = person_in(database, "office-of-forestry", "office", department=forestry)
    own, other = (recorded(database, code, "work_done", state="submitted") for code in (FOREST, PART))
    client = signed_in_visitor(app, person)
    page = client.get(WAITING)
    marked = [row[2] for row in rows_on(page) if "2024-05-06" in row and "审核人所在部门牵头的项目" in row[2]]
    assert len(marked) == 1
    assert FOREST in marked[0]
    ticked(client, WAITING, [own, other], act="approve")
    assert [row.own_department for row in entries(database)] == [True, False]
    assert "审核人所在部门牵头的项目" in client.get(f"/money/ledger/{own}").text
    assert "审核人所在部门牵头的项目" not in client.get(f"/money/ledger/{other}").text


def test_what_waits_is_narrowed_by_project_and_stage(sqlite_database: Database):
    app = ledger_app(sqlite_database)
    recorded(sqlite_database, FOREST, "received", state="submitted")
    recorded(sqlite_database, PART, "paid", state="submitted")
    finance = visitor_with_role(app, "finance")
    for query, code in (("project=再生水", PART), ("stage=received", FOREST), ("project=qingshan-01", FOREST)):
        found = [row[2] for row in rows_on(finance.get(f"{WAITING}?{query}")) if "2024-05-06" in row]
        assert len(found) == 1, query
        assert code in found[0], query
    assert errors_on(finance.get(f"{WAITING}?since=2024/2/30")) == {}
    assert finance.get(f"{WAITING}?since=2024/2/30").status_code == 422
