"""The form of a year's, a quarter's or the whole project's plan: one row for each source, one document for all of them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.entries import APPROVED, DRAFT
from budgets.entry_rules import NotALeaf
from budgets.line_editing import discard_line, put_line, seen_of
from budgets.line_reading import PlanLine, plan_lines
from budgets.line_rules import LABELS, LIMITS, first_year_of
from budgets.lines import TOTAL, YEAR, BudgetLine, NewLine, span_of, year_of
from budgets.plan_table import span_text
from budgets.sources import SourceNode, source_tree
from core.calendar import current_quarter
from core.capital_numerals import capital_numerals
from core.errors import N_, Broken, Missing, NotThere, SeveralBroken, Stale
from core.money import UNITS
from core.money import typed as typed_amount
from portfolio.access import Reader
from web.budget_pages import BudgetView, budget_view
from web.deps import Chosen, Reading, SignedIn, Writing, answered, leads_to, see_other
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, shown_again, typed_values
from web.pages import page
from web.project_forms import alive, amount_from, day_from, editable_project, unit_from

router = APIRouter()

_SPAN = re.compile(r"total|([0-9]{4})(?:Q([1-4]))?")
_SHARED = ("occurred_on", *LIMITS)


class NothingTyped(Broken):
    sentence = N_("没有填写与现行计划不同的金额。只填要新增或调整的来源，其余留空。")


@dataclass(frozen=True)
class SourceRow:
    """A source with its row of the form: the approved version, the newest one, and whether this person may type here."""

    node: SourceNode
    approved: BudgetLine | None
    newest: BudgetLine | None
    typing: bool

    @property
    def id(self) -> int:
        return self.node.id

    @property
    def draft(self) -> BudgetLine | None:
        """The person's own draft, which the form opens with."""
        return self.newest if self.typing and self.newest is not None and self.newest.state == DRAFT else None

    @property
    def seen(self) -> str:
        return "{}.{}".format(*seen_of(self.newest))


def covers_from(text: str) -> int:
    """Errors: NotThere for anything but total, 2024 or 2024Q1."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise NotThere
    if text == TOTAL:
        return 0
    return int(match[1]) * 10 + int(match[2]) if match[2] else int(match[1])


def _rows(session: Session, view: BudgetView, covers: int, reader: Reader) -> list[SourceRow]:
    """The sources that take money, and those retired since that this line has versions of."""
    assert view.project.id is not None
    held: dict[int, PlanLine] = {
        line.source_id: line
        for line in plan_lines(session, [view.project.id], current_quarter())
        if line.covers == covers
    }
    found = []
    for node in source_tree(session):
        line = held.get(node.id)
        if line is None and not node.takes_money:
            continue
        versions = () if line is None else line.versions
        approved = next((row for row in reversed(versions) if row.state == APPROVED), None)
        newest = versions[-1] if versions else None
        open_ = None if line is None else line.open
        typing = open_ is None or (open_.state == DRAFT and reader.actor.did(open_.recorded_by_id, open_.recorded_by))
        found.append(SourceRow(node, approved, newest, typing))
    return found


@router.get("/projects/{code}/budget/{span}")
def get_budget_form(
    request: Request, code: str, span: str, reader: SignedIn, session: Reading, choices: Chosen
) -> Response:
    covers = covers_from(span)
    view = _writable(session, reader, code)
    if view.is_package:
        return see_other(f"/projects/{code}/budget")
    rows = _rows(session, view, covers, reader)
    return _form(request, session, view, covers, rows, _filled(rows, choices.unit), NO_PROBLEMS)


def _writable(session: Session, reader: Reader, code: str) -> BudgetView:
    """Errors: NotThere for who may not write budgets; Archived."""
    alive(editable_project(session, reader, code, "budget"))
    return budget_view(session, reader, code, current_quarter())


def _filled(rows: list[SourceRow], unit: str) -> Typed:
    """The form as it opens: with the person's own drafts, else empty, the approved amounts beside it."""
    fields: dict[str, Any] = {"estimate_unit": unit}
    for row in rows:
        fields[f"seen_{row.id}"] = row.seen
        if row.draft is not None:
            fields[f"amount_{row.id}"] = typed_amount(row.draft.amount_fen, unit)
            fields[f"carried_{row.id}"] = typed_amount(row.draft.carried_fen, unit) if row.draft.carried_fen else None
    first = next((row.draft for row in rows if row.draft is not None), None)
    if first is not None:
        fields |= {name: getattr(first, name) for name in _SHARED}
    return typed_values(**fields)


def _form(
    request: Request,
    session: Session,
    view: BudgetView,
    covers: int,
    rows: list[SourceRow],
    typed: Typed,
    problems: Problems,
) -> Response:
    stale = problems.status == Stale.status and all(name is None for name, _ in problems.lines)
    first = first_year_of(session, view.project)
    return page(
        request,
        "projects/budget_form.html",
        view=view,
        covers=covers,
        span=span_of(covers),
        year=year_of(covers),
        span_text=span_text,
        rows=rows,
        seen={row.id: row.seen if stale or not typed[f"seen_{row.id}"] else typed[f"seen_{row.id}"] for row in rows},
        versions=_both(rows, typed) if stale else None,
        typed=typed,
        problems=problems,
        units=UNITS,
        spelled=_spelled(rows, typed),
        takes_carried=(span_of(covers) == YEAR and covers > first) or any(typed[f"carried_{row.id}"] for row in rows),
        first_year=first,
        adjusting=any(row.approved is not None for row in rows),
        offered=_offered(view, covers),
    )


