"""Indicators of every plan that the reader sees, as a list: printed values, how they are read, and where they stand."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, case, col, func, select

from core.database import select_columns
from milestones.indicators import Indicator, Target, targets_in_force
from portfolio.access import Reader
from portfolio.citations import Citation, citations_of
from portfolio.contradictions import Contradiction
from portfolio.dated import in_force
from portfolio.plans import Plan
from reports.coverage_sheet import BINDING
from reports.indicators import IndicatorFigures
from reports.narrowing import PAGE, holds, page_of_ids

NO_NATURE = "none"  # the plan prints neither 约束性 nor 预期性
_NUMBERS = frozenset({"number", "range"})
# Two kinds of the filter that hold several kinds of targets.
QUANTIFIED, UNQUANTIFIED = "quantified", "unquantified"


@dataclass(frozen=True)
class IndicatorFilter:
    """What the list is narrowed to; None or empty means not narrowed."""

    text: str = ""
    plan_id: int | None = None
    category: str | None = None
    kind: str | None = None
    nature: str | None = None
    verdict: str | None = None


@dataclass(frozen=True)
class IndicatorLine:
    """An indicator with the target in force, its sources by field, and how many contradictions speak of it."""

    indicator: Indicator
    plan: Plan
    target: Target | None
    citations: tuple[Citation, ...]
    contradictions: tuple[int, ...]
    figures: IndicatorFigures | None = None

    @property
    def kind(self) -> str:
        return "none" if self.target is None else self.target.kind

    @property
    def quantified(self) -> bool:
        return self.kind in _NUMBERS

    @property
    def other_unit(self) -> str | None:
        """The unit of the baseline where it is not the indicator's own, so that no percentage can be made of the two."""
        unit = self.indicator.baseline_unit
        return unit if unit is not None and unit != self.indicator.unit else None

    @property
    def merged(self) -> frozenset[str]:
        """The fields whose value stands in a merged cell above."""
        return frozenset(one.field for one in self.citations if one.role == "merged")

    @property
    def citation(self) -> Citation | None:
        """Where the whole record stands."""
        return next((one for one in self.citations if one.role == "main" and one.field == ""), None)

    def citation_apart(self, field: str) -> Citation | None:
        """Where a field stands, when that is not among the lines of the whole record."""
        own = next((one for one in self.citations if one.role == "main" and one.field == field), None)
        whole = self.citation
        if own is None or whole is None:
            return own
        return None if whole.first_line <= own.first_line and own.last_line <= whole.last_line else own


@dataclass(frozen=True)
class IndicatorList:
    """One page of the list, with what the whole of it holds.

    `kinds`, `natures` and `verdicts` count what each value of that filter would give, the other filters as they are.
    """

    lines: tuple[IndicatorLine, ...]
    total: int
    following: int | None
    kinds: dict[str, int]
    natures: dict[str, int]
    verdicts: dict[str, int]


