"""Reported states of a project: with a document, never from the future, and as of any quarter."""

from datetime import date, timedelta

import pytest

from core.audit import history
from core.calendar import today
from core.database import Database
from core.errors import Broken, Invalid, Missing, TooLong
from portfolio.editing import Archived, archive_project, change_state, find_state
from tests.samples import SOMEBODY, find_small_plan, identity

DOCUMENT = "开工报告〔2022〕3号"


def _report(
    database: Database, state: str, since_on: date, document: str = DOCUMENT, reason: str | None = None
) -> None:
    with database.writing() as session:
        forest = find_small_plan(session).forest
        change_state(session, forest, state, since_on=since_on, document=document, reason=reason, by=SOMEBODY)


def _state(database: Database, quarter: int | None = None) -> str | None:
    with database.reading() as session:
        found = find_state(session, identity(find_small_plan(session).forest), quarter)
        return None if found is None else found.state


def test_no_state_was_reported_is_not_the_same_as_not_started(stored: Database) -> None:
    assert _state(stored) is None


def test_the_newest_state_holds_and_a_past_quarter_shows_its_own(stored: Database) -> None:
    _report(stored, "building", date(2022, 4, 1))
    _report(stored, "finished", date(2024, 12, 31))
    _report(stored, "halted", date(2023, 7, 1))  # reported late
    quarters = (20221, 20222, 20232, 20233, 20243, 20244, None)
    assert [_state(stored, quarter) for quarter in quarters] == [
        None, "building", "building", "halted", "halted", "finished", "finished",
    ]  # fmt: skip


def test_of_two_reports_of_one_day_the_later_one_holds(stored: Database) -> None:
    _report(stored, "building", date(2022, 4, 1))
    _report(stored, "not_started", date(2022, 4, 1), reason="误报")
    assert _state(stored) == "not_started"


def test_a_report_is_audited_with_its_document(stored: Database) -> None:
    _report(stored, "building", date(2022, 4, 1), reason=" 已进场 ")
    with stored.reading() as session:
        line = history(session, "project", identity(find_small_plan(session).forest))[0]
    assert (line.action, line.reason) == ("state", "已进场")
    assert line.changes == (("document", None, DOCUMENT), ("since_on", None, "2022-04-01"), ("state", None, "building"))


@pytest.mark.parametrize(
    ("state", "days_ahead", "document", "reason", "field", "broken"),
    [
        ("dancing", 0, DOCUMENT, None, "state", Invalid),
        ("", 0, DOCUMENT, None, "state", Invalid),
        ("building", 1, DOCUMENT, None, "since_on", Invalid),
        ("building", 0, "  ", None, "document", Missing),
        ("building", 0, "文" * 201, None, "document", TooLong),
        ("building", 0, DOCUMENT, "因" * 1001, "reason", TooLong),
    ],
)
def test_a_wrong_report_is_refused_at_its_field(
    stored: Database, state: str, days_ahead: int, document: str, reason: str | None, field: str, broken: type[Broken]
) -> None:
    with pytest.raises(broken) as caught:
        _report(stored, state, today() + timedelta(days=days_ahead), document, reason)
    assert caught.value.field == field
    assert _state(stored) is None


def test_today_is_not_the_future(stored: Database) -> None:
    _report(stored, "building", today())
    assert _state(stored) == "building"


def test_an_archived_project_reports_nothing_more(stored: Database) -> None:
    with stored.writing() as session:
        archive_project(session, find_small_plan(session).forest, reason="重复", expected_version=1, by=SOMEBODY)
    with pytest.raises(Archived):
        _report(stored, "building", date(2022, 4, 1))
