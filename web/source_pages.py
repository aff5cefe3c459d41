"""资金来源: the tree of funding sources with its lines in the three lists, and the forms that change it."""

from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from budgets.source_editing import LABELS, SourceValues, add_source, edit_source, source_values
from budgets.sources import LISTS, FundingSource, source_tree
from core import audit
from core.audit import HistoryLine
from core.errors import N_, Broken, Invalid, NotThere, SeveralBroken, Stale
from core.text import needed_text
from portfolio.access import Reader
from portfolio.values import BASIS_LABELS
from web.deps import Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import NO_PROBLEMS, Problems, Typed, TypedForm, collecting, id_from_text, shown_again, typed_values
from web.pages import page
from web.project_forms import version_from

router = APIRouter()

_TEXTS = ("name", "name_en", *LISTS)
_TICKS = ("fiscal", "retired")
YES, NO = N_("是"), N_("否")


def may_edit(reader: Reader) -> bool:
    """The tree is one for every plan, so only who works for every plan changes it."""
    return reader.plans_for("sources") is None


def _must_edit(reader: Reader) -> None:
    if not may_edit(reader):
        raise NotThere


@router.get("/money/sources")
def get_sources(request: Request, reader: SignedIn, session: Reading) -> Response:
    reader.must("view")
    tree = source_tree(session)
    return page(request, "money/sources.html", tree=tree, lists=LISTS, may_edit=may_edit(reader))


@router.get("/money/sources/new")
def get_new_source(request: Request, reader: SignedIn, session: Reading, parent: str = "") -> Response:
    _must_edit(reader)
    known = {node.id: node for node in source_tree(session)}
    above = known.get(id_from_text(parent) or 0)
    last = max((node.source.position for node in known.values()), default=0)
    filled = typed_values(
        parent_id=None if above is None else above.id,
        position=last + 10,
        fiscal=1 if above is not None and above.source.fiscal else None,
    )
    return _form(request, session, reader, None, filled, NO_PROBLEMS)


@router.post("/money/sources/new")
def post_new_source(request: Request, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    _must_edit(reader)
    if done := answered(session, typed.key, reader):
        return done
    with shown_again(request, lambda problems: _form(request, session, reader, None, typed, problems)):
        problems: list[Broken] = []
        values = _values_from(typed, problems)
        with collecting(problems):
            needed_text(typed["reason"], field="reason", label=BASIS_LABELS["reason"], limit=1000)
        if problems:
            raise SeveralBroken(problems)
        row = add_source(session, None, values, reason=typed["reason"].strip(), by=reader.actor)
    return leads_to(session, typed.key, reader, f"/money/sources#source-{row.id}")


@router.get("/money/sources/{source_id}")
def get_source(request: Request, source_id: RecordId, reader: SignedIn, session: Reading) -> Response:
    _must_edit(reader)
    row = _row(session, source_id)
    filled = _filled(row)
    return _form(request, session, reader, row, filled, NO_PROBLEMS)


@router.post("/money/sources/{source_id}")
def post_source(
    request: Request, source_id: RecordId, reader: SignedIn, typed: TypedForm, session: Writing
) -> Response:
    _must_edit(reader)
    if done := answered(session, typed.key, reader):
        return done
    row = _row(session, source_id)
    with shown_again(request, lambda problems: _form(request, session, reader, row, typed, problems)):
        problems: list[Broken] = []
        values = _values_from(typed, problems)
        if problems:
            raise SeveralBroken(problems)
        edit_source(
            session,
            row,
            values,
            expected_version=version_from(typed),
            reason=typed["reason"],
            by=reader.actor,
        )
    return leads_to(session, typed.key, reader, f"/money/sources#source-{source_id}")


def _row(session: Session, id_: int) -> FundingSource:
    row = session.get(FundingSource, id_)
    if row is None:
        raise NotThere
    return row


def _filled(row: FundingSource) -> Typed:
    held = source_values(row)
    texts = {name: getattr(held, name) for name in (*_TEXTS, "parent_id", "position")}
    ticks = {name: 1 if getattr(held, name) else None for name in _TICKS}
    return typed_values(row_version=row.row_version, **texts, **ticks)


def _values_from(typed: Typed, problems: list[Broken]) -> SourceValues:
    position = id_from_text(typed["position"].strip() or "0")
    if position is None:
        expected = "0—9999"
        problems.append(Invalid(field="position", label=LABELS["position"], found=typed["position"], expected=expected))
    parent = id_from_text(typed["parent_id"])
    if typed["parent_id"] and parent is None:
        parent = -1  # no source has it: the rule that names the field says so
    texts = {name: typed[name].strip() or None for name in LISTS}
    return SourceValues(
        name=typed["name"],
        name_en=typed["name_en"],
        parent_id=parent,
        position=position or 0,
        fiscal=bool(typed["fiscal"]),
        retired=bool(typed["retired"]),
        **texts,
    )


def _form(
    request: Request, session: Session, reader: Reader, row: FundingSource | None, typed: Typed, problems: Problems
) -> Response:
    stale = row is not None and problems.status == Stale.status and problems.lines[0][0] is None
    if stale:
        session.refresh(row)
    tree = source_tree(session)
    own = None if row is None else row.id
    headings = [node for node in tree if node.id != own and node.depth < 3 and not node.source.pending]
    names = {node.id: node.source.name for node in tree}
    return page(
        request,
        "money/sources_form.html",
        row=row,
        typed=typed,
        problems=problems,
        versions=_both(row, typed, names) if stale and row is not None else None,
        row_version=row.row_version if stale and row is not None else typed["row_version"],
        headings=headings,
        labels=LABELS,
        words={YES: YES, NO: NO},
        lists=LISTS,
        names=names,
        history=[] if row is None else _history(session, row, names),
        may_see_history=reader.may("history"),
    )


def _history(session: Session, row: FundingSource, names: dict[int, str]) -> list[HistoryLine]:
    """The audit rows with names instead of ids, and words instead of true and false."""
    assert row.id is not None

    def said(name: str, value: Any) -> Any:
        if isinstance(value, bool):
            return YES if value else NO
        return names.get(value, value) if name == "parent_id" else value

    return [
        replace(line, changes=tuple((name, said(name, old), said(name, new)) for name, old, new in line.changes))
        for line in audit.history(session, "funding_source", row.id)
    ]


def _both(row: FundingSource, typed: Typed, names: dict[int, str]) -> list[tuple[str, Any, Any]]:
    """What somebody else saved beside what was typed, where the two differ."""
    saved = _filled(row)

    def said(name: str, one: Typed) -> str:
        return names.get(id_from_text(one[name]) or 0, one[name]) if name == "parent_id" else one[name]

    fields = (*_TEXTS, "parent_id", "position", *_TICKS)
    return [(LABELS[name], said(name, saved), said(name, typed)) for name in fields if saved[name] != typed[name]]
