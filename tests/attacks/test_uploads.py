"""Tricks with files: what is refused, and how what is taken is given out again."""

import io
import re
import stat
import zipfile

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from core.database import Database
from tests.databases import on_sqlite, plant
from tests.milestones.evidence_samples import PDF, jpeg, png
from tests.web.visiting import visitor
from tests.web.work_visits import People, a_claim, apart

sqlite_database = on_sqlite(plant)
pytestmark = pytest.mark.usefixtures("apart")
__all__ = ["apart"]

PAGE = b"<!doctype html><script>alert(document.domain)</script>"
PICTURE = jpeg("2024:05:06 10:11:12")


def packed(parts: dict[str, bytes], *, link: str | None = None) -> bytes:
    """A zip with these parts, and a symbolic link to a file of the machine."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        if link is not None:
            made = zipfile.ZipInfo("xl/media/image1.png")
            made.create_system, made.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            archive.writestr(made, link)
    return target.getvalue()


def add(client: TestClient, claim: int, name: str, content: bytes, field: str = "documents") -> Response:
    sent = [(field, (name, content, "text/html"))]
    return client.post(f"/evidence/on/work_entry/{claim}", data={"caption": "", "taken_on": ""}, files=sent)


TYPES = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
REFUSED = {
    "a page named as a photo": ("树.jpg", PAGE),
    "a page behind a picture's first bytes": ("树.gif", b"GIF89a/*" + PAGE),
    "a drawing named as a photo": ("树.png", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
    "two extensions": ("验收.pdf.html", PDF),
    "the other way round": ("验收.html.pdf", PAGE),
    "a document named as a page": ("验收.html", PDF),
    "a program's name": ("验收.php", PDF),
    "macros in a plain workbook": (
        "表.xlsx",
        packed({"[Content_Types].xml": TYPES, "xl/workbook.xml": b"", "xl/vbaProject.bin": b"x"}),
    ),
    "macros in a folder of another case": (
        "表.xlsx",
        packed({"[Content_Types].xml": TYPES, "xl/workbook.xml": b"", "XL/VBAPROJECT.BIN": b"x"}),
    ),
    "an archive in an archive": ("表.xlsx", packed({"inner.zip": packed({"a": b"b"})})),
    "an archive without its end": ("表.xlsx", packed({"[Content_Types].xml": TYPES, "xl/workbook.xml": b""})[:-30]),
    "nothing": ("空.pdf", b""),
    "no name but an extension": ("", PDF),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_could_run_somewhere_is_refused(sqlite_database: Database, what: str) -> None:
    people = People(sqlite_database)
    answer = add(people.owner, a_claim(sqlite_database), *REFUSED[what])
    assert answer.status_code in (400, 413, 422), answer.status_code
    assert people.owner.get("/evidence/1").status_code == 404
    assert "<script>alert" not in answer.text


NAMES = [
    *(
        "../../core/settings.pdf",
        "/etc/passwd.pdf",
        "C:\\Windows\\a.pdf",
        "a\r\nSet-Cookie: x=y.pdf",
        'a"; filename="b.html.pdf',
    ),
    *(
        "<img src=x onerror=alert(1)>.pdf",
        "长" * 300 + ".pdf",
        "gpj.exe\u202egpj.pdf",
        "CON.pdf",
        "..pdf",
        "%2e%2e%2fa.pdf",
        "=1+1.pdf",
    ),
    *("a\u2028b.pdf", "~$a.pdf", "nul.pdf", "a;b,c.pdf", "-rf.pdf", " .pdf"),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_means_harm_is_text_and_no_header_or_path(sqlite_database: Database, name: str) -> None:
    people = People(sqlite_database)
    claim = a_claim(sqlite_database)
    answer = add(people.owner, claim, name, PDF)
    assert answer.status_code in (303, 422), answer.status_code
    assert "onerror=alert(1)>" not in answer.text.replace("&gt;", "")
    if answer.status_code == 422:
        return
    given = people.owner.get("/evidence/1")
    assert given.content == PDF
    disposition = given.headers["content-disposition"]
    assert re.fullmatch(r"attachment; filename=\"evidence-1\"; filename\*=UTF-8''[\w.%~-]+", disposition), disposition
    assert not re.search(r"%(0[0-9A-F]|1[0-9A-F]|2F|5C|E2%80%AE)", disposition), (
        "no control, no folder, no turning round"
    )
    assert "x=y" not in given.headers.get("set-cookie", "")
    page = people.owner.get(f"/works/{claim}")
    assert page.status_code == 200
    assert "<img src=x" not in page.text


MIXED = {
    "a photo that is a script, too": (
        "photos_after",
        "树.jpg",
        PICTURE + b"\xff\xfe*/=1;" + PAGE,
        "image/jpeg",
        "inline",
    ),
    "a photo whose camera wrote a script": ("photos_after", "树.png", png() + PAGE, "image/png", "inline"),
    "a document that is a page, too": ("documents", "验收.pdf", PDF + PAGE, "application/pdf", "attachment"),
    "a workbook with entities from outside": (
        "documents",
        "表.xlsx",
        packed(
            {
                "[Content_Types].xml": TYPES,
                "xl/workbook.xml": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
            }
        ),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "attachment",
    ),
    "a workbook with a link out of it": (
        "documents",
        "表.xlsx",
        packed(
            {"[Content_Types].xml": TYPES, "xl/workbook.xml": b"<a/>", "../../../tmp/out": b"x"}, link="/etc/passwd"
        ),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "attachment",
    ),
    "a document that grows a thousandfold": (
        "documents",
        "文.docx",
        packed({"[Content_Types].xml": TYPES, "word/document.xml": b" " * 50_000_000}),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "attachment",
    ),
}


@pytest.mark.parametrize("what", MIXED)
def test_what_is_taken_is_given_out_so_that_nothing_in_it_runs(sqlite_database: Database, what: str) -> None:
    """Nothing is unpacked or read on the server, so that a bomb or an entity in evidence stays what it is."""
    people = People(sqlite_database)
    field, name, content, type_, disposition = MIXED[what]
    assert add(people.owner, a_claim(sqlite_database), name, content, field).status_code in (303, 422)
    given = people.owner.get("/evidence/1")
    if given.status_code == 404:
        return  # refused, as well
    assert given.content == content
    assert given.headers["content-type"] == type_
    assert given.headers["content-disposition"].startswith(f"{disposition};")
    assert given.headers["x-content-type-options"] == "nosniff"
    policy = given.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert policy.endswith("sandbox")
    assert visitor(people.owner.app).get("/evidence/1").status_code == 303  # type: ignore[arg-type]


BOUNDARIES = {
    "none": ("multipart/form-data", b"--x\r\n\r\n"),
    "empty": ("multipart/form-data; boundary=", b"--\r\n\r\n"),
    "very long": ("multipart/form-data; boundary=" + "x" * 10_000, b"--x\r\n\r\n"),
    "inside the file": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="documents"; filename="a.pdf"\r\n\r\n%PDF-\r\n--x\r\na: b\r\n\r\n--x--',
    ),
    "no end": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue'),
    "a part of headers": ("multipart/form-data; boundary=x", b"--x\r\n" + b"A: b\r\n" * 50_000 + b"\r\nv\r\n--x--"),
    "thousands of parts": (
        "multipart/form-data; boundary=x",
        b"".join(b'--x\r\nContent-Disposition: form-data; name="a%d"\r\n\r\nv\r\n' % n for n in range(5_000))
        + b"--x--",
    ),
    "thousands of files": (
        "multipart/form-data; boundary=x",
        b"".join(
            b'--x\r\nContent-Disposition: form-data; name="documents"; filename="a.pdf"\r\n\r\nv\r\n'
            for _ in range(5_000)
        )
        + b"--x--",
    ),
    "a charset that there is not": ("multipart/form-data; boundary=x; charset=nothing", b"--x--"),
    "text as a form": ("text/plain", b"caption=a"),
}


@pytest.mark.parametrize("what", BOUNDARIES)
def test_a_form_that_is_broken_is_refused_and_is_no_fault(sqlite_database: Database, what: str) -> None:
    people = People(sqlite_database)
    claim = a_claim(sqlite_database)
    type_, content = BOUNDARIES[what]
    for path in (f"/evidence/on/work_entry/{claim}", "/sign-in", f"/works/{claim}/edit"):
        answer = people.owner.post(path, content=content, headers={"Content-Type": type_})
        assert 400 <= answer.status_code < 500, (path, answer.status_code)
    assert people.owner.get("/evidence/1").status_code == 404
