"""What a photo says of itself: its size in points, whether it is whole, and the day on which it was taken. Pure.

The picture itself is not decoded: a file whose structure ends where it should is as whole as one can tell without that.

Source: the JPEG (ITU-T T.81), PNG (W3C), WebP (RIFF) and Exif 2.3 formats.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from core.errors import N_

Size = tuple[int, int]  # width, height

_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_SCAN, _END, _APP1 = 0xDA, 0xD9, 0xE1
_EXIF_POINTER, _TAKEN = 0x8769, 0x9003
_MOST_TAGS = 500


class Damaged(Exception):
    """A photo that is not whole; `why` is a text to be translated."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


def jpeg_size(content: bytes) -> Size:
    """Errors: Damaged when the size cannot be read or the picture has no end."""
    size, scan = None, None
    for marker, start, end in _segments(content):
        if marker in _FRAMES and end - start >= 5:
            height, width = struct.unpack(">HH", content[start + 1 : start + 5])
            size = width, height
        if marker == _SCAN:
            scan = end
            break
    if size is None or not all(size):
        raise Damaged(N_("读不出图片尺寸"))
    if scan is None or content.find(b"\xff\xd9", scan) < 0:
        raise Damaged(N_("缺少图片结尾"))
    return size


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """The marker of each segment of a JPEG, and where its content begins and ends, up to the picture itself."""
    place = 2
    while place + 4 <= len(content):
        if content[place] != 0xFF:
            return
        marker = content[place + 1]
        if marker == 0xFF or marker in _WITHOUT_LENGTH:
            place += 1 if marker == 0xFF else 2
            continue
        if marker == _END:
            return
        length = int.from_bytes(content[place + 2 : place + 4], "big")
        end = place + 2 + length
        if length < 2 or end > len(content):
            return
        yield marker, place + 4, end
        place = end


def png_size(content: bytes) -> Size:
    """Errors: Damaged."""
    place, size = 8, None
    while place + 12 <= len(content):
        length, name = struct.unpack(">I4s", content[place : place + 8])
        if name == b"IHDR" and length == 13 and place + 16 <= len(content):
            size = struct.unpack(">II", content[place + 8 : place + 16])
        place += 12 + length
        if name == b"IEND" and place <= len(content):
            if size is None or not all(size):
                break
            return size[0], size[1]
    raise Damaged(N_("读不出图片尺寸") if size is None or not all(size) else N_("缺少图片结尾"))


def webp_size(content: bytes) -> Size:
    """Errors: Damaged."""
    if int.from_bytes(content[4:8], "little") + 8 > len(content):
        raise Damaged(N_("缺少图片结尾"))
    kind, body = content[12:16], content[20:30]
    size = (0, 0)
    if kind == b"VP8X" and len(body) >= 10:
        size = int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    elif kind == b"VP8L" and body[:1] == b"\x2f":
        bits = int.from_bytes(body[1:5], "little")
        size = (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    elif kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        size = int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    if not all(size):
        raise Damaged(N_("读不出图片尺寸"))
    return size


# ---- the day on which a photo was taken


def jpeg_taken_on(content: bytes) -> date | None:
    """The day of DateTimeOriginal; None when the camera wrote none, or nothing that can be read."""
    for marker, start, end in _segments(content):
        if marker == _APP1 and content[start : start + 6] == b"Exif\x00\x00":
            with suppress(struct.error, ValueError, IndexError):
                return _taken_on(content[start + 6 : end])
        if marker == _SCAN:
            break
    return None


def _taken_on(tiff: bytes) -> date | None:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    pointer = _entry(tiff, order, struct.unpack(order + "I", tiff[4:8])[0], _EXIF_POINTER)
    place = None if pointer is None else _entry(tiff, order, pointer, _TAKEN)
    if place is None:
        return None
    year, month, day = (int(part) for part in tiff[place : place + 10].decode("ascii").split(":"))
    return date(year, month, day)


def _entry(tiff: bytes, order: str, directory: int, wanted: int) -> int | None:
    """The last four bytes of a tag in a directory of Exif: a place, for the two tags that are asked for."""
    (count,) = struct.unpack(order + "H", tiff[directory : directory + 2])
    for number in range(min(count, _MOST_TAGS)):
        start = directory + 2 + 12 * number
        tag, _, _, value = struct.unpack(order + "HHII", tiff[start : start + 12])
        if tag == wanted:
            return int(value)
    return None
