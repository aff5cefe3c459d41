"""The map: every project is in a county or among those without one, and its counts add up."""

from datetime import date

from sqlmodel import Session

from core.database import Database
from portfolio.access import OPERATOR_READER
from reports.lamp_words import COLOURS
from reports.map import (
    NOWHERE,
    CountyFigures,
    MapChoice,
    MapFigures,
    common_area,
    counties_of,
    jurisdiction_tree,
    map_figures,
    map_points,
    mapped_projects,
)
from reports.rollup import Scope
from tests.reports.map_samples import (
    CITY,
    COUNTY,
    PROVINCE,
    XIXIAN,
    YONGHE,
    make_mapped_plans,
    put_located_work,
    put_place,
)
from tests.reports.progress_samples import put_state

SCOPE = Scope(20244)


def seen(session: Session, area: str, scope: Scope = SCOPE, **chosen: str) -> MapFigures:
    tree = jurisdiction_tree(session)
    return map_figures(mapped_projects(session, OPERATOR_READER, scope, tree, area), tree, area, MapChoice(**chosen))


def numbers(figures: MapFigures) -> dict[str, int]:
    return {one.place.code: one.projects for one in figures.counties if one.projects}


def codes(figures: MapFigures) -> list[str]:
    return [one.lamp.progress.code for one in figures.projects]


def test_every_project_is_in_a_county_or_among_those_without_one(database: Database) -> None:
    with database.writing() as session:
        make_mapped_plans(session)
        figures = seen(session, PROVINCE)
        assert figures.total == 6
        assert sum(figures.lamps.values()) == 6
        placed = [one for one in figures.projects if one.counties]
        assert len(placed) + figures.nowhere == 6
        # 林 counts in both of its counties, and a county's plan in its own county without any place.
        assert numbers(figures) == {XIXIAN: 2, YONGHE: 1, COUNTY: 3}
        assert [one.lamp.progress.code for one in figures.projects if not one.counties] == ["linfen-03"]


def test_an_area_shows_its_own_projects_only(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        make_mapped_plans(session)
        assert sorted(codes(seen(session, CITY))) == ["linfen-01", "linfen-02", "linfen-03"]
        assert numbers(seen(session, COUNTY)) == {COUNTY: 3}
        assert seen(session, "140900").total == 0


def test_a_city_alone_is_a_place_but_no_county(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        _, county = make_mapped_plans(session)
        province = county.plan
        province.jurisdiction_code = PROVINCE
        session.add(province)
        put_place(session, county.forest, CITY)
        figures = seen(session, CITY)
        assert figures.nowhere == 2
        assert figures.projects[-1].others == (CITY,)
        assert numbers(figures) == {XIXIAN: 2, YONGHE: 1}
        assert "xiaoyi-01" not in codes(seen(session, "140900"))


def test_a_colour_and_a_county_narrow_the_list_and_each_other(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        city, _ = make_mapped_plans(session)
        put_state(session, city.forest, "finished", date(2024, 5, 1))
        every, green = seen(session, CITY), seen(session, CITY, lamp="green")
        assert codes(green) == ["linfen-01"]
        assert numbers(green) == {XIXIAN: 1, YONGHE: 1}
        assert green.lamps == every.lamps
        assert set(every.lamps) == set(COLOURS)
        there = seen(session, CITY, county=YONGHE)
        assert codes(there) == ["linfen-01"]
        assert there.lamps["green"] == there.total == 1
        assert numbers(there) == numbers(every)
        assert codes(seen(session, CITY, county=NOWHERE)) == ["linfen-03"]
        assert codes(seen(session, CITY, project="linfen-02")) == ["linfen-02"]


def test_a_county_with_missing_data_is_not_green(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        make_mapped_plans(session)
        place = jurisdiction_tree(session)[XIXIAN]
        session.expunge_all()
    assert CountyFigures(place, {"green": 3, "grey": 1}).worst == "grey"
    assert CountyFigures(place, {"green": 3}).worst == "green"
    assert CountyFigures(place, {"red": 1, "grey": 9, "green": 2}).worst == "red"
    assert CountyFigures(place, {}).worst is None


def test_ended_projects_and_places_of_other_quarters_are_not_on_the_map(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        city, _ = make_mapped_plans(session)
        put_place(session, city.sewage, YONGHE, start=20251)
        put_state(session, city.water, "ended", date(2024, 5, 1))
        assert numbers(seen(session, CITY)) == {XIXIAN: 1, YONGHE: 1}
        assert numbers(seen(session, CITY, Scope(20251))) == {XIXIAN: 1, YONGHE: 2}


def test_points_come_from_places_and_of_one_county_from_works_that_count(database: Database) -> None:
    with database.writing() as session:
        city, _ = make_mapped_plans(session)
        put_place(session, city.forest, XIXIAN, point=(36.70, 110.93))
        for quarter, latitude in ((20242, 36.71), (20251, 36.72), (20242, 35.62)):
            put_located_work(session, city.forest, quarter, (latitude, 110.93))
        figures = seen(session, CITY)
        points, more = map_points(session, SCOPE, figures.projects, MapChoice())
        assert [(one.latitude, one.of_works) for one in points] == [(36.70, False)]
        assert not more
        figures = seen(session, CITY, county=XIXIAN)
        points, _ = map_points(session, SCOPE, figures.projects, MapChoice(county=XIXIAN))
        # The entry of the next quarter does not count yet, and the other one lies in another county.
        assert sorted((one.latitude, one.of_works) for one in points) == [(36.70, False), (36.71, True)]


def test_the_smallest_area_that_holds_all_plans_is_drawn(sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        make_mapped_plans(session)
        tree = jurisdiction_tree(session)
        session.expunge_all()
    assert common_area(tree, [CITY, COUNTY]) == PROVINCE
    assert common_area(tree, [XIXIAN, YONGHE]) == CITY
    assert common_area(tree, [COUNTY]) == COUNTY
    assert common_area(tree, []) is None
    assert len(counties_of(tree, CITY)) == 17
    assert [one.code for one in counties_of(tree, COUNTY)] == [COUNTY]
