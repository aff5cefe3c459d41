"""Amounts in capital numerals (大写金额), as cheques and contracts spell them: 叁佰贰拾万元整.

Source: 《支付结算办法》附一《正确填写票据和结算凭证的基本规定》.
"""

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("仟", "佰", "拾", "")
_LARGE = ((100_000_000, "亿"), (10_000, "万"))


def capital_numerals(fen: int) -> str:
    """The amount in capital numerals; 整 stands where it ends at 元 or 角, a 零 where digits between are skipped."""
    yuan, rest = divmod(abs(fen), 100)
    tens, ones = divmod(rest, 10)
    text = "负" if fen < 0 else ""
    if yuan or not rest:
        text += (_whole(yuan) or "零") + "元"
    if tens:
        text += _DIGITS[tens] + "角"
    elif ones and yuan:
        text += "零"
    return text + (_DIGITS[ones] + "分" if ones else "整")


def _whole(number: int) -> str:
    for size, name in _LARGE:
        if number >= size:
            high, low = divmod(number, size)
            # 壹万零伍拾: the gap between two groups is spoken when the lower one does not reach its own first place.
            gap = "零" if 0 < low < size // 10 else ""
            return _whole(high) + name + gap + _whole(low)
    return _below_ten_thousand(number)


def _below_ten_thousand(number: int) -> str:
    text, gap = "", False
    for digit, place in zip(f"{number:04d}", _PLACES, strict=True):
        if digit == "0":
            gap = bool(text)
            continue
        text += ("零" if gap else "") + _DIGITS[int(digit)] + place
        gap = False
    return text
