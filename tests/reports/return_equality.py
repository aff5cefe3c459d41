"""When two values of a cell say the same: what tests of returns compare with."""

from fractions import Fraction

from core.units import converted
from milestones.works import NOT_APPLICABLE
from reports.return_fields import FIELDS, MONEY, QUANTITY, CellKey, work_of


def same_value(key: CellKey, one: str | None, other: str | None) -> bool:
    """Whether two values say the same: 1 万亩 is 10000 亩; money of which nothing is recorded is 0."""
    kind = FIELDS[key.field].kind
    if kind == MONEY:
        return int(one or 0) == int(other or 0)
    if one == other or kind != QUANTITY:
        return one == other
    if None in (one, other) or NOT_APPLICABLE in (one, other):
        return False
    (had, of), (has, to) = work_of(one or ""), work_of(other or "")
    return converted(Fraction(had), of, to) == has
