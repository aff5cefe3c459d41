"""The money of one project on its page: what is planned, the five stages, the gap, and what waits, as of a quarter and edition.

The figures are those of the roll-up, so that 口径 opens each of them. A project that stands in no roll-up (ended, archived, not
yet under a heading) shows what its ledger and plans hold, without a way to 口径.
"""

from dataclasses import dataclass

from sqlmodel import Session

from budgets.entries import STAGES
from budgets.gap import funding_of
from budgets.ledger_list import LedgerFilter
from budgets.ledger_sums import StageSums, sums_of
from portfolio.access import Reader
from portfolio.facts import AS_ISSUED
from reports.money import money_rollup
from reports.money_groups import Group
from reports.project_sheet import ProjectSheet
from reports.rollup import Scope


@dataclass(frozen=True)
class ProjectMoney:
    """What a project's page says of money.

    Units: fen. `stages` holds the approved money by stage, `waiting` what was recorded by the quarter and is not approved yet.
    `budget_fen` is None without an approved yearly plan; `estimate_fen` and `gap_fen` are None without an estimate.
    `explained` tells whether the figures are the roll-up's.
    """

    estimate_fen: int | None
    secured_fen: int
    gap_fen: int | None
    excess_fen: int | None
    budget_fen: int | None
    stages: dict[str, int]
    waiting: dict[str, StageSums]
    explained: bool

    @property
    def largest_fen(self) -> int:
        """What a full bar stands for: the estimate, or whatever is more."""
        return max(self.estimate_fen or 0, self.secured_fen, *self.stages.values(), 0)


def project_money(session: Session, reader: Reader, sheet: ProjectSheet, quarter: int, edition: str) -> ProjectMoney:
    """The money of a project and its parts.

    Errors: Invalid for an edition that there is not.
    """
    project = sheet.project
    assert project.id is not None
    parts = [*(part.project for part in sheet.parts), *sheet.archived_parts]
    ids = frozenset({project.id, *(part.id for part in parts if part.id is not None)})
    scope = Scope(quarter, frozenset({project.plan_id}), edition)
    rolled = money_rollup(session, reader, scope, ("project",), inside=Group({"project": project.code}))
    found = rolled[0] if rolled else None
    funding = funding_of(session, [project.id], quarter, edition=edition)[project.id]
    recorded = sums_of(session, reader, LedgerFilter(quarter, project_ids=ids, until_quarter=quarter))
    if found is not None:
        stages = {stage: getattr(found, f"{stage}_fen") or 0 for stage in STAGES}
    else:
        then = LedgerFilter(quarter, project_ids=ids, posted_until=quarter)
        counted = sums_of(session, reader, then) if edition == AS_ISSUED else recorded
        stages = {stage: counted[stage].approved_fen for stage in STAGES}
    return ProjectMoney(
        estimate_fen=funding.estimate_fen,
        secured_fen=funding.secured_fen,
        gap_fen=funding.gap_fen,
        excess_fen=funding.excess_fen,
        budget_fen=None if found is None else found.budget_fen,
        stages=stages,
        waiting=recorded,
        explained=found is not None,
    )
