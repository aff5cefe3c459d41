"""Language, money unit and quarter: where they come from, where they are kept."""

import pytest
from fastapi import Request

from core.calendar import current_quarter
from core.database import Database
from tests.web.visiting import setting, visitor, visitor_with_role
from web.app import create_app
from web.choices import Choices, find_choices


def choices_at(address: str, cookies: str = "") -> Choices:
    path, _, query = address.partition("?")
    headers = [(b"cookie", cookies.encode())] if cookies else []
    return find_choices(
        Request({"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": headers})
    )


def test_language_and_unit_given_once_are_kept(sqlite_database: Database) -> None:
    client = visitor_with_role(create_app(sqlite_database), "admin")
    assert '<html lang="zh-CN">' in client.get("/people").text
    assert '<html lang="en">' in client.get("/people?lang=en&unit=元").text
    later = client.get("/people").text
    assert '<html lang="en">' in later
    assert 'unit=%E5%85%83" aria-current="true"' in later
    assert '<html lang="zh-CN">' in client.get("/people?lang=zh").text
    assert '<html lang="zh-CN">' in client.get("/people").text


def test_an_address_without_choices_sets_no_cookie(sqlite_database: Database) -> None:
    assert "set-cookie" not in visitor(create_app(sqlite_database)).get("/sign-in").headers


def test_the_switches_come_back_to_the_same_page_with_all_its_parameters(sqlite_database: Database) -> None:
    client = visitor_with_role(create_app(sqlite_database), "admin")
    page = client.get("/people?q=再生水&as_of=2024Q4&after=place&lang=zh").text
    kept = "/people?q=%E5%86%8D%E7%94%9F%E6%B0%B4&amp;as_of=2024Q4"
    assert f'href="{kept}&amp;lang=en"' in page
    assert f'href="{kept}&amp;unit=%E5%85%83"' in page
    assert '<input type="hidden" name="q" value="再生水">' in page
    assert "place" not in page.replace("placeholder", "")


def test_the_quarter_stays_in_the_address(sqlite_database: Database) -> None:
    client = visitor_with_role(create_app(sqlite_database), "admin")
    page = client.get("/people?as_of=2024q4").text
    assert '<option value="2024Q4" selected>' in page
    assert 'href="/projects?as_of=2024Q4"' in page
    assert 'href="/projects"' in client.get("/people").text


@pytest.mark.parametrize("wrong", ["as_of=2024Q5", "as_of=2024", "as_of=now", "edition=last", "unit=万", "lang=fr"])
def test_a_choice_that_there_is_not_is_a_clear_error(sqlite_database: Database, wrong: str) -> None:
    client = visitor_with_role(create_app(sqlite_database), "admin")
    answer = client.get(f"/people?{wrong}")
    assert answer.status_code == 422
    assert wrong.split("=")[1] in answer.text
    assert client.get("/people").status_code == 200


def test_cookies_with_nonsense_are_ignored() -> None:
    chosen = choices_at("/", "qingshan_lang=fr; qingshan_unit=%FF")
    assert (chosen.language, chosen.unit) == ("zh", "万元")


def test_settings_decide_when_nobody_chose(monkeypatch: pytest.MonkeyPatch) -> None:
    with setting(monkeypatch, language="en", money_unit="亿元"):
        chosen = choices_at("/")
        assert (chosen.language, chosen.unit, chosen.as_of) == ("en", "亿元", None)
        assert choices_at("/", "qingshan_lang=zh; qingshan_unit=yuan").unit == "元"


def test_addresses_keep_the_quarter_and_take_changes() -> None:
    chosen = choices_at("/projects?as_of=2024Q4&plan=xiaoyi&after=x")
    assert chosen.url("/plans") == "/plans?as_of=2024Q4"
    assert chosen.url("/projects?plan=xiaoyi", q="湿地", sort=None) == (
        "/projects?plan=xiaoyi&as_of=2024Q4&q=%E6%B9%BF%E5%9C%B0"
    )
    assert chosen.url("/plans", as_of=None) == "/plans"
    assert chosen.url("/plans", year=[2021, 2022]) == "/plans?as_of=2024Q4&year=2021&year=2022"
    assert chosen.here(plan=None) == "/projects?as_of=2024Q4"
    assert chosen.here(after="y") == "/projects?as_of=2024Q4&plan=xiaoyi&after=y"


def test_the_picker_offers_past_quarters_newest_first_and_the_one_in_the_address() -> None:
    offered = choices_at("/?as_of=2009Q2").quarters()
    assert offered[0] == current_quarter()
    assert offered[-1] == 20092
    assert offered == sorted(offered, reverse=True)


def test_the_edition_of_a_past_quarter_stays_in_every_address() -> None:
    chosen = choices_at("/money?as_of=2024Q4&edition=as-issued")
    assert chosen.edition == "as-issued"
    assert chosen.url("/plans") == "/plans?as_of=2024Q4&edition=as-issued"
    assert chosen.here(plan="x") == "/money?as_of=2024Q4&edition=as-issued&plan=x"
    assert choices_at("/money?as_of=2024Q4").url("/plans") == "/plans?as_of=2024Q4"


def test_demo_data_is_announced_on_every_page(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    client = visitor(create_app(sqlite_database))
    assert "demo-band" not in client.get("/sign-in").text
    with setting(monkeypatch, demo="true"):
        client = visitor(create_app(sqlite_database))
        assert "演示数据" in client.get("/sign-in").text
        assert "演示数据" in client.get("/nothing").text
