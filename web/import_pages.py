"""导入台账: sending a file of ledger entries, and the template for one. Looking at it stands in import_preview_pages.py."""

from tempfile import TemporaryFile

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from sqlmodel import Session, col, select

from budgets.entries import STAGES
from budgets.importing.columns import Chosen
from budgets.importing.scope import recordable
from budgets.importing.staging import new_import
from budgets.importing.tables import IMPORT_STATES, LedgerImport
from budgets.sources import source_tree
from core.demo import holds_demo
from core.errors import N_, Broken, Missing, NotThere
from core.files import store_file
from core.money import UNITS
from core.settings import settings
from portfolio.access import Reader
from portfolio.plans import Plan, find_plan
from portfolio.projects import Project
from reports.workbook_import import write_import_template
from web.deps import Chosen as ChosenByReader
from web.deps import Reading, SignedIn, Writing, answered, leads_to
from web.downloads import WORKBOOK_TYPE, pieces, saved_as
from web.forms import NO_PROBLEMS, NOTHING_TYPED, Problems, Typed, TypedForm, collecting, raise_any, shown_again
from web.import_forms import Uploaded, chosen_from, file_from
from web.import_jobs import READ_IMPORT, start_job
from web.listed_plans import ListedPlan, offered_plans
from web.pages import page

router = APIRouter()

_RECENT = 20
_ANY_TYPE = "application/octet-stream"


# ---- sending a file


@router.get("/money/import")
def get_import_form(
    request: Request, reader: SignedIn, session: Reading, choices: ChosenByReader, plan: str = ""
) -> Response:
    typed = Typed({"plan": (plan,)}) if plan else NOTHING_TYPED
    return _form_page(request, session, reader, typed, NO_PROBLEMS)


def _form_page(request: Request, session: Session, reader: Reader, typed: Typed, problems: Problems) -> Response:
    offered = _plans(session, reader)
    return page(
        request,
        "money/import.html",
        plans=offered,
        typed=typed,
        problems=problems,
        units=UNITS,
        stages=STAGES,
        most_megabytes=settings().max_upload_bytes // 1_000_000,
        recent=_own_imports(session, reader),
        states=IMPORT_STATES,
    )


def _plans(session: Session, reader: Reader) -> list[ListedPlan]:
    """The plans that the reader may record in; none when there are too many to choose from.

    Errors: NotThere for who records nowhere.
    """
    inside = reader.plans_for("record")
    if inside == frozenset():
        raise NotThere
    return [plan for plan in offered_plans(session, reader).plans if inside is None or plan.id in inside]


def _own_imports(session: Session, reader: Reader) -> list[tuple[LedgerImport, str]]:
    mine = (LedgerImport.created_by_id == reader.actor.id, LedgerImport.created_by == reader.actor.name)
    rows = (
        select(LedgerImport, Plan.short_title)
        .join(Plan, col(Plan.id) == LedgerImport.plan_id)
        .where(*mine)
        .order_by(col(LedgerImport.id).desc())
        .limit(_RECENT)
    )
    return list(session.exec(rows))


@router.post("/money/import")
def post_import(request: Request, reader: SignedIn, typed: TypedForm, upload: Uploaded, session: Writing) -> Response:
    if done := answered(session, typed.key, reader):
        return done

    def again(problems: Problems) -> Response:
        return _form_page(request, session, reader, typed, problems)

    with shown_again(request, again):
        problems: list[Broken] = []
        plan, chosen, file = None, Chosen(), None
        with collecting(problems):
            plan = _plan_from(session, reader, typed["plan"])
        with collecting(problems):
            chosen = chosen_from(typed)
        with collecting(problems):
            file = file_from(upload)
        raise_any(problems)
        assert plan is not None
        assert plan.id is not None
        assert file is not None
        stored = store_file(session, file.content, file.name, _ANY_TYPE, by=reader.actor)
        row = new_import(session, plan.id, stored.name, chosen, by=reader.actor)
        row.file_id = stored.id
        job = start_job(session, row, READ_IMPORT, by=reader.actor)
    return leads_to(session, typed.key, reader, f"/jobs/{job.id}")


def _plan_from(session: Session, reader: Reader, code: str) -> Plan:
    """Errors: Missing, NotThere."""
    if not code.strip():
        raise Missing(field="plan", label=N_("规划"))
    plan = find_plan(session, code.strip())
    if plan is None or plan.id is None:
        raise NotThere
    recordable(session, reader, plan.id)
    return plan


# ---- the template; it stands before the page of an import: no import is numbered template


@router.get("/money/import/template.xlsx")
def get_template(reader: SignedIn, session: Reading, choices: ChosenByReader, plan: str = "") -> Response:
    _plans(session, reader)
    projects: list[tuple[str, str]] = []
    if plan:
        found = _plan_from(session, reader, plan)
        assert found.id is not None
        projects = _leaves(session, found.id, recordable(session, reader, found.id))
    sources = [node.source.name for node in source_tree(session) if node.takes_money]
    file = TemporaryFile()  # noqa: SIM115 (closed when its last piece was sent)
    write_import_template(
        file, projects, sources, unit=choices.unit, language=choices.language, demo=holds_demo(session)
    )
    name = f"台账导入模板{'-' + plan if plan else ''}.xlsx"
    headers = saved_as(name, "ledger-import.xlsx") | {"Content-Length": str(file.tell())}
    file.seek(0)
    return StreamingResponse(pieces(file), media_type=WORKBOOK_TYPE, headers=headers)


def _leaves(session: Session, plan_id: int, allowed: frozenset[int] | None) -> list[tuple[str, str]]:
    """Code and name of the projects that entries may name, in the order of the plan."""
    rows = session.exec(
        select(Project)
        .where(Project.plan_id == plan_id, col(Project.archived_at).is_(None))
        .order_by(col(Project.position), col(Project.id))
    ).all()
    packages = {row.parent_id for row in rows}
    parts: dict[int | None, list[Project]] = {}
    for row in rows:
        parts.setdefault(row.parent_id, []).append(row)
    ordered = [leaf for row in parts.get(None, []) for leaf in (parts[row.id] if row.id in packages else [row])]
    return [(row.code, row.name) for row in ordered if allowed is None or row.id in allowed]
