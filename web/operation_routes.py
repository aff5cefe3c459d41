"""What programs ask that watch over the server: is it alive, can it answer, how does it fare."""

import secrets

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from core.errors import NotThere
from core.installation import faults
from core.settings import settings
from web.deps import AppDatabase
from web.measuring import Measures

router = APIRouter()
_NOT_KEPT = {"Cache-Control": "no-store"}


@router.get("/health/live")
async def get_live() -> Response:
    """Answers as long as the process does; asks nothing of the database."""
    return PlainTextResponse("ok", headers=_NOT_KEPT)


@router.get("/health/ready")
def get_ready(database: AppDatabase) -> Response:
    """200 while the database answers with the newest tables and the folders take files; else 503 with the names of the faults."""
    missing = faults(database)
    return JSONResponse(
        {"ready": not missing, "faults": missing}, status_code=503 if missing else 200, headers=_NOT_KEPT
    )


@router.get("/metrics")
def get_metrics(request: Request) -> Response:
    """Figures for Prometheus, for who brings the token of the settings.

    Errors: NotThere without it, or while none is set.
    """
    token = settings().metrics_token
    offered = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token is None or not secrets.compare_digest(offered.encode(), token.get_secret_value().encode()):
        raise NotThere
    measures: Measures = request.app.state.measures
    return Response(measures.text(), media_type="text/plain; version=0.0.4; charset=utf-8", headers=_NOT_KEPT)
