"""What was approved of each leaf, stage and source by quarter, so that nothing is taken back that was not there.

As of no quarter may a sum fall below zero: what is taken back stays within what had come by the same quarter, and within what
is left in every later one.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from itertools import accumulate

from sqlalchemy import func
from sqlmodel import Session, col

from budgets.entries import APPROVED, LedgerEntry
from core.database import select_columns

Key = tuple[int, str, int | None]  # project, stage, source
Flows = dict[int, int]  # fen by quarter


def approved_flows(session: Session, project_ids: Collection[int]) -> dict[Key, Flows]:
    """What was approved of these projects by (project, stage, source) and the quarter in which it happened."""
    entry = LedgerEntry
    keys = (col(entry.project_id), col(entry.stage), col(entry.source_id), col(entry.occurred_quarter))
    rows = session.execute(
        select_columns(*keys, func.sum(LedgerEntry.amount_fen))
        .where(col(LedgerEntry.state) == APPROVED, col(LedgerEntry.project_id).in_(list(project_ids)))
        .group_by(*keys)
    )
    found: dict[Key, Flows] = defaultdict(dict)
    for project_id, stage, source_id, quarter, fen in rows:
        found[project_id, stage, source_id][quarter] = int(fen)
    return found


def running(flows: Mapping[int, int]) -> Flows:
    """What had come by the end of each quarter that has a flow."""
    quarters = sorted(flows)
    return dict(zip(quarters, accumulate(flows[quarter] for quarter in quarters), strict=True))


def left_to_take(flows: Mapping[int, int], quarter: int) -> int:
    """The most that may be taken back in a quarter: the lowest of what is held at its end and at the end of every later one."""
    sums = running({**flows, quarter: flows.get(quarter, 0)})
    return min(fen for at, fen in sums.items() if at >= quarter)


def falls_below_zero(before: Mapping[int, int], after: Mapping[int, int]) -> int | None:
    """The first quarter at whose end changed flows come to less than zero and to less than before; None where nowhere."""
    quarters = sorted({*before, *after})
    had = running({quarter: before.get(quarter, 0) for quarter in quarters})
    has = running({quarter: after.get(quarter, 0) for quarter in quarters})
    return next((quarter for quarter in quarters if has[quarter] < min(0, had[quarter])), None)