def _offered(view: BudgetView, covers: int) -> list[int]:
    """The years of the project, and the year that the form is about."""
    first = view.project.first_year or view.package.first_year or view.plan.first_year
    last = view.project.last_year or view.package.last_year or view.plan.last_year
    return sorted({*range(first, last + 2), *([] if covers == 0 else [year_of(covers) or first])})


def _both(rows: list[SourceRow], typed: Typed) -> list[tuple[str, str, str]]:
    """What is saved now beside what was typed, for the sources that something was typed for."""
    unit = typed["estimate_unit"] if typed["estimate_unit"] in UNITS else "元"
    found = []
    for row in rows:
        mine = typed[f"amount_{row.id}"].strip()
        saved = "" if row.newest is None else typed_amount(row.newest.amount_fen, unit)
        if mine and mine != saved:
            found.append((row.node.source.name, saved, mine))
    return found


def _spelled(rows: list[SourceRow], typed: Typed) -> dict[str, str]:
    """The amounts of the form in capital numerals, by field."""
    found = {}
    for row in rows:
        for name in (f"amount_{row.id}", f"carried_{row.id}"):
            ignored: list[Broken] = []
            fen = amount_from(typed, name, unit_from(typed, ignored), ignored)
            if fen is not None:
                found[name] = capital_numerals(fen)
    return found


@router.post("/projects/{code}/budget/{span}")
def post_budget_form(
    request: Request, code: str, span: str, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    covers = covers_from(span)
    if done := answered(session, typed.key, reader):
        return done
    view = _writable(session, reader, code)
    rows = _rows(session, view, covers, reader)
    with shown_again(request, lambda problems: _form(request, session, view, covers, rows, typed, problems)):
        if view.is_package:
            raise NotALeaf(field=None, found=view.project.name, parts=tuple(leaf.name for leaf in view.leaves))
        _put(session, view, covers, rows, typed, reader)
    return leads_to(session, typed.key, reader, f"/projects/{code}/budget#lines")


def _put(session: Session, view: BudgetView, covers: int, rows: list[SourceRow], typed: Typed, reader: Reader) -> None:
    """Writes every row that something was typed in, and discards the drafts that were emptied.

    Errors: SeveralBroken with every field that cannot be accepted; NothingTyped; those of put_line.
    """
    problems: list[Broken] = []
    emptied = [row for row in rows if row.draft is not None and not _typed_in(row, typed)]
    news = list(_news(covers, rows, typed, problems))
    if problems:
        raise SeveralBroken(problems)
    if not news and not emptied:
        raise NothingTyped(field=None)
    for row in emptied:
        assert row.newest is not None
        discard_line(session, row.newest, expected=_seen(row, typed), by=reader.actor)
    for row, new in news:
        with _at_its_row(row, problems):
            put_line(
                session,
                view.project,
                new,
                expected=_seen(row, typed),
                submit=typed["act"] == "submit",
                by=reader.actor,
            )
    if problems:
        raise SeveralBroken(problems)


def _typed_in(row: SourceRow, typed: Typed) -> bool:
    return bool(typed[f"amount_{row.id}"].strip() or typed[f"carried_{row.id}"].strip())


def _seen(row: SourceRow, typed: Typed) -> tuple[int, int]:
    version, _, row_version = typed[f"seen_{row.id}"].partition(".")
    known = version.isdecimal() and row_version.isdecimal() and len(version) + len(row_version) < 10
    return (int(version), int(row_version)) if known else (-1, -1)


def _news(
    covers: int, rows: list[SourceRow], typed: Typed, problems: list[Broken]
) -> Iterator[tuple[SourceRow, NewLine]]:
    """The lines that the form holds; an amount that is the approved one is none. What cannot be read goes to the problems."""
    wanted = [row for row in rows if row.typing and _typed_in(row, typed)]
    unit = unit_from(typed, problems)
    day = None
    with collecting(problems):
        day = day_from(typed, "occurred_on", label=LABELS["occurred_on"]) if wanted else None
    for row in wanted:
        amount_name, carried_name = f"amount_{row.id}", f"carried_{row.id}"
        amount = amount_from(typed, amount_name, unit, problems, label=LABELS["amount"])
        carried = amount_from(typed, carried_name, unit, problems, label=LABELS["carried"]) or 0
        if not typed[amount_name].strip():
            problems.append(Missing(field=amount_name, label=LABELS["amount"]))
        if amount is None or day is None:
            continue
        held = row.approved
        if held is not None and row.draft is None and (held.amount_fen, held.carried_fen) == (amount, carried):
            continue
        texts = {name: typed[name].strip() or None for name in LIMITS}
        yield row, NewLine(covers, row.id, amount, day, texts.pop("document") or "", carried, **texts)


@contextmanager
def _at_its_row(row: SourceRow, problems: list[Broken]) -> Iterator[None]:
    """Gathers what is wrong with one row under the names of its fields; what is wrong with all of them is told once."""
    try:
        yield
    except (Stale, NotThere):
        raise
    except Broken as error:
        known = {(one.field, str(one)) for one in problems}
        for one in error.problems if isinstance(error, SeveralBroken) else [error]:
            if one.field in ("amount", "carried", "source"):
                one.field = f"{'amount' if one.field == 'source' else one.field}_{row.id}"
            if (one.field, str(one)) not in known:
                problems.append(one)
