"""The overview figures of a report that is about less than whole plans: of a programme or a department."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from sqlmodel import Session

from portfolio.access import Reader
from reports.findings import DOMINANT, Dominance
from reports.overview import Overview, PlanOverview, bars, known_sum
from reports.quarterly_indicators import CommitmentRow, Standing
from reports.quarterly_rows import ProjectRow
from reports.quarterly_scope import Asked
from reports.rollup import EstimateFigures


def narrowed(
    session: Session,
    reader: Reader,
    asked: Asked,
    whole: Overview,
    rows: Sequence[ProjectRow],
    lists: tuple[Sequence[Standing], Sequence[CommitmentRow], Sequence[dict[str, object]]],
) -> Overview:
    """The overview of a programme or department: counts and sums of its own projects, and of the lists that concern it."""
    by_department = asked.estimates(session, reader, "department")
    figures = asked.estimates(session, reader)
    total = _total(whole.total, figures, by_department, rows, lists)
    return replace(
        whole,
        plans=(total,),
        total=total,
        by_programme=bars(asked.estimates(session, reader, "programme"), 0),
        by_department=bars(by_department, 0),
    )


def _total(
    whole: PlanOverview,
    figures: Sequence[EstimateFigures],
    by_department: Sequence[EstimateFigures],
    rows: Sequence[ProjectRow],
    lists: tuple[Sequence[Standing], Sequence[CommitmentRow], Sequence[dict[str, object]]],
) -> PlanOverview:
    standings, commitments, contradictions = lists
    kinds: dict[str, int] = {}
    for one in standings:
        kinds[one.figures.target.kind] = kinds.get(one.figures.target.kind, 0) + 1
    return replace(
        whole,
        projects=sum(one.projects for one in figures),
        leaves=sum(one.leaves for one in figures),
        without_estimate=sum(one.without_estimate for one in figures),
        estimate_fen=known_sum(one.estimate_fen for one in figures),
        without_lead=sum(one.projects for one in by_department if one.keys[0] is None),
        without_years=sum(1 for row in rows if row.first_year is None or row.last_year is None),
        indicators=tuple(kinds.items()),
        commitments=len(commitments),
        contradictions=len(contradictions),
        contradictions_grave=sum(bool(one["grave"]) for one in contradictions),
        contradictions_undecided=sum(one["decision"] is None for one in contradictions),
        dominance=_dominance(rows),
    )


def _dominance(rows: Iterable[ProjectRow]) -> Dominance | None:
    """The one of several projects that holds a dominant share of their estimates."""
    known = [row for row in rows if row.estimate_fen]
    total = sum(row.estimate_fen or 0 for row in known)
    first = max(known, key=lambda row: (row.estimate_fen or 0, row.code), default=None)
    if first is None or len(known) < 2 or (share := Fraction(first.estimate_fen or 0, total)) < DOMINANT:
        return None
    return Dominance(first.code, first.name, first.estimate_fen or 0, share)
