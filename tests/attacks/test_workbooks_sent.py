"""Workbooks and documents that people send in to be read, and JSON: what unpacks without end, reads files or leads out of itself.

The readers themselves are tested in tests/budgets/importing and tests/reports/test_word.py; this is the whole way from the form.
"""

import io
import json
import re
import stat
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from core.database import Database
from core.jobs import Job, Unforeseen
from core.working import work_off
from tests.budgets.importing.samples import a_row, a_workbook, kept_files, ledger
from tests.databases import on_sqlite, plant
from tests.reports.return_workbook_samples import made, open_desk, return_of
from tests.reports.word_samples import a_docx
from tests.web.api_visits import clerk, owner
from tests.web.reading_pages import form_on
from web.job_handlers import HANDLERS

__all__ = ["kept_files"]
sqlite_database = on_sqlite(plant, open_desk)
pytestmark = pytest.mark.usefixtures("kept_files")

OUTSIDE = "told-from-outside"
LAUGHS = b"".join(b'<!ENTITY e%d "%s">' % (n + 1, b"&e%d;" % n * 10) for n in range(9))
Parts = dict[str, bytes]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file of the machine that no answer may tell of."""
    path = tmp_path / "secret"
    path.write_text(OUTSIDE, encoding="ascii")
    return path


def _declared(content: bytes, doctype: bytes, inside: bytes) -> bytes:
    """XML with a declaration of its own, and an entity of it in the place of the first text."""
    head = content.find(b"?>") + 2
    return content[:head] + doctype + re.sub(rb">[^<>]+<", b">" + inside + b"<", content[head:], count=1)


def reads_a_file(part: bytes, secret: Path) -> bytes:
    return _declared(part, f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'.encode(), b"&x;")


def asks_elsewhere(part: bytes, secret: Path) -> bytes:
    return _declared(part, f'<!DOCTYPE a [<!ENTITY % x SYSTEM "{secret.as_uri()}"> %x;]>'.encode(), b"1")


def laughs(part: bytes, secret: Path) -> bytes:
    return _declared(part, b'<!DOCTYPE a [<!ENTITY e0 "ha">' + LAUGHS + b"]>", b"&e9;")


def nests(part: bytes, secret: Path) -> bytes:
    return part[: part.find(b"?>") + 2] + b"<a>" * 200_000


CHANGES: dict[str, Callable[[bytes, Path], bytes]] = {
    "an entity that is a file": reads_a_file,
    "a declaration that is a file": asks_elsewhere,
    "entities of entities": laughs,
    "elements without end": nests,
}
ARCHIVES = ("a part of 450 million bytes", "a part that is a link", "a link besides", "parts that lead out of it")


def harmful(content: bytes, part: str, what: str, secret: Path) -> bytes:
    """The archive with one of those things in it."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as there, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in there.namelist():
            if name != part:
                archive.writestr(name, there.read(name))
        if what in CHANGES:
            archive.writestr(part, CHANGES[what](there.read(part), secret))
        elif what == "a part of 450 million bytes":
            with archive.open(part, "w") as out:
                for _ in range(45):
                    out.write(b" " * 10_000_000)
        else:
            if what == "a part that is a link":
                _link(archive, part, secret)
            else:
                archive.writestr(part, there.read(part))
            if what == "a link besides":
                _link(archive, "xl/media/image1.png", secret)
            if what == "parts that lead out of it":
                for name in ("../../../../../../tmp/qingshan-led-out", "/tmp/qingshan-led-out", "..\\qingshan-led-out"):
                    archive.writestr(name, b"x")
    return target.getvalue()


def _link(archive: zipfile.ZipFile, name: str, to: Path) -> None:
    one = zipfile.ZipInfo(name)
    one.create_system, one.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    archive.writestr(one, str(to))


def sent(client: TestClient, address: str, form: str, name: str, content: bytes, **fields: str) -> str:
    """Sends a file and lets the worker read it; everything that the sender is then told comes back."""
    typed = form_on(client.get(form), address) | fields
    typed.pop("file", None)
    answer = client.post(address, data=typed, files={"file": (name, content)})
    told = [answer.text]
    assert answer.status_code in (303, 400, 413, 422), answer.status_code
    work_off(client.app.state.database, HANDLERS)  # type: ignore[attr-defined]
    if answer.status_code == 303:
        page = client.get(answer.headers["location"])
        told.append(page.text)
        for href in re.findall(r'href="(/(?:money/import|returns/\d+/workbook)/\d+)["?]', page.text):
            told.append(client.get(href).text)
    return "".join(told)


