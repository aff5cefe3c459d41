"""What a browser may send that acts in the name of somebody who is absent."""

from contextlib import asynccontextmanager

from fastapi import Request

from core.errors import N_, Broken
from portfolio.access import Acting
from web.forms import typed_form
from web.unsaved import NotSaved, shown

BEGIN, END = "/acting/", "/acting/end"
OWN_MATTERS = "/account/"


class ActingEnded(NotSaved):
    """The page that the form came from may no longer open for the delegate."""

    sentence = N_("代 %(who)s 办理已经结束，这次填写的没有保存。")


class OnlyInOwnName(Broken):
    status = 409
    sentence = N_("您正在代 %(who)s 办理。账号、密码和请假代理只能以本人名义办理，请先返回本人名义。")


async def must_be_meant(request: Request, acting: Acting) -> None:
    """Lets a write pass that was meant in the name in which it would be done now.

    Errors: ActingEnded, OnlyInOwnName.
    """
    path: str = request.scope["path"]
    if path.startswith(BEGIN):
        return
    if not acting.live:
        async with asynccontextmanager(typed_form)(request) as typed:
            raise ActingEnded(shown(dict(typed.fields)), who=acting.name)
    if path.startswith(OWN_MATTERS):
        raise OnlyInOwnName(who=acting.name)
