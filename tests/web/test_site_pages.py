"""The page of a project's places and its forms."""

from sqlmodel import select
from starlette.testclient import TestClient

from core.database import Database
from portfolio.projects import Project
from portfolio.sites import ProjectSite
from tests.databases import on_sqlite
from tests.reports.map_samples import XIXIAN, YONGHE, make_mapped_plans
from tests.web.project_visits import sent
from tests.web.visiting import visitor_with_role
from web.app import create_app


def place_plans(database: Database) -> None:
    """Makes the two mapped plans."""
    with database.writing() as session:
        make_mapped_plans(session)


mapped = on_sqlite(place_plans)

SITES, NEW = "/projects/linfen-03/sites", "/projects/linfen-03/sites/new"
POINT = {"jurisdiction_code": XIXIAN, "latitude": "36.7", "longitude": "110.93", "reason": "现场定位"}


def office(database: Database) -> TestClient:
    return visitor_with_role(create_app(database), "office")


def stored(database: Database, code: str) -> list[ProjectSite]:
    with database.reading() as session:
        query = select(ProjectSite).join(Project, Project.id == ProjectSite.project_id).where(Project.code == code)  # type: ignore[arg-type]
        found = list(session.exec(query))
        session.expunge_all()
    return found


def test_a_place_is_recorded_changed_and_ended(mapped: Database) -> None:
    client = office(mapped)
    assert "地点未载明到县" in client.get(SITES).text
    answer = sent(client, NEW, **POINT)
    assert (answer.status_code, answer.headers["location"]) == (303, SITES)
    (site,) = stored(mapped, "linfen-03")
    assert (site.latitude_micro, site.longitude_micro) == (36_700_000, 110_930_000)
    assert "36.7, 110.93" in client.get(SITES).text
    edit = f"{SITES}/{site.id}/edit"
    assert sent(client, edit, jurisdiction_code=YONGHE, latitude="", longitude="", reason="更正").status_code == 303
    old, new = stored(mapped, "linfen-03")
    assert old.effective_until == new.effective_from
    assert client.get(edit).status_code == 200  # the form of what was changed refuses in the end
    assert sent(client, edit, reason="又改").status_code == 409
    assert sent(client, f"{SITES}/{new.id}/end", reason="误登").status_code == 303
    assert "地点未载明到县" in client.get(SITES).text
    history = client.get("/projects/linfen-03").text
    assert "登记位置" in history
    assert "结束位置" in history


def test_the_second_press_of_the_button_records_nothing_more(mapped: Database) -> None:
    client = office(mapped)
    assert sent(client, NEW, **POINT, request_key="k").status_code == 303
    assert sent(client, NEW, **POINT, request_key="k").status_code == 303
    assert len(stored(mapped, "linfen-03")) == 1


def test_a_point_outside_the_county_is_asked_about_once(mapped: Database) -> None:
    client = office(mapped)
    far = POINT | {"latitude": "36.08", "longitude": "111.52"}
    answer = sent(client, NEW, **far)
    assert answer.status_code == 422
    assert "不在隰县的范围内" in answer.text
    assert 'name="as_typed"' in answer.text
    assert 'value="36.08"' in answer.text
    assert stored(mapped, "linfen-03") == []
    assert sent(client, NEW, **far, as_typed="1").status_code == 303
    assert len(stored(mapped, "linfen-03")) == 1


def test_errors_stand_at_their_fields(mapped: Database) -> None:
    answer = sent(office(mapped), NEW, **POINT | {"jurisdiction_code": "", "longitude": "", "reason": ""})
    assert answer.status_code == 422
    for name in ("jurisdiction_code", "longitude", "reason"):
        assert f'id="e-{name}"' in answer.text, name


def test_who_may_not_edit_sees_the_places_and_no_form(mapped: Database) -> None:
    app = create_app(mapped)
    leader = visitor_with_role(app, "leader")
    page = leader.get("/projects/linfen-01/sites")
    assert "隰县" in page.text
    assert "/sites/new" not in page.text
    for address in (NEW, f"{SITES}/1/edit", f"{SITES}/1/end"):
        assert leader.get(address).status_code == 404
        assert leader.post(address, data={"reason": "x"}).status_code == 404
    assert visitor_with_role(app, "admin").get(SITES).status_code == 404


def test_parts_have_the_places_of_their_package_and_others_are_not_there(mapped: Database) -> None:
    client = office(mapped)
    answer = client.get("/projects/linfen-02-1/sites")
    assert (answer.status_code, answer.headers["location"]) == (303, "/projects/linfen-02/sites")
    assert client.get("/projects/linfen-02-1/sites/new").status_code == 404
    (first, *_) = stored(mapped, "linfen-01")
    assert client.get(f"{SITES}/{first.id}/edit").status_code == 404
    assert "xiaoyi" not in client.get(NEW).text
    assert '<option value="141181"' not in client.get(NEW).text
    assert '<option value="141181" selected' in client.get("/projects/xiaoyi-03/sites/new").text