def nothing_came_of_it(database: Database, told: str) -> None:
    assert OUTSIDE not in told
    assert not Path("/tmp/qingshan-led-out").exists()
    assert not Path("qingshan-led-out").exists()
    with database.reading() as session:
        for job in session.exec(select(Job)):
            failure = json.dumps(json.loads(job.failure or "null"), ensure_ascii=False)
            assert Unforeseen.sentence not in failure, "a fault and no refusal"


@pytest.fixture
def in_time() -> Iterator[None]:
    """None of it keeps the worker busy: a bomb that goes off would take minutes."""
    began = time.process_time()
    yield
    assert time.process_time() - began < 30


@pytest.mark.usefixtures("in_time")
@pytest.mark.parametrize("what", [*CHANGES, *ARCHIVES])
def test_a_ledger_that_is_sent_reads_nothing_but_itself(
    sqlite_database: Database, tmp_path: Path, secret: Path, what: str
) -> None:
    content = a_workbook(tmp_path / "a.xlsx", [a_row()]).read_bytes()
    bad = harmful(content, "xl/worksheets/sheet1.xml", what, secret)
    told = sent(clerk(sqlite_database), "/money/import", "/money/import", "台账.xlsx", bad, plan="qingshan")
    nothing_came_of_it(sqlite_database, told)
    with sqlite_database.reading() as session:
        assert ledger(session) == []
    assert what in ("a link besides", "parts that lead out of it") or "查看并确认" not in told or "必须改正" in told


@pytest.mark.usefixtures("in_time")
@pytest.mark.parametrize("what", [*CHANGES, *ARCHIVES])
def test_a_return_that_is_sent_reads_nothing_but_itself(
    sqlite_database: Database, tmp_path: Path, secret: Path, what: str
) -> None:
    content = made(sqlite_database, tmp_path / "a.xlsx").read_bytes()
    with sqlite_database.reading() as session:
        address = f"/returns/{return_of(session).id}/workbook"
    bad = harmful(content, "xl/worksheets/sheet2.xml", what, secret)
    told = sent(owner(sqlite_database, "sender"), address, address, "填报表.xlsx", bad)
    nothing_came_of_it(sqlite_database, told)


@pytest.mark.usefixtures("in_time")
@pytest.mark.parametrize("what", [*CHANGES, *ARCHIVES])
def test_a_template_that_is_sent_reads_nothing_but_itself(sqlite_database: Database, secret: Path, what: str) -> None:
    client, place = clerk(sqlite_database), "/plans/qingshan/word-template"
    before = client.get(f"{place}/in-use.docx").content
    bad = harmful(a_docx("{{ title }}"), "word/document.xml", what, secret)
    told = sent(client, f"{place}/file", place, "模板.docx", bad)
    nothing_came_of_it(sqlite_database, told)
    now = client.get(f"{place}/in-use.docx").content
    assert OUTSIDE.encode() not in now
    assert now == before or what in ("a link besides", "parts that lead out of it")


DEEP = {
    "lists": b"[" * 200_000 + b"]" * 200_000,
    "objects": b'{"entries":' * 100_000 + b"1" + b"}" * 100_000,
    "no end": b"[" * 900_000,
    "in an entry": b'{"entries":[' + b'{"note":' * 50_000 + b"1" + b"}" * 50_000 + b"]}",
    "a number of a million digits": b'{"entries":[{"amount_fen":' + b"9" * 900_000 + b"}]}",
    "a name a hundred thousand times": b'{"entries":[{' + b'"note":1,' * 100_000 + b'"note":1}]}',
    "entries without end": b'{"entries":[' + b"{}," * 300_000 + b"{}]}",
}


@pytest.mark.usefixtures("in_time")
@pytest.mark.parametrize("what", ["ledger", "works", "milestones"])
def test_json_of_any_depth_is_refused(sqlite_database: Database, what: str) -> None:
    client = clerk(sqlite_database)
    for name, body in DEEP.items():
        headers = {"Content-Type": "application/json", "Idempotency-Key": name.replace(" ", "-")}
        answer = client.post(f"/api/v1/{what}", content=body, headers=headers)
        assert answer.status_code in (400, 413, 422), (name, answer.status_code)
        assert answer.headers["content-type"].startswith("application/problem+json"), name
        assert len(answer.content) < 200_000, name
