"""What a piece of evidence is, told by its content and never by its name. Pure.

A photo or document is kept as it was sent, with whatever its camera wrote into it. What browsers or office programs could
run (HTML, SVG, programs, macros) is refused.
"""

import io
import struct
import zipfile
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

from core.errors import N_, Broken, Missing
from milestones.photos import Damaged, jpeg_size, jpeg_taken_on, png_size, webp_size

DOCUMENT = "document"
PHOTO_BYTES, DOCUMENT_BYTES = 20_000_000, 50_000_000
_MEGABYTE = 1_000_000
_BEGINNING = 1024  # bytes in which a text that is really a web page says so


@dataclass(frozen=True)
class FileType:
    """One type that is accepted: its name, the type under which browsers get it, and how such files may be called."""

    name: str
    media_type: str
    extensions: tuple[str, ...]
    photo: bool = False


JPEG = FileType("JPEG", "image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"), photo=True)
PNG = FileType("PNG", "image/png", (".png",), photo=True)
WEBP = FileType("WebP", "image/webp", (".webp",), photo=True)
PDF = FileType("PDF", "application/pdf", (".pdf",))
_OFFICE = "application/vnd.openxmlformats-officedocument"
XLSX = FileType("Excel (xlsx)", f"{_OFFICE}.spreadsheetml.sheet", (".xlsx",))
DOCX = FileType("Word (docx)", f"{_OFFICE}.wordprocessingml.document", (".docx",))
XLS = FileType("Excel (xls)", "application/vnd.ms-excel", (".xls", ".et"))
DOC = FileType("Word (doc)", "application/msword", (".doc", ".wps"))
TYPES = (JPEG, PNG, WEBP, PDF, XLSX, DOCX, XLS, DOC)
PHOTO_NAMES = ("JPEG", "PNG", "WebP")
DOCUMENT_NAMES = ("PDF", "Excel", "Word", *PHOTO_NAMES)
# What is shown in the place of the page that asks for it; everything else is saved.
SHOWN_AS = frozenset(one.media_type for one in TYPES if one.photo)

# What else a file turns out to be, by how it begins; the first that fits says it.
_REFUSED = (
    (b"MZ", N_("Windows 程序")),
    (b"\x7fELF", N_("程序")),
    (b"GIF8", N_("GIF 图片")),
    (b"BM", N_("BMP 图片")),
    (b"II*\x00", N_("TIFF 图片")),
    (b"MM\x00*", N_("TIFF 图片")),
    (b"Rar!", N_("压缩包")),
    (b"7z\xbc\xaf", N_("压缩包")),
    (b"\x1f\x8b", N_("压缩包")),
)
_MARKUP = ((b"<svg", N_("SVG 图形")), (b"<html", N_("网页")), (b"<!doctype", N_("网页")), (b"<script", N_("网页")))
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class EmptyFile(Broken):
    sentence = N_("“%(name)s”是空文件（0 字节），请重新选择。")


class FileTooLarge(Broken):
    status = 413
    sentence = N_("“%(name)s”有 %(found)s MB，%(what)s最多 %(limit)s MB。请压缩或拆分后再上传。")


class NotEvidence(Broken):
    sentence = N_("“%(name)s”的内容是 %(found)s，不能作为佐证；应为 %(expected)s。")


class OtherContent(Broken):
    sentence = N_("“%(name)s”的扩展名是 %(extension)s，内容却是 %(found)s；请用原来的文件，或者改用正确的扩展名。")


class NotAPhoto(Broken):
    sentence = N_("“%(name)s”的内容是 %(found)s，放在照片一栏的应为 %(expected)s；文件请放在“文件”一栏。")


class DamagedFile(Broken):
    sentence = N_("“%(name)s”不完整或已损坏（%(why)s），应为完整的 %(expected)s 文件；请从原设备重新传送后再上传。")


class HeicPhoto(Broken):
    sentence = N_(
        "“%(name)s”是 HEIC 照片，多数电脑打不开；请转换成 JPEG 再上传（手机的相机设置中选“兼容性最佳”，拍出的就是 JPEG）。"
    )


class WithMacros(Broken):
    sentence = N_("“%(name)s”带有宏，不能作为佐证；请另存为不带宏的 xlsx、docx 或 PDF。")


def largest_bytes(kind: str) -> int:
    """How large a file of that kind may be."""
    return DOCUMENT_BYTES if kind == DOCUMENT else PHOTO_BYTES


