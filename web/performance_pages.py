"""The self-evaluation of a project on its pages: the form of a year with its points, and the same as a workbook."""

from io import BytesIO

from fastapi import APIRouter, Request, Response

from core.calendar import Period, period_from_text, today
from portfolio.access import Reader
from reports.findings import words_in
from reports.self_evaluation import TITLE, SelfEvaluation, self_evaluation
from reports.workbook_self_evaluation import notes_of, write_self_evaluation
from web.deps import AppDatabase, Chosen, Reading, SignedIn, see_other
from web.downloads import WORKBOOK_TYPE
from web.exporting import told_report
from web.pages import page
from web.plan_pages import attachment

router = APIRouter()


def period_for(year: str, last_year: int) -> Period:
    """The year that was asked for, else the plan's last one that has begun.

    Errors: NotAPeriod.
    """
    return period_from_text(year.strip() or str(min(last_year, today().year)), field="year")


@router.get("/projects/{code}/performance.xlsx")
def get_performance_workbook(
    request: Request,
    code: str,
    reader: SignedIn,
    session: Reading,
    choices: Chosen,
    database: AppDatabase,
    year: str = "",
) -> Response:
    asked = period_for(year, choices.quarter // 10)
    form = self_evaluation(session, reader, code, asked, edition=choices.edition)
    written = BytesIO()
    write_self_evaluation(form, written, language=choices.language, unit=choices.unit, demo=request.app.state.demo)
    plain = f"{form.project.code}-self-evaluation-{form.year}.xlsx"
    answer = attachment(written.getvalue(), WORKBOOK_TYPE, plain, f"{form.project.name[:60]}{TITLE}{form.year}.xlsx")
    facts = {"kind": "self-evaluation", "project": form.project.code}
    return told_report(answer, database, reader, form.plan.id, str(form.year), **facts)


@router.get("/projects/{code}/performance")
def get_performance(
    request: Request, code: str, reader: SignedIn, session: Reading, choices: Chosen, year: str = ""
) -> Response:
    asked = period_for(year, choices.quarter // 10)
    form = self_evaluation(session, reader, code, asked, edition=choices.edition)
    if form.project.code != code:
        return see_other(choices.url(f"/projects/{form.project.code}/performance", year=form.year))
    return page(
        request,
        "performance/form.html",
        form=form,
        years=list(range(form.plan.first_year, today().year + 1)),
        notes=notes_of(form, words_in(choices.language)),
        may=_may(reader, form),
    )


def _may(reader: Reader, form: SelfEvaluation) -> dict[str, bool]:
    alive = form.project.archived_at is None
    return {
        "set": alive and reader.may("rules", form.plan.id),
        "record": alive and reader.may("record", form.plan.id, form.sheet.department_ids),
    }
