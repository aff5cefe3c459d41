"""Ids of another plan's records where the address itself is one's own: deeper in the path, in the query and in the form.

Each is refused as an id is that nobody has: the same answer, nothing of the record in it, nothing written.
"""

import re
from typing import Any

import pytest
from httpx2 import Response

from core.database import Database
from tests.attacks.access import Row, declared
from tests.attacks.addresses import TOLD, Ids, filled, kinds_in
from tests.attacks.people_of import OTHER_PLAN, Reader
from tests.attacks.touring import SENT, Tour, files_apart, plant_signed_in
from tests.attacks.world import HERE
from tests.databases import on_both, on_sqlite
from web.deps import SAFE_METHODS

__all__ = ["files_apart"]

database, sqlite_database = on_both(plant_signed_in), on_sqlite(plant_signed_in)
ROWS = declared()
STATED = {
    "reason": "测试",
    "act": "submit",
    "amount_unit": "万元",
    "title": "测试",
    "document": "测试1号",
    "from_quarter": "2025Q4",
}
# Who, where, what is sent besides, and the field with the kind of record whose id is of the other plan.
FIELDS: tuple[tuple[str, str, dict[str, str], str, str], ...] = (
    ("office", "/projects/new", {"plan": "{plan}", "name": "新项目"}, "programme_id", "programme"),
    ("office", "/projects/new", {"name": "新项目", "programme_id": "{programme}"}, "plan", "plan"),
    ("office", "/projects/{code}/edit", {"name": "项目", "programme_id": "{programme}"}, "programme_id", "programme"),
    ("office", "/plans/{code}/links", {"project": "{project}"}, "programme_id", "programme"),
    ("office", "/plans/{code}/links", {"programme_id": "{programme}"}, "project", "project"),
    (
        "office",
        "/meetings/new",
        {"plan": "{plan}", "held_on": "2025-05-06", "item_title-1": "甲"},
        "project-1",
        "project",
    ),
    (
        "office",
        "/meetings/new",
        {"plan": "{plan}", "held_on": "2025-05-06", "item_title-1": "甲"},
        "edition_id",
        "edition",
    ),
    (
        "office",
        "/meetings/{id_}/edit",
        {"held_on": "2025-05-06", "item_title-1": "甲", "id-1": "{meeting item}"},
        "id-1",
        "meeting item",
    ),
    ("office", "/meetings/new", {"held_on": "2025-05-06", "item_title-1": "甲"}, "plan", "plan"),
    ("office", "/orders/new", {"plan": "{plan}", "asked": "办", "due_on": "2031-01-01"}, "project", "project"),
    ("office", "/orders/new", {"plan": "{plan}", "asked": "办", "due_on": "2031-01-01"}, "item", "meeting item"),
    ("office", "/orders/new", {"plan": "{plan}", "asked": "办", "due_on": "2031-01-01"}, "department_id", "department"),
    ("office", "/works/waiting", {"act": "accept"}, "entry", "work that waits"),
    ("office", "/works/waiting", {"act": "accept"}, "row", "work that waits"),
    ("office", "/milestones/waiting", {"act": "accept"}, "report", "report"),
    ("finance", "/money/waiting", {"act": "approve"}, "entry", "entry that waits"),
    ("finance", "/money/budgets", {"act": "approve"}, "line", "budget line"),
    ("office", "/indicators/{code}/{no}/readings/decide", {"act": "accept"}, "reading", "reading"),
    ("owner", "/money/ledger/submit", {}, "entry", "entry in draft"),
    (
        "owner",
        "/money/ledger/grid",
        {"stage": "paid", "amount": "1", "occurred_on": "2025-11-01"},
        "project",
        "project",
    ),
    ("owner", "/money/import", {"unit": "万元"}, "plan", "plan"),
    ("office", "/quarter/{code}/{name}/remind", {"text": "请报"}, "return", "return"),
    ("owner", "/returns/{id_}/notes", {}, "settle", "return"),
    ("owner", "/corrections/new", {"quarter": "2024Q2"}, "project", "project"),
    ("owner", "/corrections/new", {"quarter": "2024Q2"}, "entry", "entry"),
    ("owner", "/corrections/new", {"quarter": "2024Q2"}, "work", "work"),
    ("owner", "/corrections/new", {"quarter": "2024Q2"}, "report", "report"),
    ("owner", "/corrections/new", {"quarter": "2024Q2"}, "reading", "reading"),
    ("office", "/scenario", {}, "plan", "plan"),
)
ASKED = {
    **{
        "plan": "plan",
        "project": "project",
        "department": "department",
        "programme": "programme",
        "lead": "department",
    },
    **{"entry": "entry", "work": "work", "report": "report", "reading": "reading", "item": "meeting item"},
    **{"meeting": "meeting", "a": "edition", "b": "edition", "indicator": "indicator", "subject_id": "project number"},
}

DESCRIBED = ("/api", "/api/v1/openapi.json")  # hold no records, and examples that are named as the other plan is


