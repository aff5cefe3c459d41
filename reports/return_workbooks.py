"""Makes the workbook of a return, and remembers what stood in it: the base of the merge when it comes back."""

import json
import secrets
from collections.abc import Mapping
from typing import BinaryIO

from sqlmodel import Session, select

from core import audit
from core.audit import Actor
from core.signing import signature, signing_secret
from portfolio.periods import ReportingPeriod
from reports.return_cells import must_take_returns, values_of
from reports.return_fields import CellKey
from reports.return_form import SPARE, TEMPLATE_VERSION, MadeRow, MadeWorkbook, ReturnForm, signed_text
from reports.return_form_rows import return_form
from reports.returns import DepartmentReturn, ReturnWorkbook
from reports.workbook_return import write_return_workbook


def make_workbook(
    session: Session,
    return_: DepartmentReturn,
    target: BinaryIO,
    *,
    unit: str = "万元",
    language: str = "zh",
    by: Actor,
) -> ReturnWorkbook:
    """Writes the workbook of a return as it stands now, and keeps what stands in it. Its token is the only chance in it.

    Errors: PeriodShut, PeriodNotOpen: nobody could load it.
    """
    assert return_.id is not None
    must_take_returns(session, session.get_one(ReportingPeriod, return_.period_id))
    secret, token = signing_secret(session), secrets.token_hex(12)
    cells = values_of(session, return_.id)
    form = return_form(session, return_, cells, token, unit=unit, language=language)
    titles = write_return_workbook(target, form, secret, language=language)
    row = ReturnWorkbook(
        return_id=return_.id,
        token=token,
        template_version=TEMPLATE_VERSION,
        cells=_kept(form, cells, titles, secret),
        made_by=by.name,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    audit.record(session, "make-workbook", "department_return", return_.id, after={"workbook": row.id}, by=by)
    return row


def _kept(
    form: ReturnForm, cells: Mapping[CellKey, str], titles: Mapping[str, Mapping[str, str]], secret: bytes
) -> str:
    rows = {
        f"{row.key}|{signature(secret, signed_text(form.token, row.key))}": [
            *(row.kind, row.project_id, row.rest, row.dimension),
            [] if row.kind == SPARE else ["" if one is None else one for one in row.shown_in_order],
        ]
        for row in form.all_rows
    }
    kept = {
        "unit": form.unit,
        "titles": titles,
        "lists": form.lists,
        "rows": rows,
        "cells": [[*key, value] for key, value in cells.items()],
    }
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def find_made(session: Session, token: str) -> MadeWorkbook | None:
    """The workbook of that token as it was made."""
    row = session.exec(select(ReturnWorkbook).where(ReturnWorkbook.token == token)).first()
    if row is None:
        return None
    assert row.id is not None
    kept = json.loads(row.cells)
    return MadeWorkbook(
        id=row.id,
        return_id=row.return_id,
        unit=kept["unit"],
        titles=kept["titles"],
        lists={name: tuple(offered) for name, offered in kept["lists"].items()},
        rows={key: MadeRow._make(row) for key, row in kept["rows"].items()},
        base={CellKey(project_id, field, key): value for project_id, field, key, value in kept["cells"]},
    )
