"""The API's map: counties and projects as the page shows them, within what the reader sees."""

import pytest
from starlette.testclient import TestClient

from core.database import Database
from tests.databases import on_sqlite, plant
from tests.reports.map_samples import CITY, COUNTY, PROVINCE, XIXIAN, YONGHE
from tests.web.api_visits import must_fit
from tests.web.test_map_pages import place_plans
from tests.web.visiting import person_in, signed_in_visitor, visitor_with_role
from web.app import create_app

mapped = on_sqlite(place_plans)
planted = on_sqlite(plant)
ADDRESS = "/api/v1/map"


@pytest.fixture
def client(mapped: Database) -> TestClient:
    return visitor_with_role(create_app(mapped), "leader")


def test_every_project_stands_on_the_map_once(client: TestClient) -> None:
    answer = client.get(f"{ADDRESS}?as_of=2024Q4")
    must_fit(answer, "get", ADDRESS)
    told = answer.json()
    assert (told["area"], told["name"], told["quarter"], told["total"]) == (PROVINCE, "山西省", "2024Q4", 6)
    codes = [one["project"] for one in told["projects"]]
    assert sorted(codes) == ["linfen-01", "linfen-02", "linfen-03", "xiaoyi-01", "xiaoyi-02", "xiaoyi-03"]
    assert sum(told["lamps"].values()) == 6
    counts = {colour: sum(one["colour"] == colour for one in told["projects"]) for colour in told["lamps"]}
    assert counts == told["lamps"]


def test_a_project_counts_in_every_county_that_it_names(client: TestClient) -> None:
    told = client.get(f"{ADDRESS}?plan=linfen&as_of=2024Q4").json()
    assert told["area"] == CITY
    (forest,) = [one for one in told["projects"] if one["project"] == "linfen-01"]
    assert forest["counties"] == [XIXIAN, YONGHE]
    assert {"longitude": "110.930000", "latitude": "36.700000", "name": "某地"} in forest["points"]
    of = {one["code"]: one["projects"] for one in told["counties"]}
    for code, number in of.items():
        assert number == sum(code in one["counties"] for one in told["projects"])
    assert of[XIXIAN] >= 2
    without = [one for one in told["projects"] if not one["counties"]]
    assert sum(told["without_county"].values()) == len(without) > 0


def test_an_area_narrows_the_map(client: TestClient) -> None:
    told = client.get(f"{ADDRESS}?area={COUNTY}&as_of=2024Q4").json()
    assert [one["code"] for one in told["counties"]] == [COUNTY]
    assert {one["project"] for one in told["projects"]} == {"xiaoyi-01", "xiaoyi-02", "xiaoyi-03"}


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ("area=990000", 422, "Invalid"),
        ("plan=nowhere", 404, "NotThere"),
        ("edition=as-guessed", 422, "Invalid"),
        ("as_of=yesterday", 422, "NotAPeriod"),
    ],
)
def test_what_cannot_be_drawn_is_refused(client: TestClient, asked: str, status: int, code: str) -> None:
    answer = client.get(f"{ADDRESS}?{asked}")
    must_fit(answer, "get", ADDRESS)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_somebody_without_a_plan_has_no_map(planted: Database) -> None:
    nobody = signed_in_visitor(create_app(planted), person_in(planted, "nobody", role=None))
    answer = nobody.get(ADDRESS)
    must_fit(answer, "get", ADDRESS)
    assert answer.status_code == 404
