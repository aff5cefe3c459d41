"""Cells: their names, what is read and what is printed, what says the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Broken
from portfolio.projects import STATES
from reports.return_fields import (
    CHOICE,
    FIELDS,
    MONEY,
    TEXT,
    CellKey,
    key_from_name,
    must_be_canonical,
)
from reports.return_values import text_to_read, text_to_type, value_from_text

PAID, WORKS = CellKey(7, "money.paid", "county"), CellKey(7, "works", "3")
ACTUAL, STATE = CellKey(7, "milestone.actual", "5"), CellKey(7, "state.state")


@pytest.mark.parametrize(
    ("key", "text", "unit", "value"),
    [
        (PAID, "320", "万元", "320000000"),
        (PAID, "1,234.56", "元", "123456"),
        (PAID, "０.０００１", "亿元", "1000000"),
        (PAID, "0", "万元", "0"),
        (PAID, "  ", "万元", None),
        (WORKS, "1,200.5", "亩", "1200500000|亩"),
        (WORKS, "0.5", "万亩", "500000|万亩"),
        (WORKS, "3", "m2", "3000000|平方米"),
        (WORKS, "不适用", "", "not-applicable"),
        (WORKS, "N/A", "亩", "not-applicable"),
        (WORKS, "0", "亩", "0|亩"),
        (ACTUAL, "2025年3月1日", "", "2025-03-01"),
        (STATE, "在建", "", "building"),
        (STATE, "Not started", "", "not_started"),
        (STATE, "not_started", "", "not_started"),
        (CellKey(7, "text.progress"), " 一\r\n二 ", "", "一\n二"),
    ],
)
def test_what_a_person_types_is_read_as_it_is_kept(key: CellKey, text: str, unit: str, value: str | None) -> None:
    assert value_from_text(key, text, unit=unit, measured="公顷" if key is WORKS else "") == value
    if value is not None:
        must_be_canonical(key, value)


@pytest.mark.parametrize(
    ("key", "text", "unit", "code"),
    [
        (PAID, "1.2亿", "元", "NotMoney"),
        (PAID, "1e9", "元", "NotMoney"),
        (PAID, "0.001", "元", "TooFine"),
        (PAID, "-5", "元", "NegativeMoney"),
        (WORKS, "-5", "亩", "NotAQuantity"),
        (WORKS, "0.0000001", "亩", "NotAQuantity"),
        (WORKS, "约5", "亩", "NotAQuantity"),
        (WORKS, "5", "米", "UnlikeUnit"),
        (WORKS, "5", "担", "UnknownUnit"),
        (ACTUAL, "2025-02-30", "", "NoSuchDay"),
        (ACTUAL, "1925-02-03", "", "Invalid"),
        (STATE, "快了", "", "UnknownState"),
        (CellKey(7, "text.progress"), "长" * 2001, "", "TooLong"),
        (CellKey(7, "text.progress"), "坏\x00", "", "Invalid"),
        (CellKey(7, "nothing"), "1", "", "NoSuchCell"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_cell(key: CellKey, text: str, unit: str, code: str) -> None:
    with pytest.raises(Broken) as caught:
        value_from_text(key, text, unit=unit, measured="公顷" if key is WORKS else "")
    assert (caught.value.code, caught.value.field) == (code, key.name)


def test_the_name_of_a_cell_leads_back_to_it() -> None:
    for key in (PAID, WORKS, ACTUAL, STATE):
        assert key_from_name(key.name) == key
    for name in ("", "7", "7:money.paid:", "x:state.state:", "7:state.state:a", "٧:state.state:", "7:unheard:"):
        with pytest.raises(Broken):
            key_from_name(name)


def test_every_field_is_named_and_only_texts_make_no_fact() -> None:
    assert all(field.label and field.name == name for name, field in FIELDS.items())
    assert {one.name for one in FIELDS.values() if one.approver is None} == {
        one.name for one in FIELDS.values() if one.name.startswith("text.")
    }
    assert {one.name for one in FIELDS.values() if one.approver == "finance"} == {
        f"money.{stage}" for stage in ("appropriated", "received", "paid")
    }
    assert all(one.limit for one in FIELDS.values() if one.kind == TEXT)


def test_values_are_printed_for_reading() -> None:
    assert text_to_read(PAID, "123456789000", "万元") == "123,456.789 万元"
    assert text_to_read(PAID, "123456789000", "万元", "en") == "123,456.789 (CNY 10,000)"
    assert text_to_read(WORKS, "1200500000|亩") == "1,200.5 亩"
    assert text_to_read(WORKS, "not-applicable") == "不适用"
    assert text_to_read(PAID, None) == "未填报"
    assert text_to_read(PAID, None, language="en") == "Not reported"
    assert text_to_read(STATE, "building") == "在建"


@given(st.integers(0, 10**15), st.sampled_from(["元", "万元", "亿元"]))
def test_money_is_printed_and_read_without_loss(fen: int, unit: str) -> None:
    assert value_from_text(PAID, text_to_type(PAID, str(fen), unit), unit=unit) == str(fen)


@given(st.integers(0, 10**16), st.sampled_from(["亩", "万亩", "公顷", "座"]))
def test_quantities_are_printed_and_read_without_loss(micro: int, unit: str) -> None:
    value = f"{micro}|{unit}"
    assert value_from_text(WORKS, text_to_type(WORKS, value), unit=unit) == value


@given(st.sampled_from(sorted(FIELDS)), st.text(max_size=30))
def test_nothing_but_what_is_read_is_taken_as_canonical(name: str, text: str) -> None:
    """Whatever stands in a cell can be read by everybody who prints it."""
    field = FIELDS[name]
    key = CellKey(7, name, "3" if field.keyed else "")
    try:
        must_be_canonical(key, text)
    except Broken:
        return
    assert text_to_read(key, text)
    if field.kind == CHOICE:
        assert text in STATES
    if field.kind == MONEY:
        assert str(int(text)) == text
