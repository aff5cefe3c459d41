"""成批填写 of a return: the money or works of all its projects in one table, typed or pasted from a spreadsheet."""

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.errors import N_, NotThere
from core.language import translate
from core.money import UNITS, formatted
from reports.findings import words_in
from reports.return_fields import MONEY_FIELDS, CellKey
from reports.return_rows import LeafRow, MoneyLine, ReturnProjectRow, WorkLine, return_projects
from reports.return_rules import FILL
from web.choices import PAGE_PLACE, find_choices
from web.deps import Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, id_from_text, shown_again
from web.pages import page
from web.printed import NOT_COMPUTABLE, decimal
from web.return_cells_shown import CellShown, Standing, readable, shown_cell
from web.return_forms import Saved, amount_unit_of, cells_on, save_typed, stored_cells
from web.return_gate import OpenedReturn, must_be_its_department, opened_return
from web.return_words import RETURN_STAGES, placed_problems

router = APIRouter()

ROWS = 100  # of a page: a form has at most a thousand fields
_WORK = ("work_done", "contracted")
_FUNDS = ("appropriated", "received", "paid")
# The three tables: what each is called, the columns that show what is known, and those that are filled in.
SHEETS: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "work": (
        N_("完成投资和合同"),
        (N_("本年计划"), N_("累计完成投资"), N_("上季完成投资")),
        (N_("本季完成投资"), N_("本季合同金额")),
    ),
    "funds": (
        N_("下达、到位、支付"),
        (N_("本年计划"), N_("累计到位"), N_("累计支付")),
        (N_("本季下达资金"), N_("本季到位资金"), N_("本季支付资金")),
    ),
    "works": (N_("工程量"), (N_("任务数量"), N_("累计上报"), N_("上季")), (N_("本季工程量"),)),
}


@dataclass(frozen=True)
class GridRow:
    """A row: what it is of, what is known of it, and its cells."""

    code: str
    name: str
    which: str
    known: tuple[str, ...]
    cells: tuple[CellShown, ...]


@router.get("/returns/{id_}/grid/{sheet}")
def get_grid(request: Request, id_: RecordId, sheet: str, reader: SignedIn, session: Reading) -> Response:
    ret = opened_return(session, reader, id_)
    must_be_its_department(reader, ret.row, FILL)
    if sheet not in SHEETS or not ret.may_fill:
        raise NotThere
    return _grid_page(request, session, ret, sheet, NOTHING_TYPED, Saved(), NO_PROBLEMS)


def _grid_page(
    request: Request, session: Session, ret: OpenedReturn, sheet: str, typed: Typed, saved: Saved, problems: Problems
) -> Response:
    choices = find_choices(request)
    unit = typed["amount_unit"] if typed["amount_unit"] in UNITS else choices.unit
    rows = return_projects(session, ret.row)
    standing = Standing(
        stored_cells(session, ret.id, {leaf.id for row in rows for leaf in row.leaves}),
        {},
        choices.language,
        unit,
        typed,
        saved.problems,
        saved.keys,
    )
    after = id_from_text(request.query_params.get(PAGE_PLACE, "")) or 0
    lines = _lines(standing, rows, sheet)
    here = lines[after : after + ROWS]
    lost = [cell for line in here for cell in line.cells if cell.lost]
    done = id_from_text(request.query_params.get("done", ""))
    return page(
        request,
        "returns/grid.html",
        status=problems.status if problems else 422 if lost else 200,
        ret=ret,
        sheet=sheet,
        sheets=SHEETS,
        lines=here,
        lost=placed_problems(lost),
        asked=[cell for cell in lost if cell.asks_as_typed],
        done=None if done is None else translate(N_("已保存 %(n)s 项。"), choices.language) % {"n": done},
        after=after,
        following=after + ROWS if len(lines) > after + ROWS else None,
        here=_here(ret, sheet, after),
        amount_unit=unit,
        return_states=RETURN_STAGES,
        typed=typed,
        problems=problems,
    )


def _here(ret: OpenedReturn, sheet: str, after: int, **more: int) -> str:
    asked = {**({PAGE_PLACE: after} if after else {}), **more}
    return f"{ret.address}/grid/{sheet}" + (f"?{urlencode(asked)}" if asked else "")


def _lines(standing: Standing, rows: list[ReturnProjectRow], sheet: str) -> list[GridRow]:
    leaves = [leaf for row in rows for leaf in row.leaves]
    if sheet == "works":
        return [_of_works(standing, leaf, line) for leaf in leaves for line in leaf.works]
    if sheet == "work":
        return [_of_money(standing, leaf, "", _WORK) for leaf in leaves]
    return [
        _of_money(standing, leaf, key, _FUNDS)
        for leaf in leaves
        for key in dict.fromkeys(line.key.key for line in leaf.money if line.key.key)
    ]


def _of_money(standing: Standing, leaf: LeafRow, source: str, stages: tuple[str, ...]) -> GridRow:
    lines = {line.stage: line for line in leaf.money if line.key.key == source}
    first = lines.get(stages[0])
    if source:
        sums = [_fen(lines.get(stage), "cumulative_fen", standing) for stage in stages[1:]]
    else:
        sums = [_fen(first, name, standing) for name in ("cumulative_fen", "last_fen")]
    cells = tuple(shown_cell(standing, CellKey(leaf.id, MONEY_FIELDS[stage], source)) for stage in stages)
    name = "" if first is None or first.source is None else first.source
    return GridRow(leaf.code, leaf.name, name, (_fen(first, "planned_fen", standing), *sums), cells)


def _fen(line: MoneyLine | None, name: str, standing: Standing) -> str:
    fen = None if line is None else getattr(line, name)
    return formatted(fen, standing.unit) or NOT_COMPUTABLE


def _of_works(standing: Standing, leaf: LeafRow, line: WorkLine) -> GridRow:
    cell = shown_cell(standing, line.key, unit=line.unit or "")
    known = (decimal(line.target), decimal(line.cumulative), readable(line.key, line.last, standing) or NOT_COMPUTABLE)
    return GridRow(leaf.code, leaf.name, words_in(standing.language).bracketed(line.measure, cell.unit), known, (cell,))


@router.post("/returns/{id_}/grid/{sheet}")
def post_grid(
    request: Request, id_: RecordId, sheet: str, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    """Saves the cells that were changed; those with an error stay as they were typed, the others are saved."""
    if done := answered(session, typed.key, reader):
        return done
    ret = opened_return(session, reader, id_)
    must_be_its_department(reader, ret.row, FILL)
    if sheet not in SHEETS:
        raise NotThere

    def again(problems: Problems) -> Response:
        return _grid_page(request, session, ret, sheet, typed, Saved(), problems)

    with shown_again(request, again):
        unit = amount_unit_of(typed)
        saved = save_typed(session, ret.row, typed, cells_on(typed), unit=unit, by=reader.actor)
    if saved.problems:
        return _grid_page(request, session, opened_return(session, reader, id_), sheet, typed, saved, NO_PROBLEMS)
    after = id_from_text(request.query_params.get(PAGE_PLACE, "")) or 0
    return leads_to(session, typed.key, reader, _here(ret, sheet, after, done=len(saved.keys)))
