"""The self-check: every headline by a second path, streamed over the facts with whole numbers, not by the same SQL."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from budgets.estimates import Estimate, package_amounts, refresh_listing
from budgets.totals import make_totals_anew, totals_from_ledger
from core.calendar import current_quarter, day_of, quarter_of
from core.database import select_columns
from portfolio import listing
from portfolio.access import OPERATOR_READER
from portfolio.facts import AS_ISSUED, EDITIONS
from portfolio.plans import Plan
from portfolio.projects import PlanListing, Project, ProjectGram, ProjectListing
from reports.rollup import Scope, estimate_rollup
from reports.self_check_money import money_mismatches
from reports.self_check_reading import CHUNK, Mismatch, holding, is_ended, live_projects, reported, stream
from reports.self_check_works import work_mismatches


def mismatches(session: Session, quarter: int | None = None, *, plan: Plan | None = None) -> list[Mismatch]:
    """Everything that does not agree, of the roll-ups as of a quarter and of the derived project list.

    With a plan only what concerns it, and what may: a batch of the search index is of no plan.
    """
    at = current_quarter() if quarter is None else quarter
    found = [
        *_rollup_mismatches(session, at),
        *money_mismatches(session, at),
        *work_mismatches(session, at),
        *_listing_mismatches(session),
        *_package_mismatches(session, at),
    ]
    return found if plan is None else [one for one in found if one.plan in (None, plan.code, plan.id)]


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


def _recomputed(session: Session, scope: Scope) -> dict[str, dict[tuple[Any, ...], _Sum]]:
    """The sums by plan, by plan and programme, by plan and department, by plan and last year."""
    found: dict[str, dict[tuple[Any, ...], _Sum]] = {name: defaultdict(_Sum) for name in _GROUPINGS}
    for project in live_projects(session, scope.quarter, scope.edition).values():
        for name in _GROUPINGS:
            key = tuple(getattr(project, dimension) for dimension in name.split(","))
            found[name][key].add(project.leaves, project.missing, project.fen)
    return found


_GROUPINGS = ("plan", "plan,programme", "plan,department", "plan,last_year")


def _rollup_mismatches(session: Session, quarter: int) -> list[Mismatch]:
    found: list[Mismatch] = []
    for edition in EDITIONS:
        scope = Scope(quarter, edition=edition)
        recomputed = _recomputed(session, scope)
        for name in _GROUPINGS:
            rows = estimate_rollup(session, OPERATOR_READER, scope, name.split(","))
            shown = {row.keys: (row.projects, row.leaves, row.without_estimate, row.estimate_fen) for row in rows}
            again = {key: (s.projects, s.leaves, s.missing, s.fen) for key, s in recomputed[name].items()}
            for key in sorted(shown.keys() | again.keys(), key=str):
                if shown.get(key) != again.get(key):
                    what = f"roll-up {edition} by {name} {key}"
                    found.append(Mismatch(what, shown.get(key), again.get(key), key[0]))
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
    for start in range(0, len(ids), CHUNK):
        batch = ids[start : start + CHUNK]
        rows, entries = listing.derived(session, batch, quarter)
        amounts = package_amounts(session, batch, quarter)
        money = totals_from_ledger(session, batch)
        wanted = {
            row["project_id"]: row | {"estimate_fen": amounts[row["project_id"]]} | money[row["project_id"]]
            for row in rows
        }
        for row in wanted.values():
            sums[row["plan_id"]].add(row["estimate_fen"], ended=row["state"] == "ended")
        held = {
            row.project_id: row.model_dump()
            for row in session.exec(select(ProjectListing).where(col(ProjectListing.project_id).in_(batch)))
        }
        for id_ in sorted(wanted.keys() | held.keys()):
            if wanted.get(id_) != held.get(id_):
                of = (wanted.get(id_) or held[id_])["plan_id"]
                found.append(Mismatch(f"project list, project {id_}", held.get(id_), wanted.get(id_), of))
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
        Mismatch(
            f"sums of the project list, plan {id_}", held.get(id_, _ListSum()), recounted.get(id_, _ListSum()), id_
        )
        for id_ in sorted(held.keys() | recounted.keys())
        if held.get(id_, _ListSum()) != recounted.get(id_, _ListSum())
    ]


def _package_mismatches(session: Session, quarter: int) -> list[Mismatch]:
    """Packages whose parts, all known, do not add up to the package's own estimate."""
    amounts = {row.project_id: row.amount_fen for row in holding(session, Estimate, quarter)}
    parts: dict[int, list[int | None]] = defaultdict(list)
    ended = {id_ for id_, states in reported(session, quarter, AS_ISSUED).items() if is_ended(states)}
    plans: dict[int, int] = {}
    for row in stream(session, Project):
        plans[row.id] = row.plan_id
        gone = row.archived_at is not None and quarter_of(day_of(row.archived_at)) <= quarter
        if row.parent_id is not None and not gone and row.id not in ended:
            parts[row.parent_id].append(amounts.get(row.id))
    return [
        Mismatch(f"package {id_}", amounts[id_], sum(known), plans[id_])
        for id_, below in sorted(parts.items())
        if amounts.get(id_) is not None
        and len(known := [amount for amount in below if amount is not None]) == len(below)
        and sum(known) != amounts[id_]
    ]


def rebuild(session: Session) -> int:
    """Makes the derived project list, its search index and its sums by plan anew; the number of projects comes back."""
    tops = select(Project.id).where(col(Project.parent_id).is_(None)).order_by(col(Project.id))
    # Whoever approves money or changes a project waits until the list is made: nothing that they add is lost.
    ids = [id_ for id_ in session.exec(tops.with_for_update(key_share=True)) if id_ is not None]
    for start in range(0, len(ids), CHUNK):
        listing.refresh(session, ids[start : start + CHUNK])
        refresh_listing(session, ids[start : start + CHUNK])
        make_totals_anew(session, ids[start : start + CHUNK])
    listing.count_anew(session)
    return len(ids)
