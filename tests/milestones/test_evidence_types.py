"""What a file is, told by its content: what is taken, what is refused, and that the sentence names the file."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Broken, Missing
from milestones.evidence_types import (
    DamagedFile,
    EmptyFile,
    FileTooLarge,
    HeicPhoto,
    NotAPhoto,
    NotEvidence,
    OtherContent,
    WithMacros,
    check_size,
    checked_type,
    taken_on,
)
from milestones.photos import jpeg_size, png_size, webp_size
from tests.milestones.evidence_samples import (
    DOC,
    DOCX,
    HEIC,
    PDF,
    WINDOWS_PROGRAM,
    XLS,
    XLSX,
    jpeg,
    packed,
    png,
    webp,
)

GOOD = (
    ("IMG_0001.JPG", jpeg(), "before", "image/jpeg"),
    ("照片.jpeg", jpeg("2024:05:06 10:11:12"), "after", "image/jpeg"),
    ("a.png", png(), "during", "image/png"),
    ("a.webp", webp(), "during", "image/webp"),
    ("扫描.jpg", jpeg(), "document", "image/jpeg"),
    ("验收意见.pdf", PDF, "document", "application/pdf"),
    ("台账.xlsx", XLSX, "document", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("报告.docx", DOCX, "document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("旧台账.xls", XLS, "document", "application/vnd.ms-excel"),
    ("旧报告.doc", DOC, "document", "application/msword"),
)


@pytest.mark.parametrize(("name", "content", "kind", "media_type"), GOOD, ids=[name for name, *_ in GOOD])
def test_what_is_taken(name: str, content: bytes, kind: str, media_type: str) -> None:
    assert checked_type(name, content, kind).media_type == media_type


BAD = (
    ("photo.jpg", WINDOWS_PROGRAM, "before", NotEvidence, "Windows 程序"),
    ("photo.jpg", png(), "before", OtherContent, "PNG"),
    ("photo.png", jpeg(), "before", OtherContent, "JPEG"),
    ("照片", jpeg(), "before", OtherContent, "JPEG"),
    ("photo.exe", jpeg(), "before", OtherContent, "JPEG"),
    ("photo.jpg", PDF, "before", OtherContent, "PDF"),
    ("photo.pdf", PDF, "before", NotAPhoto, "PDF"),
    ("photo.heic", HEIC, "after", HeicPhoto, None),
    ("photo.jpg", HEIC, "after", HeicPhoto, None),
    ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "document", NotEvidence, "SVG 图形"),
    ("a.svg", b'<?xml version="1.0"?><svg/>', "document", NotEvidence, "SVG 图形"),
    ("a.html", b"\xef\xbb\xbf <!DOCTYPE html><html></html>", "document", NotEvidence, "网页"),
    ("a.pdf", b"<html>%PDF-1.4 %%EOF</html>", "document", NotEvidence, "网页"),
    ("a.gif", b"GIF89a" + b"\x00" * 40, "before", NotEvidence, "GIF 图片"),
    ("a.txt", "说明".encode(), "document", NotEvidence, "文本"),
    ("a.zip", packed("a.txt"), "document", NotEvidence, "压缩包"),
    ("a.docx", packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "document", WithMacros, None),
    ("a.xlsx", DOCX, "document", OtherContent, "Word (docx)"),
    ("a.xlsx", XLSX[:60], "document", DamagedFile, None),
    ("a.doc", DOC[:200], "document", NotEvidence, "无法识别的内容"),
    ("a.pdf", PDF[:20], "document", DamagedFile, None),
    ("a.jpg", jpeg()[:-2], "before", DamagedFile, None),
    ("a.jpg", jpeg()[:10], "before", DamagedFile, None),
    ("a.jpg", jpeg(size=(0, 6)), "before", DamagedFile, None),
    ("a.png", png()[:-6], "before", DamagedFile, None),
    ("a.png", png()[:20], "before", DamagedFile, None),
    ("a.webp", webp()[:-1], "before", DamagedFile, None),
)


@pytest.mark.parametrize(
    ("name", "content", "kind", "error", "found"),
    BAD,
    ids=[f"{n}-{e.__name__}-{i}" for i, (n, _, _, e, _) in enumerate(BAD)],
)
def test_what_is_refused(name: str, content: bytes, kind: str, error: type[Broken], found: str | None) -> None:
    with pytest.raises(error) as told:
        checked_type(name, content, kind, field="photos_before")
    assert told.value.field == "photos_before"
    assert name in str(told.value)
    assert found is None or told.value.facts["found"] == found


def test_the_sentence_about_a_program_named_as_a_photo() -> None:
    with pytest.raises(NotEvidence) as told:
        checked_type("完工.jpg", WINDOWS_PROGRAM, "after")
    assert str(told.value) == "“完工.jpg”的内容是 Windows 程序，不能作为佐证；应为 JPEG、PNG、WebP。"


def test_a_file_needs_a_name() -> None:
    with pytest.raises(Missing):
        checked_type(" ", jpeg(), "before")


def test_sizes() -> None:
    outer = 50_000_000
    check_size("a.jpg", 20_000_000, "before", outer=outer)
    check_size("a.pdf", 50_000_000, "document", outer=outer)
    with pytest.raises(EmptyFile):
        check_size("a.jpg", 0, "before", outer=outer)
    with pytest.raises(FileTooLarge) as told:
        check_size("a.jpg", 60_000_000, "before", outer=outer)
    assert str(told.value) == "“a.jpg”有 60 MB，照片每张最多 20 MB。请压缩或拆分后再上传。"
    with pytest.raises(FileTooLarge) as told:
        check_size("a.pdf", 20_000_001, "document", outer=20_000_000)
    assert (told.value.facts["found"], told.value.facts["limit"]) == (21, 20)


def test_the_size_in_points_and_the_day_that_the_camera_wrote() -> None:
    assert (jpeg_size(jpeg(size=(8, 6))), png_size(png(4, 3)), webp_size(webp(5, 7))) == ((8, 6), (4, 3), (5, 7))
    assert taken_on(jpeg("2024:05:06 10:11:12")) == date(2024, 5, 6)
    for nothing in (None, "0000:00:00 00:00:00", "    :  :     :  :  ", "2024:13:06 10:11:12", ""):
        assert taken_on(jpeg(nothing)) is None
    assert taken_on(png()) is None


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 200), byte=st.integers(0, 255), cut=st.integers(0, 200))
def test_a_broken_photo_is_refused_or_read_and_never_a_fault(place: int, byte: int, cut: int) -> None:
    content = bytearray(jpeg("2024:05:06 10:11:12"))
    content[place % len(content)] = byte
    for broken in (bytes(content), bytes(content[: len(content) - cut])):
        taken_on(broken)
        with suppress(Broken):
            assert checked_type("a.jpg", broken, "before").name == "JPEG"


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=64))
def test_noise_is_refused_and_never_a_fault(content: bytes) -> None:
    for begin in (
        b"",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x00\x00\x00\x00WEBP",
        b"PK\x03\x04",
        DOC[:8],
        b"%PDF-",
    ):
        with suppress(Broken):
            checked_type("a.jpg", begin + content, "document")
