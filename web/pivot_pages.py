"""透视汇总: the roll-up of money as a table of the reader's choice, with its rates and charts, and as files."""

from dataclasses import dataclass
from fractions import Fraction
from tempfile import TemporaryFile
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from sqlmodel import Session

from budgets.entries import STAGES, SUBMITTED
from budgets.ledger_list import LedgerFilter
from budgets.ledger_sums import sums_of
from budgets.rates import RATES, Rate
from core.calendar import quarter_name
from core.errors import Broken
from core.language import translate
from portfolio.access import Reader
from portfolio.facts import EDITIONS
from reports.audit_scopes import PIVOT_FILE
from reports.curve import RULE, curve
from reports.findings import Words, words_in
from reports.money_ended import ended_money
from reports.money_figures import FIGURES, STAGE_COLUMNS
from reports.pivot import COLUMN_DIMENSIONS, PIVOT_FIGURES, ROW_DIMENSIONS, Pivot, PivotColumn, PivotRow, pivot
from reports.pivot_csv import pivot_as_csv
from reports.pivot_keys import Label
from reports.pivot_notes import pivot_notes
from reports.rollup import Scope
from reports.workbook_pivot import TITLE, write_pivot
from web.axes import money_axis
from web.choices import PAGE_PLACE, Choices
from web.deps import AppDatabase, Chosen, Reading, SignedIn
from web.downloads import CSV_TYPE, WORKBOOK_TYPE, pieces, saved_as
from web.exporting import told_file
from web.forms import id_from_text, problems_of
from web.pages import page
from web.pivot_request import PivotRequest, pivot_request

router = APIRouter()

_LINES = 200  # of the table on one page; files hold all of them
_CHARTED = 12  # groups that a chart can show side by side


@dataclass(frozen=True)
class ShownCell:
    """An amount in fen, or a rate, and the address of its 口径; None where there is no such figure."""

    fen: int | None
    href: str | None
    rate: Rate | None = None
    left_out: int = 0


@dataclass(frozen=True)
class ShownLine:
    """One line of the table: its deepest key as people read it, and where it leads."""

    kind: str  # total, subtotal, row, inner (a row below a subtotal)
    label: Label | None
    href: str | None
    cells: tuple[ShownCell, ...]
    rates: dict[str, ShownCell]


