"""Two small plans in real places for tests of the map: a city's, whose projects name counties, and a county's."""

from sqlmodel import Session

from core.settings import settings
from milestones.lamp_editing import put_presets
from milestones.quantities import measure_named
from milestones.works import WorkEntry
from portfolio.jurisdictions import Jurisdiction
from portfolio.projects import Project
from portfolio.sites import ProjectSite
from seed.checking import read_jurisdictions
from tests.reports.money_samples import day_in
from tests.reports.progress_samples import APPROVED
from tests.samples import SOMEBODY, SmallPlan, identity, make_small_plan

PROVINCE, CITY, COUNTY = "140000", "141000", "141181"
XIXIAN, YONGHE = "141031", "141032"


def make_real_places(session: Session) -> None:
    """Every jurisdiction of the seed file."""
    for one in read_jurisdictions(settings().seed_folder.parent / "jurisdictions.yaml").jurisdictions:
        session.add(Jurisdiction(**one.model_dump(exclude={"parent"}), parent_code=one.parent))
        session.flush()


def put_place(
    session: Session,
    project: Project,
    code: str | None,
    *,
    point: tuple[float, float] | None = None,
    start: int = 20211,
) -> ProjectSite:
    """A place of a project, put straight into the table. The point is (latitude, longitude)."""
    north, east = (None, None) if point is None else (round(number * 1_000_000) for number in point)
    row = ProjectSite(
        project_id=identity(project),
        jurisdiction_code=code,
        name="某地",
        latitude_micro=north,
        longitude_micro=east,
        effective_from=start,
    )
    session.add(row)
    session.flush()
    return row


def make_mapped_plans(session: Session) -> tuple[SmallPlan, SmallPlan]:
    """The city's forest is in 隰县 and 永和县, a part of its package in 隰县; the county's plan says nothing."""
    make_real_places(session)
    city = make_small_plan(session, "linfen", jurisdiction=CITY)
    county = make_small_plan(session, "xiaoyi", jurisdiction=COUNTY)
    for one in (city, county):
        put_presets(session, one.plan, by=SOMEBODY)
    put_place(session, city.forest, XIXIAN)
    put_place(session, city.forest, YONGHE)
    put_place(session, city.parts[0], XIXIAN)
    return city, county


def put_located_work(session: Session, project: Project, quarter: int, point: tuple[float, float]) -> None:
    """An approved entry of works with a point (latitude, longitude)."""
    measure = measure_named(session, "营造林面积", "亩")
    north, east = (round(number * 1_000_000) for number in point)
    row = WorkEntry(
        project_id=identity(project),
        measure_id=measure.id,
        tier="claimed",
        quantity_micro=5_000_000,
        unit="亩",
        occurred_on=day_in(quarter),
        occurred_quarter=quarter,
        posted_period=quarter,
        state="approved",
        recorded_by="填报员",
        latitude_micro=north,
        longitude_micro=east,
        **APPROVED,
    )
    session.add(row)
    session.flush()
