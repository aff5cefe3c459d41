"""One row of a spreadsheet, as text, read into a ledger entry. The grid on the page and the file import read alike.

The names of a plan are gathered once (`plan_names`); reading a row asks the database nothing. Single cells: cell_texts.py.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlmodel import Session, col

from budgets.cell_texts import (
    FIELDS,
    LABELS,
    amount_from_text,
    cut,
    date_from_text,
    reduction_from_text,
    stage_from_text,
)
from budgets.entries import NewEntry
from budgets.entry_rules import BelowZero, InTheFuture, NotALeaf, PeriodClosed
from budgets.sources import NotAnEnd, Retired, SourceNode, UnknownSource, source_by_name, source_tree
from core.database import select_columns
from core.errors import N_, Broken, Invalid, Missing, SeveralBroken, TooLong
from core.money import NotMoney, TooFine
from core.text import matching_key
from portfolio.projects import Project

Read = TypeVar("Read")


class UnknownProject(Broken):
    sentence = N_("本规划没有编号或名称为“%(found)s”的项目，应为%(expected)s。")


class SeveralProjects(Broken):
    sentence = N_("本规划有几个项目都叫“%(found)s”，请改填编号：%(expected)s。")


class ArchivedProject(Broken):
    sentence = N_("项目“%(found)s”已归档，不能再记账，应为%(expected)s。")


class PasteUnreadable(Broken):
    sentence = N_("粘贴的内容里有一格过长，没有读取。请检查引号是否配对，再重新复制。")


# ---- the texts, and the names that they may hold


@dataclass(frozen=True)
class EntryTexts:
    """The cells of one row as they were typed or stand in a file."""

    project: str = ""
    stage: str = ""
    source: str = ""
    occurred_on: str = ""
    amount: str = ""
    document: str = ""
    note: str = ""
    kind: str = ""
    correction_reason: str = ""

    @property
    def is_blank(self) -> bool:
        return not any(getattr(self, name).strip() for name in FIELDS)

    @property
    def is_heading(self) -> bool:
        """Whether the row repeats the names of the columns, as a paste that begins at the table's head does."""
        cells = [(name, matching_key(getattr(self, name))) for name in FIELDS]
        said = [(name, cell) for name, cell in cells if cell]
        return len(said) > 1 and all(cell.startswith(matching_key(LABELS[name])[:2]) for name, cell in said)


@dataclass(frozen=True)
class NamedProject:
    """A project or part of the plan as rows may name it; `parts` are the names of its parts, whose money it is then.

    `top_id` is the package of a part, else the project itself: its departments decide who records.
    """

    id: int
    top_id: int
    code: str
    name: str
    archived: bool
    parts: tuple[str, ...]


@dataclass
class PlanNames:
    """The projects of a plan and the funding sources, to be found by what a row says."""

    projects: dict[str, list[NamedProject]]
    tree: list[SourceNode]
    _sources: dict[str, int] = field(default_factory=dict)

    def project(self, text: str, *, field: str = "project") -> NamedProject:
        """The leaf project of that code or exact name; width, case and spaces do not matter.

        Errors: Missing, UnknownProject, SeveralProjects, ArchivedProject, NotALeaf.
        """
        key = matching_key(text)
        if not key:
            raise Missing(field=field, label=LABELS["project"])
        found = self.projects.get(key, [])
        alive = [one for one in found if not one.archived]
        expected = N_("本规划一个项目的编号或全名")
        if len(alive) > 1:
            raise SeveralProjects(field=field, found=cut(text), expected=tuple(one.code for one in alive))
        if not alive:
            raise (ArchivedProject if found else UnknownProject)(field=field, found=cut(text), expected=expected)
        if alive[0].parts:
            raise NotALeaf(field=field, found=alive[0].name, parts=alive[0].parts)
        return alive[0]

    def source(self, text: str, *, field: str = "source") -> int | None:
        """The id of the source of that name; None where nothing stands.

        Errors: UnknownSource, NotAnEnd, Retired.
        """
        if not text.strip():
            return None
        if text not in self._sources:
            self._sources[text] = source_by_name(self.tree, text, field=field).id
        return self._sources[text]


