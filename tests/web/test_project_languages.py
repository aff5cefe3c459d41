"""Every page about projects in English: no Chinese is left but the plan's own words, which say that they are Chinese."""

import re
from html.parser import HTMLParser

from starlette.testclient import TestClient

from core.database import Database
from tests.databases import on_sqlite, plant
from tests.web.reading_pages import errors_on, form_on
from tests.web.test_project_detail import tell, told_app
from tests.web.visiting import visitor_with_role

sqlite_database = on_sqlite(plant, tell)

_CHINESE = re.compile(r"[一-鿿]")
PEOPLE = ("甲", "测试员")  # a name is a name in every language
_VOID = {"input", "br", "meta", "link", "img", "hr", "rect", "path"}
PAGES = (
    "/projects?plan=qingshan&q=工程&lead=none",
    "/projects?lead=none&estimate=no&year=2022",
    "/projects?q=工程&estimate=yes&sort=estimate&dir=desc",
    "/projects?year=never&sort=no&after=x",
    "/projects/qingshan-01",
    "/projects/qingshan-02?as_of=2024Q4",
    "/projects/qingshan-02?as_of=2019Q4",
    "/projects/qingshan-03",
    "/projects/new",
    "/projects/qingshan-02/edit",
    "/projects/qingshan-02-1/edit",
    "/projects/qingshan-02/state",
    "/projects/qingshan-02/estimate",
    "/projects/qingshan-02/archive",
    "/capital-numerals?estimate=1.2亿&estimate_unit=万元",
)


class _Unmarked(HTMLParser):
    """Chinese words outside of every element that says lang="zh"; a title, which cannot say so, may name a project."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._languages: list[str] = [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            named = "zh" if tag == "title" else dict(attrs).get("lang")
            self._languages.append(named or self._languages[-1])

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and len(self._languages) > 1:
            self._languages.pop()

    def handle_data(self, data: str) -> None:
        if _CHINESE.search(data) and not self._languages[-1].startswith("zh"):
            self.found.append(data.strip())


def unmarked(text: str) -> list[str]:
    parser = _Unmarked()
    parser.feed(text)
    return [one for one in parser.found if not one.startswith(PEOPLE)]


def english_office(database: Database) -> TestClient:
    client = visitor_with_role(told_app(database), "office")
    client.get("/projects?lang=en")
    return client


def test_no_page_leaves_a_word_untranslated(sqlite_database: Database):
    client = english_office(sqlite_database)
    found = {address: unmarked(client.get(address).text) for address in PAGES}
    # What a person typed and what an error quotes of it is not ours to translate.
    quoted = {"1.2亿"}
    left = {
        address: [one for one in texts if not any(word in one for word in quoted)] for address, texts in found.items()
    }
    assert {address: texts for address, texts in left.items() if texts} == {}


def test_errors_at_fields_are_in_the_readers_language(sqlite_database: Database):
    client = english_office(sqlite_database)
    address = "/projects/qingshan-02/edit"
    form = form_on(client.get(address), address)
    wrong = {"name": "", "first_year": "2025", "last_year": "2021", "lead_id": "nobody", "from_quarter": "2024Q5"}
    page = client.post(address, data=form | wrong)
    assert set(errors_on(page)) == {"name", "last_year", "lead_id", "from_quarter", "reason"}
    assert not any(_CHINESE.search(text) for text in errors_on(page).values()), errors_on(page)
    assert unmarked(page.text) == []


def test_a_stale_save_is_told_in_english(sqlite_database: Database):
    client = english_office(sqlite_database)
    address = "/projects/qingshan-02/edit"
    form = form_on(client.get(address), address) | {"reason": "x"}
    client.post(address, data=form | {"contact": "one"})
    page = client.post(address, data=form | {"contact": "two", "request_key": "another"})
    assert page.status_code == 409
    assert unmarked(page.text) == []


def test_nothing_on_a_page_is_styled_or_scripted_inline(sqlite_database: Database):
    client = english_office(sqlite_database)
    for address in PAGES:
        text = client.get(address).text
        assert not re.search(r"<[^>]+\sstyle=|<style|\son[a-z]+=|<script(?![^>]*src=)", text), address
