"""Renders pages. An environment per language and money unit: its filters and macros know both."""

import secrets
from functools import lru_cache, partial
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2_fragments import render_block

from core.language import LANGUAGES, catalogue
from core.money import UNITS
from core.settings import ROOT
from web.assets import asset_url
from web.choices import Choices, find_choices, forgiving_choices, keep_choices
from web.edition_picked import issued_here
from web.forms import NO_PROBLEMS, NOTHING_TYPED
from web.printed import printers, quarter_code
from web.unsaved import named_key

# Macros that every template can use without importing them, under these names.
_MACROS = {"tables": "_tables.html", "bars": "_bars.html", "forms": "_forms.html"}


@lru_cache
def environment(language: str, unit: str) -> Environment:
    """The templates, speaking one language and printing money in one unit."""
    made = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    made.filters.update(printers(language, unit))
    made.globals.update(
        asset=asset_url,
        fresh_key=lambda: named_key(secrets.token_urlsafe(16)),
        quarter_code=quarter_code,
        language=language,
        unit=unit,
        LANGUAGES=LANGUAGES,
        UNITS=UNITS,
    )
    for name, template in _MACROS.items():
        made.globals[name] = made.get_template(template).module
    return made


def page(
    request: Request, template: str, *, part: str | None = None, status: int = 200, **context: Any
) -> HTMLResponse:
    """A page, or, when htmx asks, only the block of it that is named `part`.

    Errors: those of find_choices.
    """
    return _answer(request, find_choices(request), template, part, status, context)


def page_in_spite(
    request: Request, template: str, *, part: str | None = None, status: int, **context: Any
) -> HTMLResponse:
    """A page that tells of an error, whatever else is wrong with the address."""
    return _answer(request, forgiving_choices(request), template, part, status, context)


def wants_part(request: Request) -> bool:
    """Whether htmx asks for a part of a page; a boosted link and a restored history entry want all of it."""
    headers = request.headers
    return "hx-request" in headers and "hx-boosted" not in headers and "hx-history-restore-request" not in headers


def _answer(
    request: Request, choices: Choices, template: str, part: str | None, status: int, context: dict[str, Any]
) -> HTMLResponse:
    body = rendered(template, part if wants_part(request) else None, _given(request, choices) | context)
    response = HTMLResponse(body, status_code=status, headers={"Vary": "HX-Request, Cookie"})
    keep_choices(response, choices)
    return response


def _given(request: Request, choices: Choices) -> dict[str, Any]:
    """What every template can rely on, besides what its route gives."""
    return {
        "reader": getattr(request.state, "reader", None),
        "choices": choices,
        "path": choices.path,
        "request_id": getattr(request.state, "request_id", ""),
        "demo": request.app.state.demo,
        "issued": partial(issued_here, request, choices),
    }


def rendered(template: str, part: str | None, context: dict[str, Any]) -> str:
    """The text of a page or of one of its blocks; the context holds the choices."""
    choices: Choices = context["choices"]
    templates = environment(choices.language, choices.unit)
    context = {"problems": NO_PROBLEMS, "typed": NOTHING_TYPED} | context
    if part is not None:
        return render_block(templates, template, part, **context)
    return templates.get_template(template).render(**context)
