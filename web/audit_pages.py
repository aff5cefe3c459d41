"""操作记录: the log of what everybody did, to be searched and taken along; who takes it along is in it too."""

from collections.abc import Iterator
from functools import partial
from tempfile import TemporaryFile
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from core.audit import absent_in
from core.audit_log import Place, entry_seen, every_row, log_count, log_page
from core.audit_seals import chain
from core.audit_verifying import last_verification
from core.calendar import today
from core.errors import N_, NotThere, SeveralBroken
from core.language import translate
from reports.audit_rows import MOST_IN_A_WORKBOOK, TooManyForAWorkbook, log_as_csv, log_cells, log_lines
from reports.audit_scopes import AUDIT_LOG, SUBJECTS
from reports.findings import words_in
from reports.workbook_audit import TITLE, write_log
from web.audit_request import LogRequest, log_request, place_text, seen_by
from web.choices import Choices
from web.deps import AppDatabase, Chosen, Reading, SignedIn
from web.downloads import CSV_TYPE, WORKBOOK_TYPE, pieces, saved_as
from web.exporting import told_export
from web.forms import NO_PROBLEMS, problems_of
from web.pages import page
from web.printed import ACTS, act

router = APIRouter()


@router.get("/audit")
def get_audit(request: Request, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    asked = log_request(request, session, reader, choices)
    problems = problems_of(SeveralBroken(asked.problems), choices.language) if asked.problems else NO_PROBLEMS
    found = None if problems else log_page(session, asked.seen, asked.filter, after=asked.after)
    response = page(
        request,
        "audit/log.html",
        part="list",
        status=problems.status if problems else 200,
        asked=asked,
        chosen=asked.chosen,
        problems=problems,
        typed=asked.typed,
        found=found,
        lines=[] if found is None else log_lines(session, found.rows, words_in(choices.language), choices.unit),
        following=_address_of(asked, None if found is None else found.following),
        acts=sorted(ACTS.items(), key=lambda one: translate(one[1], choices.language)),
        subjects=SUBJECTS,
        csv=asked.address("/audit.csv"),
        xlsx=asked.address("/audit.xlsx"),
        chain=chain(session) if reader.may("audit") else None,
        last=last_verification(session) if reader.may("audit") else None,
        may_see_people=reader.may("people"),
    )
    response.headers["HX-Push-Url"] = asked.address(after=asked.typed["after"] or None)
    return response


def _address_of(asked: LogRequest, place: Place | None) -> str | None:
    return None if place is None else asked.address(after=place_text(place))


@router.get("/audit/{id_}")
def get_audit_entry(request: Request, id_: int, reader: SignedIn, session: Reading, choices: Chosen) -> Response:
    """One entry with everything that it says, and where to look on."""
    row = entry_seen(session, seen_by(reader), id_) if 0 < id_ < 2**63 else None
    if row is None:
        raise NotThere
    line = log_lines(session, [row], words_in(choices.language), choices.unit)[0]
    sealed = chain(session)
    return page(
        request,
        "audit/entry.html",
        line=line,
        absent=None if row.on_behalf_of_id is None else absent_in(row.actor),
        sealed=row.id <= sealed.last_id,
        may_see_people=reader.may("people"),
    )


# ---- files


def _asked(request: Request, session: Reading, reader: SignedIn, choices: Choices) -> tuple[LogRequest, int]:
    """What is asked for, and how many entries that is.

    Errors: SeveralBroken.
    """
    asked = log_request(request, session, reader, choices)
    if asked.problems:
        raise SeveralBroken(asked.problems)
    return asked, log_count(session, asked.seen, asked.filter)


def _facts(asked: LogRequest, rows: int, format_: str) -> dict[str, Any]:
    filters = {name: str(value) for name, value in vars(asked.filter).items() if value not in (None, "")}
    return {"rows": rows, "format": format_, "filters": filters}


def _headers(choices: Choices, suffix: str) -> dict[str, str]:
    when = today().isoformat()
    return saved_as(f"{translate(TITLE, choices.language)}-{when}.{suffix}", f"audit-{when}.{suffix}")


@router.get("/audit.csv")
def get_audit_csv(
    request: Request, reader: SignedIn, session: Reading, choices: Chosen, database: AppDatabase
) -> Response:
    asked, count = _asked(request, session, reader, choices)
    seen, wanted = asked.seen, asked.filter
    say = partial(act, language=choices.language)

    def lines() -> Iterator[str]:
        # The body leaves after the route's own transaction has ended, so it reads in one of its own.
        with database.reading() as fresh:
            rows = every_row(fresh, seen, wanted)
            yield from log_as_csv(fresh, rows, say, language=choices.language, unit=choices.unit)

    answer = StreamingResponse(lines(), media_type=CSV_TYPE, headers=_headers(choices, "csv"))
    return told_export(answer, database, reader, AUDIT_LOG, **_facts(asked, count, "csv"))


@router.get("/audit.xlsx")
def get_audit_xlsx(
    request: Request, reader: SignedIn, session: Reading, choices: Chosen, database: AppDatabase
) -> Response:
    asked, count = _asked(request, session, reader, choices)
    if count > MOST_IN_A_WORKBOOK:
        raise TooManyForAWorkbook(found=f"{count:,}", limit=f"{MOST_IN_A_WORKBOOK:,}")
    file = TemporaryFile()  # noqa: SIM115 (closed when its last piece was sent)
    rows = every_row(session, asked.seen, asked.filter)
    say = partial(act, language=choices.language)
    cells = log_cells(session, rows, say, language=choices.language, unit=choices.unit)
    write_log(
        cells,
        file,
        language=choices.language,
        unit=choices.unit,
        filters_text=_narrowed_to(asked, choices),
        demo=request.app.state.demo,
    )
    headers = _headers(choices, "xlsx") | {"Content-Length": str(file.tell())}
    file.seek(0)
    answer = StreamingResponse(pieces(file), media_type=WORKBOOK_TYPE, headers=headers)
    return told_export(answer, database, reader, AUDIT_LOG, **_facts(asked, count, "xlsx"))


def _narrowed_to(asked: LogRequest, choices: Choices) -> str:
    """The filters in force, as the sheet names them."""

    def say(text: str) -> str:
        return translate(text, choices.language)

    colon = say(N_("："))
    named = [f"{say(one.label)}{colon}{one.value if one.of_plan else say(one.value)}" for one in asked.chips]
    return say(N_("；")).join(named)
