"""Texts and bytes that nobody would send on purpose, and those that somebody would who looks for a fault."""

from collections.abc import Sequence
from random import Random

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

NASTY = (
    "\x00\x01\x08\x0b\x1b\x7f\x85\xa0\xad\u0300\u0337\u200b\u200f\u202e\u2028\u2066\ufeff\ufffd\uffff"
    "\ud800\udfff\U0001f600\U000e0041\U0010ffff０１９．，－＋％：／　（Ⅴ²½٣๓ſİıẞ㎡㏎ﷺ'\"`;<>&{}%$#@=+-*/\\|^~[]()\t\r\n "
)
WHOLE = (
    *(
        "",
        " ",
        "\u3000",
        "0",
        "-0",
        "+0",
        "00",
        "1",
        "-1",
        "1.",
        ".1",
        "1e9",
        "1E400",
        "-1e400",
        "nan",
        "NaN",
        "inf",
        "-inf",
    ),
    *("9" * 18, "9" * 19, "9" * 20, "9" * 40, "9" * 400, "-" + "9" * 19, "9223372036854775807", "9223372036854775808"),
    *(
        "2147483647",
        "2147483648",
        "4294967296",
        "0.1",
        "0.0000001",
        "1" + "0" * 30,
        "0x10",
        "0b1",
        "1_000",
        "1,2,3",
        "1,000",
    ),
    *("0000-00-00", "9999-12-31", "10000-01-01", "0001-01-01", "1899-12-31", "2024-02-30", "2023-02-29", "2024-13-01"),
    *("2024Q4", "2024Q5", "0000Q1", "9999Q4", "2024", "2024MID", "２０２４Ｑ４", "45382", "2024年3月31日", "24.3.31"),
    *(
        "true",
        "null",
        "None",
        "undefined",
        "[]",
        "{}",
        '{"a":1}',
        "[" * 2_000,
        "%",
        "%s",
        "%(found)s",
        "%n",
        "{0}",
        "{{7*7}}",
    ),
    *(
        "=1+1",
        "@SUM(1)",
        "'; DROP TABLE person; --",
        "<script>alert(1)</script>",
        "../../etc/passwd",
        "//evil",
        "/\\evil",
    ),
    *(
        "\x00",
        "\ud800",
        "\u202e" * 20,
        "Z" + "\u0335" * 400,
        "长" * 5_000,
        "x" * 140_000,
        "\n" * 3_000,
        '"' * 999,
        "a\rb",
    ),
)


def texts(*, longest: int = 40) -> SearchStrategy[str]:
    """Any text, whole values that are known to be trouble, and texts of nothing but trouble."""
    surrogates_too = st.characters(codec=None, exclude_categories=())
    return st.one_of(
        st.sampled_from(WHOLE),
        st.text(st.sampled_from(NASTY), max_size=longest),
        st.text(surrogates_too, max_size=longest),
        st.text("0123456789.,-+/年月日元万亿QqMIDFNAL:;% \t", max_size=longest),
    )


def texts_like(*models: str) -> SearchStrategy[str]:
    """Texts as `texts` gives them, and good ones with a few letters changed."""

    def changed(numbers: tuple[str, int]) -> str:
        return changed_text(numbers[0], Random(numbers[1]))

    near = st.tuples(st.sampled_from(models or ("",)), st.integers(0, 2**32)).map(changed)
    return st.one_of(near, near, texts())


def changed_text(text: str, chance: Random) -> str:
    """The text with up to three changes: something put in, taken out, doubled, replaced or widened."""
    for _ in range(chance.randrange(4)):
        place = chance.randrange(len(text) + 1)
        kind = chance.randrange(6)
        if kind == 0:
            text = text[:place] + chance.choice(NASTY) + text[place:]
        elif kind == 1:
            text = text[:place] + text[place + chance.randrange(4) :]
        elif kind == 2:
            text = text[:place] + text[place : place + 8] * 2 + text[place:]
        elif kind == 3:
            text = text[:place] + chance.choice(NASTY) + text[place + 1 :]
        elif kind == 4:
            text = "".join(
                chr(ord(one) + 0xFEE0) if "!" <= one <= "~" and chance.random() < 0.5 else one for one in text
            )
        else:
            text = text[:place] + chance.choice(WHOLE) + text[place:]
    return text


def changed_bytes(content: bytes, chance: Random, others: Sequence[bytes] = ()) -> bytes:
    """The content with some of its bytes changed, cut, doubled, or with a piece of another in it."""
    kept = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 3, 8, 30))):
        if not kept:
            break
        place, kind = chance.randrange(len(kept)), chance.randrange(8)
        if kind in (0, 1):
            kept[place] ^= 1 << chance.randrange(8)
        elif kind == 2:
            kept[place] = chance.choice((0, 0xFF, 0x7F, 0x80, chance.randrange(256)))
        elif kind == 3:
            size = chance.choice((2, 4, 8))
            number = chance.choice((0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1)) % 2 ** (8 * size)
            kept[place : place + size] = number.to_bytes(size, chance.choice(("little", "big")))
        elif kind == 4:
            del kept[place : place + chance.choice((1, 2, 4, 100, 5_000))]
        elif kind == 5:
            kept[place:place] = kept[place : place + chance.choice((1, 4, 64, 1_000))]
        elif kind == 6:
            del kept[place:]
        elif others:
            other = chance.choice(others)
            start = chance.randrange(len(other) or 1)
            kept[place:place] = other[start : start + chance.choice((4, 40, 400))]
    return bytes(kept)


def bytes_like(*models: bytes) -> SearchStrategy[bytes]:
    """Good contents changed, and bytes of any kind."""
    near = st.tuples(st.sampled_from(models), st.integers(0, 2**32)).map(
        lambda numbers: changed_bytes(numbers[0], Random(numbers[1]), models)
    )
    return st.one_of(near, near, near, st.binary(max_size=300))
