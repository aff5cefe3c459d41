"""上期更正 of a report: what was posted in its period (as corrected: since then, too) but happened before it, fact by fact.

Source: domain page, section 9. The money rows of each figure add up to its 上期更正 in reports/money_movement.py.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlmodel import Session, col

from budgets.entries import LedgerEntry
from budgets.lines import YEAR, BudgetLine
from core.calendar import day_of, quarter_before
from core.database import select_columns
from core.errors import N_
from core.units import MICRO, converted
from milestones.milestone_reading import milestone_dates
from milestones.milestones import ACTUAL, WITHDRAWN, Milestone, MilestoneReport
from milestones.quantities import Measure
from milestones.works import WorkEntry
from portfolio.corrections import Correction, CorrectionFact
from portfolio.facts import AS_ISSUED, counted
from portfolio.projects import Project
from portfolio.states import not_archived
from reports.money_figures import STAGE_COLUMNS
from reports.money_movement import BUDGET, Movement, movement_windows
from reports.quarterly_rows import ProjectRow
from reports.quarterly_scope import Asked
from reports.reported_states import ended_projects
from reports.rollup import Scope
from reports.works import works_of_projects

MONEY, WORKS, MILESTONE, READING = "money", "works", "milestone", "reading"
STATE, ARCHIVING, YEARS = "state", "archiving", "years"  # of projects: reports/state_corrections.py
KINDS = {
    MONEY: N_("资金"),
    WORKS: N_("工程量"),
    MILESTONE: N_("节点"),
    READING: N_("监测值"),
    STATE: N_("项目状态"),
    ARCHIVING: N_("归档"),
    YEARS: N_("起止年限"),
}


@dataclass(frozen=True)
class CorrectionRow:
    """One late fact, and what it did to the figure that stood before it (of several to one figure: one after the other).

    `what` is a figure of money (paid_fen, budget_fen), a tier of works, the kind of a milestone or of a change of a project, else
    None; `label` the measure, milestone or indicator. Units: fen, exact fractions of `unit`, days, states and years in words;
    None: nothing stood there. `code` and `name` are those of the leaf, of a reading None. `number` is that of its 更正单, where
    there is one.
    """

    key: str
    kind: str
    what: str | None
    label: str | None
    code: str | None
    name: str | None
    unit: str | None
    before: int | Fraction | date | str | None
    after: int | Fraction | date | str | None
    change: int | Fraction | None
    occurred_quarter: int
    posted_period: int
    document: str | None
    reason: str | None
    approved_by: str | None
    number: int | None
    recorded_on: date | None
    recorded_by: str | None


# What a late fact is of: (leaf id, figure or measure and tier …) and the columns that every fact has.
_COMMON = ("id", "occurred_quarter", "posted_period", "document", "approved_by", "recorded_at", "recorded_by")


@dataclass(frozen=True)
class LateFacts:
    """Where late facts are looked for: the leaves that count, by id: (code, name, code of the top-level project)."""

    asked: Asked
    leaves: Mapping[int, tuple[str, str, str]]

    def window(self, table: Any) -> list[Any]:
        scope = self.asked.scope
        late = movement_windows(table, scope.edition, self.asked.first)[1]
        return [counted(table, scope.quarter, scope.edition), late]

    @property
    def before(self) -> Scope:
        """What had been issued before the period began."""
        return Scope(quarter_before(self.asked.first), self.asked.scope.plan_ids, AS_ISSUED)


def correction_rows(session: Session, asked: Asked, rows: Iterable[ProjectRow]) -> tuple[CorrectionRow, ...]:
    """Late money, works and milestones of these projects, in this order; readings stand in correction_readings.py."""
    tops = {row.project_id: row for row in rows}
    leaves = {id_: (row.code, row.name, row.code) for id_, row in tops.items()}
    late = LateFacts(asked, leaves | _parts(session, asked, {id_: row.code for id_, row in tops.items()}))
    moved = {row.code: {} if row.money is None else row.money.moved for row in tops.values()}
    forms = _forms(session, asked)
    found = [*_money(session, late, moved), *_works(session, late), *_milestones(session, late)]
    return tuple(_finished(found, forms))


def _parts(session: Session, asked: Asked, tops: Mapping[int, str]) -> dict[int, tuple[str, str, str]]:
    """Every part that is neither archived nor ended; also one that was added since, because its money counts (money_queries)."""
    query = select_columns(Project.id, Project.code, Project.name, Project.parent_id).where(
        col(Project.parent_id).is_not(None),
        col(Project.plan_id).in_(asked.scope.plan_ids or ()),
        not_archived(Project, asked.quarter, asked.scope.edition),
        col(Project.id).not_in(ended_projects(asked.quarter, asked.scope.edition)),
    )
    return {id_: (code, name, tops[above]) for id_, code, name, above in session.execute(query) if above in tops}


_Pending = tuple[
    str, int, dict[str, Any], str | None
]  # subject and id of the fact, the fields of its row, its own reason


def _forms(session: Session, asked: Asked) -> dict[tuple[str, int], tuple[int, str, str | None]]:
    """The 更正单 of each fact: its number, reason and who approved it."""
    query = (
        select_columns(CorrectionFact.subject, CorrectionFact.subject_id, Correction.number, Correction.reason)
        .add_columns(col(Correction.decided_by))
        .join(Correction, col(Correction.id) == CorrectionFact.correction_id)
        .where(col(Correction.plan_id).in_(asked.scope.plan_ids or ()), col(Correction.state) == "approved")
    )
    return {(subject, id_): tuple(form) for subject, id_, *form in session.execute(query)}


def _finished(
    found: list[_Pending], forms: Mapping[tuple[str, int], tuple[int, str, str | None]]
) -> Iterator[CorrectionRow]:
    """The rows with their 更正单, each under a key that does not depend on how the database numbers its rows."""
    seen: dict[str, int] = defaultdict(int)
    for subject, id_, fields, reason in found:
        number, why, decided_by = forms.get((subject, id_), (None, None, None))
        parts = (fields["kind"], fields["code"], fields["what"], fields["label"], fields["occurred_quarter"])
        stem = "/".join(str(part) for part in parts if part is not None)
        seen[stem] += 1
        yield CorrectionRow(
            **(fields | {"approved_by": decided_by or fields["approved_by"]}),
            key=f"{stem}/{seen[stem]}",
            reason=reason or why,
            number=number,
        )


def _money(session: Session, late: LateFacts, moved: Mapping[str, Mapping[str, Movement]]) -> Iterator[_Pending]:
    """Entries and plan lines; what stood before is what the project had of the figure, as it was issued."""
    entry, line = LedgerEntry, BudgetLine
    order = (col(entry.project_id), col(entry.stage), col(entry.occurred_on), col(entry.id))
    columns = [getattr(entry, name) for name in (*_COMMON, "project_id", "stage", "amount_fen", "correction_reason")]
    rows = session.execute(select_columns(*columns).where(*late.window(entry)).order_by(*order)).all()
    found = [("ledger_entry", row, STAGE_COLUMNS[row.stage], row.amount_fen, row.correction_reason) for row in rows]
    names = (*_COMMON, "project_id", "change_fen", "carried_change_fen", "reason")
    query = select_columns(*(getattr(line, name) for name in names)).where(*late.window(line), col(line.span) == YEAR)
    for row in session.execute(query.order_by(col(line.project_id), col(line.occurred_on), col(line.id))):
        found.append(("budget_line", row, BUDGET, row.change_fen - (row.carried_change_fen or 0), row.reason))
    standing: dict[tuple[str, str], int] = {}
    for subject, row, figure, fen, reason in found:
        if row.project_id not in late.leaves:
            continue
        code, name, top = late.leaves[row.project_id]
        opening = moved.get(top, {}).get(figure)
        before = standing.get((top, figure), 0 if opening is None else opening.opening_fen)
        standing[top, figure] = before + fen
        fields = _fields(row, MONEY, figure, None, code, name, None) | _effect(before, before + fen, fen)
        yield subject, row.id, fields, reason


def _works(session: Session, late: LateFacts) -> Iterator[_Pending]:
    entry = WorkEntry
    names = (*_COMMON, "project_id", "measure_id", "tier", "quantity_micro", "unit", "correction_reason")
    query = (
        select_columns(*(getattr(entry, name) for name in names), Measure.name.label("measure"))  # type: ignore[attr-defined]
        .join(Measure, col(Measure.id) == entry.measure_id)
        .where(*late.window(entry))
        .order_by(col(entry.project_id), col(entry.measure_id), col(entry.tier), col(entry.occurred_on), col(entry.id))
    )
    rows = [row for row in session.execute(query) if row.project_id in late.leaves]
    if not rows:
        return
    before_it = works_of_projects(session, late.before, {row.project_id for row in rows})
    opening = {(one.ids[0], one.measure_id): one for one in before_it}
    standing: dict[tuple[int, int, str], tuple[Fraction | None, str]] = {}
    for row in rows:
        code, name, _ = late.leaves[row.project_id]
        figures = opening.get((row.project_id, row.measure_id))
        first = (None, row.unit) if figures is None else (getattr(figures, row.tier), figures.unit)
        held, unit = standing.get((row.project_id, row.measure_id, row.tier), first)
        before = None if held is None else converted(held, unit, row.unit)
        change = None if row.quantity_micro is None else Fraction(row.quantity_micro, MICRO)
        after = before if change is None else (before or Fraction(0)) + change
        standing[row.project_id, row.measure_id, row.tier] = (after, row.unit)
        fields = _fields(row, WORKS, row.tier, row.measure, code, name, row.unit) | _effect(before, after, change)
        yield "work_entry", row.id, fields, row.correction_reason


def _milestones(session: Session, late: LateFacts) -> Iterator[_Pending]:
    report, milestone = MilestoneReport, Milestone
    names = (*_COMMON, "milestone_id", "met_on", "correction_reason")
    query = (
        select_columns(*(getattr(report, name) for name in names), milestone.project_id, milestone.kind, milestone.name)
        .join(milestone, col(milestone.id) == report.milestone_id)
        .where(*late.window(report), col(report.kind).in_((ACTUAL, WITHDRAWN)))
        .order_by(col(milestone.project_id), col(milestone.position), col(report.approved_at), col(report.id))
    )
    rows = [row for row in session.execute(query) if row.project_id in late.leaves]
    if not rows:
        return
    limit = select_columns(Project.id).where(col(Project.plan_id).in_(late.before.plan_ids or ()))
    dates = milestone_dates(late.before.quarter, AS_ISSUED, limit)
    standing = dict(session.execute(select_columns(dates.c.milestone_id, dates.c.actual_on)).all())
    for row in rows:
        code, name, _ = late.leaves[row.project_id]
        before = standing.get(row.milestone_id)
        standing[row.milestone_id] = row.met_on
        fields = _fields(row, MILESTONE, row.kind, row.name, code, name, None) | _effect(before, row.met_on, None)
        yield "milestone_report", row.id, fields, row.correction_reason


def _fields(
    row: Any, kind: str, what: str | None, label: str | None, code: str | None, name: str | None, unit: str | None
) -> dict[str, Any]:
    return {
        "kind": kind,
        "what": what,
        "label": label,
        "code": code,
        "name": name,
        "unit": unit,
        "occurred_quarter": row.occurred_quarter,
        "posted_period": row.posted_period,
        "document": row.document,
        "approved_by": row.approved_by,
        "recorded_on": day_of(row.recorded_at),
        "recorded_by": row.recorded_by,
    }


def _effect(before: Any, after: Any, change: Any) -> dict[str, Any]:
    return {"before": before, "after": after, "change": change}
