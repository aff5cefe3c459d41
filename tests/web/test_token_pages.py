"""我的账户, 访问令牌: made once, shown once, revoked by its person or an administrator."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page
from sqlalchemy import update
from sqlmodel import select
from starlette.testclient import TestClient

from core.api_tokens import ApiToken, is_token, tokens_of
from core.audit import AuditEntry
from core.calendar import now
from core.database import Database
from core.people import Person
from core.second_factors import begin_factor, confirm_factor, secret_of
from portfolio.grants import grant_role
from tests.databases import on_both, on_sqlite, plant
from tests.samples import PASSWORD, SOMEBODY, find_small_plan, make_small_plan
from tests.web.token_visits import program, token_for
from tests.web.visiting import person_in, setting, signed_in_visitor
from web.app import create_app
from web.deps import SESSION_COOKIE

AT = "/account/tokens"
LIST = "/api/v1/projects?plan=qingshan"
FORM: dict[str, Any] = {"name": "每月资金同步", "scope": ["read"], "plan": "", "days": "90", "password": PASSWORD}
SHOWN = re.compile(r"qst_[0-9A-Za-z]+")


def two_plans(database: Database) -> None:
    with database.writing() as session:
        make_small_plan(session, "second")


database, sqlite_database = on_both(plant), on_sqlite(plant)
wide_sqlite = on_sqlite(plant, two_plans)


def tokens(database: Database, person: Person) -> list[ApiToken]:
    with database.reading() as session:
        return tokens_of(session, person.id)


def test_a_token_is_made_shown_once_works_and_is_revoked(database: Database) -> None:
    app = create_app(database)
    person = person_in(database, role="leader", password=PASSWORD)
    client = signed_in_visitor(app, person)
    assert "没有有效的访问令牌" in client.get("/account").text
    assert "还没有访问令牌" in client.get(AT).text
    form = client.get(f"{AT}/new").text
    assert 'value="90"' in form
    answer = client.post(AT, data=FORM)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    (text,) = set(SHOWN.findall(answer.text))
    assert is_token(text)
    assert "/api/v1/rollup" in answer.text
    assert program(app, text).get(LIST).status_code == 200
    listed = client.get(AT).text
    for words in ("每月资金同步", "只读", "全部", "有效", "testclient"):
        assert words in listed
    assert not SHOWN.search(listed + client.get("/account").text)
    assert "有 1 个有效的访问令牌" in client.get("/account").text
    assert client.post(f"{AT}/{tokens(database, person)[0].id}/revoke").headers["location"] == AT
    assert program(app, text).get(LIST).status_code == 401
    assert "已撤销" in client.get(AT).text
    with database.reading() as session:
        acts = session.exec(select(AuditEntry.action).where(AuditEntry.action.endswith("-token"))).all()
    assert acts == ["make-token", "revoke-token"]


def test_the_second_press_makes_no_second_token(sqlite_database: Database) -> None:
    person = person_in(sqlite_database, role="leader", password=PASSWORD)
    client = signed_in_visitor(create_app(sqlite_database), person)
    first, second = (client.post(AT, data={**FORM, "request_key": "k" * 32}) for _ in range(2))
    assert first.status_code == 200
    assert (second.status_code, second.headers["location"]) == (303, AT)
    assert len(tokens(sqlite_database, person)) == 1


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [
        ({"password": "wrong password"}, 422, "password"),
        ({"password": ""}, 422, "password"),
        ({"name": ""}, 422, "name"),
        ({"name": "字" * 31}, 422, "name"),
        ({"scope": []}, 422, "scope"),
        ({"scope": ["write:ledger"]}, 422, "scope"),  # a leader records nothing
        ({"days": "367"}, 422, "days"),
        ({"days": "0"}, 422, "days"),
        ({"days": "一年"}, 422, "days"),
        ({"days": "9" * 30}, 422, "days"),
        ({"plan": "nowhere"}, 404, None),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_is_made(
    sqlite_database: Database, changed: dict[str, Any], status: int, field: str | None
) -> None:
    person = person_in(sqlite_database, role="leader", password=PASSWORD)
    answer = signed_in_visitor(create_app(sqlite_database), person).post(AT, data={**FORM, **changed})
    assert answer.status_code == status
    assert field is None or f'id="e-{field}"' in answer.text
    assert PASSWORD not in answer.text
    assert tokens(sqlite_database, person) == []


def test_guessing_the_password_for_a_token_locks_the_account(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = person_in(sqlite_database, role="leader", password=PASSWORD)
    with setting(monkeypatch, lock_after="3"):
        client = signed_in_visitor(create_app(sqlite_database), person)
        assert [client.post(AT, data={**FORM, "password": "x"}).status_code for _ in range(4)] == [422, 422, 422, 429]
        assert client.post(AT, data=FORM).status_code == 429


def test_only_what_the_roles_could_use_is_offered(wide_sqlite: Database) -> None:
    app = create_app(wide_sqlite)
    with wide_sqlite.reading() as session:
        small = find_small_plan(session)
    owner = person_in(wide_sqlite, "an-owner", "owner", plan=small.plan, department=small.forestry)
    form = signed_in_visitor(app, owner).get(f"{AT}/new").text
    assert re.findall(r'value="(write:\w+|read)"', form) == ["read", "write:ledger", "write:works", "write:milestones"]
    assert '<option value="qingshan"' in form
    assert '<option value="second"' not in form
    leader = signed_in_visitor(app, person_in(wide_sqlite, "a-leader", "leader"))
    form = leader.get(f"{AT}/new").text
    assert re.findall(r'value="(write:\w+|read)"', form) == ["read"]
    assert '<option value="second"' in form
    admin = person_in(wide_sqlite, "an-admin", "admin", password=PASSWORD)
    client = signed_in_visitor(app, admin)
    assert "没有用处" in client.get(f"{AT}/new").text
    assert client.post(AT, data=FORM).status_code == 409
    assert tokens(wide_sqlite, admin) == []


def test_a_token_for_one_plan_says_so(wide_sqlite: Database) -> None:
    app = create_app(wide_sqlite)
    person = person_in(wide_sqlite, role="office", password=PASSWORD)
    client = signed_in_visitor(app, person)
    made = client.post(AT, data={**FORM, "plan": "second", "scope": ["write:works", "read"]}).text
    text = SHOWN.findall(made)[0]
    assert program(app, text).get("/api/v1/projects?plan=second").status_code == 200
    assert program(app, text).get(LIST).status_code == 404
    listed = client.get(AT).text
    assert "second" in listed
    assert "读，并填报工程完成情况" in listed


def with_factor(database: Database, person: Person) -> str:
    """A confirmed factor of the person; its secret."""
    with database.writing() as session:
        own = session.get_one(Person, person.id)
        secret = secret_of(begin_factor(session, own))
        confirm_factor(session, own, pyotp.TOTP(secret).at(int(now().timestamp()) - 30))
    return secret


def test_who_must_have_a_second_factor_sets_it_up_first(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    person = person_in(database, role="finance", password=PASSWORD)
    with setting(monkeypatch, second_factor="required"):
        client = signed_in_visitor(create_app(database), person)
        form = client.get(f"{AT}/new").text
        assert "请先设好第二因素" in form
        assert f'action="{AT}"' not in form
        answer = client.post(AT, data=FORM)
        assert answer.status_code == 409
        assert tokens(database, person) == []
        with_factor(database, person)
        assert client.post(AT, data=FORM).status_code == 200
        assert len(tokens(database, person)) == 1


def test_an_account_without_a_password_gives_a_code(database: Database) -> None:
    person = person_in(database, role="leader")
    client = signed_in_visitor(create_app(database), person)
    code = pyotp.TOTP(with_factor(database, person)).at(int(now().timestamp()))
    form = client.get(f"{AT}/new").text
    assert 'name="code"' in form
    assert 'name="password"' not in form
    for wrong in ("", "000000" if code != "000000" else "111111"):
        answer = client.post(AT, data={**FORM, "code": wrong})
        assert answer.status_code == 401
        assert 'id="e-code"' in answer.text
    for _ in range(6):
        assert client.post(AT, data={**FORM, "code": code, "name": ""}).status_code == 422, (
            "a right code is no wrong try"
        )
    assert client.post(AT, data={**FORM, "code": code}).status_code == 200, "an error elsewhere spent no code"
    assert client.post(AT, data={**FORM, "code": code}).status_code == 401, "a code is taken once"
    assert len(tokens(database, person)) == 1


def test_nobody_revokes_the_token_of_somebody_else(sqlite_database: Database) -> None:
    app = create_app(sqlite_database)
    owner, other = person_in(sqlite_database, role="leader"), person_in(sqlite_database, "other", "office")
    token, text = token_for(sqlite_database, owner)
    assert signed_in_visitor(app, other).post(f"{AT}/{token.id}/revoke").status_code == 404
    assert signed_in_visitor(app, other).post(f"/people/{owner.id}/tokens/{token.id}/revoke").status_code == 404
    admin = signed_in_visitor(app, person_in(sqlite_database, "an-admin", "admin"))
    assert admin.post(f"/people/{other.id}/tokens/{token.id}/revoke").status_code == 404
    assert program(app, text).get(LIST).status_code == 200


def test_an_administrator_sees_and_revokes_a_token_and_makes_none(database: Database) -> None:
    app = create_app(database)
    owner, admin = person_in(database, role="leader"), person_in(database, "an-admin", "admin")
    token, text = token_for(database, owner)
    client = signed_in_visitor(app, admin)
    page = client.get(f"/people/{owner.id}").text
    assert "每月资金同步" in page
    assert f"/people/{owner.id}/tokens/{token.id}/revoke" in page
    assert client.post(f"/people/{owner.id}/tokens").status_code == 404
    answer = client.post(f"/people/{owner.id}/tokens/{token.id}/revoke")
    assert answer.headers["location"] == f"/people/{owner.id}"
    assert program(app, text).get(LIST).status_code == 401
    assert tokens(database, owner)[0].revoked_by == admin.actor.name
    page = client.get(f"/people/{owner.id}").text
    assert "撤销访问令牌" in page
    assert "建立访问令牌" in page, "both acts have a name in the account's history"


def test_tokens_that_end_soon_are_told_on_the_account(sqlite_database: Database) -> None:
    app = create_app(sqlite_database)
    person = person_in(sqlite_database, role="leader")
    token_for(sqlite_database, person, days=90)
    client = signed_in_visitor(app, person)
    assert "天内到期" not in client.get("/account").text + client.get(AT).text
    with sqlite_database.writing() as session:
        session.execute(update(ApiToken).values(expires_at=now() + timedelta(days=13)))
    assert "有 1 个访问令牌将在 14 天内到期" in client.get("/account").text
    assert "快到期" in client.get(AT).text


def test_what_was_typed_is_not_run(sqlite_database: Database) -> None:
    app = create_app(sqlite_database)
    person = person_in(sqlite_database, role="leader", password=PASSWORD)
    client = signed_in_visitor(app, person)
    hostile = "<script>alert(1)</script>'\""
    made = client.post(AT, data={**FORM, "name": hostile})
    assert made.status_code == 200
    admin = signed_in_visitor(app, person_in(sqlite_database, "an-admin", "admin"))
    for text in (made.text, client.get(AT).text, admin.get(f"/people/{person.id}").text):
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text


@pytest.mark.parametrize("width", [1440, 390])
def test_a_person_makes_copies_and_revokes_a_token_in_a_browser(
    sqlite_database: Database,
    live_server: Callable[[Database], str],
    new_page: Callable[..., Page],
    page_problems: list[str],
    width: int,
) -> None:
    person = person_in(sqlite_database, role="leader", password=PASSWORD)
    with sqlite_database.writing() as session:
        grant_role(session, session.get_one(Person, person.id), "auditor", by=SOMEBODY)
    cookie = cookie_of(signed_in_visitor(create_app(sqlite_database), person))
    address = live_server(sqlite_database)
    page = new_page(viewport={"width": width, "height": 844}, locale="zh-CN")
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": cookie, "url": address}])
    page.goto(f"{address}/account")
    page.get_by_role("link", name="管理访问令牌").click()
    page.get_by_role("link", name="建立访问令牌").click()
    page.get_by_label("用途").fill("每月资金同步")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="建立访问令牌").click()
    field = page.get_by_label("访问令牌")
    text = field.input_value()
    assert is_token(text)
    field.focus()
    assert page.evaluate("document.activeElement.selectionEnd - document.activeElement.selectionStart") == len(text)
    assert text not in page.url
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name="已经存好").click()
    assert text not in page.content()
    page.get_by_text("撤销令牌", exact=True).click()
    page.get_by_role("button", name="确认撤销").click()
    page.get_by_text("已撤销").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.go_back()
    assert text not in page.content()
    assert page_problems == []


def cookie_of(client: TestClient) -> str:
    return client.cookies[SESSION_COOKIE]
