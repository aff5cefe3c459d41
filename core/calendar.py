"""Quarters and reporting periods: 2024Q4, 2024, 2023MID, 2025FINAL. Business dates follow the configured time zone.

A quarter is kept in tables as one sortable whole number, year x 10 + quarter: 2024Q4 is 20244.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.errors import N_, Broken
from core.settings import settings

FIRST_YEAR, LAST_YEAR = 1949, 2100
_WRITTEN = re.compile(r"([0-9]{4})(Q[1-4]|MID|FINAL)?")


class NotAPeriod(Broken):
    sentence = N_(
        "“%(found)s”不是报告期。应写作 2024Q4（季度）、2024（年度）、2023MID（中期）或 2025FINAL（末期），季度只有 Q1 至 Q4。"
    )


@dataclass(frozen=True, order=True)
class Period:
    """A reporting period: a quarter, a year, a mid-term or a final assessment."""

    year: int
    suffix: str = ""

    @property
    def last_quarter(self) -> int:
        """The quarter number at whose end the period ends."""
        return self.year * 10 + (int(self.suffix[1]) if self.suffix.startswith("Q") else 4)

    @property
    def kind(self) -> str:
        if self.suffix.startswith("Q"):
            return "quarter"
        return {"": "year", "MID": "mid-term", "FINAL": "final"}[self.suffix]

    def __str__(self) -> str:
        return f"{self.year}{self.suffix}"


def period_from_text(text: str, *, field: str | None = "period") -> Period:
    """The period that a text such as 2024Q4 names.

    Errors: NotAPeriod for anything else, such as 2024Q5.
    """
    match = _WRITTEN.fullmatch(unicodedata.normalize("NFKC", text).strip().upper())
    if not match or not FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        raise NotAPeriod(field=field, found=text.strip()[:20])
    return Period(int(match[1]), match[2] or "")


def quarter_of(day: date) -> int:
    """The quarter number of a day: 2024-11-02 is 20244."""
    return day.year * 10 + (day.month + 2) // 3


def quarter_name(quarter: int) -> str:
    """2024Q4 for 20244."""
    return f"{quarter // 10}Q{quarter % 10}"


def next_quarter(quarter: int) -> int:
    """20251 for 20244."""
    return quarter + 1 if quarter % 10 < 4 else (quarter // 10 + 1) * 10 + 1


def quarter_before(quarter: int) -> int:
    """20244 for 20251."""
    return quarter - 1 if quarter % 10 > 1 else (quarter // 10 - 1) * 10 + 4


def last_day(quarter: int) -> date:
    """The last day of a quarter: 2024-12-31 for 20244."""
    after = next_quarter(quarter)
    return date(after // 10, after % 10 * 3 - 2, 1) - timedelta(days=1)


def first_quarter(year: int) -> int:
    return year * 10 + 1


def now() -> datetime:
    """This moment in UTC; stored moments end in `_at`."""
    return datetime.now(UTC)


def today() -> date:
    """Today in the configured time zone; business dates end in `_on`."""
    return datetime.now(ZoneInfo(settings().timezone)).date()


def day_of(moment: datetime) -> date:
    """The business day of a stored moment, which SQLite gives back without its zone."""
    stored = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return stored.astimezone(ZoneInfo(settings().timezone)).date()


def time_of(moment: datetime) -> str:
    """The time of day of a moment on the clock of the configured time zone: 14:05."""
    return moment.astimezone(ZoneInfo(settings().timezone)).strftime("%H:%M")


def days_until(day: date | None, on: date) -> int | None:
    """Days from `on` until a day, below zero when it is past; None without one."""
    return None if day is None else (day - on).days


def current_quarter() -> int:
    return quarter_of(today())
