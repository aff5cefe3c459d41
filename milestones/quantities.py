"""What is counted: measures (工程量指标), and the quantities that projects are to deliver."""

from sqlalchemy import BigInteger, Column, Index, Text, text
from sqlmodel import Field, Session, SQLModel, col, select

from core.errors import N_, Broken
from core.units import dimension, micro_from_text, unit_name
from portfolio.dated import Dated, in_force

OPERATORS = ("=", "≥", "≤", "<", ">", "约", "力争")
# What the dimensions of core/units.py are called; a counted thing is called by its own word, such as 座.
_DIMENSIONS = {
    "area": N_("面积"),
    "length": N_("长度"),
    "volume": N_("体积"),
    "flow": N_("流量"),
    "mass": N_("质量"),
    "mass flow": N_("单位时间的质量"),
    "power": N_("功率"),
    "energy": N_("能量"),
    "money": N_("金额"),
    "ratio": N_("百分比"),
    "points": N_("百分点"),
    "concentration": N_("浓度"),
    "density": N_("单位面积的质量"),
}
# One statement that both databases carry out whole: of two people who name the same new measure at once neither fails.
_NEW_MEASURE = text("INSERT INTO measure (name, dimension) VALUES (:name, :dimension) ON CONFLICT (name) DO NOTHING")


class Measure(SQLModel, table=True):
    """What is counted, with the dimension of its units. One measure has one dimension: 亩 and 万亩 add, 亩 and 米 never."""

    __tablename__ = "measure"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(max_length=80, unique=True)
    dimension: str = Field(max_length=40)


class Quantity(Dated, table=True):
    """A quantity of works that a project or part is to deliver, as printed.

    Units: `value_micro` counts millionths of `unit`. `per` is "year" for a yearly quantity, else null.
    """

    __tablename__ = "quantity"
    __table_args__ = (Index("ix_quantity_project", "project_id"),)

    project_id: int = Field(foreign_key="project.id")
    position: int
    measure_id: int = Field(foreign_key="measure.id", index=True)
    value_micro: int = Field(sa_column=Column(BigInteger, nullable=False))
    unit: str = Field(max_length=40)
    operator: str = Field(max_length=4)
    strive: bool = False
    per: str | None = Field(default=None, max_length=10)
    by_year: int | None = None
    # What its measure weighs among the measures of the project, in millionths of a percent; null: an equal share.
    weight_micro: int | None = Field(default=None, sa_column=Column(BigInteger))
    wording: str = Field(sa_column=Column(Text, nullable=False))
    note: str | None = Field(default=None, sa_column=Column(Text))


class OtherDimension(Broken):
    sentence = N_("工程量指标“%(measure)s”按%(known)s计量，而“%(found)s”是另一类单位。")


class NotAQuantity(Broken):
    sentence = N_("数量填写的是“%(found)s”，应为最多六位小数的数字。")


def measure_named(session: Session, name: str, unit: str) -> Measure:
    """The measure of that name, made when it is new.

    Errors: UnknownUnit; OtherDimension when the measure is counted in units of another kind.
    """
    wanted = dimension(unit)
    query = select(Measure).where(Measure.name == name)
    found = session.exec(query).first()
    if found is None:
        session.execute(_NEW_MEASURE, {"name": name, "dimension": wanted})
        found = session.exec(query).one()
    check_dimension(found, unit)
    return found


def check_dimension(measure: Measure, unit: str) -> None:
    """Errors: UnknownUnit, OtherDimension."""
    if measure.dimension != dimension(unit):
        known = _DIMENSIONS.get(measure.dimension) or measure.dimension.removeprefix("count of ")
        raise OtherDimension(field="unit", measure=measure.name, known=known, found=unit)


def add_quantity(
    session: Session,
    project_id: int,
    *,
    position: int,
    measure: str,
    value: str,
    unit: str,
    operator: str,
    strive: bool = False,
    per: str | None = None,
    by_year: int | None = None,
    wording: str,
    note: str | None = None,
    from_quarter: int,
) -> Quantity:
    """Errors: UnknownUnit, OtherDimension, NotAQuantity."""
    kept_unit = unit_name(unit)
    try:
        value_micro = micro_from_text(value)
    except (ValueError, ArithmeticError) as error:
        raise NotAQuantity(field="value", found=value) from error
    measure_id = measure_named(session, measure, kept_unit).id
    assert measure_id is not None
    row = Quantity(
        project_id=project_id,
        position=position,
        measure_id=measure_id,
        value_micro=value_micro,
        unit=kept_unit,
        operator=operator,
        strive=strive,
        per=per,
        by_year=by_year,
        wording=wording,
        note=note,
        effective_from=from_quarter,
    )
    session.add(row)
    session.flush()
    return row


def quantities_of(session: Session, project_ids: list[int], quarter: int) -> dict[int, list[tuple[Quantity, str]]]:
    """The quantities of several projects that hold in a quarter, each with its measure's name, by project id."""
    found: dict[int, list[tuple[Quantity, str]]] = {id_: [] for id_ in project_ids}
    rows = session.exec(
        select(Quantity, Measure.name)
        .join(Measure, col(Measure.id) == Quantity.measure_id)
        .where(col(Quantity.project_id).in_(project_ids), in_force(Quantity, quarter))
        .order_by(col(Quantity.project_id), col(Quantity.position), col(Quantity.id))
    )
    for quantity, name in rows:
        found[quantity.project_id].append((quantity, name))
    return found
