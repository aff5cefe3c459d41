"""What a person says of a file: which plan, unit, sheet, and which column holds what; and the file itself."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import UploadFile

from budgets.entries import STAGES
from budgets.importing.columns import Chosen
from budgets.importing.names import LABELS
from core.errors import N_, Broken, Invalid, Missing
from core.money import UNITS
from core.settings import settings
from web.forms import Typed, id_from_text, raise_any

COLUMN = "column-"
_LETTERS = re.compile(r"[A-Z]{1,3}")
_LAST_HEADER_LINE = 20


@dataclass(frozen=True)
class Upload:
    """A file that was sent; its bytes are read by `content`."""

    name: str
    content: bytes


async def uploaded(request: Request) -> Upload | None:
    """The file of the form, None when none was chosen."""
    form = await request.form(max_part_size=settings().max_body_bytes)
    sent = [value for value in form.values() if isinstance(value, UploadFile)]
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            return None
        return Upload(file.filename, await file.read())
    finally:
        for one in sent:
            await one.close()


Uploaded = Annotated[Upload | None, Depends(uploaded)]


def file_from(upload: Upload | None) -> Upload:
    """Errors: Missing, and FileTooLarge."""
    if upload is None:
        raise Missing(field="file", label=N_("文件"))
    limit = settings().max_upload_bytes
    if len(upload.content) > limit:
        raise FileTooLarge(field="file", found=-(-len(upload.content) // 1_000_000), limit=limit // 1_000_000)
    return upload


class FileTooLarge(Broken):
    status = 413
    sentence = N_("文件有 %(found)s MB，最多 %(limit)s MB。请拆成几个文件。")


def chosen_from(typed: Typed) -> Chosen:
    """What was chosen on the first form: the unit and the stage, where the table does not say them.

    Errors: Invalid.
    """
    problems: list[Broken] = []
    unit, stage = typed["unit"] or None, typed["stage"] or None
    if unit is not None and unit not in UNITS:
        problems.append(Invalid(field="unit", label=N_("金额单位"), found=unit, expected=UNITS))
    if stage is not None and stage not in STAGES:
        problems.append(Invalid(field="stage", label=N_("环节"), found=stage, expected=tuple(STAGES.values())))
    raise_any(problems)
    return Chosen(unit=unit, stage=stage)


def matching_from(typed: Typed) -> Chosen:
    """The same with the header's line and the columns as the person matched them.

    Errors: Invalid.
    """
    chosen = chosen_from(typed)
    line = None
    if typed["header_line"].strip():
        line = id_from_text(typed["header_line"].strip())
        if line is None or not 1 <= line <= _LAST_HEADER_LINE:
            label, expected = N_("表头所在行"), N_("1 至 20 的行号")
            raise Invalid(field="header_line", label=label, found=typed["header_line"], expected=expected)
    columns = {
        name.removeprefix(COLUMN): typed[name]
        for name in typed.fields
        if name.startswith(COLUMN) and _LETTERS.fullmatch(name.removeprefix(COLUMN)) and typed[name] in LABELS
    }
    # Another header line has other names: they are matched anew.
    changed = (
        typed["header_line"].strip() != typed["header_line_before"].strip() or typed["sheet"] != typed["sheet_before"]
    )
    return Chosen(chosen.unit, chosen.stage, line, None if changed or not columns else columns)
