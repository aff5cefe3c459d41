"""The same plot (小班) claimed under two projects is flagged: where, by whom, and what is none."""

from core.database import Database
from milestones.plots import plot_twins
from milestones.work_reports import record_work
from portfolio.jurisdictions import Jurisdiction
from tests.milestones.work_samples import OWNER, a_work, claimed, undone
from tests.samples import CITY, COUNTY, find_small_plan, identity, make_jurisdictions, make_small_plan


def test_a_plot_claimed_under_two_projects_is_flagged_however_it_is_written(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        first = claimed(session, small.forest, "30", plot="Ⅲ－12")
        claimed(session, small.forest, "20", plot="Ⅲ-12")
        assert plot_twins(session, None) == []  # one project may report a plot twice
        second = record_work(session, small.parts[0], a_work(session, "25", plot=" III-12 "), submit=True, by=OWNER)
        (twin,) = plot_twins(session, None)
        assert twin.plot == "Ⅲ－12"
        assert [(claim.entry_id, claim.code) for claim in twin.claims][::2] == [
            (first.id, "qingshan-01"),
            (second.id, "qingshan-02-1"),
        ]
        assert plot_twins(session, [identity(small.plan)]) == [twin]
        assert plot_twins(session, []) == []


def test_drafts_and_what_was_reversed_claim_nothing(stored: Database) -> None:
    with stored.writing() as session:
        small = find_small_plan(session)
        undone(session, claimed(session, small.forest, "30", plot="12"))
        claimed(session, small.sewage, "30", plot="12")
        record_work(session, small.parts[0], a_work(session, "25", plot="12"), by=OWNER)
        claimed(session, small.parts[1], "30", plot="13")
        assert plot_twins(session, None) == []


def test_a_code_of_another_county_is_another_plot_but_the_city_around_it_is_not(stored: Database) -> None:
    with stored.writing() as session:
        make_jurisdictions(session)
        here = find_small_plan(session)
        city = make_small_plan(session, "city", jurisdiction=CITY)
        assert (here.plan.jurisdiction_code, city.plan.jurisdiction_code) == (COUNTY, CITY)
        session.add(Jurisdiction(code="999902", name="邻县", name_en="Next County", level=3, parent_code=CITY))
        session.flush()
        next_county = make_small_plan(session, "next", jurisdiction="999902")
        claimed(session, here.forest, "30", plot="12")
        claimed(session, next_county.forest, "30", plot="12")
        assert plot_twins(session, None) == []
        claimed(session, city.forest, "30", plot="12")
        found = [{claim.code for claim in twin.claims} for twin in plot_twins(session, None)]
        assert found == [{"qingshan-01", "city-01"}, {"next-01", "city-01"}]
