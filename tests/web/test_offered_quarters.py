"""A form offers the quarters from which a change may hold, and says why the closed ones are missing."""

import re

import pytest
from sqlmodel import Session, select

from core.calendar import Period
from core.database import Database
from milestones.indicator_rules import ProgrammeLink
from milestones.performance import PerformanceTarget
from portfolio.plans import Plan
from reports.period_flow import close_period
from tests.databases import on_sqlite, plant
from tests.milestones.performance_samples import make_targets
from tests.milestones.reading_samples import plant_indicators
from tests.reports.as_issued_samples import OFFICE, close, with_lamps
from tests.samples import find_small_plan
from tests.web.coverage_visits import LINKS, covered_app, with_coverage
from tests.web.period_visits import done, office
from tests.web.test_plan_link_pages import linked
from tests.web.visiting import visitor_with_role

sqlite_database = on_sqlite(plant)
covered = on_sqlite(with_coverage)
FOREST = "/projects/qingshan-01"
FORMS = (
    "/rules/lamps/qingshan/lag",
    "/projects/new?plan=qingshan",
    "/indicators/qingshan/1/target",
    "/indicators/qingshan/1/rule",
    *(f"{FOREST}/{path}" for path in ("edit", "estimate", "quantities/new", "milestones/new", "sites/new")),
    *(f"{FOREST}/performance/{path}" for path in ("new", "weights", "1/edit", "1/drop")),
)


def closed(session: Session) -> None:
    small = with_lamps(session, find_small_plan(session))
    plant_indicators(session)
    make_targets(session, small.forest)
    close(session, small, 20243)


def offered(html: str) -> list[str]:
    """The quarters of the select from which a change holds, newest first."""
    found = re.search(r'<select[^>]*name="from_quarter".*?</select>', html, re.DOTALL)
    assert found is not None
    return re.findall(r'<option value="(\d{4}Q\d)"', found.group())


@pytest.mark.parametrize("path", FORMS)
def test_no_closed_quarter_is_offered(sqlite_database: Database, path: str) -> None:
    done(sqlite_database, closed)
    page = office(sqlite_database).get(path)
    assert page.status_code == 200
    assert offered(page.text)[-1] == "2024Q4"
    assert "已关账的季度不再变动，没有列出" in page.text


def test_a_link_is_ended_from_a_quarter_of_the_higher_plan_that_is_open(covered: Database) -> None:
    client = visitor_with_role(covered_app(covered), "office")
    place = linked(client, covered)
    with covered.writing() as session:
        assert session.exec(select(ProgrammeLink)).one().effective_from == 20231
        plan = session.exec(select(Plan).where(Plan.code == LINKS.split("/")[2])).one()
        close_period(session, plan, Period(2024, "Q2"), reason="会期已定", by=OFFICE)
    assert offered(client.get(place).text)[-1] == "2024Q3"


def test_what_changed_later_is_changed_from_then_on(sqlite_database: Database) -> None:
    done(sqlite_database, closed)
    with sqlite_database.writing() as session:
        row = session.get_one(PerformanceTarget, 1)
        row.effective_from = 20252
        session.add(row)
    assert offered(office(sqlite_database).get(f"{FOREST}/performance/1/drop").text)[-1] == "2025Q2"
