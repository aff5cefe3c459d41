"""Addresses of the project list that nobody was handed out: a clear error, the form kept, never a fault."""

import base64
import json

from core.database import Database
from tests.databases import on_both, on_sqlite, plant
from tests.web.project_visits import codes, office

database, sqlite_database = on_both(plant), on_sqlite(plant)  # with the small plan


def cursor(*facts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(facts).encode()).decode().rstrip("=")


NEVER_HANDED_OUT = [
    "abc",
    "%20",
    "%FF",
    "AAAA" * 400,
    cursor("order", 0, "qingshan:0000001"),
    cursor("order", 0, 7, 1),
    cursor("order", 0, "a\x00b", 1),
    cursor("order", 0, "山\ud800", 1),
    cursor("order", 0, "qingshan:0000001", 2**70),
    cursor("order", 0, "qingshan:0000001", True),
    cursor("order", 0, ["x"], 1),
    cursor("order", 1, "qingshan:0000001", 1),
    cursor("estimate", 0, 5, 1),
    base64.urlsafe_b64encode(b'"abcd"').decode(),
    base64.urlsafe_b64encode(b"[" * 400).decode(),
]


def test_a_place_that_was_never_handed_out_is_a_clear_error(database: Database):
    client = office(database)
    for after in NEVER_HANDED_OUT:
        page = client.get(f"/projects?after={after}")
        assert page.status_code == 422, after
        assert "地址中的翻页位置无效" in page.text, after
        assert "回到第一页" in page.text


def test_what_an_address_gets_wrong_is_said_at_its_fields_and_kept(database: Database):
    page = office(database).get(
        "/projects?plan=nowhere&lead=99999999999999999999&year=20x4&estimate=maybe&q=" + "长" * 101
    )
    assert page.status_code == 422
    for field in ("plan", "lead", "year", "estimate", "q"):
        assert f'<a href="#f-{field}">' in page.text
    assert 'value="20x4"' in page.text
    assert codes(page) == []


def test_an_unknown_order_or_heading_is_a_clear_error(database: Database):
    client = office(database)
    for query in ("sort=secret", "dir=sideways", "programme=4711", "programme=x&plan=qingshan", "programme=x"):
        assert client.get(f"/projects?{query}").status_code == 422
