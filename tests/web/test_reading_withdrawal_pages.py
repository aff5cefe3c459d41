"""An accepted reading that is taken back: on its own page, and replaced by a correction."""

import re
from typing import Any

import pytest
from sqlmodel import Session, select

from core.database import Database
from milestones.readings import OfficialReading
from portfolio.corrections import APPROVED
from tests.databases import on_sqlite, plant
from tests.milestones.reading_samples import accepted as accepted_reading
from tests.milestones.reading_samples import plant_indicators
from tests.reports.edition_samples import closed
from tests.web.correction_visits import Desk
from tests.web.reading_pages import form_on

sqlite_database = on_sqlite(plant)
NEW = "/corrections/new"


@pytest.fixture
def desk(sqlite_database: Database) -> Desk:
    return Desk(sqlite_database)


def read_of(desk: Desk) -> int:
    """An accepted reading of the third quarter."""

    def act(session: Session) -> int:
        plant_indicators(session)
        more: dict[str, Any] = {"quarter": 20243, "correction_reason": "迟报"}
        return accepted_reading(session, **more).id or 0

    return desk.do(act)


def test_a_reading_is_taken_back_on_its_page_and_corrected_by_a_form(desk: Desk) -> None:
    id_ = read_of(desk)
    client = desk.client("owner")
    address = f"/indicators/qingshan/1/readings/{id_}"
    page = client.get(address)
    assert f'href="/corrections/new?reading={id_}"' in page.text
    assert client.post(f"{address}/withdraw", data={"reason": ""}).status_code == 422
    form = form_on(client.get(f"{NEW}?reading={id_}"), NEW)
    form |= {f"value-reading-{id_}": "33.5", "title": "更正覆盖率", "reason": "公报更正"}
    answer = client.post(NEW, data=form)
    assert answer.status_code == 303, answer.text
    shown = client.get(answer.headers["location"]).text
    assert re.search(r"监测值</th>.*?34\.1.*?33\.5.*?−0\.6", shown, re.S)
    assert "正在撤回" in client.get(address).text
    desk.client("office").post(f"{answer.headers['location']}/approve")
    assert desk.newest().state == APPROVED
    listed = client.get("/indicators/qingshan/1").text
    struck = re.search(
        r"<del>34\.1.*?</del>.*?已由第 \d+ 号撤回</a>：公报更正", re.sub(r"</?span[^>]*>", "", listed), re.S
    )
    assert struck is not None
    assert "撤回第" in listed
    assert "<del>34.1" in client.get(address).text
    assert desk.do(lambda session: len(session.exec(select(OfficialReading)).all())) == 3


def test_a_reading_is_taken_back_without_a_form_and_accepted_by_another(desk: Desk) -> None:
    id_ = read_of(desk)
    client = desk.client("owner")
    address = f"/indicators/qingshan/1/readings/{id_}"
    answer = client.post(
        f"{address}/withdraw", data=form_on(client.get(address), f"{address}/withdraw") | {"reason": "错"}
    )
    made = answer.headers["location"]
    assert "由您本人填写或提交" not in desk.client("office").get(made).text
    sent = {"reading": made.rpartition("/")[2], "act": "accept"}
    assert desk.client("office").post("/indicators/qingshan/1/readings/decide", data=sent).status_code == 303
    assert "已由第" in client.get(address).text
    assert "撤回原因" in client.get(made).text
    assert 'id="withdraw"' not in client.get(address).text


def test_as_issued_the_page_keeps_a_reading_that_was_taken_back_later(desk: Desk) -> None:
    id_ = read_of(desk)
    desk.do(lambda session: closed(session, "2024Q4"))
    address = f"/indicators/qingshan/1/readings/{id_}"
    sent = {"reason": "公报撤销", "document": "更正函"}
    made = desk.client("owner").post(f"{address}/withdraw", data=sent).headers["location"]
    office = desk.client("office")
    decided = {"reading": made.rpartition("/")[2], "act": "accept"}
    assert office.post("/indicators/qingshan/1/readings/decide", data=decided).status_code == 303
    for edition, struck in (("as-corrected", True), ("as-issued", False)):
        page = office.get("/indicators/qingshan/1", params={"as_of": "2024Q4", "edition": edition}).text
        assert ("<del>34.1" in page, "公报撤销</" in page) == (struck, True), edition
