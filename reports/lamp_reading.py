"""The lamps of many projects as of a quarter: their progress, judged by the rules that hold for each plan then."""

from collections import Counter
from collections.abc import Collection, Iterable

from sqlmodel import Session

from milestones.lamp_editing import active_rules, parameters_of
from milestones.lamp_rules import LampRuleSet
from portfolio.access import Reader
from reports.lamp_words import WORST_FIRST
from reports.lamps import ProjectLamp, Rule, project_lamp
from reports.progress import project_progress
from reports.rollup import Scope


def project_lamps(
    session: Session, reader: Reader, scope: Scope, project_ids: Collection[int] | None = None
) -> dict[int, ProjectLamp]:
    """The lamps of top-level projects by id, in the order of the projects; ended (终止) ones have none.

    Errors: Invalid for an edition that there is not.
    """
    progress = project_progress(session, reader, scope, project_ids)
    held = active_rules(session, scope.quarter, {one.plan_id for one in progress.values()})
    rules = {plan_id: [_rule(row) for row in rows] for plan_id, rows in held.items()}
    return {id_: project_lamp(one, rules.get(one.plan_id, ())) for id_, one in progress.items()}


def _rule(row: LampRuleSet) -> Rule:
    return Rule(row.key, row.kind, row.name, parameters_of(row), row.version)


def lamp_counts(lamps: Iterable[ProjectLamp]) -> dict[str, int]:
    """How many projects have each colour, the worst first."""
    counts = Counter(one.colour for one in lamps)
    return {colour: counts[colour] for colour in WORST_FIRST}
