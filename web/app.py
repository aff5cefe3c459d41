"""The application: its routers in one place, its layers, and its answers to what cannot be done.

Run by `qingshan serve`, or by `uvicorn --factory web.app:create_app`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.concurrency import contextmanager_in_threadpool
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

import web.tables  # noqa: F401 (every table, so that foreign keys between them resolve)
from core import schema
from core.backup_schedule import backing_up
from core.database import Database
from core.demo import holds_demo
from core.errors import Broken
from core.settings import settings
from core.working import working
from web import (
    account_factor_pages,
    account_pages,
    account_token_pages,
    api_guide_pages,
    api_lists,
    assets,
    audit_pages,
    budget_approval_pages,
    budget_form_pages,
    budget_pages,
    carry_over_pages,
    contradiction_pages,
    correction_form_pages,
    correction_pages,
    coverage_pages,
    delegation_pages,
    department_pages,
    edition_compare_pages,
    edition_issue_pages,
    edition_pages,
    evidence_pages,
    figure_pages,
    finance_pages,
    forecast_pages,
    home_pages,
    import_pages,
    import_preview_pages,
    indicator_detail_pages,
    indicator_reading_pages,
    indicator_rule_pages,
    indicator_target_pages,
    job_pages,
    lamp_rule_pages,
    ledger_entry_pages,
    ledger_grid_pages,
    ledger_list_pages,
    ledger_pages,
    list_pages,
    map_pages,
    meeting_pages,
    milestone_list_pages,
    milestone_pages,
    milestone_plan_pages,
    milestone_report_pages,
    milestone_set_pages,
    milestone_template_pages,
    milestone_waiting_pages,
    money_pages,
    oidc_pages,
    operation_routes,
    order_form_pages,
    order_pages,
    overview_pages,
    people_pages,
    performance_pages,
    performance_result_pages,
    performance_target_pages,
    period_close_pages,
    period_pages,
    period_reminder_pages,
    person_pages,
    pivot_pages,
    plan_link_pages,
    plan_pages,
    progress_pages,
    progress_rows_pages,
    project_edit_pages,
    project_export_pages,
    project_money_pages,
    project_new_pages,
    project_pages,
    project_part_pages,
    project_progress_pages,
    project_quantity_pages,
    project_state_pages,
    refusals,
    report_pages,
    report_view_pages,
    return_entry_pages,
    return_grid_pages,
    return_note_pages,
    return_pages,
    return_review_pages,
    return_upload_pages,
    role_pages,
    scenario_pages,
    sent_back_pages,
    sign_in_pages,
    sign_in_step_pages,
    site_pages,
    source_pages,
    system_pages,
    timeline_pages,
    waiting_pages,
    warning_pages,
    welcome_pages,
    word_template_pages,
    work_entry_pages,
    work_form_pages,
    work_list_pages,
    work_look_pages,
    work_pages,
    work_waiting_pages,
)
from web.forms import ShownAgain
from web.job_handlers import HANDLERS
from web.measuring import Measures
from web.password_checking import Tries
from web.security import LAYERS

ROUTERS = (
    assets.router,
    audit_pages.router,
    operation_routes.router,
    *api_lists.ROUTERS,
    api_guide_pages.router,
    sign_in_pages.router,
    sign_in_step_pages.router,
    oidc_pages.router,
    welcome_pages.router,
    account_pages.router,
    account_factor_pages.router,
    delegation_pages.router,
    account_token_pages.router,
    people_pages.router,
    role_pages.router,
    system_pages.router,
    person_pages.router,  # after the list: no person is numbered new
    project_new_pages.router,  # before the page of a project: no project is called new
    project_edit_pages.router,
    project_export_pages.router,
    project_money_pages.router,
    project_part_pages.router,
    project_quantity_pages.router,
    project_state_pages.router,
    site_pages.router,
    performance_pages.router,
    carry_over_pages.router,
    performance_result_pages.router,
    performance_target_pages.router,
    milestone_pages.router,
    milestone_plan_pages.router,
    milestone_set_pages.router,
    milestone_report_pages.router,
    milestone_list_pages.router,
    milestone_waiting_pages.router,
    milestone_template_pages.router,
    timeline_pages.router,
    project_progress_pages.router,
    evidence_pages.router,
    work_pages.router,
    work_form_pages.router,
    work_list_pages.router,  # before the page of an entry: no entry is numbered plots or waiting
    work_waiting_pages.router,
    work_look_pages.router,
    work_entry_pages.router,
    project_pages.router,
    progress_rows_pages.router,
    progress_pages.router,
    lamp_rule_pages.router,
    home_pages.router,
    overview_pages.router,
    map_pages.router,
    plan_pages.router,
    list_pages.router,
    coverage_pages.router,
    scenario_pages.router,
    plan_link_pages.router,  # before the page of a plan
    indicator_reading_pages.router,
    indicator_target_pages.router,
    indicator_rule_pages.router,
    indicator_detail_pages.router,
    department_pages.router,
    contradiction_pages.router,
    period_pages.router,
    period_close_pages.router,
    sent_back_pages.router,
    period_reminder_pages.router,
    correction_form_pages.router,  # before the page of a correction: none is numbered new
    correction_pages.router,
    order_form_pages.router,  # before the page of an order: none is numbered new
    order_pages.router,
    meeting_pages.router,
    report_pages.router,
    report_view_pages.router,
    edition_issue_pages.router,
    edition_compare_pages.router,  # before the page of an edition: no edition is numbered compare
    edition_pages.router,
    word_template_pages.router,
    return_upload_pages.router,
    return_entry_pages.router,
    return_grid_pages.router,
    return_note_pages.router,
    return_review_pages.router,
    return_pages.router,
    job_pages.router,
    import_pages.router,  # before the page of an import: no import is numbered template.xlsx
    import_preview_pages.router,
    warning_pages.router,
    money_pages.router,
    pivot_pages.router,
    figure_pages.router,
    forecast_pages.router,
    waiting_pages.router,
    ledger_list_pages.router,
    ledger_grid_pages.router,  # before the page of an entry: no entry is numbered grid
    ledger_entry_pages.router,
    ledger_pages.router,
    finance_pages.router,
    source_pages.router,
    budget_approval_pages.router,
    budget_pages.router,  # before the forms: no year is called drafts
    budget_form_pages.router,
)


def create_app(database: Database | None = None) -> FastAPI:
    """The application on a database, by default the one of the settings.

    Errors: AssetMissing when a file that pages load is not installed.
    """
    assets.assets()
    own = Database(settings().database_url) if database is None else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        jobs = working(app.state.database, HANDLERS, threads=settings().workers)
        backups = backing_up(app.state.database)
        async with contextmanager_in_threadpool(jobs), contextmanager_in_threadpool(backups):
            yield
        if own is not None:
            own.close()

    app = FastAPI(
        title="青山账",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=[Middleware(layer) for layer in LAYERS],
        # Not include_router: it would read every signature anew for each application, at the first request.
        routes=[route for router in ROUTERS for route in router.routes],
    )
    app.state.database = own or database
    app.state.demo = _holds_demo(app.state.database)
    app.state.measures = Measures(app.state.database)
    app.state.tries = Tries(settings().sign_in_limit)
    app.state.token_tries = Tries(settings().sign_in_limit)
    app.add_exception_handler(Broken, refusals.on_broken)
    app.add_exception_handler(HTTPException, refusals.on_http_status)
    app.add_exception_handler(RequestValidationError, refusals.on_unreadable)
    app.add_exception_handler(ShownAgain, refusals.on_shown_again)
    return app


def _holds_demo(database: Database) -> bool:
    """Whether every page says that the data is made up; a database without tables holds none."""
    if schema.revision_of(database) is None:
        return settings().demo
    with database.reading() as session:
        return holds_demo(session)
