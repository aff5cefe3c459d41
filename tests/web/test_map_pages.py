"""The page of the map: counties, chips and list carry each other's choices, and nothing is lost without outlines."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from core.database import Database
from portfolio import boundaries
from tests.databases import on_sqlite, plant
from tests.reports.map_samples import CITY, XIXIAN, make_mapped_plans, put_located_work, put_place
from tests.web.visiting import person_in, signed_in_visitor, visitor, visitor_with_role
from web import map_drawing
from web.app import create_app


def place_plans(database: Database) -> None:
    """Makes the two mapped plans, with a point and an entry of works in 隰县."""
    with database.writing() as session:
        city, _ = make_mapped_plans(session)
        put_place(session, city.forest, XIXIAN, point=(36.70, 110.93))
        put_located_work(session, city.forest, 20242, (36.72, 110.95))


mapped = on_sqlite(place_plans)
planted = on_sqlite(plant)


@pytest.fixture
def client(mapped: Database) -> TestClient:
    return visitor_with_role(create_app(mapped), "leader")


def links(response: Response) -> list[str]:
    return [unescape(one) for one in re.findall(r'<a class="county[^"]*" href="([^"]+)"', response.text)]


def rows(response: Response) -> list[str]:
    return re.findall(r'<div><a href="/projects/([\w-]+)', response.text)


def test_the_map_shows_every_project_once_in_its_list(client: TestClient) -> None:
    page = client.get("/map?as_of=2024Q4")
    assert page.status_code == 200
    assert sorted(rows(page)) == ["linfen-01", "linfen-02", "linfen-03", "xiaoyi-01", "xiaoyi-02", "xiaoyi-03"]
    assert "山西省 6 个项目" in page.text
    assert page.text.index('id="nowhere"') < page.text.index("/projects/linfen-03")
    assert len(links(page)) == 3
    assert len(page.content) < 200_000


def test_a_county_leads_to_its_own_list_and_keeps_what_was_chosen(client: TestClient) -> None:
    page = client.get("/map?plan=linfen&as_of=2024Q4&edition=as-issued&lamp=red")
    (there,) = [one for one in links(page) if XIXIAN in one]
    for kept in ("plan=linfen", "as_of=2024Q4", "edition=as-issued", "lamp=red"):
        assert kept in there
    narrowed = client.get(there)
    assert "隰县：" in narrowed.text
    assert rows(narrowed)
    assert set(rows(narrowed)) <= {"linfen-01", "linfen-02"}
    assert re.search(r'href="/projects/linfen-0[12]\?as_of=2024Q4&amp;edition=as-issued"', narrowed.text)


def test_points_are_drawn_as_lamps_and_works_of_a_chosen_county_too(client: TestClient) -> None:
    whole = client.get("/map?plan=linfen")
    assert whole.text.count('<g class="point point-') == 5 + 1  # the legend, and the place
    assert client.get(f"/map?plan=linfen&county={XIXIAN}").text.count('<g class="point point-') == 5 + 2
    assert client.get("/map").text.count('<g class="point point-') == 5  # a province has no room for them


def test_what_there_is_not_is_refused(client: TestClient) -> None:
    for query in ("lamp=pink", "county=141181&plan=linfen", "area=999999", "plan=nowhere", "project=nowhere"):
        assert client.get(f"/map?{query}").status_code in (404, 422), query


def test_one_project_can_be_shown_alone(client: TestClient) -> None:
    page = client.get("/map?plan=linfen&project=linfen-01")
    assert rows(page) == ["linfen-01"]
    assert len(links(page)) == 2


def test_who_sees_one_plan_sees_its_projects_only(mapped: Database) -> None:
    app = create_app(mapped)
    reader = signed_in_visitor(app, person_in(mapped, "there", "leader", jurisdiction=CITY))
    page = reader.get("/map")
    assert sorted(rows(page)) == ["linfen-01", "linfen-02", "linfen-03"]
    assert reader.get("/map?plan=xiaoyi").status_code == 404
    assert visitor(app).get("/map").status_code in (303, 401)
    assert visitor_with_role(app, "admin").get("/map").status_code == 200


def test_lists_and_the_overview_lead_to_the_map(client: TestClient) -> None:
    assert 'href="/map?plan=linfen"' in client.get("/overview?plan=linfen").text
    assert 'href="/map?plan=linfen&amp;lamp=red"' in client.get("/projects?plan=linfen&lamp=red").text


def test_a_jurisdiction_without_outline_gets_the_table(planted: Database) -> None:
    page = visitor_with_role(create_app(planted), "leader").get("/map")
    assert page.status_code == 200
    assert "没有青山县的边界数据" in page.text
    assert '<svg class="map' not in page.text
    assert sorted(rows(page)) == ["qingshan-01", "qingshan-02", "qingshan-03"]


@pytest.fixture
def without_the_package(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As where the wheel with the outlines is not installed."""
    monkeypatch.setattr(boundaries, "PACKAGE", "no_such_package")
    for kept in (boundaries.outlines, map_drawing.drawing):
        kept.cache_clear()
    yield
    for kept in (boundaries.outlines, map_drawing.drawing):
        kept.cache_clear()


@pytest.mark.usefixtures("without_the_package")
def test_without_the_package_the_page_has_the_same_numbers(client: TestClient) -> None:
    page = client.get("/map?plan=linfen")
    assert "没有临汾市的边界数据" in page.text
    assert sorted(rows(page)) == ["linfen-01", "linfen-02", "linfen-03"]
    assert re.search(r'隰县</th>\s*<td class="number"><a[^>]+>2</a>', page.text)
