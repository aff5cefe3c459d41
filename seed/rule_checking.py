"""What must hold of a plan's rules beyond their shape: every indicator decided once, every name known, every unit of its kind."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from core.errors import Broken
from core.units import dimension, micro_from_text, unit_name
from milestones.overlapping import lies_in_itself
from seed.checking import SeedFolder, SeedProblem
from seed.rule_records import SeedAmount, SeedKinds, SeedRule, SeedRuleMeasure
from seed.yaml_lines import Place

FILE = "rules.yaml"


def rule_problems(found: SeedFolder, kinds: SeedKinds) -> list[SeedProblem]:
    """Every mistake of the plan's rules.yaml, by file and line."""
    file = found.files[FILE]
    marked = [*_decisions(found, {kind.key for kind in kinds.kinds}), *_numbers(found), *_overlaps(found)]
    return [SeedProblem(file.path, file.line_of(place), message) for place, message in marked]


def _decisions(found: SeedFolder, kinds: set[str]) -> Iterator[tuple[Place, str]]:
    """Every indicator stands once among the rules and reasons, and once among the aggregations; every kind is known."""
    known = {indicator.key for indicator in found.indicators.indicators}
    rules = found.rules
    decided: list[tuple[str, Place]] = [
        (rule.indicator, ("rules", index, "indicator")) for index, rule in enumerate(rules.rules)
    ]
    decided += _listed("cannot", rules.cannot)
    for what, named in (("decided", decided), ("aggregated", _listed("aggregation", rules.aggregation))):
        seen: set[str] = set()
        for key, place in named:
            if key not in known:
                yield place, f"unknown indicator {key}"
            elif key in seen:
                yield place, f"indicator {key} is {what} twice"
            seen.add(key)
        for key in sorted(known - seen):
            yield ("rules",), f"indicator {key} is not {what}"
    for name, records in (("rules", rules.rules), ("cannot", rules.cannot)):
        for index, record in enumerate(records):
            if record.kind is not None and record.kind not in kinds:  # type: ignore[attr-defined]
                yield (name, index, "kind"), f"unknown kind {record.kind}; why_not.yaml must list it"  # type: ignore[attr-defined]


def _listed(name: str, records: list[Any]) -> list[tuple[str, Place]]:
    return [
        (key, (name, index, "indicators", number))
        for index, record in enumerate(records)
        for number, key in enumerate(record.indicators)
    ]


def _numbers(found: SeedFolder) -> Iterator[tuple[Place, str]]:
    """Units are known, values exact, and what is added up is of one dimension."""
    units = {indicator.key: indicator.unit for indicator in found.indicators.indicators}
    measures = _measures_of_projects(found)
    for index, rule in enumerate(found.rules.rules):
        for name in ("whole", "start"):
            amount = getattr(rule, name)
            if amount is not None and amount.value is not None:
                yield from _amount(amount, ("rules", index, name))
        for number, measure in enumerate(rule.measures):
            place: Place = ("rules", index, "measures", number)
            yield from _measure(measure, place, _unit_of(rule, units.get(rule.indicator)), measures)


def _unit_of(rule: SeedRule, own: str | None) -> str | None:
    """The unit in which a rule adds up: of a share its whole's or start's, of a total the indicator's own."""
    if rule.formula == "total":
        return own
    return next((one.unit for one in (rule.whole, rule.start) if one is not None and one.unit is not None), None)


def _amount(amount: SeedAmount, place: Place) -> Iterator[tuple[Place, str]]:
    try:
        unit_name(amount.unit or "")
        micro_from_text(amount.value or "")
    except (Broken, ValueError) as error:
        yield (*place, "value"), str(error)


def _measure(
    measure: SeedRuleMeasure, place: Place, unit: str | None, measures: dict[str, str]
) -> Iterator[tuple[Place, str]]:
    try:
        kind = dimension(unit_name(measure.unit))
    except Broken as error:
        yield (*place, "unit"), str(error)
        return
    if measures.get(measure.measure, kind) != kind:
        yield (*place, "measure"), f"measure {measure.measure} is counted as {measures[measure.measure]} elsewhere"
    if unit is not None and dimension(unit_name(unit)) != kind:
        yield (*place, "unit"), f"{measure.unit} cannot be added up in {unit}"


def _measures_of_projects(found: SeedFolder) -> dict[str, str]:
    owners: list[Any] = [one for project in found.projects.projects for one in (project, *project.parts)]
    quantities = [quantity for owner in owners for quantity in owner.quantities]
    return {one.measure: dimension(unit_name(one.unit)) for one in (*quantities, *found.commitments.commitments)}


def _overlaps(found: SeedFolder) -> Iterator[tuple[Place, str]]:
    """Both projects and the contradiction are known, both projects have a quantity of the measure, and nothing lies in itself."""
    owners: list[Any] = [one for project in found.projects.projects for one in (project, *project.parts)]
    projects = {one.key: one for one in owners}
    contradictions = {one.key for one in found.contradictions.contradictions}
    for index, overlap in enumerate(found.rules.overlaps):
        place: Place = ("overlaps", index)
        if overlap.contradiction not in contradictions:
            yield (*place, "contradiction"), f"unknown contradiction {overlap.contradiction}"
        for name in ("inner", "outer"):
            project = projects.get(getattr(overlap, name))
            if project is None:
                yield (*place, name), f"unknown project {getattr(overlap, name)}"
            elif all(quantity.measure != overlap.measure for quantity in project.quantities):
                yield (*place, name), f"project {project.key} has no quantity of {overlap.measure}"
    yield from _rounds(found)


def _rounds(found: SeedFolder) -> Iterator[tuple[Place, str]]:
    parts = {one.key: {one.key, *(part.key for part in one.parts)} for one in found.projects.projects}
    pairs: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for index, overlap in enumerate(found.rules.overlaps):
        inner, outer = (parts.get(key, {key}) for key in (overlap.inner, overlap.outer))
        added = [(one, other) for one in inner for other in outer]
        if lies_in_itself([*pairs[overlap.measure], *added]):
            yield (
                ("overlaps", index, "inner"),
                f"{overlap.outer} already lies in {overlap.inner}: a round has no low reading",
            )
        else:
            pairs[overlap.measure] += added
