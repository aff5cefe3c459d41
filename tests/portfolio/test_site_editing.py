"""Where a project is: what is kept, what is refused, and that nothing is overwritten."""

import pytest
from sqlmodel import Session, select

from core.audit import AuditEntry
from core.database import Database
from core.errors import Broken, SeveralBroken
from portfolio.editing import Archived, archive_project
from portfolio.projects import Project
from portfolio.site_editing import NewSite, SiteEnded, end_site, put_site, sites_of
from portfolio.values import Basis
from tests.reports.map_samples import COUNTY, XIXIAN, YONGHE, make_real_places, put_place
from tests.samples import SOMEBODY, a_basis, identity, make_small_plan

INSIDE, OUTSIDE = ("36.7000", "110.9300"), ("36.0800", "111.5200")  # of 隰县; the second is the seat of 临汾


def a_project(session: Session) -> Project:
    make_real_places(session)
    return make_small_plan(session, "linfen", jurisdiction="141000").forest


def refusals(
    session: Session, project: Project, new: NewSite, basis: Basis | None = None
) -> list[tuple[str, str | None]]:
    with pytest.raises(SeveralBroken) as told:
        put_site(session, project, new, basis or a_basis(), by=SOMEBODY)
    return [(one.code, one.field) for one in told.value.problems]


def places(session: Session, project: Project, quarter: int) -> list[tuple[str | None, int | None]]:
    return [(site.jurisdiction_code, site.latitude_micro) for site, _ in sites_of(session, identity(project), quarter)]


def test_a_place_holds_from_its_quarter_and_says_who_and_why(database: Database) -> None:
    with database.writing() as session:
        project = a_project(session)
        row = put_site(session, project, NewSite(XIXIAN, "紫川河", *INSIDE), a_basis(20223), by=SOMEBODY)
        assert (row.latitude_micro, row.longitude_micro) == (36_700_000, 110_930_000)
        assert (row.supplied_by, row.reason, row.document) == ("测试员", "调整", "青政办〔2021〕9号")
        assert places(session, project, 20222) == []
        assert places(session, project, 20223) == [(XIXIAN, 36_700_000)]
        audit = session.exec(select(AuditEntry).where(AuditEntry.action == "add-site")).one()
        assert "隰县" in (audit.after or "")
        assert "36.7, 110.93" in (audit.after or "")


def test_a_changed_place_ends_the_old_one_where_it_begins(database: Database) -> None:
    with database.writing() as session:
        project = a_project(session)
        old = put_place(session, project, XIXIAN)
        put_site(session, project, NewSite(XIXIAN, None, *INSIDE), a_basis(20231), instead_of=old, by=SOMEBODY)
        assert places(session, project, 20224) == [(XIXIAN, None)]
        assert places(session, project, 20231) == [(XIXIAN, 36_700_000)]
        with pytest.raises(SiteEnded):
            put_site(session, project, NewSite(YONGHE), a_basis(20232), instead_of=old, by=SOMEBODY)


def test_an_ended_place_stays_in_the_past(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        project = a_project(session)
        old = put_place(session, project, XIXIAN)
        end_site(session, project, old, a_basis(20231), by=SOMEBODY)
        assert places(session, project, 20224) == [(XIXIAN, None)]
        assert places(session, project, 20231) == []
        with pytest.raises(SiteEnded):
            end_site(session, project, old, a_basis(20241), by=SOMEBODY)


@pytest.mark.parametrize(
    ("new", "problems"),
    [
        (NewSite(""), [("Invalid", "jurisdiction_code")]),
        (NewSite("999999"), [("Invalid", "jurisdiction_code")]),
        (NewSite(COUNTY), [("Invalid", "jurisdiction_code")]),  # of another city
        (NewSite(XIXIAN, "长" * 201), [("TooLong", "name")]),
        (NewSite(XIXIAN, None, "36.7", ""), [("HalfAPoint", "longitude")]),
        (NewSite(XIXIAN, None, "110.93", "36.7"), [("Invalid", "latitude")]),  # exchanged
        (NewSite(XIXIAN, None, "北纬36度", "110.9"), [("Invalid", "latitude")]),
        (NewSite(XIXIAN, None, *OUTSIDE), [("OutsideCounty", "latitude")]),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    sqlite_database: Database, new: NewSite, problems: list[tuple[str, str]]
) -> None:
    with sqlite_database.writing() as session:
        project = a_project(session)
        assert refusals(session, project, new) == problems
        assert places(session, project, 20244) == []


def test_a_point_outside_its_county_is_kept_when_the_person_says_so(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        project = a_project(session)
        put_site(session, project, NewSite(XIXIAN, None, *OUTSIDE, as_typed=True), a_basis(), by=SOMEBODY)
        assert places(session, project, 20244) == [(XIXIAN, 36_080_000)]


def test_the_same_place_twice_and_a_change_without_reason_are_refused(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        project = a_project(session)
        old = put_place(session, project, XIXIAN, start=20221)
        old.name = None
        session.add(old)
        assert refusals(session, project, NewSite(XIXIAN), a_basis(20221)) == [("SameSite", "jurisdiction_code")]
        assert refusals(session, project, NewSite(YONGHE), a_basis(reason=" ")) == [("Missing", "reason")]
        with pytest.raises(Broken) as told:
            end_site(session, project, old, a_basis(20214), by=SOMEBODY)
        assert isinstance(told.value, SeveralBroken)
        assert told.value.problems[0].field == "from_quarter"


def test_an_archived_project_gets_no_place(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        project = a_project(session)
        archive_project(session, project, reason="撤销", expected_version=project.row_version, by=SOMEBODY)
        with pytest.raises(Archived):
            put_site(session, project, NewSite(XIXIAN), a_basis(), by=SOMEBODY)
