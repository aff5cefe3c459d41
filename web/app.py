"""The application: its routers in one place, its layers, and its answers to what cannot be done.

Run by `qingshan serve`, or by `uvicorn --factory web.app:create_app`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

import web.tables  # noqa: F401 (every table, so that foreign keys between them resolve)
from core.database import Database
from core.errors import Broken
from core.settings import settings
from web import (
    api_lists,
    assets,
    contradiction_pages,
    department_pages,
    list_pages,
    overview_pages,
    people_pages,
    plan_pages,
    project_edit_pages,
    project_export_pages,
    project_money_pages,
    project_new_pages,
    project_pages,
    refusals,
    report_pages,
    sign_in_pages,
)
from web.forms import ShownAgain
from web.security import LAYERS
from web.sign_in_pages import Tries

ROUTERS = (
    assets.router,
    api_lists.router,
    sign_in_pages.router,
    people_pages.router,
    project_new_pages.router,  # before the page of a project: no project is called new
    project_edit_pages.router,
    project_export_pages.router,
    project_money_pages.router,
    project_pages.router,
    overview_pages.router,
    plan_pages.router,
    list_pages.router,
    department_pages.router,
    contradiction_pages.router,
    report_pages.router,
)


def create_app(database: Database | None = None) -> FastAPI:
    """The application on a database, by default the one of the settings.

    Errors: AssetMissing when a file that pages load is not installed.
    """
    assets.assets()
    own = Database(settings().database_url) if database is None else None

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
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
    )
    app.state.database = own or database
    app.state.tries = Tries(settings().sign_in_limit)
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(Broken, refusals.on_broken)
    app.add_exception_handler(HTTPException, refusals.on_http_status)
    app.add_exception_handler(RequestValidationError, refusals.on_unreadable)
    app.add_exception_handler(ShownAgain, refusals.on_shown_again)
    return app
