"""Handing in, approving, accepting and sending back: what the pages show, and who may press what when."""

from collections.abc import Callable

import pytest
from sqlmodel import col, select
from starlette.testclient import TestClient

from budgets.entries import LedgerEntry
from core.database import Database
from reports.returns import ReturnFact
from tests.databases import on_sqlite, plant
from tests.web.reading_pages import errors_on, form_on, rows_on
from tests.web.return_visits import Office

sqlite_database = on_sqlite(plant)


@pytest.fixture
def office(sqlite_database: Database) -> Office:
    return Office(sqlite_database)


def review(office: Office, client: TestClient, language: str = "zh") -> str:
    return client.get(f"/returns/{office.forestry}/review?lang={language}").text


def test_the_submit_page_lists_what_is_wrong_with_links_to_the_fields(office: Office):
    office.type_in(f"{office.forest_id}:state.state:", "building")
    shown = office.owner.get(f"/returns/{office.forestry}/submit")
    assert shown.status_code == 200
    assert f"{office.page}#f-{office.forest_id}:state.since_on:" in shown.text
    answer = office.send("submit", office.owner)
    assert answer.status_code == 422
    assert f"{office.page}#f-{office.forest_id}:state.document:" in answer.text
    assert office.row().state == "draft"


def test_an_empty_return_needs_the_reason_why_there_was_no_progress(office: Office):
    address = f"/returns/{office.forestry}/submit"
    answer = office.send("submit", office.owner, answerable="赵局长")
    assert answer.status_code == 422
    assert "no_progress_reason" in errors_on(answer)
    assert form_on(answer, address)["answerable"] == "赵局长"
    assert office.send("submit", office.owner, no_progress_reason="冬季停工").status_code == 303
    assert office.row().state == "submitted"
    assert "冬季停工" in office.client("head").get(f"/returns/{office.forestry}/sheet").text


def test_its_department_takes_it_back_until_the_head_approved(office: Office):
    office.handed_in()
    assert "撤回修改" in review(office, office.owner)
    assert office.send("take-back", office.owner).status_code == 303
    assert office.row().state == "draft"
    assert office.send("take-back", office.owner).status_code == 409


def test_the_head_sees_what_acceptance_will_make_and_approves(office: Office):
    office.handed_in()
    head = office.client("head")
    assert head.get(f"/returns/{office.forestry}").headers["location"] == f"/returns/{office.forestry}/review"
    shown = head.get(f"/returns/{office.forestry}/review")
    assert ["完成投资", "1", "320.00 万元", "接收后即计入"] in rows_on(shown)
    assert "审核通过" in shown.text
    assert "/accept" not in shown.text
    assert office.send("approve", head).headers["location"].endswith("done=approved")
    assert office.row().state == "approved"


def test_the_head_sends_back_a_field_and_the_owner_sees_why_on_top_and_beside_it(office: Office):
    office.handed_in()
    name = office.work_done
    data = {"reason": "请核对", "tick": name, f"why_{name}": "比上季多了十倍"}
    assert office.send("send-back", office.client("head"), **data).status_code == 303
    (note,) = office.notes()
    assert (note.text, note.sends_back, f"{note.project_id}:{note.field}:{note.key}") == ("比上季多了十倍", True, name)
    shown = office.owner.get(f"/returns/{office.forestry}").text
    assert "请核对" in shown
    assert shown.count("比上季多了十倍") == 2
    assert "退回 1 处" in shown
    assert office.type_in(name, "310").status_code == 200
    assert office.send("submit", office.owner).status_code == 303
    assert office.row().round == 2


def test_a_ticked_field_without_words_takes_those_of_the_whole(office: Office):
    office.handed_in()
    office.send("send-back", office.client("head"), reason="请核对", tick=office.work_done)
    assert [note.text for note in office.notes()] == ["请核对"]


def test_sending_back_without_a_word_asks_and_keeps_what_was_ticked(office: Office):
    office.handed_in()
    answer = office.send("send-back", office.client("head"))
    assert answer.status_code == 422
    assert "reason" in errors_on(answer)
    assert office.row().state == "submitted"
    bad = office.send("send-back", office.client("head"), reason="请核对", tick="1:nothing:")
    assert bad.status_code == 422
    assert "请核对" in form_on(bad, f"/returns/{office.forestry}/send-back")["reason"]


def accept(office: Office) -> None:
    office.handed_in()
    office.send("approve", office.client("head"))
    answer = office.send("accept", office.client("office"))
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("done=accepted&n=1")


