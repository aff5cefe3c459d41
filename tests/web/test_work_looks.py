"""Verifying, checking what is alive, losses and reversals, on the pages; and the chain that an entry's page shows."""

import pytest

from core.database import Database
from milestones.evidence import attachments_of
from tests.databases import on_both, on_sqlite, plant
from tests.milestones.evidence_samples import png
from tests.web.reading_pages import form_on, rows_on
from tests.web.work_visits import NEW, People, a_claim, a_verification, apart, report, sent_on, works

database, sqlite_database = on_both(plant), on_sqlite(plant)
pytestmark = pytest.mark.usefixtures("apart")
__all__ = ["apart"]

LATER = "2024-08-06"


def test_a_part_is_verified_and_the_rest_stays_unverified(database: Database) -> None:
    people = People(database)
    claim = a_claim(database, "800")
    page = people.head.get(f"/works/{claim}/verify")
    assert form_on(page, f"/works/{claim}/verify")["quantity"] == "800"
    files = [("photos_after", ("核实.png", png(), "image/png"))]
    sent = {"quantity": "700", "unit": "亩", "occurred_on": LATER, "amount_kind": "quantity", "act": "submit"}
    answer = people.head.post(f"/works/{claim}/verify", data=sent, files=files)
    assert answer.headers["location"] == f"/works/{claim + 1}"
    row = works(database)[-1]
    assert (row.tier, row.state, row.quantity_micro, row.based_on_id) == ("verified", "approved", 700_000_000, claim)
    with database.reading() as session:
        assert len(attachments_of(session, "work_entry", [claim + 1])[claim + 1]) == 1
    again = people.head.get(f"/works/{claim}/verify")
    assert form_on(again, f"/works/{claim}/verify")["quantity"] == "100"
    more = people.head.post(f"/works/{claim}/verify", data=sent | {"quantity": "100.5"})
    assert more.status_code == 422
    assert "应不超过 100 亩" in more.text
    assert form_on(more, f"/works/{claim}/verify")["quantity"] == "100.5"
    shown = people.owner.get("/projects/qingshan-01/works")
    assert "营造林面积上报未核实 100 亩" in shown.text
    (row_of,) = [row for row in rows_on(shown) if row and row[0] == "营造林面积"]
    assert row_of[1:9] == ["亩", "5,000", "800", "700", "未到检查期", "—", "100", "14.0%"]


def test_the_chain_from_report_to_loss(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    claim = a_claim(sqlite_database, "800")
    first = a_verification(sqlite_database, claim, "700")
    survival = sent_on(people.office, f"/works/{first}/survival", quantity="600", occurred_on=LATER)
    check = int(survival.headers["location"].rpartition("/")[2])
    loss = sent_on(people.owner, f"/works/{check}/loss", quantity="50", cause="火灾", occurred_on=LATER, act="submit")
    lost = int(loss.headers["location"].rpartition("/")[2])
    assert people.office.post(f"/works/{lost}/accept").headers["location"] == f"/works/{lost}"
    for id_ in (claim, first, check, lost):
        page = people.office.get(f"/works/{id_}")
        rows = [row for row in rows_on(page) if row and row[0].split()[0] in ("上报", "核实合格", "保存量", "损失")]
        said = [(row[0], row[1], row[2]) for row in rows]
        assert said == [
            ("上报", "800 亩", "未核实 100"),
            ("核实合格", "700 亩", "未计入保存 100"),
            ("保存量", "600 亩", "现存 550"),
            ("损失 火灾", "50 亩", "—"),
        ], id_


def test_nobody_verifies_their_own_and_strangers_find_nothing(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    people.head.post(NEW, data=report(sqlite_database))  # a head reports, too
    assert people.office.post("/works/1/accept").status_code == 303
    own = people.head.get("/works/1").text
    assert "须由他人核实或检查" in own
    assert "/works/1/verify" not in own
    refused = sent_on(people.head, "/works/1/verify", quantity="800")
    assert (refused.status_code, "由您本人填写、提交或核实" in refused.text) == (403, True)
    for who in (people.owner, people.stranger, people.with_role("leader"), people.with_role("finance")):
        assert who.get("/works/1/verify").status_code == 404
        assert who.post("/works/1/verify", data={"quantity": "1"}).status_code == 404
    assert len(works(sqlite_database)) == 1


def test_only_what_stands_is_looked_at(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    people.owner.post(NEW, data=report(sqlite_database))
    waiting = people.office.get("/works/1/verify")
    assert (waiting.status_code, "接收之后才能继续" in waiting.text) == (409, True)
    assert people.office.get("/works/1/survival").status_code == 409
    assert people.office.get("/works/99/verify").status_code == 404


def test_a_reversal_waits_and_is_accepted_by_another(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    claim = a_claim(sqlite_database, "800")
    first = a_verification(sqlite_database, claim, "700")
    blocked = people.owner.post(f"/works/{claim}/reverse", data={"reason": "填错"})
    assert (blocked.status_code, f"请先冲销或退回第 {first} 号" in blocked.text) == (409, True)
    assert (
        people.owner.post(f"/works/{first}/reverse", data={"reason": "填错"}).status_code == 404
    )  # not theirs to undo
    missing = people.head.post(f"/works/{first}/reverse", data={"reason": " "})
    assert (missing.status_code, "“冲销原因”不能为空" in missing.text) == (422, True)
    answer = people.head.post(f"/works/{first}/reverse", data={"reason": "量错了", "document": "林核〔2024〕1号"})
    reversal = int(answer.headers["location"].rpartition("/")[2])
    assert people.head.post(f"/works/{reversal}/accept").status_code == 404  # a head accepts nothing
    assert people.office.post(f"/works/{reversal}/accept").status_code == 303
    assert f"已由第 {reversal} 号冲销" in people.owner.get(f"/works/{claim}").text
    row = works(sqlite_database)[-1]
    assert (row.kind, row.quantity_micro, row.document) == ("reversal", -700_000_000, "林核〔2024〕1号")


def test_one_entry_is_accepted_or_sent_back_on_its_page(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    for _ in range(2):
        people.owner.post(NEW, data=report(sqlite_database))
    assert people.owner.post("/works/1/accept").status_code == 404
    assert people.office.post("/works/1/send-back", data={"reason": ""}).status_code == 422
    assert people.office.post("/works/1/send-back", data={"reason": "没有照片"}).status_code == 303
    page = people.owner.get("/works/1").text
    assert "已退回：没有照片" in page
    assert people.office.post("/works/2/accept").status_code == 303
    twice = people.office.post("/works/2/accept")
    assert (twice.status_code, "不是待接收" in twice.text) == (409, True)
    assert [row.state for row in works(sqlite_database)] == ["rejected", "approved"]


def test_the_history_says_who_did_what(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    people.owner.post(NEW, data=report(sqlite_database), files=[("photos_before", ("前.png", png(), "image/png"))])
    people.office.post("/works/1/accept")
    rows = [row for row in rows_on(people.office.get("/works/1")) if len(row) == 5 and row[1].startswith("甲")]
    assert [row[2] for row in rows] == ["接收", "上传佐证", "填报"]
    assert "佐证种类 施工前照片" in rows[1][3]
    assert "工程量指标 营造林面积" in rows[2][3]
    assert "修改记录" not in people.with_role("leader").get("/works/1").text
