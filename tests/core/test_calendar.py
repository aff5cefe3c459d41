"""Quarters and reporting periods."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.calendar import (
    FIRST_YEAR,
    LAST_YEAR,
    NotAPeriod,
    Period,
    first_quarter,
    now,
    period_from_text,
    quarter_name,
    quarter_of,
    today,
)

PERIODS = st.builds(
    Period, st.integers(FIRST_YEAR, LAST_YEAR), st.sampled_from(["", "Q1", "Q2", "Q3", "Q4", "MID", "FINAL"])
)


@given(period=PERIODS)
def test_what_is_printed_is_read_back(period: Period) -> None:
    assert period_from_text(str(period)) == period


@pytest.mark.parametrize(
    ("text", "kind", "last_quarter"),
    [
        ("2024Q4", "quarter", 20244),
        ("2024q1", "quarter", 20241),
        (" 2024 ", "year", 20244),
        ("2023MID", "mid-term", 20234),
        ("2025FINAL", "final", 20254),
        ("２０２４Ｑ４", "quarter", 20244),
    ],
)
def test_a_period_has_a_kind_and_an_end(text: str, kind: str, last_quarter: int) -> None:
    period = period_from_text(text)
    assert (period.kind, period.last_quarter) == (kind, last_quarter)


@pytest.mark.parametrize(
    "text",
    [
        "2024Q5",
        "2024Q0",
        "2024Q",
        "24Q4",
        "2024-Q4",
        "2024Q44",
        "",
        "Q4",
        "1948Q4",
        "2101",
        "2024MIDDLE",
        "二〇二四",
        "２０２４Q５",
    ],
)
def test_anything_else_is_refused_with_a_sentence_that_names_it(text: str) -> None:
    with pytest.raises(NotAPeriod) as caught:
        period_from_text(text)
    assert f"“{text}”" in str(caught.value)
    assert "2024Q4" in str(caught.value)
    assert caught.value.status == 422


def test_ten_megabytes_are_refused_shortly() -> None:
    with pytest.raises(NotAPeriod) as caught:
        period_from_text("2024Q5" * 2_000_000)
    assert len(str(caught.value)) < 200


@given(day=st.dates(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)))
def test_a_day_lies_in_its_quarter_and_quarters_sort_like_days(day: date) -> None:
    quarter = quarter_of(day)
    assert quarter_name(quarter) == f"{day.year}Q{(day.month - 1) // 3 + 1}"
    assert first_quarter(day.year) <= quarter < first_quarter(day.year + 1)


def test_the_last_day_of_march_and_the_first_of_april_lie_in_two_quarters() -> None:
    assert quarter_of(date(2024, 3, 31)) == 20241
    assert quarter_of(date(2024, 4, 1)) == 20242


def test_moments_carry_their_zone_and_today_is_a_plain_day() -> None:
    assert now().utcoffset() is not None
    assert abs((today() - now().date()).days) <= 1
