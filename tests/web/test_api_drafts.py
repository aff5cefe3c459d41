"""One's own drafts by the API: changed, handed over and discarded at the version that was read, and by nobody else."""

from typing import Any

import pytest
from sqlmodel import select

from core.audit import AuditEntry
from core.database import Database
from tests.databases import on_both, on_sqlite, plant
from tests.web.api_visits import clerk, owner, post, with_milestones, wrong_at
from tests.web.ledger_visits import add_sources, recorded
from tests.web.test_api_writing import SENT, SUBJECTS, trail

database = on_both(plant, add_sources, with_milestones)
sqlite_database = on_sqlite(plant, add_sources, with_milestones)


@pytest.mark.parametrize(
    ("what", "change", "wrong", "place"),
    [
        ("ledger", {"amount_fen": 200, "note": "改"}, {"amount_fen": 0}, "/amount_fen"),
        ("works", {"quantity": "13", "note": "改"}, {"measure": "种树"}, "/measure"),
        ("milestones", {"met_on": "2024-05-07", "note": "改"}, {"met_on": "昨天"}, "/met_on"),
    ],
)
def test_a_draft_is_changed_and_handed_over_at_its_version(
    database: Database, what: str, change: dict[str, Any], wrong: dict[str, Any], place: str
) -> None:
    client = clerk(database)
    href = post(client, what, SENT[what]).json()["entries"][0]["href"]
    etag = client.get(href).headers["etag"]

    def patch(sent: dict[str, Any], key: str, **headers: str) -> Any:
        return client.patch(href, json=sent, headers={"Idempotency-Key": key, **headers})

    assert patch(change, "a").status_code == 428
    assert patch(change, "b", **{"If-Match": '"9.0123456789abcdef"'}).status_code == 412
    assert patch(change, "c", **{"If-Match": "*"}).status_code == 412
    refused = patch(wrong, "d", **{"If-Match": etag})
    assert (refused.status_code, list(wrong_at(refused))) == (422, [place])
    assert patch({"project": "qingshan-03"}, "e", **{"If-Match": etag}).status_code == 422
    changed = patch(change, "f", **{"If-Match": etag})
    assert changed.status_code == 200
    assert changed.json() == client.get(href).json()
    assert changed.json() | change == changed.json()
    assert changed.headers["etag"] == client.get(href).headers["etag"] != etag
    assert patch(change, "g", **{"If-Match": etag}).status_code == 412
    again = patch(change, "f", **{"If-Match": etag})
    assert (again.status_code, again.headers["idempotency-replayed"], again.text) == (200, "true", changed.text)
    handed = patch({"submit": True}, "h", **{"If-Match": changed.headers["etag"]})
    assert (handed.status_code, handed.json()["state"]) == (200, "submitted")
    late = patch({"note": "晚"}, "i", **{"If-Match": handed.headers["etag"]})
    assert late.status_code == 409
    assert client.delete(href, headers={"If-Match": handed.headers["etag"]}).status_code == 409
    id_ = int(href.rpartition("/")[2])
    with database.reading() as session:
        assert sorted(trail(session, what, id_)) == sorted(
            ["record-milestone" if what == "milestones" else "record", "edit", "submit"]
        )


@pytest.mark.parametrize("what", SENT)
def test_a_draft_is_discarded_by_its_author_alone(database: Database, what: str) -> None:
    client, colleague = clerk(database), clerk(database, "colleague")
    href = post(client, what, SENT[what]).json()["entries"][0]["href"]
    headers = {"If-Match": client.get(href).headers["etag"]}
    assert colleague.delete(href, headers=headers).status_code == 403
    assert colleague.patch(href, json={"note": "x"}, headers=headers | {"Idempotency-Key": "k"}).status_code == 403
    assert owner(database, "far", of="水利局").delete(href, headers=headers).status_code == 404
    assert client.delete(href).status_code == 428
    assert client.delete(href, headers={"If-Match": '"2.0123456789abcdef"'}).status_code == 412
    assert client.delete(href, headers=headers).status_code == 204
    assert client.get(href).status_code == 404
    assert client.delete(href, headers=headers).status_code == 404
    with database.reading() as session:
        told = session.exec(select(AuditEntry.action).where(AuditEntry.subject == SUBJECTS[what])).all()
        assert sorted(told)[0] == "discard"


def test_what_was_approved_is_read_with_its_reversal_and_never_changed(sqlite_database: Database) -> None:
    id_ = recorded(sqlite_database)
    client = clerk(sqlite_database)
    read = client.get(f"/api/v1/ledger/{id_}")
    assert (read.json()["state"], read.json()["amount_fen"]) == ("approved", 320_000_000)
    headers = {"If-Match": read.headers["etag"], "Idempotency-Key": "k"}
    refused = client.patch(f"/api/v1/ledger/{id_}", json={"amount_fen": 1}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "NotADraft")
