"""The filtered list of projects as files: CSV as it is read, XLSX when it is finished."""

from collections.abc import Iterable, Iterator
from tempfile import TemporaryFile
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from sqlmodel import Session

from core.calendar import quarter_name, today
from core.errors import N_, SeveralBroken
from core.language import translate
from portfolio.access import Reader
from portfolio.facts import AS_CORRECTED, EDITIONS
from portfolio.project_list import every_row
from reports.audit_scopes import PROJECTS_FILE
from reports.delimited import project_list_as_csv
from reports.listed_totals import listed_totals
from reports.workbook import write_project_list
from web.choices import Choices
from web.deps import AppDatabase, Chosen, Reading, SignedIn
from web.downloads import CSV_TYPE, WORKBOOK_TYPE, pieces, saved_as
from web.exporting import told_file
from web.listed_plans import listed_plans
from web.printed import quarter
from web.project_filters import ListRequest, list_request

router = APIRouter()

_NAME = N_("项目清单")


def _asked(request: Request, session: Session, reader: Reader) -> ListRequest:
    """Errors: SeveralBroken when the address narrows the list to something that is not there."""
    asked = list_request(request, session, reader)
    if asked.problems:
        raise SeveralBroken(asked.problems)
    return asked


def _rows(session: Session, reader: Reader, asked: ListRequest) -> Iterable[Any]:
    return every_row(session, reader, asked.chosen, source=asked.source, sort=asked.sort, descending=asked.descending)


def _headers(choices: Choices, suffix: str) -> dict[str, str]:
    """The file's name: with the day or quarter that the list is of; in plain letters for old programs."""
    when = today().isoformat() if choices.as_of is None else quarter_name(choices.as_of)
    return saved_as(f"{translate(_NAME, choices.language)}-{when}.{suffix}", f"projects-{when}.{suffix}")


def _titles(session: Session, reader: Reader) -> dict[int, str]:
    return {plan.id: plan.title for plan in listed_plans(session, reader)}


@router.get("/projects.csv")
def get_projects_csv(
    request: Request, reader: SignedIn, session: Reading, choices: Chosen, database: AppDatabase
) -> Response:
    asked = _asked(request, session, reader)
    totals = listed_totals(session, reader, asked.chosen, asked.source)

    def lines() -> Iterator[str]:
        # The body leaves after the route's own transaction has ended, so it reads in one of its own.
        with database.reading() as fresh:
            yield from project_list_as_csv(
                _rows(fresh, reader, asked),
                language=choices.language,
                unit=choices.unit,
                plans=_titles(fresh, reader),
                money=totals.has_money,
            )

    answer = StreamingResponse(lines(), media_type=CSV_TYPE, headers=_headers(choices, "csv"))
    return told_file(answer, database, reader, choices, PROJECTS_FILE, asked.plan, rows=totals.rows, format="csv")


@router.get("/projects.xlsx")
def get_projects_xlsx(
    request: Request, reader: SignedIn, session: Reading, choices: Chosen, database: AppDatabase
) -> Response:
    asked = _asked(request, session, reader)
    totals = listed_totals(session, reader, asked.chosen, asked.source)
    file = TemporaryFile()  # noqa: SIM115 (closed when its last piece was sent)
    write_project_list(
        _rows(session, reader, asked),
        file,
        language=choices.language,
        unit=choices.unit,
        filters_text=_narrowed_to(asked, choices),
        plans=_titles(session, reader),
        money=totals.has_money,
        demo=request.app.state.demo,
    )
    headers = _headers(choices, "xlsx") | {"Content-Length": str(file.tell())}
    file.seek(0)
    answer = StreamingResponse(pieces(file), media_type=WORKBOOK_TYPE, headers=headers)
    return told_file(answer, database, reader, choices, PROJECTS_FILE, asked.plan, rows=totals.rows, format="xlsx")


def _narrowed_to(asked: ListRequest, choices: Choices) -> str:
    """The quarter and the filters in force, as the sheet names them."""

    def say(text: str) -> str:
        return translate(text, choices.language)

    named = [f"{say(one.label)}{say(N_('：'))}{say(one.value) if one.words else one.value}" for one in asked.chips]
    held = []
    if choices.as_of is not None:
        held.append(f"{say(N_('截至'))}{say(N_('：'))}{quarter(choices.as_of, language=choices.language)}")
    if choices.edition != AS_CORRECTED:
        held.append(f"{say(N_('数据口径'))}{say(N_('：'))}{say(EDITIONS[choices.edition])}")
    return say(N_("；")).join([*held, *named])
