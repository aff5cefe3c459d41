"""The self-check: every headline by a second path, streamed over the facts with whole numbers, not by the same SQL."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, SQLModel, col, select

from budgets.estimates import Estimate, package_amounts, refresh_listing
from core.calendar import current_quarter, quarter_of
from core.database import select_columns
from portfolio import listing
from portfolio.access import OPERATOR_READER
from portfolio.dated import Dated
from portfolio.departments import Department
from portfolio.plans import Plan, headings
from portfolio.projects import (
    PlanListing,
    Project,
    ProjectBody,
    ProjectGram,
    ProjectListing,
    ProjectProgramme,
    ProjectState,
)
from reports.rollup import Scope, estimate_rollup

_CHUNK = 2000


@dataclass(frozen=True)
class Mismatch:
    """A figure that came out differently on the two paths."""

    what: str
    shown: Any
    recomputed: Any

    def __str__(self) -> str:
        return f"{self.what}: {self.shown} ≠ {self.recomputed}"


def mismatches(session: Session, quarter: int | None = None) -> list[Mismatch]:
    """Everything that does not agree, of the roll-ups as of a quarter and of the derived project list."""
    at = current_quarter() if quarter is None else quarter
    return [*_rollup_mismatches(session, at), *_listing_mismatches(session), *_package_mismatches(session, at)]


def _stream(session: Session, table: type[SQLModel]) -> Iterator[Any]:
    return iter(session.exec(select(table).execution_options(yield_per=_CHUNK)))


def _holding(session: Session, table: type[Dated], quarter: int) -> Iterator[Any]:
    """The rows of a dated table that hold in a quarter, judged in Python."""
    for row in _stream(session, table):
        if row.effective_from <= quarter and (row.effective_until is None or row.effective_until > quarter):
            yield row


@dataclass
class _Sum:
    projects: int = 0
    leaves: int = 0
    missing: int = 0
    fen: int | None = None

    def add(self, leaves: int, missing: int, fen: int | None) -> None:
        self.projects += 1
        self.leaves += leaves
        self.missing += missing
        if fen is not None:
            self.fen = (self.fen or 0) + fen


def _recomputed(session: Session, quarter: int) -> dict[str, dict[tuple[Any, ...], _Sum]]:
    """The sums by plan, by plan and programme, by plan and department, by plan and last year."""
    members = {row.project_id: row.programme_id for row in _holding(session, ProjectProgramme, quarter)}
    leads = {row.project_id: row.department_id for row in _holding(session, ProjectBody, quarter) if row.role == "lead"}
    amounts = {row.project_id: row.amount_fen for row in _holding(session, Estimate, quarter)}
    states: dict[int, tuple[Any, ...]] = {}
    for row in _stream(session, ProjectState):
        if quarter_of(row.since_on) <= quarter:
            states[row.project_id] = max(
                states.get(row.project_id, (row.since_on, 0, "")), (row.since_on, row.id, row.state)
            )
    plans = {row.id: row.code for row in _stream(session, Plan)}
    departments = {row.id: row.name for row in _stream(session, Department)}
    tree = headings(session)
    parts: dict[int, list[int]] = defaultdict(list)
    tops = []
    for row in _stream(session, Project):
        if row.archived_at is None and row.parent_id is not None:
            parts[row.parent_id].append(row.id)
        elif row.archived_at is None:
            tops.append((row.id, row.plan_id, row.last_year))
    found: dict[str, dict[tuple[Any, ...], _Sum]] = {name: defaultdict(_Sum) for name in _GROUPINGS}
    for id_, plan_id, last_year in tops:
        if id_ not in members or states.get(id_, (None, 0, ""))[2] == "ended":
            continue
        own, below = amounts.get(id_), [amounts.get(part) for part in parts[id_]]
        known = [amount for amount in below if amount is not None]
        fen = own if own is not None else (sum(known) if known else None)
        missing = 0 if own is not None else (len(below) - len(known) if below else 1)
        keys = {
            "plan": (plans[plan_id],),
            "plan,programme": (plans[plan_id], tree[members[id_]].name_at(1)),
            "plan,department": (plans[plan_id], departments.get(leads.get(id_))),
            "plan,last_year": (plans[plan_id], last_year),
        }
        for name, key in keys.items():
            found[name][key].add(len(below) or 1, missing, fen)
    return found


_GROUPINGS = ("plan", "plan,programme", "plan,department", "plan,last_year")


def _rollup_mismatches(session: Session, quarter: int) -> list[Mismatch]:
    found: list[Mismatch] = []
    recomputed = _recomputed(session, quarter)
    for name in _GROUPINGS:
        rows = estimate_rollup(session, OPERATOR_READER, Scope(quarter), name.split(","))
        shown = {row.keys: (row.projects, row.leaves, row.without_estimate, row.estimate_fen) for row in rows}
        again = {key: (s.projects, s.leaves, s.missing, s.fen) for key, s in recomputed[name].items()}
        for key in sorted(shown.keys() | again.keys(), key=str):
            if shown.get(key) != again.get(key):
                found.append(Mismatch(f"roll-up by {name} {key}", shown.get(key), again.get(key)))
    return found


@dataclass
class _ListSum:
    """What the rows of one plan in the project list add up to."""

    projects: int = 0
    known: int = 0
    estimate_fen: int = 0
    ended: int = 0
    ended_known: int = 0
    ended_fen: int = 0

    def add(self, fen: int | None, *, ended: bool) -> None:
        self.projects += 1
        self.ended += ended
        if fen is not None:
            self.known += 1
            self.estimate_fen += fen
        if fen is not None and ended:
            self.ended_known += 1
            self.ended_fen += fen


def _listing_mismatches(session: Session) -> list[Mismatch]:
    """Where the derived list of projects, its search index or its sums by plan are not what the facts give."""
    found: list[Mismatch] = []
    sums: dict[int, _ListSum] = defaultdict(_ListSum)
    quarter = current_quarter()
    ids = [
        id_
        for id_ in session.exec(select(Project.id).where(col(Project.parent_id).is_(None)).order_by(col(Project.id)))
        if id_ is not None
    ]
    for start in range(0, len(ids), _CHUNK):
        batch = ids[start : start + _CHUNK]
        rows, entries = listing.derived(session, batch, quarter)
        amounts = package_amounts(session, batch, quarter)
        wanted = {row["project_id"]: row | {"estimate_fen": amounts[row["project_id"]]} for row in rows}
        for row in wanted.values():
            sums[row["plan_id"]].add(row["estimate_fen"], ended=row["state"] == "ended")
        held = {
            row.project_id: row.model_dump()
            for row in session.exec(select(ProjectListing).where(col(ProjectListing.project_id).in_(batch)))
        }
        for id_ in sorted(wanted.keys() | held.keys()):
            if wanted.get(id_) != held.get(id_):
                found.append(Mismatch(f"project list, project {id_}", held.get(id_), wanted.get(id_)))
        grams = {(entry["gram"], entry["project_id"]) for entry in entries}
        kept = set(
            session.exec(
                select(ProjectGram.gram, ProjectGram.project_id).where(col(ProjectGram.project_id).in_(batch))
            ).all()
        )
        if grams != kept:
            found.append(Mismatch(f"search index, projects {batch[0]}–{batch[-1]}", len(kept), len(grams)))
    return found + _sum_mismatches(session, sums)


def _sum_mismatches(session: Session, recounted: dict[int, _ListSum]) -> list[Mismatch]:
    """Where what was counted for a plan is not what its rows come to; a plan without a row has nothing in the list."""
    kept = PlanListing
    sums = (kept.projects, kept.known, kept.estimate_fen, kept.ended, kept.ended_known, kept.ended_fen)
    held = {id_: _ListSum(*row) for id_, *row in session.execute(select_columns(kept.plan_id, *sums))}
    return [
        Mismatch(f"sums of the project list, plan {id_}", held.get(id_, _ListSum()), recounted.get(id_, _ListSum()))
        for id_ in sorted(held.keys() | recounted.keys())
        if held.get(id_, _ListSum()) != recounted.get(id_, _ListSum())
    ]


def _package_mismatches(session: Session, quarter: int) -> list[Mismatch]:
    """Packages whose parts, all known, do not add up to the package's own estimate."""
    amounts = {row.project_id: row.amount_fen for row in _holding(session, Estimate, quarter)}
    parts: dict[int, list[int | None]] = defaultdict(list)
    for row in _stream(session, Project):
        if row.parent_id is not None and row.archived_at is None:
            parts[row.parent_id].append(amounts.get(row.id))
    return [
        Mismatch(f"package {id_}", amounts[id_], sum(known))
        for id_, below in sorted(parts.items())
        if amounts.get(id_) is not None
        and len(known := [amount for amount in below if amount is not None]) == len(below)
        and sum(known) != amounts[id_]
    ]


def rebuild(session: Session) -> int:
    """Makes the derived project list, its search index and its sums by plan anew; the number of projects comes back."""
    ids = [id_ for id_ in session.exec(select(Project.id).where(col(Project.parent_id).is_(None))) if id_ is not None]
    for start in range(0, len(ids), _CHUNK):
        listing.refresh(session, ids[start : start + _CHUNK])
        refresh_listing(session, ids[start : start + _CHUNK])
    listing.count_anew(session)
    return len(ids)
