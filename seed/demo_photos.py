"""Small landscapes as PNG files, drawn point by point: what stands in for photos in the demonstration. Pure.

The same name and stage give the same bytes. Nobody can take them for photos of a real place.

Source: the PNG format (W3C): signature, IHDR, PLTE, IDAT, IEND.
"""

import random
import struct
import zlib

WIDTH, HEIGHT = 320, 200
_SKY, _FAR, _GROUND, _MARK, _DARK, _LIGHT, _SUN = 0, 8, 9, 10, 11, 12, 13
_GROUNDS = {"before": ((181, 152, 112), (160, 130, 92)), "during": ((168, 142, 100), (122, 96, 66)),
            "after": ((118, 150, 84), (96, 130, 70))}  # fmt: skip
_TREES = {"before": 6, "during": 60, "after": 130}
_SIZES = {"before": (3, 5), "during": (3, 6), "after": (8, 17)}
_FEWEST, _STEP = 8, 40  # shades of the sky; points between two heights of a hill


def landscape(name: str, stage: str) -> bytes:
    """A PNG of hills before, during or after planting, drawn from the name."""
    chance = random.Random(f"{name}")  # noqa: S311 (the same name is to give the same hills)
    far, near = _hills(chance, 70, 100), _hills(chance, 105, 135)
    rows = [bytearray(_sky_row(y, far, near)) for y in range(HEIGHT)]
    _draw_sun(rows, chance)
    _draw_marks(rows, near, stage)
    for _ in range(_TREES[stage]):
        x = chance.randrange(8, WIDTH - 8)
        y = chance.randrange(near[x] + 6, HEIGHT - 2)
        _draw_tree(rows, x, y, chance.randint(*_SIZES[stage]))
    return _png(rows, stage)


def _hills(chance: random.Random, high: int, low: int) -> list[int]:
    """The height of a range at each point: straight between points chosen by chance, in whole numbers."""
    points = [chance.randint(high, low) for _ in range(WIDTH // _STEP + 2)]
    return [
        points[x // _STEP] + (points[x // _STEP + 1] - points[x // _STEP]) * (x % _STEP) // _STEP for x in range(WIDTH)
    ]


def _sky_row(y: int, far: list[int], near: list[int]) -> list[int]:
    shade = min(_FEWEST - 1, y * _FEWEST // 110)
    return [_GROUND if y >= near[x] else _FAR if y >= far[x] else _SKY + shade for x in range(WIDTH)]


def _draw_sun(rows: list[bytearray], chance: random.Random) -> None:
    middle, radius = chance.randrange(30, WIDTH - 30), 11
    for y in range(15, 15 + 2 * radius):
        for x in range(middle - radius, middle + radius):
            if (x - middle) ** 2 + (y - 15 - radius) ** 2 < radius**2 and rows[y][x] < _FAR:
                rows[y][x] = _SUN


def _draw_marks(rows: list[bytearray], near: list[int], stage: str) -> None:
    """Lines along the slope: bare gullies before, rows of pits while planting, paths after."""
    apart = {"before": 23, "during": 9, "after": 31}[stage]
    for x in range(WIDTH):
        for y in range(near[x] + 5, HEIGHT, apart):
            if stage != "during" or x % 6 < 3:
                rows[y][x] = _MARK


def _draw_tree(rows: list[bytearray], x: int, y: int, size: int) -> None:
    for up in range(size):
        half = (size - up) // 2
        for across in range(-half, half + 1):
            if 0 <= x + across < WIDTH and y - up >= 0:
                rows[y - up][x + across] = _DARK if across > 0 else _LIGHT


def _png(rows: list[bytearray], stage: str) -> bytes:
    ground, mark = _GROUNDS[stage]
    palette = [(150 + 10 * n, 190 + 6 * n, 225 + 3 * n) for n in range(_FEWEST)]
    palette += [(136, 148, 132), ground, mark, (44, 92, 52), (70, 126, 66), (250, 226, 140)]
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    picture = zlib.compress(b"".join(b"\x00" + bytes(row) for row in rows), 9)
    colours = bytes(part for colour in palette for part in colour)
    chunks = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", picture), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
