"""口径 of one figure of one group: its formula, its value, the rows that count and those left out; they sum to the figure.

Stages and plans open up to entries and plan lines, all else to projects: counts, estimates, gaps, and both sides of a rate.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import or_
from sqlmodel import Session, col

from budgets.rates import RATES, Rate
from core.database import select_columns
from core.errors import N_, Invalid
from portfolio.access import Reader
from portfolio.projects import Project
from portfolio.states import not_archived
from reports.money import money_rollup
from reports.money_figures import FIGURES, STAGE_COLUMNS, MoneyFigures
from reports.money_groups import Group, within, without_stage
from reports.money_movement import Movement, movement
from reports.money_queries import ENTRY_KEYS, with_keys
from reports.money_rows import (
    FIGURES_OF_ROWS,
    LeftOutSum,
    RowPage,
    projects_behind,
    rows_behind,
    sum_behind,
    sums_left_out,
)
from reports.pivot_keys import key_names
from reports.reported_states import ended_projects
from reports.rollup import Scope, project_facts

COUNTS = ("projects", "leaves", "without_estimate")
NO_ESTIMATE, ENDED, ARCHIVED = N_("无投资估算"), N_("终止项目"), N_("项目已归档")
# Why a project stands in neither sum of a rate.
_WITHOUT = {
    "investment_completion": NO_ESTIMATE,
    "annual_completion": N_("没有本年计划"),
    "budget_execution": N_("没有本年预算"),
}
# The rates that a year or a source has; all else that opens up to projects is of whole projects.
_OF_ENTRIES = ("annual_completion", "budget_execution", "receipt", "payment")


@dataclass(frozen=True)
class ProjectLine:
    """A project behind a figure. `number` is what it adds (of a rate: to the numerator), `denominator` of rates only.

    Units: fen, except for counts and the start rate, where a project of which no state was reported adds nothing above.
    `leaves_out` counts its leaves that the figure leaves out. `reason`: why the whole project does not count, None where it
    does.
    """

    code: str
    name: str
    number: int | None
    denominator: int | None = None
    leaves_out: int = 0
    reason: str | None = None


@dataclass(frozen=True)
class FigureSheet:
    """Everything that the page of a figure says. `rows_sum` None: nothing is behind it."""

    figure: str
    name: str
    formula: str
    group: Group
    scope: Scope
    value: int | None
    rate: Rate | None
    rows: int
    rows_sum: int | None
    denominators_sum: int | None
    counted: RowPage | None
    left_out: RowPage | None
    reasons: tuple[LeftOutSum, ...]
    projects: tuple[ProjectLine, ...]
    projects_out: tuple[ProjectLine, ...]
    meaningless: bool
    movement: Movement | None

    @property
    def adds_up(self) -> bool:
        """Whether the rows come to the figure. Anything else is a fault of the program, and the page says so."""
        if self.rate is None:
            return (self.rows_sum or 0) == (self.value or 0)
        pair = (self.rate.numerator or 0, self.rate.denominator or 0)
        return pair == (self.rows_sum or 0, self.denominators_sum or 0)


def figure_sheet(
    session: Session,
    reader: Reader,
    scope: Scope,
    group: Group,
    figure: str,
    *,
    after: int | None = None,
    after_left_out: int | None = None,
) -> FigureSheet:
    """The sheet of a figure (`paid_fen`, `estimate_fen`, `projects`, `payment` …) of a group.

    `after` is where the page of counting rows goes on: the id of a row, or the number of projects before it.

    Errors: UnknownDimension, UnknownLevel; Invalid for a figure that there is not.
    """
    if figure not in FIGURES and figure not in RATES:
        raise Invalid(field="figure", label=N_("数据项"), found=figure[:40], expected=(*FIGURES, *RATES))
    asked = (session, reader, scope, group)
    found = money_rollup(session, reader, scope, without_stage(group.by), level=group.level, inside=group)
    figures = found[0] if found else None
    if figure in FIGURES_OF_ROWS:
        return _of_rows(*asked, figure, figures, after, after_left_out)
    return _of_projects(*asked, figure, figures)


def _of_rows(
    session: Session,
    reader: Reader,
    scope: Scope,
    group: Group,
    figure: str,
    figures: MoneyFigures | None,
    after: int | None,
    after_left_out: int | None,
) -> FigureSheet:
    asked = (session, reader, scope, group, figure)
    value = getattr(figures, figure) if figures else (0 if figure in STAGE_COLUMNS.values() else None)
    rows, rows_sum = sum_behind(*asked)
    return FigureSheet(
        figure=figure,
        name=FIGURES[figure].name,
        formula=FIGURES[figure].formula,
        group=group,
        scope=scope,
        value=value,
        rate=None,
        rows=rows,
        rows_sum=rows_sum,
        denominators_sum=None,
        counted=rows_behind(*asked, after=after),
        left_out=rows_behind(*asked, left_out=True, after=after_left_out),
        reasons=tuple(sums_left_out(*asked)),
        projects=(),
        projects_out=(),
        meaningless=False,
        movement=_movement(session, reader, scope, group, figure),
    )


def _movement(session: Session, reader: Reader, scope: Scope, group: Group, figure: str) -> Movement | None:
    """How the figure came about in the quarter; None for the flow of a single quarter."""
    if "quarter" in group.keys:
        return None
    by = without_stage(group.by)
    keys = tuple(group.keys[name] for name in by)
    moved = movement(session, reader, scope, by, level=group.level)
    return next((one for one in moved if one.figure == figure and one.keys == keys), None)


def _of_projects(
    session: Session, reader: Reader, scope: Scope, group: Group, figure: str, figures: MoneyFigures | None
) -> FigureSheet:
    meaningless = _meaningless(group, figure)
    behind = [] if meaningless else projects_behind(session, reader, scope, group)
    codes = [str(one.keys[-1] if "project" not in group.keys else group.keys["project"]) for one in behind]
    names = key_names(session, {"project": set(codes)}).names["project"]
    lines = [_line(code, names.get(code, code), one, figure) for code, one in zip(codes, behind, strict=True)]
    counted = tuple(line for line in lines if line.reason is None)
    outside = [line for line in lines if line.reason is not None]
    if not meaningless:
        outside += _not_counted(session, reader, scope, group)
    rate = figures.rates[figure] if figures and figure in RATES else None
    if figure in RATES and rate is None:
        rate = Rate(None, None)
    definition = RATES[figure] if figure in RATES else FIGURES[figure]
    numbers = [line.number for line in counted if line.number is not None]
    denominators = [line.denominator for line in counted if line.denominator is not None]
    return FigureSheet(
        figure=figure,
        name=definition.name,
        formula=definition.formula,
        group=group,
        scope=scope,
        value=None if rate is not None or figures is None else getattr(figures, figure),
        rate=rate,
        rows=len(counted),
        rows_sum=sum(numbers) if numbers else None,
        denominators_sum=sum(denominators) if denominators else None,
        counted=None,
        left_out=None,
        reasons=(),
        projects=counted,
        projects_out=tuple(outside),
        meaningless=meaningless,
        movement=None,
    )


def _meaningless(group: Group, figure: str) -> bool:
    """Whether a figure of whole projects was asked for of a year, quarter or source, or a figure of years of a quarter."""
    if "quarter" in group.keys:
        return figure not in ("receipt", "payment")
    return bool(set(group.keys) & set(ENTRY_KEYS)) and figure not in _OF_ENTRIES


def _line(code: str, name: str, figures: MoneyFigures, figure: str) -> ProjectLine:
    """What a project adds to a figure, or why it does not."""
    if figure in RATES:
        rate, out = figures.rates[figure], figures.left_out[figure] or 0
        # By source a project may have done work that its plan of another source covers: such a numerator counts.
        missing = rate.denominator is None and not rate.numerator
        reason = _WITHOUT.get(figure, NO_ESTIMATE) if missing else None
        return ProjectLine(code, name, rate.numerator, rate.denominator, out, reason)
    number = getattr(figures, figure)
    missing = number is None
    out = (figures.without_estimate or 0) if figure in ("estimate_fen", "gap_fen") else 0
    return ProjectLine(code, name, number, None, out, NO_ESTIMATE if missing else None)


def _not_counted(session: Session, reader: Reader, scope: Scope, group: Group) -> Iterator[ProjectLine]:
    """The ended and the archived projects under the keys of the group, in the order of the plan."""
    facts = project_facts(reader, scope, archived=True).subquery()
    keys = {name: key for name, key in group.keys.items() if name not in (*ENTRY_KEYS, "stage")}
    joined, columns = with_keys(facts, facts, tuple(keys), group.level)
    kept = not_archived(Project, scope.quarter, scope.edition)
    ended = col(Project.id).in_(ended_projects(scope.quarter, scope.edition))
    query = (
        select_columns(Project.code, Project.name, ~kept)
        .select_from(joined.join(Project, col(Project.id) == facts.c.project_id))
        .where(or_(ended, ~kept), *within(Group(keys), columns))
        .order_by(col(Project.plan_id), col(Project.position), col(Project.id))
    )
    for code, name, archived in session.execute(query):
        yield ProjectLine(code, name, None, reason=ARCHIVED if archived else ENDED)
