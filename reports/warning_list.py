"""The money warnings that finance works through: each with its project, its figures, and whether it was explained."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from budgets.checks import RULES, MoneyWarning, money_warnings
from budgets.explanations import Explanation, explanation_history, explanations_of
from budgets.sources import FundingSource
from core.errors import NotThere
from portfolio.access import Reader
from portfolio.plans import Plan
from portfolio.projects import Project
from reports.rollup import Scope

PAGE = 100


@dataclass(frozen=True)
class WarningLine:
    """One warning as people read it; `explanation` is None while nobody has explained it as it stands now."""

    warning: MoneyWarning
    project: Project
    plan: Plan
    source: str | None
    explanation: Explanation | None

    @property
    def key(self) -> str:
        """What names the warning in an address: the rule, the project's code and the source's id (0: none)."""
        return f"{self.warning.rule}/{self.project.code}/{self.warning.source_id or 0}"


@dataclass(frozen=True)
class WarningFilter:
    """What the list is narrowed to."""

    rule: str | None = None
    open_only: bool = False
    plan_id: int | None = None


@dataclass(frozen=True)
class WarningList:
    """A page of warnings, the largest excess of each rule first; `counts` are of all of them, by rule: (found, open)."""

    lines: tuple[WarningLine, ...]
    counts: dict[str, tuple[int, int]]
    shown_from: int
    total: int

    @property
    def following(self) -> int | None:
        end = self.shown_from + len(self.lines)
        return end if end < self.total else None


def warning_list(
    session: Session, reader: Reader, chosen: WarningFilter, quarter: int, edition: str, *, after: int | None = None
) -> WarningList:
    """What the rules find in the projects that the reader sees, as of a quarter."""
    found, explained = _found(session, reader, Scope(quarter, _plans(chosen), edition))
    counts = dict.fromkeys(RULES, (0, 0))
    for one in found:
        every, still = counts[one.rule]
        counts[one.rule] = (every + 1, still + (one not in explained))
    wanted = [
        one
        for one in found
        if (chosen.rule is None or one.rule == chosen.rule) and not (chosen.open_only and one in explained)
    ]
    wanted.sort(key=lambda one: (list(RULES).index(one.rule), -one.excess_fen, one.project_id))
    start = min(max(after or 0, 0), len(wanted))
    lines = _lines(session, wanted[start : start + PAGE], explained)
    return WarningList(tuple(lines), counts, start, len(wanted))


def _plans(chosen: WarningFilter) -> frozenset[int] | None:
    return None if chosen.plan_id is None else frozenset({chosen.plan_id})


def _found(
    session: Session, reader: Reader, scope: Scope
) -> tuple[list[MoneyWarning], dict[MoneyWarning, Explanation]]:
    seen = reader.sees(Project.plan_id)  # type: ignore[arg-type]
    if scope.plan_ids is not None:
        seen = seen & col(Project.plan_id).in_(scope.plan_ids)
    found = money_warnings(session, seen, scope.quarter, scope.edition)
    return found, explanations_of(session, found)


def open_warnings(session: Session, reader: Reader, scope: Scope) -> int:
    """How many warnings nobody has explained yet."""
    found, explained = _found(session, reader, scope)
    return len(found) - len(explained)


def _lines(
    session: Session, warnings: list[MoneyWarning], explained: dict[MoneyWarning, Explanation]
) -> list[WarningLine]:
    ids = {one.project_id for one in warnings}
    projects = {row.id: row for row in session.exec(select(Project).where(col(Project.id).in_(ids)))}
    plan_ids = {row.plan_id for row in projects.values()}
    plans = {row.id: row for row in session.exec(select(Plan).where(col(Plan.id).in_(plan_ids)))}
    sources = dict(session.exec(select(FundingSource.id, FundingSource.name)).all())
    return [
        WarningLine(
            one,
            projects[one.project_id],
            plans[projects[one.project_id].plan_id],
            sources.get(one.source_id),
            explained.get(one),
        )
        for one in warnings
    ]


@dataclass(frozen=True)
class WarningSheet:
    """One warning with everything that was ever said about it."""

    line: WarningLine
    history: tuple[Explanation, ...]


def warning_sheet(
    session: Session, reader: Reader, rule: str, code: str, source_id: int | None, quarter: int, edition: str
) -> WarningSheet:
    """The warning of a rule about a project, as of a quarter.

    Errors: NotThere when the rule finds nothing there (any more), or the reader may not see it.
    """
    project = session.exec(select(Project).where(Project.code == code)).first()
    if project is None or rule not in RULES:
        raise NotThere
    reader.must("view", project.plan_id)
    found, explained = _found(session, reader, Scope(quarter, frozenset({project.plan_id}), edition))
    for one in found:
        if (one.rule, one.project_id, one.source_id) == (rule, project.id, source_id):
            line = _lines(session, [one], explained)[0]
            return WarningSheet(line, tuple(explanation_history(session, one)))
    raise NotThere