def test_accepting_makes_the_facts_and_the_history_leads_to_them(office: Office):
    accept(office)
    with office.database.reading() as session:
        entry = session.exec(select(LedgerEntry)).one()
        (fact,) = session.exec(select(ReturnFact).order_by(col(ReturnFact.id)))
        assert (entry.state, entry.amount_fen, fact.subject_id) == ("approved", 320_000_000, entry.id)
    shown = office.client("office").get(f"/returns/{office.forestry}/history")
    assert f'href="/money/ledger/{fact.subject_id}"' in shown.text
    assert ["甲owner（owner）", "提交"] in [row[1:3] for row in rows_on(shown)]
    assert office.client("office").get(f"/money/ledger/{fact.subject_id}").status_code == 200


def test_a_second_press_accepts_once_and_a_second_person_is_told(office: Office):
    office.handed_in()
    office.send("approve", office.client("head"))
    client = office.client("office")
    data = {"request_key": "the-same-key"}
    assert office.send("accept", client, **data).status_code == 303
    assert office.send("accept", client, **data).status_code == 303
    assert office.send("accept", office.another("office")).status_code == 409
    with office.database.reading() as session:
        assert len(session.exec(select(LedgerEntry)).all()) == 1


def test_nobody_decides_about_a_return_that_they_had_a_part_in(office: Office):
    head = office.client("head")
    assert office.type_in(office.work_done, "320", client=head).status_code == 200
    assert office.send("submit", head).status_code == 303
    assert "须由他人办理" in review(office, head)
    assert office.send("approve", head).status_code == 403
    assert office.send("approve", office.another("head", "林业局")).status_code == 303


def test_acceptance_by_somebody_of_the_same_department_is_announced_and_marked(office: Office):
    office.handed_in()
    office.send("approve", office.client("head"))
    colleague = office.another("office", "林业局")
    assert "接收人与填报部门同属一个部门" in review(office, colleague)
    assert office.send("accept", colleague).status_code == 303
    assert "接收人与填报部门同属一个部门" in review(office, office.client("office"))


def test_what_was_recorded_meanwhile_refuses_the_acceptance_and_says_where(office: Office):
    from tests.web.return_meanwhile import record_more

    office.handed_in()
    office.send("approve", office.client("head"))
    record_more(office.database, 400)
    answer = office.send("accept", office.client("office"))
    assert answer.status_code == 422
    assert "少于本季已记录的 400 万元" in answer.text
    assert f"#f-{office.work_done}" in answer.text
    assert office.row().state == "approved"
    english = review(office, office.client("office"), language="en")
    assert "found 320 (CNY 10,000), less than the 400 (CNY 10,000) recorded" in english


def test_what_was_recorded_after_the_acceptance_is_no_mistake_of_the_return(office: Office):
    from tests.web.return_meanwhile import record_more

    accept(office)
    record_more(office.database, 400)
    assert "少于本季已记录的" not in review(office, office.client("office"))


BUTTONS: tuple[tuple[str, Callable[[Office], None], dict[str, set[str]]], ...] = (
    ("draft", lambda office: None, {"owner": {"submit"}, "head": {"submit"}, "office": set(), "auditor": set()}),
    (
        "submitted",
        lambda office: office.handed_in(),
        {"owner": {"take-back"}, "head": {"take-back", "approve", "send-back"}, "office": set(), "auditor": set()},
    ),
    (
        "approved",
        lambda office: (office.handed_in(), office.send("approve", office.client("head")))[0],
        {"owner": set(), "head": set(), "office": {"accept", "send-back"}, "auditor": set()},
    ),
    ("accepted", accept, {"owner": set(), "head": set(), "office": set(), "auditor": set()}),
)


@pytest.mark.parametrize(("state", "reach", "expected"), BUTTONS, ids=[one[0] for one in BUTTONS])
def test_role_and_state_decide_which_buttons_stand(
    office: Office, state: str, reach: Callable[[Office], None], expected: dict[str, set[str]]
):
    reach(office)
    assert office.row().state == state
    for role, acts in expected.items():
        client = office.another("auditor") if role == "auditor" else office.client(role)
        shown = review(office, client)
        found = {act for act in ("take-back", "approve", "accept", "send-back") if f'/{act}"' in shown}
        if client.get(f"/returns/{office.forestry}/submit").status_code == 200 and "检查并提交" in shown:
            found.add("submit")
        assert found == acts, role
