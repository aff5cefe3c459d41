"""Which projects began by their milestones, judged in Python row by row: the self-check's own path beside the queries."""

from collections import defaultdict
from typing import Any

from sqlmodel import Session

from milestones.milestones import ACTUAL, FORECAST, Milestone, MilestonePlan, MilestoneReport
from portfolio.facts import APPROVED, AS_ISSUED
from reports.self_check_reading import holding, stream

_AFTER_START = {"start", "main", "finish", "acceptance", "maintained"}


def begun_by_milestones(session: Session, quarter: int, edition: str) -> set[int]:
    """The projects and parts whose milestone 开工, or a later one, is met by the end of a quarter; without 开工, any."""
    dropped = {row.milestone_id: row.dropped for row in holding(session, MilestonePlan, quarter)}
    reports: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in stream(session, MilestoneReport):
        known = row.state == APPROVED and (edition != AS_ISSUED or row.posted_period <= quarter)
        if known and row.kind != FORECAST:
            reports[row.milestone_id].append((row.approved_at, row.id, row.kind, row.occurred_quarter))
    kinds: dict[int, set[str]] = defaultdict(set)
    met: dict[int, set[str]] = defaultdict(set)
    for row in stream(session, Milestone):
        if dropped.get(row.id, True):
            continue
        kinds[row.project_id].add(row.kind)
        _, _, kind, occurred = max(reports.get(row.id, []), default=(None, None, None, 0))
        if kind == ACTUAL and occurred <= quarter:
            met[row.project_id].add(row.kind)
    return {id_ for id_, found in met.items() if "start" not in kinds[id_] or found & _AFTER_START}
