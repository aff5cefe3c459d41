"""Units of works with exact factors. Unlike dimensions never add; conversion is by fractions, never floats.

Why a table of its own and not a unit library: the units are Chinese words whose factors (15 亩 to the hectare, 万 before a
unit) no library carries, the factors must be exact, and a counted thing (座, 户, 处) is a dimension of its own here.

Source: domain page, section 5. 1 公顷 = 15 亩, 1 平方公里 = 100 公顷 = 1500 亩, 1 亩 = 10000/15 平方米.
"""

import re
import unicodedata
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from core.errors import N_, Broken

MICRO = 1_000_000

# dimension -> unit -> size in the dimension's base unit (the one with factor 1)
_BASE: dict[str, dict[str, Fraction]] = {
    "area": {
        "平方米": Fraction(1),
        "亩": Fraction(10_000, 15),
        "公顷": Fraction(10_000),
        "平方公里": Fraction(1_000_000),
    },
    "length": {"米": Fraction(1), "公里": Fraction(1000)},
    "volume": {"立方米": Fraction(1)},
    "flow": {"立方米/日": Fraction(1), "立方米/年": Fraction(1, 365), "立方米/秒": Fraction(86_400)},
    "mass": {"吨": Fraction(1), "千克": Fraction(1, 1000), "公斤": Fraction(1, 1000)},
    "mass flow": {"吨/日": Fraction(1), "吨/年": Fraction(1, 365)},
    "power": {"千瓦": Fraction(1), "兆瓦": Fraction(1000), "吉瓦": Fraction(1_000_000)},
    "energy": {"千瓦时": Fraction(1)},
    "money": {"元": Fraction(1)},
    "ratio": {"%": Fraction(1), "‰": Fraction(1, 10)},
    "points": {"百分点": Fraction(1)},
    "concentration": {"微克/立方米": Fraction(1), "毫克/立方米": Fraction(1000)},
    "density": {"吨/平方公里": Fraction(1)},
}
_LARGE = {
    "": 1,
    "百": 100,
    "千": 1000,
    "万": 10_000,
    "十万": 100_000,
    "百万": 1_000_000,
    "千万": 10_000_000,
    "亿": 100_000_000,
}
_ALIASES = {
    "m2": "平方米", "㎡": "平方米", "m²": "平方米", "km2": "平方公里", "km²": "平方公里", "平方千米": "平方公里",
    "ha": "公顷", "m3": "立方米", "m³": "立方米", "方": "立方米", "m": "米", "km": "公里", "千米": "公里",
    "t": "吨", "kg": "千克", "mg": "毫克", "μg": "微克", "mw": "兆瓦", "kw": "千瓦", "gw": "吉瓦",
    "百分比": "%", "个百分点": "百分点",
}  # fmt: skip
_PER_DAY = re.compile(r"/(天|d|day)$")
# Counted things: each character is a word and a dimension of its own, with or without 万 before it. A word that is not here
# is refused, because it may be a slip of the pen for a unit of area or length.
_COUNTED = frozenset("个座处家户套项条县市镇村人天次枚台辆眼口株块片所站部种批栋艘头只份名起期")
_ALONE = frozenset({"立方米/亩", "立方米/万元", "起/每万枚", "次/季度", "次/年", "无量纲"})
# Dimensions of shares and of so much per so much: what is reported of them can never be added up.
_SHARES = frozenset({"ratio", "points", "concentration", "density"}) | _ALONE
_PLAIN = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_LARGEST_MICRO = 2**63 - 1


class UnknownUnit(Broken):
    sentence = N_("不认识的计量单位“%(found)s”。")


class UnlikeUnits(Broken):
    sentence = N_("“%(one)s”与“%(other)s”不是同一类计量单位，不能换算或相加。")


