"""Many entries in a grid: read or refused cell by cell, all of them written or none."""

import pytest

from core.database import Database
from tests.databases import on_both, on_sqlite, plant
from tests.web.ledger_visits import FOREST, PART, add_sources, close_quarters, entries, grid_form, ledger_app
from tests.web.project_visits import department
from tests.web.reading_pages import errors_on, rows_on
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role

database, sqlite_database = on_both(plant, add_sources), on_sqlite(plant, add_sources)

GRID = "/money/ledger/grid?plan=qingshan"
GOOD = [
    (FOREST, "支付", "县级财政", "2024-03-31", "1,200.5", "财建〔2024〕1号", "一期"),
    ("再生水厂", "合同", "", "2024/3/31", "30", "", ""),
    (PART, "下达", "企业自筹", "2024.3.31", "１００", "董〔2024〕3号", "", ""),
    (FOREST, "完成投资", "", "2024年3月31日", "12", "", "", "发生"),
]


def test_every_row_is_written_and_blank_rows_are_not(database: Database):
    client = visitor_with_role(ledger_app(database), "office")
    answer = client.post(GRID, data=grid_form([GOOD[0], (), *GOOD[1:], ()]))
    assert answer.status_code == 303
    assert answer.headers["location"] == "/money/ledger?plan=qingshan&mine=1&state=submitted&done=4"
    rows = entries(database)
    assert [row.amount_fen for row in rows] == [1_200_500_000, 30_000_000, 100_000_000, 12_000_000]
    assert {row.occurred_on.isoformat() for row in rows} == {"2024-03-31"}
    assert {row.state for row in rows} == {"submitted"}
    listed = client.get(answer.headers["location"])
    assert "已提交 4 笔" in listed.text
    assert len([row for row in rows_on(listed) if "2024-03-31" in row]) == 4


def test_one_bad_cell_keeps_everything_unwritten_and_typed(database: Database):
    client = visitor_with_role(ledger_app(database), "office")
    bad = [
        GOOD[0],
        ("没有的项目", "拨款", "彩票", "2024/2/30", "1.2亿", "", "", "冲销"),
        ("再生水利用工程", "支付", "县级财政", "2999-01-01", "5", "", ""),
        (FOREST, "支付", "", "45382", "0", "", ""),
    ]
    answer = client.post(GRID, data=grid_form(bad, act="draft"))
    assert answer.status_code == 422
    told = errors_on(answer)
    assert set(told) == {
        *(f"{name}-2" for name in ("project", "stage", "source", "occurred_on", "amount", "kind")),
        "project-3",
        "occurred_on-4",
    }
    assert "再生水厂" in told["project-3"]
    assert "第 2 行" in answer.text
    assert 'value="1.2亿"' in answer.text
    assert 'value="1,200.5"' in answer.text
    assert entries(database) == []


def test_the_rules_of_the_ledger_are_told_at_the_cell_too(database: Database):
    app = ledger_app(database)
    close_quarters(database, "2024Q1")
    client = visitor_with_role(app, "office")
    rows = [
        (FOREST, "支付", "县级财政", "2024-03-31", "5", "", ""),
        (FOREST, "支付", "", "2024-05-31", "0", "", ""),
        (FOREST, "支付", "县级财政", "2024-05-31", "5", "文", "", "退回"),
    ]
    answer = client.post(GRID, data=grid_form(rows))
    told = errors_on(answer)
    assert "2024Q2" in told["occurred_on-1"]
    assert "不能为空" in told["source-2"]
    assert "大于零" in told["amount-2"]
    assert "会小于零" in told["amount-3"]
    assert entries(database) == []
    assert client.post(GRID, data=grid_form(rows[:1], correction_reason="补记")).status_code == 303
    assert entries(database)[0].correction_reason == "补记"


def test_a_paste_that_cannot_be_read_is_told_at_its_box_and_what_was_typed_stays(database: Database):
    client = visitor_with_role(ledger_app(database), "office")
    answer = client.post(GRID, data=grid_form([GOOD[0]], pasted='a\t"' + "b\n" * 90_000))
    assert answer.status_code == 422
    assert "过长" in errors_on(answer)["pasted"]
    assert GOOD[0][0] in answer.text


def test_what_is_pasted_into_the_text_box_lands_in_the_grid_and_is_only_looked_at(database: Database):
    client = visitor_with_role(ledger_app(database), "office")
    pasted = "项目\t环节\t资金来源\t发生日期\t金额\n" + "\n".join("\t".join(row) for row in GOOD)
    answer = client.post(GRID, data=grid_form([()], act="check", pasted=pasted))
    assert answer.status_code == 200
    assert "4 行都可以保存；现在还没有保存" in answer.text
    assert 'id="f-amount-1" name="amount" value="1,200.5"' in answer.text
    assert entries(database) == []
    assert client.post(GRID, data=grid_form(GOOD, act="check") | {"act": "draft"}).status_code == 303
    assert {row.state for row in entries(database)} == {"draft"}


def test_too_many_rows_are_sent_to_the_import_and_kept(sqlite_database: Database):
    client = visitor_with_role(ledger_app(sqlite_database), "office")
    pasted = "\n".join("\t".join(GOOD[0]) for _ in range(121))
    answer = client.post(GRID, data=grid_form([()], pasted=pasted))
    assert answer.status_code == 422
    assert "121" in errors_on(answer)["pasted"]
    assert answer.text.count("财建〔2024〕1号") == 121
    assert entries(sqlite_database) == []


def test_an_empty_grid_and_an_unknown_unit_are_told(sqlite_database: Database):
    client = visitor_with_role(ledger_app(sqlite_database), "office")
    assert "表格是空的" in client.post(GRID, data=grid_form([()])).text
    assert "金额单位" in client.post(GRID, data=grid_form(GOOD, unit="吨")).text
    assert entries(sqlite_database) == []


def test_a_double_press_writes_once(database: Database):
    client = visitor_with_role(ledger_app(database), "office")
    form = grid_form(GOOD) | {"request_key": "same"}
    assert client.post(GRID, data=form).headers["location"] == client.post(GRID, data=form).headers["location"]
    assert len(entries(database)) == 4


def test_an_owner_fills_the_grid_for_its_own_projects_only(database: Database):
    app = ledger_app(database)
    owner = signed_in_visitor(app, person_in(database, "owner", "owner", department=department(database, "水利局")))
    answer = owner.post(GRID, data=grid_form(GOOD))
    assert answer.status_code == 422
    assert set(errors_on(answer)) == {"project-1", "project-4"}
    assert "不由您所在的部门" in errors_on(answer)["project-1"]
    assert owner.post(GRID, data=grid_form(GOOD[1:3])).status_code == 303


@pytest.mark.parametrize("count", [1, 2])
def test_two_equal_rows_both_stand(database: Database, count: int):
    client = visitor_with_role(ledger_app(database), "office")
    for _ in range(count):
        assert client.post(GRID, data=grid_form([GOOD[0], GOOD[0]])).status_code == 303
    assert [row.ordinal for row in entries(database)] == list(range(1, 2 * count + 1))


def test_who_records_in_one_plan_need_not_choose_it(sqlite_database: Database):
    client = visitor_with_role(ledger_app(sqlite_database), "office")
    assert client.get("/money/ledger/grid").headers["location"] == GRID
    assert client.get("/money/ledger/grid?plan=nowhere").status_code == 404
