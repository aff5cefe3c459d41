"""What a form held that could not be saved: the answer gives it back, since the page that it came from is not kept."""

from contextvars import ContextVar
from dataclasses import dataclass

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from core.errors import N_, Broken
from core.settings import settings
from portfolio.access import Reader

# The delegation by which the present request acts, 0 for the own name, None before that is known.
_acts_by: ContextVar[int | None] = ContextVar("acts_by", default=None)
_SECRET = ("password", "code", "request_key")
_NOT_TWICE = ("password", "code")  # what nobody's answer may hold


class NotSaved(Broken):
    """`typed` is what the form held."""

    status = 409

    def __init__(self, typed: list[tuple[str, str]], **facts: str) -> None:
        self.typed = typed
        super().__init__(**facts)


class OtherName(NotSaved):
    sentence = N_("打开这张表以后，您在别的窗口换了办理的名义，这次填写的没有保存。")


@dataclass(frozen=True)
class SentAgain:
    """A form as it was sent, for a button that sends it once more."""

    address: str
    fields: tuple[tuple[str, str], ...]


def note_name(reader: Reader) -> None:
    """Remembers for the rest of the request in whose name it is made."""
    _acts_by.set(reader.acting.delegation_id if reader.acting is not None and reader.acting.live else 0)


def named_key(key: str) -> str:
    """A request key that says in whose name its form was opened."""
    acts_by = _acts_by.get()
    return f"{key}.{acts_by}" if acts_by else key


def check_name(key: str | None, fields: dict[str, tuple[str, ...]]) -> None:
    """A browser has several windows and acts in one name: a form counts in the name in which it was opened.

    Errors: OtherName.
    """
    acts_by = _acts_by.get()
    if key is not None and acts_by is not None and key.partition(".")[2] != (str(acts_by) if acts_by else ""):
        raise OtherName(shown(fields))


def shown(fields: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """What was typed, to be read: without secrets and without what is empty."""
    return [
        (name, text)
        for name, values in fields.items()
        for text in values
        if text.strip() and not name.startswith(_SECRET)
    ]


async def sent_again(request: Request) -> SentAgain | None:
    """The form of a request that nobody has read yet; None where it holds a file or a secret, is too long, or is no form."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > settings().max_body_bytes:
        return None
    try:
        form = await request.form(max_part_size=settings().max_body_bytes)
    except HTTPException:  # a form that cannot be read is not sent again
        return None
    sent = form.multi_items()
    await form.close()
    fields = [(name, value) for name, value in sent if isinstance(value, str)]
    if any(isinstance(value, UploadFile) and value.filename for _, value in sent):
        return None
    if not fields or any(name.startswith(_NOT_TWICE) for name, _ in fields):
        return None
    query = request.scope["query_string"].decode("latin-1")
    return SentAgain(request.url.path + (f"?{query}" if query else ""), tuple(fields))
