"""What was typed and could not be saved comes back with the answer: after a sign-in that expired, or in another name."""

from typing import Any

import pytest

from budgets.entries import LedgerEntry
from core.database import Database
from tests.databases import on_both, on_sqlite, plant
from tests.web.delegation_visits import FINANCE, Pair
from tests.web.ledger_visits import add_sources, recorded
from tests.web.reading_pages import form_on
from tests.web.visiting import visitor, visitor_with_role
from web.app import create_app

database, sqlite_database = on_both(plant, add_sources), on_sqlite(plant, add_sources)


def test_what_was_typed_before_the_sign_in_expired_is_sent_again_by_a_button(sqlite_database: Database) -> None:
    app = create_app(sqlite_database)
    typed = {"username": "zhang.wei", "name": "张伟 <b>", "role": "leader", "request_key": "one"}
    answer = visitor(app).post("/people?q=1", data=typed)
    assert (answer.status_code, form_on(answer, "/people")) == (401, typed)
    assert "zhang.wei" not in visitor(app).get("/people").text
    admin = visitor_with_role(app, "admin")
    sent = form_on(answer, "/people")
    assert admin.post("/people?q=1", data=sent).status_code in (200, 303)
    assert "张伟 &lt;b&gt;" in admin.get("/people").text


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"password": "correct horse battery", "again": "x"}},
        {"data": {"note": "x"}, "files": {"photo": ("a.jpg", b"123")}},
        {"content": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"{}", "headers": {"Content-Type": "application/json"}},
    ],
)
def test_secrets_and_files_are_not_given_back(sqlite_database: Database, sent: dict[str, Any]) -> None:
    answer = visitor(create_app(sqlite_database)).post("/account/password", **sent)
    assert answer.status_code == 401
    assert "密码和文件须重新填写、选择" in answer.text
    assert "correct horse" not in answer.text


def test_what_was_typed_is_not_saved_in_another_name_when_it_ends_meanwhile(database: Database) -> None:
    pair = Pair(database, FINANCE)
    waiting = recorded(database, state="submitted")
    client = pair.acting()
    pair.ends()
    typed = {"reason": "附件不全，请补", "request_key": "never-shown"}
    answer = client.post("/money/waiting", data={"entry": [str(waiting)], "act": "reject", **typed})
    assert answer.status_code == 409
    assert "代 王芳 办理已经结束，这次填写的没有保存" in answer.text
    assert "附件不全，请补" in answer.text, "what was typed is not lost"
    assert "never-shown" not in answer.text
    with database.reading() as session:
        assert session.get_one(LedgerEntry, waiting).state == "submitted"
    assert "什么都不会保存" in client.get("/money/waiting").text
    assert client.post("/acting/end").status_code == 303
    assert "代 王芳 办理已经结束" not in client.get("/money/waiting").text
    assert client.post("/money/waiting", data={"entry": [str(waiting)], "act": "approve"}).status_code == 303
    with database.reading() as session:
        assert session.get_one(LedgerEntry, waiting).approved_by == "李四（li）"


def test_a_form_counts_in_the_name_in_which_it_was_opened(database: Database) -> None:
    pair = Pair(database, FINANCE)
    waiting = recorded(database, state="submitted")
    client = pair.browser("li")
    in_own_name = form_on(client.get("/money/waiting"), "/money/waiting")
    client.post(f"/acting/{pair.delegation}")
    in_hers = form_on(client.get("/money/waiting"), "/money/waiting")
    sent = {"entry": [str(waiting)], "act": "reject", "reason": "附件不全，请补"}
    refused = client.post("/money/waiting", data={**in_own_name, **sent})
    assert refused.status_code == 409
    assert "换了办理的名义" in refused.text
    assert "附件不全，请补" in refused.text, "what was typed is not lost"
    client.post("/acting/end")
    assert client.post("/money/waiting", data={**in_hers, **sent}).status_code == 409
    with database.reading() as session:
        assert session.get_one(LedgerEntry, waiting).state == "submitted"
    assert client.post("/money/waiting", data={**in_own_name, **sent}).status_code == 303
