"""Role x route of returns: every route has a row, and what somebody may not reach looks like what is not there."""

import re

from core.database import Database
from tests.databases import on_sqlite, plant
from tests.web.reaching import routes, strangers_are_sent_to_sign_in
from tests.web.return_visits import FOREST, Office
from web import return_entry_pages, return_grid_pages, return_note_pages, return_pages, return_review_pages

sqlite_database = on_sqlite(plant)

MODULES = (return_entry_pages, return_grid_pages, return_note_pages, return_pages, return_review_pages)
ROLES = ("owner", "stranger", "head", "office", "leader", "finance", "auditor", "admin")
READING = {"owner", "head", "office", "auditor"}
FILLING = {"owner", "head"}
EVERYBODY = set(ROLES)
# The return of the forestry bureau is a draft; `stranger` fills in for another department.
WHO = {
    ("GET", "/returns"): EVERYBODY,  # who may open none finds an empty list
    ("GET", "/returns/capital-numerals"): EVERYBODY,
    ("GET", "/returns/{id_}"): READING,
    ("GET", "/returns/{id_}/projects/{code}"): READING,
    ("POST", "/returns/{id_}/projects/{code}"): FILLING,
    ("GET", "/returns/{id_}/grid/{sheet}"): FILLING,
    ("POST", "/returns/{id_}/grid/{sheet}"): FILLING,
    ("POST", "/returns/{id_}/notes"): {*FILLING, "office"},
    ("GET", "/returns/{id_}/history"): READING,
    ("GET", "/returns/{id_}/sheet"): READING,
    ("GET", "/returns/{id_}/submit"): FILLING,
    ("POST", "/returns/{id_}/submit"): FILLING,
    ("POST", "/returns/{id_}/take-back"): FILLING,
    ("GET", "/returns/{id_}/review"): READING,
    ("POST", "/returns/{id_}/approve"): {"head"},
    ("POST", "/returns/{id_}/accept"): {"office"},
    ("POST", "/returns/{id_}/send-back"): {"head", "office"},
}


def address(path: str, return_id: int) -> str:
    return path.replace("{id_}", str(return_id)).replace("{code}", FOREST).replace("{sheet}", "work")


def test_every_route_has_a_row() -> None:
    assert routes(*MODULES) == set(WHO)
    assert not [path for _, path in WHO if re.search(r"[{}]", address(path, 1))]


def test_each_role_reaches_its_routes_and_nothing_else(sqlite_database: Database) -> None:
    office = Office(sqlite_database)
    office.type_in(
        f"{office.forest_id}:state.state:", "building"
    )  # which lacks its day: the return cannot be handed in
    note = office.work_done
    for role in ROLES:
        if role in ("owner", "head", "office", "finance"):
            client = office.client(role)
        else:
            client = office.another("owner", "水利局") if role == "stranger" else office.another(role)
        for (method, path), allowed in WHO.items():
            # What is sent is never enough to move the return, so that every role meets the same one.
            data = {"amount_unit": "万元", "note": note, f"note_{note}": ""}
            answer = client.request(
                method, address(path, office.forestry), **({"data": data} if method == "POST" else {})
            )
            assert (answer.status_code != 404) == (role in allowed), (role, method, path, answer.status_code)
            missing = client.request(method, address(path, 999), **({"data": data} if method == "POST" else {}))
            assert "{id_}" not in path or missing.status_code == 404, (role, method, path)
    assert office.row().state == "draft"


def test_the_list_holds_only_what_may_be_opened_with_ones_own_department_first(sqlite_database: Database) -> None:
    office = Office(sqlite_database)
    listed = {
        role: re.findall(r'<th scope="row"><a href="/returns/(\d+)"', client.get("/returns").text)
        for role, client in {
            "owner": office.owner,
            "office": office.client("office"),
            "finance": office.client("finance"),
            "water": office.another("office", "水利局"),
        }.items()
    }
    forestry, water = str(office.forestry), str(office.water)
    assert listed["owner"] == [forestry]
    assert sorted(listed["office"]) == sorted([forestry, water])
    assert listed["finance"] == []
    assert listed["water"] == [water, forestry]
    only = office.client("office").get("/returns", params={"department": "999", "period": "2025Q9"})
    assert "没有您可以查看的填报" in only.text


def test_strangers_to_the_system_are_sent_to_sign_in(sqlite_database: Database) -> None:
    strangers_are_sent_to_sign_in(Office(sqlite_database).app, WHO, lambda path: address(path, 1))