def _alike(found: Response, none: Response, foreign: str, missing: str) -> bool:
    """Whether the answer about a record of another plan is that about none, but for what was typed and the request's number."""

    def plain(answer: Response) -> str:
        text = answer.text
        # A short number stands in many places of a page: it is taken out where it is a value or part of an address.
        for typed in (foreign, missing):
            text = re.sub(rf'(value="|[=/]|%3D|%2F|>){re.escape(typed)}(?=["&<?#/%]|$)', r"\1", text)
            text = re.sub(rf"[“「\"]{re.escape(typed)}[”」\"]", "", text)
        text = re.sub(r'name="request_key" value="[^"]*"', "", text)
        return re.sub(r"[0-9a-f]{16}", "", text)

    return found.status_code == none.status_code and plain(found) == plain(none)


def _deep() -> list[Row]:
    """Routes that name two records, of which the second belongs to the first."""
    return [row for row in ROWS if sum(not kind.startswith("=") for kind in kinds_in(row.path)) > 1]


def _mixed(tour: Tour, path: str, last: Ids) -> str:
    """The address with one's own records, but the last of them from elsewhere."""
    kind = [one for one in kinds_in(path) if not one.startswith("=")][-1]
    return filled(path, tour.there | {kind: last[kind]})


@pytest.mark.parametrize("role", ["owner", "head", "office", "finance", "admin"])
def test_a_record_of_another_plan_below_a_record_of_ones_own_is_none(sqlite_database: Database, role: str) -> None:
    tour, reader, wrong = Tour(sqlite_database), (role, OTHER_PLAN), []
    before = tour.fingerprint()
    rows = [row for row in _deep() if row.admits((role, "own")) or row.admits(reader)]
    for row in rows:
        last = [one for one in kinds_in(row.path) if not one.startswith("=")][-1]
        if last in ("source", "indicator") or row.path.startswith("/people"):
            continue  # sources are everybody's, an indicator's number is counted in each plan, people are of no plan
        sent: dict[str, Any] = {} if row.method in SAFE_METHODS else {"data": SENT | STATED}
        found = tour.client(reader).request(row.method, _mixed(tour, row.path, tour.here), **sent)
        none = tour.client(reader).request(row.method, _mixed(tour, row.path, tour.missing), **sent)
        if found.status_code != 404 or not _alike(found, none, tour.here[last], tour.missing[last]):
            wrong.append(f"{row.method} {row.path}: {found.status_code}, {none.status_code} for none")
        if re.search(rf"{HERE}(-0|林业局|的机密|-owner)", found.text.replace(tour.here[last], "")):
            wrong.append(f"{row.method} {row.path}: tells of the other plan")
    assert not wrong, "\n".join(wrong)
    assert tour.fingerprint() == before


def test_a_form_of_ones_own_plan_takes_no_record_of_another(database: Database) -> None:
    tour, wrong = Tour(database), []
    before = tour.fingerprint()
    for role, path, besides, field, kind in FIELDS:
        reader: Reader = (role, OTHER_PLAN)
        own = {name: text.format_map(tour.there) for name, text in besides.items()}
        address = filled(path, tour.there)
        answers = []
        for ids in (tour.here, tour.missing):
            query = {name: own.get(name, text.format_map(tour.there)) for name, text in TOLD.get(path, {}).items()}
            query |= {field: ids[kind]} if field in query else {}
            answers.append(tour.client(reader).post(address, params=query, data=STATED | own | {field: ids[kind]}))
        found, none = answers
        if found.status_code not in (404, 422, 409) or not _alike(found, none, tour.here[kind], tour.missing[kind]):
            wrong.append(f"{path} {field}: {found.status_code}, {none.status_code} for none")
        if f"{HERE}的机密" in found.text:
            wrong.append(f"{path} {field}: tells of the other plan")
    after = tour.fingerprint()
    assert [table for table in before if before[table] != after[table]] == []
    assert not wrong, "\n".join(wrong)


def test_no_list_or_file_tells_of_a_plan_that_is_not_ones_own(sqlite_database: Database) -> None:
    """Whatever is asked for: filters that name a record of another plan find what filters find that name none."""
    tour, reader, wrong, asked = Tour(sqlite_database), ("office", OTHER_PLAN), [], 0
    for row in ROWS:
        if row.method != "GET" or "{" in row.path or row.who == "none" or row.path in DESCRIBED:
            continue
        for number, (field, kind) in enumerate(ASKED.items()):
            if number > 4 and not row.path.endswith(
                ("/new", "/compare", "/ledger", "/audit", "/orders", "/corrections")
            ):
                continue
            found, none = (
                tour.client(reader).get(row.path, params={field: ids[kind]}) for ids in (tour.here, tour.missing)
            )
            asked += 1
            said = found.text.replace(tour.here[kind], "")
            if found.status_code != none.status_code:
                wrong.append(f"{row.path}?{field}: {found.status_code}, {none.status_code} for none")
            if f"{HERE}的机密" in said or re.search(rf"{HERE}(-0|林业局|-owner)", said):
                wrong.append(f"{row.path}?{field}: tells of the other plan")
    assert asked > 300
    assert not wrong, "\n".join(wrong)


def test_every_kind_of_record_is_asked_for_by_somebody_of_another_plan() -> None:
    """In a path (the table of access asks all of them), deeper in a path, or in a field."""
    from tests.attacks.addresses import KINDS

    asked = {kind for row in ROWS for kind in kinds_in(row.path)} | {kind for *_, kind in FIELDS} | set(ASKED.values())
    assert set(KINDS) <= asked, set(KINDS) - asked
