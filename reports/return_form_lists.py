"""What the drop-downs of a return's workbook offer; it stands on a hidden sheet."""

from collections.abc import Iterable, Sequence

from budgets.entries import NEEDS_SOURCE, STAGES
from core.units import UnknownUnit, dimension, plain_unit
from portfolio.projects import STATES
from reports.findings import Words
from reports.return_form import TICK, FormRow, units_list
from reports.return_scope import ReturnScope

# What offices count in, before whatever else stands in the rows.
_OFFERED = {
    "area": ("亩", "万亩", "公顷", "平方公里", "平方米"),
    "length": ("米", "公里"),
    "volume": ("立方米", "万立方米"),
    "flow": ("立方米/日", "万立方米/日", "立方米/年", "万立方米/年"),
    "mass": ("吨", "万吨", "千克"),
}


def form_lists(
    words: Words, scope: ReturnScope, codes: Iterable[str], works: Sequence[FormRow]
) -> dict[str, tuple[str, ...]]:
    """The lists by name: states, stages, sources, codes, 不适用, and the units of each dimension that is asked for."""
    say = words.say
    lists = {
        "states": tuple(say(name) for name in STATES.values()),
        "stages": tuple(say(name) for key, name in STAGES.items() if key in NEEDS_SOURCE),
        "sources": tuple(node.source.name for node in scope.sources.values() if node.takes_money),
        "codes": tuple(codes),
        "ticks": (say(TICK),),
    }
    for measured in sorted({row.dimension for row in works if row.dimension}):
        lists[units_list(measured)] = _units(measured, works)
    return lists


def _units(measured: str, works: Sequence[FormRow]) -> tuple[str, ...]:
    """The units that are offered for a dimension: those that offices count in, and those that stand in the rows."""
    found = dict.fromkeys(_OFFERED.get(measured, ()))
    for row in works:
        unit = row.filled.get("unit")
        if row.dimension == measured and isinstance(unit, str):
            found |= dict.fromkeys(
                one for one in (unit, plain_unit(unit), f"万{plain_unit(unit)}") if _is(one, measured)
            )
    return tuple(found)


def _is(unit: str, measured: str) -> bool:
    try:
        return dimension(unit) == measured
    except UnknownUnit:
        return False
