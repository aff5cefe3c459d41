"""The ledger's list: every entry that the reader sees, as a page and as files, and handing over one's drafts."""

from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from sqlmodel import Session, col, select

from budgets.entries import DRAFT, KINDS, STAGES, STATES, LedgerEntry
from budgets.ledger import submit_entries
from budgets.ledger_list import every_entry, ledger_page
from budgets.ledger_sums import sums_of
from budgets.locking import lock_projects
from core.calendar import quarter_name, today
from core.errors import N_, NotThere, SeveralBroken
from core.language import translate
from core.money import UNITS
from portfolio.access import Reader
from portfolio.projects import Project
from reports.audit_scopes import LEDGER_FILE
from reports.ledger_rows import ledger_as_csv
from reports.workbook_ledger import write_ledger
from web.choices import PAGE_PLACE, Choices
from web.deps import AppDatabase, Chosen, Reading, SignedIn, Writing, answered, leads_to
from web.downloads import CSV_TYPE, WORKBOOK_TYPE, pieces, saved_as
from web.exporting import told_file
from web.forms import TypedForm, id_from_text, problems_of
from web.ledger_forms import source_words
from web.ledger_list_request import LedgerRequest, ledger_request
from web.ledger_places import place_text
from web.listed_plans import ListedPlan, listed_plans, listed_plans_of
from web.pages import page
from web.printed import quarter
from web.project_forms import editable_project

router = APIRouter()

_NAME = N_("资金台账")


@router.get("/money/ledger")
def get_ledger(request: Request, reader: SignedIn, session: Reading, choices: Chosen, done: str = "") -> Response:
    asked = ledger_request(request, session, reader)
    found: dict[str, Any] = {"rows": [], "sums": None, "following": None}
    status = 200
    if asked.problems:
        refused = problems_of(SeveralBroken(asked.problems), choices.language)
        found, status = found | {"problems": refused}, refused.status
    else:
        found = _found(session, reader, asked, choices)
    response = page(
        request,
        "money/ledger.html",
        part="list",
        status=status,
        asked=asked,
        stages=STAGES,
        states=STATES,
        kinds=KINDS,
        units=UNITS,
        done=id_from_text(done) or 0,
        chips=[(chip, asked.address(choices, **dict.fromkeys(chip.names))) for chip in asked.chips],
        first=asked.address(choices),
        turned=asked.address(choices, dir="asc" if asked.descending else None),
        csv=asked.address(choices, "/money/ledger.csv"),
        xlsx=asked.address(choices, "/money/ledger.xlsx"),
        may_record=reader.plans_for("record") != frozenset(),
        **found,
    )
    response.headers["HX-Push-Url"] = asked.address(choices, after=request.query_params.get(PAGE_PLACE))
    return response


def _found(session: Session, reader: Reader, asked: LedgerRequest, choices: Choices) -> dict[str, Any]:
    listed = ledger_page(session, reader, asked.chosen, descending=asked.descending, after=asked.after)
    following = None
    if listed.following is not None:
        following = asked.address(choices, after=place_text(listed.following))
    return {
        "rows": listed.rows,
        "plans": _plans_of(session, reader, asked, listed.rows) if asked.shows_plans else {},
        "source_names": source_words(asked.tree, choices.language),
        "sums": sums_of(session, reader, asked.chosen),
        "following": following,
        "own_drafts": {
            row.id
            for row in listed.rows
            if row.state == DRAFT and reader.actor.did(row.recorded_by_id, row.recorded_by)
        },
    }


def _plans_of(session: Session, reader: Reader, asked: LedgerRequest, rows: Any) -> dict[int, ListedPlan]:
    if not asked.many:
        return {plan.id: plan for plan in asked.plans}
    return {plan.id: plan for plan in listed_plans_of(session, reader, {row.plan_id for row in rows})}


# ---- files


def _asked(request: Request, session: Session, reader: Reader) -> LedgerRequest:
    """Errors: SeveralBroken when the address narrows the list to something that is not there."""
    asked = ledger_request(request, session, reader)
    if asked.problems:
        raise SeveralBroken(asked.problems)
    return asked


