"""Indicators and commitments of the report: how far each indicator is, and what of each commitment is done."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlmodel import Session, col

from core.database import batches, select_columns
from core.units import converted
from milestones.commitments import Commitment
from portfolio.access import Reader
from portfolio.citations import citations_of
from portfolio.plans import Plan
from reports.exports import commitments_of, contradictions_of
from reports.indicator_records import promises_by_plan
from reports.indicators import IndicatorFigures, indicator_figures
from reports.overview import PlanOverview
from reports.quarterly_rows import ProjectRow
from reports.quarterly_scope import DEPARTMENT, PROGRAMME, Asked

BINDING = "约束性"
_BATCH = 500


@dataclass(frozen=True)
class Standing:
    """An indicator with its figures and where the plan prints it: (table or box, first line, last line), None: not cited."""

    figures: IndicatorFigures
    source: tuple[str | None, int, int] | None

    @property
    def binding(self) -> bool:
        return self.figures.nature == BINDING


@dataclass(frozen=True)
class Fulfilment:
    """What of a commitment is done by the projects that carry it. Units: exact fractions of `unit`, that of the commitment.

    `goal` counts a yearly commitment for every year. None: nothing was verified yet (未填报), no project carries it, or the
    commitment is a limit and not works to be done.
    """

    goal: Fraction | None
    unit: str
    claimed: Fraction | None
    verified: Fraction | None

    @property
    def completion(self) -> Fraction | None:
        """Verified / goal, uncapped; None where no project reported anything, or there is no goal."""
        return None if not self.goal or self.claimed is None else (self.verified or Fraction(0)) / self.goal


@dataclass(frozen=True)
class CommitmentRow:
    """A commitment as the plan prints it (reports/exports.py), and what of it is done."""

    printed: Mapping[str, Any]
    fulfilment: Fulfilment


def standings(session: Session, reader: Reader, asked: Asked, codes: Collection[str]) -> tuple[Standing, ...]:
    """Every indicator of the plans; of a programme or department only those that its projects (these codes) carry."""
    found = indicator_figures(session, reader, asked.scope, with_contributions=asked.narrow)
    if asked.narrow:
        kept = frozenset(codes)
        found = [one for one in found if any(part.project in kept for part in one.contributions)]
    cited: dict[int, tuple[str | None, int, int]] = {}
    for ids in batches((one.indicator_id for one in found), _BATCH):
        for id_, rows in citations_of(session, "indicator", ids).items():
            main = next((one for one in rows if one.role == "main" and one.field == ""), None)
            if main is not None:
                cited[id_] = (main.table_label, main.first_line, main.last_line)
    return tuple(Standing(one, cited.get(one.indicator_id)) for one in found)


def commitment_rows(
    session: Session, reader: Reader, asked: Asked, plans: Sequence[PlanOverview], rows_of: Sequence[ProjectRow]
) -> tuple[CommitmentRow, ...]:
    """Every commitment of the plans that have some; of a programme or department those that it or its projects carry."""
    codes = {row.code for row in rows_of}
    having = {one.code for one in plans if one.commitments}
    rows = [row for plan in asked.plans if plan.code in having for row in commitments_of(session, plan, asked.quarter)]
    rows = [row for row in rows if _concerns(asked, row, codes)]
    if not rows:
        return ()
    goals = _goals(session, reader, asked)
    done = {
        (row.code, one.figures.measure_id): (one.figures.claimed, one.figures.verified, one.figures.unit)
        for row in rows_of
        for one in row.works
    }
    return tuple(CommitmentRow(row, _fulfilment(row, goals, done)) for row in rows)


def _concerns(asked: Asked, row: Mapping[str, Any], codes: Collection[str]) -> bool:
    if not asked.narrow or set(row["projects"]) & set(codes):
        return True
    field = {PROGRAMME: "programme", DEPARTMENT: "department"}[asked.wanted.kind]
    return bool(row[field] == asked.wanted.name)


def _goals(session: Session, reader: Reader, asked: Asked) -> dict[tuple[str, str], tuple[tuple[Fraction, str], int]]:
    """What each commitment comes to over its years, and its measure, by plan code and key; limits are not among them."""
    columns = (Commitment.id, Plan.code, Commitment.key, Commitment.measure_id)
    query = select_columns(*columns).join(Plan, col(Plan.id) == Commitment.plan_id)
    known = session.execute(query.where(col(Plan.id).in_(asked.scope.plan_ids or ()))).all()
    promised = promises_by_plan(session, reader, asked.scope, {row.measure_id for row in known})
    amounts = {one.commitment_id: (one.quantity, one.unit) for some in promised.values() for one, _ in some}
    return {(code, key): (amounts[id_], measure_id) for id_, code, key, measure_id in known if id_ in amounts}


_Done = Mapping[tuple[str, int], tuple[Fraction | None, Fraction | None, str]]


def _fulfilment(
    row: Mapping[str, Any], goals: Mapping[tuple[str, str], tuple[tuple[Fraction, str], int]], done: _Done
) -> Fulfilment:
    found = goals.get((row["plan"], row["key"]))
    if found is None:
        return Fulfilment(None, row["unit"], None, None)
    (goal, unit), measure_id = found
    sums: list[list[Fraction]] = [[], []]
    for code in row["projects"]:
        *amounts, own = done.get((code, measure_id), (None, None, unit))
        for place, amount in enumerate(amounts):
            if amount is not None:
                sums[place].append(converted(amount, own, unit))
    claimed, verified = (sum(some, Fraction(0)) if some else None for some in sums)
    return Fulfilment(goal, unit, claimed, verified)


def contradiction_rows(
    session: Session, asked: Asked, plans: Sequence[PlanOverview], codes: Collection[str]
) -> tuple[dict[str, Any], ...]:
    """Every contradiction of the plans that have some; of a programme or department those about it or its projects."""
    having = {one.code for one in plans if one.contradictions}
    rows = [
        row for plan in asked.plans if plan.code in having for row in contradictions_of(session, plan, asked.quarter)
    ]
    if not asked.narrow:
        return tuple(rows)
    kept = set(codes)
    return tuple(row for row in rows if row["subject"] in kept)
