"""填报本季: a department fills in its return, one project at a time. Each field is saved as a draft while it is typed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from sqlmodel import Session, col

from budgets.sources import source_tree
from core.capital_numerals import capital_numerals
from core.database import select_columns
from core.errors import N_, Broken, NotThere
from core.language import translate
from core.money import UNITS
from portfolio.access import Reader
from reports.return_cells import CellChange, put_cells
from reports.return_fields import MONEY, CellKey, field_of, key_from_name
from reports.return_notes import notes_of
from reports.return_records import recorded
from reports.return_rows import LeafRow, ReturnProjectRow, return_projects
from reports.return_rules import FILL
from reports.return_values import value_from_text
from reports.returns import ReturnReminder
from web.choices import Choices, find_choices
from web.deps import Chosen, Reading, RecordId, SignedIn, Writing, answered, leads_to, see_other
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, id_from_text, shown_again
from web.pages import page, wants_part
from web.return_cells_shown import Standing, shown_cell
from web.return_forms import Saved, amount_unit_of, cells_on, notes_by_cell, save_typed, stored_cells
from web.return_gate import OpenedReturn, must_be_its_department, opened_return
from web.return_note_pages import note_typed
from web.return_project_shown import ProjectShown, project_shown
from web.return_words import RETURN_STAGES, noted, placed_problems

router = APIRouter()

PARTS_AT_ONCE = 2  # of a package with more the page shows one: a form has at most a thousand fields

_DONE = {
    "saved": N_("已保存 %(n)s 项。"),
    "copied": N_("已复制 %(n)s 项上季的文字，请按本季情况修改。"),
    "noted": N_("批注已保存。"),
    "settled": N_("已标为处理。"),
    "taken": N_("填报已撤回，可以继续修改。"),
}


@dataclass(frozen=True)
class Opened:
    """A project of a return that is open on the page. `part`: the only part that is shown of a package with many."""

    ret: OpenedReturn
    rows: list[ReturnProjectRow]
    row: ReturnProjectRow
    part: LeafRow | None = None

    @property
    def address(self) -> str:
        return f"{self.ret.address}/projects/{self.row.code}" + (f"?part={self.part.code}" if self.part else "")

    def then(self, fragment: str = "", **more: str | int) -> str:
        """The page again, telling what was done."""
        asked = urlencode(more)
        return f"{self.address}{'&' if self.part else '?'}{asked}{fragment}" if asked else self.address + fragment


@router.get("/returns/capital-numerals")
def get_capital_numerals(request: Request, reader: SignedIn, choices: Chosen, cell: str = "") -> Response:
    """The amount that is being typed, in words; nothing for what is no amount, which is told when it is saved."""
    asked = request.query_params
    words = ""
    try:
        key = key_from_name(cell)
        unit = asked.get("amount_unit", "")
        if field_of(key).kind == MONEY and unit in UNITS:
            value = value_from_text(key, asked.get(cell, ""), unit=unit)
            words = "" if value is None else capital_numerals(int(value))
    except Broken:
        pass
    return page(request, "projects/_words.html", words=words, told=NO_PROBLEMS)


@router.get("/returns/{id_}")
def get_return(request: Request, id_: RecordId, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    """The first project in which something was sent back, else the first that nothing is filled in for."""
    ret = opened_return(session, reader, id_)
    if (ret.may_approve or ret.may_accept) and not ret.may_fill:
        return see_other(choices.url(f"{ret.address}/review"))
    first = sorted(ret.projects, key=lambda one: (one.open_notes == 0, one.filled > 0))
    return _project_page(request, session, ret, first[0].code if first else None, NOTHING_TYPED, Saved())


@router.get("/returns/{id_}/projects/{code}")
def get_project(request: Request, id_: RecordId, code: str, reader: SignedIn, session: Reading) -> Response:
    return _project_page(request, session, opened_return(session, reader, id_), code, NOTHING_TYPED, Saved())


def _opened(request: Request, session: Session, ret: OpenedReturn, code: str) -> Opened:
    """Errors: NotThere for a project that the return has not."""
    rows = return_projects(session, ret.row)
    row = next((one for one in rows if one.code == code), None)
    if row is None:
        raise NotThere
    part = None
    if len(row.leaves) > PARTS_AT_ONCE:
        asked = request.query_params.get("part")
        part = next((leaf for leaf in row.leaves if leaf.code == asked), row.leaves[0])
    return Opened(ret, rows, row, part)


def _project_page(
    request: Request,
    session: Session,
    ret: OpenedReturn,
    code: str | None,
    typed: Typed,
    saved: Saved,
    problems: Problems = NO_PROBLEMS,
) -> Response:
    choices = find_choices(request)
    unit = typed["amount_unit"] if typed["amount_unit"] in UNITS else choices.unit
    opened = None if code is None else _opened(request, session, ret, code)
    shown = None if opened is None else _shown(request, session, opened, typed, saved, unit)
    lamps = {} if opened is None else {one.id: one.lamp.colour for one in opened.rows if one.lamp is not None}
    lost = [] if shown is None else [cell for cell in shown.cells if cell.lost]
    done = request.query_params.get("done", "")
    return page(
        request,
        "returns/fill.html",
        status=problems.status if problems else 422 if lost else 200,
        ret=ret,
        shown=shown,
        lamps=lamps,
        lost=placed_problems(lost),
        writable=ret.may_fill,
        may_note=ret.may_note,
        save_at=_save_at(ret, opened),
        parts=[] if opened is None or opened.part is None else opened.row.leaves,
        shown_part=None if opened is None else opened.part,
        following=_following(ret, code),
        sent_back_notes=noted(session, ret, choices, notes_of(session, ret.id), open_only=True),
        reminders=_reminders(session, ret),
        done=_told(done, request.query_params.get("n", ""), choices),
        amount_unit=unit,
        return_states=RETURN_STAGES,
        typed=typed,
        problems=problems,
    )


def _shown(request: Request, session: Session, opened: Opened, typed: Typed, saved: Saved, unit: str) -> ProjectShown:
    row = opened.row if opened.part is None else replace(opened.row, leaves=(opened.part,))
    ids = {row.id, *(leaf.id for leaf in row.leaves)}
    standing = Standing(
        stored_cells(session, opened.ret.id, ids),
        notes_by_cell(session, opened.ret.id),
        find_choices(request).language,
        unit,
        typed,
        saved.problems,
        saved.keys,
    )
    return project_shown(standing, row, source_tree(session), request.query_params.getlist("add"))


def _save_at(ret: OpenedReturn, opened: Opened | None) -> str:
    """Where the form is sent: who may not fill in may still write notes."""
    return opened.address if opened is not None and ret.may_fill else f"{ret.address}/notes"


def _following(ret: OpenedReturn, code: str | None) -> str | None:
    codes = [one.code for one in ret.projects]
    place = codes.index(code) + 1 if code in codes else len(codes)
    return codes[place] if place < len(codes) else None


def _reminders(session: Session, ret: OpenedReturn) -> list[ReturnReminder]:
    """What the office asked for, the newest first, while the return is out."""
    if not ret.may_fill:
        return []
    query = select_columns(ReturnReminder).where(col(ReturnReminder.return_id) == ret.id)
    return list(session.scalars(query.order_by(col(ReturnReminder.id).desc()).limit(3)))


def _told(done: str, number: str, choices: Choices) -> str:
    return translate(_DONE[done], choices.language) % {"n": id_from_text(number) or 0} if done in _DONE else ""


# ---- saving


@router.post("/returns/{id_}/projects/{code}")
def post_project(
    request: Request, id_: RecordId, code: str, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    """Saves one cell while it is typed, or the whole page; then a note on a cell, or the words of last quarter."""
    ret = opened_return(session, reader, id_)
    must_be_its_department(reader, ret.row, FILL)
    if wants_part(request) and typed["cell"]:
        return _post_cell(request, session, reader, ret, code, typed)
    if done := answered(session, typed.key, reader):
        return done
    opened = _opened(request, session, ret, code)

    def again(problems: Problems) -> Response:
        return _project_page(request, session, opened_return(session, reader, id_), code, typed, Saved(), problems)

    with shown_again(request, again):
        unit = amount_unit_of(typed)
        keys = [key for key in _of_page(opened, cells_on(typed)) if key.name != typed["take"]]  # 用现在保存的
        saved = save_typed(session, ret.row, typed, keys, unit=unit, by=reader.actor)
        if not saved.problems:
            return leads_to(session, typed.key, reader, _then(session, reader, opened, typed, saved))
    # What is right stays saved; what is wrong is shown again as it was typed.
    return _project_page(request, session, opened_return(session, reader, id_), code, typed, saved)


def _post_cell(
    request: Request, session: Session, reader: Reader, ret: OpenedReturn, code: str, typed: Typed
) -> Response:
    choices = find_choices(request)
    key = key_from_name(typed["cell"])
    status, problems, saved = 200, dict[CellKey, tuple[Broken, ...]](), frozenset({key})
    try:
        unit = amount_unit_of(typed)
        done = save_typed(session, ret.row, typed, [key], unit=unit, by=reader.actor)
        problems = done.problems
    except NotThere:
        raise
    except Broken as problem:
        problems = {key: (problem,)}
    if problems:
        status, saved = max(one.status for one in problems[key]), frozenset()
    standing = Standing(
        stored_cells(session, ret.id, {key.project_id}),
        {},
        choices.language,
        typed["amount_unit"],
        typed,
        problems,
        saved,
    )
    return page(
        request,
        "returns/cell.html",
        status=status,
        ret=opened_return(session, reader, ret.id),
        cell=shown_cell(standing, key),
        writable=True,
        may_note=False,
        return_states=RETURN_STAGES,
        typed=typed,
    )


def _of_page(opened: Opened, keys: Iterable[CellKey]) -> list[CellKey]:
    """Those of the cells that the open project has: a page holds no others."""
    ids = {opened.row.id, *(leaf.id for leaf in opened.row.leaves)}
    return [key for key in keys if key.project_id in ids]


def _then(session: Session, reader: Reader, opened: Opened, typed: Typed, saved: Saved) -> str:
    """Does what the button that was pressed asks for besides saving, and says where that leads."""
    ret = opened.ret
    if told := note_typed(session, ret, typed, reader):
        return opened.then("" if told[1] is None else f"#n-{told[1].name}", done=told[0])
    if typed["act"] == "add":
        asked = [(name.removeprefix("add_"), typed[name]) for name in typed.fields if name.startswith("add_")]
        added = urlencode([("add", f"{leaf}:{key}") for leaf, key in asked if key])
        return f"{opened.address}{'&' if opened.part else '?'}{added}"
    if typed["act"] == "copy" or typed["copy"]:
        return opened.then(done="copied", n=_copied(session, reader, opened, typed["copy"]))
    if typed["put"]:
        return opened.then(done="saved", n=len(saved.keys) + _put_recorded(session, reader, opened, typed["put"]))
    if (typed["act"] == "next") and (following := _following(ret, opened.row.code)):
        return f"{ret.address}/projects/{following}"
    return opened.then(done="saved", n=len(saved.keys))


def _put_recorded(session: Session, reader: Reader, opened: Opened, name: str) -> int:
    """Puts what is on record of the quarter into a field that is still empty (照填); how many."""
    held = stored_cells(session, opened.ret.id, {opened.row.id, *(leaf.id for leaf in opened.row.leaves)})
    keys = [key for key in _of_page(opened, [key_from_name(name)]) if key not in held]
    known = recorded(session, opened.ret.row.plan_id, {key.project_id for key in keys}, opened.ret.quarter)
    changes = [CellChange(key, known[key], 0) for key in keys if key in known]
    return len(put_cells(session, opened.ret.row, changes, by=reader.actor))


def _copied(session: Session, reader: Reader, opened: Opened, only: str) -> int:
    """Puts the words of last quarter into fields that are still empty, one or all of them; how many."""
    empty = stored_cells(session, opened.ret.id, {opened.row.id})
    keys = {CellKey(opened.row.id, name): text for name, text in opened.row.texts.items()}
    wanted = [(key, text) for key, text in keys.items() if key not in empty and only in ("", key.name)]
    return len(put_cells(session, opened.ret.row, [CellChange(key, text, 0) for key, text in wanted], by=reader.actor))
