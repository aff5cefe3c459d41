"""Photos and documents for tests, as small as they can be and still be what they say."""

import io
import struct
import zipfile
import zlib

WINDOWS_PROGRAM = b"MZ\x90\x00" + b"\x00" * 200
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
DOC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500 + "WordDocument".encode("utf-16-le") + b"\x00" * 100
XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 500 + "Workbook".encode("utf-16-le") + b"\x00" * 100


def jpeg(taken: str | None = None, *, size: tuple[int, int] = (8, 6), mark: bytes = b"") -> bytes:
    """A JPEG whose camera says when it was taken (2024:05:06 10:11:12); `mark` makes one differ from another."""
    segments = b""
    if taken is not None:
        text = taken.encode() + b"\x00"
        tiff = b"II*\x00" + struct.pack("<I", 8)
        tiff += struct.pack("<HHHIII", 1, 0x8769, 4, 1, 26, 0)
        tiff += struct.pack("<HHHIII", 1, 0x9003, 2, len(text), 44, 0) + text
        segments += _segment(0xE1, b"Exif\x00\x00" + tiff)
    segments += _segment(0xFE, mark) if mark else b""
    segments += _segment(0xC0, struct.pack(">BHHB", 8, size[1], size[0], 1) + b"\x01\x11\x00")
    return b"\xff\xd8" + segments + _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x00\x7f\x00\xff\xd9"


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def png(width: int = 4, height: int = 3) -> bytes:
    """A PNG that browsers show."""
    rows = (b"\x00" + b"\x1f\x5a\x41" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in parts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def webp(width: int = 5, height: int = 7) -> bytes:
    body = b"\x00" * 4 + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunk = b"VP8X" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def packed(*parts: str) -> bytes:
    """A zip with these parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for part in parts:
            made.writestr(part, "<x/>")
    return file.getvalue()


XLSX = packed("[Content_Types].xml", "xl/workbook.xml")
DOCX = packed("[Content_Types].xml", "word/document.xml")
