"""What the API shows of scenarios, for its description: nothing here reads or checks."""

from typing import Literal

from web.api_fact_shapes import Decimal, Pair, Quarter, Shape

ChangeKind = Literal["factor", "survival", "target", "finish"]


class ChangeableRow(Shape):
    """`change` is the key that a change begins with; `now` null where the plan does not say it."""

    change: str
    kind: ChangeKind
    of: str
    what: str | None
    unit: str | None
    now: str | None


class ScenarioChange(Shape):
    kind: ChangeKind
    of: str
    what: str
    before: str
    after: str


class ScenarioFigures(Shape):
    """An indicator: rounded to four decimals, and exact."""

    verdict: str
    works_unit: str
    rolled_up: Decimal | None
    rolled_up_exact: Pair | None
    if_all_finished: Decimal | None
    if_all_finished_exact: Pair | None
    if_all_finished_low: Decimal | None
    if_all_finished_low_exact: Pair | None
    if_commitments_kept: Decimal | None
    if_commitments_kept_exact: Pair | None
    if_commitments_kept_low: Decimal | None
    if_commitments_kept_low_exact: Pair | None
    needed: Decimal | None
    needed_exact: Pair | None
    planned: Decimal | None
    planned_exact: Pair | None
    gap: Decimal | None
    gap_exact: Pair | None
    gap_low: Decimal | None
    gap_low_exact: Pair | None
    support_pct: Decimal | None
    support_pct_exact: Pair | None


class ScenarioMoved(Shape):
    plan: str
    no: str
    name: str
    unit: str
    before: ScenarioFigures
    after: ScenarioFigures


class ScenarioShape(Shape):
    """What moves with the changes; `still`: how many indicators do not."""

    plan: str
    quarter: Quarter
    edition: Literal["as-corrected", "as-issued"]
    changes: list[ScenarioChange]
    moved: list[ScenarioMoved]
    still: int