def _headers(choices: Choices, suffix: str) -> dict[str, str]:
    """The file's name, with the day or quarter that the list is of."""
    when = today().isoformat() if choices.as_of is None else quarter_name(choices.as_of)
    return saved_as(f"{translate(_NAME, choices.language)}-{when}.{suffix}", f"ledger-{when}.{suffix}")


def _titles(session: Session, reader: Reader) -> dict[int, str]:
    return {plan.id: plan.title for plan in listed_plans(session, reader)}


@router.get("/money/ledger.csv")
def get_ledger_csv(
    request: Request, reader: SignedIn, session: Reading, choices: Chosen, database: AppDatabase
) -> Response:
    asked = _asked(request, session, reader)
    sources = source_words(asked.tree, choices.language)
    count = _count(session, reader, asked)

    def lines() -> Iterator[str]:
        # The body leaves after the route's own transaction has ended, so it reads in one of its own.
        with database.reading() as fresh:
            rows = every_entry(fresh, reader, asked.chosen, descending=asked.descending)
            titles = _titles(fresh, reader)
            yield from ledger_as_csv(rows, sources, titles, language=choices.language, unit=choices.unit)

    answer = StreamingResponse(lines(), media_type=CSV_TYPE, headers=_headers(choices, "csv"))
    return told_file(answer, database, reader, choices, LEDGER_FILE, asked.plan, rows=count, format="csv")


def _count(session: Session, reader: Reader, asked: LedgerRequest) -> int:
    return sum(one.entries for one in sums_of(session, reader, asked.chosen).values())


@router.get("/money/ledger.xlsx")
def get_ledger_xlsx(
    request: Request, reader: SignedIn, session: Reading, choices: Chosen, database: AppDatabase
) -> Response:
    asked = _asked(request, session, reader)
    count = _count(session, reader, asked)
    file = TemporaryFile()  # noqa: SIM115 (closed when its last piece was sent)
    write_ledger(
        every_entry(session, reader, asked.chosen, descending=asked.descending),
        file,
        source_words(asked.tree, choices.language),
        _titles(session, reader),
        language=choices.language,
        unit=choices.unit,
        filters_text=_narrowed_to(asked, choices),
        demo=request.app.state.demo,
    )
    headers = _headers(choices, "xlsx") | {"Content-Length": str(file.tell())}
    file.seek(0)
    answer = StreamingResponse(pieces(file), media_type=WORKBOOK_TYPE, headers=headers)
    return told_file(answer, database, reader, choices, LEDGER_FILE, asked.plan, rows=count, format="xlsx")


def _narrowed_to(asked: LedgerRequest, choices: Choices) -> str:
    """The quarter and the filters in force, as the sheet names them."""

    def say(text: str) -> str:
        return translate(text, choices.language)

    named = [f"{say(one.label)}{say(N_('：'))}{say(one.value) if one.words else one.value}" for one in asked.chips]
    if choices.as_of is not None:
        named.insert(0, f"{say(N_('截至'))}{say(N_('：'))}{quarter(choices.as_of, language=choices.language)}")
    return say(N_("；")).join(named)


# ---- handing over drafts


@router.post("/money/ledger/submit")
def post_submit(reader: SignedIn, typed: TypedForm, session: Writing) -> Response:
    """Submits the ticked drafts of the person who asks, all of them or none.

    Errors: NotThere for an entry that is not there or of a project for which the reader does not record, or no longer.
    """
    if done := answered(session, typed.key, reader):
        return done
    ids = sorted({id_ for text in typed.many("entry") if (id_ := id_from_text(text)) is not None})
    rows = session.exec(select(LedgerEntry).where(col(LedgerEntry.id).in_(ids)).order_by(col(LedgerEntry.id))).all()
    if not rows or len(rows) != len(ids):
        raise NotThere
    projects = session.exec(select(Project).where(col(Project.id).in_({row.project_id for row in rows}))).all()
    for project in projects:
        editable_project(session, reader, project.code, "record")
    lock_projects(session, {row.project_id for row in rows})
    submit_entries(session, rows, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/money/ledger?mine=1&state=submitted&done={len(rows)}")