def check_size(name: str, size: int, kind: str, *, outer: int, field: str | None = None) -> None:
    """Looks at the size of a file before anybody reads it; `outer` is what the whole system takes at most. Units: bytes.

    Errors: EmptyFile, FileTooLarge.
    """
    if size == 0:
        raise EmptyFile(field=field, name=name)
    limit = min(largest_bytes(kind), outer)
    if size > limit:
        what = N_("文件每个") if kind == DOCUMENT else N_("照片每张")
        found, most = (-(-one // _MEGABYTE) for one in (size, limit - limit % _MEGABYTE or limit))
        raise FileTooLarge(field=field, name=name, found=found, what=what, limit=most)


def checked_type(name: str, content: bytes, kind: str, *, field: str | None = None) -> FileType:
    """What the content is, when the name agrees with it and it may be evidence of that kind.

    Errors: Missing for a file without a name; NotEvidence, OtherContent, NotAPhoto, DamagedFile, HeicPhoto, WithMacros.
    """
    if not name.strip():
        raise Missing(field=field, label=N_("文件名"))
    expected = DOCUMENT_NAMES if kind == DOCUMENT else PHOTO_NAMES
    found = _type_of(name, content, expected, field)
    extension = PurePath(name).suffix.lower()
    if extension not in found.extensions:
        raise OtherContent(field=field, name=name, extension=extension or N_("（没有）"), found=found.name)
    if kind != DOCUMENT and not found.photo:
        raise NotAPhoto(field=field, name=name, found=found.name, expected=expected)
    return found


def taken_on(content: bytes) -> date | None:
    """The day on which the camera says that a photo was taken."""
    return jpeg_taken_on(content) if content.startswith(b"\xff\xd8\xff") else None


def _type_of(name: str, content: bytes, expected: tuple[str, ...], field: str | None) -> FileType:
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS:
        raise HeicPhoto(field=field, name=name)
    for begins, type_, check in (
        (b"\xff\xd8\xff", JPEG, jpeg_size),
        (b"\x89PNG\r\n\x1a\n", PNG, png_size),
        (b"RIFF", WEBP, webp_size),
        (b"%PDF-", PDF, _check_pdf),
        (b"PK\x03\x04", None, None),
        (_OLE, None, None),
    ):
        if not content.startswith(begins) or (type_ is WEBP and content[8:12] != b"WEBP"):
            continue
        if type_ is None:
            return _office_type(name, content, expected, field)
        try:
            check(content)  # type: ignore[misc]
        except Damaged as damage:
            raise DamagedFile(field=field, name=name, why=damage.why, expected=type_.name) from damage
        return type_
    raise NotEvidence(field=field, name=name, found=_in_words(content), expected=expected)


def _in_words(content: bytes) -> str:
    """What a file that is refused holds."""
    head = content[:_BEGINNING].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for begins, words in _REFUSED:
        if content.startswith(begins):
            return words
    for mark, words in _MARKUP:
        if mark in head:
            return words
    return N_("文本") if b"\x00" not in content[:_BEGINNING] and _is_text(content) else N_("无法识别的内容")


def _is_text(content: bytes) -> bool:
    try:
        content[:_BEGINNING].decode("utf-8", "strict" if len(content) <= _BEGINNING else "ignore")
    except UnicodeDecodeError:
        return False
    return all(byte >= 0x20 or byte in b"\t\r\n" for byte in content[:_BEGINNING])


def _check_pdf(content: bytes) -> None:
    if b"%%EOF" not in content:
        raise Damaged(N_("缺少文件结尾"))


def _office_type(name: str, content: bytes, expected: tuple[str, ...], field: str | None) -> FileType:
    """Excel or Word, new or old; told by the parts inside, of which nothing is unpacked."""
    if content.startswith(_OLE):
        for stream, type_ in (("WordDocument", DOC), ("Workbook", XLS), ("Book", XLS)):
            if stream.encode("utf-16-le") in content:
                return type_
        raise NotEvidence(field=field, name=name, found=N_("无法识别的内容"), expected=expected)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            inside = set(packed.namelist())
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError, struct.error) as damage:
        why, whole = N_("压缩结构不完整"), "xlsx / docx"
        raise DamagedFile(field=field, name=name, why=why, expected=whole) from damage
    if any(part.lower().endswith("vbaproject.bin") for part in inside):
        raise WithMacros(field=field, name=name)
    if "[Content_Types].xml" in inside:
        for part, type_ in (("xl/workbook.xml", XLSX), ("word/document.xml", DOCX)):
            if part in inside:
                return type_
    raise NotEvidence(field=field, name=name, found=N_("压缩包"), expected=expected)