@router.get("/money/pivot")
def get_pivot(request: Request, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    asked = pivot_request(request, session, reader, choices)
    problems, shown = asked.problems(choices.language), None
    if not problems:
        try:
            shown = _shown(session, reader, asked, choices, request.query_params.get(PAGE_PLACE, ""))
        except Broken as problem:
            problems = problems_of(problem, choices.language)
    response = page(
        request,
        "money/pivot.html",
        part="list",
        status=problems.status,
        asked=asked,
        problems=problems,
        shown=shown,
        row_dimensions=ROW_DIMENSIONS,
        column_dimensions=COLUMN_DIMENSIONS,
        figures=FIGURES,
        pivot_figures=PIVOT_FIGURES,
        rates=RATES,
        stages=STAGES,
        editions=EDITIONS,
    )
    response.headers["HX-Push-Url"] = asked.address(choices, after=request.query_params.get(PAGE_PLACE))
    return response


def _shown(session: Session, reader: Reader, asked: PivotRequest, choices: Choices, after: str) -> dict[str, Any]:
    """Everything of the page below its form."""
    words = words_in(choices.language)
    table = pivot(session, reader, asked.scope, asked.wish)
    start = min(id_from_text(after) or 0, len(table.lines))
    several = len(asked.wish.rows) > 1
    following = start + _LINES if start + _LINES < len(table.lines) else None
    ended = ended_money(session, reader, asked.scope)
    drawn = curve(session, reader, asked.scope)
    waiting = sums_of(session, reader, LedgerFilter(choices.quarter, plan_id=asked.chosen.plan_id, state=SUBMITTED))
    return {
        "table": table,
        "heads": [_head(table, column, words) for column in table.columns],
        "total": _line(table, table.total, asked, choices, words),
        "lines": [
            _line(table, line, asked, choices, words, several=several) for line in table.lines[start : start + _LINES]
        ],
        "start": start,
        "following": None if following is None else asked.address(choices, after=following),
        "first": asked.address(choices),
        "notes": pivot_notes(table, choices.unit, words),
        "used_figures": list(dict.fromkeys(column.figure for column in table.columns)),
        "bars": _stage_bars(table, words),
        "curve": drawn,
        "curve_rule": RULE,
        "axis": money_axis(drawn.largest_fen, choices.unit),
        "ended": ended[0] if ended else None,
        "waiting": sum(one.submitted for one in waiting.values()),
        "csv": asked.address(choices, "/money/pivot.csv"),
        "xlsx": asked.address(choices, "/money/pivot.xlsx"),
    }


def _head(table: Pivot, column: PivotColumn, words: Words) -> Label:
    if column.dimension is None:
        return Label(words.say(FIGURES[column.figure].name))
    return table.names.label(column.dimension, column.key, words)


def _line(
    table: Pivot, line: PivotRow, asked: PivotRequest, choices: Choices, words: Words, *, several: bool = False
) -> ShownLine:
    def opens(figure: str, column: PivotColumn | None = None) -> str:
        keys = {name: "" if key is None else key for name, key in table.keys_of(line, column).items()}
        level = asked.wish.level if asked.wish.level > 1 else None
        return choices.url("/money/figure", **{"plan": asked.chosen.code, "level": level, **keys, "figure": figure})

    cells = [
        ShownCell(fen, None if fen is None else opens(column.figure, column))
        for column, fen in zip(table.columns, line.cells, strict=True)
    ]
    if table.has_across:
        across = line.across_fen
        cells.append(ShownCell(across, None if across is None else opens(asked.wish.figure)))
    rates = {
        name: ShownCell(None, opens(name), rate, line.figures.left_out[name] or 0)
        for name, rate in line.figures.rates.items()
    }
    kind = "total" if not line.keys else "subtotal" if line.subtotal else "inner" if several else "row"
    return ShownLine(kind, *_named(table, line, choices, words), tuple(cells), rates)


def _named(table: Pivot, line: PivotRow, choices: Choices, words: Words) -> tuple[Label | None, str | None]:
    """The label of a line, and the page of what it names."""
    if not line.keys:
        return None, None
    dimension, key = table.wish.rows[len(line.keys) - 1], line.keys[-1]
    pages = {"project": f"/projects/{key}", "plan": f"/plans/{key}"}
    href = choices.url(pages[dimension]) if dimension in pages and key is not None else None
    return table.names.label(dimension, key, words), href


# ---- charts


def _stage_bars(table: Pivot, words: Words) -> dict[str, Any] | None:
    """The groups of the first dimension with their plan and stages, and what they say; None without any money."""
    dimension = table.wish.rows[0]
    names = ("budget_fen", *STAGE_COLUMNS.values())
    found = []
    for line in table.groups:
        amounts = {name: getattr(line.figures, name) for name in names}
        if any(amounts.values()):
            found.append((table.names.label(dimension, line.keys[0], words), amounts))
    if not found:
        return None
    most = sorted(found, key=lambda one: -max(fen or 0 for fen in one[1].values()))[:_CHARTED]
    kept = [one for one in found if one in most]
    whole = table.total.figures
    unpaid = max(found, key=lambda one: (one[1]["appropriated_fen"] or 0) - (one[1]["paid_fen"] or 0))
    short = (unpaid[1]["appropriated_fen"] or 0) - (unpaid[1]["paid_fen"] or 0)
    return {
        "groups": kept,
        "more": len(found) - len(kept),
        "largest": max(fen or 0 for _label, amounts in kept for fen in amounts.values()),
        "share": None if not whole.appropriated_fen else Fraction(whole.paid_fen or 0, whole.appropriated_fen),
        "furthest": unpaid[0] if short > 0 and len(found) > 1 else None,
        "short_fen": short,
    }


# ---- files


def _asked(request: Request, session: Session, reader: Reader, choices: Choices) -> PivotRequest:
    """Errors: what is wrong with the address."""
    asked = pivot_request(request, session, reader, choices)
    if asked.problem is not None:
        raise asked.problem
    return asked


def _headers(scope: Scope, choices: Choices, plan: str | None, suffix: str) -> dict[str, str]:
    when = quarter_name(scope.quarter)
    name = f"{translate(TITLE, choices.language)}-{when}.{suffix}"
    return saved_as(name, f"{plan or 'all'}-money-{when}.{suffix}")


@router.get("/money/pivot.csv")
def get_pivot_csv(
    request: Request, reader: SignedIn, session: Reading, choices: Chosen, database: AppDatabase
) -> Response:
    asked = _asked(request, session, reader, choices)
    table = pivot(session, reader, asked.scope, asked.wish)  # whole before the body begins: that one reads nothing more
    headers = _headers(asked.scope, choices, asked.chosen.code, "csv")
    lines = pivot_as_csv(table, language=choices.language, unit=choices.unit)
    answer = StreamingResponse(lines, media_type=CSV_TYPE, headers=headers)
    return told_file(
        answer, database, reader, choices, PIVOT_FILE, asked.chosen.plan, rows=len(table.lines), format="csv"
    )


@router.get("/money/pivot.xlsx")
def get_pivot_xlsx(
    request: Request, reader: SignedIn, session: Reading, choices: Chosen, database: AppDatabase
) -> Response:
    asked = _asked(request, session, reader, choices)
    table = pivot(session, reader, asked.scope, asked.wish)
    file = TemporaryFile()  # noqa: SIM115 (closed when its last piece was sent)
    write_pivot(
        table,
        file,
        plan=None if asked.chosen.plan is None else asked.chosen.plan.short_title,
        language=choices.language,
        unit=choices.unit,
        demo=request.app.state.demo,
    )
    headers = _headers(asked.scope, choices, asked.chosen.code, "xlsx") | {"Content-Length": str(file.tell())}
    file.seek(0)
    answer = StreamingResponse(pieces(file), media_type=WORKBOOK_TYPE, headers=headers)
    return told_file(
        answer, database, reader, choices, PIVOT_FILE, asked.chosen.plan, rows=len(table.lines), format="xlsx"
    )
