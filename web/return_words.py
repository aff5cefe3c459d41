"""Words that the pages of a return share: its steps, where a note or a problem leads, what its fields are called."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from core.errors import N_, Broken
from core.language import translate
from reports.return_board import STEPS
from reports.return_fields import FIELDS, CellKey
from reports.return_rules import SomeBroken
from reports.return_scope import ReturnScope, label_of, scope_of
from reports.returns import ReturnNote
from web.choices import Choices
from web.return_cells_shown import CellShown
from web.return_gate import OpenedReturn

RETURN_STAGES = STEPS | {"sent-back": N_("已退回")}


@dataclass(frozen=True)
class PlacedProblem:
    """Something wrong, with where it is and the address of its field."""

    where: str
    text: str
    address: str


def placed_problems(cells: Iterable[CellShown]) -> list[PlacedProblem]:
    """What is wrong with the fields of an open page."""
    found = []
    for cell in cells:
        where = f"{cell.which} {cell.label}".strip()
        texts = cell.wrong or ((cell.both.theirs,) if cell.both else ())
        found += [PlacedProblem(where, text, f"#f-{cell.name}") for text in texts]
    return found


def problems_in(session: Session, ret: OpenedReturn, several: SomeBroken, choices: Choices) -> list[PlacedProblem]:
    """What is wrong with a return, each with the address of its field."""
    scope = scope_of(session, ret.row)
    return [
        PlacedProblem(
            place_name(scope, key, choices.language),
            problem.text(lambda text: translate(text, choices.language)),
            field_address(ret, scope, key, choices),
        )
        for key, problems in several.by_key.items()
        for problem in problems
    ]


def place_name(scope: ReturnScope, key: CellKey, language: str) -> str:
    """A cell as a person would call it: project, field, and which one of it."""
    label, which = label_of(scope, key)
    project = scope.projects.get(key.project_id)
    words = ("" if project is None else project.name, translate(label, language), which)
    return " ".join(word for word in words if word)


def field_address(ret: OpenedReturn, scope: ReturnScope, key: CellKey, choices: Choices) -> str:
    """The field of a cell on the page of its project; a source that the page does not show yet is added to it."""
    project = scope.projects.get(key.project_id)
    top = None if project is None else project.parent_id or project.id
    more = {"add": f"{key.project_id}:{key.key}"} if FIELDS[key.field].keyed == "source" else {}
    if project is not None and project.parent_id is not None:
        more["part"] = project.code
    return choices.url(ret.address_of(top), **more) + f"#f-{key.name}"


def address_of_key(session: Session, ret: OpenedReturn, key: CellKey, choices: Choices, *, done: str) -> str:
    """The page of a cell, at its notes, telling what was done."""
    address, _, _ = field_address(ret, scope_of(session, ret.row), key, choices).partition("#")
    return f"{address}{'&' if '?' in address else '?'}done={done}#n-{key.name}"


def noted(
    session: Session, ret: OpenedReturn, choices: Choices, notes: Sequence[ReturnNote], *, open_only: bool = False
) -> list[tuple[ReturnNote, str, str]]:
    """Notes with what they are about and where that is; `open_only` are those that say what still is to be mended."""
    wanted = [note for note in notes if not open_only or (note.sends_back and note.settled_at is None)]
    if not wanted:
        return []
    scope = scope_of(session, ret.row)
    return [(note, *_about(ret, scope, note, choices)) for note in wanted]


def _about(ret: OpenedReturn, scope: ReturnScope, note: ReturnNote, choices: Choices) -> tuple[str, str]:
    if note.project_id is None:
        return translate(N_("整份填报"), choices.language), choices.url(ret.address)
    if note.field is None:
        project = scope.projects.get(note.project_id)
        top = None if project is None else project.parent_id or project.id
        return "" if project is None else project.name, choices.url(ret.address_of(top))
    key = CellKey(note.project_id, note.field, note.key)
    return place_name(scope, key, choices.language), field_address(ret, scope, key, choices)


def sentence_of(problem: Broken, choices: Choices) -> str:
    """A broken rule in the reader's language."""
    return problem.text(lambda text: translate(text, choices.language))