@lru_cache(maxsize=1024)
def _lookup(unit: str) -> tuple[str, Fraction]:
    """Dimension and size of a unit: a known unit, with or without 万 before it, else a counted thing such as 座 or 万户."""
    heads = [(large, unit[len(large) :]) for large in sorted(_LARGE, key=len, reverse=True) if unit.startswith(large)]
    for large, rest in heads:
        for name, sizes in _BASE.items():
            if rest in sizes:
                return name, sizes[rest] * _LARGE[large]
    for large, rest in heads:
        if rest in _COUNTED:
            return f"count of {rest}", Fraction(_LARGE[large])
    if unit in _ALONE:
        return unit, Fraction(1)
    raise UnknownUnit(field="unit", found=unit[:40])


@lru_cache(maxsize=1024)
def unit_name(text: str) -> str:
    """The unit as it is kept: width folded, spaces dropped, m2 written 平方米, /天 written /日.

    Errors: UnknownUnit.
    """
    unit = unicodedata.normalize("NFKC", text).replace(" ", "").replace("％", "%")
    unit = _PER_DAY.sub("/日", unit)
    heads = sorted(filter(None, _LARGE), key=len, reverse=True)
    whole = unit.lower() in _ALIASES  # 千米 and 百分比 begin like 千户 and 百亩
    head = "" if whole else next((large for large in heads if unit.startswith(large)), "")
    stem, slash, below = unit[len(head) :].partition("/")
    unit = head + _ALIASES.get(stem.lower(), stem) + slash + _ALIASES.get(below.lower(), below)
    _lookup(unit)
    return unit


def adds_up(of: str) -> bool:
    """Whether quantities of a dimension may be added: areas may, shares and concentrations never."""
    return of not in _SHARES


def dimension(unit: str) -> str:
    """What the unit measures: area, length, volume …, or `count of 座` for a counted thing.

    Errors: UnknownUnit.
    """
    return _lookup(unit)[0]


def unit_of(dimension: str) -> str:
    """A unit of what `dimension` names: 平方米 for area, 座 for `count of 座`."""
    sizes = _BASE.get(dimension, {})
    return next((unit for unit, size in sizes.items() if size == 1), dimension.removeprefix("count of "))


def converted(value: Fraction | int, unit: str, to: str) -> Fraction:
    """The value in another unit of the same dimension, exactly.

    Errors: UnknownUnit, UnlikeUnits.
    """
    return Fraction(value) if unit == to and _lookup(unit) else value * _factor(unit, to)


@lru_cache(maxsize=1024)
def _factor(unit: str, to: str) -> Fraction:
    (have, size), (want, to_size) = _lookup(unit), _lookup(to)
    if have != want:
        raise UnlikeUnits(one=unit, other=to)
    return size / to_size


@lru_cache(maxsize=1024)
def plain_unit(unit: str) -> str:
    """The unit without 万 or another large number before it: 万亩 is counted in 亩, 千瓦 stays."""
    if any(unit in sizes for sizes in _BASE.values()):
        return unit
    for large in sorted(_LARGE, key=len, reverse=True):
        rest = unit.removeprefix(large)
        if rest != unit and (rest in _COUNTED or any(rest in sizes for sizes in _BASE.values())):
            return rest
    return unit


def micro_from_text(text: str) -> int:
    """A printed decimal as an integer count of millionths of its own unit.

    Errors: ValueError when it has more than six decimals, is not a plain number or is too large to be kept.
    """
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not a plain number")
    micro = Fraction(text) * MICRO  # a Decimal would round at its 28th digit
    if micro.denominator != 1:
        raise ValueError(f"{text!r} has more than six decimals")
    if abs(micro) > _LARGEST_MICRO:
        raise ValueError(f"{text!r} is too large")
    return int(micro)


def text_from_micro(micro: int) -> str:
    """The value as a plain decimal string without trailing zeros: 500000 is '0.5'."""
    text = f"{Decimal(micro) / MICRO:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def rounded_text(value: Fraction, places: int = 4) -> str:
    """The value with so many decimals, rounded half up (away from zero): 1/3 is 0.3333, -1/20000 is -0.0001."""
    scaled = abs(value) * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    digits = str(whole).rjust(places + 1, "0")
    sign = "-" if value < 0 and whole else ""
    return f"{sign}{digits[: len(digits) - places]}{'.' if places else ''}{digits[len(digits) - places :]}"
