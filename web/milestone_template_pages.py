"""节点模板: what projects of each type usually go through, and the forms that change it."""

import unicodedata
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core import audit
from core.audit import HistoryLine
from core.errors import N_, Broken, Invalid, NotThere, Stale
from milestones.milestone_templates import (
    LABELS,
    MOST_ITEMS,
    SUBJECT,
    TemplateItem,
    TemplateValues,
    add_template,
    edit_template,
    every_template,
    find_template,
    items_in_words,
    items_of,
)
from milestones.milestones import MILESTONE_KINDS, MilestoneTemplate
from portfolio.access import Reader
from portfolio.values import Basis, check_basis
from web.deps import Reading, RecordId, SignedIn, Writing, answered, leads_to
from web.forms import (
    NO_PROBLEMS,
    Problems,
    Typed,
    TypedForm,
    collecting,
    id_from_text,
    raise_any,
    shown_again,
    typed_values,
)
from web.pages import page
from web.project_forms import version_from

router = APIRouter()

_COLUMNS = ("kind", "item_name", "weight", "share")
YES, NO = N_("是"), N_("否")
_SPARE = 3  # empty lines at the end of the form


def may_edit(reader: Reader) -> bool:
    """The templates are one set for every plan, so only who works for every plan changes them."""
    return reader.plans_for("rules") is None


def _must_edit(reader: Reader) -> None:
    if not may_edit(reader):
        raise NotThere


@router.get("/milestones/templates")
def get_templates(request: Request, reader: SignedIn, session: Reading) -> Response:
    reader.must("view")
    rows = [(row, items_of(row)) for row in every_template(session)]
    return page(request, "milestones/templates.html", rows=rows, kinds=MILESTONE_KINDS, may_edit=may_edit(reader))


@router.get("/milestones/templates/new")
def get_new(request: Request, reader: SignedIn, session: Reading) -> Response:
    _must_edit(reader)
    last = max((row.position for row in every_template(session)), default=0)
    return _form(request, session, reader, None, typed_values(position=last + 10), NO_PROBLEMS)


@router.post("/milestones/templates/new")
def post_new(request: Request, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    _must_edit(reader)
    if done := answered(session, typed.key, reader):
        return done
    with shown_again(request, lambda problems: _form(request, session, reader, None, typed, problems)):
        values, reason = _read(typed)
        row = add_template(session, values, reason=reason, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/milestones/templates#template-{row.id}")


@router.get("/milestones/templates/{id_}")
def get_template(request: Request, id_: RecordId, reader: SignedIn, session: Reading) -> Response:
    _must_edit(reader)
    row = find_template(session, id_)
    return _form(request, session, reader, row, _filled(row), NO_PROBLEMS)


@router.post("/milestones/templates/{id_}")
def post_template(request: Request, id_: RecordId, reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    _must_edit(reader)
    if done := answered(session, typed.key, reader):
        return done
    row = find_template(session, id_)
    with shown_again(request, lambda problems: _form(request, session, reader, row, typed, problems)):
        values, reason = _read(typed)
        version = version_from(typed)
        edit_template(session, row, values, expected_version=version, reason=reason, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/milestones/templates#template-{id_}")


def _filled(row: MilestoneTemplate) -> Typed:
    plain = typed_values(
        row_version=row.row_version,
        name=row.name,
        name_en=row.name_en,
        position=row.position,
        retired="1" if row.retired else None,
    )
    items = items_of(row)
    columns = {
        "kind": tuple(item.kind for item in items),
        "item_name": tuple(item.name for item in items),
        "weight": tuple(item.weight for item in items),
        "share": tuple(str(item.share) for item in items),
    }
    return Typed({**plain.fields, **columns})


def _read(typed: Typed) -> tuple[TemplateValues, str]:
    """What the form holds, and the reason; lines without a kind and a name are left out.

    Errors: SeveralBroken with every field that cannot be read.
    """
    problems: list[Broken] = []
    position = id_from_text(typed["position"].strip() or "0")
    if position is None:
        expected = "0—9999"
        problems.append(Invalid(field="position", label=LABELS["position"], found=typed["position"], expected=expected))
    items = tuple(_item(line, number, problems) for number, line in enumerate(_lines(typed), start=1))
    with collecting(problems):
        check_basis(Basis(0, reason=typed["reason"]), "reason")
    raise_any(problems)
    return TemplateValues(
        name=typed["name"].strip(),
        name_en=typed["name_en"].strip(),
        position=position or 0,
        items=items,
        retired=typed["retired"] == "1",
    ), typed["reason"].strip()


def _lines(typed: Typed) -> list[tuple[str, ...]]:
    """The filled lines of the form: (kind, name, weight, share)."""
    columns = [typed.many(name) for name in _COLUMNS]
    lines = zip(*columns, strict=False)
    return [tuple(cell.strip() for cell in line) for line in lines if any(cell.strip() for cell in line)]


def _item(line: tuple[str, ...], number: int, problems: list[Broken]) -> TemplateItem:
    kind, name, weight, share = (
        unicodedata.normalize("NFKC", cell) if place > 1 else cell for place, cell in enumerate(line)
    )
    found = id_from_text(share or "0")
    if found is None:
        problems.append(Invalid(field=f"item_{number}", label=LABELS["share"], found=share, expected="0—100"))
    return TemplateItem(kind, name or MILESTONE_KINDS.get(kind, ""), weight.removesuffix("%") or "0", found or 0)


def _form(
    request: Request, session: Session, reader: Reader, row: MilestoneTemplate | None, typed: Typed, problems: Problems
) -> Response:
    stale = row is not None and problems.status == Stale.status and version_from(typed) != row.row_version
    lines = _lines(typed)
    spare = min(_SPARE if lines else 8, MOST_ITEMS - len(lines))
    saved = _filled(row) if stale and row is not None else None
    return page(
        request,
        "milestones/template_form.html",
        row=row,
        typed=typed,
        problems=problems,
        versions=None if saved is None else _both(saved, typed),
        row_version=row.row_version if stale and row is not None else typed["row_version"],
        lines=[*lines, *[("", "", "", "")] * max(spare, 0)],
        kinds=MILESTONE_KINDS,
        labels=LABELS,
        history=[] if row is None else _history(session, row),
        may_see_history=reader.may("history"),
    )


def _history(session: Session, row: MilestoneTemplate) -> list[HistoryLine]:
    """The audit rows with the milestones in words; the key says nothing that the name does not."""

    def said(name: str, value: Any) -> Any:
        if isinstance(value, bool):
            return YES if value else NO
        return items_in_words(value) if name == "items" and value is not None else value

    return [
        replace(
            line,
            changes=tuple((name, said(name, old), said(name, new)) for name, old, new in line.changes if name != "key"),
        )
        for line in audit.history(session, SUBJECT, row.id or 0)
    ]


def _both(saved: Typed, typed: Typed) -> list[tuple[str, str, str]]:
    """What somebody else saved beside what was typed, where the two differ."""

    def items(one: Typed) -> str:
        return "\n".join(" ".join(line) for line in _lines(one))

    found = [(LABELS[name], saved[name], typed[name]) for name in ("name", "name_en", "position", "retired")]
    found.append((LABELS["items"], items(saved), items(typed)))
    return [line for line in found if line[1] != line[2]]
