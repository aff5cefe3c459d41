"""Role x route of works and evidence: every route has a row, and what somebody may not reach looks like what is not there."""

import re

import pytest

from core.database import Database
from tests.databases import on_sqlite, plant
from tests.milestones.evidence_samples import png
from tests.web.reaching import routes, strangers_are_sent_to_sign_in
from tests.web.work_visits import FOREST, NEW, People, a_claim, a_verification, apart, report
from web import (
    evidence_pages,
    work_entry_pages,
    work_form_pages,
    work_list_pages,
    work_look_pages,
    work_pages,
    work_waiting_pages,
)

sqlite_database = on_sqlite(plant)
pytestmark = pytest.mark.usefixtures("apart")
__all__ = ["apart"]

MODULES = (
    *(evidence_pages, work_entry_pages, work_form_pages, work_list_pages, work_look_pages, work_pages),
    work_waiting_pages,
)
ROLES = ("owner", "stranger", "head", "office", "leader", "finance", "auditor", "admin")
SEEING = {"owner", "stranger", "head", "office", "leader", "finance", "auditor"}
RECORDING = {"owner", "head", "office", "finance"}
VERIFYING = {"head", "office"}
ADDING = RECORDING
OWN = set()  # only the author of a draft, who is none of these
# Entry 1 is an accepted report, 2 its verification, 3 waits, 4 is a draft; photo 1 is of entry 1. All are of somebody else.
WHO = {
    ("GET", "/projects/{code}/works"): SEEING,
    ("GET", "/projects/{code}/works/new"): RECORDING,
    ("POST", "/projects/{code}/works/new"): RECORDING,
    ("GET", "/projects/{code}/works/loss"): RECORDING,
    ("POST", "/projects/{code}/works/loss"): RECORDING,
    ("GET", "/works"): {*SEEING, "admin"},  # who sees no plan finds an empty list
    ("GET", "/works.csv"): {*SEEING, "admin"},
    ("GET", "/works/plots"): {*SEEING, "admin"},
    ("GET", "/works/waiting"): {"office"},
    ("POST", "/works/waiting"): {"office"},
    ("GET", "/works/unverified"): VERIFYING,
    ("GET", "/works/{id_}"): SEEING,
    ("GET", "/works/{id_}/edit"): OWN,
    ("POST", "/works/{id_}/edit"): OWN,
    ("POST", "/works/{id_}/submit"): OWN,
    ("POST", "/works/{id_}/discard"): OWN,
    ("POST", "/works/{id_}/accept"): {"office"},
    ("POST", "/works/{id_}/send-back"): {"office"},
    ("POST", "/works/{id_}/reverse"): RECORDING,
    ("GET", "/works/{id_}/verify"): VERIFYING,
    ("POST", "/works/{id_}/verify"): VERIFYING,
    ("GET", "/works/{id_}/survival"): VERIFYING,
    ("POST", "/works/{id_}/survival"): VERIFYING,
    ("GET", "/works/{id_}/loss"): RECORDING,
    ("POST", "/works/{id_}/loss"): RECORDING,
    ("GET", "/evidence/{id_}"): SEEING,
    ("HEAD", "/evidence/{id_}"): SEEING,
    ("GET", "/evidence/on/{subject}/{subject_id}"): ADDING,
    ("POST", "/evidence/on/{subject}/{subject_id}"): ADDING,
    ("GET", "/evidence/{id_}/remove"): {"office"},
    ("POST", "/evidence/{id_}/remove"): {"office"},
}
ENTRY_OF = {"edit": 4, "submit": 4, "discard": 4, "accept": 3, "send-back": 3, "survival": 2}


def address(path: str) -> str:
    act = path.rpartition("/")[2]
    filled = path.replace("{code}", FOREST).replace("{subject}", "work_entry").replace("{subject_id}", "1")
    return filled.replace("{id_}", str(ENTRY_OF.get(act, 1)) if path.startswith("/works") else "1")


def test_every_route_has_a_row() -> None:
    assert routes(*MODULES) == set(WHO)
    assert not [path for _, path in WHO if re.search(r"[{}]", address(path))]


def test_each_role_reaches_its_routes_and_nothing_else(sqlite_database: Database) -> None:
    people = People(sqlite_database)
    a_verification(sqlite_database, a_claim(sqlite_database, "800"), "500")
    author = people.author
    for act in ("submit", "draft"):
        assert author.post(NEW, data=report(sqlite_database, act=act)).status_code == 303
    photo = [("photos_after", ("后.png", png(), "image/png"))]
    assert author.post("/evidence/on/work_entry/1", data={}, files=photo).status_code == 303
    assert author.get("/works/4/edit").status_code == 200
    for role in ROLES:
        client = people.somebody(role)
        for (method, path), allowed in WHO.items():
            # What is sent is never enough to be written, so that every role meets the same records.
            answer = client.request(method, address(path), **({"data": {"reason": ""}} if method == "POST" else {}))
            reached = answer.status_code != 404
            if method == "POST" and path == "/works/{id_}/accept" and reached:
                assert role == "office"
                continue
            assert reached == (role in allowed), (role, method, path, answer.status_code)


def test_strangers_to_the_system_are_sent_to_sign_in(sqlite_database: Database) -> None:
    strangers_are_sent_to_sign_in(People(sqlite_database).app, WHO, address)
