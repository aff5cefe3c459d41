"""Answers to what cannot be done: a page in the reader's language, or problem details (RFC 9457) under /api/."""

from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from core.errors import N_, Broken, NotThere, SeveralBroken, SignInNeeded
from core.language import translate
from web.bearer import challenge
from web.choices import forgiving_choices
from web.deps import reader_for_refusal
from web.forms import ShownAgain, problems_of
from web.limits import body_limit
from web.pages import page_in_spite, wants_part
from web.unsaved import NotSaved, sent_again


class CrossSite(Broken):
    status = 403
    sentence = N_("这个请求不是从本系统的页面发出的，已被拒绝。请回到本系统的页面重新操作。")


class TooLarge(Broken):
    status = 413
    sentence = N_("提交的内容超过了 %(limit)s KB 的上限，没有保存。请返回上一页，缩短内容后再提交。")


class Unreadable(Broken):
    status = 400
    sentence = N_("无法读取这个请求的内容。请返回上一页再试一次。")


class ZeroInAddress(Broken):
    status = 400
    sentence = N_("这个网址里有不能使用的字符（空字符），系统没有处理。请检查网址，或回到首页重新查找。")


class WrongMethod(Broken):
    status = 405
    sentence = N_("这个地址不能这样使用。")


class Unexpected(Broken):
    status = 500
    sentence = N_("系统出了错，您的操作没有保存。请稍后再试；如果仍不成功，请把下面的编号告诉系统管理员。")


class RateLimited(Broken):
    status = 429
    sentence = N_("请求太频繁，请稍后再试。")


TITLES = {
    400: N_("无法读取"),
    401: N_("请先登录"),
    403: N_("请求被拒绝"),
    404: N_("没有找到"),
    405: N_("不能这样使用"),
    409: N_("与现有记录冲突"),
    410: N_("已经不在了"),
    413: N_("内容太大"),
    421: N_("网址不对"),
    422: N_("内容需要改正"),
    429: N_("请稍后再试"),
    500: N_("系统出错"),
    502: N_("对方系统没有应答"),
    503: N_("暂时不能写入"),
    507: N_("磁盘空间已满"),
}


class PlainStatus(Broken):
    """An HTTP status that the framework itself answers with."""

    def __init__(self, status: int) -> None:
        self.status: int = status  # type: ignore[misc]
        super().__init__()

    sentence: ClassVar[str] = N_("无法处理这个请求。")


async def answer(request: Request, error: Broken) -> Response:
    """The answer to a broken rule."""
    path: str = request.scope["path"]
    request.state.refused = error.code
    if path.startswith("/api/"):
        return problem_details(request, error)
    if isinstance(error, SignInNeeded) and request.method in ("GET", "HEAD"):
        return _to_sign_in(request)
    language = forgiving_choices(request).language
    await _learn_reader(request)
    problems = problems_of(error, language)
    response = page_in_spite(
        request,
        "errors/broken.html",
        part="sentence",
        status=error.status,
        title=TITLES.get(error.status, TITLES[422]),
        told=problems,
        unsaved=error.typed if isinstance(error, NotSaved) else None,
        again=await sent_again(request) if isinstance(error, SignInNeeded) and not wants_part(request) else None,
    )
    if wants_part(request):
        # The part that htmx wanted to replace stays; the sentence goes to the place for messages.
        response.headers["HX-Retarget"] = "#messages"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


async def _learn_reader(request: Request) -> None:
    """Finds who is signed in, so that a missing page looks the same whether a route or nothing answered."""
    try:
        await reader_for_refusal(request)
    except Exception:  # the page that tells of a fault must not fail on the same fault
        request.state.reader = None


def _to_sign_in(request: Request) -> Response:
    if wants_part(request):
        back = _shown_at(request.headers.get("hx-current-url", ""))
        return Response(status_code=401, headers={"HX-Redirect": f"/sign-in?next={quote(back, safe='')}"})
    query = request.scope["query_string"].decode("latin-1")
    back = quote(request.scope["path"]) + (f"?{query}" if query else "")
    if back == "/":
        return RedirectResponse("/sign-in", status_code=303)
    return RedirectResponse(f"/sign-in?next={quote(back, safe='')}", status_code=303)


def _shown_at(address: str) -> str:
    """Path and query of the page that htmx says it is on."""
    try:
        shown = urlsplit(address)
    except ValueError:  # http://[::1 is no address
        return "/"
    return shown.path + (f"?{shown.query}" if shown.query else "")


def problem_details(request: Request, error: Broken) -> JSONResponse:
    """The same error for programs."""
    language = forgiving_choices(request).language
    several = error.problems if isinstance(error, SeveralBroken) else []
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": _text(error, language),
    }
    if error.field:
        content["field"] = error.field
    if several:
        content["problems"] = [
            {"code": one.code, "field": one.field, "detail": _text(one, language)} for one in several
        ]
    return JSONResponse(
        content, status_code=error.status, media_type="application/problem+json", headers=challenge(error)
    )


def _text(error: Broken, language: str) -> str:
    return error.text(lambda text: translate(text, language))


def too_large(limit: int) -> TooLarge:
    return TooLarge(limit=f"{limit // 1000:,}")


def from_status(status: int, limit: int) -> Broken:
    """The named error for a status that the framework raised: an unknown route reads like a missing record."""
    known: dict[int, Broken] = {400: Unreadable(), 404: NotThere(), 405: WrongMethod(), 429: RateLimited()}
    return too_large(limit) if status == 413 else known.get(status) or PlainStatus(status)


async def on_broken(request: Request, error: Exception) -> Response:
    assert isinstance(error, Broken)
    return await answer(request, error)


async def on_http_status(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = await answer(request, from_status(error.status_code, body_limit(request.method, request.scope["path"])))
    if error.status_code == 405 and error.headers:
        response.headers.update(error.headers)
    return response


async def on_unreadable(request: Request, error: Exception) -> Response:
    """A path parameter of the wrong kind names nothing; other parameters of the wrong kind are unreadable."""
    assert isinstance(error, RequestValidationError)
    in_path = any(one["loc"][:1] == ("path",) for one in error.errors())
    return await answer(request, NotThere() if in_path else Unreadable())


async def on_shown_again(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ShownAgain)
    return error.response
