"""Forms: what was typed, what is wrong with it, and the form shown again with both."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request, Response

from core.errors import Broken, NotThere, SeveralBroken, SignInNeeded
from core.language import translate
from core.settings import settings
from web.choices import forgiving_choices
from web.unsaved import check_name

KEY_FIELD = "request_key"
_LONGEST_ID = 10  # digits; the databases keep ids in 32 bits


@dataclass(frozen=True)
class Typed:
    """The fields of a form as they were sent; a field that was not sent reads as empty."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        values = self.fields.get(name)
        return values[0] if values else ""

    def many(self, name: str) -> tuple[str, ...]:
        """Every value of a field that may be ticked several times."""
        return self.fields.get(name, ())

    @property
    def key(self) -> str | None:
        """The request key that the form carried."""
        return self[KEY_FIELD] or None


NOTHING_TYPED = Typed()


def typed_values(**values: object) -> Typed:
    """A form filled with a record's present values, for the first showing of an edit page."""
    return Typed({name: () if value is None else (str(value),) for name, value in values.items()})


def id_from_text(text: str) -> int | None:
    """The record id that a chosen option holds; None for what can be none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _LONGEST_ID else None


async def typed_form(request: Request) -> AsyncIterator[Typed]:
    """The text fields of the request's form; files are not among them, and are closed in the end whoever sent them."""
    # A long text reaches the rule that names its field; the limit of the whole body is what protects the memory.
    form = await request.form(max_part_size=settings().max_body_bytes)
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields[name] = (*fields.get(name, ()), _clean(value))
    try:
        typed = Typed(fields)
        check_name(typed.key, fields)
        yield typed
    finally:
        await form.close()


def _clean(text: str) -> str:
    # PostgreSQL keeps no zero character and half a surrogate pair is no text; browsers send line ends as two characters.
    return text.replace("\x00", "").replace("\r\n", "\n").encode("utf-8", "ignore").decode()


TypedForm = Annotated[Typed, Depends(typed_form)]


@dataclass(frozen=True)
class Problems:
    """What is wrong with a form: (field or None, sentence) in the reader's language, and the status of the answer."""

    lines: tuple[tuple[str | None, str], ...] = ()
    status: int = 200

    def at(self, name: str) -> list[str]:
        return [text for where, text in self.lines if where == name]

    def __bool__(self) -> bool:
        return bool(self.lines)

    def __len__(self) -> int:
        return len(self.lines)


NO_PROBLEMS = Problems()


def problems_of(error: Broken, language: str) -> Problems:
    """A broken rule, or several, as the form shows them."""
    several = error.problems if isinstance(error, SeveralBroken) else [error]
    return Problems(
        tuple((one.field, one.text(lambda text: translate(text, language))) for one in several), error.status
    )


class ShownAgain(Exception):
    """Carries the form with its errors out of the route, so that the transaction around it is undone."""

    def __init__(self, response: Response) -> None:
        self.response = response
        super().__init__()


@contextmanager
def shown_again(request: Request, render: Callable[[Problems], Response]) -> Iterator[None]:
    """Turns a broken rule into the same form with what was typed and the sentence at its field.

    Nothing of the block is kept. Missing records and expired sign-ins keep their own pages.
    """
    try:
        yield
    except (NotThere, SignInNeeded):
        raise
    except Broken as error:
        problems = problems_of(error, forgiving_choices(request).language)
        response = render(problems)
        response.status_code = problems.status
        request.state.refused = error.code
        raise ShownAgain(response) from error


def raise_any(problems: list[Broken]) -> None:
    """Errors: the one problem with its own status, or SeveralBroken; none when there is no problem."""
    if problems:
        raise problems[0] if len(problems) == 1 else SeveralBroken(problems)


@contextmanager
def collecting(problems: list[Broken]) -> Iterator[None]:
    """Gathers a broken rule instead of stopping at it, so that a form shows every error together."""
    try:
        yield
    except SeveralBroken as several:
        problems.extend(several.problems)
    except Broken as one:
        problems.append(one)
