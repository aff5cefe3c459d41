"""What a person typed about one entry of the ledger, read into values, and what the form offers."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session, col, select

from budgets.cell_texts import LABELS, amount_from_text, date_from_text
from budgets.entries import DRAFT, STAGES, LedgerEntry, NewEntry
from budgets.ledger import find_entry
from budgets.sources import SourceNode, source_tree
from core.calendar import quarter_name, today
from core.capital_numerals import capital_numerals
from core.errors import N_, Broken, Invalid, Missing, NotThere
from core.money import UNITS
from core.money import typed as typed_amount
from portfolio.access import Reader
from portfolio.periods import corrected_before
from portfolio.projects import Project
from web.forms import Typed, collecting, id_from_text, raise_any, typed_values
from web.project_forms import Editable, alive, editable_project

PART = N_("子项目")


@dataclass(frozen=True)
class OwnDraft:
    """A draft of the person who asks, and the project that it is of."""

    row: LedgerEntry
    editable: Editable


def own_draft(session: Session, reader: Reader, id_: int) -> OwnDraft:
    """Errors: NotThere unless the reader wrote it, it is still a draft, and the reader may still record for the project."""
    row = find_entry(session, id_)
    project = session.get_one(Project, row.project_id)
    if row.state != DRAFT or not reader.actor.did(row.recorded_by_id, row.recorded_by):
        raise NotThere
    return OwnDraft(row, editable_project(session, reader, project.code, "record"))


def leaves_of(session: Session, project: Project) -> list[Project]:
    """The project itself, or the parts of a package, whose money it is."""
    parts = session.exec(
        select(Project)
        .where(Project.parent_id == project.id, col(Project.archived_at).is_(None))
        .order_by(col(Project.position), col(Project.id))
    ).all()
    return list(parts) or [project]


def leaf_from(session: Session, editable: Editable, typed: Typed) -> Project:
    """The part that was chosen, or the project itself where it has none.

    Errors: Archived, Missing, Invalid.
    """
    leaves = leaves_of(session, alive(editable).project)
    if leaves[0] is editable.project:
        return leaves[0]
    if not typed["part"]:
        raise Missing(field="part", label=PART)
    chosen = next((leaf for leaf in leaves if leaf.code == typed["part"]), None)
    if chosen is None:
        raise Invalid(field="part", label=PART, found=typed["part"], expected=tuple(leaf.name for leaf in leaves))
    return chosen


def entry_from(typed: Typed) -> NewEntry:
    """The entry that the form holds.

    Errors: SeveralBroken with every field that cannot be read.
    """
    problems: list[Broken] = []
    amount_fen, occurred_on = 0, today()
    with collecting(problems):
        amount_fen = _amount(typed)
    with collecting(problems):
        occurred_on = date_from_text(typed["occurred_on"])
    if not typed["stage"]:
        problems.append(Missing(field="stage", label=LABELS["stage"]))
    raise_any(problems)
    return NewEntry(
        stage=typed["stage"],
        amount_fen=amount_fen,
        occurred_on=occurred_on,
        # 0 is no source's number: what was sent and is no number is looked up, and refused, like any unknown one.
        source_id=(id_from_text(typed["source"]) or 0) if typed["source"] else None,
        document=typed["document"],
        note=typed["note"],
        reduction=typed["reduction"] == "1",
        correction_reason=typed["correction_reason"],
    )


def unit_of(typed: Typed) -> str:
    """The unit that the form's amounts are typed in.

    Errors: Invalid.
    """
    found = typed["amount_unit"]
    if found not in UNITS:
        raise Invalid(field="amount_unit", label=N_("金额单位"), found=found, expected=UNITS)
    return found


def _amount(typed: Typed) -> int:
    return amount_from_text(typed["amount"], unit_of(typed))


def typed_entry(row: LedgerEntry, unit: str) -> Typed:
    """The form filled with a draft."""
    return typed_values(
        stage=row.stage,
        amount=typed_amount(abs(row.amount_fen), unit),
        amount_unit=unit,
        source=row.source_id,
        occurred_on=row.occurred_on.isoformat(),
        document=row.document,
        note=row.note,
        reduction="1" if row.amount_fen < 0 else None,
        correction_reason=row.correction_reason,
        row_version=row.row_version,
    )


def spelled(typed: Typed, problems: list[Broken]) -> str:
    """The amount of the form in capital numerals; what is wrong with it is added to the problems."""
    if typed["amount"].strip():
        with collecting(problems):
            return capital_numerals(_amount(typed))
    return ""


def offered(session: Session, plan_id: int) -> dict[str, Any]:
    """What the form of an entry offers: stages, the tree of sources, and the first quarter that takes entries."""
    first_open = corrected_before(session, plan_id)
    month = first_open % 10 * 3 - 2
    return {
        "stages": STAGES,
        "labels": LABELS,
        "sources": source_tree(session),
        "units": UNITS,
        "open_from": quarter_name(first_open) if first_open else "",
        "open_from_on": date(first_open // 10, month, 1).isoformat() if first_open else "",
    }


def source_words(tree: list[SourceNode], language: str) -> dict[int | None, str]:
    """What each source is called in the reader's language, by id."""
    return {node.id: node.source.name_en if language == "en" else node.source.name for node in tree}


def source_words_by_name(tree: list[SourceNode], language: str) -> dict[str, str]:
    """What each source is called in the reader's language, by its Chinese name."""
    return {node.source.name: node.source.name_en if language == "en" else node.source.name for node in tree}
