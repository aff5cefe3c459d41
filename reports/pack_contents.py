"""What goes into a pack: the reports of all plans of a jurisdiction, or the return workbooks of all departments of a quarter."""

import io
from collections.abc import Iterator

from sqlmodel import Session, col, select

from core.audit import Actor
from core.calendar import Period
from core.demo import holds_demo
from core.errors import N_, Broken, NotThere
from portfolio.access import Reader
from portfolio.departments import Department
from portfolio.jurisdictions import Jurisdiction, below
from portfolio.periods import ReportingPeriod
from portfolio.plans import Plan
from reports.edition_reading import WORKBOOK, edition_bytes, editions, file_name
from reports.edition_report import live_workbook
from reports.edition_titles import not_issued, pack_name, returns_name
from reports.findings import words_in
from reports.return_cells import must_take_returns
from reports.return_workbooks import make_workbook
from reports.returns import DepartmentReturn


class NothingToPack(Broken):
    sentence = N_("%(what)s在 %(period)s 没有可以打包的文件。")


def plans_to_pack(session: Session, reader: Reader, jurisdiction: str, period: Period) -> list[Plan]:
    """The plans in a jurisdiction and below it that the reader sees and that have the period, in the order of places.

    Errors: NotThere for a jurisdiction that does not exist; NothingToPack.
    """
    place = session.get(Jurisdiction, jurisdiction)
    if place is None:
        raise NotThere
    rows = (
        select(Plan)
        .join(ReportingPeriod, col(ReportingPeriod.plan_id) == Plan.id)
        .where(
            col(Plan.jurisdiction_code).in_(below(session, jurisdiction)),
            ReportingPeriod.name == str(period),
            reader.sees(Plan.id),  # type: ignore[arg-type]
        )
        .order_by(col(Plan.jurisdiction_code), col(Plan.first_year), col(Plan.id))
    )
    found = list(session.exec(rows))
    if not found:
        raise NothingToPack(field="period", what=place.name, period=str(period))
    return found


def pack_of_reports(
    session: Session, reader: Reader, plans: list[Plan], period: Period, language: str
) -> Iterator[tuple[str, bytes]]:
    """The report of each plan: as it was issued, else as it stands now for this reader, whose name then says so.

    Names, and what was not issued, are in the reader's language; an edition speaks the one that it was issued in.
    """
    words = words_in(language)
    issued = {
        listed.plan.id: listed
        for listed in editions(session, reader, frozenset(plan.id or 0 for plan in plans))
        if listed.period.name == str(period)
    }
    demo = holds_demo(session)
    for place, plan in enumerate(plans, start=1):
        listed = issued.get(plan.id)
        if listed is not None:
            name, content = file_name(listed, WORKBOOK, words), edition_bytes(session, listed.edition, WORKBOOK)
        else:
            title, content = live_workbook(session, reader, plan, period, language=language, demo=demo)
            name = f"{not_issued(title, words)}.xlsx"
        yield f"{place:02d} {name}", content


def returns_to_pack(session: Session, plan: Plan, period: str) -> list[tuple[DepartmentReturn, str]]:
    """The returns of a quarter with the names of their departments.

    Errors: NothingToPack when none was asked for; PeriodShut when nobody could load their workbooks any more.
    """
    rows = (
        select(DepartmentReturn, Department.name)
        .join(Department, col(Department.id) == DepartmentReturn.department_id)
        .join(ReportingPeriod, col(ReportingPeriod.id) == DepartmentReturn.period_id)
        .where(DepartmentReturn.plan_id == plan.id, ReportingPeriod.name == period)
        .order_by(col(Department.name_sort), col(DepartmentReturn.id))
    )
    found = [(return_, name) for return_, name in session.exec(rows)]
    if not found:
        raise NothingToPack(field="period", what=plan.short_title, period=period)
    must_take_returns(session, session.get_one(ReportingPeriod, found[0][0].period_id))
    return found


def return_file(session: Session, return_: DepartmentReturn, *, language: str, by: Actor) -> bytes:
    """The workbook of a return, made anew: what stands in it now is the base of the merge when it comes back."""
    made = io.BytesIO()
    make_workbook(session, return_, made, language=language, by=by)
    return made.getvalue()


def report_pack_name(session: Session, jurisdiction: str, period: str, language: str) -> str:
    return f"{pack_name(session.get_one(Jurisdiction, jurisdiction).name, period, words_in(language))}.zip"


def return_pack_name(plan: Plan, period: str, language: str) -> str:
    return f"{returns_name(plan.short_title, period, words_in(language))}.zip"


def return_file_name(department: str, period: str, language: str) -> str:
    return f"{returns_name(department, period, words_in(language))}.xlsx"
