"""Which projects carry an indicator, and with how much: the rows that its planned and its rolled-up figures are made of."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlmodel import Session, col

from core.database import select_columns
from core.units import converted, plain_unit
from milestones.indicator_rollup import TIER_NAMES, Amounts, MeasureTerms, RuleTerms
from portfolio.access import Reader
from portfolio.projects import Project


@dataclass(frozen=True)
class Contribution:
    """What one project has of one measure of an indicator's rule, in the plain unit of the measure.

    `hidden`: these are so many projects of lower plans together that the reader may not see; they have no name then, only sums.
    `counted` is what the roll-up counts: the rule's tier with its lag. `inside` may already lie in another project's, so that
    the low reading leaves it out. `supported`: a lower plan's project that is linked to a programme of this plan.
    """

    project_id: int
    project: str
    name: str
    measure: str
    unit: str
    terms: MeasureTerms
    supported: bool = False
    planned: Fraction | None = None
    claimed: Fraction | None = None
    verified: Fraction | None = None
    surviving: Fraction | None = None
    counted: Fraction | None = None
    inside: Fraction | None = None
    timeless: int = 0
    hidden: int = 0


def contributions(
    rule: RuleTerms | None, amounts: Iterable[Amounts], named: Mapping[str, tuple[int, str]]
) -> tuple[Contribution, ...]:
    """One row per project and measure, own projects before linked ones. `amounts` are those per project of the plan.

    Projects that are not `named` are one row per measure, so that the rows still add up to the figure.
    """
    groups: dict[tuple[bool, bool, str, int], list[Amounts]] = defaultdict(list)
    for one in amounts:
        if rule is not None and rule.measure(one.measure_id) is not None and one.project is not None:
            hidden = one.project not in named
            groups[one.supported, hidden, "" if hidden else one.project, one.measure_id].append(one)
    return tuple(
        _row(terms, supported, project, named, found)
        for (supported, _, project, measure_id), found in sorted(groups.items(), key=lambda item: item[0])
        if rule is not None and (terms := rule.measure(measure_id)) is not None
    )


def _row(
    terms: MeasureTerms,
    supported: bool,
    project: str,
    named: Mapping[str, tuple[int, str]],
    amounts: Sequence[Amounts],
) -> Contribution:
    written = [one.unit for one in amounts if one.planned is not None] or [one.unit for one in amounts]
    unit = min(map(plain_unit, written))
    sums: dict[str, Fraction] = {}
    for one in amounts:
        found = {name: getattr(one, name) for name in TIER_NAMES} if one.lag == 0 else {}
        if one.lag == terms.lag_years:
            found["counted"] = getattr(one, terms.tier)
        for name, quantity in found.items():
            if quantity is not None:
                sums[name] = sums.get(name, Fraction(0)) + converted(quantity, one.unit, unit)
    project_id, name = named.get(project, (0, project))
    hidden = 0 if project else len({one.project for one in amounts})
    timeless = sum(one.timeless for one in amounts)
    return Contribution(
        project_id, project, name, terms.measure, unit, terms, supported, **sums, timeless=timeless, hidden=hidden
    )


def project_names(session: Session, reader: Reader, codes: Iterable[str]) -> dict[str, tuple[int, str]]:
    """The ids and names of projects by their codes, of those that the reader may see."""
    query = select_columns(Project.code, Project.id, Project.name).where(
        col(Project.code).in_(set(codes)),
        reader.sees(Project.plan_id),  # type: ignore[arg-type]
    )
    return {code: (id_, name) for code, id_, name in session.execute(query)}
