"""Two editions, or an edition and the figures as corrected by now, side by side: only what differs, by row."""

from fastapi import APIRouter, Request, Response
from sqlmodel import Session

from core.errors import N_, Invalid, NotThere
from portfolio.access import Reader
from reports.edition_changes import changes_since_issue
from reports.edition_comparing import Comparison, compare
from reports.edition_reading import ListedEdition, edition_data, edition_numbered, editions
from web.deps import Chosen, Reading, SignedIn
from web.edition_changes_shown import KINDS, changes_shown
from web.edition_fields import FIELD_LABELS
from web.forms import NO_PROBLEMS, Problems, Typed, id_from_text, shown_again
from web.pages import page

router = APIRouter()

NOW = "now"  # in the place of a second edition: the figures as corrected by now


@router.get("/editions/compare")
def get_comparison(
    request: Request,
    reader: SignedIn,
    session: Reading,
    choices: Chosen,
    a: str = "",
    b: str = "",
    table: str = "*",
) -> Response:
    listed = editions(session, reader)
    typed = Typed({"a": (a,), "b": (b,), "table": (table,)})

    def shown(problems: Problems, first: ListedEdition | None, found: Comparison | None) -> Response:
        tables = [] if found is None else changes_shown(found, FIELD_LABELS, choices.language, choices.unit)
        names = [(one.name, f"{one.label} · {len(one.rows)}") for one in tables]
        return page(
            request,
            "editions/compare.html",
            listed=listed,
            first=first,
            second=None if found is None or b == NOW else edition_numbered(session, reader, int(b)),
            found=found,
            names=names,
            tables_shown=[one for one in tables if table in ("*", one.name)],
            kinds=KINDS,
            typed=typed,
            problems=problems,
        )

    if not a and not b:
        return shown(NO_PROBLEMS, None, None)
    with shown_again(request, lambda problems: shown(problems, None, None)):
        first = _edition(session, reader, "a", a)
        found = _compared(session, reader, first, b)
    return shown(NO_PROBLEMS, first, found)


def _compared(session: Session, reader: Reader, first: ListedEdition, b: str) -> Comparison:
    if b == NOW:
        return changes_since_issue(session, first)
    second = _edition(session, reader, "b", b)
    return compare(edition_data(session, first.edition), edition_data(session, second.edition))


def _edition(session: Session, reader: Reader, field: str, text: str) -> ListedEdition:
    """Errors: Invalid for what is no edition that the reader sees."""
    number = id_from_text(text)
    try:
        if number is None:
            raise NotThere
        return edition_numbered(session, reader, number)
    except NotThere as error:
        label = N_("发布版") if field == "a" else N_("比较对象")
        raise Invalid(field=field, label=label, found=text, expected=N_("一个已发布的号")) from error
