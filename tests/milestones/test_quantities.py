"""Quantities of works: exact, in a known unit, and one measure never in two dimensions."""

import pytest
from sqlmodel import Session, select

from core.database import Database
from core.errors import Broken
from core.units import UnknownUnit, converted
from milestones.quantities import (
    Measure,
    NotAQuantity,
    OtherDimension,
    Quantity,
    add_quantity,
    measure_named,
    quantities_of,
)
from tests.samples import find_small_plan, identity


def _add(session: Session, **changes: object) -> Quantity:
    given: dict[str, object] = {
        "position": 2, "measure": "营造林面积", "value": "1000", "unit": "亩", "operator": "≥", "wording": "每年1000亩",
        "from_quarter": 20211,
    }  # fmt: skip
    return add_quantity(session, identity(find_small_plan(session).forest), **{**given, **changes})  # type: ignore[arg-type]


def test_a_quantity_is_kept_in_millionths_of_its_own_unit(stored: Database) -> None:
    with stored.writing() as session:
        row = _add(session, value="2.28", unit="万 亩", operator="约", per="year", by_year=2025)
        assert (row.value_micro, row.unit, row.operator, row.per) == (2_280_000, "万亩", "约", "year")
        forest = identity(find_small_plan(session).forest)
        found = quantities_of(session, [forest], 20244)[forest]
    assert [name for _, name in found] == ["营造林面积", "营造林面积"]


def test_wan_mu_and_mu_are_one_measure_and_add(stored: Database) -> None:
    with stored.writing() as session:
        _add(session)
        assert [measure.dimension for measure in session.exec(select(Measure))] == ["area"]
        forest = identity(find_small_plan(session).forest)
        rows = quantities_of(session, [forest], 20244)[forest]
        assert sum(converted(row.value_micro, row.unit, "亩") for row, _ in rows) == 6_000 * 10**6


@pytest.mark.parametrize("unit", ["公里", "万立方米", "座", "%", "吨/日"])
def test_a_measure_in_a_unit_of_another_kind_is_refused(stored: Database, unit: str) -> None:
    with pytest.raises(OtherDimension) as caught, stored.writing() as session:
        _add(session, unit=unit)
    assert caught.value.field == "unit"
    assert "营造林面积" in str(caught.value)
    assert unit in str(caught.value)
    with stored.reading() as session:
        assert len(session.exec(select(Quantity)).all()) == 1


def test_counted_things_of_two_kinds_are_two_dimensions(stored: Database) -> None:
    with stored.writing() as session:
        assert measure_named(session, "改厕", "户") == measure_named(session, "改厕", "万户")
        with pytest.raises(OtherDimension):
            measure_named(session, "改厕", "座")


@pytest.mark.parametrize(
    ("changes", "field", "broken"),
    [
        ({"unit": "furlong"}, "unit", UnknownUnit),
        ({"unit": ""}, "unit", UnknownUnit),
        ({"value": "约0.5"}, "value", NotAQuantity),
        ({"value": ""}, "value", NotAQuantity),
        ({"value": "0.0000001"}, "value", NotAQuantity),
        ({"value": "NaN"}, "value", NotAQuantity),
        ({"value": "1e400"}, "value", NotAQuantity),
        ({"value": "9" * 30}, "value", NotAQuantity),
    ],
)
def test_a_wrong_quantity_is_refused_at_its_field_and_leaves_no_measure(
    stored: Database, changes: dict[str, str], field: str, broken: type[Broken]
) -> None:
    with pytest.raises(broken) as caught, stored.writing() as session:
        _add(session, measure="新指标", **changes)
    assert caught.value.field == field
    with stored.reading() as session:
        assert session.exec(select(Measure.name)).all() == ["营造林面积"]


def test_a_quantity_holds_from_its_quarter_on(stored: Database) -> None:
    with stored.writing() as session:
        _add(session, from_quarter=20231)
        forest = identity(find_small_plan(session).forest)
        assert [len(quantities_of(session, [forest], quarter)[forest]) for quarter in (20204, 20224, 20231)] == [
            0,
            1,
            2,
        ]


def test_a_project_without_quantities_has_none(stored: Database) -> None:
    with stored.reading() as session:
        sewage = identity(find_small_plan(session).sewage)
        assert quantities_of(session, [sewage], 20244) == {sewage: []}
        assert quantities_of(session, [], 20244) == {}