def plan_names(session: Session, plan_id: int) -> PlanNames:
    """What rows about a plan may name. Two queries."""
    rows = session.execute(
        select_columns(Project.id, Project.code, Project.name, Project.archived_at, Project.parent_id)
        .where(col(Project.plan_id) == plan_id)
        .order_by(col(Project.position), col(Project.id))
    ).all()
    parts: dict[int, list[str]] = {}
    for _id, _code, name, archived_at, parent_id in rows:
        if parent_id is not None and archived_at is None:
            parts.setdefault(parent_id, []).append(name)
    known: dict[str, list[NamedProject]] = {}
    for id_, code, name, archived_at, parent_id in rows:
        project = NamedProject(id_, parent_id or id_, code, name, archived_at is not None, tuple(parts.get(id_, ())))
        for key in {matching_key(code), matching_key(name)}:
            known.setdefault(key, []).append(project)
    return PlanNames(known, source_tree(session))


# ---- rows


def read_row(texts: EntryTexts, names: PlanNames, *, unit: str) -> tuple[NamedProject, NewEntry]:
    """The project and the entry that a row says.

    Errors: SeveralBroken with one problem for each cell that cannot be read.
    """
    problems: list[Broken] = []

    def cell(read: Callable[[], Read]) -> Read | None:
        try:
            return read()
        except Broken as problem:
            problems.append(problem)
            return None

    project = cell(lambda: names.project(texts.project))
    stage = cell(lambda: stage_from_text(texts.stage))
    source_id = cell(lambda: names.source(texts.source))
    occurred_on = cell(lambda: date_from_text(texts.occurred_on))
    amount_fen = cell(lambda: amount_from_text(texts.amount, unit))
    reduction = cell(lambda: reduction_from_text(texts.kind))
    if problems or project is None or stage is None or occurred_on is None or amount_fen is None:
        raise SeveralBroken(problems)
    return project, NewEntry(
        stage=stage,
        amount_fen=amount_fen,
        occurred_on=occurred_on,
        source_id=source_id,
        document=texts.document.strip() or None,
        note=texts.note.strip() or None,
        reduction=bool(reduction),
        correction_reason=texts.correction_reason.strip() or None,
    )


def rows_from_paste(text: str) -> list[EntryTexts]:
    """The rows of a text copied out of a spreadsheet: cells between tabs, a cell with a line break between quotes.

    Blank rows and a row of column names are left out; cells beyond the last column are dropped.

    Errors: PasteUnreadable.
    """
    lines = csv.reader(io.StringIO(text.replace("\r\n", "\n"), newline=""), delimiter="\t")
    try:
        found = [texts_of([cell.replace("\n", " ").strip() for cell in cells]) for cells in lines]
    except csv.Error as error:
        raise PasteUnreadable(field="pasted") from error
    return [one for one in found if not one.is_blank and not one.is_heading]


def texts_of(cells: Sequence[str]) -> EntryTexts:
    """A row whose cells stand in the order of FIELDS; missing ones at its end are empty."""
    return EntryTexts(**dict(zip(FIELDS, cells, strict=False)))


# What was expected instead, for errors that stand elsewhere and say it in their sentence only.
_EXPECTED: dict[type[Broken], str] = {
    NotMoney: N_("以%(unit)s计的数字，例如 320 或 1,234.50"),
    TooFine: N_("到分为止的金额"),
    UnknownSource: N_("%(known)s 之一"),
    NotAnEnd: N_("末级来源：%(known)s"),
    Retired: N_("没有停用的资金来源"),
    Missing: N_("不能为空"),
    TooLong: N_("最多 %(limit)s 个字"),
    NotALeaf: N_("它的子项目：%(parts)s"),
    InTheFuture: N_("不晚于 %(today)s 的日期"),
    PeriodClosed: N_("更正理由，或 %(open)s 及以后的日期"),
    BelowZero: N_("不超过已记的 %(held)s 元"),
}


def found_and_expected(problem: Broken, translate: Callable[[str], str]) -> tuple[str, str]:
    """What stood in the cell and what should have stood there, in the reader's language, for reports by cell."""
    facts = {name: _in_words(value, translate) for name, value in problem.facts.items()}
    found = str(facts.get("found", ""))
    if isinstance(problem, Invalid):
        found = found.removeprefix("“").removesuffix("”")
    if "expected" in facts:
        return found, str(facts["expected"])
    template = _EXPECTED.get(type(problem))
    return found, translate(template) % facts if template else problem.text(translate)


def _in_words(value: object, translate: Callable[[str], str]) -> object:
    if isinstance(value, tuple):
        return translate(N_("、")).join(translate(word) for word in value)
    return translate(value) if isinstance(value, str) else value
