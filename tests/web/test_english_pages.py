"""Every page that can be reached, read in English: no Chinese word or full-width sign outside of what says that it is Chinese.

Who writes the plan's words, and who is called what, is Chinese in both languages; those stand in elements with lang="zh".
"""

import re
from collections import deque
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from sqlmodel import Session
from starlette.testclient import TestClient

from core.database import Database
from portfolio.facts import APPROVED
from tests.databases import on_sqlite, plant
from tests.reports.correction_samples import paid_instead, requested
from tests.reports.correction_samples import plant as plant_correction
from tests.reports.edition_samples import issued
from tests.reports.period_samples import move, opened
from tests.web.visiting import visitor
from tests.web.work_visits import People, apart

pytestmark = pytest.mark.usefixtures("apart")
__all__ = ["apart"]

# Characters, their punctuation, and full-width forms.
_CHINESE = re.compile("[\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_SIGNS = re.compile("[A-Za-z0-9)] ?[\u3001\u3002\u300c\u300d\uff08\uff09\uff0c\uff1a\uff1b]")
_VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}
# What cannot say that it is Chinese, or may name a project: the title of a window, the label of a mark, the offer of Chinese.
_MAY_NAME = {"title"}
_OFFER = {"中文"}
# Texts that are read out or shown as a pointer rests on something cannot mark plan data, but signs after our words are ours.
_SPOKEN = ("aria-label", "title", "alt", "placeholder")
_LEADS_AWAY = re.compile(r"lang=|/file\b|\.(xlsx|csv|json|docx|zip|png)\b|/sign-out|/static/")


class Unmarked(HTMLParser):
    """The texts of a page that are Chinese and do not say so, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.links: list[str] = []
        self._open: list[tuple[str, str]] = [("", "")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        language = told.get("lang") or self._open[-1][1]
        if tag == "a" and told.get("href"):
            self.links.append(told["href"] or "")
        if language != "zh":
            self.found += [text for name in _SPOKEN if _SIGNS.search(text := told.get(name) or "")]
        if tag not in _VOID:
            self._open.append((tag, language))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        depth = len(self._open)
        self.handle_starttag(tag, attrs)
        del self._open[depth:]

    def handle_endtag(self, tag: str) -> None:
        while tag not in _VOID and len(self._open) > 1 and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        tag, language = self._open[-1]
        if language != "zh" and tag not in _MAY_NAME and _CHINESE.search(data) and data.strip() not in _OFFER:
            self.found.append(data.strip())


def quarter_under_way(database: Database) -> None:
    """A quarter closed and issued with a correction asked for, the next one open with a return that its head approved."""
    with database.writing() as session:
        plant_correction(session)
        issued(session, "2024Q3")
    with database.writing() as session:
        under_way(session)


def under_way(session: Session) -> None:
    requested(session, paid_instead(session, 90))
    opened(session)
    move(session, "林业局", APPROVED)


english_quarter = on_sqlite(plant, quarter_under_way)


def kind_of(address: str) -> str:
    """Pages of one kind differ by numbers and codes alone, and by what their filters are set to."""
    return re.sub(r"qingshan(-[\d-]+)?(?=/|$)|\d{4}Q\d|(?<=/)\d+", "*", urlsplit(address).path)


def walked(client: TestClient, first: str, steps: int) -> dict[str, list[str]]:
    """What is unmarked on each page that so many steps along links lead to, one page of each kind."""
    assert 'lang="en"' in client.get("/?lang=en").text
    waiting, seen = deque([(first, 0)]), set[str]()
    found: dict[str, list[str]] = {}
    while waiting:
        address, step = waiting.popleft()
        if kind_of(address) in seen:
            continue
        seen.add(kind_of(address))
        page = client.get(address, follow_redirects=True)
        assert page.status_code in (200, 404, 422), (address, page.status_code)
        if "text/html" not in page.headers["content-type"]:
            continue
        parser = Unmarked()
        parser.feed(page.text)
        found[address] = parser.found
        if step < steps:
            targets = [urljoin(address, link).partition("#")[0] for link in parser.links]
            waiting += [(one, step + 1) for one in targets if one.startswith("/") and not _LEADS_AWAY.search(one)]
    return found


def somebody(people: People, role: str) -> TestClient:
    return getattr(people, role) if role in ("owner", "head") else people.with_role(role)


def told(found: dict[str, list[str]]) -> dict[str, list[str]]:
    return {address: texts for address, texts in found.items() if texts}


def test_no_page_of_the_office_leaves_a_word_or_a_sign_untranslated(english_quarter: Database) -> None:
    found = walked(somebody(People(english_quarter), "office"), "/", 3)
    assert len(found) > 60
    left = told(found)
    assert left == {}, "\n".join(f"{address}: {texts}" for address, texts in left.items())


@pytest.mark.parametrize("role", ["owner", "head", "leader", "finance", "auditor", "admin"])
def test_no_desk_leaves_a_word_or_a_sign_untranslated(english_quarter: Database, role: str) -> None:
    found = walked(somebody(People(english_quarter), role), "/", 0)
    left = told(found)
    assert left == {}, "\n".join(f"{address}: {texts}" for address, texts in left.items())


def test_the_page_of_signing_in_is_english(english_quarter: Database) -> None:
    parser = Unmarked()
    parser.feed(visitor(People(english_quarter).app).get("/sign-in?lang=en").text)
    assert parser.found == []
