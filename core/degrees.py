"""Points as people type them: degrees north and east (WGS 84), kept as whole millionths."""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal

from core.errors import N_, Broken, Invalid

# The plans are of places in China: what lies elsewhere is a slip, mostly latitude and longitude exchanged.
LATITUDES, LONGITUDES = (3, 54), (73, 136)
LABELS = {"latitude": N_("纬度"), "longitude": N_("经度")}
_EXPECTED = {
    "latitude": N_("3 至 54 之间的十进制度数（北纬）"),
    "longitude": N_("73 至 136 之间的十进制度数（东经）"),
}
_RANGES = {"latitude": LATITUDES, "longitude": LONGITUDES}
_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,20})?")


class HalfAPoint(Broken):
    sentence = N_("只填写了%(given)s，没有%(label)s；经度和纬度应同时填写，或者都不填。")


def point_micro(latitude: str | None, longitude: str | None) -> tuple[int, int] | None:
    """A typed point as millionths of a degree (latitude, longitude); None when neither was given.

    Errors: HalfAPoint, Invalid; the latitude is looked at first.
    """
    typed = {"latitude": (latitude or "").strip(), "longitude": (longitude or "").strip()}
    if not any(typed.values()):
        return None
    for field, other in (("latitude", "longitude"), ("longitude", "latitude")):
        if not typed[field]:
            raise HalfAPoint(field=field, given=LABELS[other], label=LABELS[field])
    north, east = (_degrees_micro(text, field) for field, text in typed.items())
    return north, east


def degrees_text(micro: int) -> str:
    """37.123456 for 37123456."""
    text = f"{Decimal(micro) / 1_000_000:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _degrees_micro(text: str, field: str) -> int:
    plain = unicodedata.normalize("NFKC", text).strip().rstrip("°").strip()
    low, high = _RANGES[field]
    if not _DEGREES.fullmatch(plain) or not low <= Decimal(plain) <= high:
        raise Invalid(field=field, label=LABELS[field], found=text, expected=_EXPECTED[field])
    return int((Decimal(plain) * 1_000_000).quantize(Decimal(1), ROUND_HALF_UP))