def indicator_list(
    session: Session,
    reader: Reader,
    chosen: IndicatorFilter,
    quarter: int,
    *,
    after: int | None = None,
    size: int = PAGE,
    figures: Mapping[int, IndicatorFigures] | None = None,
) -> IndicatorList:
    """One page of the indicators, in the order of the plans, of each the 约束性 ones first.

    `figures` are those of these indicators by id; without them there is no verdict to narrow to.
    """
    known = figures or {}
    query = (
        select_columns(
            Indicator.id,
            Indicator.category,
            Indicator.nature,
            func.coalesce(Target.kind, "none").label("kind"),
            Indicator.name,
            Indicator.printed_name,
            Indicator.no,
            Target.printed.label("target"),  # type: ignore[attr-defined]
        )
        .join(Plan, col(Plan.id) == Indicator.plan_id)
        .outerjoin(Target, (col(Target.indicator_id) == Indicator.id) & in_force(Target, quarter))
        .where(reader.sees(Indicator.plan_id))  # type: ignore[arg-type]
        .order_by(
            col(Plan.id),
            case((col(Indicator.nature) == BINDING, 0), else_=1),
            col(Indicator.position),
            col(Indicator.id),
        )
    )
    if chosen.plan_id is not None:
        query = query.where(col(Indicator.plan_id) == chosen.plan_id)
    rows = [
        row
        for row in session.execute(query)
        if holds(chosen.text, row.name, row.printed_name, row.category, row.target, row.no)
    ]

    def verdict_of(row: Any) -> tuple[str, ...]:
        return (known[row.id].coverage.verdict,) if row.id in known else ()

    asked: dict[str, Callable[[Any], bool]] = {
        "kind": lambda row: chosen.kind is None or chosen.kind in _kinds(row),
        "nature": lambda row: chosen.nature is None or (row.nature or NO_NATURE) == chosen.nature,
        "category": lambda row: chosen.category is None or row.category == chosen.category,
        "verdict": lambda row: chosen.verdict is None or verdict_of(row) == (chosen.verdict,),
    }
    ids = [row.id for row in rows if all(fits(row) for fits in asked.values())]

    def counted(name: str, values: Callable[[Any], tuple[str, ...]]) -> dict[str, int]:
        others = [fits for other, fits in asked.items() if other != name]
        return dict(Counter(one for row in rows if all(fits(row) for fits in others) for one in values(row)))

    page, following = page_of_ids(ids, after, size)
    return IndicatorList(
        lines=tuple(_lines(session, page, quarter, known)),
        total=len(ids),
        following=following,
        kinds=counted("kind", _kinds),
        natures=counted("nature", lambda row: (row.nature or NO_NATURE,)),
        verdicts=counted("verdict", verdict_of),
    )


def _kinds(row: Any) -> tuple[str, ...]:
    """The values of the kind filter that find an indicator."""
    return row.kind, QUANTIFIED if row.kind in _NUMBERS else UNQUANTIFIED


def indicator_categories(session: Session, reader: Reader, plan_id: int | None) -> list[str]:
    """The categories that indicators stand under, in the order of the plans."""
    query = (
        select(Indicator.category)
        .where(reader.sees(Indicator.plan_id), col(Indicator.category).is_not(None))  # type: ignore[arg-type]
        .order_by(col(Indicator.plan_id), col(Indicator.position))
    )
    if plan_id is not None:
        query = query.where(Indicator.plan_id == plan_id)
    return list(dict.fromkeys(name for name in session.exec(query) if name is not None))


def _lines(
    session: Session, ids: list[int], quarter: int, figures: Mapping[int, IndicatorFigures]
) -> list[IndicatorLine]:
    rows = session.exec(
        select(Indicator, Plan).join(Plan, col(Plan.id) == Indicator.plan_id).where(col(Indicator.id).in_(ids))
    ).all()
    targets = targets_in_force(session, ids, quarter)
    cited = citations_of(session, "indicator", ids)
    disputed = contradictions_about(session, "indicator", ids)
    found = {
        row.id: IndicatorLine(
            row, plan, targets.get(row.id), tuple(cited[row.id]), disputed.get(row.id, ()), figures.get(row.id)
        )
        for row, plan in rows
        if row.id is not None
    }
    return [found[id_] for id_ in ids]


def contradictions_about(session: Session, subject: str, ids: list[int]) -> dict[int, tuple[int, ...]]:
    """The ids of the contradictions about several records of one kind, by record id."""
    found: dict[int, tuple[int, ...]] = {}
    rows = session.exec(
        select(Contradiction.subject_id, Contradiction.id)
        .where(Contradiction.subject == subject, col(Contradiction.subject_id).in_(ids))
        .order_by(col(Contradiction.grave).desc(), col(Contradiction.position))
    )
    for subject_id, id_ in rows:
        if subject_id is not None and id_ is not None:
            found[subject_id] = (*found.get(subject_id, ()), id_)
    return found
