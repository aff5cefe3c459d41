"""系统: how the backups fare, for administrators."""

from fastapi import APIRouter, Request, Response

from core.backup_schedule import backup_state
from core.calendar import now
from core.settings import settings
from web.deps import Admin, Reading
from web.pages import page

router = APIRouter()
_SHOWN = 30


@router.get("/system")
def get_system(request: Request, reader: Admin, session: Reading) -> Response:
    """The backups of the server, newest first, with a warning when the last good one is too old."""
    state = backup_state(session)
    good = state.last_good.manifest if state.last_good is not None else None
    return page(
        request,
        "system/system.html",
        state=state,
        shown=state.backups[:_SHOWN],
        good=good,
        hours=None if good is None else int((now() - good.made_at).total_seconds() // 3600),
        every=settings().backup_hours,
        keep=settings().backup_keep,
    )
