"""部门: what each department or other body answers for."""

from fastapi import APIRouter, Request, Response

from reports.contradiction_sheet import FIELDS
from reports.department_sheet import department_list, department_sheet
from web.deps import Chosen, Reading, RecordId, SignedIn
from web.list_filters import Filters
from web.pages import page
from web.plan_choice import plan_choice
from web.told import told

router = APIRouter()


@router.get("/departments")
def get_departments(request: Request, reader: SignedIn, session: Reading, choices: Chosen, plan: str = "") -> Response:
    chosen = plan_choice(session, reader, plan)
    filters = Filters(request, choices, chosen)
    found = department_list(session, reader, chosen.scope(choices.quarter, choices.edition), text=filters.text())
    return filters.listed(
        request,
        "departments/departments.html",
        chosen=chosen,
        found=found,
        finding=told(found.finding, choices.language),
    )


@router.get("/departments/{department_id}")
def get_department(
    request: Request, department_id: RecordId, reader: SignedIn, session: Reading, choices: Chosen
) -> Response:
    sheet = department_sheet(session, reader, department_id, choices.quarter, choices.edition)
    return page(request, "departments/department.html", sheet=sheet, fields=FIELDS)
